/** Types and values by a seeded generator, the awkward ones more often than chance would have them. */
import { integer, pick, type Random } from './mutate.js';
import { NANOS, plainText, type Field, type Type, type Value } from './oracle-types.js';

const DAY_US = 86_400_000_000n;
/** Days since 1970 of 0001-01-01 and 9999-12-31. */
const [FIRST_DAY, LAST_DAY] = [-719_162n, 2_932_896n];

/** Whether something happens that does so with this chance. */
export function chance(random: Random, share: number): boolean {
  return random() < share;
}

/** A bigint from `low` to `high`. */
function between(random: Random, low: bigint, high: bigint): bigint {
  let bits = 0n;
  for (let i = 0; i < 5; i += 1) bits = (bits << 30n) | BigInt(integer(random, 2 ** 30));
  return low + (bits % (high - low + 1n));
}

export function rangeOf(bits: number, signed: boolean): [bigint, bigint] {
  const all = 1n << BigInt(bits);
  return signed ? [-all / 2n, all / 2n - 1n] : [0n, all - 1n];
}

function makeInteger(random: Random, [low, high]: [bigint, bigint]): bigint {
  const awkward = [
    0n,
    1n,
    -1n,
    low,
    high,
    low + 1n,
    high - 1n,
    ...[31n, 32n, 53n, 62n, 63n].flatMap((power) =>
      [-1n, 0n, 1n, 7n].flatMap((near) => [(1n << power) + near, -(1n << power) + near]),
    ),
  ].filter((value) => value >= low && value <= high);
  if (chance(random, 0.45)) return pick(random, awkward);
  if (chance(random, 0.5)) {
    const small = between(random, -100n, 1000n);
    return small < low ? low : small > high ? high : small;
  }
  return between(random, low, high);
}

const DOUBLES = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1.5,
  -2.5,
  0.1,
  1e300,
  -1e-300,
  5e-324,
  Number.MAX_VALUE,
  2 ** 53 + 2,
  2 ** 53 - 1,
  16777217,
];
const FLOATS = [0, -0, NaN, Infinity, -Infinity, 1.5, -2.5, 2 ** -149, 3.4028234663852886e38];

function makeFloat(random: Random, bits: number): number {
  if (bits === 16)
    return pick(random, [0, -0, NaN, Infinity, -Infinity, 1.5, 65504, 2 ** -24, 0.25]);
  if (chance(random, 0.4)) return pick(random, bits === 32 ? FLOATS : DOUBLES);
  const value = (random() - 0.5) * 10 ** (integer(random, 30) - 10);
  return bits === 32 ? Math.fround(value) : value;
}

/** Pieces of text that somebody has tripped over. */
const PIECES = [
  '',
  ' ',
  'a',
  'null',
  'NULL',
  'NaN',
  '0',
  "'",
  '"',
  '\\',
  '`',
  '\n',
  '\r\n',
  '\t',
  '\u0000',
  '\u007f',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\u00e9',
  'e\u0301',
  'ß',
  'ı',
  '日本',
  '🏳️‍🌈',
  '\u{10ffff}',
  '\uffff',
  '\ue000',
  '%C3%A9',
  '$',
  '{a: 1}',
  '[1, 2]',
  'line 10',
];

export function makeString(random: Random): string {
  if (chance(random, 0.03)) return pick(random, ['x', 'é', '日', '\u{1f600}']).repeat(5000);
  const pieces: string[] = [];
  for (let n = integer(random, 5); n > 0; n -= 1) {
    pieces.push(chance(random, 0.6) ? pick(random, PIECES) : codePoint(random));
  }
  return pieces.join('');
}

/** Any code point but a surrogate. */
function codePoint(random: Random): string {
  const code = integer(random, 0x110000 - 0x800);
  return String.fromCodePoint(code < 0xd800 ? code : code + 0x800);
}

