import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BINARY,
  execute,
  FIXTURE,
  kgload,
  kgloadJson,
  onEngine,
  PACKAGE,
  query,
  scratch,
} from './helpers.js';

/** A dataset whose load takes long enough to be interrupted in the middle of a COPY. */
function longDataset(directory: string): string {
  const dataset = join(directory, 'long');
  mkdirSync(join(dataset, 'nodes'), { recursive: true });
  mkdirSync(join(dataset, 'edges'));
  execute(
    ':memory:',
    `COPY (UNWIND range(1, 1500000) AS i RETURN 'f' + CAST(i AS STRING) AS id, 'name' AS name, i AS start_line) TO '${dataset}/nodes/functions.parquet'`,
  );
  return dataset;
}

/** Starts kgload and waits until it says that it copies. */
async function startLong(args: readonly string[]): Promise<ChildProcess & { log: () => string }> {
  const child = spawn(process.execPath, [BINARY, ...onEngine(args), '--verbose'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  while (!log.includes('Function: loading')) {
    assert.equal(child.exitCode, null, log);
    await sleep(5);
  }
  return Object.assign(child, { log: () => log });
}

function end(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

describe('a load that is interrupted', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`by ${signal} is over within a second, and leaves the old database`, async (t) => {
      const directory = scratch(t);
      const dataset = longDataset(directory);
      const db = join(directory, 'graph.db');
      execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      const before = readFileSync(db);
      const child = await startLong(['load', dataset, '--db', db, '--fresh']);
      assert.ok(existsSync(`${db}.kgload`));
      const ended = end(child);
      child.kill(signal);
      assert.deepEqual(await ended, { code: null, signal });
      assert.match(child.log(), /\nkgload: interrupted; .*graph\.db is as it was\n$/);
      assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'long']);
      assert.ok(readFileSync(db).equals(before));
    });
  }

  it('by SIGKILL leaves the old database, and the next load takes its leftovers away', async (t) => {
    const directory = scratch(t);
    const dataset = longDataset(directory);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
    const before = readFileSync(db);
    const child = await startLong(['load', dataset, '--db', db, '--fresh']);
    const ended = end(child);
    child.kill('SIGKILL');
    await ended;
    assert.ok(readFileSync(db).equals(before));
    assert.ok(existsSync(`${db}.kgload`));
    const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, '--fresh', '-q']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'long']);
  });

  it('in an existing database leaves it as it was', async (t) => {
    const directory = scratch(t);
    const dataset = longDataset(directory);
    copyFileSync(join(FIXTURE, 'nodes/files.parquet'), join(dataset, 'nodes/files.parquet'));
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)', 'CREATE (:Mine {id: 7})');
    const before = readFileSync(db);
    const child = await startLong(['load', dataset, '--db', db]);
    const ended = end(child);
    child.kill('SIGINT');
    assert.deepEqual(await ended, { code: null, signal: 'SIGINT' });
    assert.match(child.log(), /interrupted; .*graph\.db is as it was\n$/);
    assert.ok(readFileSync(db).equals(before));
    assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'long']);
  });
});

describe('two loads to one target', () => {
  it('are never both at work: one wins, the other says who holds it and exits 2', async (t) => {
    const directory = scratch(t);
    const dataset = longDataset(directory);
    const db = join(directory, 'graph.db');
    const child = await startLong(['load', dataset, '--db', db]);
    const ended = end(child);
    const { code, stderr } = await kgload(['load', FIXTURE, '--db', db]);
    assert.equal(code, 2);
    assert.equal(
      stderr,
      `kgload: error: another load is writing ${db}: process ${child.pid ?? 0} (wait until it is done)\n`,
    );
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.deepEqual(query(db, 'MATCH (n:Function) RETURN count(*) AS n'), [{ n: 1500000 }]);
  });

  it('begun at the same moment give one database, whole', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const runs = await Promise.all(
      [1, 2, 3].map(() => kgload(['load', FIXTURE, '--db', db, '--fresh', '-q'])),
    );
    assert.ok(runs.some(({ code }) => code === 0));
    for (const { code, stderr } of runs) {
      if (code !== 0) {
        assert.equal(code, 2);
        assert.match(stderr, /^kgload: error: (another load is writing|the database .* is in use)/);
      }
    }
    assert.deepEqual(readdirSync(directory), ['graph.db']);
    assert.deepEqual(query(db, 'MATCH (n) RETURN count(*) AS n'), [{ n: 27 }]);
  });

  it('do not replace a database that a process is writing', async (t) => {
    const directory = scratch(t);
    const dataset = longDataset(directory);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
    const child = await startLong(['load', dataset, '--db', db]);
    const ended = end(child);
    const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, '--fresh']);
    assert.equal(code, 2);
    assert.match(stderr, /^kgload: error: another load is writing .*graph\.db: process /);
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'long']);
  });
});

