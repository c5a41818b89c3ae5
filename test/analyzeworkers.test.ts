/** What an analysis is made with: worker threads, the window of files, the cache of facts. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createSpool, openCache, packFacts, unpackOwnFacts } from '../src/analyze/cache.js';
import type { Facts } from '../src/analyze/facts.js';
import { inOrder } from '../src/analyze/inorder.js';
import { createPool, type PoolOptions } from '../src/analyze/workers.js';
import { ROOT, scratch } from './helpers.js';

function factsOf(name: string): Facts {
  const uses = { functions: [], scopes: [], lines: [], paths: [] };
  return {
    symbols: {
      functions: [],
      classes: [],
      variables: [],
      attributes: [],
      imports: [],
      extensions: [],
      scopes: [{ is: 'module', names: {} }],
      package: name,
    },
    decorators: [],
    exceptions: [],
    sites: {
      calls: uses,
      unresolved: { outside: 0, external: 0, unknown: 0 },
      references: { functions: [], variables: [], lines: [], areWrites: [] },
      names: { ...uses, areWrites: [] },
      members: { ...uses, areWrites: [] },
    },
    syntaxErrors: null,
  };
}

/** A thread whose texts are what it does, and whose facts name the thread. */
const THREAD = `
import { parentPort, threadId } from 'node:worker_threads';
import { serve } from '${pathToFileURL(join(ROOT, 'dist/src/analyze/serve.js')).href}';
let heap = 0;
serve(parentPort, async ({ path, text }) => {
  heap += 100;
  if (text === 'throw') throw new Error('no such grammar');
  if (text === 'exit') process.exit(7);
  if (text === 'memory') { const all = []; for (;;) all.push(new Array(1e5).fill(text)); }
  if (text === 'hang') for (;;);
  return { symbols: { package: path, thread: threadId }, sites: {}, syntaxErrors: null };
}, () => heap);
`;

function poolOf(t: TestContext, options: Partial<PoolOptions>): ReturnType<typeof createPool> {
  const script = join(scratch(t), 'thread.mjs');
  writeFileSync(script, THREAD);
  const pool = createPool({ threads: 2, script: pathToFileURL(script), ...options });
  t.after(pool.close);
  return pool;
}

/** Files by what their threads do. @returns What became of each: its thread, or why not. */
async function outcomes(
  { extract }: ReturnType<typeof createPool>,
  texts: readonly string[],
): Promise<(string | number)[]> {
  return await Promise.all(
    texts.map(async (text, i) => {
      const outcome = await extract({ path: `${i}`, language: 'python', text });
      if ('failure' in outcome) return outcome.failure;
      const { symbols } = unpackOwnFacts(outcome.packed);
      assert.equal(symbols.package, `${i}`);
      return (symbols as unknown as { thread: number }).thread;
    }),
  );
}

describe('worker threads', { concurrency: 2 }, () => {
  it('lose the file at which they die, throw or hang, and no other', async (t) => {
    const pool = poolOf(t, { timeout: 1000 });
    const texts = ['', 'throw', '', '', 'exit', '', 'hang', '', '', ''];
    const found = await outcomes(pool, texts);
    const failures = found.map((outcome) => (typeof outcome === 'string' ? outcome : ''));
    assert.deepEqual(failures, [
      '',
      'no such grammar',
      '',
      '',
      'the parser died: it ended with code 7',
      '',
      'it took longer than 1 s',
      '',
      '',
      '',
    ]);
  });

  it('are replaced when their memory has grown', async (t) => {
    const pool = poolOf(t, { threads: 1, heap: 350 });
    const found = await outcomes(pool, ['', '', '', '', '', '', '', '', '']);
    const counts = [...new Set(found)].map((id) => found.filter((other) => other === id).length);
    assert.deepEqual(counts, [4, 4, 1]);
  });

  it('fail the run where they cannot start', async (t) => {
    const script = pathToFileURL(join(scratch(t), 'missing.mjs'));
    const pool = poolOf(t, { script });
    await assert.rejects(outcomes(pool, ['', '', '']), /Cannot find module/);
    await assert.rejects(outcomes(pool, ['']), /Cannot find module/);
  });
});

