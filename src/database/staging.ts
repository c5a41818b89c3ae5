/**
 * A database is built in a directory of its own beside the target, `<target>.kgload/`, and renamed
 * over the target when it is complete. The directory is also the lock between loads: it comes into
 * being in one step, with its owner's name in it. One that a killed load left behind is removed by
 * the next.
 */
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { holdDatabase } from '../engine/engine.js';
import { readHeader, SIDE_FILES } from '../engine/file.js';
import {
  isAlive,
  isHere,
  makeOwned,
  type Owner,
  OWNER_FILE,
  randomLetters,
  readOwner,
  removeAs,
  stagingOf,
} from '../engine/owner.js';
import { processExists, sleepSync } from '../engine/processes.js';
import { KgloadError } from '../errors.js';
import { onDisk, systemCode } from '../files.js';

export interface Staging {
  directory: string;
  /** Where the new database is to be built. */
  database: string;
}

/** Whatever the target is called: it may have the owner's name. */
const DATABASE_FILE = 'database';

/** While its database is closed and synced, a load on another host shows no other sign of life. */
const FOREIGN_MS = 60_000;

/** How long a worker that has lost its supervisor may take to die. */
const ORPHAN_MS = 10_000;

/**
 * Makes the staging directory of a target, and takes away a dead load's.
 *
 * @throws {KgloadError} `TARGET_LOCKED` when a live load has it, `TARGET_UNWRITABLE`.
 */
export function openStaging(target: string): Staging {
  return onDisk(() => makeStaging(target));
}

function makeStaging(target: string): Staging {
  const directory = stagingOf(target);
  removeRemains(target, directory);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (takePlace(directory)) return { directory, database: stagedDatabase(directory) };
    removeDead(target, directory);
  }
  throw locked(target, 'other loads');
}

/** Where the new database is built in a staging directory. */
export function stagedDatabase(directory: string): string {
  return join(directory, DATABASE_FILE);
}

/** Removes a staging directory and all in it. */
export function discardStaging(directory: string): void {
  onDisk(() => {
    removeAs(doomedName(directory), directory);
  });
}

/** Puts a directory with its owner's name in it there, in one step; says whether the place was free. */
function takePlace(directory: string): boolean {
  let born: string;
  try {
    born = makeOwned(`${directory}.`);
  } catch (error) {
    throw unwritable(directory, error);
  }
  try {
    // rename(2) takes the place of an empty directory at most, and never of a link or a file.
    renameSync(born, directory);
    return true;
  } catch (error) {
    rmSync(born, { recursive: true, force: true });
    const code = systemCode(error) ?? '';
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT'].includes(code)) return false;
    throw unwritable(directory, error);
  }
}

function doomedName(directory: string): string {
  return `${directory}.${randomLetters()}`;
}

/** What loads have left that were killed while they made or removed their directory. */
function removeRemains(target: string, directory: string): void {
  const prefix = `${basename(directory)}.`;
  for (const entry of readdirSync(dirname(directory), { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix)) continue;
    if (!/^[0-9A-Za-z]{6}$/.test(entry.name.slice(prefix.length))) continue;
    const remains = join(dirname(directory), entry.name);
    const owner = readOwner(remains);
    if (owner && (!isHere(owner) || isAlive(owner))) continue;
    if (isStaging(target, remains)) rmSync(remains, { recursive: true, force: true });
  }
}

function removeDead(target: string, directory: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory() || !isStaging(target, directory)) {
    throw new KgloadError({
      code: 'TARGET_UNWRITABLE',
      message: `${directory} is in the way: the new database is built there, and this was not made by kgload`,
      file: directory,
      hint: 'move it away',
    });
  }
  const holder = liveOwner(directory, found.mtimeMs);
  if (holder !== undefined) throw locked(target, holder);
  const doomed = doomedName(directory);
  try {
    renameSync(directory, doomed);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return; // Another load was quicker.
    throw unwritable(directory, error);
  }
  // Another load may have removed the dead directory and made its own between the look and the
  // rename: what was moved is then a live one, and goes back.
  if (lstatSync(doomed).ino !== found.ino) renameSync(doomed, directory);
  else rmSync(doomed, { recursive: true, force: true });
}

/** Whether it holds only what kgload puts there: nobody else's directory is ever removed. */
function isStaging(target: string, directory: string): boolean {
  // Earlier versions called the database as the target.
  const ours = [DATABASE_FILE, basename(target)].flatMap((name) => [
    OWNER_FILE,
    ...['', ...SIDE_FILES].map((suffix) => name + suffix),
  ]);
  return readdirSync(directory).every((name) => ours.includes(name));
}

/** Who is at work in a staging directory, in words; nothing if nobody is. */
function liveOwner(directory: string, changedMs: number): string | undefined {
  const owner = readOwner(directory);
  if (!owner) return undefined;
  if (isHere(owner)) {
    waitForOrphan(owner);
    return isAlive(owner) ? `process ${owner.supervisor ?? owner.pid}` : undefined;
  }
  const who = `process ${owner.pid} on ${owner.host}`;
  if (isEngineLocked(join(directory, DATABASE_FILE))) return who;
  return Date.now() - changedMs < FOREIGN_MS ? who : undefined;
}

/** A worker dies with its supervisor, but not in the middle of a blocking call. */
function waitForOrphan(owner: Owner): void {
  const { supervisor } = owner;
  if (supervisor === undefined || processExists(supervisor)) return;
  for (let waited = 0; waited < ORPHAN_MS && isAlive(owner); waited += 20) {
    sleepSync(20);
  }
}

function isEngineLocked(database: string): boolean {
  if (!lstatSync(database, { throwIfNoEntry: false })) return false;
  try {
    const header = readHeader(database);
    if (header) holdDatabase(header.engine, database).release();
    return false;
  } catch (error) {
    return error instanceof KgloadError && error.code === 'TARGET_LOCKED';
  }
}

function locked(target: string, holder: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_LOCKED',
    message: `another load is writing ${target}: ${holder}`,
    file: target,
    hint: 'wait until it is done',
  });
}

function unwritable(directory: string, error: unknown): KgloadError {
  return new KgloadError(
    {
      code: 'TARGET_UNWRITABLE',
      message: `${directory} cannot be created: ${systemCode(error) ?? String(error)}`,
      file: directory,
      hint: 'choose a directory that you may write to',
    },
    { cause: error },
  );
}
