/** The programs that write the oracle's files: what each can write, and with which options. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { ParquetSchema, ParquetWriter } from '@dsnp/parquetjs';
import { integer, pick, type Random } from './mutate.js';
import { toArrow } from './oracle-arrow.js';
import { importOracle, ORACLE, requireOracle } from './oracle-packages.js';
import { someType, type Field, type Interval, type Type, type Value } from './oracle-types.js';
import { chance } from './oracle-values.js';

export type Options = Record<string, unknown>;

export interface Writer {
  canWrite(type: Type): boolean;
  options(random: Random, columns: readonly Field[], rows: number): Options;
  write(
    path: string,
    columns: readonly Field[],
    rows: readonly (readonly Value[])[],
    options: Options,
  ): Promise<void> | void;
}

const none = (type: Type, ...refused: Type['is'][]): boolean =>
  !someType(type, ({ is }) => refused.includes(is));

/** Rows to a row group: often fewer than there are. */
const groupSize = (random: Random, rows: number): number =>
  pick(random, [
    1_000_000,
    Math.max(1, rows >> 1),
    Math.max(1, rows >> 2),
    1 + integer(random, 40),
  ]);

// DuckDB

interface DuckDb {
  DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<DuckDbConnection> }> };
  DuckDBDataChunk: {
    create(types: unknown[], rows: number): { setColumns(columns: unknown[][]): void };
  };
  [name: string]: unknown;
}
interface DuckDbConnection {
  closeSync(): void;
  run(sql: string): Promise<unknown>;
  createAppender(table: string): Promise<{
    columnType(index: number): unknown;
    appendDataChunk(chunk: unknown): void;
    closeSync(): void;
  }>;
}

const duckDb = (): DuckDb => requireOracle('@duckdb/node-api') as DuckDb;
let duckInstance: ReturnType<DuckDb['DuckDBInstance']['create']> | undefined;

function duckType(type: Type): string {
  switch (type.is) {
    case 'null':
      return 'INTEGER';
    case 'bool':
      return 'BOOLEAN';
    case 'string':
      return 'VARCHAR';
    case 'int': {
      const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[type.bits] ?? '';
      return `${type.signed ? '' : 'U'}${name}`;
    }
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'time':
      return 'TIME';
    case 'timestamp':
      if (type.utc) return 'TIMESTAMPTZ';
      return { s: 'TIMESTAMP_S', ms: 'TIMESTAMP_MS', us: 'TIMESTAMP', ns: 'TIMESTAMP_NS' }[
        type.unit
      ];
    case 'list':
      return `${duckType(type.of)}[]`;
    case 'array':
      return `${duckType(type.of)}[${type.size}]`;
    case 'struct':
      return `STRUCT(${type.fields.map((f) => `"${f.name}" ${duckType(f.type)}`).join(', ')})`;
    case 'map':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    default:
      return type.is.toUpperCase();
  }
}

function duckValue(type: Type, value: Value): unknown {
  if (value === null) return null;
  const api = duckDb();
  const made = (name: string, ...args: unknown[]): unknown => {
    const Constructor = api[name] as new (...args: unknown[]) => unknown;
    return new Constructor(...args);
  };
  switch (type.is) {
    case 'int':
      return type.bits === 64 ? value : Number(value);
    case 'decimal':
      return made('DuckDBDecimalValue', value, type.precision, type.scale);
    case 'blob':
      return made('DuckDBBlobValue', value);
    case 'uuid': {
      const bits = BigInt(`0x${(value as string).replaceAll('-', '')}`);
      return (api['uuidValue'] as (bits: bigint) => unknown)(bits);
    }
    case 'date':
      return made('DuckDBDateValue', Number(value));
    case 'time':
      return made('DuckDBTimeValue', value);
    case 'timestamp': {
      const name = { s: 'Seconds', ms: 'Milliseconds', us: '', ns: 'Nanoseconds' }[type.unit];
      return made(`DuckDBTimestamp${type.utc ? 'TZ' : name}Value`, value);
    }
    case 'interval': {
      const { months, days, micros } = value as Interval;
      return made('DuckDBIntervalValue', months, days, micros);
    }
    case 'list':
    case 'array':
      return made(
        type.is === 'list' ? 'DuckDBListValue' : 'DuckDBArrayValue',
        (value as readonly Value[]).map((item) => duckValue(type.of, item)),
      );
    case 'struct':
      return made(
        'DuckDBStructValue',
        Object.fromEntries(
          type.fields.map((f, i) => [
            f.name,
            duckValue(f.type, (value as readonly Value[])[i] ?? null),
          ]),
        ),
      );
    case 'map':
      return made(
        'DuckDBMapValue',
        (value as { entries: readonly (readonly [Value, Value])[] }).entries.map(([k, v]) => ({
          key: duckValue(type.key, k),
          value: duckValue(type.value, v),
        })),
      );
    default:
      return value;
  }
}

