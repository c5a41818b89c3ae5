/**
 * Queries for what differs between the files of a dataset and the tables of a database. Both sides are
 * written as files of hashes, a row each, and the engine groups them: of 1.2 million edges in 0.7 s,
 * where a join of the two takes minutes (a hash join wants a plain column on the side that is read last,
 * so that files and tables come first, and what is to be found in them last).
 *
 * What is written of a join is made DISTINCT: without, both engines (Kuzu 0.11.3, Ladybug 0.19.1) write
 * files of which one row in many can be read.
 *
 * Columns: `k` the hash of a node's key, `h` of a whole edge; `np` and `nm` of a whole node, in the files
 * and in the table, or how many edges there are with one hash; `p` and `m` how many rows; `o` a row's
 * offset in its table, `f` the number of its file, `v` the hash of the value that bounds deletions.
 */
import { nodesOf } from './rows.js';
import { copyTo } from './statements.js';
import { filesIn, identifier, pathLiteral } from './text.js';
import {
  fileHash,
  fileRows,
  hasKeys,
  matchRows,
  shownKeys,
  storedHash,
  type Unit,
  type UnitFile,
  type UnitKey,
} from './unit.js';

/** What bounds deletions: the property whose value counts, of the row or of the node that an edge leaves. */
export type Bound = string | undefined;

const NO_HASH = 'CAST(NULL AS UINT64)';
const NO_NUMBER = 'CAST(NULL AS INT64)';
/** Another expression of the same type: of two columns with one the engines write the same twice. */
const NO_VALUE = 'CAST(CAST(NULL AS INT64) AS UINT64)';

/** Of a key of text it must not be the expression of the key's own hash: see {@link NO_VALUE}. */
function boundOf(variable: string, property: string): string {
  const value = `${variable}.${identifier(property)}`;
  return `CASE WHEN ${value} IS NULL THEN ${NO_HASH} ELSE hash(CAST(${value} AS STRING)) END`;
}

/** The rows of a file that have keys, as one side. */
export function writeFileSide(unit: Unit, file: UnitFile, number: number, path: string): string {
  const columns =
    unit.kind === 'node'
      ? `hash(k0) AS k, ${fileHash(unit)} AS hp, ${NO_HASH} AS hm, ${NO_NUMBER} AS o, CAST(${number} AS INT64) AS f, ${NO_VALUE} AS v`
      : `${fileHash(unit)} AS h, ${NO_NUMBER} AS d${numbered(unit, number)}`;
  return copyTo(`${fileRows(file)} WHERE ${hasKeys(unit)} RETURN ${columns}`, path);
}

/** Which file an edge is of; of a single one nobody needs to write that down. */
function numbered({ files }: Unit, number: number): string {
  return files.length > 1 ? `, CAST(${number} AS INT64) AS f` : '';
}

/** The rows of a table, as the other. */
export function writeStoredSide(unit: Unit, bound: Bound, path: string): string {
  const [key] = unit.keys;
  const v = bound === undefined ? NO_VALUE : boundOf('n', bound);
  const columns =
    unit.kind === 'node'
      ? `hash(n.${identifier(key?.property ?? '')}) AS k, ${NO_HASH} AS hp, ${storedHash(unit)} AS hm, offset(id(n)) AS o, CAST(-1 AS INT64) AS f, ${v} AS v`
      : `${storedHash(unit)} AS h, offset(id(r)) AS d${numbered(unit, -1)}`;
  return copyTo(`${matchRows(unit)} RETURN ${columns}`, path);
}

/** Where edges are: `d` the offset of one, `z` its hash, `x` and `y` those of its nodes. */
export function writePlaces(unit: Unit, bound: Bound, path: string): string {
  const v = bound === undefined ? NO_HASH : boundOf('a', bound);
  return copyTo(
    `${matchRows(unit)} RETURN offset(id(r)) AS d, ${storedHash(unit)} AS z, offset(id(a)) AS x, offset(id(b)) AS y, ${v} AS w`,
    path,
  );
}

/** The keys of nodes that differ; with what only the table has, where that matters. */
export function writeNodeDelta(sides: string, isDeleting: boolean, path: string): string {
  const wanted = isDeleting ? '' : ' AND p > 0';
  return copyTo(
    `LOAD FROM ${filesIn(sides)} WITH k AS k, count(hp) AS p, count(hm) AS m, max(hp) AS np, max(hm) AS nm, max(o) AS o, max(f) AS f, max(v) AS v WHERE NOT (p = 1 AND m = 1 AND np = nm)${wanted} RETURN k, p, m, np, nm, o, f, v`,
    path,
  );
}

