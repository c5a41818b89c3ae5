/** Cases of scripts/fuzz.ts in which a load fails: bad rows in one file of an append, a full disk. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { codeGraphRows, type Cell } from '../fixtures/code-graph.js';
import { codeGraph } from '../src/model/codegraph.js';
import { writeParquet } from '../test/helpers.js';
import {
  differences,
  isSame,
  load,
  PREFIX,
  readContents,
  reasonOf,
  sha256,
  shown,
  snapshot,
  tableOf,
  TABLES,
  wrongContents,
} from './fuzz-checks.js';
import type { Contents } from './fuzz-contents.js';
import { mulberry32, pick, type Random } from './mutate.js';

export interface Case {
  /** Row of the summary. */
  kind: string;
  /** The options that repeat it. */
  options: string;
  /** Works in a directory of its own; adds what is wrong to `wrong`; says how it came out. */
  run(directory: string, wrong: string[]): Promise<{ what: string; outcome: string }>;
}

/** What loads that are disturbed are measured against. */
export interface Base {
  dataset: string;
  /** A database with the fixture's rows, to append to. */
  small: string;
  /** Contents and seconds of the loads that nothing disturbs. */
  fresh: { contents: Contents; seconds: number };
  append: { contents: Contents; seconds: number };
}

const NODES = new Map(codeGraph.nodes.map((table) => [table.name, table]));

/** What spoils one part of a table. */
const SPOILS = [
  'NULL',
  'a key that is there',
  'a key of another part',
  'a truncated file',
] as const;

/** How the load is told to take it. */
const WAYS: Record<string, string[]> = {
  'append, no flag': [],
  'append, continue': ['--on-error', 'continue'],
  'append, abort': ['--on-error', 'abort'],
  'append, no bad rows': ['--max-bad-rows', '0'],
  'append, skip': ['--skip-bad-rows'],
};

export const APPEND_KINDS = Object.keys(WAYS);

/**
 * Appends a dataset of which one table has a bad part, the first or the last, and looks at every row
 * of every table; then the sound dataset goes in.
 */
export function appendCase(caseSeed: number, base: Base): Case {
  const random = mulberry32(caseSeed);
  const kind = APPEND_KINDS[caseSeed % APPEND_KINDS.length] ?? '';
  const table = pick(random, [...codeGraph.nodes, ...codeGraph.edges]).name;
  const spoil = pick(random, SPOILS);
  return {
    kind,
    options: `--seed ${caseSeed} --files 0 --kills 0 --appends 1 --disks 0`,
    run: async (directory, wrong) => {
      const db = join(directory, 'db', 'graph.db');
      copyFileSync(base.small, db);
      const bytes = sha256(db);
      const dataset = join(directory, 'dataset');
      linkDataset(base.dataset, dataset);
      await spoilTable(dataset, table, spoil, random);
      const before = snapshot(directory);
      const { run, json } = await load(dataset, db, ['--append', ...(WAYS[kind] ?? [])], wrong);
      const after = snapshot(directory);
      for (const tree of [before, after]) tree.delete('db/graph.db');
      wrong.push(...differences(before, after));
      if (!json) return { what: `${spoil} in ${table}`, outcome: 'FAILED' };

      // A file that can't be read has no bad rows.
      const isAboutRows = spoil !== 'a truncated file';
      const isAll = kind === 'append, abort' || (kind === 'append, no bad rows' && isAboutRows);
      const isLost = json.errors.length > 0;
      if (!json.published && sha256(db) !== bytes) wrong.push('not published, and changed');
      if (isAll && isLost && json.published) wrong.push('published in spite of the flag');
      const contents = await readContents(db);
      const failed = new Set(json.errors.map((error) => error.table));
      for (const name of TABLES) {
        const [now, goal] = [tableOf(contents, name), tableOf(base.append.contents, name)];
        const isLoaded = json.published && !failed.has(name);
        if (!isSame(now.old, goal.old)) wrong.push(`${name} lost old rows: ${shown(now.old)}`);
        if (!isLoaded && now.added.rows > 0)
          wrong.push(`${name} failed, and has ${shown(now.added)}`);
        if (isLoaded && !isSame(now.added, goal.added)) {
          wrong.push(`${name} was loaded, and holds ${shown(now.added)}`);
        }
      }
      if (spoil !== 'a truncated file' && kind === 'append, skip' && isLost) {
        wrong.push(`bad rows were not skipped: ${reasonOf(run)}`);
      }
      if (!isLost && kind !== 'append, skip') wrong.push('nothing was said of the bad part');
      if (!json.published) await appendSound(db, base, wrong);
      const outcome = !json.published ? 'nothing' : isLost ? 'other tables' : 'without bad rows';
      return { what: `${kind}: ${spoil} in ${table}`, outcome };
    },
  };
}

