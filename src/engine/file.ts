/** What a database file is, seen from outside, without opening it as a database. */
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isTooManyFiles, tooManyFiles } from '../files.js';
import type { EngineName } from '../types.js';
import { type DatabaseHeader, heldHere } from './register.js';

const MAGIC: Record<string, EngineName> = { KUZU: 'kuzu', LBUG: 'ladybug' };

const CHECKPOINT_LOCKS = ['.checkpoint.intent.lock', '.checkpoint.apply.lock'] as const;

/** What the engines keep beside `<database>` while it is open, or after a crash. */
export const SIDE_FILES = [
  '.wal',
  '.wal.checkpoint',
  '.shadow',
  '.tmp',
  ...CHECKPOINT_LOCKS,
] as const;

/** Those that hold commits which the database has not taken in yet. */
export const LOG_FILES = ['.wal', '.wal.checkpoint'] as const;

/** The file systems' limit. */
const NAME_BYTES = 255;

/**
 * Whether a file's name leaves room for those that stand beside it; `<name>.kgload.XXXXXX`, where a
 * new database is built, is shorter than the longest of them.
 *
 * @returns What is wrong with it, if anything is.
 */
export function nameProblem(path: string): string | undefined {
  const most = NAME_BYTES - Math.max(...SIDE_FILES.map((suffix) => suffix.length));
  const bytes = Buffer.byteLength(basename(path));
  if (bytes <= most) return undefined;
  return `its name has ${bytes} bytes, and more than ${most} leave no room for the files beside it (a name may have ${NAME_BYTES})`;
}

/** A write-ahead log with its header and the mark of a checkpoint alone has 42 bytes. */
const MARK_BYTES = 64;

/**
 * Ends a checkpoint that Ladybug 0.19.1 can't end itself. A process was killed when the pages were in
 * the file, synced, and the log was still there: the log's last record says that they are to be
 * taken from the shadow file, which is empty or gone by then. (Where it is there, the engine takes
 * them, removes it, and then misses it.) All that is left to do is to remove the log.
 *
 * @param message - The error with which the engine refused the database.
 * @returns Whether there was something to remove.
 */
export function endCheckpoint(path: string, message: string): boolean {
  const sizeOf = (suffix: string): number =>
    statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0;
  const misses =
    message.includes(`Cannot open file ${path}.shadow: No such file`) ||
    message.includes(`temporary file '${path}.shadow' does not match`);
  if (!misses || sizeOf('.shadow') > 0) return false;
  // The log up to the checkpoint is set aside if there were commits in it.
  const isAside = sizeOf('.wal.checkpoint') > 0;
  if (!isAside && (sizeOf('.wal') === 0 || sizeOf('.wal') > MARK_BYTES)) return false;
  const remains = [isAside ? '.wal.checkpoint' : '.wal', '.shadow', ...CHECKPOINT_LOCKS];
  for (const suffix of remains) rmSync(path + suffix, { force: true });
  return true;
}

/**
 * What a file's first bytes say; nothing where they are no database's.
 *
 * @throws {KgloadError} `TARGET_LOCKED` where the caller has it open: see register.ts.
 */
export function readHeader(path: string): DatabaseHeader | undefined {
  const here = heldHere(path);
  return here ? here.header : readFirstBytes(path);
}

/** {@link readHeader} of a file that the register is known not to hold. */
export function readFirstBytes(path: string): DatabaseHeader | undefined {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw isTooManyFiles(error) ? tooManyFiles(error) : error;
  }
  try {
    const bytes = Buffer.alloc(8);
    if (!fstatSync(handle).isFile() || readSync(handle, bytes, 0, 8, 0) < 8) return undefined;
    const engine = MAGIC[bytes.toString('latin1', 0, 4)];
    return engine && { engine, storageVersion: bytes.readUInt32LE(4) };
  } finally {
    closeSync(handle);
  }
}
