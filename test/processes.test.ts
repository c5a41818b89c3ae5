/** Work on others' files in a process of its own: killed, starved, left alone. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { processExists } from '../src/engine/processes.js';
import { writeBomb } from './bomb.js';
import {
  BINARY,
  ENGINE,
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  onEngine,
  scratch,
  writeParquet,
} from './helpers.js';

const TABLE = ['id', 'name'] as const;

/** A directory with one file for Function, small on disk and large when it is decoded. */
function bombDataset(directory: string, rows: number): string {
  const dataset = join(directory, 'bomb');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  writeBomb(join(dataset, 'nodes/functions.parquet'), TABLE, { rows });
  return dataset;
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [BINARY, ...onEngine(args)], { stdio: 'ignore' });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return { code: child.exitCode, signal: child.signalCode };
  }
  return await new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

/** The processes that a process has started: proc(5), /proc/pid/task/tid/children. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

describe('preprocess', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`is over within a second at ${signal} while it decodes, and leaves nothing`, async (t) => {
      const directory = scratch(t);
      const dataset = bombDataset(directory, 20_000_000);
      const child = start(['preprocess', dataset, join(directory, 'out')]);
      while (!readdirSync(directory).some((name) => name.startsWith('.kgload-'))) {
        assert.equal(child.exitCode, null);
        await sleep(5);
      }
      await sleep(200);
      const end = ended(child);
      const began = performance.now();
      child.kill(signal);
      assert.deepEqual(await end, { code: null, signal });
      assert.ok(performance.now() - began < 1000);
      assert.deepEqual(readdirSync(directory), ['bomb']);
    });
  }

  it('that was killed leaves what the next one takes away', async (t) => {
    const directory = scratch(t);
    const dataset = bombDataset(directory, 20_000_000);
    const child = start(['preprocess', dataset, join(directory, 'out')]);
    const remains = (): string[] =>
      readdirSync(directory).filter((name) => name.startsWith('.kgload-'));
    const isOwned = (): boolean =>
      remains().some((name) => existsSync(join(directory, name, 'owner.json')));
    while (!isOwned()) await sleep(5);
    const workers = childrenOf(child.pid ?? 0);
    const end = ended(child);
    child.kill('SIGKILL');
    await end;
    assert.equal(remains().length, 1);
    while (workers.some((pid) => existsSync(`/proc/${pid}`))) await sleep(20); // It ends by itself.
    assert.equal((await kgload(['preprocess', FIXTURE, join(directory, 'clean')])).code, 0);
    assert.deepEqual(remains(), []);
  });

  it('takes no more memory than it may', async (t) => {
    const directory = scratch(t);
    const dataset = bombDataset(directory, 30_000_000);
    const { code, json } = await kgloadJson([
      'preprocess',
      dataset,
      join(directory, 'out'),
      '--memory',
      '300MB',
    ]);
    assert.equal(json.errors[0]?.code, 'OUT_OF_MEMORY');
    assert.match(json.errors[0].hint ?? '', /--memory/);
    assert.notEqual(code, 0);
    assert.deepEqual(readdirSync(directory), ['bomb']);
  });

  it('refuses a page that claims other values than its row group', async (t) => {
    const directory = scratch(t);
    const dataset = bombDataset(directory, 1);
    const file = join(dataset, 'nodes/functions.parquet');
    writeBomb(file, TABLE, { rows: 2_000_000_000, values: 10 });
    const { code, json } = await kgloadJson(['preprocess', dataset, join(directory, 'out')]);
    assert.deepEqual([code, json.errors[0]?.code], [2, 'PARQUET_UNREADABLE']);
    assert.match(json.errors[0]?.message ?? '', /functions\.parquet.* hold 10 values/);
    assert.deepEqual(readdirSync(directory), ['bomb']);
  });
});

describe('a worker whose supervisor is killed', () => {
  it('ends whatever its main thread does', async (t) => {
    const directory = scratch(t);
    const dataset = bombDataset(directory, 30_000_000);
    // Decoding is one synchronous stretch after another, in which no event reaches it.
    const child = start(['preprocess', dataset, join(directory, 'out')]);
    const pid = child.pid ?? 0;
    while (!readdirSync(directory).some((name) => name.startsWith('.kgload-'))) await sleep(5);
    const workers = childrenOf(pid).filter((one) =>
      readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('worker.js'),
    );
    assert.equal(workers.length, 1);
    const [worker = 0] = workers;
    await sleep(300);
    child.kill('SIGKILL');
    const began = performance.now();
    while (processExists(worker) && performance.now() - began < 5000) await sleep(10);
    assert.ok(performance.now() - began < 2000, 'it lives on');
  });
});

describe('the file of bad rows', () => {
  /** A dataset with a repeated key. */
  async function spoiled(directory: string): Promise<string> {
    const dataset = fixtureCopy(directory);
    await writeParquet(join(dataset, 'nodes/classes.parquet'), { id: 'UTF8' }, [
      { id: 'c1' },
      { id: 'c1' },
    ]);
    return dataset;
  }

  it('is not made of a database, a directory, or anything in the dataset', async (t) => {
    const directory = scratch(t);
    const dataset = await spoiled(directory);
    const db = join(directory, 'graph.db');
    const other = join(directory, 'other.db');
    for (const path of [db, other]) execute(path, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
    const files = [
      db,
      other,
      join(dataset, 'nodes/files.parquet'),
      join(dataset, 'new.ndjson'),
      directory,
      '',
    ];
    const before = files.map((file) =>
      file !== '' && file !== directory && existsSync(file) ? readFileSync(file) : undefined,
    );
    for (const file of files) {
      const { code, json } = await kgloadJson([
        'load',
        dataset,
        '--db',
        db,
        '--fresh',
        '--bad-rows',
        file,
      ]);
      const error = file === '' ? 'USAGE' : 'TARGET_UNWRITABLE';
      assert.deepEqual([code, json.errors[0]?.code], [2, error], file);
    }
    for (const [i, file] of files.entries()) {
      if (before[i]) assert.ok(readFileSync(file).equals(before[i]), file);
    }
    assert.ok(!existsSync(join(dataset, 'new.ndjson')));
  });

  it('stands until another load has run, and is whole then', async (t) => {
    const directory = scratch(t);
    const dataset = await spoiled(directory);
    const db = join(directory, 'graph.db');
    const file = join(directory, 'bad.ndjson');
    writeFileSync(file, 'the last run\n');
    const refused = await kgload([
      'load',
      join(directory, 'nowhere'),
      '--db',
      db,
      '--bad-rows',
      file,
    ]);
    assert.equal(refused.code, 2);
    assert.equal(readFileSync(file, 'utf8'), 'the last run\n');
    assert.equal((await kgload(['load', dataset, '--db', db, '--bad-rows', file])).code, 1);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
      table: 'Class',
      file: 'nodes/classes.parquet',
      reason: 'duplicate_key',
      key: 'c1',
    });
    assert.deepEqual(readdirSync(directory).sort(), ['bad.ndjson', 'dataset', 'graph.db']);
  });

  it(
    'that cannot be written keeps the load from being published',
    { skip: !existsSync('/dev/full') && 'there is no /dev/full' },
    async (t) => {
      const directory = scratch(t);
      const dataset = await spoiled(directory);
      const db = join(directory, 'graph.db');
      execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
      const before = readFileSync(db);
      const { code, json } = await kgloadJson([
        'load',
        dataset,
        '--db',
        db,
        '--fresh',
        '--skip-bad-rows',
        '--bad-rows',
        '/dev/full',
      ]);
      assert.deepEqual([code, json.errors[0]?.code], [2, 'DISK_FULL']);
      assert.ok(readFileSync(db).equals(before));
    },
  );
});

describe('a path that is none', () => {
  it('is refused before anything is done', async (t) => {
    const directory = scratch(t);
    for (const db of ['', ':memory:', `${directory}/`]) {
      for (const args of [
        ['load', FIXTURE, '--db', db, '--fresh'],
        ['load', FIXTURE, '--db', db, '--dry-run'],
        ['stats', '--db', db],
        ['export', join(directory, 'out'), '--db', db],
      ]) {
        const { code, json } = await kgloadJson([
          ...args,
          ...(args[0] === 'load' ? ['--engine', ENGINE] : []),
        ]);
        assert.equal(code, 2, args.join(' '));
        assert.match(json.errors[0]?.code ?? '', db === '' ? /^USAGE$/ : /^TARGET_|^ENOENT$/);
      }
    }
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
    for (const args of [
      ['export', '', '--db', db],
      ['preprocess', '', join(directory, 'x')],
      ['preprocess', FIXTURE, ''],
    ]) {
      const { code, stderr } = await kgload(args);
      assert.equal(code, 2, args.join(' '));
      assert.doesNotMatch(stderr, /unexpected/);
    }
    assert.deepEqual(readdirSync(directory), ['graph.db']);
    assert.ok(!existsSync(':memory:'));
  });
});
