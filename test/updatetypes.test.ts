/** `load --update` of all types of keys and properties, of files of all kinds, and of values that engines change. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execute, kgloadJson, query, scratch, writeParquet } from './helpers.js';
import { known, knowAll, writeRows } from './updategraph.js';
import type { EdgeFile, NodeFile, Text } from './updatemodel.js';
import { edges, edgeTable, nodeTable, stamp, startSteps } from './updaterun.js';
import { KEYS, VALUES } from './updatevalues.js';

/** Fields of structs that are NULL: the engines write others into Parquet. */
const isStruct = (type: string): boolean => /^STRUCT\(.*\)$/.test(type);

describe('properties of all types', () => {
  it('change from every value to every other, and to NULL and from it', (t) => {
    for (const [type, all] of Object.entries(VALUES)) knowAll(type, all);
    const types = Object.fromEntries(Object.keys(VALUES).map((type, i) => [`p${i}`, type]));
    const { step } = startSteps(t, [nodeTable('A', types)]);
    const shifted = (by: number): NodeFile => ({
      table: 'A',
      columns: Object.keys(types),
      rows: Array.from({ length: 6 }, (_, row) => ({
        key: `k${row}`,
        props: Object.fromEntries(
          Object.entries(types).map(([name, type]): [string, Text] => {
            const values = VALUES[type] ?? [];
            const at = (row + by) % (values.length + (isStruct(type) ? 0 : 1));
            return [name, known(values[at] ?? null, type)];
          }),
        ),
      })),
    });
    for (const by of [0, 1, 2, 4]) step({ nodes: [shifted(by)] });
    assert.equal(step({ nodes: [shifted(4)] }).changes?.['A']?.unchanged, 6);
  });
});

describe('keys', () => {
  for (const [type, keyOf] of Object.entries(KEYS)) {
    it(`of ${type} tell nodes and edges apart`, (t) => {
      const keys = Array.from({ length: 9 }, (_, i) => known(keyOf(i), type) ?? '');
      const pairs = [['A', 'A']] as const;
      const { step } = startSteps(t, [nodeTable('A', { v: 'INT64' }, type), edgeTable('R', pairs)]);
      const give = (some: string[], v: string): { nodes: NodeFile[]; edges: EdgeFile[] } => ({
        nodes: [{ table: 'A', columns: ['v'], rows: some.map((key) => ({ key, props: { v } })) }],
        edges: [
          edges(
            'R',
            ['A', 'A'],
            some.map((key, i) => [key, some[(i + 1) % some.length] ?? '']),
          ),
        ],
      });
      step(give(keys.slice(0, 7), '1'));
      step(give(keys.slice(2), '1'), { deletions: 'all' });
      step(give(keys.slice(4), '2'));
    });
  }

  it('of SERIAL cannot be told where the files have none', async (t) => {
    const directory = scratch(t);
    const [db, dataset] = [join(directory, 'graph.db'), join(directory, 'dataset')];
    mkdirSync(join(dataset, 'edges'), { recursive: true });
    const schema = 'CREATE NODE TABLE A(id SERIAL PRIMARY KEY, v STRING);';
    writeFileSync(join(dataset, 'schema.cypher'), schema);
    execute(db, schema, "CREATE (:A {v: 'x'})");
    const before = stamp(db);
    writeRows(join(dataset, 'nodes/A.parquet'), { v: 'STRING' }, [{ v: "'x'" }]);
    const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--update']);
    assert.deepEqual([code, json.errors[0]?.code], [2, 'COLUMN_MISSING']);
    assert.match(
      String(json.errors[0]?.message),
      /no column for the key of A, which the engine makes/,
    );
    assert.equal(stamp(db), before);
  });
});

describe('values that the engines change', () => {
  const HAZARDS: [type: string, value: string][] = [
    ['DOUBLE', "'NaN'"],
    ['DOUBLE', '-0.0'],
    ['DOUBLE', "'inf'"],
    ['FLOAT', "'NaN'"],
    ['INT64', "'-9223372036854775808'"],
    ['INT32', "'-2147483648'"],
    ['INT8', "'-128'"],
    ['UUID', "'00000000-0000-0000-0000-000000000000'"],
    ['DOUBLE[]', "[CAST('NaN' AS DOUBLE), -0.0, 1.0]"],
    ['INT64[][]', '[[1], [2]]'],
    ['MAP(STRING, INT64)', "map(['a'], [1])"],
  ];
  it('are stored as they are, or nothing is', (t) => {
    const taken: string[] = [];
    for (const [type, value] of HAZARDS) {
      const table = nodeTable('A', { v: type, w: 'STRING' });
      const normal = known(
        /\[\]$/.test(type) || type.startsWith('MAP')
          ? null
          : type === 'UUID'
            ? "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"
            : '1',
        type,
      );
      const special = known(value, type);
      const file = (...values: Text[]): NodeFile => ({
        table: 'A',
        columns: ['v', 'w'],
        rows: values.map((v, i) => ({ key: `k${i}`, props: { v, w: 'w' } })),
      });
      const { step, db } = startSteps(t, [table]);
      step({ nodes: [file(normal, normal, null)] });
      const before = stamp(db);
      let report;
      try {
        report = step({ nodes: [file(special, normal, special, special)] });
      } catch (error) {
        assert.match(
          String((error as { message?: string }).message),
          /VALUE_CHANGED|cannot negate INT128_MIN/,
          `${type} ${value}`,
        );
        assert.equal(stamp(db), before);
        continue;
      }
      if (!report.published) continue;
      taken.push(`${type} ${value}`);
      step({ nodes: [file(special, normal, special, special)] });
    }
    assert.ok(taken.length > 3, taken.join());
  });
});

