/**
 * Rows that can't be loaded: without a key, with a key that is there already, or with an endpoint
 * that no node has. The engine finds them itself; a COPY that fails names one at best.
 */
import {
  countBadRows,
  countKnownKeys,
  countPairs,
  edgeScan,
  listBadRows,
  nodeScan,
} from '../cypher/badrows.js';
import type { Row, Steps } from '../engine/drive.js';
import { formatCount, plural } from '../format.js';
import { describeValue, plainValue } from '../json.js';
import type { PlannedCopy } from '../plan/plan.js';
import type { BadRow, BadRowReason, BadRows, Connection, ErrorCode, Problem } from '../types.js';

/** Keys that messages and reports show. */
export const EXAMPLES = 5;

/** With the examples as messages show them: text in quotes, so that none looks like a number or NULL. */
export interface FoundBadRows extends BadRows {
  quoted: string[];
}

/** The first few bad rows, both ways. */
export function describeExamples(
  keys: readonly (readonly unknown[])[],
): Pick<FoundBadRows, 'examples' | 'quoted'> {
  return {
    examples: keys.map((values) => values.map(plainValue).join(' → ')),
    quoted: keys.map((values) => values.map(describeValue).join(' → ')),
  };
}

/** As the report has it. */
export function withoutQuoted({ table, file, reason, rows, examples }: FoundBadRows): BadRows {
  return { table, file, reason, rows, examples };
}

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
): Steps<FoundBadRows[]> {
  if (copy.keys.length === 0) return []; // The engine makes the keys itself.
  if (copy.keys.length === 2 && (yield* hasAllEndpoints(connection, copy))) return [];
  const scan = copy.keys.length === 1 ? nodeScan(copy, held) : edgeScan(copy);
  const [counts = {}] = yield { connection, cypher: countBadRows(scan) };
  const found: FoundBadRows[] = [];
  for (const why of scan.reasons) {
    const { reason } = why;
    const count = Number(counts[reason] ?? 0);
    if (count === 0) continue;
    const examples = yield { connection, cypher: listBadRows(scan, why, EXAMPLES) };
    const keysOf = (row: Row): unknown[] =>
      copy.keys.map(({ type }, i) => toKey(row[`key${i}`], type));
    found.push({
      table,
      file: copy.file,
      reason,
      rows: count,
      ...describeExamples(reason === 'null_key' ? [] : examples.map(keysOf)),
    });
    if (!onBadRow) continue;
    yield {
      connection,
      cypher: listBadRows(scan, why),
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
      cypher: countKnownKeys(source, key),
    };
    if (Number(counted?.['n']) !== rows) return false;
  }
  return true;
}

export function toKey(value: unknown, type: string): unknown {
  if (typeof value !== 'string' || !/^U?INT64$/i.test(type)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
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
  const cypher = countPairs(source, [from, to], table);
  const [repeated] = yield { connection, cypher };
  const found = Number(repeated?.['n']);
  if (found === 0) return { repeated: 0, pairs: 0 };
  const [all] = yield { connection, cypher: countPairs(source, [from, to]) };
  return { repeated: found, pairs: Number(all?.['n']) };
}

const CODES: Record<BadRowReason, ErrorCode> = {
  null_key: 'NULL_KEY',
  duplicate_key: 'DUPLICATE_KEY',
  existing_key: 'EXISTING_KEY',
  null_endpoint: 'NULL_ENDPOINT',
  missing_endpoint: 'MISSING_ENDPOINT',
  multiplicity: 'MULTIPLICITY',
};

/** Whether an error is about bad rows, and so not about the file as a whole. */
export function isBadRowsCode(code: ErrorCode): boolean {
  return Object.values(CODES).includes(code);
}

/** The bad rows as the error of the table that they kept from loading. */
export function badRowsProblem({ table, file, reason, rows, quoted }: FoundBadRows): Problem {
  const what: Record<BadRowReason, string> = {
    null_key: 'without a key',
    duplicate_key: 'with the key of an earlier row',
    existing_key: `with a key that ${table} has already`,
    null_endpoint: 'without an endpoint',
    missing_endpoint: 'with an endpoint that no node has',
    multiplicity: 'with a node that has its one edge already',
  };
  const more = rows > quoted.length && quoted.length > 0 ? ', …' : '';
  const list = quoted.length > 0 ? `: ${quoted.join(', ')}${more}` : '';
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
