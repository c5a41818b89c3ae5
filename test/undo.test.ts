/** A failed load leaves every row that was there: counted and compared, whatever failed. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadFromParquet, loadFromParquetSync } from '../src/index.js';
import { openEngine } from '../src/engine/engine.js';
import {
  ENGINE,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const EDGE = { from: 'INT64', to: 'INT64' } as const;

const SCHEMA = `CREATE NODE TABLE A(id INT64, PRIMARY KEY(id));
CREATE NODE TABLE B(id INT64, PRIMARY KEY(id));
CREATE REL TABLE R0(FROM A TO A);
CREATE REL TABLE R1(FROM A TO A);
CREATE REL TABLE P(FROM A TO A, FROM A TO B);
`;

/** A database with 1,000 nodes in A and B, and edges i → i + 1 in each rel table. */
async function makeDatabase(directory: string): Promise<{ db: string; schema: string }> {
  const dataset = join(directory, 'first');
  const db = join(directory, 'graph.db');
  const schema = join(directory, 'schema.cypher');
  writeFileSync(schema, SCHEMA);
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const ids = Array.from({ length: 1000 }, (_, i) => i);
  const nodes = ids.map((id) => ({ id }));
  const edges = ids.slice(0, -1).map((id) => ({ from: id, to: id + 1 }));
  for (const name of ['A', 'B']) {
    await writeParquet(join(dataset, `nodes/${name}.parquet`), { id: 'INT64' }, nodes);
  }
  for (const name of ['R0', 'R1', 'P_A_A', 'P_A_B']) {
    await writeParquet(join(dataset, `edges/${name}.parquet`), EDGE, edges);
  }
  const { code, stderr } = await kgload(['load', dataset, '--db', db, '--schema', schema]);
  assert.equal(code, 0, stderr);
  return { db, schema };
}

/** Every row of every table. */
function contents(db: string): unknown {
  const edges = (name: string): unknown =>
    query(
      db,
      `MATCH (a)-[:${name}]->(b) RETURN a.id AS x, b.id AS y, label(b) AS t ORDER BY t, x, y`,
    );
  return {
    nodes: query(db, 'MATCH (n) RETURN label(n) AS t, n.id AS id ORDER BY t, id'),
    R0: edges('R0'),
    R1: edges('R1'),
    P: edges('P'),
    // By the index of the keys, which a scan does not ask.
    found: query(db, 'UNWIND range(0, 3000) AS k MATCH (n:A {id: k}) RETURN count(*) AS n'),
  };
}

async function appended(
  directory: string,
  files: Record<string, readonly Record<string, number>[]>,
): Promise<string> {
  const dataset = join(directory, 'more');
  rmSync(dataset, { recursive: true, force: true });
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  for (const [name, rows] of Object.entries(files)) {
    mkdirSync(join(dataset, name, '..'), { recursive: true });
    const columns = name.startsWith('nodes') ? ({ id: 'INT64' } as const) : EDGE;
    await writeParquet(join(dataset, `${name}.parquet`), columns, rows);
  }
  return dataset;
}

const GOOD = [
  { from: 1, to: 5 },
  { from: 2, to: 7 },
];
const BAD = [
  { from: 1, to: 5 },
  { from: 1, to: 99999 },
];

