/**
 * The line of a commit hook on a real history: `node dist/bench/history.js PACKAGE DIRECTORY`. README.md
 * says what is done and checked at each commit.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { formatBytes, formatCount, formatTable } from '../src/format.js';
import type { LoadReport, TableChanges } from '../src/types.js';
import {
  addAdditions,
  additionsAmiss,
  createAdditions,
  forgetGone,
  noAdditions,
} from './additions.js';
import {
  type Contents,
  type Difference,
  differenceOf,
  differing,
  type Engine,
  readContents,
} from './contents.js';
import { ROOT } from './packages.js';
import { commitRelease, createRepository, fetchReleases } from './releases.js';
import { summarize } from './statistics.js';

/** What was seen at a commit. */
interface Step extends Difference {
  version: string;
  files: number;
  /** Nodes and edges that the tables of the code graph hold. */
  rows: number;
  analyzeSeconds: number;
  updateSeconds: number;
  freshSeconds: number;
  updatedBytes: number;
  freshBytes: number;
  /** By which what is ours made the file larger, after the update. */
  ownBytes: number;
  /** The smallest bound of deletions, in whole percents, that lets it pass; 0 where nothing goes. */
  percent: number;
  problems: string[];
}

type Report = LoadReport & { changes?: Record<string, TableChanges> };

const program = new Command('history')
  .argument('<package>', 'of PyPI, of pure Python')
  .argument('<directory>', 'for the releases, the repository and the databases')
  .addOption(new Option('--engine <name>').choices(['kuzu', 'ladybug']).default('kuzu'))
  .option('--commits <n>', 'the last so many releases', Number, 101)
  .option('--again <n>', 'run the same update twice at every nth commit', Number, 10)
  .option('--json <file>', 'write every single measurement')
  .parse();
const [name = '', directory = ''] = program.args;
const { engine, commits, again, json } = program.opts<{
  engine: Engine;
  commits: number;
  again: number;
  json?: string;
}>();
/** What the bound of deletions is where nobody says one, as docs/update.md has it. */
const USUAL_PERCENT = 30;

const place = join(resolve(directory), engine);
const repository = join(place, 'repository');
const db = join(repository, 'graph.db');
const fresh = join(place, 'fresh.db');
mkdirSync(place, { recursive: true });
rmSync(fresh, { force: true });
const releases = fetchReleases(name, commits, join(resolve(directory), 'releases', name));
createRepository(repository, ['parquet/', 'graph.db*']);
// Of the dataset's tables alone: others are in the database too.
const schema = join(place, 'code-graph.cypher');
writeFileSync(schema, kgload('schema').stdout);
const additions = noAdditions();
const steps: Step[] = [];
let before: Contents | undefined;
for (const [i, release] of releases.entries()) {
  const files = commitRelease(repository, release);
  const step = follow(i, release.version, files);
  steps.push(step);
  print(i, step);
  if (json !== undefined) writeFileSync(json, JSON.stringify({ engine, name, steps }, null, 1));
}
summarizeSteps();
process.exitCode = steps.some(({ problems }) => problems.length > 0) ? 1 : 0;

