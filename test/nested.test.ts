/** Lists, structs and maps: the rules of columns hold at every depth, and fields go by their names. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ParquetSchema, ParquetWriter } from '@dsnp/parquetjs';
import { kgloadJson, openMemory, query, scratch } from './helpers.js';

interface Case {
  /** In the file: what the engine itself writes of this Cypher. */
  given: string;
  type: string;
  /** What Cypher makes of the property afterwards. */
  stored?: string;
  /** Or why the table fails. */
  refused?: RegExp;
  flags?: string[];
}

const CASES: Record<string, Case> = {
  'fractions in a list of integers': {
    given: '[1.9, -2.5]',
    type: 'INT64[]',
    refused: /nodes\/things\.parquet: row 1: x\[\] holds "1\.9", which does not become INT64/,
  },
  'whole numbers in a list of integers': {
    given: '[1.0, -2.0, NULL]',
    type: 'INT64[]',
    stored: '[1,-2,]',
  },
  'integers beyond 2^53 in a list of doubles': {
    given: '[9007199254740993]',
    type: 'DOUBLE[]',
    refused: /x\[\] is INT64 INT_64, which does not become DOUBLE: digits would be lost/,
  },
  'a fraction in a struct': {
    given: '{a: 1.9}',
    type: 'STRUCT(a INT64)',
    refused: /x\.a holds "1\.9", which does not become INT64/,
  },
  'integers that a narrower list does not hold': {
    given: '[1, 300]',
    type: 'INT8[]',
    refused: /things\.parquet/,
  },
  'fields in another order': {
    given: '{lat: 1.5, lon: 2.5}',
    type: 'STRUCT(lon DOUBLE, lat DOUBLE)',
    stored: '{lon: 2.500000, lat: 1.500000}',
  },
  'fields in another order, in a list': {
    given: '[{lat: 1.5, lon: 2.5}, {lat: CAST(NULL AS DOUBLE), lon: 3.5}, NULL]',
    type: 'STRUCT(lon DOUBLE, lat DOUBLE)[]',
    stored: '[{lon: 2.500000, lat: 1.500000},{lon: 3.500000, lat: },]',
  },
  'fields in another order, in a struct in a map': {
    given: "map(['k'], [{inner: {a: 1, b: 'x'}}])",
    type: 'MAP(STRING, STRUCT(inner STRUCT(b STRING, a INT64)))',
    stored: '{k={inner: {b: x, a: 1}}}',
  },
  'a field of another case': {
    given: '{LAT: 1.5, Lon: 2.5}',
    type: 'STRUCT(lon DOUBLE, lat DOUBLE)',
    stored: '{lon: 2.500000, lat: 1.500000}',
  },
  'a field that the type lacks': {
    given: '{a: 1, b: 2}',
    type: 'STRUCT(a INT64)',
    refused: /x is STRUCT, which does not become STRUCT\(a INT64\): b would be lost/,
  },
  'a field that the file lacks': {
    given: '[{a: 1}]',
    type: 'STRUCT(a INT64, b STRING)[]',
    stored: '[{a: 1, b: }]',
  },
  'a wider map': {
    given: 'map([CAST(1 AS INT32), CAST(2 AS INT32)], [CAST(3 AS INT32), NULL])',
    type: 'MAP(INT64, INT64)',
    stored: '{1=3, 2=}',
  },
  'text as decimals, with all their digits': {
    given: "['1.25', '-0.05', NULL]",
    type: 'DECIMAL(9, 2)[]',
    // Both engines write -0.05 so.
    stored: '[1.25,0.-5,]',
  },
  'text as decimals, with more digits than they have': {
    given: "['1.255']",
    type: 'DECIMAL(9, 2)[]',
    refused: /x\[\] holds "1\.255", which does not become DECIMAL\(9,2\)/,
  },
  'text as instants, with more digits than they have': {
    given: "{at: '2024-01-01 00:00:00.1234567'}",
    type: 'STRUCT(at TIMESTAMP)',
    refused: /x\.at holds "2024-01-01 00:00:00\.1234567"/,
  },
  'decimals beside text, where the engine takes none': {
    given: "map(['k'], ['1.25'])",
    type: 'MAP(STRING, DECIMAL(9, 2))',
    refused:
      /does not become MAP\(STRING, DECIMAL\(9, 2\)\): no engine takes such values from a file/,
  },
  'a list of another length': {
    given: '[1.5, 2.5]',
    type: 'DOUBLE[3]',
    refused: /things\.parquet/,
  },
  'a list where a struct is wanted': {
    given: '[1]',
    type: 'STRUCT(a INT64)',
    refused: /x is LIST, which does not become STRUCT\(a INT64\): they are made of other parts/,
  },
  'everything at once, empty and NULL at every depth': {
    given:
      "[[{m: map(['a', 'b', 'c'], [[CAST(1 AS INT32), NULL], [], NULL])}, {m: CAST(NULL AS MAP(STRING, INT32[]))}, NULL], [], NULL]",
    type: 'STRUCT(m MAP(STRING, INT64[]))[][]',
    stored: '[[{m: {a=[1,], b=[], c=}},{m: },],[],]',
  },
  'doubles as floats': {
    given: '[0.1, 1.5]',
    type: 'FLOAT[2]',
    refused: /x\[\] is DOUBLE, which does not become FLOAT: digits would be lost/,
  },
  'doubles beyond the range of floats': {
    given: '[0.1, 1e300]',
    type: 'FLOAT[2]',
    flags: ['--allow-rounding'],
    refused:
      /has 1 value in x\[\] beyond the range of FLOAT \("?1"?\), which would become infinite/,
  },
};

