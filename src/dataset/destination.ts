/** A file or directory that is written: beside its place first, and moved there when it is complete. */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Steps } from '../engine/drive.js';
import { KgloadError } from '../errors.js';
import { entryAt, moveToFree, sync, syncTree, systemCode, systemError } from '../files.js';
import { makeScratch, removeScratch } from '../scratch.js';
import { beginStep, type Listener } from '../steps.js';
import type { LoadEvent } from '../types.js';

/**
 * Builds a new directory and puts it in its place, which {@link checkDirectoryDestination} has found
 * free.
 *
 * @throws {KgloadError} `TARGET_UNWRITABLE`, `DISK_FULL`; there is nothing then.
 */
export function* buildDirectory<T>(
  destination: string,
  listener: Listener,
  build: (directory: string) => Steps<T>,
): Steps<T> {
  const { scratch, built } = openBuild(destination, listener.onEvent);
  try {
    const result = yield* build(built);
    const step = beginStep(listener, 'publish');
    moveInto(built, destination);
    step.end();
    return result;
  } catch (error) {
    throw buildError(error, destination);
  } finally {
    removeScratch(scratch);
  }
}

/** The same for work that is no steps, which moves what it built by itself. */
export async function buildBeside<T>(
  destination: string,
  onEvent: (event: LoadEvent) => void,
  build: (directory: string) => Promise<T>,
): Promise<T> {
  const { scratch, built } = openBuild(destination, onEvent);
  try {
    return await build(built);
  } catch (error) {
    throw buildError(error, destination);
  } finally {
    removeScratch(scratch);
  }
}

function openBuild(
  destination: string,
  onEvent: (event: LoadEvent) => void,
): { scratch: string; built: string } {
  const scratch = makeScratch(dirname(resolve(destination)));
  try {
    onEvent({ type: 'staged', directory: scratch });
    const built = join(scratch, 'built');
    mkdirSync(built);
    return { scratch, built };
  } catch (error) {
    removeScratch(scratch);
    throw buildError(error, destination);
  }
}

function buildError(error: unknown, destination: string): unknown {
  return systemError(error, `${destination} cannot be written`) ?? error;
}

/**
 * Moves a finished file or directory into place, for good: it and its directory are synced.
 *
 * @param options - `replace`: what is there gives way. Otherwise only an empty directory gives way to
 *   a directory, also where something came there while the work was done.
 * @throws {KgloadError} `TARGET_UNWRITABLE`, `DISK_FULL`.
 */
export function moveInto(built: string, destination: string, { replace = false } = {}): void {
  try {
    const isDirectory = syncTree(built);
    // rename(2) puts a directory in the place of an empty one at most.
    if (replace || isDirectory) renameSync(built, destination);
    else moveToFree(built, destination);
    sync(dirname(resolve(destination)));
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(systemCode(error) ?? '')) {
      throw inTheWay(destination, 'has come into being meanwhile', 'give another path');
    }
    throw buildError(error, destination);
  }
}

/** Only an empty directory is taken, or nothing. */
export function checkDirectoryDestination(destination: string): void {
  if (destination === '') throw noPath('written');
  const stat = entryAt(destination);
  if (!stat) return;
  if (stat.isDirectory() && readdirSync(destination).length === 0) return;
  throw inTheWay(destination, 'exists already', 'give the path of a new directory');
}

/** An empty path would be the working directory. */
export function noPath(what: 'read' | 'written'): KgloadError {
  return new KgloadError({
    code: 'USAGE',
    message: `the path of what is to be ${what} is empty`,
    hint: 'name a file or a directory; . is the working directory',
  });
}

export function inTheWay(destination: string, what: string, hint: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `${destination} ${what}; it is left as it is`,
    file: destination,
    hint,
  });
}
