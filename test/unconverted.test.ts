/** Values that don't convert are named: table, file, column, value, row, and how many there are. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadFromParquet, loadFromParquetSync } from '../src/index.js';
import { openEngine } from '../src/engine/engine.js';
import {
  ENGINE,
  execute,
  kgload,
  kgloadJson,
  openMemory,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

type Columns = Parameters<typeof writeParquet>[1];
type Rows = Parameters<typeof writeParquet>[2];

/** A dataset of tables `T` (nodes) and `E` (edges of T), with a schema of its own. */
function dataset(t: TestContext, schema: string): { directory: string; db: string } {
  const directory = join(scratch(t), 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'schema.cypher'), schema);
  return { directory, db: join(directory, '..', 'graph.db') };
}

async function oneColumn(t: TestContext, type: string, columns: Columns, rows: Rows) {
  const made = dataset(t, `CREATE NODE TABLE T(id STRING, v ${type}, PRIMARY KEY(id));`);
  await writeParquet(join(made.directory, 'nodes', 't.parquet'), columns, rows);
  return made;
}

/** The messages of a load, which are those of a dry run too. */
async function messages(directory: string, db: string, ...args: string[]): Promise<string[]> {
  const dry = await kgloadJson(['load', directory, '--db', db, '--dry-run', ...args]);
  const run = await kgloadJson(['load', directory, '--db', db, ...args]);
  assert.deepEqual([run.code, dry.code], [1, 1], run.stderr);
  const said = run.json.errors.map(({ message }) => message);
  assert.deepEqual(
    dry.json.errors.map(({ message }) => message),
    said,
  );
  for (const { code } of run.json.errors) assert.equal(code, 'COLUMN_TYPE');
  return said;
}

/** Rows `id`, `v` as the engine writes them: lists, which the other writer has not. */
function writeRows(path: string, rows: readonly string[]): void {
  const { connection, close } = openMemory();
  const union = `UNWIND [${rows.join(', ')}] AS r RETURN r.id AS id, r.v AS v`;
  const [result] = [connection.querySync(`COPY (${union}) TO '${path}'`)].flat();
  result?.close();
  close();
}

