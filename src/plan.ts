/**
 * What a load will do, as a plain value, computed before a byte is written: which tables to
 * create, which file fills which table by which statement, and every problem seen on the way.
 */
import { conversionOf } from './conversion.js';
import type { Catalog } from './catalog.js';
import { schemaDifferences } from './catalog.js';
import { copyFrom, createNodeTable, createRelTable, identifier, type Mapping } from './cypher.js';
import type { Dataset, DatasetFile } from './dataset.js';
import { KgloadError, toProblem } from './errors.js';
import type { Column, Footer } from './parquet.js';
import type { GraphSchema, NodeTable, Problem, Property, RelTable, TableKind } from './types.js';

export interface Plan {
  /** Tables of the schema that the database lacks, in load order. */
  create: { table: string; cypher: string }[];
  /** Every table of the schema, in load order. */
  tables: PlannedTable[];
  /** What stands in the way of loading anything: the database's tables are others. */
  conflicts: Problem[];
  warnings: Problem[];
}

export interface PlannedTable {
  table: string;
  kind: TableKind;
  /** Absent where the dataset has no file, or one that can't be loaded. */
  copy?: PlannedCopy;
  /** Why a file that is there can't be loaded. */
  errors: Problem[];
}

export interface PlannedCopy {
  cypher: string;
  /** As messages show it. */
  file: string;
  path: string;
  /** Rows that the file holds. */
  rows: number;
  /** The primary key of a node table, or the two endpoints of a rel table. */
  keys: KeyColumn[];
  /** Columns that may hold values that don't convert. */
  checked: { expression: string; type: string }[];
}

/** A column of a file with keys of a node table. */
export interface KeyColumn {
  expression: string;
  table: string;
  property: string;
  type: string;
}

/** The names under which a file may hold a rel table's endpoints, the best first: from, then to. */
export const ENDPOINT_COLUMNS: readonly (readonly string[])[] = [
  ['from', 'src'],
  ['to', 'dst'],
];

/** Plans the load of a dataset into a database with these tables. */
export function planLoad(schema: GraphSchema, dataset: Dataset, catalog: Catalog): Plan {
  const plan: Plan = {
    create: planTables(schema, catalog),
    tables: [],
    conflicts: [],
    warnings: [],
  };
  for (const { table, differences } of schemaDifferences(schema, catalog)) {
    plan.conflicts.push({
      code: 'SCHEMA_MISMATCH',
      table,
      message: `the table ${table} in the database is another: ${differences.join('; ')}`,
      hint: 'load with --fresh, or into another database',
    });
  }
  for (const name of dataset.unknown) {
    plan.warnings.push({
      code: 'FILE_UNKNOWN',
      file: name,
      message: `${name} belongs to no table of the schema and is ignored`,
    });
  }
  for (const table of schema.nodes) plan.tables.push(planTable(table, schema, dataset, plan));
  for (const table of schema.edges) plan.tables.push(planTable(table, schema, dataset, plan));
  return plan;
}

/** The statements that create the tables of the schema that the database lacks. */
export function planTables(schema: GraphSchema, catalog: Catalog): Plan['create'] {
  return [
    ...schema.nodes.map((table) => ({ table: table.name, cypher: createNodeTable(table) })),
    ...schema.edges.map((table) => ({ table: table.name, cypher: createRelTable(table) })),
  ].filter(({ table }) => !catalog.has(table));
}

function planTable(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  dataset: Dataset,
  plan: Plan,
): PlannedTable {
  const kind = 'from' in table ? 'edge' : 'node';
  const planned: PlannedTable = { table: table.name, kind, errors: [] };
  const file = dataset.files.get(table.name);
  if (file === undefined) {
    const name = `${kind}s/${table.file}.parquet`;
    plan.warnings.push({
      code: 'FILE_MISSING',
      table: table.name,
      file: name,
      message: `${name} is missing; ${table.name} counts 0 rows`,
    });
    return planned;
  }
  if ('code' in file.footer) {
    planned.errors.push({ ...file.footer, table: table.name });
    return planned;
  }
  try {
    const { mappings, keys, checked, missing } = mapColumns(table, schema, file, file.footer);
    for (const property of missing) {
      plan.warnings.push({
        code: 'COLUMN_MISSING',
        table: table.name,
        file: file.name,
        message: `${file.name} has no column ${property}; ${table.name}.${property} stays empty`,
      });
    }
    planned.copy = {
      cypher: copyFrom(table.name, file.path, mappings),
      file: file.name,
      path: file.path,
      rows: file.footer.rows,
      keys,
      checked,
    };
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    planned.errors.push({ ...toProblem(error), table: table.name, file: file.name });
  }
  return planned;
}

