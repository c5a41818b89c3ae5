/** Arguments as people write them: what is meant, what can't be, and what is said about it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ENGINE, execute, FIXTURE, fixtureCopy, kgload, kgloadJson, scratch } from './helpers.js';

const OTHER = ENGINE === 'kuzu' ? 'ladybug' : 'kuzu';

/** That arguments are refused before anything is done, with a line that is like this. */
async function refuses(
  args: readonly string[],
  said: RegExp,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const { code, stdout, stderr } = await kgload(args, options);
  const [first = '', second] = stderr.split('\n');
  assert.match(first, said);
  assert.match(first, /^kgload: error: /);
  assert.match(second ?? '', new RegExp(`^\\(see kgload (${args[0] ?? ''} )?--help\\)$`));
  assert.deepEqual([code, stdout], [2, '']);
}

describe('arguments', { concurrency: 2 }, () => {
  it('have a flag for a value only where that is said', async (t) => {
    const cwd = scratch(t);
    const load = ['load', FIXTURE, '--db', 'graph.db'];
    const before = (flags: string, next: string): RegExp =>
      new RegExp(
        `option '${flags}' argument missing before ${next} \\(if it is the value: --\\S+=${next}\\)$`,
      );
    await refuses([...load, '--bad-rows', '--fresh'], before('--bad-rows <file>', '--fresh'), {
      cwd,
    });
    await refuses(['load', FIXTURE, '--db', '--fresh'], before('--db <path>', '--fresh'), { cwd });
    await refuses([...load, '--schema', '-q'], before('--schema <file>', '-q'), { cwd });
    await refuses(['stats', '--verify', '--db', 'x'], before('--verify <dataset>', '--db'), {
      cwd,
    });
    await refuses(['export', 'out', '--db', '-v'], before('--db <path>', '-v'), { cwd });
    assert.deepEqual(readdirSync(cwd), []);
    for (const way of [['--bad-rows=--fresh'], ['--bad-rows', './--fresh']]) {
      assert.equal((await kgload([...load, '--fresh', '-q', ...way], { cwd })).code, 0);
      assert.deepEqual(readdirSync(cwd).sort(), ['--fresh', 'graph.db']);
      rmSync(join(cwd, '--fresh'));
    }
  });

  it('that are empty, as of a variable that is not set, are named', async () => {
    const empty = /is invalid.*\. It is empty: is the variable set that it comes from\?$/;
    for (const args of [
      ['load', FIXTURE, '--db', ''],
      ['load', '', '--db', 'x'],
      ['load', FIXTURE, '--db=', '--fresh'],
      ['load', FIXTURE, '--db', 'x', '--bad-rows', ''],
      ['stats', '--db', 'x', '--verify', ''],
      ['export', '', '--db', 'x'],
      ['preprocess', FIXTURE, ''],
      ['schema', '', '--schema', 'infer'],
    ]) {
      await refuses(args, empty);
    }
  });

  it('may be URLs of files, and begin at home', async (t) => {
    const home = scratch(t);
    const env = { HOME: home };
    const cwd = join(home, 'elsewhere');
    mkdirSync(cwd);
    fixtureCopy(home);
    const url = pathToFileURL(join(home, 'a b.db')).href;
    const dataset = pathToFileURL(FIXTURE).href;
    assert.match(url, /^file:\/\/\/.*a%20b\.db$/);
    const { json } = await kgloadJson(['load', dataset, '--db', url]);
    assert.deepEqual([json.total_nodes, json['dataset']], [27, FIXTURE]);
    for (const args of [
      ['stats', '--db=~/a b.db', '--verify', '~/dataset'],
      ['export', '~/out', '--db', '~/a b.db'],
      ['preprocess', '~/dataset/nodes/files.parquet', 'file://' + home + '/files.parquet'],
    ]) {
      const { code, stderr } = await kgload([...args, '-q'], { cwd, env });
      assert.deepEqual([code, stderr], [0, '']);
    }
    assert.deepEqual(readdirSync(home).sort(), [
      'a b.db',
      'dataset',
      'elsewhere',
      'files.parquet',
      'out',
    ]);
    assert.deepEqual(readdirSync(cwd), []);
    mkdirSync(join(cwd, '~'));
    const own = await kgload(['load', FIXTURE, '--db', '~/own.db', '-q'], { cwd, env });
    assert.deepEqual([own.code, readdirSync(join(cwd, '~'))], [0, ['own.db']]);
    await refuses(
      ['load', 'file://elsewhere/x', '--db', 'x'],
      /'file:\/\/elsewhere\/x' is invalid .*It is not the URL of a file, such as file:\/\/\/tmp\/x: /,
    );
  });

  it('that are almost right are recognised', async (t) => {
    const cwd = scratch(t);
    const load = ['load', FIXTURE, '--db', 'x'];
    await refuses(['lod', FIXTURE], /unknown command 'lod' \(did you mean load\?\)$/);
    await refuses(['help', 'lod'], /unknown command 'lod' \(did you mean load\?\)$/);
    await refuses([...load, '--frsh'], /unknown option '--frsh' \(did you mean --fresh\?\)$/);
    await refuses(
      [...load, '--engine', 'kuz'],
      /'kuz' is invalid\. Allowed choices are kuzu, ladybug\. \(did you mean kuzu\?\)$/,
    );
    await refuses([...load, '--format', 'jsn'], /table, json, markdown\. \(did you mean json\?\)$/);
    await refuses([...load, '--format', 'mark'], /\(did you mean markdown\?\)$/);
    await refuses([...load, '--on-error', 'xyz'], /Allowed choices are continue, abort\.$/);
    await refuses(['schema', '--format', 'mermiad'], /\(did you mean mermaid\?\)$/);
    await refuses(['completion', 'fsh'], /'fsh' is invalid .*bash, zsh, fish/);
    const { stderr, code } = await kgload([...load, '--schema', 'infr'], { cwd });
    assert.deepEqual(
      [code, stderr],
      [2, 'kgload: error: the schema file infr does not exist (did you mean --schema infer?)\n'],
    );
    for (const args of [['lod'], ['help', 'lod']]) {
      const { json } = await kgloadJson(args);
      assert.deepEqual(json.errors, [
        { code: 'USAGE', message: "unknown command 'lod'", hint: 'did you mean load?' },
      ]);
    }
    for (const args of [['help'], ['help', 'help']]) {
      const { code, stdout } = await kgload(args);
      assert.deepEqual([code, stdout.split('\n')[0]], [0, 'Usage: kgload [options] [command]']);
    }
  });

  it('that make no sense together are refused', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE File(path STRING PRIMARY KEY)');
    const stats = ['stats', '--db', db];
    await refuses(['load', FIXTURE, '--db', 'x', '-q', '-v'], /'-q, --quiet' cannot be used with/);
    await refuses([...stats, '--schema', 'infer'], /--schema is for a comparison \(name a dataset/);
    await refuses([...stats, '--memory', '1GB'], /--memory is for a comparison/);
    await refuses(
      [...stats, '--degrees', '--verify', FIXTURE],
      /--degrees counts edges and --verify/,
    );
    await refuses([...stats, '--format', 'table', '-q', '-v'], /cannot be used with/);
    await refuses(['schema', '--create'], /--create needs a database/);
    await refuses(['schema', '--create', '--db', db, '--format', 'json'], /cannot be used with/);
    await refuses(['schema', '--db', db, '--schema', 'infer'], /--db shows the schema that/);
    const both = await kgloadJson([...stats, '--format', 'markdown']);
    assert.equal(both.code, 2);
    assert.match(both.json.errors[0]?.message ?? '', /^--json and --format markdown are two forms/);
    const same = await kgloadJson([...stats, '--format', 'json']);
    assert.deepEqual([same.code, same.json.total_nodes], [0, 0]);
  });
});

