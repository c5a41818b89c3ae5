/**
 * What a load will do, as a plain value, computed before a byte is written: which tables to
 * create, which file fills which table by which statement, and every problem seen on the way.
 */
import type { KeyColumn } from '../cypher/rows.js';
import { createNodeTable, createRelTable, type Mapping } from '../cypher/statements.js';
import type { Dataset, DatasetFile } from '../dataset/dataset.js';
import { KgloadError, toProblem } from '../errors.js';
import { formatCount, listNames } from '../format.js';
import { type Catalog, schemaDifferences } from '../model/differences.js';
import { kindOf } from '../model/tables.js';
import type {
  Endpoints,
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  RelTable,
  TableKind,
} from '../types.js';
import type { CheckedColumn } from './columns.js';
import type { Doubt } from './hazards.js';

export interface Plan<F extends PlannedFile = PlannedCopy> {
  /** Creates what the database lacks of the schema. */
  readonly create: readonly string[];
  /** The database has none of the schema's tables. */
  readonly isNew: boolean;
  /** Every table of the schema, in load order. */
  readonly tables: readonly PlannedTable<F>[];
  /** What stands in the way of loading anything: the database's tables are others. */
  readonly conflicts: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export interface PlannedTable<F extends PlannedFile = PlannedCopy> {
  readonly table: string;
  readonly kind: TableKind;
  /** `nodes/files.parquet`, or `nodes/files/` for a directory of part files. */
  readonly file: string;
  /** Rows that its files hold. */
  readonly rows: number;
  /** One a file; none where the dataset has no file, or one that can't be loaded. */
  readonly copies: readonly F[];
  /** Why files that are there can't be loaded. */
  readonly errors: readonly Problem[];
}

/** What a target takes of a file, whatever the target is. */
export interface PlannedFile {
  /** As messages show it. */
  readonly file: string;
  /** Rows that the file holds; of a part of a file, 0 until they are counted. */
  readonly rows: number;
  /** It takes those rows of the file whose edges connect this pair of node tables. */
  readonly isPart: boolean;
  /** The node tables that its keys, or its endpoints, are of. */
  readonly keys: readonly { readonly table: string }[];
  /** Columns of the file that fill no property. */
  readonly ignored: readonly string[];
  /** The node tables that its edges connect, where the table connects several pairs. */
  readonly pair?: Endpoints;
  /** How many edges a node may have, where that is not any number. */
  readonly limit?: Limit;
}

/** The COPY of a file into a table of an embedded engine. */
export interface PlannedCopy extends PlannedFile {
  readonly path: string;
  /** Which rows of the file it takes, where not all. */
  readonly condition?: string;
  /** The columns of the file: those with the same can be read together. */
  readonly layout: string;
  /** The copies of a file each that this one takes the place of. */
  readonly members?: readonly PlannedCopy[];
  readonly cypher: string;
  /** The same, but rows that the engine refuses are left out. */
  readonly lenient: string;
  /** Reads the rows: `LOAD FROM …`. */
  readonly source: string;
  /** A rel table's endpoints first. */
  readonly mappings: readonly Mapping[];
  /** The primary key of a node table (none where the engine makes it), or a rel table's endpoints. */
  readonly keys: readonly KeyColumn[];
  /** Columns that may hold values that don't convert. */
  readonly checked: readonly CheckedColumn[];
  /** Values that the engine might store as others, for all that the footer says. */
  readonly doubts: readonly Doubt[];
  /** Values that the engine rounds, as the schema allows. */
  readonly rounded: readonly Doubt[];
}

/** What a multiplicity other than MANY_MANY comes to. */
export interface Limit {
  /** The endpoints that no two edges between the same node tables share. */
  readonly sides: readonly ('from' | 'to')[];
  /** The engine sees within a single COPY whether that is so. */
  readonly isEnforced: boolean;
}

/** What a kind of target takes of a file. */
export type PlanFile<F extends PlannedFile> = (
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  catalog: Catalog,
) => { files: F[]; warnings: Problem[] };

/**
 * Plans the load of a dataset into a database with these tables.
 *
 * @param planFile - Throws a {@link KgloadError} that says why a file can't be loaded.
 * @param mayHaveMore - The tables may have properties that the schema has not.
 */
export function planAll<F extends PlannedFile>(
  planFile: PlanFile<F>,
  schema: GraphSchema,
  dataset: Dataset,
  catalog: Catalog,
  mayHaveMore = false,
): Plan<F> {
  const planned = [...schema.nodes, ...schema.edges].map((table) =>
    planTable(planFile, table, schema, dataset, catalog),
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
    warnings: [...warnOfFiles(dataset), ...planned.flatMap(({ warnings }) => warnings)],
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
export function withoutTables<F extends PlannedFile>(
  plan: Plan<F>,
  problems: readonly Problem[],
): Plan<F> {
  const tables = plan.tables.map((planned) => {
    const errors = problems.filter(({ table }) => table === planned.table);
    if (errors.length === 0) return planned;
    return { ...planned, copies: [], errors: [...planned.errors, ...errors] };
  });
  return { ...plan, tables };
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

/** A table, and what may be meant on the way to it. */
interface Planned<F extends PlannedFile> {
  table: PlannedTable<F>;
  warnings: Problem[];
}

function planTable<F extends PlannedFile>(
  planFile: PlanFile<F>,
  table: NodeTable | RelTable,
  schema: GraphSchema,
  dataset: Dataset,
  catalog: Catalog,
): Planned<F> {
  const kind = kindOf(table);
  const found = dataset.tables.get(table.name);
  const file = found?.name ?? `${kind}s/${table.file}.parquet`;
  const planned: PlannedTable<F> = {
    table: table.name,
    kind,
    file,
    rows: 0,
    copies: [],
    errors: [],
  };
  if (!found) return { table: planned, warnings: [missingFile(planned)] };
  const copies: F[] = [];
  const warnings: Problem[] = [];
  const errors: Problem[] = found.error ? [{ ...found.error, table: table.name }] : [];
  let rows = 0;
  for (const each of found.files) {
    try {
      const part = planFile(table, schema, each, catalog);
      copies.push(...part.files);
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

function missingFile({ table, file }: { table: string; file: string }): Problem {
  const message = `${file} is missing; ${table} counts 0 rows`;
  return { code: 'FILE_MISSING', table, file, message };
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
}: PlannedTable<PlannedFile>): Extract<LoadEvent, { type: 'started' }> {
  const ignored = Object.fromEntries(
    copies
      .filter(({ ignored }) => ignored.length > 0)
      .map((copy) => [copy.file, [...copy.ignored]]),
  );
  return { type: 'started', table, kind, file, rows, ignored };
}
