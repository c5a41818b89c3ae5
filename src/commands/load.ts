import { Option, type Command } from 'commander';
import { discardStaging } from '../staging.js';
import { drive } from '../steps.js';
import { formatCount, formatRate, formatSeconds, formatTable, plural } from '../format.js';
import { onInterrupt } from '../interrupt.js';
import { loadDatabase, refusedReport } from '../load.js';
import { createProgress, printJson, printLines, type Io, type OutputFlags } from '../output.js';
import type { LoadReport, Problem, TableTime } from '../types.js';

interface Flags extends OutputFlags {
  db: string;
  fresh?: boolean;
  append?: boolean;
  onError: 'continue' | 'abort';
}

export function define(command: Command): void {
  command
    .argument('<dataset>', 'directory with nodes/*.parquet and edges/*.parquet')
    .requiredOption('--db <path>', 'database file to load into; created where there is none')
    .addOption(
      new Option(
        '--fresh',
        'build a new database and put it in the place of the old one',
      ).conflicts('append'),
    )
    .option('--append', 'load into tables that hold rows already')
    .addOption(
      new Option('--on-error <what>', 'what to do when a table fails')
        .choices(['continue', 'abort'])
        .default('continue'),
    )
    .addHelpText(
      'after',
      `
Examples:
  kgload load ./parquet --db graph.db --fresh
  kgload load ./parquet --db graph.db --fresh --json | jq .total_nodes`,
    );
}

export async function run([dataset = '']: string[], flags: Flags, io: Io): Promise<number> {
  const progress = await createProgress(io, flags);
  let staging: string | undefined;
  const ignoreSignals = onInterrupt(() => {
    progress.stop();
    if (staging !== undefined) discardStaging(staging);
  });
  let report: LoadReport;
  try {
    report = await drive(
      loadDatabase(flags.db, dataset, {
        ...(flags.fresh && { fresh: true }),
        ...(flags.append && { append: true }),
        onError: flags.onError,
        onEvent: (event) => {
          if (event.type === 'staged') staging = event.directory;
          progress.show(event);
        },
      }),
    );
  } finally {
    progress.stop();
    ignoreSignals();
  }
  if (flags.json) printJson(io, toJson(report));
  else if (!flags.quiet) printLines(io, toTable(report, flags.db));
  return report.errors.length > 0 ? 1 : 0;
}

/** A refused load has the same JSON as any: zeros, and the error. */
export function refusal(error: Problem): unknown {
  return toJson(refusedReport(error));
}

function toJson(report: LoadReport): unknown {
  return {
    total_nodes: report.totalNodes,
    total_edges: report.totalEdges,
    total_time: report.totalTime,
    node_times: report.nodeTimes,
    edge_times: report.edgeTimes,
    errors: report.errors,
    warnings: report.warnings,
    published: report.published,
  };
}

function toTable(report: LoadReport, path: string): string[] {
  const failed = new Set(report.errors.map(({ table }) => table));
  const missing = new Set(
    report.warnings.filter(({ code }) => code === 'FILE_MISSING').map(({ table }) => table),
  );
  const lineOf = ([table, { seconds, rows }]: [string, TableTime]): string[] => {
    if (failed.has(table)) return [table, formatCount(rows), 'failed'];
    if (missing.has(table)) return [table, formatCount(rows), 'no file'];
    return [table, formatCount(rows), formatSeconds(seconds), formatRate(rows, seconds)];
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
    ['table', 'rows', 'seconds', 'rows/s'],
    ...Object.entries(nodeTimes).map(lineOf),
    totalOf('nodes', nodeTimes),
    ...Object.entries(edgeTimes).map(lineOf),
    totalOf('edges', edgeTimes),
    ['total', formatCount(rows), formatSeconds(totalTime), formatRate(rows, totalTime)],
  ]);
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)));
  const nodesEnd = 1 + Object.keys(nodeTimes).length;
  lines.splice(lines.length - 1, 0, rule);
  lines.splice(nodesEnd + 1, 0, rule);
  lines.splice(1, 0, rule);
  const outcome = report.published
    ? `loaded ${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')} into ${path}`
    : `${path} is as it was: the load was aborted`;
  return [...lines, '', outcome];
}
