/** Keys and endpoints: which rows of a file a server can't be given. */
import type { Server } from '../bolt/server.js';
import { driverValue, fitOf, unfitReason } from '../bolt/values.js';
import { knownKeys, usedKeys } from '../cypher/server.js';
import type { Decoder } from '../dataset/rows.js';
import { KgloadError } from '../errors.js';
import { describeExamples, EXAMPLES, type FoundBadRows } from '../load/badrows.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { PlannedRows, RowKey } from '../plan/rows.js';
import type { BadRow, BadRowReason } from '../types.js';
import { createKeySet, type KeySet, keyText } from './keyset.js';
import type { Marker } from './markers.js';
import { plannedRows } from './rows.js';

export interface Scanning {
  server: Server;
  decoder: Decoder;
  /** Rows that the labels and types hold. */
  held: ReadonlyMap<string, number>;
  /** How far a load that is resumed was. */
  markers: ReadonlyMap<string, Marker>;
  /** Of an update: what is there already is no bad row, and nodes that go are no endpoints. */
  update?: { isGone: (table: string, key: unknown) => boolean };
  /** The keys of the nodes that the dataset brings. */
  keys: Map<string, KeySet>;
  mayBeJson: boolean;
  onBadRow: ((row: BadRow) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** The rows of a file. */
export interface ScannedRows {
  rows: number;
  bad: ReadonlySet<number>;
  badRows: FoundBadRows[];
}

/** An index of a server takes keys up to 8 kB: https://neo4j.com/docs/cypher-manual/5/indexes/ */
const MOST_KEY_BYTES = 8167;

/** Gathers the bad rows of a file. */
export function startFinding(
  table: string,
  { file }: PlannedRows,
  onBadRow: Scanning['onBadRow'],
): {
  rows: Set<number>;
  note: (row: number, reason: BadRowReason, keys: readonly PlainValue[]) => void;
  /** Some whose keys nobody knows any more. */
  add: (reason: BadRowReason, count: number) => void;
  found: () => FoundBadRows[];
} {
  const rows = new Set<number>();
  const reasons = new Map<BadRowReason, { count: number; examples: (readonly PlainValue[])[] }>();
  const add = (
    reason: BadRowReason,
    count: number,
  ): { count: number; examples: (readonly PlainValue[])[] } => {
    const known = reasons.get(reason) ?? { count: 0, examples: [] };
    reasons.set(reason, known);
    known.count += count;
    return known;
  };
  return {
    rows,
    note(row, reason, keys) {
      rows.add(row);
      const known = add(reason, 1);
      if (known.examples.length < EXAMPLES) known.examples.push(keys);
      const [first = null, second = null] = keys;
      const ends = keys.length > 1 ? { from: first, to: second } : { key: first };
      onBadRow?.({ table, file, reason, ...ends });
    },
    add,
    found: () =>
      [...reasons].map(([reason, { count, examples }]) => ({
        table,
        file,
        reason,
        rows: count,
        ...describeExamples(examples),
      })),
  };
}

/**
 * What is wrong with the keys of a file's rows.
 *
 * @param earlier - The table's files before this one.
 * @param before - The rows of these, and the bad ones among them.
 */
export async function scanNodes(
  table: string,
  file: PlannedRows,
  earlier: readonly PlannedRows[],
  before: { rows: number; bad: number },
  scanning: Scanning,
): Promise<ScannedRows> {
  const [key] = file.keys;
  if (!key) throw new Error(`${table} has no key`);
  const { decoder, server, signal } = scanning;
  const keys = scanning.keys.get(table) ?? createKeySet();
  scanning.keys.set(table, keys);
  const finding = startFinding(table, file, scanning.onBadRow);
  const isHeld = !scanning.update && (scanning.held.get(table) ?? 0) > 0;
  const marker = scanning.markers.get(table) ?? { rows: 0, created: 0 };
  const dealt = Math.max(0, marker.rows - before.rows);
  /** Rows whose keys look like those of rows before. */
  const alike = new Map<number, Key>();
  const maySome = fitOf(key.type).holds === 'some';
  let rows = 0;
  for (const batch of plannedRows(decoder, file, [key.column])) {
    signal?.throwIfAborted();
    const look: { row: number; key: PlainValue }[] = [];
    for (const [i, place] of batch.places.entries()) {
      rows += 1;
      const row = batch.numbers[i] ?? 0;
      const value = key.convert(batch.lists[0]?.[place] ?? null);
      if (value === null) finding.note(row, 'null_key', [null]);
      else {
        checkKey(table, value, maySome);
        if (keys.add(value)) alike.set(row, value);
        else if (isHeld && rows > dealt) look.push({ row, key: value });
      }
    }
    for (const i of await findKeys(server, knownKeys(key), key.type, look)) {
      const { row = 0, key: value = null } = look[i] ?? {};
      finding.note(row, 'existing_key', [value]);
    }
  }
  if (alike.size > 0) {
    for (const row of findTwins(decoder, file, earlier, alike)) {
      finding.note(row, 'duplicate_key', [alike.get(row) ?? null]);
    }
  }
  if (dealt > 0 && dealt <= rows) {
    // Those that were there before are told from those that the load made by their number alone.
    const bad = [...finding.rows].filter((row) => row < dealt).length;
    const existing = marker.rows - marker.created - bad - before.bad;
    if (existing > 0) finding.add('existing_key', existing);
  }
  return { rows, bad: finding.rows, badRows: finding.found() };
}

type Key = NonNullable<PlainValue>;

/** Those of the rows whose key an earlier row has: keys themselves are compared. */
function findTwins(
  decoder: Decoder,
  file: PlannedRows,
  earlier: readonly PlannedRows[],
  alike: ReadonlyMap<number, Key>,
): number[] {
  const wanted = new Set([...alike.values()].map(keyText));
  const seen = new Set<string>();
  const twins: number[] = [];
  for (const each of [...earlier, file]) {
    const [key] = each.keys;
    if (!key) continue;
    for (const batch of plannedRows(decoder, each, [key.column])) {
      for (const [i, place] of batch.places.entries()) {
        const value = key.convert(batch.lists[0]?.[place] ?? null);
        const text = value === null ? '' : keyText(value);
        if (value === null || !wanted.has(text)) continue;
        const row = batch.numbers[i] ?? 0;
        if (each === file && alike.has(row) && seen.has(text)) twins.push(row);
        seen.add(text);
      }
    }
  }
  return twins;
}

/** @throws {KgloadError} `COLUMN_TYPE` for a key that a server does not hold, or not find again. */
function checkKey(table: string, key: Key, mayBeUnfit: boolean): void {
  const refuse = (shown: string, why: string, hint: string): void => {
    const message = `${table} has ${shown}, and a server ${why}`;
    throw new KgloadError({ code: 'COLUMN_TYPE', message, hint });
  };
  const asText = 'give the rows other keys, or make the key a STRING in the schema';
  if (typeof key === 'string') {
    if (key.length <= MOST_KEY_BYTES / 4) return;
    const bytes = Buffer.byteLength(key);
    if (bytes <= MOST_KEY_BYTES) return;
    const shown = `a key of ${bytes} bytes (${key.slice(0, 40)}…)`;
    refuse(shown, `indexes up to ${MOST_KEY_BYTES}`, 'give the rows shorter keys');
  } else if (Number.isNaN(key)) {
    refuse('the key NaN', 'finds no node by it', asText);
  } else if (Object.is(key, -0)) {
    // To the constraints of Neo4j 5.26 it is 0 at times, to their indexes it is not.
    refuse('the key -0', 'does not tell it from 0', asText);
  } else if (mayBeUnfit && unfitReason(key) !== undefined) {
    refuse(`the key ${keyText(key)}`, 'holds integers of 64 bits', asText);
  }
}

/** The places of those keys that a question finds; those that no server holds it would mistake. */
async function findKeys(
  server: Server,
  cypher: string,
  type: string,
  look: readonly { key: PlainValue }[],
): Promise<number[]> {
  const places = [...look.keys()].filter((i) => unfitReason(look[i]?.key ?? null) === undefined);
  if (places.length === 0) return [];
  const write = driverValue(server.driver, type);
  const parameters = { k: places.map((i) => write(look[i]?.key ?? null)) };
  const rows = await server.read({ cypher, parameters });
  return rows.map(([i]) => places[Number(i)] ?? -1);
}

/** An edge, while it is looked at. */
interface Edge {
  row: number;
  ends: [PlainValue, PlainValue];
}

/** What is wrong with the endpoints of a file's rows. */
export async function scanEdges(
  table: string,
  file: PlannedRows,
  before: number,
  scanning: Scanning,
): Promise<ScannedRows> {
  const { decoder, signal } = scanning;
  const [from, to] = file.keys;
  if (!from || !to) throw new Error(`${table} has no endpoints`);
  const finding = startFinding(table, file, scanning.onBadRow);
  const ours = [from, to].map((key) => scanning.keys.get(key.table));
  const limit = scanning.update ? undefined : limitOf(table, file, before, scanning);
  let rows = 0;
  for (const batch of plannedRows(decoder, file, [from.column, to.column])) {
    signal?.throwIfAborted();
    const [starts = [], targets = []] = batch.lists;
    const edges: Edge[] = [];
    /** Those with nodes that the dataset does not bring. */
    const unknown: [Edge[], Edge[]] = [[], []];
    for (const [i, place] of batch.places.entries()) {
      rows += 1;
      const row = batch.numbers[i] ?? 0;
      const start = from.convert(starts[place] ?? null);
      const end = to.convert(targets[place] ?? null);
      if (start === null || end === null) {
        finding.note(row, 'null_endpoint', [start, end]);
        continue;
      }
      const isFrom = ours[0]?.has(start) === true;
      const isTo = ours[1]?.has(end) === true;
      if (isFrom && isTo && !limit) continue;
      const edge: Edge = { row, ends: [start, end] };
      if (limit) edges.push(edge);
      if (!isFrom) unknown[0].push(edge);
      if (!isTo) unknown[1].push(edge);
    }
    const missing = new Set<Edge>();
    for (const [side, key] of [from, to].entries()) {
      for (const edge of await findMissing(key, side, unknown[side] ?? [], scanning)) {
        missing.add(edge);
      }
    }
    for (const { row, ends } of [...missing].toSorted((a, b) => a.row - b.row)) {
      finding.note(row, 'missing_endpoint', ends);
    }
    if (!limit) continue;
    const sound = edges.filter((edge) => !missing.has(edge));
    for (const { row, ends } of await limit(sound)) finding.note(row, 'multiplicity', ends);
  }
  return { rows, bad: finding.rows, badRows: finding.found() };
}

/** The edges whose node on one side the server does not have either. */
async function findMissing(
  key: RowKey,
  side: number,
  unknown: readonly Edge[],
  { server, held, update }: Scanning,
): Promise<Edge[]> {
  if ((held.get(key.table) ?? 0) === 0) return [...unknown];
  const look = unknown.map(({ ends }) => ({ key: ends[side] ?? null }));
  const present = new Set(await findKeys(server, knownKeys(key), key.type, look));
  if (!update) return unknown.filter((_, i) => !present.has(i));
  const write = driverValue(server.driver, key.type);
  return unknown.filter(
    ({ ends }, i) => !present.has(i) || update.isGone(key.table, write(ends[side] ?? null)),
  );
}

/** What tells edges beyond those that a node may have; a server has no multiplicities. */
function limitOf(
  table: string,
  file: PlannedRows,
  before: number,
  { server, held, keys, markers }: Scanning,
): ((edges: readonly Edge[]) => Promise<Edge[]>) | undefined {
  const { limit, pair } = file;
  if (!limit) return undefined;
  const isHeld = (held.get(table) ?? 0) > 0;
  const dealt = Math.max(0, (markers.get(table)?.rows ?? 0) - before);
  return async (edges) => {
    const beyond = new Set<Edge>();
    for (const side of limit.sides) {
      const place = side === 'from' ? 0 : 1;
      const [key, other] = place === 0 ? file.keys : file.keys.toReversed();
      if (!key || !other) continue;
      // One set for all files of the pair.
      const name = `${table}\0${pair?.from ?? ''}\0${pair?.to ?? ''}\0${side}`;
      const used = keys.get(name) ?? createKeySet();
      keys.set(name, used);
      const fresh: Edge[] = [];
      for (const edge of edges) {
        if (beyond.has(edge)) continue;
        if (used.add(edge.ends[place] ?? '')) beyond.add(edge);
        else if (isHeld && edge.row >= dealt) fresh.push(edge);
      }
      const look = fresh.map(({ ends }) => ({ key: ends[place] ?? null }));
      const cypher = usedKeys(key, table, other.table, side);
      for (const i of await findKeys(server, cypher, key.type, look)) {
        const edge = fresh[i];
        if (edge) beyond.add(edge);
      }
    }
    return edges.filter((edge) => beyond.has(edge));
  };
}
