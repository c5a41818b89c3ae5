import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyFrom, loadFrom } from '../src/cypher/statements.js';
import { pathLiteral, literal, identifier } from '../src/cypher/text.js';
import type { Dataset, DatasetFile, DatasetTable } from '../src/dataset/dataset.js';
import { planLoad } from '../src/plan/copies.js';
import type { GraphSchema } from '../src/types.js';

const schema: GraphSchema = {
  nodes: [
    {
      name: 'Person',
      file: 'people',
      primaryKey: 'id',
      properties: [
        { name: 'id', type: 'INT64' },
        { name: 'name', type: 'STRING', aliases: ['full_name'] },
      ],
    },
  ],
  edges: [
    {
      name: 'Knows',
      file: 'knows',
      from: 'Person',
      to: 'Person',
      properties: [{ name: 'since', type: 'INT64' }],
    },
  ],
};

const INT64 = { is: 'integer', bits: 64, signed: true } as const;

function file(name: string, rows: number, ...columns: string[]): DatasetFile {
  return {
    name,
    path: `/data/${name}`,
    partition: {},
    footer: {
      rows,
      rowGroups: 1,
      bytes: 1,
      dataBytes: 1,
      columns: columns.map((column) =>
        column === 'price'
          ? {
              name: column,
              type: 'INT64 DECIMAL',
              meaning: { is: 'decimal', precision: 9, scale: 2 },
            }
          : { name: column, type: 'INT64', meaning: INT64, engineType: 'INT64' },
      ),
    },
  };
}

function dataset(files: Record<string, DatasetFile | DatasetFile[]>): Dataset {
  const tables = Object.entries(files).map(([table, list]): [string, DatasetTable] => [
    table,
    { name: [list].flat()[0]?.name ?? '', files: [list].flat() },
  ]);
  return { directory: '/data', tables: new Map(tables), unknown: [], leftOut: [] };
}

