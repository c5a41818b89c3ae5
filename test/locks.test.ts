import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DependencyGraph, loadFromParquetSync } from 'kgload';
import { holderIn, type FileId } from '../src/engine/locks.js';
import { BINARY, ENGINE, FIXTURE, kgload, kgloadJson, PACKAGE, query, scratch } from './helpers.js';

const ROOT = join(BINARY, '..', '..');

/** A script in a process of its own, after a command of the shell. */
function runScript(script: string, before = ''): { status: number | null; said: string } {
  const node = [process.execPath, '--input-type=module', '-e', script];
  const args = ['-c', `${before} exec "$@"`, 'sh', ...node];
  const { status, stdout, stderr } = spawnSync('sh', args, { cwd: ROOT, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('who locks a file', () => {
  const file: FileId = { dev: 0xfe00n, ino: 1234n };
  const none = (): FileId[] => [];

  it('is told by device and inode', () => {
    const locks = [
      '1: POSIX  ADVISORY  WRITE 11 fe:01:1234 0 EOF',
      '2: FLOCK  ADVISORY  WRITE 12 fe:00:1234 0 EOF',
      '3: POSIX  ADVISORY  WRITE 13 fe:00:12345 0 EOF',
      '4: POSIX  ADVISORY  WRITE 14 fe:00:1234 0 EOF',
      '4: -> POSIX  ADVISORY  WRITE 15 fe:00:1234 0 EOF',
      '',
    ];
    assert.equal(holderIn(locks.join('\n'), file, none), 14);
    assert.equal(holderIn(locks.slice(0, 3).join('\n'), file, none), undefined);
  });

  it('is told by numbers that a double does not hold', () => {
    const locks = '1: POSIX  ADVISORY  WRITE 11 00:2f:9007199254740993 0 EOF\n';
    const big = 2n ** 53n;
    assert.equal(holderIn(locks, { dev: 0x2fn, ino: big }, none), undefined);
    assert.equal(holderIn(locks, { dev: 0x2fn, ino: big + 1n }, none), 11);
    const device = '1: POSIX  ADVISORY  WRITE 11 103:100:7 0 EOF\n';
    assert.equal(holderIn(device, { dev: 0x110300n, ino: 7n }, none), 11);
  });

  it('is told by what the process has open, where the device is another', () => {
    const locks =
      '1: POSIX  ADVISORY  WRITE 11 00:2a:1234 0 EOF\n2: POSIX  ADVISORY  WRITE 12 00:2a:1234 0 EOF\n';
    const other = { dev: 0x2an, ino: 1234n };
    assert.equal(
      holderIn(locks, file, (pid) => (pid === 12 ? [other, file] : [other])),
      12,
    );
    assert.equal(
      holderIn(locks, file, () => [other]),
      undefined,
    );
    assert.equal(
      holderIn(locks, file, () => undefined),
      11,
    );
  });

  const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0;
  it(
    'is nobody of another file system',
    { skip: mayMount ? false : 'nothing may be mounted here' },
    (t) => {
      const directory = scratch(t);
      const script = `
        import { spawn, spawnSync } from 'node:child_process';
        import { statSync } from 'node:fs';
        const [, binary, fixture, engine] = process.argv;
        const run = (...args) => spawnSync(process.execPath, [binary, ...args], { encoding: 'utf8' });
        for (const place of ['a', 'b']) {
          run('load', fixture, '--db', place + '/graph.db', '--engine', engine, '-q');
        }
        const { openEngine } = await import(binary + '/../../dist/src/engine/engine.js');
        const held = openEngine(engine, 'a/graph.db');
        const { status, stderr } = run('stats', '--db', 'b/graph.db', '-q');
        console.log(statSync('a/graph.db').ino === statSync('b/graph.db').ino, status, stderr);
        console.log(run('stats', '--db', 'a/graph.db', '-q').status);
        held.close();`;
      for (const place of ['a', 'b']) mkdirSync(join(directory, place));
      const mounts = 'mount -t tmpfs a a && mount -t tmpfs b b && exec "$@"';
      const node = [process.execPath, '--input-type=module', '-e', script, BINARY, FIXTURE, ENGINE];
      const run = spawnSync('unshare', ['-m', 'sh', '-c', mounts, 'sh', ...node], {
        cwd: directory,
        encoding: 'utf8',
      });
      assert.equal(run.stdout, 'true 0 \n2\n', run.stderr);
    },
  );
});

describe('opening a database', () => {
  it('does not go on for ever where a checkpoint can not be ended', (t) => {
    const db = join(scratch(t), 'graph.db');
    const { status, said } = runScript(`
      import { createRequire } from 'node:module';
      import { writeFileSync } from 'node:fs';
      import { openEngine } from './dist/src/engine/engine.js';
      const db = ${JSON.stringify(db)};
      openEngine('${ENGINE}', db).close();
      const { Database } = createRequire(process.cwd() + '/package.json')('${PACKAGE}');
      const { initSync } = Database.prototype;
      let tries = 0;
      Database.prototype.initSync = function () {
        tries += 1;
        // For reading, then for writing, and so on.
        if (tries % 2 === 1) {
          throw new Error("Couldn't replay shadow pages under read-only mode.");
        }
        return initSync.call(this);
      };
      const report = (work) => {
        tries = 0;
        try { work(); } catch ({ code, message }) { console.log(code, message.replaceAll(db, 'DB'), tries < 20); }
      };
      report(() => openEngine('${ENGINE}', db, { readOnly: true }));
      Database.prototype.initSync = function () {
        tries += 1;
        writeFileSync(db + '.wal', 'x'.repeat(42));
        throw new Error('IO exception: Cannot open file ' + db + '.shadow: No such file or directory');
      };
      report(() => openEngine('${ENGINE}', db));`);
    const still = 'though what a kill left of a checkpoint was put right';
    assert.equal(
      said,
      `ENGINE the database DB cannot be opened, ${still}: Couldn't replay shadow pages under read-only mode. true\n` +
        `ENGINE the database DB cannot be opened, ${still}: IO exception: Cannot open file DB.shadow: No such file or directory true\n`,
    );
    assert.equal(status, 0);
  });

  for (const limit of [26, 28, 30]) {
    it(`says that too many files are open: ulimit -n ${limit}`, (t) => {
      const directory = scratch(t);
      const db = join(directory, 'graph.db');
      const load = [BINARY, 'load', FIXTURE, '--db', db, '--engine', ENGINE, '--json'];
      const args = ['-c', `ulimit -n ${limit}; exec "$@"`, 'sh', process.execPath, ...load];
      const run = spawnSync('sh', args, { encoding: 'utf8' });
      assert.equal(run.status, 2, run.stderr);
      const { errors } = JSON.parse(run.stdout) as { errors: unknown };
      const message = 'too many open files: no other can be opened';
      const hint = 'raise the limit: ulimit -n 1024';
      assert.deepEqual(errors, [{ code: 'TOO_MANY_FILES', message, hint }]);
      assert.equal(run.stderr, `kgload: error: ${message} (${hint})\n`);
      assert.deepEqual(readdirSync(directory), []);
    });
  }

  it('says so in the library, instead of ending the process', (t) => {
    const directory = scratch(t);
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { DependencyGraph, loadFromParquetSync, readStats } from 'kgload';
      const db = ${JSON.stringify(join(directory, 'graph.db'))};
      const full = ${JSON.stringify(join(directory, 'full.db'))};
      loadFromParquetSync(full, 'fixtures/code-graph', { engine: '${ENGINE}' });
      const handles = [];
      try { for (;;) handles.push(openSync('/dev/null')); } catch {}
      const codes = new Set();
      closeSync(handles.pop());
      for (let free = 2; free < 11; free += 1) {
        closeSync(handles.pop());
        for (const work of [
          () => loadFromParquetSync(db, 'fixtures/code-graph', { engine: '${ENGINE}' }),
          () => readStats(full),
          () => new DependencyGraph(db),
        ]) try { await work(); codes.add('done'); } catch ({ code }) { codes.add(code); }
      }
      console.log([...codes].join());`;
    const { status, said } = runScript(script, 'ulimit -n 256;');
    assert.deepEqual([said, status], ['TOO_MANY_FILES\n', 0]);
    assert.deepEqual(readdirSync(directory), ['full.db']);
  });

  it('says that a name is too long', async (t) => {
    const directory = scratch(t);
    for (const name of ['n'.repeat(233), 'ü'.repeat(117), 'n'.repeat(256), 'n'.repeat(5000)]) {
      const db = join(directory, name);
      const bytes = Buffer.byteLength(name);
      const { code, json } = await kgloadJson(['load', FIXTURE, '--db', db]);
      assert.equal(code, 2);
      assert.deepEqual(json.errors, [
        {
          code: 'TARGET_UNWRITABLE',
          message: `the database ${db} cannot be written: its name has ${bytes} bytes, and more than 232 leave no room for the files beside it (a name may have 255)`,
          file: db,
          hint: 'give it a shorter name',
        },
      ]);
      assert.throws(() => new DependencyGraph(db), { code: 'TARGET_UNWRITABLE' });
      assert.throws(() => loadFromParquetSync(db, FIXTURE), { code: 'TARGET_UNWRITABLE' });
      const stats = await kgloadJson(['stats', '--db', db]);
      assert.deepEqual([stats.code, stats.json.errors[0]?.code], [2, 'ENOENT']);
    }
    assert.deepEqual(readdirSync(directory), []);
    const longest = join(directory, 'n'.repeat(232));
    for (const how of [[], ['--fresh'], ['--append', '--skip-bad-rows']]) {
      const { code, stderr } = await kgload(['load', FIXTURE, '--db', longest, '-q', ...how]);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(query(longest, 'MATCH (f:File) RETURN count(*) AS n'), [{ n: 5 }]);
  });
});
