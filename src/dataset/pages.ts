/** The pages of a column chunk, one after the other, as the levels and physical values that they hold. */
import type { ColumnMetaData, Compressors, DecodedArray } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS, convertWithDictionary } from 'hyparquet/src/convert.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { formatCount } from '../format.js';
import type { SchemaNode } from './tree.js';

export interface Page {
  /** Values and NULLs, and what stands for empty lists. */
  count: number;
  /** Empty where all are of the highest level. */
  definitions: readonly number[];
  repetitions: readonly number[];
  values: DecodedArray;
}

/** Most headers have a few dozen bytes; with long minima and maxima more. */
const HEADER_BYTES = 4096;

/**
 * The decoder makes an array of as many values as a page claims. One of more than this V8 keeps as a
 * dictionary, of 50 bytes and more a value, which fills its heap first. Writers' pages hold some
 * 20 thousand values, at most a few millions.
 */
const MAX_PAGE_VALUES = 2 ** 25;

/** Bytes of a file; those beyond its end are left out. */
export type ReadBytes = (offset: number, count: number) => Uint8Array;

/** @throws {Error} With what is wrong with a page, for people. */
export function* readPages(
  read: ReadBytes,
  chunk: ColumnMetaData,
  { path, tree, definition }: Extract<SchemaNode, { is: 'value' }>,
  compressors: Compressors,
): Generator<Page> {
  const name = path
    .slice(1)
    .map(({ element }) => element.name)
    .join('.');
  // Without the types that hyparquet would convert by: a Date has no microseconds, and a number not
  // the digits of a decimal.
  const element = { ...tree.element };
  delete element.converted_type;
  delete element.logical_type;
  // As bytes, since hyparquet takes a negative time of day for another day.
  const type = chunk.type === 'INT96' ? 'FIXED_LEN_BYTE_ARRAY' : chunk.type;
  element.type = type;
  if (chunk.type === 'INT96') element.type_length = 12;
  const decoder = {
    pathInSchema: chunk.path_in_schema,
    type,
    element,
    schemaPath: path,
    codec: chunk.codec,
    compressors,
    utf8: false,
    parsers: DEFAULT_PARSERS,
  };
  const data = Number(chunk.data_page_offset);
  const start = Math.min(data, Number(chunk.dictionary_page_offset ?? 0) || data);
  const end = start + Number(chunk.total_compressed_size);
  const count = Number(chunk.num_values);
  let dictionary: DecodedArray | undefined;
  let seen = 0;
  for (let offset = start; offset < end && seen < count;) {
    const { header, bytes } = readHeader(read, offset, end);
    const size = header.compressed_page_size;
    const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: index } = header;
    const claimed = (v1 ?? v2 ?? index)?.num_values ?? 0;
    if (claimed < 0 || claimed > MAX_PAGE_VALUES) {
      throw new Error(
        `a page of the column ${name} claims ${formatCount(claimed)} values; more than ${formatCount(MAX_PAGE_VALUES)} are not taken`,
      );
    }
    let page = size < 0 ? new Uint8Array(0) : read(offset + bytes, size);
    if (page.length !== size) throw new Error(`a page of the column ${name} claims ${size} bytes`);
    offset += bytes + size;
    if (index) {
      const plain = decompressPage(page, header.uncompressed_page_size, chunk.codec, compressors);
      const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
      const values = readPlain({ view, offset: 0 }, type, claimed, element.type_length);
      dictionary = convertWithDictionary(values, undefined, 'PLAIN', decoder);
      continue;
    }
    if (!v1 && !v2) continue;
    if (v2) {
      const levels = v2.definition_levels_byte_length + v2.repetition_levels_byte_length;
      // Spark writes no bytes at all where there are no values, compressed or not.
      if (size === levels) v2.is_compressed = false;
      if (definition === 0 && levels > 0) {
        // Of values that are always there, which hyparquet does not look for.
        page = page.subarray(levels);
        header.uncompressed_page_size -= levels;
        v2.definition_levels_byte_length = 0;
        v2.repetition_levels_byte_length = 0;
      }
    }
    seen += claimed;
    const isDelta = (v1 ?? v2)?.encoding === 'DELTA_BINARY_PACKED' && chunk.type === 'INT32';
    // DuckDB writes deltas of unsigned integers with 64 bits, of which the decoder takes 32.
    const own = isDelta ? { ...decoder, type: 'INT64' as const } : decoder;
    const { definitionLevels, repetitionLevels, dataPage } = v2
      ? readDataPageV2(page, header, own)
      : readDataPage(
          decompressPage(page, header.uncompressed_page_size, chunk.codec, compressors),
          v1 as NonNullable<typeof v1>,
          own,
        );
    const encoding = (v1 ?? v2)?.encoding ?? 'PLAIN';
    if (encoding.endsWith('_DICTIONARY') && !dictionary && dataPage.length > 0) {
      throw new Error(`the column ${name} has no dictionary`);
    }
    yield {
      count: claimed,
      definitions: definitionLevels ?? [],
      repetitions: repetitionLevels,
      values: isDelta
        ? Int32Array.from(dataPage as BigInt64Array, (value) => Number(BigInt.asIntN(32, value)))
        : convertWithDictionary(dataPage, dictionary, encoding, decoder),
    };
  }
  if (seen !== count) {
    throw new Error(
      `the pages of the column ${name} hold ${formatCount(seen)} values, and its footer says ${formatCount(count)}`,
    );
  }
}

function readHeader(
  read: ReadBytes,
  offset: number,
  end: number,
): { header: ReturnType<typeof parquetHeader>; bytes: number } {
  for (let size = HEADER_BYTES; ; size *= 16) {
    const { buffer, byteOffset, byteLength } = read(offset, Math.min(end - offset, size));
    const reader = { view: new DataView(buffer, byteOffset, byteLength), offset: 0 };
    try {
      return { header: parquetHeader(reader), bytes: reader.offset };
    } catch (error) {
      if (offset + size >= end) throw error; // Else it may go on beyond what was read.
    }
  }
}
