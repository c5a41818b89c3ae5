/**
 * Pages that are compressed as several gzip members, as RFC 1952 allows: the engines (Kuzu 0.11.3,
 * Ladybug 0.19.1) read the first and take zeros for the rest, without a word.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { FileMetaData } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

/** Most page headers are shorter. */
const HEADER_BYTES = 512;

/** Columns with such pages, by their heads and ends alone. */
export function columnsWithMembers(path: string, { row_groups }: FileMetaData): Set<string> {
  const chunks = row_groups.flatMap(({ columns }) =>
    columns.flatMap(({ meta_data: chunk }) => (chunk?.codec === 'GZIP' ? [chunk] : [])),
  );
  const found = new Set<string>();
  if (chunks.length === 0) return found;
  const handle = openSync(path, 'r');
  try {
    const read = (offset: number, count: number): Buffer => {
      const bytes = Buffer.alloc(count);
      return bytes.subarray(0, readSync(handle, bytes, 0, count, offset));
    };
    for (const chunk of chunks) {
      const name = chunk.path_in_schema[0] ?? '';
      if (found.has(name)) continue;
      const data = Number(chunk.data_page_offset);
      const start = Math.min(data, Number(chunk.dictionary_page_offset ?? 0) || data);
      const end = start + Number(chunk.total_compressed_size);
      for (let offset = start; offset < end;) {
        const page = readPageHeader(read, offset, end);
        if (!page) break; // Whoever reads it tells what is wrong.
        const { from, to, bytes } = page;
        if (bytes > 0 && !isOneMember(read(from, HEAD_BYTES), read(to - 4, 4), bytes)) {
          found.add(name);
          break;
        }
        offset = to;
      }
    }
  } finally {
    closeSync(handle);
  }
  return found;
}

/** Where a page's compressed bytes lie, and how many they are without compression; 0 of one without. */
function readPageHeader(
  read: (offset: number, count: number) => Buffer,
  offset: number,
  end: number,
): { from: number; to: number; bytes: number } | undefined {
  for (let size = HEADER_BYTES; size < 2 ** 24; size *= 16) {
    const head = read(offset, Math.min(size, end - offset));
    const reader = { view: new DataView(head.buffer, head.byteOffset, head.length), offset: 0 };
    try {
      // https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift, PageHeader
      const header = deserializeTCompactProtocol(reader);
      const v2 = header.field_8 as Record<string, unknown> | undefined;
      const levels = Number(v2?.['field_5'] ?? 0) + Number(v2?.['field_6'] ?? 0);
      const start = offset + reader.offset;
      const to = start + Number(header.field_3);
      const isCompressed = v2?.['field_7'] !== false && to - start > levels;
      const bytes = isCompressed ? Number(header.field_2) - levels : 0;
      return to > offset && to <= end ? { from: start + levels, to, bytes } : undefined;
    } catch {
      if (offset + size >= end) return undefined; // Else it may go on beyond what was read.
    }
  }
  return undefined;
}

const HEAD_BYTES = 15;

/** A member ends with the bytes that it holds, modulo 2^32. An empty one before it would hide the rest. */
function isOneMember(head: Buffer, end: Buffer, bytes: number): boolean {
  if (end.length < 4 || end.readUInt32LE() !== bytes % 2 ** 32) return false;
  const flags = head[3];
  const deflated = head.subarray(10);
  const isEmpty =
    flags === 0 &&
    (deflated.subarray(0, 2).equals(Buffer.from([3, 0])) ||
      deflated.subarray(0, 5).equals(Buffer.from([1, 0, 0, 0xff, 0xff])));
  return !isEmpty;
}
