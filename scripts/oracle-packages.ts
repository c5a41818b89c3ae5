/**
 * The programs that only the oracle needs. They live in oracle/package.json, so that `npm ci` of kgload
 * installs none of them, and come at the first `npm run oracle`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../test/helpers.js';

export const ORACLE = join(ROOT, 'oracle');

/** Installs them where they are missing. */
export function installPackages(): void {
  const modules = join(ORACLE, 'node_modules');
  if (existsSync(join(modules, '.package-lock.json'))) return;
  process.stderr.write(`installing the writers into ${modules}\n`);
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: ORACLE,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci in ${ORACLE} ended with ${String(status)}`);
}

const requireFrom = createRequire(join(ORACLE, 'package.json'));

export function requireOracle(name: string): unknown {
  return requireFrom(name);
}

/** For packages that are ES modules alone. */
export async function importOracle(path: string): Promise<unknown> {
  return await import(join(ORACLE, 'node_modules', path));
}

/** A Python with pyarrow, if there is one: `KGLOAD_ORACLE_PYTHON`, or `python3`. */
export function findPython(): string | undefined {
  const python = process.env['KGLOAD_ORACLE_PYTHON'] ?? 'python3';
  const { status } = spawnSync(python, ['-c', 'import pyarrow.parquet'], { stdio: 'ignore' });
  return status === 0 ? python : undefined;
}