/** Runs the hook's line, and looks at what it did. */
function follow(i: number, version: string, files: number): Step {
  const problems: string[] = [];
  const analyzed = kgload('analyze', '.', 'parquet', '--quiet');
  if (analyzed.code !== 0) throw new Error(`${version}: ${analyzed.stderr}`);
  const flags = i === 0 ? ['--engine', engine] : ['--update', '--delete-missing'];
  let loaded = load(db, ...flags);
  let percent = 0;
  if (before) {
    if (loaded.report.errors.some(({ code }) => code === 'TOO_MANY_DELETIONS')) {
      percent = smallestPercent(USUAL_PERCENT);
      loaded = load(db, ...flags, '--max-deletions', `${percent}%`);
    } else percent = shareOf(loaded.report.changes ?? {});
  }
  const { report } = loaded;
  if (loaded.code !== 0 || !report.published) {
    throw new Error(`${version} was not loaded: ${JSON.stringify(report.errors)}`);
  }
  const anew = load(fresh, '--fresh', '--engine', engine);
  if (anew.code !== 0) throw new Error(`${version} was not loaded anew`);
  const wanted = readContents(engine, fresh);
  problems.push(...differing(readContents(engine, db, wanted), wanted));
  const verified = kgload('stats', '--db', db, '--verify', 'parquet', '--schema', schema, '-q');
  if (verified.code !== 0) problems.push(`--verify: ${verified.stdout}`);
  problems.push(...othersAmiss());
  const functions = keysOf(wanted, 'Function');
  const told = before ? differencesAmiss(before, wanted, report, problems) : nothing();
  const lost = forgetGone(additions, new Set(functions));
  const reported = report.changes?.['REVIEWS']?.deleted ?? 0;
  if (lost !== reported) {
    problems.push(`${reported} edges of REVIEWS went, by the report, where ${lost} should`);
  }
  const { size: updatedBytes } = statSync(db);
  if (!before) createAdditions(engine, db);
  if (i > 0) problems.push(...additionsAmiss(engine, db, additions));
  if (i % again === 0) {
    if (i > 0) problems.push(...secondAmiss());
    const bare = functions.filter((key) => !additions.notes.has(key));
    // From all over the table, so that some go with each release.
    const every = Math.max(1, Math.floor(bare.length / 40));
    addAdditions(
      engine,
      db,
      additions,
      bare.filter((_, place) => place % every === 0),
    );
    problems.push(...additionsAmiss(engine, db, additions));
  }
  before = wanted;
  return {
    version,
    files,
    rows: [...wanted.values()].reduce((sum, { rows }) => sum + rows.length, 0),
    ...told,
    analyzeSeconds: analyzed.seconds,
    updateSeconds: loaded.seconds,
    freshSeconds: anew.seconds,
    updatedBytes,
    freshBytes: statSync(fresh).size,
    ownBytes: statSync(db).size - updatedBytes,
    percent,
    problems,
  };
}

/** Compares what the report says of each table with what the rows say; the sums. */
function differencesAmiss(
  earlier: Contents,
  now: Contents,
  { changes = {} }: Report,
  problems: string[],
): Difference {
  const sum = nothing();
  for (const [table, contents] of now) {
    const was = earlier.get(table);
    if (!was) throw new Error(`${table} was not there`);
    const difference = differenceOf(was, contents);
    const { inserted, updated, deleted, unchanged } = changes[table] ?? nothing();
    const told = { inserted, updated, deleted, unchanged };
    if (JSON.stringify(told) !== JSON.stringify(difference)) {
      problems.push(
        `${table}: the report says ${JSON.stringify(told)}, the rows ${JSON.stringify(difference)}`,
      );
    }
    for (const key of Object.keys(sum) as (keyof Difference)[]) sum[key] += difference[key];
  }
  return sum;
}

function nothing(): Difference {
  return { inserted: 0, updated: 0, deleted: 0, unchanged: 0 };
}

/** Without a schema a comparison is to name what is ours, and nothing else. */
function othersAmiss(): string[] {
  const { stdout } = kgload('stats', '--db', db, '--verify', 'parquet', '--json');
  const { tables } = JSON.parse(stdout) as {
    tables: { table: string; identical: boolean; properties: string[] }[];
  };
  return tables
    .filter(({ table, identical }) => !identical && table !== 'Review' && table !== 'REVIEWS')
    .filter(({ table, properties }) => table !== 'Function' || properties.join() !== 'note')
    .map(({ table, properties }) => `--verify: ${table} differs: ${properties.join(', ')}`);
}

/** The same once more is to leave the file as it is. */
function secondAmiss(): string[] {
  const lookAt = (): string => {
    const { ino, mtimeNs, size } = statSync(db, { bigint: true });
    const hash = createHash('sha256').update(readFileSync(db)).digest('hex');
    return [ino, mtimeNs, size, hash].join(' ');
  };
  const was = lookAt();
  const { code, report } = load(db, '--update', '--delete-missing');
  const touched = Object.values(report.changes ?? {}).reduce(
    (sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted,
    0,
  );
  return code === 0 && touched === 0 && lookAt() === was
    ? []
    : [
        `a second update ended with ${String(code)}, changed ${touched} rows: ${lookAt()} was ${was}`,
      ];
}

/** The share that would have been the bound, by the rule that docs/update.md has. */
function shareOf(changes: Record<string, TableChanges>): number {
  const shares = [true, false].map((isNode) => {
    let held = 0;
    let gone = 0;
    for (const [table, change] of Object.entries(changes)) {
      if (!before?.has(table) || (before.get(table)?.kind === 'node') !== isNode) continue;
      held += change.before;
      gone += Math.max(0, isNode ? change.deleted : change.deleted - change.inserted);
    }
    return held === 0 ? 0 : (gone / held) * 100;
  });
  return Math.ceil(Math.max(...shares));
}

/** By trying. */
function smallestPercent(above: number): number {
  let [low, high] = [above, 100];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const { code } = load(
      db,
      ...['--update', '--delete-missing', '--dry-run', '--max-deletions', `${middle}%`],
    );
    if (code === 0) high = middle;
    else low = middle;
  }
  return high;
}