describe('text that does not convert', () => {
  const cases: [string, string[], string[]][] = [
    [
      'INT64',
      ['1', 'line 10', ' 7 ', '9223372036854775808'],
      ['"line 10" (id "r1")', '"9223372036854775808" (id "r3")'],
    ],
    ['INT8', ['-128', '128'], ['"128" (id "r1")']],
    ['UINT16', ['65535', '-1'], ['"-1" (id "r1")']],
    ['DOUBLE', ['1.5', '1,5', ''], ['"1,5" (id "r1")', '"" (id "r2")']],
    ['BOOL', ['true', 'yes'], ['"yes" (id "r1")']],
    ['DATE', ['2020-02-29', '2021-02-29'], ['"2021-02-29" (id "r1")']],
    ['TIMESTAMP', ['2020-02-29 12:00:00', 'noon'], ['"noon" (id "r1")']],
    ['UUID', ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b810'], ['"6ba7b810" (id "r1")']],
    ['INTERVAL', ['1 day', '1 foo'], ['"1 foo" (id "r1")']],
    ['DECIMAL(5, 2)', ['1.25', '1234.5'], ['"1234.5" (id "r1")']],
  ];
  for (const [type, values, bad] of cases) {
    it(`to ${type} is named with its row`, async (t) => {
      const rows = [...values.map((v, i) => ({ id: `r${i}`, v })), { id: 'none' }];
      const { directory, db } = await oneColumn(t, type, { id: 'UTF8', v: 'UTF8' }, rows);
      const what =
        bad.length === 1 ? '1 value in v that does not' : `${bad.length} values in v that do not`;
      assert.deepEqual(await messages(directory, db), [
        `T failed: nodes/t.parquet has ${what} become ${type}: ${bad.join(', ')}`,
      ]);
    });
  }

  it('is counted, and five are shown', async (t) => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      id: `r${i}`,
      v: i % 3 ? `${i}` : `n${i}`,
    }));
    const { directory, db } = await oneColumn(t, 'INT32', { id: 'UTF8', v: 'UTF8' }, rows);
    const [said = ''] = await messages(directory, db);
    assert.match(
      said,
      /has 1,000 values in v that do not become INT32: "n\d+" \(id "r\d+"\), .*, …$/,
    );
    assert.equal(said.match(/"n/g)?.length, 5);
  });

  it('is named in several columns, parts, and the text of directories', async (t) => {
    const { directory, db } = dataset(
      t,
      `CREATE NODE TABLE P(id STRING, a INT64, b DATE, PRIMARY KEY(id));
       CREATE NODE TABLE H(id STRING, year INT64, PRIMARY KEY(id));`,
    );
    rmSync(join(directory, 'edges'), { recursive: true });
    for (const part of ['p', 'h/year=2020', 'h/year=abc'])
      mkdirSync(join(directory, 'nodes', part), { recursive: true });
    const columns = { id: 'UTF8', a: 'UTF8', b: 'UTF8' } as const;
    await writeParquet(join(directory, 'nodes/p/0.parquet'), columns, [{ id: 'a', a: '1' }]);
    await writeParquet(join(directory, 'nodes/p/1.parquet'), columns, [
      { id: 'b', a: 'x', b: 'y' },
      { id: 'c', a: '2', b: 'z' },
    ]);
    for (const year of ['2020', 'abc'])
      await writeParquet(join(directory, `nodes/h/year=${year}/0.parquet`), { id: 'UTF8' }, [
        { id: year },
      ]);
    assert.deepEqual(await messages(directory, db), [
      'P failed: nodes/p/1.parquet has 1 value in a that does not become INT64: "x" (id "b"); and 2 values in b that do not become DATE: "y" (id "b"), "z" (id "c")',
      'H failed: nodes/h/year=abc/0.parquet has the directory year=abc in its path, and that value does not become INT64',
    ]);
  });

  it('is named as a key by the number of its row, and as an endpoint by both ends', async (t) => {
    const { directory, db } = dataset(
      t,
      `CREATE NODE TABLE K(id INT64, PRIMARY KEY(id)); CREATE NODE TABLE S(id SERIAL, v INT64, PRIMARY KEY(id));
       CREATE NODE TABLE N(id INT64, PRIMARY KEY(id)); CREATE REL TABLE E(FROM N TO N, w DATE);`,
    );
    const at = (name: string): string => join(directory, name);
    await writeParquet(at('nodes/k.parquet'), { id: 'UTF8' }, [
      { id: '1' },
      { id: 'two' },
      { id: '3' },
    ]);
    await writeParquet(at('nodes/s.parquet'), { v: 'UTF8' }, [
      { v: '1' },
      { v: null },
      { v: 'three' },
    ]);
    await writeParquet(at('nodes/n.parquet'), { id: 'INT64' }, [{ id: 1 }, { id: 2 }]);
    await writeParquet(at('edges/e.parquet'), { from: 'UTF8', to: 'INT64', w: 'UTF8' }, [
      { from: '1', to: 2, w: '2020-01-01' },
      { from: 'one', to: 1, w: 'today' },
    ]);
    assert.deepEqual(await messages(directory, db), [
      'K failed: nodes/k.parquet has 1 value in id that does not become INT64: "two" (row 2)',
      'S failed: nodes/s.parquet has 1 value in v that does not become INT64: "three" (row 3)',
      'E failed: edges/e.parquet has 1 value in from that does not become INT64: "one" ("one" → 1); and 1 value in w that does not become DATE: "today" ("one" → 1)',
    ]);
  });

  it('is named where rows are added, and over a connection', async (t) => {
    const rows = [
      { id: 'a', v: '1' },
      { id: 'b', v: 'line 10' },
    ];
    const { directory, db } = await oneColumn(t, 'INT64', { id: 'UTF8', v: 'UTF8' }, rows);
    const said =
      'T failed: nodes/t.parquet has 1 value in v that does not become INT64: "line 10" (id "b")';
    execute(
      db,
      'CREATE NODE TABLE T(id STRING, v INT64, PRIMARY KEY(id))',
      "CREATE (:T {id: 'old', v: 5})",
    );
    assert.deepEqual(await messages(directory, db, '--append'), [said]);
    assert.deepEqual(query(db, 'MATCH (t:T) RETURN t.id AS id'), [{ id: 'old' }]);

    const sync = loadFromParquetSync(join(directory, '..', 'sync.db'), directory, {
      engine: ENGINE,
    });
    assert.deepEqual(
      sync.errors.map(({ message }) => message),
      [said],
    );
    const database = openEngine(ENGINE, join(directory, '..', 'own.db'));
    t.after(database.close);
    const report = await loadFromParquet(database.connection, directory);
    assert.deepEqual(
      report.errors.map(({ message }) => message),
      [said],
    );
  });
});

