/**
 * Directories for working files: each bears its owner's name, so that the next run removes what a
 * killed one left, and nothing of anybody else's.
 */
import { lstatSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, isHere, makeOwned, randomLetters, readOwner, removeAs } from './engine/owner.js';
import { KgloadError } from './errors.js';
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
    return makeOwned(prefix);
  } catch (error) {
    const place = parent ?? tmpdir();
    if (systemCode(error) === 'ENOENT') {
      throw new KgloadError(
        { code: 'TARGET_UNWRITABLE', message: `${place} does not exist`, file: place },
        { cause: error },
      );
    }
    throw systemError(error, `${place} cannot be written`) ?? error;
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
