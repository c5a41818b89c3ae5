/** Runs of kgload and looks at what they left, for scripts/fuzz.ts. What is wrong comes as a list. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { codeGraph } from '../src/model/codegraph.js';
import { messageOf } from '../src/errors.js';
import { BINARY, onEngine, type CommandJson } from '../test/helpers.js';
import type { Contents, RowSet } from './fuzz-contents.js';

const CONTENTS = fileURLToPath(new URL('fuzz-contents.js', import.meta.url));
export const TABLES = [...codeGraph.nodes, ...codeGraph.edges].map(({ name }) => name);

/** No load here takes more than some seconds; one that takes this long hangs. */
const LIMIT_MS = 60_000;
/** How long a dead load's own children may outlive it. */
const ORPHAN_MS = 5000;
/** Begins the keys of the rows that the killed loads add. */
export const PREFIX = 'added:';

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  timedOut: boolean;
  seconds: number;
  stdout: string;
  stderr: string;
}

/** A load that runs to its end, held against what every load promises. */
export async function load(
  dataset: string,
  db: string,
  args: string[],
  wrong: string[],
  how: How = {},
): Promise<{ run: Run; json: CommandJson | undefined }> {
  const run = await kgload(['load', dataset, '--db', db, ...args, '--json'], how);
  wrong.push(...(await leftRunning(run.mark)));
  if (run.timedOut || run.signal !== null || ![0, 1, 2].includes(run.code ?? -1)) {
    wrong.push(reasonOf(run));
  }
  if (/^\s+at .*:\d+/m.test(run.stderr)) wrong.push('a stack trace on stderr');
  if (/unexpected error/i.test(run.stderr)) wrong.push(`unexpected error: ${reasonOf(run)}`);
  let json: CommandJson;
  try {
    json = JSON.parse(run.stdout) as CommandJson;
    const tables = { ...json.node_times, ...json.edge_times };
    const rows = Object.values(rowsOf(tables)).reduce((sum, count) => sum + count, 0);
    if (json.total_nodes + json.total_edges !== rows) wrong.push('the totals do not add up');
    if (typeof json.total_time !== 'number') wrong.push('no total_time');
    if (typeof json.published !== 'boolean') wrong.push('no published');
    if (!Array.isArray(json.warnings)) wrong.push('no warnings');
    if (json.errors.some(({ code, message }) => !code || !message)) wrong.push('an empty error');
    if ((run.code === 0) !== (json.errors.length === 0)) {
      wrong.push(`exit code ${String(run.code)} with ${json.errors.length} errors`);
    }
    if (run.code === 2 && json.published) wrong.push('refused, and published');
  } catch (error) {
    wrong.push(`stdout is not the document: ${messageOf(error)}`);
    return { run, json: undefined };
  }
  return { run, json };
}

let runs = 0;

/** What happens to a run. */
export interface How {
  /** It is killed after this time. */
  killMs?: number;
  /** It is killed at a moment that somebody waits for, who is told to stop when it has ended. */
  killWhen?: (kill: () => void) => () => void;
  /** No file that it writes may be larger: blocks of 512 bytes, as POSIX's `ulimit -f` has them. */
  blocks?: number;
}

/** Runs kgload. Its processes, children too, carry the mark. */
export async function kgload(args: string[], how: How = {}): Promise<Run & { mark: string }> {
  runs += 1;
  const mark = `KGLOAD_FUZZ=${process.pid}.${runs}.`;
  return { ...(await runNode([BINARY, ...onEngine(args)], mark, how)), mark };
}

async function runNode(args: string[], mark: string, how: How = {}): Promise<Run> {
  const { killMs, killWhen, blocks } = how;
  const isKilled = killMs !== undefined || killWhen !== undefined;
  const start = performance.now();
  const [variable = '', value] = mark.split('=');
  const limit = ['-c', `trap '' XFSZ; ulimit -f ${blocks ?? ''}; exec "$@"`, 'sh'];
  const [command, ...rest] = [
    ...(blocks === undefined ? [] : ['/bin/sh', ...limit]),
    process.execPath,
    ...args,
  ] as [string, ...string[]];
  const child = spawn(command, rest, {
    env: { ...process.env, [variable]: value },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: Run = {
    code: null,
    signal: null,
    timedOut: false,
    seconds: 0,
    stdout: '',
    stderr: '',
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text));
  const timer = setTimeout(() => {
    run.timedOut = !isKilled;
    child.kill('SIGKILL');
  }, killMs ?? LIMIT_MS);
  const stopWaiting = killWhen?.(() => child.kill('SIGKILL'));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      stopWaiting?.();
      Object.assign(run, { code, signal, seconds: (performance.now() - start) / 1000 });
      // A killed load's child may hold the pipes open; nobody reads what it writes.
      if (isKilled) resolve(run);
      else setTimeout(resolve, ORPHAN_MS, run).unref();
    });
    child.on('close', () => {
      resolve(run);
    });
  });
}

