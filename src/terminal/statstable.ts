/** What a database holds, and how it compares with a dataset, for people. */
import { formatBytes, formatCount, formatTable, listNames } from '../format.js';
import type {
  DatabaseStats,
  DegreeStats,
  SurplusRows,
  TableVerification,
  VerifyReport,
} from '../types.js';

export function statsTable(stats: DatabaseStats): string[] {
  const { totalNodes, totalEdges, nodes, edges, degrees, database } = stats;
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
    `${database.path}: ${describeDatabase(database)}`,
    '',
    ...lines,
    ...(degrees ? ['', ...degreeTable(degrees)] : []),
  ];
}

/** `kuzu 0.11.3, storage version 39, 1.2 MB`; a server says its name and version alone. */
export function describeDatabase({
  engine,
  version,
  storageVersion,
  bytes,
}: DatabaseStats['database']): string {
  return [
    `${engine} ${version}`,
    ...(storageVersion === undefined ? [] : [`storage version ${storageVersion}`]),
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
  ].join(', ');
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

/** What is compared. */
export interface Sides {
  database: string;
  dataset: string;
}

export function verificationTable(report: VerifyReport, sides: Sides): string[] {
  const lines = formatTable([
    ['table', 'dataset', 'database', ''],
    null,
    ...report.tables.map((table) => [
      table.table,
      formatCount(table.rows.dataset),
      formatCount(table.rows.database),
      table.identical ? 'identical' : 'DIFFERENT',
    ]),
  ]);
  return [...lines, '', ...describeDifferences(report, sides)];
}

/** A line a difference, and what it comes to. */
export function describeDifferences(
  { identical, tables, warnings }: VerifyReport,
  { database, dataset }: Sides,
): string[] {
  const differences = tables.filter((table) => !table.identical).flatMap(describeDifference);
  const what = `${database} and ${dataset}`;
  const hasMore = warnings.some(({ code }) => code === 'NOT_COMPARED');
  const same = hasMore
    ? `${database} holds what ${dataset} holds, and more`
    : `${what} hold the same`;
  return [...differences, identical ? same : `${what} differ`];
}

export function describeDifference(table: TableVerification): string[] {
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
