/** What a Parquet file says about itself in its footer. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
// The whole of hyparquet takes ten times as long to import as its footer's half.
import { parquetMetadata } from 'hyparquet/src/metadata.js';
import { engineTypeOf, isRefused, isUnreadable } from '../engine/reads.js';
import { KgloadError, messageOf } from '../errors.js';
import { systemCode } from '../files.js';
import { listNames } from '../format.js';
import type { Column, Meaning, Unit } from '../model/column.js';
import { columnsWithMembers } from './members.js';
import { columnNodes, readTree, type SchemaNode, valuesIn } from './tree.js';

export interface Footer {
  rows: number;
  rowGroups: number;
  /** Bytes of the file. */
  bytes: number;
  /** Bytes of the data, encoded but not compressed. */
  dataBytes: number;
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
    return { bytes, ...summarize(metadata, columnsWithMembers(path, metadata)) };
  } catch (error) {
    throw unreadable(path, `its footer is damaged${detailOf(error)}`);
  }
}

function summarize(
  { schema, num_rows, row_groups }: FileMetaData,
  withMembers: ReadonlySet<string>,
): Omit<Footer, 'bytes'> {
  const inGroups = row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  // Some writers count them in the groups alone.
  const rows = Number(num_rows) || inGroups;
  if (!Number.isSafeInteger(rows) || rows < 0 || rows !== inGroups) {
    throw new Error(`it says ${rows} rows, and ${inGroups} in its row groups`);
  }
  const nodes = columnNodes(readTree(schema));
  const columns = withoutTwins(nodes.map((node) => toColumn(node, node.tree.element.name)));
  const refused = new Set([...withMembers, ...refusedColumns(nodes, row_groups)]);
  const least = leastValues(row_groups);
  const empty = emptyColumns(rows, nodes, row_groups);
  return {
    rows,
    rowGroups: row_groups.length,
    dataBytes: row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0),
    columns: columns.map((column) => {
      const value = least.get(column.name);
      return {
        ...column,
        ...(refused.has(column.name) && { isUnreadable: true }),
        ...(empty.has(column.name) && { isEmpty: true }),
        ...(value !== undefined && { least: value }),
      };
    }),
  };
}

/** The engine ignores case, and refuses a file with two columns of one name. */
function withoutTwins(columns: readonly Column[]): Column[] {
  const counts = new Map<string, number>();
  for (const { name } of columns) {
    counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  }
  return columns.map((column) => {
    if (counts.get(column.name.toLowerCase()) === 1) return column;
    const { name, type, meaning } = column;
    return { name, type, meaning, isUnreadable: true };
  });
}

/** The columns with chunks that the engine can't be trusted with. */
function refusedColumns(
  nodes: readonly SchemaNode[],
  groups: FileMetaData['row_groups'],
): Set<string> {
  const types = new Map(
    nodes.flatMap(valuesIn).map(({ tree }) => [tree.path.join('\0'), engineTypeOf(asItem(tree))]),
  );
  return new Set(
    groups.flatMap(({ columns }) =>
      columns.flatMap(({ meta_data: chunk }) => {
        const path = chunk?.path_in_schema ?? [];
        return chunk && isRefused(chunk, types.get(path.join('\0'))) ? [path[0] ?? ''] : [];
      }),
    ),
  );
}

/** A repeated value as one of its items. */
function asItem(tree: SchemaTree): SchemaTree {
  return { ...tree, element: { ...tree.element, repetition_type: 'REQUIRED' } };
}

/** The columns of nothing but NULL; of lists the footer counts the empty ones among them. */
function emptyColumns(
  rows: number,
  nodes: readonly SchemaNode[],
  groups: FileMetaData['row_groups'],
): Set<string> {
  if (rows === 0) return new Set(nodes.map(({ tree }) => tree.element.name));
  const flat = new Set(
    nodes.filter(({ is }) => is === 'value').map(({ tree }) => tree.element.name),
  );
  for (const { columns } of groups) {
    for (const { meta_data: chunk } of columns) {
      const isEmpty = chunk?.statistics?.null_count === chunk?.num_values;
      if (!isEmpty) flat.delete(chunk?.path_in_schema[0] ?? '');
    }
  }
  return flat;
}

/** What {@link Column.least} is; `undefined` for a column with a chunk that says nothing. */
function leastValues(groups: FileMetaData['row_groups']): Map<string, number | bigint | undefined> {
  const values = new Map<string, number | bigint | undefined>();
  for (const { columns } of groups) {
    for (const { meta_data: data } of columns) {
      if (!data || data.type === 'BOOLEAN' || data.type === 'FLOAT' || data.type === 'DOUBLE') {
        continue;
      }
      const { statistics, num_values: count } = data;
      if (statistics?.null_count !== undefined && statistics.null_count === count) continue;
      const name = data.path_in_schema[0] ?? '';
      const least = asNumber(statistics?.min_value ?? statistics?.min);
      if (!values.has(name)) values.set(name, least);
      const before = values.get(name);
      if (least === undefined || before === undefined) values.set(name, undefined);
      else if (least < before) values.set(name, least);
    }
  }
  return values;
}

function asNumber(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  // A date beyond those that JavaScript knows is no number.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) {
    return undefined;
  }
  return BigInt(`0x${value.replaceAll('-', '')}`);
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
    const metadata = parquetMetadata(tail);
    refuseEncrypted(path, metadata);
    return { bytes: stat.size, metadata };
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    throw unreadable(path, `its footer is damaged${detailOf(error)}`);
  } finally {
    closeSync(handle);
  }
}

