import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  execute,
  FIXTURE,
  INDEXES,
  kgload,
  kgloadJson,
  query,
  queryMemory,
  scratch,
} from './helpers.js';

/** About every type that the engine has, with NULL at every depth. */
const NESTED = [
  'CREATE SEQUENCE counter START 7',
  'CREATE MACRO addone(x) AS x + 1',
  `CREATE NODE TABLE \`Per son\`(id INT64 PRIMARY KEY, name STRING DEFAULT 'nobody',
     n INT64 DEFAULT nextval('counter'), tags STRING[], grid INT64[][], point DOUBLE[3],
     home STRUCT(lat DOUBLE, lon DOUBLE), attrs MAP(STRING, INT64),
     deep STRUCT(a STRUCT(b MAP(INT64, STRING[])), c DATE)[], u UNION(num INT64, str STRING),
     big INT128, price DECIMAL(18, 3), span INTERVAL, uid UUID, raw BLOB, i8 INT8, u64 UINT64,
     f FLOAT, d DOUBLE, day DATE, ts TIMESTAMP, tns TIMESTAMP_NS, tms TIMESTAMP_MS,
     tsec TIMESTAMP_SEC, tz TIMESTAMP_TZ, ok BOOL)`,
  'CREATE NODE TABLE City(town STRING PRIMARY KEY)',
  'CREATE NODE TABLE Auto(id SERIAL PRIMARY KEY, v INT64)',
  'CREATE REL TABLE Lives(FROM `Per son` TO City, FROM City TO City, since DATE, MANY_ONE)',
  'CREATE REL TABLE Knows(FROM `Per son` TO `Per son`, w DOUBLE[], `To` INT64)',
  `CREATE (:\`Per son\` {id: 1, tags: ['x', NULL, ''], grid: [[1], [], [2, 3]],
     point: [1.5, 2.5, -0.0], home: {lat: 1.0, lon: CAST(NULL AS DOUBLE)},
     attrs: map(['a', 'b'], [1, NULL]), deep: [{a: {b: map([1], [['q']])}, c: date('2020-01-01')}],
     u: union_value(num := 1), big: CAST('170141183460469231731687303715884105727' AS INT128),
     price: CAST('123456789012345.678' AS DECIMAL(18, 3)), span: interval('3 months 2 days 5 us'),
     uid: UUID('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'), raw: BLOB('\\\\xAA\\\\x00b'), i8: -128,
     u64: CAST('18446744073709551615' AS UINT64), f: 1.1, d: 0.1, day: date('1900-01-01'),
     ts: timestamp('1969-12-31 23:59:59.999999'),
     tns: CAST('2020-01-02 03:04:05.123456' AS TIMESTAMP_NS),
     tms: CAST('2020-01-02 03:04:05.123' AS TIMESTAMP_MS),
     tsec: CAST('2020-01-02 03:04:05' AS TIMESTAMP_SEC),
     tz: CAST('2020-01-02 03:04:05.123456+02' AS TIMESTAMP_TZ), ok: true})`,
  `CREATE (:\`Per son\` {id: 2, u: union_value(str := 's'), d: CAST('NaN' AS DOUBLE), tags: [],
     attrs: map([], []), deep: [], name: NULL, n: NULL})`,
  'CREATE (:`Per son` {id: 3})',
  "CREATE (:City {town: 'Zürich \\'\\n'}), (:City {town: ''}), (:City {town: 'B'})",
  'CREATE (:Auto {v: 1}), (:Auto {v: 2})',
  "MATCH (a:`Per son` {id: 1}), (b:City {town: 'B'}) CREATE (a)-[:Lives {since: date('2020-02-02')}]->(b)",
  "MATCH (a:City {town: ''}), (b:City {town: 'B'}) CREATE (a)-[:Lives]->(b)",
  'MATCH (a:`Per son`), (b:`Per son`) CREATE (a)-[:Knows {w: [1.0], `To`: a.id}]->(b)',
  'MATCH (a:`Per son` {id: 1}), (b:`Per son` {id: 2}) CREATE (a)-[:Knows {w: [1.0], `To`: 1}]->(b)',
];

