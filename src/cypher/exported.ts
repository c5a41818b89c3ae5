/** The tables of a database as Parquet files: which queries write them. */
import { KgloadError } from '../errors.js';
import { pairFileNames } from '../model/names.js';
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import type { Endpoints, GraphSchema, NodeTable, Property, RelTable, TableKind } from '../types.js';
import { edgesOf, isWrittenAsText, nodesOf, writable } from './rows.js';
import { identifier } from './text.js';
/** One file that is to be written. */
export interface ExportedFile {
  table: string;
  kind: TableKind;
  /** Under the dataset. */
  name: string;
  /** The query whose rows it holds. */
  query: string;
  /** Queries that fail on values that could not be read back. */
  checks: { what: string; cypher: string }[];
}

export function planExport(schema: GraphSchema): ExportedFile[] {
  return [
    ...schema.nodes.map(planNodes),
    ...schema.edges.flatMap((table) =>
      pairsOf(table).map((pair) => planEdges(table, pair, schema)),
    ),
  ];
}

function planNodes({ name, file, properties }: NodeTable): ExportedFile {
  const pattern = `MATCH ${nodesOf(name, 'n')}`;
  const columns = properties.map((property) => column(name, 'n', property, property.name));
  return {
    table: name,
    kind: 'node',
    name: `nodes/${file}.parquet`,
    query: `${pattern} RETURN ${columns.join(', ')}`,
    checks: checksOf(name, pattern, 'n', properties),
  };
}

function planEdges(table: RelTable, pair: Endpoints, schema: GraphSchema): ExportedFile {
  const { name, properties } = table;
  const pattern = `MATCH ${edgesOf(name, pair, 'r')}`;
  const columns = [
    `${writable('a', primaryKeyOf(schema, pair.from))} AS ${identifier('from')}`,
    `${writable('b', primaryKeyOf(schema, pair.to))} AS ${identifier('to')}`,
    ...properties.map((property) => {
      // The endpoints have these names; the plan of a load finds the property under the other.
      const isTaken = ['from', 'to'].includes(property.name.toLowerCase());
      return column(name, 'r', property, isTaken ? `r.${property.name}` : property.name);
    }),
  ];
  const stem = table.pairs ? (pairFileNames(table, pair)[0] ?? name) : table.file;
  return {
    table: name,
    kind: 'edge',
    name: `edges/${stem}.parquet`,
    query: `${pattern} RETURN ${columns.join(', ')}`,
    checks: checksOf(name, pattern, 'r', properties),
  };
}

function column(table: string, variable: string, property: Property, name: string): string {
  if (isUnwritable(property.type)) {
    throw unexportable(
      `${table}.${property.name} is ${property.type}, which the engine writes into no Parquet file`,
    );
  }
  return `${writable(variable, property)} AS ${identifier(name)}`;
}

function isUnwritable(type: string): boolean {
  return !isWrittenAsText(type) && /\b(INT128|INTERVAL|DECIMAL|JSON)\b/i.test(type);
}

/** Kuzu does not read every INTERVAL that it prints: not the negative ones. */
function checksOf(
  table: string,
  pattern: string,
  variable: string,
  properties: readonly Property[],
): ExportedFile['checks'] {
  return properties
    .filter(({ type }) => type === 'INTERVAL')
    .map((property) => ({
      what: `${table}.${property.name}`,
      cypher: `${pattern} RETURN count(CAST(${writable(variable, property)} AS INTERVAL))`,
    }));
}

export function unexportable(message: string): KgloadError {
  return new KgloadError({
    code: 'COLUMN_TYPE',
    message,
    hint: 'drop the property, or change its type',
  });
}
