/** What the engines read of Parquet, and what they refuse or take for something else. */
import type { FileMetaData, SchemaElement } from 'hyparquet';
import type { Column, Meaning } from '../model/column.js';

/** Columns with pages that the engine can't decode: KU_UNREACHABLE in Kuzu 0.11.3. */
export function refusedEncodings(groups: FileMetaData['row_groups']): Set<string> {
  const refused = ['DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'BYTE_STREAM_SPLIT'];
  return new Set(
    groups.flatMap(({ columns }) =>
      columns.flatMap(({ meta_data: data }) =>
        data?.encodings.some((encoding) => refused.includes(encoding))
          ? [data.path_in_schema[0] ?? '']
          : [],
      ),
    ),
  );
}

/** Measured on Kuzu 0.11.3; "Unsupported converted type" for what is missing here. */
export function engineTypeOf({
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

/** Whether the engine reads the values as what they are. */
export function isPlain(meaning: Meaning, engineType: string | undefined): boolean {
  switch (meaning.is) {
    case 'integer':
      return (
        engineType === `${meaning.signed ? '' : 'U'}INT${meaning.bits}` ||
        (meaning.signed && /^INT(32|64)$/.test(engineType ?? ''))
      );
    case 'float':
      return meaning.bits !== 16;
    case 'timestamp':
      return engineType === 'TIMESTAMP';
    case 'string':
      return engineType === 'STRING';
    case 'date':
      return engineType === 'DATE';
    case 'uuid':
      return engineType === 'UUID';
    case 'boolean':
    case 'bytes':
    case 'interval':
    case 'null':
      return true;
    default:
      return false;
  }
}

/** Whether the engine can't read a column, or not as what it is, whatever its encoding. */
export function isUnreadable({ meaning, engineType }: Column): boolean {
  if (engineType === undefined) return true;
  if (meaning.is === 'decimal') return engineType !== 'STRING';
  if (meaning.is === 'uuid') return engineType !== 'UUID';
  return meaning.is === 'float' && meaning.bits === 16 && engineType !== 'DOUBLE';
}