describe('files of all kinds', () => {
  it('in directories that name a property, and with columns by another name', async (t) => {
    const directory = scratch(t);
    const [db, dataset] = [join(directory, 'graph.db'), join(directory, 'dataset')];
    const schema =
      'CREATE NODE TABLE A(id STRING PRIMARY KEY, day DATE, v INT64);\nCREATE REL TABLE R(FROM A TO A);\n';
    const write = async (rows: Record<string, [string, number][]>): Promise<void> => {
      rmSync(dataset, { recursive: true, force: true });
      mkdirSync(join(dataset, 'edges'), { recursive: true });
      writeFileSync(join(dataset, 'schema.cypher'), schema);
      for (const [day, list] of Object.entries(rows)) {
        mkdirSync(join(dataset, `nodes/A/day=${day}`), { recursive: true });
        await writeParquet(
          join(dataset, `nodes/A/day=${day}/0.parquet`),
          { id: 'UTF8', v: 'INT64' },
          list.map(([id, v]) => ({ id, v })),
        );
      }
      await writeParquet(join(dataset, 'edges/R.parquet'), { source: 'UTF8', target: 'UTF8' }, [
        { source: 'a', target: 'b' },
      ]);
    };
    await write({
      '2020-01-01': [['a', 1]],
      '2020-01-02': [
        ['b', 2],
        ['c', 3],
      ],
    });
    const first = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(first.code, 0, first.stdout);
    await write({
      '2020-01-01': [
        ['a', 1],
        ['b', 2],
      ],
      '2020-01-03': [['d', 4]],
    });
    const { code, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--update',
      '--delete-missing',
      '--max-deletions',
      '50%',
    ]);
    assert.equal(code, 0);
    assert.deepEqual(json['changes'], {
      A: {
        inserted: 1,
        updated: 1,
        deleted: 1,
        unchanged: 1,
        before: 3,
        after: 3,
        properties: { day: 1 },
      },
      R: { inserted: 0, updated: 0, deleted: 0, unchanged: 1, before: 1, after: 1 },
    });
    assert.deepEqual(
      query(db, 'MATCH (n:A) RETURN n.id AS id, CAST(n.day AS STRING) AS day ORDER BY id').map(
        ({ id, day }) => `${String(id)} ${String(day)}`,
      ),
      ['a 2020-01-01', 'b 2020-01-01', 'd 2020-01-03'],
    );
  });

  it('of a rel table for each of its pairs, of which one is empty and one is not there', async (t) => {
    const directory = scratch(t);
    const [db, dataset] = [join(directory, 'graph.db'), join(directory, 'dataset')];
    mkdirSync(dataset);
    writeFileSync(
      join(dataset, 'schema.cypher'),
      'CREATE NODE TABLE A(id INT64 PRIMARY KEY);\nCREATE NODE TABLE B(id INT64 PRIMARY KEY);\nCREATE REL TABLE R(FROM A TO A, FROM A TO B, FROM B TO A);\n',
    );
    const ids = ['1', '2', '3'].map((id) => ({ id }));
    for (const name of ['A', 'B'])
      writeRows(join(dataset, `nodes/${name}.parquet`), { id: 'INT64' }, ids);
    const pair = (name: string, ...list: [string, string][]): void => {
      writeRows(
        join(dataset, `edges/${name}.parquet`),
        { from: 'INT64', to: 'INT64' },
        list.map(([from, to]) => ({ from, to })),
      );
    };
    pair('R_A_A', ['1', '2']);
    pair('R_A_B', ['1', '2'], ['2', '3']);
    pair('R_B_A', ['1', '2'], ['3', '3']);
    const first = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(first.code, 0, first.stdout);
    pair('R_A_B');
    rmSync(join(dataset, 'edges/R_B_A.parquet'));
    const flags = [
      'load',
      dataset,
      '--db',
      db,
      '--update',
      '--delete-missing',
      '--max-deletions',
      '100%',
    ];
    const { code, json, stdout } = await kgloadJson(flags);
    assert.equal(code, 0, stdout);
    assert.deepEqual((json['changes'] as Record<string, unknown>)['R'], {
      inserted: 0,
      updated: 0,
      deleted: 4,
      unchanged: 1,
      before: 5,
      after: 1,
    });
    assert.deepEqual(
      query(db, 'MATCH (a)-[:R]->(b) RETURN label(a) AS a, label(b) AS b, count(*) AS n'),
      [{ a: 'A', b: 'A', n: 1 }],
    );
  });
});
