/** Statements that make of a table what a dataset says, by the differences that `delta.ts` has written. */
import type { Property } from '../types.js';
import { rowHash } from './fingerprint.js';
import { constant } from './rows.js';
import { copyQuery, copyTo } from './statements.js';
import { identifier, pathLiteral } from './text.js';
import {
  fileHash,
  fileRows,
  hasKeys,
  matchRows,
  shownKeys,
  storedHash,
  type Unit,
  type UnitFile,
} from './unit.js';

/** Deletes the edges whose offsets `d` a file has. */
export function deleteEdges(unit: Unit, deleted: string): string {
  return `${matchRows(unit)} WITH r, offset(id(r)) AS y LOAD FROM ${pathLiteral(deleted)} WHERE d = y DELETE r`;
}

/**
 * Deletes the nodes whose offsets `g` a file has, and whose edges are deleted: where they are not, Kuzu
 * 0.11.3 leaves edges to them behind, in one of the two directions that it stores.
 */
export function deleteNodes(unit: Unit, gone: string): string {
  return `${matchRows(unit)} WITH n, offset(id(n)) AS y LOAD FROM ${pathLiteral(gone)} WHERE g = y DELETE n`;
}

/** Edges of a table whose nodes go, as `d`. */
export function writeEdgesOf(unit: Unit, gone: string, side: 'a' | 'b', path: string): string {
  return copyTo(
    `${matchRows(unit)} WITH offset(id(r)) AS d, offset(id(${side})) AS y LOAD FROM ${pathLiteral(gone)} WHERE g = y RETURN DISTINCT d, CAST(0 AS UINT64) AS z`,
    path,
  );
}

/** Some of a file's rows, by the differences of its table. */
export interface Selected {
  unit: Unit;
  file: UnitFile;
  /** Its place among those of the unit. */
  number: number;
  delta: string;
  /** Of rows with one key the first is meant, and others may be the same. */
  areFirsts: boolean;
}

function selectNodes(
  { unit, file, number, delta, areFirsts }: Selected,
  values: readonly number[],
  condition: string,
): string {
  const names = ['k0', ...values.map((i) => `c${i}`)];
  const hash = areFirsts ? `, ${fileHash(unit)} AS z` : '';
  const rows = fileRows(file, areFirsts ? undefined : values);
  const same = areFirsts ? ' AND np = z' : '';
  return `${rows} WHERE k0 IS NOT NULL WITH ${names.join(', ')}, hash(k0) AS y${hash} LOAD FROM ${pathLiteral(delta)} WHERE k = y AND p = 1 AND f = ${number} AND ${condition}${same} WITH${areFirsts ? ' DISTINCT' : ''} ${names.join(', ')}`;
}

/** A range of offsets of rows that are there. */
export interface Range {
  from: number;
  to: number;
}

function changedNodes(selected: Selected, values: readonly number[], range?: Range): string {
  const { unit } = selected;
  const bounds = range ? ` AND o >= ${range.from} AND o < ${range.to}` : '';
  const key = identifier(unit.keys[0]?.property ?? '');
  return `${selectNodes(selected, values, `m = 1${bounds}`)} MATCH (n:${identifier(unit.table)}) WHERE n.${key} = k0`;
}

function isOther(unit: Unit, i: number): string {
  const { type = '', name = '' } = unit.properties[i] ?? {};
  const there = rowHash([{ expression: `n.${identifier(name)}`, type }]);
  return `${rowHash([{ expression: `c${i}`, type }])} <> ${there}`;
}

/** Counts for each property of a unit the changed nodes in which it is another: a column for each. */
export function countChanges(selected: Selected): string {
  const { unit } = selected;
  const all = unit.properties.map((_, i) => i);
  const sums = all.map((i) => `sum(CASE WHEN ${isOther(unit, i)} THEN 1 ELSE 0 END) AS c${i}`);
  return `${changedNodes(selected, all)} RETURN ${sums.join(', ')}`;
}

/**
 * Gives changed nodes the value of a property in a file.
 *
 * @param options - `name` of the property that takes it, if that is another one; the `range` of rows;
 *   a value that is `halved`.
 */
export function setChanged(
  selected: Selected,
  i: number,
  { name, range, halved }: { name?: string; range?: Range; halved?: bigint } = {},
): string {
  const { unit } = selected;
  const { name: own = '', type = '' } = unit.properties[i] ?? {};
  const whole = (n: bigint): string => constant(String(n), type);
  const value =
    halved === undefined
      ? `c${i}`
      : `CASE WHEN c${i} = ${whole(halved)} THEN ${whole(halved / 2n)} ELSE c${i} END`;
  return `${changedNodes(selected, [i], range)} AND ${isOther(unit, i)} SET n.${identifier(name ?? own)} = ${value}`;
}

/** Copies the nodes that are new. */
export function insertNodes(selected: Selected): string {
  const { unit } = selected;
  const all = unit.properties.map((_, i) => i);
  const names = ['k0', ...all.map((i) => `c${i}`)];
  const query = `${selectNodes(selected, all, 'm = 0')} RETURN ${names.join(', ')}`;
  const properties = [unit.keys[0]?.property ?? '', ...unit.properties.map(({ name }) => name)];
  return copyQuery(
    unit.table,
    query,
    properties.map((property, i) => ({ property, expression: names[i] ?? '' })),
  );
}

