import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { splitStatements } from '../src/cypher/text.js';
import type { GraphSchema } from '../src/types.js';
import { FIXTURE, INDEXES, kgload, kgloadJson, query, scratch, writeParquet } from './helpers.js';

describe('--schema FILE', () => {
  it('takes what kgload schema prints, in either format, for the built-in schema', async (t) => {
    const directory = scratch(t);
    for (const format of ['cypher', 'json']) {
      const printed = await kgload(['schema', '--format', format]);
      const file = join(directory, `schema.${format}`);
      writeFileSync(file, printed.stdout);
      const again = await kgload(['schema', '--format', format, '--schema', file]);
      assert.equal(again.stdout, printed.stdout);
      const db = join(directory, `${format}.db`);
      const { json } = await kgloadJson(['load', FIXTURE, '--db', db, '--schema', file]);
      assert.deepEqual(
        [json.total_nodes, json.total_edges, json.errors, json.warnings],
        [27, 34, [], []],
      );
      // The alias: the file has line_number, null in one row.
      const lines = query(db, 'MATCH ()-[c:CALLS]->() RETURN count(c.call_line) AS n');
      assert.deepEqual(lines, [{ n: 3 }]);
    }
  });

  it('lets the engine say what Cypher means, and prints it in one form', async (t) => {
    const file = join(scratch(t), 'schema.cypher');
    writeFileSync(
      file,
      `/* comments; */ CREATE SEQUENCE counter START 7;
       CREATE MACRO addone(x) AS x + 1; // more; of them
       CREATE TYPE place AS STRUCT(lat DOUBLE, lon DOUBLE);
       create node table \`Per;son\`(id INT64 PRIMARY KEY, name STRING DEFAULT 'no;name',
         n INT64 DEFAULT nextval('counter'), tags STRING[], home place, m MAP(STRING, INT64[]));
       CREATE NODE TABLE City(\`na/me\` STRING, PRIMARY KEY(\`na/me\`));
       CREATE REL TABLE Lives(FROM \`Per;son\` TO City, FROM City TO City, since DATE, MANY_ONE);
       CREATE REL TABLE One(FROM City TO City, w INT64, ONE_ONE) WITH (storage_direction='fwd');`,
    );
    const { code, stdout, stderr } = await kgload(['schema', '--schema', file]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(
      stdout,
      [
        "CREATE NODE TABLE `Per;son`(`id` INT64, `name` STRING DEFAULT 'no;name', `n` INT64 DEFAULT nextval('counter'), `tags` STRING[], `home` STRUCT(lat DOUBLE, lon DOUBLE), `m` MAP(STRING, INT64[]), PRIMARY KEY(`id`));",
        'CREATE NODE TABLE `City`(`na/me` STRING, PRIMARY KEY(`na/me`));',
        'CREATE REL TABLE `Lives`(FROM `Per;son` TO `City`, FROM `City` TO `City`, `since` DATE, MANY_ONE);',
        "CREATE REL TABLE `One`(FROM `City` TO `City`, `w` INT64, ONE_ONE) WITH (storage_direction='fwd');",
        'DROP SEQUENCE IF EXISTS `counter`;',
        'CREATE SEQUENCE IF NOT EXISTS `counter` START 7 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 NO CYCLE;',
        'CREATE MACRO `ADDONE` (x) AS x + 1;',
        '',
      ].join('\n'),
    );
    writeFileSync(file, stdout);
    assert.equal((await kgload(['schema', '--schema', file])).stdout, stdout);
    const db = `${file}.db`;
    const created = await kgload(['schema', '--schema', file, '--create', '--db', db]);
    assert.equal(created.stdout, 'created 4 tables: Per;son, City, Lives, One\n');
    assert.deepEqual(query(db, 'RETURN addone(7) AS n'), [{ n: 8 }]);
  });

  it('refuses what is no schema, and says where', async (t) => {
    const directory = scratch(t);
    const file = join(directory, 'schema.cypher');
    const cases: [string, RegExp][] = [
      ['CREATE NODE TABLE T(id INT64)', /CREATE NODE TABLE T\(id INT64\): .*primary key/],
      ['CREATE NODE TABLE T(id NUMBER PRIMARY KEY)', /NUMBER/],
      ['', /it creates no node table/],
      [
        "CREATE NODE TABLE T(id INT64 PRIMARY KEY); COPY (RETURN 1 AS x) TO 'owned.csv'",
        /COPY \(RETURN 1 AS x\) TO 'owned.csv' defines neither table, sequence, macro nor type/,
      ],
      ["LOAD EXTENSION '/tmp/evil.so'", /defines neither/],
      ['{', /schema\.cypher is no schema: .*JSON/],
      ['{"nodes": [{"name": 5}], "edges": []}', /nodes\.0\.name: .*string/],
      ['{"nodes": [], "edges": [], "indexes": ["DROP TABLE x"]}', /DROP TABLE x creates no index/],
    ];
    for (const [text, message] of cases) {
      writeFileSync(file, text);
      const { code, stderr } = await kgload(['schema', '--schema', file], { cwd: directory });
      assert.deepEqual([code, message.test(stderr), stderr], [2, true, stderr], text);
    }
    const missing = await kgloadJson(['load', FIXTURE, '--db', 'x.db', '--schema', `${file}.no`]);
    assert.equal(missing.code, 2);
    assert.deepEqual(missing.json.errors, [
      { code: 'ENOENT', message: `the schema file ${file}.no does not exist`, file: `${file}.no` },
    ]);
    assert.deepEqual(missing.json.node_times, {});
  });

  it('loads defaults, generated keys, and one rel table between several node tables', async (t) => {
    const directory = scratch(t);
    const dataset = join(directory, 'dataset');
    for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
    const file = join(directory, 'schema.cypher');
    writeFileSync(
      file,
      `CREATE NODE TABLE Person(id STRING PRIMARY KEY, age INT64 DEFAULT 42);
       CREATE NODE TABLE City(id STRING PRIMARY KEY);
       CREATE NODE TABLE Note(id SERIAL PRIMARY KEY, text STRING);
       CREATE REL TABLE Likes(FROM Person TO City, FROM Person TO Person, weight DOUBLE);
       CREATE REL TABLE Visits(FROM Person TO City, FROM City TO City);`,
    );
    const id = { id: 'UTF8' } as const;
    await writeParquet(join(dataset, 'nodes', 'people.parquet'), id, [{ id: 'a' }, { id: 'b' }]);
    await writeParquet(join(dataset, 'nodes', 'City.parquet'), id, [{ id: 'x' }, { id: 'y' }]);
    await writeParquet(join(dataset, 'nodes', 'notes.parquet'), { text: 'UTF8' }, [
      { text: 'one' },
      { text: 'two' },
    ]);
    const ends = { from: 'UTF8', to: 'UTF8' } as const;
    // One file that tells the tables apart, and a file for each pair.
    await writeParquet(
      join(dataset, 'edges', 'likes.parquet'),
      { ...ends, from_table: 'UTF8', to_table: 'UTF8', weight: 'DOUBLE' },
      [
        { from: 'a', to: 'x', from_table: 'Person', to_table: 'city', weight: 1 },
        { from: 'a', to: 'b', from_table: 'person', to_table: 'people', weight: 2 },
        { from: 'b', to: 'y', from_table: 'PERSON', to_table: 'City', weight: 3 },
      ],
    );
    await writeParquet(join(dataset, 'edges', 'Visits_Person_City.parquet'), ends, [
      { from: 'a', to: 'y' },
    ]);
    await writeParquet(join(dataset, 'edges', 'visits_city_city.parquet'), ends, [
      { from: 'x', to: 'y' },
      { from: 'y', to: 'x' },
    ]);
    for (const flags of [['--dry-run'], []]) {
      const args = ['load', dataset, '--db', `${file}.db`, '--schema', file, ...flags];
      const { json } = await kgloadJson(args);
      assert.deepEqual([json.total_nodes, json.total_edges, json.errors], [6, 6, []]);
      assert.deepEqual(
        Object.entries(json.edge_times).map(([table, { rows }]) => [table, rows]),
        [
          ['Likes', 3],
          ['Visits', 3],
        ],
      );
    }
    const db = `${file}.db`;
    assert.deepEqual(query(db, 'MATCH (p:Person) RETURN sum(p.age) AS n'), [{ n: 84n }]);
    assert.deepEqual(query(db, 'MATCH (n:Note) RETURN n.id AS id, n.text AS text ORDER BY id'), [
      { id: 0, text: 'one' },
      { id: 1, text: 'two' },
    ]);
    assert.deepEqual(
      query(db, 'MATCH (a)-[l:Likes]->(b) RETURN a.id AS a, b.id AS b, l.weight AS w ORDER BY w'),
      [
        { a: 'a', b: 'x', w: 1 },
        { a: 'a', b: 'b', w: 2 },
        { a: 'b', b: 'y', w: 3 },
      ],
    );
    const verified = await kgload(['stats', '--db', db, '--verify', dataset]);
    assert.deepEqual([verified.code, verified.stdout.includes('DIFFERENT')], [0, false]);

    // Rows whose tables the schema does not connect fail the table; nothing is left out silently.
    await writeParquet(
      join(dataset, 'edges', 'likes.parquet'),
      { ...ends, from_table: 'UTF8', to_table: 'UTF8', weight: 'DOUBLE' },
      [{ from: 'x', to: 'y', from_table: 'City', to_table: 'City', weight: 1 }],
    );
    const { json } = await kgloadJson(['load', dataset, '--db', db, '--fresh', '--schema', file]);
    assert.deepEqual(
      json.errors.map(({ code, table, message }) => ({ code, table, message })),
      [
        {
          code: 'MISSING_ENDPOINT',
          table: 'Likes',
          message:
            'Likes failed: edges/likes.parquet holds 1 rows, and 0 of them name node tables that Likes connects',
        },
      ],
    );
  });

  it('refuses a property that the engine would fill with an endpoint', async (t) => {
    const directory = scratch(t);
    for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part));
    const file = join(directory, 'own.cypher');
    writeFileSync(
      file,
      'CREATE NODE TABLE N(id STRING PRIMARY KEY); CREATE REL TABLE R(FROM N TO N, `from` STRING);',
    );
    await writeParquet(join(directory, 'edges', 'r.parquet'), { src: 'UTF8', dst: 'UTF8' }, []);
    const args = ['load', directory, '--db', join(directory, 'g.db'), '--schema', file];
    const { code, json } = await kgloadJson(args);
    assert.deepEqual([code, json.errors[0]?.code, json.errors[0]?.table], [1, 'ENGINE', 'R']);
    assert.match(json.errors[0]?.message ?? '', /^R has a property from, which the engine's COPY/);
  });

  it('creates indexes after the load, and warns of those that fail', INDEXES, async (t) => {
    const directory = scratch(t);
    for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part));
    await writeParquet(join(directory, 'nodes', 'docs.parquet'), { id: 'UTF8', body: 'UTF8' }, [
      { id: '1', body: 'hello world' },
    ]);
    const schema: GraphSchema = {
      nodes: [
        {
          name: 'Doc',
          file: 'docs',
          primaryKey: 'id',
          properties: [
            { name: 'id', type: 'STRING' },
            { name: 'body', type: 'STRING' },
          ],
        },
      ],
      edges: [],
      indexes: [
        "CALL CREATE_FTS_INDEX('Doc', 'text', ['body'])",
        "CALL CREATE_FTS_INDEX('Doc', 'none', ['gone'])",
      ],
    };
    const file = join(directory, 'schema.json');
    writeFileSync(file, JSON.stringify(schema));
    const db = join(directory, 'g.db');
    const { json } = await kgloadJson(['load', directory, '--db', db, '--schema', file]);
    assert.deepEqual([json.errors, json.warnings.map(({ code }) => code)], [[], ['INDEX_FAILED']]);
    assert.match(json.warnings[0]?.message ?? '', /'none', \['gone'\]\): .*gone/);
    assert.deepEqual(query(db, 'CALL show_indexes() RETURN index_name AS name'), [
      { name: 'text' },
    ]);
  });
});

describe('splitStatements', () => {
  it('tells strings, names and comments from what ends a statement', () => {
    assert.deepEqual(
      splitStatements(`RETURN 'a;\\';b', "c;'", \`d;e\`; // f;
        /* g; ' */ RETURN 1;; RETURN '//' `),
      [`RETURN 'a;\\';b', "c;'", \`d;e\``, 'RETURN 1', "RETURN '//'"],
    );
  });
});
