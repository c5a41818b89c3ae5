/** The file of bad rows: written beside its place, and moved there when the load is done. */
import {
  closeSync,
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
import { toJson } from '../json.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type { BadRow } from '../types.js';

export interface BadRowsFile {
  write: (row: BadRow) => void;
  /** Everything is written: what can't be is known before the load is published. */
  flush: () => void;
  /** Puts it in its place. */
  keep: () => void;
  /** Lets go of it; what was not kept is gone. */
  close: () => void;
}

/** Lines are written in pieces of about this many characters. */
const BUFFER_CHARACTERS = 64 * 1024;

/**
 * Opens a file of bad rows. A device or a FIFO is written as it is.
 *
 * @throws {KgloadError} `TARGET_UNWRITABLE` where it may not be written, or must not: a database, a
 *   directory, a file of the dataset.
 */
export function openBadRows(
  path: string,
  { database, dataset }: { database: string; dataset: string },
): BadRowsFile {
  const attempt = <T>(work: () => T): T =>
    onDisk(work, `the file of bad rows ${path} cannot be written`);
  const stat = attempt(() => statSync(path, { throwIfNoEntry: false }));
  refuse(path, stat, database, dataset);
  const isDirect = stat !== undefined && !stat.isFile();
  const target = stat ? realpathSync(path) : resolve(path);
  let scratch: string | undefined;
  let handle: number | undefined;
  let buffer = '';
  const place = attempt(() => {
    if (!isDirect) scratch = makeScratch(dirname(target));
    const file = scratch === undefined ? target : join(scratch, basename(target));
    handle = openSync(file, 'w');
    return file;
  });
  const flush = (): void => {
    attempt(() => {
      // Unlike one write(2), it goes on where a disk takes a part.
      if (handle !== undefined && buffer !== '') writeFileSync(handle, buffer);
      buffer = '';
      if (handle !== undefined && !isDirect) fsyncSync(handle);
    });
  };
  return {
    write: (row) => {
      buffer += toJson(row) + '\n';
      if (buffer.length >= BUFFER_CHARACTERS) flush();
    },
    flush,
    keep: () => {
      flush();
      if (!isDirect) {
        attempt(() => {
          renameSync(place, target);
        });
      }
    },
    close: () => {
      if (handle !== undefined) closeSync(handle);
      if (scratch !== undefined) removeScratch(scratch);
    },
  };
}

function refuse(path: string, stat: Stats | undefined, database: string, dataset: string): void {
  if (path === '') throw unwritable(path, 'it has no name');
  if (stat?.isDirectory()) throw unwritable(path, 'it is a directory');
  const real = place(path);
  if (real === place(database)) throw unwritable(path, 'it is the database');
  if (real.startsWith(place(dataset) + sep)) throw unwritable(path, 'it lies in the dataset');
  if (!stat?.isFile()) return;
  let isDatabase: boolean;
  try {
    isDatabase = readHeader(path) !== undefined;
  } catch (error) {
    throw unwritable(path, messageOf(error));
  }
  if (isDatabase) throw unwritable(path, 'it is a database');
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

function unwritable(path: string, reason: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `the file of bad rows ${JSON.stringify(path)} cannot be written: ${reason}`,
    file: path,
    hint: 'give another path',
  });
}
