/**
 * Fuzzes the built binary from outside: loads of damaged Parquet files, loads that are killed (half of
 * them while they are publishing), appends with bad rows in one of their files, and loads that find
 * the disk full at any write; each followed by a look at all that could have come to harm.
 *
 *     node dist/scripts/fuzz.js [--seed N=1] [--files N=40] [--kills N=10] [--appends N=10]
 *                               [--disks N=10] [--seconds N=600] [--jobs N=2]
 *                               [--dataset DIR=fixtures/code-graph]
 *
 * Case i has the seed `seed + i` and depends on nothing else, so that it can be repeated alone
 * (a kill as far as its moment goes). Exit code 1 if any failed; the inputs of those are kept.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParquetType } from '@dsnp/parquetjs';
import { codeGraphRows, EMPTY_COLUMNS, type Rows } from '../fixtures/code-graph.js';
import { codeGraph } from '../src/model/codegraph.js';
import { messageOf } from '../src/errors.js';
import { formatTable } from '../src/format.js';
import { execute, FIXTURE, writeParquet } from '../test/helpers.js';
import {
  countsOf,
  differences,
  isSame,
  kgload,
  leftRunning,
  load,
  PREFIX,
  readContents,
  readStats,
  reasonOf,
  rowsOf,
  sha256,
  shown,
  snapshot,
  tableOf,
  TABLES,
  wrongContents,
  wrongCounts,
  wrongStats,
  type How,
  type Run,
} from './fuzz-checks.js';
import { APPEND_KINDS, appendCase, diskCase, type Base, type Case } from './fuzz-failures.js';
import { chooseMutation, mulberry32, mutate, MUTATION_NAMES, pick } from './mutate.js';

const NODE_TABLES = new Set(codeGraph.nodes.map(({ name }) => name));

/** How long what a dead load left behind may delay the next one. */
const RERUN_GRACE_S = 10;
/** The fixture's rows this many times: a load of about a second. */
const COPIES = 800;

