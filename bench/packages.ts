/**
 * The engines that only the benchmark needs. They live in bench/package.json, so that `npm ci` of
 * kgload installs none of their 145 MB, and come at the first `npm run bench`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Kuzu from 'kuzu';

/** The repository: this file is dist/bench/packages.js. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BENCH = join(ROOT, 'bench');

/** Installs them where they are missing. */
export function installPackages(): void {
  const modules = join(BENCH, 'node_modules');
  if (existsSync(join(modules, '.package-lock.json'))) return;
  process.stderr.write(`installing DuckDB and Ladybug into ${modules}\n`);
  // Not `npm ci`: the lockfile names the engines' binaries of Linux on x64 alone, and elsewhere npm
  // takes the versions that the engines ask for, which are exact.
  const args = ['install', '--no-save', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, {
    cwd: BENCH,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm install in ${BENCH} ended with ${String(status)}`);
}

/** What is used of DuckDB: its types are there only once it is installed. */
export interface DuckDb {
  DuckDBInstance: { create(path: string): Promise<DuckDbInstance> };
}

export interface DuckDbInstance {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

export interface DuckDbConnection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRowsJson(): unknown[][] }>;
  closeSync(): void;
}

export function requireDuckDb(): DuckDb {
  return createRequire(join(BENCH, 'package.json'))('@duckdb/node-api') as DuckDb;
}

/** Either engine: Ladybug's module has the shape of Kuzu's. */
export function requireEngine(name: 'kuzu' | 'ladybug'): typeof Kuzu {
  return name === 'kuzu'
    ? (createRequire(import.meta.url)('kuzu') as typeof Kuzu)
    : (createRequire(join(BENCH, 'package.json'))('@ladybugdb/core') as typeof Kuzu);
}
