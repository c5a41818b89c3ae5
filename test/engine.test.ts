import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DependencyGraph, loadFromParquetSync } from 'kgload';
import { holdDatabase, openEngine } from '../src/engine/engine.js';
import type { EngineName } from '../src/types.js';
import {
  BINARY,
  ENGINE,
  execute,
  executeOn,
  FIXTURE,
  kgload,
  kgloadJson,
  queryOn,
  scratch,
} from './helpers.js';

const ROOT = join(BINARY, '..', '..');
const ENGINES: [EngineName, string, string][] = [
  ['kuzu', 'Kuzu', 'KUZU'],
  ['ladybug', 'Ladybug', 'LBUG'],
];
const TESTED = ENGINES.filter(([engine]) => engine === ENGINE);

function magicOf(path: string): string {
  return readFileSync(path).toString('latin1', 0, 4);
}

async function load(
  db: string,
  ...args: string[]
): Promise<Awaited<ReturnType<typeof kgloadJson>>> {
  return await kgloadJson(['load', FIXTURE, '--db', db, ...args]);
}

/** What a script in a process of its own comes to. */
function runScript(script: string): unknown[] {
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return [run.signal, run.status, run.stdout, run.stderr];
}

/** A script that asks engines in turn for what takes the C++ library and their parsers. */
function askInTurn(engines: readonly EngineName[]): string {
  return `{
    const { openEngine } = await import('./dist/src/engine/engine.js');
    const open = ${JSON.stringify(engines)}.map((engine) => openEngine(engine, ':memory:'));
    const answers = [0, 1].flatMap(() => open.flatMap(({ connection }) => [
      "RETURN regexp_matches('abc', 'a.c') AS x",
      "RETURN regexp_full_match('abc', 'a.c') AS x",
      "RETURN regexp_replace('abc', 'b', 'x') AS x",
      "RETURN WRONG",
      "UNWIND range(1, 9000) AS i WITH i WHERE regexp_matches(CAST(i AS STRING), '^7+$') RETURN count(*) AS x",
    ].map((cypher) => {
      try {
        const result = connection.querySync(cypher);
        const [{ x }] = result.getAllSync();
        result.close();
        return String(x);
      } catch ({ message }) {
        return message.includes('Variable WRONG is not in scope') ? 'refused' : message;
      }
    })));
    for (const { close } of open) close();
    console.log(answers.join());
  }`;
}

const ASKED = `${Array(4).fill('true,true,axc,refused,4').join()}\n`;

