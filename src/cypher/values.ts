/** Sums over the rows of a table or a file by which values are told to be the same. */
import type { GraphSchema, NodeTable, Property, RelTable } from '../types.js';
import { type Place, placesOf } from './hazards.js';
import {
  cast,
  constant,
  type FileRows,
  hashOf,
  nodesOf,
  printed,
  storedKeys,
  tableScans,
} from './rows.js';
import { identifier } from './text.js';

/** What is added up: a property of all rows, or the rows with a value in one place of it. */
export interface Summed {
  property: string;
  type: string;
  /** Of all values of the property, if absent. */
  place?: Pick<Place, 'path' | 'hazard' | 'value'>;
}

/** Which rows of a file a table has, where others were left out as bad. */
export interface Kept {
  /** Of a node table: the offsets that its rows may have. */
  from: number;
  to?: number;
  /** Of a node table: several rows may have one key, of which it took the first. */
  isFirst: boolean;
}

/**
 * The sum `s` over the rows of a file.
 *
 * @param kept - Rows were left out as bad: those whose nodes are there are counted alone. Where they
 *   are the first ones, the rows have to be read by one thread.
 * @returns Nothing where the file has no such property, so that the sum is 0.
 */
export function sumOfFile(
  { source, keys, mappings }: FileRows,
  summed: Summed,
  kept?: Kept,
): string | undefined {
  const mapping = mappings.find(({ property }) => property === summed.property);
  if (!mapping && summed.place) return undefined;
  if (!mapping || !kept) {
    return sum(source, keys.map(cast), mapping?.expression ?? 'NULL', summed);
  }
  const columns = keys.map((key, i) => `${cast(key)} AS k${i}`).join(', ');
  const nodes = keys.map(
    ({ table, property }, i) => `(n${i}:${identifier(table)} {${identifier(property)}: k${i}})`,
  );
  // A column of a query has one name: a key is its own value.
  const key = keys.findIndex(({ expression }) => expression === mapping.expression);
  const isNode = keys.length === 1;
  const rows =
    key >= 0
      ? `WITH ${isNode ? 'DISTINCT ' : ''}${columns}`
      : isNode && kept.isFirst
        ? `WITH ${columns}, collect({v: ${mapping.expression}}) AS same WITH k0, list_slice(same, 1, 1) AS one UNWIND one AS row WITH k0, struct_extract(row, 'v') AS v`
        : `WITH ${columns}, ${mapping.expression} AS v`;
  const end = kept.to === undefined ? '' : ` AND offset(id(n0)) < ${kept.to}`;
  const isNew = isNode ? ` WHERE offset(id(n0)) >= ${kept.from}${end}` : '';
  return sum(
    `${source} ${rows} MATCH ${nodes.join(', ')}${isNew} WITH *`,
    keys.map(({ type }, i) => cast({ expression: `k${i}`, type })),
    key < 0 ? 'v' : `k${key}`,
    summed,
  );
}

/** The sums `s` over the rows of a table, one for each pair of node tables. */
export function sumsOfTable(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  summed: Summed,
  hasKeys: boolean,
): string[] {
  return tableScans(table).map(({ match, variable, pair }) => {
    const keys = pair || hasKeys ? storedKeys(table, schema, pair) : [];
    return sum(match, keys, `${variable}.${identifier(summed.property)}`, summed);
  });
}

/** Of the rows' keys, as often as the row has the value, or of the keys with the value. */
function sum(
  source: string,
  keys: readonly string[],
  value: string,
  { property, type, place }: Summed,
): string {
  const columns = keys.map((key, i) => `${key} AS h${i}`);
  const names = keys.map((_, i) => `h${i}`);
  const all = names.length > 0 ? names : ['0'];
  const wanted = place && placeOf(property, type, value, place);
  return wanted
    ? `${source}${wanted.rows(columns, names)} RETURN sum(CAST(${hashOf(all)} AS INT128)) AS s`
    : `${source} WITH ${[...columns, `CAST(${value} AS ${type}) AS c`].join(', ')} RETURN sum(CAST(${hashOf([...all, fingerprint('c', type)])} AS INT128)) AS s`;
}

function placeOf(
  property: string,
  type: string,
  value: string,
  wanted: Pick<Place, 'path' | 'hazard'>,
): Place | undefined {
  return placesOf(property, type, value).find(
    ({ path, hazard }) => path === wanted.path && hazard === wanted.hazard,
  );
}

/** Lists of structs hash what their NULLs happen to hold; their text is told apart well enough here. */
function fingerprint(value: string, type: string): string {
  return /[[(]/.test(type) ? `CAST(${value} AS STRING)` : value;
}

/** The keys of some rows of a file that have the value in question; nothing where it has no keys. */
export function keysWithValue(
  { source, keys, mappings }: FileRows,
  { property, type, place }: Summed,
  most: number,
): string | undefined {
  const expression = mappings.find((mapping) => mapping.property === property)?.expression;
  const wanted =
    place && expression !== undefined ? placeOf(property, type, expression, place) : undefined;
  if (!wanted || keys.length === 0) return undefined;
  const names = keys.map((_, i) => `h${i}`);
  const columns = keys.map((key, i) => `${printed(cast(key), key.type)} AS h${i}`);
  return `${source}${wanted.rows(columns, names)} RETURN DISTINCT ${names.join(', ')} LIMIT ${most}`;
}

/** The offset `o` of a node table's last row, and a property of it as text, `v`. */
export function lastRow(table: string, property: string): string {
  const text = `CAST(n.${identifier(property)} AS STRING)`;
  return `MATCH ${nodesOf(table, 'n')} RETURN offset(id(n)) AS o, ${text} AS v ORDER BY o DESC LIMIT 1`;
}

/** Gives one row of a node table another value, or none. */
export function setProperty(
  table: string,
  { name, type }: Pick<Property, 'name' | 'type'>,
  offset: number,
  value: string | null,
): string {
  const pattern = `MATCH ${nodesOf(table, 'n')} WHERE offset(id(n)) = ${offset}`;
  return `${pattern} SET n.${identifier(name)} = ${constant(value, type)}`;
}