describe('a nested column', () => {
  for (const [name, { given, type, stored, refused, flags = [] }] of Object.entries(CASES)) {
    it(`with ${name}`, async (t) => {
      const { dataset, db, schema } = prepare(t, { given, type });
      const run = await kgloadJson(['load', dataset, '--db', db, '--schema', schema, ...flags]);
      if (refused) {
        assert.equal(run.code, 1);
        assert.match(run.json.errors[0]?.message ?? '', refused);
        assert.equal(run.json.total_nodes, 0);
        return;
      }
      assert.deepEqual(run.json.errors, []);
      assert.deepEqual(query(db, 'MATCH (n:Thing) RETURN CAST(n.x AS STRING) AS x'), [
        { x: stored },
      ]);
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
  }

  it('of doubles is rounded to floats where the schema or a flag says so, and the report by how much', async (t) => {
    for (const [property, flags] of [
      [{ allowRounding: true }, []],
      [{}, ['--allow-rounding']],
    ] as const) {
      const { dataset, db, schema } = prepare(t, {
        given: '[0.1, 1.5, 16777217.0, NULL]',
        type: 'FLOAT[4]',
        property,
      });
      const args = [dataset, '--db', db, '--schema', schema, ...flags];
      const dry = await kgloadJson(['load', ...args, '--dry-run']);
      const run = await kgloadJson(['load', ...args]);
      for (const { json } of [dry, run]) {
        const warned = json.warnings.find(({ code }) => code === 'VALUE_ROUNDED');
        // |fround(16777217) - 16777217| / 16777217 is the greater of the two errors.
        const error = Math.max(
          (Math.fround(0.1) - 0.1) / 0.1,
          (16777217 - Math.fround(16777217)) / 16777217,
        );
        assert.equal(
          warned?.message,
          `2 values of 3 in Thing.x[] of nodes/things.parquet rounded to FLOAT, with a relative error of up to ${error.toPrecision(3)}`,
        );
      }
      const [row] = query(db, 'MATCH (n:Thing) UNWIND n.x AS y RETURN collect(y) AS y');
      assert.deepEqual(row?.['y'], [Math.fround(0.1), 1.5, 16777216]);
    }
  });

  it('of parts whose fields stand in another order goes by names in each', async (t) => {
    const { dataset, db, schema } = prepare(t, {
      given: '{lat: 1.5, lon: 2.5}',
      type: 'STRUCT(lat DOUBLE, lon DOUBLE)',
      file: 'things/part-0.parquet',
    });
    writeOne(join(dataset, 'nodes/things/part-1.parquet'), '2', '{lon: 4.5, lat: 3.5}');
    const run = await kgloadJson(['load', dataset, '--db', db, '--schema', schema]);
    assert.deepEqual(run.json.errors, []);
    assert.deepEqual(
      query(db, 'MATCH (n:Thing) RETURN n.x.lat AS lat, n.x.lon AS lon ORDER BY n.id'),
      [
        { lat: 1.5, lon: 2.5 },
        { lat: 3.5, lon: 4.5 },
      ],
    );
  });

  it('is kept by preprocess, which rewrites what is beside it', async (t) => {
    const directory = scratch(t);
    const source = join(directory, 'source');
    mkdirSync(join(source, 'nodes'), { recursive: true });
    const rows = [
      { id: 1n, tags: ['a', null, 'c'], price: 1.25 },
      { id: 2n, tags: [], price: null },
      { id: 3n, tags: null, price: -0.5 },
    ];
    await writeLists(join(source, 'nodes/things.parquet'), rows);
    const schema = writeSchema(directory, [
      { name: 'id', type: 'INT64' },
      { name: 'tags', type: 'STRING[]' },
      { name: 'price', type: 'DECIMAL(9, 2)' },
    ]);
    const target = join(directory, 'target');
    const db = join(directory, 'x.db');
    for (const [dataset, args] of [
      [source, ['preprocess', source, target, '--schema', schema]],
      [target, ['load', target, '--db', db, '--schema', schema, '--fresh']],
    ] as const) {
      const run = await kgloadJson(args);
      assert.equal(run.code, 0, `${dataset}: ${run.stdout}${run.stderr}`);
    }
    assert.deepEqual(
      query(
        db,
        'MATCH (n:Thing) RETURN n.tags AS tags, CAST(n.price AS STRING) AS price ORDER BY n.id',
      ),
      [
        { tags: ['a', null, 'c'], price: '1.25' },
        { tags: [], price: null },
        { tags: null, price: '-0.50' },
      ],
    );
  });
});

/** A dataset of one node, with a property x. */
function prepare(
  t: TestContext,
  {
    given,
    type,
    property = {},
    file = 'things.parquet',
  }: { given: string; type: string; property?: object; file?: string },
): { dataset: string; db: string; schema: string } {
  const directory = scratch(t);
  const dataset = join(directory, 'dataset');
  const path = join(dataset, 'nodes', file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeOne(path, '1', given);
  const schema = writeSchema(directory, [
    { name: 'id', type: 'INT64' },
    { name: 'x', type, ...property },
  ]);
  return { dataset, db: join(directory, 'x.db'), schema };
}

function writeSchema(directory: string, properties: readonly object[]): string {
  const path = join(directory, 'schema.json');
  const nodes = [{ name: 'Thing', file: 'things', primaryKey: 'id', properties }];
  writeFileSync(path, JSON.stringify({ nodes, edges: [] }));
  return path;
}

function writeOne(path: string, id: string, value: string): void {
  const { connection, close } = openMemory();
  for (const result of [
    connection.querySync(`COPY (RETURN ${id} AS id, ${value} AS x) TO '${path}'`),
  ].flat()) {
    result.close();
  }
  close();
}

/** A list of text beside a DECIMAL, which the engine does not read. */
async function writeLists(
  path: string,
  rows: readonly { id: bigint; tags: (string | null)[] | null; price: number | null }[],
): Promise<void> {
  const element = { type: 'UTF8' as const, optional: true };
  const schema = new ParquetSchema({
    id: { type: 'INT64' },
    tags: {
      type: 'LIST',
      optional: true,
      fields: { list: { repeated: true, fields: { element } } },
    },
    price: { type: 'DECIMAL', precision: 9, scale: 2, optional: true },
  });
  const writer = await ParquetWriter.openFile(schema, path, { useDataPageV2: false });
  for (const { id, tags, price } of rows) {
    const list = tags?.map((item) => ({ element: item }));
    await writer.appendRow({ id, price, ...(list && { tags: { list } }) });
  }
  await writer.close();
}
