/** What a Parquet file says about itself in its footer. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parquetMetadata, type FileMetaData, type SchemaElement } from 'hyparquet';
import { KgloadError, messageOf, systemCode } from './errors.js';

export interface Column {
  name: string;
  /** As Parquet says it, for messages: `INT64 TIMESTAMP(MICROS)`, `STRING`, `LIST`. */
  type: string;
  /** False for the types at whose sight the engine refuses the whole file. */
  readable: boolean;
}

export interface Footer {
  rows: number;
  rowGroups: number;
  /** Bytes of the file. */
  bytes: number;
  columns: Column[];
}

/** Most footers are a few kilobytes, so that one read gets the length and the footer itself. */
const TAIL_BYTES = 16 * 1024;

/**
 * Reads a file's footer and nothing else of it.
 *
 * @throws {KgloadError} `ENOENT` or `PARQUET_UNREADABLE`, naming the file.
 */
export function readFooter(path: string): Footer {
  const { bytes, metadata } = readMetadata(path);
  try {
    return { bytes, ...summarize(metadata) };
  } catch (error) {
    throw unreadable(path, `its footer is damaged (${messageOf(error)})`);
  }
}

function summarize({ schema, num_rows, row_groups }: FileMetaData): Omit<Footer, 'bytes'> {
  const rows = Number(num_rows);
  const inGroups = row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!Number.isSafeInteger(rows) || rows < 0 || rows !== inGroups) {
    throw new Error(`it says ${rows} rows, and ${inGroups} in its row groups`);
  }
  return {
    rows,
    rowGroups: row_groups.length,
    columns: topLevelElements(schema, schema[0]?.num_children ?? 0).map((element) => ({
      name: element.name,
      type: typeName(element),
      readable: !isUnreadable(element),
    })),
  };
}

/**
 * The whole metadata of a file, as hyparquet gives it.
 *
 * @throws {KgloadError} `ENOENT` or `PARQUET_UNREADABLE`, naming the file.
 */
export function readMetadata(path: string): { bytes: number; metadata: FileMetaData } {
  let handle: number;
  try {
    // Not to wait for a writer, should it be a FIFO.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new KgloadError({ code: 'ENOENT', message: `${path} does not exist`, file: path });
    }
    throw unreadable(path, messageOf(error));
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw unreadable(path, 'it is not a regular file');
    if (stat.size < 12) throw unreadable(path, 'it is too short to be a Parquet file');
    let tail = readTail(handle, stat.size, TAIL_BYTES);
    const magic = tail.toString('latin1', tail.length - 4);
    if (magic === 'PARE') throw unreadable(path, 'it is encrypted');
    if (magic !== 'PAR1') {
      throw unreadable(path, 'it does not end as a Parquet file does (cut off, or another format)');
    }
    const footerBytes = tail.readUInt32LE(tail.length - 8);
    if (footerBytes + 12 > stat.size) {
      throw unreadable(path, `its footer claims ${footerBytes} bytes of a file of ${stat.size}`);
    }
    if (footerBytes + 8 > tail.length) tail = readTail(handle, stat.size, footerBytes + 8);
    return { bytes: stat.size, metadata: parquetMetadata(tail) };
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    throw unreadable(path, `its footer is damaged (${messageOf(error)})`);
  } finally {
    closeSync(handle);
  }
}

function readTail(handle: number, size: number, bytes: number): Buffer {
  const tail = Buffer.allocUnsafe(Math.min(size, bytes));
  const read = readSync(handle, tail, 0, tail.length, size - tail.length);
  return tail.subarray(0, read);
}

function unreadable(path: string, reason: string): KgloadError {
  return new KgloadError({
    code: 'PARQUET_UNREADABLE',
    message: `${path} is not readable as Parquet: ${reason}`,
    file: path,
  });
}

/** The footer lists the schema's tree in depth-first order. */
function topLevelElements(schema: readonly SchemaElement[], count: number): SchemaElement[] {
  const elements: SchemaElement[] = [];
  let position = 1;
  while (elements.length < count) {
    const element = schema[position];
    if (!element) throw new Error('the schema ends early');
    elements.push(element);
    let pending = 1;
    while (pending > 0) {
      const inner = schema[position];
      if (!inner) throw new Error('the schema ends early');
      pending += (inner.num_children ?? 0) - 1;
      position += 1;
    }
  }
  return elements;
}

function typeName(element: SchemaElement): string {
  const logical = element.logical_type;
  const physical = element.type ?? (logical || element.converted_type ? '' : 'STRUCT');
  let name: string = logical?.type ?? element.converted_type ?? '';
  if (logical?.type === 'TIMESTAMP' || logical?.type === 'TIME') name += `(${logical.unit})`;
  if (name === 'STRING' || name === 'UTF8') return 'STRING';
  return [physical, name].filter((part) => part !== '').join(' ');
}

/** Kuzu: "Unsupported converted type", for the whole file, whatever the query names. */
function isUnreadable(element: SchemaElement): boolean {
  return /^(DECIMAL|TIME_MILLIS|TIME_MICROS)$/.test(element.converted_type ?? '');
}
