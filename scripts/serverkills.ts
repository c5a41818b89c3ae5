/**
 * Loads into a Neo4j server of which the server or kgload is killed at random, resumed until they end, and
 * held against what was generated.
 *
 *     node dist/scripts/serverkills.js [--rounds N=30] [--seed N=1]
 *
 * Every round loads anew and kills up to three times. Exit code 1 if a graph was wrong.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import neo4j from 'neo4j-driver';
import { BINARY, ENVIRONMENT, execute } from '../test/helpers.js';
import { mulberry32 } from './mutate.js';
import { type Neo4jServer, runNeo4j } from './neo4j-server.js';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});

const NODES = 50_000;
const EDGES = 120_000;
/** Of these some are parallel: a batch that is written twice shows. */
const TARGET = 'CAST((i * i + 7) % 50000 AS INT64)';

function writeDataset(directory: string): string {
  const dataset = join(directory, 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  execute(
    ':memory:',
    `COPY (UNWIND range(0, ${NODES - 1}) AS i RETURN i AS id, CAST(hash(i) AS STRING) AS text) TO '${dataset}/nodes/A.parquet'`,
    `COPY (UNWIND range(0, ${EDGES - 1}) AS i RETURN i % ${NODES} AS \`from\`, ${TARGET} AS \`to\`, i % 3 AS w) TO '${dataset}/edges/R.parquet'`,
  );
  writeFileSync(
    join(dataset, 'schema.cypher'),
    'CREATE NODE TABLE A(id INT64 PRIMARY KEY, text STRING); CREATE REL TABLE R(FROM A TO A, w INT64);',
  );
  return dataset;
}

/** What is there when all of it is there once. */
function expected(): string {
  let [ids, ends] = [0n, 0n];
  for (let i = 0; i < NODES; i += 1) ids += BigInt(i);
  for (let i = 0; i < EDGES; i += 1) {
    const target = Number((BigInt(i) * BigInt(i) + 7n) % BigInt(NODES));
    ends += BigInt((i % NODES) * 3 + target * 5 + (i % 3));
  }
  return [NODES, NODES, ids, EDGES, ends, 0].join(' ');
}

async function stateOf(server: Neo4jServer): Promise<string> {
  return await askFor(
    server,
    'MATCH (a:A) WITH count(a) AS nodes, count(DISTINCT a.id) AS keys, sum(a.id) AS ids MATCH (a:A)-[r:R]->(b:A) WITH nodes, keys, ids, count(r) AS edges, sum(a.id * 3 + b.id * 5 + r.w) AS ends OPTIONAL MATCH (m:_KgloadMarker) RETURN nodes, keys, ids, edges, ends, count(m)',
  );
}

async function askFor(server: Neo4jServer, cypher: string): Promise<string> {
  const auth = neo4j.auth.basic(server.username, server.password);
  const driver = neo4j.driver(server.url, auth, { useBigInt: true });
  try {
    const { records } = await driver.executeQuery(cypher);
    return [...((records[0]?.values() ?? []) as Iterable<bigint>)].join(' ');
  } finally {
    await driver.close();
  }
}

/** Loads until it ends, or one of the two is killed. */
async function attempt(
  server: Neo4jServer,
  args: string[],
  kill: { who: 'kgload' | 'server'; after: number } | undefined,
): Promise<{ code: number | null; out: string }> {
  const { username, password } = server;
  const child = spawn(process.execPath, [BINARY, 'load', '--db', server.url, '--json', ...args], {
    env: { ...ENVIRONMENT, NEO4J_USERNAME: username, NEO4J_PASSWORD: password },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (out += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  if (kill) {
    await Promise.race([wait(kill.after), ended]);
    if (kill.who === 'kgload') child.kill('SIGKILL');
    else {
      await server.kill('SIGKILL');
      await server.restart();
    }
  }
  return { code: await ended, out };
}

const random = mulberry32(Number(flags.seed));
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-serverkills-')));
const server = await runNeo4j({ auth: true });
let [right, kills, resumed] = [0, 0, 0];
try {
  const dataset = writeDataset(directory);
  const wanted = expected();
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    let args = [dataset, '--fresh', '--yes'];
    let code: number | null = null;
    let out = '';
    for (let i = 0; i < 12 && code !== 0; i += 1) {
      const who = random() < 0.5 ? 'kgload' : 'server';
      const kill = i < 3 ? { who, after: 700 + random() * 5000 } : undefined;
      ({ code, out } = await attempt(server, args, kill as Parameters<typeof attempt>[2]));
      if (kill) kills += 1;
      // A load that did not begin has nothing to go on with.
      if (code !== 0 && args.includes('--fresh')) {
        const hasBegun = (await askFor(server, 'MATCH (m:_KgloadMarker) RETURN count(m)')) !== '0';
        if (hasBegun) args = [dataset, '--resume'];
      }
      if (args.includes('--resume')) resumed += 1;
    }
    const state = await stateOf(server);
    if (state === wanted) right += 1;
    else process.stdout.write(`round ${round}: ${state}, not ${wanted}\n${out.slice(-2000)}\n`);
  }
} finally {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.stdout.write(
  `${right} of ${flags.rounds} right, ${kills} times killed, ${resumed} times resumed\n`,
);
process.exitCode = right === Number(flags.rounds) ? 0 : 1;
