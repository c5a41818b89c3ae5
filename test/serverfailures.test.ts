/** Loads into a server that dies, may not be written, or has too little memory. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it, type TestContext } from 'node:test';
import { execute, scratch } from './helpers.js';
import { neo4jMissing, type Neo4jServer, startNeo4j } from './neo4j.js';
import { ask, load } from './serverhelpers.js';

const ROWS = 60_000;

function writeDataset(t: TestContext): string {
  const dataset = join(scratch(t), 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const rows = `UNWIND range(0, ${ROWS - 1}) AS i`;
  execute(
    ':memory:',
    `COPY (${rows} RETURN i AS id, repeat(CAST(hash(i) AS STRING), 10) AS text) TO '${dataset}/nodes/A.parquet'`,
    `COPY (${rows} RETURN i AS \`from\`, (i * 7) % ${ROWS} AS \`to\`, i % 5 AS w) TO '${dataset}/edges/R.parquet'`,
  );
  writeFileSync(
    join(dataset, 'schema.cypher'),
    'CREATE NODE TABLE A(id INT64 PRIMARY KEY, text STRING); CREATE REL TABLE R(FROM A TO A, w INT64);',
  );
  return dataset;
}

const SUMS =
  'MATCH (a:A) WITH count(a) AS nodes, sum(a.id) AS ids, sum(size(a.text)) AS texts MATCH (a:A)-[r:R]->(b:A) RETURN nodes, ids, texts > 0, count(r), sum(a.id * 3 + b.id + r.w)';

function expected(): unknown[] {
  let [ids, ends] = [0n, 0n];
  for (let i = 0; i < ROWS; i += 1) {
    ids += BigInt(i);
    ends += BigInt(i * 3 + ((i * 7) % ROWS) + (i % 5));
  }
  return [BigInt(ROWS), ids, true, BigInt(ROWS), ends];
}

/** Waits for the first batches of a load. */
async function untilBegun(server: Neo4jServer): Promise<void> {
  for (let i = 0; i < 600; i += 1) {
    const [rows] = await ask(server, 'MATCH (m:_KgloadMarker) RETURN sum(m.rows)');
    if (rows !== 0n) return;
    await wait(50);
  }
  throw new Error('no batch was written within half a minute');
}

describe('a server that fails', { skip: neo4jMissing() }, () => {
  it('by SIGKILL is waited for, and the load goes on by itself', async (t) => {
    const server = await startNeo4j(t, { auth: true });
    const dataset = writeDataset(t);
    const loading = load(server, [dataset]);
    await untilBegun(server);
    await server.kill();
    await server.restart();
    const { code, json } = await loading;
    assert.equal(code, 0, JSON.stringify(json?.errors));
    assert.deepEqual(await ask(server, SUMS), expected());
  });

  it('and does not come back ends the load with the way to go on', async (t) => {
    const server = await startNeo4j(t, { auth: true });
    const dataset = writeDataset(t);
    const loading = load(server, [dataset]);
    await untilBegun(server);
    await server.kill();
    const { code, json } = await loading;
    const [error] = json?.errors ?? [];
    assert.deepEqual([code, error?.code, json?.published], [1, 'SERVER_LOST', false]);
    assert.match(error?.hint ?? '', /--resume/);
    await server.restart();
    const resumed = await load(server, [dataset, '--resume']);
    assert.equal(resumed.code, 0, JSON.stringify(resumed.json?.errors));
    assert.deepEqual([resumed.json?.total_nodes, resumed.json?.total_edges], [ROWS, ROWS]);
    assert.deepEqual(await ask(server, SUMS), expected());
  });

  it('for want of memory is given smaller batches', async (t) => {
    const server = await startNeo4j(t, {
      auth: true,
      config: { 'dbms.memory.transaction.total.max': '16m' },
    });
    // Otherwise nothing is tried here.
    const batch =
      "UNWIND range(1, 10000) AS i CREATE (:X {id: i, text: reduce(s = '', k IN range(1, 20) | s + '0123456789')})";
    await assert.rejects(ask(server, batch), {
      code: 'Neo.TransientError.General.MemoryPoolOutOfMemoryError',
    });
    const dataset = writeDataset(t);
    const { code, json } = await load(server, [dataset]);
    assert.equal(code, 0, JSON.stringify(json?.errors));
    assert.deepEqual(await ask(server, SUMS), expected());
  });

  it('since it may only be read says so in one line', async (t) => {
    const server = await startNeo4j(t, { auth: true });
    const dataset = writeDataset(t);
    await server.kill();
    appendFileSync(server.config, '\nserver.databases.default_to_read_only=true\n');
    await server.restart();
    const { code, json, stderr } = await load(server, [dataset]);
    assert.deepEqual([code, json?.errors[0]?.code], [2, 'TARGET_UNWRITABLE']);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
});