export function makeUuid(random: Random): string {
  // Without the nil UUID: beside others Kuzu says "out of range" when it reads it.
  const hex = chance(random, 0.2)
    ? pick(random, ['f', '8', '7']).repeat(32)
    : Array.from({ length: 32 }, () => integer(random, 16).toString(16)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A time since 1970 in a unit, within the years 1 to 9999 and 64 bits. */
function makeTimestamp(random: Random, unit: keyof typeof NANOS): bigint {
  const clamp = (nanos: bigint): bigint => {
    const [low, high] = rangeOf(64, true);
    const value = nanos / NANOS[unit];
    return value < low ? low : value > high ? high : value;
  };
  const [low, high] =
    unit === 'ns'
      ? [-106_751n, 106_750n] // 1677-09-22 to 2262-04-10
      : [FIRST_DAY, LAST_DAY];
  const day = chance(random, 0.3)
    ? pick(random, [low, high, 0n, -1n, 1n])
    : chance(random, 0.5)
      ? between(random, low, high)
      : between(random, 0n, 20_000n);
  const micros = chance(random, 0.3)
    ? pick(random, [0n, DAY_US - 1n, 1n, 999_999n, 1_000_000n])
    : between(random, 0n, DAY_US - 1n);
  const nanos = (day * DAY_US + micros) * 1000n;
  // Most files in nanoseconds hold none that a microsecond does not.
  return clamp(unit === 'ns' && chance(random, 0.02) ? nanos + 1n : nanos);
}

/** The least scalar types, each at least once in a while. */
export function makeScalar(random: Random): Type {
  const of = pick(random, [
    'bool',
    'int',
    'int',
    'int',
    'float',
    'float',
    'decimal',
    'string',
    'string',
    'blob',
    'uuid',
    'date',
    'time',
    'timestamp',
    'timestamp',
    'interval',
  ] as const);
  switch (of) {
    case 'int':
      return { is: of, bits: pick(random, [8, 16, 32, 64, 64]), signed: chance(random, 0.6) };
    case 'float':
      return { is: of, bits: pick(random, [16, 32, 32, 64, 64, 64, 64]) };
    case 'decimal': {
      const precision = pick(random, [1, 4, 9, 10, 18, 19, 28, 38]);
      return { is: of, precision, scale: pick(random, [0, Math.min(2, precision), precision]) };
    }
    case 'time':
      return { is: of, unit: pick(random, ['ms', 'us', 'ns']) };
    case 'timestamp':
      return {
        is: of,
        unit: pick(random, ['s', 'ms', 'us', 'us', 'ns']),
        utc: chance(random, 0.3),
      };
    default:
      return { is: of };
  }
}

/** A type at most so deep that passes; undefined where none is found. */
export function makeType(
  random: Random,
  depth: number,
  passes: (type: Type) => boolean,
): Type | undefined {
  for (let tries = 0; tries < 40; tries += 1) {
    const type = depth > 0 && chance(random, 0.45) ? makeNested(random, depth) : makeScalar(random);
    if (passes(type)) return type;
  }
  return undefined;
}

function makeNested(random: Random, depth: number): Type {
  const inner = (): Type =>
    depth > 1 && chance(random, 0.4) ? makeNested(random, depth - 1) : makeScalar(random);
  switch (pick(random, ['list', 'list', 'array', 'struct', 'struct', 'map'] as const)) {
    case 'list':
      return { is: 'list', of: inner() };
    case 'array':
      return { is: 'array', of: inner(), size: 1 + integer(random, 4) };
    case 'struct': {
      const names = shuffled(random, ['a', 'b', 'lat', 'lon', 'Name', 'x1', 'key', 'value']);
      const fields: Field[] = names
        .slice(0, 1 + integer(random, 4))
        .map((name) => ({ name, type: inner() }));
      return { is: 'struct', fields };
    }
    case 'map': {
      const key = pick<Type>(random, [
        { is: 'string' },
        { is: 'string' },
        { is: 'int', bits: 64, signed: true },
        { is: 'int', bits: 32, signed: true },
        { is: 'date' },
      ]);
      return { is: 'map', key, value: inner() };
    }
  }
}

/** A value; with nulls at every level where `nulls` says how often. */
export function makeValue(random: Random, type: Type, nulls: number): Value {
  if (type.is === 'null' || chance(random, nulls)) return null;
  const items = (of: Type, count: number): Value[] =>
    Array.from({ length: count }, () => makeValue(random, of, nulls));
  switch (type.is) {
    case 'bool':
      return chance(random, 0.5);
    case 'string':
      return makeString(random);
    case 'blob':
      return Uint8Array.from({ length: pick(random, [0, 1, 3, 16, 40]) }, () =>
        integer(random, 256),
      );
    case 'uuid':
      return makeUuid(random);
    case 'date':
      return chance(random, 0.3)
        ? pick(random, [FIRST_DAY, LAST_DAY, 0n, -1n])
        : between(random, FIRST_DAY, LAST_DAY);
    case 'interval':
      // What Parquet's INTERVAL holds: milliseconds, and nothing negative.
      return {
        months: pick(random, [0, 0, 1, 11, 12, 25, 1200]),
        days: pick(random, [0, 1, 31, 400]),
        micros: pick(random, [0n, 1000n, 999_000n, DAY_US - 1000n, DAY_US]),
      };
    case 'int': {
      const [low, high] = rangeOf(type.bits, type.signed);
      // "INT128 is out of range: cannot negate INT128_MIN" is what printing the least one says.
      return makeInteger(random, [type.bits === 128 ? low + 1n : low, high]);
    }
    case 'float':
      return makeFloat(random, type.bits);
    case 'decimal': {
      const most = 10n ** BigInt(type.precision) - 1n;
      return makeInteger(random, [-most, most]);
    }
    case 'time': {
      const day = (DAY_US * 1000n) / NANOS[type.unit];
      // A remainder of nanoseconds has no place in the engine.
      const step = type.unit === 'ns' ? 1000n : 1n;
      const last = (day - 1n) / step;
      return (
        step * (chance(random, 0.3) ? pick(random, [0n, 1n, last]) : between(random, 0n, last))
      );
    }
    case 'timestamp':
      return makeTimestamp(random, type.unit);
    case 'list':
      return items(type.of, pick(random, [0, 0, 1, 1, 2, 3, 7]));
    case 'array':
      return items(type.of, type.size);
    case 'struct':
      return type.fields.map((field) => makeValue(random, field.type, nulls));
    case 'map': {
      const keys = new Map<string, Value>();
      for (let n = pick(random, [0, 1, 2, 3]); n > 0; n -= 1) {
        const key = makeValue(random, type.key, 0);
        // An object that the engine's Node package returns has no such own key.
        if (key !== '__proto__') keys.set(plainText(key), key);
      }
      return {
        entries: [...keys.values()].map(
          (key) => [key, makeValue(random, type.value, nulls)] as const,
        ),
      };
    }
  }
}

export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = integer(random, i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
