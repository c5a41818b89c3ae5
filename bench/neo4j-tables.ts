/** The code graph's tables as each way of Neo4j's own fills them: its statements and its CSV files. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { identifier } from '../src/cypher/text.js';
import { codeGraph } from '../src/model/codegraph.js';
import type { Property } from '../src/types.js';
import type { DuckDbConnection } from './packages.js';
import { columnOf } from './statements.js';

export interface Neo4jTable {
  name: string;
  /** The Parquet file. */
  path: string;
  /** Of that file, in the order of the CSV file. */
  columns: string[];
  /** Of a node's key. */
  constraint?: string;
  /** Creates the rows of the list `$rows`. */
  unwind: string;
  /** LOAD CSV in transactions, of a file in the server's import directory. */
  loadCsv: string;
  /** For neo4j-admin: the header, and the option for the header's and the data's file. */
  header: string;
  importOption: string;
  /** How many there are. */
  count: string;
}

/** As Neo4j's manual has it, and the batches of the Python driver too. */
export const BATCH = 10_000;

const CSV_TYPES: Record<string, string> = { INT64: 'long', BOOLEAN: 'boolean', STRING: 'string' };
const CASTS: Record<string, string> = { INT64: 'toInteger', BOOLEAN: 'toBoolean', STRING: '' };

/** The tables that have a file, nodes first. */
export function neo4jTables(dataset: string): Neo4jTable[] {
  const keyOf = new Map(codeGraph.nodes.map(({ name, primaryKey }) => [name, primaryKey]));
  const nodes = codeGraph.nodes.map(({ name, file, primaryKey, properties }): Neo4jTable => {
    const create = (values: string): string => `CREATE (:${name} {${values}})`;
    const header = properties.map((property) =>
      property.name === primaryKey
        ? `${property.name}:ID(${name})`
        : `${property.name}:${CSV_TYPES[property.type] ?? ''}`,
    );
    return {
      name,
      path: join(dataset, 'nodes', `${file}.parquet`),
      columns: properties.map(columnOf),
      constraint: `CREATE CONSTRAINT IF NOT EXISTS FOR (n:${name}) REQUIRE n.${primaryKey} IS UNIQUE`,
      unwind: `UNWIND $rows AS row ${create(ofRow(properties))}`,
      loadCsv: loadCsv(name, create(ofFields(properties, 0))),
      header: header.join(','),
      importOption: `--nodes=${name}=`,
      count: `MATCH (n:${name}) RETURN count(n) AS n`,
    };
  });
  const edges = codeGraph.edges.map(({ name, file, from, to, properties }): Neo4jTable => {
    const create = (values: string, a: string, b: string): string =>
      `MATCH (a:${from} {${keyOf.get(from) ?? ''}: ${a}}) MATCH (b:${to} {${keyOf.get(to) ?? ''}: ${b}}) CREATE (a)-[:${name} {${values}}]->(b)`;
    const header = properties.map(
      (property) => `${property.name}:${CSV_TYPES[property.type] ?? ''}`,
    );
    return {
      name,
      path: join(dataset, 'edges', `${file}.parquet`),
      columns: ['from', 'to', ...properties.map(columnOf)],
      unwind: `UNWIND $rows AS row ${create(ofRow(properties), 'row.from', 'row.to')}`,
      loadCsv: loadCsv(name, create(ofFields(properties, 2), 'row[0]', 'row[1]')),
      header: [`:START_ID(${from})`, `:END_ID(${to})`, ...header].join(','),
      importOption: `--relationships=${name}=`,
      count: `MATCH ()-[r:${name}]->() RETURN count(r) AS n`,
    };
  });
  return [...nodes, ...edges].filter(({ path }) => existsSync(path));
}

/** The CSV file of a table; it has no header. */
export function csvOf(name: string): string {
  return `${name}.csv`;
}

/** Writes it, and says how many rows it has. */
export async function writeCsv(
  connection: DuckDbConnection,
  { name, path, columns }: Neo4jTable,
  directory: string,
): Promise<number> {
  const source = `read_parquet('${path.replaceAll("'", "''")}')`;
  const list = columns.map((column) => `"${column}"`).join(', ');
  await connection.run(
    `COPY (SELECT ${list} FROM ${source}) TO '${join(directory, csvOf(name))}' (FORMAT csv, HEADER false)`,
  );
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`);
  return Number(counted.getRowsJson()[0]?.[0]);
}

function loadCsv(name: string, create: string): string {
  return `LOAD CSV FROM 'file:///${csvOf(name)}' AS row CALL (row) { ${create} } IN TRANSACTIONS OF ${BATCH} ROWS`;
}

function ofRow(properties: readonly Property[]): string {
  return properties
    .map((property) => `${identifier(property.name)}: row.${identifier(columnOf(property))}`)
    .join(', ');
}

function ofFields(properties: readonly Property[], first: number): string {
  return properties
    .map(
      ({ name, type }, i) => `${identifier(name)}: ${CASTS[type] ?? ''}(row[${String(first + i)}])`,
    )
    .join(', ');
}
