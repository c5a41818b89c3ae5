/** Values of all types for tests of updates: as Cypher says them, and as the engine prints them. */
import { openMemory, queryOver } from './helpers.js';

/** A few values of each type, all different, as literals of Cypher. */
export const VALUES: Record<string, readonly string[]> = {
  STRING: [
    "''",
    "'a'",
    '\'ä b, "c"\'',
    "repeat('a long text ', 700)",
    "'a long text of 30 letters'",
  ],
  INT64: ['0', '-1', '7', '9223372036854775807', '-9007199254740993'],
  INT32: ['0', '-1', '2147483647', '12'],
  INT8: ['0', '-1', '127', '12'],
  UINT8: ['0', '255', '12'],
  UINT64: ['0', '18446744073709551615', '12'],
  INT128: ["'0'", "'-170141183460469231731687303715884105727'", "'12'", "'18446744073709551616'"],
  DOUBLE: ['0.5', '-1.25', '0.0', '1024.0'],
  FLOAT: ['0.5', '-1.25', '0.0', '1024.0'],
  BOOL: ['true', 'false'],
  DATE: ["'2020-02-29'", "'1969-12-31'", "'0001-01-01'"],
  TIMESTAMP: ["'2020-01-02 03:04:05.678901'", "'1969-12-31 23:59:59'", "'1970-01-01 00:00:00'"],
  INTERVAL: ["'1 year 2 days'", "'3 hours 4 us'", "'2 months'"],
  UUID: [
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "'f0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "'00000000-0000-0000-0000-000000000001'",
  ],
  BLOB: ["'\\\\xAA\\\\xBB'", "'abc'", "repeat('long blob ', 10)"],
  'DECIMAL(10, 2)': ["'1.25'", "'-7.50'", "'12345678.90'"],
  'INT64[]': ['[1, 2]', '[2, 1]', '[NULL, 1]', '[0, 0, 0]'],
  'STRING[]': [
    "['a']",
    "['b', 'a text that is long enough to be elsewhere']",
    "[NULL, 'c']",
    "['']",
  ],
  'INT64[2]': ['[1, 2]', '[3, 4]', '[0, 0]'],
  'FLOAT[3]': ['[0.5, 1.5, 2.5]', '[1.0, 2.0, 3.0]'],
  'INT64[][]': ['[[1], [2, 3]]', '[[1, 2], [3]]', '[[5]]'],
  'STRUCT(a INT64, b STRING)': [
    "{a: 1, b: 'x'}",
    "{a: 2, b: 'x'}",
    "{a: 1, b: 'another, which is long'}",
  ],
  'STRUCT(a INT64)[]': ['[{a: 1}, {a: 2}]', '[{a: 2}, {a: 1}]', '[{a: 3}]'],
  'MAP(STRING, INT64)': ["map(['k'], [1])", "map(['k', 'l'], [1, 2])", "map(['l', 'k'], [1, 2])"],
};

/** Types of keys. */
export const KEYS: Record<string, (i: number) => string> = {
  STRING: (i) => (i % 7 === 0 ? `'a key that is not short ${i}'` : `'k${i}'`),
  INT64: (i) => String(i * 1000 - 5000),
  INT32: (i) => String(i - 5),
  UINT64: (i) => (i === 3 ? '18446744073709551615' : String(i)),
  UUID: (i) => `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd38${String(i).padStart(4, '0')}'`,
  DATE: (i) => `'20${String(10 + i).slice(-2)}-01-02'`,
  DOUBLE: (i) => `${i}.5`,
  TIMESTAMP: (i) => `'2020-01-02 03:04:${String(i % 60).padStart(2, '0')}'`,
};

/** What no engine writes into Parquet as it is. */
const TEXT = /^(INT128|INTERVAL|DECIMAL)/;

/** A literal as an expression of a type; NULL where there is none. */
export function typed(literal: string | null, type: string): string {
  return `CAST(${literal ?? 'NULL'} AS ${type})`;
}

/** The type of a column with values of a type. */
export function written(type: string): string {
  return TEXT.test(type) ? 'STRING' : type;
}

const printed = new Map<string, string>();

/** Literals as the engine prints them; asks for many at a time. */
export function printAll(type: string, literals: readonly string[]): void {
  const unknown = literals.filter((literal) => !printed.has(`${type} ${literal}`));
  if (unknown.length === 0) return;
  const { connection, close } = openMemory();
  try {
    const columns = unknown.map((literal, i) => `CAST(${typed(literal, type)} AS STRING) AS c${i}`);
    const [row = {}] = queryOver(connection, `RETURN ${columns.join(', ')}`);
    for (const [i, literal] of unknown.entries()) {
      printed.set(`${type} ${literal}`, String(row[`c${i}`]));
    }
  } finally {
    close();
  }
}

/** A literal as the engine prints it. */
export function print(literal: string | null, type: string): string | null {
  if (literal === null) return null;
  const known = printed.get(`${type} ${literal}`);
  if (known !== undefined) return known;
  printAll(type, [literal]);
  return print(literal, type);
}

/** Numbers from 0 to n - 1, the same in every run. */
export type Dice = (n: number) => number;

export function dice(seed: number): Dice {
  let state = (seed * 2654435761) >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

export function pick<T>(roll: Dice, list: readonly T[]): T {
  const one = list[roll(list.length)];
  if (one === undefined) throw new Error('nothing to pick');
  return one;
}
