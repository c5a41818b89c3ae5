/** The result of an update, for people. */
import { formatCount, formatSeconds, plural } from '../format.js';
import { summarizeBadRows } from '../load/badrows.js';
import {
  CHANGE_KINDS,
  type ChangeCounts,
  type ChangeKind,
  changedTables,
  changeTitles,
  formatChanges,
  formatPlannedChanges,
  formatProperties,
  isTouched,
  sumChanges,
  touchedTables,
  type UpdateReport,
} from '../model/changes.js';
import type { TableChanges } from '../types.js';
import { stepLines } from './steptimes.js';
import { cut, fitTable, type TableRow } from './table.js';

/** Zeros are left out where each table has some: what happened is to be seen. */
function countsOf({ inserted, updated, deleted, unchanged }: ChangeCounts): string[] {
  return [inserted, updated, deleted, unchanged].map((rows) => (rows > 0 ? formatCount(rows) : ''));
}

/** The cells of a table, without those of a rule: its name, four numbers, seconds, bad rows. */
function changesLine(report: UpdateReport, table: string): string[] {
  const { changes, errors, warnings, badRows, nodeTimes, edgeTimes, totalSkipped } = report;
  const own = changes[table];
  if (errors.some((error) => error.table === table)) return [table, 'failed'];
  const isMissing = warnings.some((one) => one.code === 'FILE_MISSING' && one.table === table);
  if (isMissing && !(own && isTouched(own))) return [table, 'no file'];
  const counts = own ? countsOf(own) : ['', '', '', ''];
  const { seconds } = nodeTimes[table] ?? edgeTimes[table] ?? { seconds: 0 };
  const line = [table, ...counts, seconds > 0 ? formatSeconds(seconds) : ''];
  if (totalSkipped === 0) return line;
  return [...line, summarizeBadRows(badRows.filter((bad) => bad.table === table))];
}

function totalLine(
  { changes, nodeTimes, edgeTimes }: UpdateReport,
  name: string,
  tables: readonly string[],
): string[] {
  const { inserted, updated, deleted, unchanged } = sumChanges(
    tables.flatMap((table) => changes[table] ?? []),
  );
  const seconds = tables.reduce(
    (sum, table) => sum + (nodeTimes[table] ?? edgeTimes[table] ?? { seconds: 0 }).seconds,
    0,
  );
  const counts = [inserted, updated, deleted, unchanged].map(formatCount);
  return [name, ...counts, seconds > 0 ? formatSeconds(seconds) : ''];
}

/** Rows of cells: a head, the tables, their totals; `null` is a rule. */
export function updateRows(report: UpdateReport, isDryRun: boolean): TableRow[] {
  const { nodes, edges } = changedTables(report);
  const steps = isDryRun ? [] : stepLines(report.stepTimes, 5);
  const titles = Object.values(changeTitles(report.published && !isDryRun));
  const total = totalLine(report, 'total', [...nodes, ...edges]);
  return [
    ['table', ...titles, 'seconds', ...(report.totalSkipped > 0 ? ['skipped'] : [])],
    null,
    ...nodes.map((table) => changesLine(report, table)),
    totalLine(report, 'nodes', nodes),
    null,
    ...edges.map((table) => changesLine(report, table)),
    totalLine(report, 'edges', edges),
    null,
    ...(steps.length > 0 ? [...steps, null] : []),
    [...total.slice(0, 5), formatSeconds(report.totalTime)],
  ];
}

/**
 * A line a table, and how long the rest of it took; of a dry run the first few keys besides.
 *
 * @param width - Of the window that all of it is to fit.
 */
export function updateTable(report: UpdateReport, isDryRun: boolean, width?: number): string[] {
  const examples = isDryRun ? exampleLines(report, width) : [];
  return [
    ...fitTable(updateRows(report, isDryRun), width, [5, 4]),
    ...(examples.length > 0 ? ['', ...examples] : []),
  ];
}

/** What would become of some rows, table by table. */
function exampleLines(report: UpdateReport, width = Infinity): string[] {
  const touched = touchedTables(report);
  const numbers = touched.flatMap(([, changes]) =>
    CHANGE_KINDS.map((kind) => formatCount(changes[kind])),
  );
  const digits = Math.max(...numbers.map(({ length }) => length));
  return touched.flatMap(([table, changes]) => [
    cut(table, width),
    ...CHANGE_KINDS.flatMap((kind) =>
      changes[kind] > 0 ? kindLines(changes, kind, digits, width) : [],
    ),
  ]);
}

function kindLines(
  changes: TableChanges,
  kind: ChangeKind,
  digits: number,
  width: number,
): string[] {
  const { examples, properties } = changes;
  const start = `  ${changeTitles(false)[kind]}  ${formatCount(changes[kind]).padStart(digits)}`;
  const keys = fitKeys(examples?.[kind] ?? [], changes[kind], width - start.length - 2);
  const lines = [keys === '' ? start : `${start}  ${keys}`];
  if (kind === 'updated' && properties) {
    lines.push(cut(`${' '.repeat(start.length)}  in ${formatProperties(properties)}`, width));
  }
  return lines;
}

/** As many whole keys as there is room for, and at least a part of one. */
function fitKeys(keys: readonly string[], rows: number, room: number): string {
  for (let shown = keys.length; shown > 1; shown -= 1) {
    const text = keys.slice(0, shown).join(', ') + (rows > shown ? ', …' : '');
    if (text.length <= room) return text;
  }
  const [first = ''] = keys;
  return cut(rows > 1 && first !== '' ? `${first}, …` : first, Math.max(1, room));
}

/** What an update came to, in one sentence without what failed. */
export function updateOutcome(
  report: UpdateReport,
  { db, dataset, isDryRun }: { db: string; dataset: string; isDryRun: boolean },
): string {
  const { changes, totalSkipped, stepTimes } = report;
  const sum = sumChanges(Object.values(changes));
  const skipped = totalSkipped > 0 ? `, ${plural(totalSkipped, 'bad row')} left out` : '';
  if (isTouched(sum)) {
    return isDryRun
      ? `an update would ${formatPlannedChanges(sum)} in ${db}${skipped}; nothing was written`
      : `${formatChanges(sum)} in ${db}${skipped}`;
  }
  const same = `${db} holds what ${dataset} says already${skipped}`;
  // Tables that the database lacked, and that have no rows.
  if (stepTimes.create) return `${same}; tables were created that it lacked`;
  return `${same}; nothing was written`;
}
