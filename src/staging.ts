/**
 * A database is built in a directory of its own beside the target, `<target>.kgload/`, and renamed
 * over the target when it is complete. The directory is also the lock between loads: making it is
 * atomic, and it says who made it. One that a killed load left behind is removed by the next.
 */
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { KgloadError, systemCode } from './errors.js';
import { openKuzu } from './engine/kuzu.js';

export interface Staging {
  directory: string;
  /** Where the new database is to be built. */
  database: string;
}

interface Owner {
  pid: number;
  host: string;
  /** When the process began, in the system's own units: tells it from a later one of the same pid. */
  began: string | undefined;
}

const OWNER_FILE = 'owner.json';

/** A directory without an owner's name is being made right now, unless it is older. */
const BIRTH_MS = 10_000;

/** While its database is closed and synced, a load on another host shows no other sign of life. */
const FOREIGN_MS = 60_000;

/**
 * Makes the staging directory of a target, and takes away a dead load's.
 *
 * @throws {KgloadError} `TARGET_LOCKED` when a live load has it, `TARGET_UNWRITABLE`.
 */
export function openStaging(target: string): Staging {
  const directory = `${target}.kgload`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw unwritable(directory, error);
      removeDead(directory, target);
      continue;
    }
    const owner: Owner = { pid: process.pid, host: hostname(), began: processStart(process.pid) };
    writeFileSync(join(directory, OWNER_FILE), JSON.stringify(owner), { flag: 'wx' });
    return { directory, database: join(directory, basename(target)) };
  }
  throw locked(target, 'other loads');
}

/**
 * Removes a staging directory and all in it. It is renamed first, so that an engine still at work
 * in it finds no place to put another file.
 */
export function discardStaging(directory: string): void {
  const doomed = `${directory}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(directory, doomed);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  rmSync(doomed, { recursive: true, force: true });
}

function removeDead(directory: string, target: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory() || !isStaging(directory)) {
    throw new KgloadError({
      code: 'TARGET_UNWRITABLE',
      message: `${directory} is in the way: the new database is built there, and this was not made by kgload`,
      file: directory,
      hint: 'move it away',
    });
  }
  const holder = liveOwner(directory, target, found.mtimeMs);
  if (holder !== undefined) throw locked(target, holder);
  const doomed = `${directory}.${randomBytes(6).toString('hex')}`;
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

/** Whether kgload made it: nobody else's directory is ever removed. */
function isStaging(directory: string): boolean {
  const entries = readdirSync(directory);
  return entries.length === 0 || entries.includes(OWNER_FILE);
}

/** Who is at work in a staging directory, in words; nothing if nobody is. */
function liveOwner(directory: string, target: string, madeMs: number): string | undefined {
  let owner: Owner;
  try {
    owner = JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8')) as Owner;
  } catch {
    return Date.now() - madeMs < BIRTH_MS ? 'a load that has just begun' : undefined;
  }
  if (owner.host === hostname()) {
    return isAlive(owner) ? `process ${owner.pid}` : undefined;
  }
  const who = `process ${owner.pid} on ${owner.host}`;
  if (isEngineLocked(join(directory, basename(target)))) return who;
  return Date.now() - madeMs < FOREIGN_MS ? who : undefined;
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  return owner.began === processStart(owner.pid);
}

/** proc(5), /proc/pid/stat: field 22, starttime; the command before it may hold spaces. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isEngineLocked(database: string): boolean {
  if (!lstatSync(database, { throwIfNoEntry: false })) return false;
  try {
    openKuzu(database, { readOnly: true }).close();
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
