/**
 * What a value must become in a property's type, and which refusals are in order: the README's table of
 * types, said anew. kgload's own rules are not asked.
 */
import {
  NANOS,
  plainText,
  type Field,
  type Interval,
  type Type,
  type Value,
} from './oracle-types.js';
import { rangeOf } from './oracle-values.js';

/** No value of the target's type is this one: its table has to be refused. */
export const LOST = Symbol('lost');

type Converted = Value | typeof LOST;

/** What a value of one type is in another. */
export function converted(source: Type, target: Type, value: Value): Converted {
  if (value === null || source.is === 'null') return null;
  if (source.is === 'string' && target.is !== 'string') return fromText(target, value as string);
  switch (target.is) {
    case 'string':
      return toText(source, value);
    case 'int': {
      const [low, high] = rangeOf(target.bits, target.signed);
      let integer: bigint;
      if (source.is === 'int') integer = value as bigint;
      else if (source.is === 'float' && Number.isInteger(value)) integer = BigInt(value as number);
      else return LOST;
      const isExact = source.is === 'int' || Math.abs(value as number) <= 2 ** 53;
      return isExact && integer >= low && integer <= high ? integer : LOST;
    }
    case 'float': {
      if (source.is === 'float') {
        const isSame = target.bits === 64 || Object.is(Math.fround(value as number), value);
        return isSame ? value : LOST;
      }
      if (source.is !== 'int') return LOST;
      const number = Number(value);
      const held = target.bits === 64 ? number : Math.fround(number);
      return BigInt(held) === value ? held : LOST;
    }
    case 'decimal': {
      if (source.is !== 'decimal') return LOST;
      const shift = 10n ** BigInt(Math.abs(target.scale - source.scale));
      const unscaled = value as bigint;
      if (target.scale < source.scale && unscaled % shift !== 0n) return LOST;
      const moved = target.scale < source.scale ? unscaled / shift : unscaled * shift;
      const most = 10n ** BigInt(target.precision);
      return moved < most && moved > -most ? moved : LOST;
    }
    case 'timestamp': {
      const nanos =
        source.is === 'date'
          ? (value as bigint) * 86_400n * NANOS.s
          : source.is === 'timestamp'
            ? (value as bigint) * NANOS[source.unit]
            : undefined;
      if (nanos === undefined || nanos % NANOS[target.unit] !== 0n) return LOST;
      // The engine knows no remainder of a microsecond.
      if (nanos % NANOS.us !== 0n) return LOST;
      const count = nanos / NANOS[target.unit];
      return BigInt.asIntN(64, count) === count ? count : LOST;
    }
    case 'interval':
      if (source.is === 'interval') return value;
      if (source.is !== 'time') return LOST;
      return { months: 0, days: 0, micros: ((value as bigint) * NANOS[source.unit]) / NANOS.us };
    case 'list':
    case 'array': {
      if (source.is !== 'list' && source.is !== 'array') return LOST;
      const items = value as readonly Value[];
      if (target.is === 'array' && items.length !== target.size) return LOST;
      return all(items.map((item) => converted(source.of, target.of, item)));
    }
    case 'struct': {
      if (source.is !== 'struct') return LOST;
      const values = value as readonly Value[];
      return all(
        target.fields.map(({ name, type }) => {
          const at = indexOf(source.fields, name);
          return at === undefined
            ? null
            : converted(source.fields[at]?.type ?? type, type, values[at] ?? null);
        }),
      );
    }
    case 'map': {
      if (source.is !== 'map') return LOST;
      const { entries } = value as { entries: readonly (readonly [Value, Value])[] };
      const keys = all(entries.map(([key]) => converted(source.key, target.key, key)));
      const values = all(entries.map(([, item]) => converted(source.value, target.value, item)));
      if (keys === LOST || values === LOST) return LOST;
      return { entries: keys.map((key, i) => [key, values[i] ?? null] as const) };
    }
    default:
      return source.is === target.is ? value : LOST;
  }
}

function indexOf(fields: readonly Field[], name: string): number | undefined {
  const at = fields.findIndex((field) => field.name === name);
  return at < 0 ? undefined : at;
}

function all(values: readonly Converted[]): readonly Value[] | typeof LOST {
  return values.includes(LOST) ? LOST : (values as readonly Value[]);
}

/** A value as the text that a STRING holds. */
export function toText(type: Type, value: Value): string | typeof LOST {
  switch (type.is) {
    case 'string':
    case 'uuid':
      return value as string;
    case 'int':
      return plainText(value);
    case 'bool':
      return value === true ? 'True' : 'False';
    case 'decimal':
      return decimalText(value as bigint, type.scale);
    case 'date':
      return dateText(value as bigint);
    case 'time':
      return timeText(((value as bigint) * NANOS[type.unit]) / NANOS.us);
    case 'timestamp': {
      const micros = ((value as bigint) * NANOS[type.unit]) / NANOS.us;
      const time = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n;
      const day = (micros - time) / 86_400_000_000n;
      return `${dateText(day)} ${timeText(time)}${type.utc ? '+00' : ''}`;
    }
    case 'blob': {
      const text = new TextDecoder('utf-8', { ignoreBOM: true });
      const decoded = text.decode(value as Uint8Array);
      return Buffer.from(decoded).equals(value as Uint8Array) ? decoded : LOST;
    }
    default:
      return LOST;
  }
}