const CHUNK = 2048;

const duckdb: Writer = {
  canWrite: (type) =>
    !someType(
      type,
      (t) =>
        (t.is === 'float' && t.bits === 16) ||
        (t.is === 'time' && t.unit !== 'us') ||
        (t.is === 'timestamp' && t.utc && t.unit !== 'us'),
    ),
  options: (random) => ({
    PARQUET_VERSION: pick(random, ['V1', 'V2']),
    COMPRESSION: `'${pick(random, ['snappy', 'zstd', 'gzip', 'brotli', 'lz4_raw', 'uncompressed'])}'`,
    ROW_GROUP_SIZE: pick(random, [2048, 122_880]),
    ...(chance(random, 0.3) ? { DICTIONARY_SIZE_LIMIT: 1 } : {}),
  }),
  async write(path, columns, rows, options) {
    duckInstance ??= duckDb().DuckDBInstance.create(':memory:');
    const connection = await (await duckInstance).connect();
    const definitions = columns.map(({ name, type }) => `"${name}" ${duckType(type)}`);
    await connection.run(`CREATE TEMP TABLE written(${definitions.join(', ')})`);
    const appender = await connection.createAppender('written');
    const types = columns.map((_, i) => appender.columnType(i));
    for (let from = 0; from < rows.length; from += CHUNK) {
      const slice = rows.slice(from, from + CHUNK);
      const chunk = duckDb().DuckDBDataChunk.create(types, slice.length);
      chunk.setColumns(
        columns.map(({ type }, i) => slice.map((row) => duckValue(type, row[i] ?? null))),
      );
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    const settings = Object.entries({ FORMAT: 'parquet', ...options })
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    await connection.run(`COPY written TO '${path.replaceAll("'", "''")}' (${settings})`);
    connection.closeSync();
  },
};

// Polars

const polars: Writer = {
  canWrite: (type) =>
    none(type, 'interval', 'map', 'uuid') &&
    !someType(
      type,
      (t) =>
        (t.is === 'float' && t.bits === 16) ||
        (t.is === 'timestamp' && t.unit === 's') ||
        (t.is === 'time' && t.unit !== 'ns') ||
        // It has arrays, but not within others in this version.
        (t.is === 'struct' && t.fields.some(({ type: of }) => of.is === 'array')),
    ),
  options: (random) => ({
    compression: pick(random, ['uncompressed', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd']),
  }),
  write(path, columns, rows, options) {
    const pl = requireOracle('nodejs-polars') as {
      readIPCStream(bytes: Buffer): { writeParquet(path: string, options: Options): void };
    };
    pl.readIPCStream(toArrow(columns, rows)).writeParquet(path, options);
  },
};

// Arrow-Rust

interface WasmBuilder {
  [method: string]: (...args: unknown[]) => WasmBuilder;
}
interface ParquetWasm {
  Table: { fromIPCStream(bytes: Uint8Array): unknown };
  WriterPropertiesBuilder: new () => WasmBuilder;
  writeParquet(table: unknown, properties: unknown): Uint8Array;
  Compression: Record<string, unknown>;
  Encoding: Record<string, unknown>;
  WriterVersion: Record<string, unknown>;
}

const WASM_CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4_RAW'];

/** What may encode a column of the physical type that a type has. */
function encodingsOf(type: Type): string[] {
  switch (type.is) {
    case 'bool':
      return ['PLAIN', 'RLE'];
    case 'int':
    case 'date':
    case 'time':
    case 'timestamp':
      return ['PLAIN', 'DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT'];
    case 'float':
      return ['PLAIN', 'BYTE_STREAM_SPLIT'];
    case 'string':
    case 'blob':
      return ['PLAIN', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'];
    default:
      return ['PLAIN'];
  }
}

/** A column's leaves: their paths, as Arrow-Rust names them, and types. */
function leavesOf(path: string, type: Type): [string, Type][] {
  switch (type.is) {
    case 'list':
    case 'array':
      return leavesOf(`${path}.list.item`, type.of);
    case 'struct':
      return type.fields.flatMap((f) => leavesOf(`${path}.${f.name}`, f.type));
    case 'map':
      return [
        ...leavesOf(`${path}.entries.key`, type.key),
        ...leavesOf(`${path}.entries.value`, type.value),
      ];
    default:
      return [[path, type]];
  }
}

const wasm: Writer = {
  // Of UUIDs and seconds its files say no type.
  canWrite: (type) =>
    none(type, 'interval', 'uuid') &&
    !someType(type, (t) => t.is === 'timestamp' && t.unit === 's'),
  options: (random, columns, rows) => ({
    codec: pick(random, WASM_CODECS),
    version: pick(random, ['V1', 'V2']),
    dictionary: chance(random, 0.5),
    rowGroup: groupSize(random, rows),
    ...(chance(random, 0.3) ? { pageSize: 64 } : {}),
    ...(chance(random, 0.5)
      ? {
          encodings: columns
            .flatMap(({ name, type }) => leavesOf(name, type))
            // Its booleans panic as RLE in version 1.
            .map(([path, type]) => [
              path,
              pick(random, type.is === 'bool' ? ['PLAIN'] : encodingsOf(type)),
            ]),
        }
      : {}),
  }),
  write(path, columns, rows, options) {
    const api = requireOracle('parquet-wasm') as ParquetWasm;
    let builder = new api.WriterPropertiesBuilder();
    const set = (method: string, ...args: unknown[]): void => {
      const call = builder[method];
      if (!call) throw new Error(`parquet-wasm has no ${method}`);
      builder = call.call(builder, ...args);
    };
    const encodings = options['encodings'] as [string, string][] | undefined;
    set('setCompression', api.Compression[options['codec'] as string]);
    set('setWriterVersion', api.WriterVersion[options['version'] as string]);
    set('setDictionaryEnabled', encodings === undefined && options['dictionary']);
    set('setMaxRowGroupSize', options['rowGroup']);
    if (options['pageSize'] !== undefined) {
      set('setDataPageSizeLimit', options['pageSize']);
      set('setWriteBatchSize', 8);
    }
    for (const [column, encoding] of encodings ?? []) {
      set('setColumnEncoding', column, api.Encoding[encoding]);
    }
    const table = api.Table.fromIPCStream(new Uint8Array(toArrow(columns, rows)));
    const properties = (builder as unknown as { build(): unknown }).build();
    writeFileSync(path, api.writeParquet(table, properties));
  },
};

// hyparquet-writer

interface SchemaElement {
  name: string;
  [name: string]: unknown;
}

function hyparquetSchema(name: string, type: Type, repetition = 'OPTIONAL'): SchemaElement[] {
  const leaf = (physical: string, more: object = {}): SchemaElement[] => [
    { name, type: physical, repetition_type: repetition, ...more },
  ];
  const group = (children: SchemaElement[][], more: object = {}): SchemaElement[] => [
    { name, repetition_type: repetition, num_children: children.length, ...more },
    ...children.flat(),
  ];
  switch (type.is) {
    case 'bool':
      return leaf('BOOLEAN');
    case 'string':
      return leaf('BYTE_ARRAY', { converted_type: 'UTF8' });
    case 'blob':
      return leaf('BYTE_ARRAY');
    case 'uuid':
      return leaf('FIXED_LEN_BYTE_ARRAY', { type_length: 16, logical_type: { type: 'UUID' } });
    case 'date':
      return leaf('INT32', { converted_type: 'DATE' });
    case 'int': {
      const converted = { converted_type: `${type.signed ? '' : 'U'}INT_${type.bits}` };
      return leaf(type.bits === 64 ? 'INT64' : 'INT32', converted);
    }
    case 'float':
      return type.bits === 16
        ? leaf('FIXED_LEN_BYTE_ARRAY', { type_length: 2, logical_type: { type: 'FLOAT16' } })
        : leaf(type.bits === 32 ? 'FLOAT' : 'DOUBLE');
    case 'decimal': {
      const { precision, scale } = type;
      return leaf(precision <= 9 ? 'INT32' : 'INT64', {
        converted_type: 'DECIMAL',
        precision,
        scale,
      });
    }
    case 'timestamp':
      return leaf('INT64', {
        converted_type: type.unit === 'ms' ? 'TIMESTAMP_MILLIS' : 'TIMESTAMP_MICROS',
      });
    case 'list':
    case 'array': {
      const item = hyparquetSchema('element', type.of);
      const list = [{ name: 'list', repetition_type: 'REPEATED', num_children: 1 }, ...item];
      return group([list], { converted_type: 'LIST' });
    }
    case 'struct':
      return group(type.fields.map((f) => hyparquetSchema(f.name, f.type)));
    case 'map': {
      const entry = [
        { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
        ...hyparquetSchema('key', type.key, 'REQUIRED'),
        ...hyparquetSchema('value', type.value),
      ];
      return group([entry], { converted_type: 'MAP' });
    }
    default:
      throw new Error(`hyparquet-writer is not asked for ${type.is}`);
  }
}

function hyparquetValue(type: Type, value: Value): unknown {
  if (value === null) return null;
  switch (type.is) {
    case 'int':
      return type.bits === 64 ? value : Number(value);
    case 'date':
      return Number(value);
    case 'list':
    case 'array':
      return (value as readonly Value[]).map((item) => hyparquetValue(type.of, item));
    case 'struct':
      return Object.fromEntries(
        type.fields.map((f, i) => [
          f.name,
          hyparquetValue(f.type, (value as readonly Value[])[i] ?? null),
        ]),
      );
    case 'map':
      return (value as { entries: readonly (readonly [Value, Value])[] }).entries.map(([k, v]) => ({
        key: hyparquetValue(type.key, k),
        value: hyparquetValue(type.value, v),
      }));
    default:
      return value;
  }
}

const hyparquet: Writer = {
  canWrite: (type) =>
    none(type, 'interval', 'time', 'null') &&
    !someType(
      type,
      (t) =>
        (t.is === 'decimal' && t.precision > 18) ||
        (t.is === 'timestamp' && (t.unit === 's' || t.unit === 'ns' || !t.utc)) ||
        (t.is === 'map' && t.key.is !== 'string'),
    ),
  options: (random, columns, rows) => ({
    codec: pick(random, ['SNAPPY', 'UNCOMPRESSED', 'GZIP', 'BROTLI']),
    rowGroupSize: groupSize(random, rows),
    ...(chance(random, 0.3) ? { pageSize: 64 } : {}),
    encodings: Object.fromEntries(
      columns.flatMap(({ name, type }) =>
        chance(random, 0.5) ? [[name, pick(random, encodingsOf(type))]] : [],
      ),
    ),
  }),
  async write(path, columns, rows, options) {
    const { parquetWriteFile } = (await importOracle('hyparquet-writer/src/node.js')) as {
      parquetWriteFile: (options: object) => void | Promise<void>;
    };
    const { encodings, ...others } = options as { encodings: Record<string, string> };
    await parquetWriteFile({
      ...others,
      filename: path,
      compressors: {
        GZIP: (bytes: Uint8Array) => gzipSync(bytes),
        BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes),
      },
      schema: [
        { name: 'root', num_children: columns.length },
        ...columns.flatMap(({ name, type }) => hyparquetSchema(name, type)),
      ],
      columnData: columns.map(({ name, type }, i) => ({
        name,
        data: rows.map((row) => hyparquetValue(type, row[i] ?? null)),
        ...(encodings[name] === undefined ? {} : { encoding: encodings[name] }),
      })),
    });
  },
};

// parquetjs

function parquetjsType(type: Type): Record<string, unknown> {
  switch (type.is) {
    case 'bool':
      return { type: 'BOOLEAN' };
    case 'string':
      return { type: 'UTF8' };
    case 'blob':
      return { type: 'BYTE_ARRAY' };
    case 'int':
      return { type: `${type.signed ? '' : 'U'}INT_${type.bits}` };
    case 'float':
      return { type: type.bits === 32 ? 'FLOAT' : 'DOUBLE' };
    default:
      return { type: type.is.toUpperCase() };
  }
}

function parquetjsValue(type: Type, value: Value): unknown {
  switch (type.is) {
    case 'int':
      return type.bits === 64 ? value : Number(value);
    case 'date':
      return new Date(Number(value) * 86_400_000);
    case 'blob':
      return Buffer.from(value as Uint8Array);
    default:
      return value;
  }
}

// It takes no unsigned integer with its highest bit, no time before 1970, no bigint as a DECIMAL, and
// no zero in an INTERVAL.
const parquetjs: Writer = {
  canWrite: (type) =>
    ['bool', 'string', 'blob', 'int', 'float', 'date'].includes(type.is) &&
    !someType(
      type,
      (t) => (t.is === 'int' && !t.signed && t.bits > 16) || (t.is === 'float' && t.bits === 16),
    ),
  options: (random, _, rows) => ({
    compression: pick(random, ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI']),
    useDataPageV2: chance(random, 0.5),
    rowGroupSize: groupSize(random, rows),
    ...(chance(random, 0.3) ? { pageSize: 8 } : {}),
  }),
  async write(path, columns, rows, options) {
    const { compression, ...others } = options;
    const fields = columns.map(({ name, type }) => [
      name,
      { ...parquetjsType(type), optional: true, compression },
    ]);
    const schema = new ParquetSchema(Object.fromEntries(fields) as never);
    const writer = await ParquetWriter.openFile(schema, path, others);
    for (const row of rows) {
      const cells = columns.flatMap(({ name, type }, i) => {
        const value = row[i] ?? null;
        return value === null ? [] : [[name, parquetjsValue(type, value)]];
      });
      await writer.appendRow(Object.fromEntries(cells) as Record<string, unknown>);
    }
    await writer.close();
  },
};

// pyarrow

let python: ChildProcessByStdio<Writable, Readable, null> | undefined;
let answers: AsyncIterator<string> | undefined;

/** Keeps one Python with pyarrow running. */
export function startPython(command: string, scratch: string): void {
  python = spawn(command, [join(ORACLE, 'pyarrow_writer.py'), scratch], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
}

export function stopPython(): void {
  python?.stdin.end();
}

const pyarrow: Writer = {
  canWrite: (type) => none(type, 'interval'),
  options: (random, columns, rows) => ({
    options: {
      compression: pick(random, ['NONE', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4']),
      // Older versions have no nanoseconds.
      version: pick(random, hasNanos(columns) ? ['2.6'] : ['1.0', '2.4', '2.6', '2.6']),
      data_page_version: pick(random, ['1.0', '2.0']),
      use_dictionary: chance(random, 0.5),
      row_group_size: groupSize(random, rows),
      ...(chance(random, 0.3) ? { data_page_size: 64, write_batch_size: 8 } : {}),
      ...(chance(random, 0.2) ? { write_page_index: true } : {}),
      ...(chance(random, 0.2) ? { write_page_checksum: true } : {}),
      ...(chance(random, 0.2) ? { store_decimal_as_integer: true } : {}),
      ...(chance(random, 0.2) ? { use_compliant_nested_type: false } : {}),
      ...(chance(random, 0.15) && hasModernTimes(columns)
        ? { use_deprecated_int96_timestamps: true }
        : {}),
    },
    ...(chance(random, 0.4) ? { encodings: integer(random, 2 ** 30) } : {}),
    ...(chance(random, 0.15) ? { categorical: true } : {}),
  }),
  async write(path, columns, rows, options) {
    if (!python || !answers) throw new Error('no Python is running');
    const ipc = `${path}.arrow`;
    writeFileSync(ipc, toArrow(columns, rows));
    python.stdin.write(`${JSON.stringify({ ipc, path, ...options })}\n`);
    const line = (await answers.next()) as IteratorResult<string, undefined>;
    if (line.done === true) throw new Error('Python has ended');
    const answer = JSON.parse(line.value) as { ok: boolean; error?: string };
    rmSync(ipc);
    if (!answer.ok) throw new Error(answer.error);
  },
};

function hasNanos(columns: readonly Field[]): boolean {
  return columns.some(({ type }) => someType(type, (t) => 'unit' in t && t.unit === 'ns'));
}

/** INT96 is written of any timestamp, but in nanoseconds. */
function hasModernTimes(columns: readonly Field[]): boolean {
  return columns.every(
    ({ type }) => !someType(type, (t) => t.is === 'timestamp' && t.unit !== 'ns'),
  );
}

export const WRITERS = { duckdb, polars, wasm, hyparquet, parquetjs, pyarrow } as const;
export type WriterName = keyof typeof WRITERS;