describe('kgload export', () => {
  it('writes a dataset from which the same database comes: the code graph', async (t) => {
    const directory = scratch(t);
    const [db, dataset, again] = ['a.db', 'out', 'b.db'].map((name) => join(directory, name));
    assert.ok(db && dataset && again);
    await kgload(['load', FIXTURE, '--db', db]);
    const { code, json } = await kgloadJson(['export', dataset, '--db', db]);
    assert.deepEqual([code, json.total_nodes, json.total_edges, json.errors], [0, 27, 34, []]);
    assert.equal(json.edge_times['CALLS']?.rows, 4);
    assert.deepEqual(readdirSync(dataset).sort(), ['edges', 'nodes', 'schema.cypher']);
    assert.ok(readdirSync(join(dataset, 'nodes')).includes('functions.parquet'));
    // With the built-in schema, and with its own.
    const schema = join(dataset, 'schema.cypher');
    assert.equal(readFileSync(schema, 'utf8'), (await kgload(['schema'])).stdout);
    for (const remove of [false, true]) {
      if (remove) rmSync(schema);
      const loaded = await kgloadJson(['load', dataset, '--db', again, '--fresh']);
      assert.deepEqual([loaded.json.errors, loaded.json.warnings], [[], []]);
      assert.equal((await kgload(['stats', '--db', again, '--verify', FIXTURE])).code, 0);
    }
    assert.deepEqual(readdirSync(directory).sort(), ['a.db', 'b.db', 'out']);
  });

  it('keeps nested types, every digit, defaults, pairs of tables, sequences and macros', async (t) => {
    const directory = scratch(t);
    const [db, dataset, again, second] = ['a.db', 'out', 'b.db', 'out2'].map((name) =>
      join(directory, name),
    );
    assert.ok(db && dataset && again && second);
    execute(db, ...NESTED);
    assert.deepEqual(await kgload(['export', dataset, '--db', db, '--quiet']), {
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    assert.deepEqual(readdirSync(join(dataset, 'edges')).sort(), [
      'Knows.parquet',
      'Lives_City_City.parquet',
      'Lives_Per son_City.parquet',
    ]);
    const { json } = await kgloadJson(['load', dataset, '--db', again]);
    assert.deepEqual(
      [json.total_nodes, json.total_edges, json.errors, json.warnings.map(({ code }) => code)],
      // There is a -0 among the values.
      [8, 12, [], ['COMPRESSION_OFF']],
    );
    const person = 'MATCH (p:`Per son`) RETURN p.* ORDER BY p.id';
    assert.deepEqual(query(again, person), query(db, person));
    const texts =
      'MATCH (p:`Per son` {id: 1}) RETURN [CAST(p.big AS STRING), CAST(p.price AS STRING), CAST(p.span AS STRING), CAST(p.ts AS STRING)] AS t';
    assert.deepEqual(query(again, texts), [
      {
        t: [
          '170141183460469231731687303715884105727',
          '123456789012345.678',
          '3 months 2 days 00:00:00.000005',
          '1969-12-31 23:59:59.999999',
        ],
      },
    ]);
    const knows =
      'MATCH (a)-[k:Knows]->(b) RETURN a.id AS f, b.id AS t, k.w AS w, k.`To` AS p ORDER BY f, t';
    assert.deepEqual(query(again, knows), query(db, knows));
    for (const side of [db, again]) {
      assert.equal((await kgload(['stats', '--db', side, '--verify', dataset])).code, 0);
    }
    await kgload(['export', second, '--db', again]);
    const schemaOf = (path: string): string => readFileSync(join(path, 'schema.cypher'), 'utf8');
    assert.equal(schemaOf(second), schemaOf(dataset));
    assert.match(schemaOf(dataset), /`name` STRING DEFAULT 'nobody'/);
    // Generated keys and sequences go on where they were.
    execute(again, 'CREATE (:Auto {v: 3})', 'CREATE (:`Per son` {id: 4})');
    const max = 'MATCH (a:Auto), (p:`Per son` {id: 4}) RETURN max(a.id) AS id, max(p.n) AS n';
    assert.deepEqual(query(again, max), [{ id: 2, n: 9 }]);
    assert.deepEqual(query(again, 'RETURN addone(1) AS n'), [{ n: 2 }]);
  });

  it('writes every digit and sign of a DECIMAL', async (t) => {
    const directory = scratch(t);
    const [db, out, again] = ['a.db', 'out', 'b.db'].map((name) => join(directory, name));
    assert.ok(db && out && again);
    const values = ['-0.05', '-0.50', '-1.05', '0.00', '0.05', '9999999.99', '-9999999.99'];
    execute(
      db,
      'CREATE NODE TABLE T(id INT64 PRIMARY KEY, v DECIMAL(9, 2))',
      ...values.map((v, i) => `CREATE (:T {id: ${i}, v: CAST('${v}' AS DECIMAL(9, 2))})`),
      'CREATE (:T {id: 99})',
    );
    assert.equal((await kgload(['export', out, '--db', db])).code, 0);
    // DuckDB's and kgload's reader alike would see the text; here the engine does.
    const file = join(out, 'nodes', 'T.parquet');
    assert.deepEqual(
      queryMemory(`LOAD FROM '${file}' RETURN v ORDER BY id`).map(({ v }) => v),
      [...values, null],
    );
    assert.equal((await kgload(['load', out, '--db', again])).code, 0);
    const numbers = 'MATCH (t:T) RETURN CAST(t.v AS DOUBLE) AS v ORDER BY t.id';
    assert.deepEqual(
      query(again, numbers).map(({ v }) => v),
      [...values.map(Number), null],
    );
    assert.equal((await kgload(['stats', '--db', again, '--verify', out])).code, 0);
  });

  it('refuses what it cannot write, and leaves nothing behind', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'a.db');
    execute(
      db,
      'CREATE NODE TABLE T(id INT64 PRIMARY KEY, prices DECIMAL(9, 2)[], span INTERVAL)',
      "CREATE (:T {id: 1, span: interval('2 days') - interval('3 months 5 us')})",
    );
    const run = async (): Promise<string> => {
      const { code, stderr } = await kgload(['export', join(directory, 'out'), '--db', db]);
      assert.equal(code, 2);
      assert.deepEqual(readdirSync(directory), ['a.db']);
      return stderr;
    };
    assert.match(await run(), /T\.prices is DECIMAL\(9, 2\)\[\], which the engine writes into no/);
    execute(db, 'ALTER TABLE T DROP prices');
    execute(
      db,
      'CREATE NODE TABLE U(id INT64 PRIMARY KEY, home STRUCT(lat DOUBLE, lon DOUBLE))',
      'CREATE (:U {id: 1})',
      'CREATE (:U {id: 2, home: {lat: CAST(NULL AS DOUBLE), lon: 5.0}})',
    );
    assert.match(await run(), /T\.span holds a value that cannot be read back: .*-3 months/);
    execute(db, 'DROP TABLE T');
    assert.match(await run(), /the engine's Parquet writer changes values of U\.home; it does so/);

    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'out', 'mine'), '');
    const taken = await kgload(['export', join(directory, 'out'), '--db', db]);
    assert.equal(taken.code, 2);
    assert.match(taken.stderr, /out exists already; it is left as it is/);
    assert.deepEqual(readdirSync(join(directory, 'out')), ['mine']);
  });
});

