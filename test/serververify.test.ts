/** `kgload stats --verify` of a real server, filled by the driver alone. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import neo4j from 'neo4j-driver';
import { KgloadError, verifyDatabase } from '../src/index.js';
import { execute, FIXTURE, kgload, scratch } from './helpers.js';
import { type Neo4jServer, neo4jMissing, startNeo4j } from './neo4j.js';
import { environment, fill, load } from './serverhelpers.js';

const { types } = neo4j;

/** A dataset with these tables, each as the query whose rows its file holds, by the engine. */
function writeDataset(t: TestContext, schema: string, tables: Record<string, string>): string {
  const dataset = join(scratch(t), 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  writeFileSync(join(dataset, 'schema.cypher'), schema);
  for (const [file, query] of Object.entries(tables)) {
    execute(':memory:', `COPY (${query}) TO '${dataset}/${file}.parquet'`);
  }
  return dataset;
}

interface Verified {
  code: number | null;
  stderr: string;
  json: {
    identical: boolean;
    tables: {
      table: string;
      identical: boolean;
      rows: { dataset: number; database: number };
      properties: string[];
      only_in_dataset: { rows: number; examples: string[] };
      only_in_database: { rows: number; examples: string[] };
    }[];
    errors: { code: string; message: string }[];
    warnings: { code: string; message: string }[];
  };
}

/** Runs the binary. */
async function verify(server: Neo4jServer, dataset: string, ...args: string[]): Promise<Verified> {
  const all = ['stats', '--db', server.url, '--verify', dataset, '--json', ...args];
  const { code, stdout, stderr } = await kgload(all, { env: environment(server) });
  return { code, stderr, json: JSON.parse(stdout) as Verified['json'] };
}

/** Of the first table. */
async function differences(server: Neo4jServer, dataset: string): Promise<unknown[]> {
  const { url, username, password } = server;
  const { tables } = await verifyDatabase(url, dataset, { server: { username, password } });
  const [table] = tables;
  return [table?.properties, table?.onlyInDataset, table?.onlyInDatabase];
}

const VALUES = `CREATE NODE TABLE T(id STRING PRIMARY KEY, i INT64, small INT16, x DOUBLE, f FLOAT, s STRING, b BOOL,
  d DATE, ts TIMESTAMP, tz TIMESTAMP_TZ, span INTERVAL, bytes BLOB, u UUID, ints INT64[], texts STRING[]);`;

const ROWS = `UNWIND [1, 2, 3] AS n RETURN
  CASE n WHEN 1 THEN 'a' WHEN 2 THEN 'ü€𝄞 "\\\\' ELSE 'none' END AS id,
  CASE n WHEN 1 THEN 9223372036854775807 WHEN 2 THEN -9223372036854775807 END AS i,
  CASE n WHEN 1 THEN CAST(-5 AS INT16) WHEN 2 THEN CAST(7 AS INT16) END AS small,
  CASE n WHEN 1 THEN CAST('NaN' AS DOUBLE) WHEN 2 THEN CAST('-0' AS DOUBLE) END AS x,
  CASE n WHEN 1 THEN CAST(0.1 AS FLOAT) WHEN 2 THEN CAST(5 AS FLOAT) END AS f,
  CASE n WHEN 1 THEN '' WHEN 2 THEN 'Zoë' END AS s,
  CASE n WHEN 1 THEN true WHEN 2 THEN false END AS b,
  CASE n WHEN 1 THEN date('1969-12-31') WHEN 2 THEN date('2400-02-29') END AS d,
  CASE n WHEN 1 THEN timestamp('1969-12-31 23:59:59.999999') WHEN 2 THEN timestamp('2020-01-02 03:04:05.000006') END AS ts,
  CASE n WHEN 1 THEN timestamp('1969-12-31 23:59:59.999999') WHEN 2 THEN timestamp('2020-01-02 03:04:05.000006') END AS tz,
  CASE n WHEN 1 THEN '1 year 2 months 3 days 04:05:06.7' WHEN 2 THEN '00:00:00' END AS span,
  CASE n WHEN 1 THEN BLOB('\\\\x00\\\\xFF') WHEN 2 THEN BLOB('') END AS bytes,
  CASE n WHEN 1 THEN 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' WHEN 2 THEN 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12' END AS u,
  CASE n WHEN 1 THEN [1, 9007199254740993] WHEN 2 THEN CAST([] AS INT64[]) END AS ints,
  CASE n WHEN 1 THEN ['x', 'ÿ'] WHEN 2 THEN CAST([] AS STRING[]) END AS texts`;

/** The same rows for the driver. */
function rows(): Record<string, unknown>[] {
  const moment = [2020, 1, 2, 3, 4, 5, 6000] as const;
  const before = [1969, 12, 31, 23, 59, 59, 999_999_000] as const;
  return [
    {
      id: 'a',
      i: 2n ** 63n - 1n,
      small: -5n,
      x: NaN,
      f: Math.fround(0.1),
      s: '',
      b: true,
      d: new types.Date(1969, 12, 31),
      ts: new types.LocalDateTime(...before),
      tz: new types.DateTime(...before, 0),
      span: new types.Duration(14, 3, 4 * 3600 + 5 * 60 + 6, 700_000_000),
      bytes: new Int8Array([0, -1]),
      u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      ints: [1n, 9007199254740993n],
      texts: ['x', 'ÿ'],
    },
    {
      id: 'ü€𝄞 "\\',
      i: -(2n ** 63n) + 1n,
      small: 7n,
      x: -0,
      f: 5,
      s: 'Zoë',
      b: false,
      d: new types.Date(2400, 2, 29),
      ts: new types.LocalDateTime(...moment),
      // The same instant, two hours to the east.
      tz: new types.DateTime(2020, 1, 2, 5, 4, 5, 6000, 7200),
      span: new types.Duration(0, 0, 0, 0),
      bytes: new Int8Array(0),
      u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12',
      ints: [],
      texts: [],
    },
    { id: 'none' },
  ];
}

const CREATE = 'UNWIND $rows AS row CREATE (n:T) SET n = row';
const EMPTY = 'MATCH (n) DETACH DELETE n';

describe('kgload stats --verify of a server', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after });

  it('finds the same values of every type the same, and names each that differs', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t, VALUES, { 'nodes/T': ROWS });
    await fill(server, [EMPTY], [CREATE, { rows: rows() }]);
    const same = await verify(server, dataset);
    assert.deepEqual(same.json.errors, []);
    assert.deepEqual(await differences(server, dataset), [
      [],
      { rows: 0, examples: [] },
      { rows: 0, examples: [] },
    ]);
    assert.deepEqual(
      [same.code, same.json.identical, same.json.tables[0]?.rows, same.json.warnings],
      [0, true, { dataset: 3, database: 3 }, []],
    );
    const others: Record<string, unknown> = {
      i: 2n ** 63n - 2n,
      small: -5,
      x: 0,
      f: 0.1,
      s: ' ',
      b: 'true',
      d: new types.Date(1970, 1, 1),
      ts: new types.LocalDateTime(1969, 12, 31, 23, 59, 59, 999_999_001),
      tz: new types.LocalDateTime(1969, 12, 31, 23, 59, 59, 999_999_000),
      span: new types.Duration(14, 3, 4 * 3600 + 5 * 60 + 6, 700_001_000),
      bytes: [0n, -1n],
      u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1f',
      ints: [1n, 9007199254740992n],
      texts: ['x'],
    };
    const one = { rows: 1, examples: ['a'] };
    for (const [name, value] of Object.entries(others)) {
      const changed = rows().map((row) => (row['id'] === 'a' ? { ...row, [name]: value } : row));
      await fill(server, [EMPTY], [CREATE, { rows: changed }]);
      assert.deepEqual(await differences(server, dataset), [[name], one, one], name);
    }
    const without = rows().map((row) => (row['id'] === 'a' ? { ...row, i: null, x: null } : row));
    await fill(server, [EMPTY], [CREATE, { rows: without }]);
    assert.deepEqual(await differences(server, dataset), [['i', 'x'], one, one]);
  });

  it('reads JSON text back with all its digits', async (t) => {
    const server = await starting;
    const schema = `CREATE NODE TABLE T(id INT64 PRIMARY KEY, big INT128, unsigned UINT64, money DECIMAL(30, 4),
      point STRUCT(x INT64, name STRING), counts MAP(STRING, INT64), sparse INT64[], deep DOUBLE[][], days DATE[][]);`;
    const dataset = writeDataset(t, schema, {
      'nodes/T': `RETURN 1 AS id, '170141183460469231731687303715884105727' AS big, '18446744073709551615' AS unsigned,
        '12345678901234567890.1250' AS money, {x: 9007199254740993, name: 'a "b" 5'} AS point, map(['k', 'l'], [1, 9007199254740993]) AS counts,
        [1, NULL, 3] AS sparse, [[1.5, CAST('NaN' AS DOUBLE)], CAST([] AS DOUBLE[])] AS deep, [[date('2020-02-29')]] AS days`,
    });
    const row = {
      id: 1n,
      big: '170141183460469231731687303715884105727',
      unsigned: '18446744073709551615',
      money: '12345678901234567890.125',
      point: '{"x":9007199254740993,"name":"a \\"b\\" 5"}',
      counts: '[["l",9007199254740993],["k",1]]',
      sparse: '[1,null,3]',
      deep: '[[1.5,"NaN"],[]]',
      days: '[["2020-02-29"]]',
    };
    await fill(server, [EMPTY], [CREATE, { rows: [row] }]);
    assert.deepEqual((await verify(server, dataset)).json.identical, true);
    const loaded = await load(server, [dataset, '--fresh', '--yes', '--unsupported-as-json']);
    assert.deepEqual([loaded.code, loaded.json?.errors], [0, []]);
    assert.deepEqual((await verify(server, dataset)).json.identical, true);
    const others: Record<string, unknown> = {
      big: '170141183460469231731687303715884105726',
      unsigned: -1n,
      money: '12345678901234567890.1251',
      point: '{"x":9007199254740992,"name":"a \\"b\\" 5"}',
      counts: '[["l",9007199254740992],["k",1]]',
      sparse: '[1,3]',
      deep: '[[1.5,null],[]]',
      days: 'no JSON',
    };
    for (const [name, value] of Object.entries(others)) {
      await fill(server, [EMPTY], [CREATE, { rows: [{ ...row, [name]: value }] }]);
      const one = { rows: 1, examples: ['1'] };
      assert.deepEqual(await differences(server, dataset), [[name], one, one], name);
    }
  });

  it('counts parallel edges, in each pair of labels, and edges elsewhere', async (t) => {
    const server = await starting;
    const schema = `CREATE NODE TABLE A(id INT64 PRIMARY KEY); CREATE NODE TABLE B(id INT64 PRIMARY KEY);
      CREATE REL TABLE R(FROM A TO B, FROM B TO A, w INT64);`;
    const dataset = writeDataset(t, schema, {
      'nodes/A': 'UNWIND [1, 2] AS id RETURN id',
      'nodes/B': 'UNWIND [1, 2] AS id RETURN id',
      'edges/R_A_B': 'UNWIND [7, 7, 8] AS w RETURN 1 AS `from`, 2 AS `to`, w',
      'edges/R_B_A': 'UNWIND [7] AS w RETURN 1 AS `from`, 2 AS `to`, w',
    });
    const nodes = 'UNWIND [1, 2] AS id CREATE (:A {id: id}), (:B {id: id})';
    const edges = (from: string, to: string, ...ws: number[]): string =>
      `MATCH (a:${from} {id: 1}), (b:${to} {id: 2}) UNWIND [${ws.join(', ')}] AS w CREATE (a)-[:R {w: w}]->(b)`;
    await fill(server, [EMPTY], [nodes], [edges('A', 'B', 7, 8, 7)], [edges('B', 'A', 7)]);
    const same = await verify(server, dataset);
    assert.deepEqual([same.code, same.json.identical, same.json.errors], [0, true, []]);
    assert.deepEqual(same.json.tables[2]?.rows, { dataset: 4, database: 4 });
    // One of the two alike is missing, one of the other pair is there twice.
    await fill(server, [EMPTY], [nodes], [edges('A', 'B', 7, 8)], [edges('B', 'A', 7, 7)]);
    const [, , other] = (await verify(server, dataset)).json.tables;
    assert.deepEqual(
      [other?.only_in_dataset, other?.only_in_database],
      [
        { rows: 1, examples: ['1 → 2'] },
        { rows: 1, examples: ['1 → 2'] },
      ],
    );
    await fill(
      server,
      [EMPTY],
      [nodes],
      [edges('A', 'B', 7, 8, 7)],
      [edges('B', 'A', 7)],
      [edges('A', 'A', 1)],
    );
    const more = await verify(server, dataset);
    assert.deepEqual(
      [more.code, more.json.tables[2]?.only_in_database],
      [1, { rows: 1, examples: ['(:A) → (:A)'] }],
    );
  });

  it('names what is missing, what is too much, and what it did not compare', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t, 'CREATE NODE TABLE T(id INT64 PRIMARY KEY, s STRING);', {
      'nodes/T': "UNWIND range(1, 5000) AS id RETURN id, 'x' AS s",
    });
    await fill(
      server,
      [EMPTY],
      [`UNWIND range(1, 5000) AS id CREATE (:T {id: id, s: 'x'})`],
      ['MATCH (n:T {id: 17}) SET n.id = 6000'],
      ['MATCH (n:T {id: 18}) SET n.more = 1 CREATE (n)-[:KNOWS]->(:Other), (:_KgloadMarker)'],
    );
    const { code, json } = await verify(server, dataset);
    assert.deepEqual([code, json.identical, json.errors], [1, false, []]);
    assert.deepEqual(json.tables, [
      {
        table: 'T',
        kind: 'node',
        identical: false,
        rows: { dataset: 5000, database: 5000 },
        properties: [],
        only_in_dataset: { rows: 1, examples: ['17'] },
        only_in_database: { rows: 1, examples: ['6000'] },
      },
    ]);
    assert.deepEqual(json.warnings, [
      {
        code: 'NOT_COMPARED',
        message:
          'the database holds more than the dataset says, which was not compared: Other (1 row), KNOWS (1 row), T.more',
      },
    ]);
    const table = await kgload(['stats', '--db', server.url, '--verify', dataset], {
      env: environment(server),
    });
    assert.equal(table.code, 1);
    assert.match(table.stdout, /^T +5,000 +5,000 +DIFFERENT$/m);
    assert.match(table.stdout, /^T: only in the dataset: 1: 17$/m);
  });

  it('sees that a node is no two, and that others have no label', async (t) => {
    const server = await starting;
    const schema =
      'CREATE NODE TABLE A(id INT64 PRIMARY KEY); CREATE NODE TABLE B(id INT64 PRIMARY KEY);';
    const dataset = writeDataset(t, schema, {
      'nodes/A': 'UNWIND [1, 2] AS id RETURN id',
      'nodes/B': 'RETURN 1 AS id',
    });
    await fill(server, [EMPTY], ['CREATE (:A:B {id: 1}), (:A:C {id: 2}), ()']);
    const { code, json } = await verify(server, dataset);
    assert.deepEqual([code, json.identical, json.errors], [1, false, []]);
    const one = { rows: 1, examples: ['(:A:B)'] };
    assert.deepEqual(
      json.tables.map(({ table, rows, only_in_database }) => [table, rows, only_in_database]),
      [
        ['A', { dataset: 2, database: 2 }, one],
        ['B', { dataset: 1, database: 1 }, one],
      ],
    );
    assert.match(
      json.warnings[0]?.message ?? '',
      /not compared: C \(1 row\), nodes without a label \(1 row\)$/,
    );
  });

  it('takes text that looks like a value for none', async (t) => {
    const server = await starting;
    const schema = 'CREATE NODE TABLE T(id INT64 PRIMARY KEY, uuids UUID[], money DECIMAL(10, 2));';
    const [a, b] = ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'];
    const dataset = writeDataset(t, schema, {
      'nodes/T': `RETURN 1 AS id, ['${a}', '${b}'] AS uuids, CAST(NULL AS STRING) AS money`,
    });
    await fill(server, [EMPTY], [CREATE, { rows: [{ id: 1n, uuids: [a, b] }] }]);
    assert.equal((await verify(server, dataset)).json.identical, true);
    const one = { rows: 1, examples: ['1'] };
    for (const [name, row] of [
      ['uuids', { id: 1n, uuids: [`${a},${b}`] }],
      ['money', { id: 1n, uuids: [a, b], money: 'null' }],
    ] as const) {
      await fill(server, [EMPTY], [CREATE, { rows: [row] }]);
      assert.deepEqual(await differences(server, dataset), [[name], one, one], name);
    }
  });

  it('reads JSON text of many megabytes', async (t) => {
    const server = await starting;
    const schema = 'CREATE NODE TABLE T(id INT64 PRIMARY KEY, texts STRING[][]);';
    const dataset = writeDataset(t, schema, {
      'nodes/T': "RETURN 1 AS id, [[repeat('\"5', 5000000)]] AS texts",
    });
    const cypher = "CREATE (:T {id: 1, texts: '[[\"' + $text + '\"]]'})";
    const text = '\\"5'.repeat(5_000_000);
    await fill(server, [EMPTY], [cypher, { text }]);
    assert.deepEqual((await verify(server, dataset)).json.errors, []);
    assert.equal((await verify(server, dataset)).json.identical, true);
  });

  it('takes the schema that it is told, also one that is inferred', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t, 'CREATE NODE TABLE Another(id STRING PRIMARY KEY);', {
      'nodes/T': "RETURN 'a' AS id, 5 AS n",
    });
    await fill(server, [EMPTY], ["CREATE (:T {id: 'a', n: 5})"]);
    const inferred = await verify(server, dataset, '--schema', 'infer');
    assert.deepEqual([inferred.code, inferred.json.identical], [0, true], inferred.stderr);
    const schema = join(scratch(t), 'schema.cypher');
    writeFileSync(schema, 'CREATE NODE TABLE T(id STRING PRIMARY KEY, n DOUBLE);');
    const { json } = await verify(server, dataset, '--schema', schema);
    assert.deepEqual(json.tables[0]?.properties, ['n']);
  });

  it('finds what kgload loaded the same', async (t) => {
    const server = await starting;
    for (const dataset of [FIXTURE, writeDataset(t, VALUES, { 'nodes/T': ROWS })]) {
      const loaded = await load(server, [dataset, '--fresh', '--yes']);
      assert.deepEqual([loaded.code, loaded.json?.errors], [0, []]);
      const { code, json } = await verify(server, dataset);
      assert.deepEqual([code, json.identical, json.errors], [0, true, []]);
      assert.ok(json.tables.every(({ rows }) => rows.dataset === rows.database));
    }
  });

  it('is a function of the library, with events', async (t) => {
    const server = await starting;
    const { url, username, password } = server;
    const dataset = writeDataset(t, 'CREATE NODE TABLE T(id INT64 PRIMARY KEY);', {
      'nodes/T': 'UNWIND range(1, 20000) AS id RETURN id',
    });
    await fill(server, [EMPTY], ['UNWIND range(1, 20000) AS id CREATE (:T {id: id})']);
    const events: string[] = [];
    const report = await verifyDatabase(url, dataset, {
      server: { username, password },
      onEvent: ({ type }) => events.push(type),
    });
    assert.deepEqual(
      [report.identical, report.tables[0]?.rows],
      [true, { dataset: 20_000, database: 20_000 }],
    );
    assert.deepEqual(
      events.filter((type) => type !== 'progress' && type !== 'step'),
      ['planned', 'started', 'finished'],
    );
    await assert.rejects(
      verifyDatabase(url, dataset, { server: { username, password: 'another' } }),
      (error) => error instanceof KgloadError && error.code === 'SERVER_UNAUTHORIZED',
    );
    await assert.rejects(
      verifyDatabase(url, dataset, { server: 'neo4j' as never }),
      /the option server must be an object with username, password and database/,
    );
  });

  it('ends where the server dies', async (t) => {
    const server = await starting;
    const { url, username, password } = server;
    const dataset = writeDataset(
      t,
      'CREATE NODE TABLE T(id INT64 PRIMARY KEY); CREATE NODE TABLE U(id INT64 PRIMARY KEY);',
      { 'nodes/T': 'RETURN 1 AS id', 'nodes/U': 'RETURN 1 AS id' },
    );
    let dying: Promise<void> | undefined;
    const verifying = verifyDatabase(url, dataset, {
      server: { username, password },
      onEvent: ({ type }) => {
        if (type === 'started') dying ??= server.kill();
      },
    });
    await assert.rejects(
      verifying,
      (error) => error instanceof KgloadError && error.code === 'SERVER_UNREACHABLE',
    );
    await dying;
  });
});