describe('variables', { concurrency: 2 }, () => {
  it('stand for flags that are not given', async (t) => {
    const cwd = scratch(t);
    const env = { KGLOAD_DB: 'own.db', KGLOAD_ENGINE: OTHER, KGLOAD_BUFFER_POOL: '1GB' };
    const load = await kgload(['load', FIXTURE, '-q'], { cwd, env });
    assert.deepEqual([load.code, load.stderr], [0, '']);
    const engineOf = async (args: readonly string[], own: NodeJS.ProcessEnv): Promise<unknown> => {
      const { stdout } = await kgload(['stats', '--json', ...args], { cwd, env: own });
      return (JSON.parse(stdout) as { database: { engine: string } }).database.engine;
    };
    assert.equal(await engineOf([], env), OTHER);
    const other = ['load', FIXTURE, '--db', 'other.db', '--engine', ENGINE, '-q'];
    assert.equal((await kgload(other, { cwd, env })).code, 0);
    assert.equal(await engineOf(['--db', 'other.db'], env), ENGINE);
    // A database that is there keeps its engine, unless it is replaced.
    const into = { ...env, KGLOAD_DB: 'other.db' };
    const create = await kgload(['schema', '--create', '-q'], { cwd, env: into });
    assert.deepEqual([create.code, create.stderr], [0, '']);
    const append = await kgload(['load', FIXTURE, '--append', '--skip-bad-rows', '-q'], {
      cwd,
      env: into,
    });
    assert.deepEqual([append.code, append.stderr], [0, '']);
    assert.equal(await engineOf([], into), ENGINE);
    assert.equal((await kgload(['load', FIXTURE, '--fresh', '-q'], { cwd, env: into })).code, 0);
    assert.equal(await engineOf([], into), OTHER);
    // What is printed without a database stays what it is.
    const { stdout } = await kgload(['schema'], { cwd, env });
    assert.match(stdout, /^CREATE NODE TABLE `File`\(/);
  });

  it('are named where they are wrong, and not set where they are empty', async (t) => {
    const cwd = scratch(t);
    const load = ['load', FIXTURE];
    await refuses(
      [...load, '--db', 'x'],
      /'4XB' from KGLOAD_BUFFER_POOL is invalid for '--buffer-pool <size>'\. It is not a size/,
      { cwd, env: { KGLOAD_BUFFER_POOL: '4XB' } },
    );
    const { code } = await kgload([...load, '--db', 'x', '-q', '--buffer-pool', '1GB'], {
      cwd,
      env: { KGLOAD_BUFFER_POOL: '4XB' },
    });
    assert.equal(code, 0);
    await refuses(load, /required option '--db <path>' not specified$/, { env: { KGLOAD_DB: '' } });
    await refuses(
      [...load, '--db', 'new'],
      /'ladbug' from KGLOAD_ENGINE .* \(did you mean ladybug\?\)$/,
      { cwd, env: { KGLOAD_ENGINE: 'ladbug' } },
    );
    assert.equal(existsSync(join(cwd, 'new')), false);
  });
});
