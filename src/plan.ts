/**
 * What a load will do, as a plain value, computed before a byte is written: which tables to
 * create, which file fills which table by which statement, and every problem seen on the way.
 */
import { convert } from './conversion.js';
import type { Catalog } from './catalog.js';
import { schemaDifferences } from './catalog.js';
import { copyFrom, createNodeTable, createRelTable, literal, type Mapping } from './cypher.js';
import type { Dataset, DatasetFile } from './dataset.js';
import { KgloadError, toProblem } from './errors.js';
import type { Column, Footer } from './parquet.js';
import type {
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  Property,
  RelTable,
  TableKind,
} from './types.js';

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
  /** `nodes/files.parquet`, or `nodes/files/` for a directory of part files. */
  file: string;
  /** Rows that its files hold. */
  rows: number;
  /** One a file; none where the dataset has no file, or one that can't be loaded. */
  copies: PlannedCopy[];
  /** Why files that are there can't be loaded. */
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
  /** Columns of the file that fill no property. */
  ignored: string[];
}

/** A column of a file with keys of a node table. */
export interface KeyColumn {
  expression: string;
  table: string;
  property: string;
  type: string;
}

/** The names under which a file may hold a rel table's endpoints, the best first: from, then to. */
const ENDPOINT_COLUMNS: readonly (readonly string[])[] = [
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
  const found = dataset.tables.get(table.name);
  const planned: PlannedTable = {
    table: table.name,
    kind,
    file: found?.name ?? `${kind}s/${table.file}.parquet`,
    rows: 0,
    copies: [],
    errors: [],
  };
  if (!found) {
    plan.warnings.push({
      code: 'FILE_MISSING',
      table: table.name,
      file: planned.file,
      message: `${planned.file} is missing; ${table.name} counts 0 rows`,
    });
    return planned;
  }
  if (found.error) planned.errors.push({ ...found.error, table: table.name });
  for (const file of found.files) {
    try {
      planned.copies.push(planCopy(table, schema, file, plan));
    } catch (error) {
      if (!(error instanceof KgloadError)) throw error;
      planned.errors.push({ ...toProblem(error), table: table.name, file: file.name });
    }
  }
  if (planned.errors.length > 0) return { ...planned, copies: [] };
  return { ...planned, rows: planned.copies.reduce((sum, { rows }) => sum + rows, 0) };
}

/** @throws {KgloadError} Why the file can't be loaded. */
function planCopy(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  plan: Plan,
): PlannedCopy {
  if ('code' in file.footer) throw new KgloadError(file.footer);
  const columns = mapColumns(table, schema, file, file.footer);
  for (const property of columns.missing) {
    plan.warnings.push({
      code: 'COLUMN_MISSING',
      table: table.name,
      file: file.name,
      message: `${file.name} has no column ${property}; ${table.name}.${property} stays empty`,
    });
  }
  if (columns.unreadable.length > 0) {
    throw new KgloadError({
      code: 'COLUMN_TYPE',
      message: `${file.name} has columns that the engine cannot read: ${describeColumns(columns.unreadable)}`,
      hint: 'rewrite it with kgload preprocess',
    });
  }
  return {
    cypher: copyFrom(table.name, file.path, columns.mappings),
    file: file.name,
    path: file.path,
    rows: file.footer.rows,
    keys: columns.keys,
    checked: columns.checked,
    ignored: [...columns.ignored, ...(file.leftOut ?? [])],
  };
}

/** Which columns of a file fill a table. */
export interface ColumnMap {
  mappings: Mapping[];
  keys: KeyColumn[];
  checked: PlannedCopy['checked'];
  /** Properties without a column. */
  missing: string[];
  /** Columns that fill properties, in the schema's order. */
  used: Column[];
  /** Columns that the engine can't read: those needed, and those at whose sight it refuses the file. */
  unreadable: Column[];
  /** Columns that fill none. */
  ignored: string[];
}

