/**
 * Rewriting a Parquet file so that the engine can read it: what it refuses becomes text with every
 * digit, what it takes for integers gets the type that it looks at, in row groups that load fast.
 */
import { createWriteStream } from 'node:fs';
import type {
  ParquetSchema as WriterSchema,
  ParquetType,
  ParquetWriter as ParquetWriterInstance,
} from '@dsnp/parquetjs';
import type { FileMetaData, SchemaElement } from 'hyparquet';
import { KgloadError, messageOf, systemError } from '../errors.js';
import type { Column, Meaning, Unit } from '../model/column.js';

export interface RewriteSource {
  path: string;
  columns: readonly Column[];
}

/** COPY scans row groups in parallel; 20 thousand rows keep all cores at work. */
const ROWS_PER_GROUP = 20_000;

/** Rows that are decoded at a time, so that memory does not grow with a file's row groups. */
const ROWS_PER_READ = 100_000;

interface WrittenType {
  type: 'UTF8' | 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY';
  /** The type in the footer, where parquetjs takes fewer values for it than it has. */
  footerType?: 'UINT_64' | 'TIMESTAMP_MICROS' | 'DATE';
  /** From the physical value. */
  convert: (value: never) => unknown;
}

/** Whether a column can be rewritten: not a nested one. */
export function isRewritable({ meaning }: Column): boolean {
  return meaning.is !== 'nested' && meaning.is !== 'interval';
}

/**
 * Writes the columns of some files into one, each under the name that it has in the first.
 *
 * @param onRows - Called with the rows written so far.
 * @returns Rows written.
 * @throws {KgloadError} `PARQUET_UNREADABLE`, or `COLUMN_TYPE` for a value that would lose digits.
 */
export async function rewrite(
  sources: readonly RewriteSource[],
  destination: string,
  onRows: (rows: number) => void = () => undefined,
): Promise<number> {
  const { ParquetSchema, ParquetWriter } = await import('@dsnp/parquetjs');
  const columns = sources[0]?.columns ?? [];
  const types = columns.map((column) => writtenType(column));
  const schema = (typeOf: (type: WrittenType) => ParquetType): WriterSchema =>
    new ParquetSchema(
      Object.fromEntries(
        columns.map(({ name }, i) => [
          name,
          {
            type: types[i] ? typeOf(types[i]) : 'UTF8',
            optional: true,
            compression: 'SNAPPY' as const,
            statistics: false as const,
          },
        ]),
      ),
    );
  const stream = createWriteStream(destination);
  // The writer tells only of writes that come after the one that failed.
  let failure: Error | undefined;
  stream.on('error', (error) => (failure ??= error));
  const writer = await ParquetWriter.openStream(
    schema(({ type, footerType }) => footerType ?? type),
    stream,
  );
  writer.schema = schema(({ type }) => type);
  writer.setRowGroupSize(ROWS_PER_GROUP);
  let rows = 0;
  let group = emptyGroup(columns);
  try {
    for (const source of sources) {
      for await (const batch of readBatches(source)) {
        for (const values of batch) {
          if (group.rowCount < ROWS_PER_GROUP - 1) {
            addRow(group, columns, values);
            continue;
          }
          // The writer encodes a group when it is given its last row.
          writer.rowBuffer = group;
          await writer.appendRow(
            Object.fromEntries(columns.map(({ name }, i) => [name, values[i]])),
          );
          group = emptyGroup(columns);
        }
        rows += batch.length;
        onRows(rows);
      }
    }
    writer.rowBuffer = group;
    await writer.close();
  } catch (error) {
    stream.destroy();
    throw failure ?? error;
  }
  return rows;
}

type Group = Required<ParquetWriterInstance['rowBuffer']>;

/**
 * parquetjs' own form of a row group, filled here a column at a time: its `appendRow` makes five
 * objects a value, and takes three times as long.
 */
