import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeGraphRows } from '../fixtures/code-graph.js';
import { type Recorded, timelineOf } from '../src/picture/timeline.js';
import {
  BINARY,
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  onEngine,
  ROOT,
  scratch,
} from './helpers.js';
import { checkPage, tableOf, textOf } from './html.js';

/** The fixture with calls of which one lacks an endpoint, and one has an endpoint that is not there. */
function spoiledCopy(directory: string): string {
  const copy = fixtureCopy(directory);
  cpSync(join(ROOT, 'fixtures/spoiled/calls.parquet'), join(copy, 'edges/calls.parquet'));
  return copy;
}

function pillOf(page: string): string {
  return textOf(/<span class="pill.*?<\/span>/.exec(page)?.[0] ?? '');
}

describe('kgload load --report', () => {
  it('shows what was loaded, and when', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    rmSync(join(dataset, 'nodes/decorators.parquet'));
    rmSync(join(dataset, 'edges/decorated_by.parquet'));
    const [db, html] = [join(directory, 'graph.db'), join(directory, 'load.html')];
    const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--report', html]);
    assert.equal(code, 0);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    assert.equal(pillOf(page), 'loaded');
    assert.match(textOf(page), /Loaded 25 nodes and 32 edges into /);
    const rows = [...tableOf(page, 'nodes'), ...tableOf(page, 'edges')];
    const missing = ['Decorator', 'DECORATED_BY'];
    assert.deepEqual(
      rows.map(([table, state, found, loaded]) => [table, state, found, loaded]),
      Object.entries(codeGraphRows).map(([table, list]) => {
        const count = `${list.length}`;
        return missing.includes(table)
          ? [table, 'no file', '–', '0']
          : [table, 'loaded', count, count];
      }),
    );
    const times = { ...json.node_times, ...json.edge_times };
    for (const [table = '', , , , seconds] of rows) {
      assert.equal(seconds, times[table]?.seconds.toFixed(3), table);
    }
    const spans = tableOf(page, 'timeline').map(([what]) => what ?? '');
    for (const table of Object.keys(codeGraphRows)) {
      assert.equal(spans.includes(table), !missing.includes(table), table);
    }
    assert.match(textOf(page), /FILE_MISSING 2/);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db', 'load.html']);
  });

  it('shows a load that fails, with its bad rows by reason', async (t) => {
    const directory = scratch(t);
    const dataset = spoiledCopy(directory);
    const [db, html] = [join(directory, 'graph.db'), join(directory, 'load.html')];
    const load = ['load', dataset, '--db', db, '--fresh', '--report', html];
    const { code } = await kgload([...load, '--on-error', 'abort']);
    assert.equal(code, 1);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    assert.equal(pillOf(page), 'failed');
    assert.deepEqual(tableOf(page, 'bad-rows'), [
      ['without an endpoint null_endpoint', '1', ''],
      ['CALLS', 'edges/calls.parquet', '1', 'f3 → null'],
      ['with an endpoint that no node has missing_endpoint', '1', ''],
      ['CALLS', 'edges/calls.parquet', '1', 'f1 → gone'],
    ]);
    assert.match(
      textOf(page),
      /What to do: mend the file, or leave such rows out with --skip-bad-rows/,
    );
    const calls = tableOf(page, 'edges').find(([table]) => table === 'CALLS');
    assert.deepEqual(calls?.slice(0, 4), ['CALLS', 'failed', '3', '0']);
    assert.deepEqual(tableOf(page, 'nodes')[0]?.slice(0, 4), ['File', 'undone', '5', '0']);
    assert.ok(!existsSync(db));

    const list = join(directory, 'bad.ndjson');
    const skipping = await kgload([...load, '--skip-bad-rows', '--bad-rows', list]);
    assert.equal(skipping.code, 0, skipping.stderr);
    const second = readFileSync(html, 'utf8');
    assert.equal(pillOf(second), 'loaded');
    assert.ok(textOf(second).includes(`left out of the load. Each of them stands in ${list}.`));
    const left = tableOf(second, 'edges').find(([table]) => table === 'CALLS');
    assert.deepEqual(left?.slice(0, 5), ['CALLS', 'loaded', '3', '1', '2']);
  });

  it('shows a load that was refused, and refuses what it can’t write', async (t) => {
    const directory = scratch(t);
    const [db, html] = [join(directory, 'graph.db'), join(directory, 'load.html')];
    const { code, stderr } = await kgload([
      'load',
      join(directory, '<none>'),
      '--db',
      db,
      '--report',
      html,
    ]);
    assert.equal(code, 2);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    assert.equal(pillOf(page), 'refused');
    assert.ok(stderr.includes('<none> does not exist'));
    assert.ok(textOf(page).includes('<none> does not exist'));
    const dataset = fixtureCopy(directory);
    for (const [path, reason] of [
      [join(dataset, 'x.html'), 'it lies in the dataset'],
      [join(directory, 'missing/x.html'), 'missing does not exist'],
      [db, 'it is the database'],
    ] as const) {
      const refused = await kgloadJson(['load', dataset, '--db', db, '--report', path]);
      assert.deepEqual([refused.code, refused.json.errors[0]?.code], [2, 'TARGET_UNWRITABLE']);
      assert.ok(refused.json.errors[0]?.message.endsWith(reason));
    }
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'load.html']);
  });

  it('shows a load that was interrupted', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const rows = `UNWIND range(1, 1500000) AS i RETURN 'f' + CAST(i AS STRING) AS id, 'name' AS name`;
    rmSync(join(dataset, 'nodes/functions.parquet'));
    execute(':memory:', `COPY (${rows}) TO '${dataset}/nodes/functions.parquet'`);
    const [db, html] = [join(directory, 'graph.db'), join(directory, 'load.html')];
    const args = ['load', dataset, '--db', db, '--report', html, '--verbose'];
    const child = spawn(process.execPath, [BINARY, ...onEngine(args)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => (log += more));
    const ended = new Promise((resolve) =>
      child.on('close', (_code, signal) => {
        resolve(signal);
      }),
    );
    while (!log.includes('Function: loading')) {
      assert.equal(child.exitCode, null, log);
      await sleep(5);
    }
    child.kill('SIGINT');
    assert.equal(await ended, 'SIGINT');
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    assert.equal(pillOf(page), 'interrupted');
    const states = new Map(tableOf(page, 'nodes').map(([table, state]) => [table, state]));
    assert.equal(states.get('Function'), 'not finished');
    assert.equal(states.get('Exception'), 'not reached');
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'load.html']);
  });

  it('shows a dry run', async (t) => {
    const directory = scratch(t);
    const html = join(directory, 'load.html');
    const db = join(directory, 'graph.db');
    await kgload(['load', FIXTURE, '--db', db, '--dry-run', '--report', html, '-q']);
    const page = readFileSync(html, 'utf8');
    assert.equal(pillOf(page), 'dry run');
    assert.deepEqual(tableOf(page, 'nodes')[1]?.slice(0, 4), ['Function', 'checked', '7', '7']);
  });
});

