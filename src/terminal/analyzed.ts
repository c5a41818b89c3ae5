/** What an analysis found, for people. */
import type { AnalyzeReport, Resolution } from '../analyze/report.js';
import { formatCount, formatSeconds, listNames, plural } from '../format.js';
import type { StepName } from '../types.js';
import { type Io, type OutputFlags, printLog } from './output.js';
import { summarizeProblems } from './problems.js';
import { STEP_TITLES } from './progress.js';
import { fitTable, type TableRow } from './table.js';

/** Files by language, rows by table, and what became of names. */
export function analyzedTables(report: AnalyzeReport, width?: number): string[] {
  return inOne([languageTable(report), rowTable(report), nameTable(report)], width);
}

/** The same without the rows, which a load tells. */
export function foundTables(report: AnalyzeReport, width?: number): string[] {
  return inOne([languageTable(report), nameTable(report)], width);
}

function inOne(tables: readonly TableRow[][], width: number | undefined): string[] {
  return tables.flatMap((rows, i) => [...(i > 0 ? [''] : []), ...fitTable(rows, width, [4, 3])]);
}

function languageTable({ languages }: AnalyzeReport): TableRow[] {
  const list = Object.entries(languages);
  const line = (name: string, counts: readonly number[]): string[] => [
    name,
    ...counts.map(formatCount),
  ];
  const countsOf = ([, count]: (typeof list)[number]): number[] => [
    count.files,
    count.lines,
    count.cached,
    count.filesOnly,
  ];
  const total = list.map(countsOf).reduce((sum, counts) => sum.map((n, i) => n + (counts[i] ?? 0)));
  return [
    ['language', 'files', 'lines', 'unchanged', 'not parsed'],
    null,
    ...list.map((entry) => line(entry[0], countsOf(entry))),
    ...(list.length > 1 ? [null, line('total', total)] : []),
  ];
}

function rowTable(report: AnalyzeReport): TableRow[] {
  const { nodeRows, edgeRows, totalNodes, totalEdges, stepTimes, totalTime } = report;
  const line = ([table, rows]: [string, number]): string[] => [table, formatCount(rows)];
  const steps = Object.entries(stepTimes) as [StepName, { seconds: number }][];
  return [
    ['table', 'rows', 'seconds'],
    null,
    ...Object.entries(nodeRows).map(line),
    ['nodes', formatCount(totalNodes)],
    null,
    ...Object.entries(edgeRows).map(line),
    ['edges', formatCount(totalEdges)],
    null,
    ...steps.map(([name, { seconds }]) => [STEP_TITLES[name], '', formatSeconds(seconds)]),
    ['total', formatCount(totalNodes + totalEdges), formatSeconds(totalTime)],
  ];
}

function nameTable({ calls, bases }: AnalyzeReport): TableRow[] {
  const share = (count: number, { sites }: Resolution): string =>
    sites === 0 ? '' : `${((100 * count) / sites).toFixed(1)} %`;
  const lines = (what: string, names: Resolution): string[][] => {
    const list = [...Object.entries(names.resolved), ...Object.entries(names.unresolved)];
    return list
      .filter(([, count]) => count > 0)
      .map(([how, count]) => [
        `${what}: ${MEANINGS[how] ?? how}`,
        formatCount(count),
        share(count, names),
      ]);
  };
  return [
    ['names', 'sites', 'share'],
    null,
    ...lines('calls', calls),
    ['calls', formatCount(calls.sites), ''],
    null,
    ...lines('bases', bases),
    ['bases', formatCount(bases.sites), ''],
  ];
}

/** What people read for a rule, or for a reason. */
const MEANINGS: Record<string, string> = {
  local: 'in the same function',
  module: 'in the same module',
  import: 'by an import',
  self: 'by the object itself',
  super: 'by the base class',
  class: 'by the class',
  type: 'by a written type',
  constructed: 'by what was constructed',
  returned: 'by what was returned',
  constructor: 'a constructor',
  base: 'in the project',
  external: 'outside the project',
  ambiguous: 'ambiguous',
  unknown: 'unknown',
  outside: 'in no function',
};

/** Notes to stderr; of one kind many are one line, but for who wants to know. */
export function printNotes(
  io: Io,
  { notes, syntaxErrors, others }: AnalyzeReport,
  { verbose = false }: OutputFlags,
): void {
  // What went wrong is told as an error.
  const told = notes.filter(({ code }) => code !== 'UNREADABLE' && code !== 'PARSER');
  const list = [
    // A note on several files names them itself.
    ...told.map(({ code, file, message, count }) =>
      count === undefined ? { code, file, message: `${file}: ${message}` } : { code, message },
    ),
    ...syntaxErrors.map(({ file, count, line }) => {
      const message = `${file}: ${plural(count, 'syntax error')}, the first on line ${line}; what the parser understood is in the graph`;
      return { code: 'SYNTAX', file, message };
    }),
  ];
  const lines = verbose ? list.map(({ message }) => message) : summarizeProblems(list);
  for (const line of lines) printLog(io, line);
  const ends = Object.entries(others).sort(([, a], [, b]) => b - a);
  if (ends.length === 0) return;
  const count = ends.reduce((sum, [, files]) => sum + files, 0);
  const shown = verbose ? ends : ends.slice(0, 5);
  const names = shown.map(([end, files]) => `${formatCount(files)} ${end || 'without an ending'}`);
  const more = ends.length > shown.length ? ', …' : '';
  printLog(io, `${plural(count, 'file')} of no language that is known: ${listNames(names)}${more}`);
}
