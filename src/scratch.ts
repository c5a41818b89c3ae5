/**
 * Directories for working files: each bears its owner's name, so that the next run removes what a
 * killed one left, and nothing of anybody else's.
 */
import { accessSync, constants, existsSync, lstatSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, isHere, makeOwned, randomLetters, readOwner, removeAs } from './engine/owner.js';
import { KgloadError, toProblem } from './errors.js';
import { onDisk, systemCode, systemError } from './files.js';

/** Beside something that is being built, they are hidden. */
const NAME = /^\.?kgload-[0-9A-Za-z]{6}$/;

/** An empty one has no owner yet, or never will. */
const UNOWNED_MS = 600_000;

/**
 * Makes a directory, by default among the system's temporary ones, and removes what dead processes
 * left there.
 *
 * @param parent - Where a result is built, to be renamed into place.
 * @throws {KgloadError} `DISK_FULL`, `TARGET_UNWRITABLE`.
 */
export function makeScratch(parent?: string): string {
  removeDeadScratch(parent === undefined ? [tmpdir()] : [parent, tmpdir()]);
  const prefix = parent === undefined ? join(tmpdir(), 'kgload-') : join(parent, '.kgload-');
  try {
    // What is built here is moved into the directory, which must be opened to be synced.
    if (parent !== undefined) accessSync(parent, constants.R_OK);
    return makeOwned(prefix);
  } catch (error) {
    const place = parent ?? tmpdir();
    const what = parent === undefined ? `the directory for working files, ${place},` : place;
    const hint = 'name another directory: TMPDIR=/path/to/one';
    if (systemCode(error) === 'ENOENT') {
      const why = existsSync(place) ? 'cannot be written' : 'does not exist';
      throw new KgloadError(
        {
          code: 'TARGET_UNWRITABLE',
          message: `${what} ${why}`,
          file: place,
          ...(parent === undefined && { hint }),
        },
        { cause: error },
      );
    }
    const refused = systemError(
      error,
      `${what} cannot be ${parent === undefined ? 'written' : 'read and written'}`,
    );
    if (!refused) throw error;
    throw parent === undefined
      ? new KgloadError({ ...toProblem(refused), file: place, hint }, { cause: error })
      : refused;
  }
}

/** Removes a directory that {@link makeScratch} made, if it is there. */
export function removeScratch(directory: string): void {
  onDisk(() => {
    removeAs(directory.replace(/.{6}$/, randomLetters()), directory);
  });
}

/**
 * Removes the scratch directories in some places whose owners are gone.
 *
 * @param doomed - A process that counts as gone.
 */
export function removeDeadScratch(parents: readonly string[], doomed?: number): void {
  for (const parent of new Set(parents)) {
    for (const name of namesIn(parent)) {
      if (!NAME.test(name)) continue;
      try {
        if (isDead(join(parent, name), doomed)) removeScratch(join(parent, name));
      } catch {
        // Somebody else's, or another run is quicker: it is no hindrance to this one.
      }
    }
  }
}

function isDead(directory: string, doomed: number | undefined): boolean {
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid)) return false;
  const owner = readOwner(directory);
  if (owner) return isHere(owner) && (owner.pid === doomed || !isAlive(owner));
  // rmdir(2) takes only what is empty.
  if (Date.now() - stat.mtimeMs > UNOWNED_MS) rmdirSync(directory);
  return false;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // Whoever is to write there will say why that can't be.
  }
}
