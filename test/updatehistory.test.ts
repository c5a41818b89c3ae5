/** The line of a commit hook on a small history; bench/history.ts follows a long one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import {
  addAdditions,
  additionsAmiss,
  createAdditions,
  forgetGone,
  noAdditions,
} from '../bench/additions.js';
import { type Contents, differenceOf, differing, readContents } from '../bench/contents.js';
import type { TableChanges } from '../src/types.js';
import { ENGINE, kgload, kgloadJson, ROOT, scratch } from './helpers.js';

const PROJECT = join(ROOT, 'fixtures', 'languages', 'python', 'shop');

/** What a revision does to the sources, and what is then known of the functions and of ours. */
interface Revision {
  title: string;
  edit: (directory: string) => void;
  functions: Pick<TableChanges, 'inserted' | 'updated' | 'deleted' | 'unchanged'>;
  /** Of the thirteen functions that had one. */
  notes: number;
  /** A bound of deletions that it exceeds. */
  bound?: string;
}

const REVISIONS: Revision[] = [
  {
    title: 'a function is changed, and calls another',
    edit: (directory) => {
      replace(directory, 'prices.py', 'total += part', 'total += price_of(part)');
    },
    functions: { inserted: 0, updated: 1, deleted: 0, unchanged: 12 },
    notes: 13,
  },
  {
    title: 'a function is moved to the head of its file, past another',
    edit: (directory) => {
      const main = 'def main():\n    cart = Cart()\n    cart.add(Item())\n    print(cart.total)\n';
      replace(directory, 'cart.py', main, '');
      replace(directory, 'cart.py', 'def logged', `${main}\n\ndef logged`);
    },
    // All of the file have other lines.
    functions: { inserted: 0, updated: 11, deleted: 0, unchanged: 2 },
    notes: 13,
  },
  {
    title: 'a file is deleted',
    edit: (directory) => {
      rmSync(join(directory, 'prices.py'));
    },
    functions: { inserted: 0, updated: 0, deleted: 2, unchanged: 11 },
    notes: 11,
    bound: '5%',
  },
  {
    title: 'it is back, and a class has another name',
    edit: (directory) => {
      cpSync(join(PROJECT, 'prices.py'), join(directory, 'prices.py'));
      replace(directory, 'cart.py', 'Cart', 'Trolley');
    },
    // Its two methods are others; the body of main names it, and the lines are as they were.
    functions: { inserted: 4, updated: 1, deleted: 2, unchanged: 8 },
    notes: 9,
  },
];

function replace(directory: string, file: string, text: string, by: string): void {
  const path = join(directory, file);
  const before = readFileSync(path, 'utf8');
  assert.ok(before.includes(text), text);
  writeFileSync(path, before.replaceAll(text, by));
}

it('a database that follows each commit is as a fresh one, and keeps what is ours', async (t) => {
  const directory = scratch(t);
  const [root, dataset, db, fresh] = ['root', 'parquet', 'graph.db', 'fresh.db'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string];
  const shop = join(root, 'shop');
  cpSync(PROJECT, shop, { recursive: true });
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    execFileSync('git', ['-C', root, ...who, ...args], { stdio: 'ignore' });
  };
  const commit = async (title: string): Promise<void> => {
    git('add', '--all');
    git('commit', '--message', title);
    const { code, stderr } = await kgload(['analyze', root, dataset, '--quiet']);
    assert.deepEqual([code, stderr], [0, ''], title);
  };
  const update = (...flags: string[]) =>
    kgloadJson(['load', dataset, '--db', db, '--update', '--delete-missing', ...flags]);
  const schema = join(directory, 'code-graph.cypher');
  writeFileSync(schema, (await kgload(['schema'])).stdout);

  git('init');
  await commit('a shop');
  const first = await kgloadJson(['load', dataset, '--db', db]);
  assert.deepEqual([first.code, first.json.node_times['Function']?.rows], [0, 13]);
  let before: Contents = readContents(ENGINE, db);
  const additions = noAdditions();
  createAdditions(ENGINE, db);
  addAdditions(ENGINE, db, additions, functionsOf(before));

  for (const { title, edit, functions, notes, bound } of REVISIONS) {
    edit(shop);
    await commit(title);
    if (bound !== undefined) {
      const was = fileOf(db);
      const { code, json } = await update('--max-deletions', bound);
      assert.deepEqual([code, json.errors.map((one) => one.code)], [1, ['TOO_MANY_DELETIONS']]);
      assert.equal(fileOf(db), was, title);
    }
    const [{ code, json, stderr }, anew] = await Promise.all([
      update(),
      kgload(['load', dataset, '--db', fresh, '--fresh', '--engine', ENGINE, '--quiet']),
    ]);
    assert.deepEqual([code, anew.code, json.errors, json.warnings], [0, 0, [], []], stderr);

    const wanted = readContents(ENGINE, fresh);
    assert.deepEqual(differing(readContents(ENGINE, db, wanted), wanted), [], title);
    const lost = forgetGone(additions, new Set(functionsOf(wanted)));
    assert.deepEqual(additionsAmiss(ENGINE, db, additions), [], title);
    assert.equal(additions.notes.size, notes, title);

    const changes = json['changes'] as Record<string, TableChanges>;
    assert.equal(changes['REVIEWS']?.deleted ?? 0, lost, title);
    assert.deepEqual(countsOf(changes['Function']), functions, title);
    for (const [table, contents] of wanted) {
      const was = before.get(table);
      assert.ok(was, table);
      if (!changes[table]) assert.deepEqual([was.rows, contents.rows], [[], []], table);
      else assert.deepEqual(countsOf(changes[table]), differenceOf(was, contents), table);
    }
    before = wanted;
  }

  const verified = await kgload(['stats', '--db', db, '--verify', dataset, '--schema', schema]);
  assert.deepEqual([verified.code, verified.stderr], [0, ''], verified.stdout);
  const was = fileOf(db);
  const again = await update();
  assert.deepEqual([again.code, again.json.errors], [0, []]);
  assert.equal(fileOf(db), was);
});

function countsOf(changes: TableChanges | undefined): Revision['functions'] {
  const { inserted, updated, deleted, unchanged } = changes ?? assert.fail('no changes');
  return { inserted, updated, deleted, unchanged };
}

function functionsOf(contents: Contents): string[] {
  const rows = contents.get('Function')?.rows ?? [];
  return rows.map((row) => String((JSON.parse(row) as unknown[])[0]));
}

/** Another where as much as the time of a file is. */
function fileOf(path: string): string {
  const { ino, mtimeNs } = statSync(path, { bigint: true });
  return [ino, mtimeNs, createHash('sha256').update(readFileSync(path)).digest('hex')].join(' ');
}