describe('a database while its successor is built', () => {
  for (const mode of ['--fresh', '--append']) {
    it(`is read as it is, with ${mode}`, async (t) => {
      const directory = scratch(t);
      const dataset = longDataset(directory);
      const db = join(directory, 'graph.db');
      execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)', 'CREATE (:Mine {id: 7})');
      const child = await startLong(['load', dataset, '--db', db, mode]);
      const stats = await kgloadJson(['stats', '--db', db]);
      assert.equal(child.exitCode, null);
      assert.deepEqual([stats.code, stats.json.nodes], [0, { Mine: 1 }], stats.stderr);
      assert.deepEqual(await end(child), { code: 0, signal: null });
    });
  }
});

describe('something that is put where the new database goes', () => {
  for (const isThere of [false, true]) {
    it(`stays, where there was ${isThere ? 'a database' : 'nothing'}`, async (t) => {
      const directory = scratch(t);
      const dataset = longDataset(directory);
      const db = join(directory, 'graph.db');
      if (isThere) execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      const child = await startLong(['load', dataset, '--db', db, '--fresh']);
      if (isThere) renameSync(db, join(directory, 'old.db'));
      writeFileSync(db, 'a text');
      assert.deepEqual(await end(child), { code: 2, signal: null });
      assert.match(child.log(), /graph\.db cannot be written: /);
      assert.equal(readFileSync(db, 'utf8'), 'a text');
      assert.deepEqual(
        readdirSync(directory).sort(),
        isThere ? ['graph.db', 'long', 'old.db'] : ['graph.db', 'long'],
      );
    });
  }
});

