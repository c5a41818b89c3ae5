/**
 * What a load will do, as a plain value, computed before a byte is written: which tables to
 * create, which file fills which table by which statement, and every problem seen on the way.
 */
import { type LeftOut, withoutEdges } from '../cypher/multiplicity.js';
import type { KeyColumn } from '../cypher/rows.js';
import {
  copyFrom,
  copyQuery,
  createNodeTable,
  createRelTable,
  loadFrom,
  type Mapping,
} from '../cypher/statements.js';
import type { Dataset, DatasetFile } from '../dataset/dataset.js';
import { KgloadError, toProblem } from '../errors.js';
import { formatCount, listNames } from '../format.js';
import { describeColumns } from '../model/column.js';
import { type Catalog, schemaDifferences } from '../model/differences.js';
import { kindOf, multiplicitiesOf } from '../model/tables.js';
import type {
  Endpoints,
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  RelTable,
  TableKind,
} from '../types.js';
import { type CheckedColumn, mapColumns } from './columns.js';
import type { Doubt } from './hazards.js';
import { filePairs } from './pairs.js';

export interface Plan {
  /** Creates what the database lacks of the schema. */
  readonly create: readonly string[];
  /** The database has none of the schema's tables. */
  readonly isNew: boolean;
  /** Every table of the schema, in load order. */
  readonly tables: readonly PlannedTable[];
  /** What stands in the way of loading anything: the database's tables are others. */
  readonly conflicts: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export interface PlannedTable {
  readonly table: string;
  readonly kind: TableKind;
  /** `nodes/files.parquet`, or `nodes/files/` for a directory of part files. */
  readonly file: string;
  /** Rows that its files hold. */
  readonly rows: number;
  /** One a file; none where the dataset has no file, or one that can't be loaded. */
  readonly copies: readonly PlannedCopy[];
  /** Why files that are there can't be loaded. */
  readonly errors: readonly Problem[];
}

export interface PlannedCopy {
  readonly cypher: string;
  /** The same, but rows that the engine refuses are left out. */
  readonly lenient: string;
  /** Reads the rows: `LOAD FROM …`. */
  readonly source: string;
  /** As messages show it. */
  readonly file: string;
  /** Rows that the file holds; of a part of a file, 0 until they are counted: {@link withPartRows}. */
  readonly rows: number;
  /** A rel table's endpoints first. */
  readonly mappings: readonly Mapping[];
  /** It takes those rows of the file whose edges connect this pair of node tables. */
  readonly isPart: boolean;
  /** The primary key of a node table (none where the engine makes it), or a rel table's endpoints. */
  readonly keys: readonly KeyColumn[];
  /** Columns that may hold values that don't convert. */
  readonly checked: readonly CheckedColumn[];
  /** Values that the engine might store as others, for all that the footer says. */
  readonly doubts: readonly Doubt[];
  /** Values that the engine rounds, as the schema allows. */
  readonly rounded: readonly Doubt[];
  /** Columns of the file that fill no property. */
  readonly ignored: readonly string[];
  /** The node tables that its edges connect, where the table connects several pairs. */
  readonly pair?: Endpoints;
  /** How many edges a node may have, where that is not any number. */
  readonly limit?: Limit;
}

/** What a multiplicity other than MANY_MANY comes to. */
export interface Limit {
  /** The endpoints that no two edges between the same node tables share. */
  readonly sides: readonly ('from' | 'to')[];
  /** The engine sees within a single COPY whether that is so. */
  readonly isEnforced: boolean;
}

/**
 * Plans the load of a dataset into a database with these tables.
 *
 * @param mayHaveMore - The tables may have properties that the schema has not.
 */
export function planLoad(
  schema: GraphSchema,
  dataset: Dataset,
  catalog: Catalog,
  mayHaveMore = false,
): Plan {
  const planned = [...schema.nodes, ...schema.edges].map((table) =>
    planTable(table, schema, dataset, catalog),
  );
  return {
    create: planTables(schema, catalog),
    isNew: isNewTo(schema, catalog),
    tables: planned.map(({ table }) => table),
    conflicts: schemaDifferences(schema, catalog, mayHaveMore).map(({ table, differences }) => ({
      code: 'SCHEMA_MISMATCH',
      table,
      message: `the table ${table} in the database is another: ${listNames(differences, '; ')}`,
      hint: 'load with --fresh, or into another database',
    })),
    warnings: [
      ...warnOfFiles(dataset),
      ...warnOfSingleGroups(dataset),
      ...planned.flatMap(({ warnings }) => warnings),
    ],
  };
}

/** Files that are named one by one; more of them are one warning. */
const MANY_FILES = 20;

/** The files of a dataset that fill no table. */
export function warnOfFiles({ unknown, leftOut }: Pick<Dataset, 'unknown' | 'leftOut'>): Problem[] {
  return [
    ...ignoredFiles(unknown, 'to no table of the schema'),
    ...ignoredFiles(leftOut, 'to no table by name or kind'),
  ];
}

function ignoredFiles(names: readonly string[], why: string): Problem[] {
  const [file = ''] = names;
  if (names.length > MANY_FILES) {
    const list = `${names.slice(0, 3).join(', ')}, …`;
    const message = `${formatCount(names.length)} files belong ${why} and are ignored: ${list}`;
    return [{ code: 'FILE_UNKNOWN', file, message }];
  }
  return names.map((name) => {
    return { code: 'FILE_UNKNOWN', file: name, message: `${name} belongs ${why} and is ignored` };
  });
}

/** The plan without loading some tables, for a reason each. */
export function withoutTables(plan: Plan, problems: readonly Problem[]): Plan {
  const tables = plan.tables.map((planned) => {
    const errors = problems.filter(({ table }) => table === planned.table);
    if (errors.length === 0) return planned;
    return { ...planned, copies: [], errors: [...planned.errors, ...errors] };
  });
  return { ...plan, tables };
}

/**
 * The plan with the rows of those copies that take some of a file's rows. A file with rows that no
 * copy takes fails its table.
 */
export function withPartRows(plan: Plan, counts: ReadonlyMap<PlannedCopy, number>): Plan {
  const problems: Problem[] = [];
  const tables = plan.tables.map((planned) => {
    if (!planned.copies.some((copy) => counts.has(copy))) return planned;
    const copies = planned.copies.map((copy) => ({
      ...copy,
      rows: counts.get(copy) ?? copy.rows,
    }));
    const taken = copies.reduce((sum, { rows }) => sum + rows, 0);
    if (taken !== planned.rows) problems.push(uncovered(planned, taken));
    return { ...planned, copies };
  });
  return withoutTables({ ...plan, tables }, problems);
}

function uncovered({ table, file, rows }: PlannedTable, taken: number): Problem {
  return {
    code: 'MISSING_ENDPOINT',
    table,
    file,
    message: `${table} failed: ${file} holds ${formatCount(rows)} rows, and ${formatCount(taken)} of them name node tables that ${table} connects`,
    hint: 'mend the columns that name the tables, or add the pair to the schema',
  };
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
      message: `loaded by one thread, since all rows are in one row group: ${listNames(files)}`,
      hint: 'kgload preprocess writes smaller row groups; that pays if you load them often',
    },
  ];
}