describe('a directory that EXPORT DATABASE wrote', () => {
  it('is a dataset: schema, rows, sequences and indexes come back', INDEXES, async (t) => {
    const directory = scratch(t);
    const [db, exported, again] = ['a.db', 'exported', 'b.db'].map((name) => join(directory, name));
    assert.ok(db && exported && again);
    execute(
      db,
      'CREATE NODE TABLE Doc(id SERIAL PRIMARY KEY, body STRING, emb FLOAT[2], tags STRING[])',
      'CREATE NODE TABLE `we ird`(k STRING PRIMARY KEY)',
      'CREATE REL TABLE Links(FROM Doc TO Doc, FROM Doc TO `we ird`, w INT64, ONE_MANY)',
      "CREATE (:Doc {body: 'hello world', emb: [0.1, 0.2], tags: ['a']}), (:Doc {body: 'bye', emb: [0.5, 0.2]})",
      "CREATE (:`we ird` {k: 'x'})",
      'MATCH (a:Doc {id: 0}), (b:Doc {id: 1}) CREATE (a)-[:Links {w: 1}]->(b)',
      'MATCH (a:Doc {id: 1}), (b:`we ird`) CREATE (a)-[:Links {w: 2}]->(b)',
      "CALL CREATE_FTS_INDEX('Doc', 'text', ['body'])",
      "CALL CREATE_VECTOR_INDEX('Doc', 'near', 'emb')",
      `EXPORT DATABASE '${exported}' (format='parquet')`,
    );
    const { code, json } = await kgloadJson(['load', exported, '--db', again]);
    assert.deepEqual(
      [code, json.total_nodes, json.total_edges, json.errors, json.warnings],
      [0, 3, 2, [], []],
    );
    const verified = await kgloadJson(['stats', '--db', again, '--verify', exported]);
    assert.deepEqual([verified.code, verified.json['identical']], [0, true]);
    assert.deepEqual(
      query(again, 'MATCH (a)-[l:Links]->(b) RETURN a.id AS f, label(b) AS t, l.w AS w ORDER BY w'),
      [
        { f: 0, t: 'Doc', w: 1 },
        { f: 1, t: 'we ird', w: 2 },
      ],
    );
    assert.deepEqual(
      query(again, 'CALL show_indexes() RETURN index_name AS name ORDER BY name').map(
        ({ name }) => name,
      ),
      ['near', 'text'],
    );
    assert.deepEqual(
      query(again, "CALL QUERY_VECTOR_INDEX('Doc', 'near', [0.1, 0.2], 1) RETURN node.id AS id"),
      [{ id: 0 }],
    );
    const schema = await kgload(['schema', exported]);
    assert.match(schema.stdout, /CREATE REL TABLE `Links`\(.*`w` INT64, ONE_MANY\);/);
  });

  it('says so where it was exported as CSV', async (t) => {
    const directory = scratch(t);
    const exported = join(directory, 'exported');
    execute(
      join(directory, 'a.db'),
      'CREATE NODE TABLE T(id INT64 PRIMARY KEY)',
      `EXPORT DATABASE '${exported}' (format='csv')`,
    );
    const { code, stderr } = await kgload(['load', exported, '--db', join(directory, 'b.db')]);
    assert.equal(code, 2);
    assert.match(stderr, /exported was exported as CSV.*EXPORT DATABASE .* \(format='parquet'\)/);
  });
});
