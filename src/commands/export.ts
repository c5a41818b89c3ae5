import type { Command } from 'commander';
import type { ExportReport } from '../export.js';
import { formatCount, formatRate, formatSeconds, plural } from '../format.js';
import { exportDocument } from '../terminal/documents.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printTable,
} from '../terminal/output.js';
import type { TableRow } from '../terminal/table.js';
import type { TableTime } from '../types.js';
import { type MemoryFlag, memoryOption, schemaOption } from './arguments.js';
import { serverAccess } from './serveraccess.js';

interface Flags extends OutputFlags, MemoryFlag {
  db: string;
}

export function define(command: Command): void {
  command
    .argument('<dataset>', 'the directory that is written')
    .optionsGroup('Database and schema:')
    .requiredOption('--db <path>', 'database file, opened read-only, or neo4j://host of a server')
    .addOption(schemaOption().default(undefined, "the built-in one's file names"))
    .optionsGroup('Resources:')
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Writes nodes/*.parquet, edges/*.parquet and schema.cypher (and index.cypher,
where there are indexes), from which kgload load makes the same database again.

Examples:
  # write a database as a dataset, and see that the two hold the same
  kgload export ./parquet --db graph.db
  kgload stats --db graph.db --verify ./parquet
  # a server's graph, with the exact types of a schema
  kgload export ./parquet --db neo4j://localhost:7687 --schema schema.cypher`,
    );
}

export async function run(
  [directory = '']: string[],
  flags: Flags,
  io: Io,
): Promise<{ code: number; done: string }> {
  const { showTask } = await import('./task.js');
  const { db: database, memory, schema } = flags;
  const server = serverAccess(database);
  const task = { kind: 'export', database, server, directory, memory, schema } as const;
  const report = await showTask(task, io, flags);
  if (flags.json) {
    printJson(io, exportDocument(report, { database, dataset: directory }));
  } else if (!flags.quiet) {
    printTable(io, toTable(report), [3]);
    printLines(io, ['', outcomeOf(report, directory)]);
  }
  return { code: 0, done: outcomeOf(report, directory) };
}

function toTable(report: ExportReport): TableRow[] {
  const { nodeTimes, edgeTimes, totalNodes, totalEdges, totalTime } = report;
  const lineOf = ([table, { seconds, rows }]: [string, TableTime]): string[] => [
    table,
    formatCount(rows),
    formatSeconds(seconds),
    formatRate(rows, seconds),
  ];
  const rows = totalNodes + totalEdges;
  return [
    ['table', 'rows', 'seconds', 'rows/s'],
    null,
    ...Object.entries(nodeTimes).map(lineOf),
    null,
    ...Object.entries(edgeTimes).map(lineOf),
    null,
    ['total', formatCount(rows), formatSeconds(totalTime), formatRate(rows, totalTime)],
  ];
}

function outcomeOf({ totalNodes, totalEdges }: ExportReport, directory: string): string {
  return `wrote ${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')} into ${directory}`;
}
