/** `kgload query` and `queryDatabase` on a real server. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import neo4j from 'neo4j-driver';
import { KgloadError, queryDatabase } from '../src/index.js';
import { BINARY, kgload, type Run } from './helpers.js';
import { neo4jMissing, type Neo4jServer, startNeo4j } from './neo4j.js';
import { ask, environment } from './serverhelpers.js';

/** Values as the server's Cypher has them, and as JSON has them. */
const VALUES: Record<string, [cypher: string, json: string]> = {
  big: ['9007199254740993', '9007199254740993'],
  least: ['-9223372036854775807 - 1', '-9223372036854775808'],
  small: ['-7', '-7'],
  whole: ['5.0', '5'],
  half: ['0.1', '0.1'],
  nan: ['0.0 / 0.0', '"NaN"'],
  text: ['\'Zeile\\n💥 "q"\'', JSON.stringify('Zeile\n💥 "q"')],
  yes: ['true', 'true'],
  nothing: ['null', 'null'],
  day: ["date('2024-02-29')", '"2024-02-29"'],
  moment: ["localdatetime('2024-01-02T03:04:05.123456789')", '"2024-01-02T03:04:05.123456789"'],
  second: ["localdatetime('2024-01-02T03:04:10')", '"2024-01-02T03:04:10"'],
  zoned: [
    "datetime('2024-01-02T03:04:05.5+01:00[Europe/Berlin]')",
    '"2024-01-02T03:04:05.5+01:00[Europe/Berlin]"',
  ],
  offset: ["datetime('2024-01-02T03:04:05-03:30')", '"2024-01-02T03:04:05-03:30"'],
  time: ["localtime('03:04:05.25')", '"03:04:05.25"'],
  timed: ["time('03:04:05+02:00')", '"03:04:05+02:00"'],
  span: ["duration('P14M3DT4.5S')", '"P1Y2M3DT4.5S"'],
  negative: ["duration('-P1DT0.25S')", '"P-1DT-0.25S"'],
  plane: ['point({x: 1.5, y: -2})', '{"srid":7203,"x":1.5,"y":-2}'],
  space: ['point({x: 1, y: 2, z: 3})', '{"srid":9157,"x":1,"y":2,"z":3}'],
  list: ["[1, 2.5, 'a', null]", '[1,2.5,"a",null]'],
  map: ['{a: [{c: 9007199254740993}]}', '{"a":[{"c":9007199254740993}]}'],
};

/** A query that takes for ever. */
const ENDLESS =
  'UNWIND range(1, 100000000) AS x UNWIND range(1, 10000) AS y RETURN sum(x * y) AS y';

