/** Columns as an Arrow IPC stream, built buffer by buffer so that no library converts a value. */
import { requireOracle } from './oracle-packages.js';
import type { Field, Type, Value } from './oracle-types.js';

/** What is used of apache-arrow: its types are there only once it is installed. */
interface Arrow {
  [type: string]: new (...args: never[]) => unknown;
}
type Make = (name: string, ...args: unknown[]) => ArrowType;
type ArrowType = object;
interface ArrowModule {
  makeData: (props: object) => object;
  tableToIPC: (table: object, format: 'stream') => Uint8Array;
}

const arrow = (): ArrowModule & Arrow => requireOracle('apache-arrow') as ArrowModule & Arrow;

const make: Make = (name, ...args) => {
  const Constructor = arrow()[name] as unknown as new (...args: unknown[]) => ArrowType;
  return new Constructor(...args);
};

const UNITS = { s: 0, ms: 1, us: 2, ns: 3 } as const;

export function toArrow(columns: readonly Field[], rows: readonly (readonly Value[])[]): Buffer {
  const { makeData, tableToIPC } = arrow();
  const fields = columns.map(({ name, type }) => fieldOf(name, type));
  const children = columns.map(({ type }, i) =>
    dataOf(
      type,
      rows.map((row) => row[i] ?? null),
    ),
  );
  const schema = make('Schema', fields);
  const data = makeData({
    type: make('Struct', fields),
    length: rows.length,
    nullCount: 0,
    children,
  });
  const batch = make('RecordBatch', schema, data);
  return Buffer.from(tableToIPC(make('Table', schema, [batch]), 'stream'));
}

function fieldOf(name: string, type: Type, isNullable = true): ArrowType {
  const metadata =
    type.is === 'uuid'
      ? new Map([
          ['ARROW:extension:name', 'arrow.uuid'],
          ['ARROW:extension:metadata', ''],
        ])
      : undefined;
  return make('Field', name, arrowType(type), isNullable, metadata);
}

function entriesOf(type: Extract<Type, { is: 'map' }>): ArrowType {
  const fields = [fieldOf('key', type.key, false), fieldOf('value', type.value)];
  return make('Struct', fields);
}

function arrowType(type: Type): ArrowType {
  switch (type.is) {
    case 'null':
      return make('Null');
    case 'bool':
      return make('Bool');
    case 'string':
      return make('Utf8');
    case 'blob':
      return make('Binary');
    case 'uuid':
      return make('FixedSizeBinary', 16);
    case 'date':
      return make('DateDay');
    case 'int':
      return make('Int', type.signed, type.bits);
    case 'float':
      return make('Float', { 16: 0, 32: 1, 64: 2 }[type.bits]);
    case 'decimal':
      return make('Decimal', type.scale, type.precision, 128);
    case 'time':
      return make('Time', UNITS[type.unit], type.unit === 'ms' ? 32 : 64);
    case 'timestamp':
      return make('Timestamp', UNITS[type.unit], type.utc ? 'UTC' : null);
    case 'list':
      return make('List', fieldOf('item', type.of));
    case 'array':
      return make('FixedSizeList', type.size, fieldOf('item', type.of));
    case 'struct':
      return make(
        'Struct',
        type.fields.map((field) => fieldOf(field.name, field.type)),
      );
    case 'map':
      return make('Map_', make('Field', 'entries', entriesOf(type), false), false);
    case 'interval':
      throw new Error('Arrow has no interval that Parquet has');
  }
}

