/** The statements that define tables, fill them and steer the engine. */
import { pairsOf, sharedMultiplicity } from '../model/tables.js';
import type { Endpoints, NodeTable, Property, RelTable } from '../types.js';
import { identifier, literal, pathLiteral } from './text.js';

/** The only place that writes Cypher text. */
export function createNodeTable(table: NodeTable): string {
  const key = `PRIMARY KEY(${identifier(table.primaryKey)})`;
  const columns = [...table.properties.map(columnDefinition), key];
  return `CREATE NODE TABLE ${identifier(table.name)}(${columns.join(', ')})`;
}

/** Only Ladybug takes a multiplicity after a pair; where all pairs have the same, it is the table's. */
export function createRelTable(table: RelTable): string {
  const shared = sharedMultiplicity(pairsOf(table), table.multiplicity);
  const pairs = shared.pairs.map(({ from, to, multiplicity }) =>
    [`FROM ${identifier(from)} TO ${identifier(to)}`, ...(multiplicity ? [multiplicity] : [])].join(
      ' ',
    ),
  );
  const own = shared.multiplicity === undefined ? [] : [shared.multiplicity];
  const columns = [...pairs, ...table.properties.map(columnDefinition), ...own];
  const storage =
    table.storageDirection === undefined
      ? ''
      : ` WITH (storage_direction='${table.storageDirection}')`;
  return `CREATE REL TABLE ${identifier(table.name)}(${columns.join(', ')})${storage}`;
}

function columnDefinition(property: Property): string {
  const value = property.default === undefined ? '' : ` DEFAULT ${property.default}`;
  return `${identifier(property.name)} ${property.type}${value}`;
}

/**
 * Reads a file, or those of its rows that a condition is true for; of several files, which must have the
 * same columns in the same order, all rows.
 */
export function loadFrom(path: string | readonly string[], condition?: string): string {
  const paths = typeof path === 'string' ? [path] : path;
  // The engines tell a format by the end of the name, in lower case.
  const isKnown = paths.every((one) => one.endsWith('.parquet'));
  const format = isKnown ? '' : " (file_format='parquet')";
  const where = condition === undefined ? '' : ` WHERE ${condition}`;
  const list = paths.map(pathLiteral).join(', ');
  return `LOAD FROM ${typeof path === 'string' ? list : `[${list}]`}${format}${where}`;
}

/** Which column of a file goes where: the expression read from the file, the property it fills. */
export interface Mapping {
  expression: string;
  /** Absent for a rel table's endpoints, which come first and have no property name. */
  property?: string;
}

/**
 * The one form in which every table is loaded. Kuzu maps a plain COPY by position; this one maps
 * by name, reads only the columns it names, and costs the same.
 *
 * @param source - What is read: {@link loadFrom}.
 */
export function copyFrom(
  table: string,
  source: string,
  mappings: readonly Mapping[],
  options: CopyOptions = {},
): string {
  const expressions = mappings.map(({ expression }) => expression).join(', ');
  return copyQuery(table, `${source} RETURN ${expressions}`, mappings, options);
}

export interface CopyOptions {
  /** The node tables that these edges connect, where the table connects several pairs. */
  pair?: Endpoints;
  /** Rows that the engine refuses are left out. */
  ignoreErrors?: boolean;
}

/** The same of any query that returns what the mappings say. */
export function copyQuery(
  table: string,
  query: string,
  mappings: readonly Mapping[],
  { pair, ignoreErrors = false }: CopyOptions = {},
): string {
  const properties = mappings.flatMap(({ property }) =>
    property === undefined ? [] : [identifier(property)],
  );
  const options = [
    ...(pair ? [`from=${literal(pair.from)}`, `to=${literal(pair.to)}`] : []),
    ...(ignoreErrors ? ['ignore_errors=true'] : []),
  ];
  const end = options.length > 0 ? ` (${options.join(', ')})` : '';
  return `COPY ${identifier(table)}(${properties.join(', ')}) FROM (${query})${end}`;
}

/** Writes the rows of a query into a Parquet file. */
export function copyTo(query: string, path: string): string {
  return `COPY (${query}) TO ${literal(path)}`;
}

export const BEGIN = 'BEGIN TRANSACTION';

export const COMMIT = 'COMMIT';

export const ROLLBACK = 'ROLLBACK';

export const CHECKPOINT = 'CHECKPOINT';

/** Forgets the rows that a COPY left out. */
export const CLEAR_WARNINGS = 'CALL clear_warnings()';

/** The number of threads that a statement may use, as the only value of the only row. */
export const READ_THREADS = "CALL current_setting('threads') RETURN *";

export function setThreads(threads: number): string {
  return `CALL threads=${threads}`;
}

/** Fails where the engine has no such type. */
export function typeProbe(type: string): string {
  return `RETURN CAST(NULL AS ${type})`;
}

/** The tables of a database: `id`, `name`, `type`. */
export const SHOW_TABLES = 'CALL show_tables() RETURN id, name, type ORDER BY id';

/** The properties of a table. */
export function showColumns(table: string): string {
  return `CALL table_info(${literal(table)}) RETURN *`;
}

/** The pairs of node tables that a rel table connects. */
export function showEndpoints(table: string): string {
  return `CALL show_connection(${literal(table)}) RETURN *`;
}

/** The definitions `i` of the indexes; Ladybug also lists those of primary keys, which nobody defines. */
export const SHOW_INDEXES = "CALL show_indexes() WITH index_definition AS i WHERE i <> '' RETURN i";

/** All that is known of the indexes of a database. */
export const LIST_INDEXES = 'CALL show_indexes() RETURN *';

export function dropTextIndex(table: string, name: string): string {
  return `CALL DROP_FTS_INDEX(${literal(table)}, ${literal(name)})`;
}

export function dropIndex(table: string, name: string): string {
  return `DROP INDEX ${identifier(table)}.${identifier(name)}`;
}

/** How the chunks of a table are stored: `data_type`, `compression`. */
export function showStorage(table: string): string {
  return `CALL storage_info(${literal(table)}) RETURN data_type, compression`;
}

/** Fails for a sequence that gave out no value yet. */
export function lastValue(sequence: string): string {
  return `RETURN currval(${literal(sequence)})`;
}

/** Writes `schema.cypher` into a new directory. */
export function exportSchema(directory: string): string {
  return `EXPORT DATABASE ${literal(directory)} (schema_only=true)`;
}

export function renameProperty(table: string, from: string, to: string): string {
  return `ALTER TABLE ${identifier(table)} RENAME ${identifier(from)} TO ${identifier(to)}`;
}

export function dropTable(table: string): string {
  return `DROP TABLE IF EXISTS ${identifier(table)}`;
}

/** The names of the functions that there are. */
export const SHOW_FUNCTIONS = 'CALL show_functions() RETURN DISTINCT name';
