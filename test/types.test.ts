/** Types in schemas that the engines don't have, or not as keys: named before anything is written. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  createSchema,
  type GraphSchema,
  KgloadError,
  loadFromParquet,
  loadFromParquetSync,
} from '../src/index.js';
import { ENGINE, kgload, kgloadJson, openMemory, scratch, writeParquet } from './helpers.js';

const WRONG: [string, RegExp, RegExp?][] = [
  [
    'STRNG',
    /^T\.v has the type STRNG, which the engine does not have$/,
    /types are STRING, .*INT64\[\]/,
  ],
  ['LIST', /^T\.v has the type LIST, which the engine does not have$/, /a list says what is in it/],
  ['STRUCT(a LIST)', /^T\.v has the type STRUCT\(a LIST\), and the engine has no LIST$/],
  ['MAP(STRING, NUMBR)', /^T\.v has the type MAP\(STRING, NUMBR\), and the engine has no NUMBR$/],
  ['STRUCT', /^T\.v has the type STRUCT, which the engine refuses: Cannot parse struct type/],
  [
    'DECIMAL(50, 2)',
    /^T\.v has the type DECIMAL\(50, 2\), which the engine refuses: .*no greater than 38/,
  ],
  ['FLOAT[0]', /^T\.v has the type FLOAT\[0\], which the engine refuses: .*greater than 0/],
];

describe('a type that the engine does not have', () => {
  for (const [type, message, hint = /./] of WRONG) {
    it(`${type} is named with its table and property`, async (t) => {
      const directory = scratch(t);
      const db = join(directory, 'graph.db');
      const dataset = join(directory, 'dataset');
      mkdirSync(join(dataset, 'nodes'), { recursive: true });
      await writeParquet(join(dataset, 'nodes/t.parquet'), { id: 'UTF8', v: 'UTF8' }, [
        { id: 'a' },
      ]);
      const properties = [
        { name: 'id', type: 'STRING' },
        { name: 'v', type },
      ];
      const schema: GraphSchema = {
        nodes: [{ name: 'T', file: 't', primaryKey: 'id', properties }],
        edges: [],
      };
      const files = {
        'schema.cypher': `CREATE NODE TABLE \`T\`(id STRING, v ${type} DEFAULT NULL, PRIMARY KEY(id))`,
        'schema.json': JSON.stringify(schema),
      };
      for (const [name, text] of Object.entries(files)) {
        const file = join(directory, name);
        writeFileSync(file, text);
        for (const args of [
          ['load', dataset, '--db', db, '--schema', file],
          ['schema', '--schema', file],
          ['schema', '--create', '--db', db, '--schema', file],
        ]) {
          const { code, json } = await kgloadJson(args);
          const [error] = json.errors;
          assert.deepEqual([code, error?.code, error?.table], [2, 'SCHEMA_INVALID', 'T']);
          assert.match(error?.message.replace(`${file} is no schema: `, '') ?? '', message);
          assert.match(error?.hint ?? '', hint);
        }
      }
      const refused = (error: unknown): boolean => {
        assert.ok(error instanceof KgloadError, String(error));
        assert.match(error.message, message);
        assert.deepEqual([error.code, error.table], ['SCHEMA_INVALID', 'T']);
        return true;
      };
      const { connection, close } = openMemory();
      t.after(close);
      await assert.rejects(createSchema(connection, schema), refused);
      await assert.rejects(loadFromParquet(connection, dataset, { schema }), refused);
      assert.throws(() => loadFromParquetSync(db, dataset, { schema, engine: ENGINE }), refused);
      assert.equal(existsSync(db), false);
    });
  }

  it('INT64[ is named too, whose bracket is open', async (t) => {
    const file = join(scratch(t), 'schema.cypher');
    writeFileSync(file, 'CREATE NODE TABLE T(id STRING, v INT64[, w DATE, PRIMARY KEY(id))');
    const { code, stderr } = await kgload(['schema', '--schema', file]);
    assert.equal(code, 2);
    assert.match(stderr, /T\.v has the type INT64\[, which is none: its brackets do not match/);
  });
});

describe('a primary key', () => {
  it('of a type that is none for keys is named', async (t) => {
    const file = join(scratch(t), 'schema.cypher');
    for (const type of ['BOOL', 'INTERVAL', 'INT64[]', 'STRUCT(a INT64)']) {
      writeFileSync(file, `CREATE NODE TABLE T(id ${type} PRIMARY KEY, w DATE)`);
      const { code, stderr } = await kgload(['schema', '--schema', file]);
      assert.equal(code, 2);
      assert.ok(
        stderr.includes(
          `the primary key of T has the type ${type}, which is none for keys (a key is`,
        ),
        stderr,
      );
    }
  });

  it('of DECIMAL is refused before a load, which would fail', async (t) => {
    const directory = scratch(t);
    const [db, dataset] = ['graph.db', 'dataset'].map((name) => join(directory, name)) as [
      string,
      string,
    ];
    mkdirSync(join(dataset, 'nodes'), { recursive: true });
    writeFileSync(
      join(dataset, 'schema.cypher'),
      'CREATE NODE TABLE T(id DECIMAL(5, 2), PRIMARY KEY(id))',
    );
    await writeParquet(join(dataset, 'nodes/t.parquet'), { id: 'UTF8' }, [{ id: '1.25' }]);
    for (const more of [[], ['--dry-run'], ['--fresh']]) {
      const { code, json } = await kgloadJson(['load', dataset, '--db', db, ...more]);
      assert.equal(code, 2);
      assert.deepEqual(json.errors, [
        {
          code: 'SCHEMA_INVALID',
          table: 'T',
          message:
            'the primary key of T, id, is a DECIMAL(5, 2), and the engine copies no rows into a table with such a key',
          hint: 'give the key another type: STRING, which holds its digits, or an integer',
        },
      ]);
      assert.equal(existsSync(db), false);
    }
  });
});

describe('a schema that a program passes', () => {
  const key = { name: 'id', type: 'STRING' };
  const node = { name: 'T', file: 't', primaryKey: 'id', properties: [key] };
  const cases: [unknown, RegExp][] = [
    [
      { nodes: [{ name: 'T' }], edges: [] },
      /^the option schema is no schema: nodes\.0\.primaryKey: /,
    ],
    [
      { nodes: [{ ...node, primaryKey: 'x' }], edges: [] },
      /T has no property x, which is to be its primary key/,
    ],
    [{ nodes: [{ ...node, properties: 5 }], edges: [] }, /nodes\.0\.properties: .*Array/],
    [{ nodes: [null], edges: [] }, /nodes\.0: .*Object/],
    [
      { nodes: [node], edges: [{ name: 'E', file: 'e', from: 'T', to: 'U', properties: [] }] },
      /E connects U, and there is no such node table/,
    ],
    [
      {
        nodes: [{ ...node, properties: [key, { name: 'v', type: 'INT64) MATCH (n' }] }],
        edges: [],
      },
      /T\.v: INT64\) MATCH \(n is no type/,
    ],
  ];
  it('is looked at before it is used', async (t) => {
    const { connection, close } = openMemory();
    t.after(close);
    const dataset = join(scratch(t), 'dataset');
    mkdirSync(join(dataset, 'nodes'), { recursive: true });
    for (const [schema, message] of cases) {
      const refused = { name: 'KgloadError', code: 'SCHEMA_INVALID', message };
      await assert.rejects(createSchema(connection, schema as GraphSchema), refused);
      const options = { schema: schema as GraphSchema };
      await assert.rejects(loadFromParquet(connection, dataset, options), refused);
    }
  });
});
