/** Values that the engines' storage changes: stored right, refused by name, or replaced on request. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { codeGraph } from '../src/model/codegraph.js';
import { readDataset } from '../src/dataset/dataset.js';
import { openEngine } from '../src/engine/engine.js';
import { mayBeChanged } from '../src/plan/hazards.js';
import { replacing } from '../src/cypher/hazards.js';
import { loadFromParquet } from '../src/library.js';
import { planLoad } from '../src/plan/copies.js';
import { ENGINE, FIXTURE, kgloadJson, query, scratch } from './helpers.js';

/** A value as Cypher, and as it is read back. */
type Value = readonly [cypher: string, value: unknown];

const NAN: Value = ["CAST('nan' AS DOUBLE)", NaN];
const MINUS_ZERO: Value = ['-0.0', -0];
const double = (value: number): Value => [value.toFixed(3), value];
const NULL: Value = ['NULL', null];

interface Column {
  type: string;
  /** The first file's values, and those of a second one to be appended. */
  values: readonly Value[];
  more?: readonly Value[];
}

/** Writes a dataset with a node table T and a rel table R, N → N, that hold the same column `v`. */
function writeDataset(directory: string, column: Column, part: 'values' | 'more' = 'values'): void {
  const { type } = column;
  const values = column[part] ?? [];
  const start = part === 'more' ? column.values.length : 0;
  mkdirSync(join(directory, 'nodes'), { recursive: true });
  mkdirSync(join(directory, 'edges'));
  writeFileSync(
    join(directory, 'schema.cypher'),
    `CREATE NODE TABLE N(id INT64 PRIMARY KEY);
     CREATE NODE TABLE T(id INT64 PRIMARY KEY, v ${type});
     CREATE REL TABLE R(FROM N TO N, v ${type});`,
  );
  const { connection, close } = openEngine(ENGINE, ':memory:', { threads: 1 });
  try {
    const cases = values.map(([cypher], i) => `WHEN ${i} THEN CAST(${cypher} AS ${type})`);
    const v = `CASE i ${cases.join(' ')} END`;
    const rows = `UNWIND range(0, ${values.length - 1}) AS i`;
    const copies = {
      'nodes/N': `${rows} RETURN i + ${start} AS id`,
      'nodes/T': `${rows} RETURN i + ${start} AS id, ${v} AS v`,
      'edges/R': `${rows} RETURN i + ${start} AS \`from\`, i + ${start} AS \`to\`, ${v} AS v`,
    };
    for (const [name, cypher] of Object.entries(copies)) {
      const path = join(directory, `${name}.parquet`);
      for (const result of [connection.querySync(`COPY (${cypher}) TO '${path}'`)].flat()) {
        result.close();
      }
    }
  } finally {
    close();
  }
}

/** What the database holds in both tables, in the order of the rows. */
function stored(database: string): { T: unknown[]; R: unknown[] } {
  const list = (cypher: string): unknown[] => query(database, cypher).map(({ v }) => plain(v));
  return {
    T: list('MATCH (n:T) RETURN n.v AS v ORDER BY n.id'),
    R: list('MATCH (a:N)-[r:R]->(:N) RETURN r.v AS v ORDER BY a.id'),
  };
}

/** The same as text, since whole numbers beyond 2^53 are read as their neighbours. */
function storedText(database: string): { T: unknown[]; R: unknown[] } {
  const list = (cypher: string): unknown[] => query(database, cypher).map(({ v }) => v);
  return {
    T: list('MATCH (n:T) RETURN CAST(n.v AS STRING) AS v ORDER BY n.id'),
    R: list('MATCH (a:N)-[r:R]->(:N) RETURN CAST(r.v AS STRING) AS v ORDER BY a.id'),
  };
}

