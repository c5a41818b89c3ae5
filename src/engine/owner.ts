/** Directories with their owner's name in them, so that what a dead process left can be told. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../files.js';
import { processExists, processStat } from './processes.js';

export interface Owner {
  pid: number;
  host: string;
  /** The process whose end is also the end of this one, if it is a worker. */
  supervisor?: number;
  /** When the process began, in the system's own units: tells it from a later one of the same pid. */
  began: string | undefined;
}

export const OWNER_FILE = 'owner.json';

/** The directory beside a database in which its successor is built. */
export function stagingOf(database: string): string {
  return `${database}.kgload`;
}

/**
 * Makes a directory that this process owns.
 *
 * @param prefix - Of its path, to which six letters are added.
 */
export function makeOwned(prefix: string): string {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    began: processStat(process.pid)?.began,
    ...(process.connected && { supervisor: process.ppid }),
  };
  // Nothing comes between the two: a process killed there leaves a directory that nobody owns.
  const text = JSON.stringify(owner);
  const directory = mkdtempSync(prefix);
  try {
    writeFileSync(join(directory, OWNER_FILE), text, { flag: 'wx' });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return directory;
}

/** Nothing where it was killed while it was made or removed. */
export function readOwner(directory: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Whether the process is one of this host. */
export function isHere({ host }: Owner): boolean {
  return host === hostname();
}

/** Whether a process of this host is there. */
export function isAlive({ pid, began }: Owner): boolean {
  return processExists(pid) && began === processStat(pid)?.began;
}

/** As `mkdtemp` ends a name, so that one rule recognises what it made and what is half removed. */
export function randomLetters(): string {
  return Math.random().toString(36).slice(2, 8).padEnd(6, '0');
}

/**
 * Removes a directory and all in it. It is renamed first, so that an engine still at work in it finds
 * no place to put another file.
 */
export function removeAs(doomed: string, directory: string): void {
  try {
    renameSync(directory, doomed);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  rmSync(doomed, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
}
