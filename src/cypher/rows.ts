/** The rows of tables and files: patterns and queries that count, match or look at them. */
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import type { Endpoints, GraphSchema, NodeTable, Property, RelTable, TableKind } from '../types.js';
import type { Mapping } from './statements.js';
import { identifier, literal } from './text.js';

/**
 * A hash of some values in their order. The engines' hash of a struct is a mere combination of its
 * fields' hashes: that of `{a: x, b: x}` is the same for every x, and that of zeros is 0.
 */
export function hashOf(expressions: readonly string[]): string {
  const terms = expressions.map(
    (expression, i) => `CAST(hash(${expression}) AS INT128) * ${2 * i + 3}`,
  );
  return `hash(${[...terms, '7'].join(' + ')})`;
}

/** A column of a file with keys of a node table. */
export interface KeyColumn {
  expression: string;
  table: string;
  property: string;
  type: string;
}

/** The keys of the rows of {@link tableScans}: a node's, or an edge's endpoints. */
export function storedKeys(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  pair: Endpoints | undefined,
): string[] {
  const key = (variable: string, node: string): string =>
    `${variable}.${identifier(primaryKeyOf(schema, node).name)}`;
  return pair ? [key('a', pair.from), key('b', pair.to)] : [key('n', table.name)];
}

/** An expression as a value of its type. */
export function cast({ expression, type }: { expression: string; type: string }): string {
  return `CAST(${expression} AS ${type})`;
}

/** One way to all rows of a table: one for each pair of node tables. */
export function tableScans(
  table: NodeTable | RelTable,
): { match: string; variable: string; pair?: Endpoints }[] {
  if (!('from' in table)) return [{ match: `MATCH ${nodesOf(table.name, 'n')}`, variable: 'n' }];
  return pairsOf(table).map((pair) => ({
    match: `MATCH ${edgesOf(table.name, pair, 'r')}`,
    variable: 'r',
    pair,
  }));
}

/** What a copy reads of a file, as far as its rows are looked at. */
export interface FileRows {
  /** Reads the rows: `LOAD FROM …`. */
  readonly source: string;
  /** The primary key of a node table (none where the engine makes it), or a rel table's endpoints. */
  readonly keys: readonly KeyColumn[];
  readonly mappings: readonly Mapping[];
}

/** Matches the nodes of a table. */
export function nodesOf(table: string, variable: string): string {
  return `(${variable}:${identifier(table)})`;
}

/** Matches the edges of a table between two node tables; `a` and `b` are their nodes. */
export function edgesOf(table: string, { from, to }: Endpoints, variable: string): string {
  return `(a:${identifier(from)})-[${variable}:${identifier(table)}]->(b:${identifier(to)})`;
}

/** A table whose rows are counted. */
export interface CountedTable {
  name: string;
  kind: TableKind;
  /** The node tables of a rel table: without, both engines plan for every pair of node tables. */
  ends?: { from: readonly string[]; to: readonly string[] };
}

/** Counts the rows of a table; of 750 node tables, 0.3 s and more where a rel table's own are not said. */
export function countTable({ name, kind, ends }: CountedTable): string {
  const [from, to] = ends ? [anyOf(ends.from), anyOf(ends.to)] : ['', ''];
  const pattern =
    kind === 'node' ? nodesOf(name, 't') : `(${from})-[t:${identifier(name)}]->(${to})`;
  return `MATCH ${pattern} RETURN count(*) AS n`;
}

/** Counts the rows of a source, `n`: of {@link loadFrom}, or of a match with its condition. */
export function countSource(source: string, condition?: string): string {
  const where = condition === undefined ? '' : ` WHERE ${condition}`;
  return `${source}${where} RETURN count(*) AS n`;
}

/** Counts the different values of a column of a file, `n`. */
export function countDistinct(source: string, column: string): string {
  return `${source} RETURN count(DISTINCT ${identifier(column)}) AS n`;
}

/** The greatest offset of the rows that a pattern matches as `x`: `n`. */
export function greatestOffset(pattern: string): string {
  return `MATCH ${pattern} RETURN max(offset(id(x))) AS n`;
}

/** Deletes those rows that a pattern matches as `x` with this offset or a greater one. */
export function deleteFrom(pattern: string, offset: number): string {
  return `MATCH ${pattern} WHERE offset(id(x)) >= ${offset} DELETE x`;
}

