/** `kgload stats` and `kgload schema` of a real server, filled by the driver alone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import neo4j from 'neo4j-driver';
import { openServer } from '../src/bolt/server.js';
import { KgloadError, readStats } from '../src/index.js';
import { readServerSchema } from '../src/server/schema.js';
import type { GraphSchema } from '../src/types.js';
import { kgload, type Run, scratch } from './helpers.js';
import { type Neo4jServer, neo4jMissing, startNeo4j } from './neo4j.js';
import { environment, fill } from './serverhelpers.js';

const EMPTY = 'MATCH (n) DETACH DELETE n';
const KEY = (label: string, property: string): [string] => [
  `CREATE CONSTRAINT IF NOT EXISTS FOR (n:${label}) REQUIRE n.${property} IS UNIQUE`,
];

async function run(server: Neo4jServer, ...args: string[]): Promise<Run> {
  const [command = '', ...rest] = args;
  return await kgload([command, '--db', server.url, ...rest], { env: environment(server) });
}

/** Reads the schema in this process. */
async function schemaOf({ url, username, password }: Neo4jServer): Promise<GraphSchema> {
  const server = await openServer(url, { username, password });
  try {
    return await readServerSchema(server);
  } finally {
    await server.close();
  }
}

describe('kgload stats and schema of a server', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after });

  it('counts nodes by label and edges by type, and says how many edges nodes have', async () => {
    const server = await starting;
    await fill(
      server,
      [EMPTY],
      ['UNWIND range(1, 10) AS id CREATE (:A {id: id})'],
      ['CREATE (:B {id: 1}), (:B:Extra {id: 2}), (:_KgloadMarker {table: "A"}), ()'],
      ['MATCH (a:A), (b:B {id: 1}) WHERE a.id <= 4 CREATE (a)-[:R]->(b), (a)-[:`S T`]->(a)'],
      ['MATCH (a:A {id: 1}), (b:B {id: 2}) CREATE (a)-[:R]->(b), (a)-[:R]->(b)'],
    );
    const counts = {
      total_nodes: 13,
      total_edges: 10,
      node_rows: { A: 10, B: 2, Extra: 1 },
      edge_rows: { R: 6, 'S T': 4 },
    };
    const { code, stdout } = await run(server, 'stats', '--degrees', '--json');
    assert.equal(code, 0);
    const json = JSON.parse(stdout) as typeof counts & {
      degrees: unknown;
      database: { path: string; engine: string; version: string; storage_version: null };
    };
    const { total_nodes, total_edges, node_rows, edge_rows, degrees, database } = json;
    assert.deepEqual({ total_nodes, total_edges, node_rows, edge_rows }, counts);
    assert.deepEqual(degrees, {
      R: {
        out: { nodes: 10, mean: 0.6, max: 3, isolated: 6 },
        // B and Extra share a node.
        in: { nodes: 2, mean: 3, max: 4, isolated: 0 },
      },
      'S T': {
        out: { nodes: 10, mean: 0.4, max: 1, isolated: 6 },
        in: { nodes: 10, mean: 0.4, max: 1, isolated: 6 },
      },
    });
    assert.deepEqual(
      [database.path, database.engine, database.storage_version],
      [server.url, 'neo4j', null],
    );
    assert.match(database.version, /^\d+\.\d+/);
    const table = await run(server, 'stats');
    assert.match(table.stdout, new RegExp(`^${server.url}: neo4j ${database.version}\n`));
    assert.match(table.stdout, /^nodes +13$/m);
  });

  it('shows what schema a graph comes to, by all of its values', async () => {
    const server = await starting;
    const { types } = neo4j;
    const row = {
      id: 'a',
      i: 2n ** 63n - 1n,
      x: 0.5,
      ok: true,
      d: new types.Date(2020, 1, 2),
      ts: new types.LocalDateTime(2020, 1, 2, 3, 4, 5, 6000),
      tz: new types.DateTime(2020, 1, 2, 3, 4, 5, 6000, 0),
      span: new types.Duration(1, 2, 3, 4000),
      bytes: new Int8Array([1, -2]),
      no_bytes: new Int8Array(0),
      ints: [1n, 300n],
      small: [1n, 2n],
      xs: [0.5],
      texts: ['x'],
      nothing: [],
    };
    await fill(
      server,
      [EMPTY],
      KEY('File', 'path'),
      KEY('T', 'id'),
      KEY('C', 'id'),
      ['CREATE (n:T) SET n = $row', { row }],
      [
        "CREATE (:T {id: 'b', ints: [], texts: []}), (:C {id: 1}), (:File {path: 'a.ts', content_hash: 'x', language: 'y'})",
      ],
      [
        "MATCH (t:T {id: 'a'}), (c:C) CREATE (t)-[:R {w: 1}]->(c), (c)-[:R {note: 'x'}]->(t), (t)-[:`S T`]->(t)",
      ],
    );
    const { code, stdout, stderr } = await run(server, 'schema');
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'CREATE NODE TABLE `C`(`id` INT64, PRIMARY KEY(`id`));',
      'CREATE NODE TABLE `File`(`path` STRING, `language` STRING, `content_hash` STRING, PRIMARY KEY(`path`));',
      'CREATE NODE TABLE `T`(`id` STRING, `bytes` BLOB, `d` DATE, `i` INT64, `ints` INT64[], `no_bytes` BLOB, `nothing` STRING[], `ok` BOOL, `small` INT64[], `span` INTERVAL, `texts` STRING[], `ts` TIMESTAMP, `tz` TIMESTAMP_TZ, `x` DOUBLE, `xs` DOUBLE[], PRIMARY KEY(`id`));',
      'CREATE REL TABLE `R`(FROM `C` TO `T`, FROM `T` TO `C`, `note` STRING, `w` INT64);',
      'CREATE REL TABLE `S T`(FROM `T` TO `T`);',
    ]);
    const { nodes } = await schemaOf(server);
    assert.deepEqual(
      nodes.map(({ name, file }) => [name, file]),
      [
        ['C', 'C'],
        ['File', 'files'],
        ['T', 'T'],
      ],
    );
    const mermaid = await run(server, 'schema', '--format', 'mermaid');
    assert.match(mermaid.stdout, /"T" \}o--o\{ "C" : "R · note · w"/);
  });

  it('names all that has no place in tables', async () => {
    const server = await starting;
    await fill(
      server,
      [EMPTY],
      KEY('T', 'id'),
      KEY('C', 'id'),
      ['CREATE (:T {id: 1, mixed: 1, place: point({x: 1, y: 2}), clock: localtime(), kept: 1})'],
      ["CREATE (:T {id: 2, mixed: 'x'}), (:C), (:Bare {a: 1}), (:T:Bare {id: 3})"],
      [
        'MATCH (t:T {id: 1}), (b:Bare {a: 1}) CREATE (t)-[:T]->(b), (t)-[:R]->(b), (t)-[:S {mixed: [1]}]->(t), (t)-[:S {mixed: 1.5}]->(t)',
      ],
    );
    const messages = [
      '1 node has the labels T and Bare, and a table of nodes is one label',
      'the label Bare has no property that tells its nodes apart: no constraint says so',
      'the label C has no property that tells all its nodes apart: its constraint is on id, which 1 nodes lack',
      'T.clock holds LOCAL TIME, for which tables have no type',
      'T.mixed holds values of several types (INTEGER, STRING)',
      'T.place holds POINT, for which tables have no type',
      'S.mixed holds values of several types (FLOAT, LIST<INTEGER>)',
      'T is a label and a type of relationships, and no two tables have one name',
    ];
    const { code, stdout, stderr } = await run(server, 'schema');
    assert.equal(code, 0);
    for (const message of messages) assert.ok(stderr.includes(`warning: ${message}`), message);
    assert.equal(stderr.trimEnd().split('\n').length, messages.length);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'CREATE NODE TABLE `T`(`id` INT64, `kept` INT64, PRIMARY KEY(`id`));',
      'CREATE REL TABLE `S`(FROM `T` TO `T`);',
    ]);
    await assert.rejects(schemaOf(server), (error) => {
      assert.ok(error instanceof KgloadError && error.code === 'NOT_TABULAR');
      for (const message of messages) assert.ok(error.message.includes(message), message);
      return true;
    });
  });

  it('draws a page of what has a place in tables', async (t) => {
    const server = await starting;
    await fill(
      server,
      [EMPTY],
      KEY('P', 'id'),
      ["UNWIND range(1, 30) AS id CREATE (:P {id: id, name: 'person ' + id})"],
      ['MATCH (a:P {id: 17}), (b:P) CREATE (a)-[:KNOWS]->(b)'],
      ['MATCH (a:P {id: 3}), (b:P {id: 4}) CREATE (a)-[:KNOWS]->(b), (:Bare)'],
    );
    const page = join(scratch(t), 'page.html');
    const { code, stdout, stderr } = await run(server, 'stats', '--html', page);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^nodes +31$/m);
    assert.match(stderr, /warning: the label Bare has no property that tells its nodes apart/);
    const html = readFileSync(page, 'utf8').replace(/<wbr>|&shy;/g, '');
    const hubs = [...html.matchAll(/title="(person \d+), key (\d+)".*?<td class="number">(\d+)/g)];
    assert.deepEqual(
      hubs.slice(0, 2).map(([, ...hub]) => hub),
      [
        ['person 17', '17', '30'],
        ['person 3', '3', '1'],
      ],
    );
  });

  it('is a function of the library', async () => {
    const { url, username, password, ...rest } = await starting;
    await fill({ url, username, password, ...rest }, [EMPTY], ['CREATE (:A)-[:R]->(:A)']);
    const { nodes, edges, degrees } = await readStats(url, {
      server: { username, password },
      degrees: true,
    });
    assert.deepEqual([nodes, edges], [{ A: 2 }, { R: 1 }]);
    const half = { nodes: 2, mean: 0.5, max: 1, isolated: 1 };
    assert.deepEqual(degrees, { R: { out: half, in: half } });
  });

  // The last, since wrong passwords lock a user out for a while.
  it('says in one line what is wrong', async () => {
    const server = await starting;
    const wrong = { ...server, password: 'another' };
    for (const command of [['stats'], ['schema'], ['stats', '--verify', '.']]) {
      const { code, stdout, stderr } = await run(wrong, ...command);
      assert.deepEqual([code, stdout], [2, ''], command.join(' '));
      assert.match(
        stderr,
        /^kgload: error: the server at \S+ does not take this user and password/,
      );
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      const closed = await run({ ...server, url: 'bolt://127.0.0.1:1' }, ...command);
      assert.equal(closed.code, 2);
      assert.match(
        closed.stderr,
        /no server answers at bolt:\/\/127\.0\.0\.1:1: the port is closed/,
      );
      assert.equal(closed.stderr.trimEnd().split('\n').length, 1, closed.stderr);
    }
    const secret = server.url.replace('://', '://neo4j:s3cret@');
    for (const command of [['stats'], ['schema'], ['stats', '--verify', '.'], ['load', '.']]) {
      const { code, stdout, stderr } = await run({ ...server, url: secret }, ...command, '--json');
      assert.equal(code, 2);
      assert.doesNotMatch(stdout + stderr, /s3cret/, command.join(' '));
    }
    const create = await run(server, 'schema', '--create');
    assert.equal(create.code, 2);
    assert.match(create.stderr, /--create makes tables, and a server has none/);
    const { url, username } = server;
    await assert.rejects(
      readStats(url, { server: { username, password: 'another' } }),
      (error) => error instanceof KgloadError && error.code === 'SERVER_UNAUTHORIZED',
    );
  });
});
