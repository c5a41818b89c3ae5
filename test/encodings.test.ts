/** Files whose encodings, codecs, pages or nested forms the engines misread or refuse, value by value. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, describe, it, type TestContext } from 'node:test';
import { ParquetSchema, ParquetWriter } from '@dsnp/parquetjs';
// Of its methods of compression one is another here.
import { PARQUET_COMPRESSION_METHODS } from '@dsnp/parquetjs/dist/lib/compression.js';
import { kgloadJson, query, ROOT, scratch } from './helpers.js';

const FILES = join(ROOT, 'fixtures', 'encodings');
const EXPECTED = JSON.parse(readFileSync(join(FILES, 'expected.json'), 'utf8')) as Record<
  string,
  Columns
>;

/** Property → its type, and its values in the order of the rows, as fixtures/encodings/README.md says. */
type Columns = Record<string, { type: string; values: (string | number | null)[] }>;

for (const writer of ['duckdb', 'pyarrow', 'parquet-testing']) {
  describe(`a file of ${writer} loads with its values:`, () => {
    for (const [name, columns] of Object.entries(EXPECTED)) {
      if (!name.startsWith(`${writer}/`)) continue;
      it(name.slice(writer.length + 1), async (t) => {
        await loadAndCompare(t, columns, (path) => {
          cpSync(join(FILES, `${name}.parquet`), path);
        });
      });
    }
  });
}

describe('a gzip page of several members', () => {
  const { GZIP } = PARQUET_COMPRESSION_METHODS;
  assert.ok(GZIP);
  const single = GZIP.deflate;
  const nothing = gzipSync('');
  const methods: Record<string, (bytes: Buffer) => Buffer> = {
    'of two halves': (bytes) => {
      const half = Math.floor(bytes.length / 2);
      return Buffer.concat([gzipSync(bytes.subarray(0, half)), gzipSync(bytes.subarray(half))]);
    },
    'the last of one byte': (bytes) =>
      Buffer.concat([gzipSync(bytes.subarray(0, -1)), gzipSync(bytes.subarray(-1))]),
    'the first empty': (bytes) => Buffer.concat([nothing, gzipSync(bytes)]),
    'the last empty': (bytes) => Buffer.concat([gzipSync(bytes), nothing]),
    'one for each byte': (bytes) =>
      Buffer.concat([...bytes].map((byte) => gzipSync(Buffer.from([byte])))),
  };
  after(() => {
    GZIP.deflate = single;
  });
  for (const [name, deflate] of Object.entries(methods)) {
    for (const useDataPageV2 of [false, true]) {
      it(`loads, ${name}, in pages of version ${useDataPageV2 ? 2 : 1}`, async (t) => {
        const ids = Array.from({ length: 300 }, (_, i) => i + 1);
        const columns = {
          id: { type: 'INT64', values: ids.map(String) },
          value: {
            type: 'STRING',
            values: ids.map((id) => (id % 7 === 0 ? null : `value ${id % 5} ${id}`)),
          },
        };
        await loadAndCompare(t, columns, async (path) => {
          GZIP.deflate = deflate;
          const schema = new ParquetSchema({
            id: { type: 'INT64', compression: 'GZIP' },
            value: { type: 'UTF8', compression: 'GZIP', optional: true },
          });
          const writer = await ParquetWriter.openFile(schema, path, { useDataPageV2 });
          for (const [i, id] of ids.entries()) {
            const value = columns.value.values[i];
            await writer.appendRow({ id: BigInt(id), ...(value !== null && { value }) });
          }
          await writer.close();
        });
      });
    }
  }
});

