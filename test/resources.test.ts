import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { defaultBufferPool, smallBufferPool } from '../src/engine/resources.js';
import { engineProblem } from '../src/load/problems.js';
import {
  BINARY,
  FIXTURE,
  kgload,
  kgloadJson,
  onEngine,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const GB = 1e9;

describe('memory and cores', () => {
  it('are what the container allows, unless told otherwise', () => {
    assert.equal(defaultBufferPool(Infinity, 0, 20 * GB), 16 * GB);
    // Without a limit, cgroups say that there are 2^64 bytes.
    assert.equal(defaultBufferPool(Infinity, 2 ** 64, 20 * GB), 16 * GB);
    assert.equal(defaultBufferPool(Infinity, 2 * GB, 24 * GB), GB);
    assert.equal(defaultBufferPool(2 * GB, 2 * GB, 24 * GB), GB / 2);
  });

  it('are little where little is needed', () => {
    assert.equal(smallBufferPool(20 * GB), GB);
    assert.equal(smallBufferPool(GB / 4), GB / 4);
  });

  it('are taken from --buffer-pool and --threads', async (t) => {
    const db = join(scratch(t), 'graph.db');
    for (const size of ['256MB', '1GiB', '64000000']) {
      const args = [
        'load',
        FIXTURE,
        '--db',
        db,
        '--fresh',
        '--buffer-pool',
        size,
        '--threads',
        '1',
      ];
      const { code, json } = await kgloadJson(args);
      assert.deepEqual([code, json.total_nodes, json.errors], [0, 27, []]);
    }
    for (const [flag, value, message] of [
      ['--buffer-pool', '3', /'3' is invalid\. It is not a size of at least 64MB/],
      ['--buffer-pool', 'much', /'much' is invalid\. It is not a size/],
      ['--threads', '0', /'0' is invalid\. It is not a positive number/],
    ] as const) {
      const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, flag, value]);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });

  it('are enough for tables of many columns', async (t) => {
    const directory = scratch(t);
    const names = Array.from({ length: 600 }, (_, i) => `c${i}`);
    for (const part of ['nodes', 'edges'])
      mkdirSync(join(directory, 'wide', part), { recursive: true });
    await writeParquet(
      join(directory, 'wide/nodes/things.parquet'),
      Object.fromEntries(['id', ...names].map((name) => [name, 'INT64' as const])),
      Array.from({ length: 100 }, (_, row) => ({
        id: row,
        ...Object.fromEntries(names.map((name, i) => [name, row * i] as const)),
      })),
    );
    const db = join(directory, 'graph.db');
    const args = ['load', join(directory, 'wide'), '--db', db, '--schema', 'infer', '--json'];
    const { code, json } = await kgloadJson(args);
    assert.deepEqual([code, json.total_nodes, json.errors], [0, 100, []]);
    assert.deepEqual(query(db, 'MATCH (t:Thing) RETURN sum(t.c599) AS n'), [{ n: 599n * 4950n }]);
  });

  it('that do not suffice are an error that names the flag', () => {
    const error = new Error(
      'Buffer manager exception: Unable to allocate memory! The buffer pool is full and no memory could be freed!',
    );
    const problem = engineProblem('Function', { file: 'nodes/functions.parquet' }, error);
    assert.equal(problem.code, 'OUT_OF_MEMORY');
    assert.match(problem.hint ?? '', /--buffer-pool 4GB/);
  });

  it(
    'are enough where the address space is limited',
    { skip: process.platform === 'linux' ? false : 'only Linux tells how much is left' },
    (t) => {
      const args = onEngine(['load', FIXTURE, '--db', join(scratch(t), 'graph.db'), '--quiet']);
      const script = 'ulimit -v 5000000 && exec "$@"';
      const run = spawnSync('bash', ['-c', script, 'bash', process.execPath, BINARY, ...args]);
      assert.deepEqual([run.status, run.stderr.toString()], [0, '']);
    },
  );
});