/** The text of a value that the oracle itself has written so. */
function fromText(target: Type, text: string): Converted {
  switch (target.is) {
    case 'int':
    case 'decimal': {
      if (!/^-?\d+(\.\d+)?$/.test(text)) return LOST;
      const scale = target.is === 'decimal' ? target.scale : 0;
      const [whole = '', fraction = ''] = text.split('.');
      if (fraction.length > scale) return LOST;
      const value = BigInt(whole + fraction.padEnd(scale, '0'));
      if (target.is === 'decimal') return value;
      const [low, high] = rangeOf(target.bits, target.signed);
      return value >= low && value <= high ? value : LOST;
    }
    case 'bool':
      return text === 'True' ? true : text === 'False' ? false : LOST;
    case 'uuid':
      return text;
    case 'date':
      return dateOf(text);
    case 'float':
      return target.bits === 64 ? Number(text) : LOST;
    case 'timestamp':
      return timestampOf(text) / NANOS[target.unit];
    default:
      return LOST;
  }
}

export function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
}

export function dateText(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().slice(-24, -14).padStart(10, '0');
}

function timeText(micros: bigint): string {
  const [seconds, rest] = [Number(micros / 1_000_000n), Number(micros % 1_000_000n)];
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return rest === 0 ? clock : `${clock}.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
}

/** Days since 1970 of an engine's or the oracle's date. */
export function dateOf(text: string): bigint {
  const [, year = '', month = '', day = '', isBefore] =
    /^(\d+)-(\d\d)-(\d\d)( \(BC\))?$/.exec(text) ?? [];
  if (year === '') throw new Error(`no date: ${text}`);
  const date = new Date(0);
  const ofEra = isBefore === undefined ? Number(year) : 1 - Number(year);
  date.setUTCFullYear(ofEra, Number(month) - 1, Number(day));
  return BigInt(date.getTime() / 86_400_000);
}

/** Nanoseconds since 1970 of an engine's or the oracle's timestamp. */
export function timestampOf(text: string): bigint {
  const [, day = '', hours = '', minutes = '', seconds = '', fraction = '', era = ''] =
    /^(\d+-\d\d-\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:\+00)?( \(BC\))?$/.exec(text) ?? [];
  if (day === '') throw new Error(`no timestamp: ${text}`);
  const time = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const rest = BigInt(fraction.padEnd(9, '0'));
  return (dateOf(day + era) * 86_400n + BigInt(time)) * NANOS.s + rest;
}

/** An engine's interval, as it prints it. */
export function intervalOf(text: string): Interval {
  const part = (unit: string): number =>
    Number(new RegExp(`(-?\\d+) ${unit}s?\\b`).exec(text)?.[1] ?? 0);
  const [, sign, hours = 0, minutes = 0, seconds = 0, fraction = ''] =
    /(-?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(text) ?? [];
  const whole = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
  const micros = whole * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return {
    months: part('year') * 12 + part('month'),
    days: part('day'),
    micros: sign === '-' ? -micros : micros,
  };
}

/** Why the README says that a type never becomes another, though a value might; undefined if it does. */
export function ruleAgainst(source: Type, target: Type): string | undefined {
  if (
    source.is === 'int' &&
    target.is === 'float' &&
    source.bits > (target.bits === 64 ? 32 : 16)
  ) {
    return 'integers of that width into floats';
  }
  if (source.is === 'float' && target.is === 'float' && source.bits > target.bits) {
    return 'doubles into FLOAT';
  }
  if (source.is === 'string' && target.is === 'float' && target.bits === 32)
    return 'text into FLOAT';
  if (
    source.is === 'decimal' &&
    target.is === 'decimal' &&
    (source.scale > target.scale ||
      source.precision - source.scale > target.precision - target.scale)
  ) {
    return 'decimals that need more digits';
  }
  if ((source.is === 'list' || source.is === 'array') && 'of' in target) {
    return ruleAgainst(source.of, target.of);
  }
  if (source.is === 'struct' && target.is === 'struct') {
    for (const { name, type } of target.fields) {
      const field = source.fields.find((candidate) => candidate.name === name);
      const rule = field && ruleAgainst(field.type, type);
      if (rule !== undefined) return rule;
    }
  }
  if (source.is === 'map' && target.is === 'map') {
    return ruleAgainst(source.key, target.key) ?? ruleAgainst(source.value, target.value);
  }
  return undefined;
}

export interface Refusal {
  code: string;
  message: string;
}

/**
 * Refusals of what the rules would let pass, each with its reason: what the engines cannot hold or read
 * whatever a loader does. All of them stand here.
 */
export const EXCEPTIONS: readonly {
  why: string;
  applies: (source: Type, target: Type, values: readonly Value[], refusal: Refusal) => boolean;
}[] = [
  {
    why: 'storage takes NaN, −0 or the least integer for something else, and the load says which',
    applies: (_source, _target, _values, { code }) => code === 'VALUE_CHANGED',
  },
  {
    why: 'no engine takes some types from a file at that depth, and kgload says which to take instead',
    applies: (_source, _target, _values, { message }) =>
      /^\S.* does not become (STRUCT|MAP|.*\]).*: no engine takes such values from a file$/s.test(
        message,
      ),
  },
];
