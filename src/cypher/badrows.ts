/** Queries for rows that their table would not take. */
import type { BadRowReason } from '../types.js';
import { cast, type FileRows, type KeyColumn, printed } from './rows.js';
import { identifier } from './text.js';

export function nodeWith({ table, property }: KeyColumn, variable: string, value: string): string {
  return `(${variable}:${identifier(table)} {${identifier(property)}: ${value}})`;
}

/** Of these types both engines hand out less than they hold: dates as moments, digits rounded. */
const INEXACT = /^(DATE|TIMESTAMP|DECIMAL|U?INT64|BLOB)/i;

/** A key as a column of its own, as text where its value would not be exact. */
function showKey({ type }: KeyColumn, i: number): string {
  return INEXACT.test(type) ? `${printed(`k${i}`, type)} AS key${i}` : `k${i} AS key${i}`;
}

/** Both keys of an edge: {@link showKey}. */
export function showKeys(keys: readonly KeyColumn[]): string {
  return keys.map(showKey).join(', ');
}

/** A bad row's keys are key0 and, of an edge, key1; `n` rows of the file share a line of the result. */
export interface Scan {
  match: string;
  columns: string;
  reasons: { reason: BadRowReason; condition: string; rows: string }[];
}

/** One line a key, with the number of rows that have it, and the node that has it already. */
export function nodeScan({ source, keys: [key] }: FileRows, held: number): Scan {
  if (!key) throw new Error('a node table without a key');
  return {
    match: `${source} WITH ${cast(key)} AS k0, count(*) AS n OPTIONAL MATCH ${nodeWith(key, 'o', 'k0')} WITH k0, n, offset(id(o)) AS o`,
    columns: showKey(key, 0),
    reasons: [
      { reason: 'null_key', condition: 'k0 IS NULL', rows: 'n' },
      { reason: 'existing_key', condition: `o IS NOT NULL AND o < ${held}`, rows: 'n' },
      {
        reason: 'duplicate_key',
        condition: `k0 IS NOT NULL AND (o IS NULL AND n > 1 OR o >= ${held})`,
        rows: 'CASE WHEN o IS NULL THEN n - 1 ELSE n END',
      },
    ],
  };
}

/** One line a row, with the nodes that it connects. */
export function edgeScan({ source, keys: [from, to] }: FileRows): Scan {
  if (!from || !to) throw new Error('a rel table without endpoints');
  const hasNull = 'k0 IS NULL OR k1 IS NULL';
  return {
    match: `${source} WITH ${cast(from)} AS k0, ${cast(to)} AS k1 OPTIONAL MATCH ${nodeWith(from, 'a', 'k0')} OPTIONAL MATCH ${nodeWith(to, 'b', 'k1')} WITH k0, k1, a.${identifier(from.property)} AS a, b.${identifier(to.property)} AS b`,
    columns: showKeys([from, to]),
    reasons: [
      { reason: 'null_endpoint', condition: hasNull, rows: '1' },
      {
        reason: 'missing_endpoint',
        condition: `NOT (${hasNull}) AND (a IS NULL OR b IS NULL)`,
        rows: '1',
      },
    ],
  };
}

/** Counts the bad rows for each reason. */
export function countBadRows({ match, reasons }: Scan): string {
  const sums = reasons.map(
    ({ reason, condition, rows }) =>
      `sum(CASE WHEN ${condition} THEN ${rows} ELSE 0 END) AS ${reason}`,
  );
  return `${match} RETURN ${sums.join(', ')}`;
}

/** The keys of the rows that are bad for a reason, and how many rows have them, `n`. */
export function listBadRows(
  { match, columns }: Scan,
  { condition, rows }: Scan['reasons'][number],
  most?: number,
): string {
  const end = most === undefined ? '' : ` ORDER BY key0 LIMIT ${most}`;
  return `${match} WITH * WHERE ${condition} RETURN ${columns}, ${rows} AS n${end}`;
}

/** Counts the rows of a file whose key is one of a node table, `n`. */
export function countKnownKeys(source: string, key: KeyColumn): string {
  return `${source} WITH ${cast(key)} AS k MATCH ${nodeWith(key, 'n', 'k')} RETURN count(*) AS n`;
}

/** Counts the different pairs of nodes that a file connects, `n`; with a table, those that it connects. */
export function countPairs(
  source: string,
  [from, to]: readonly [KeyColumn, KeyColumn],
  table?: string,
): string {
  const pairs = `${source} WITH DISTINCT ${cast(from)} AS k0, ${cast(to)} AS k1`;
  if (table === undefined) return `${pairs} RETURN count(*) AS n`;
  const edge = `${nodeWith(from, 'a', 'k0')}-[:${identifier(table)}]->${nodeWith(to, 'b', 'k1')}`;
  return `${pairs} MATCH ${edge} WITH DISTINCT k0, k1 RETURN count(*) AS n`;
}
