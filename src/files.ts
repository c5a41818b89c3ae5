/**
 * The edge to the file system: what the system says no to becomes an error of kgload's here, with a
 * code and a hint, and finished files are put in their place for good.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KgloadError, messageOf } from './errors.js';
import type { ErrorCode } from './types.js';

/** A file or directory of this package, by its path there; the same from dist/src and from dist/bin. */
export function ownFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** The system's code of a failed call (`ENOENT`, `EACCES`, …), if there is one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** There is no descriptor left for another file. */
export function isTooManyFiles(error: unknown): boolean {
  // The engine's errors have no code.
  const isSystem = ['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '');
  return isSystem || messageOf(error).includes('Too many open files');
}

export function tooManyFiles(cause: unknown): KgloadError {
  return new KgloadError(
    {
      code: 'TOO_MANY_FILES',
      message: 'too many open files: no other can be opened',
      hint: 'raise the limit: ulimit -n 1024',
    },
    { cause },
  );
}

/** What the system says no to, in words; what people can mend, and no fault of the program. */
const SYSTEM_ERRORS: Record<string, { code: ErrorCode; reason: string; hint?: string }> = {
  ENOSPC: { code: 'DISK_FULL', reason: 'the disk is full', hint: 'make room on it' },
  EDQUOT: { code: 'DISK_FULL', reason: 'your share of the disk is used up' },
  EFBIG: { code: 'DISK_FULL', reason: 'a file may not be that large there (ulimit -f)' },
  EAGAIN: { code: 'TARGET_UNWRITABLE', reason: 'there are too many processes (ulimit -u)' },
  EACCES: { code: 'TARGET_UNWRITABLE', reason: 'you have no permission' },
  EPERM: { code: 'TARGET_UNWRITABLE', reason: 'you have no permission' },
  EROFS: { code: 'TARGET_UNWRITABLE', reason: 'the file system is read-only' },
  EISDIR: { code: 'TARGET_UNWRITABLE', reason: 'it is a directory' },
  ENOTDIR: { code: 'TARGET_UNWRITABLE', reason: 'a part of its path is no directory' },
  ENAMETOOLONG: { code: 'TARGET_UNWRITABLE', reason: 'its name is too long' },
  ELOOP: { code: 'TARGET_UNWRITABLE', reason: 'its symbolic links lead round and round' },
  EBUSY: { code: 'TARGET_UNWRITABLE', reason: 'it is in use' },
  EIO: { code: 'TARGET_UNWRITABLE', reason: 'the device fails' },
};

/**
 * Does work on the file system: what the system says no to is thrown as an error of kgload's.
 *
 * @param what - As {@link systemError} takes it.
 */
export function onDisk<T>(work: () => T, what?: string): T {
  try {
    return work();
  } catch (error) {
    throw systemError(error, what) ?? error;
  }
}

/**
 * A failed call of the system as an error that says so; nothing for any other error.
 *
 * @param what - What could not be done. Default: the path that the call was about, and that it
 *   failed.
 */
export function systemError(error: unknown, what?: string): KgloadError | undefined {
  if (error instanceof KgloadError) return undefined;
  if (isTooManyFiles(error)) return tooManyFiles(error);
  const code = systemCode(error) ?? '';
  const known = SYSTEM_ERRORS[code];
  if (!known) return undefined;
  const { path, dest, syscall = '' } = error as NodeJS.ErrnoException & { dest?: string };
  const place = dest ?? path;
  const failed = what ?? (place === undefined ? `${syscall} failed` : `${place} cannot be used`);
  const { reason, hint } = known;
  return new KgloadError(
    {
      code: known.code,
      message: `${failed}: ${reason} (${code})`,
      ...(place !== undefined && { file: place }),
      ...(hint !== undefined && { hint }),
    },
    { cause: error },
  );
}

/** What a file or a directory holds is on the disk afterwards, not only in the system's memory. */
export function sync(path: string): void {
  const handle = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** As link(2) fails on file systems that have no hard links. */
const HAS_NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Moves a file to a place where nothing is; rename(2) would replace what appeared there meanwhile.
 *
 * @throws `EEXIST` where something is. Without links a second look has to do.
 */
export function moveToFree(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!HAS_NO_LINKS.includes(systemCode(error) ?? '')) throw error;
    if (lstatSync(to, { throwIfNoEntry: false })) {
      const message = `EEXIST: file already exists, link '${from}' -> '${to}'`;
      throw Object.assign(new Error(message, { cause: error }), { code: 'EEXIST' });
    }
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}

/** What stands at a path that is to be written. */
export function entryAt(path: string): ReturnType<typeof lstatSync> {
  const look = (): ReturnType<typeof lstatSync> =>
    statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
  return onDisk(look, `${path} cannot be written`);
}

/** Syncs a file, or a directory and all in it; says whether it is one. */
export function syncTree(path: string): boolean {
  const isDirectory = lstatSync(path).isDirectory();
  if (isDirectory) for (const name of readdirSync(path)) syncTree(join(path, name));
  sync(path);
  return isDirectory;
}
