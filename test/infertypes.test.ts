/** Types that are inferred: of all parts, the widest that loses nothing; also of columns that no engine reads. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ParquetSchema, ParquetWriter } from '@dsnp/parquetjs';
import { kgload, kgloadJson, openMemory, query, ROOT, scratch, writeParquet } from './helpers.js';

const FILES = join(ROOT, 'fixtures', 'encodings');

/** What Cypher writes into the column x of each part → the type, and all values as the engine prints them. */
const WIDEST: Record<string, { parts: string[]; type: string; shown: (string | null)[] }> = {
  'INT32, then INT64': {
    parts: ['CAST(1 AS INT32)', '9007199254740993'],
    type: 'INT64',
    shown: ['1', '9007199254740993'],
  },
  'INT8, then UINT32': {
    parts: ['CAST(-1 AS INT8)', 'CAST(4294967295 AS UINT32)'],
    type: 'INT64',
    shown: ['-1', '4294967295'],
  },
  'DATE, then TIMESTAMP': {
    parts: ["date('2024-02-29')", "timestamp('2024-02-29 01:02:03.000004')"],
    type: 'TIMESTAMP',
    shown: ['2024-02-29 00:00:00', '2024-02-29 01:02:03.000004'],
  },
  'INT64, then STRING': { parts: ['7', "'x'"], type: 'STRING', shown: ['7', 'x'] },
  'FLOAT, then DOUBLE': {
    parts: ['CAST(1.5 AS FLOAT)', '0.1'],
    type: 'DOUBLE',
    shown: ['1.500000', '0.100000'],
  },
  'INT32, then DOUBLE': {
    parts: ['CAST(2147483647 AS INT32)', '0.5'],
    type: 'DOUBLE',
    shown: ['2147483647.000000', '0.500000'],
  },
  'nothing but NULL, then DATE': {
    parts: ['CAST(NULL AS INT32)', "date('2024-02-29')"],
    type: 'DATE',
    shown: [null, '2024-02-29'],
  },
  'lists of INT32, then of INT64': {
    parts: ['[CAST(1 AS INT32)]', '[9007199254740993, NULL]'],
    type: 'INT64[]',
    shown: ['[1]', '[9007199254740993,]'],
  },
  'structs with other fields': {
    parts: ["{a: CAST(1 AS INT32), b: 'x'}", '{b: 7, c: true, a: 9007199254740993}'],
    type: 'STRUCT(a INT64, b STRING, c BOOLEAN)',
    shown: ['{a: 1, b: x, c: }', '{a: 9007199254740993, b: 7, c: True}'],
  },
  'maps of INT32, then of INT64': {
    parts: ["map(['k'], [CAST(1 AS INT32)])", "map(['l'], [9007199254740993])"],
    type: 'MAP(STRING, INT64)',
    shown: ['{k=1}', '{l=9007199254740993}'],
  },
};

