/** Indexes beside an update or an append: those of a database that is built anew are the measure. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { load } from '../src/index.js';
import type { GraphSchema, LoadReport, PathLoadOptions } from '../src/types.js';
import { ENGINE, execute, query, scratch, writeParquet } from './helpers.js';

const SCHEMA: GraphSchema = {
  nodes: [
    {
      name: 'T',
      file: 't',
      primaryKey: 'id',
      properties: [
        { name: 'id', type: 'INT64' },
        { name: 'text', type: 'STRING' },
        { name: 'line', type: 'INT64' },
      ],
    },
  ],
  edges: [],
};

/** More than the 1,024 rows from which on Kuzu's full-text index loses some. */
const ROWS = 1500;

interface Row {
  id: number;
  text: string;
  line: number;
}

/** Every word is in all rows but those of the tenth that it is not in. */
function rows(from: number, to: number, word = 'common'): Row[] {
  return Array.from({ length: to - from }, (_, i) => {
    const id = from + i;
    return { id, text: id % 10 === 0 ? `${word} rare` : 'common plenty', line: id % 7 };
  });
}

interface Database {
  db: string;
  bring: (list: readonly Row[], options: PathLoadOptions) => Promise<LoadReport>;
}

async function database(t: TestContext, list: readonly Row[]): Promise<Database> {
  const directory = scratch(t);
  const db = join(directory, 'graph.db');
  mkdirSync(join(directory, 'nodes'));
  const bring: Database['bring'] = async (next, options) => {
    const columns = { id: 'INT64', text: 'UTF8', line: 'INT64' } as const;
    await writeParquet(
      join(directory, 'nodes', 't.parquet'),
      columns,
      next.map((row) => ({ ...row })),
    );
    return await load(db, directory, { schema: SCHEMA, engine: ENGINE, ...options });
  };
  await bring(list, { fresh: true });
  return { db, bring };
}

/** The ids, and how well they match, of the rows with a word. */
function found(db: string, word: string): unknown[] {
  return query(
    db,
    `CALL QUERY_FTS_INDEX('T', 'words', '${word}', top := 5000) RETURN node.id AS id, round(score, 9) AS score ORDER BY id`,
  ).map(Object.values);
}

const skip = ENGINE === 'kuzu' ? false : 'Ladybug has no such index without a download';

describe('a full-text index', { skip }, () => {
  it('is as a new one after an update', async (t) => {
    const { db, bring } = await database(t, rows(0, ROWS));
    execute(db, "CALL CREATE_FTS_INDEX('T', 'words', ['text'])");
    const next = [...rows(100, 200, 'seldom'), ...rows(200, ROWS + 50)];
    const report = await bring(next, { update: true, deleteMissing: true });
    assert.deepEqual(report.errors, []);
    assert.deepEqual(report.changes?.['T'], {
      inserted: 50,
      updated: 10,
      deleted: 100,
      unchanged: ROWS - 110,
      before: ROWS,
      after: ROWS - 50,
      properties: { text: 10 },
    });
    const anew = await database(t, next);
    execute(anew.db, "CALL CREATE_FTS_INDEX('T', 'words', ['text'])");
    for (const word of ['common', 'plenty', 'rare', 'seldom']) {
      assert.deepEqual(found(db, word), found(anew.db, word), word);
    }
    assert.equal(found(db, 'seldom').length, 10);
    const common = next.filter(({ text }) => text.includes('common'));
    assert.equal(found(db, 'common').length, common.length);
  });

  it('survives an append that leaves out rows', async (t) => {
    const { db, bring } = await database(t, rows(0, 100));
    execute(db, "CALL CREATE_FTS_INDEX('T', 'words', ['text'])");
    const report = await bring(rows(90, 110), { append: true, skipBadRows: true });
    assert.deepEqual([report.errors, report.totalSkipped, report.totalNodes], [[], 10, 10]);
    assert.equal(found(db, 'rare').length, 11);
  });

  it('with stop words of its own is refused by name where it must be made anew', async (t) => {
    const { db, bring } = await database(t, rows(0, 50));
    execute(
      db,
      'CREATE NODE TABLE Stops(sw STRING PRIMARY KEY)',
      "CREATE (:Stops {sw: 'plenty'})",
      "CALL CREATE_FTS_INDEX('T', 'words', ['text'], stopwords := 'Stops')",
    );
    const message =
      /^T failed: its full-text index words has stop words of its own, which the engine takes once for a name/;
    for (const next of [rows(0, 60), rows(0, 50, 'other'), rows(0, 49)]) {
      const { errors, published } = await bring(next, { update: true, deleteMissing: true });
      assert.equal(published, false);
      assert.match(errors[0]?.message ?? '', message);
    }
    const going = await bring(rows(0, 60), { update: true, onError: 'continue' });
    assert.deepEqual([going.published, going.errors.length], [false, 1]);
    const append = bring(rows(50, 60), { append: true });
    await assert.rejects(append, { code: 'ENGINE', message });
    assert.equal(found(db, 'rare').length, 5);
    assert.deepEqual((await bring(rows(0, 50), { update: true })).errors, []);
  });
});