describe('an append that fails', () => {
  const cases: { what: string; files: Record<string, Record<string, number>[]>; kept: boolean }[] =
    [
      { what: 'in its second rel table', files: { 'edges/R0': GOOD, 'edges/R1': BAD }, kept: true },
      {
        what: 'in the second file of a rel table',
        files: { 'edges/R1/part-0': GOOD, 'edges/R1/part-1': BAD },
        kept: false,
      },
      {
        what: 'in the second pair of a rel table',
        files: { 'edges/P_A_A': GOOD, 'edges/P_A_B': BAD },
        kept: false,
      },
      {
        what: 'in a node table',
        files: { 'nodes/A': [{ id: 2000 }, { id: 5 }], 'edges/R0': GOOD },
        kept: false,
      },
      {
        what: 'in the second file of a node table',
        files: { 'nodes/A/part-0': [{ id: 2000 }], 'nodes/A/part-1': [{ id: 5 }] },
        kept: false,
      },
    ];
  for (const { what, files, kept } of cases) {
    it(`${what} leaves what was there, and the database takes the next one`, async (t) => {
      const directory = scratch(t);
      const { db, schema } = await makeDatabase(directory);
      const before = contents(db);
      const dataset = await appended(directory, files);
      const args = ['load', dataset, '--db', db, '--schema', schema, '--append'];
      for (const extra of [
        ['--on-error', 'abort'],
        ['--max-bad-rows', '0'],
      ]) {
        const { code, json } = await kgloadJson([...args, ...extra]);
        assert.equal(code, 1);
        assert.equal(json.published, false);
        assert.deepEqual([json.total_nodes, json.total_edges], [0, 0]);
        assert.deepEqual(contents(db), before);
      }
      const { code, json } = await kgloadJson(args);
      assert.equal(code, 1);
      if (!kept) assert.deepEqual(contents(db), before);
      else {
        assert.equal(json.edge_times['R0']?.rows, 2);
        assert.deepEqual((contents(db) as { R1: unknown }).R1, (before as { R1: unknown }).R1);
        assert.deepEqual(query(db, 'MATCH ()-[r:R0]->() RETURN count(*) AS n'), [{ n: 1001 }]);
      }
      assert.deepEqual(readdirSync(directory).sort(), [
        'first',
        'graph.db',
        'more',
        'schema.cypher',
      ]);

      const good = await appended(directory, {
        'nodes/A': [{ id: 1500 }, { id: 1501 }],
        'edges/R1': [{ from: 1500, to: 1501 }],
      });
      const next = await kgload(['load', good, '--db', db, '--schema', schema, '--append']);
      assert.equal(next.code, 0, next.stderr);
      assert.deepEqual(
        query(db, 'UNWIND range(0, 3000) AS k MATCH (n:A {id: k}) RETURN count(*) AS n'),
        [{ n: 1002 }],
      );
      assert.deepEqual(query(db, 'MATCH ()-[r:R1]->() RETURN count(*) AS n'), [{ n: 1000 }]);
    });
  }

  it('does so by path in the library, and is refused over a connection', async (t) => {
    const directory = scratch(t);
    const { db, schema } = await makeDatabase(directory);
    const before = contents(db);
    const dataset = await appended(directory, { 'edges/R0': GOOD, 'edges/R1': BAD });
    const options = { schema, append: true, onError: 'abort' } as const;
    const report = loadFromParquetSync(db, dataset, { ...options, createNew: false });
    assert.equal(report.published, false);
    assert.equal(report.errors[0]?.code, 'MISSING_ENDPOINT');
    assert.deepEqual(contents(db), before);
    const { connection, close } = openEngine(ENGINE, db);
    try {
      await assert.rejects(loadFromParquet(connection, dataset, options), { code: 'UNDO_UNSAFE' });
    } finally {
      close();
    }
    assert.deepEqual(contents(db), before);
  });
});

describe('a load with --fresh', () => {
  it('keeps the database that is there where a table failed, unless continue is said', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const db = join(directory, 'graph.db');
    assert.equal((await kgload(['load', dataset, '--db', db])).code, 0);
    const before = readFileSync(db);
    writeFileSync(join(dataset, 'nodes', 'classes.parquet'), 'no Parquet');
    const { code, json, stderr } = await kgloadJson(['load', dataset, '--db', db, '--fresh']);
    assert.deepEqual([code, json.published, json.total_nodes], [1, false, 0], stderr);
    assert.deepEqual(
      json.errors.map((error) => error.table),
      ['Class', 'CONTAINS_CLASS', 'METHOD_OF', 'HAS_ATTRIBUTE', 'INHERITS'],
    );
    assert.ok(readFileSync(db).equals(before));
    const said = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--fresh',
      '--on-error',
      'continue',
    ]);
    assert.deepEqual([said.code, said.json.published, said.json.total_nodes], [1, true, 24]);
  });

  it('refuses a dataset of which no file belongs to a table', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    assert.equal((await kgload(['load', FIXTURE, '--db', db])).code, 0);
    const before = readFileSync(db);
    for (const files of [{}, { 'nodes/Planet': [{ id: 1 }] }]) {
      const dataset = await appended(directory, files);
      for (const mode of [['--fresh'], ['--append'], ['--fresh', '--dry-run']]) {
        const { code, json } = await kgloadJson(['load', dataset, '--db', db, ...mode]);
        assert.deepEqual([code, json.errors[0]?.code], [2, 'NOTHING_TO_LOAD']);
        assert.match(json.errors[0]?.hint ?? '', /--schema infer/);
      }
    }
    assert.ok(readFileSync(db).equals(before));
  });

  it('into a file called as the owner’s', async (t) => {
    const db = join(scratch(t), 'owner.json');
    assert.equal((await kgload(['load', FIXTURE, '--db', db, '--fresh'])).code, 0);
    assert.deepEqual(query(db, 'MATCH (n) RETURN count(*) AS n'), [{ n: 27 }]);
  });
});

describe('a failure of two kinds', () => {
  it('is told by the one that leaving out rows does not mend', async (t) => {
    const directory = scratch(t);
    const dataset = await appended(directory, {});
    const schema = join(directory, 'schema.cypher');
    writeFileSync(
      schema,
      'CREATE NODE TABLE T(id INT64, price DECIMAL(5, 1), PRIMARY KEY(id));\nCREATE REL TABLE E(FROM T TO T);\n',
    );
    await writeParquet(join(dataset, 'nodes/T.parquet'), { id: 'INT64', price: 'UTF8' }, [
      { id: 1, price: '1.5' },
      { id: 1, price: '2.25' },
    ]);
    const args = ['load', dataset, '--db', join(directory, 'graph.db'), '--schema', schema];
    const { json } = await kgloadJson([...args, '--skip-bad-rows']);
    assert.deepEqual(
      json.errors.map((error) => error.code),
      ['COLUMN_TYPE'],
    );
  });
});
