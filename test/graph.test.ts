import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DependencyGraph, loadFromParquet, loadFromParquetSync } from 'kgload';
import type * as Kuzu from 'kuzu';
import {
  ENGINE,
  execute,
  FIXTURE,
  openMemory,
  PACKAGE,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const { QueryResult } = createRequire(import.meta.url)(PACKAGE) as typeof Kuzu;

describe('DependencyGraph', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kgload-test-'));
  const fixtureDb = join(directory, 'fixture.db');
  const fixtureGraph = (t: TestContext): DependencyGraph =>
    openGraph(t, fixtureDb, { readOnly: true });
  before(() => {
    assert.deepEqual(loadFromParquetSync(fixtureDb, FIXTURE, { engine: ENGINE }).errors, []);
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('loads as the library does, and creates the database', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const graph = openGraph(t, db);
    const events: string[] = [];
    const report = await graph.loadFromParquet(FIXTURE, {
      clock: () => 0,
      onEvent: ({ type }) => events.push(type),
    });
    const other = openMemory();
    t.after(() => {
      other.close();
    });
    const expected = await loadFromParquet(other.connection, FIXTURE, { clock: () => 0 });
    assert.deepEqual(report, expected);
    assert.equal(events.filter((type) => type === 'finished').length, 20);
    await assert.rejects(graph.loadFromParquet(FIXTURE), { code: 'TARGET_NOT_EMPTY' });
    await assert.rejects(graph.loadFromParquet(join(db, 'none')), { code: 'ENOENT' });
    await graph.close();
    assert.deepEqual(query(db, 'MATCH (f:Function) RETURN count(*) AS n'), [{ n: 7 }]);
  });

  it('gives the functions, classes and imports of a file, typed and in order', async (t) => {
    const graph = fixtureGraph(t);
    assert.deepEqual(await graph.getAllFunctionsInFile('shop/prices.py'), [
      {
        id: 'f4',
        name: 'price_of',
        file: 'shop/prices.py',
        startLine: 5,
        endLine: 9,
        isPublic: true,
        sourceCode: "def price_of(item): return PRICES['x\\y']",
      },
      {
        id: 'f6',
        name: 'empty',
        file: 'shop/prices.py',
        startLine: null,
        endLine: null,
        isPublic: null,
        sourceCode: '',
      },
    ]);
    assert.deepEqual(ids(await graph.getAllFunctionsInFile('shop/cart.py')), ['f1', 'f2', 'f3']);
    assert.deepEqual(ids(await graph.getAllFunctionsInFile('shop/größen.py')), ['f5']);
    assert.deepEqual(await graph.getAllFunctionsInFile("shop/o'brien.py"), []);
    assert.deepEqual(await graph.getAllClassesInFile('shop/größen.py'), [
      {
        id: 'c3',
        name: '_Größe',
        file: 'shop/größen.py',
        startLine: 4,
        endLine: 6,
        bases: null,
        isPublic: false,
        sourceCode: null,
      },
    ]);
    assert.deepEqual(ids(await graph.getAllClassesInFile('shop/cart.py')), ['c1', 'c2']);
    assert.deepEqual(await graph.getAllImportsInFile('shop/prices.py'), [
      {
        id: 'i2',
        importedName: 'decimal',
        importType: 'import',
        alias: 'd',
        lineNumber: 2,
        isRelative: false,
        file: 'shop/prices.py',
      },
    ]);
    assert.deepEqual(await graph.getAllImportsInFile('none.py'), []);
  });

  it('gives the uses of variables and attributes, each with its line', async (t) => {
    const graph = fixtureGraph(t);
    const f1 = {
      id: 'f1',
      name: 'add_item',
      file: 'shop/cart.py',
      startLine: 10,
      endLine: 18,
      isPublic: true,
    };
    assert.deepEqual(await all(graph.getVariableUsers('v2')), [
      { ...f1, lineNumber: 11, context: 'write' },
      { ...f1, lineNumber: 12, context: 'read' },
    ]);
    assert.deepEqual(
      (await all(graph.getVariableUsers('v3'))).map(({ id, context }) => [id, context]),
      [['f4', null]],
    );
    assert.deepEqual(await all(graph.getVariableUsers('v4')), []);
    assert.deepEqual(await all(graph.getAttributeUsers('a2')), [
      { ...f1, lineNumber: 14, accessType: 'write' },
    ]);
  });

  it('gives callers and callees, once each, and a function that calls itself', async (t) => {
    const graph = fixtureGraph(t);
    assert.deepEqual(await all(graph.getCallers('f3')), [
      {
        id: 'f1',
        name: 'add_item',
        file: 'shop/cart.py',
        startLine: 10,
        endLine: 18,
        isPublic: true,
        distance: 1,
      },
      {
        id: 'f3',
        name: '_total',
        file: 'shop/cart.py',
        startLine: 28,
        endLine: 31,
        isPublic: false,
        distance: 1,
      },
    ]);
    assert.deepEqual(distances(await all(graph.getCallees('f1'))), { f3: 1, f4: 1 });
    assert.deepEqual(distances(await all(graph.getImpact('f4'))), { f1: 1, f3: 1 });
    assert.deepEqual(await all(graph.getCallers('f1', { depth: Infinity })), []);
    assert.deepEqual(await all(graph.getCallers('none')), []);
  });

  it('follows calls to a depth, through cycles, over the shortest way', async (t) => {
    // a → b → c → d → b is a cycle with a way in; a → d is a short cut, twice; e → e a loop.
    const graph = await graphOf(t, {
      functions: ['a', 'b', 'c', 'd', 'e'],
      calls: ['a b', 'b c', 'c d', 'd b', 'a d', 'a d', 'e e', 'd e'],
    });
    const callees = async (id: string, depth?: number): Promise<string> =>
      show(await all(graph.getCallees(id, depth === undefined ? {} : { depth })));
    assert.equal(await callees('a'), 'b1 d1');
    assert.equal(await callees('a', 2), 'b1 d1 c2 e2');
    assert.equal(await callees('b', 2), 'c1 d2');
    assert.equal(await callees('b', 3), 'c1 d2 e3 b3');
    assert.equal(await callees('b', Infinity), 'c1 d2 e3 b3');
    assert.equal(await callees('e', 100_000), 'e1');
    assert.equal(show(await all(graph.getImpact('b'))), 'a1 d1 c2 b3');
    assert.equal(show(await all(graph.getImpact('e'))), 'd1 e1 a2 c2 b3');
    for (const depth of [0, -1, 1.5, NaN, '2' as unknown as number]) {
      assert.throws(() => graph.getCallers('a', { depth }), RangeError);
      await assert.rejects(graph.getSubclasses('a', { depth }), RangeError);
    }
  });

  it('gives subclasses, to all depths unless told otherwise', async (t) => {
    const graph = await graphOf(t, {
      classes: ['Base', 'Left', 'Right', 'Both', 'Other'],
      inherits: ['Left Base', 'Right Base', 'Both Left', 'Both Right', 'Other Other'],
    });
    assert.equal(show(await graph.getSubclasses('Base')), 'Left1 Right1 Both2');
    assert.equal(show(await graph.getSubclasses('Base', { depth: 1 })), 'Left1 Right1');
    assert.equal(show(await graph.getSubclasses('Other')), 'Other1');
    assert.deepEqual((await graph.getSubclasses('Left'))[0], {
      id: 'Both',
      name: 'Both',
      file: 'Both',
      startLine: 1,
      endLine: 1,
      bases: null,
      isPublic: null,
      distance: 1,
    });
  });

  it('finds its way through thousands of calls, taking rows one at a time', async (t) => {
    const chain = Array.from({ length: 5000 }, (_, i) => `f${i}`);
    const graph = await graphOf(t, {
      functions: chain,
      calls: chain.slice(1).map((name, i) => `f${i} ${name}`),
    });
    const taken = t.mock.method(QueryResult.prototype, 'getNextSync').mock;
    const closed = t.mock.method(QueryResult.prototype, 'close').mock;
    await graph.getAllFunctionsInFile('none');
    const [before, closedBefore] = [taken.callCount(), closed.callCount()];
    let seen = 0;
    for await (const { id, distance } of graph.getImpact('f4999')) {
      seen += 1;
      assert.deepEqual([id, distance], [`f${4999 - seen}`, seen]);
      assert.equal(taken.callCount() - before, seen);
      if (seen === 10) break;
    }
    // The search for a cycle, and the callers.
    assert.equal(closed.callCount() - closedBefore, 2);
    const callees = await all(graph.getCallees('f0', { depth: 40 }));
    assert.deepEqual([callees.length, callees.at(-1)?.id], [40, 'f40']);
  });

  it('takes ids and paths as they are', async (t) => {
    const hostile = [
      "'",
      '"',
      '`',
      '\\',
      "\\'",
      "\\\\'",
      "') DETACH DELETE",
      "'}) DETACH DELETE n //",
      "x' OR '1' = '1",
      '\\u0027',
      '\\x27',
      "\\u005c'",
      '$id',
      '{{id}}',
      '%s %',
      '*',
      'a\nb',
      'a\r\nb',
      'a\tb',
      'a\0b',
      '\u2028',
      '\u200b',
      'größe 価格 👕 e\u0301',
      'ʼ＇',
      '/* */ // --',
      ';',
      ' ',
      '',
      "'".repeat(1001),
      '\\'.repeat(1001),
    ];
    const graph = await graphOf(t, {
      functions: [...hostile, 'target'],
      classes: hostile,
      calls: hostile.map((id) => [id, 'target'] as const),
      inherits: [],
    });
    for (const id of hostile) {
      assert.deepEqual(ids(await graph.getAllFunctionsInFile(id)), [id]);
      assert.deepEqual(ids(await graph.getAllClassesInFile(id)), [id]);
      assert.deepEqual(distances(await all(graph.getCallees(id))), { target: 1 });
      assert.deepEqual(await all(graph.getImpact(id)), []);
      assert.deepEqual(await graph.getSubclasses(id), []);
    }
    assert.deepEqual(
      new Set(ids(await all(graph.getCallers('target', { depth: 9 })))),
      new Set(hostile),
    );
  });

  it('answers many calls and open iterations at the same time', async (t) => {
    const graph = fixtureGraph(t);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) =>
        i % 2 === 0
          ? ids(await graph.getAllFunctionsInFile('shop/cart.py')).join()
          : show(await all(graph.getCallers('f4', { depth: i }))),
      ),
    );
    assert.deepEqual(new Set(answers), new Set(['f1,f2,f3', 'f11 f31']));
    const [one, two] = [graph.getCallers('f3'), graph.getVariableUsers('v2')];
    const steps = [one, two, two, one, two, one];
    const turns: unknown[] = [];
    for (const iteration of steps) {
      const { value, done } = await iteration.next();
      turns.push(done ? 'done' : value.id);
    }
    assert.deepEqual(turns, ['f1', 'f1', 'f1', 'f3', 'done', 'done']);
  });

  it('loads while an iteration is open, and answers afterwards', async (t) => {
    const directory = scratch(t);
    const graph = openGraph(t, join(directory, 'graph.db'));
    await graph.loadFromParquet(
      await dataset(directory, { functions: ['a', 'b'], calls: ['a b', 'b b'] }),
    );
    const callers = graph.getCallers('b');
    assert.equal((await callers.next()).value?.id, 'a');
    const more = await dataset(directory, { functions: ['c'], calls: ['c b'] });
    await assert.rejects(graph.loadFromParquet(more, { append: true, onError: 'abort' }), {
      code: 'UNDO_UNSAFE',
    });
    const [report, during] = await Promise.all([
      graph.loadFromParquet(more, { append: true }),
      all(graph.getCallers('b')),
    ]);
    assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [1, 1, []]);
    assert.equal(show(during), 'a1 c1 b1');
    assert.equal((await callers.next()).value?.id, 'b');
    assert.equal((await callers.next()).done, true);
  });

  it('closes beside whatever runs, and says that it is closed', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const graph = openGraph(t, db);
    let refused: Promise<void> | undefined;
    const report = await graph.loadFromParquet(FIXTURE, {
      onEvent: ({ type }) => {
        if (type !== 'started' || refused) return;
        refused = assert.rejects(graph.getAllClassesInFile('x'), { code: 'CLOSED' });
        void graph.close();
      },
    });
    assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [27, 34, []]);
    await Promise.all([refused, graph.close()]);
    await graph.close();

    const again = openGraph(t, db);
    const [open, untouched] = [again.getCallers('f3'), again.getCallers('f3')];
    assert.equal((await open.next()).value?.id, 'f1');
    const running = assert.rejects(again.getAllFunctionsInFile('x'), { code: 'CLOSED' });
    await setImmediate(); // The engine is at it now.
    await again.close();
    await running;
    const closed = { name: 'KgloadError', code: 'CLOSED', file: db };
    await assert.rejects(open.next(), closed);
    assert.equal((await open.next()).done, true);
    await assert.rejects(untouched.next(), closed);
    await assert.rejects(again.getAllFunctionsInFile('x'), closed);
    await assert.rejects(again.getSubclasses('x'), closed);
    await assert.rejects(again.loadFromParquet(FIXTURE), closed);
    assert.throws(() => again.getCallers('x'), closed);
    assert.throws(() => again.getAttributeUsers('x'), closed);
  });

  it('closes the results of open iterations with the graph', async (t) => {
    const graph = fixtureGraph(t);
    const iterations = [graph.getVariableUsers('v2'), graph.getAttributeUsers('a1')];
    for (const rows of iterations) assert.equal((await rows.next()).value?.id, 'f1');
    const closed = t.mock.method(QueryResult.prototype, 'close').mock;
    await graph.close();
    assert.equal(closed.callCount(), 2);
    for (const rows of iterations) assert.equal((await rows.return()).done, true);
  });

  it('closes at the end of the block that uses it', async () => {
    let kept: DependencyGraph;
    {
      await using graph = new DependencyGraph(fixtureDb);
      kept = graph;
      assert.equal((await graph.getAllClassesInFile('shop/cart.py')).length, 2);
    }
    await assert.rejects(kept.getAllFunctionsInFile('x'), { code: 'CLOSED' });
    assert.deepEqual(query(fixtureDb, 'MATCH (c:Class) RETURN count(*) AS n'), [{ n: 3 }]);
  });

  it('names the table that the database lacks or has otherwise', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(
      db,
      'CREATE NODE TABLE Function(id STRING PRIMARY KEY, name STRING, file STRING, start_line INT64, end_line INT64, is_public BOOLEAN, source_code STRING, more STRING)',
      'CREATE NODE TABLE Class(id INT64 PRIMARY KEY, name STRING)',
      "CREATE (:Function {id: 'f', file: 'x.py', more: 'y'})",
    );
    const graph = openGraph(t, db, { readOnly: true });
    assert.deepEqual(ids(await graph.getAllFunctionsInFile('x.py')), ['f']);
    await assert.rejects(all(graph.getCallers('f')), {
      name: 'KgloadError',
      code: 'SCHEMA_MISMATCH',
      message: 'the database has no table CALLS',
      table: 'CALLS',
      hint: 'load a code graph into it: graph.loadFromParquet, or kgload load',
    });
    await assert.rejects(all(graph.getVariableUsers('v')), {
      message: 'the database has no table REFERENCES, Variable',
    });
    await assert.rejects(graph.getAllClassesInFile('x.py'), {
      code: 'SCHEMA_MISMATCH',
      table: 'Class',
      message:
        /^the database has another table Class .* id is INT64, not STRING; has no property file; /,
    });
  });

  it('opens databases only, once in a process, and loads none that is read-only', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    assert.throws(() => new DependencyGraph(db, { readOnly: true }), {
      name: 'KgloadError',
      code: 'ENOENT',
      file: db,
    });
    const text = join(directory, 'notes.txt');
    writeFileSync(text, 'not a database');
    for (const readOnly of [false, true]) {
      for (const path of [text, directory]) {
        assert.throws(() => new DependencyGraph(path, { readOnly }), {
          code: 'TARGET_NOT_A_DATABASE',
        });
      }
    }
    assert.throws(() => new DependencyGraph(join(directory, 'none', 'graph.db')), {
      code: 'TARGET_UNWRITABLE',
    });
    assert.deepEqual(readdirSync(directory), ['notes.txt']);
    await openGraph(t, db).close();
    const graph = openGraph(t, db, { readOnly: true });
    assert.throws(() => new DependencyGraph(db), {
      code: 'TARGET_LOCKED',
      message: /is open in this process already$/,
    });
    await assert.rejects(graph.loadFromParquet(FIXTURE), { code: 'TARGET_UNWRITABLE' });
    await assert.rejects(graph.getAllImportsInFile('x'), { code: 'SCHEMA_MISMATCH' });
    assert.deepEqual(readdirSync(directory), ['graph.db', 'notes.txt']);
  });

  it('lets the process end, closed or not', () => {
    const script = `
      import { DependencyGraph } from 'kgload';
      const graph = new DependencyGraph(${JSON.stringify(fixtureDb)});
      const [one, two] = [graph.getCallers('f3'), graph.getVariableUsers('v2')];
      for (const rows of [one, two]) console.log((await rows.next()).value.id);
      if (process.argv.includes('close')) await graph.close();
      globalThis.gc();`;
    for (const how of ['close', 'leave']) {
      const run = spawnSync(
        process.execPath,
        ['--expose-gc', '--input-type=module', '-e', script, '--', how],
        { encoding: 'utf8' },
      );
      assert.deepEqual([run.status, run.stdout, run.stderr], [0, 'f1\nf1\n', '']);
    }
  });
});

