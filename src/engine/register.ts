/**
 * The databases that this process has open. Closing any descriptor of a file drops the locks that the
 * process has on it (fcntl(2), "advisory record locking"): a second opening, and be it to read the
 * first bytes, would let others write what is held here. So whoever opens asks here first.
 */
import { KgloadError } from '../errors.js';
import type { EngineName } from '../types.js';
import { fileId, type FileId, isLockedHere } from './locks.js';

/** An open database, and how many use it. */
export interface Held<D = unknown> {
  key: string;
  database: D;
  /** What its first bytes say, or will once they are written. */
  header: DatabaseHeader;
  users: number;
}

const held = new Map<string, Held>();

function keyOf({ dev, ino }: FileId): string {
  return `${dev}:${ino}`;
}

/**
 * What of this process holds a file, if anything does.
 *
 * @throws {KgloadError} `TARGET_LOCKED` where something else than kgload locks it; only Linux tells.
 */
export function heldHere<D>(path: string): Held<D> | undefined {
  const file = fileId(path);
  if (!file) return undefined;
  const known = held.get(keyOf(file));
  if (known) return known as Held<D>;
  if (isLockedHere(file)) throw heldError(path);
  return undefined;
}

/** Notes that a database is open, of whose file nothing was read since. */
export function hold<D>(path: string, database: D, header: DatabaseHeader): Held<D> {
  const file = fileId(path);
  const entry: Held<D> = { key: file ? keyOf(file) : '', database, header, users: 1 };
  if (file) held.set(entry.key, entry);
  return entry;
}

/** One user less; says whether it was the last. */
export function release(entry: Held): boolean {
  entry.users -= 1;
  if (entry.users > 0) return false;
  if (held.get(entry.key) === entry) held.delete(entry.key);
  return true;
}

export function heldError(path: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_LOCKED',
    message: `the database ${path} is open in this process already`,
    file: path,
    hint: 'use what has it open, or close that first',
  });
}
export interface DatabaseHeader {
  engine: EngineName;
  /** Version of the file format. */
  storageVersion: number;
}
