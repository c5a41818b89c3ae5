/** Columns of nothing but NULL, to which writers give any type: NULL of whatever the property is. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { kgloadJson, openMemory, queryEach, ROOT, scratch } from './helpers.js';

interface Case {
  type: string;
  /** A value in Cypher, as the engine writes it into a file, and as it prints it. */
  given: string;
  shown: string;
  /** In Cypher. */
  otherwise?: string;
}

const UUID = '123e4567-e89b-12d3-a456-426614174000';
const CASES: Case[] = [
  { type: 'BOOLEAN', given: 'true', shown: 'True', otherwise: 'true' },
  { type: 'INT8', given: 'CAST(7 AS INT8)', shown: '7', otherwise: '5' },
  { type: 'INT64', given: '7', shown: '7', otherwise: '5' },
  { type: 'UINT64', given: '7', shown: '7', otherwise: '5' },
  { type: 'DOUBLE', given: '1.5', shown: '1.500000', otherwise: '2.5' },
  { type: 'FLOAT', given: 'CAST(1.5 AS FLOAT)', shown: '1.500000', otherwise: '2.5' },
  { type: 'DECIMAL(9, 2)', given: "'1.25'", shown: '1.25', otherwise: '2.5' },
  { type: 'STRING', given: "'x'", shown: 'x', otherwise: "'y'" },
  {
    type: 'DATE',
    given: "date('2024-02-29')",
    shown: '2024-02-29',
    otherwise: "date('2000-01-01')",
  },
  {
    type: 'TIMESTAMP',
    given: "timestamp('2024-02-29')",
    shown: '2024-02-29 00:00:00',
    otherwise: "timestamp('2000-01-01')",
  },
  { type: 'TIMESTAMP_NS', given: "timestamp('2024-02-29')", shown: '2024-02-29 00:00:00' },
  { type: 'TIMESTAMP_TZ', given: "timestamp('2024-02-29')", shown: '2024-02-29 00:00:00+00' },
  { type: 'INTERVAL', given: "'3 days'", shown: '3 days' },
  { type: 'UUID', given: `'${UUID}'`, shown: UUID, otherwise: `UUID('${UUID}')` },
  { type: 'BLOB', given: "BLOB('ab')", shown: 'ab' },
  { type: 'INT64[]', given: '[1, NULL]', shown: '[1,]', otherwise: '[5]' },
  { type: 'DOUBLE[2]', given: '[1.5, 2.5]', shown: '[1.500000,2.500000]' },
  { type: 'STRUCT(a INT64, b STRING)', given: "{a: 1, b: 'x'}", shown: '{a: 1, b: x}' },
  { type: 'MAP(STRING, INT64)', given: "map(['k'], [1])", shown: '{k=1}' },
  {
    type: 'STRUCT(d DATE[])[]',
    given: "[{d: [date('2024-02-29')]}]",
    shown: '[{d: [2024-02-29]}]',
  },
  { type: 'DECIMAL(9, 2)[]', given: "['1.25']", shown: '[1.25]' },
];

/** Of the type Null where Parquet has it, else of one that the writer chose. */
const WRITERS = ['pyarrow', 'polars', 'duckdb', 'hyparquet-writer', 'parquet-wasm'];
const ROWS = [1, 2, 3, 4];

type Layout = 'whole' | 'first part' | 'last part';

describe('a column of nothing but NULL', () => {
  for (const writer of WRITERS) {
    const isPart = writer === 'pyarrow' || writer === 'duckdb';
    const layouts: Layout[] = isPart ? ['whole', 'first part', 'last part'] : ['whole'];
    for (const layout of layouts) {
      it(`by ${writer}, ${layout}, is NULL of every type, whatever the default`, async (t) => {
        const { dataset, schema, db, tables } = prepare(t, writer, layout);
        const args = [dataset, '--db', db, '--schema', schema];
        const dry = await kgloadJson(['load', ...args, '--dry-run']);
        assert.deepEqual([dry.code, dry.json.errors], [0, []]);
        const run = await kgloadJson(['load', ...args]);
        assert.deepEqual([run.code, run.json.errors], [0, []]);
        const value = 'CAST(n.value AS STRING)';
        const found = queryEach(
          db,
          tables.map(({ name }) => `MATCH (n:${name}) RETURN ${value} AS value ORDER BY n.id`),
        );
        for (const [i, { type, shown }] of tables.entries()) {
          const nulls = ROWS.map(() => null);
          assert.deepEqual(
            found[i]?.map((row) => row['value']),
            layout === 'whole' ? nulls : [...nulls, shown],
            type,
          );
        }
        const verify = ['stats', '--db', db, '--verify', dataset, '--schema', schema];
        const verified = await kgloadJson(verify);
        assert.equal(verified.json['identical'], true, verified.stdout);
      });
    }
  }
});

/** A dataset with a node table for every case, and one more with a default. */
function prepare(
  t: TestContext,
  writer: string,
  layout: Layout,
): { dataset: string; schema: string; db: string; tables: (Case & { name: string })[] } {
  const directory = scratch(t);
  const nodes = join(directory, 'dataset', 'nodes');
  const nulls = join(ROOT, 'fixtures', 'matrix', writer, 'null.parquet');
  const schema = join(directory, 'schema.cypher');
  const { connection, close } = openMemory();
  const tables = CASES.flatMap((each, i) => {
    const { otherwise, ...plain } = each;
    const own: Case & { name: string } = { ...plain, name: `T${i}` };
    return otherwise === undefined ? [own] : [own, { ...each, name: `Default${i}` }];
  });
  for (const { name, given } of tables) {
    const [folder, file] = layout === 'whole' ? [nodes, name] : [join(nodes, name), 'part-1'];
    mkdirSync(folder, { recursive: true });
    symlinkSync(nulls, join(folder, `${file}.parquet`));
    if (layout === 'whole') continue;
    const path = join(folder, `part-${layout === 'first part' ? 2 : 0}.parquet`);
    const copy = `COPY (RETURN 5 AS id, ${given} AS value) TO '${path}'`;
    for (const result of [connection.querySync(copy)].flat()) result.close();
  }
  close();
  const definitions = tables.map(({ name, type, otherwise }) => {
    const rest = otherwise === undefined ? '' : ` DEFAULT ${otherwise}`;
    return `CREATE NODE TABLE ${name}(id INT64, value ${type}${rest}, PRIMARY KEY(id));`;
  });
  writeFileSync(schema, definitions.join('\n'));
  return { dataset: join(directory, 'dataset'), schema, db: join(directory, 'x.db'), tables };
}
