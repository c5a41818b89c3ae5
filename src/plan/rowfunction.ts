/** A conversion as a function of a row's value, for what is no engine: the same outcome, value by value. */
import { KgloadError } from '../errors.js';
import {
  formatDecimal,
  formatInterval,
  formatTimeOfDay,
  type Interval,
  plural,
} from '../format.js';
import { type Column, isNestedColumn, rewrittenColumn, type Unit } from '../model/column.js';
import { canonicalType } from '../model/differences.js';
import type { PlainValue } from '../model/plainvalue.js';
import { type Shape, shapeOf } from '../model/shape.js';
import { MOST_WHOLE, type Value } from '../model/value.js';
import { convert } from './conversion.js';
import { partsOf } from './nested.js';

/**
 * The value of a property: integers as bigint, dates as days and instants as microseconds since 1970,
 * decimals and UUIDs as text.
 */
export type PropertyValue = PlainValue;

export type RowFunction = (value: PlainValue) => PropertyValue;

/**
 * What makes the values of a property of a column's plain values: see rows.ts. It throws a
 * {@link KgloadError} `COLUMN_TYPE` for a value that does not convert without loss.
 *
 * @returns Nothing where no value of the column becomes one of the property.
 */
export function toRowFunction(
  column: Column,
  propertyType: string,
  mayRound = false,
): RowFunction | undefined {
  if (isNestedColumn(column)) return nestedRowFunction(column, propertyType, mayRound);
  const isInterval = column.meaning.is === 'interval';
  const plain = isInterval ? { ...column, isUnreadable: false } : rewrittenColumn(column);
  const conversion = convert(plain, propertyType, mayRound);
  const isRefused = convert(column, propertyType, mayRound).how === 'refuse';
  if (isRefused || conversion.how !== 'take') return undefined;
  const { value } = conversion;
  if (value.is === 'null') return () => null;
  const type = canonicalType(propertyType === 'SERIAL' ? 'INT64' : propertyType);
  const lost = (what: string): KgloadError =>
    new KgloadError({ code: 'COLUMN_TYPE', message: `${what} does not become ${type}` });
  return (x) => {
    if (x === null) return null;
    try {
      return cast(evaluate(value, x), typeOf(value), type);
    } catch (error) {
      if (error instanceof NotConverted) throw lost(`${column.name} holds ${describe(x)}, which`);
      throw error;
    }
  };
}

/** The values in a list, struct or map by row functions of their own. */
function nestedRowFunction(
  column: Column,
  type: string,
  mayRound: boolean,
): RowFunction | undefined {
  const shape = shapeOf(type);
  const parts = partsOf(column, shape);
  if (typeof parts === 'string') return undefined;
  const functions = parts.map((part) =>
    part.column ? toRowFunction(part.column, part.type, mayRound) : (): null => null,
  );
  if (functions.includes(undefined)) return undefined;
  const convertPart = (i: number, value: PlainValue): PropertyValue =>
    functions[i]?.(value) ?? null;
  return (value) => {
    if (value === null) return null;
    const given = value as readonly PlainValue[];
    switch (shape.is) {
      case 'struct':
        return parts.map(({ position }, i) =>
          convertPart(i, position === undefined ? null : (given[position] ?? null)),
        );
      case 'map':
        return given.map((pair) =>
          (pair as readonly PlainValue[]).map((each, i) => convertPart(i, each)),
        );
      default:
        if (shape.is === 'list' && shape.size !== undefined && given.length !== shape.size) {
          throw new KgloadError({
            code: 'COLUMN_TYPE',
            message: `${column.name} holds a list of ${plural(given.length, 'item')}, which does not become ${type}`,
            hint: 'mend the file, or give the property the type of a list',
          });
        }
        return given.map((each) => convertPart(0, each));
    }
  };
}

/** Whether a value of a column, as the engine hands it out, becomes one of a property. */
export function becomes(value: Value, propertyType: string, x: Given): boolean {
  const type = canonicalType(propertyType === 'SERIAL' ? 'INT64' : propertyType);
  return isConverted(() => cast(evaluate(value, x), typeOf(value), type));
}

/** A value of a column that the engine printed; nothing where that is not to be read back. */
export function readText(text: string, { engineType = '' }: Column): Given | undefined {
  let given: Given | undefined;
  const isRead = isConverted(() => (given = cast(text, 'STRING', engineType)));
  return isRead ? given : undefined;
}