describe('a window of work', () => {
  it('gives results in the order of the things, and no more are at work than it bears', async () => {
    let active = 0;
    let most = 0;
    let mostSize = 0;
    let size = 0;
    const items = [3, 9, 1, 1, 1, 20, 2, 2, 2, 2, 2];
    const done: number[] = [];
    const work = async (item: number): Promise<number> => {
      active += 1;
      size += item;
      most = Math.max(most, active);
      if (item < 20) mostSize = Math.max(mostSize, size);
      await new Promise((resolve) => setTimeout(resolve, 20 - item));
      active -= 1;
      size -= item;
      return item * 2;
    };
    const window = { count: 4, size: 12, sizeOf: (item: number) => item };
    for await (const [item, result] of inOrder(items, work, window)) {
      assert.equal(result, item * 2);
      done.push(item);
    }
    assert.deepEqual([done, most, mostSize], [items, 4, 12]);
  });

  it('throws what fails in its turn', async () => {
    const work = (item: number): Promise<number> =>
      item < 3 ? Promise.resolve(item) : Promise.reject(new Error(`no ${item}`));
    const window = { count: 10, size: 100, sizeOf: () => 1 };
    const done: number[] = [];
    const all = async (): Promise<void> => {
      for await (const [item] of inOrder([1, 2, 3, 4], work, window)) done.push(item);
    };
    await assert.rejects(all(), { message: 'no 3' });
    assert.deepEqual(done, [1, 2]);
  });
});

describe('the cache of facts', () => {
  /** Facts of three files, two of which are the same. */
  function writeCache(path: string): void {
    const spool = createSpool(path);
    for (const [file, key] of [
      ['a', 'k1'],
      ['b', 'k2'],
      ['c', 'k1'],
    ] as const) {
      const facts = factsOf(key);
      spool.add(file, key, packFacts(facts), facts.symbols);
    }
    spool.close();
  }

  it('gives back what it was given, also beyond what it keeps in memory', (t) => {
    const spool = createSpool(join(scratch(t), 'facts'), 100);
    const names = Array.from({ length: 20 }, (_, i) => `größe ${i}`);
    for (const name of names) {
      const facts = factsOf(name);
      spool.add(name, `key of ${name}`, packFacts(facts), facts.symbols);
    }
    for (const name of names.toReversed()) {
      const { symbols, sites } = factsOf(name);
      assert.deepEqual([spool.symbolsOf(name), spool.sitesOf(name)], [symbols, sites]);
    }
    assert.deepEqual([spool.has('x'), spool.symbolsOf('x')], [false, undefined]);
    spool.close();
  });

  it('holds one record of files that are alike, and is the same for the same files', (t) => {
    const directory = scratch(t);
    const [one, two] = [join(directory, '1'), join(directory, '2')];
    writeCache(one);
    writeCache(two);
    assert.deepEqual(readFileSync(one), readFileSync(two));
    const cache = openCache(one);
    const found = cache.find('k2');
    assert.ok(found);
    const { symbols, decorators, exceptions, syntaxErrors } = factsOf('k2');
    const own = { symbols, decorators, exceptions, syntaxErrors };
    assert.deepEqual(unpackOwnFacts(found), own);
    assert.deepEqual(new Uint8Array(found.sites), packFacts(factsOf('k2')).sites);
    assert.deepEqual([cache.find('k3'), cache.damage()], [undefined, undefined]);
    cache.close();
    assert.equal(readFileSync(one).toString('latin1').split('k1').length, 2);
  });

  it('trusts nothing that is damaged', (t) => {
    const path = join(scratch(t), 'facts');
    const found = (): unknown => {
      const cache = openCache(path);
      const keys = ['k1', 'k2'].map((key) => cache.find(key) !== undefined);
      cache.close();
      return [...keys, cache.damage()];
    };
    assert.deepEqual(found(), [false, false, undefined]);
    writeCache(path);
    assert.deepEqual(found(), [true, true, undefined]);
    const whole = readFileSync(path);
    const second = whole.indexOf('k2') - 28;
    truncateSync(path, whole.length - 1);
    assert.deepEqual(found(), [true, false, `the record at byte ${second} is damaged`]);
    writeFileSync(path, whole);
    appendFileSync(path, 'more');
    assert.deepEqual(found(), [true, true, `it ends within the record at byte ${whole.length}`]);
    for (let at = second + 12; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      writeFileSync(path, bytes);
      assert.deepEqual((found() as boolean[]).slice(0, 2), [true, false], `byte ${at}`);
    }
    writeFileSync(path, 'something else');
    assert.deepEqual(found(), [false, false, 'it was not written by this version of kgload']);
  });
});