/** Waits for the processes with a mark to end; says which do not. Linux alone can tell. */
export async function leftRunning(mark: string): Promise<string[]> {
  const end = performance.now() + ORPHAN_MS;
  for (;;) {
    const left = (existsSync('/proc') ? readdirSync('/proc') : []).filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
      } catch {
        return false; // Gone by now, or somebody else's.
      }
    });
    if (left.length === 0) return [];
    if (performance.now() > end) return [`left running: process ${left.join(', ')}`];
    await sleep(20);
  }
}

export async function readContents(db: string): Promise<Contents> {
  const run = await runNode([CONTENTS, db, PREFIX], 'KGLOAD_FUZZ=');
  if (run.code !== 0) throw new Error(`the database cannot be read: ${reasonOf(run)}`);
  return JSON.parse(run.stdout) as Contents;
}

export async function wrongContents(db: string, goal: Contents, when: string): Promise<string[]> {
  const contents = await readContents(db);
  const wrong = TABLES.flatMap((table) => {
    const [now, then] = [tableOf(contents, table), tableOf(goal, table)];
    if (isSame(now.old, then.old) && isSame(now.added, then.added)) return [];
    return [`${table} holds ${shown(now.old)} + ${shown(now.added)} ${when}`];
  });
  return [...wrong, ...(await wrongStats(db, countsOf(goal)))];
}

/** `kgload stats`, by table; nothing, and why in `wrong`, where it fails. */
export async function readStats(
  db: string,
  wrong: string[],
): Promise<Record<string, number> | undefined> {
  const run = await kgload(['stats', '--db', db, '--json']);
  if (run.code !== 0) {
    wrong.push(`stats: ${reasonOf(run)}`);
    return undefined;
  }
  const { nodes, edges } = JSON.parse(run.stdout) as CommandJson;
  return { ...nodes, ...edges };
}

export function wrongCounts(
  counts: Record<string, number>,
  goal: Record<string, number>,
): string[] {
  return [...new Set([...Object.keys(goal), ...Object.keys(counts)])]
    .filter((table) => counts[table] !== goal[table])
    .map(
      (table) => `stats: ${table} has ${counts[table] ?? 'no'} rows, not ${goal[table] ?? 'any'}`,
    );
}

export async function wrongStats(db: string, goal: Record<string, number>): Promise<string[]> {
  const wrong: string[] = [];
  const counts = await readStats(db, wrong);
  return counts ? wrongCounts(counts, goal) : wrong;
}

/** Every path below a directory, with the hash of what it holds. */
export function snapshot(directory: string): Map<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(directory, path), entry.isFile() ? sha256(path) : 'not a file'];
    }),
  );
}

export function differences(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    if (!after.has(path)) return [`${path} is gone`];
    if (!before.has(path)) return [`${path} was left behind`];
    return before.get(path) === after.get(path) ? [] : [`${path} has changed`];
  });
}

export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

export function reasonOf(run: Run): string {
  const lines = run.stderr.trimEnd().split('\n');
  const line = lines.find((text) => /error: /i.test(text)) ?? lines.at(-1) ?? '';
  const end = run.signal === null ? `exit code ${String(run.code)}` : `died of ${run.signal}`;
  const hang = `no end within ${LIMIT_MS / 1000} s${run.stdout === '' ? '' : ' though stdout is written'}`;
  return `${run.timedOut ? hang : end}, "${line.slice(0, 300)}"`;
}

export function rowsOf(times: Record<string, { rows: number }>): Record<string, number> {
  return Object.fromEntries(Object.entries(times).map(([table, { rows }]) => [table, rows]));
}

export function countsOf(contents: Contents): Record<string, number> {
  return Object.fromEntries(
    Object.entries(contents).map(([table, { old, added }]) => [table, old.rows + added.rows]),
  );
}

export function tableOf(contents: Contents, table: string): Contents[string] {
  const none = { rows: 0, hash: '0' };
  return contents[table] ?? { old: none, added: none };
}

export function isSame(a: RowSet, b: RowSet): boolean {
  return a.rows === b.rows && a.hash === b.hash;
}

export function shown({ rows, hash }: RowSet): string {
  return `${rows} rows (hash ${hash})`;
}
