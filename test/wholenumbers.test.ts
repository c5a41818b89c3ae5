/** Floating-point columns that fill integers and endpoints, as pandas writes them where some are missing. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { kgloadJson, query, scratch, writeParquet } from './helpers.js';

type Given = number | null;

/** Type → values that it takes, and values that it does not. */
const SIGNED = { taken: [0, 127, -127, null, -0], refused: [1.5, NaN, Infinity, -Infinity, 1e300] };
const UNSIGNED = { taken: [0, 255, null, -0], refused: [0.5, NaN, Infinity, -1] };
const TYPES: Record<string, { taken: Given[]; refused: number[] }> = {
  INT8: { taken: [...SIGNED.taken, -128], refused: [...SIGNED.refused, 128, -129] },
  INT16: { taken: [...SIGNED.taken, -32768, 32767], refused: [...SIGNED.refused, 32768] },
  INT32: {
    taken: [...SIGNED.taken, -(2 ** 31), 2 ** 31 - 1],
    refused: [...SIGNED.refused, 2 ** 31],
  },
  INT64: {
    taken: [...SIGNED.taken, 2 ** 53, -(2 ** 53)],
    refused: [...SIGNED.refused, 2 ** 53 + 2, -(2 ** 53) - 2, 2 ** 63],
  },
  UINT8: { taken: UNSIGNED.taken, refused: [...UNSIGNED.refused, 256] },
  UINT16: { taken: [...UNSIGNED.taken, 65535], refused: [...UNSIGNED.refused, 65536] },
  UINT32: { taken: [...UNSIGNED.taken, 2 ** 32 - 1], refused: [...UNSIGNED.refused, 2 ** 32] },
  UINT64: { taken: [...UNSIGNED.taken, 2 ** 53], refused: [...UNSIGNED.refused, 2 ** 53 + 2] },
};