describe('kgload query on a server', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after });
  let server: Neo4jServer;

  before(async () => {
    server = await starting;
    await ask(server, 'CREATE CONSTRAINT FOR (n:Person) REQUIRE n.id IS UNIQUE');
    await ask(
      server,
      `CREATE (a:Person {id: 1, name: 'Ann'})-[:KNOWS {since: date('2020-01-01')}]->(b:Person:Admin {id: 2, name: 'Bob'}), (b)-[:KNOWS]->(:Person {id: 3, name: 'Cid'})`,
    );
  });

  const query = (cypher: string, ...args: string[]): Promise<Run> =>
    kgload(['query', cypher, '--db', server.url, ...args], { env: environment(server) });

  it('gives values of every type with all their digits', async () => {
    const items = Object.entries(VALUES).map(([name, [cypher]]) => `${cypher} AS ${name}`);
    const run = await query(`RETURN ${items.join(', ')}`, '--format', 'ndjson', '-q');
    const expected = Object.entries(VALUES).map(([name, [, json]]) => `"${name}":${json}`);
    assert.deepEqual([run.code, run.stdout], [0, `{${expected.join(',')}}\n`], run.stderr);
  });

  it('gives bytes as the engines write them', async () => {
    const auth = neo4j.auth.basic(server.username, server.password);
    const driver = neo4j.driver(server.url, auth);
    try {
      await driver.executeQuery('CREATE (:Blob {b: $b})', { b: new Int8Array([0, 65, -1]) });
    } finally {
      await driver.close();
    }
    const { stdout } = await query('MATCH (n:Blob) RETURN n.b AS b', '--format', 'ndjson', '-q');
    assert.equal(stdout, `${JSON.stringify({ b: '\\x00A\\xFF' })}\n`);
  });

  it('gives nodes, rels and paths as objects, with all labels', async () => {
    const { stdout } = await query(
      'MATCH p = (:Person {id: 1})-[r]->(b) RETURN b, r, p, elementId(b) AS id, elementId(r) AS rel',
      '--format',
      'ndjson',
      '-q',
    );
    const { b, r, p, id, rel } = JSON.parse(stdout) as Record<
      string,
      Record<string, unknown> | undefined
    >;
    assert.deepEqual(b, { _id: id, _label: 'Person:Admin', id: 2, name: 'Bob' });
    const [from] = p?.['_nodes'] as [{ _id: string }];
    assert.deepEqual(from, { _id: from._id, _label: 'Person', id: 1, name: 'Ann' });
    const edge = { _id: rel, _label: 'KNOWS', _src: from._id, _dst: id, since: '2020-01-01' };
    assert.deepEqual(r, edge);
    assert.deepEqual(p, { _nodes: [from, b], _rels: [edge] });
    assert.deepEqual(Object.keys(r).slice(0, 4), ['_id', '_label', '_src', '_dst']);
  });

  it('prints every format, pictures too', async () => {
    const rows = 'MATCH (p:Person) RETURN p.id AS id, p.name AS name ORDER BY id';
    const csv = await query(rows, '--format', 'csv', '-q');
    assert.equal(csv.stdout, 'id,name\n1,Ann\n2,Bob\n3,Cid\n');
    const json = JSON.parse((await query(rows, '--json')).stdout) as Record<string, unknown>;
    assert.deepEqual(json['rows'], [
      { id: 1, name: 'Ann' },
      { id: 2, name: 'Bob' },
      { id: 3, name: 'Cid' },
    ]);
    assert.equal((json['database'] as Record<string, unknown>)['engine'], 'neo4j');
    const table = await query(rows, '--format', 'table', '-q');
    assert.match(table.stdout, /id\s+name[^]*1\s+Ann/);
    const markdown = await query(rows, '--format', 'markdown', '-q');
    assert.match(markdown.stdout, /\|\s*1 \| Ann/);
    const graph = 'MATCH (a:Person)-[r:KNOWS]->(b) RETURN a, r, b';
    const mermaid = await query(graph, '--format', 'mermaid', '-q');
    assert.equal(mermaid.stdout.match(/-->\|"KNOWS"\|/g)?.length, 2);
    assert.match(mermaid.stdout, /\["Ann"\]/);
    const dot = await query(graph, '--format', 'dot', '-q');
    assert.equal(dot.stdout.match(/n\d -> n\d/g)?.length, 2);
    const html = await query(graph, '--format', 'html', '-q');
    assert.match(html.stdout, /<html[^]*Person:Admin[^]*Cid/);
  });

  it('binds parameters as what they are', async () => {
    const run = await query(
      'RETURN $n AS n, $n = 9007199254740993 AS same, $x / 2 AS x, $s AS s, $list AS list, $map.a AS a, $none AS none',
      ...[
        'n=9007199254740993',
        'x=5',
        "s='5'",
        'list=[1,2.5,"a"]',
        'map={"a":7}',
        'none=null',
      ].flatMap((param) => ['--param', param]),
      ...['--format', 'ndjson', '-q'],
    );
    assert.equal(
      run.stdout,
      '{"n":9007199254740993,"same":true,"x":2,"s":"5","list":[1,2.5,"a"],"a":7,"none":null}\n',
      run.stderr,
    );
    const beyond = await query('RETURN $n', '--param', 'n=9223372036854775808');
    assert.match(beyond.stderr, /beyond 64 bits/);
    assert.match((await query('RETURN $n')).stderr, /\$n has no value/);
    assert.match((await query('RETURN 1', '--param', 'n=1')).stderr, /has no parameter \$n/);
  });

  it('hands out 100,000 rows, in memory that does not grow with them', async () => {
    const text = await query(
      'UNWIND range(1, 100000) AS i RETURN i, toString(i) AS s',
      '--format',
      'csv',
    );
    const lines = text.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 100_001);
    assert.ok(lines.slice(1).every((line, i) => line === `${i + 1},${i + 1}`));
    assert.match(text.stderr, /100,000 rows/);
    // One that is slow to take them has the server wait.
    let taken = 0;
    const cypher = "UNWIND range(1, 1000000) AS i RETURN i, 'x' + toString(i) + $pad AS s";
    const options = { server: access(), params: { pad: 'y'.repeat(1000) } };
    const began = process.memoryUsage.rss();
    for await (const { i } of queryDatabase(server.url, cypher, options)) {
      taken += 1;
      assert.equal(i, taken);
      if (taken === 20_000) await sleep(1500);
      if (taken === 50_000) break;
    }
    const grown = process.memoryUsage.rss() - began;
    assert.ok(grown < 300e6, `${grown} bytes more`);
    await gone('range(1, 1000000)');
  });

  it('refuses what writes, and does it with --write', async () => {
    const csv = "CSV FROM 'file:///etc/passwd' AS line RETURN line";
    const refused: [string, RegExp][] = [
      ['CREATE (:T {id: 1})', /only reads the database, but CREATE changes/],
      ['MATCH (n:Person) SET n.x = 1', /SET changes/],
      ['MATCH (n:Person) CALL (n) { SET n.x = 1 } RETURN n', /read access mode/],
      ["LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", /LOAD/],
      ["MATCH (n) LOAD CSV FROM 'http://example.org' AS line RETURN line", /LOAD CSV/],
      ["CALL dbms.setConfigValue('a', 'b')", /dbms\.setConfigValue is not known/],
      ['TERMINATE TRANSACTIONS "neo4j-transaction-1"', /no query begins with TERMINATE/],
      ['DROP CONSTRAINT x', /DROP changes/],
      ['RETURN 1; RETURN 2', /several statements/],
      // The server reads escapes first, wherever they stand.
      [`MATCH (n) LO\\u0041D ${csv}`, /\\u0041 hides/],
      [`WITH '\\u0027 AS a LOAD ${csv} //'`, /\\u0027 hides/],
      [`WITH "\\u0022 AS a LOAD ${csv} //"`, /\\u0022 hides/],
      [`WITH '\\u005c' AS a LOAD ${csv} //'`, /\\u005c hides/],
      [`WITH 1 AS \`\\u0060 LOAD ${csv} //\``, /\\u0060 hides/],
      [`WITH 1 AS a //\\u000a LOAD ${csv}`, /\\u000a hides/],
      [`WITH 1 AS a /*\\u002a/ LOAD ${csv} //*/`, /\\u002a hides/],
      ["RETURN apoc.cypher.runFirstColumnSingle('RETURN 1', {})", /apoc\.cypher runs any/],
    ];
    for (const [cypher, message] of refused) {
      const run = await query(cypher);
      assert.equal(run.code, 2, cypher);
      assert.match(run.stderr, message, cypher);
    }
    assert.deepEqual(await ask(server, 'MATCH (n) WHERE n:T OR n.x = 1 RETURN count(n)'), [0n]);
    for (const cypher of [
      'CALL db.labels() YIELD label RETURN label',
      'SHOW INDEXES YIELD name',
      'EXPLAIN MATCH (n) RETURN n',
      "RETURN '\\u00e4' AS umlaut",
    ]) {
      assert.equal((await query(cypher)).code, 0, cypher);
    }
    const written = await query('UNWIND range(1, 3) AS i CREATE (:T {id: i})', '--write');
    assert.deepEqual([written.code, written.stdout], [0, ''], written.stderr);
    assert.match(written.stderr, /done in/);
    assert.deepEqual(await ask(server, 'MATCH (n:T) RETURN count(n)'), [3n]);
  });

  it('says what is wrong, and where', async () => {
    const wrong: [cypher: string, line: number, column: number, message: RegExp][] = [
      ['MATCH (n)\nRETRUN n', 2, 1, /did you mean RETURN/],
      ["RETURN '💥' + foo", 1, 14, /`foo` not defined/],
      ['MATCH (n) RETURN', 1, 17, /expected an expression/],
    ];
    for (const [cypher, line, column, message] of wrong) {
      const run = await query(cypher, '--json');
      const { errors } = JSON.parse(run.stdout) as { errors: Record<string, unknown>[] };
      assert.equal(run.code, 2);
      assert.deepEqual(
        [errors[0]?.['code'], errors[0]?.['position']],
        ['QUERY_INVALID', { line, column }],
        cypher,
      );
      assert.match(run.stderr, message);
      assert.match(run.stderr, /\^/);
    }
    assert.match((await query('CALL dbms.nothing()', '--write')).stderr, /no procedure/);
    const failed = await query('UNWIND [1, 0] AS x RETURN 1 / x');
    assert.deepEqual([failed.code, /by zero/.test(failed.stderr)], [1, true], failed.stderr);
  });

  it('is ended by --timeout and by Ctrl-C, on the server too', async () => {
    const late = await query(ENDLESS, '--timeout', '500ms');
    assert.deepEqual([late.code, /took longer than 0\.500 s/.test(late.stderr)], [1, true]);
    await gone('range(1, 100000000)');
    const child = spawn(process.execPath, [BINARY, 'query', ENDLESS, '--db', server.url], {
      env: environment(server),
      stdio: 'ignore',
    });
    await until(async () => (await running('range(1, 100000000)')) > 0);
    const sent = performance.now();
    child.kill('SIGINT');
    const signal = await new Promise((resolve) =>
      child.on('close', (_code, name) => {
        resolve(name);
      }),
    );
    assert.equal(signal, 'SIGINT');
    assert.ok(performance.now() - sent < 2000);
    await gone('range(1, 100000000)');
  });

  it('is a function of the library', async () => {
    const rows: unknown[] = [];
    const cypher =
      'MATCH (p:Person) WHERE p.id >= $least RETURN p.id AS id, p.name AS name ORDER BY id';
    const options = { server: access(), params: { least: 2 } };
    for await (const row of queryDatabase(server.url, cypher, options)) rows.push(row);
    assert.deepEqual(rows, [
      { id: 2, name: 'Bob' },
      { id: 3, name: 'Cid' },
    ]);
    const ending = new AbortController();
    const endless = queryDatabase(server.url, ENDLESS, { server: access(), signal: ending.signal });
    const first = endless.next();
    setTimeout(() => {
      ending.abort(new Error('enough'));
    }, 300);
    await assert.rejects(first, /enough/);
    await gone('range(1, 100000000)');
    const stranger = queryDatabase(server.url, 'RETURN 1', { server: { password: 'another' } });
    await assert.rejects(
      stranger.next(),
      (error) => error instanceof KgloadError && error.code === 'SERVER_UNAUTHORIZED',
    );
    const write = queryDatabase(server.url, 'CREATE (:U) RETURN 1', { server: access() });
    await assert.rejects(
      write.next(),
      (error) => error instanceof KgloadError && error.code === 'QUERY_REFUSED',
    );
  });

  it('shows nothing secret, and says what works on files alone', async () => {
    const secret = server.url.replace('//', '//neo4j:geheim@');
    const run = await kgload(['query', 'RETURN 1', '--db', secret, '--json'], {
      env: environment(server),
    });
    assert.equal(run.code, 2);
    assert.doesNotMatch(run.stdout + run.stderr, /geheim/);
    const asked = await kgload(['ask', 'callers', 'main', '--db', server.url]);
    assert.equal(asked.code, 2);
    assert.match(
      asked.stderr,
      /^kgload: error: this works on a database file, and .* is on a server/,
    );
  });

  function access(): { username: string; password: string } {
    return { username: server.username, password: server.password };
  }

  /** How many queries run on the server that hold a text. */
  async function running(text: string): Promise<number> {
    const [count] = await ask(
      server,
      `SHOW TRANSACTIONS YIELD currentQuery AS q WHERE q CONTAINS '${text}' AND NOT q STARTS WITH 'SHOW' RETURN count(*) AS n`,
    );
    return Number(count);
  }

  async function gone(text: string): Promise<void> {
    await until(async () => (await running(text)) === 0);
  }
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const start = performance.now(); performance.now() - start < 10_000;) {
    if (await isSo()) return;
    await sleep(50);
  }
  assert.fail('it did not happen within 10 s');
}
