/**
 * What a load will do, as a plain value, computed before a byte is written: which tables to
 * create, which file fills which table by which statement, and every problem seen on the way.
 */
import { convert } from './conversion.js';
import type { Catalog } from '../database/catalog.js';
import { schemaDifferences } from '../database/catalog.js';
import {
  copyFrom,
  createNodeTable,
  createRelTable,
  identifier,
  literal,
  loadFrom,
  type Mapping,
} from '../cypher.js';
import { pairFileNames, type Dataset, type DatasetFile } from '../dataset/dataset.js';
import { KgloadError, toProblem } from '../errors.js';
import { mayBeChanged, type Doubt } from './hazards.js';
import { labelSpellings } from '../model/names.js';
import type { Column, Footer } from '../dataset/footer.js';
import { kindOf, pairsOf, primaryKeyOf } from '../model/tables.js';
import type {
  Endpoints,
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  RelTable,
  TableKind,
} from '../types.js';

export interface Plan {
  /** Creates what the database lacks of the schema. */
  create: string[];
  /** The database has none of the schema's tables. */
  isNew: boolean;
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
  /** The same, but rows that the engine refuses are left out. */
  lenient: string;
  /** Reads the rows: `LOAD FROM …`. */
  source: string;
  /** As messages show it. */
  file: string;
  /** Rows that the file holds; of a part of a file, 0 until the engine has counted them. */
  rows: number;
  /** A rel table's endpoints first. */
  mappings: readonly Mapping[];
  /** It takes those rows of the file whose edges connect this pair of node tables. */
  isPart: boolean;
  /** The primary key of a node table (none where the engine makes it), or a rel table's endpoints. */
  keys: KeyColumn[];
  /** Columns that may hold values that don't convert. */
  checked: { expression: string; type: string }[];
  /** Values that the engine might store as others, for all that the footer says. */
  doubts: Doubt[];
  /** Columns of the file that fill no property. */
  ignored: string[];
  /** The node tables that its edges connect, where the table connects several pairs. */
  pair?: Endpoints;
}

/** A column of a file with keys of a node table. */
export interface KeyColumn {
  expression: string;
  table: string;
  property: string;
  type: string;
}

/** The names under which a file may hold a rel table's endpoints, the best first: from, then to. */
export const ENDPOINT_COLUMNS = [
  ['from', 'src', 'source'],
  ['to', 'dst', 'target'],
] as const;

/** The names of columns that say which node tables an edge connects: from, then to. */
const LABEL_COLUMNS = ENDPOINT_COLUMNS.map((sides) =>
  sides.flatMap((side) => ['table', 'label', 'type'].map((noun) => `${side}_${noun}`)),
);

/** How `EXPORT DATABASE` names columns: `a.id` of a node, `a.id`, `b.id` and `r.since` of an edge. */
const EXPORT_VARIABLES = { node: 'a', from: 'a', to: 'b', edge: 'r' } as const;

/** Plans the load of a dataset into a database with these tables. */
export function planLoad(schema: GraphSchema, dataset: Dataset, catalog: Catalog): Plan {
  const plan: Plan = {
    create: planTables(schema, catalog),
    isNew: isNewTo(schema, catalog),
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
  plan.warnings.push(...warnOfSingleGroups(dataset));
  for (const table of schema.nodes) plan.tables.push(planTable(table, schema, dataset, plan));
  for (const table of schema.edges) plan.tables.push(planTable(table, schema, dataset, plan));
  return plan;
}

/**
 * The statements that create what a database lacks of a schema: tables in load order, and the rest
 * where there was no table yet.
 */
export function planTables(schema: GraphSchema, catalog: Catalog): string[] {
  const tables = [...schema.nodes, ...schema.edges];
  return [
    ...tables
      .filter(({ name }) => !catalog.has(name))
      .map((table) => ('from' in table ? createRelTable(table) : createNodeTable(table))),
    ...(isNewTo(schema, catalog) ? (schema.statements ?? []) : []),
  ];
}

function isNewTo(schema: GraphSchema, catalog: Catalog): boolean {
  return ![...schema.nodes, ...schema.edges].some(({ name }) => catalog.has(name));
}

/** From about here on, a scan by one thread alone costs more than a second. */
const MANY_ROWS = 1_000_000;

/** The engine reads the row groups of a file in parallel, and one row group with one thread. */
function warnOfSingleGroups(dataset: Dataset): Problem[] {
  const files = [...dataset.tables.values()]
    .flatMap((table) => table.files)
    .filter(({ footer }) => 'rows' in footer && footer.rowGroups === 1 && footer.rows >= MANY_ROWS)
    .map(({ name }) => name);
  if (files.length === 0) return [];
  return [
    {
      code: 'ROW_GROUP_SINGLE',
      message: `loaded by one thread, since all rows are in one row group: ${files.join(', ')}`,
      hint: 'kgload preprocess writes smaller row groups; that pays if you load them often',
    },
  ];
}

function planTable(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  dataset: Dataset,
  plan: Plan,
): PlannedTable {
  const kind = kindOf(table);
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
      const copies = planFile(table, schema, file, plan);
      planned.copies.push(...copies);
      if ('rows' in file.footer) planned.rows += file.footer.rows;
    } catch (error) {
      if (!(error instanceof KgloadError)) throw error;
      planned.errors.push({ ...toProblem(error), table: table.name, file: file.name });
    }
  }
  return planned.errors.length > 0 ? { ...planned, rows: 0, copies: [] } : planned;
}