function emptyGroup(columns: readonly Column[]): Group {
  const each = <T>(make: () => T): Record<string, T> =>
    Object.fromEntries(columns.map(({ name }) => [name, make()]));
  return {
    rowCount: 0,
    pageRowCount: 0,
    columnData: each(() => ({
      dlevels: [],
      rlevels: [],
      values: [],
      distinct_values: new Set(),
      count: 0,
    })),
    pages: each(() => []),
  };
}

/** A flat, optional column has no repetition, and the definition level says whether there is a value. */
function addRow(group: Group, columns: readonly Column[], values: readonly unknown[]): void {
  for (let i = 0; i < columns.length; i += 1) {
    const data = group.columnData[columns[i]?.name ?? ''];
    if (!data) continue;
    const value = values[i];
    data.rlevels?.push(0);
    data.dlevels?.push(value === null ? 0 : 1);
    // Typed as numbers there, whatever the column.
    const list = data.values as unknown[] | undefined;
    if (value !== null) list?.push(typeof value === 'string' ? Buffer.from(value) : value);
    data.count = (data.count ?? 0) + 1;
  }
  group.rowCount += 1;
  group.pageRowCount += 1;
}

/** Rows of values as they are written, in the order of the source's columns. */
async function* readBatches({ path, columns }: RewriteSource): AsyncGenerator<unknown[][]> {
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
    const converts = columns.map(
      (column): ((value: unknown) => unknown) => writtenType(column).convert as never,
    );
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
            return value === null || value === undefined ? null : converts[i]?.(value);
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

function writtenType({ name, meaning, type }: Column): WrittenType {
  const written = (
    target: WrittenType['type'],
    convert: WrittenType['convert'],
    footerType?: WrittenType['footerType'],
  ): WrittenType => ({ type: target, convert, ...(footerType && { footerType }) });
  switch (meaning.is) {
    case 'string':
      return written('UTF8', (value: string) => value);
    case 'boolean':
      return written('BOOLEAN', (value: boolean) => value);
    case 'integer':
      return integerType(meaning, written);
    case 'float':
      if (meaning.bits === 16) return written('DOUBLE', halfToNumber);
      return written('DOUBLE', (value: number) => value);
    case 'date':
      return written('INT32', (days: number) => days, 'DATE');
    case 'timestamp': {
      // INT96 arrives in nanoseconds, whatever its column is said to be.
      const unit = type.startsWith('INT96') ? 'ns' : meaning.unit;
      return written(
        'INT64',
        (value: bigint | number) => toMicroseconds(BigInt(value), unit, name),
        'TIMESTAMP_MICROS',
      );
    }
    case 'time':
      return written('UTF8', (value: bigint | number) =>
        timeText(toMicroseconds(BigInt(value), meaning.unit, name)),
      );
    case 'decimal':
      return written('UTF8', (value: number | bigint | Uint8Array) =>
        decimalText(unscaled(value), meaning.scale),
      );
    case 'uuid':
      return written('UTF8', (bytes: Uint8Array) => uuidText(bytes));
    case 'bytes':
      return written('BYTE_ARRAY', (bytes: Uint8Array) => Buffer.from(bytes));
    case 'null':
      return written('UTF8', () => null);
    default:
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `the column ${name} is ${type}, which cannot be rewritten`,
        hint: 'write the file without it, or without the columns that the engine cannot read',
      });
  }
}

function integerType(
  { bits, signed }: Extract<Meaning, { is: 'integer' }>,
  written: (
    target: 'INT64',
    convert: (value: number | bigint) => unknown,
    footerType?: 'UINT_64',
  ) => WrittenType,
): WrittenType {
  if (signed) return written('INT64', (value) => value);
  // The writer takes the bits as a signed number; the footer says what they are.
  if (bits === 64) return written('INT64', (value) => BigInt.asIntN(64, BigInt(value)), 'UINT_64');
  return written('INT64', (value) => BigInt.asUintN(bits, BigInt(value)));
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