describe('a vector index', { skip }, () => {
  const near = (db: string, x: number): unknown[] =>
    query(
      db,
      `CALL QUERY_VECTOR_INDEX('T', 'near', CAST([${x}.0, 1.0] AS FLOAT[2]), 1) RETURN node.id AS id`,
    ).map(({ id }) => id);

  it('follows rows that come and go, with a property that the dataset has not', async (t) => {
    const { db, bring } = await database(t, rows(0, 200));
    execute(
      db,
      'ALTER TABLE T ADD vector FLOAT[2]',
      'MATCH (n:T) SET n.vector = CAST([n.id, 1] AS FLOAT[2])',
    );
    execute(db, "CALL CREATE_VECTOR_INDEX('T', 'near', 'vector', metric := 'l2')");
    const { errors } = await bring(
      rows(20, 210).map((row) => ({ ...row, text: `${row.text} changed` })),
      { update: true, deleteMissing: true },
    );
    assert.deepEqual(errors, []);
    assert.deepEqual([near(db, 100), near(db, 3)], [[100], [20]]);
    const [vectors] = query(db, 'MATCH (n:T) WHERE n.vector[1] = n.id RETURN count(*) AS n');
    assert.deepEqual(vectors, { n: 180 });
    const [texts] = query(db, "MATCH (n:T) WHERE n.text ENDS WITH 'changed' RETURN count(*) AS n");
    assert.deepEqual(texts, { n: 190 });

    const much = await bring(rows(100, 210), {
      update: true,
      deleteMissing: true,
      maxDeletions: 90,
    });
    assert.match(
      much.errors[0]?.message ?? '',
      /^T failed: its vector index near would not survive that 80 of 190 rows are deleted$/,
    );
    assert.deepEqual(near(db, 20), [20]);
  });
});

describe('an ART index', { skip: ENGINE === 'ladybug' ? false : 'Kuzu has none' }, () => {
  const idsOf = (db: string, text: string): unknown[] =>
    query(db, `MATCH (n:T {text: '${text}'}) RETURN n.id AS id ORDER BY id`).map(({ id }) => id);

  it('knows the rows that an update and an append bring', async (t) => {
    const { db, bring } = await database(t, rows(0, 50));
    execute(db, 'CREATE ART INDEX texts FOR (n:T) ON (n.text)');
    const { errors } = await bring(rows(0, 70, 'other'), { update: true });
    assert.deepEqual(errors, []);
    assert.deepEqual(idsOf(db, 'other rare'), [0, 10, 20, 30, 40, 50, 60]);
    await bring(rows(70, 90, 'third'), { append: true });
    assert.deepEqual(idsOf(db, 'third rare'), [70, 80]);
    const names = query(db, 'CALL show_indexes() RETURN index_name AS name').map(
      ({ name }) => name,
    );
    assert.deepEqual(names.sort(), ['_PK', 'texts']);
  });
});
