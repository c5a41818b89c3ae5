/** `kgload load` into a real server: counts, values, bad rows, interruption and --resume. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import * as library from '../src/index.js';
import { execute, scratch } from './helpers.js';
import { neo4jMissing, startNeo4j } from './neo4j.js';
import { ask, load } from './serverhelpers.js';

const NODES = 40_000;
const EDGES = 60_000;

/** Nodes with text and numbers, and edges of which `bad` lead to no node. */
function writeDataset(t: TestContext, bad = 0): string {
  const dataset = join(scratch(t), 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  execute(
    ':memory:',
    `COPY (UNWIND range(0, ${NODES - 1}) AS i RETURN 'k' + CAST(i AS STRING) AS id, i AS n, i / 4.0 AS x, i % 2 = 0 AS even, to_timestamp(i) AS at) TO '${dataset}/nodes/A.parquet'`,
    `COPY (UNWIND range(0, ${EDGES - 1}) AS i RETURN 'k' + CAST(i % ${NODES} AS STRING) AS \`from\`, CASE WHEN i < ${bad} THEN 'none' ELSE 'k' + CAST((i * 7) % ${NODES} AS STRING) END AS \`to\`, i AS w) TO '${dataset}/edges/R.parquet'`,
  );
  writeFileSync(
    join(dataset, 'schema.cypher'),
    'CREATE NODE TABLE A(id STRING PRIMARY KEY, n INT64, x DOUBLE, even BOOL, at TIMESTAMP);\nCREATE REL TABLE R(FROM A TO A, w INT64);',
  );
  return dataset;
}

const SUMS = `MATCH (a:A) WITH count(a) AS nodes, sum(a.n) AS n, sum(a.x) AS x, count(CASE WHEN a.even THEN 1 END) AS even, max(a.at) AS at
  MATCH (a:A)-[r:R]->(b:A) WITH nodes, n, x, even, at, count(r) AS edges, sum(r.w) AS w, sum(a.n * 3 + b.n) AS ends
  RETURN nodes, n, x, even, toString(at), edges, w, ends`;

/** The same sums, of what was generated. */
function expected(bad = 0): unknown[] {
  let [n, x, w, ends] = [0n, 0, 0n, 0n];
  for (let i = 0; i < NODES; i += 1) {
    n += BigInt(i);
    x += i / 4;
  }
  for (let i = bad; i < EDGES; i += 1) {
    w += BigInt(i);
    ends += BigInt((i % NODES) * 3 + ((i * 7) % NODES));
  }
  const at = new Date((NODES - 1) * 1000).toISOString().slice(0, 19);
  return [BigInt(NODES), n, x, BigInt(NODES / 2), at, BigInt(EDGES - bad), w, ends];
}

describe('kgload load into a server', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after }, { auth: true });

  it('writes what the dataset says, and refuses to write it twice', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t);
    const first = await load(server, [dataset, '--fresh', '--yes']);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(
      [first.json?.total_nodes, first.json?.total_edges, first.json?.published],
      [NODES, EDGES, true],
    );
    assert.deepEqual(await ask(server, SUMS), expected());
    const again = await load(server, [dataset]);
    assert.equal(again.json?.errors[0]?.code, 'TARGET_NOT_EMPTY');
    const bare = await load(server, [dataset, '--fresh']);
    assert.equal(bare.code, 2);
    assert.match(bare.json?.errors[0]?.hint ?? '', /--yes/);
    assert.deepEqual(await ask(server, 'MATCH (m:_KgloadMarker) RETURN count(m)'), [0n]);
  });

  it('leaves out edges without a node, and counts them', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t, 25);
    const refused = await load(server, [dataset, '--fresh', '--yes']);
    assert.deepEqual(
      [refused.code, refused.json?.errors.map(({ code }) => code)],
      [1, ['MISSING_ENDPOINT']],
    );
    const { code, json } = await load(server, [dataset, '--fresh', '--yes', '--skip-bad-rows']);
    assert.deepEqual([code, json?.total_edges, json?.total_skipped], [0, EDGES - 25, 25]);
    assert.deepEqual(await ask(server, SUMS), expected(25));
  });

  it('goes on where a killed or interrupted load ended', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t);
    assert.equal((await load(server, [dataset, '--fresh', '--yes', '--dry-run'])).code, 0);
    await ask(server, 'MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS').catch(
      async () => {
        await ask(server, 'MATCH ()-[r]->() DELETE r');
        await ask(server, 'MATCH (n) DELETE n');
      },
    );
    let args: string[] = [];
    let interrupted = 0;
    for (const [i, name] of (['SIGKILL', 'SIGINT', 'SIGKILL'] as const).entries()) {
      const { code } = await load(server, [dataset, ...args], { name, after: 900 + 200 * i });
      if (code === 0) break;
      const [markers] = await ask(server, 'MATCH (m:_KgloadMarker) RETURN count(m)');
      if (markers === 0n) continue;
      interrupted += 1;
      const bare = await load(server, [dataset]);
      assert.equal(bare.json?.errors[0]?.code, 'LOAD_UNFINISHED');
      args = ['--resume'];
    }
    t.diagnostic(`${interrupted} of 3 were in the middle`);
    const [left] = await ask(server, 'MATCH (m:_KgloadMarker) RETURN count(m)');
    const [nodes] = await ask(server, 'MATCH (a:A) RETURN count(a)');
    // On a fast machine one of them may have come to its end.
    if (left !== 0n || nodes === 0n) {
      const last = await load(server, left === 0n ? [dataset] : [dataset, '--resume']);
      assert.equal(last.code, 0, JSON.stringify(last.json?.errors));
    }
    assert.deepEqual(await ask(server, SUMS), expected());
    assert.deepEqual(await ask(server, 'MATCH (m:_KgloadMarker) RETURN count(m)'), [0n]);
  });

  it('works in the library as on the command line', async (t) => {
    const server = await starting;
    const { url, username, password } = server;
    const access = { server: { username, password } };
    const dataset = writeDataset(t);
    const plan = await library.dryRun(url, dataset, { ...access, fresh: true });
    assert.deepEqual(
      [plan.totalNodes, plan.totalEdges, plan.published, plan.plan.commit],
      [NODES, EDGES, false, 'batch'],
    );
    assert.match(plan.plan.create[0] ?? '', /CREATE CONSTRAINT .* FOR \(n:`A`\) REQUIRE n.`id`/);
    await assert.rejects(library.load(url, dataset, { ...access, fresh: true }), {
      code: 'USAGE',
      message: /cannot be undone/,
    });
    const report = await library.load(url, dataset, {
      ...access,
      fresh: true,
      deleteEverything: true,
    });
    assert.deepEqual([report.errors, report.published], [[], true]);
    assert.deepEqual(await ask(server, SUMS), expected());
    const { nodes, edges, database } = await library.readStats(url, access);
    assert.deepEqual([nodes, edges, database.engine], [{ A: NODES }, { R: EDGES }, 'neo4j']);
    await assert.rejects(library.load(url, dataset, { server: { password: 'another' } }), {
      code: 'SERVER_UNAUTHORIZED',
    });
  });

  it('says in one line what is wrong with the server', async (t) => {
    const server = await starting;
    const dataset = writeDataset(t);
    const wrong = await load({ ...server, password: 'another' }, [dataset]);
    assert.equal(wrong.json?.errors[0]?.code, 'SERVER_UNAUTHORIZED');
    assert.doesNotMatch(JSON.stringify(wrong.json), /another/);
    const closed = await load({ ...server, url: 'bolt://127.0.0.1:9' }, [dataset]);
    assert.equal(closed.json?.errors[0]?.code, 'SERVER_UNREACHABLE');
    const secure = await load({ ...server, url: server.url.replace('bolt', 'bolt+s') }, [dataset]);
    assert.match(secure.json?.errors[0]?.message ?? '', /does not speak TLS/);
    const secret = server.url.replace('//', '//neo4j:geheim@');
    const url = await load({ ...server, url: secret }, [dataset]);
    assert.equal(url.code, 2);
    assert.match(url.json?.errors[0]?.hint ?? '', /NEO4J_PASSWORD/);
    assert.doesNotMatch(JSON.stringify(url.json?.errors), /geheim/);
  });
});
