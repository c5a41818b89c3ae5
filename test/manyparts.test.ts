/** Tables of many part files: read together where their columns are the same, and named one by one. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ENGINE, execute, kgload, kgloadJson, queryEach, scratch } from './helpers.js';

const PARTS = 60;
const ROWS = 20;

/** Part files, every third with its columns in another order, and some in a directory of Hive's. */
function write(t: TestContext, change: Record<number, string> = {}): string {
  const dataset = join(scratch(t), 'dataset');
  for (const part of ['nodes/A', 'nodes/A/kind=x', 'edges/R']) {
    mkdirSync(join(dataset, part), { recursive: true });
  }
  const statements = Array.from({ length: PARTS }, (_, p) => {
    const id = `CAST(i AS STRING)`;
    const n = change[p] ?? 'i';
    const columns = p % 3 === 0 ? `${n} AS n, ${id} AS id` : `${id} AS id, ${n} AS n`;
    const rows = `UNWIND range(${p * ROWS}, ${(p + 1) * ROWS - 1}) AS i RETURN`;
    const place = p < 10 ? 'kind=x/' : '';
    return [
      `COPY (${rows} ${columns}) TO '${dataset}/nodes/A/${place}p${p}.parquet'`,
      `COPY (${rows} ${id} AS \`from\`, CAST((i * 7) % ${PARTS * ROWS} AS STRING) AS \`to\`, i AS w) TO '${dataset}/edges/R/p${p}.parquet'`,
    ];
  });
  execute(':memory:', ...statements.flat());
  writeFileSync(
    join(dataset, 'schema.cypher'),
    'CREATE NODE TABLE A(id STRING PRIMARY KEY, n INT64, kind STRING); CREATE REL TABLE R(FROM A TO A, w INT64);',
  );
  return dataset;
}

describe('a table of many part files', () => {
  it('is read in a few statements, with the values of every file', async (t) => {
    const dataset = write(t);
    const db = join(scratch(t), 'graph.db');
    const dry = await kgloadJson(['load', dataset, '--db', db, '--engine', ENGINE, '--dry-run']);
    const { phases } = dry.json['plan'] as {
      phases: { tables: { table: string; copies: { rows: number; file: string }[] }[] }[];
    };
    const copies = phases.flatMap(({ tables }) => tables.map((one) => one.copies));
    // Two orders of columns, each with the directory kind=x and without.
    assert.deepEqual(
      copies.map((list) => list.map(({ rows }) => rows).toSorted((a, b) => a - b)),
      [[4 * ROWS, 6 * ROWS, 16 * ROWS, 34 * ROWS], [PARTS * ROWS]],
    );
    const loaded = await kgloadJson(['load', dataset, '--db', db, '--engine', ENGINE]);
    assert.equal(loaded.code, 0, JSON.stringify(loaded.json.errors));
    const all = PARTS * ROWS;
    const sum = BigInt((all * (all - 1)) / 2);
    const [nodes, edges] = queryEach(db, [
      "MATCH (a:A) RETURN count(*) AS c, sum(a.n) AS n, sum(CAST(a.id AS INT64)) AS ids, sum(CASE WHEN a.kind = 'x' THEN 1 ELSE 0 END) AS x",
      'MATCH (a:A)-[r:R]->(b:A) WHERE b.n = (a.n * 7) % 1200 RETURN count(*) AS c, sum(r.w) AS w',
    ]);
    const numbers = (row: unknown): bigint[] =>
      Object.values((row as Record<string, number | bigint>[])[0] ?? {}).map(BigInt);
    assert.deepEqual(numbers(nodes), [BigInt(all), sum, sum, BigInt(10 * ROWS)]);
    assert.deepEqual(numbers(edges), [BigInt(all), sum]);
  });

  it('names the file of a value that does not convert, and of a bad row', async (t) => {
    const bad = write(t, { 41: "CASE WHEN i = 825 THEN 'none' ELSE CAST(i AS STRING) END" });
    const db = join(scratch(t), 'graph.db');
    const { code, json } = await kgloadJson(['load', bad, '--db', db, '--engine', ENGINE]);
    assert.equal(code, 1);
    assert.match(json.errors[0]?.message ?? '', /p41\.parquet.*none/s);
    assert.equal(json.errors[0]?.file, 'nodes/A/p41.parquet');

    const twice = write(t);
    execute(
      ':memory:',
      `COPY (UNWIND range(0, 2) AS i RETURN CAST(100 + i AS STRING) AS id, i AS n) TO '${twice}/nodes/A/p99.parquet'`,
    );
    const refused = await kgloadJson(['load', twice, '--db', db, '--engine', ENGINE]);
    assert.deepEqual(refused.json.errors.map(({ code: why, file }) => [why, file]).slice(0, 1), [
      ['DUPLICATE_KEY', 'nodes/A/p99.parquet'],
    ]);
    const skipped = await kgload([
      'load',
      twice,
      '--db',
      db,
      '--engine',
      ENGINE,
      '--skip-bad-rows',
      '-q',
    ]);
    assert.equal(skipped.code, 0, skipped.stderr);
  });
});
