/** What commands say: in Markdown, as annotations, and with --quiet. */
import assert from 'node:assert/strict';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { annotation } from '../src/terminal/annotations.js';
import { execute, FIXTURE, fixtureCopy, kgload, ROOT, scratch } from './helpers.js';

/** With a warning, an error, and rows that differ from the fixture's. */
function spoiledCopy(directory: string): string {
  const dataset = fixtureCopy(directory);
  cpSync(join(ROOT, 'fixtures/spoiled/calls.parquet'), join(dataset, 'edges/calls.parquet'));
  rmSync(join(dataset, 'edges/inherits.parquet'));
  return dataset;
}

describe('--quiet', () => {
  it('leaves nothing but errors and what was asked for, whatever the command', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const dataset = spoiledCopy(directory);
    const other = join(directory, 'other.db');
    const run = async (...args: string[]): Promise<unknown[]> => {
      const { code, stdout, stderr } = await kgload([...args, '-q']);
      return [code, stdout, stderr];
    };
    assert.deepEqual(await run('load', FIXTURE, '--db', db), [0, '', '']);
    assert.deepEqual(await run('load', dataset, '--db', other, '--skip-bad-rows'), [0, '', '']);
    assert.deepEqual(await run('load', FIXTURE, '--db', db, '--fresh', '--dry-run'), [0, '', '']);
    assert.deepEqual(await run('export', join(directory, 'out'), '--db', db), [0, '', '']);
    assert.deepEqual(await run('preprocess', FIXTURE, join(directory, 'clean')), [0, '', '']);
    const created = join(directory, 'new.db');
    assert.deepEqual(await run('schema', '--create', '--db', created), [0, '', '']);
    assert.deepEqual(await run('stats', '--db', db, '--verify', FIXTURE), [0, '', '']);
    // Asked for.
    const same = (args: string[]): Promise<unknown> => kgload(args);
    for (const args of [['stats', '--db', db], ['schema'], ['schema', '--db', db]]) {
      assert.deepEqual(await same([...args, '-q']), await same(args));
    }
    const verify = await kgload(['stats', '--db', db, '--verify', dataset, '-q']);
    assert.deepEqual(
      [verify.code, verify.stderr, verify.stdout],
      [
        1,
        '',
        [
          'CALLS: only in the dataset: 2: f1 → gone, f3 → null',
          'CALLS: only in the database: 3: f1 → f4, f3 → f3, f3 → f4',
          `${db} and ${dataset} differ`,
          '',
        ].join('\n'),
      ],
    );
    for (const [format, begin] of [
      ['table', 'table '],
      ['markdown', '### ✅ loaded 27 nodes'],
      ['json', '{\n'],
    ] as const) {
      const load = await kgload(['load', FIXTURE, '--db', db, '--fresh', '-q', '--format', format]);
      assert.ok(load.stdout.startsWith(begin), load.stdout);
      assert.equal(load.stderr, '');
    }
    // Errors.
    const failed = await kgload(['load', dataset, '--db', db, '--fresh', '-q']);
    assert.deepEqual([failed.code, failed.stdout], [1, '']);
    assert.match(failed.stderr, /^kgload: error: CALLS failed: /);
    assert.doesNotMatch(failed.stderr, /warning/);
    const json = await kgload(['stats', '--db', other, '--verify', dataset, '-q', '--json']);
    assert.equal(json.stderr, '');
    assert.equal((JSON.parse(json.stdout) as { warnings: unknown[] }).warnings.length, 1);
  });
});

describe('--format markdown', () => {
  it('is a table of GitHub, in which no name is markup', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const name = 'a|b *c* <i> [d](e) _f_ g_h $x$';
    execute(
      db,
      `CREATE NODE TABLE \`${name}\`(id INT64 PRIMARY KEY)`,
      `CREATE (:\`${name}\` {id: 1})`,
    );
    const { code, stdout } = await kgload(['stats', '--db', db, '--format', 'markdown']);
    assert.equal(code, 0);
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^### .*graph\.db: 1 node and 0 edges$/);
    assert.deepEqual(lines.slice(4, 7), [
      '| table | rows |',
      '| --- | ---: |',
      '| a\\|b \\*c\\* &lt;i\\> \\[d\\](e) \\_f\\_ g_h \\$x\\$ | 1 |',
    ]);
    const { stdout: degrees } = await kgload([
      ...['stats', '--db', db, '--degrees', '--format', 'markdown'],
    ]);
    assert.match(degrees, /\n\| edges a node \| out: mean \| out: max /);
  });

  it('tells of differences, of failures and of refusals', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const dataset = spoiledCopy(directory);
    await kgload(['load', FIXTURE, '--db', db, '-q']);
    const verify = await kgload(['stats', '--db', db, '--verify', dataset, '--format', 'markdown']);
    assert.equal(verify.code, 1);
    assert.match(
      verify.stdout,
      /^### ❌ .* differ\n\n- \*\*warning\*\*: edges\/inherits\.parquet is/,
    );
    assert.match(verify.stdout, /\n- CALLS: only in the dataset: 2: f1 → gone, f3 → null\n/);
    assert.match(verify.stdout, /\n\| CALLS \| 3 \| 4 \| DIFFERENT \|\n/);
    const load = [
      ...['load', dataset, '--db', db, '--fresh', '--skip-bad-rows', '--format', 'markdown'],
    ];
    const skipped = await kgload(load);
    assert.match(
      skipped.stdout,
      /^### ✅ loaded 27 nodes and 31 edges into .*, 2 bad rows left out\n/,
    );
    assert.match(
      skipped.stdout,
      /\n\| CALLS \| 1 \| .* \| 1 null\\?_endpoint, 1 missing\\?_endpoint \|\n/,
    );
    const refused = await kgload([
      'load',
      join(directory, 'no'),
      '--db',
      db,
      '--format',
      'markdown',
    ]);
    assert.equal(refused.code, 2);
    assert.match(
      refused.stdout,
      /^### ❌ kgload load was refused\n\n- \*\*error\*\*: the dataset .*no does not exist\n\n$/,
    );
  });
});

