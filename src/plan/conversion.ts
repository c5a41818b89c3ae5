/**
 * How a Parquet column becomes a property, or why not: one table of rules, as plain values that
 * expression.ts says to an engine and rowfunction.ts does to a row. Nothing is converted that could
 * lose data; the engine would round 1.5 to 2 without a word.
 */
import { type Column, isNestedColumn, rewrittenColumn } from '../model/column.js';
import { isInPlace, partsOf } from './nested.js';
import { canonicalType } from '../model/differences.js';
import { takenFromFiles } from '../model/propertytype.js';
import { shapeOf, writtenForm } from '../model/shape.js';
import type { Value } from '../model/value.js';

export type Conversion =
  /**
   * `isChecked`: some values may not convert, and the whole then fails on the first. `isRounded`: the
   * engine rounds float64 to float32, as the schema allows.
   */
  | { how: 'take'; value: Value; isChecked: boolean; isRounded?: boolean }
  /** The engine can't read the column, or can't convert it; the file is rewritten first. */
  | { how: 'rewrite' }
  | { how: 'refuse'; reason: string; remedy: string };

/**
 * How a column of a file fills a property of this type.
 *
 * @param mayRound - Whether float64 may become float32 with fewer digits.
 */
export function convert(column: Column, propertyType: string, mayRound = false): Conversion {
  const conversion = convertValues(column, propertyType, mayRound);
  // Writers give columns of nothing but NULL any type.
  if (conversion.how !== 'refuse' || column.isEmpty !== true) return conversion;
  return exact(nothing(propertyType));
}

function nothing(propertyType: string): Value {
  return { is: 'null', type: propertyType.toUpperCase() === 'SERIAL' ? 'INT64' : propertyType };
}

function convertValues(column: Column, propertyType: string, mayRound: boolean): Conversion {
  const type = propertyType.toUpperCase() === 'SERIAL' ? 'INT64' : propertyType.toUpperCase();
  const { meaning, isUnreadable = false } = column;
  const x: Value = { is: 'column', column };
  if (meaning.is === 'null') return exact(nothing(propertyType));
  if (meaning.is === 'written') {
    const isRounded = mayRound && /\bFLOAT\b/i.test(type);
    return { ...checked({ is: 'cast', of: x, type: propertyType }), isRounded };
  }
  if (isNestedColumn(column)) return convertNested(column, propertyType, mayRound);
  if (isUnreadable) {
    const conversion = convert(rewrittenColumn(column), type, mayRound);
    return conversion.how === 'take' ? { how: 'rewrite' } : conversion;
  }
  const fromText = (): Conversion =>
    meaning.is === 'string' ? checked(asText(column)) : refuse(column, type);
  switch (type) {
    case 'STRING':
      return toText(column);
    case 'BOOL':
    case 'BOOLEAN':
      return meaning.is === 'boolean' ? exact(x) : fromText();
    case 'DOUBLE':
    case 'FLOAT':
      return toFloat(column, type === 'FLOAT' ? 32 : 64, type, mayRound);
    case 'DATE':
      return meaning.is === 'date' ? exact(x) : fromText();
    case 'TIMESTAMP':
    case 'TIMESTAMP_TZ':
      if (meaning.is === 'timestamp') return asTimestamp(column);
      if (meaning.is === 'date') return exact({ is: 'cast', of: x, type });
      return meaning.is === 'string' ? checked(parsed(column, type)) : refuse(column, type);
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_SEC':
      if (meaning.is === 'timestamp') return toCoarserTimestamp(column, type);
      if (meaning.is !== 'string') return refuse(column, type);
      return checked({ is: 'coarser', of: parsed(column, 'TIMESTAMP'), type, name: column.name });
    case 'INTERVAL':
      if (meaning.is === 'interval') return exact(x);
      if (meaning.is === 'time') return timeOfDay(column);
      return meaning.is === 'string' ? checked(parsed(column, type)) : refuse(column, type);
    case 'UUID':
      return meaning.is === 'uuid' ? exact(x) : fromText();
    case 'BLOB':
      return meaning.is === 'bytes' ? exact(x) : refuse(column, type);
  }
  const [, unsigned, bits] = /^(U?)INT(\d+)$/.exec(type) ?? [];
  if (bits !== undefined) return toInteger(column, Number(bits), unsigned === '', type);
  const [, precision, scale] = /^DECIMAL\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type) ?? [];
  if (precision !== undefined) return toDecimal(column, Number(precision), Number(scale), type);
  return refuse(column, type);
}