/**
 * The copies of one file: several where its edges connect several pairs of node tables.
 *
 * @throws {KgloadError} Why the file can't be loaded.
 */
function planFile(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  plan: Plan,
): PlannedCopy[] {
  if ('code' in file.footer) throw new KgloadError(file.footer);
  const { footer } = file;
  const warnings = new Map<string, Problem>();
  const copies = filePairs(table, schema, file, footer).map(({ pair, condition }) => {
    const columns = mapColumns(table, schema, pair ? { ...file, pair } : file, footer);
    for (const property of columns.missing) warnings.set(property, noColumn(table, file, property));
    if (columns.unreadable.length > 0) {
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `${file.name} has columns that the engine cannot read: ${describeColumns(columns.unreadable)}`,
        hint: 'rewrite it with kgload preprocess',
      });
    }
    const source = loadFrom(file.path, condition);
    const options = pair ? { pair } : {};
    return {
      cypher: copyFrom(table.name, source, columns.mappings, options),
      lenient: copyFrom(table.name, source, columns.mappings, { ...options, ignoreErrors: true }),
      source,
      file: file.name,
      rows: condition === undefined ? footer.rows : 0,
      isPart: condition !== undefined,
      mappings: columns.mappings,
      keys: columns.keys,
      checked: columns.checked,
      doubts: columns.doubts,
      ignored: [...columns.ignored, ...(file.leftOut ?? [])],
      ...options,
    };
  });
  plan.warnings.push(...warnings.values());
  return copies;
}

/** The same copy, with other expressions for some of its properties: property → expression. */
export function withExpressions(
  table: string,
  copy: PlannedCopy,
  expressions: ReadonlyMap<string, string>,
): PlannedCopy {
  const mappings = copy.mappings.map((mapping) => {
    const expression = expressions.get(mapping.property ?? '');
    return expression === undefined ? mapping : { ...mapping, expression };
  });
  const options = copy.pair ? { pair: copy.pair } : {};
  return {
    ...copy,
    mappings,
    cypher: copyFrom(table, copy.source, mappings, options),
    lenient: copyFrom(table, copy.source, mappings, { ...options, ignoreErrors: true }),
  };
}

function noColumn(table: NodeTable | RelTable, file: DatasetFile, property: string): Problem {
  const value = table.properties.find(({ name }) => name === property)?.default;
  return {
    code: 'COLUMN_MISSING',
    table: table.name,
    file: file.name,
    message: `${file.name} has no column ${property}; ${table.name}.${property} ${value === undefined ? 'stays empty' : `becomes ${value}`}`,
  };
}

/** The pairs of node tables that a file's edges connect, and which of its rows those of each are. */
function filePairs(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  footer: Footer,
): { pair?: Endpoints; condition?: string }[] {
  if (!('from' in table)) return [{}];
  const pairs = pairsOf(table);
  if (file.pair) return [{ pair: file.pair }];
  if (pairs.length === 1) return [{}];
  const [from, to] = labelColumns(footer);
  if (!from || !to) {
    throw new KgloadError({
      code: 'COLUMN_MISSING',
      message: `${table.name} connects several pairs of node tables, and nothing in ${file.name} tells which: it has ${describeColumns(footer.columns)}`,
      hint: `name the files after the pairs (${pairs.map((pair) => `${pairFileNames(table, pair)[0] ?? ''}.parquet`).join(', ')}), or add columns from_table and to_table`,
    });
  }
  return pairs.map((pair) => ({
    pair,
    condition: `${labelIs(from, pair.from, schema)} AND ${labelIs(to, pair.to, schema)}`,
  }));
}

