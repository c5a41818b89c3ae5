/** The two renderers of a conversion, engine expression and row function, against each other. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { it } from 'node:test';
import { loadFrom } from '../src/cypher/statements.js';
import { readFooter } from '../src/dataset/footer.js';
import { rewrite } from '../src/dataset/rewrite.js';
import type { PlainValue } from '../src/model/plainvalue.js';
import { readRows } from '../src/dataset/rows.js';
import { type Column, isNestedColumn, rewrittenColumn } from '../src/model/column.js';
import { convert } from '../src/plan/conversion.js';
import { toExpression } from '../src/cypher/conversion.js';
import { cast, toRowFunction } from '../src/plan/rowfunction.js';
import { canonicalType } from '../src/model/differences.js';
import type { Connection } from '../src/types.js';
import { FIXTURE, openMemory, scratch, writeParquet } from './helpers.js';

const MATRIX = join(FIXTURE, '..', 'matrix');

const TYPES = [
  ...['STRING', 'BOOLEAN', 'FLOAT', 'DOUBLE', 'DATE', 'UUID', 'BLOB', 'INTERVAL'],
  ...[8, 16, 32, 64].flatMap((bits) => [`INT${bits}`, `UINT${bits}`]),
  'INT128',
  ...['TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP_MS', 'TIMESTAMP_SEC', 'TIMESTAMP_TZ'],
  ...['DECIMAL(9, 2)', 'DECIMAL(18, 3)', 'DECIMAL(38, 10)'],
];

const FAILS = 'does not convert';

/** What the engine makes of a column, one outcome a row, as the engine prints it. */
function byEngine(
  connection: Connection,
  path: string,
  expression: string,
  type: string,
  ids: readonly number[],
): unknown[] {
  const printed = printedBy(`CAST(${expression} AS ${type})`, type);
  const ask = (where: string): unknown[] => {
    const [result] = [
      connection.querySync(`${loadFrom(path)} ${where} RETURN ${printed} AS v`),
    ].flat();
    assert.ok(result);
    const values = [];
    while (result.hasNext()) values.push({ ...result.getNextSync() }['v'] ?? null);
    result.close();
    return values;
  };
  try {
    return ask('');
  } catch {
    return ids.map((id) => {
      try {
        return ask(`WHERE id = ${id}`)[0];
      } catch {
        return FAILS;
      }
    });
  }
}

/** Doubles have more digits than the engine prints; the bytes of a BLOB are no text. */
function printedBy(value: string, type: string): string {
  if (/^(FLOAT|DOUBLE|BLOB)$/.test(type)) return value;
  return `CAST(${type.startsWith('TIMESTAMP') ? `CAST(${value} AS TIMESTAMP)` : value} AS STRING)`;
}

/** What the row function makes of them. */
function byRow(column: Column, type: string, values: readonly PlainValue[]): unknown[] | undefined {
  const convertRow = toRowFunction(column, type);
  return (
    convertRow &&
    values.map((value) => {
      try {
        const converted = convertRow(value);
        if (converted === null) return null;
        if (converted instanceof Uint8Array) return Buffer.from(converted);
        if (type === 'FLOAT') return Math.fround(Number(converted));
        if (type === 'DOUBLE') return converted;
        const shown = canonicalType(type.replace(/^TIMESTAMP_\w+/, 'TIMESTAMP'));
        return cast(converted, shown, 'STRING');
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'COLUMN_TYPE', String(error));
        return FAILS;
      }
    })
  );
}

