import type { Command } from 'commander';
import { statsSteps } from '../database/stats.js';
import { drive } from '../engine/drive.js';
import { formatBytes, formatCount, formatTable, listNames } from '../format.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printProblem,
} from '../terminal/output.js';
import type {
  DatabaseStats,
  DegreeStats,
  SurplusRows,
  TableVerification,
  VerifyReport,
} from '../types.js';
import { type MemoryFlag, memoryOption } from './arguments.js';

interface Flags extends OutputFlags, MemoryFlag {
  db: string;
  degrees?: boolean;
  verify?: string;
}

export function define(command: Command): void {
  command
    .requiredOption('--db <path>', 'database file; it is opened read-only')
    .option('--degrees', 'also how many edges of each table the nodes have')
    .option('--verify <dataset>', 'compare every row with a dataset; exit code 1 if they differ')
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Examples:
  kgload stats --db graph.db
  kgload stats --db graph.db --verify ./parquet
  kgload stats --db graph.db --json | jq .nodes.Function`,
    );
}

export async function run(_args: string[], flags: Flags, io: Io): Promise<number> {
  if (flags.verify !== undefined) return await verify(flags.verify, flags, io);
  const stats = await drive(statsSteps(flags.db, { degrees: flags.degrees ?? false }));
  if (flags.json) printJson(io, toJson(stats));
  else printLines(io, toTable(stats));
  return 0;
}

function toJson({
  totalNodes,
  totalEdges,
  nodes,
  edges,
  degrees,
  database,
}: DatabaseStats): unknown {
  const { path, engine, version, storageVersion, bytes } = database;
  return {
    total_nodes: totalNodes,
    total_edges: totalEdges,
    nodes,
    edges,
    ...(degrees && { degrees }),
    database: { path, engine, version, storage_version: storageVersion, bytes },
  };
}

function toTable(stats: DatabaseStats): string[] {
  const { totalNodes, totalEdges, nodes, edges, degrees, database } = stats;
  const { path, engine, version, storageVersion, bytes } = database;
  const lineOf = ([table, rows]: [string, number]): string[] => [table, formatCount(rows)];
  const lines = formatTable([
    ['table', 'rows'],
    null,
    ...Object.entries(nodes).map(lineOf),
    ['nodes', formatCount(totalNodes)],
    null,
    ...Object.entries(edges).map(lineOf),
    ['edges', formatCount(totalEdges)],
  ]);
  return [
    `${path}: ${engine} ${version}, storage version ${storageVersion}, ${formatBytes(bytes)}`,
    '',
    ...lines,
    ...(degrees ? ['', ...degreeTable(degrees)] : []),
  ];
}

function degreeTable(degrees: NonNullable<DatabaseStats['degrees']>): string[] {
  const cellsOf = ({ mean, max, isolated }: DegreeStats): string[] => [
    mean.toFixed(2),
    formatCount(max),
    formatCount(isolated),
  ];
  return formatTable([
    ['edges a node', 'out: mean', 'max', 'isolated', 'in: mean', 'max', 'isolated'],
    null,
    ...Object.entries(degrees).map(([table, stats]) => [
      table,
      ...cellsOf(stats.out),
      ...cellsOf(stats.in),
    ]),
  ]);
}

async function verify(dataset: string, flags: Flags, io: Io): Promise<number> {
  const { runTask } = await import('../process/isolation.js');
  const { db: database, memory, schema } = flags;
  const report = await runTask({ kind: 'verify', database, dataset, memory, schema } as const);
  for (const error of report.errors) printProblem(io, 'error', error);
  if (!flags.quiet) {
    for (const warning of report.warnings) printProblem(io, 'warning', warning);
  }
  if (flags.json) printJson(io, verificationJson(report, flags));
  else if (!flags.quiet) printLines(io, verificationTable(report, flags));
  return report.identical ? 0 : 1;
}

function verificationJson(
  { identical, tables, errors, warnings }: VerifyReport,
  flags: Flags,
): unknown {
  return {
    database: flags.db,
    dataset: flags.verify,
    identical,
    tables: tables.map((table) => ({
      table: table.table,
      kind: table.kind,
      identical: table.identical,
      rows: table.rows,
      properties: table.properties,
      only_in_dataset: table.onlyInDataset,
      only_in_database: table.onlyInDatabase,
    })),
    errors,
    warnings,
  };
}

function verificationTable({ identical, tables }: VerifyReport, flags: Flags): string[] {
  const lines = formatTable([
    ['table', 'dataset', 'database', ''],
    null,
    ...tables.map((table) => [
      table.table,
      formatCount(table.rows.dataset),
      formatCount(table.rows.database),
      table.identical ? 'identical' : 'DIFFERENT',
    ]),
  ]);
  const differences = tables.filter((table) => !table.identical).flatMap(describeDifference);
  const what = `${flags.db} and ${flags.verify ?? ''}`;
  return [...lines, '', ...differences, identical ? `${what} hold the same` : `${what} differ`];
}

function describeDifference(table: TableVerification): string[] {
  const { properties, onlyInDataset, onlyInDatabase, errors } = table;
  if (errors.length > 0) return [`${table.table}: not compared`];
  return [
    ...(properties.length > 0 ? [`values differ: ${listNames(properties)}`] : []),
    ...describeSurplus('the dataset', onlyInDataset),
    ...describeSurplus('the database', onlyInDatabase),
  ].map((line) => `${table.table}: ${line}`);
}

function describeSurplus(side: string, { rows, examples }: SurplusRows): string[] {
  if (rows === 0) return [];
  const more = rows > examples.length && examples.length > 0 ? ', …' : '';
  const list = examples.length > 0 ? `: ${examples.join(', ')}${more}` : '';
  return [`only in ${side}: ${formatCount(rows)}${list}`];
}
