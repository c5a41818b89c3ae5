/**
 * Values of files and of tables in one form, in which they are equal where they are the same: numbers by
 * their decimal digits, instants by their microseconds, at the file's own type. No cast and no conversion
 * of the load's is used, so that what these lose shows; text alone is parsed as the engines parse it.
 */
import type { Asked } from '../cypher/exact.js';
import { KgloadError } from '../errors.js';
import { formatDecimal, formatInterval, type Interval } from '../format.js';
import { toJson } from '../json.js';
import type { Column } from '../model/column.js';
import { canonicalType } from '../model/differences.js';
import type { PlainValue } from '../model/plainvalue.js';
import { type Shape, shapeOf } from '../model/shape.js';
import { cast } from '../plan/rowfunction.js';

/** NULL is `null`; no other value is. */
export type Form = string;

export const NULL: Form = 'null';
const DAY = 86_400_000_000n;
const MINUTE = 60_000_000n;

/** What makes forms of a column's values, for a property of this type. */
export function fileForm(
  column: Column,
  type: string,
  options: FormOptions = {},
): (value: PlainValue) => Form {
  const form = formOf(column, shapeOf(type), options);
  return (value) => (value === null ? NULL : form(value));
}

export interface FormOptions {
  /** float64 may have become float32. */
  mayRound?: boolean;
  /** Numbers and instants with no more digits than a stored value is handed out with. */
  isInexact?: boolean;
}

type Given = NonNullable<PlainValue>;

function formOf(column: Column, shape: Shape, options: FormOptions): (value: Given) => Form {
  const { meaning } = column;
  const inner = (of: Column, as: Shape): ((value: PlainValue) => Form) => {
    const form = formOf(of, as, options);
    return (value) => (value === null ? NULL : form(value));
  };
  if (meaning.is === 'list' && shape.is === 'list') {
    const item = inner(meaning.of, shape.of);
    return (items) => `[${(items as readonly PlainValue[]).map(item).join(',')}]`;
  }
  if (meaning.is === 'map' && shape.is === 'map') {
    const [key, of] = [inner(meaning.key, shape.key), inner(meaning.of, shape.of)];
    return (pairs) =>
      mapForm(
        (pairs as readonly (readonly PlainValue[])[]).map(([k = null, v = null]) => [
          key(k),
          of(v),
        ]),
        options,
      );
  }
  if (meaning.is === 'struct' && shape.is === 'struct') {
    const names = meaning.fields.map(({ name }) => name);
    const fields = shape.fields.map(({ name, of }) => {
      const i = placeOf(name.replaceAll('`', ''), names);
      const field = meaning.fields[i];
      const form = field ? inner(field.of, of) : (): Form => NULL;
      return (values: readonly PlainValue[]): Form => form(values[i] ?? null);
    });
    return (values) => {
      const parts = fields.map((field) => field(values as readonly PlainValue[]));
      return `{${parts.join(',')}}`;
    };
  }
  if (shape.is !== 'value') return () => 'made of other parts';
  // Of a union the engine writes the place of the member that there is, and all.
  if (meaning.is === 'struct' && shape.type.startsWith('UNION')) {
    return (values) => {
      const [tag = 0, ...members] = values as readonly PlainValue[];
      return plain(members[Number(tag)]);
    };
  }
  return scalarForm(column, canonicalType(shape.type), options);
}

function placeOf(name: string, names: readonly string[]): number {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  return names.findIndex((other) => other.toLowerCase() === name.toLowerCase());
}

function scalarForm(
  { meaning }: Column,
  type: string,
  options: FormOptions,
): (value: Given) => Form {
  const isText = type === 'STRING';
  switch (meaning.is) {
    case 'integer':
      return (value) => textOr(isText, numberForm(BigInt(value as number), options));
    case 'float':
      return (value) => {
        const rounded = options.mayRound && type === 'FLOAT' ? Math.fround(value as number) : value;
        return textOr(isText, floatForm(rounded as number, type));
      };
    case 'decimal':
      return (value) =>
        isText ? quote(value as string) : decimalForm(value as string, type, options);
    case 'date':
      if (isText) return (value) => quote(cast(value, 'DATE', 'STRING') as string);
      return (value) => instantForm(BigInt(value as number) * DAY, options);
    case 'timestamp':
      if (isText) return (value) => quote(cast(value, 'TIMESTAMP', 'STRING') as string);
      return (value) => instantForm(value as bigint, options);
    case 'time':
      return (value) => textOr(isText, plain(value));
    case 'interval':
      return (value) => textOr(isText, formatInterval(value as Interval));
    case 'boolean':
      return (value) => (isText ? quote(value === true ? 'True' : 'False') : plain(value));
    case 'uuid':
      return (value) => textOr(isText, value as string);
    case 'bytes':
      if (isText) return (value) => quote(Buffer.from(value as Uint8Array).toString());
      return (value) => Buffer.from(value as Uint8Array).toString('hex');
    case 'string':
      return textForm(type, options);
    default:
      return () => 'made of other parts';
  }
}

