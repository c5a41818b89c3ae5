/**
 * Rows that can't be loaded: without a key, with a key that is there already, or with an endpoint
 * that no node has. The engine finds them itself; a COPY that fails names one at best.
 */
import { identifier } from '../cypher/statements.js';
import type { Row, Steps } from '../engine/drive.js';
import { formatCount, plural } from '../format.js';
import { describeValue } from '../json.js';
import type { KeyColumn } from '../plan/columns.js';
import type { PlannedCopy } from '../plan/plan.js';
import type { BadRow, BadRowReason, BadRows, Connection, ErrorCode, Problem } from '../types.js';

/** Keys that messages and reports show. */
const EXAMPLES = 5;

/**
 * Looks for the rows of a file that its table would not take, the node tables being as they are
 * now; reads the key columns alone.
 *
 * @param held - Rows of the table with smaller offsets are not the dataset's.
 * @param onBadRow - Is handed every such row.
 */
export function* findBadRows(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  held: number,
  onBadRow?: (row: BadRow) => void,
): Steps<BadRows[]> {
  if (copy.keys.length === 0) return []; // The engine makes the keys itself.
  if (copy.keys.length === 2 && (yield* hasAllEndpoints(connection, copy))) return [];
  const scan = copy.keys.length === 1 ? nodeScan(copy, held) : edgeScan(copy);
  const sums = scan.reasons.map(
    ({ reason, condition, rows }) =>
      `sum(CASE WHEN ${condition} THEN ${rows} ELSE 0 END) AS ${reason}`,
  );
  const [counts = {}] = yield { connection, cypher: `${scan.match} RETURN ${sums.join(', ')}` };
  const found: BadRows[] = [];
  for (const { reason, condition, rows } of scan.reasons) {
    const count = Number(counts[reason] ?? 0);
    if (count === 0) continue;
    const list = `${scan.match} WITH * WHERE ${condition} RETURN ${scan.columns}, ${rows} AS n`;
    const examples = yield { connection, cypher: `${list} ORDER BY key0 LIMIT ${EXAMPLES}` };
    const keysOf = (row: Row): unknown[] =>
      copy.keys.map(({ type }, i) => toKey(row[`key${i}`], type));
    found.push({
      table,
      file: copy.file,
      reason,
      rows: count,
      examples: reason === 'null_key' ? [] : examples.map((row) => describeKeys(keysOf(row))),
    });
    if (!onBadRow) continue;
    yield {
      connection,
      cypher: list,
      onRow: (row) => {
        const [first, second] = keysOf(row);
        const keys = copy.keys.length === 1 ? { key: first } : { from: first, to: second };
        for (let i = 0; i < Number(row['n']); i += 1)
          onBadRow({ table, file: copy.file, reason, ...keys });
      },
    };
  }
  return found;
}

/** Whether every row's endpoints are nodes; costs half of the search for those that are not. */
function* hasAllEndpoints(
  connection: Connection,
  { source, rows, keys }: PlannedCopy,
): Steps<boolean> {
  for (const key of keys) {
    const [counted] = yield {
      connection,
      cypher: `${source} WITH ${castKey(key)} AS k MATCH ${nodeWith(key, 'n', 'k')} RETURN count(*) AS n`,
    };
    if (Number(counted?.['n']) !== rows) return false;
  }
  return true;
}

/** A bad row's keys are key0 and, of an edge, key1; `n` rows of the file share a line of the result. */
interface Scan {
  match: string;
  columns: string;
  reasons: { reason: BadRowReason; condition: string; rows: string }[];
}

