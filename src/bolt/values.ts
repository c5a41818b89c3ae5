/**
 * Values of properties as the driver takes and hands them out, and what a server has no place for:
 * https://neo4j.com/docs/cypher-manual/5/values-and-types/property-structural-constructed/
 */
import { formatInterval, formatTimeOfDay, type Interval } from '../format.js';
import { canonicalType } from '../model/differences.js';
import type { PlainValue } from '../model/plainvalue.js';
import { type Shape, shapeOf } from '../model/shape.js';
import type { DriverModule } from './driver.js';

type Given = NonNullable<PlainValue>;

/** Whether a server holds the values of a type: `some` are for a look at each of them. */
export type Fit = { holds: 'all' | 'some' } | { holds: 'none'; why: string };

/** Of the types of Kuzu and Ladybug, by the values that their columns may have. */
export function fitOf(type: string): Fit {
  const shape = shapeOf(type);
  switch (shape.is) {
    case 'struct':
    case 'map':
      return { holds: 'none', why: `no ${shape.is}s` };
    case 'list': {
      if (shape.of.is !== 'value') return { holds: 'none', why: 'no lists of lists or structs' };
      const item = fitOf(shape.of.type);
      if (item.holds === 'none') return item;
      if (canonicalType(shape.of.type) === 'BLOB') {
        return { holds: 'none', why: 'no lists of bytes' };
      }
      return { holds: 'some' };
    }
    case 'value': {
      const scalar = canonicalType(shape.type);
      if (scalar.startsWith('DECIMAL')) return { holds: 'none', why: 'no decimals' };
      if (scalar.startsWith('UNION')) return { holds: 'none', why: 'no unions' };
      return { holds: /^(UINT64|INT128|UINT128)$/.test(scalar) ? 'some' : 'all' };
    }
  }
}

/** Why a server has no place for a value, of a type that it holds some values of. */
export function unfitReason(value: PlainValue): string | undefined {
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.includes(null)) return 'a list with NULL';
    for (const item of value as PlainValue[]) {
      const reason = unfitReason(item);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
  const isBeyond = typeof value === 'bigint' && BigInt.asIntN(64, value) !== value;
  return isBeyond ? 'an integer beyond 64 bits' : undefined;
}

const DAY = 86_400_000_000n;

/** What makes values for the driver of a property's, which must be such as a server holds. */
export function driverValue(neo4j: DriverModule, type: string): (value: PlainValue) => unknown {
  const make = driverScalar(neo4j, shapeOf(type));
  return (value) => (value === null ? null : make(value));
}

function driverScalar(neo4j: DriverModule, shape: Shape): (value: Given) => unknown {
  if (shape.is === 'list') {
    const item = driverScalar(neo4j, shape.of);
    return (items) => (items as readonly Given[]).map(item);
  }
  if (shape.is !== 'value') throw new Error(`a server holds no ${shape.is}`);
  const type = canonicalType(shape.type);
  const { types, int } = neo4j;
  if (/^(U?INT\d+|SERIAL)$/.test(type)) {
    const Integer = neo4j.types.Integer;
    // The driver makes text of a bigint, and of that an integer: ten times as long.
    return (value) => {
      if (typeof value === 'number') {
        return value === (value | 0) ? new Integer(value, value < 0 ? -1 : 0) : int(value);
      }
      const whole = value as bigint;
      return new Integer(Number(BigInt.asIntN(32, whole)), Number(whole >> 32n));
    };
  }
  switch (type) {
    case 'DATE':
      return (days) => new types.Date(...dateOf(Number(days)));
    case 'TIMESTAMP_TZ':
      return (instant) => {
        const [year, month, day, ...time] = momentOf(instant as bigint);
        return new types.DateTime(year, month, day, ...time, 0);
      };
    case 'TIMESTAMP':
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_SEC':
      return (instant) => new types.LocalDateTime(...momentOf(instant as bigint));
    case 'INTERVAL':
      return (value) => {
        const { months, days, microseconds } = value as Interval;
        const seconds = microseconds / 1_000_000n - (microseconds % 1_000_000n < 0n ? 1n : 0n);
        const nanoseconds = (microseconds - seconds * 1_000_000n) * 1000n;
        return new types.Duration(months, days, Number(seconds), Number(nanoseconds));
      };
    case 'BLOB':
      // A Uint8Array would become a list of floating-point numbers.
      return (value) => {
        const { buffer, byteOffset, length } = value as Uint8Array;
        return new Int8Array(buffer, byteOffset, length);
      };
    default:
      return (value) => value;
  }
}