function dataOf(type: Type, values: readonly Value[]): object {
  const { makeData } = arrow();
  const length = values.length;
  const nullCount = values.filter((value) => value === null).length;
  const base = { type: arrowType(type), length };
  if (type.is === 'null') return makeData(base);
  const nulls = { nullCount, nullBitmap: bitmap(values.map((value) => value !== null)) };
  const at = (index: number): Value => values[index] ?? null;
  switch (type.is) {
    case 'bool':
      return makeData({ ...base, ...nulls, data: bitmap(values.map((value) => value === true)) });
    case 'string':
    case 'blob': {
      const bytes = values.map((value) =>
        typeof value === 'string' ? Buffer.from(value) : ((value ?? []) as Uint8Array),
      );
      const data = Buffer.concat(bytes.map((piece) => Uint8Array.from(piece)));
      return makeData({
        ...base,
        ...nulls,
        valueOffsets: offsets(bytes.map((piece) => piece.length)),
        data: new Uint8Array(data),
      });
    }
    case 'uuid':
      return makeData({
        ...base,
        ...nulls,
        data: new Uint8Array(
          Buffer.concat(values.map((value) => uuidBytes((value ?? '0'.repeat(32)) as string))),
        ),
      });
    case 'float':
      if (type.bits === 16) {
        const data = Uint16Array.from(values, (value) => halfBits((value ?? 0) as number));
        return makeData({ ...base, ...nulls, data });
      }
      return makeData({
        ...base,
        ...nulls,
        data: (type.bits === 32 ? Float32Array : Float64Array).from(values.map((v) => Number(v))),
      });
    case 'decimal': {
      const data = new Uint32Array(4 * length);
      for (let i = 0; i < length; i += 1) {
        const bits = BigInt.asUintN(128, (at(i) ?? 0n) as bigint);
        for (let word = 0; word < 4; word += 1) {
          data[4 * i + word] = Number((bits >> BigInt(32 * word)) & 0xffffffffn);
        }
      }
      return makeData({ ...base, ...nulls, data });
    }
    case 'int':
    case 'date':
    case 'time':
    case 'timestamp': {
      const integers = values.map((value) => (value ?? 0n) as bigint);
      return makeData({ ...base, ...nulls, data: integerArray(type, integers) });
    }
    case 'list': {
      const lists = values.map((value) => (value ?? []) as readonly Value[]);
      return makeData({
        ...base,
        ...nulls,
        valueOffsets: offsets(lists.map((list) => list.length)),
        child: dataOf(type.of, lists.flat()),
      });
    }
    case 'array': {
      const empty = Array.from({ length: type.size }, () => null);
      const lists = values.map((value) => (value ?? empty) as readonly Value[]);
      return makeData({ ...base, ...nulls, child: dataOf(type.of, lists.flat(1)) });
    }
    case 'struct':
      return makeData({
        ...base,
        ...nulls,
        children: type.fields.map((field, i) =>
          dataOf(
            field.type,
            values.map((value) => (value as readonly Value[] | null)?.[i] ?? null),
          ),
        ),
      });
    case 'map': {
      const maps = values.map(
        (value) =>
          (value as { entries: readonly (readonly [Value, Value])[] } | null)?.entries ?? [],
      );
      const entries = maps.flat();
      const child = makeData({
        type: entriesOf(type),
        length: entries.length,
        nullCount: 0,
        children: [
          dataOf(
            type.key,
            entries.map(([key]) => key),
          ),
          dataOf(
            type.value,
            entries.map(([, value]) => value),
          ),
        ],
      });
      return makeData({
        ...base,
        ...nulls,
        valueOffsets: offsets(maps.map((entry) => entry.length)),
        child,
      });
    }
    case 'interval':
      throw new Error('Arrow has no interval that Parquet has');
  }
}

function integerArray(type: Type, values: readonly bigint[]): object {
  const [bits, signed] =
    type.is === 'int'
      ? [type.bits, type.signed]
      : type.is === 'date' || (type.is === 'time' && type.unit === 'ms')
        ? [32, true]
        : [64, true];
  if (bits === 64) return (signed ? BigInt64Array : BigUint64Array).from(values);
  const numbers = values.map(Number);
  if (bits === 8) return (signed ? Int8Array : Uint8Array).from(numbers);
  if (bits === 16) return (signed ? Int16Array : Uint16Array).from(numbers);
  return (signed ? Int32Array : Uint32Array).from(numbers);
}

function bitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

function offsets(lengths: readonly number[]): Int32Array {
  const result = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => (result[i + 1] = (result[i] ?? 0) + length));
  return result;
}

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** The bits of a number that 16 bits hold. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Infinity) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | Math.round((size / 2 ** exponent - 1) * 1024);
}
