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
  { path, tree }: Extract<SchemaNode, { is: 'value' }>,
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
  const decoder = {
    pathInSchema: chunk.path_in_schema,
    type: chunk.type,
    element,
    schemaPath: path,
    codec: chunk.codec,
    compressors,
    utf8: false,
    parsers: { ...DEFAULT_PARSERS, timestampFromNanoseconds: (nanos: bigint) => nanos },
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
    const page = size < 0 ? undefined : read(offset + bytes, size);
    if (page?.length !== size) throw new Error(`a page of the column ${name} claims ${size} bytes`);
    offset += bytes + size;
    if (index) {
      const plain = decompressPage(page, header.uncompressed_page_size, chunk.codec, compressors);
      const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
      const values = readPlain({ view, offset: 0 }, chunk.type, claimed, element.type_length);
      dictionary = convertWithDictionary(values, undefined, 'PLAIN', decoder);
      continue;
    }
    if (!v1 && !v2) continue;
    seen += claimed;
    const { definitionLevels, repetitionLevels, dataPage } = v2
      ? readDataPageV2(page, header, decoder)
      : readDataPage(
          decompressPage(page, header.uncompressed_page_size, chunk.codec, compressors),
          v1 as NonNullable<typeof v1>,
          decoder,
        );
    const encoding = (v1 ?? v2)?.encoding ?? 'PLAIN';
    if (encoding.endsWith('_DICTIONARY') && !dictionary && dataPage.length > 0) {
      throw new Error(`the column ${name} has no dictionary`);
    }
    yield {
      count: claimed,
      definitions: definitionLevels ?? [],
      repetitions: repetitionLevels,
      values: convertWithDictionary(dataPage, dictionary, encoding, decoder),
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