/**
 * Which columns of a file fill a table.
 *
 * @throws {KgloadError} `COLUMN_MISSING` without the key or an endpoint, `COLUMN_TYPE` with a
 *   column that would change its values, or at whose sight the engine refuses the whole file.
 */
function mapColumns(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  footer: Footer,
): {
  mappings: Mapping[];
  keys: KeyColumn[];
  checked: PlannedCopy['checked'];
  missing: string[];
} {
  const refused = footer.columns.filter((column) => !column.readable);
  if (refused.length > 0) {
    throw new KgloadError({
      code: 'COLUMN_TYPE',
      message: `${file.name} has columns that the engine cannot read, and so refuses the file: ${describe(refused)}`,
      hint: 'write the file without them, or in another type',
    });
  }
  const mappings: Mapping[] = [];
  const keys: KeyColumn[] = [];
  const checked: PlannedCopy['checked'] = [];
  const missing: string[] = [];
  const map = (column: Column, type: string, property?: string): string => {
    const expression = identifier(column.name);
    const conversion = conversionOf(column, type);
    if (conversion === 'lossy') {
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `${file.name} has ${column.name} as ${column.type}, which would lose digits as ${type}`,
        hint: `write the column as ${type}`,
      });
    }
    if (conversion === 'checked') checked.push({ expression, type });
    mappings.push({ expression, ...(property !== undefined && { property }) });
    return expression;
  };
  if ('from' in table) {
    for (const [i, names] of ENDPOINT_COLUMNS.entries()) {
      const column = required(names, file, footer, 'endpoint');
      const node = keyOf(schema, i === 0 ? table.from : table.to);
      keys.push({ expression: map(column, node.type), ...node });
    }
  }
  for (const property of table.properties) {
    const isKey = 'primaryKey' in table && property.name === table.primaryKey;
    const names = propertyColumns(property);
    const column = isKey
      ? required(names, file, footer, 'primary key')
      : findColumn(names, footer.columns);
    if (!column) {
      missing.push(property.name);
      continue;
    }
    const expression = map(column, property.type, property.name);
    if (isKey) keys.push({ expression, ...keyOf(schema, table.name) });
  }
  return { mappings, keys, checked, missing };
}

/** The primary key of a node table. */
function keyOf(schema: GraphSchema, table: string): Omit<KeyColumn, 'expression'> {
  const node = schema.nodes.find(({ name }) => name === table);
  const key = node?.properties.find(({ name }) => name === node.primaryKey);
  if (!key) throw new Error(`the schema has no node table ${table} with a primary key`);
  return { table, property: key.name, type: key.type };
}

/** The names under which a file may hold a property, the best first. */
export function propertyColumns(property: Property): string[] {
  return [property.name, ...(property.aliases ?? [])];
}

/** The column under the first of these names that the file has. */
export function findColumn(
  names: readonly string[],
  columns: readonly Column[],
): Column | undefined {
  for (const name of names) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column) return column;
  }
  return undefined;
}

function required(
  names: readonly string[],
  file: DatasetFile,
  footer: Footer,
  role: string,
): Column {
  const column = findColumn(names, footer.columns);
  if (column) return column;
  throw new KgloadError({
    code: 'COLUMN_MISSING',
    message: `${file.name} has no ${role} column ${names.join(' or ')}; it has ${describe(footer.columns)}`,
    hint: 'rename the column in the file',
  });
}

function describe(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name} (${type})`).join(', ') || 'no columns';
}
