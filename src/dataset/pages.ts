/** What the pages of a Parquet file claim, before any of them is decoded. */
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readOffsetIndex } from 'hyparquet/src/indexes.js';
import { formatCount } from '../format.js';

type RowGroup = FileMetaData['row_groups'][number];

/** Most headers have a few dozen bytes; with long minima and maxima more. */
const HEADER_BYTES = 4096;

/**
 * The decoder makes an array of as many values as a page claims. One of more than this V8 keeps as a
 * dictionary, of 50 bytes and more a value, which fills its heap first. Writers' pages hold some
 * 20 thousand values, at most a few millions.
 */
const MAX_PAGE_VALUES = 2 ** 25;

/**
 * Refuses a row group whose flat columns do not hold as many values as it has rows.
 *
 * @returns Whether the columns have offset indexes that say where the pages are: some writers' say that
 *   each begins with row 0 (parquetjs 1.8).
 * @throws {Error} With what is wrong, for people.
 */
export async function checkPages(
  file: AsyncBuffer,
  group: RowGroup,
  names: readonly string[],
): Promise<boolean> {
  let isIndexed = true;
  for (const column of group.columns) {
    const { meta_data: chunk } = column;
    const [name = ''] = chunk?.path_in_schema ?? [];
    if (!chunk || !names.includes(name)) continue;
    let values = 0;
    const pages: { offset: number; row: number }[] = [];
    const rows = Number(group.num_rows);
    const data = Number(chunk.data_page_offset);
    const start = Math.min(data, Number(chunk.dictionary_page_offset ?? 0) || data);
    const end = start + Number(chunk.total_compressed_size);
    for (let offset = start; offset < end && values < rows;) {
      const { header, bytes } = await readHeader(file, offset, end);
      const claimed =
        (header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header)
          ?.num_values ?? 0;
      if (claimed < 0 || claimed > MAX_PAGE_VALUES) {
        throw new Error(
          `a page of the column ${name} claims ${formatCount(claimed)} values; more than ${formatCount(MAX_PAGE_VALUES)} are not taken`,
        );
      }
      if (header.type !== 'DICTIONARY_PAGE') {
        pages.push({ offset, row: values });
        values += claimed;
      }
      const size = header.compressed_page_size;
      if (size < 0) throw new Error(`a page of the column ${name} claims ${size} bytes`);
      offset += bytes + size;
    }
    if (values !== rows) {
      throw new Error(
        `the pages of the column ${name} hold ${formatCount(values)} values, and their row group ${formatCount(rows)} rows`,
      );
    }
    isIndexed &&= await hasIndex(file, column, pages);
  }
  return isIndexed;
}

/** Whether a column's offset index says of its pages what they are. */
async function hasIndex(
  file: AsyncBuffer,
  { offset_index_offset: start, offset_index_length: length }: RowGroup['columns'][number],
  pages: readonly { offset: number; row: number }[],
): Promise<boolean> {
  if (!start || !length) return false;
  const buffer = await file.slice(Number(start), Number(start) + length);
  const { page_locations: found } = readOffsetIndex({ view: new DataView(buffer), offset: 0 });
  return (
    found.length === pages.length &&
    pages.every(({ offset, row }, i) => {
      return Number(found[i]?.offset) === offset && Number(found[i]?.first_row_index) === row;
    })
  );
}

async function readHeader(
  file: AsyncBuffer,
  offset: number,
  end: number,
): Promise<{ header: ReturnType<typeof parquetHeader>; bytes: number }> {
  for (let size = HEADER_BYTES; ; size *= 16) {
    const buffer = await file.slice(offset, Math.min(end, file.byteLength, offset + size));
    const reader = { view: new DataView(buffer), offset: 0 };
    try {
      return { header: parquetHeader(reader), bytes: reader.offset };
    } catch (error) {
      if (offset + size >= end) throw error; // Else it may go on beyond what was read.
    }
  }
}
