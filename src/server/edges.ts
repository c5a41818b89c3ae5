/** Edges of a dataset compared with those that a server holds: those that are alike are counted. */
import { createHasher } from '../bolt/hashes.js';
import { streamEdges } from '../cypher/serverupdate.js';
import { EXAMPLES, type FoundBadRows } from '../load/badrows.js';
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import type { PlannedTable } from '../plan/plan.js';
import type { PlannedRows } from '../plan/rows.js';
import type { Endpoints } from '../types.js';
import { driverValue } from '../bolt/values.js';
import {
  createHashTable,
  createRowSet,
  createRowSlots,
  NOWHERE,
  type RowSet,
  type RowSlots,
} from './hashtable.js';
import { startFinding } from './keys.js';
import { createKeySet, type KeySet } from './keyset.js';
import { type Comparing, type EdgeDelta, propertiesOf, rowsOf } from './nodes.js';
import { plannedRows } from './rows.js';

/** Says of nodes whether they are to go. */
export type IsGone = (label: string, key: unknown) => boolean;

/**
 * Compares the edges of a table, pair by pair. Those of nodes that go are passed by: they go with them.
 *
 * @returns Also the edges beyond those that a node may have: those that stay come first.
 */
export async function compareEdges(
  comparing: Comparing,
  planned: PlannedTable<PlannedRows>,
  isGone: IsGone,
): Promise<{ delta: EdgeDelta; badRows: FoundBadRows[] }> {
  const { table, copies } = planned;
  const edge = comparing.schema.edges.find(({ name }) => name === table);
  if (!edge) throw new Error(`the schema has no rel table ${table}`);
  const properties = propertiesOf(copies);
  const fresh = new Map<PlannedRows, RowSet>();
  const found: Found = { table, properties, gone: [], goneEnds: [], unchanged: 0, fresh };
  const badRows: FoundBadRows[] = [];
  for (const { from, to } of pairsOf(edge)) {
    const files = copies.filter(({ pair }) => !pair || (pair.from === from && pair.to === to));
    badRows.push(...(await comparePair(comparing, { from, to }, files, isGone, found)));
  }
  const inserted = [...fresh.values()].reduce((sum, rows) => sum + rows.size(), 0);
  return { delta: { ...found, kind: 'edge', files: copies, inserted, updated: 0 }, badRows };
}

/** What is found of a table, pair by pair. */
interface Found extends Pick<EdgeDelta, 'table' | 'properties'> {
  gone: string[];
  goneEnds: unknown[][];
  unchanged: number;
  fresh: Map<PlannedRows, RowSet>;
}

async function comparePair(
  comparing: Comparing,
  pair: Endpoints,
  files: readonly PlannedRows[],
  isGone: IsGone,
  found: Found,
): Promise<FoundBadRows[]> {
  const { server, schema, scan, reachOf, signal } = comparing;
  const { table, properties } = found;
  const hasher = createHasher(server.driver);
  const rows = files.reduce((sum, file) => sum + (scan.rows.get(file) ?? 0), 0);
  const hashes = createHashTable(rows);
  /** How many of the dataset's edges the server lacks. */
  const lacking = new Uint32Array(hashes.slots);
  const slots = new Map<PlannedRows, RowSlots>();
  const hash = (from: unknown, to: unknown, fields: readonly unknown[]): void => {
    hasher.begin();
    hasher.addKey(from);
    hasher.addKey(to);
    for (const value of fields) hasher.add(value);
    hasher.end();
  };
  for (const file of files) {
    const own = createRowSlots();
    slots.set(file, own);
    for (const { row, key, fields } of rowsOf(comparing, table, file, properties)) {
      hash(key[0], key[1], fields);
      const slot = hashes.place(hasher);
      lacking[slot] = (lacking[slot] ?? 0) + 1;
      own.set(row, slot);
    }
  }
  const reach = reachOf(pair.from);
  const limit = limitOf(files);
  const ends = [pair.from, pair.to].map((label) => {
    return { table: label, property: primaryKeyOf(schema, label).name };
  });
  const [first, second] = ends;
  if (!first || !second) throw new Error(`${table} has no endpoints`);
  const last = 2 + properties.length;
  const asked = { withId: reach !== undefined, bound: reach?.property };
  await server.stream(streamEdges(table, [first, second], properties, asked), (given) => {
    signal?.throwIfAborted();
    const [from, to] = given;
    if (isGone(pair.from, from) || isGone(pair.to, to)) return;
    hash(from, to, given.slice(2, last));
    const slot = hashes.find(hasher);
    if (slot !== NOWHERE && (lacking[slot] ?? 0) > 0) {
      lacking[slot] = (lacking[slot] ?? 0) - 1;
      found.unchanged += 1;
    } else if (reach?.holds(given[last + 1] ?? null)) {
      found.gone.push(String(given[last]));
      if (found.goneEnds.length < EXAMPLES) found.goneEnds.push([from, to]);
      return;
    }
    limit?.take([from, to]);
  });
  const badRows: FoundBadRows[] = [];
  for (const [file, own] of slots) {
    const fresh = createRowSet();
    found.fresh.set(file, fresh);
    own.each((row, slot) => {
      if ((lacking[slot] ?? 0) === 0) return;
      lacking[slot] = (lacking[slot] ?? 0) - 1;
      fresh.add(row);
    });
    if (!limit || fresh.size() === 0) continue;
    const { rows: kept, badRows: bad } = withinLimit(comparing, table, file, fresh, limit);
    found.fresh.set(file, kept);
    badRows.push(...bad);
  }
  return badRows;
}

/** Nodes that have the one edge that they may have. */
interface Limited {
  take: (ends: readonly unknown[]) => void;
  isTaken: (ends: readonly unknown[]) => boolean;
}

function limitOf(files: readonly PlannedRows[]): Limited | undefined {
  const limit = files.find((file) => file.limit)?.limit;
  if (!limit) return undefined;
  const used = limit.sides.map((side): [number, KeySet] => [
    side === 'from' ? 0 : 1,
    createKeySet(),
  ]);
  return {
    take: (ends) => {
      for (const [place, keys] of used) keys.add(String(ends[place]));
    },
    isTaken: (ends) => used.some(([place, keys]) => keys.has(String(ends[place]))),
  };
}

/** Those of a file's new edges whose nodes have none yet; the others are bad rows. */
function withinLimit(
  { decoder, server, onBadRow, scan }: Comparing,
  table: string,
  file: PlannedRows,
  fresh: RowSet,
  limit: Limited,
): { rows: RowSet; badRows: FoundBadRows[] } {
  const kept = createRowSet();
  const finding = startFinding(table, file, onBadRow);
  const writers = file.keys.map(({ type }) => driverValue(server.driver, type));
  const columns = file.keys.map(({ column }) => column);
  for (const { numbers, places, lists } of plannedRows(decoder, file, columns)) {
    for (const [i, place] of places.entries()) {
      const row = numbers[i] ?? 0;
      if (!fresh.has(row)) continue;
      const keys = file.keys.map(({ convert }, at) => convert(lists[at]?.[place] ?? null));
      const ends = keys.map((key, at) => writers[at]?.(key));
      if (limit.isTaken(ends)) finding.note(row, 'multiplicity', keys);
      else {
        limit.take(ends);
        kept.add(row);
      }
    }
  }
  scan.bad.set(file, new Set([...(scan.bad.get(file) ?? []), ...finding.rows]));
  return { rows: kept, badRows: finding.found() };
}
