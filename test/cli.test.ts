import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BINARY, FIXTURE, kgload, scratch } from './helpers.js';

const ROOT = join(BINARY, '..', '..');

describe('kgload', () => {
  it('shows its subcommands and its version', async () => {
    const help = await kgload(['--help']);
    assert.equal(help.code, 0);
    for (const name of ['schema', 'preprocess', 'load', 'export', 'stats', 'completion']) {
      assert.match(help.stdout, new RegExp(`\\n {2}${name} `));
      const own = await kgload([name, '--help']);
      assert.equal(own.code, 0);
      assert.match(own.stdout, new RegExp(`^Usage: kgload ${name} `));
      assert.match(own.stdout, /--json/);
      assert.match(own.stdout, /\nExamples:\n {2}# .+\n {2}.*kgload /);
      assert.match(own.stdout, /\nExit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130, 143 /);
      const lines = own.stdout.split('\n').filter((line) => line.length > 80);
      assert.deepEqual(lines, []);
    }
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal((await kgload(['--version'])).stdout, `${manifest.version}\n`);
  });

  it('answers bad usage with one line, JSON if asked, and exit code 2', async () => {
    const { code, stdout, stderr } = await kgload(['load', FIXTURE, '--json']);
    assert.equal(code, 2);
    assert.match(stderr, /^kgload: error: required option '--db <path>' not specified\n/);
    assert.deepEqual(JSON.parse(stdout), {
      errors: [{ code: 'USAGE', message: "required option '--db <path>' not specified" }],
      warnings: [],
    });
    assert.ok(stderr.endsWith('\n(see kgload load --help)\n'));
    assert.equal((await kgload(['lod'])).code, 2);
    assert.equal((await kgload([])).code, 2);
    const both = await kgload(['load', FIXTURE, '--db', 'x', '--fresh', '--append']);
    assert.equal(both.code, 2);
    assert.match(both.stderr, /'--fresh' cannot be used with option '--append'/);
  });

  it('loads neither the engine nor a Parquet library to show its help', async (t) => {
    const directory = scratch(t);
    mkdirSync(join(directory, 'node_modules'));
    cpSync(join(ROOT, 'bin'), join(directory, 'bin'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules/commander'), join(directory, 'node_modules/commander'));
    cpSync(join(ROOT, 'dist'), join(directory, 'dist'), { recursive: true });
    const child = spawn(process.execPath, [join(directory, 'bin', 'kgload.js'), '--help']);
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0);
  });

  it('says how to mend an engine whose install script did not run', async (t) => {
    const directory = scratch(t);
    const modules = join(directory, 'node_modules');
    mkdirSync(modules);
    for (const name of ['commander', 'hyparquet', 'pluralize-esm', 'cli-progress', 'chalk']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    }
    const db = join(directory, 'graph.db');
    const run = async (): Promise<{ code: unknown; stderr: string }> => {
      const binary = join(directory, 'bin', 'kgload.js');
      const child = spawn(process.execPath, [binary, 'load', FIXTURE, '--db', db, '--quiet']);
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      return { code: await new Promise((resolve) => child.on('close', resolve)), stderr };
    };
    const missing = await run();
    assert.equal(missing.code, 2);
    assert.match(
      missing.stderr,
      /^kgload: error: the package kuzu cannot be loaded: .* \(run: npm install kuzu@0\.11\.3\)\n$/,
    );

    const kuzu = join(modules, 'kuzu');
    mkdirSync(kuzu);
    for (const name of ['package.json', 'install.js']) {
      cpSync(join(ROOT, 'node_modules/kuzu', name), join(kuzu, name));
    }
    for (const name of ['prebuilt', 'kuzu-source']) {
      symlinkSync(join(ROOT, 'node_modules/kuzu', name), join(kuzu, name));
    }
    const install = join(kuzu, 'install.js');
    assert.deepEqual(await run(), {
      code: 2,
      stderr: `kgload: error: the package kuzu is installed, but npm did not run its install script (run: node ${install})\n`,
    });
    assert.equal(spawnSync(process.execPath, [install]).status, 0);
    assert.deepEqual(await run(), { code: 0, stderr: '' });
  });

  it('survives a reader that closes the pipe', async () => {
    const child = spawn(process.execPath, [BINARY, 'schema']);
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.deepEqual([code, stderr], [0, '']);
  });
});
