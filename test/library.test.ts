import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  createSchema,
  KgloadError,
  loadFromParquet,
  loadFromParquetSync,
  preprocessFilesParquet,
  type LoadEvent,
} from 'kgload';
import { openKuzu } from '../src/engine/kuzu.js';
import { FIXTURE, query, scratch } from './helpers.js';

describe('the library', () => {
  it('loads over a connection that the caller opened, and leaves it open', async () => {
    const { connection, close } = openKuzu(':memory:');
    try {
      const { created, existing } = await createSchema(connection);
      assert.deepEqual([created.length, existing.length], [20, 0]);
      const events: LoadEvent[] = [];
      const report = await loadFromParquet(connection, FIXTURE, {
        onEvent: (event) => events.push(event),
      });
      assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [27, 34, []]);
      assert.deepEqual(events.filter(({ type }) => type === 'finished').length, 20);
      assert.deepEqual((await createSchema(connection)).existing.length, 20);
    } finally {
      close();
    }
  });

  it('loads into a path, blocking, and replaces what is there', (t) => {
    const db = join(scratch(t), 'graph.db');
    for (let i = 0; i < 2; i += 1) {
      const report = loadFromParquetSync(db, FIXTURE);
      assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [27, 34, []]);
    }
    assert.deepEqual(query(db, 'MATCH (f:Function) RETURN count(*) AS n'), [{ n: 7 }]);
    assert.throws(
      () => loadFromParquetSync(db, FIXTURE, { createNew: false }),
      (error) => error instanceof KgloadError && error.code === 'TARGET_NOT_EMPTY',
    );
  });

  it('throws typed errors', async (t) => {
    const directory = scratch(t);
    const missing = join(directory, 'none');
    assert.throws(() => loadFromParquetSync(join(directory, 'g.db'), missing), {
      name: 'KgloadError',
      code: 'ENOENT',
    });
    await assert.rejects(preprocessFilesParquet(missing, join(directory, 'out.parquet')), {
      code: 'ENOENT',
    });
    assert.deepEqual(readdirSync(directory), []);
  });

  it('can be had by require', () => {
    const library = createRequire(import.meta.url)('kgload') as Record<string, unknown>;
    assert.equal(library['loadFromParquetSync'], loadFromParquetSync);
  });
});
