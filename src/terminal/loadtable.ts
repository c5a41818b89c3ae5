/** The result of a load, for people. */
import { isServerUrl } from '../bolt/address.js';
import { formatCount, formatRate, formatSeconds, plural } from '../format.js';
import { summarizeBadRows } from '../load/badrows.js';
import { isUpdate } from '../model/changes.js';
import type { ErrorCode, LoadReport, TableTime } from '../types.js';
import { stepLines } from './steptimes.js';
import { fitTable, type TableRow } from './table.js';
import { updateOutcome, updateTable } from './updatetable.js';

/** What was asked for, as far as the words about it depend on that. */
interface Asked {
  db: string;
  dataset?: string;
  dryRun?: boolean;
  fresh?: boolean;
  onError?: 'continue' | 'abort';
}

/**
 * A line a table, and how long the rest of it took.
 *
 * @param width - Of the window that the table is to fit.
 */
export function loadTable(report: LoadReport, asked: Asked, width?: number): string[] {
  if (isUpdate(report)) return updateTable(report, asked.dryRun ?? false, width);
  const failed = new Set(report.errors.map(({ table }) => table));
  const missing = new Set(
    report.warnings.filter(({ code }) => code === 'FILE_MISSING').map(({ table }) => table),
  );
  const skippedOf = (table: string): string => {
    if (failed.has(table)) return '';
    return summarizeBadRows(report.badRows.filter((badRows) => badRows.table === table));
  };
  const lineOf = ([table, { seconds, rows }]: [string, TableTime]): string[] => {
    if (failed.has(table)) return [table, formatCount(rows), 'failed'];
    if (missing.has(table)) return [table, formatCount(rows), 'no file'];
    const line = [table, formatCount(rows), formatSeconds(seconds), formatRate(rows, seconds)];
    return report.totalSkipped > 0 ? [...line, skippedOf(table)] : line;
  };
  const totalOf = (name: string, times: Record<string, TableTime>): string[] => {
    const list = Object.values(times);
    const rows = list.reduce((sum, time) => sum + time.rows, 0);
    const seconds = list.reduce((sum, time) => sum + time.seconds, 0);
    return [name, formatCount(rows), formatSeconds(seconds), formatRate(rows, seconds)];
  };
  const { nodeTimes, edgeTimes, totalNodes, totalEdges, totalTime } = report;
  const rows = totalNodes + totalEdges;
  const steps = asked.dryRun ? [] : stepLines(report.stepTimes, 2);
  const table: TableRow[] = [
    ['table', 'rows', 'seconds', 'rows/s', ...(report.totalSkipped > 0 ? ['skipped'] : [])],
    null,
    ...Object.entries(nodeTimes).map(lineOf),
    totalOf('nodes', nodeTimes),
    null,
    ...Object.entries(edgeTimes).map(lineOf),
    totalOf('edges', edgeTimes),
    null,
    ...(steps.length > 0 ? [...steps, null] : []),
    ['total', formatCount(rows), formatSeconds(totalTime), formatRate(rows, totalTime)],
  ];
  return fitTable(table, width, [3]);
}

/** The colour of how a load ended. */
export function outcomeColor({ errors, totalSkipped }: LoadReport): 'red' | 'yellow' | 'green' {
  if (errors.length > 0) return 'red';
  return totalSkipped > 0 ? 'yellow' : 'green';
}

/** `3 of 20 tables failed`, where some did; nothing where none did. */
function describeFailures({ errors, warnings, nodeTimes, edgeTimes, changes }: LoadReport): string {
  if (errors.length === 0) return '';
  const failed = new Set(errors.flatMap(({ table }) => table ?? []));
  if (failed.size === 0) return `the ${changes ? 'update' : 'load'} failed; `;
  const all = new Set([...Object.keys(nodeTimes), ...Object.keys(edgeTimes), ...failed]);
  for (const { code, table } of warnings) if (code === 'FILE_MISSING') all.delete(table ?? '');
  return `${failed.size} of ${plural(all.size, 'table')} failed; `;
}

/** Errors that stop an update whatever is to become of tables that fail. */
const STOPPING: readonly ErrorCode[] = [
  'TOO_MANY_DELETIONS',
  'TOO_MANY_BAD_ROWS',
  'ROW_COUNT',
  'VALUE_CHANGED',
];

/** What would have kept less from being done. */
function otherWay({ errors, changes }: LoadReport, { fresh, onError }: Asked): string {
  if (onError !== undefined) return '';
  if (fresh) return ' (--on-error continue takes what did load)';
  if (!changes || errors.some(({ code }) => STOPPING.includes(code))) return '';
  return ' (--on-error continue updates the others)';
}

/** Whether what was done of a load that did not come to its end stays, as on a server. */
function isPartial({ totalNodes, totalEdges, errors }: LoadReport): boolean {
  return (
    totalNodes + totalEdges > 0 || errors.some(({ code }) => /^(SERVER_LOST|ROW_COUNT)$/.test(code))
  );
}

/** How a load ended, in one sentence. */
export function loadOutcome(report: LoadReport, asked: Asked): string {
  const { totalNodes, totalEdges, totalSkipped } = report;
  const { db, dataset = 'the dataset', dryRun = false } = asked;
  const failures = describeFailures(report);
  const failing = dryRun ? failures.replace('failed', 'would fail') : failures;
  const rows = `${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')}`;
  const skipped = totalSkipped > 0 ? `, ${plural(totalSkipped, 'bad row')} left out` : '';
  if (!dryRun && !report.published && isServerUrl(db) && isPartial(report))
    return `${failures}${db} holds a part of it`;
  if (!dryRun && !report.published)
    return `${failures}${db} is as it was${otherWay(report, asked)}`;
  if (isUpdate(report)) return failing + updateOutcome(report, { db, dataset, isDryRun: dryRun });
  return dryRun
    ? `${failing}a load would bring ${rows} into ${db}${skipped}; nothing was written`
    : `${failing}loaded ${rows} into ${db}${skipped}`;
}
