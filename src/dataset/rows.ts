/** The rows of a Parquet file as plain values, each with every digit that the file has. */
import type { FileMetaData, SchemaElement } from 'hyparquet';
import { KgloadError, messageOf } from '../errors.js';
import { systemError } from '../files.js';
import { formatTimeOfDay, formatDecimal } from '../format.js';
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
    const footer = await parquetMetadataAsync(file);
    const readers = columns.map((column) => plainReader(column));
    const names = [...new Set(columns.map(({ name }) => name))];
    const strings = columns.filter(({ meaning }) => meaning.is === 'string');
    const asText = asPhysical(footer, columns);
    const asBytes = asPhysical(footer, columns, false);
    const read = async (
      range: { start: number; end: number; isIndexed: boolean },
      wanted: readonly string[],
      metadata: FileMetaData,
    ): Promise<Map<string, unknown[]>> => {
      const { start, end, isIndexed } = range;
      const values = new Map(wanted.map((name) => [name, new Array<unknown>(end - start)]));
      await parquetRead({
        file,
        metadata,
        compressors,
        columns: [...wanted],
        rowStart: start,
        rowEnd: end,
        useOffsetIndex: isIndexed,
        utf8: false,
        parsers: { timestampFromNanoseconds: (nanos) => nanos },
        onChunk: ({ columnName, columnData, rowStart }) => {
          const list = values.get(columnName);
          if (!list) return;
          const [first, last] = [
            Math.max(0, start - rowStart),
            Math.min(columnData.length, end - rowStart),
          ];
          for (let k = first; k < last; k += 1) list[rowStart + k - start] = columnData[k];
        },
      });
      return values;
    };
    let groupStart = 0;
    for (const group of footer.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      const isIndexed = await checkPages(file, group, names);
      // Without an index the decoder begins a column anew for each part of it.
      const step = isIndexed ? ROWS_PER_READ : Math.max(1, groupEnd - groupStart);
      for (let start = groupStart; start < groupEnd; start += step) {
        const range = { start, end: Math.min(groupEnd, start + step), isIndexed };
        const values = await read(range, names, asText);
        for (const { name } of strings) {
          if (!values.get(name)?.some((text) => String(text).includes(REPLACEMENT))) continue;
          const bytes = (await read(range, [name], asBytes)).get(name) ?? [];
          for (const each of bytes) if (each instanceof Uint8Array) refuseNoText(each, name, path);
        }
        const lists = columns.map(({ name }) => values.get(name) ?? []);
        for (let k = 0; k < range.end - start; k += ROWS_PER_READ) {
          const rows = Math.min(ROWS_PER_READ, range.end - start - k);
          yield Array.from({ length: rows }, (_, row) =>
            lists.map((list, column) => {
              const value = list[k + row];
              if (value === null) return null;
              if (value === undefined) {
                throw new Error(
                  `no value of the column ${columns[column]?.name ?? ''} is found in row ${start + k + row + 1}`,
                );
              }
              return readers[column]?.(value) ?? null;
            }),
          );
        }
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

/**
 * The metadata without the types that hyparquet would convert by, since a Date has no microseconds
 * and a number not the digits of a decimal.
 */
function asPhysical(
  metadata: FileMetaData,
  columns: readonly Column[],
  isText = true,
): FileMetaData {
  const meanings = new Map(columns.map(({ name, meaning }) => [name, meaning]));
  const plain = (element: SchemaElement): SchemaElement => {
    const meaning = element.type ? meanings.get(element.name) : undefined;
    if (!meaning) return element;
    const physical = { ...element };
    delete physical.converted_type;
    delete physical.logical_type;
    if (meaning.is === 'string' && isText) physical.converted_type = 'UTF8';
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