/** Whether a list, struct or map, as the engine hands it out, becomes one of a type. */
export function fits(x: unknown, shape: Shape): boolean {
  if (x === null || x === undefined) return true;
  switch (shape.is) {
    case 'list':
      return (
        !Array.isArray(x) ||
        ((shape.size ?? x.length) === x.length && x.every((each) => fits(each, shape.of)))
      );
    case 'struct':
      return shape.fields.every(({ name, of }) => fits((x as Record<string, unknown>)[name], of));
    case 'map':
      return Object.values(x).every((each) => fits(each, shape.of));
    case 'value': {
      const type = canonicalType(shape.type);
      if (typeof x === 'string') return isConverted(() => cast(x, 'STRING', type));
      const isWhole = typeof x === 'bigint' || Number.isInteger(x);
      return !isWhole || isConverted(() => cast(BigInt(x as number), 'INT64', type));
    }
  }
}

function isConverted(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (error instanceof NotConverted) return false;
    throw error;
  }
}

/** A value that has no place in a type. */
class NotConverted extends Error {}

type Given = Exclude<PlainValue, null>;

function integer(x: Given): bigint {
  return BigInt(x as number);
}

function describe(x: Given): string {
  if (x instanceof Uint8Array) return plural(x.length, 'byte');
  if (typeof x !== 'object') return JSON.stringify(String(x));
  return 'months' in x ? formatInterval(x) : plural(x.length, 'item');
}

function evaluate(value: Value, x: Given): Given {
  if (value.is === 'column' || value.is === 'null') return x;
  const inner = evaluate(value.of, x);
  switch (value.is) {
    case 'decoded':
      return decode(inner as Uint8Array);
    case 'cast':
      return cast(inner, typeOf(value.of), canonicalType(value.type));
    case 'unsigned':
      return BigInt.asUintN(value.bits, integer(inner));
    case 'instant':
      return microseconds(integer(inner), value.unit);
    case 'time':
      return {
        months: 0,
        days: 0,
        microseconds: microseconds(integer(inner), value.unit),
      };
    case 'coarser': {
      const instant = inner as bigint;
      const nanos = instant * 1000n;
      const fits =
        value.type === 'TIMESTAMP_NS'
          ? BigInt.asIntN(64, nanos) === nanos
          : instant % (COARSER[value.type] ?? 1n) === 0n;
      if (!fits) throw new NotConverted();
      return inner;
    }
    case 'whole': {
      const number = inner as number;
      const isWhole = Number.isInteger(number) && Math.abs(number) <= (MOST_WHOLE[value.bits] ?? 0);
      if (!isWhole) throw new NotConverted();
      return cast(BigInt(number), 'INT64', canonicalType(value.type));
    }
    case 'parsed':
      if (/[.]\d{6}\d*[1-9]/.test(inner as string)) throw new NotConverted();
      return cast(inner, 'STRING', value.type);
    case 'decimal': {
      const beyond = new RegExp(`[.](.*[.]|[0-9]{${value.scale}}[0-9]*[1-9][0-9]*$)`);
      if (beyond.test(inner as string)) throw new NotConverted();
      return cast(inner, 'STRING', canonicalType(value.type));
    }
  }
}

/** Microseconds in a unit of the engine's coarser timestamps. */
const COARSER: Record<string, bigint> = { TIMESTAMP_MS: 1000n, TIMESTAMP_SEC: 1_000_000n };

function typeOf(value: Value): string {
  switch (value.is) {
    case 'column':
      return value.column.meaning.is === 'interval' ? 'INTERVAL' : (value.column.engineType ?? '');
    case 'decoded':
      return 'STRING';
    case 'unsigned':
      return value.bits === 32 ? 'INT64' : 'UINT64';
    case 'instant':
      return 'TIMESTAMP';
    case 'time':
      return 'INTERVAL';
    default:
      return canonicalType(value.type);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotConverted();
  }
}

function microseconds(value: bigint, unit: Unit): bigint {
  if (unit === 'us') return value;
  if (unit === 'ms') return value * 1000n;
  if (value % 1000n !== 0n) throw new NotConverted();
  return value / 1000n;
}

/** As the engines cast a value of one type to another. */
export function cast(x: Given, from: string, to: string): Given {
  if (to === 'STRING') return print(x, from);
  const integer = /^(U?)INT(\d+)$/.exec(to);
  if (integer) return toInteger(x, integer[1] === '', Number(integer[2]));
  if (from === 'STRING') return parse(x as string, to);
  if (from === 'DATE' && to.startsWith('TIMESTAMP')) return BigInt(x as number) * DAY;
  if (to === 'DOUBLE' || to === 'FLOAT') return Number(x);
  return x;
}

const DAY = 86_400_000_000n;

function toInteger(x: Given, signed: boolean, bits: number): bigint {
  if (typeof x === 'string' && !/^\s*-?\d+\s*$/.test(x)) throw new NotConverted();
  const value = integer(x);
  const [least, most] = signed
    ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
    : [0n, 2n ** BigInt(bits) - 1n];
  if (value < least || value > most) throw new NotConverted();
  return value;
}