describe('the staging directory', () => {
  it('of a load on another host is left alone while it shows signs of life', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    mkdirSync(`${db}.kgload`);
    writeFileSync(`${db}.kgload/owner.json`, JSON.stringify({ pid: 1, host: 'elsewhere' }));
    const refused = await kgload(['load', FIXTURE, '--db', db]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /another load is writing .*: process 1 on elsewhere/);
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(`${db}.kgload`, old, old);
    assert.equal((await kgload(['load', FIXTURE, '--db', db, '-q'])).code, 0);
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('of a process that is gone is removed, though another has its number now', async (t) => {
    if (process.platform !== 'linux') return;
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    mkdirSync(`${db}.kgload`);
    const owner = { pid: process.pid, host: hostname(), began: '1' };
    writeFileSync(`${db}.kgload/owner.json`, JSON.stringify(owner));
    assert.equal((await kgload(['load', FIXTURE, '--db', db, '-q'])).code, 0);
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('is never a symbolic link, nor somebody else’s file or directory', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const prey = join(directory, 'prey');
    mkdirSync(prey);
    writeFileSync(join(prey, 'owner.json'), '{}');
    symlinkSync(prey, `${db}.kgload`);
    const plant = [
      () => undefined,
      () => {
        writeFileSync(`${db}.kgload`, 'a file');
      },
      () => {
        mkdirSync(`${db}.kgload`);
        writeFileSync(`${db}.kgload/thesis.txt`, 'years of work');
      },
    ];
    for (const put of plant) {
      put();
      const { code, stderr } = await kgload(['load', FIXTURE, '--db', db]);
      assert.equal(code, 2);
      assert.match(stderr, /^kgload: error: .*graph\.db\.kgload is in the way/);
      assert.deepEqual(readdirSync(directory).sort(), ['graph.db.kgload', 'prey']);
      assert.deepEqual(readdirSync(prey), ['owner.json']);
      if (lstatSync(`${db}.kgload`).isDirectory()) {
        assert.equal(readFileSync(`${db}.kgload/thesis.txt`, 'utf8'), 'years of work');
      }
      rmSync(`${db}.kgload`, { recursive: true });
    }
  });

  it('can be entered by its owner alone, and the new database has the usual permissions', async (t) => {
    const directory = scratch(t);
    const dataset = longDataset(directory);
    const db = join(directory, 'graph.db');
    const child = await startLong(['load', dataset, '--db', db]);
    assert.equal(statSync(`${db}.kgload`).mode & 0o777, 0o700);
    await end(child);
    writeFileSync(join(directory, 'usual'), '');
    assert.equal(statSync(db).mode, statSync(join(directory, 'usual')).mode);
  });
});

describe('the side files of the old database', () => {
  it('are taken in by it, and never meet the new one', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    // A database with a write-ahead log, as a killed process leaves it.
    const script = `
      const engine = require('${PACKAGE}');
      const connection = new engine.Connection(new engine.Database(${JSON.stringify(db)}));
      connection.querySync('CREATE NODE TABLE Foreign(id INT64 PRIMARY KEY)');
      connection.querySync('CREATE (:Foreign {id: 1})');
      process.kill(process.pid, 'SIGKILL');`;
    await end(spawn(process.execPath, ['-e', script], { cwd: join(BINARY, '..') }));
    assert.ok(statSync(`${db}.wal`).size > 0);

    // A load that fails leaves both as they are.
    const [file, log] = [readFileSync(db), readFileSync(`${db}.wal`)];
    const broken = join(directory, 'broken');
    mkdirSync(join(broken, 'nodes'), { recursive: true });
    mkdirSync(join(broken, 'edges'));
    writeFileSync(join(broken, 'nodes', 'files.parquet'), 'not Parquet');
    const args = ['load', broken, '--db', db, '--fresh', '--on-error', 'abort', '-q'];
    assert.equal((await kgload(args)).code, 1);
    assert.ok(readFileSync(db).equals(file));
    assert.ok(readFileSync(`${db}.wal`).equals(log));

    assert.equal((await kgload(['load', FIXTURE, '--db', db, '--fresh', '-q'])).code, 0);
    assert.ok(!existsSync(`${db}.wal`));
    const tables = query(db, 'CALL show_tables() RETURN name').map(({ name }) => name);
    assert.ok(!tables.includes('Foreign'));
    assert.equal(tables.length, 20);
  });
});

describe('a database that cannot be written', () => {
  it('is refused before anything is done', async (t) => {
    if (process.getuid?.() === 0) return; // Root may write anywhere.
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
    chmodSync(directory, 0o555);
    const { code, json } = await kgloadJson(['load', FIXTURE, '--db', db, '--fresh']);
    chmodSync(directory, 0o755);
    assert.equal(code, 2);
    assert.equal(json.errors[0]?.code, 'TARGET_UNWRITABLE');
  });

  it('does not follow a link that leads nowhere, or round and round', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    symlinkSync('nowhere', db);
    for (const [target, what] of [
      ['nowhere', 'ENOENT'],
      ['graph.db', 'ELOOP'],
    ] as const) {
      rmSync(db);
      symlinkSync(target, db);
      const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, '--fresh']);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`it is a symbolic link that leads nowhere \\(${what}\\)`));
    }
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('is left alone when it is moved away during the load', async (t) => {
    const directory = scratch(t);
    const dataset = longDataset(directory);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
    const before = readFileSync(db);
    const child = await startLong(['load', dataset, '--db', db, '--fresh']);
    renameSync(db, join(directory, 'moved.db'));
    assert.deepEqual(await end(child), { code: 0, signal: null });
    assert.ok(readFileSync(join(directory, 'moved.db')).equals(before));
    assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'long', 'moved.db']);
  });
});