describe('timelineOf()', () => {
  const started = (at: number, table: string) =>
    ({
      at,
      event: { type: 'started', table, kind: 'node', file: '', rows: 1, ignored: {} },
    }) as const;
  const finished = (at: number, table: string) =>
    ({
      at,
      event: { type: 'finished', table, kind: 'node', rows: 1, seconds: 1, skipped: 0 },
    }) as const;

  it('has what comes before and after the tables as steps, where nobody tells of any', () => {
    const planned: Recorded = { at: 1, event: { type: 'planned', tables: [] } };
    const spans = timelineOf([planned, started(2, 'A'), finished(3, 'A')], 5);
    assert.deepEqual(
      spans.map(({ name, from, to, state }) => [name, from, to, state]),
      [
        ['begin', 0, 1, 'done'],
        ['A', 2, 3, 'done'],
        ['finish', 3, 5, 'done'],
      ],
    );
  });

  it('tells tables that are loaded again, and what never ended', () => {
    const repeated: Recorded = {
      at: 4,
      event: { type: 'repeated', table: 'B', tables: ['A', 'B'] },
    };
    const step = (at: number, state: 'started' | 'finished') =>
      ({ at, event: { type: 'step', name: 'commit', state } }) as const;
    const spans = timelineOf(
      [
        step(0, 'started'),
        step(1, 'finished'),
        started(1, 'A'),
        finished(2, 'A'),
        started(2, 'B'),
        repeated,
        started(4, 'A'),
        finished(5, 'A'),
        started(5, 'B'),
      ],
      7,
    );
    assert.deepEqual(
      spans.map(({ name, kind, from, to, state }) => [name, kind, from, to, state]),
      [
        ['commit', 'step', 0, 1, 'done'],
        ['A', 'node', 1, 2, 'repeated'],
        ['B', 'node', 2, 4, 'failed'],
        ['A', 'node', 4, 5, 'done'],
        ['B', 'node', 5, 7, 'unfinished'],
      ],
    );
  });
});