describe('keys and endpoints beyond ±2^62 as deltas', () => {
  const EDGES = [
    ['4611686018427387911', '-4611686018427387913'],
    ['5', '4611686018427387911'],
    ['9223372036854775807', '-9223372036854775807'],
  ];

  for (const layout of ['files', 'parts']) {
    it(`find each other, in ${layout}`, async (t) => {
      const directory = scratch(t);
      const dataset = join(directory, 'dataset');
      const place = layout === 'files' ? ['nodes', 'edges'] : ['nodes/things', 'edges/links'];
      for (const [i, name] of ['keys', 'edges'].entries()) {
        const folder = join(dataset, place[i] ?? '');
        mkdirSync(folder, { recursive: true });
        const file =
          layout === 'parts' ? 'part-0.parquet' : i === 0 ? 'things.parquet' : 'links.parquet';
        cpSync(join(FILES, 'duckdb', `${name}.parquet`), join(folder, file));
      }
      const properties = [{ name: 'id', type: 'INT64' }];
      const schema = writeSchema(directory, {
        nodes: [{ name: 'Thing', file: 'things', primaryKey: 'id', properties }],
        edges: [{ name: 'LINKS', file: 'links', from: 'Thing', to: 'Thing', properties: [] }],
      });
      const args = [dataset, '--schema', schema];
      const dry = await kgloadJson(['load', ...args, '--db', join(directory, 'x.db'), '--dry-run']);
      assert.deepEqual([dry.code, dry.json.errors], [0, []]);
      for (const given of [args, [dataset, '--schema', 'infer']]) {
        const db = join(directory, `${given.at(-1) === 'infer' ? 'inferred' : 'given'}.db`);
        const run = await kgloadJson(['load', ...given, '--db', db]);
        assert.deepEqual([run.code, run.json.errors], [0, []]);
        const found = query(
          db,
          'MATCH (a)-[]->(b) RETURN CAST(a.id AS STRING) AS f, CAST(b.id AS STRING) AS t ORDER BY f',
        );
        assert.deepEqual(found.map(({ f, t }) => [f, t]).sort(), EDGES.toSorted());
        assert.equal((await verify(db, dataset, given)).json['identical'], true);
      }
    });
  }
});

/** Loads a file of one node table, whose keys are the numbers of its rows. */
async function loadAndCompare(
  t: TestContext,
  columns: Columns,
  write: (path: string) => void | Promise<void>,
): Promise<void> {
  const directory = scratch(t);
  const dataset = join(directory, 'dataset');
  mkdirSync(join(dataset, 'nodes'), { recursive: true });
  await write(join(dataset, 'nodes', 'things.parquet'));
  const properties = Object.entries(columns).map(([name, { type }]) => ({ name, type }));
  const row = { name: 'row_', type: 'SERIAL' };
  const schema = writeSchema(directory, {
    nodes: [
      { name: 'Thing', file: 'things', primaryKey: row.name, properties: [row, ...properties] },
    ],
    edges: [],
  });
  const db = join(directory, 'x.db');
  const run = await kgloadJson(['load', dataset, '--db', db, '--schema', schema]);
  assert.deepEqual([run.code, run.json.errors], [0, []], run.stderr);
  for (const { name, type } of properties) {
    const isPlain = /^(DOUBLE|FLOAT|BLOB)$/.test(type);
    const value = isPlain ? `n.${name}` : `CAST(n.${name} AS STRING)`;
    const found = query(db, `MATCH (n:Thing) RETURN ${value} AS value ORDER BY n.row_`);
    assert.deepEqual(
      found.map(({ value }) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
      ),
      columns[name]?.values,
      name,
    );
  }
  const verified = await verify(db, dataset, ['--schema', schema]);
  assert.equal(verified.json['identical'], true, verified.stdout);
}

async function verify(
  db: string,
  dataset: string,
  args: readonly string[],
): ReturnType<typeof kgloadJson> {
  return await kgloadJson(['stats', '--db', db, '--verify', dataset, ...args.slice(-2)]);
}

function writeSchema(directory: string, schema: object): string {
  const path = join(directory, 'schema.json');
  writeFileSync(path, JSON.stringify(schema));
  return path;
}