/** Whole numbers of every width alike. */
function plain(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return BigInt(value);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

function place(t: TestContext): { dataset: string; more: string; database: string } {
  const directory = scratch(t);
  return {
    dataset: join(directory, 'dataset'),
    more: join(directory, 'more'),
    database: join(directory, 'graph.db'),
  };
}

const WIDTHS = [8, 16, 32, 64, 128].map((bits) => {
  const least = -(2n ** BigInt(bits - 1));
  return { bits, type: `INT${bits}`, least };
});

function integer(value: bigint, type: string): Value {
  return [`CAST('${value}' AS ${type})`, value];
}

/** A type around another, and a value of it around another's value. */
const SHAPES: Record<string, { type: (type: string) => string; wrap: (value: Value) => Value }> = {
  plain: { type: (type) => type, wrap: (value) => value },
  list: {
    type: (type) => `${type}[]`,
    wrap: ([cypher, value]) => [`[${cypher}, NULL]`, [value, null]],
  },
  'list of lists': {
    type: (type) => `${type}[][]`,
    wrap: ([cypher, value]) => [`[[${cypher}, NULL], [${cypher}]]`, [[value, null], [value]]],
  },
  struct: {
    type: (type) => `STRUCT(a ${type}, b STRING)`,
    wrap: ([cypher, value]) => [`{a: ${cypher}, b: 'x'}`, { a: value, b: 'x' }],
  },
};

for (const [shape, { type: typeOf, wrap }] of Object.entries(SHAPES)) {
  test(`the least integer of every width is stored right: ${shape}`, async (t) => {
    for (const { type, least } of WIDTHS) {
      // The engine's Parquet knows no such numbers.
      if (type === 'INT128') continue;
      const { dataset, database } = place(t);
      const values = [least, least + 1n, -1n, 1n].map((value) => wrap(integer(value, type)));
      writeDataset(dataset, { type: typeOf(type), values });
      const { json } = await kgloadJson(['load', dataset, '--db', database]);
      assert.deepEqual(json.errors, []);
      const [warning] = json.warnings;
      assert.equal(warning?.code, 'COMPRESSION_OFF');
      assert.match(warning.message, new RegExp(`T\\.v.* holds ${least}$`));
      const expected = values.map(([, value]) => textOf(value));
      assert.deepEqual(storedText(database), { T: expected, R: expected });
    }
  });
}

/** A value as the engines print it. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (value === null) return '';
  if (typeof value !== 'object') return `${value as bigint | string}`;
  const fields = Object.entries(value).map(([name, inner]) => `${name}: ${textOf(inner)}`);
  return `{${fields.join(', ')}}`;
}

test('a database without such values is compressed as ever', async (t) => {
  const { dataset, database } = place(t);
  const values = [-127n, -1n, 1n].map((value) => integer(value, 'INT16'));
  writeDataset(dataset, { type: 'INT16', values });
  const { json } = await kgloadJson(['load', dataset, '--db', database]);
  assert.deepEqual([json.errors, json.warnings], [[], []]);
  const rows = query(database, "CALL storage_info('T') WHERE column_name = 'v' RETURN compression");
  assert.match(String(rows[0]?.['compression']), /^INTEGER_BITPACKING/);
});

test('the nil UUID is stored right', async (t) => {
  const { dataset, database } = place(t);
  const ids = ['00000000-0000-0000-0000-000000000000', '80000000-0000-0000-0000-000000000001'];
  const values = ids.map((id): Value => [`CAST('${id}' AS UUID)`, id]);
  writeDataset(dataset, { type: 'UUID', values });
  const { json } = await kgloadJson(['load', dataset, '--db', database]);
  assert.deepEqual(json.errors, []);
  assert.equal(json.warnings[0]?.code, 'COMPRESSION_OFF');
  assert.deepEqual(stored(database), { T: ids, R: ids });
});

test('the earliest date is stored right', async (t) => {
  const { dataset, database } = place(t);
  const earliest = "date('1970-01-01') + to_days(-2147483648)";
  const values: Value[] = [
    [earliest, '5877642-06-23 (BC)'],
    ["date('1970-01-02')", '1970-01-02'],
  ];
  writeDataset(dataset, { type: 'DATE', values });
  const { json } = await kgloadJson(['load', dataset, '--db', database]);
  assert.deepEqual(json.errors, []);
  const rows = query(database, 'MATCH (n:T) RETURN CAST(n.v AS STRING) AS v ORDER BY n.id');
  assert.deepEqual(
    rows.map(({ v }) => v),
    values.map(([, value]) => value),
  );
});

for (const [shape, { type: typeOf, wrap }] of Object.entries(SHAPES)) {
  test(`NaN is stored, refused or replaced: ${shape}`, async (t) => {
    const { dataset, database } = place(t);
    const values = [NAN, double(1.5), double(2.5), double(0.25)].map(wrap);
    writeDataset(dataset, { type: typeOf('DOUBLE'), values });
    const refused = await kgloadJson(['load', dataset, '--db', database]);
    const error = refused.json.errors.find(({ table }) => table === 'R');
    assert.equal(refused.code, 1);
    assert.equal(error?.code, 'VALUE_CHANGED');
    assert.match(error.message, /^R failed: the engine stores NaN in v.* \("0" → "0", …\)/);
    assert.match(error.hint ?? '', /--nan-as-null/);

    const args = ['load', dataset, '--db', database, '--fresh', '--nan-as-null'];
    const { json } = await kgloadJson(args);
    if (shape.startsWith('list')) {
      // The engine's list functions are not to be trusted, so that lists are not rebuilt.
      assert.match(
        json.errors[0]?.message ?? '',
        /^T failed: .* has NaN in v\[\].*, where nothing can take its place$/,
      );
      return;
    }
    assert.deepEqual(json.errors, []);
    const number = '1 value';
    const told = json.warnings.filter(({ code }) => code === 'VALUE_REPLACED');
    assert.deepEqual(
      told.map(({ table }) => table),
      ['T', 'R'],
    );
    assert.match(told[0]?.message ?? '', new RegExp(`^${number} NaN in T\\.v.* became NULL$`));
    const expected = [NULL, double(1.5), double(2.5), double(0.25)].map(wrap);
    const list = expected.map(([, value]) => value);
    assert.deepEqual(stored(database), { T: list, R: list });
  });

  test(`-0 is stored, refused or replaced: ${shape}`, async (t) => {
    const { dataset, database } = place(t);
    const values = [double(0), MINUS_ZERO, double(0), MINUS_ZERO].map(wrap);
    writeDataset(dataset, { type: typeOf('DOUBLE'), values });
    const refused = await kgloadJson(['load', dataset, '--db', database]);
    const error = refused.json.errors.find(({ table }) => table === 'R');
    assert.equal(error?.code, 'VALUE_CHANGED');
    assert.match(error.message, /^R failed: the engine stores -0 in v/);
    assert.match(error.hint ?? '', /--negative-zero-as-zero/);

    const args = ['load', dataset, '--db', database, '--fresh', '--negative-zero-as-zero'];
    const { json } = await kgloadJson(args);
    if (shape.startsWith('list')) {
      assert.match(
        json.errors[0]?.message ?? '',
        /has -0 in v\[\].*, where nothing can take its place$/,
      );
      return;
    }
    assert.deepEqual(json.errors, []);
    const expected = values.map(() => wrap(double(0))).map(([, value]) => plain(value));
    assert.deepEqual(stored(database), { T: expected, R: expected });
  });
}

test('NaN in fixed arrays and maps is refused', async (t) => {
  const shapes: [type: string, value: (value: Value) => Value][] = [
    ['FLOAT[2]', ([cypher, value]) => [`[${cypher}, 0.5]`, [value, 0.5]]],
    ['MAP(STRING, DOUBLE)', ([cypher, value]) => [`map(['k'], [${cypher}])`, { k: value }]],
  ];
  for (const [type, wrap] of shapes) {
    const { dataset, database } = place(t);
    const values = [NAN, double(1.5)].map(wrap);
    writeDataset(dataset, { type, values });
    const { json } = await kgloadJson(['load', dataset, '--db', database, '--nan-as-null']);
    assert.match(
      json.errors[0]?.message ?? '',
      /has NaN in .*v.*, where nothing can take its place$/,
    );
  }
});

test('NaN in one of many lists is found, and those that are stored as they are load', async (t) => {
  const { dataset, database } = place(t);
  const values = Array.from({ length: 3000 }, (_, i): Value => {
    const list = i === 2500 ? [1.5, NaN] : [i, 0.5, i % 7];
    return [
      `[${list.map((x) => (Number.isNaN(x) ? NAN[0] : `CAST(${x} AS DOUBLE)`)).join(', ')}]`,
      list,
    ];
  });
  writeDataset(dataset, { type: 'DOUBLE[]', values });
  const { json } = await kgloadJson(['load', dataset, '--db', database]);
  assert.deepEqual(json.errors, []);
  const expected = values.map(([, value]) => plain(value));
  assert.deepEqual(stored(database), { T: expected, R: expected });
});

test('NaN and -0 that the engine stores as they are load without a word of NaN', async (t) => {
  const { dataset, database } = place(t);
  const values = [double(1.5), NAN, double(2.5), MINUS_ZERO, NULL];
  writeDataset(dataset, { type: 'DOUBLE', values });
  const { json } = await kgloadJson(['load', dataset, '--db', database]);
  assert.deepEqual(json.errors, []);
  const expected = values.map(([, value]) => value);
  assert.deepEqual(stored(database), { T: expected, R: expected });
});

test('least integers that a database holds survive an append', async (t) => {
  const { dataset, more, database } = place(t);
  const column = {
    type: 'INT16',
    values: [-32768n, -32768n].map((value) => integer(value, 'INT16')),
    more: [-32767n, 1n, -1n].map((value) => integer(value, 'INT16')),
  };
  writeDataset(dataset, column);
  writeDataset(more, column, 'more');
  await kgloadJson(['load', dataset, '--db', database]);
  const { json } = await kgloadJson(['load', more, '--db', database, '--append']);
  assert.deepEqual(json.errors, []);
  assert.equal(json.warnings[0]?.code, 'COMPRESSION_OFF');
  assert.match(json.warnings[0].message, /T\.v holds -32768/);
  const expected = [...column.values, ...column.more].map(([, value]) => value);
  assert.deepEqual(stored(database), { T: expected, R: expected });
});

test('least integers that are appended to packed nodes are stored right', async (t) => {
  for (const { type, least } of WIDTHS.filter(({ bits }) => bits < 128)) {
    for (const [i, values] of [
      [-1n, 1n, 2n],
      [1n, 2n, null],
      [5n, 5n],
    ].entries()) {
      const { dataset, more, database } = place(t);
      const column = {
        type,
        values: values.map((value) => (value === null ? NULL : integer(value, type))),
        more: [least, 3n].map((value) => integer(value, type)),
      };
      writeDataset(dataset, column);
      writeDataset(more, column, 'more');
      await kgloadJson(['load', dataset, '--db', database]);
      const append = ['load', more, '--db', database, '--append', '--on-error', 'continue'];
      const { json } = await kgloadJson([...append, ...(i === 0 ? ['--skip-bad-rows'] : [])]);
      const found = storedText(database);
      const held = values.map((value) => (value === null ? null : String(value)));
      assert.deepEqual(found.T, [...held, String(least), '3'], JSON.stringify(json.errors));
      // Edges lie in many chunks, which nobody makes room in.
      const error = json.errors.find(({ table }) => table === 'R');
      assert.deepEqual(found.R, error ? held : [...held, String(least), '3']);
      assert.match(
        error?.message ?? '',
        new RegExp(`^$|the engine stores ${least} in v \\(.*\\) as another value`),
      );
    }
  }
});

test('a UINT8 and a list of lists that an append changes fail their table', async (t) => {
  const columns: Column[] = [
    {
      type: 'UINT8',
      values: [127n, 128n].map((value) => integer(value, 'UINT8')),
      more: [integer(254n, 'UINT8')],
    },
    { type: 'INT64[][]', values: [NULL], more: [['[[1], [2, 3]]', [[1n], [2n, 3n]]]] },
  ];
  for (const column of columns) {
    const { dataset, more, database } = place(t);
    writeDataset(dataset, column);
    writeDataset(more, column, 'more');
    await kgloadJson(['load', dataset, '--db', database]);
    const { json } = await kgloadJson(['load', more, '--db', database, '--append']);
    const expected = [...column.values, ...(column.more ?? [])].map(([, value]) => value);
    const found = stored(database);
    for (const table of ['T', 'R'] as const) {
      const error = json.errors.find((problem) => problem.table === table);
      if (error) assert.match(error.message, /the engine changed values of v when rows were added/);
      else assert.deepEqual(found[table], expected);
    }
  }
});

test('on a connection of the caller such a table is not attempted', async (t) => {
  for (const values of [[-128n, 1n].map((value) => integer(value, 'INT8')), [NAN, double(1.5)]]) {
    const { dataset, database } = place(t);
    writeDataset(dataset, { type: values[0] === NAN ? 'DOUBLE' : 'INT8', values });
    const { connection, close } = openEngine(ENGINE, database);
    try {
      const report = await loadFromParquet(connection, dataset);
      assert.deepEqual(
        report.errors.map(({ code, table }) => [code, table]),
        [
          ['VALUE_CHANGED', 'T'],
          ['VALUE_CHANGED', 'R'],
        ],
      );
      assert.match(
        report.errors[0]?.message ?? '',
        /nodes\/T\.parquet has (-128|NaN) in v \(1 value\)/,
      );
      assert.match(report.errors[0]?.hint ?? '', /load into a path/);
      assert.equal(report.nodeTimes['N']?.rows, 2);
      assert.equal(report.nodeTimes['T']?.rows, 0);
    } finally {
      close();
    }
  }
});

test('a connection of the caller loads NULL for NaN', async (t) => {
  const { dataset, database } = place(t);
  writeDataset(dataset, { type: 'DOUBLE', values: [NAN, double(1.5)] });
  const { connection, close } = openEngine(ENGINE, database);
  try {
    const report = await loadFromParquet(connection, dataset, { nanAsNull: true });
    assert.deepEqual(report.errors, []);
  } finally {
    close();
  }
  assert.deepEqual(stored(database), { T: [null, 1.5], R: [null, 1.5] });
});

test('a dry run tells of the same values', async (t) => {
  const { dataset, database } = place(t);
  writeDataset(dataset, {
    type: 'STRUCT(i INT8, d DOUBLE)',
    values: [
      [`{i: CAST(-128 AS INT8), d: ${NAN[0]}}`, null],
      ['{i: CAST(1 AS INT8), d: 1.5}', null],
    ],
  });
  const { json } = await kgloadJson(['load', dataset, '--db', database, '--dry-run']);
  assert.deepEqual(json.errors, []);
  const told = json.warnings.map(({ code, table }) => `${code} ${table}`);
  assert.deepEqual(told, [
    'COMPRESSION_OFF T',
    'VALUE_DOUBTFUL T',
    'COMPRESSION_OFF R',
    'VALUE_DOUBTFUL R',
  ]);
});

test('several parts of a new table: UINT8 stays right', async (t) => {
  const { dataset, database } = place(t);
  const column = {
    type: 'UINT8',
    values: [127n, 128n].map((value) => integer(value, 'UINT8')),
    more: [integer(254n, 'UINT8')],
  };
  const parts = join(dataset, '..', 'parts');
  writeDataset(dataset, column);
  writeDataset(parts, column, 'more');
  const { renameSync } = await import('node:fs');
  for (const name of ['nodes/N', 'nodes/T', 'edges/R']) {
    renameSync(join(dataset, `${name}.parquet`), join(dataset, `${name}-0`));
    mkdirSync(join(dataset, name));
    renameSync(join(dataset, `${name}-0`), join(dataset, name, '0.parquet'));
    renameSync(join(parts, `${name}.parquet`), join(dataset, name, '1.parquet'));
  }
  const { json } = await kgloadJson(['load', dataset, '--db', database]);
  assert.deepEqual(json.errors, []);
  assert.deepEqual(stored(database), { T: [127n, 128n, 254n], R: [127n, 128n, 254n] });
});

test('the footers of a code graph leave no doubt', () => {
  const plan = planLoad(codeGraph, readDataset(FIXTURE, codeGraph), new Map());
  const doubts = plan.tables.flatMap(({ copies }) => copies.flatMap((copy) => copy.doubts));
  assert.deepEqual(doubts, []);
});

test('what footers say is compared with the type of the property', () => {
  const column = {
    name: 'v',
    type: 'INT32',
    meaning: { is: 'integer', bits: 32, signed: true },
  } as const;
  const cases: [type: string, least: number | bigint | undefined, doubtful: boolean][] = [
    ['INT8', -128, true],
    ['INT8', -127, false],
    ['INT64', -128, false],
    ['INT64', undefined, true],
    ['INT64', -(2n ** 63n), true],
    ['UINT64', undefined, false],
    ['STRING', undefined, false],
    ['BOOL', undefined, false],
    ['DECIMAL(18, 2)', undefined, false],
    ['INTERVAL', undefined, false],
    ['DOUBLE', 0, true],
    ['STRUCT(a STRING, b INT16[])', -32768, true],
    ['STRUCT(a STRING, b INT16[])', -32767, false],
    ['MAP(STRING, FLOAT)', undefined, true],
    ['DATE', -1e12, false],
    ['DATE', undefined, true],
    ['UUID', 1n, false],
    ['UUID', 0n, true],
  ];
  for (const [type, least, doubtful] of cases) {
    const known = least === undefined ? column : { ...column, least };
    assert.equal(mayBeChanged(type, known), doubtful, `${type} ${least}`);
  }
});

test('an expression is left alone where a type holds no floating point number', () => {
  assert.equal(replacing('`v`', 'INT64', new Set(['nan'])), 'CAST(`v` AS INT64)');
});
