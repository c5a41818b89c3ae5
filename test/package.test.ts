import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compile, installConsumer, run, type Consumer } from '../scripts/consumer.js';
import { moduleExamples, pages, placeModules, runModules } from '../scripts/module-examples.js';
import { steady } from '../scripts/readme-examples.js';
import { BINARY } from './helpers.js';

const ROOT = join(BINARY, '..', '..');

/** What CommonJS makes of it. */
const REQUIRED = `import kgload = require('kgload');
const report: kgload.LoadReport = kgload.loadFromParquetSync('r.db', 'fixtures/code-graph');
console.log(report.totalNodes);
`;

describe('the package, installed', { concurrency: 2 }, () => {
  let consumer: Consumer;
  let compiled: Promise<void>;
  const examples = pages(ROOT).flatMap((page) => moduleExamples(ROOT, page));
  let modules: string[];

  before(async () => {
    consumer = await installConsumer({ npm: process.env['KGLOAD_TEST_INSTALL'] === 'npm' });
    const { directory } = consumer;
    copyFileSync(join(ROOT, 'test', 'consumer.ts'), join(directory, 'consumer.ts'));
    writeFileSync(join(directory, 'required.cts'), REQUIRED);
    modules = placeModules(consumer, examples);
    const paths = modules.map((module) => join(module, 'example.ts'));
    compiled = compile(directory, ['consumer.ts', 'required.cts', ...paths]);
  });

  after(() => {
    rmSync(consumer.directory, { recursive: true, force: true });
  });

  it('has types without errors, and runs what its pages show (npm run docs writes the outputs anew)', async () => {
    assert.ok(examples.length >= 10);
    await compiled;
    const outputs = await runModules(modules);
    for (const [i, { page, line, output }] of examples.entries()) {
      assert.equal(steady(outputs[i] ?? ''), steady(output), `${page}:${line}`);
    }
  });

  it('has types without errors for bundlers too', async () => {
    const bundler = '--noEmit --module esnext --moduleResolution bundler';
    await compile(consumer.directory, ['consumer.ts'], bundler);
  });

  it('can be imported', async () => {
    await compiled;
    const { stdout } = await run(process.execPath, ['consumer.js'], consumer.directory);
    assert.deepEqual(JSON.parse(stdout), {
      created: 20,
      finished: 20,
      functions: 7,
      edges: 34,
      problems: [],
      callers: ['add_item', '_total'],
      found: ['add_item', 'remove_item', '_total'],
      dropped: ['last_modified'],
      code: 'ENOENT',
    });
  });

  it('can be had by require', async () => {
    await compiled;
    const { stdout } = await run(process.execPath, ['required.cjs'], consumer.directory);
    assert.equal(stdout, '27\n');
  });

  it('brings the command', async () => {
    const { directory } = consumer;
    const binary = join('node_modules', '.bin', 'kgload');
    const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    assert.equal((await run(binary, ['--version'], directory)).stdout, `${version}\n`);
    const load = ['load', 'fixtures/code-graph', '--db', 'command.db', '--quiet', '--json'];
    const { total_nodes, errors } = JSON.parse((await run(binary, load, directory)).stdout) as {
      total_nodes: number;
      errors: unknown[];
    };
    assert.deepEqual([total_nodes, errors], [27, []]);
  });

  it('holds what is needed, and nothing else', () => {
    const examples = ['code-graph', 'films', 'spoiled'].flatMap((name) =>
      parquetFiles(join(ROOT, 'fixtures', name)).map((path) => relative(ROOT, path)),
    );
    const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(md|json)$/.test(path))
      .map((path) => `docs/${path}`);
    const needed = [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/bin/LICENSES',
      'dist/man/kgload.1',
      'assets/graph.js',
      'dist/analyze/LICENSES',
      ...['ecmascript', 'go', 'java', 'javascript', 'python', 'rust', 'typescript'].map(
        (query) => `dist/analyze/${query}.scm`,
      ),
      ...['go', 'java', 'javascript', 'python', 'rust', 'tsx', 'typescript'].map(
        (grammar) => `dist/analyze/tree-sitter-${grammar}.wasm`,
      ),
    ];
    const code =
      /^(package\.json|bin\/kgload\.js|dist\/src\/[\w/]+(\.d\.ts|\.js)|dist\/bin\/(cli|start|thread|worker)(-\w+)?\.js)$/;
    const others = consumer.files.filter((path) => !code.test(path));
    assert.deepEqual(others.sort(), [...needed, ...pages, ...examples].sort());
  });

  it('has all that an analysis takes', async () => {
    const { directory } = consumer;
    const binary = join('node_modules', '.bin', 'kgload');
    mkdirSync(join(directory, 'sources'));
    writeFileSync(join(directory, 'sources', 'a.py'), 'def a():\n    b()\n\ndef b(): pass\n');
    const { stdout } = await run(binary, ['analyze', 'sources', 'parquet', '--json'], directory);
    const { edge_rows: edges } = JSON.parse(stdout) as { edge_rows: Record<string, number> };
    assert.deepEqual([edges['CONTAINS_FUNCTION'], edges['CALLS']], [2, 1]);
  });

  it('writes its examples', async () => {
    const { directory } = consumer;
    const binary = join('node_modules', '.bin', 'kgload');
    await run(binary, ['example', 'mine', '--name', 'bad-rows'], directory);
    assert.deepEqual(
      parquetFiles(join(directory, 'mine')).map((path) => relative(join(directory, 'mine'), path)),
      parquetFiles(join(ROOT, 'fixtures', 'code-graph')).map((path) =>
        relative(join(ROOT, 'fixtures', 'code-graph'), path),
      ),
    );
    const spoiled = readFileSync(join(ROOT, 'fixtures', 'spoiled', 'calls.parquet'));
    assert.deepEqual(readFileSync(join(directory, 'mine', 'edges', 'calls.parquet')), spoiled);
  });
});

/** Sorted paths. */
function parquetFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.parquet'))
    .map((path) => join(directory, path))
    .sort();
}

for (const [name, engine] of [
  ['kuzu', 'kuzu'],
  ['@ladybugdb/core', 'ladybug'],
] as const) {
  it(`makes databases by ${name}, where that is the engine that was installed`, async (t) => {
    const { directory } = await installConsumer({ engines: [name] });
    t.after(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    const binary = join('node_modules', '.bin', 'kgload');
    await run(binary, ['load', 'fixtures/code-graph', '--db', 'graph.db', '--quiet'], directory);
    const { stdout } = await run(binary, ['stats', '--db', 'graph.db', '--json'], directory);
    const stats = JSON.parse(stdout) as { total_nodes: number; database: { engine: string } };
    assert.deepEqual([stats.total_nodes, stats.database.engine], [27, engine]);
    const other = engine === 'kuzu' ? 'ladybug' : 'kuzu';
    const named = ['load', 'fixtures/code-graph', '--db', 'other.db', '--engine', other];
    await assert.rejects(
      run(binary, named, directory),
      (error: { code: number; stderr: string }) => {
        assert.equal(error.code, 2);
        assert.match(error.stderr, /cannot be loaded.*run: npm install /);
        return true;
      },
    );
  });
}