function parse(text: string, to: string): Given {
  const trimmed = text.trim();
  switch (to) {
    case 'BOOL':
      if (/^(true|t|1)$/i.test(trimmed)) return true;
      if (/^(false|f|0)$/i.test(trimmed)) return false;
      throw new NotConverted();
    case 'DOUBLE':
    case 'FLOAT':
      return parseNumber(trimmed);
    case 'DATE':
      return parseDate(trimmed);
    case 'UUID':
      return parseUuid(trimmed);
    case 'INTERVAL':
      return parseInterval(trimmed);
    case 'STRING':
      return text;
  }
  if (to.startsWith('TIMESTAMP')) return parseTimestamp(trimmed);
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(to) ?? [];
  if (precision === undefined) throw new NotConverted();
  return parseDecimal(trimmed, Number(precision), Number(scale));
}

function parseNumber(text: string): number {
  if (!/^-?((0|[1-9]\d*)\.?\d*|\.\d+)(e[+-]?\d+)?$|^-?(inf(inity)?|nan)$/i.test(text)) {
    throw new NotConverted();
  }
  if (/nan/i.test(text)) return NaN;
  return /inf/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

function parseDate(text: string): number {
  const [, year = '', month = '', day = ''] =
    /^(\d{1,6})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text) ?? [];
  return daysOf(Number(year), Number(month), Number(day), year !== '');
}

/** Days since 1970 of a date of the Gregorian calendar. */
function daysOf(year: number, month: number, day: number, isGiven: boolean): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isGiven || !isReal) throw new NotConverted();
  return date.getTime() / 86_400_000;
}

function parseTimestamp(text: string): bigint {
  const parts =
    /^(\d+[-/]\d+[-/]\d+)(?:[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d+))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(
      text,
    );
  if (!parts) throw new NotConverted();
  const [, date = '', hours = '0', minutes = '0', seconds = '0', fraction = '', zone = 'Z'] = parts;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) throw new NotConverted();
  const clock = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const micros = BigInt(fraction.padEnd(6, '0').slice(0, 6));
  const [, sign = '+', ahead = '0', more = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const offset = (Number(ahead) * 60 + Number(more)) * 60 * (sign === '-' ? -1 : 1);
  return BigInt(parseDate(date)) * DAY + BigInt(clock - offset) * 1_000_000n + micros;
}

function parseUuid(text: string): string {
  const digits = text.replaceAll(/[-{}]/g, '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new NotConverted();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** What a unit of an interval's text is: months, days or microseconds. */
const UNITS: Record<string, Partial<Interval>> = {
  year: { months: 12 },
  month: { months: 1 },
  week: { days: 7 },
  day: { days: 1 },
  hour: { microseconds: 3_600_000_000n },
  minute: { microseconds: 60_000_000n },
  second: { microseconds: 1_000_000n },
  millisecond: { microseconds: 1000n },
  microsecond: { microseconds: 1n },
};

function parseInterval(text: string): Interval {
  const interval = { months: 0, days: 0, microseconds: 0n };
  const rest = text.replaceAll(
    /(\d+):(\d+):(\d+)(?:\.(\d+))?|(\d+)\s*([a-z]+?)s?(?=\s|$)/gi,
    (whole, ...groups: (string | undefined)[]) => {
      const [hours, minutes, seconds, fraction = '', count = '', unit = ''] = groups;
      if (hours !== undefined) {
        const clock = (BigInt(hours) * 60n + BigInt(minutes ?? 0)) * 60n + BigInt(seconds ?? 0);
        interval.microseconds += clock * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
        return '';
      }
      const one = UNITS[unit.toLowerCase()];
      if (!one) return whole;
      interval.months += Number(count) * (one.months ?? 0);
      interval.days += Number(count) * (one.days ?? 0);
      interval.microseconds += BigInt(count) * (one.microseconds ?? 0n);
      return '';
    },
  );
  if (text === '' || rest.trim() !== '') throw new NotConverted();
  return interval;
}

function parseDecimal(text: string, precision: number, scale: number): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole + fraction === '') throw new NotConverted();
  const digits = BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
  if (digits >= 10n ** BigInt(precision)) throw new NotConverted();
  return formatDecimal(sign === '-' ? -digits : digits, scale);
}

/** As the engines write a value of a type. */
function print(x: Given, type: string): string {
  switch (type) {
    case 'BOOL':
      return x === true ? 'True' : 'False';
    case 'DATE':
      return printDate(integer(x));
    case 'TIMESTAMP':
      return printTimestamp(x as bigint);
    case 'INTERVAL':
      return formatInterval(x as Interval);
    default:
      if (x instanceof Uint8Array) return decode(x);
      return typeof x === 'object' ? formatInterval(x as Interval) : String(x);
  }
}

function printDate(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
}

function printTimestamp(instant: bigint): string {
  const day = instant / DAY - (instant % DAY < 0n ? 1n : 0n);
  return `${printDate(day)} ${formatTimeOfDay(instant - day * DAY)}`;
}
