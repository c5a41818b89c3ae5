/** Carrying out what a comparison found, on a copy of the database. */
import {
  countChanges,
  countEdgesByFile,
  countNewEdges,
  deleteEdges,
  deleteNodes,
  insertEdges,
  insertNodes,
  type Selected,
  sumStored,
} from '../cypher/changes.js';
import { countByFile } from '../cypher/delta.js';
import { type Row, type Steps, toBigInt } from '../engine/drive.js';
import { formatCount, listNames } from '../format.js';
import type { CatalogTable } from '../model/differences.js';
import type { Connection, Problem } from '../types.js';
import { type Comparison, type Delta, placesOf } from './comparison.js';
import { rewriteProperties, setProperties } from './properties.js';
import type { Taken } from './taken.js';

/** Deletes the edges that go, all of them, and then the nodes. */
export function* deleteRows(
  connection: Connection,
  comparison: Comparison,
  deltas: readonly Delta[],
  taken: readonly Taken[],
): Steps<void> {
  const gone = deltas.filter(({ deleted }) => deleted > 0);
  for (const { unit } of gone.filter(({ unit }) => unit.kind === 'edge')) {
    yield { connection, cypher: deleteEdges(unit, placesOf(comparison, unit).deleted) };
  }
  for (const { unit, deleted } of taken) yield { connection, cypher: deleteEdges(unit, deleted) };
  for (const { unit } of gone.filter(({ unit }) => unit.kind === 'node')) {
    yield { connection, cypher: deleteNodes(unit, placesOf(comparison, unit).gone) };
  }
}

/** The rows of a node table's files that are inserted or changed, file by file. */
export function* selectRows(
  connection: Connection,
  comparison: Comparison,
  { unit, hasFirsts }: Delta,
): Steps<{ inserted: Selected[]; updated: Selected[] }> {
  const { nodeDelta, firstDelta } = placesOf(comparison, unit);
  const found: { inserted: Selected[]; updated: Selected[] } = { inserted: [], updated: [] };
  for (const [delta, areFirsts] of [
    [nodeDelta, false],
    ...(hasFirsts ? [[firstDelta, true] as const] : []),
  ] as const) {
    for (const row of yield { connection, cypher: countByFile(delta) }) {
      const number = Number(row['f']);
      const file = unit.files[number];
      if (!file) continue;
      const selected = { unit, file, number, delta, areFirsts };
      if (Number(row['inserted']) > 0) found.inserted.push(selected);
      if (Number(row['updated']) > 0) found.updated.push(selected);
    }
  }
  return found;
}

/**
 * In how many of the nodes that are updated each property is another: by its place among the unit's.
 */
export function* countProperties(
  connection: Connection,
  comparison: Comparison,
  delta: Delta,
): Steps<Map<number, number>> {
  const counts = new Map<number, number>();
  if (delta.updated === 0 || delta.unit.properties.length === 0) return counts;
  const { updated } = yield* selectRows(connection, comparison, delta);
  for (const selected of updated) {
    const [row = {}]: Row[] = yield { connection, cypher: countChanges(selected) };
    for (const i of delta.unit.properties.keys()) {
      const count = (counts.get(i) ?? 0) + Number(row[`c${i}`] ?? 0);
      if (count > 0) counts.set(i, count);
    }
  }
  return counts;
}

/** Inserts the nodes that a table lacks. */
export function* insertNewNodes(
  connection: Connection,
  comparison: Comparison,
  delta: Delta,
): Steps<void> {
  const { inserted } = yield* selectRows(connection, comparison, delta);
  for (const selected of inserted) yield { connection, cypher: insertNodes(selected) };
}

/**
 * Changes the nodes of a table.
 *
 * @param table - As it is in the database.
 * @param changed - The properties of which some are changed: places among the unit's.
 * @param options - `keepsOldText` of the engine: see Capabilities; `withLeast`: the properties of which
 *   the files have the least integer.
 */
export function* changeNodes(
  connection: Connection,
  comparison: Comparison,
  delta: Delta,
  table: CatalogTable | undefined,
  changed: readonly number[],
  { keepsOldText, withLeast }: { keepsOldText: boolean; withLeast: ReadonlySet<string> },
): Steps<void> {
  if (changed.length === 0) return;
  const { updated } = yield* selectRows(connection, comparison, delta);
  if (table && keepsOldText) {
    yield* rewriteProperties(connection, table, updated, changed, withLeast);
  } else yield* setProperties(connection, updated, changed, withLeast);
}

/** Inserts the edges that a table lacks. */
export function* insertNewEdges(
  connection: Connection,
  comparison: Comparison,
  { unit, hasSurplus }: Delta,
): Steps<void> {
  const { edgeDelta: delta } = placesOf(comparison, unit);
  const counts = new Map<number, { fresh: number; more: number }>();
  for (const row of yield { connection, cypher: countEdgesByFile(delta) }) {
    counts.set(Number(row['f']), { fresh: Number(row['new']), more: Number(row['more']) });
  }
  for (const [number, file] of unit.files.entries()) {
    const selected = { unit, file, number, delta };
    const { fresh, more } = counts.get(number) ?? { fresh: 0, more: 0 };
    if (hasSurplus) {
      if (fresh + more > 0) yield { connection, cypher: insertEdges(selected, 'counted') };
      continue;
    }
    // A COPY of no rows makes Kuzu 0.11.3 store other maps in the next one.
    let isAny = fresh > 0;
    if (!isAny) {
      const [row] = yield { connection, cypher: countNewEdges(selected) };
      isAny = Number(row?.['n']) > 0;
    }
    if (isAny) yield { connection, cypher: insertEdges(selected, 'new') };
    if (more > 0) yield { connection, cypher: insertEdges(selected, 'more') };
  }
}

/** Whether the rows of a table are now those that the comparison says; else what is wrong. */
export function* checkRows(
  connection: Connection,
  comparison: Comparison,
  delta: Delta,
): Steps<Problem[]> {
  const { unit, held, inserted, deleted, sum } = delta;
  const [row] = yield { connection, cypher: sumStored(unit) };
  const rows = Number(row?.['n']);
  const { table, file } = unit;
  if (rows !== held + inserted - deleted) {
    return [
      {
        code: 'ROW_COUNT',
        table,
        file,
        message: `the rows of ${table} do not add up: it held ${formatCount(held)}, of which ${formatCount(deleted)} were to go and to which ${formatCount(inserted)} were to come, and holds ${formatCount(rows)}`,
        hint: 'please report it; the database is as it was',
      },
    ];
  }
  if (toBigInt(row?.['s']) === sum) return [];
  const others = unit.kind === 'node' ? yield* countProperties(connection, comparison, delta) : [];
  const names = [...others].map(([i]) => unit.properties[i]?.name ?? '');
  return [
    {
      code: 'VALUE_CHANGED',
      table,
      file,
      message: `${table} failed: the engine stores other values than ${file} has${names.length > 0 ? `, in ${listNames(names)}` : ''}, or changed others that were there`,
      hint: 'it changes NaN (--nan-as-null) and -0 (--negative-zero-as-zero) in places; or load anew with --fresh',
    },
  ];
}
