/**
 * What is wrong with the rows of a dataset, looked for before one of them is sent: keys that are missing
 * or there already, edges without a node, values that do not convert or that a server has no place for.
 */
import { driverValue, fitOf, unfitReason } from '../bolt/values.js';
import type { Server } from '../bolt/server.js';
import { knownKeys } from '../cypher/server.js';
import type { Decoder } from '../dataset/rows.js';
import { KgloadError, toProblem } from '../errors.js';
import { describeExamples, EXAMPLES, type FoundBadRows } from '../load/badrows.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { Plan, PlannedTable } from '../plan/plan.js';
import type { PlannedRows, RowField } from '../plan/rows.js';
import type { BadRow, BadRowReason, Problem } from '../types.js';
import { createKeySet, type KeySet, keyText } from './keyset.js';
import { plannedRows } from './rows.js';

/** What a look at all rows found. */
export interface Scan {
  /** The rows of each file that can't be loaded. */
  bad: Map<PlannedRows, ReadonlySet<number>>;
  /** Rows that each file, or its part, has. */
  rows: Map<PlannedRows, number>;
  badRows: FoundBadRows[];
  problems: Problem[];
  /** Properties that are to be JSON text: `table.property`. */
  asJson: Set<string>;
}

interface Scanning {
  server: Server;
  decoder: Decoder;
  /** Rows that the labels and types hold. */
  held: ReadonlyMap<string, number>;
  /** The keys of the nodes that the dataset brings. */
  keys: Map<string, KeySet>;
  mayBeJson: boolean;
  onBadRow: ((row: BadRow) => void) | undefined;
  signal: AbortSignal | undefined;
}

const KEYS_A_LOOK = 10_000;

/** An index of a server takes keys up to 8 kB. */
const MOST_KEY_BYTES = 8167;

export async function scanRows(
  plan: Plan<PlannedRows>,
  given: Omit<Scanning, 'keys'>,
): Promise<Scan> {
  const scanning: Scanning = { ...given, keys: new Map() };
  const scan: Scan = {
    bad: new Map(),
    rows: new Map(),
    badRows: [],
    problems: [],
    asJson: new Set(),
  };
  for (const planned of plan.tables) {
    for (const file of planned.copies) {
      scanning.signal?.throwIfAborted();
      try {
        scanValues(planned, file, scanning, scan);
        if (planned.kind === 'node') await scanNodes(planned, file, scanning, scan);
        else await scanEdges(planned, file, scanning, scan);
      } catch (error) {
        if (!(error instanceof KgloadError)) throw error;
        const problem = toProblem(error);
        const message = problem.message.includes(file.file)
          ? problem.message
          : `${file.file}: ${problem.message}`;
        scan.problems.push({ ...problem, message, table: planned.table, file: file.file });
      }
    }
  }
  return scan;
}

/** Values that do not convert, and those that a server has no place for. */
function scanValues(
  { table }: PlannedTable<PlannedRows>,
  file: PlannedRows,
  { decoder, mayBeJson }: Scanning,
  scan: Scan,
): void {
  const looked: { field: RowField; from: NonNullable<RowField['from']>; isSome: boolean }[] = [];
  for (const field of file.fields) {
    const fit = fitOf(field.type);
    const name = `${table}.${field.property}`;
    if (fit.holds === 'none') {
      if (!mayBeJson) throw unfit(name, `is ${field.type}, and a server has ${fit.why}`);
      scan.asJson.add(name);
    }
    const isSome = fit.holds === 'some';
    if (field.from && (field.isChecked || isSome || fit.holds === 'none')) {
      looked.push({ field, from: field.from, isSome });
    }
  }
  if (looked.length === 0) return;
  const columns = [...looked.map(({ from }) => from.column), ...file.keys.map((key) => key.column)];
  for (const batch of plannedRows(decoder, file, columns)) {
    for (const place of batch.places) {
      for (const [i, { field, from, isSome }] of looked.entries()) {
        const shown = (): string => {
          const keys = batch.lists.slice(looked.length).map((list) => list[place] ?? null);
          return describeExamples([keys]).quoted.join('');
        };
        let value: PlainValue;
        try {
          value = from.convert(batch.lists[i]?.[place] ?? null);
        } catch (error) {
          if (!(error instanceof KgloadError)) throw error;
          const message = `${table} failed: ${error.message} (row with key ${shown()})`;
          throw new KgloadError({ ...toProblem(error), message });
        }
        const reason = isSome ? unfitReason(value) : undefined;
        if (reason === undefined) continue;
        const name = `${table}.${field.property}`;
        if (!mayBeJson) throw unfit(name, `has ${reason} in the row with key ${shown()}`);
        scan.asJson.add(name);
      }
    }
  }
}

function unfit(name: string, why: string): KgloadError {
  return new KgloadError({
    code: 'COLUMN_TYPE',
    message: `${name} ${why}, which a server has no place for`,
    hint: 'load such values as JSON text: --unsupported-as-json (unsupportedAsJson in the library)',
  });
}

