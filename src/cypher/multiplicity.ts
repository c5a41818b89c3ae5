/** Queries for edges beyond the one that a node may have, and sources that leave them out. */
import { nodeWith, showKeys } from './badrows.js';
import { cast, type FileRows, hashOf, type KeyColumn } from './rows.js';
import { filesIn, identifier } from './text.js';

/** Hashes as the engines print them: JavaScript's numbers are too short. */
export type Hash = string;

function asText(expression: string): string {
  return `CAST(${expression} AS STRING)`;
}

/** The hashes `h` of those keys of a column that several rows have. */
export function repeatedKeys(source: string, key: KeyColumn): string {
  return `${source} WITH ${cast(key)} AS k, count(*) AS n WHERE k IS NOT NULL AND n > 1 RETURN ${asText(hashOf(['k']))} AS h`;
}

/** The hashes `h` of the keys of a column, for a file; {@link repeatedHashes} looks at many such. */
export function keyHashes(source: string, key: KeyColumn): string {
  return `${source} WITH ${cast(key)} AS k WHERE k IS NOT NULL RETURN ${hashOf(['k'])} AS h`;
}

/** The hashes that the files of a directory have more than once. */
export function repeatedHashes(directory: string): string {
  return `LOAD FROM ${filesIn(directory)} WITH h, count(*) AS n WHERE n > 1 RETURN ${asText('h')} AS h`;
}

/**
 * Of the nodes that a column of a file names, those that have an edge of the table to or from the
 * other node table: the hash `h` of the key, and the offset `o`.
 */
export function nodesWithEdge(
  { source, keys: [from, to] }: FileRows,
  table: string,
  side: 'from' | 'to',
): string {
  if (!from || !to) throw new Error('a rel table without endpoints');
  const [key, a, b] =
    side === 'from'
      ? [from, nodeWith(from, 'n', 'k'), `(:${identifier(to.table)})`]
      : [to, `(:${identifier(from.table)})`, nodeWith(to, 'n', 'k')];
  return `${source} WITH DISTINCT ${cast(key)} AS k MATCH ${a}-[:${identifier(table)}]->${b} RETURN DISTINCT ${asText(hashOf(['k']))} AS h, offset(id(n)) AS o`;
}

/**
 * Those edges of a file, between nodes that are there, of which a key on a side is among some: with one
 * thread in the order of the file. The keys are key0 and key1, the nodes' offsets a and b; `h` is the
 * hash of both keys.
 *
 * @param some - Side (0: from, 1: to) → the hashes of its keys.
 */
export function edgesAmong(rows: FileRows, some: ReadonlyMap<0 | 1, readonly Hash[]>): string {
  const isAmong = [...some].map(([side, hashes]) => isOneOf(hashOf([`k${side}`]), hashes));
  return `${withNodes(rows, isAmong.join(' OR '))} WHERE a IS NOT NULL AND b IS NOT NULL RETURN ${showKeys(rows.keys)}, a, b, ${PAIR_HASH} AS h`;
}

/** The hashes `h` of the edges of a file with an endpoint that no node has. */
export function unconnectedEdges(rows: FileRows): string {
  return `${withNodes(rows, 'k0 IS NOT NULL AND k1 IS NOT NULL')} WHERE a IS NULL OR b IS NULL RETURN DISTINCT ${PAIR_HASH} AS h`;
}

const PAIR_HASH = asText(hashOf(['k0', 'k1']));

/** The edges of a file that a condition is true for: the keys k0 and k1, the offsets of their nodes. */
function withNodes({ source, keys: [from, to] }: FileRows, condition: string): string {
  if (!from || !to) throw new Error('a rel table without endpoints');
  return `${source} WITH ${cast(from)} AS k0, ${cast(to)} AS k1 WHERE ${condition} OPTIONAL MATCH ${nodeWith(from, 'a', 'k0')} OPTIONAL MATCH ${nodeWith(to, 'b', 'k1')} WITH k0, k1, offset(id(a)) AS a, offset(id(b)) AS b`;
}

/** Which rows of a file are not loaded: of those with the same endpoints all, or all but the first. */
export interface LeftOut {
  all: readonly Hash[];
  butFirst: readonly Hash[];
}

/**
 * The query that a COPY takes its rows from, without those that have no endpoint and those that are
 * left out. There is no number of a row to tell it by; of edges between the same nodes the first is the
 * first of a list, and that is the first of the file only with one thread.
 *
 * @param and - `WHERE`, or `AND` where the source has a condition.
 */
export function withoutEdges(
  { source, keys, mappings }: FileRows,
  { all, butFirst }: LeftOut,
  and: 'WHERE' | 'AND',
): string {
  const [k0 = '', k1 = ''] = keys.map(cast);
  const hash = hashOf([k0, k1]);
  const values = mappings.map(({ expression }, i) => `${expression} AS c${i}`).join(', ');
  const others = `${source} ${and} ${k0} IS NOT NULL AND ${k1} IS NOT NULL AND NOT ${isOneOf(hash, [...all, ...butFirst])} RETURN ${values}`;
  if (butFirst.length === 0) return others;
  const fields = mappings.map(({ expression }, i) => `c${i}: ${expression}`).join(', ');
  const first = mappings.map((_, i) => `r.c${i} AS c${i}`).join(', ');
  return `${others} UNION ALL ${source} ${and} ${isOneOf(hash, butFirst)} WITH ${k0} AS k0, ${k1} AS k1, collect({${fields}})[1] AS r RETURN ${first}`;
}

/**
 * Whether a hash is one of many. The engines look a list through from its beginning, so these are short
 * ones, and the hash says in which it is: a million rows against 200,000 hashes take a second.
 */
function isOneOf(hash: string, hashes: readonly Hash[]): string {
  const count = Math.max(1, hashes.length);
  const lists: Hash[][] = Array.from({ length: count }, () => []);
  for (const one of hashes) lists[Number(BigInt(one) % BigInt(count))]?.push(one);
  const text = `[${lists.map((list) => `[${list.join(',')}]`).join(',')}]`;
  return `list_contains(CAST('${text}' AS UINT64[][])[CAST(${hash} % ${count} AS INT64) + 1], ${hash})`;
}
