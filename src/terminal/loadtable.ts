/** The result of a load, for people. */
import { formatCount, formatRate, formatSeconds, formatTable, plural } from '../format.js';
import { summarizeBadRows } from '../load/badrows.js';
import type { LoadReport, TableTime } from '../types.js';

/** What was asked for, as far as the words about it depend on that. */
interface Asked {
  db: string;
  dryRun?: boolean;
  fresh?: boolean;
  onError?: 'continue' | 'abort';
}

/** A line a table, and how the load ended. */
export function loadTable(report: LoadReport, asked: Asked): string[] {
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
  const lines = formatTable([
    ['table', 'rows', 'seconds', 'rows/s', ...(report.totalSkipped > 0 ? ['skipped'] : [])],
    null,
    ...Object.entries(nodeTimes).map(lineOf),
    totalOf('nodes', nodeTimes),
    null,
    ...Object.entries(edgeTimes).map(lineOf),
    totalOf('edges', edgeTimes),
    null,
    ['total', formatCount(rows), formatSeconds(totalTime), formatRate(rows, totalTime)],
  ]);
  return [...lines, '', loadOutcome(report, asked)];
}

/** How a load ended, in one sentence. */
export function loadOutcome(report: LoadReport, { db, dryRun, fresh, onError }: Asked): string {
  const { totalNodes, totalEdges, totalSkipped } = report;
  const rows = `${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')}`;
  const skipped = totalSkipped > 0 ? `, ${plural(totalSkipped, 'bad row')} left out` : '';
  if (dryRun) return `a load would bring ${rows} into ${db}${skipped}; nothing was written`;
  if (!report.published) {
    const way = fresh && onError === undefined ? ' (--on-error continue takes what did load)' : '';
    return `${db} is as it was: nothing of the load stays${way}`;
  }
  return `loaded ${rows} into ${db}${skipped}`;
}