/** A load that finds no more space at some write, early or late. */
export function diskCase(caseSeed: number, base: Base): Case {
  const random = mulberry32(caseSeed);
  const mode = caseSeed % 2 === 0 ? 'fresh' : 'append';
  const blocks = Math.floor(2 ** (1 + random() * 15)); // 1 kB to 16 MB
  return {
    kind: `${mode}, full disk`,
    options: `--seed ${caseSeed} --files 0 --kills 0 --appends 0 --disks 1`,
    run: async (directory, wrong) => {
      const db = join(directory, 'db', 'graph.db');
      copyFileSync(base.small, db);
      const before = snapshot(directory);
      const { run, json } = await load(base.dataset, db, [`--${mode}`], wrong, { blocks });
      const after = snapshot(directory);
      const what = `${mode} with ${blocks / 2} kB a file`;
      if (run.code === 0) {
        wrong.push(...(await wrongContents(db, base[mode].contents, 'after the load')));
        for (const tree of [before, after]) tree.delete('db/graph.db');
      } else {
        const codes = new Set(json?.errors.map(({ code }) => code));
        codes.delete('NODES_FAILED');
        if ([...codes].join() !== 'DISK_FULL') wrong.push(`${[...codes].join()}: ${reasonOf(run)}`);
        if (run.seconds > 10 + 3 * base[mode].seconds) {
          wrong.push(`it took ${run.seconds.toFixed(1)} s to say so`);
        }
      }
      wrong.push(...differences(before, after));
      if (run.code !== 0 && mode === 'append') await appendSound(db, base, wrong);
      return { what, outcome: run.code === 0 ? 'new' : 'old' };
    },
  };
}

async function appendSound(db: string, base: Base, wrong: string[]): Promise<void> {
  const { run } = await load(base.dataset, db, ['--append'], wrong);
  if (run.code !== 0) wrong.push(`the sound append afterwards: ${reasonOf(run)}`);
  wrong.push(...(await wrongContents(db, base.append.contents, 'after the sound append')));
}

function linkDataset(from: string, to: string): void {
  for (const part of ['nodes', 'edges']) {
    mkdirSync(join(to, part), { recursive: true });
    for (const name of readdirSync(join(from, part))) {
      linkSync(join(from, part, name), join(to, part, name));
    }
  }
}

/** Makes a directory of parts of a table's file, one of them bad. */
async function spoilTable(
  dataset: string,
  table: string,
  spoil: (typeof SPOILS)[number],
  random: Random,
): Promise<void> {
  const node = NODES.get(table);
  const file = node?.file ?? codeGraph.edges.find(({ name }) => name === table)?.file ?? '';
  const directory = join(dataset, node ? 'nodes' : 'edges', file);
  renameSync(`${directory}.parquet`, `${directory}.moved`);
  mkdirSync(directory);
  // Of rows with one key the first stays, so that here the bad part has to be the last.
  const isLast = spoil === 'a key of another part' || random() < 0.5;
  const [good, bad] = isLast ? ['part-0', 'part-1'] : ['part-1', 'part-0'];
  renameSync(`${directory}.moved`, join(directory, `${good}.parquet`));
  const path = join(directory, `${bad}.parquet`);
  if (spoil === 'a truncated file') {
    copyFileSync(join(directory, `${good}.parquet`), path);
    truncateSync(path, 300);
    return;
  }
  const rows = codeGraphRows[table] ?? [];
  const ids = node ? [node.primaryKey] : ['from', 'to'];
  const value = (column: string, i: number): Cell => {
    const there = rows[i % Math.max(1, rows.length)]?.[column] ?? 'x';
    if (spoil === 'NULL') return null;
    // Of an edge: endpoints that no node has.
    if (!node) return 'nowhere';
    return spoil === 'a key that is there' ? there : `${PREFIX}0:${String(there)}`;
  };
  const columns = Object.fromEntries(ids.map((id) => [id, 'UTF8' as const]));
  const spoiled = [0, 1].map((i) => Object.fromEntries(ids.map((id) => [id, value(id, i)])));
  await writeParquet(path, columns, spoiled);
}