type Moment = [
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  nanosecond: number,
];

/** @param instant - Microseconds since 1970. */
function momentOf(instant: bigint): Moment {
  const days = instant / DAY - (instant % DAY < 0n ? 1n : 0n);
  const rest = Number(instant - days * DAY);
  const [year, month, day] = dateOf(Number(days));
  const seconds = Math.floor(rest / 1_000_000);
  return [
    year,
    month,
    day,
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
    (rest % 1_000_000) * 1000,
  ];
}

/** Days since 1970 as a date of the Gregorian calendar, also beyond those that JavaScript has. */
function dateOf(days: number): [year: number, month: number, day: number] {
  const cycles = Math.floor(days / DAYS_IN_CYCLE);
  const date = new Date((days - cycles * DAYS_IN_CYCLE) * 86_400_000);
  return [date.getUTCFullYear() + cycles * 400, date.getUTCMonth() + 1, date.getUTCDate()];
}

/** The calendar repeats itself every 400 years. */
const DAYS_IN_CYCLE = 146_097;

/** A value that no server holds as JSON text, with all its digits. */
export function jsonText(type: string): (value: PlainValue) => string | null {
  const write = jsonWriter(shapeOf(type));
  return (value) => (value === null ? null : write(value));
}

function jsonWriter(shape: Shape): (value: Given) => string {
  const orNull = (write: (value: Given) => string) => (value: PlainValue) =>
    value === null ? 'null' : write(value);
  switch (shape.is) {
    case 'list': {
      const item = orNull(jsonWriter(shape.of));
      return (items) => `[${(items as readonly PlainValue[]).map(item).join(',')}]`;
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, of }) => ({
        name: JSON.stringify(name.replaceAll('`', '')),
        write: orNull(jsonWriter(of)),
      }));
      return (values) => {
        const given = values as readonly PlainValue[];
        return `{${fields.map(({ name, write }, i) => `${name}:${write(given[i] ?? null)}`).join(',')}}`;
      };
    }
    case 'map': {
      const [key, of] = [orNull(jsonWriter(shape.key)), orNull(jsonWriter(shape.of))];
      // Keys need not be text, and may be there twice.
      return (pairs) =>
        `[${(pairs as readonly (readonly PlainValue[])[])
          .map(([k = null, v = null]) => `[${key(k)},${of(v)}]`)
          .join(',')}]`;
    }
    case 'value':
      return jsonScalar(canonicalType(shape.type));
  }
}

function jsonScalar(type: string): (value: Given) => string {
  // JSON's numbers have as many digits as are written.
  if (/^(U?INT\d+|SERIAL)$/.test(type) || type.startsWith('DECIMAL')) {
    return (value) => (value as bigint | string).toString();
  }
  switch (type) {
    case 'DOUBLE':
    case 'FLOAT':
      return (value) =>
        Number.isFinite(value)
          ? Object.is(value, -0)
            ? '-0'
            : (value as number).toString()
          : `"${value as number}"`;
    case 'BOOL':
      return (value) => (value === true ? 'true' : 'false');
    case 'DATE':
      return (days) => `"${dateText(Number(days))}"`;
    case 'INTERVAL':
      return (value) => JSON.stringify(formatInterval(value as Interval));
    case 'BLOB':
      return (value) => `"${Buffer.from(value as Uint8Array).toString('hex')}"`;
  }
  if (type.startsWith('TIMESTAMP')) {
    return (value) => {
      const instant = value as bigint;
      const days = instant / DAY - (instant % DAY < 0n ? 1n : 0n);
      const zone = type === 'TIMESTAMP_TZ' ? 'Z' : '';
      return `"${dateText(Number(days))}T${formatTimeOfDay(instant - days * DAY)}${zone}"`;
    };
  }
  return (value) => JSON.stringify(value);
}

function dateText(days: number): string {
  const [year, month, day] = dateOf(days);
  const pad = (part: number): string => String(part).padStart(2, '0');
  const years = year >= 0 && year <= 9999 ? String(year).padStart(4, '0') : String(year);
  return `${years}-${pad(month)}-${pad(day)}`;
}
