/** The result of a load, for people. */
import { formatCount, formatRate, formatSeconds, plural } from '../format.js';
import { summarizeBadRows } from '../load/badrows.js';
import type { LoadReport, StepName, StepTime, TableTime } from '../types.js';
import { STEP_TITLES } from './progress.js';
import { fitTable, type TableRow } from './table.js';

/** What was asked for, as far as the words about it depend on that. */
interface Asked {
  db: string;
  dryRun?: boolean;
  fresh?: boolean;
  onError?: 'continue' | 'abort';
}

/** Steps that every load waits for have a line of their own, others where they took so many seconds. */
const SHOWN: readonly string[] = ['commit', 'checkpoint'];
const LONG = 1;

/** A line for steps that say where the time went, and one for all the others. */
function stepLines(times: LoadReport['stepTimes']): string[][] {
  const steps = Object.entries(times) as [StepName, StepTime][];
  const isShown = ([name, { seconds }]: [StepName, StepTime]): boolean =>
    SHOWN.includes(name) || seconds >= LONG;
  const others = steps.filter((step) => !isShown(step));
  const rest = others.reduce((sum, [, { seconds }]) => sum + seconds, 0);
  return [
    ...steps
      .filter(isShown)
      .map(([name, { seconds }]) => [STEP_TITLES[name], '', formatSeconds(seconds)]),
    ...(others.length > 0 ? [['other steps', '', formatSeconds(rest)]] : []),
  ];
}

/**
 * A line a table, and how long the rest of it took.
 *
 * @param width - Of the window that the table is to fit.
 */
export function loadTable(report: LoadReport, asked: Asked, width?: number): string[] {
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
  const steps = asked.dryRun ? [] : stepLines(report.stepTimes);
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
function describeFailures({ errors, warnings, nodeTimes, edgeTimes }: LoadReport): string {
  if (errors.length === 0) return '';
  const failed = new Set(errors.flatMap(({ table }) => table ?? []));
  if (failed.size === 0) return 'the load failed; ';
  const all = new Set([...Object.keys(nodeTimes), ...Object.keys(edgeTimes), ...failed]);
  for (const { code, table } of warnings) if (code === 'FILE_MISSING') all.delete(table ?? '');
  return `${failed.size} of ${plural(all.size, 'table')} failed; `;
}

/** How a load ended, in one sentence. */
export function loadOutcome(report: LoadReport, { db, dryRun, fresh, onError }: Asked): string {
  const { totalNodes, totalEdges, totalSkipped } = report;
  const failures = describeFailures(report);
  const rows = `${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')}`;
  const skipped = totalSkipped > 0 ? `, ${plural(totalSkipped, 'bad row')} left out` : '';
  if (dryRun) {
    const would = failures.replace('failed', 'would fail');
    return `${would}a load would bring ${rows} into ${db}${skipped}; nothing was written`;
  }
  if (!report.published) {
    const way = fresh && onError === undefined ? ' (--on-error continue takes what did load)' : '';
    return `${failures}${db} is as it was${way}`;
  }
  return `${failures}loaded ${rows} into ${db}${skipped}`;
}
