/** A file that a command writes besides its result: built beside its place, and moved there at the end. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { readHeader } from '../engine/file.js';
import { KgloadError, messageOf } from '../errors.js';
import { onDisk } from '../files.js';
import { makeScratch, removeScratch } from '../scratch.js';

export interface OutputFile {
  write: (text: string) => void;
  /** Syncs what was written, so that what can't be is known. */
  sync: () => void;
  /** Puts it in its place. */
  keep: () => void;
  /** Lets go of it; what was not kept is gone. */
  close: () => void;
}

/** What the file must not be. */
export interface Inputs {
  database: string;
  /** Nor may it lie in there. */
  dataset?: string;
  /** Another file that is written, and what it is. */
  other?: { path: string; what: string };
}

/**
 * Opens a file that is to be written. A device or a FIFO is written as it is.
 *
 * @param what - What the file is, for messages: `the report`.
 * @throws {KgloadError} `TARGET_UNWRITABLE` where it may not be written, or must not: a database, a
 *   directory, a file of the dataset.
 */
export function openOutput(path: string, what: string, inputs: Inputs): OutputFile {
  const attempt = <T>(work: () => T): T => onDisk(work, `${what} ${path} cannot be written`);
  const stat = attempt(() => statSync(path, { throwIfNoEntry: false }));
  const reason = unfitness(path, stat, inputs);
  if (reason !== undefined) throw unwritable(path, what, reason);
  const isDirect = stat !== undefined && !stat.isFile();
  const target = stat ? realpathSync(path) : resolve(path);
  let scratch: string | undefined;
  let handle: number | undefined;
  const place = attempt(() => {
    if (!isDirect) scratch = makeScratch(dirname(target));
    const file = scratch === undefined ? target : join(scratch, basename(target));
    handle = openSync(file, 'w');
    return file;
  });
  const sync = (): void => {
    attempt(() => {
      if (handle !== undefined && !isDirect) fsyncSync(handle);
    });
  };
  return {
    write: (text) => {
      attempt(() => {
        // Unlike one write(2), it goes on where a disk takes a part.
        if (handle !== undefined && text !== '') writeFileSync(handle, text);
      });
    },
    sync,
    keep: () => {
      sync();
      if (!isDirect) {
        attempt(() => {
          renameSync(place, target);
        });
      }
    },
    close: () => {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
      if (scratch !== undefined) removeScratch(scratch);
      scratch = undefined;
    },
  };
}

/** Why a path is not to be written, if it is not. */
function unfitness(
  path: string,
  stat: Stats | undefined,
  { database, dataset, other }: Inputs,
): string | undefined {
  if (path === '') return 'it has no name';
  if (stat?.isDirectory()) return 'it is a directory';
  const real = place(path);
  if (real === place(database)) return 'it is the database';
  if (dataset !== undefined && real.startsWith(place(dataset) + sep))
    return 'it lies in the dataset';
  if (other && (!stat || stat.isFile()) && real === place(other.path)) return `it is ${other.what}`;
  if (!stat && !existsSync(dirname(real))) return `${dirname(path)} does not exist`;
  if (!stat?.isFile()) return undefined;
  try {
    return readHeader(path) === undefined ? undefined : 'it is a database';
  } catch (error) {
    return messageOf(error);
  }
}

/** Where a path leads, if it does, or where it will. */
function place(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(resolve(path));
    try {
      return join(realpathSync(parent), basename(path));
    } catch {
      return resolve(path);
    }
  }
}

function unwritable(path: string, what: string, reason: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `${what} ${JSON.stringify(path)} cannot be written: ${reason}`,
    file: path,
    hint: 'give another path',
  });
}