/** How many edges the nodes that a pattern matches as `n` have: the most, and how many have any. */
export function degreesOf(pattern: string): string {
  return `MATCH ${pattern} WITH n, count(*) AS degree RETURN max(degree) AS max, count(*) AS connected`;
}

/** The patterns for {@link degreesOf}: edges out of nodes of some tables, and into them. */
export function edgesFrom(tables: readonly string[], edge: string): string {
  return `(n:${tables.map(identifier).join(':')})-[:${identifier(edge)}]->()`;
}

export function edgesInto(tables: readonly string[], edge: string): string {
  return `()-[:${identifier(edge)}]->(n:${tables.map(identifier).join(':')})`;
}

/** Labels of which a node has one. */
export function anyOf(tables: readonly string[]): string {
  return `:${tables.map(identifier).join(':')}`;
}

/** The keys of a node table as the column `k`, for a Parquet file. */
export function keysOf(table: NodeTable): string {
  const key = table.properties.filter(({ name }) => name === table.primaryKey);
  return `MATCH ${nodesOf(table.name, 'n')} RETURN ${key.map((one) => writable('n', one)).join('')} AS k`;
}

/** The edges of a table between two node tables, as the keys of their nodes: `k0` and `k1`. */
export function endpointsOf(table: string, from: KeyColumn, to: KeyColumn): string {
  const pattern = edgesOf(table, { from: from.table, to: to.table }, 'r');
  const [k0, k1] = [
    writable('a', { name: from.property, type: from.type }),
    writable('b', { name: to.property, type: to.type }),
  ];
  return `MATCH ${pattern} RETURN ${k0} AS k0, ${k1} AS k1`;
}

/**
 * A property as an engine writes it into a Parquet file. Both (Kuzu 0.11.3, Ladybug 0.19.1) write
 * INT128 as DOUBLE, cut an INTERVAL to milliseconds and refuse DECIMAL; as text they keep every digit.
 */
export function writable(variable: string, { name, type }: Property): string {
  const value = `${variable}.${identifier(name)}`;
  return isWrittenAsText(type) ? printed(value, type) : value;
}

export function isWrittenAsText(type: string): boolean {
  return /^(INT128|INTERVAL|DECIMAL\(.*\))$/i.test(type);
}

/** Converts columns of a file, and throws the values away: it fails on the first that does not convert. */
export function tryCasts(
  source: string,
  columns: readonly { expression: string; type: string }[],
): string {
  // The engines count no DECIMAL.
  const casts = columns.map((column) => `count(${cast(column)} IS NULL)`);
  return `${source} RETURN ${casts.join(', ')}`;
}

/** The different pairs of values of two columns of a file: `f` and `t`. */
export function distinctPairs(source: string, from: string, to: string): string {
  return `${source} RETURN DISTINCT ${identifier(from)} AS f, ${identifier(to)} AS t ORDER BY f, t`;
}

/** How many different values of an expression are keys `k` of a node table: `n`. */
export function countKnown(source: string, value: string, table: string): string {
  return `${source} WITH DISTINCT ${value} AS k MATCH (n:${identifier(table)} {k: k}) RETURN count(*) AS n`;
}

/** A column of text as people write names of tables: lower case, `_` between words. */
export function labelIn(column: string, spellings: readonly string[]): string {
  const label = `lower(regexp_replace(${identifier(column)}, '[ -]+', '_', 'g'))`;
  return `${label} IN [${spellings.map(literal).join(', ')}]`;
}

/** Counts the rows for which each of some conditions is true: a column for each, in their order. */
export function countWhere(source: string, conditions: readonly string[]): string {
  const sums = conditions.map(
    (condition, i) => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS c${i}`,
  );
  return `${source} RETURN ${sums.join(', ')}`;
}

/** A value as text, with all its digits: both engines write the DECIMAL -0.05 as `0.-5`. */
export function printed(value: string, type: string): string {
  const text = `CAST(${value} AS STRING)`;
  if (!/^DECIMAL/i.test(type)) return text;
  return `CASE WHEN ${value} < 0 THEN concat('-', CAST(-${value} AS STRING)) ELSE ${text} END`;
}

/** A text that stands for all rows of a file, such as one in the name of a directory. */
export function constant(text: string | null, type: string): string {
  return `CAST(${text === null ? 'NULL' : literal(text)} AS ${type})`;
}
