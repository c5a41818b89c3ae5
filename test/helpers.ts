/** The real binary in a scratch directory, and a look at the database afterwards. */
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ParquetSchema, ParquetWriter, type ParquetType } from '@dsnp/parquetjs';
import { openEngine, type OpenDatabase } from '../src/engine/engine.js';
import type { EngineName } from '../src/types.js';
import { driveSync, type Query, type Row, type Steps } from '../src/engine/drive.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BINARY = join(ROOT, 'bin', 'kgload.js');
/** The engine that the tests run on: `npm run test:ladybug` sets it. */
export const ENGINE = (process.env['KGLOAD_TEST_ENGINE'] ?? 'kuzu') as EngineName;
export const PACKAGE = ENGINE === 'kuzu' ? 'kuzu' : '@ladybugdb/core';
/** Options of tests that create indexes: Kuzu has their extensions built in, Ladybug downloads them. */
export const INDEXES = {
  skip: ENGINE === 'kuzu' ? false : 'the extensions are not built in',
} as const;
export const FIXTURE = join(ROOT, 'fixtures', 'code-graph');

/** What would change the output, where the tests are run in CI, is not there. */
export const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => name !== 'GITHUB_ACTIONS' && !/^KGLOAD_(?!TEST_)/.test(name),
  ),
);

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A directory that is gone after the test. */
export function scratch(t: TestContext): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-test-')));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** A copy of the fixture dataset in a scratch directory, to be spoiled. */
export function fixtureCopy(directory: string): string {
  const copy = join(directory, 'dataset');
  cpSync(FIXTURE, copy, { recursive: true });
  return copy;
}

let loaded: Promise<string> | undefined;

/** Makes a database of the fixture: loaded by the first test of a file that wants one, and copied. */
export async function loadFixture(db: string): Promise<void> {
  loaded ??= (async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kgload-test-'));
    process.once('exit', () => {
      rmSync(directory, { recursive: true, force: true });
    });
    const path = join(directory, 'fixture.db');
    const { code, stderr } = await kgload(['load', FIXTURE, '--db', path, '-q']);
    if (code !== 0) throw new Error(stderr);
    return path;
  })();
  copyFileSync(await loaded, db);
}

/** The arguments, with the engine of the tests where a database is to be created. */
export function onEngine(args: readonly string[]): string[] {
  const creates =
    ['load', 'schema'].includes(args[0] ?? '') &&
    !args.includes('--engine') &&
    !existsSync(args[args.indexOf('--db') + 1] ?? '');
  return ENGINE === 'kuzu' || !creates ? [...args] : [...args, '--engine', ENGINE];
}

/** Runs kgload to its end. */
export async function kgload(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  const own = 'KGLOAD_ENGINE' in (options.env ?? {}) ? args : onEngine(args);
  const child = spawn(process.execPath, [BINARY, ...own], {
    cwd: options.cwd ?? ROOT,
    env: { ...ENVIRONMENT, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** Runs kgload and reads the one JSON document that is all of its output. */
export async function kgloadJson(args: readonly string[]): Promise<Run & { json: CommandJson }> {
  const run = await kgload([...args, '--json']);
  return { ...run, json: JSON.parse(run.stdout) as CommandJson };
}

/** The names in the JSON of all commands, as far as tests look at them. */
export interface CommandJson {
  [name: string]: unknown;
  nodes: Record<string, number>;
  edges: Record<string, number>;
  total_nodes: number;
  total_edges: number;
  total_time: number;
  node_times: Record<string, { seconds: number; rows: number }>;
  edge_times: Record<string, { seconds: number; rows: number }>;
  errors: ProblemJson[];
  warnings: ProblemJson[];
  published: boolean;
}

export interface ProblemJson {
  code: string;
  message: string;
  table?: string;
  file?: string;
  hint?: string;
}

/** The books of a pool of most of the memory, as an engine takes by default, cost 20 ms an opening. */
const SMALL = { bufferPool: 512e6 };

/** Rows of a query on a database that nobody has open. */
export function query(path: string, cypher: string): Row[] {
  return queryOn(ENGINE, path, cypher);
}

/** {@link query} by another engine than that of the tests. */
export function queryOn(engine: EngineName, path: string, cypher: string): Row[] {
  return queryEach(path, [cypher], engine)[0] ?? [];
}

/** The rows of each of several queries: a database is opened once for them. */
export function queryEach(path: string, queries: readonly string[], engine = ENGINE): Row[][] {
  const { connection, close } = openEngine(engine, path, { readOnly: true, ...SMALL });
  try {
    return queries.map((cypher) => driveSync(one({ connection, cypher })));
  } finally {
    close();
  }
}

/** The rows of a query that needs no database: what the engine reads of a file. */
export function queryMemory(cypher: string): Row[] {
  const { connection, close } = openMemory();
  try {
    return driveSync(one({ connection, cypher }));
  } finally {
    close();
  }
}

/** Rows of a query over a connection. */
export function queryOver(connection: Query['connection'], cypher: string): Row[] {
  return driveSync(one({ connection, cypher }));
}

function* one(step: Query): Steps<Row[]> {
  return yield step;
}

/** A database in memory. */
export function openMemory(): OpenDatabase {
  return openEngine(ENGINE, ':memory:', SMALL);
}

/** Statements on a database that is created where there is none. */
export function execute(path: string, ...statements: string[]): void {
  executeOn(ENGINE, path, ...statements);
}

/** {@link execute} by another engine than that of the tests. */
export function executeOn(engine: EngineName, path: string, ...statements: string[]): void {
  const database = openEngine(engine, path, SMALL);
  try {
    for (const statement of statements) {
      for (const result of [database.connection.querySync(statement)].flat()) result.close();
    }
  } finally {
    database.close();
  }
}

/** Writes a small Parquet file; columns as `{ id: 'UTF8', line: 'INT64' }`. */
export async function writeParquet(
  path: string,
  columns: Record<string, ParquetType>,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  const schema = new ParquetSchema(
    Object.fromEntries(
      Object.entries(columns).map(([name, type]) => [name, { type, optional: true }]),
    ),
  );
  const writer = await ParquetWriter.openFile(schema, path);
  for (const row of rows) await writer.appendRow({ ...row });
  await writer.close();
}
