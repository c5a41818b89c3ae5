/** Putting finished files in their place, for good. */
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { systemCode } from './errors.js';

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
