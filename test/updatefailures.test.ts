/** `load --update` that is killed, interrupted, or finds the disk full: the database is the old or the new one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  BINARY,
  type CommandJson,
  ENVIRONMENT,
  execute,
  kgload,
  queryEach,
  scratch,
} from './helpers.js';
import { dice } from './updatevalues.js';

const ROWS = 30_000;

/** Nodes with names that do not compress, and edges; each version changes, adds and deletes some. */
function writeVersion(directory: string, version: 0 | 1): string {
  const dataset = join(directory, `dataset${version}`);
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const rows = `UNWIND range(${version * 1000}, ${version * 1000 + ROWS - 1}) AS i`;
  const text = `CASE WHEN i % 5 = 0 THEN '${version}' ELSE '' END + 'n' + CAST(hash(i) AS STRING) + CAST(hash(i + 1) AS STRING)`;
  execute(
    ':memory:',
    `COPY (${rows} RETURN i AS id, ${text} AS name, i % 7 + ${version} AS n) TO '${dataset}/nodes/A.parquet'`,
    `COPY (${rows} RETURN i AS \`from\`, ${version * 1000} + (i * 7) % ${ROWS} AS \`to\`, i % 3 AS w) TO '${dataset}/edges/R.parquet'`,
  );
  writeFileSync(
    join(dataset, 'schema.cypher'),
    'CREATE NODE TABLE A(id INT64 PRIMARY KEY, name STRING, n INT64);\nCREATE REL TABLE R(FROM A TO A, w INT64);',
  );
  return dataset;
}

/** Sums that tell one version from the other, and from what is between them. */
function stateOf(db: string): string {
  const all = queryEach(db, [
    'MATCH (a:A) RETURN count(*) AS n, sum(a.id) AS ids, sum(a.n) AS ns, sum(CAST(hash(a.name) % 1000003 AS INT64)) AS names',
    'MATCH (a:A)-[r:R]->(b:A) RETURN count(*) AS n, sum(a.id * 3 + b.id * 5 + r.w) AS s',
    'MATCH (b:A) WITH b MATCH (a:A)-[r:R]->(b) RETURN count(*) AS n, sum(a.id * 3 + b.id * 5 + r.w) AS s',
    `UNWIND range(0, ${ROWS + 999}) AS k MATCH (n:A {id: k}) RETURN count(*) AS n, sum(n.id) AS s`,
  ]);
  return JSON.stringify(all, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

interface Prepared {
  directory: string;
  /** Of the old version. */
  original: string;
  /** Of the new version. */
  dataset: string;
  db: string;
  states: { old: string; new: string };
  args: string[];
  seconds: number;
}

const updating = (dataset: string, db: string): string[] =>
  `load ${dataset} --db ${db} --update --delete-missing --json`.split(' ');

async function prepare(t: TestContext): Promise<Prepared> {
  const directory = scratch(t);
  const [first, second] = [writeVersion(directory, 0), writeVersion(directory, 1)];
  const original = join(directory, 'original.db');
  const place = join(directory, 'place');
  mkdirSync(place);
  const db = join(place, 'graph.db');
  const loaded = await kgload(['load', first, '--db', original, '-q']);
  assert.equal(loaded.code, 0, loaded.stderr);
  copyFileSync(original, db);
  const args = updating(second, db);
  const began = performance.now();
  const updated = await kgload(args);
  assert.equal(updated.code, 0, updated.stdout);
  const seconds = (performance.now() - began) / 1000;
  const verified = await kgload(['stats', '--db', db, '--verify', second]);
  assert.equal(verified.code, 0, verified.stdout);
  const states = { old: stateOf(original), new: stateOf(db) };
  assert.notEqual(states.old, states.new);
  return { directory, original, dataset: second, db, states, args, seconds };
}

async function run(
  command: readonly string[],
  signal?: { name: 'SIGKILL' | 'SIGINT'; after: number },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = signal && setTimeout(() => child.kill(signal.name), signal.after);
  return await new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

describe('an update that does not come to its end', () => {
  it('by a signal leaves the old or the new database, and the next one takes all away', async (t) => {
    const { directory, original, dataset, states, seconds } = await prepare(t);
    const roll = dice(16);
    for (let i = 0; i < 8; i += 1) {
      // A place of its own: an early SIGINT takes nothing away that a SIGKILL before it left.
      const place = join(directory, `round${i}`);
      mkdirSync(place);
      const db = join(place, 'graph.db');
      const args = updating(dataset, db);
      copyFileSync(original, db);
      const name = i % 4 === 3 ? 'SIGINT' : 'SIGKILL';
      const after = (0.25 + (i + roll(100) / 100) * 0.1) * seconds * 1000;
      const { code, stderr } = await run([process.execPath, BINARY, ...args], { name, after });
      const state = stateOf(db);
      assert.ok(
        state === states.old || state === states.new,
        `${name} after ${after} ms: ${state}`,
      );
      if (name === 'SIGINT') {
        assert.ok(code === null || code === 0, `${code} ${stderr}`);
        assert.deepEqual(readdirSync(place), ['graph.db']);
      }
      if (i % 3 > 0) continue;
      const next = await kgload(args);
      assert.equal(next.code, 0, next.stdout);
      assert.equal(stateOf(db), states.new);
      assert.deepEqual(readdirSync(place), ['graph.db']);
    }
  });

  it('by a full disk leaves the old database', async (t) => {
    const { original, db, states, args } = await prepare(t);
    const bytes = readFileSync(original);
    const kilobytes = bytes.length / 1024;
    let isDone = false;
    for (const size of [4, 64, 300, 0.3 * kilobytes, 0.9 * kilobytes, 1.05 * kilobytes, 100_000]) {
      copyFileSync(original, db);
      const limit = `trap '' XFSZ; ulimit -f ${2 * Math.round(size)}; exec "$@"`;
      const { code, stdout, stderr } = await run([
        'sh',
        '-c',
        limit,
        'sh',
        process.execPath,
        BINARY,
        ...args,
      ]);
      const json = JSON.parse(stdout) as CommandJson;
      isDone = code === 0;
      assert.deepEqual(readdirSync(join(db, '..')), ['graph.db']);
      assert.equal(stateOf(db), isDone ? states.new : states.old);
      if (isDone) continue;
      assert.ok(readFileSync(db).equals(bytes));
      assert.deepEqual(
        [json.errors.map((error) => error.code), json.published],
        [['DISK_FULL'], false],
        `${size}: ${stdout}`,
      );
      assert.doesNotMatch(stderr, /unexpected|damaged|\n {4}at /);
    }
    assert.ok(isDone);
  });
});
