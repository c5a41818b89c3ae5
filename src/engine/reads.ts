/** What the engines read of Parquet, and what they refuse or take for something else. */
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import type { Column } from '../model/column.js';

type Chunk = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

/** KU_UNREACHABLE in Kuzu 0.11.3. */
const REFUSED_ENCODINGS = ['DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'BYTE_STREAM_SPLIT'];

/**
 * Up to where the engine reads deltas right; beyond, it makes other values of them without a word. It
 * loses a bit of a page's first value, and of 32-bit integers DuckDB writes deltas with more bits.
 * "DELTA_BINARY_PACKED should only be INT32 or INT64", says Kuzu 0.11.3 of other types. Of dates and
 * instants, of which hyparquet makes a Date, also the units in a millisecond.
 */
const DELTA_LIMITS: Record<string, { limit: number; units: number }> = {
  INT32: { limit: 2 ** 30, units: 1 },
  DATE: { limit: 2 ** 30, units: 1 / 86_400_000 },
  INT64: { limit: 2 ** 62, units: 1_000_000 },
  TIMESTAMP: { limit: 2 ** 62, units: 1000 },
};

/**
 * Whether the engine can't be trusted with a column chunk's encoding or compression.
 *
 * @param type - As which it reads the values.
 */
export function isRefused(chunk: Chunk, type: string | undefined): boolean {
  const { encodings, codec, statistics } = chunk;
  if (codec === 'LZ4' || codec === 'LZO') return true; // "Unsupported compression codec".
  if (encodings.some((encoding) => REFUSED_ENCODINGS.includes(encoding))) return true;
  if (isEmptyInVersion2(chunk)) return true;
  if (!encodings.includes('DELTA_BINARY_PACKED')) return false;
  const deltas = DELTA_LIMITS[type ?? ''];
  if (!deltas) return true;
  return [statistics?.min_value, statistics?.max_value].some((value) => {
    const number = value instanceof Date ? value.getTime() * deltas.units : Number(value);
    return !(Math.abs(number) < deltas.limit);
  });
}

/** Spark writes no bytes for pages of nothing but NULL: "Failed to decompress parquet file" in Kuzu 0.11.3. */
function isEmptyInVersion2({
  codec,
  statistics,
  num_values: values,
  encoding_stats,
}: Chunk): boolean {
  return (
    codec !== 'UNCOMPRESSED' &&
    statistics?.null_count === values &&
    encoding_stats?.some(({ page_type: type }) => type === 'DATA_PAGE_V2') === true
  );
}

/**
 * The type as which Kuzu 0.11.3 and Ladybug 0.19.1 read a node of a file's schema, as they say it;
 * none for those at whose sight they refuse the file. They look at physical and converted types alone,
 * and take a group of one member for that member: ParquetReader::createReaderRecursive.
 */
export function engineTypeOf(tree: SchemaTree, parent?: SchemaTree): string | undefined {
  const { element, children } = tree;
  const isRepeated = element.repetition_type === 'REPEATED';
  const list = (type: string | undefined): string | undefined =>
    type !== undefined && isRepeated ? `${type}[]` : type;
  if (children.length === 0) return list(valueTypeOf(element));
  const types = children.map((child) => engineTypeOf(child, tree));
  if (types.includes(undefined)) return undefined;
  const converted = element.converted_type;
  const isEntry =
    converted === 'MAP_KEY_VALUE' ||
    (parent?.element.converted_type === 'MAP' && parent.children.length === 1);
  if (isEntry) {
    return isRepeated && types.length === 2 ? `MAP(${types.join(', ')})` : undefined;
  }
  if (types.length === 1 && (isRepeated || converted === 'LIST' || converted === 'MAP')) {
    return list(types[0]);
  }
  return list(structType(children.map((child, i) => [child.element.name, types[i] ?? ''])));
}

/** The type of a struct with fields of these names and types. */
function structType(fields: readonly (readonly [string, string])[]): string {
  return `STRUCT(${fields.map(([name, type]) => `${name} ${type}`).join(', ')})`;
}

/** Measured on Kuzu 0.11.3; "Unsupported converted type" for what is missing here. */
function valueTypeOf({
  type,
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): string | undefined {
  switch (converted) {
    case 'DECIMAL':
    case 'TIME_MILLIS':
    case 'TIME_MICROS':
    case 'JSON':
    case 'ENUM':
    case 'BSON':
      return undefined;
    case 'UTF8':
      return 'STRING';
    case 'DATE':
      return 'DATE';
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS':
      return 'TIMESTAMP';
    case 'INTERVAL':
      return 'INTERVAL';
  }
  const [, integer] = /^(U?INT_\d+)$/.exec(converted ?? '') ?? [];
  if (integer !== undefined) return integer.replace('_', '');
  switch (type) {
    case 'BOOLEAN':
      return 'BOOL';
    case 'INT96':
      return 'TIMESTAMP';
    case 'INT32':
    case 'INT64':
    case 'FLOAT':
    case 'DOUBLE':
      return type;
    default:
      return logical?.type === 'UUID' ? 'UUID' : 'BLOB';
  }
}

/** Whether the engine can't read a column, or not as what it is, whatever its encoding. */
export function isUnreadable({ meaning, engineType }: Column): boolean {
  if (engineType === undefined) return true;
  switch (meaning.is) {
    case 'decimal':
      return engineType !== 'STRING';
    case 'uuid':
      return engineType !== 'UUID';
    case 'float':
      return meaning.bits === 16 && engineType !== 'DOUBLE';
    case 'list':
      return engineType !== `${meaning.of.engineType ?? ''}[]`;
    case 'map': {
      const { key, of } = meaning;
      return engineType !== `MAP(${key.engineType ?? ''}, ${of.engineType ?? ''})`;
    }
    case 'struct':
      return (
        engineType !== structType(meaning.fields.map(({ name, of }) => [name, of.engineType ?? '']))
      );
    default:
      return false;
  }
}
