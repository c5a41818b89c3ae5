/**
 * Rewriting a Parquet file so that the engine can read it: what it refuses becomes text with every
 * digit, what it takes for integers gets the type that it looks at, in row groups that load fast.
 */
import { createWriteStream } from 'node:fs';
import type {
  FieldDefinition,
  ParquetSchema as WriterSchema,
  ParquetType,
  ParquetWriter as ParquetWriterInstance,
} from '@dsnp/parquetjs';
import { KgloadError } from '../errors.js';
import { formatCount } from '../format.js';
import { shapeOf } from '../model/shape.js';
import type { PlainValue } from '../model/plainvalue.js';
import { readRows } from './rows.js';
import {
  field,
  nestedField,
  type RewrittenColumn,
  toRecord,
  type WrittenType,
  writtenType,
} from './written.js';

export interface RewriteSource {
  path: string;
  columns: readonly RewrittenColumn[];
}

/** COPY scans row groups in parallel; 20 thousand rows keep all cores at work. */
const ROWS_PER_GROUP = 20_000;

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
  const { ParquetSchema, ParquetShredder, ParquetWriter } = await import('@dsnp/parquetjs');
  const [{ columns } = { columns: [] }] = sources;
  const shapes = columns.map(({ nested }) => nested && shapeOf(nested.type));
  const flat = columns.flatMap(({ column: { name } }, i) => (shapes[i] ? [] : [{ name, i }]));
  const hasNested = flat.length < columns.length;
  const schema = (typeOf: (type: WrittenType) => ParquetType, isNested?: boolean): WriterSchema =>
    new ParquetSchema(
      Object.fromEntries(
        columns.flatMap(({ column }, i) => {
          const shape = shapes[i];
          if (isNested === true && !shape) return [];
          const type = (inner: WrittenType): FieldDefinition => field(typeOf(inner));
          const own = shape ? nestedField(shape, type) : type(writtenType(column));
          return [[column.name, own] as const];
        }),
      ),
    );
  const stream = createWriteStream(destination);
  // The writer tells only of writes that come after the one that failed.
  let failure: Error | undefined;
  stream.on('error', (error) => (failure ??= error));
  const writer = await ParquetWriter.openStream(
    schema(({ type, footerType }) => footerType ?? type),
    stream,
    // The shredder counts values for rows, of which pages of the first version say nothing.
    { useDataPageV2: !hasNested },
  );
  writer.schema = schema(({ type }) => type);
  const nestedSchema = schema(({ type }) => type, true);
  writer.setRowGroupSize(ROWS_PER_GROUP);
  let rows = 0;
  let group = emptyGroup(writer.schema);
  try {
    for (const source of sources) {
      const converts = source.columns.map(
        ({ column, nested }, i): ((value: PlainValue) => unknown) | undefined => {
          const shape = shapes[i];
          if (nested && shape) return (value) => toRecord(nested.convert(value), shape);
          return writtenType(column).convert;
        },
      );
      const own = source.columns.map(({ column }) => column);
      let before = 1;
      for await (const batch of readRows(source.path, own)) {
        for (const [row, plain] of batch.entries()) {
          const values = inRow(before + row, () =>
            plain.map((value, i) => (value === null ? null : (converts[i]?.(value) ?? value))),
          );
          const record = (): Record<string, unknown> =>
            Object.fromEntries(columns.map(({ column }, i) => [column.name, values[i]]));
          if (group.rowCount < ROWS_PER_GROUP - 1) {
            if (hasNested) ParquetShredder.shredRecord(nestedSchema, record(), group);
            addRow(group, flat, values, hasNested);
            continue;
          }
          // The writer encodes a group when it is given its last row.
          writer.rowBuffer = group;
          await writer.appendRow(record());
          group = emptyGroup(writer.schema);
        }
        before += batch.length;
        rows += batch.length;
        onRows(rows);
      }
    }
    writer.rowBuffer = group;
    await writer.close();
  } catch (error) {
    // The writer does not wait for its writes: one that comes after the end would be nobody's error.
    if (!stream.destroyed) {
      await new Promise<void>((resolve) => {
        stream.once('close', () => {
          resolve();
        });
        stream.end();
      });
    }
    throw failure ?? error;
  }
  return rows;
}

/** Says in which row of its file a value does not convert. */
function inRow<T>(row: number, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof KgloadError) || error.code !== 'COLUMN_TYPE') throw error;
    const { code, message, hint } = error;
    throw new KgloadError(
      { code, message: `row ${formatCount(row)}: ${message}`, ...(hint !== undefined && { hint }) },
      { cause: error },
    );
  }
}

type Group = Required<ParquetWriterInstance['rowBuffer']>;

/**
 * parquetjs' own form of a row group, filled here a column at a time: its `appendRow` makes five
 * objects a value, and takes three times as long.
 */
function emptyGroup({ fieldList }: WriterSchema): Group {
  const each = <T>(make: () => T): Record<string, T> =>
    Object.fromEntries(fieldList.map(({ path }) => [path.join(','), make()]));
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
function addRow(
  group: Group,
  flat: readonly { name: string; i: number }[],
  values: readonly unknown[],
  isCounted: boolean,
): void {
  for (const { name, i } of flat) {
    const data = group.columnData[name];
    if (!data) continue;
    const value = values[i];
    data.rlevels?.push(0);
    data.dlevels?.push(value === null ? 0 : 1);
    // Typed as numbers there, whatever the column.
    const list = data.values as unknown[] | undefined;
    if (value !== null) list?.push(typeof value === 'string' ? Buffer.from(value) : value);
    data.count = (data.count ?? 0) + 1;
  }
  if (isCounted) return; // By the shredder.
  group.rowCount += 1;
  group.pageRowCount += 1;
}