/**
 * Which columns of a file fill a table.
 *
 * @throws {KgloadError} `COLUMN_MISSING` without the key or an endpoint, `COLUMN_TYPE` with a
 *   column that does not become its property without loss.
 */
export function mapColumns(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  footer: Footer,
): ColumnMap {
  const map: ColumnMap = {
    mappings: [],
    keys: [],
    checked: [],
    missing: [],
    used: [],
    unreadable: footer.columns.filter((column) => column.engineType === undefined),
    ignored: [],
  };
  const use = (column: Column, type: string, property?: string): string => {
    const conversion = convert(column, type);
    map.used.push(column);
    if (conversion.how === 'refuse') {
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `${file.name}: ${conversion.reason}`,
        hint: conversion.remedy,
      });
    }
    if (conversion.how === 'rewrite') {
      if (!map.unreadable.includes(column)) map.unreadable.push(column);
      return '';
    }
    const { expression, isChecked } = conversion;
    if (isChecked) map.checked.push({ expression, type });
    map.mappings.push({ expression, ...(property !== undefined && { property }) });
    return expression;
  };
  if ('from' in table) {
    for (const [i, names] of ENDPOINT_COLUMNS.entries()) {
      const column = required(names, file, footer, 'endpoint');
      const node = keyOf(schema, i === 0 ? table.from : table.to);
      map.keys.push({ expression: use(column, node.type), ...node });
    }
  }
  for (const property of table.properties) {
    const isKey = 'primaryKey' in table && property.name === table.primaryKey;
    const names = propertyColumns(property);
    const inDirectory = Object.keys(file.partition).find((key) => names.includes(key));
    const column = findColumn(names, footer.columns);
    if (column) {
      const expression = use(column, property.type, property.name);
      if (isKey) map.keys.push({ expression, ...keyOf(schema, table.name) });
    } else if (inDirectory !== undefined && !isKey) {
      const value = file.partition[inDirectory] ?? null;
      const text = value === null ? 'NULL' : literal(value);
      const expression = `CAST(${text} AS ${property.type})`;
      map.mappings.push({ expression, property: property.name });
    } else if (isKey) throw missingColumn(names, file, footer, 'primary key');
    else map.missing.push(property.name);
  }
  const used = new Set(map.used);
  map.ignored = footer.columns.filter((column) => !used.has(column)).map(({ name }) => name);
  return map;
}

/** The primary key of a node table. */
function keyOf(schema: GraphSchema, table: string): Omit<KeyColumn, 'expression'> {
  const node = schema.nodes.find(({ name }) => name === table);
  const key = node?.properties.find(({ name }) => name === node.primaryKey);
  if (!key) throw new Error(`the schema has no node table ${table} with a primary key`);
  return { table, property: key.name, type: key.type };
}

/** The names under which a file may hold a property, the best first. */
function propertyColumns(property: Property): string[] {
  return [property.name, ...(property.aliases ?? [])];
}

/** The column under the first of these names that the file has; of another case if that is clear. */
function findColumn(names: readonly string[], columns: readonly Column[]): Column | undefined {
  for (const name of names) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column) return column;
  }
  for (const name of names) {
    const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
    if (alike.length === 1) return alike[0];
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
  throw missingColumn(names, file, footer, role);
}

function missingColumn(
  names: readonly string[],
  file: DatasetFile,
  footer: Footer,
  role: string,
): KgloadError {
  return new KgloadError({
    code: 'COLUMN_MISSING',
    message: `${file.name} has no ${role} column ${names.join(' or ')}; it has ${describeColumns(footer.columns)}`,
    hint: 'rename the column in the file',
  });
}

export function describeColumns(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name} (${type})`).join(', ') || 'no columns';
}

/** The event of a table that begins. */
export function startedEvent({
  table,
  kind,
  file,
  rows,
  copies,
}: PlannedTable): Extract<LoadEvent, { type: 'started' }> {
  const ignored = Object.fromEntries(
    copies.filter((copy) => copy.ignored.length > 0).map((copy) => [copy.file, copy.ignored]),
  );
  return { type: 'started', table, kind, file, rows, ignored };
}
