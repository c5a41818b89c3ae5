/** The library on a caller's connection: what the caller throws, and must not do meanwhile. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadFromParquet, loadFromParquetSync, type LoadEvent } from '../src/index.js';
import { openEngine } from '../src/engine/engine.js';
import type { Connection } from '../src/types.js';
import {
  ENGINE,
  execute,
  FIXTURE,
  fixtureCopy,
  openMemory,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const TYPES: LoadEvent['type'][] = ['planned', 'started', 'progress', 'finished', 'warned'];

/** Throws at the `nth` event of a type. */
function throwing(
  type: LoadEvent['type'],
  nth = 1,
): { onEvent: (event: LoadEvent) => void; error: Error; seen: () => number } {
  const error = new Error(`at ${type}`);
  let seen = 0;
  return {
    error,
    seen: () => seen,
    onEvent: (event) => {
      if (event.type !== type) return;
      seen += 1;
      if (seen === nth) throw error;
    },
  };
}

function ask(connection: Connection, cypher: string): Record<string, unknown>[] {
  const [result] = [connection.querySync(cypher)].flat();
  assert.ok(result);
  const rows = [];
  while (result.hasNext()) rows.push({ ...result.getNextSync() });
  result.close();
  return rows;
}

function tables(connection: Connection): unknown[] {
  return ask(connection, 'CALL show_tables() RETURN name').map(({ name }) => name);
}

describe('a callback that throws', () => {
  for (const type of TYPES) {
    for (const onError of [undefined, 'abort'] as const) {
      it(`on ${type} with onError ${onError ?? 'unset'} undoes the load, and the caller gets its error`, async (t) => {
        const { connection, close } = openMemory();
        t.after(close);
        const dataset = fixtureCopy(scratch(t));
        rmSync(join(dataset, 'edges/inherits.parquet')); // It is empty; its absence is a warning.
        const { onEvent, error, seen } = throwing(type, type === 'finished' ? 11 : 1);
        const options = { onEvent, ...(onError && { onError }) };
        await assert.rejects(
          loadFromParquet(connection, dataset, options),
          (thrown) => thrown === error,
          `${seen()} such events`,
        );
        assert.deepEqual(tables(connection), []);
        // No transaction is left, and the same load works.
        const report = await loadFromParquet(connection, dataset);
        assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [27, 34, []]);
      });
    }
  }

  it('takes back what was added to tables with rows, and nothing else', async (t) => {
    const directory = scratch(t);
    const { connection, close } = openMemory();
    t.after(close);
    await loadFromParquet(connection, FIXTURE);
    const more = join(directory, 'more');
    for (const part of ['nodes', 'edges']) mkdirSync(join(more, part), { recursive: true });
    await writeParquet(join(more, 'nodes/functions.parquet'), { id: 'UTF8' }, [
      { id: 'new1' },
      { id: 'new2' },
    ]);
    const edges = [
      { from: 'new1', to: 'f1' },
      { from: 'f1', to: 'f4' },
    ];
    await writeParquet(join(more, 'edges/calls.parquet'), { from: 'UTF8', to: 'UTF8' }, edges);
    await writeParquet(
      join(more, 'edges/contains_function.parquet'),
      { from: 'UTF8', to: 'UTF8' },
      [{ from: 'src/main.py', to: 'new2' }].slice(1),
    );
    const functions = 'MATCH (f:Function) RETURN f.* ORDER BY f.id';
    const calls =
      'MATCH (a)-[r:CALLS]->(b) RETURN a.id, b.id, r.call_line ORDER BY a.id, b.id, r.call_line';
    const before = [ask(connection, functions), ask(connection, calls)];
    const { onEvent, error } = throwing('finished', 3);
    await assert.rejects(
      loadFromParquet(connection, more, { append: true, onEvent }),
      (thrown) => thrown === error,
    );
    assert.deepEqual([ask(connection, functions), ask(connection, calls)], before);
    const report = await loadFromParquet(connection, more, { append: true });
    assert.deepEqual([report.totalNodes, report.totalEdges], [2, 2]);
  });

  it('for a bad row is no failure of the table', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(join(dataset, 'nodes/classes.parquet'), { id: 'UTF8' }, [
      { id: 'c1' },
      { id: 'c1' },
    ]);
    const error = new Error('full');
    const onBadRow = (): void => {
      throw error;
    };
    const { connection, close } = openMemory();
    t.after(close);
    for (const options of [
      { onBadRow },
      { onBadRow, skipBadRows: true },
      { onBadRow, onError: 'abort' as const },
    ]) {
      await assert.rejects(
        loadFromParquet(connection, dataset, options),
        (thrown) => thrown === error,
      );
      assert.deepEqual(tables(connection), []);
    }
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
    assert.throws(
      () => loadFromParquetSync(db, dataset, { onBadRow }),
      (thrown) => thrown === error,
    );
    assert.deepEqual(query(db, 'CALL show_tables() RETURN name'), [{ name: 'Mine' }]);
  });
});

describe('a caller’s connection', () => {
  it('with an open transaction is refused, and keeps what is not committed', async (t) => {
    const { connection, close } = openEngine(ENGINE, join(scratch(t), 'graph.db'));
    t.after(close);
    ask(connection, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
    ask(connection, 'BEGIN TRANSACTION');
    ask(connection, 'CREATE (:Mine {id: 7})');
    for (const onError of ['continue', 'abort'] as const) {
      await assert.rejects(loadFromParquet(connection, FIXTURE, { onError }), {
        code: 'TRANSACTION_OPEN',
      });
    }
    ask(connection, 'COMMIT');
    assert.deepEqual(ask(connection, 'MATCH (n:Mine) RETURN n.id AS id'), [{ id: 7 }]);
    assert.equal((await loadFromParquet(connection, FIXTURE)).totalNodes, 27);
  });

  it('takes one load at a time, and is not closed meanwhile', async (t) => {
    const require = createRequire(import.meta.url);
    const { Database, Connection: EngineConnection } = require(
      ENGINE === 'kuzu' ? 'kuzu' : '@ladybugdb/core',
    ) as typeof import('kuzu');
    const database = new Database(join(scratch(t), 'graph.db'), 256e6);
    const connection = new EngineConnection(database);
    t.after(() => {
      connection.closeSync();
      database.closeSync();
    });
    const first = loadFromParquet(connection, FIXTURE);
    await assert.rejects(loadFromParquet(connection, FIXTURE), { code: 'CONNECTION_BUSY' });
    await assert.rejects(connection.close(), { code: 'CONNECTION_BUSY' });
    assert.throws(
      () => {
        connection.closeSync();
      },
      { code: 'CONNECTION_BUSY' },
    );
    await assert.rejects(database.close(), { code: 'CONNECTION_BUSY' });
    assert.equal((await first).totalNodes, 27);
    await assert.rejects(loadFromParquet(connection, FIXTURE), { code: 'TARGET_NOT_EMPTY' });
  });
});
