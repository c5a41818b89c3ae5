/** `kgload analyze`, and what comes of it: real sources, the real binary. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { analyzeCodebase, analyzeFiles, exportToParquet, KgloadError } from '../src/index.js';
import type { FileAnalysis, LoadEvent } from '../src/index.js';
import { BINARY, ENVIRONMENT, kgload, kgloadJson, query, scratch } from './helpers.js';

const SHOP: Record<string, string> = {
  'shop/__init__.py': '',
  'shop/cart.py': `from shop.prices import price_of as price


class Cart(list):
    limit: int = 10

    @property
    def total(self):
        return sum(price(item) for item in self)

    def add(self, item):
        try:
            self.check(item)
        except KeyError:
            raise ValueError(item)
        self.last = item

    def check(self, item):
        return price(item)


class GiftCart(Cart):
    def add(self, item):
        return super().add(item)
`,
  'shop/prices.py': `PRICES = {"größe": "👕"}


def price_of(item):
    return PRICES[item]
`,
  'README.md': '# shop',
};

function project(t: TestContext, files: Record<string, string | Buffer> = SHOP): string {
  const root = join(scratch(t), 'project');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), 1_700_000_000, 1_700_000_000.123);
  }
  return root;
}

/** Every file of a dataset but the cache, by its path. */
function bytesOf(dataset: string): Map<string, string> {
  const files = readdirSync(dataset, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.parquet'),
  );
  return new Map(files.sort().map((path) => [path, readFileSync(join(dataset, path), 'latin1')]));
}

/** That nothing is left beside a dataset but what is named. */
function assertAlone(dataset: string, ...others: string[]): void {
  const names = readdirSync(dirname(dataset)).sort();
  assert.deepEqual(names, ['dataset', 'project', ...others].sort());
}