/** One line a key, with the number of rows that have it, and the node that has it already. */
function nodeScan({ source, keys: [key] }: PlannedCopy, held: number): Scan {
  if (!key) throw new Error('a node table without a key');
  return {
    match: `${source} WITH ${castKey(key)} AS k0, count(*) AS n OPTIONAL MATCH ${nodeWith(key, 'o', 'k0')} WITH k0, n, offset(id(o)) AS o`,
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

/** Of these types both engines hand out less than they hold: dates as moments, digits rounded. */
const INEXACT = /^(DATE|TIMESTAMP|DECIMAL|U?INT64|BLOB)/i;

/** A key as a column of its own, as text where its value would not be exact. */
function showKey({ type }: KeyColumn, i: number): string {
  return INEXACT.test(type) ? `CAST(k${i} AS STRING) AS key${i}` : `k${i} AS key${i}`;
}

function toKey(value: unknown, type: string): unknown {
  if (typeof value !== 'string' || !/^U?INT64$/i.test(type)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

/** One line a row, with the nodes that it connects. */
function edgeScan({ source, keys: [from, to] }: PlannedCopy): Scan {
  if (!from || !to) throw new Error('a rel table without endpoints');
  const hasNull = 'k0 IS NULL OR k1 IS NULL';
  return {
    match: `${source} WITH ${castKey(from)} AS k0, ${castKey(to)} AS k1 OPTIONAL MATCH ${nodeWith(from, 'a', 'k0')} OPTIONAL MATCH ${nodeWith(to, 'b', 'k1')} WITH k0, k1, a.${identifier(from.property)} AS a, b.${identifier(to.property)} AS b`,
    columns: `${showKey(from, 0)}, ${showKey(to, 1)}`,
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

/**
 * How many of the pairs of nodes that a file connects are connected by its table already, and of how
 * many pairs that the file has; the latter are counted only if there is something to say.
 */
export function* countRepeatedPairs(
  connection: Connection,
  table: string,
  { source, keys: [from, to] }: PlannedCopy,
): Steps<{ repeated: number; pairs: number }> {
  if (!from || !to) throw new Error('a rel table without endpoints');
  const pairs = `${source} WITH DISTINCT ${castKey(from)} AS k0, ${castKey(to)} AS k1`;
  const repeated = yield {
    connection,
    cypher: `${pairs} MATCH ${nodeWith(from, 'a', 'k0')}-[:${identifier(table)}]->${nodeWith(to, 'b', 'k1')} WITH DISTINCT k0, k1 RETURN count(*) AS n`,
  };
  const found = Number(repeated[0]?.['n']);
  if (found === 0) return { repeated: 0, pairs: 0 };
  const all = yield { connection, cypher: `${pairs} RETURN count(*) AS n` };
  return { repeated: found, pairs: Number(all[0]?.['n']) };
}

function castKey({ expression, type }: KeyColumn): string {
  return `CAST(${expression} AS ${type})`;
}

function nodeWith({ table, property }: KeyColumn, variable: string, value: string): string {
  return `(${variable}:${identifier(table)} {${identifier(property)}: ${value}})`;
}

function describeKeys(keys: readonly unknown[]): string {
  return keys.map(describeValue).join(' → ');
}

const CODES: Record<BadRowReason, ErrorCode> = {
  null_key: 'NULL_KEY',
  duplicate_key: 'DUPLICATE_KEY',
  existing_key: 'EXISTING_KEY',
  null_endpoint: 'NULL_ENDPOINT',
  missing_endpoint: 'MISSING_ENDPOINT',
};

/** Whether an error is about bad rows, and so not about the file as a whole. */
export function isBadRowsCode(code: ErrorCode): boolean {
  return Object.values(CODES).includes(code);
}

/** The bad rows as the error of the table that they kept from loading. */
export function badRowsProblem({ table, file, reason, rows, examples }: BadRows): Problem {
  const what: Record<BadRowReason, string> = {
    null_key: 'without a key',
    duplicate_key: 'with the key of an earlier row',
    existing_key: `with a key that ${table} has already`,
    null_endpoint: 'without an endpoint',
    missing_endpoint: 'with an endpoint that no node has',
  };
  const more = rows > examples.length && examples.length > 0 ? ', …' : '';
  const list = examples.length > 0 ? `: ${examples.join(', ')}${more}` : '';
  return {
    code: CODES[reason],
    table,
    file,
    message: `${table} failed: ${file} has ${plural(rows, 'row')} ${what[reason]}${list}`,
    hint: 'mend the file, or leave such rows out with --skip-bad-rows',
  };
}

/** Skipped rows in words: `3 duplicate_key, 1 null_key`. */
export function summarizeBadRows(badRows: readonly BadRows[]): string {
  return badRows.map(({ reason, rows }) => `${formatCount(rows)} ${reason}`).join(', ');
}
