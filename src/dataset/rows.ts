/** The rows of a Parquet file as plain values, each with every digit that the file has. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { ColumnMetaData, Compressors } from 'hyparquet';
import { KgloadError, messageOf } from '../errors.js';
import { onDisk, systemError } from '../files.js';
import type { Column, Meaning } from '../model/column.js';
import { readMetadata } from './footer.js';
import type { Page, ReadBytes, readPages as readPagesOf } from './pages.js';
import type { PlainValue } from '../model/plainvalue.js';
import { plainReader } from './plain.js';
import { columnNodes, readTree, type SchemaNode } from './tree.js';

/** Rows that are decoded at a time, so that memory does not grow with a file's row groups. */
const ROWS_PER_READ = 20_000;

/** Read at a time, so that small pages are not read one by one. */
const WINDOW_BYTES = 2 ** 20;

/** What decodes pages; loaded where rows are read. */
export interface Decoder {
  readPages: typeof readPagesOf;
  compressors: Compressors;
}

export async function loadDecoder(): Promise<Decoder> {
  const [{ compressors }, { readPages }, { brotliDecompressSync, gunzipSync }] = await Promise.all([
    import('hyparquet-compressors'),
    import('./pages.js'),
    import('node:zlib'),
  ]);
  // Node's own know pages of several members (RFC 1952, 2.2), and are faster.
  const own: Compressors = {
    GZIP: (input) => gunzipSync(input),
    BROTLI: (input) => brotliDecompressSync(input),
  };
  return { readPages, compressors: withoutEmpty({ ...compressors, ...own }) };
}

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
  yield* decodeRows(await loadDecoder(), path, columns);
}

/** {@link readRows}, with what decodes them at hand. */
export function* decodeRows(
  decoder: Decoder,
  path: string,
  columns: readonly Column[],
): Generator<PlainValue[][]> {
  for (const { count, lists } of decodeColumns(decoder, path, columns)) {
    yield Array.from({ length: count }, (_, row) => lists.map((list) => list[row] ?? null));
  }
}

/** {@link decodeRows}, but a list of values for each column. */
export function* decodeColumns(
  decoder: Decoder,
  path: string,
  columns: readonly Column[],
): Generator<{ count: number; lists: PlainValue[][] }> {
  const { metadata: footer } = readMetadata(path);
  const handle = onDisk(() => openSync(path, 'r'));
  try {
    const nodes = columnNodes(readTree(footer.schema));
    const wanted = columns.map((column) => {
      const node = nodes.find(({ tree }) => tree.element.name === column.name);
      if (!node) throw new Error(`it has no column ${column.name}`);
      return { column, node };
    });
    for (const group of footer.row_groups) {
      const chunks = new Map(
        group.columns.map(({ meta_data: chunk }) => [chunk?.path_in_schema.join('\0'), chunk]),
      );
      const pagesOf = (leaf: Extract<SchemaNode, { is: 'value' }>): Iterator<Page> => {
        const name = leaf.tree.path.join('\0');
        const chunk: ColumnMetaData | undefined = chunks.get(name);
        if (!chunk) throw new Error(`a row group lacks the column ${leaf.tree.path.join('.')}`);
        const bytes = Number(chunk.total_compressed_size);
        return decoder.readPages(readInWindows(handle, bytes), chunk, leaf, decoder.compressors);
      };
      const readers = wanted.map(({ column, node }) => readColumn(node, column, path, pagesOf));
      const rows = Number(group.num_rows);
      for (let start = 0; start < rows; start += ROWS_PER_READ) {
        const count = Math.min(ROWS_PER_READ, rows - start);
        yield { count, lists: readers.map(({ take }) => take(count)) };
      }
      for (const { finish } of readers) finish();
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
  } finally {
    closeSync(handle);
  }
}

/** Pages of no bytes are still some bytes when they are compressed, which not every decoder knows. */
function withoutEmpty(compressors: Compressors): Compressors {
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) =>
        length === 0 ? new Uint8Array(0) : decompress(input, length),
    ]),
  );
}

/** Bytes of a part of a file, of which more are read at a time than are asked for. */
function readInWindows(handle: number, partBytes: number): ReadBytes {
  let start = 0;
  let bytes = Buffer.alloc(0);
  return (offset, count) => {
    if (offset < start || offset + count > start + bytes.length) {
      const buffer = Buffer.allocUnsafeSlow(Math.max(count, Math.min(WINDOW_BYTES, partBytes)));
      let length = 0;
      for (let got = 1; got > 0 && length < buffer.length; length += got) {
        got = readSync(handle, buffer, length, buffer.length - length, offset + length);
      }
      start = offset;
      bytes = buffer.subarray(0, length);
    }
    return bytes.subarray(offset - start, offset - start + count);
  };
}