describe('kgload analyze', { concurrency: 2 }, () => {
  it('makes a dataset that loads as it is and answers questions', async (t) => {
    const root = project(t);
    const dataset = join(dirname(root), 'dataset');
    const db = join(dirname(root), 'graph.db');
    const { code, stdout, stderr } = await kgload(['analyze', root, dataset]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^python +3 +29 +0 +0$/m);
    assert.match(stdout, /^CALLS +4$/m);
    assert.match(stdout, /wrote \d+ nodes and \d+ edges of 3 files into /);
    assert.equal(stderr, 'kgload: 1 file of no language that is known: 1 .md\n');
    const load = await kgloadJson(['load', dataset, '--db', db]);
    assert.deepEqual([load.json.errors, load.json.warnings, load.code], [[], [], 0]);
    const verify = await kgload(['stats', '--db', db, '--verify', dataset]);
    assert.deepEqual([verify.code, verify.stderr], [0, '']);
    const calls = query(
      db,
      'MATCH (a:Function)-[c:CALLS]->(b:Function) RETURN a.file AS file, a.name AS caller, b.name AS callee, c.call_line AS line ORDER BY line',
    );
    assert.deepEqual(
      calls.map((row) => Object.values(row)),
      [
        ['shop/cart.py', 'total', 'price_of', 9],
        ['shop/cart.py', 'add', 'check', 13],
        ['shop/cart.py', 'check', 'price_of', 19],
        ['shop/cart.py', 'add', 'add', 24],
      ],
    );
    const [variable] = query(db, 'MATCH (f:Function)-[r:REFERENCES]->(v:Variable) RETURN v.name');
    assert.equal(variable?.['v.name'], 'PRICES');
    const [code_] = query(
      db,
      "MATCH (f:Function) WHERE f.name = 'price_of' RETURN f.source_code AS code, f.start_line AS first, f.end_line AS last",
    );
    const source = 'def price_of(item):\n    return PRICES[item]';
    assert.deepEqual({ ...code_ }, { code: source, first: 4, last: 5 });
    const [decorator] = query(
      db,
      'MATCH (f:Function)-[d:DECORATED_BY]->(x:Decorator) RETURN f.name AS f, x.name AS x, d.position AS at',
    );
    assert.deepEqual({ ...decorator }, { f: 'total', x: 'property', at: 0 });
    const exceptions = query(
      db,
      'MATCH (f:Function)-[h:HANDLES_EXCEPTION]->(x:Exception) RETURN x.name AS name, h.context AS context ORDER BY name',
    );
    assert.deepEqual(
      exceptions.map((row) => Object.values(row)),
      [
        ['KeyError', 'catch'],
        ['ValueError', 'raise'],
      ],
    );
    const [file] = query(
      db,
      "MATCH (f:File) WHERE f.path = 'shop/__init__.py' RETURN f.content_hash AS hash",
    );
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    assert.equal(file?.['hash'], empty);
    const ask = await kgload(['ask', 'callers', 'price_of', '--db', db, '--format', 'csv']);
    assert.match(ask.stdout, /total/);
    assert.match(ask.stdout, /check/);
  });

  it('writes the same bytes again, and parses only what changed', async (t) => {
    const root = project(t);
    const dataset = join(dirname(root), 'dataset');
    const run = async (...flags: string[]): Promise<unknown> => {
      const { json, code } = await kgloadJson(['analyze', root, dataset, ...flags]);
      assert.deepEqual([code, json.errors, json.warnings], [0, [], []]);
      return (json['languages'] as { python: { cached: number } }).python.cached;
    };
    assert.equal(await run(), 0);
    const first = bytesOf(dataset);
    const facts = readFileSync(join(dataset, '.facts'));
    assert.equal(first.size, 20);
    assert.equal(await run(), 3);
    assert.deepEqual(bytesOf(dataset), first);
    assert.deepEqual(readFileSync(join(dataset, '.facts')), facts);
    assert.equal(await run('--jobs', '1', '--no-cache'), 0);
    assert.deepEqual(bytesOf(dataset), first);
    assert.equal(existsSync(join(dataset, '.facts')), false);
    assert.equal(await run(), 0);
    // Two lines above all functions: nothing of another file changes, and no id does.
    const prices = join(root, 'shop/prices.py');
    writeFileSync(prices, `# one\n# two\n${readFileSync(prices, 'utf8')}`);
    assert.equal(await run(), 2);
    const second = bytesOf(dataset);
    const changed = [...first.keys()].filter((path) => first.get(path) !== second.get(path));
    assert.deepEqual(changed, [
      'edges/references.parquet',
      'nodes/files.parquet',
      'nodes/functions.parquet',
      'nodes/variables.parquet',
    ]);
    assertAlone(dataset);
  });

  it('does not trust a cache that is damaged', async (t) => {
    const root = project(t);
    const dataset = join(dirname(root), 'dataset');
    await kgload(['analyze', root, dataset]);
    const first = bytesOf(dataset);
    appendFileSync(join(dataset, '.facts'), 'x');
    const { code, json } = await kgloadJson(['analyze', root, dataset]);
    assert.equal(code, 0);
    assert.deepEqual(
      json.warnings.map(({ code, file }) => [code, file]),
      [['CACHE_DAMAGED', join(dataset, '.facts')]],
    );
    assert.deepEqual(bytesOf(dataset), first);
    assert.deepEqual((await kgloadJson(['analyze', root, dataset])).json.warnings, []);
  });

  it('takes the files and columns that are asked for', async (t) => {
    const root = project(t, { ...SHOP, SConstruct: 'def build():\n    pass\n' });
    const dataset = join(dirname(root), 'dataset');
    const db = join(dirname(root), 'graph.db');
    const flags = ['--language', 'SConstruct=python', '--exclude', 'prices.py', '--no-source'];
    const { code, json } = await kgloadJson(['analyze', root, dataset, ...flags]);
    assert.equal(code, 0);
    const notes = json['notes'] as { file: string; code: string }[];
    assert.deepEqual(
      notes.map(({ file, code }) => [file, code]),
      [['shop/prices.py', 'EXCLUDED']],
    );
    await kgload(['load', dataset, '--db', db]);
    const rows = query(
      db,
      'MATCH (f:Function) RETURN DISTINCT f.source_code AS code, f.file AS file',
    );
    assert.deepEqual(
      rows.map((row) => Object.values(row)).sort(),
      [
        [null, 'SConstruct'],
        [null, 'shop/cart.py'],
      ].sort(),
    );
  });

  it('tells of whatever it can not take in full', async (t) => {
    const root = project(t, {
      'broken.py': 'def whole():\n    pass\n\n\ndef half(:\n',
      'deep.py': `x = ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`,
      'large.py': `def f():\n    pass\n${'#'.repeat(5_000)}\n`,
      'latin.py': Buffer.from('# -*- coding: latin-1 -*-\ndef gr\xf6sse(): pass\n', 'latin1'),
      'nul.py': 'def f():\n    return "\0"\n',
      'o\'b\n"👕.py': 'def f():\n    return 1\n',
      'wide.py': `x = ${JSON.stringify('é'.repeat(900_000))}\n`,
    });
    symlinkSync('.', join(root, 'loop'));
    const dataset = join(dirname(root), 'dataset');
    const { code, json, stderr } = await kgloadJson([
      'analyze',
      root,
      dataset,
      '--max-size',
      '2MB',
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(json['node_rows'] && (json['node_rows'] as Record<string, number>)['File'], 7);
    const notes = (json['notes'] as { file: string; code: string }[]).map(({ file, code }) => [
      file,
      code,
    ]);
    assert.ok(
      notes.some(([file, code]) => file === 'nul.py' && code === 'BINARY'),
      String(notes),
    );
    assert.ok(
      notes.some(([file, code]) => file === 'loop' && code === 'SYMLINK'),
      String(notes),
    );
    const errors = json['syntax_errors'] as { file: string; line: number }[];
    assert.deepEqual(
      errors.map(({ file, line }) => [file, line]),
      [['broken.py', 5]],
    );
    const small = await kgloadJson(['analyze', root, dataset, '--max-size', '4kB']);
    const large = (small.json['notes'] as { file: string; code: string }[]).filter(
      ({ code }) => code === 'TOO_LARGE',
    );
    assert.deepEqual(
      large.map(({ file }) => file),
      ['deep.py', 'large.py', 'wide.py'],
    );
    const db = join(dirname(root), 'graph.db');
    const load = await kgloadJson(['load', dataset, '--db', db]);
    assert.deepEqual([load.code, load.json.warnings], [0, []]);
    const names = query(
      db,
      'MATCH (f:Function) RETURN f.name AS name, f.file AS file ORDER BY file',
    );
    assert.ok(
      names.some(({ name }) => name === 'grösse'),
      JSON.stringify(names),
    );
    assert.ok(names.some(({ file }) => file === 'o\'b\n"👕.py'));
    assert.ok(names.some(({ name, file }) => name === 'whole' && file === 'broken.py'));
  });

  it('replaces a dataset, and nothing else', async (t) => {
    const root = project(t);
    const dataset = join(dirname(root), 'dataset');
    mkdirSync(join(dataset, 'nodes'), { recursive: true });
    writeFileSync(join(dataset, 'nodes', 'notes.txt'), 'mine');
    const refused = await kgload(['analyze', root, dataset]);
    assert.equal(refused.code, 2);
    assert.equal(
      refused.stderr,
      `kgload: error: ${dataset} holds nodes/notes.txt, which is no part of a dataset; it is left as it is (give the path of a new directory, or of a dataset)\n`,
    );
    assert.equal(readFileSync(join(dataset, 'nodes', 'notes.txt'), 'utf8'), 'mine');
    rmSync(join(dataset, 'nodes', 'notes.txt'));
    assert.equal((await kgload(['analyze', root, dataset, '-q'])).code, 0);
    const before = bytesOf(dataset);
    const empty = join(dirname(root), 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'a.txt'), '');
    const nothing = await kgloadJson(['analyze', empty, dataset]);
    assert.deepEqual([nothing.code, nothing.json.errors[0]?.code], [2, 'NO_SOURCES']);
    assert.deepEqual(bytesOf(dataset), before);
    const missing = await kgloadJson(['analyze', join(root, 'nowhere'), dataset]);
    assert.deepEqual([missing.code, missing.json.errors[0]?.code], [2, 'ENOENT']);
    // A link to a dataset stays one.
    const link = join(dirname(root), 'link');
    symlinkSync(dataset, link);
    assert.equal((await kgload(['analyze', join(root, 'shop'), link, '-q'])).code, 0);
    assert.notDeepEqual(bytesOf(dataset), before);
    assertAlone(dataset, 'empty', 'link');
  });

  it('leaves what was there when a signal ends it', async (t) => {
    const files = Array.from({ length: 150 }, (_, i) => {
      const text = `def f${i}():\n    return f${i}()\n`.repeat(300);
      return [`m${i}.py`, text] as const;
    });
    const root = project(t, Object.fromEntries(files));
    const dataset = join(dirname(root), 'dataset');
    mkdirSync(dataset);
    const child = spawn(
      process.execPath,
      [BINARY, 'analyze', root, dataset, '--verbose', '--json'],
      {
        env: ENVIRONMENT,
      },
    );
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('building in')) child.kill('SIGINT');
    });
    const signal = await new Promise((resolve) => {
      child.on('close', (_code, signal) => {
        resolve(signal);
      });
    });
    assert.equal(signal, 'SIGINT');
    const document = JSON.parse(stdout) as { errors: { code: string }[] };
    assert.equal(document.errors[0]?.code, 'INTERRUPTED');
    assert.deepEqual(readdirSync(dataset), []);
    assertAlone(dataset);
  });
});

