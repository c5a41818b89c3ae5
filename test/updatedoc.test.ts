/** The commit hook of docs/update.md, in a repository. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { it } from 'node:test';
import { BINARY, ENGINE, ENVIRONMENT, execute, kgload, query, ROOT, scratch } from './helpers.js';

it('docs/update.md: the hook keeps the graph of a repository current', async (t) => {
  const directory = scratch(t);
  const page = readFileSync(join(ROOT, 'docs/update.md'), 'utf8');
  const [, hook = ''] = /<!-- hook: post-commit -->\n\n```sh\n(.*?)^```/ms.exec(page) ?? [];
  assert.match(hook, /--update --delete-missing/);
  const bin = join(directory, 'bin');
  const repository = join(directory, 'repository');
  mkdirSync(bin);
  mkdirSync(join(repository, 'shop'), { recursive: true });
  symlinkSync(BINARY, join(bin, 'kgload'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...ENVIRONMENT,
        PATH: [bin, process.env['PATH']].join(delimiter),
        XDG_CACHE_HOME: join(directory, 'cache'),
        KGLOAD_ENGINE: ENGINE,
      },
    });
  const commit = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(repository, name), text);
    git('add', '-A');
    // From a directory within, as people commit.
    git('-C', 'shop', 'commit', '-q', '-m', 'change');
  };
  git('init', '-q');
  writeFileSync(join(repository, '.git/hooks/post-commit'), hook, { mode: 0o755 });
  const db = join(repository, 'graph.db');
  const functions = (): unknown[] =>
    query(db, 'MATCH (f:Function) RETURN f.name, f.start_line ORDER BY f.name').map(Object.values);
  const calls = (): unknown[] =>
    query(db, 'MATCH (a)-[c:CALLS]->(b) RETURN a.name, b.name, c.call_line').map(Object.values);

  commit({
    '.gitignore': 'parquet\ngraph.db\n',
    'shop/cart.py': 'def one():\n    pass\n\n\ndef two():\n    one()\n',
    'shop/other.py': 'def other():\n    pass\n',
  });
  assert.deepEqual(functions(), [
    ['one', 1],
    ['other', 1],
    ['two', 5],
  ]);
  assert.deepEqual(calls(), [['two', 'one', 6]]);
  execute(
    db,
    'ALTER TABLE Function ADD note STRING',
    "MATCH (f:Function) WHERE f.name = 'other' SET f.note = 'ours'",
  );
  commit({ 'shop/cart.py': 'def one():\n    pass\n\n\ndef three():\n    pass\n\n    one()\n' });
  assert.deepEqual(functions(), [
    ['one', 1],
    ['other', 1],
    ['three', 5],
  ]);
  assert.deepEqual(calls(), [['three', 'one', 8]]);
  const noted = query(db, 'MATCH (f:Function) WHERE f.note IS NOT NULL RETURN f.name, f.note');
  assert.deepEqual(noted.map(Object.values), [['other', 'ours']]);
  const { code, stdout } = await kgload(['stats', '--db', db, '--verify', 'parquet'], {
    cwd: repository,
  });
  assert.equal(code, 0, stdout);
});