/** What makes forms of text, for a property of this type. */
export function textForm(type: string, options: FormOptions = {}): (value: Given) => Form {
  const wanted = canonicalType(type);
  const stored = storedScalar(wanted, options);
  return (value) => {
    const text = value as string;
    if (wanted === 'STRING') return quote(text);
    if (wanted.startsWith('DECIMAL')) return decimalForm(text.trim(), wanted, options);
    try {
      const parsed = cast(text, 'STRING', wanted);
      if (wanted === 'DATE') return instantForm(BigInt(parsed as number) * DAY, options);
      if (wanted.startsWith('TIMESTAMP')) return instantForm(parsed as bigint, options);
      if (wanted === 'INTERVAL') return formatInterval(parsed as Interval);
      return stored(parsed);
    } catch (error) {
      if (error instanceof KgloadError || !(error instanceof Error)) throw error;
      return `no ${wanted}: ${quote(text)}`;
    }
  };
}

/** What makes forms of the cells by which a stored value of a type was asked for. */
export function storedForm(type: string, asked: Asked): (cells: readonly unknown[]) => Form {
  const shape = shapeOf(type);
  switch (asked.is) {
    case 'instant':
      return ([moment, micros]) => (moment instanceof Date ? momentForm(moment, micros) : NULL);
    case 'decimals': {
      const of = shape.is === 'list' ? canonicalType(shape.of.type) : '';
      return ([text, size]) => {
        if (typeof text !== 'string') return NULL;
        // `[1.25,,0.-5]`: what is not there is NULL, and so is the only item of `[]`.
        const items = Number(size) === 0 ? [] : text.slice(1, -1).split(',');
        return `[${items.map((item) => (item === '' ? NULL : decimalForm(item, of, {}))).join(',')}]`;
      };
    }
    case 'map': {
      if (shape.is !== 'map') throw new Error(`${type} is no map`);
      const [key, of] = [storedPart(shape.key, {}), storedPart(shape.of, {})];
      return ([keys, values, whole]) => {
        if (whole === null || whole === undefined) return NULL;
        const own = whole as Record<string, unknown>;
        const given = Object.values(own);
        const isOrdered = !Object.keys(own).some((name) => /^\d+$/.test(name));
        const pairs = (keys as unknown[]).map((k, i): [Form, Form] => {
          // Of a value that is NULL map_values() makes 0 or ''.
          const raw = isOrdered ? given[i] : own[String(k)];
          return [key(k), raw === null || raw === undefined ? NULL : of((values as unknown[])[i])];
        });
        return mapForm(pairs, {});
      };
    }
    default: {
      const form = storedPart(shape, asked.is === 'inexact' ? { isInexact: true } : {});
      return ([value]) => form(value);
    }
  }
}

function storedPart(shape: Shape, options: FormOptions): (value: unknown) => Form {
  const orNull =
    (form: (value: Stored) => Form) =>
    (value: unknown): Form =>
      value === null || value === undefined ? NULL : form(value);
  switch (shape.is) {
    case 'list': {
      const item = storedPart(shape.of, options);
      return orNull((items) => `[${(items as unknown[]).map(item).join(',')}]`);
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, of }) => {
        const form = storedPart(of, options);
        const plain = name.replaceAll('`', '');
        return (value: Record<string, unknown>): Form => form(value[plain] ?? value[name]);
      });
      return orNull((value) => {
        const parts = fields.map((field) => field(value as Record<string, unknown>));
        return `{${parts.join(',')}}`;
      });
    }
    case 'map': {
      const of = storedPart(shape.of, options);
      return orNull((value) =>
        mapForm(
          Object.entries(value).map(([k, v]) => [k, of(v)]),
          { isInexact: true },
        ),
      );
    }
    case 'value':
      return orNull(storedScalar(canonicalType(shape.type), options));
  }
}

/** What an engine hands out. */
type Stored = string | number | bigint | boolean | Date | Uint8Array | object;

