import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultJobs } from '../src/engine/resources.js';
import { drive, driveSync, type Steps } from '../src/engine/drive.js';
import type { Connection } from '../src/types.js';
import {
  executeOn,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  queryOn,
  scratch,
  writeParquet,
} from './helpers.js';

/** As many jobs as this, whatever the machine has. */
const THREE = ['--engine', 'ladybug', '--jobs', '3'];

describe('tables that are loaded at a time', () => {
  it('are all there, and reported in load order', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const { code, json, stderr } = await kgloadJson(['load', FIXTURE, '--db', db, ...THREE]);
    assert.equal(code, 0, stderr);
    assert.deepEqual([json.total_nodes, json.total_edges], [27, 34]);
    const order = (part: 'node_times' | 'edge_times'): string[] => Object.keys(json[part]);
    assert.deepEqual(order('node_times').slice(0, 3), ['File', 'Function', 'Class']);
    assert.deepEqual(order('edge_times').slice(-2), ['CALLS', 'INHERITS']);
    const verified = await kgload(['stats', '--db', db, '--verify', FIXTURE, '-q']);
    assert.deepEqual([verified.code, verified.stderr], [0, '']);
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('fail one by one: the others are whole, and the errors in load order', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(join(dataset, 'nodes/classes.parquet'), { id: 'UTF8' }, [
      { id: 'c1' },
      { id: 'c1' },
    ]);
    await writeParquet(join(dataset, 'nodes/imports.parquet'), { id: 'UTF8' }, [{ id: null }]);
    await writeParquet(join(dataset, 'edges/calls.parquet'), { from: 'UTF8', to: 'UTF8' }, [
      { from: 'f1', to: 'ghost' },
    ]);
    const db = join(directory, 'graph.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db, ...THREE]);
    assert.equal(code, 1);
    assert.deepEqual(
      json.errors.map((error) => [error.table, error.code]),
      [
        ['Class', 'DUPLICATE_KEY'],
        ['Import', 'NULL_KEY'],
        ['CONTAINS_CLASS', 'NODES_FAILED'],
        ['METHOD_OF', 'NODES_FAILED'],
        ['HAS_IMPORT', 'NODES_FAILED'],
        ['HAS_ATTRIBUTE', 'NODES_FAILED'],
        ['CALLS', 'MISSING_ENDPOINT'],
        ['INHERITS', 'NODES_FAILED'],
      ],
    );
    assert.deepEqual([json.total_nodes, json.total_edges], [22, 20]);
    const found = queryOn(
      'ladybug',
      db,
      'MATCH (n) RETURN label(n) AS t, count(*) AS n ORDER BY t',
    );
    assert.deepEqual(Object.fromEntries(found.map(({ t: table, n }) => [table, n])), {
      File: 5,
      Function: 7,
      Variable: 4,
      Decorator: 2,
      Attribute: 2,
      Exception: 2,
    });
    assert.deepEqual(queryOn('ladybug', db, "MATCH (f:Function {id: 'f1'}) RETURN count(*) AS n"), [
      { n: 1 },
    ]);
  });

  it('count their bad rows together', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    for (const file of ['classes', 'imports', 'decorators']) {
      await writeParquet(join(dataset, `nodes/${file}.parquet`), { id: 'UTF8' }, [
        { id: 'x' },
        { id: null },
        { id: null },
      ]);
    }
    for (const part of readdirSync(join(dataset, 'edges'))) rmSync(join(dataset, 'edges', part));
    const db = join(directory, 'graph.db');
    const args = ['load', dataset, '--db', db, ...THREE, '--fresh'];
    const few = await kgloadJson([...args, '--max-bad-rows', '5']);
    assert.equal(few.code, 1);
    assert.equal(few.json.published, false);
    assert.deepEqual(
      few.json.errors.map((error) => error.code),
      ['TOO_MANY_BAD_ROWS'],
    );
    assert.match(few.json.errors[0]?.message ?? '', /^6 bad rows .* 5 are allowed/);
    assert.deepEqual(readdirSync(directory), ['dataset']);
    const enough = await kgloadJson([...args, '--max-bad-rows', '6']);
    assert.deepEqual([enough.code, enough.json['total_skipped']], [0, 6]);
    assert.deepEqual(
      (enough.json['bad_rows'] as { table: string }[]).map(({ table }) => table),
      ['Class', 'Import', 'Decorator'],
    );
    assert.equal(enough.json.total_nodes, 23);
  });

  it('may have many files each, all or none of them', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    for (const [file, letter] of [
      ['functions', 'f'],
      ['variables', 'v'],
    ] as const) {
      rmSync(join(dataset, `nodes/${file}.parquet`));
      mkdirSync(join(dataset, `nodes/${file}`));
      for (let part = 0; part < 4; part += 1) {
        const rows = Array.from({ length: 500 }, (_, i) => ({ id: `${letter}${part * 500 + i}` }));
        await writeParquet(
          join(dataset, `nodes/${file}/part-${part}.parquet`),
          { id: 'UTF8' },
          rows,
        );
      }
    }
    const db = join(directory, 'graph.db');
    const args = ['load', dataset, '--db', db, ...THREE, '--fresh'];
    const whole = await kgloadJson(args);
    assert.equal(whole.code, 0, whole.stderr);
    assert.deepEqual(
      [whole.json.node_times['Function']?.rows, whole.json.node_times['Variable']?.rows],
      [2000, 2000],
    );
    await writeParquet(join(dataset, 'nodes/functions/part-9.parquet'), { id: 'UTF8' }, [
      { id: 'f7' },
    ]);
    const { json } = await kgloadJson([...args, '--on-error', 'continue']);
    assert.equal(json.errors[0]?.code, 'DUPLICATE_KEY');
    assert.equal(json.errors[0].file, 'nodes/functions/part-9.parquet');
    assert.deepEqual(
      queryOn(
        'ladybug',
        db,
        "MATCH (n) WHERE label(n) IN ['Function', 'Variable'] RETURN label(n) AS t, count(*) AS n",
      ),
      [{ t: 'Variable', n: 2000 }],
    );
  });

  it('and crash the engine, are loaded again one at a time, which shows the file', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const crash = join(FIXTURE, '..', 'crash', 'functions.parquet');
    cpSync(crash, join(dataset, 'nodes', 'functions.parquet'));
    const db = join(directory, 'graph.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db, ...THREE]);
    assert.equal(code, 1);
    const crashes = json.errors.filter((error) => error.code === 'ENGINE_CRASHED');
    assert.deepEqual(
      crashes.map(({ table }) => table),
      ['Function'],
    );
    assert.deepEqual([json.published, json.total_nodes], [true, 20]);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);
  });

  it('are one where the engine or the database allows no more, which is said', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const kuzu = await kgloadJson(['load', FIXTURE, '--db', db, '--engine', 'kuzu', '--jobs', '2']);
    assert.equal(kuzu.code, 0);
    assert.deepEqual(kuzu.json.warnings[0], {
      code: 'JOBS_IDLE',
      message: '--jobs 2 has no effect: Kuzu writes a table at a time',
    });
    assert.match(kuzu.stderr, /^kgload: warning: --jobs 2 has no effect/);

    const existing = join(directory, 'existing.db');
    executeOn('ladybug', existing, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
    const added = await kgloadJson(['load', FIXTURE, '--db', existing, '--jobs', '2']);
    assert.deepEqual([added.code, added.json.total_nodes], [0, 27]);
    assert.equal(
      added.json.warnings[0]?.message,
      '--jobs 2 has no effect: a database that is there is loaded a table at a time',
    );
    const plain = await kgloadJson(['load', FIXTURE, '--db', db, '--fresh']);
    assert.deepEqual(plain.json.warnings, []);
    const refused = await kgload(['load', FIXTURE, '--db', db, '--jobs', '0']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /'0' is invalid\. It is not a positive number/);
  });

  it('are one a core by default, and four at most', () => {
    assert.deepEqual([1, 2, 4, 64].map(defaultJobs), [1, 2, 4, 4]);
  });
});