describe('parts of different types make the widest:', () => {
  for (const [name, { parts, type, shown }] of Object.entries(WIDEST)) {
    for (const order of ['so', 'the other way round'] as const) {
      it(`${name}, ${order}`, async (t) => {
        const directory = scratch(t);
        const folder = join(directory, 'dataset', 'nodes', 'things');
        mkdirSync(folder, { recursive: true });
        for (const [i, x] of parts.entries()) {
          const part = order === 'so' ? i : 9 - i;
          writeRows(join(folder, `part-${part}.parquet`), `RETURN ${i} AS id, ${x} AS x`);
        }
        const found = await loadInferred(join(directory, 'dataset'), join(directory, 'x.db'));
        const expected = order === 'so' || !type.startsWith('STRUCT') ? type : undefined;
        if (expected !== undefined) assert.equal(found, expected);
        const rows = query(
          join(directory, 'x.db'),
          'MATCH (n:Thing) RETURN CAST(n.x AS STRING) AS x ORDER BY n.id',
        );
        // The fields of structs stand as the first part has them.
        if (expected !== undefined) {
          assert.deepEqual(
            rows.map(({ x }) => x),
            shown,
          );
        }
      });
    }
  }

  it('a first part without rows takes no list, struct or map from the others', async (t) => {
    const directory = scratch(t);
    const folder = join(directory, 'dataset', 'nodes', 'things');
    mkdirSync(folder, { recursive: true });
    const returned =
      "id, [id, NULL] AS list, {a: id, b: [date('2024-02-29')]} AS struct, map(['k'], [id]) AS map";
    writeRows(
      join(folder, 'part-0.parquet'),
      `UNWIND [1] AS id WITH id WHERE id > 1 RETURN ${returned}`,
    );
    writeRows(join(folder, 'part-1.parquet'), `UNWIND [1] AS id RETURN ${returned}`);
    const db = join(directory, 'x.db');
    await loadInferred(join(directory, 'dataset'), db);
    const rows = query(
      db,
      'MATCH (n:Thing) RETURN CAST(n.list AS STRING) AS l, CAST(n.struct AS STRING) AS s, CAST(n.map AS STRING) AS m',
    );
    assert.deepEqual(rows, [{ l: '[1,]', s: '{a: 1, b: [2024-02-29]}', m: '{k=1}' }]);
  });

  it('where none holds both, the column and the files are named', async (t) => {
    const directory = scratch(t);
    const folder = join(directory, 'dataset', 'nodes', 'things');
    mkdirSync(folder, { recursive: true });
    writeRows(join(folder, 'part-0.parquet'), 'RETURN 1 AS id, 1 AS x');
    writeRows(join(folder, 'part-1.parquet'), 'RETURN 2 AS id, [1] AS x');
    const run = await kgloadJson(['schema', join(directory, 'dataset'), '--schema', 'infer']);
    assert.deepEqual([run.code, run.json.errors[0]?.code], [2, 'SCHEMA_AMBIGUOUS']);
    assert.match(
      run.json.errors[0]?.message ?? '',
      /from nodes\/things\S*: its column x is INT64 INT_64 in \S*part-0\.parquet, and LIST in \S*part-1\.parquet, and no type holds both/,
    );
  });
});

it('a struct with a field whose name is no word is named', async (t) => {
  const directory = scratch(t);
  const nodes = join(directory, 'nodes');
  mkdirSync(nodes);
  const fields = { 'first name': { type: 'UTF8' as const } };
  const schema = new ParquetSchema({ id: { type: 'INT64' }, person: { fields } });
  const writer = await ParquetWriter.openFile(schema, join(nodes, 'things.parquet'));
  await writer.appendRow({ id: 1n, person: { 'first name': 'Ann' } });
  await writer.close();
  const run = await kgloadJson(['schema', directory, '--schema', 'infer']);
  assert.deepEqual([run.code, run.json.errors[0]?.code], [2, 'SCHEMA_AMBIGUOUS']);
  assert.match(
    run.json.errors[0]?.message ?? '',
    /nodes\/things\.parquet: the engine has no type for its column person \(STRUCT\), in which a field has a name that is no word/,
  );
});