/** A table, and what may be meant on the way to it. */
interface Planned {
  table: PlannedTable;
  warnings: Problem[];
}

function planTable(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  dataset: Dataset,
  catalog: Catalog,
): Planned {
  const kind = kindOf(table);
  const found = dataset.tables.get(table.name);
  const file = found?.name ?? `${kind}s/${table.file}.parquet`;
  const planned: PlannedTable = { table: table.name, kind, file, rows: 0, copies: [], errors: [] };
  if (!found) return { table: planned, warnings: [missingFile(planned)] };
  const copies: PlannedCopy[] = [];
  const warnings: Problem[] = [];
  const errors: Problem[] = found.error ? [{ ...found.error, table: table.name }] : [];
  let rows = 0;
  for (const each of found.files) {
    try {
      const part = planFile(table, schema, each);
      copies.push(...part.copies.map((copy) => ({ ...copy, ...limitOf(table, copy, catalog) })));
      warnings.push(...part.warnings);
      if ('rows' in each.footer) rows += each.footer.rows;
    } catch (error) {
      if (!(error instanceof KgloadError)) throw error;
      errors.push({ ...toProblem(error), table: table.name, file: each.name });
    }
  }
  const whole = errors.length > 0 ? { ...planned, errors } : { ...planned, rows, copies };
  return { table: whole, warnings };
}

