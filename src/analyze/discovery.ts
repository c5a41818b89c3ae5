/** Which files of a directory are sources, and what is to be told of the others. */
import { accessSync, constants, realpathSync, statSync, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { extname, join, relative, resolve, sep } from 'node:path';
import { KgloadError } from '../errors.js';
import { systemCode } from '../files.js';
import { judgeName } from './generated.js';
import { listEntries, type Entry } from './listing.js';
import { groupedNotes, writtenNote, noteOf, sizeNote, unreadableNote, type Tell } from './notes.js';
import { inParallel } from './parallel.js';
import { readHead } from './regularfile.js';
import { makeSelection, nameOf, type Selection } from './selection.js';
import { MAX_SIZE, type FileNote, type SourceFile } from './sourcefile.js';

export interface DiscoveryOptions {
  /** Patterns as in `.gitignore`; `!…` brings back what is left out by default. They bind tracked files too. */
  exclude?: readonly string[];
  /** The language of a file; nothing where it is no source. `readFirstLine` opens the file. */
  languageOf: (path: string, readFirstLine: () => string) => string | undefined;
  /** A directory that is passed over, if it lies in the root: the dataset's own. */
  ignoreDirectory?: string;
  /** In bytes: a larger file is a row of File alone. Default: {@link MAX_SIZE}. */
  maxSize?: number;
  /** In which git runs. */
  environment?: NodeJS.ProcessEnv;
}

export interface Discovery {
  /** By path, in the order of code units. */
  files: SourceFile[];
  /** By path. */
  notes: FileNote[];
  /** Files of no known language, by the ends of their names (in lower case; empty: without one). */
  others: Record<string, number>;
  /** The list is git's; otherwise it is a walk's, by the ignore files. */
  usesGit: boolean;
}

/** Enough for the four threads that do it, and for a slow file system. */
const AT_A_TIME = 32;

/** The longest first line in which an interpreter is looked for. */
const FIRST_LINE = 256;

/**
 * Finds the sources in a directory: as git lists them where it lies in a work tree, otherwise by a walk
 * that honours `.gitignore`. Of both, `.kgloadignore` (the same patterns, in any directory) and
 * `exclude` leave out more, and installed packages, caches and build output are left out by default.
 * Links are not followed. What is left out or odd is told in a note.
 *
 * @throws {@link KgloadError} `ENOENT` where there is no such directory, `USAGE` where it is none.
 */
export async function findSources(root: string, options: DiscoveryOptions): Promise<Discovery> {
  const place = realDirectory(root);
  const notes: FileNote[] = [];
  const tell: Tell = (note) => notes.push(note);
  const selection = makeSelection(
    place,
    options.exclude ?? [],
    within(place, options.ignoreDirectory),
    (path, error) => {
      tell(unreadableNote(path, error));
    },
  );
  const environment = options.environment ?? process.env;
  const listing = await listEntries({ root: place, selection, environment, tell });
  const files: SourceFile[] = [];
  const others = new Map<string, number>();
  await inParallel(listing.entries, AT_A_TIME, async (entry) => {
    const stat = await lookAt(place, entry, tell);
    if (!stat) return;
    const { path } = entry;
    const language = options.languageOf(path, () => readFirstLine(place, path, tell));
    const end = extname(path).toLowerCase();
    if (language === undefined) others.set(end, (others.get(end) ?? 0) + 1);
    else files.push(toSourceFile(entry, language, stat, options.maxSize ?? MAX_SIZE, tell));
  });
  notes.push(...selectionNotes(selection, listing.ignored));
  return {
    files: files.sort(byKey(({ path }) => path)),
    notes: notes.sort(byKey(({ file, code }) => `${file}\0${code}`)),
    others: Object.fromEntries([...others].sort(byKey(([end]) => end))),
    usesGit: listing.usesGit,
  };
}

/** What a file is; nothing, and a note, where it is none. */
async function lookAt(root: string, entry: Entry, tell: Tell): Promise<Stats | undefined> {
  const { path, isTracked } = entry;
  let stat: Stats;
  try {
    stat = await lstat(join(root, path));
  } catch (error) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    if (!isGone) tell(unreadableNote(path, error));
    else if (path.includes('\ufffd')) tell(noteOf(path, 'NAME'));
    // Git keeps files that were deleted until that is committed.
    else if (!isTracked) tell(noteOf(path, 'VANISHED'));
    return undefined;
  }
  if (stat.isFile()) return stat;
  // A directory in the place of a tracked file: what is in it has been listed.
  if (!stat.isDirectory()) tell(noteOf(path, stat.isSymbolicLink() ? 'SYMLINK' : 'NOT_A_FILE'));
  return undefined;
}

function toSourceFile(
  { path, isWanted }: Entry,
  language: string,
  stat: Stats,
  maxSize: number,
  tell: Tell,
): SourceFile {
  const file = { path, language, size: stat.size, modified: stat.mtimeMs };
  if (stat.size > maxSize) {
    tell(sizeNote(path, stat.size, maxSize));
    return { ...file, only: 'too large' };
  }
  if (isWanted) return { ...file, isWanted };
  const only = judgeName(path);
  if (!only) return file;
  tell(writtenNote(path, only));
  return { ...file, only };
}

function selectionNotes({ excluded, leftOut }: Selection, ignored: string[]): FileNote[] {
  const byDefault = [...leftOut].flatMap(([kind, paths]) =>
    groupedNotes(
      'EXCLUDED_DIRECTORY',
      paths,
      (names, first) =>
        `left out by default (${kind}): ${names}. A line !${nameOf(first)}/ in .kgloadignore brings it back`,
    ),
  );
  return [
    ...byDefault,
    ...groupedNotes(
      'EXCLUDED',
      excluded,
      (names) => `left out, as the patterns of .kgloadignore and --exclude say: ${names}`,
    ),
    ...groupedNotes(
      'IGNORED',
      ignored,
      (names) =>
        `left out, since git ignores it: ${names}. To analyse such a directory, give it as the root`,
    ),
  ];
}

function realDirectory(root: string): string {
  let stat: Stats | undefined;
  try {
    stat = statSync(root, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      accessSync(root, constants.R_OK | constants.X_OK);
      return realpathSync(root);
    }
  } catch (error) {
    const { message } = unreadableNote(root, error);
    throw new KgloadError(
      { code: 'ENOENT', message: `${root}: ${message}`, file: root },
      { cause: error },
    );
  }
  if (!stat) {
    const message = `the directory ${root} does not exist`;
    throw new KgloadError({ code: 'ENOENT', message, file: root });
  }
  const message = `${root} is no directory`;
  const hint = 'give the directory in which the sources lie';
  throw new KgloadError({ code: 'USAGE', message, file: root, hint });
}

/** A directory relative to the root, if it lies in it; it need not be there yet. */
function within(root: string, directory: string | undefined): string | undefined {
  if (directory === undefined) return undefined;
  let real = resolve(directory);
  try {
    real = realpathSync(real);
  } catch {
    // What is not there is not listed either.
  }
  const path = relative(root, real).split(sep).join('/');
  return path === '' || path.startsWith('../') || path === '..' ? undefined : `${path}/`;
}

function readFirstLine(root: string, path: string, tell: Tell): string {
  try {
    return (readHead(join(root, path), FIRST_LINE) ?? '').split(/[\r\n]/, 1)[0] ?? '';
  } catch (error) {
    tell(unreadableNote(path, error));
    return '';
  }
}

/** In the order of code units, which does not depend on where it runs. */
function byKey<T>(keyOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => {
    const left = keyOf(a);
    const right = keyOf(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
}