/** The edges of which one side has more: `d` is the offset of one of the table's. */
export function writeEdgeDelta(
  { files }: Unit,
  sides: string,
  isDeleting: boolean,
  path: string,
): string {
  const wanted = isDeleting ? 'np <> nm' : 'np > nm';
  const f = files.length > 1 ? 'max(f)' : 'CAST(0 AS INT64)';
  return copyTo(
    `LOAD FROM ${filesIn(sides)} WITH h AS h, count(*) AS n, count(d) AS nm, max(d) AS d, ${f} AS f WITH h, n - nm AS np, nm, f, d WHERE ${wanted} RETURN h, np, nm, f, d`,
    path,
  );
}

/** How many rows a file has, and the sum `s` of a column of hashes. */
export function countHashes(path: string, column: string): string {
  return `LOAD FROM ${pathLiteral(path)} RETURN count(*) AS n, sum(CAST(${column} AS INT128)) AS s`;
}

/** Counts the nodes of a delta: new, changed, gone, and keys that several rows have. */
export function countNodeDelta(delta: string): string {
  return `LOAD FROM ${filesIn(delta)} RETURN ${[
    sumWhere('p = 1 AND m = 0', '1', 'inserted'),
    sumWhere('p = 1 AND m = 1 AND np <> nm', '1', 'updated'),
    sumWhere('p > 1', '1', 'doubled'),
    sumWhere('p = 1 AND m = 0', 'CAST(np AS INT128)', 'sum_inserted'),
    sumWhere('p = 1 AND m = 1', 'CAST(np AS INT128) - CAST(nm AS INT128)', 'sum_updated'),
  ].join(', ')}`;
}

/** Counts the edges of a delta. */
export function countEdgeDelta(delta: string): string {
  const more = 'CASE WHEN np > nm THEN np - nm ELSE 0 END';
  return `LOAD FROM ${pathLiteral(delta)} RETURN sum(${more}) AS inserted, ${[
    sumWhere('np > nm', 'np', 'candidates'),
    sumWhere('nm > np AND (np > 0 OR nm > 1)', '1', 'several'),
    sumWhere('np > nm', '(np - nm) * CAST(h AS INT128)', 'sum_inserted'),
  ].join(', ')}`;
}

function sumWhere(condition: string, value: string, name: string): string {
  return `sum(CASE WHEN ${condition} THEN ${value} ELSE 0 END) AS ${name}`;
}

/** The values that bound deletions, of one file: `s`. */
export function writeBounds(source: string, expression: string, path: string): string {
  return copyTo(
    `${source} WITH DISTINCT CAST(${expression} AS STRING) AS t WHERE t IS NOT NULL RETURN hash(t) AS s`,
    path,
  );
}

/** The nodes that go: `g` the offset of each, `k` the hash of its key, `nm` of it whole. */
export function writeGone(delta: string, bounds: string | undefined, path: string): string {
  const missing = `LOAD FROM ${filesIn(delta)} WHERE p = 0`;
  const columns = 'g, q AS k, e AS nm';
  if (bounds === undefined) return copyTo(`${missing} RETURN o AS g, k, nm`, path);
  return copyTo(
    `${missing} WITH k AS q, o AS g, nm AS e, v AS t LOAD FROM ${filesIn(bounds)} WHERE s = t RETURN DISTINCT ${columns}`,
    path,
  );
}

/** The keys of a node table: `k`, and `g` that it holds them. */
export function writeStoredKeys({ table, property }: UnitKey, path: string): string {
  return copyTo(
    `MATCH ${nodesOf(table, 'n')} RETURN hash(n.${identifier(property)}) AS k, CAST(0 AS INT64) AS g`,
    path,
  );
}

/** Those that come with a delta. */
export function writeNewKeys(delta: string, path: string): string {
  return copyTo(
    `LOAD FROM ${filesIn(delta)} WHERE p >= 1 AND m = 0 RETURN k, CAST(0 AS INT64) AS g`,
    path,
  );
}

/** Those that go. */
export function writeGoneKeys(gone: string, path: string): string {
  return copyTo(`LOAD FROM ${pathLiteral(gone)} RETURN k, CAST(1 AS INT64) AS g`, path);
}

/** Those of a directory's files that do not go. */
export function writeKeptKeys(keys: string, path: string): string {
  return copyTo(
    `LOAD FROM ${filesIn(keys)} WITH k AS k, max(g) AS g WHERE g = 0 RETURN k, CAST(0 AS INT64) AS g`,
    path,
  );
}