/** A graph that is closed after the test. */
function openGraph(
  t: TestContext,
  path: string,
  options?: { readOnly?: boolean },
): DependencyGraph {
  const graph = new DependencyGraph(path, { ...options, engine: ENGINE });
  t.after(() => graph.close());
  return graph;
}

interface Small {
  functions?: string[];
  classes?: string[];
  /** `from to`, or both, where a name has a space. */
  calls?: (string | readonly [string, string])[];
  inherits?: (string | readonly [string, string])[];
}

async function graphOf(t: TestContext, small: Small): Promise<DependencyGraph> {
  const directory = scratch(t);
  const graph = openGraph(t, join(directory, 'graph.db'));
  const { errors } = await graph.loadFromParquet(await dataset(directory, small));
  assert.deepEqual(errors, []);
  return graph;
}

let datasets = 0;

/** Writes a dataset whose nodes have their id as name and file too. */
async function dataset(directory: string, small: Small): Promise<string> {
  datasets += 1;
  const path = join(directory, `dataset${datasets}`);
  for (const part of ['nodes', 'edges']) mkdirSync(join(path, part), { recursive: true });
  for (const table of ['functions', 'classes'] as const) {
    await writeParquet(
      join(path, 'nodes', `${table}.parquet`),
      { id: 'UTF8', name: 'UTF8', file: 'UTF8', start_line: 'INT64', end_line: 'INT64' },
      (small[table] ?? []).map((id) => ({ id, name: id, file: id, start_line: 1, end_line: 1 })),
    );
  }
  for (const table of ['calls', 'inherits'] as const) {
    await writeParquet(
      join(path, 'edges', `${table}.parquet`),
      { from: 'UTF8', to: 'UTF8' },
      (small[table] ?? []).map((edge) => {
        const [from, to] = typeof edge === 'string' ? edge.split(' ') : edge;
        return { from, to };
      }),
    );
  }
  return path;
}

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

function ids(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

function distances(rows: readonly { id: string; distance: number }[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ id, distance }) => [id, distance]));
}

/** In order, as `a1 b2`. */
function show(rows: readonly { id: string; distance: number }[]): string {
  return rows.map(({ id, distance }) => `${id}${distance}`).join(' ');
}