/** Gathers the bad rows of a file. */
function startFinding(
  { table }: PlannedTable<PlannedRows>,
  { file }: PlannedRows,
  onBadRow: Scanning['onBadRow'],
): {
  rows: Set<number>;
  note: (row: number, reason: BadRowReason, keys: readonly PlainValue[]) => void;
  found: () => FoundBadRows[];
} {
  const rows = new Set<number>();
  const reasons = new Map<BadRowReason, { count: number; examples: (readonly PlainValue[])[] }>();
  return {
    rows,
    note(row, reason, keys) {
      rows.add(row);
      const known = reasons.get(reason) ?? { count: 0, examples: [] };
      reasons.set(reason, known);
      known.count += 1;
      if (known.examples.length < EXAMPLES) known.examples.push(keys);
      const [first = null, second = null] = keys;
      const ends = keys.length > 1 ? { from: first, to: second } : { key: first };
      onBadRow?.({ table, file, reason, ...ends });
    },
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

async function scanNodes(
  planned: PlannedTable<PlannedRows>,
  file: PlannedRows,
  scanning: Scanning,
  scan: Scan,
): Promise<void> {
  const { table } = planned;
  const [key] = file.keys;
  if (!key) return;
  const keys = scanning.keys.get(table) ?? createKeySet();
  scanning.keys.set(table, keys);
  const finding = startFinding(planned, file, scanning.onBadRow);
  const isHeld = (scanning.held.get(table) ?? 0) > 0;
  let look: { row: number; key: PlainValue }[] = [];
  const lookUp = async (): Promise<void> => {
    const present = await findKeys(scanning.server, key, look);
    for (const i of present) {
      const { row = 0, key: value = null } = look[i] ?? {};
      finding.note(row, 'existing_key', [value]);
    }
    look = [];
  };
  let rows = 0;
  for (const batch of plannedRows(scanning.decoder, file, [key.column])) {
    scanning.signal?.throwIfAborted();
    for (const [i, place] of batch.places.entries()) {
      rows += 1;
      const row = batch.numbers[i] ?? 0;
      const value = key.convert(batch.lists[0]?.[place] ?? null);
      if (value === null) {
        finding.note(row, 'null_key', [null]);
        continue;
      }
      if (typeof value === 'string' && value.length > MOST_KEY_BYTES / 4) checkKey(table, value);
      if (keys.add(value)) {
        finding.note(row, 'duplicate_key', [value]);
        continue;
      }
      if (isHeld) look.push({ row, key: value });
    }
    while (look.length >= KEYS_A_LOOK) await lookUp();
  }
  if (look.length > 0) await lookUp();
  scan.rows.set(file, rows);
  scan.bad.set(file, finding.rows);
  scan.badRows.push(...finding.found());
}

function checkKey(table: string, key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MOST_KEY_BYTES) return;
  throw new KgloadError({
    code: 'COLUMN_TYPE',
    message: `${table} has a key of ${bytes} bytes (${key.slice(0, 40)}…), and a server indexes up to ${MOST_KEY_BYTES}`,
    hint: 'give the rows shorter keys',
  });
}

/** The places of those keys that nodes of the server have. */
async function findKeys(
  server: Server,
  key: { table: string; property: string; type: string },
  look: readonly { key: PlainValue }[],
): Promise<number[]> {
  const write = driverValue(server.driver, key.type);
  const rows = await server.read({
    cypher: knownKeys(key),
    parameters: { k: look.map((one) => write(one.key)) },
  });
  return rows.map(([i]) => Number(i));
}

async function scanEdges(
  planned: PlannedTable<PlannedRows>,
  file: PlannedRows,
  scanning: Scanning,
  scan: Scan,
): Promise<void> {
  const finding = startFinding(planned, file, scanning.onBadRow);
  const [from, to] = file.keys;
  if (!from || !to) return;
  const ours = [from, to].map((key) => scanning.keys.get(key.table));
  let rows = 0;
  /** Edges with nodes that the dataset does not bring. */
  let unknown: { row: number; ends: PlainValue[]; sides: number[] }[] = [];
  const lookUp = async (): Promise<void> => {
    const present = new Map<number, Set<string>>();
    for (const [side, key] of [from, to].entries()) {
      const look = unknown
        .filter(({ sides }) => sides.includes(side))
        .map(({ ends }) => ({ key: ends[side] ?? null }));
      const isHeld = (scanning.held.get(key.table) ?? 0) > 0;
      const places = isHeld && look.length > 0 ? await findKeys(scanning.server, key, look) : [];
      const texts = places.map((i) => look[i]?.key ?? '').map((value) => keyText(value));
      present.set(side, new Set(texts));
    }
    for (const { row, ends, sides } of unknown) {
      const isMissing = sides.some(
        (side) => present.get(side)?.has(keyText(ends[side] ?? '')) !== true,
      );
      if (isMissing) finding.note(row, 'missing_endpoint', ends);
    }
    unknown = [];
  };
  for (const batch of plannedRows(scanning.decoder, file, [from.column, to.column])) {
    scanning.signal?.throwIfAborted();
    const [starts = [], targets = []] = batch.lists;
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
      if (isFrom && isTo) continue;
      const sides = [...(isFrom ? [] : [0]), ...(isTo ? [] : [1])];
      unknown.push({ row, ends: [start, end], sides });
    }
    if (unknown.length >= KEYS_A_LOOK) await lookUp();
  }
  if (unknown.length > 0) await lookUp();
  scan.rows.set(file, rows);
  scan.bad.set(file, finding.rows);
  scan.badRows.push(...finding.found());
}