/** Edges of a file whose nodes are looked for. */
export interface Candidates {
  unit: Unit;
  file: UnitFile;
  /** Those of a delta that come new; all, where nodes go. */
  delta: string | undefined;
  /** Directories with the keys that the nodes on both sides will have. */
  keys: readonly [string, string];
}

function candidates({ unit, file, delta }: Candidates): string {
  const rows = `${fileRows(file)} WHERE ${hasKeys(unit)} WITH hash(k0) AS x, hash(k1) AS y, ${fileHash(unit)} AS z`;
  if (delta === undefined) return rows;
  return `${rows} LOAD FROM ${pathLiteral(delta)} WHERE h = z AND np > nm WITH x, y, z`;
}

function connected(of: Candidates): string {
  const [from, to] = of.keys.map(filesIn);
  return `${candidates(of)} LOAD FROM ${from ?? ''} WHERE k = x WITH y, z LOAD FROM ${to ?? ''} WHERE k = y`;
}

/** Counts the edges whose nodes will be there: `n`. */
export function countConnected(of: Candidates): string {
  return `${connected(of)} RETURN count(*) AS n`;
}

/** How many candidates there are of each hash, `t`, and how many whose nodes will be there, `u`. */
export function writeCandidates(of: Candidates, all: string, found: string): string[] {
  const zero = 'CAST(0 AS INT64)';
  return [
    copyTo(`${candidates(of)} WITH z AS h, count(*) AS t RETURN h, t, ${zero} AS u`, all),
    copyTo(`${connected(of)} WITH z AS h, count(*) AS u RETURN h, ${zero} AS t, u`, found),
  ];
}

/** The hashes of edges without a node, and how many rows have each, `t`. */
export function writeUnconnected(marked: string, path: string): string {
  return copyTo(
    `LOAD FROM ${filesIn(marked)} WITH h AS h, CAST(sum(t) AS INT64) AS t, CAST(sum(u) AS INT64) AS u WHERE t > u RETURN h, t`,
    path,
  );
}

/** The rows of a file whose hashes are among some, with their keys. */
export function rowsAmong(unit: Unit, file: UnitFile, hashes: string): string {
  const names = unit.keys.map((_, i) => `k${i}`).join(', ');
  return `${fileRows(file)} WHERE ${hasKeys(unit)} WITH ${names}, ${fileHash(unit)} AS z LOAD FROM ${pathLiteral(hashes)} WHERE h = z RETURN ${shownKeys(unit)}, 1 AS n`;
}

/**
 * Writes a delta, and edges that it is to lose with how many rows have each, `t`, as files of one kind,
 * which a query can group.
 *
 * @param left - Those edges, as a literal.
 */
export function writeMarked(delta: string, left: string, directory: string): string[] {
  return [
    copyTo(
      `LOAD FROM ${pathLiteral(delta)} RETURN h, np, nm, f, d, ${NO_NUMBER} AS t`,
      `${directory}/delta.parquet`,
    ),
    copyTo(
      `LOAD FROM ${left} RETURN h, ${NO_NUMBER} AS np, ${NO_NUMBER} + 0 AS nm, ${NO_NUMBER} + 1 AS f, ${NO_NUMBER} + 2 AS d, t`,
      `${directory}/left.parquet`,
    ),
  ];
}

/** A delta without edges that are not to be loaded, and with those that the table has of them. */
export function writeWithout(
  delta: string,
  left: string,
  directory: string,
  path: string,
): string[] {
  return [
    ...writeMarked(delta, pathLiteral(left), directory),
    copyTo(
      `LOAD FROM ${filesIn(directory)} WITH h AS h, max(np) AS a, max(nm) AS b, max(f) AS f, max(d) AS d, max(t) AS t WITH h, CASE WHEN t IS NULL THEN a ELSE 0 END AS np, CASE WHEN b IS NULL THEN t ELSE b END AS nm, f, d WHERE np <> nm RETURN h, np, nm, f, d`,
      path,
    ),
  ];
}

/** Which edges go, as `d` and `z`: those of which the table has one, and the files none. */
export function writeSingle(delta: string, path: string): string {
  return copyTo(
    `LOAD FROM ${pathLiteral(delta)} WHERE nm = 1 AND np = 0 AND d IS NOT NULL RETURN d, h AS z`,
    path,
  );
}

/**
 * The same of edges that there are several of.
 *
 * @param stored - The table's side of the comparison.
 */
