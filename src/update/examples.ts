/** The first few keys of what an update would do. */
import { exampleEdges, exampleGone, exampleNodes } from '../cypher/changes.js';
import type { Row, Steps } from '../engine/drive.js';
import { describeExamples, EXAMPLES, toKey } from '../load/badrows.js';
import type { TableChanges } from '../types.js';
import { selectRows } from './changes.js';
import { type Comparison, type Delta, placesOf } from './comparison.js';

type Examples = NonNullable<TableChanges['examples']>;

/** Of one unit: up to five keys each. */
export function* findExamples(comparison: Comparison, delta: Delta): Steps<Examples> {
  const { connection } = comparison;
  const { unit } = delta;
  const places = placesOf(comparison, unit);
  const examples: Examples = { inserted: [], updated: [], deleted: [] };
  const add = (kind: keyof Examples, rows: readonly Row[]): void => {
    const keys = rows.map((row) => unit.keys.map(({ type }, i) => toKey(row[`key${i}`], type)));
    const more = describeExamples(keys).examples;
    examples[kind] = [...examples[kind], ...more].slice(0, EXAMPLES);
  };
  if (unit.kind === 'node') {
    const { inserted, updated } = yield* selectRows(connection, comparison, delta);
    for (const selected of inserted.slice(0, EXAMPLES)) {
      add('inserted', yield { connection, cypher: exampleNodes(selected, 'new', EXAMPLES) });
    }
    for (const selected of updated.slice(0, EXAMPLES)) {
      add('updated', yield { connection, cypher: exampleNodes(selected, 'changed', EXAMPLES) });
    }
  } else if (delta.inserted > 0) {
    for (const [number, file] of unit.files.entries()) {
      if (examples.inserted.length >= EXAMPLES) break;
      const cypher = exampleEdges({ unit, file, number, delta: places.edgeDelta }, EXAMPLES);
      add('inserted', yield { connection, cypher });
    }
  }
  if (delta.deleted > 0) {
    const gone = unit.kind === 'node' ? places.gone : places.deleted;
    add('deleted', yield { connection, cypher: exampleGone(unit, gone, EXAMPLES) });
  }
  return examples;
}
