/** Databases that this process has open: nobody else gets at them by what this one does. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  DependencyGraph,
  exportDatabase,
  loadFromParquetSync,
  readStats,
  verifyDatabase,
} from '../src/index.js';
import { ENGINE, FIXTURE, kgload, query, scratch } from './helpers.js';

/** Whether another process may write the database. */
async function isWritable(db: string): Promise<boolean> {
  const { code, stderr } = await kgload([
    'load',
    FIXTURE,
    '--db',
    db,
    '--append',
    '--skip-bad-rows',
  ]);
  if (code !== 0) assert.match(stderr, /in use by|another load/);
  return code === 0;
}

describe('a database that a graph has open', () => {
  it('stays locked while it is also read, exported and compared', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    assert.equal((await kgload(['load', FIXTURE, '--db', db])).code, 0);
    const graph = new DependencyGraph(db);
    t.after(() => graph.close());
    const [stats, again] = await Promise.all([readStats(db), readStats(db)]);
    assert.deepEqual([stats.totalNodes, stats.totalEdges, again.totalEdges], [27, 34, 34]);
    await exportDatabase(db, join(directory, 'out'));
    assert.equal((await verifyDatabase(db, FIXTURE)).identical, true);
    for (const createNew of [true, false]) {
      assert.throws(() => loadFromParquetSync(db, FIXTURE, { createNew, append: true }), {
        code: 'TARGET_LOCKED',
      });
    }
    assert.equal(await isWritable(db), false);
    assert.equal((await graph.getAllFunctionsInFile('shop/cart.py')).length > 0, true);
    await graph.close();
    assert.equal(await isWritable(db), true);
  });

  it('is read by several at the same time, and free when the last is done', async (t) => {
    const db = join(scratch(t), 'graph.db');
    assert.equal((await kgload(['load', FIXTURE, '--db', db])).code, 0);
    const all = await Promise.all([readStats(db), readStats(db, { degrees: true }), readStats(db)]);
    assert.deepEqual(
      all.map(({ totalNodes }) => totalNodes),
      [27, 27, 27],
    );
    assert.equal(await isWritable(db), true);
  });
});

describe(
  'a database that the caller has open by the engine',
  { skip: process.platform !== 'linux' && 'only Linux tells' },
  () => {
    it('is not opened nor replaced beside it', async (t) => {
      const db = join(scratch(t), 'graph.db');
      assert.equal((await kgload(['load', FIXTURE, '--db', db])).code, 0);
      const require = createRequire(import.meta.url);
      const { Database, Connection } = require(
        ENGINE === 'kuzu' ? 'kuzu' : '@ladybugdb/core',
      ) as typeof import('kuzu');
      const database = new Database(db, 256e6);
      const connection = new Connection(database);
      const ask = (cypher: string): void => {
        for (const result of [connection.querySync(cypher)].flat()) result.close();
      };
      ask('CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
      assert.throws(() => loadFromParquetSync(db, FIXTURE), { code: 'TARGET_LOCKED' });
      await assert.rejects(readStats(db), { code: 'TARGET_LOCKED' });
      assert.throws(() => new DependencyGraph(db), { code: 'TARGET_LOCKED' });
      assert.equal(await isWritable(db), false);
      ask('CREATE (:Mine {id: 7})');
      connection.closeSync();
      database.closeSync();
      assert.deepEqual(query(db, 'MATCH (n:Mine) RETURN n.id AS id'), [{ id: 7 }]);
      assert.ok(readFileSync(db).length > 0);
    });
  },
);