export function writeSeveral(stored: string, delta: string, path: string): string {
  return copyTo(
    `LOAD FROM ${pathLiteral(stored)} WITH h AS z, d AS e LOAD FROM ${pathLiteral(delta)} WHERE h = z AND nm > np AND (nm > 1 OR d IS NULL) WITH z, nm - np AS n, list_sort(collect(e)) AS ds UNWIND list_slice(ds, 1, n) AS d RETURN DISTINCT d, z`,
    path,
  );
}

/** Those edges among some that leave nodes with a value that bounds deletions. */
export function writeBounded(places: string, among: string, bounds: string, path: string): string {
  return copyTo(
    `LOAD FROM ${pathLiteral(places)} WITH d AS e, z AS q, w LOAD FROM ${filesIn(bounds)} WHERE s = w WITH e, q LOAD FROM ${filesIn(among)} WHERE d = e RETURN DISTINCT d, q AS z`,
    path,
  );
}

/** Those that go with a node of one side. */
export function writeTaken(places: string, gone: string, side: 'x' | 'y', path: string): string {
  return copyTo(
    `LOAD FROM ${pathLiteral(places)} WITH d, z, ${side} AS t LOAD FROM ${pathLiteral(gone)} WHERE g = t RETURN DISTINCT d, z`,
    path,
  );
}

/** Edges that are named for several reasons, once. */
export function writeDistinct(directory: string, path: string): string {
  return copyTo(`LOAD FROM ${filesIn(directory)} RETURN DISTINCT d, z`, path);
}

/** The keys of rows that several rows of a file share, how many do, `n`, and the hash `y`. */
export function doubledKeys(unit: Unit, file: UnitFile, delta: string): string {
  return `${fileRows(file, [])} WHERE k0 IS NOT NULL WITH k0, count(*) AS n WITH k0, n, hash(k0) AS y LOAD FROM ${pathLiteral(delta)} WHERE k = y AND p > 1 WITH k0, n, y RETURN ${shownKeys(unit)}, n`;
}

/** Of the rows of a file with one key the first, where several have it; by one thread. */
export function writeFirsts(
  unit: Unit,
  file: UnitFile,
  number: number,
  delta: string,
  path: string,
): string {
  return copyTo(
    `${fileRows(file)} WHERE k0 IS NOT NULL WITH hash(k0) AS y, ${fileHash(unit)} AS z LOAD FROM ${pathLiteral(delta)} WHERE k = y AND p > 1 WITH y, collect(z) AS zs RETURN y AS k, zs[1] AS z, CAST(${number} AS INT64) AS f`,
    path,
  );
}

/** The delta of the keys that several rows have, as if only the first of all had them. */
export function writeFirstDelta(
  firsts: string,
  chosen: string,
  delta: string,
  path: string,
): string[] {
  return [
    copyTo(`LOAD FROM ${filesIn(firsts)} WITH k AS k, min(f) AS j RETURN k, j`, chosen),
    copyTo(
      `LOAD FROM ${filesIn(firsts)} WITH k AS y, z, f AS i LOAD FROM ${pathLiteral(chosen)} WHERE k = y AND j = i WITH y, z, i LOAD FROM ${pathLiteral(delta)} WHERE k = y AND p > 1 AND NOT (m = 1 AND nm = z) RETURN DISTINCT k, CAST(1 AS INT64) AS p, m, z AS np, nm, o, i AS f, v`,
      path,
    ),
  ];
}

/** A delta without the keys that several rows have. */
export function writeUndoubled(delta: string, path: string): string {
  return copyTo(
    `LOAD FROM ${pathLiteral(delta)} WHERE p < 2 RETURN k, p, m, np, nm, o, f, v`,
    path,
  );
}

/** The keys of the rows of a file that lack one. */
export function rowsWithoutKeys(unit: Unit, file: UnitFile): string {
  return `${fileRows(file, [])} WHERE NOT (${hasKeys(unit)}) RETURN ${shownKeys(unit)}`;
}

/** No keys at all. */
export function writeNoKeys(path: string): string {
  return copyTo(
    'UNWIND [1] AS x WITH x WHERE x > 1 RETURN CAST(x AS UINT64) AS k, CAST(0 AS INT64) AS g',
    path,
  );
}

/** How many nodes of each file `f` come new, `inserted`, and are changed, `updated`. */
export function countByFile(delta: string): string {
  return `LOAD FROM ${pathLiteral(delta)} WHERE p = 1 RETURN f, ${sumWhere('m = 0', '1', 'inserted')}, ${sumWhere('m = 1', '1', 'updated')} ORDER BY f`;
}
