/** How kgload stores values in the Parquet files that it writes: so that the engine finds them. */
import type { FieldDefinition, ParquetType, SchemaDefinition } from '@dsnp/parquetjs';
import { formatInterval, type Interval } from '../format.js';
import type { Column } from '../model/column.js';
import { type Shape } from '../model/shape.js';
import type { PlainValue } from '../model/plainvalue.js';

/** A column that is written anew; a nested one as a type of the engine's. */
export interface RewrittenColumn {
  column: Column;
  nested?: {
    type: string;
    /** @throws {KgloadError} `COLUMN_TYPE` for a value that does not convert without loss. */
    convert: (value: PlainValue) => PlainValue;
  };
}

/** How a value is stored. */
export interface WrittenType {
  type: 'UTF8' | 'BOOLEAN' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE' | 'BYTE_ARRAY';
  /** The type in the footer, where parquetjs takes fewer values for it than it has. */
  footerType?: ParquetType;
  /** From the plain value, where the writer takes another. */
  convert?: (value: PlainValue) => PlainValue;
}

export function field(type: ParquetType): FieldDefinition {
  return { type, optional: true, compression: 'SNAPPY', statistics: false };
}

/** https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types */
export function nestedField(
  shape: Shape,
  ofType: (type: WrittenType) => FieldDefinition,
): FieldDefinition {
  switch (shape.is) {
    case 'value':
      return ofType(typeInParquet(shape.type));
    case 'list': {
      const list = { repeated: true, fields: { element: nestedField(shape.of, ofType) } };
      return { type: 'LIST', optional: true, fields: { list } };
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, of }) => [
        name.replaceAll('`', ''),
        nestedField(of, ofType),
      ]);
      return { optional: true, fields: Object.fromEntries(fields) as SchemaDefinition };
    }
    case 'map': {
      const key = { ...nestedField(shape.key, ofType), optional: false };
      const fields = { key, value: nestedField(shape.of, ofType) };
      return {
        type: 'MAP',
        optional: true,
        fields: { key_value: { repeated: true, fields } },
      };
    }
  }
}

/** A nested value as the objects that the shredder takes. */
export function toRecord(value: PlainValue, shape: Shape): unknown {
  if (value === null) return null;
  const parts = value as readonly PlainValue[];
  switch (shape.is) {
    case 'value': {
      if (typeof value === 'object' && 'months' in value) return formatInterval(value);
      if (value instanceof Uint8Array) return Buffer.from(value);
      return typeInParquet(shape.type).convert?.(value) ?? value;
    }
    case 'list':
      return { list: parts.map((item) => ({ element: toRecord(item, shape.of) })) };
    case 'struct':
      return Object.fromEntries(
        shape.fields.map(({ name, of }, i) => [
          name.replaceAll('`', ''),
          toRecord(parts[i] ?? null, of),
        ]),
      );
    case 'map':
      return {
        key_value: parts.map((pair) => {
          const [key = null, of = null] = pair as readonly PlainValue[];
          return { key: toRecord(key, shape.key), value: toRecord(of, shape.of) };
        }),
      };
  }
}

/** How values of a type of the engine's are stored so that it finds them as they are, or as text. */
function typeInParquet(type: string): WrittenType {
  switch (type) {
    case 'BOOL':
    case 'BOOLEAN':
      return { type: 'BOOLEAN' };
    case 'FLOAT':
    case 'DOUBLE':
      return { type };
    case 'DATE':
      return { type: 'INT32', footerType: 'DATE' };
    case 'BLOB':
      return { type: 'BYTE_ARRAY' };
    case 'UINT64':
      return {
        type: 'INT64',
        footerType: 'UINT_64',
        convert: (x) => BigInt.asIntN(64, x as bigint),
      };
    case 'INT64':
      return { type: 'INT64' };
  }
  if (type.startsWith('TIMESTAMP')) return { type: 'INT64', footerType: 'TIMESTAMP_MICROS' };
  const [, sign, bits] = /^(U?INT)(8|16|32)$/.exec(type) ?? [];
  if (sign === undefined) return { type: 'UTF8', convert: String };
  const footerType = `${sign}_${bits ?? ''}` as ParquetType;
  return { type: 'INT32', footerType, convert: (x) => Number(BigInt.asIntN(32, x as bigint)) };
}

/** How a column is stored, as text: equal for columns that go into one. */
export function writtenAs({ column, nested }: RewrittenColumn): string {
  if (nested) return nested.type;
  const { type, footerType } = writtenType(column);
  return `${type} ${footerType ?? ''}`;
}

/** How the values of a flat column are stored. */
export function writtenType({ name, meaning, type }: Column): WrittenType {
  switch (meaning.is) {
    case 'string':
    case 'time':
    case 'decimal':
    case 'uuid':
    case 'null':
      return { type: 'UTF8' };
    case 'boolean':
      return { type: 'BOOLEAN' };
    case 'integer': {
      if (meaning.signed || meaning.bits < 64) return { type: 'INT64' };
      // The writer takes the bits as a signed number; the footer says what they are.
      const convert = (value: PlainValue): bigint => BigInt.asIntN(64, value as bigint);
      return { type: 'INT64', footerType: 'UINT_64', convert };
    }
    case 'float':
      return { type: 'DOUBLE' };
    case 'date':
      return { type: 'INT32', footerType: 'DATE' };
    case 'timestamp':
      return { type: 'INT64', footerType: 'TIMESTAMP_MICROS' };
    case 'bytes':
      return { type: 'BYTE_ARRAY', convert: (bytes) => Buffer.from(bytes as Uint8Array) };
    case 'interval':
      return { type: 'UTF8', convert: (interval) => formatInterval(interval as Interval) };
    default:
      throw new Error(`${name} is ${type}, and no flat column`);
  }
}