describe('DOUBLE into', () => {
  for (const [type, { taken, refused }] of Object.entries(TYPES)) {
    it(`${type} is taken where every value is whole`, async (t) => {
      const directory = scratch(t);
      const dataset = join(directory, 'dataset');
      mkdirSync(join(dataset, 'nodes'), { recursive: true });
      await writeThings(join(dataset, 'nodes', 'Thing.parquet'), taken);
      const db = join(directory, 'x.db');
      const schema = join(directory, 'schema.cypher');
      writeFileSync(schema, `CREATE NODE TABLE Thing(id INT64, x ${type}, PRIMARY KEY(id));`);
      const run = await kgloadJson(['load', dataset, '--db', db, '--schema', schema]);
      assert.deepEqual([run.code, run.json.errors], [0, []]);
      const rows = query(db, 'MATCH (n:Thing) RETURN CAST(n.x AS STRING) AS x ORDER BY n.id');
      assert.deepEqual(
        rows.map(({ x }) => x),
        taken.map((value) => (value === null ? null : String(BigInt(value)))),
      );
      const verified = await kgloadJson([
        'stats',
        '--db',
        db,
        '--verify',
        dataset,
        '--schema',
        schema,
      ]);
      assert.equal(verified.json['identical'], true, verified.stdout);
    });

    it(`${type} names the row of a value that is not, on load, dry run and append`, async (t) => {
      const directory = scratch(t);
      const dataset = join(directory, 'dataset');
      mkdirSync(join(dataset, 'nodes'), { recursive: true });
      const db = join(directory, 'x.db');
      const schema = join(directory, 'schema.cypher');
      const tables = refused.map((_, i) => `T${i}`);
      for (const [i, x] of refused.entries()) {
        await writeThings(join(dataset, 'nodes', `T${i}.parquet`), [1, null, x, 2]);
      }
      const define = (name: string): string =>
        `CREATE NODE TABLE ${name}(id INT64, x ${type}, PRIMARY KEY(id));`;
      writeFileSync(schema, tables.map(define).join('\n'));
      const args = ['load', dataset, '--db', db, '--schema', schema];
      // The database of nothing that the first load leaves is appended to.
      for (const flags of [['--dry-run'], ['--on-error', 'continue'], ['--append']]) {
        const run = await kgloadJson([...args, ...flags]);
        assert.deepEqual([run.code, run.json.total_nodes], [1, 0], run.stdout);
        for (const [i, table] of tables.entries()) {
          const error = run.json.errors.find((each) => each.table === table);
          const words = `${flags[0]}, ${refused[i]}: ${error?.message}`;
          assert.equal(error?.code, 'COLUMN_TYPE', words);
          const where = new RegExp(
            `nodes/T${i}\\.parquet has (1 value in x|digits that would be lost in x \\(1 value of 4\\)).*: \\S+ \\(id 13\\)$`,
          );
          assert.match(error.message, where, words);
        }
      }
    });
  }

  it('DOUBLE or FLOAT endpoints find their nodes', async (t) => {
    for (const parquetType of ['DOUBLE', 'FLOAT'] as const) {
      const most = parquetType === 'DOUBLE' ? 2 ** 53 : 2 ** 24;
      const { dataset, schema, db } = await prepareEdges(t, parquetType, [1, most, -0], most);
      const run = await kgloadJson(['load', dataset, '--db', db, '--schema', schema]);
      assert.deepEqual([run.code, run.json.errors], [0, []]);
      const found = query(
        db,
        'MATCH (a)-[:LINKS]->(b) RETURN CAST(a.id AS STRING) AS f, b.id AS t ORDER BY a.id',
      );
      assert.deepEqual(
        found.map(({ f, t: to }) => [f, Number(to)]),
        [
          ['0', 1],
          ['1', 1],
          [String(most), 1],
        ],
      );
    }
  });

  it('endpoints with a fraction, or beyond what is whole, fail their table', async (t) => {
    for (const [parquetType, value] of [
      ['DOUBLE', 1.5],
      ['DOUBLE', 2 ** 53 + 2],
      ['FLOAT', 2 ** 24 + 2],
      ['DOUBLE', NaN],
    ] as const) {
      const { dataset, schema, db } = await prepareEdges(t, parquetType, [1, value], 5);
      for (const flags of [['--dry-run'], []]) {
        const args = ['load', dataset, '--db', db, '--schema', schema, ...flags];
        const run = await kgloadJson(args);
        const [error] = run.json.errors;
        assert.equal(error?.code, 'COLUMN_TYPE', `${value}: ${JSON.stringify(run.json.errors)}`);
        assert.match(
          error.message,
          /^LINKS .*edges\/links\.parquet has digits that would be lost in from \(1 value of 2\)/,
        );
        assert.equal(run.json.total_edges, 0);
      }
    }
  });
});

/** Nodes with the keys 11, 12, … and a property x. */
async function writeThings(path: string, values: readonly Given[]): Promise<void> {
  const rows = values.map((x, i) => ({ id: 11 + i, ...(x !== null && { x }) }));
  await writeParquet(path, { id: 'INT64', x: 'DOUBLE' }, rows);
}

/** Nodes with the keys 0, 1 and `most`, and edges from some values to 1. */
async function prepareEdges(
  t: TestContext,
  type: 'DOUBLE' | 'FLOAT',
  from: readonly number[],
  most: number,
): Promise<{ dataset: string; schema: string; db: string }> {
  const directory = scratch(t);
  const dataset = join(directory, 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const ids = [0, 1, most].map((id) => ({ id: BigInt(id) }));
  await writeParquet(join(dataset, 'nodes', 'things.parquet'), { id: 'INT64' }, ids);
  const edges = from.map((each) => ({ from: each, to: 1 }));
  await writeParquet(join(dataset, 'edges', 'links.parquet'), { from: type, to: type }, edges);
  const schema = join(directory, 'schema.json');
  const properties = [{ name: 'id', type: 'INT64' }];
  writeFileSync(
    schema,
    JSON.stringify({
      nodes: [{ name: 'Thing', file: 'things', primaryKey: 'id', properties }],
      edges: [{ name: 'LINKS', file: 'links', from: 'Thing', to: 'Thing', properties: [] }],
    }),
  );
  return { dataset, schema, db: join(directory, 'x.db') };
}
