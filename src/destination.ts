/** A directory that is written: beside its place first, and moved there when it is complete. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { KgloadError, messageOf, systemCode } from './errors.js';
import type { Steps } from './steps.js';
import type { LoadEvent } from './types.js';

/**
 * Builds a new directory and puts it in its place, which {@link checkDirectoryDestination} has found
 * free.
 *
 * @throws {KgloadError} `TARGET_UNWRITABLE`; there is nothing then.
 */
export function* buildDirectory<T>(
  destination: string,
  onEvent: (event: LoadEvent) => void,
  build: (directory: string) => Steps<T>,
): Steps<T> {
  const parent = dirname(resolve(destination));
  const scratch = makeScratch(parent);
  try {
    onEvent({ type: 'staged', directory: scratch });
    const built = join(scratch, 'built');
    mkdirSync(built);
    const result = yield* build(built);
    moveInto(built, destination);
    return result;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A directory of one's own in another, from which a result can be renamed into place. */
export function makeScratch(parent: string): string {
  try {
    return mkdtempSync(join(parent, '.kgload-'));
  } catch (error) {
    throw unwritable(parent, error);
  }
}

/** Renames a finished file or directory into place. */
export function moveInto(built: string, destination: string): void {
  try {
    renameSync(built, destination);
  } catch (error) {
    throw unwritable(dirname(resolve(destination)), error);
  }
}

/** Only an empty directory is taken, or nothing. */
export function checkDirectoryDestination(destination: string): void {
  if (!existsSync(destination)) return;
  if (statSync(destination).isDirectory() && readdirSync(destination).length === 0) return;
  throw inTheWay(destination, 'exists already', 'give the path of a new directory');
}

export function inTheWay(destination: string, what: string, hint: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `${destination} ${what}; it is left as it is`,
    file: destination,
    hint,
  });
}

function unwritable(directory: string, error: unknown): KgloadError {
  return new KgloadError(
    {
      code: 'TARGET_UNWRITABLE',
      message: `${directory} cannot be written: ${systemCode(error) ?? messageOf(error)}`,
      file: directory,
    },
    { cause: error },
  );
}
