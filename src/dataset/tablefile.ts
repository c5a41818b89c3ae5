/** A Parquet file of a table that comes row by row, written row group by row group. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

export interface TableFile {
  /** @param row - Values as the writer takes them, in the order of the columns. */
  add: (row: readonly unknown[]) => void;
  /** Completes the file. @returns The rows in it. */
  close: () => number;
  /** Lets go of the file as it is. */
  abandon: () => void;
}

/** COPY reads row groups in parallel; 20 thousand rows keep all cores at work. */
const ROWS_PER_GROUP = 20_000;
/** Characters and bytes; source code makes a group large that has few rows. */
const TEXT_PER_GROUP = 8_000_000;

/**
 * Begins a file.
 *
 * @param elements - Of all columns; a nested one is followed by its parts.
 * @param distinct - Columns in which no value is there twice, or hardly any: no need to look.
 * @throws System errors, also later.
 */
export function openTableFile(
  path: string,
  elements: readonly SchemaElement[],
  distinct: readonly string[] = [],
): TableFile {
  const columns = topLevel(elements);
  let file: number | undefined = openSync(path, 'w');
  let rows = 0;
  let text = 0;
  let group: unknown[][] = columns.map(() => []);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: columns.length }, ...elements],
    codec: 'SNAPPY',
    statistics: false,
    createdBy: 'kgload',
  });
  const send = (): void => {
    if (file === undefined) return;
    const part = bytes.getBytes();
    // A full disk takes a part of it, and says so at the next write.
    for (let at = 0; at < part.length;) at += writeSync(file, part, at);
    bytes.index = 0;
  };
  const flush = (): void => {
    if (group[0]?.length === 0) return;
    const columnData = columns.map((name, i) => {
      const data = group[i] ?? [];
      return {
        name,
        data,
        offsetIndex: false,
        ...(distinct.includes(name) && { encoding: 'PLAIN' as const }),
        // Engines fail to decompress pages without a value (engine/reads.ts).
        ...(data.every(isEmpty) && { codec: 'UNCOMPRESSED' as const }),
      };
    });
    void writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
    group = columns.map(() => []);
    text = 0;
    send();
  };
  const abandon = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    add(row) {
      for (let i = 0; i < columns.length; i += 1) {
        const value = row[i] ?? null;
        if (typeof value === 'string' || value instanceof Uint8Array) text += value.length;
        else if (Array.isArray(value)) text += 8 * value.length;
        group[i]?.push(value);
      }
      rows += 1;
      if (group[0]?.length === ROWS_PER_GROUP || text >= TEXT_PER_GROUP) flush();
    },
    close() {
      flush();
      void writer.finish();
      send();
      abandon();
      return rows;
    },
    abandon,
  };
}

/** NULL, or a list with nothing but such. */
function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.every(isEmpty));
}

/** The names of the columns. */
function topLevel(elements: readonly SchemaElement[]): string[] {
  const names: string[] = [];
  for (let at = 0; at < elements.length;) {
    names.push(elements[at]?.name ?? '');
    for (let left = 1; left > 0; at += 1) left += (elements[at]?.num_children ?? 0) - 1;
  }
  return names;
}
