/**
 * Values that the driver hands out, in the forms of verify/forms.ts, in which they are equal to those of
 * files where they are the same. Nothing here is the load's: what that loses shows.
 */
import type { DriverModule } from '../bolt/driver.js';
import { formatInterval } from '../format.js';
import { canonicalType } from '../model/differences.js';
import { type Shape, shapeOf } from '../model/shape.js';
import { floatForm, type Form, instantForm, NULL, numberForm, quote } from '../verify/forms.js';
import { jsonForm } from './jsonform.js';
import { daysOf, instantOf } from './moments.js';

/** What makes forms of the values of a property of this type. */
export function storedForm(neo4j: DriverModule, type: string): (value: unknown) => Form {
  const shape = shapeOf(type);
  const form = formOf(neo4j, shape);
  const textForm = mayBeJson(shape) ? jsonForm(type) : undefined;
  return (value) => {
    if (value === null || value === undefined) return NULL;
    const own = typeof value === 'string' && textForm ? textForm(value) : form(value);
    return own ?? ofAnotherType(value);
  };
}

/** Types of which a server has no place for some values, or for none. */
function mayBeJson(shape: Shape): boolean {
  return shape.is !== 'value' || /^(UINT64|U?INT128|DECIMAL)/.test(canonicalType(shape.type));
}

/** No value of the property's type has it. */
function ofAnotherType(value: unknown): Form {
  return `${typeof value} ${Array.isArray(value) ? 'list ' : ''}${String(value)}`;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Nothing of a value that the type is not stored as. */
type Maybe = (value: unknown) => Form | undefined;

function formOf(neo4j: DriverModule, shape: Shape): Maybe {
  if (shape.is === 'value') return scalarOf(neo4j, canonicalType(shape.type));
  if (shape.is !== 'list') return () => undefined;
  const item = formOf(neo4j, shape.of);
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const forms = value.map(item);
    return forms.includes(undefined) ? undefined : `[${forms.join(',')}]`;
  };
}

function scalarOf(neo4j: DriverModule, type: string): Maybe {
  if (/^(U?INT\d+|SERIAL)$/.test(type)) {
    return (value) => (typeof value === 'bigint' ? numberForm(value, {}) : undefined);
  }
  if (type.startsWith('TIMESTAMP')) {
    const isIts = type === 'TIMESTAMP_TZ' ? neo4j.isDateTime : neo4j.isLocalDateTime;
    return ifSo(isIts, momentForm);
  }
  switch (type) {
    case 'STRING':
      return (value) => (typeof value === 'string' ? quote(value) : undefined);
    case 'UUID':
      // Of lists, other text could be two of them.
      return (value) =>
        typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : undefined;
    case 'DOUBLE':
    case 'FLOAT':
      return (value) => (typeof value === 'number' ? floatForm(value, type) : undefined);
    case 'BOOL':
      return (value) => (typeof value === 'boolean' ? String(value) : undefined);
    case 'DATE':
      return ifSo(neo4j.isDate, dayForm);
    case 'INTERVAL':
      return ifSo(neo4j.isDuration, durationForm);
    case 'BLOB':
      return (value) => {
        if (!(value instanceof Int8Array)) return undefined;
        return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
      };
    default:
      return () => undefined;
  }
}

/** @param is - The driver's, whose types know nothing of bigints. */
function ifSo(is: (value: object) => boolean, form: (value: never) => Form): Maybe {
  return (value) => (is(value as object) ? form(value as never) : undefined);
}

interface Day {
  year: bigint;
  month: bigint;
  day: bigint;
}

interface Moment extends Day {
  hour: bigint;
  minute: bigint;
  second: bigint;
  nanosecond: bigint;
  /** Of a moment in a time zone. */
  timeZoneOffsetSeconds?: bigint | null;
}

function dayForm({ year, month, day }: Day): Form {
  return instantForm(instantOf(daysOf(Number(year), Number(month), Number(day)), 0, 0), {});
}

function momentForm(moment: Moment): Form {
  const { year, month, day, hour, minute, second, nanosecond } = moment;
  const seconds =
    Number(hour) * 3600 +
    Number(minute) * 60 +
    Number(second) -
    Number(moment.timeZoneOffsetSeconds ?? 0);
  const days = daysOf(Number(year), Number(month), Number(day));
  const nanos = Number(nanosecond);
  return withNanos(instantForm(instantOf(days, seconds, Math.trunc(nanos / 1000)), {}), nanos);
}

interface Span {
  months: bigint;
  days: bigint;
  seconds: bigint;
  nanoseconds: bigint;
}

function durationForm({ months, days, seconds, nanoseconds }: Span): Form {
  const microseconds = seconds * 1_000_000n + nanoseconds / 1000n;
  const interval = { months: Number(months), days: Number(days), microseconds };
  return withNanos(formatInterval(interval), Number(nanoseconds));
}

/** No file's value has digits below the microsecond. */
function withNanos(form: Form, nanos: number): Form {
  return nanos % 1000 === 0 ? form : `${form} and ${nanos % 1000} ns`;
}