function storedScalar(type: string, options: FormOptions): (value: Stored) => Form {
  if (type === 'STRING') return (value) => quote(value as string);
  if (type === 'DOUBLE' || type === 'FLOAT') return (value) => floatForm(value as number, type);
  if (/^U?INT\d/.test(type)) return (value) => numberForm(BigInt(value as string), options);
  if (type.startsWith('DECIMAL')) return (value) => decimalForm(plain(value), type, options);
  if (type === 'DATE') return (value) => momentForm(value as Date);
  if (type.startsWith('TIMESTAMP')) {
    return (value) => {
      if (value instanceof Date) return momentForm(value);
      return instantForm(instantOf(value as string), options);
    };
  }
  if (type === 'INTERVAL') {
    // Both engines print negative ones as they read none.
    return (value) =>
      typeof value === 'string' && !value.includes('-')
        ? formatInterval(cast(value, 'STRING', type) as Interval)
        : plain(value);
  }
  if (type === 'UUID') return (value) => plain(value).toLowerCase();
  if (type === 'BLOB') return (value) => Buffer.from(value as Uint8Array).toString('hex');
  if (type.startsWith('UNION')) return (value) => plain(Object.values(value)[0]);
  return plain;
}

function plain(value: unknown): Form {
  if (value === undefined || value === null) return NULL;
  return typeof value === 'string' ? value : toJson(value).replace(/^"(.*)"$/, '$1');
}

/** Of text as the engines print it: years before the first as `0496-11-20 (BC) 00:00:00`. */
function instantOf(text: string): bigint {
  const [, year, month, day, time = ''] = /^(\d+)-(\d+)-(\d+) \(BC\)(.*)$/.exec(text) ?? [];
  if (year === undefined) return cast(text, 'STRING', 'TIMESTAMP') as bigint;
  const date = new Date(0);
  date.setUTCFullYear(1 - Number(year), Number(month) - 1, Number(day));
  const ofDay = cast(`1970-01-01${time}`, 'STRING', 'TIMESTAMP') as bigint;
  return BigInt(date.getTime()) * 1000n + ofDay;
}

/** Maps have no order; of those that are handed out as objects the keys are text. */
export function mapForm(
  pairs: readonly (readonly [Form, Form])[],
  { isInexact }: FormOptions,
): Form {
  const parts = pairs.map(([key, of]) => (isInexact ? of : `${key}=${of}`));
  return `<${parts.toSorted().join(',')}>`;
}

/** @param micros - Of the instant, in its minute. */
function momentForm(moment: Date, micros?: unknown): Form {
  const millis = moment.getTime();
  if (Number.isNaN(millis)) return BEYOND;
  // Of instants before 1970 the moment is the millisecond after.
  const about = BigInt(millis) * 1000n;
  if (micros === undefined) return String(about);
  const off = (((BigInt(Number(micros)) - about) % MINUTE) + MINUTE) % MINUTE;
  return String(about + (off > MINUTE / 2n ? off - MINUTE : off));
}

/** Days beyond those that JavaScript knows, which the engines hand out as no moment. */
const BEYOND: Form = 'beyond ±271,821';
const MOST_MICROS = 8_640_000_000_000_000_000n;

/** @param micros - Since 1970. */
export function instantForm(micros: bigint, { isInexact }: FormOptions): Form {
  if (micros > MOST_MICROS || micros < -MOST_MICROS) return BEYOND;
  if (!isInexact) return String(micros);
  return String((micros / 1000n) * 1000n);
}

/** A whole number by its digits. */
export function numberForm(value: bigint, { isInexact }: FormOptions): Form {
  return isInexact ? String(BigInt(Number(value))) : String(value);
}

/** A whole number has the form of the integer that it is; -0 is no integer. */
export function floatForm(value: number, type: string): Form {
  if (!Number.isInteger(value)) return String(value);
  if (Object.is(value, -0) && /^(FLOAT|DOUBLE)$/.test(type)) return '-0';
  return String(BigInt(value));
}

/** A decimal as it is written, without zeros that say nothing. */
export function decimalForm(text: string, type: string, options: FormOptions): Form {
  // Both engines print -0.05 as 0.-5.
  const [, hundredths] = /^0\.-(\d+)$/.exec(text) ?? [];
  if (hundredths !== undefined) {
    const scale = Number(/,(\d+)\)$/.exec(type)?.[1] ?? 0);
    return decimalForm(formatDecimal(-BigInt(hundredths), scale), type, options);
  }
  // The engines hand out -0.05 as nothing.
  if (options.isInexact) return 'a decimal';
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)\.?(\d*)$/.exec(text) ?? [];
  const digits = fraction.replace(/0+$/, '');
  const number = (whole === '' ? '0' : whole) + (digits === '' ? '' : `.${digits}`);
  return number === '0' ? '0' : sign + number;
}

/** Of text. */
export function quote(text: string): Form {
  return JSON.stringify(text);
}

function textOr(isText: boolean, form: Form): Form {
  return isText ? quote(form) : form;
}