function missingFile({ table, file }: PlannedTable): Problem {
  const message = `${file} is missing; ${table} counts 0 rows`;
  return { code: 'FILE_MISSING', table, file, message };
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
): { copies: PlannedCopy[]; warnings: Problem[] } {
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
      rounded: columns.rounded,
      ignored: [...columns.ignored, ...(file.leftOut ?? [])],
      ...options,
    };
  });
  return { copies, warnings: [...warnings.values()] };
}

/** The limit of a copy's edges: that of the table which is there already, or else the schema's. */
function limitOf(
  table: NodeTable | RelTable,
  { pair: { from, to } = 'from' in table ? table : { from: '', to: '' } }: PlannedCopy,
  catalog: Catalog,
): { limit?: Limit } {
  if (!('from' in table)) return {};
  const isPair = (one: Endpoints): boolean => one.from === from && one.to === to;
  const { endpoints = [], storageDirection = table.storageDirection } =
    catalog.get(table.name) ?? {};
  const { multiplicity = 'MANY_MANY' } = [...endpoints, ...multiplicitiesOf(table)].find(
    (one) => isPair(one) && one.multiplicity !== undefined,
  ) ?? { multiplicity: undefined };
  const [before, after] = multiplicity.split('_');
  const sides = [
    ...(after === 'ONE' ? (['from'] as const) : []),
    ...(before === 'ONE' ? (['to'] as const) : []),
  ];
  // Edges that are stored in one direction are counted in that one alone, by both engines.
  const isEnforced = storageDirection !== 'fwd' || !sides.includes('to');
  return sides.length === 0 ? {} : { limit: { sides, isEnforced } };
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

/** Those of a table's copies whose edges connect the same node tables. */
export function samePair(
  { pair }: PlannedCopy,
  copies: readonly PlannedCopy[],
): readonly PlannedCopy[] {
  return copies.filter((one) => one.pair?.from === pair?.from && one.pair?.to === pair?.to);
}

/** The same copy, but some edges are left out, and those without an endpoint. */
export function withoutRows(table: string, copy: PlannedCopy, leftOut: LeftOut): PlannedCopy {
  const query = withoutEdges(copy, leftOut, copy.isPart ? 'AND' : 'WHERE');
  const options = copy.pair ? { pair: copy.pair } : {};
  return { ...copy, cypher: copyQuery(table, query, copy.mappings, options) };
}

/** A property, or a part of one, that a file has no column for. */
export function noColumn(
  table: NodeTable | RelTable,
  file: Pick<DatasetFile, 'name'>,
  property: string,
): Problem {
  const value = table.properties.find(({ name }) => name === property)?.default;
  return {
    code: 'COLUMN_MISSING',
    table: table.name,
    file: file.name,
    message: `${file.name} has no column ${property}; ${table.name}.${property} ${value === undefined ? 'stays empty' : `becomes ${value}`}`,
  };
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
    copies
      .filter(({ ignored }) => ignored.length > 0)
      .map((copy) => [copy.file, [...copy.ignored]]),
  );
  return { type: 'started', table, kind, file, rows, ignored };
}