/** Lists, structs and maps by the same rules for what is in them. */
function convertNested(column: Column, type: string, mayRound: boolean): Conversion {
  const [, members] = /^UNION\s*\((.*)\)$/is.exec(type.trim()) ?? [];
  if (members !== undefined) {
    // As the engine writes one, and as it reads it: the place of the member that there is, and all.
    const stored = canonicalType(`STRUCT(tag UINT16, ${members})`);
    return canonicalType(column.engineType ?? '') === stored
      ? exact({ is: 'column', column })
      : refuse(column, type, 'no engine wrote it');
  }
  const shape = shapeOf(type);
  const parts = partsOf(column, shape);
  if (typeof parts === 'string') return refuse(column, type, parts);
  let isRounded = false;
  let isExact = shape.is !== 'list' || shape.size === undefined;
  let isPlain = column.isUnreadable !== true && isInPlace(column, shape, parts);
  for (const part of parts) {
    const conversion: Conversion = part.column
      ? convert(part.column, part.type, mayRound)
      : { how: 'rewrite' };
    if (conversion.how === 'refuse') return conversion;
    if (conversion.how === 'rewrite') isPlain = false;
    else {
      isPlain &&= isCast(conversion.value);
      isRounded ||= conversion.isRounded === true;
      isExact &&= !conversion.isChecked;
    }
  }
  if (isPlain) {
    return { how: 'take', value: { is: 'column', column }, isChecked: !isExact, isRounded };
  }
  if (writtenForm(shape) !== undefined) return { how: 'rewrite' };
  return {
    ...refuse(column, type, 'no engine takes such values from a file'),
    remedy: `give the property the type ${takenFromFiles(shape)}`,
  };
}

/** Whether the engine's own cast of a list or a struct converts so; no expression reaches into one. */
function isCast(value: Value): boolean {
  return value.is === 'column' || (value.is === 'cast' && value.of.is === 'column');
}

function toText(column: Column): Conversion {
  const x: Value = { is: 'column', column };
  const printed = (of: Value): Value => ({ is: 'cast', of, type: 'STRING' });
  switch (column.meaning.is) {
    case 'string':
      return column.engineType === 'STRING' ? exact(x) : checked(asText(column));
    case 'bytes':
      return checked({ is: 'decoded', of: x });
    case 'integer':
      return exact(printed(asInteger(column)));
    case 'uuid':
    case 'boolean':
    case 'date':
    case 'interval':
      return exact(printed(x));
    case 'timestamp': {
      const { value, isChecked } = asTimestamp(column);
      return { how: 'take', value: printed(value), isChecked };
    }
    case 'time': {
      const conversion = timeOfDay(column);
      if (conversion.how !== 'take') return conversion;
      return { ...conversion, value: printed(conversion.value) };
    }
    case 'decimal':
      return exact(x);
    default:
      return refuse(column, 'STRING', 'the engine would cut off digits');
  }
}

function toInteger(column: Column, bits: number, signed: boolean, type: string): Conversion {
  const { meaning } = column;
  if (meaning.is === 'string') return checked(asText(column));
  if (meaning.is === 'float') {
    const of: Value = { is: 'column', column };
    return checked({ is: 'whole', of, type, bits: meaning.bits, name: column.name });
  }
  if (meaning.is !== 'integer') return refuse(column, type);
  const isWider = meaning.signed === signed ? meaning.bits <= bits : signed && meaning.bits < bits;
  return isWider ? exact(asInteger(column)) : checked(asInteger(column));
}

