/** The rows of a Parquet file as plain values, each with every digit that the file has. */
import type { FileMetaData, SchemaElement } from 'hyparquet';
import { KgloadError, messageOf } from '../errors.js';
import { systemError } from '../files.js';
import type { Column, Meaning, Unit } from '../model/column.js';

/**
 * A value of a column that is no list, struct or map: text for strings, decimals, times of day and
 * UUIDs; days since 1970 for dates, microseconds since then for timestamps; integers beyond 32 bits,
 * and unsigned ones, as bigint.
 */
export type PlainValue = string | number | bigint | boolean | Uint8Array | Interval | null;

export interface Interval {
  months: number;
  days: number;
  microseconds: bigint;
}

/** Rows that are decoded at a time, so that memory does not grow with a file's row groups. */
const ROWS_PER_READ = 100_000;

/**
 * Reads some columns of a file.
 *
 * @returns Batches of rows, each with its values in the order of the columns.
 * @throws {KgloadError} `PARQUET_UNREADABLE`, or `COLUMN_TYPE` for a value that would lose digits.
 */
export async function* readRows(
  path: string,
  columns: readonly Column[],
): AsyncGenerator<PlainValue[][]> {
  const [
    { asyncBufferFromFile, parquetMetadataAsync, parquetRead },
    { compressors },
    { checkPages },
  ] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
    import('./pages.js'),
  ]);
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = asPhysical(await parquetMetadataAsync(file), columns);
    const readers = columns.map((column) => plainReader(column));
    const names = [...new Set(columns.map(({ name }) => name))];
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      await checkPages(file, group, names);
      for (let rowStart = groupStart; rowStart < groupEnd; rowStart += ROWS_PER_READ) {
        let batch: Record<string, unknown>[] = [];
        await parquetRead({
          file,
          metadata,
          compressors,
          columns: names,
          rowStart,
          rowEnd: Math.min(groupEnd, rowStart + ROWS_PER_READ),
          rowFormat: 'object',
          useOffsetIndex: true,
          utf8: false,
          parsers: { timestampFromNanoseconds: (nanos) => nanos },
          onComplete: (rows) => {
            batch = rows as Record<string, unknown>[];
          },
        });
        yield batch.map((row) =>
          columns.map(({ name }, i) => {
            const value = row[name];
            return value === null || value === undefined ? null : (readers[i]?.(value) ?? null);
          }),
        );
      }
      groupStart = groupEnd;
    }
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    const refused = systemError(error, `${path} cannot be read`);
    if (refused) throw refused;
    throw new KgloadError(
      {
        code: 'PARQUET_UNREADABLE',
        file: path,
        message: `${path} cannot be decoded: ${messageOf(error)}`,
      },
      { cause: error },
    );
  }
}

/**
 * The metadata without the types that hyparquet would convert by, since a Date has no microseconds
 * and a number not the digits of a decimal.
 */
function asPhysical(metadata: FileMetaData, columns: readonly Column[]): FileMetaData {
  const meanings = new Map(columns.map(({ name, meaning }) => [name, meaning]));
  const plain = (element: SchemaElement): SchemaElement => {
    const meaning = element.type ? meanings.get(element.name) : undefined;
    if (!meaning) return element;
    const physical = { ...element };
    delete physical.converted_type;
    delete physical.logical_type;
    if (meaning.is === 'string') physical.converted_type = 'UTF8';
    return physical;
  };
  return { ...metadata, schema: metadata.schema.map(plain) };
}

/** Makes a plain value of a physical one. */
function plainReader({ name, meaning, type }: Column): (value: unknown) => PlainValue {
  const read = plainReaderOf(name, meaning, type);
  return read as (value: unknown) => PlainValue;
}

function plainReaderOf(name: string, meaning: Meaning, type: string): (value: never) => PlainValue {
  switch (meaning.is) {
    case 'integer': {
      const { bits, signed } = meaning;
      if (signed) return (value: number | bigint) => value;
      return (value: number | bigint) => BigInt.asUintN(bits, BigInt(value));
    }
    case 'float':
      return meaning.bits === 16 ? halfToNumber : (value: number) => value;
    case 'timestamp': {
      // INT96 arrives in nanoseconds, whatever its column is said to be.
      const unit = type.startsWith('INT96') ? 'ns' : meaning.unit;
      return (value: bigint | number) => toMicroseconds(BigInt(value), unit, name);
    }
    case 'time':
      return (value: bigint | number) =>
        timeText(toMicroseconds(BigInt(value), meaning.unit, name));
    case 'decimal':
      return (value: number | bigint | Uint8Array) => decimalText(unscaled(value), meaning.scale);
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
  if (unit === 'us') return value;
  if (unit === 'ms') return value * 1000n;
  if (value % 1000n === 0n) return value / 1000n;
  throw new KgloadError({
    code: 'COLUMN_TYPE',
    message: `the column ${name} holds nanoseconds that would be lost (${value})`,
    hint: 'write the column in microseconds',
  });
}

/** As the engine writes an interval: `01:02:03.5`. */
function timeText(microseconds: bigint): string {
  const seconds = microseconds / 1_000_000n;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  const fraction = String(microseconds % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

/** Big-endian two's complement, as Parquet stores decimals in bytes. */
function unscaled(value: number | bigint | Uint8Array): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  const digits = Buffer.from(value).toString('hex');
  return BigInt.asIntN(value.length * 8, BigInt(`0x${digits === '' ? '0' : digits}`));
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
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
