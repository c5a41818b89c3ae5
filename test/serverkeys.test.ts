/** Which rows a load into a server leaves out, and that the rows add up. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import type { BadRows } from '../src/types.js';
import { type CommandJson, execute, scratch } from './helpers.js';
import { neo4jMissing, startNeo4j } from './neo4j.js';
import { ask, load } from './serverhelpers.js';

/** A dataset of these files, each the rows of a query. */
function write(t: TestContext, schema: string, files: Record<string, string>): string {
  const dataset = join(scratch(t), 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  for (const [name, query] of Object.entries(files)) {
    mkdirSync(dirname(join(dataset, name)), { recursive: true });
    execute(':memory:', `COPY (${query}) TO '${dataset}/${name}.parquet'`);
  }
  writeFileSync(join(dataset, 'schema.cypher'), schema);
  return dataset;
}

const reasons = (json: CommandJson | undefined): unknown[] =>
  (json?.['bad_rows'] as BadRows[]).map(({ table, reason, rows, examples }) => [
    table,
    reason,
    rows,
    examples,
  ]);

describe('the rows that a server is not given', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after }, { auth: true });
  const FRESH = ['--fresh', '--yes', '--skip-bad-rows'];

  it('are those without a key, with one of an earlier row or file, and edges without a node', async (t) => {
    const server = await starting;
    const dataset = write(
      t,
      'CREATE NODE TABLE A(id INT64 PRIMARY KEY, n INT64); CREATE REL TABLE R(FROM A TO A);',
      {
        'nodes/A/1':
          'UNWIND range(0, 9) AS i RETURN CASE WHEN i = 3 THEN NULL WHEN i = 5 THEN 4 ELSE i END AS id, i AS n',
        'nodes/A/2': 'UNWIND range(8, 12) AS i RETURN i AS id, 100 + i AS n',
        'edges/R':
          'UNWIND range(0, 6) AS i RETURN CASE WHEN i = 6 THEN NULL ELSE i END AS `from`, 12 - i AS `to`',
      },
    );
    const { code, json } = await load(server, [dataset, ...FRESH]);
    assert.equal(code, 0, JSON.stringify(json?.errors));
    assert.deepEqual(reasons(json), [
      ['A', 'null_key', 1, ['null']],
      ['A', 'duplicate_key', 1, ['4']],
      ['A', 'duplicate_key', 2, ['8', '9']],
      ['R', 'null_endpoint', 1, ['null → 6']],
      ['R', 'missing_endpoint', 2, ['3 → 9', '5 → 7']],
    ]);
    // 0 1 2 4 6 7 8 9 10 11 12, the first row of each key.
    assert.deepEqual(await ask(server, 'MATCH (a:A) RETURN count(a), sum(a.id), sum(a.n)'), [
      11n,
      70n,
      37n + 333n,
    ]);
    assert.deepEqual(await ask(server, 'MATCH ()-[r:R]->() RETURN count(r)'), [4n]);
  });

  it('are those whose key is there already, and edges to nodes that neither side has', async (t) => {
    const server = await starting;
    const schema = 'CREATE NODE TABLE A(id STRING PRIMARY KEY); CREATE REL TABLE R(FROM A TO A);';
    const nodes = (from: number, to: number): string =>
      `UNWIND range(${from}, ${to}) AS i RETURN 'k' + CAST(i AS STRING) AS id`;
    const edges = (from: number, to: number): string =>
      `UNWIND range(${from}, ${to}) AS i RETURN 'k' + CAST(i AS STRING) AS \`from\`, 'k' + CAST(i + 1 AS STRING) AS \`to\``;
    const first = write(t, schema, { 'nodes/A': nodes(0, 99), 'edges/R': edges(0, 98) });
    const second = write(t, schema, { 'nodes/A': nodes(90, 120), 'edges/R': edges(80, 125) });
    assert.equal((await load(server, [first, ...FRESH])).code, 0);
    const failed = await load(server, [second, '--append']);
    assert.deepEqual(
      failed.json?.errors.map(({ code, table }) => [code, table]),
      [
        ['EXISTING_KEY', 'A'],
        ['NODES_FAILED', 'R'],
      ],
    );
    const { code, json } = await load(server, [second, '--append', '--skip-bad-rows']);
    assert.equal(code, 0, JSON.stringify(json?.errors));
    assert.deepEqual(reasons(json), [
      ['A', 'existing_key', 10, ['k90', 'k91', 'k92', 'k93', 'k94']],
      [
        'R',
        'missing_endpoint',
        6,
        ['k120 → k121', 'k121 → k122', 'k122 → k123', 'k123 → k124', 'k124 → k125'],
      ],
    ]);
    assert.deepEqual([json?.total_nodes, json?.total_edges], [21, 40]);
    assert.deepEqual(await ask(server, 'MATCH (a:A) RETURN count(a)'), [121n]);
    assert.deepEqual(await ask(server, 'MATCH ()-[r:R]->() RETURN count(r)'), [139n]);
  });

  it('are edges beyond those that a node may have, also beside those that are there', async (t) => {
    const server = await starting;
    const schema =
      'CREATE NODE TABLE A(id INT64 PRIMARY KEY); CREATE NODE TABLE B(id INT64 PRIMARY KEY); CREATE REL TABLE R(FROM A TO B, n INT64, MANY_ONE);';
    const nodes = 'UNWIND range(0, 9) AS i RETURN i AS id';
    const first = write(t, schema, {
      'nodes/A': nodes,
      'nodes/B': nodes,
      'edges/R': 'UNWIND range(0, 5) AS i RETURN i % 4 AS `from`, i AS `to`, i * 1 AS n',
    });
    const second = write(t, schema, {
      'edges/R': 'UNWIND range(2, 7) AS i RETURN i AS `from`, 0 AS `to`, i * 1 AS n',
    });
    const one = await load(server, [first, ...FRESH]);
    assert.deepEqual(reasons(one.json), [['R', 'multiplicity', 2, ['0 → 4', '1 → 5']]]);
    const two = await load(server, [second, '--append', '--skip-bad-rows']);
    assert.deepEqual(reasons(two.json), [['R', 'multiplicity', 2, ['2 → 0', '3 → 0']]]);
    assert.deepEqual(
      await ask(server, 'MATCH (a:A)-[r:R]->(:B) RETURN count(r), count(DISTINCT a), sum(r.n)'),
      [8n, 8n, 0n + 1n + 2n + 3n + 4n + 5n + 6n + 7n],
    );
  });

  it('are told by the columns that name the tables, where a table connects several pairs', async (t) => {
    const server = await starting;
    const schema =
      'CREATE NODE TABLE A(id INT64 PRIMARY KEY); CREATE NODE TABLE B(id INT64 PRIMARY KEY); CREATE REL TABLE R(FROM A TO B, FROM B TO A, n INT64);';
    const dataset = write(t, schema, {
      'nodes/A': 'UNWIND range(0, 9) AS i RETURN i AS id',
      'nodes/B': 'UNWIND range(5, 14) AS i RETURN i AS id',
      'edges/R':
        "UNWIND range(0, 9) AS i RETURN i AS `from`, i + 1 AS `to`, CASE WHEN i < 6 THEN 'B' ELSE 'a' END AS from_table, CASE WHEN i < 6 THEN 'A' ELSE 'b' END AS to_table, i * 1 AS n",
    });
    const { code, json } = await load(server, [dataset, ...FRESH]);
    assert.equal(code, 0, JSON.stringify(json?.errors));
    assert.deepEqual(reasons(json), [
      ['R', 'missing_endpoint', 5, ['0 → 1', '1 → 2', '2 → 3', '3 → 4', '4 → 5']],
    ]);
    assert.deepEqual(await ask(server, 'MATCH (:A)-[r:R]->(:B) RETURN count(r), sum(r.n)'), [
      4n,
      30n,
    ]);
    assert.deepEqual(await ask(server, 'MATCH (:B)-[r:R]->(:A) RETURN count(r), sum(r.n)'), [
      1n,
      5n,
    ]);
  });

  it('stay left out where an append is killed and resumed', async (t) => {
    const server = await starting;
    const schema = 'CREATE NODE TABLE A(id INT64 PRIMARY KEY, text STRING);';
    const nodes = (from: number, to: number): string =>
      `UNWIND range(${from}, ${to}) AS i RETURN i AS id, CAST(hash(i) AS STRING) AS text`;
    const first = write(t, schema, { 'nodes/A': nodes(0, 999) });
    const second = write(t, schema, {
      'nodes/A/1': nodes(500, 60_000),
      'nodes/A/2': nodes(60_000, 120_000),
    });
    assert.equal((await load(server, [first, ...FRESH])).code, 0);
    const args = [second, '--append', '--skip-bad-rows'];
    let killed = 0;
    for (let i = 0; i < 3; i += 1) {
      const resumed = killed > 0 ? ['--resume'] : [];
      const { code } = await load(server, [...args, ...resumed], { name: 'SIGKILL', after: 1100 });
      if (code === 0) break;
      const [markers] = await ask(server, 'MATCH (m:_KgloadMarker) RETURN count(m)');
      if (markers !== 0n) killed += 1;
    }
    t.diagnostic(`killed ${killed} times`);
    const [markers] = await ask(server, 'MATCH (m:_KgloadMarker) RETURN count(m)');
    const [count] = await ask(server, 'MATCH (a:A) RETURN count(a)');
    // On a fast machine one may have come to its end, and on a slow one none may have begun.
    if (markers !== 0n || count === 1000n) {
      const resumed = markers === 0n ? [] : ['--resume'];
      const { code, json } = await load(server, [...args, ...resumed]);
      assert.equal(code, 0, JSON.stringify(json?.errors));
      assert.deepEqual([json?.total_nodes, json?.total_skipped], [119_001, 501]);
    }
    assert.deepEqual(await ask(server, 'MATCH (a:A) RETURN count(a), sum(a.id), count(a.text)'), [
      120_001n,
      60_000n * 120_001n,
      120_001n,
    ]);
  });

  it('are not of types whose keys it would change, or not find again', async (t) => {
    const server = await starting;
    const cases: [type: string, key: string, message: RegExp][] = [
      ['UINT64', "CAST('9223372036854775808' AS UINT64)", /T has the key 9223372036854775808, and/],
      [
        'INT128',
        "'-9223372036854775809'",
        /T has the key -9223372036854775809, and a server holds/,
      ],
      ['DOUBLE', "CAST('NaN' AS DOUBLE)", /T has the key NaN, and a server finds no node by it/],
      ['DOUBLE', "CAST('-0' AS DOUBLE)", /T has the key -0, and a server does not tell it from 0/],
      ['DECIMAL(10, 2)', "'1.50'", /T\.id is DECIMAL\(10, 2\), and a server has no decimals/],
    ];
    for (const [type, key, message] of cases) {
      const dataset = write(t, `CREATE NODE TABLE T(id ${type} PRIMARY KEY);`, {
        'nodes/T': `RETURN ${key} AS id`,
      });
      const { code, json } = await load(server, [dataset, '--fresh', '--yes']);
      assert.deepEqual([code, json?.errors[0]?.code], [1, 'COLUMN_TYPE'], type);
      assert.match(json?.errors[0]?.message ?? '', message);
      assert.deepEqual(await ask(server, 'MATCH (n) RETURN count(n)'), [0n]);
    }
    const asText = write(t, 'CREATE NODE TABLE T(id STRING PRIMARY KEY);', {
      'nodes/T': "RETURN CAST('9223372036854775808' AS UINT64) AS id",
    });
    assert.equal((await load(server, [asText, '--fresh', '--yes'])).code, 0);
    assert.deepEqual(await ask(server, 'MATCH (n:T) RETURN n.id'), ['9223372036854775808']);
  });

  it('are edges from keys beyond 64 bits, which are no other nodes for that', async (t) => {
    const server = await starting;
    const schema =
      'CREATE NODE TABLE T(id INT128 PRIMARY KEY); CREATE REL TABLE R(FROM T TO T, w INT64);';
    const nodes = write(t, schema, { 'nodes/T': "RETURN '5' AS id" });
    assert.equal((await load(server, [nodes, '--fresh', '--yes'])).code, 0);
    // 2^64 + 5, of which 64 bits are 5.
    const edges = write(t, schema, {
      'edges/R':
        "UNWIND ['5', '18446744073709551621'] AS id RETURN id AS `from`, '5' AS `to`, 1 AS w",
    });
    const { json } = await load(server, [edges, '--append', '--skip-bad-rows']);
    assert.deepEqual(reasons(json), [['R', 'missing_endpoint', 1, ['18446744073709551621 → 5']]]);
    assert.deepEqual(await ask(server, 'MATCH (a)-[r:R]->(b) RETURN a.id, b.id, count(r)'), [
      5n,
      5n,
      1n,
    ]);
  });
});
