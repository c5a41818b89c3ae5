/** Successive releases of a package of PyPI, and a Git repository that has a commit of each. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Release {
  version: string;
  /** The wheel. */
  file: string;
}

/**
 * The last so many releases that have a wheel, oldest first, as the versions are ordered; those that lie in
 * the directory stay.
 */
export function fetchReleases(name: string, count: number, directory: string): Release[] {
  mkdirSync(directory, { recursive: true });
  const listed = join(directory, 'versions.json');
  if (!existsSync(listed)) {
    const text = python('-m', 'pip', 'index', 'versions', name);
    const versions = /^Available versions: (.*)$/m.exec(text)?.[1]?.split(', ') ?? [];
    writeFileSync(listed, JSON.stringify(versions));
  }
  const versions = JSON.parse(readFileSync(listed, 'utf8')) as string[];
  const releases: Release[] = [];
  for (const version of versions) {
    if (releases.length === count) break;
    const file = wheelOf(name, version, join(directory, version));
    if (file !== undefined) releases.push({ version, file });
  }
  return releases.reverse();
}

/** Nothing where a release has no wheel. */
function wheelOf(name: string, version: string, directory: string): string | undefined {
  const found = (): string | undefined =>
    existsSync(directory) ? readdirSync(directory).find((one) => one.endsWith('.whl')) : undefined;
  if (!found()) {
    const wanted = ['--no-deps', '--only-binary', ':all:', '--dest', directory];
    try {
      python('-m', 'pip', 'download', '--quiet', ...wanted, `${name}==${version}`);
    } catch (error) {
      if (String(error).includes('No matching distribution found')) return undefined;
      throw error;
    }
  }
  return join(directory, found() ?? '');
}

/** A new repository, whose commits leave out what the hook writes. */
export function createRepository(directory: string, ignored: readonly string[]): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  git(directory, 'init', '--quiet');
  writeFileSync(join(directory, '.gitignore'), ignored.map((one) => `${one}\n`).join(''));
}

/** Puts the files of a release in the place of all others, and commits them: how many files changed. */
export function commitRelease(directory: string, { version, file }: Release): number {
  for (const one of git(directory, 'ls-files', '-z').split('\0')) {
    if (one !== '' && one !== '.gitignore') rmSync(join(directory, one));
  }
  python('-m', 'zipfile', '-e', file, directory);
  for (const one of readdirSync(directory)) {
    if (one.endsWith('.dist-info')) rmSync(join(directory, one), { recursive: true });
  }
  git(directory, 'add', '--all');
  const who = ['-c', 'user.name=history', '-c', 'user.email=history@localhost'];
  git(directory, ...who, 'commit', '--quiet', '--allow-empty', '--message', version);
  const changed = git(directory, 'show', '--name-only', '--format=', '-z', 'HEAD');
  return changed.split('\0').filter((one) => one !== '').length;
}

function git(directory: string, ...args: string[]): string {
  return run('git', ['-C', directory, ...args]);
}

function python(...args: string[]): string {
  return run(process.env['PYTHON'] ?? 'python3', args);
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (error) throw error;
  if (status === 0) return stdout;
  throw new Error(`${[command, ...args].join(' ')} ended with ${String(status)}: ${stderr}`);
}