async function compare(
  connection: Connection,
  path: string,
  directory: string,
  seen: Set<string>,
): Promise<number> {
  const columns = readFooter(path).columns;
  const [id, column] = ['id', 'value'].map((name) => columns.find((one) => one.name === name));
  if (!id || !column || isNestedColumn(column)) return 0;
  // Most writers write the same in the same way.
  const layout = JSON.stringify([basename(path), column.type, column.engineType]);
  if (seen.has(layout)) return 0;
  seen.add(layout);
  const ids: number[] = [];
  const values: PlainValue[] = [];
  try {
    for await (const rows of readRows(path, [id, column])) {
      ids.push(...rows.map(([number]) => Number(number)));
      values.push(...rows.map(([, value]) => value ?? null));
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'COLUMN_TYPE') return 0; // Nanoseconds, for either.
    throw error;
  }
  let compared = 0;
  for (const type of TYPES) {
    const conversion = convert(column, type);
    const rowwise = byRow(column, type, values);
    const what: string = `${path}: ${column.type} (${column.engineType ?? ''}) to ${type}`;
    assert.equal(rowwise === undefined, conversion.how === 'refuse', what);
    if (!rowwise || conversion.how === 'refuse') continue;
    let [file, value] = [path, conversion.how === 'take' ? conversion.value : undefined];
    if (!value) {
      file = join(directory, `${seen.size}-${compared}.parquet`);
      await rewrite([{ path, columns: [{ column: id }, { column }] }], file);
      const again = convert(rewrittenColumn(column), type);
      value = again.how === 'take' ? again.value : undefined;
    }
    assert.ok(value, what);
    const engine = byEngine(connection, file, toExpression(value), type, ids);
    assert.deepEqual(rowwise, engine, what);
    compared += values.length;
    seen.add(`${column.meaning.is} ${type}`);
  }
  return compared;
}

/** What people write into columns of text, well and not. */
const TEXTS = [
  ...['12', ' 12 ', '+5', '-0', '-129', '300', '1e3', '0x10', '', ' ', '12.0', '1_000', '12a'],
  ...['9223372036854775808', '-9223372036854775809', '18446744073709551615'],
  ...['true', 'TRUE', 't', 'yes', '1', '0', 'F', 'False', 'no'],
  ...['1.5', '-.5', '5.', '1e400', 'nan', 'inf', '-Infinity', '1,5', '1.5e-3'],
  ...['2020-02-29', '2021-02-29', '2020-2-9', '20200229', '2020/02/29', '29.02.2020', '0001-01-01'],
  ...['2020-02-29 12:34:56', '2020-02-29T12:34:56Z', '2020-02-29 12:34:56.123456'],
  ...['2020-02-29 12:34:56.123456789', '2020-02-29 12:34:56+02:00', '2020-02-29 24:00:00'],
  ...['2020-02-29 12:34', '9999-12-31 23:59:59', '1969-12-31 23:59:59.5', '2020-02-29 12'],
  ...['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6BA7B8109DAD11D180B400C04FD430C8', '6ba7b810'],
  ...['{6ba7b810-9dad-11d1-80b4-00c04fd430c8}', '1 day', '3 days 2 hours', '02:03:04.5', '1 foo'],
  ...['1 year 2 months', '-1 day', '5', 'P1D', '1 week', '90 minutes', '1 day 02:03:04'],
  ...[
    '1.005',
    '123456789.12',
    '-0.00',
    '12345678.9',
    '0.1',
    '00012.50',
    '.5',
    '1.50000',
    '9999999.99',
  ],
];

it('agree on text, however it is written', async (t) => {
  const { connection, close } = openMemory();
  t.after(close);
  const path = join(scratch(t), 'text.parquet');
  const rows = TEXTS.map((value, i) => ({ id: i, value }));
  await writeParquet(path, { id: 'INT64', value: 'UTF8' }, rows);
  assert.ok((await compare(connection, path, scratch(t), new Set())) > 1000);
});

it('agree on every value of every writer, for every type', async (t) => {
  const { connection, close } = openMemory();
  t.after(close);
  const seen = new Set<string>();
  let compared = 0;
  for (const writer of readdirSync(MATRIX, { withFileTypes: true })) {
    if (!writer.isDirectory()) continue;
    const directory = join(MATRIX, writer.name);
    for (const file of readdirSync(directory)) {
      // How the pages are written makes no difference to a value.
      if (/^(codec|dictionary|layout)/.test(file)) continue;
      compared += await compare(connection, join(directory, file), scratch(t), seen);
    }
  }
  assert.ok(compared > 2000, `${compared} values were compared`);
  const pairs = [...seen].filter((one) => !one.startsWith('['));
  const meanings = new Set(pairs.map((pair) => pair.split(' ')[0]));
  assert.deepEqual([...meanings].sort(), [
    'boolean',
    'bytes',
    'date',
    'decimal',
    'float',
    'integer',
    'null',
    'string',
    'time',
    'timestamp',
    'uuid',
  ]);
});