describe('the engine', () => {
  for (const [engine, title, magic] of TESTED) {
    const [other, otherTitle] = ENGINES.find(([name]) => name !== engine) ?? [];
    if (other === undefined || otherTitle === undefined) throw new Error('two engines');

    it(`${engine} is the one that is asked for, and seen from the file afterwards`, async (t) => {
      const db = join(scratch(t), 'graph.db');
      const { code, json, stderr } = await load(db, '--engine', engine);
      assert.equal(code, 0, stderr);
      assert.deepEqual([json.total_nodes, json.total_edges], [27, 34]);
      assert.equal(magicOf(db), magic);
      const stats = await kgloadJson(['stats', '--db', db]);
      assert.equal((stats.json['database'] as { engine: string }).engine, engine);
      const verified = await kgload(['stats', '--db', db, '--verify', FIXTURE, '-q']);
      assert.deepEqual([verified.code, verified.stderr], [0, '']);
    });

    it(`${engine} is not taken for ${other}, unless the database is replaced`, async (t) => {
      const directory = scratch(t);
      const db = join(directory, 'graph.db');
      executeOn(engine, db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      const before = readFileSync(db);
      const refused = await load(db, '--engine', other);
      assert.equal(refused.code, 2);
      const [error] = refused.json.errors;
      assert.equal(error?.code, 'ENGINE_MISMATCH');
      assert.equal(error.message, `${db} is a ${title} database, not a ${otherTitle} database`);
      assert.equal(error.hint, `leave out --engine ${other}, or replace it with --fresh`);
      const schema = await kgload(['schema', '--create', '--db', db, '--engine', other]);
      assert.equal(schema.code, 2);
      assert.throws(() => new DependencyGraph(db, { engine: other }), { code: 'ENGINE_MISMATCH' });
      assert.throws(() => loadFromParquetSync(db, FIXTURE, { createNew: false, engine: other }), {
        code: 'ENGINE_MISMATCH',
      });
      assert.ok(readFileSync(db).equals(before));
      const replaced = await load(db, '--engine', other, '--fresh');
      assert.equal(replaced.code, 0, replaced.stderr);
      assert.notEqual(magicOf(db), magic);
      assert.deepEqual(readdirSync(directory), ['graph.db']);
    });

    it(`${engine} goes on where no other is named: added to, replaced`, async (t) => {
      const db = join(scratch(t), 'graph.db');
      executeOn(engine, db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      for (const how of ['--dry-run', '--append', '--fresh']) {
        const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, how, '-q']);
        assert.equal(code, 0, stderr);
        assert.equal(magicOf(db), magic);
      }
    });

    it(`${engine} does not read a database that a process is writing`, async (t) => {
      const db = join(scratch(t), 'graph.db');
      const writer = openEngine(engine, db);
      t.after(writer.close);
      const { code, stderr } = await kgload(['stats', '--db', db]);
      assert.equal(code, 2);
      assert.match(stderr, /^kgload: error: the database .*graph\.db is in use by /);
    });

    it(`${engine} is held without a change to its file or log`, (t) => {
      const db = join(scratch(t), 'graph.db');
      const script = `
        const { openEngine } = await import('./dist/src/engine/engine.js');
        const { connection } = openEngine('${engine}', ${JSON.stringify(db)});
        connection.querySync('CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
        process.kill(process.pid, 'SIGKILL');`;
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
      const [file, log] = [readFileSync(db), readFileSync(`${db}.wal`)];
      const { release } = holdDatabase(engine, db);
      const open = `
        const { openEngine } = await import('./dist/src/engine/engine.js');
        try {
          openEngine('${engine}', ${JSON.stringify(db)});
        } catch ({ code }) {
          console.log(code);
        }`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', open], { cwd: ROOT });
      assert.equal(String(run.stdout), 'TARGET_LOCKED\n');
      release();
      assert.ok(readFileSync(db).equals(file));
      assert.ok(readFileSync(`${db}.wal`).equals(log));
    });

    it(`${engine} takes in the log before it adds to a table`, async (t) => {
      const directory = scratch(t);
      const db = join(directory, 'graph.db');
      const script = `
        const { openEngine } = await import('./dist/src/engine/engine.js');
        const { connection } = openEngine('${engine}', ${JSON.stringify(db)});
        connection.querySync('CREATE NODE TABLE File(path STRING PRIMARY KEY, language STRING, content_hash STRING)');
        connection.querySync("UNWIND range(1, 20000) AS i CREATE (:File {path: 'f' + CAST(i AS STRING)})");
        process.kill(process.pid, 'SIGKILL');`;
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
      assert.ok(existsSync(`${db}.wal`));
      const dataset = join(directory, 'dataset');
      for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
      execute(
        ':memory:',
        `COPY (UNWIND range(10000, 30000) AS i RETURN 'f' + CAST(i AS STRING) AS path) TO '${dataset}/nodes/files.parquet'`,
      );
      const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--append']);
      assert.equal(code, 1);
      assert.deepEqual(
        json.errors.map((error) => error.code),
        ['EXISTING_KEY'],
      );
      assert.match(json.errors[0]?.message ?? '', /has 10,001 rows with a key/);
      const found = "MATCH (f:File {path: 'f777'}) RETURN count(*) AS n";
      assert.deepEqual(queryOn(engine, db, found), [{ n: 1 }]);
    });

    it(`${engine} looks for existing keys in a large table too`, async (t) => {
      const directory = scratch(t);
      const dataset = join(directory, 'dataset');
      for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
      execute(
        ':memory:',
        `COPY (UNWIND range(1, 20000) AS i RETURN 'f' + CAST(i AS STRING) AS id) TO '${dataset}/nodes/functions.parquet'`,
        `COPY (UNWIND range(2, 20000) AS i RETURN 'f1' AS \`from\`, 'f' + CAST(i AS STRING) AS \`to\`) TO '${dataset}/edges/calls.parquet'`,
      );
      const db = join(directory, 'graph.db');
      const args = ['load', dataset, '--db', db];
      assert.equal((await kgload([...args, '--engine', engine, '-q'])).code, 0);
      for (const how of [['--dry-run'], []]) {
        const { code, json } = await kgloadJson([...args, '--append', '--skip-bad-rows', ...how]);
        assert.equal(code, 0);
        assert.deepEqual([json.total_nodes, json['total_skipped']], [0, 20000]);
        assert.equal(json.total_edges, 19999);
      }
    });
  }

  for (const [engine] of TESTED) {
    it(`${engine} goes on after a kill in the middle of a checkpoint`, async (t) => {
      const directory = scratch(t);
      const script = `
        const { openEngine } = await import('./dist/src/engine/engine.js');
        const { connection } = openEngine('${engine}', process.argv[1]);
        const run = (cypher) => [connection.querySync(cypher)].flat().forEach((r) => r.close());
        for (let i = 0; i < 60; i += 1) run('CREATE NODE TABLE T' + i + '(id INT64 PRIMARY KEY)');
        run('CHECKPOINT');
        console.log('begun');
        for (let i = 0; i < 60; i += 1) run('COPY T' + i + ' FROM (UNWIND range(1, 3000) AS i RETURN i)');`;
      for (let kill = 0; kill < 8; kill += 1) {
        const db = join(directory, `${kill}.db`);
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, db], {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await once(child.stdout, 'data');
        await sleep(30 + 40 * kill);
        child.kill('SIGKILL');
        await once(child, 'exit');
        const { code, json, stderr } = await kgloadJson(['stats', '--db', db]);
        assert.equal(code, 0, stderr);
        assert.equal(Object.keys(json.nodes).length, 60);
        for (const rows of Object.values(json.nodes))
          assert.ok([0, 3000].includes(rows), `${rows}`);
      }
    });
  }

  for (const order of [
    ['kuzu', 'ladybug'],
    ['ladybug', 'kuzu'],
  ] as const) {
    it(`may be both in one process, ${order[0]} first`, (t) => {
      const directory = scratch(t);
      const script = `
        import { loadFromParquetSync, readStats, verifyDatabase } from 'kgload';
        for (const engine of ${JSON.stringify(order)}) {
          const db = ${JSON.stringify(directory)} + '/' + engine;
          const { totalEdges } = loadFromParquetSync(db, 'fixtures/code-graph', { engine });
          const { identical } = await verifyDatabase(db, 'fixtures/code-graph');
          console.log(totalEdges, identical, (await readStats(db)).database.engine);
        }
        ${askInTurn(order)}`;
      const loaded = order.map((engine) => `34 true ${engine}\n`).join('');
      assert.deepEqual(runScript(script), [null, 0, loaded + ASKED, '']);
    });

    const [own, other] = order;
    it(`may be the caller's ${own} and kgload's ${other}`, (t) => {
      const isNode20 = process.version.startsWith('v20.');
      if (own === 'ladybug' && !isNode20) {
        t.skip('see linkingOf in engine.ts');
        return;
      }
      const packages = { kuzu: 'kuzu', ladybug: '@ladybugdb/core' };
      const script = `import * as mine from '${packages[own]}'; ${askInTurn(order)}`;
      assert.deepEqual(runScript(script), [null, 0, ASKED, '']);
    });

    it(`may be kgload's ${own} and the caller's ${other}`, () => {
      const packages = { kuzu: 'kuzu', ladybug: '@ladybugdb/core' };
      const script = `
        const { openEngine } = await import('./dist/src/engine/engine.js');
        openEngine('${own}', ':memory:').close();
        await import('${packages[other]}');
        ${askInTurn(order)}`;
      assert.deepEqual(runScript(script), [null, 0, ASKED, '']);
    });
  }
  it('that is not installed is missed with the command that installs it', (t) => {
    const directory = scratch(t);
    const modules = join(directory, 'node_modules');
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name.startsWith('.') || name === '@ladybugdb') continue;
      mkdirSync(modules, { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    }
    const db = join(directory, 'graph.db');
    const run = (): { status: number | null; stderr: string } => {
      const binary = join(directory, 'bin', 'kgload.js');
      const args = [binary, 'load', FIXTURE, '--db', db, '--engine', 'ladybug', '--quiet'];
      return spawnSync(process.execPath, args, { encoding: 'utf8' });
    };
    const missing = run();
    assert.equal(missing.status, 2);
    assert.match(
      missing.stderr,
      /^kgload: error: the package @ladybugdb\/core cannot be loaded: .* \(run: npm install @ladybugdb\/core@0\.19\.1\)\n$/,
    );
    assert.ok(!existsSync(db));

    const own = join(modules, '@ladybugdb', 'core');
    cpSync(join(ROOT, 'node_modules/@ladybugdb/core'), own, {
      recursive: true,
      filter: (path) => !path.endsWith('.node'),
    });
    const unbuilt = run();
    assert.equal(unbuilt.status, 2);
    assert.equal(
      unbuilt.stderr,
      `kgload: error: the package @ladybugdb/core is installed, but npm did not run its install script (run: node ${join(own, 'install.js')})\n`,
    );
  });
});