interface Result {
  kind: string;
  outcome: string;
}

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    files: { type: 'string', default: '40' },
    kills: { type: 'string', default: '10' },
    appends: { type: 'string', default: '10' },
    disks: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '600' },
    dataset: { type: 'string', default: FIXTURE },
    jobs: { type: 'string', default: '2' },
  },
});
const numberOf = (flag: Exclude<keyof typeof flags, 'dataset'>, least = 0): number => {
  const value = Number(flags[flag]);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${flag} wants a whole number from ${least}, not ${flags[flag]}`);
};
const [seed, files, kills] = [numberOf('seed'), numberOf('files'), numberOf('kills')];
const [appends, disks] = [numberOf('appends'), numberOf('disks')];
const [seconds, jobs] = [numberOf('seconds', 1), numberOf('jobs', 1)];

const began = performance.now();
const work = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-fuzz-')));
const kept = join(work, 'failed');
mkdirSync(kept);
process.on('exit', () => {
  for (const entry of readdirSync(work)) {
    if (entry !== 'failed') rmSync(join(work, entry), { recursive: true, force: true });
  }
  if (readdirSync(kept).length > 0) return;
  rmdirSync(kept);
  rmdirSync(work);
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code));
}
await main();

async function main(): Promise<void> {
  // Damage must not reach the dataset itself, which hard links to it would allow.
  const dataset = join(work, 'dataset');
  cpSync(flags.dataset, dataset, { recursive: true, dereference: true });
  const old = join(work, 'old.db');
  execute(
    old,
    'CREATE NODE TABLE Old(id INT64, text STRING, PRIMARY KEY(id))',
    "UNWIND range(1, 100) AS i CREATE (:Old {id: i, text: 'old'})",
  );
  const base = kills + appends + disks > 0 ? await prepareBase() : undefined;

  // All kinds advance together, so that a run that is cut short has had some of each.
  const spread = (
    count: number,
    make: (caseSeed: number) => Case,
  ): { share: number; todo: Case }[] =>
    Array.from({ length: count }, (_, i) => ({ share: (i + 0.5) / count, todo: make(seed + i) }));
  const cases = [
    ...spread(files, (n) => mutationCase(n, dataset, old)),
    ...(base
      ? [
          ...spread(kills, (n) => killCase(n, base, old)),
          ...spread(appends, (n) => appendCase(n, base)),
          ...spread(disks, (n) => diskCase(n, base)),
        ]
      : []),
  ].sort((a, b) => a.share - b.share);
  const results: Result[] = [];
  const failures: string[] = [];
  await inParallel(
    cases.map(({ todo }) => async () => {
      if (performance.now() - began > seconds * 1000) return;
      results.push(await runCase(todo, failures));
    }),
  );
  summarize(results, failures, cases.length);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

async function runCase(todo: Case, failures: string[]): Promise<Result> {
  const start = performance.now();
  const name = todo.options.replaceAll(' ', '').replace(/^--/, '').replaceAll('--', '-');
  const directory = join(work, name);
  mkdirSync(join(directory, 'db'), { recursive: true });
  writeFileSync(join(directory, 'db', 'bystander'), 'Leave me alone.\n');
  const wrong: string[] = [];
  let what = todo.kind;
  let outcome = '?';
  try {
    ({ what, outcome } = await todo.run(directory, wrong));
  } catch (error) {
    wrong.push(messageOf(error));
  }
  const took = ((performance.now() - start) / 1000).toFixed(1);
  const verdict = wrong.length > 0 ? `FAILED: ${wrong.join('; ')}` : outcome;
  process.stderr.write(`${todo.options}: ${what}: ${verdict} (${took} s)\n`);
  if (wrong.length > 0) {
    failures.push(`${todo.options}: ${what}: ${wrong.join('; ')}`);
    renameSync(directory, join(kept, name));
  }
  rmSync(directory, { recursive: true, force: true });
  return { kind: todo.kind, outcome: wrong.length > 0 ? 'FAILED' : outcome };
}

function summarize(results: readonly Result[], failures: readonly string[], planned: number): void {
  const lines: string[] = [];
  for (const [title, kinds, outcomes] of [
    ['damaged files', MUTATION_NAMES, ['loaded', 'table failed', 'refused', 'FAILED']],
    [
      'kills',
      ['fresh', 'append', 'fresh, publishing', 'append, publishing'],
      ['old', 'new', 'FAILED'],
    ],
    ['bad appends', APPEND_KINDS, ['nothing', 'other tables', 'without bad rows', 'FAILED']],
    ['full disks', ['fresh, full disk', 'append, full disk'], ['old', 'new', 'FAILED']],
  ] as const) {
    const count = (kind: string, outcome: string): string =>
      String(results.filter((r) => r.kind === kind && r.outcome === outcome).length);
    if (!results.some(({ kind }) => kinds.some((known) => known === kind))) continue;
    lines.push(
      ...formatTable([
        [title, ...outcomes],
        ...kinds.map((kind) => [kind, ...outcomes.map((outcome) => count(kind, outcome))]),
      ]),
      '',
    );
  }
  lines.push(...failures.map((failure) => `FAILED ${failure}`));
  if (failures.length > 0) lines.push(`kept in ${kept}`);
  const took = ((performance.now() - began) / 1000).toFixed(0);
  lines.push(
    results.length < planned
      ? `stopped after ${took} s with ${results.length} of ${planned} cases run`
      : `${took} s`,
    `${results.length - failures.length} passed, ${failures.length} failed`,
  );
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function mutationCase(caseSeed: number, dataset: string, old: string): Case {
  const random = mulberry32(caseSeed);
  const names = parquetFiles(dataset);
  const name = pick(random, names);
  const kind = chooseMutation(random);
  const other = (): Buffer => {
    const others = names.filter((candidate) => candidate !== name);
    return readFileSync(join(dataset, pick(random, others)));
  };
  const fresh = caseSeed % 2 === 0;
  return {
    kind,
    options: `--seed ${caseSeed} --files 1 --kills 0 --appends 0 --disks 0`,
    run: async (directory, wrong) => {
      const copy = join(directory, 'dataset');
      for (const file of names) {
        mkdirSync(dirname(join(copy, file)), { recursive: true });
        if (file !== name) linkSync(join(dataset, file), join(copy, file));
      }
      const damaged = mutate(kind, readFileSync(join(dataset, name)), random, other);
      writeFileSync(join(copy, name), damaged);
      const db = join(directory, 'db', 'graph.db');
      if (fresh) copyFileSync(old, db);
      const before = snapshot(directory);
      const { run, json } = await load(copy, db, fresh ? ['--fresh'] : [], wrong);
      const after = snapshot(directory);
      if (json?.published === true) {
        before.delete('db/graph.db');
        after.delete('db/graph.db');
        wrong.push(...(await wrongStats(db, rowsOf({ ...json.node_times, ...json.edge_times }))));
      }
      wrong.push(...differences(before, after));
      if (wrong.length > 0) writeFileSync(join(directory, 'output.txt'), run.stdout + run.stderr);
      const outcome = ['loaded', 'table failed', 'refused'][run.code ?? -1] ?? '?';
      return { what: `${kind} in ${name}${fresh ? ', --fresh' : ''}`, outcome };
    },
  };
}

function killCase(caseSeed: number, base: Base, old: string): Case {
  const random = mulberry32(caseSeed);
  const mode = caseSeed % 2 === 0 ? 'fresh' : 'append';
  const isAimed = caseSeed % 4 > 1;
  const share = random() * 1.1;
  const delay = random() * 30;
  return {
    kind: isAimed ? `${mode}, publishing` : mode,
    options: `--seed ${caseSeed} --files 0 --kills 1 --appends 0 --disks 0`,
    run: async (directory, wrong) => {
      const db = join(directory, 'db', 'graph.db');
      copyFileSync(mode === 'fresh' ? old : base.small, db);
      const before = snapshot(directory);
      const killMs = share * base[mode].seconds * 1000;
      const how = isAimed ? { killWhen: whenPublishing(db, delay) } : { killMs };
      const outcome = await (mode === 'fresh' ? killFresh : killAppend)(db, base, how, wrong);
      const after = snapshot(directory);
      for (const tree of [before, after]) tree.delete('db/graph.db');
      wrong.push(...differences(before, after));
      const when = isAimed ? 'publishing' : `after ${killMs.toFixed(0)} ms`;
      return { what: `${mode} killed ${when}`, outcome };
    },
  };
}

/**
 * Kills when the new database is in its place, or a while after its log went, as it does at every
 * commit and when it is closed: then it is synced, renamed, and its directory removed.
 */
function whenPublishing(db: string, delay: number): (kill: () => void) => () => void {
  return (kill) => {
    const inode = lstatSync(db).ino;
    const staging = `${db}.kgload`;
    let inner: FSWatcher | undefined;
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      if (lstatSync(db).ino !== inode) kill();
      if (inner || !existsSync(staging)) return;
      inner = watch(staging, (_, name) => {
        if (name !== 'database.wal' || existsSync(join(staging, name))) return;
        clearTimeout(timer);
        timer = setTimeout(kill, delay);
      });
      inner.on('error', () => undefined); // It is removed while it is watched.
    };
    const outer = watch(dirname(db), look);
    return () => {
      clearTimeout(timer);
      inner?.close();
      outer.close();
    };
  };
}

async function killFresh(
  db: string,
  { dataset, fresh }: Base,
  how: How,
  wrong: string[],
): Promise<string> {
  const oldHash = sha256(db);
  const dead = await kgload(['load', dataset, '--db', db, '--fresh', '--json'], how);
  wrong.push(...wrongEnd(dead));
  // Nothing comes between the kill and the next load but the hash.
  const outcome = existsSync(db) && sha256(db) === oldHash ? 'old' : 'new';
  if (outcome === 'new') wrong.push(...(await wrongContents(db, fresh.contents, 'after the kill')));
  const { run } = await load(dataset, db, ['--fresh'], wrong);
  adjust(fresh, run);
  if (run.code !== 0) wrong.push(`the load after the kill: ${reasonOf(run)}`);
  if (run.seconds > RERUN_GRACE_S + 3 * fresh.seconds) {
    wrong.push(`the load after the kill took ${run.seconds.toFixed(1)} s`);
  }
  wrong.push(...(await leftRunning(dead.mark)));
  wrong.push(...(await wrongContents(db, fresh.contents, 'after the second load')));
  return outcome;
}

async function killAppend(
  db: string,
  { dataset, append }: Base,
  how: How,
  wrong: string[],
): Promise<string> {
  const dead = await kgload(['load', dataset, '--db', db, '--append', '--json'], how);
  wrong.push(...wrongEnd(dead), ...(await leftRunning(dead.mark)));
  // First, since reading the contents may repair what stats alone would not open.
  const counts = await readStats(db, wrong);
  const killed = await readContents(db);
  if (counts) wrong.push(...wrongCounts(counts, countsOf(killed)));
  const outcome = TABLES.every((table) => tableOf(killed, table).added.rows === 0) ? 'old' : 'new';
  const { contents } = append;
  for (const table of TABLES) {
    const [now, goal] = [tableOf(killed, table), tableOf(contents, table)];
    if (!isSame(now.old, goal.old)) wrong.push(`${table} lost old rows: ${shown(now.old)}`);
    if (outcome === 'new' && !isSame(now.added, goal.added)) {
      wrong.push(`${table} got ${shown(now.added)} of the rows`);
    }
  }
  const { run, json } = await load(dataset, db, ['--append'], wrong);
  if (outcome === 'old') {
    if (run.code !== 0) wrong.push(`the append after the kill: ${reasonOf(run)}`);
    adjust(append, run);
  } else if (!json?.errors.some(({ code }) => code === 'EXISTING_KEY')) {
    wrong.push(`the second append names no rows that are there: ${reasonOf(run)}`);
  }
  wrong.push(...(await wrongContents(db, contents, 'after the second append')));
  return outcome;
}

/** Loads slow down and speed up with what else runs; the kills shall reach their last moments. */
function adjust(measured: { seconds: number }, run: Run): void {
  if (run.code === 0) measured.seconds = (measured.seconds + run.seconds) / 2;
}

/** A load that was quicker than its kill must have succeeded. */
function wrongEnd(run: Run): string[] {
  return run.signal === 'SIGKILL' || run.code === 0 ? [] : [`before the kill: ${reasonOf(run)}`];
}

/** Loads the fixture's rows, many times over and with other keys, as nothing disturbs it. */
async function prepareBase(): Promise<Base> {
  const dataset = join(work, 'grown');
  const keys = new Set(['from', 'to', ...codeGraph.nodes.map(({ primaryKey }) => primaryKey)]);
  for (const { name, file } of [...codeGraph.nodes, ...codeGraph.edges]) {
    const part = join(dataset, NODE_TABLES.has(name) ? 'nodes' : 'edges');
    mkdirSync(part, { recursive: true });
    const rows = codeGraphRows[name] ?? [];
    const columns = EMPTY_COLUMNS[name] ?? Object.keys(rows[0] ?? {});
    const grown = Array.from({ length: COPIES }, (_, copy) =>
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([column, cell]) => [
            column,
            keys.has(column) ? `${PREFIX}${copy}:${String(cell)}` : cell,
          ]),
        ),
      ),
    ).flat();
    const types = columns.map((column) => [column, typeOf(rows, column)] as const);
    await writeParquet(join(part, `${file}.parquet`), Object.fromEntries(types), grown);
  }
  const small = join(work, 'small.db');
  await loadWhole(FIXTURE, small, '--fresh');
  const before = await readContents(small);
  const measure = async (db: string, flag: string): Promise<Base['fresh']> => {
    const { seconds: took } = await loadWhole(dataset, db, flag);
    const contents = await readContents(db);
    rmSync(db);
    return { contents, seconds: took };
  };
  copyFileSync(small, join(work, 'append.db'));
  // As many at once as later: the moments of the kills are shares of these durations.
  const [fresh, append] = await inParallel([
    () => measure(join(work, 'fresh.db'), '--fresh'),
    () => measure(join(work, 'append.db'), '--append'),
  ]);
  if (!fresh || !append) throw new Error('not measured');
  // What all kills are measured against must itself be right.
  for (const table of TABLES) {
    const rows = codeGraphRows[table]?.length ?? 0;
    const [loaded, appended] = [tableOf(fresh.contents, table), tableOf(append.contents, table)];
    if (
      loaded.old.rows !== 0 ||
      loaded.added.rows !== rows * COPIES ||
      appended.old.rows !== rows ||
      !isSame(appended.old, tableOf(before, table).old) ||
      !isSame(appended.added, loaded.added)
    ) {
      throw new Error(`an undisturbed load was wrong in ${table}`);
    }
  }
  process.stderr.write(
    `undisturbed: fresh ${fresh.seconds.toFixed(2)} s, append ${append.seconds.toFixed(2)} s\n`,
  );
  return { dataset, small, fresh, append };
}

/** The one type of a column's values, as scripts/fixtures.ts writes it. */
function typeOf(rows: Rows, column: string): ParquetType {
  const value = rows.map((row) => row[column]).find((cell) => cell !== null && cell !== undefined);
  if (value instanceof Date) return 'TIMESTAMP_MICROS';
  if (typeof value === 'number') return 'INT64';
  return typeof value === 'boolean' ? 'BOOLEAN' : 'UTF8';
}

async function loadWhole(dataset: string, db: string, flag: string): Promise<Run> {
  const run = await kgload(['load', dataset, '--db', db, flag, '--json']);
  if (run.code !== 0) throw new Error(`an undisturbed load failed: ${reasonOf(run)}`);
  return run;
}

/** Runs tasks, as many at once as `--jobs` says. */
async function inParallel<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = tasks.entries();
  const worker = async (): Promise<void> => {
    for (const [i, task] of queue) results[i] = await task();
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}

/** Sorted, so that a seed means the same file everywhere. */
function parquetFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .sort();
}
