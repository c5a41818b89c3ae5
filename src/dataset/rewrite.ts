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
import { KgloadError } from '../errors.js';
import type { Column } from '../model/column.js';
import { type PlainValue, readRows } from './rows.js';

export interface RewriteSource {
  path: string;
  columns: readonly Column[];
}

/** COPY scans row groups in parallel; 20 thousand rows keep all cores at work. */
const ROWS_PER_GROUP = 20_000;

interface WrittenType {
  type: 'UTF8' | 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY';
  /** The type in the footer, where parquetjs takes fewer values for it than it has. */
  footerType?: 'UINT_64' | 'TIMESTAMP_MICROS' | 'DATE';
  /** From the plain value, where the writer takes another. */
  convert?: (value: never) => PlainValue;
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
  const converts = types.flatMap(({ convert }, i) => (convert ? [[i, convert] as const] : []));
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
      for await (const batch of readRows(source.path, source.columns)) {
        for (const values of batch) {
          for (const [i, convert] of converts) {
            const value = values[i] ?? null;
            if (value !== null) values[i] = convert(value as never);
          }
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

function writtenType({ name, meaning, type }: Column): WrittenType {
  switch (meaning.is) {
    case 'string':
    case 'time':
    case 'decimal':
    case 'uuid':
    case 'null':
      return { type: 'UTF8' };
    case 'boolean':
      return { type: 'BOOLEAN' };
    case 'integer': {
      if (meaning.signed || meaning.bits < 64) return { type: 'INT64' };
      // The writer takes the bits as a signed number; the footer says what they are.
      const convert = (value: bigint): bigint => BigInt.asIntN(64, value);
      return { type: 'INT64', footerType: 'UINT_64', convert };
    }
    case 'float':
      return { type: 'DOUBLE' };
    case 'date':
      return { type: 'INT32', footerType: 'DATE' };
    case 'timestamp':
      return { type: 'INT64', footerType: 'TIMESTAMP_MICROS' };
    case 'bytes':
      return { type: 'BYTE_ARRAY', convert: (bytes: Uint8Array) => Buffer.from(bytes) };
    default:
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `the column ${name} is ${type}, which cannot be rewritten`,
        hint: 'write the file without it, or without the columns that the engine cannot read',
      });
  }
}