function load(path: string, ...flags: string[]): Run & { report: Report } {
  const run = kgload('load', 'parquet', '--db', path, ...flags, '--json');
  if (run.stdout === '') throw new Error(`kgload ended with ${String(run.code)}: ${run.stderr}`);
  return { ...run, report: JSON.parse(run.stdout) as Report };
}

interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

function kgload(...args: string[]): Run {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [join(ROOT, 'bin', 'kgload.js'), ...args],
    { cwd: repository, encoding: 'utf8', maxBuffer: 1e8 },
  );
  if (error) throw error;
  return { code: status, stdout, stderr, seconds: (performance.now() - began) / 1000 };
}

function keysOf(contents: Contents, table: string): string[] {
  const rows = contents.get(table)?.rows ?? [];
  return rows.map((row) => String((JSON.parse(row) as unknown[])[0]));
}

function print(i: number, step: Step): void {
  const counts = [step.inserted, step.updated, step.deleted, step.unchanged].map(formatCount);
  const [inserted = '', updated = '', deleted = '', unchanged = ''] = counts;
  const times = `${step.updateSeconds.toFixed(2)} s, --fresh ${step.freshSeconds.toFixed(2)} s`;
  const bytes = `${formatBytes(step.updatedBytes)}, fresh ${formatBytes(step.freshBytes)}`;
  process.stdout.write(
    `${String(i).padStart(3)} ${step.version.padEnd(8)} ${String(step.files).padStart(3)} files  +${inserted} ~${updated} -${deleted} =${unchanged}  ${times}  ${bytes}  ${step.percent} %\n`,
  );
  for (const problem of step.problems) process.stdout.write(`    WRONG: ${problem}\n`);
}

function summarizeSteps(): void {
  const updates = steps.slice(1);
  const row = (title: string, of: (step: Step) => number, show: (value: number) => string) => {
    const { median, min, max } = summarize(updates.map(of));
    return [title, show(median), show(min), show(max)];
  };
  const seconds = (value: number): string => value.toFixed(2);
  const count = (value: number): string => formatCount(Math.round(value));
  const table = formatTable([
    [`${name} on ${engine}, ${updates.length} updates`, 'median', 'lowest', 'highest'],
    null,
    row('files changed', ({ files }) => files, count),
    row('rows', ({ rows }) => rows, count),
    row('inserted', ({ inserted }) => inserted, count),
    row('updated', ({ updated }) => updated, count),
    row('deleted', ({ deleted }) => deleted, count),
    row('seconds of analyze', ({ analyzeSeconds }) => analyzeSeconds, seconds),
    row('seconds of --update', ({ updateSeconds }) => updateSeconds, seconds),
    row('seconds of --fresh', ({ freshSeconds }) => freshSeconds, seconds),
    row('bytes after --update', ({ updatedBytes }) => updatedBytes, formatBytes),
    row('bytes of --fresh', ({ freshBytes }) => freshBytes, formatBytes),
    row('updated ÷ fresh, bytes', (step) => step.updatedBytes / step.freshBytes, seconds),
    row('bound that passes, %', ({ percent }) => percent, count),
  ]);
  const [first, last] = [steps[0], steps.at(-1)];
  const stopped = updates.filter(({ percent }) => percent > USUAL_PERCENT);
  const wrong = steps.filter(({ problems }) => problems.length > 0);
  process.stdout.write(
    [
      '',
      ...table,
      '',
      `the updated file: ${formatBytes(first?.updatedBytes ?? 0)} at first, ${formatBytes(last?.updatedBytes ?? 0)} at last, of which our own writing took ${formatBytes(steps.reduce((sum, { ownBytes }) => sum + ownBytes, 0))}; a fresh one ${formatBytes(last?.freshBytes ?? 0)}`,
      `stopped by the usual bound of deletions: ${stopped.map(({ version, percent }) => `${version} (${percent} %)`).join(', ') || 'none'}`,
      `left of ours: ${additions.notes.size} notes, ${additions.reviews.size} reviews, ${additions.edges.length} edges`,
      `commits at which something was wrong: ${wrong.map(({ version }) => version).join(', ') || 'none'}`,
      '',
    ].join('\n'),
  );
}
