/**
 * The indexes of a database, and what changes of rows do to them; tried on Kuzu 0.11.3 and Ladybug
 * 0.19.1:
 *
 * - Kuzu's full-text index loses hits of rows that nobody touched when others are deleted or their text
 *   is set, from some 1,000 rows with a word on, and a COPY that ignores errors crashes beside it.
 *   Dropped before and created after, it is the same as a new one.
 * - Kuzu's vector index follows inserts and deletions, and forbids to set what it indexes. Once it is
 *   dropped, the table can't be written any more.
 * - Ladybug's ART index beside the key's own never learns of rows that a COPY brings.
 */
import { dropIndex, dropTextIndex, LIST_INDEXES } from '../cypher/statements.js';
import type { Steps } from '../engine/drive.js';
import type { Connection, Problem } from '../types.js';

export interface Index {
  table: string;
  name: string;
  kind: 'text' | 'vector' | 'art';
  properties: readonly string[];
  /** Creates it as it is. */
  definition: string;
}

const KINDS: Record<string, Index['kind']> = { FTS: 'text', HNSW: 'vector', ART: 'art' };

/** The indexes that somebody made, those of primary keys left out. */
export function* readIndexes(
  connection: Connection,
  keyOf: (table: string) => string | undefined,
): Steps<Index[]> {
  const rows = yield { connection, cypher: LIST_INDEXES };
  return rows.flatMap((row) => {
    const kind = KINDS[String(row['index_type'])];
    const table = String(row['table_name']);
    const properties = (row['property_names'] as unknown[]).map(String);
    const isKey = kind === 'art' && properties.length === 1 && properties[0] === keyOf(table);
    if (!kind || isKey) return [];
    const definition = String(row['index_definition']).replace(/;$/, '');
    return [{ table, name: String(row['index_name']), kind, properties, definition }];
  });
}

/** Whether an index is to be dropped before rows of its table change, and created afterwards. */
export function mustBeRemade(
  index: Index,
  { inserted, updated, deleted }: { inserted: number; updated: number; deleted: number },
): boolean {
  const { kind } = index;
  if (kind === 'text') return updated + deleted > 0 || (inserted > 0 && !canBeRemade(index));
  return kind === 'art' && inserted > 0;
}

/**
 * Stop words of its own are kept in a table that stands in the way of the next index of this name; and
 * once the file was reopened, Kuzu 0.11.3 crashes where a row comes to such an index.
 */
export function canBeRemade({ kind, definition }: Index): boolean {
  return kind !== 'text' || /stopWords := 'default'/i.test(definition);
}

/** Why a table with such an index is not written. */
export function stopWordsInWay({ table, name }: Index): Problem {
  return {
    code: 'ENGINE',
    table,
    message: `${table} failed: its full-text index ${name} has stop words of its own, which the engine takes once for a name, and rows can't change beside it`,
    hint: `drop it before, and create it by another name afterwards: CALL DROP_FTS_INDEX('${table}', '${name}')`,
  };
}

export function* removeIndex(connection: Connection, { table, name, kind }: Index): Steps<void> {
  const cypher = kind === 'text' ? dropTextIndex(table, name) : dropIndex(table, name);
  yield { connection, cypher };
}
