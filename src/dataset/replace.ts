/** A dataset that takes the place of another one. */
import { existsSync, lstatSync, readdirSync, realpathSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { entryAt, onDisk, sync, syncTree } from '../files.js';
import { inTheWay, noPath } from './destination.js';

/**
 * Where a dataset is to be written: nothing, an empty directory, or a dataset that holds nothing else.
 *
 * @param hidden - Files beside `nodes/` and `edges/` that may be replaced too.
 * @returns The place itself, where the path is a symbolic link.
 * @throws {KgloadError} `TARGET_UNWRITABLE` for anything else: it is somebody's.
 */
export function checkReplaceable(destination: string, hidden: readonly string[]): string {
  if (destination === '') throw noPath('written');
  const stat = entryAt(destination);
  if (!stat) return destination;
  const other = onDisk(() => (stat.isDirectory() ? foreignEntry(destination, hidden) : ''));
  if (other === undefined) return realpathSync(destination);
  const what = other === '' ? 'is no directory' : `holds ${other}, which is no part of a dataset`;
  throw inTheWay(destination, what, 'give the path of a new directory, or of a dataset');
}

/** What is in a directory that is neither a Parquet file of a dataset nor one of some others. */
function foreignEntry(directory: string, hidden: readonly string[]): string | undefined {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isFile() && hidden.includes(name)) continue;
    if (!entry.isDirectory() || !['nodes', 'edges'].includes(name)) return name;
    const other = readdirSync(join(directory, name), { withFileTypes: true }).find(
      (file) => !file.isFile() || !file.name.endsWith('.parquet'),
    );
    if (other) return `${name}/${other.name}`;
  }
  return undefined;
}

/**
 * Puts a finished directory into its place, for good; what {@link checkReplaceable} has found there goes
 * into a directory that is to be removed.
 *
 * @param hidden - As there: something else may have come meanwhile.
 * @throws {KgloadError} `TARGET_UNWRITABLE`; what was there stands then.
 */
export function replaceDirectory(
  built: string,
  destination: string,
  hidden: readonly string[],
): void {
  syncTree(built);
  checkReplaceable(destination, hidden);
  const old = join(dirname(built), 'replaced');
  const isThere = existsSync(destination);
  // rename(2) can't exchange two directories: there is none for the time between these.
  if (isThere) renameSync(destination, old);
  try {
    renameSync(built, destination);
  } catch (error) {
    if (isThere && !lstatSync(destination, { throwIfNoEntry: false })) renameSync(old, destination);
    throw error;
  }
  sync(dirname(resolve(destination)));
}
