/** Nodes of a dataset compared with those that a server holds. */
import { createHasher, type Hasher } from '../bolt/hashes.js';
import type { Server } from '../bolt/server.js';
import type { ServerEnd } from '../cypher/server.js';
import { streamNodes, valuesOfNodes } from '../cypher/serverupdate.js';
import type { Decoder } from '../dataset/rows.js';
import { KgloadError } from '../errors.js';
import type { PlannedTable } from '../plan/plan.js';
import type { PlannedRows } from '../plan/rows.js';
import type { BadRow, GraphSchema } from '../types.js';
import { batchesOf, type Writer, writersOf } from './batches.js';
import {
  createHashTable,
  createRowSet,
  createRowSlots,
  NOWHERE,
  type RowSet,
  type RowSlots,
} from './hashtable.js';
import type { ReachOf } from './reach.js';
import { plannedRows } from './rows.js';
import type { Scan } from './scan.js';

/** What the comparisons of all tables have in common. */
export interface Comparing {
  server: Server;
  decoder: Decoder;
  schema: GraphSchema;
  scan: Scan;
  reachOf: ReachOf;
  onBadRow: ((row: BadRow) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** How a table of the dataset differs from what the server holds. */
interface Delta {
  table: string;
  files: readonly PlannedRows[];
  /** The dataset's properties, of whichever file. */
  properties: readonly string[];
  inserted: number;
  updated: number;
  unchanged: number;
  /** The rows of each file that the server lacks. */
  fresh: ReadonlyMap<PlannedRows, RowSet>;
}

export interface NodeDelta extends Delta {
  kind: 'node';
  end: ServerEnd;
  /** The rows of each file of which the server has other values. */
  changed: ReadonlyMap<PlannedRows, RowSet>;
  /** The keys of those that are to go. */
  gone: readonly unknown[];
  isGone: (key: unknown) => boolean;
  /** Property → in how many nodes it is another; none where that is too many to look at. */
  counts: Record<string, number>;
}

export interface EdgeDelta extends Delta {
  kind: 'edge';
  /** The ids of those that are to go, and the keys of the first of their nodes. */
  gone: readonly string[];
  goneEnds: readonly (readonly unknown[])[];
}

/** What a server has of a node of the dataset. */
const FRESH = 0;
const SAME = 1;
const CHANGED = 2;

export async function compareNodes(
  comparing: Comparing,
  { table, copies }: PlannedTable<PlannedRows>,
): Promise<NodeDelta> {
  const { server, schema, scan, reachOf, signal } = comparing;
  const node = schema.nodes.find(({ name }) => name === table);
  if (!node) throw new Error(`the schema has no node table ${table}`);
  const end = { table, property: node.primaryKey };
  const properties = propertiesOf(copies);
  const hasher = createHasher(server.driver);
  const rows = copies.reduce((sum, file) => sum + (scan.rows.get(file) ?? 0), 0);
  const hashes = createHashTable(rows);
  const values = new Uint32Array(2 * hashes.slots);
  const states = new Uint8Array(hashes.slots);
  const slots = new Map<PlannedRows, RowSlots>();
  for (const file of copies) {
    const own = createRowSlots();
    slots.set(file, own);
    for (const { row, key, fields } of rowsOf(comparing, table, file, properties)) {
      hasher.begin();
      hasher.addKey(key[0]);
      hasher.end();
      const slot = hashes.place(hasher);
      own.set(row, slot);
      addAll(hasher, fields);
      values[2 * slot] = hasher.low;
      values[2 * slot + 1] = hasher.high;
    }
  }
  const reach = reachOf(table);
  const gone: unknown[] = [];
  let [updated, unchanged] = [0, 0];
  const bound = 1 + properties.length;
  await server.stream(streamNodes(end, properties, reach?.property), (given) => {
    signal?.throwIfAborted();
    const [key] = given;
    // A node without a key is none of the dataset's.
    if (key === null) return;
    hasher.begin();
    hasher.addKey(key);
    hasher.end();
    const slot = hashes.find(hasher);
    if (slot === NOWHERE) {
      if (reach?.holds(given[bound] ?? null)) gone.push(key);
      return;
    }
    if (states[slot] !== FRESH) throw doubled(end, key);
    addAll(hasher, given.slice(1, bound));
    const isSame = values[2 * slot] === hasher.low && values[2 * slot + 1] === hasher.high;
    states[slot] = isSame ? SAME : CHANGED;
    if (isSame) unchanged += 1;
    else updated += 1;
  });
  const fresh = new Map<PlannedRows, RowSet>();
  const changed = new Map<PlannedRows, RowSet>();
  for (const [file, own] of slots) {
    const [added, other] = [createRowSet(), createRowSet()];
    own.each((row, slot) => {
      if (states[slot] === FRESH) added.add(row);
      if (states[slot] === CHANGED) other.add(row);
    });
    fresh.set(file, added);
    changed.set(file, other);
  }
  const inserted = [...fresh.values()].reduce((sum, set) => sum + set.size(), 0);
  const delta = {
    kind: 'node' as const,
    ...{ table, files: copies, properties, end, inserted, updated, unchanged, fresh, changed },
    gone,
    isGone: toKeyTest(hasher, gone),
  };
  return { ...delta, counts: await countProperties(comparing, delta, hasher) };
}

function addAll(hasher: Hasher, values: readonly unknown[]): void {
  hasher.begin();
  for (const value of values) hasher.add(value);
  hasher.end();
}

function toKeyTest(hasher: Hasher, keys: readonly unknown[]): (key: unknown) => boolean {
  const hashes = createHashTable(keys.length);
  const hash = (key: unknown): Hasher => {
    hasher.begin();
    hasher.addKey(key);
    hasher.end();
    return hasher;
  };
  for (const key of keys) hashes.place(hash(key));
  return (key) => keys.length > 0 && hashes.find(hash(key)) !== NOWHERE;
}

/** The properties that files of a table fill, each once. */
export function propertiesOf(files: readonly PlannedRows[]): string[] {
  return [...new Set(files.flatMap(({ fields }) => fields.map(({ property }) => property)))];
}

/** Of each property, where a file has it among its fields; -1 where it lacks it. */
export function placesOf(file: PlannedRows, properties: readonly string[]): number[] {
  return properties.map((name) => file.fields.findIndex(({ property }) => property === name));
}

/** The rows of a file that can be loaded, as the server would hold them. */
export function* rowsOf(
  { server, decoder, scan, signal }: Comparing,
  table: string,
  file: PlannedRows,
  properties: readonly string[],
): Generator<{ row: number; key: unknown[]; fields: unknown[] }> {
  const asJson = (property: string): boolean => scan.asJson.has(`${table}.${property}`);
  const bad = scan.bad.get(file);
  const { columns, keys, fields } = writersOf(server.driver, file, asJson);
  const places = placesOf(file, properties);
  const writers = places.map((place) => fields[place]);
  for (const { numbers, places: taken, lists } of plannedRows(decoder, file, columns)) {
    signal?.throwIfAborted();
    const valueOf = (writer: Writer | undefined, place: number): unknown =>
      writer ? writer.write(lists[writer.place]?.[place] ?? null) : null;
    for (const [i, place] of taken.entries()) {
      const row = numbers[i] ?? 0;
      if (bad?.has(row)) continue;
      yield {
        row,
        key: keys.map((writer) => valueOf(writer, place)),
        fields: writers.map((writer) => valueOf(writer, place)),
      };
    }
  }
}

/** Of more, which property is another takes longer to find out than it is worth. */
const MOST_LOOKED_AT = 10_000;

async function countProperties(
  { server, decoder, scan }: Comparing,
  { table, end, properties, updated, changed }: Omit<NodeDelta, 'counts'>,
  hasher: Hasher,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  if (updated === 0 || updated > MOST_LOOKED_AT) return counts;
  const hashOf = (value: unknown): string => {
    addAll(hasher, [value]);
    return `${hasher.low} ${hasher.high}`;
  };
  const asJson = (property: string): boolean => scan.asJson.has(`${table}.${property}`);
  for (const [file, rows] of changed) {
    if (rows.size() === 0) continue;
    const places = placesOf(file, properties);
    const options = { bad: { has: (row: number) => !rows.has(row) }, from: 0, asJson };
    for (const { keys, columns, size } of batchesOf(decoder, server.driver, file, options)) {
      if (size === 0) continue;
      const parameters = { k: keys[0] };
      const cypher = valuesOfNodes(end, properties);
      for (const [i, ...held] of await server.read({ cypher, parameters })) {
        for (const [at, name] of properties.entries()) {
          const own = columns[places[at] ?? -1]?.[Number(i)] ?? null;
          if (hashOf(own) !== hashOf(held[at])) counts[name] = (counts[name] ?? 0) + 1;
        }
      }
    }
  }
  return counts;
}

function doubled({ table, property }: ServerEnd, key: unknown): KgloadError {
  return new KgloadError({
    code: 'DUPLICATE_KEY',
    table,
    message: `the server holds several nodes of ${table} with the ${property} ${String(key)}: an update can't tell which is meant`,
    hint: `delete all but one, and see to a uniqueness constraint on ${table}.${property}`,
  });
}
