/** A buffer pool that is too small: a right load or none, and never a false account. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execute, kgload, kgloadJson, query, scratch } from './helpers.js';

const ROWS = 700_000;

/** Sound rows: long keys, whose index takes most of the memory, and edges between them. */
function makeDataset(directory: string): string {
  const dataset = join(directory, 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const rows = `UNWIND range(1, ${ROWS}) AS i`;
  const key = (i: string): string => `'module/with/a/long/path/' + CAST(${i} AS STRING)`;
  execute(
    ':memory:',
    `COPY (${rows} RETURN ${key('i')} AS id, i AS n) TO '${dataset}/nodes/A.parquet'`,
    `COPY (${rows} RETURN ${key('i')} AS \`from\`, ${key(`1 + (i * 7) % ${ROWS}`)} AS \`to\`, i AS n) TO '${dataset}/edges/R.parquet'`,
  );
  writeFileSync(
    join(dataset, 'schema.cypher'),
    `CREATE NODE TABLE A(id STRING PRIMARY KEY, n INT64);
     CREATE REL TABLE R(FROM A TO A, n INT64);`,
  );
  return dataset;
}

const SUM = (ROWS * (ROWS + 1)) / 2;

function assertWhole(db: string): void {
  const nodes = 'MATCH (x:A) RETURN count(*) AS rows, sum(x.n) AS sum';
  assert.deepEqual(query(db, nodes).map(numbers), [{ rows: ROWS, sum: SUM }]);
  const edges = `MATCH (a:A)-[r:R]->(b:A) WHERE r.n = a.n AND b.n = 1 + (r.n * 7) % ${ROWS} RETURN count(*) AS rows`;
  assert.deepEqual(query(db, edges).map(numbers), [{ rows: ROWS }]);
}

function numbers(row: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
}

describe('a small buffer pool', () => {
  it('ends a load of sound rows by name, or not at all', async (t) => {
    const directory = scratch(t);
    const dataset = makeDataset(directory);
    const db = join(directory, 'graph.db');
    const ends = new Set<string>();
    for (const pool of [64, 100, 300]) {
      for (const more of [['--jobs', '4'], ['--skip-bad-rows']]) {
        const args = ['load', dataset, '--db', db, '--fresh', '--buffer-pool', `${pool}MB`];
        const bytes = existsSync(db) ? readFileSync(db) : undefined;
        const { code, json, stderr } = await kgloadJson([...args, ...more]);
        const codes = json.errors.map((error) => error.code);
        assert.doesNotMatch(stderr, /unexpected|damaged/);
        ends.add(codes.join() || 'whole');
        if (code === 0) {
          assert.equal(json.published, true);
          assertWhole(db);
          continue;
        }
        assert.deepEqual([code, json.published, codes[0]], [1, false, 'OUT_OF_MEMORY']);
        assert.match(json.errors[0]?.hint ?? '', /--buffer-pool/);
        if (bytes) assert.ok(readFileSync(db).equals(bytes));
      }
    }
    assert.deepEqual([...ends], ['OUT_OF_MEMORY', 'whole']);
  });

  it('ends an append by name, and every row that was there stays', async (t) => {
    const directory = scratch(t);
    const dataset = makeDataset(directory);
    const db = join(directory, 'graph.db');
    const first = join(directory, 'first');
    for (const part of ['nodes', 'edges']) mkdirSync(join(first, part), { recursive: true });
    execute(
      ':memory:',
      `COPY (UNWIND range(1, 5) AS i RETURN 'k' + CAST(i AS STRING) AS id, i AS n) TO '${first}/nodes/A.parquet'`,
    );
    const schema = ['--schema', join(dataset, 'schema.cypher')];
    assert.equal((await kgload(['load', first, '--db', db, ...schema])).code, 0);
    const bytes = readFileSync(db);
    const args = ['load', dataset, '--db', db, '--append', ...schema, '--buffer-pool', '64MB'];
    for (const more of [['--skip-bad-rows'], ['--on-error', 'abort']]) {
      const { code, json } = await kgloadJson([...args, ...more]);
      assert.deepEqual([code, json.published, json.errors[0]?.code], [1, false, 'OUT_OF_MEMORY']);
      assert.ok(readFileSync(db).equals(bytes));
    }
    assert.equal((await kgload([...args.slice(0, -1), '1GB'])).code, 0);
    assert.deepEqual(query(db, 'MATCH (x:A) RETURN count(*) AS n').map(numbers), [{ n: ROWS + 5 }]);
  });
});
