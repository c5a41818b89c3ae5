/** Values of a server as Parquet files hold them, in types that the engines read as they are. */
import type { SchemaElement } from 'hyparquet';
import type { DriverModule } from '../bolt/driver.js';
import { formatInterval } from '../format.js';
import { canonicalType } from '../model/differences.js';
import { type Shape, shapeOf } from '../model/shape.js';
import { daysOf, instantOf } from './moments.js';

/** A column of a file, and what its values are made of. */
export interface FileColumn {
  elements: SchemaElement[];
  /** @throws {Unfit} for a value that the type does not hold with all its digits. */
  convert: (value: unknown) => unknown;
}

/** Why a value does not fit into its column. */
export class Unfit extends Error {}

type Element = Omit<SchemaElement, 'name' | 'repetition_type'>;

interface Scalar {
  element: Element;
  convert: (value: unknown) => unknown;
}

export function fileColumn(neo4j: DriverModule, name: string, type: string): FileColumn {
  const shape = shapeOf(type);
  const { elements, convert } = columnOf(neo4j, name, shape);
  return { elements, convert: (value) => (value === null ? null : convert(value)) };
}

function columnOf(neo4j: DriverModule, name: string, shape: Shape): FileColumn {
  const repetition_type = 'OPTIONAL';
  if (shape.is === 'list') {
    const item = columnOf(neo4j, 'element', shape.of);
    return {
      // https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists
      elements: [
        { name, repetition_type, num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...item.elements,
      ],
      convert: (value) => {
        if (!Array.isArray(value)) throw new Unfit('no list');
        return value.map((each) => (each === null ? null : item.convert(each)));
      },
    };
  }
  const type = shape.is === 'value' ? canonicalType(shape.type) : '';
  const { element, convert } = scalarOf(neo4j, type);
  return { elements: [{ name, repetition_type, ...element }], convert };
}

const TEXT: Element = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };

function scalarOf(neo4j: DriverModule, type: string): Scalar {
  const [, unsigned, bits] = /^(U?)INT(\d+)$/.exec(type === 'SERIAL' ? 'INT64' : type) ?? [];
  if (bits !== undefined) return integers(unsigned === 'U', Number(bits));
  if (type.startsWith('TIMESTAMP')) {
    return {
      element: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
      convert: (value) => momentOf(neo4j, value, type === 'TIMESTAMP_TZ'),
    };
  }
  switch (type) {
    case 'BOOL':
      return { element: { type: 'BOOLEAN' }, convert: expecting('boolean') };
    case 'DOUBLE':
      return { element: { type: 'DOUBLE' }, convert: expecting('number') };
    case 'FLOAT':
      return {
        element: { type: 'FLOAT' },
        convert: (value) => {
          if (typeof value !== 'number') throw new Unfit(`a ${typeof value}`);
          if (Object.is(Math.fround(value), value)) return value;
          throw new Unfit('a number with more digits than a FLOAT has');
        },
      };
    case 'DATE':
      return {
        element: { type: 'INT32', converted_type: 'DATE' },
        convert: (value) => {
          if (!neo4j.isDate(value)) throw new Unfit('no date');
          const { year, month, day } = value;
          return daysOf(Number(year), Number(month), Number(day));
        },
      };
    case 'INTERVAL':
      return { element: TEXT, convert: (value) => intervalText(neo4j, value) };
    case 'BLOB':
      return {
        element: { type: 'BYTE_ARRAY' },
        convert: (value) => {
          if (!(value instanceof Int8Array)) throw new Unfit('no bytes');
          return new Uint8Array(value.buffer, value.byteOffset, value.length).slice();
        },
      };
    default:
      return { element: TEXT, convert: expecting('string') };
  }
}

function expecting(type: 'string' | 'number' | 'boolean'): (value: unknown) => unknown {
  return (value) => {
    if (typeof value === type) return value;
    throw new Unfit(`no ${type}`);
  };
}

function integers(isUnsigned: boolean, bits: number): Scalar {
  const wrap = (value: bigint): bigint =>
    isUnsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
  const name = `${isUnsigned ? 'UINT' : 'INT'}${bits}`;
  const check = (value: unknown): bigint => {
    if (typeof value !== 'bigint') throw new Unfit('no integer');
    if (wrap(value) === value) return value;
    throw new Unfit(`an integer that no ${name} holds`);
  };
  // Text has the digits of integers that Parquet has no type for.
  if (bits > 64) return { element: TEXT, convert: (value) => String(check(value)) };
  if (bits === 64) {
    const element: Element = isUnsigned
      ? { type: 'INT64', converted_type: 'UINT_64' }
      : { type: 'INT64' };
    return { element, convert: check };
  }
  const converted_type = `${isUnsigned ? 'UINT' : 'INT'}_${bits as 8 | 16 | 32}` as const;
  return { element: { type: 'INT32', converted_type }, convert: (value) => Number(check(value)) };
}

function microsOf(nanoseconds: unknown): number {
  const nanos = Number(nanoseconds);
  if (nanos % 1000 !== 0) throw new Unfit('nanoseconds, where the engines have microseconds');
  return nanos / 1000;
}

/** Microseconds since 1970. */
function momentOf(neo4j: DriverModule, value: unknown, isZoned: boolean): bigint {
  const isIts = isZoned ? neo4j.isDateTime : neo4j.isLocalDateTime;
  if (!isIts(value as object)) throw new Unfit(isZoned ? 'no zoned datetime' : 'no local datetime');
  const { year, month, day, hour, minute, second, nanosecond, timeZoneOffsetSeconds } =
    value as Record<string, unknown>;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const offset = isZoned ? Number(timeZoneOffsetSeconds) : 0;
  const days = daysOf(Number(year), Number(month), Number(day));
  return instantOf(days, seconds - offset, microsOf(nanosecond));
}

function intervalText(neo4j: DriverModule, value: unknown): string {
  if (!neo4j.isDuration(value)) throw new Unfit('no duration');
  const { months, days, seconds, nanoseconds } = value;
  const microseconds = BigInt(Number(seconds)) * 1_000_000n + BigInt(microsOf(nanoseconds));
  return formatInterval({ months: Number(months), days: Number(days), microseconds });
}
