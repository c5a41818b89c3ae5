/**
 * The code graph's tables as each engine creates and fills them. Nothing is planned: a dataset is
 * taken to have the columns that exporters write (`from`, `to`, the calls' line as `line_number`).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeGraph } from '../src/model/codegraph.js';
import { pathLiteral, identifier } from '../src/cypher/text.js';
import type { Property } from '../src/types.js';

export interface Table {
  kind: 'node' | 'edge';
  name: string;
  /** The Parquet file. */
  path: string;
  /** The file's columns: for edges the endpoints first. */
  columns: string[];
  create: string;
  /** COPY by name, as kgload does. */
  copy: string;
  /** COPY by position, as the original does. */
  plainCopy: string;
  /** CREATE of one row, with a parameter for every column. */
  createRow: string;
  /** In DuckDB's SQL. */
  duckCreate: string;
  duckInsert: string;
}

const DUCK_TYPES: Record<string, string> = { STRING: 'VARCHAR', INT64: 'BIGINT' };

/** The tables, nodes first, also those that have no file. */
export function allTables(dataset: string): Table[] {
  const keyOf = new Map(codeGraph.nodes.map(({ name, primaryKey }) => [name, primaryKey]));
  const nodes = codeGraph.nodes.map(({ name, file, primaryKey, properties }): Table => {
    const path = join(dataset, 'nodes', `${file}.parquet`);
    const columns = properties.map((property) => property.name);
    const definitions = properties.map(({ name, type }) => `${identifier(name)} ${type}`);
    return {
      kind: 'node',
      create: `CREATE NODE TABLE ${name}(${definitions.join(', ')}, PRIMARY KEY(${primaryKey}))`,
      createRow: `CREATE (:${name} {${assignments(properties)}})`,
      duckCreate: `CREATE TABLE ${name}(${duckColumns(properties).join(', ')}, PRIMARY KEY(${primaryKey}))`,
      ...sources(name, path, columns, columns),
    };
  });
  const edges = codeGraph.edges.map(({ name, file, from, to, properties }): Table => {
    const path = join(dataset, 'edges', `${file}.parquet`);
    const columns = ['from', 'to', ...properties.map(columnOf)];
    const definitions = properties.map(({ name, type }) => `, ${identifier(name)} ${type}`);
    const set = properties.length > 0 ? ` {${assignments(properties)}}` : '';
    const endpoint = (table: string, column: string): string =>
      `${table} {${keyOf.get(table) ?? ''}: $${column}}`;
    return {
      kind: 'edge',
      create: `CREATE REL TABLE ${name}(FROM ${from} TO ${to}${definitions.join('')})`,
      createRow: `MATCH (a:${endpoint(from, 'from')}), (b:${endpoint(to, 'to')}) CREATE (a)-[:${name}${set}]->(b)`,
      duckCreate: `CREATE TABLE "${name}"("from" VARCHAR, "to" VARCHAR${duckColumns(properties)
        .map((column) => `, ${column}`)
        .join('')})`,
      ...sources(
        name,
        path,
        columns,
        properties.map((property) => property.name),
      ),
    };
  });
  return [...nodes, ...edges];
}

/** The tables that have a file. */
export function tables(dataset: string): Table[] {
  return allTables(dataset).filter(({ path }) => existsSync(path));
}

/** What fills a table: the columns of the file into the properties of the table. */
function sources(name: string, path: string, columns: string[], properties: string[]) {
  const list = (names: string[]): string => names.map(identifier).join(', ');
  const quoted = columns.map((column) => `"${column}"`).join(', ');
  return {
    name,
    path,
    columns,
    copy: `COPY ${name}(${list(properties)}) FROM (LOAD FROM ${pathLiteral(path)} RETURN ${list(columns)})`,
    plainCopy: `COPY ${name} FROM ${pathLiteral(path)}`,
    duckInsert: `INSERT INTO "${name}" SELECT ${quoted} FROM read_parquet('${path.replaceAll("'", "''")}')`,
  };
}

function assignments(properties: readonly Property[]): string {
  return properties
    .map((property) => `${identifier(property.name)}: $${columnOf(property)}`)
    .join(', ');
}

function duckColumns(properties: readonly Property[]): string[] {
  return properties.map(({ name, type }) => `"${name}" ${DUCK_TYPES[type] ?? type}`);
}

/** Exporters call the calls' `call_line` `line_number`. */
export function columnOf({ name, aliases = [] }: Property): string {
  return aliases[0] ?? name;
}