describe('keys and endpoints are found in files that no engine reads:', () => {
  it('text as deltas', async (t) => {
    const { directory, dataset } = prepare(t);
    cpSync(join(FILES, 'duckdb/names.parquet'), join(dataset, 'nodes/people.parquet'));
    cpSync(join(FILES, 'duckdb/friends.parquet'), join(dataset, 'edges/likes.parquet'));
    await expectLikes(directory, dataset, 'STRING');
  });

  it('beside a DECIMAL', async (t) => {
    const { directory, dataset } = prepare(t);
    await writeWithDecimal(join(dataset, 'nodes/people.parquet'), ['name'], PEOPLE);
    await writeWithDecimal(join(dataset, 'edges/likes.parquet'), ['from', 'to'], LIKES);
    await expectLikes(directory, dataset, 'STRING');
  });

  it('endpoints of type DOUBLE, as pandas writes them, for integer keys', async (t) => {
    const { directory, dataset } = prepare(t);
    const people = [1n, 2n, 3n].map((id) => ({ id }));
    await writeParquet(join(dataset, 'nodes/people.parquet'), { id: 'INT64' }, people);
    const likes = [
      { from: 1, to: 2 },
      { from: 3, to: 1 },
    ];
    const types = { from: 'DOUBLE', to: 'DOUBLE' } as const;
    await writeParquet(join(dataset, 'edges/likes.parquet'), types, likes);
    const db = join(directory, 'x.db');
    const run = await kgloadJson(['load', dataset, '--db', db, '--schema', 'infer']);
    assert.deepEqual([run.code, run.json.errors], [0, []], run.stderr);
    assert.deepEqual(
      query(db, 'MATCH (a:Person)-[:LIKES]->(b:Person) RETURN a.id AS f, b.id AS t ORDER BY f'),
      [
        { f: 1, t: 2 },
        { f: 3, t: 1 },
      ],
    );
  });
});

const PEOPLE = [['Ann'], ['Bob'], ['Zoë']];
const LIKES = [
  ['Ann', 'Zoë'],
  ['Zoë', 'Bob'],
];

function prepare(t: TestContext): { directory: string; dataset: string } {
  const directory = scratch(t);
  const dataset = join(directory, 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  return { directory, dataset };
}

async function expectLikes(directory: string, dataset: string, type: string): Promise<void> {
  const printed = await kgload(['schema', dataset, '--schema', 'infer']);
  assert.match(
    printed.stdout,
    new RegExp('`Person`\\(`name` ' + type + '[^;]*PRIMARY KEY\\(`name`\\)'),
  );
  const db = join(directory, 'x.db');
  const run = await kgloadJson(['load', dataset, '--db', db, '--schema', 'infer']);
  assert.deepEqual([run.code, run.json.errors], [0, []], run.stderr);
  assert.deepEqual(
    query(db, 'MATCH (a:Person)-[:LIKES]->(b:Person) RETURN a.name AS f, b.name AS t ORDER BY f'),
    LIKES.map(([f, to]) => ({ f, t: to })),
  );
  const verify = ['stats', '--db', db, '--verify', dataset, '--schema', 'infer'];
  assert.equal((await kgload(verify)).code, 0);
}

/** Loads a dataset of one node table, and says of what type the property x is. */
async function loadInferred(dataset: string, db: string): Promise<string | undefined> {
  const run = await kgloadJson(['load', dataset, '--db', db, '--schema', 'infer']);
  assert.deepEqual([run.code, run.json.errors], [0, []], run.stderr);
  const verify = ['stats', '--db', db, '--verify', dataset, '--schema', 'infer'];
  const verified = await kgloadJson(verify);
  assert.equal(verified.json['identical'], true, verified.stdout);
  const { json } = await kgloadJson(['schema', dataset, '--schema', 'infer']);
  const { nodes } = json as unknown as {
    nodes: { properties: { name: string; type: string }[] }[];
  };
  return nodes[0]?.properties.find(({ name }) => name === 'x')?.type;
}

function writeRows(path: string, cypher: string): void {
  const { connection, close } = openMemory();
  for (const result of [connection.querySync(`COPY (${cypher}) TO '${path}'`)].flat())
    result.close();
  close();
}

/** Columns of text beside a DECIMAL. */
async function writeWithDecimal(
  path: string,
  names: readonly string[],
  rows: readonly string[][],
): Promise<void> {
  const text = { type: 'UTF8' as const };
  const schema = new ParquetSchema({
    ...Object.fromEntries(names.map((name) => [name, text])),
    price: { type: 'DECIMAL', precision: 9, scale: 2 },
  });
  const writer = await ParquetWriter.openFile(schema, path);
  for (const row of rows) {
    await writer.appendRow({
      ...Object.fromEntries(names.map((name, i) => [name, row[i]])),
      price: 1.25,
    });
  }
  await writer.close();
}