describe('works that run together', () => {
  /** Answers after a while, or fails. */
  function connectionOf(log: string[], milliseconds: number): Connection {
    const answer = (cypher: string): { hasNext: () => boolean; close: () => void } => {
      log.push(cypher);
      if (cypher === 'fail') throw new Error('refused');
      return { hasNext: () => false, close: () => undefined };
    };
    return {
      query: async (cypher) => {
        await sleep(milliseconds);
        return { ...answer(cypher), getNextSync: () => null };
      },
      querySync: (cypher) => ({ ...answer(cypher), getNextSync: () => null }),
    };
  }

  function* work(connection: Connection, ...statements: string[]): Steps<void> {
    for (const cypher of statements) yield { connection, cypher };
  }

  function* both(log: string[]): Steps<string> {
    const [slow, fast] = [connectionOf(log, 60), connectionOf(log, 1)];
    try {
      yield { together: [work(slow, 'slow 1', 'slow 2'), work(fast, 'fast', 'fail', 'never')] };
    } catch (error) {
      log.push(String(error));
    }
    return 'end';
  }

  it('are all waited for, also when one fails', async () => {
    const log: string[] = [];
    assert.equal(await drive(both(log)), 'end');
    assert.deepEqual(log, ['fast', 'fail', 'slow 1', 'slow 2', 'Error: refused']);
  });

  it('run one after the other where the caller blocks', () => {
    const log: string[] = [];
    assert.equal(driveSync(both(log)), 'end');
    assert.deepEqual(log, ['slow 1', 'slow 2', 'fast', 'fail', 'Error: refused']);
  });
});
