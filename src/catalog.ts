/** What tables a database has. */
import { identifier, literal } from './cypher.js';
import type { Steps } from './steps.js';
import type { Connection, GraphSchema, NodeTable, Property, RelTable, TableKind } from './types.js';

export interface CatalogTable {
  name: string;
  kind: TableKind;
  properties: Property[];
  /** Of a node table. */
  primaryKey?: string;
  /** Of a rel table. */
  endpoints?: { from: string; to: string }[];
}

/** Table name → table, in the order of their creation. */
export type Catalog = ReadonlyMap<string, CatalogTable>;

/** Reads the tables, their columns and endpoints. */
export function* readCatalog(connection: Connection): Steps<Catalog> {
  const catalog = new Map<string, CatalogTable>();
  const tables = yield {
    connection,
    cypher: 'CALL show_tables() RETURN id, name, type ORDER BY id',
  };
  for (const { name, type } of tables as { name: string; type: string }[]) {
    if (type !== 'NODE' && type !== 'REL') continue;
    const columns = (yield {
      connection,
      cypher: `CALL table_info(${literal(name)}) RETURN *`,
    }) as { name: string; type: string; 'primary key'?: boolean }[];
    const table: CatalogTable = {
      name,
      kind: type === 'NODE' ? 'node' : 'edge',
      properties: columns.map((column) => ({ name: column.name, type: column.type })),
    };
    if (type === 'NODE') {
      const key = columns.find((column) => column['primary key'])?.name;
      if (key !== undefined) table.primaryKey = key;
    } else {
      const endpoints = (yield {
        connection,
        cypher: `CALL show_connection(${literal(name)}) RETURN *`,
      }) as { 'source table name': string; 'destination table name': string }[];
      table.endpoints = endpoints.map((row) => ({
        from: row['source table name'],
        to: row['destination table name'],
      }));
    }
    catalog.set(name, table);
  }
  return catalog;
}

/** Rows of a table. */
export function* countRows(
  connection: Connection,
  table: { name: string; kind: TableKind },
): Steps<number> {
  const label = identifier(table.name);
  const pattern = table.kind === 'node' ? `(t:${label})` : `()-[t:${label}]->()`;
  const rows = yield { connection, cypher: `MATCH ${pattern} RETURN count(*) AS n` };
  return Number(rows[0]?.['n'] ?? 0);
}

/** The tables of the schema that the database has with other columns, types or endpoints. */
export function schemaDifferences(
  schema: GraphSchema,
  catalog: Catalog,
): { table: string; differences: string[] }[] {
  return [...schema.nodes, ...schema.edges].flatMap((table) => {
    const found = catalog.get(table.name);
    const differences = found ? tableDifferences(table, found) : [];
    return differences.length > 0 ? [{ table: table.name, differences }] : [];
  });
}

function tableDifferences(wanted: NodeTable | RelTable, found: CatalogTable): string[] {
  const kind = 'from' in wanted ? 'edge' : 'node';
  if (found.kind !== kind) return [`is a table of ${found.kind}s, not of ${kind}s`];
  const differences: string[] = [];
  if ('primaryKey' in wanted && found.primaryKey !== wanted.primaryKey) {
    differences.push(`primary key is ${found.primaryKey ?? 'none'}, not ${wanted.primaryKey}`);
  }
  if ('from' in wanted) {
    const pairs = (found.endpoints ?? []).map(({ from, to }) => `${from} → ${to}`);
    const pair = `${wanted.from} → ${wanted.to}`;
    if (pairs.join() !== pair) differences.push(`connects ${pairs.join(', ')}, not ${pair}`);
  }
  const types = new Map(found.properties.map(({ name, type }) => [name, type]));
  for (const { name, type } of wanted.properties) {
    const foundType = types.get(name);
    if (foundType === undefined) differences.push(`has no property ${name}`);
    else if (canonicalType(foundType) !== canonicalType(type)) {
      differences.push(`${name} is ${foundType}, not ${type}`);
    }
    types.delete(name);
  }
  for (const [name, type] of types) differences.push(`has a property ${name} ${type} more`);
  return differences;
}

/** Kuzu's catalog says BOOL for what its DDL accepts as BOOLEAN too. */
function canonicalType(type: string): string {
  return type.toUpperCase().replace(/\bBOOLEAN\b/g, 'BOOL');
}
