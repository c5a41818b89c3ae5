/** Values as the columns of a Parquet file hold them, and the plain values that are made of them. */
import { KgloadError } from '../errors.js';
import { formatDecimal, formatTimeOfDay, type Interval } from '../format.js';
import type { Column, Unit } from '../model/column.js';
import type { PlainValue } from '../model/plainvalue.js';

/** What the decoder puts in the place of bytes that are no UTF-8; also a character of its own. */
const REPLACEMENT = '\ufffd';

/** @throws {KgloadError} `PARQUET_UNREADABLE` for bytes that are no UTF-8: two of them would look alike. */
function refuseNoText(bytes: Uint8Array, name: string, path: string): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const shown = Buffer.from(bytes.subarray(0, 20)).toString('latin1');
    throw new KgloadError(
      {
        code: 'PARQUET_UNREADABLE',
        file: path,
        message: `${path} has text in the column ${name} that is no UTF-8 (${JSON.stringify(shown)})`,
        hint: 'write the column anew as UTF-8, or as bytes (BYTE_ARRAY without a logical type)',
      },
      { cause: error },
    );
  }
}

/** Makes a plain value of a physical one. */
export function plainReader(column: Column, path: string): (value: unknown) => PlainValue {
  const read = plainReaderOf(column, path);
  return read as (value: unknown) => PlainValue;
}

function plainReaderOf(
  { name, meaning, type }: Column,
  path: string,
): (value: never) => PlainValue {
  switch (meaning.is) {
    case 'string':
      return (bytes: Uint8Array) => {
        const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
        if (text.includes(REPLACEMENT)) refuseNoText(bytes, name, path);
        return text;
      };
    case 'integer': {
      const { bits, signed } = meaning;
      if (signed) return (value: number | bigint) => value;
      return (value: number | bigint) => BigInt.asUintN(bits, BigInt(value));
    }
    case 'float':
      return meaning.bits === 16 ? halfToNumber : (value: number) => value;
    case 'timestamp': {
      const { unit } = meaning;
      if (type.startsWith('INT96')) {
        return (bytes: Uint8Array) => toMicroseconds(readInt96(bytes), 'ns', name);
      }
      return (value: bigint | number) => toMicroseconds(BigInt(value), unit, name);
    }
    case 'time':
      return (value: bigint | number) =>
        formatTimeOfDay(toMicroseconds(BigInt(value), meaning.unit, name));
    case 'decimal':
      return (value: number | bigint | Uint8Array) => formatDecimal(unscaled(value), meaning.scale);
    case 'uuid':
      return uuidText;
    case 'interval':
      return readInterval;
    case 'null':
      return () => null;
    default:
      return (value: PlainValue) => value;
  }
}

/** Nanoseconds since 1970, of a Julian day and nanoseconds in it. */
function readInt96(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const days = BigInt(view.getInt32(8, true)) - 2_440_588n;
  return days * 86_400_000_000_000n + view.getBigInt64(0, true);
}

/** Months, days and milliseconds, each in four bytes, little-endian. */
function readInterval(bytes: Uint8Array): Interval {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    months: view.getUint32(0, true),
    days: view.getUint32(4, true),
    microseconds: BigInt(view.getUint32(8, true)) * 1000n,
  };
}

function toMicroseconds(value: bigint, unit: Unit, name: string): bigint {
  const instant = unit === 'us' ? value : unit === 'ms' ? value * 1000n : value / 1000n;
  if (BigInt.asIntN(64, instant) !== instant) {
    throw new KgloadError({
      code: 'COLUMN_TYPE',
      message: `the column ${name} holds an instant that no TIMESTAMP holds (${value} ${unit})`,
      hint: 'mend the file',
    });
  }
  if (unit !== 'ns' || value % 1000n === 0n) return instant;
  throw new KgloadError({
    code: 'COLUMN_TYPE',
    message: `the column ${name} holds nanoseconds that would be lost (${value})`,
    hint: 'write the column in microseconds',
  });
}

/** Big-endian two's complement, as Parquet stores decimals in bytes. */
function unscaled(value: number | bigint | Uint8Array): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  const digits = Buffer.from(value).toString('hex');
  return BigInt.asIntN(value.length * 8, BigInt(`0x${digits === '' ? '0' : digits}`));
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** IEEE 754 binary16, little-endian. */
function halfToNumber(bytes: Uint8Array): number {
  const bits = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
