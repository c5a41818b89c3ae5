/** The files of a work tree, as git lists them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface GitList {
  /** Files, relative to the directory. */
  tracked: string[];
  /** Neither tracked nor ignored. */
  others: string[];
  /** Directories with a repository of their own: submodules and others. All directories end with `/`. */
  repositories: string[];
  /** Files, and directories all of which are ignored. */
  ignored: string[];
  unreadable: { directory: string; reason: string }[];
}

/**
 * Asks git for the files of a directory.
 *
 * @param environment - In which git runs.
 * @returns The list; a reason where git should have been asked but could not; nothing where it has
 *   nothing to say: there is no work tree, or the directory is ignored by the one around it.
 */
export async function listByGit(
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<GitList | { reason: string } | undefined> {
  if (!isWithinRepository(directory)) return undefined;
  const run = (...args: string[]): Promise<Output> => runGit(directory, environment, args);
  const place = await run('rev-parse', '--is-inside-work-tree', '--show-prefix');
  if (place.code !== 0) return { reason: reasonOf(place) };
  const [isInside, ...rest] = place.text.split('\n');
  if (isInside !== 'true') return undefined;
  const prefix = rest.join('\n').slice(0, -1);
  if (prefix !== '') {
    // A directory with a .git that git does not take for a repository's.
    if (existsSync(join(directory, '.git'))) return { reason: 'its .git is no repository' };
    const check = await run('check-ignore', '--quiet', '.');
    if (check.code === 0) return undefined;
  }
  const list = (...what: string[]): Promise<Output> => run('ls-files', '-z', ...what);
  const [tracked, others, ignored] = await Promise.all([
    list('--cached', '--stage'),
    list('--others', '--exclude-standard'),
    list('--others', '--ignored', '--exclude-standard', '--directory'),
  ]);
  const failed = [tracked, others].find(({ code }) => code !== 0);
  if (failed) return { reason: reasonOf(failed) };
  const index = pathsOf(tracked).map((entry) => {
    const path = entry.slice(entry.indexOf('\t') + 1);
    return entry.startsWith(SUBMODULE) ? `${path}/` : path;
  });
  const isDirectory = (path: string): boolean => path.endsWith('/');
  const all = pathsOf(others);
  return {
    // A path in conflict is there once for each side.
    tracked: [...new Set(index.filter((path) => !isDirectory(path)))],
    others: all.filter((path) => !isDirectory(path)),
    repositories: [...index, ...all].filter(isDirectory).sort(),
    ignored: pathsOf(ignored),
    unreadable: unreadableOf(others.errors, prefix),
  };
}

function isWithinRepository(directory: string): boolean {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (dirname(at) === at) return false;
  }
}

interface Output {
  code: number;
  text: string;
  errors: string;
}

/**
 * Since repositories of other users are listed too (in CI they are the rule), nothing that their
 * configuration names may be run or fetched.
 */
const SETTINGS = ['safe.directory=*', 'core.fsmonitor=false', 'protocol.allow=never'];

/** Of the repository in whose hook we may be. */
const OTHER_REPOSITORY =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|NAMESPACE|OBJECT_DIRECTORY|TRACE.*)$/;

const NO_GIT = 'there is no program git';

function runGit(cwd: string, environment: NodeJS.ProcessEnv, args: string[]): Promise<Output> {
  const kept = Object.entries(environment).filter(([name]) => !OTHER_REPOSITORY.test(name));
  const env = { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  return new Promise((resolve) => {
    execFile(
      'git',
      [...settings, ...args],
      { cwd, env, maxBuffer: Infinity, windowsHide: true },
      (error, text, errors) => {
        if (!error) resolve({ code: 0, text, errors });
        else if (error.code === 'ENOENT') resolve({ code: 127, text, errors: NO_GIT });
        else if (typeof error.code === 'number') resolve({ code: error.code, text, errors });
        else resolve({ code: 1, text, errors: error.message });
      },
    );
  });
}

/** The mode of a submodule's entry in the index. */
const SUBMODULE = '160000';

function pathsOf({ text }: Output): string[] {
  return text.split('\0').filter((path) => path !== '');
}

/** Why git failed; warnings may come first. */
function reasonOf({ errors }: Output): string {
  const lines = errors.split('\n');
  const line = lines.find((text) => text.startsWith('fatal: ')) ?? lines[0] ?? '';
  return line.replace(/^(fatal|error): /, '');
}

/** Directories that git could not open, of which it warns; their paths begin at the work tree's top. */
function unreadableOf(errors: string, prefix: string): GitList['unreadable'] {
  const warnings = errors.matchAll(/^warning: could not open directory '(.*)\/': (.*)$/gm);
  return Array.from(warnings, ([, path = '', reason = '']) => ({
    directory: `${path.slice(prefix.length)}/`,
    reason,
  }));
}