describe('a load of source code', { concurrency: 2 }, () => {
  it('says how it is done, or does it', async (t) => {
    const root = project(t);
    const db = join(dirname(root), 'graph.db');
    const refused = await kgload(['load', root, '--db', db]);
    assert.equal(refused.code, 2);
    const hint = `make a dataset of it first: kgload analyze ${root} parquet && kgload load parquet --db ${db}; or do both at once: --analyze`;
    assert.ok(refused.stderr.includes(`it holds source code (${hint})`), refused.stderr);
    const empty = join(dirname(root), 'empty');
    mkdirSync(empty);
    const other = await kgload(['load', empty, '--db', db]);
    assert.doesNotMatch(other.stderr, /source code/);
    const { code, json } = await kgloadJson(['load', root, '--db', db, '--analyze']);
    assert.deepEqual([code, json.errors, json.warnings, json.published], [0, [], [], true]);
    assert.equal(json.node_times['File']?.rows, 3);
    assert.deepEqual([json['dataset'], (json['analysis'] as { root: string }).root], [root, root]);
    assert.equal(query(db, 'MATCH (:Function)-[c:CALLS]->() RETURN count(c) AS n')[0]?.['n'], 4);
    const table = await kgload(['load', root, '--db', db, '--analyze', '--fresh']);
    assert.match(table.stdout, /^python +3 +29 /m);
    assert.match(table.stdout, /loaded \d+ nodes and \d+ edges/);
  });
});

