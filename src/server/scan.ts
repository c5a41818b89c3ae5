/**
 * What is wrong with the rows of a dataset, looked for before one of them is sent: keys that are missing
 * or there already, edges without a node, values that do not convert or that a server has no place for.
 */
import { fitOf, unfitReason } from '../bolt/values.js';
import { KgloadError, toProblem } from '../errors.js';
import { describeExamples, type FoundBadRows } from '../load/badrows.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { Plan, PlannedTable } from '../plan/plan.js';
import type { PlannedRows, RowField } from '../plan/rows.js';
import type { Problem } from '../types.js';
import { type Scanning, scanEdges, scanNodes } from './keys.js';
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

/** @param given - `keys` of tables that were looked at before. */
export async function scanRows(
  plan: Plan<PlannedRows>,
  given: Omit<Scanning, 'keys'> & Partial<Pick<Scanning, 'keys'>>,
): Promise<Scan> {
  const scanning: Scanning = { keys: new Map(), ...given };
  const scan: Scan = {
    bad: new Map(),
    rows: new Map(),
    badRows: [],
    problems: [],
    asJson: new Set(),
  };
  for (const planned of plan.tables) {
    const before = { rows: 0, bad: 0 };
    for (const [i, file] of planned.copies.entries()) {
      scanning.signal?.throwIfAborted();
      try {
        scanValues(planned, file, scanning, scan);
        const { rows, bad, badRows } =
          planned.kind === 'node'
            ? await scanNodes(planned.table, file, planned.copies.slice(0, i), before, scanning)
            : await scanEdges(planned.table, file, before.rows, scanning);
        scan.rows.set(file, rows);
        scan.bad.set(file, bad);
        scan.badRows.push(...badRows);
        before.rows += rows;
        before.bad += bad.size;
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
  { decoder, mayBeJson }: Pick<Scanning, 'decoder' | 'mayBeJson'>,
  scan: Scan,
): void {
  for (const { table: end, property, type } of file.keys) {
    const fit = fitOf(type);
    if (fit.holds !== 'none' || mayBeJson) continue;
    throw unfit(`${end}.${property}`, `is ${type}, and a server has ${fit.why}`);
  }
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
