/** `kgload export` of a real server, and back into both engines. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import neo4j from 'neo4j-driver';
import { exportDatabase, KgloadError } from '../src/index.js';
import type { EngineName } from '../src/types.js';
import { kgload, queryOn, type Run, scratch } from './helpers.js';
import { neo4jMissing, type Neo4jServer, startNeo4j } from './neo4j.js';
import { environment } from './serverhelpers.js';

const NODES = 30_000;

/** Every type: as the server's Cypher makes it of `i`, and as a text of Kuzu's. */
const CREATE = `UNWIND range(0, ${NODES - 1}) AS i CREATE (:A {
  id: 'k' + toString(i), big: 9007199254740993 + i, small: i % 100, x: i / 3.0, even: i % 2 = 0,
  day: date('1999-12-31') + duration({days: i}),
  moment: localdatetime('1965-01-02T03:04:05.000001') + duration({seconds: i}),
  zoned: datetime('2024-01-02T03:04:05.5+01:00') + duration({seconds: i}),
  span: duration({months: 14, days: i % 9, seconds: 1.5}),
  numbers: [x IN range(0, i % 3) | x * 9007199254740993], words: ['a', toString(i)]})`;

const SCHEMA = `CREATE NODE TABLE A(id STRING PRIMARY KEY, big INT64, small INT8, x DOUBLE, even BOOL, day DATE,
  moment TIMESTAMP, zoned TIMESTAMP_TZ, span INTERVAL, numbers INT64[], words STRING[], raw BLOB, uid UUID);
CREATE NODE TABLE B(id INT64 PRIMARY KEY);
CREATE REL TABLE R(FROM A TO A, FROM A TO B, w INT32, note STRING);`;

describe('kgload export of a server', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after });
  let server: Neo4jServer;

  const run = async (cypher: string, parameters = {}): Promise<void> => {
    const driver = neo4j.driver(server.url, neo4j.auth.basic(server.username, server.password));
    try {
      await driver.executeQuery(cypher, parameters);
    } finally {
      await driver.close();
    }
  };
  const command = (...args: string[]): Promise<Run> => kgload(args, { env: environment(server) });

  before(async () => {
    server = await starting;
    await run('CREATE CONSTRAINT FOR (n:A) REQUIRE n.id IS UNIQUE');
    await run('CREATE CONSTRAINT FOR (n:B) REQUIRE n.id IS UNIQUE');
    await run(CREATE);
    await run(
      `MATCH (a:A {id: 'k7'}) SET a.raw = $raw, a.uid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
      {
        raw: new Int8Array([0, 65, -1]),
      },
    );
    await run('UNWIND range(1, 10) AS i CREATE (:B {id: i})');
    await run(
      'MATCH (a:A) WHERE a.small = 1 MATCH (b:B {id: 1 + a.big % 10}) CREATE (a)-[:R {w: a.small}]->(b)',
    );
    await run(
      "UNWIND range(1, 999) AS i MATCH (a:A {id: 'k' + i}) MATCH (b:A {id: 'k0'}) CREATE (a)-[:R {w: -i, note: 'x'}]->(b)",
    );
  });

  for (const engine of ['kuzu', 'ladybug'] as EngineName[]) {
    it(`makes a dataset that ${engine} loads, value for value`, async (t) => {
      const directory = scratch(t);
      const dataset = join(directory, 'dataset');
      const schema = join(directory, 'types.cypher');
      writeFileSync(schema, SCHEMA);
      const exported = await command(
        'export',
        dataset,
        '--db',
        server.url,
        '--schema',
        schema,
        '--json',
      );
      assert.equal(exported.code, 0, exported.stderr);
      const report = JSON.parse(exported.stdout) as Record<string, unknown>;
      assert.deepEqual([report['total_nodes'], report['total_edges']], [NODES + 10, 300 + 999]);
      assert.match(readFileSync(join(dataset, 'schema.cypher'), 'utf8'), /`?small`? INT8/);
      const db = join(directory, 'back.db');
      const loaded = await kgload(['load', dataset, '--db', db, '--engine', engine]);
      assert.equal(loaded.code, 0, loaded.stderr);
      const verified = await kgload(['stats', '--db', db, '--verify', dataset]);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      const read = (cypher: string): unknown[] =>
        Object.values(queryOn(engine, db, cypher)[0] ?? {});
      const [i, day] = [
        12_345,
        new Date(Date.UTC(1999, 11, 31 + 12_345)).toISOString().slice(0, 10),
      ];
      assert.deepEqual(
        read(
          `MATCH (a:A {id: 'k${i}'}) RETURN CAST(a.big AS STRING), a.small, a.x, a.even, CAST(a.day AS STRING), CAST(a.moment AS STRING), CAST(a.zoned AS STRING), CAST(a.span AS STRING), CAST(a.numbers AS STRING), a.words, a.raw`,
        ),
        [
          String(9007199254740993n + BigInt(i)),
          i % 100,
          i / 3,
          false,
          day,
          `${new Date(Date.UTC(1965, 0, 2, 3, 4, 5 + i)).toISOString().slice(0, 19).replace('T', ' ')}.000001`,
          `${new Date(Date.UTC(2024, 0, 2, 2, 4, 5 + i)).toISOString().slice(0, 19).replace('T', ' ')}.5+00`,
          `1 year 2 months ${i % 9} days 00:00:01.5`,
          '[0]',
          ['a', String(i)],
          null,
        ],
      );
      assert.deepEqual(
        read(
          "MATCH (a:A {id: 'k7'}) RETURN CAST(a.raw AS STRING), CAST(a.uid AS STRING), CAST(a.numbers AS STRING)",
        ),
        ['\\x00A\\xFF', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[0,9007199254740993]'],
      );
      const big = Array.from({ length: NODES }, (_, n) => 9007199254740993n + BigInt(n)).reduce(
        (a, b) => a + b,
      );
      assert.deepEqual(read('MATCH (a:A) RETURN CAST(sum(CAST(a.big AS INT128)) AS STRING)'), [
        String(big),
      ]);
      assert.deepEqual(
        read(
          'MATCH (a:A)-[r:R]->(b:A) RETURN count(*), CAST(sum(r.w) AS STRING), min(r.note), b.id',
        ),
        [999, String(-(999 * 1000) / 2), 'x', 'k0'],
      );
    });
  }

  it('is a function of the library, and refuses what no tables hold', async (t) => {
    const dataset = join(scratch(t), 'dataset');
    const { username, password } = server;
    const report = await exportDatabase(server.url, dataset, { server: { username, password } });
    assert.equal(report.totalNodes, NODES + 10);
    assert.match(readFileSync(join(dataset, 'schema.cypher'), 'utf8'), /`?small`? INT64/);
    const again = await command('export', dataset, '--db', server.url);
    assert.deepEqual([again.code, /exists already/.test(again.stderr)], [2, true], again.stderr);
    const other = join(scratch(t), 'other');
    await run("CREATE (:B {id: 99, exact: localdatetime('2024-01-01T00:00:00.000000001')})");
    const cut = await command('export', other, '--db', server.url);
    assert.match(cut.stderr, /B\.exact has nanoseconds.* in the row with key 99/);
    await run('MATCH (b:B {id: 99}) DELETE b');
    await run('CREATE (:A:B {id: 100})');
    await assert.rejects(
      exportDatabase(server.url, other, { server: { username, password } }),
      (error) => error instanceof KgloadError && error.code === 'NOT_TABULAR',
    );
    assert.ok(!existsSync(other));
    await run('MATCH (b:A:B) DELETE b');
  });
});
