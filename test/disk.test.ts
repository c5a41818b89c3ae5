/**
 * A disk that is full at every write. The limit of a file's size is one that needs no disk of its own;
 * on Linux, a file system in memory is another.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { BINARY, execute, kgload, onEngine, query, scratch, type CommandJson } from './helpers.js';

const ROWS = 40_000;
const SECONDS = 30;

/** Nodes with names that do not compress, and edges: some 4 MB of database. */
function makeDataset(directory: string, name: string, first: number): string {
  const dataset = join(directory, name);
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const rows = `UNWIND range(${first}, ${first + ROWS - 1}) AS i`;
  const text = "'n' + CAST(i AS STRING) + ' ' + CAST(hash(i) AS STRING)";
  execute(
    ':memory:',
    `COPY (${rows} RETURN i AS id, ${text} AS name) TO '${dataset}/nodes/A.parquet'`,
    `COPY (${rows} RETURN i AS id, ${text} AS name) TO '${dataset}/nodes/B.parquet'`,
    `COPY (${rows} RETURN i AS \`from\`, ${first} + (i * 7) % ${ROWS} AS \`to\`) TO '${dataset}/edges/R.parquet'`,
  );
  const schema = `CREATE NODE TABLE A(id INT64 PRIMARY KEY, name STRING);
CREATE NODE TABLE B(id INT64 PRIMARY KEY, name STRING);
CREATE REL TABLE R(FROM A TO B);`;
  writeFileSync(join(dataset, 'schema.cypher'), schema);
  return dataset;
}

/** Runs kgload where no file may be larger than some kilobytes: POSIX counts in halves of them. */
async function limited(
  kilobytes: number,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string; seconds: number }> {
  const began = Date.now();
  const script = `trap '' XFSZ; ulimit -f ${2 * kilobytes}; exec "$@"`;
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, BINARY, ...onEngine(args)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SECONDS * 1000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => (stdout += data));
  child.stderr.setEncoding('utf8').on('data', (data: string) => (stderr += data));
  return await new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, stdout, stderr, seconds: (Date.now() - began) / 1000 });
    });
  });
}

interface State {
  counts: Record<string, unknown>[][];
  sums: unknown;
}

function stateOf(db: string): State {
  return {
    counts: [
      query(
        db,
        'MATCH (n) RETURN label(n) AS t, count(*) AS n, min(n.name) AS a, max(n.name) AS z ORDER BY t',
      ),
      query(db, 'MATCH (a:A)-[r:R]->(b:B) RETURN count(*) AS n, sum(a.id * 3 + b.id) AS s'),
    ],
    sums: query(db, 'UNWIND range(0, 79999) AS k MATCH (n:A {id: k}) RETURN count(*) AS n'),
  };
}

/** Sizes between nothing and all, in kilobytes, that stop a load at different writes. */
function sizes(megabytes: number): number[] {
  return [1.5, 16, 200, 0.1, 0.25, 0.5, 0.7, 0.9].map((size) =>
    size < 1 ? Math.round(size * megabytes * 1024) : size,
  );
}

function assertFull(run: {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}): void {
  const json = JSON.parse(run.stdout) as CommandJson;
  assert.deepEqual(
    json.errors.map(({ code }) => code).filter((code) => code !== 'NODES_FAILED'),
    ['DISK_FULL'],
    run.stdout,
  );
  assert.equal(json.published, false);
  assert.doesNotMatch(run.stderr, /unexpected|damaged|\n {4}at /);
  assert.ok(run.seconds < SECONDS - 5, `${run.seconds} s`);
}

describe('a full disk', () => {
  it('ends a fresh load within seconds, and leaves the old database', async (t) => {
    const { directory, dataset, db, megabytes } = await prepared(t);
    const before = readFileSync(db);
    const names = readdirSync(directory);
    for (const size of sizes(megabytes)) {
      const run = await limited(size, ['load', dataset, '--db', db, '--fresh', '--json']);
      assertFull(run);
      assert.ok(readFileSync(db).equals(before), `${size} kB`);
      assert.deepEqual(readdirSync(directory), names);
    }
  });

  it('ends an append within seconds, and leaves every row', async (t) => {
    const { directory, db, megabytes } = await prepared(t);
    const more = makeDataset(directory, 'more', ROWS);
    const before = stateOf(db);
    let isLoaded = false;
    const bytes = readFileSync(db);
    const names = readdirSync(directory);
    for (const size of sizes(megabytes)) {
      const limit = Math.round(megabytes * 1024) + size;
      const run = await limited(size < 300 ? size : limit, [
        'load',
        more,
        '--db',
        db,
        '--append',
        '--json',
      ]);
      if (run.code === 0) {
        isLoaded = true;
        break;
      }
      assertFull(run);
      assert.ok(readFileSync(db).equals(bytes), `${size} kB`);
      assert.deepEqual(readdirSync(directory), names);
    }
    if (!isLoaded) {
      assert.deepEqual(stateOf(db), before);
      const { code, stderr } = await kgload(['load', more, '--db', db, '--append', '-q']);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(stateOf(db).sums, [{ n: 2 * ROWS }]);
  });

  it('is told of by export and preprocess, which leave nothing', async (t) => {
    const { directory, dataset, db } = await prepared(t);
    const names = readdirSync(directory);
    for (const args of [
      ['export', join(directory, 'out'), '--db', db],
      ['preprocess', dataset, join(directory, 'out')],
    ]) {
      for (const size of [1, 64, 400]) {
        const run = await limited(size, [...args, '--json']);
        assert.notEqual(run.stdout, '', `${args.join(' ')}, ${size} kB: ${run.stderr}`);
        const json = JSON.parse(run.stdout) as CommandJson;
        assert.deepEqual(
          json.errors.map(({ code }) => code),
          ['DISK_FULL'],
          run.stdout,
        );
        assert.doesNotMatch(run.stderr, /unexpected|\n {4}at /);
        assert.deepEqual(readdirSync(directory), names);
      }
    }
  });
});

async function prepared(
  t: TestContext,
): Promise<{ directory: string; dataset: string; db: string; megabytes: number }> {
  const directory = scratch(t);
  const dataset = makeDataset(directory, 'dataset', 0);
  const db = join(directory, 'graph.db');
  const { code, stderr } = await kgload(['load', dataset, '--db', db, '-q']);
  assert.equal(code, 0, stderr);
  return { directory, dataset, db, megabytes: readFileSync(db).length / 1024 / 1024 };
}