describe('an analysis by the library', { concurrency: 2 }, () => {
  it('gives what the command gives, also file by file', async (t) => {
    const root = project(t);
    const [whole, single] = [join(dirname(root), 'whole'), join(dirname(root), 'single')];
    const events: LoadEvent[] = [];
    const report = await analyzeCodebase(root, whole, { onEvent: (event) => events.push(event) });
    assert.equal(report.nodeRows['File'], 3);
    assert.deepEqual(report.others, { '.md': 1 });
    const { sites, resolved, unresolved } = report.calls;
    const { import: imported, self, super: of, ...rest } = resolved;
    assert.deepEqual([imported, self, of], [2, 1, 1]);
    assert.ok(Object.values(rest).every((count) => count === 0));
    assert.deepEqual(unresolved, { external: 3, ambiguous: 0, unknown: 0, outside: 0 });
    assert.equal(sites, 7);
    const steps = events.flatMap((event) =>
      event.type === 'step' && event.state === 'finished' ? [event.name] : [],
    );
    assert.deepEqual(steps, ['discover', 'parse', 'resolve', 'publish']);
    assert.deepEqual(Object.keys(report.stepTimes), steps);
    const paths = Object.keys(SHOP).filter((path) => path.endsWith('.py'));
    const results: FileAnalysis[] = [];
    for await (const result of analyzeFiles(paths, root)) results.push(result);
    const exported = await exportToParquet(results, single, root);
    assert.deepEqual(bytesOf(single), bytesOf(whole));
    assert.deepEqual(exported.calls, report.calls);
    await assert.rejects(exportToParquet([...results, ...results], single, root), {
      code: 'USAGE',
      message: 'there are two results of shop/__init__.py',
    });
    await assert.rejects(exportToParquet([{ path: 'a' } as FileAnalysis], single, root), {
      code: 'USAGE',
    });
    assert.deepEqual(bytesOf(single), bytesOf(whole));
  });

  it('refuses what is none of the root, and ends by a signal', async (t) => {
    const root = project(t);
    const dataset = join(dirname(root), 'dataset');
    const one = async (file: string): Promise<FileAnalysis | undefined> =>
      (await analyzeFiles([file], root).next()).value as FileAnalysis | undefined;
    for (const [file, code] of [
      ['../x.py', 'USAGE'],
      ['README.md', 'USAGE'],
      ['nowhere.py', 'ENOENT'],
    ] as const) {
      await assert.rejects(
        one(file),
        (error) => error instanceof KgloadError && error.code === code,
      );
    }
    assert.equal((await one(join(root, 'shop/cart.py')))?.path, 'shop/cart.py');
    const reason = new Error('enough');
    const controller = new AbortController();
    const onEvent = (event: LoadEvent): void => {
      if (event.type === 'step' && event.name === 'resolve') controller.abort(reason);
    };
    await assert.rejects(
      analyzeCodebase(root, dataset, { signal: controller.signal, onEvent }),
      reason,
    );
    assert.deepEqual(readdirSync(dirname(root)), ['project']);
    await assert.rejects(analyzeCodebase(root, dataset, { languages: ['cobol'] }), {
      code: 'USAGE',
      message: 'there is no language cobol',
    });
  });
});
