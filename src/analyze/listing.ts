/** All files of a directory but those that are left out: git's list, or a walk's. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Look } from './directories.js';
import { listByGit, type GitList } from './gitlist.js';
import { noteOf, unreadableNote, type Tell } from './notes.js';
import { directoryOf, type Selection } from './selection.js';
import { walk } from './walk.js';

/** Anything but a directory. */
export interface Entry {
  path: string;
  /** Git knows it, whether it is there or not. */
  isTracked: boolean;
  /** A pattern `!…` names it. */
  isWanted: boolean;
}

export interface Listing {
  entries: Entry[];
  /** What `.gitignore` leaves out: files, and directories. */
  ignored: string[];
  /** The root's list is git's. */
  usesGit: boolean;
}

/** What listing needs to know. Paths of directories are empty (the root's) or end with `/`. */
interface Place {
  root: string;
  selection: Selection;
  environment: NodeJS.ProcessEnv;
  tell: Tell;
}

/** Lists a directory, and the repositories in it. */
export async function listEntries(place: Place): Promise<Listing> {
  const listing: Listing = { entries: [], ignored: [], usesGit: false };
  place.selection.enters('', lookAt(place.root, '', true));
  const directories = [''];
  for (let at = 0; at < directories.length; at++) {
    const directory = directories[at] ?? '';
    const git = await askGit(place, directory);
    const repositories = git
      ? addGitList(place, directory, git, listing)
      : await addWalk(place, directory, listing);
    listing.usesGit ||= directory === '' && git !== undefined;
    directories.push(...repositories.sort());
  }
  return listing;
}

async function askGit(place: Place, directory: string): Promise<GitList | undefined> {
  const path = join(place.root, directory);
  // A repository in another one: without its own .git, git would tell of the outer one.
  if (directory !== '' && !existsSync(join(path, '.git'))) return undefined;
  const list = await listByGit(path, place.environment);
  if (!list || !('reason' in list)) return list;
  const message = `git cannot list it, so it was walked through by its .gitignore files: ${list.reason}`;
  place.tell({ file: directory === '' ? './' : directory, code: 'GIT', message });
  return undefined;
}

/** @returns Repositories that are to be listed by themselves. */
function addGitList(place: Place, directory: string, git: GitList, listing: Listing): string[] {
  const { root, selection, tell } = place;
  const trackedIn = new Set<string>();
  for (const path of git.tracked) {
    let at = directoryOf(path);
    for (; at !== '' && !trackedIn.has(at); at = directoryOf(at)) trackedIn.add(at);
  }
  const entered = new Map([['', true]]);
  const enters = (inside: string): boolean => {
    const known = entered.get(inside);
    if (known !== undefined) return known;
    const path = directory + inside;
    const isEntered =
      enters(directoryOf(inside)) &&
      selection.enters(path, lookAt(root, path, trackedIn.has(inside)));
    entered.set(inside, isEntered);
    return isEntered;
  };
  const add = (inside: string, isTracked: boolean): void => {
    if (enters(directoryOf(inside))) addEntry(place, directory + inside, isTracked, listing);
  };
  for (const path of git.tracked) add(path, true);
  for (const path of git.others) add(path, false);
  for (const path of git.ignored) listing.ignored.push(directory + path);
  for (const { directory: inside, reason } of git.unreadable) {
    const message = `it cannot be read: ${reason}`;
    tell({ file: directory + inside, code: 'UNREADABLE', message });
  }
  return git.repositories.flatMap((inside) => {
    if (!enters(inside)) return [];
    const path = directory + inside;
    if (!isEmpty(join(root, path))) return [path];
    tell(noteOf(path, 'SUBMODULE'));
    return [];
  });
}

/** @returns Repositories that are to be listed by themselves. */
async function addWalk(place: Place, directory: string, listing: Listing): Promise<string[]> {
  const { root, selection, tell } = place;
  const repositories: string[] = [];
  await walk(root, directory, {
    enters: (path, names, beside) =>
      selection.enters(path, {
        has: (name) => names.has(name),
        isBeside: (name) => beside.has(name),
        names: () => [...names],
        isTracked: false,
      }),
    repository: (path) => repositories.push(path),
    entry: (path) => {
      addEntry(place, path, false, listing);
    },
    ignored: (path) => listing.ignored.push(path),
    unreadable: (path, error) => {
      tell(unreadableNote(path, error));
    },
  });
  return repositories;
}

function addEntry(place: Place, path: string, isTracked: boolean, { entries }: Listing): void {
  const taken = place.selection.takes(path);
  if (taken !== false) entries.push({ path, isTracked, isWanted: taken === 'wanted' });
}

/** A look at a directory that has not been read. */
function lookAt(root: string, directory: string, isTracked: boolean): Look {
  const around = directoryOf(directory);
  return {
    has: (name) => existsSync(join(root, directory, name)),
    isBeside: (name) => existsSync(join(root, around, name)),
    names: () => readdirSync(join(root, directory)),
    isTracked,
  };
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch {
    // Listing it will say why not; a submodule that was removed is no more than empty.
    return !existsSync(directory);
  }
}
