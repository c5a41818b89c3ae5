/** Reports as GitHub-flavoured Markdown, for the summary of a CI job. */
import { formatCount, formatRate, formatSeconds, plural } from '../format.js';
import { summarizeBadRows } from '../load/badrows.js';
import { describeProblem } from '../log.js';
import {
  CHANGE_KINDS,
  changeTitles,
  formatProperties,
  isUpdate,
  touchedTables,
  type UpdateReport,
} from '../model/changes.js';
import type {
  DatabaseStats,
  DegreeStats,
  LoadReport,
  Problem,
  TableTime,
  VerifyReport,
} from '../types.js';
import { loadOutcome } from './loadtable.js';
import { describeDatabase, describeDifferences, type Sides } from './statstable.js';
import { updateRows } from './updatetable.js';

/** The first row is the head; the first column stands to the left, the others to the right. */
export function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const [head = [], ...body] = rows;
  const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    lineOf(head.map(escapeMarkdown)),
    lineOf(head.map((_cell, i) => (i === 0 ? '---' : '---:'))),
    ...body.map((row) => lineOf(head.map((_cell, i) => escapeMarkdown(row[i] ?? '')))),
  ];
}

/** Names come from data that nobody vetted: nothing of them is markup. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\|`*[\]~$>]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
}

export function loadMarkdown(
  report: LoadReport,
  asked: Parameters<typeof loadOutcome>[1],
): string[] {
  if (isUpdate(report)) return updateMarkdown(report, asked);
  const { nodeTimes, edgeTimes, totalNodes, totalEdges, totalTime, errors, warnings } = report;
  const failed = new Set(errors.map(({ table }) => table));
  const hasSkipped = report.totalSkipped > 0;
  const lineOf = ([table, { seconds, rows }]: [string, TableTime]): string[] => [
    table,
    formatCount(rows),
    failed.has(table) ? 'failed' : formatSeconds(seconds),
    failed.has(table) ? '' : formatRate(rows, seconds),
    ...(hasSkipped ? [skippedOf(report, table)] : []),
  ];
  const rows = totalNodes + totalEdges;
  return [
    `### ${mark(errors)} ${escapeMarkdown(loadOutcome(report, asked))}`,
    ...problemsMarkdown(errors, warnings),
    '',
    ...markdownTable([
      ['table', 'rows', 'seconds', 'rows/s', ...(hasSkipped ? ['skipped'] : [])],
      ...Object.entries(nodeTimes).map(lineOf),
      ...Object.entries(edgeTimes).map(lineOf),
      ['total', formatCount(rows), formatSeconds(totalTime), formatRate(rows, totalTime)],
    ]),
    '',
  ];
}

function updateMarkdown(report: UpdateReport, asked: Parameters<typeof loadOutcome>[1]): string[] {
  const { errors, warnings } = report;
  const isDryRun = asked.dryRun ?? false;
  // Without what it took besides the tables.
  const rows = updateRows({ ...report, stepTimes: {} }, isDryRun).filter((row) => row !== null);
  const examples = isDryRun ? exampleItems(report) : [];
  return [
    `### ${mark(errors)} ${escapeMarkdown(loadOutcome(report, asked))}`,
    ...problemsMarkdown(errors, warnings),
    '',
    ...markdownTable(rows),
    ...(examples.length > 0 ? ['', ...examples] : []),
    '',
  ];
}

/** The first few keys of what would be done, an item a table and kind. */
function exampleItems(report: UpdateReport): string[] {
  return touchedTables(report).flatMap(([table, { examples, properties, ...changes }]) =>
    CHANGE_KINDS.filter((kind) => changes[kind] > 0).map((kind) => {
      const keys = examples?.[kind] ?? [];
      const more = keys.length > 0 && changes[kind] > keys.length ? ', …' : '';
      const what = kind === 'updated' && properties ? ` (${formatProperties(properties)})` : '';
      const list = keys.length > 0 ? `: ${keys.join(', ')}${more}` : '';
      const count = formatCount(changes[kind]);
      return `- ${escapeMarkdown(table)}, ${count} ${changeTitles(false)[kind]}${escapeMarkdown(what + list)}`;
    }),
  );
}

function skippedOf({ badRows }: LoadReport, table: string): string {
  return summarizeBadRows(badRows.filter((bad) => bad.table === table));
}

export function statsMarkdown(stats: DatabaseStats): string[] {
  const { totalNodes, totalEdges, nodes, edges, degrees, database } = stats;
  const { path } = database;
  const lineOf = ([table, rows]: [string, number]): string[] => [table, formatCount(rows)];
  return [
    `### ${escapeMarkdown(path)}: ${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')}`,
    '',
    describeDatabase(database),
    '',
    ...markdownTable([
      ['table', 'rows'],
      ...Object.entries(nodes).map(lineOf),
      ['nodes', formatCount(totalNodes)],
      ...Object.entries(edges).map(lineOf),
      ['edges', formatCount(totalEdges)],
    ]),
    '',
    ...(degrees ? [...degreesMarkdown(degrees), ''] : []),
  ];
}

function degreesMarkdown(degrees: NonNullable<DatabaseStats['degrees']>): string[] {
  const cellsOf = ({ mean, max, isolated }: DegreeStats): string[] => [
    mean.toFixed(2),
    formatCount(max),
    formatCount(isolated),
  ];
  return markdownTable([
    ['edges a node', 'out: mean', 'out: max', 'out: none', 'in: mean', 'in: max', 'in: none'],
    ...Object.entries(degrees).map(([table, stats]) => [
      table,
      ...cellsOf(stats.out),
      ...cellsOf(stats.in),
    ]),
  ]);
}

export function verificationMarkdown(report: VerifyReport, sides: Sides): string[] {
  const differences = describeDifferences(report, sides);
  const outcome = differences.pop() ?? '';
  return [
    `### ${report.identical ? '✅' : '❌'} ${escapeMarkdown(outcome)}`,
    ...problemsMarkdown(report.errors, report.warnings),
    ...(differences.length > 0
      ? ['', ...differences.map((line) => `- ${escapeMarkdown(line)}`)]
      : []),
    '',
    ...markdownTable([
      ['table', 'dataset', 'database', ''],
      ...report.tables.map(({ table, rows, identical }) => [
        table,
        formatCount(rows.dataset),
        formatCount(rows.database),
        identical ? 'identical' : 'DIFFERENT',
      ]),
    ]),
    '',
  ];
}

/** Of a command that was refused. */
export function refusalMarkdown(command: string, error: Problem): string[] {
  return [`### ❌ kgload ${command} was refused`, ...problemsMarkdown([error], []), ''];
}

function mark(errors: readonly Problem[]): string {
  return errors.length === 0 ? '✅' : '❌';
}

function problemsMarkdown(errors: readonly Problem[], warnings: readonly Problem[]): string[] {
  const listOf = (kind: string, problems: readonly Problem[]): string[] =>
    problems.map((problem) => `- **${kind}**: ${escapeMarkdown(describeProblem(problem))}`);
  const lines = [...listOf('error', errors), ...listOf('warning', warnings)];
  return lines.length > 0 ? ['', ...lines] : [];
}