export type SelectedEdges = Omit<Selected, 'areFirsts'>;

function selectEdges({ unit, file, delta }: SelectedEdges, list: string): string {
  return `${fileRows(file)} WHERE ${hasKeys(unit)} WITH ${list}, ${fileHash(unit)} AS z LOAD FROM ${pathLiteral(delta)} WHERE h = z AND np > nm`;
}

/** Counts the edges of a file that are new, `n`. */
export function countNewEdges(selected: SelectedEdges): string {
  return `${selectEdges(selected, 'k0, k1')} AND nm = 0 RETURN count(*) AS n`;
}

/**
 * Counts by the file `f` the edges that come: `new`, and `more` of those that are there already. Of an
 * edge that several files have it is the last.
 */
export function countEdgesByFile(delta: string): string {
  return `LOAD FROM ${pathLiteral(delta)} WHERE np > nm RETURN f, sum(CASE WHEN nm = 0 THEN 1 ELSE 0 END) AS new, sum(CASE WHEN nm > 0 THEN 1 ELSE 0 END) AS more`;
}

/**
 * Copies the edges of a file that are new, or, of those that are there already, as many as are lacking;
 * or of all as many as the delta has.
 */
export function insertEdges(selected: SelectedEdges, which: 'new' | 'more' | 'counted'): string {
  const { unit, number } = selected;
  const names = ['k0', 'k1', ...unit.properties.map((_, i) => `c${i}`)];
  const list = names.join(', ');
  const rows = selectEdges(selected, list);
  const query =
    which === 'new'
      ? `${rows} AND nm = 0 RETURN ${list}`
      : `${rows}${which === 'more' ? ' AND nm > 0' : ''} AND f = ${number} WITH DISTINCT ${list}, np - nm AS n UNWIND range(1, n) AS u RETURN ${list}`;
  const mappings = names.map((expression, i) => {
    const property = unit.properties[i - 2]?.name;
    return { expression, ...(property !== undefined && { property }) };
  });
  return copyQuery(
    unit.table,
    query,
    mappings,
    unit.isOneOfPairs && unit.pair ? { pair: unit.pair } : {},
  );
}

/** Counts the rows of a unit's table, `n`, and the sum of their hashes, `s`. */
export function sumStored(unit: Unit): string {
  return `${matchRows(unit)} RETURN count(*) AS n, sum(CAST(${storedHash(unit)} AS INT128)) AS s`;
}

/** Adds a property to a node table. */
export function addProperty(table: string, { name, type, default: value }: Property): string {
  const end = value === undefined ? '' : ` DEFAULT ${value}`;
  return `ALTER TABLE ${identifier(table)} ADD ${identifier(name)} ${type}${end}`;
}

export function dropProperty(table: string, name: string): string {
  return `ALTER TABLE ${identifier(table)} DROP ${identifier(name)}`;
}

/** Copies properties of a node table's rows in a range into others: pairs of names. */
export function copyProperties(
  table: string,
  pairs: readonly (readonly [string, string])[],
  range: Range,
): string {
  const sets = pairs.map(([from, to]) => `n.${identifier(to)} = n.${identifier(from)}`);
  return `MATCH (n:${identifier(table)}) WHERE offset(id(n)) >= ${range.from} AND offset(id(n)) < ${range.to} SET ${sets.join(', ')}`;
}

/** The sum `s` of the hashes of all values of some properties of a node table. */
export function sumProperties(table: string, properties: readonly Property[]): string {
  const values = properties.map(({ name, type }) => ({
    expression: `n.${identifier(name)}`,
    type,
  }));
  return `MATCH (n:${identifier(table)}) RETURN sum(CAST(${rowHash(values)} AS INT128)) AS s`;
}

/** The keys of some nodes of a file that are new, or changed. */
export function exampleNodes(selected: Selected, which: 'new' | 'changed', most: number): string {
  const rows = selectNodes(selected, [], which === 'new' ? 'm = 0' : 'm = 1');
  return `${rows} RETURN ${shownKeys(selected.unit)} LIMIT ${most}`;
}

/** The keys of some edges of a file that come. */
export function exampleEdges(selected: SelectedEdges, most: number): string {
  return `${selectEdges(selected, 'k0, k1')} RETURN ${shownKeys(selected.unit)} LIMIT ${most}`;
}

/** The keys of some nodes or edges that go. */
export function exampleGone(unit: Unit, gone: string, most: number): string {
  const [variables, row, column] =
    unit.kind === 'node' ? [['n'], 'n', 'g'] : [['a', 'b'], 'r', 'd'];
  const columns = unit.keys.map(
    ({ property }, i) => `${variables[i] ?? ''}.${identifier(property)} AS k${i}`,
  );
  return `${matchRows(unit)} WITH ${columns.join(', ')}, offset(id(${row})) AS y LOAD FROM ${pathLiteral(gone)} WHERE ${column} = y RETURN ${shownKeys(unit)} LIMIT ${most}`;
}