function toFloat(column: Column, bits: number, type: string, mayRound: boolean): Conversion {
  const { meaning } = column;
  if (meaning.is === 'float') {
    const x: Value = { is: 'column', column };
    if (meaning.bits <= bits) return exact(x);
    if (mayRound) return { ...checked(x), isRounded: true };
    return {
      ...refuse(column, type, 'digits would be lost'),
      remedy: `write the column as FLOAT, give the property the type DOUBLE, or allow it: --allow-rounding, or "allowRounding": true in the schema`,
    };
  }
  // A double holds integers up to 2^53, a float up to 2^24.
  if (meaning.is === 'integer' && meaning.bits <= (bits === 64 ? 32 : 16)) {
    return exact(asInteger(column));
  }
  if (meaning.is === 'string' && bits === 64) return checked(asText(column));
  return refuse(column, type, meaning.is === 'integer' ? 'digits would be lost' : undefined);
}

/** The engine rounds what does not fit, so that it has to fit by its type. */
function toDecimal(column: Column, precision: number, scale: number, type: string): Conversion {
  const { meaning, name } = column;
  if (meaning.is === 'string') {
    return checked({ is: 'decimal', of: asText(column), type, scale, name });
  }
  if (meaning.is !== 'decimal') return refuse(column, type);
  const fits = meaning.scale <= scale && meaning.precision - meaning.scale <= precision - scale;
  if (!fits) return refuse(column, type, 'digits would be lost');
  return checked({ is: 'column', column });
}

/** Unsigned integers that only the logical type tells of reach the engine as signed ones. */
function asInteger(column: Column): Value {
  const { meaning, engineType } = column;
  const x: Value = { is: 'column', column };
  if (meaning.is !== 'integer' || meaning.signed) return x;
  if (meaning.bits === 32 && engineType === 'INT32') return { is: 'unsigned', of: x, bits: 32 };
  if (meaning.bits === 64 && engineType === 'INT64') return { is: 'unsigned', of: x, bits: 64 };
  return x;
}

function asText(column: Column): Value {
  const x: Value = { is: 'column', column };
  return column.engineType === 'BLOB' ? { is: 'decoded', of: x } : x;
}

function parsed(column: Column, type: string): Value {
  return { is: 'parsed', of: asText(column), type, name: column.name };
}

/** Timestamps that only the logical type tells of reach the engine as integers. */
function asTimestamp(column: Column): Extract<Conversion, { how: 'take' }> {
  const { name, meaning, engineType } = column;
  const x: Value = { is: 'column', column };
  if (engineType === 'TIMESTAMP' || meaning.is !== 'timestamp') return exact(x);
  const value: Value = { is: 'instant', of: x, unit: meaning.unit, name };
  return meaning.unit === 'ns' ? checked(value) : exact(value);
}

/** Time of day: the engine has no such type, but an interval since midnight. */
function timeOfDay(column: Column): Conversion {
  const { name, meaning } = column;
  if (meaning.is !== 'time') return refuse(column, 'INTERVAL');
  const value: Value = { is: 'time', of: { is: 'column', column }, unit: meaning.unit, name };
  return meaning.unit === 'ns' ? checked(value) : exact(value);
}

/**
 * Of the engine's other timestamps those in nanoseconds hold no more digits either, but fewer years:
 * both engines make 1816 of the year 9999.
 */
function toCoarserTimestamp(column: Column, type: string): Conversion {
  const { value: of, isChecked } = asTimestamp(column);
  const { meaning, name } = column;
  const fits = type === 'TIMESTAMP_MS' && 'unit' in meaning && meaning.unit === 'ms';
  if (fits) return { how: 'take', value: { is: 'cast', of, type }, isChecked };
  return checked({ is: 'coarser', of, type, name });
}

function exact(value: Value): Extract<Conversion, { how: 'take' }> {
  return { how: 'take', value, isChecked: false };
}

function checked(value: Value): Extract<Conversion, { how: 'take' }> {
  return { how: 'take', value, isChecked: true };
}

function refuse(
  column: Column,
  type: string,
  why?: string,
): Extract<Conversion, { how: 'refuse' }> {
  const reason = `${column.name} is ${column.type}, which does not become ${type}`;
  return {
    how: 'refuse',
    reason: why === undefined ? reason : `${reason}: ${why}`,
    remedy: `write the column as ${type}, or give the property another type`,
  };
}