describe('an annotation', () => {
  const env = { GITHUB_ACTIONS: 'true' };

  it('is a line of GitHub for every problem, on stderr alone', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const dataset = spoiledCopy(directory);
    const { code, stdout, stderr } = await kgload(['load', dataset, '--db', db, '--json'], {
      env: { ...env, GITHUB_WORKSPACE: directory },
    });
    assert.equal(code, 1);
    JSON.parse(stdout);
    assert.ok(
      stderr.startsWith(
        '::warning file=dataset/edges/inherits.parquet,title=kgload FILE_MISSING INHERITS::edges/inherits.parquet is missing; INHERITS counts 0 rows\n',
      ),
      stderr,
    );
    assert.match(
      stderr,
      /\n::error file=dataset\/edges\/calls\.parquet,title=kgload NULL_ENDPOINT CALLS::CALLS failed: /,
    );
    const verify = await kgload(['stats', '--db', db, '--verify', dataset, '-q'], { env });
    assert.equal(verify.stderr, '');
    const wrong = await kgload(['load', dataset], { env });
    assert.equal(
      wrong.stderr,
      "::error title=kgload USAGE::required option '--db <path>' not specified\n(see kgload load --help)\n",
    );
    const refused = await kgload(['stats', '--db', `${db}%0A,:`], { env });
    assert.match(
      refused.stderr,
      /^::error file=.*graph\.db%250A%2C%3A,title=kgload ENOENT::the .*%250A,: /,
    );
  });

  it('is there for GitHub alone, and where nothing says otherwise', async () => {
    const args = ['stats', '--db', '/nowhere/graph.db'];
    for (const [more, own] of [
      [['--no-annotations'], env],
      [[], { GITHUB_ACTIONS: 'false' }],
      [[], {}],
    ] as const) {
      const { stderr } = await kgload([...args, ...more], { env: own });
      assert.match(stderr, /^kgload: error: the database /);
    }
  });

  it('is never made of a name', async (t) => {
    const db = join(scratch(t), 'graph.db');
    execute(db, 'CREATE NODE TABLE `::error::x`(id INT64 PRIMARY KEY)');
    const { stdout } = await kgload(['stats', '--db', db], { env });
    assert.match(stdout, /^:\u200b:error::x +0$/m);
    assert.match((await kgload(['stats', '--db', db])).stdout, /^::error::x +0$/m);
  });

  it('escapes as the toolkit of GitHub does', () => {
    // By escapeData and escapeProperty of actions/toolkit, packages/core/src/command.ts.
    const problem = {
      code: 'ENGINE',
      message: '100 %\r\n::error::x',
      file: '/a,b:c%',
      hint: 'a, b: c',
    } as const;
    assert.equal(
      annotation('error', problem, { workspace: '/w' }),
      '::error file=/a%2Cb%3Ac%25,title=kgload ENGINE::100 %25%0D%0A::error::x (a, b: c)',
    );
  });
});

it('an unexpected error is a document too', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'preload.mjs');
  writeFileSync(
    file,
    "import { syncBuiltinESMExports } from 'node:module'; import os from 'node:os'; os.homedir = () => { throw new Error('no home'); }; syncBuiltinESMExports();",
  );
  const { code, stdout, stderr } = await kgload(['stats', '--db', '~/x.db', '--json'], {
    env: { NODE_OPTIONS: `--import ${file}` },
    cwd: directory,
  });
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^kgload: error: unexpected error, please report it: Error: no home/);
  const { errors, warnings } = JSON.parse(stdout) as {
    errors: { code: string }[];
    warnings: unknown[];
  };
  assert.deepEqual([errors.map((error) => error.code), warnings], [['UNEXPECTED'], []]);
});
