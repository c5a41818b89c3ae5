/**
 * How a Parquet column becomes a property: by which expression the engine reads it, or why not.
 * Nothing is converted that could lose data; the engine would round 1.5 to 2 without a word.
 */
import { identifier, literal } from '../cypher.js';
import { isUnreadable } from '../engine/reads.js';
import { type Column, rewrittenColumn } from '../model/column.js';

export type Conversion =
  /** `isChecked`: some values may not convert, and the engine then fails on the first. */
  | { how: 'take'; expression: string; isChecked: boolean }
  /** The engine can't read the column; the file is rewritten first. */
  | { how: 'rewrite' }
  | { how: 'refuse'; reason: string; remedy: string };

/** How a column of a file fills a property of this type. */
export function convert(column: Column, propertyType: string): Conversion {
  const type = propertyType.toUpperCase() === 'SERIAL' ? 'INT64' : propertyType.toUpperCase();
  const { meaning } = column;
  const x = identifier(column.name);
  if (meaning.is === 'null' && !isUnreadable(column)) return exact(`CAST(${x} AS ${type})`);
  if (meaning.is === 'nested') {
    if (meaning.plain && /[[(]/.test(type)) return checked(x);
    return refuse(column, type, 'the engine would not read all that is in it as what it is');
  }
  if (isUnreadable(column)) {
    const conversion = convert(rewrittenColumn(column), type);
    return conversion.how === 'take' ? { how: 'rewrite' } : conversion;
  }
  switch (type) {
    case 'STRING':
      return toText(column, x);
    case 'BOOL':
    case 'BOOLEAN':
      if (meaning.is === 'boolean') return exact(x);
      return meaning.is === 'string' ? checked(asText(column, x)) : refuse(column, type);
    case 'DOUBLE':
    case 'FLOAT':
      return toFloat(column, x, type === 'FLOAT' ? 32 : 64, type);
    case 'DATE':
      if (meaning.is === 'date') return exact(x);
      return meaning.is === 'string' ? checked(asText(column, x)) : refuse(column, type);
    case 'TIMESTAMP':
    case 'TIMESTAMP_TZ':
      if (meaning.is === 'timestamp') return asTimestamp(column, x);
      if (meaning.is === 'date') return exact(`CAST(${x} AS ${type})`);
      return meaning.is === 'string' ? checked(asText(column, x)) : refuse(column, type);
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_SEC':
      if (meaning.is === 'timestamp') return toCoarserTimestamp(column, x, type);
      return meaning.is === 'string' ? checked(asText(column, x)) : refuse(column, type);
    case 'INTERVAL':
      if (meaning.is === 'interval') return exact(x);
      if (meaning.is === 'time') return timeOfDay(column, x, (interval) => interval);
      return meaning.is === 'string' ? checked(asText(column, x)) : refuse(column, type);
    case 'UUID':
      if (meaning.is === 'uuid') return exact(x);
      return meaning.is === 'string' ? checked(asText(column, x)) : refuse(column, type);
    case 'BLOB':
      return meaning.is === 'bytes' ? exact(x) : refuse(column, type);
  }
  const [, unsigned, bits] = /^(U?)INT(\d+)$/.exec(type) ?? [];
  if (bits !== undefined) return toInteger(column, x, Number(bits), unsigned === '', type);
  const [, precision, scale] = /^DECIMAL\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type) ?? [];
  if (precision !== undefined) return toDecimal(column, Number(precision), Number(scale), type);
  return refuse(column, type);
}

function toText(column: Column, x: string): Conversion {
  switch (column.meaning.is) {
    case 'string':
      return column.engineType === 'STRING' ? exact(x) : checked(asText(column, x));
    case 'bytes':
      return checked(`decode(${x})`);
    case 'integer':
      return exact(`CAST(${asInteger(column, x)} AS STRING)`);
    case 'uuid':
    case 'boolean':
    case 'date':
    case 'interval':
      return exact(`CAST(${x} AS STRING)`);
    case 'timestamp': {
      const { expression, isChecked } = asTimestamp(column, x);
      return { how: 'take', expression: `CAST(${expression} AS STRING)`, isChecked };
    }
    case 'time':
      return timeOfDay(column, x, (interval) => `CAST(${interval} AS STRING)`);
    case 'decimal':
      return exact(x);
    default:
      return refuse(column, 'STRING', 'the engine would cut off digits');
  }
}

function toInteger(
  column: Column,
  x: string,
  bits: number,
  signed: boolean,
  type: string,
): Conversion {
  const { meaning } = column;
  if (meaning.is === 'string') return checked(asText(column, x));
  if (meaning.is !== 'integer') return refuse(column, type);
  const isWider = meaning.signed === signed ? meaning.bits <= bits : signed && meaning.bits < bits;
  const expression = asInteger(column, x);
  return isWider ? exact(expression) : checked(expression);
}

function toFloat(column: Column, x: string, bits: number, type: string): Conversion {
  const { meaning } = column;
  if (meaning.is === 'float') {
    if (meaning.bits > bits) return refuse(column, type, 'digits would be lost');
    return exact(x);
  }
  // A double holds integers up to 2^53, a float up to 2^24.
  if (meaning.is === 'integer' && meaning.bits <= (bits === 64 ? 32 : 16)) {
    return exact(asInteger(column, x));
  }
  if (meaning.is === 'string' && bits === 64) return checked(asText(column, x));
  return refuse(column, type, meaning.is === 'integer' ? 'digits would be lost' : undefined);
}

/** The engine rounds what does not fit, so that it has to fit by its type. */
function toDecimal(column: Column, precision: number, scale: number, type: string): Conversion {
  const { meaning } = column;
  if (meaning.is === 'string') {
    const text = asText(column, identifier(column.name));
    const beyond = `regexp_full_match(${text}, '.*[.][0-9]{${scale}}[0-9]*[1-9][0-9]*')`;
    const loss = lossMessage('digits', column.name);
    return checked(`CAST(CASE WHEN ${beyond} THEN ${loss} ELSE ${text} END AS ${type})`);
  }
  if (meaning.is !== 'decimal') return refuse(column, type);
  const fits = meaning.scale <= scale && meaning.precision - meaning.scale <= precision - scale;
  if (!fits) return refuse(column, type, 'digits would be lost');
  return checked(identifier(column.name));
}

/** Unsigned integers that only the logical type tells of reach the engine as signed ones. */
function asInteger({ meaning, engineType }: Column, x: string): string {
  if (meaning.is !== 'integer' || meaning.signed) return x;
  if (meaning.bits === 32 && engineType === 'INT32') {
    return `CASE WHEN ${x} < 0 THEN CAST(${x} AS INT64) + 4294967296 ELSE CAST(${x} AS INT64) END`;
  }
  if (meaning.bits === 64 && engineType === 'INT64') {
    return `CAST(CASE WHEN ${x} < 0 THEN CAST(${x} AS INT128) + 18446744073709551616 ELSE CAST(${x} AS INT128) END AS UINT64)`;
  }
  return x;
}

function asText({ engineType }: Column, x: string): string {
  return engineType === 'BLOB' ? `decode(${x})` : x;
}

/** Timestamps that only the logical type tells of reach the engine as integers. */
function asTimestamp(
  { name, meaning, engineType }: Column,
  x: string,
): Extract<Conversion, { how: 'take' }> {
  if (engineType === 'TIMESTAMP' || meaning.is !== 'timestamp') return exact(x);
  const since = (interval: string): string => `timestamp('1970-01-01') + ${interval}`;
  if (meaning.unit === 'ms') return exact(since(`to_milliseconds(${x})`));
  if (meaning.unit === 'us') return exact(since(`to_microseconds(${x})`));
  return checked(since(`to_microseconds(${wholeMicroseconds(name, x)})`));
}

/** Time of day: the engine has no such type, but an interval since midnight. */
function timeOfDay(column: Column, x: string, use: (interval: string) => string): Conversion {
  const { meaning } = column;
  if (meaning.is !== 'time') return refuse(column, 'INTERVAL');
  if (meaning.unit === 'ms') return exact(use(`to_milliseconds(${x})`));
  if (meaning.unit === 'us') return exact(use(`to_microseconds(${x})`));
  return checked(use(`to_microseconds(${wholeMicroseconds(column.name, x)})`));
}

/** Stands in the messages of casts that fail because a value would lose something. */
export const LOSS = ' that would be lost in ';

function lossMessage(what: string, name: string): string {
  return literal(`${what}${LOSS}${name}`);
}

/** Nanoseconds as microseconds; a cast that fails says so where there is a remainder. */
function wholeMicroseconds(name: string, x: string): string {
  const loss = lossMessage('nanoseconds', name);
  return `${x} / 1000 + CAST(CASE WHEN ${x} % 1000 <> 0 THEN ${loss} ELSE '0' END AS INT64)`;
}

/** Of the engine's other timestamps those in nanoseconds hold no more than microseconds either. */
function toCoarserTimestamp(column: Column, x: string, type: string): Conversion {
  const { expression, isChecked } = asTimestamp(column, x);
  const { meaning } = column;
  const fits =
    type === 'TIMESTAMP_NS' ||
    (type === 'TIMESTAMP_MS' && 'unit' in meaning && meaning.unit === 'ms');
  if (fits) return { how: 'take', expression: `CAST(${expression} AS ${type})`, isChecked };
  const isLost = `CAST(CAST(${expression} AS ${type}) AS TIMESTAMP) <> ${expression}`;
  const loss = lossMessage('digits', column.name);
  const nothing = `to_microseconds(CAST(CASE WHEN ${isLost} THEN ${loss} ELSE '0' END AS INT64))`;
  return checked(`CAST(${expression} + ${nothing} AS ${type})`);
}

function exact(expression: string): Extract<Conversion, { how: 'take' }> {
  return { how: 'take', expression, isChecked: false };
}

function checked(expression: string): Extract<Conversion, { how: 'take' }> {
  return { how: 'take', expression, isChecked: true };
}

function refuse(column: Column, type: string, why?: string): Conversion {
  const reason = `${column.name} is ${column.type}, which does not become ${type}`;
  return {
    how: 'refuse',
    reason: why === undefined ? reason : `${reason}: ${why}`,
    remedy: `write the column as ${type}, or give the property another type`,
  };
}