it('numbers beyond a type, and bytes that are no text, are named', async (t) => {
  const { directory, db } = dataset(
    t,
    'CREATE NODE TABLE T(id INT64, v UINT8, w STRING, PRIMARY KEY(id));',
  );
  await writeParquet(
    join(directory, 'nodes', 't.parquet'),
    { id: 'INT64', v: 'INT64', w: 'BYTE_ARRAY' },
    [
      { id: 1, v: 255, w: Buffer.from('é') },
      { id: 9007199254740993n, v: 300, w: Buffer.from([0x61, 0xff]) },
    ],
  );
  assert.deepEqual(await messages(directory, db), [
    'T failed: nodes/t.parquet has 1 value in v that does not become UINT8: 300 (id 9007199254740993); and 1 value in w that does not become STRING: 0x61ff (id 9007199254740993)',
  ]);
});

it('lists of another length than the array are named', async (t) => {
  const { directory, db } = dataset(
    t,
    'CREATE NODE TABLE T(id STRING, v FLOAT[3], PRIMARY KEY(id));',
  );
  writeRows(join(directory, 'nodes', 't.parquet'), [
    "{id: 'a', v: CAST([1, 2, 3] AS FLOAT[])}",
    "{id: 'b', v: CAST([1, 2] AS FLOAT[])}",
    "{id: 'c', v: CAST([4, 5, 6] AS FLOAT[])}",
    "{id: 'd', v: CAST([1, 2, 3, 4] AS FLOAT[])}",
  ]);
  assert.deepEqual(await messages(directory, db), [
    'T failed: nodes/t.parquet has 2 values in v that do not become FLOAT[3]: 2 elements (id "b"), 4 elements (id "d")',
  ]);
});

it('text that converts to DECIMAL passes a dry run', async (t) => {
  const rows = [{ id: 'a', v: '1.25' }];
  const { directory, db } = await oneColumn(t, 'DECIMAL(5, 2)', { id: 'UTF8', v: 'UTF8' }, rows);
  const { code, stdout } = await kgload(['load', directory, '--db', db, '--dry-run']);
  assert.equal(code, 0, stdout);
});

it('stats --verify names their rows', async (t) => {
  const rows = [{ id: 'a', v: 'line 10' }];
  const { directory, db } = await oneColumn(t, 'INT64', { id: 'UTF8', v: 'UTF8' }, rows);
  execute(db, 'CREATE NODE TABLE T(id STRING, v INT64, PRIMARY KEY(id))');
  const { code, json } = await kgloadJson(['stats', '--db', db, '--verify', directory]);
  assert.equal(code, 1);
  const [table] = json['tables'] as { only_in_dataset: unknown }[];
  assert.deepEqual(table?.only_in_dataset, { rows: 1, examples: ['a'] });
});