/** The columns of a file that name the node tables which its edges connect, if it has them. */
export function labelColumns({ columns }: Footer): (Column | undefined)[] {
  const strings = columns.filter(({ meaning }) => meaning.is === 'string');
  return LABEL_COLUMNS.map((names) => findColumn(names, strings));
}

/** Tables are named as in the schema, or as people write them: `Function`, `function`, `functions`. */
function labelIs(column: Column, table: string, schema: GraphSchema): string {
  const file = schema.nodes.find(({ name }) => name === table)?.file ?? table;
  const spellings = new Set([table, file].flatMap(labelSpellings));
  const label = `lower(regexp_replace(${identifier(column.name)}, '[ -]+', '_', 'g'))`;
  return `${label} IN [${[...spellings].map(literal).join(', ')}]`;
}

/** Which columns of a file fill a table. */
export interface ColumnMap {
  mappings: Mapping[];
  keys: KeyColumn[];
  checked: PlannedCopy['checked'];
  doubts: Doubt[];
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
    doubts: [],
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
    if (property !== undefined && mayBeChanged(type, column)) {
      map.doubts.push({ property, type, expression });
    }
    map.mappings.push({ expression, ...(property !== undefined && { property }) });
    return expression;
  };
  if ('from' in table) {
    const pair = file.pair ?? table;
    for (const [i, side] of (['from', 'to'] as const).entries()) {
      const node = keyOf(schema, pair[side]);
      const names = [...(ENDPOINT_COLUMNS[i] ?? []), `${EXPORT_VARIABLES[side]}.${node.property}`];
      const column = required(names, file, footer, 'endpoint');
      map.keys.push({ expression: use(column, node.type), ...node });
    }
  }
  const variable = 'from' in table ? EXPORT_VARIABLES.edge : EXPORT_VARIABLES.node;
  // A property may have an endpoint's name: kgload export then calls it `r.from`.
  const others = footer.columns.filter((column) => !map.used.includes(column));
  for (const property of table.properties) {
    const isKey = 'primaryKey' in table && property.name === table.primaryKey;
    const names = [property.name, ...(property.aliases ?? []), `${variable}.${property.name}`];
    const inDirectory = Object.keys(file.partition).find((key) => names.includes(key));
    const column = findColumn(names, others);
    if ('from' in table && /^(from|to)$/.test(property.name)) {
      throw new KgloadError({
        code: 'ENGINE',
        message: `${table.name} has a property ${property.name}, which the engine's COPY fills with the endpoint, whatever the file says`,
        hint: 'give the property another name',
      });
    }
    if (column) {
      const expression = use(column, property.type, property.name);
      if (isKey) map.keys.push({ expression, ...keyOf(schema, table.name) });
    } else if (inDirectory !== undefined && !isKey) {
      const value = file.partition[inDirectory] ?? null;
      const text = value === null ? 'NULL' : literal(value);
      const expression = `CAST(${text} AS ${property.type})`;
      map.mappings.push({ expression, property: property.name });
      if (mayBeChanged(property.type)) {
        map.doubts.push({ property: property.name, type: property.type, expression });
      }
    } else if (isKey && property.type !== 'SERIAL' && property.default === undefined) {
      throw missingColumn(names.slice(0, -1), file, footer, 'primary key');
    } else if (!isKey) map.missing.push(property.name);
  }
  const used = new Set(map.used);
  map.ignored = footer.columns.filter((column) => !used.has(column)).map(({ name }) => name);
  return map;
}

/** The column that a node table's keys are, and the type in which the engine gives them out. */
function keyOf(schema: GraphSchema, table: string): Omit<KeyColumn, 'expression'> {
  const { name, type } = primaryKeyOf(schema, table);
  return { table, property: name, type: type === 'SERIAL' ? 'INT64' : type };
}

/** The column under the first of these names that the file has; of another case if that is clear. */
export function findColumn(
  names: readonly string[],
  columns: readonly Column[],
): Column | undefined {
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
  throw missingColumn(names.slice(0, 2), file, footer, role);
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
