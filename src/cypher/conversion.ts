/** A conversion as the expression by which the engine reads a column. */
import type { Unit } from '../model/column.js';
import { MOST_WHOLE, type Value } from '../model/value.js';
import { identifier, literal } from './text.js';

/** The Cypher expression of a value. */
export function toExpression(value: Value): string {
  if (value.is === 'column') return identifier(value.column.name);
  // Not every type of an empty column can be cast to every other.
  if (value.is === 'null') return `CAST(NULL AS ${value.type})`;
  const x = toExpression(value.of);
  switch (value.is) {
    case 'decoded':
      return `decode(${x})`;
    case 'cast':
      return `CAST(${x} AS ${value.type})`;
    case 'unsigned':
      return value.bits === 32
        ? `CASE WHEN ${x} < 0 THEN CAST(${x} AS INT64) + 4294967296 ELSE CAST(${x} AS INT64) END`
        : `CAST(CASE WHEN ${x} < 0 THEN CAST(${x} AS INT128) + 18446744073709551616 ELSE CAST(${x} AS INT128) END AS UINT64)`;
    case 'instant':
      return `timestamp('1970-01-01') + ${duration(value.unit, value.name, x)}`;
    case 'time':
      return duration(value.unit, value.name, x);
    case 'coarser': {
      const isLost = `CAST(CAST(${x} AS ${value.type}) AS TIMESTAMP) <> ${x}`;
      const loss = lossMessage('digits', value.name);
      const nothing = `to_microseconds(CAST(CASE WHEN ${isLost} THEN ${loss} ELSE '0' END AS INT64))`;
      return `CAST(${x} + ${nothing} AS ${value.type})`;
    }
    case 'whole': {
      const isLost = `floor(${x}) <> ${x} OR abs(${x}) > ${MOST_WHOLE[value.bits] ?? 0}`;
      const loss = lossMessage('digits', value.name);
      const nothing = `CAST(CASE WHEN ${isLost} THEN ${loss} ELSE '0' END AS INT64)`;
      // Beyond 2^63 the cast itself would fail, in words that name no column.
      const whole = `CAST(CASE WHEN ${isLost} THEN 0.0 ELSE ${x} END AS INT64) + ${nothing}`;
      return value.type === 'INT64' ? whole : `CAST(${whole} AS ${value.type})`;
    }
    case 'parsed': {
      const beyond = `regexp_full_match(${x}, '.*[.][0-9]{6}[0-9]*[1-9].*')`;
      const loss = lossMessage('nanoseconds', value.name);
      if (value.type === 'INTERVAL') {
        return `CAST(CASE WHEN ${beyond} THEN ${loss} ELSE ${x} END AS INTERVAL)`;
      }
      // A plain cast to TIMESTAMP passes over the time zone in Ladybug 0.19.1.
      const instant = `CAST(CASE WHEN ${beyond} THEN ${loss} ELSE ${x} END AS TIMESTAMP_TZ)`;
      return value.type === 'TIMESTAMP_TZ' ? instant : `CAST(${instant} AS ${value.type})`;
    }
    case 'decimal': {
      // The engines also take 1.2.3, for 12.3.
      const beyond = `regexp_full_match(${x}, '.*[.](.*[.].*|[0-9]{${value.scale}}[0-9]*[1-9][0-9]*)')`;
      const loss = lossMessage('digits', value.name);
      return `CAST(CASE WHEN ${beyond} THEN ${loss} ELSE ${x} END AS ${value.type})`;
    }
  }
}

function duration(unit: Unit, name: string, x: string): string {
  if (unit === 'ms') return `to_milliseconds(${x})`;
  if (unit === 'us') return `to_microseconds(${x})`;
  return `to_microseconds(${wholeMicroseconds(name, x)})`;
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