describe('planLoad', () => {
  it('creates what is missing and copies by name, whatever the order', () => {
    const plan = planLoad(
      schema,
      dataset({
        Person: file('nodes/people.parquet', 3, 'extra', 'full_name', 'id'),
        Knows: file('edges/knows.parquet', 2, 'since', 'dst', 'src'),
      }),
      new Map(),
    );
    assert.deepEqual(plan, {
      create: [
        'CREATE NODE TABLE `Person`(`id` INT64, `name` STRING, PRIMARY KEY(`id`))',
        'CREATE REL TABLE `Knows`(FROM `Person` TO `Person`, `since` INT64)',
      ],
      isNew: true,
      tables: [
        {
          table: 'Person',
          kind: 'node',
          errors: [],
          file: 'nodes/people.parquet',
          rows: 3,
          copies: [
            {
              cypher:
                "COPY `Person`(`id`, `name`) FROM (LOAD FROM '/data/nodes/people.parquet' RETURN `id`, CAST(`full_name` AS STRING))",
              lenient:
                "COPY `Person`(`id`, `name`) FROM (LOAD FROM '/data/nodes/people.parquet' RETURN `id`, CAST(`full_name` AS STRING)) (ignore_errors=true)",
              source: "LOAD FROM '/data/nodes/people.parquet'",
              path: '/data/nodes/people.parquet',
              layout:
                '[["extra","INT64","INT64"],["full_name","INT64","INT64"],["id","INT64","INT64"]]',
              file: 'nodes/people.parquet',
              rows: 3,
              isPart: false,
              mappings: [
                { expression: '`id`', property: 'id' },
                { expression: 'CAST(`full_name` AS STRING)', property: 'name' },
              ],
              keys: [{ expression: '`id`', table: 'Person', property: 'id', type: 'INT64' }],
              checked: [],
              doubts: [{ property: 'id', type: 'INT64', expression: '`id`' }],
              rounded: [],
              ignored: ['extra'],
            },
          ],
        },
        {
          table: 'Knows',
          kind: 'edge',
          errors: [],
          file: 'edges/knows.parquet',
          rows: 2,
          copies: [
            {
              cypher:
                "COPY `Knows`(`since`) FROM (LOAD FROM '/data/edges/knows.parquet' RETURN `src`, `dst`, `since`)",
              lenient:
                "COPY `Knows`(`since`) FROM (LOAD FROM '/data/edges/knows.parquet' RETURN `src`, `dst`, `since`) (ignore_errors=true)",
              source: "LOAD FROM '/data/edges/knows.parquet'",
              path: '/data/edges/knows.parquet',
              layout: '[["since","INT64","INT64"],["dst","INT64","INT64"],["src","INT64","INT64"]]',
              file: 'edges/knows.parquet',
              rows: 2,
              isPart: false,
              mappings: [
                { expression: '`src`' },
                { expression: '`dst`' },
                { expression: '`since`', property: 'since' },
              ],
              keys: [
                { expression: '`src`', table: 'Person', property: 'id', type: 'INT64' },
                { expression: '`dst`', table: 'Person', property: 'id', type: 'INT64' },
              ],
              checked: [],
              doubts: [{ property: 'since', type: 'INT64', expression: '`since`' }],
              rounded: [],
              ignored: [],
            },
          ],
        },
      ],
      conflicts: [],
      warnings: [],
    });
  });

  it('warns once of big files that one thread alone will read', () => {
    const people = file('nodes/people.parquet', 1_000_000, 'id', 'name');
    const knows = file('edges/knows.parquet', 2_000_000, 'from', 'to', 'since');
    const { warnings } = planLoad(schema, dataset({ Person: people, Knows: knows }), new Map());
    assert.deepEqual(warnings, [
      {
        code: 'ROW_GROUP_SINGLE',
        message:
          'loaded by one thread, since all rows are in one row group: nodes/people.parquet, edges/knows.parquet',
        hint: 'kgload preprocess writes smaller row groups; that pays if you load them often',
      },
    ]);
    const few = file('nodes/people.parquet', 999_999, 'id', 'name');
    const { warnings: none } = planLoad(
      { nodes: schema.nodes, edges: [] },
      dataset({ Person: few }),
      new Map(),
    );
    assert.deepEqual(none, []);
  });

  it('prefers the property’s own name to an alias, and `from` to `src`', () => {
    const plan = planLoad(
      schema,
      dataset({
        Person: file('nodes/people.parquet', 1, 'full_name', 'name', 'id'),
        Knows: file('edges/knows.parquet', 1, 'src', 'dst', 'from', 'to', 'since'),
      }),
      new Map(),
    );
    assert.match(
      plan.tables[0]?.copies[0]?.cypher ?? '',
      /RETURN `id`, CAST\(`name` AS STRING\)\)$/,
    );
    assert.match(plan.tables[1]?.copies[0]?.cypher ?? '', /RETURN `from`, `to`, `since`\)$/);
  });

  it('warns of missing columns, and fails a table without its key or an endpoint', () => {
    const plan = planLoad(
      schema,
      dataset({
        Person: file('nodes/people.parquet', 1, 'name'),
        Knows: file('edges/knows.parquet', 1, 'from', 'to'),
      }),
      new Map(),
    );
    assert.deepEqual(plan.tables[0]?.copies, []);
    assert.deepEqual(plan.tables[0].errors, [
      {
        code: 'COLUMN_MISSING',
        table: 'Person',
        file: 'nodes/people.parquet',
        message: 'nodes/people.parquet has no primary key column id; it has name (INT64)',
        hint: 'rename the column in the file',
      },
    ]);
    assert.deepEqual(plan.warnings, [
      {
        code: 'COLUMN_MISSING',
        table: 'Knows',
        file: 'edges/knows.parquet',
        message: 'edges/knows.parquet has no column since; Knows.since stays empty',
      },
    ]);
    assert.match(plan.tables[1]?.copies[0]?.cypher ?? '', /^COPY `Knows`\(\) FROM /);
  });

  it('refuses a file with a column that the engine cannot read', () => {
    const plan = planLoad(
      schema,
      dataset({ Person: file('nodes/people.parquet', 1, 'id', 'price') }),
      new Map(),
    );
    assert.equal(plan.tables[0]?.errors[0]?.code, 'COLUMN_TYPE');
    assert.match(plan.tables[0].errors[0].message, /: price \(INT64 DECIMAL\)$/);
  });
});

describe('Cypher', () => {
  it('quotes strings, identifiers and paths', () => {
    assert.equal(literal("it's a \\ test"), "'it\\'s a \\\\ test'");
    assert.equal(identifier('a b'), '`a b`');
    assert.throws(() => identifier('a`b'), { code: 'ENGINE' });
    assert.equal(pathLiteral('/a[1]/*?.parquet'), "'/a[[]1[]]/[*][?].parquet'");
  });

  it('copies into a table without properties', () => {
    assert.equal(
      copyFrom('R', loadFrom('/f.parquet'), [{ expression: '`from`' }, { expression: '`to`' }]),
      "COPY `R`() FROM (LOAD FROM '/f.parquet' RETURN `from`, `to`)",
    );
  });
});