/** A footer may be plain where columns are encrypted, and then looks like any other. */
function refuseEncrypted(path: string, { row_groups: groups }: FileMetaData): void {
  const names = groups.flatMap(({ columns }) =>
    columns.flatMap(({ crypto_metadata: crypto, meta_data: data }) =>
      crypto ? [data?.path_in_schema[0] ?? 'a column'] : [],
    ),
  );
  if (names.length === 0) return;
  throw unreadable(path, `columns of it are encrypted: ${listNames([...new Set(names)])}`);
}

function readTail(handle: number, size: number, bytes: number): Buffer {
  const tail = Buffer.allocUnsafe(Math.min(size, bytes));
  const read = readSync(handle, tail, 0, tail.length, size - tail.length);
  return tail.subarray(0, read);
}

/** What an error says, unless it speaks of JavaScript: then its bytes led the parser astray. */
function detailOf(error: unknown): string {
  return error instanceof TypeError || error instanceof RangeError ? '' : ` (${messageOf(error)})`;
}

function unreadable(path: string, reason: string): KgloadError {
  return new KgloadError({
    code: 'PARQUET_UNREADABLE',
    message: `${path} is not readable as Parquet: ${reason}`,
    file: path,
  });
}

function toColumn(node: SchemaNode, name: string): Column {
  const { tree } = node;
  const type = typeName(tree.element);
  const engineType = engineTypeOf(tree);
  const meaning = meaningOfNode(node, name);
  const column = { name, type, meaning, ...(engineType !== undefined && { engineType }) };
  return isUnreadable(column) ? { ...column, isUnreadable: true } : column;
}

function meaningOfNode(node: SchemaNode, name: string): Meaning {
  switch (node.is) {
    case 'value':
      return meaningOf(node.tree.element);
    case 'list':
      return { is: 'list', of: toColumn(node.of, `${name}[]`) };
    case 'struct': {
      const fields = node.fields.map((field) => {
        return { name: field.name, of: toColumn(field.of, `${name}.${field.name}`) };
      });
      return { is: 'struct', fields };
    }
    case 'map': {
      const key = toColumn(node.key, `the keys of ${name}`);
      const of = toColumn(node.of, `the values of ${name}`);
      return { is: 'map', key, of };
    }
  }
}

function typeName(element: SchemaElement): string {
  const logical = element.logical_type;
  const physical = element.type ?? (logical || element.converted_type ? '' : 'STRUCT');
  let name: string = logical?.type ?? element.converted_type ?? '';
  if (logical?.type === 'TIMESTAMP' || logical?.type === 'TIME') name += `(${logical.unit})`;
  if (logical?.type === 'INTEGER') {
    name = `${logical.isSigned ? '' : 'U'}INT_${logical.bitWidth}`;
  }
  if (name === 'DECIMAL') name += `(${element.precision ?? ''}, ${element.scale ?? 0})`;
  if (name === 'STRING' || name === 'UTF8') return 'STRING';
  return [physical, name].filter((part) => part !== '').join(' ');
}

const UNITS: Record<string, Unit> = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' };

/** https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
function meaningOf(element: SchemaElement): Meaning {
  const logical = element.logical_type;
  switch (logical?.type) {
    case 'STRING':
    case 'ENUM':
    case 'JSON':
      return { is: 'string' };
    case 'INTEGER':
      return { is: 'integer', bits: logical.bitWidth, signed: logical.isSigned };
    case 'DATE':
      return { is: 'date' };
    case 'TIMESTAMP':
      return { is: 'timestamp', unit: UNITS[logical.unit] ?? 'ns' };
    case 'TIME':
      return { is: 'time', unit: UNITS[logical.unit] ?? 'ns' };
    case 'DECIMAL':
      return { is: 'decimal', precision: logical.precision, scale: logical.scale };
    case 'UUID':
      return { is: 'uuid' };
    case 'FLOAT16':
      return { is: 'float', bits: 16 };
    case 'INTERVAL':
      return { is: 'interval' };
    case 'NULL':
      return { is: 'null' };
  }
  const { converted_type: converted } = element;
  if (converted === 'UTF8' || converted === 'ENUM' || converted === 'JSON') return { is: 'string' };
  if (converted === 'DATE') return { is: 'date' };
  if (converted === 'INTERVAL') return { is: 'interval' };
  if (converted === 'TIMESTAMP_MILLIS') return { is: 'timestamp', unit: 'ms' };
  if (converted === 'TIMESTAMP_MICROS') return { is: 'timestamp', unit: 'us' };
  if (converted === 'TIME_MILLIS') return { is: 'time', unit: 'ms' };
  if (converted === 'TIME_MICROS') return { is: 'time', unit: 'us' };
  if (converted === 'DECIMAL') {
    return { is: 'decimal', precision: element.precision ?? 38, scale: element.scale ?? 0 };
  }
  const [, unsigned, bits] = /^(U?)INT_(\d+)$/.exec(converted ?? '') ?? [];
  if (bits !== undefined) return { is: 'integer', bits: Number(bits), signed: unsigned === '' };
  switch (element.type) {
    case 'BOOLEAN':
      return { is: 'boolean' };
    case 'INT32':
      return { is: 'integer', bits: 32, signed: true };
    case 'INT64':
      return { is: 'integer', bits: 64, signed: true };
    case 'INT96':
      return { is: 'timestamp', unit: 'us' };
    case 'FLOAT':
      return { is: 'float', bits: 32 };
    case 'DOUBLE':
      return { is: 'float', bits: 64 };
    default:
      return { is: 'bytes' };
  }
}