interface ColumnReader {
  /** The values of the next rows. */
  take: (rows: number) => PlainValue[];
  /** @throws {Error} If there are values that belong to no row. */
  finish: () => void;
}

/** Puts the values of a column together from those that it is stored in: https://research.google/pubs/pub36632/ */
function readColumn(
  node: SchemaNode,
  column: Column,
  path: string,
  pagesOf: (leaf: Extract<SchemaNode, { is: 'value' }>) => Iterator<Page>,
): ColumnReader {
  const { read, cursors } = readNode(node, column, path, pagesOf);
  const isFlat = node.is === 'value';
  return {
    take: (rows) =>
      Array.from({ length: rows }, () => {
        if (!isFlat && cursors.some((cursor) => cursor.repetition() !== 0)) throw noRow(column);
        return read();
      }),
    finish: () => {
      if (cursors.some((cursor) => cursor.definition() >= 0)) throw noRow(column);
    },
  };
}

function noRow({ name }: Column): Error {
  return new Error(`the values of the column ${name} do not add up to its row group's rows`);
}

interface NodeReader {
  read: () => PlainValue;
  cursors: Cursor[];
}

/** @param level - The repetition level at which what is around the node goes on. */
function readNode(
  node: SchemaNode,
  column: Column,
  path: string,
  pagesOf: (leaf: Extract<SchemaNode, { is: 'value' }>) => Iterator<Page>,
  level = 0,
): NodeReader {
  const { meaning } = column;
  if (node.is === 'value') {
    const cursor = openCursor(pagesOf(node), node.definition, column, path);
    return { read: cursor.next, cursors: [cursor] };
  }
  const inner = (of: SchemaNode, as: Column): NodeReader => {
    const own = 'repetition' in node ? node.repetition : level;
    return readNode(of, as, path, pagesOf, own);
  };
  if (node.is === 'struct' && meaning.is === 'struct') {
    const fields = node.fields.map(({ of }, i) => inner(of, (meaning.fields[i] as Field).of));
    const cursors = fields.flatMap((field) => field.cursors);
    return {
      cursors,
      read: () => {
        if ((cursors[0]?.definition() ?? 0) >= node.definition) {
          return fields.map(({ read }) => read());
        }
        skip(cursors, level);
        return null;
      },
    };
  }
  let item: NodeReader;
  if (node.is === 'list' && meaning.is === 'list') item = inner(node.of, meaning.of);
  else if (node.is === 'map' && meaning.is === 'map') {
    const [key, of] = [inner(node.key, meaning.key), inner(node.of, meaning.of)];
    item = { cursors: [...key.cursors, ...of.cursors], read: () => [key.read(), of.read()] };
  } else throw new Error(`the column ${column.name} is no ${node.is}`);
  const { cursors, read } = item;
  const [first] = cursors;
  if (!first) throw new Error(`the column ${column.name} has no values`);
  return {
    cursors,
    read: () => {
      const definition = first.definition();
      if (definition < node.present) {
        skip(cursors, level);
        return definition < node.definition ? null : [];
      }
      const items: PlainValue[] = [];
      do items.push(read());
      while (first.repetition() === node.repetition);
      return items;
    },
  };
}

/** Passes what is not there; of an array that is NULL DuckDB writes as many values as it would have. */
function skip(cursors: readonly Cursor[], level: number): void {
  for (const cursor of cursors) {
    do cursor.next();
    while (cursor.repetition() > level);
  }
}

type Field = Extract<Meaning, { is: 'struct' }>['fields'][number];

/** Where the values of a column as it is stored are read. */
interface Cursor {
  /** The next value's; -1 behind the last. */
  definition: () => number;
  /** The next value's; 0 behind the last, where a row would begin. */
  repetition: () => number;
  /** The next value, NULL if it is not defined. */
  next: () => PlainValue;
}

function openCursor(pages: Iterator<Page>, level: number, column: Column, path: string): Cursor {
  const toPlain = plainReader(column, path);
  let page: Page | undefined = { count: 0, definitions: [], repetitions: [], values: [] };
  let entry = 0;
  let value = 0;
  const here = (): Page | undefined => {
    while (page && entry >= page.count) {
      const next = pages.next();
      page = next.done ? undefined : next.value;
      entry = 0;
      value = 0;
    }
    return page;
  };
  return {
    definition: () => {
      const current = here();
      return current ? (current.definitions[entry] ?? level) : -1;
    },
    repetition: () => here()?.repetitions[entry] ?? 0,
    next: () => {
      const current = here();
      if (!current) throw noRow(column);
      const isDefined = (current.definitions[entry] ?? level) === level;
      entry += 1;
      if (!isDefined) return null;
      const found: unknown = current.values[value];
      value += 1;
      if (found === undefined || found === null) {
        throw new Error(`a page of the column ${column.name} lacks values`);
      }
      return toPlain(found);
    },
  };
}
