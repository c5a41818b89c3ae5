/** The database that is written: whether it may be, and how a new one takes its place. */
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isServerUrl, shownAddress } from '../bolt/address.js';
import { holdDatabase, openEngine } from '../engine/engine.js';
import { LOG_FILES, nameProblem, readHeader, SIDE_FILES } from '../engine/file.js';
import { capabilitiesOf, defaultEngine, engineTitles } from '../engine/native.js';
import type { DatabaseHeader } from '../engine/register.js';
import { isOldKuzu } from '../engine/versions.js';
import { KgloadError, messageOf } from '../errors.js';
import { moveToFree, onDisk, sync, systemCode } from '../files.js';
import type { EngineName } from '../types.js';

export interface Target {
  /** Absolute, symbolic links resolved. */
  path: string;
  /** Of the database that is there; absent where none is. */
  header?: DatabaseHeader;
  /** The file that is there, so that another in its place is noticed. */
  inode?: number;
}

/** A target where a database is. */
export type ExistingTarget = Target & { header: DatabaseHeader };

/** What the engines take for a database in memory is no path, nor is a directory's, or a server's. */
function refusePath(path: string): void {
  if (isServerUrl(path)) {
    throw new KgloadError({
      code: 'USAGE',
      message: `this works on a database file, and ${shownAddress(path)} is on a server`,
      hint: 'ask it by kgload query, or write it to files that load into one: kgload export',
    });
  }
  if (path === '' || path === ':memory:') {
    throw new KgloadError({
      code: 'TARGET_UNWRITABLE',
      message: path === '' ? 'the path of the database is empty' : ':memory: is no path of a file',
      file: path,
      hint: 'name a file: graph.db',
    });
  }
  if (path.endsWith('/') || path.endsWith(sep)) throw notADatabase(path, 'the path of a directory');
}

/** Whether there is a database. */
export function isThere(target: Target): target is ExistingTarget {
  return target.header !== undefined;
}

/**
 * Looks at what stands at a path, and refuses all but a database or nothing.
 *
 * @throws {KgloadError} `TARGET_NOT_A_DATABASE`, `TARGET_UNWRITABLE`.
 */
export function inspectTarget(path: string): Target {
  return onDisk(() => lookAtTarget(path));
}

function lookAtTarget(path: string): Target {
  refusePath(path);
  const reason = nameProblem(path);
  if (reason !== undefined) throw unwritable(path, reason, 'give it a shorter name');
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (!entry) {
    const parent = dirname(resolve(path));
    const parentStat = statSync(parent, { throwIfNoEntry: false });
    if (!parentStat?.isDirectory()) {
      throw unwritable(path, `the directory ${parent} does not exist`, 'create it first');
    }
    checkPlace(path, parent);
    return { path: join(realpathSync(parent), basename(resolve(path))) };
  }
  const real = realPath(path);
  const stat = statSync(real);
  if (stat.isDirectory()) throw aDirectory(path, real);
  if (!stat.isFile()) throw notADatabase(path, 'not a regular file');
  const header = headerOf(path, real);
  if (!header) throw notADatabase(path, 'a file of another kind');
  checkPlace(path, dirname(real));
  checkWritable(path, real);
  return { path: real, header, inode: stat.ino };
}

/**
 * The database at a path, to be read.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`.
 */
export function inspectDatabase(path: string): ExistingTarget {
  return onDisk(() => lookAtDatabase(path));
}

function lookAtDatabase(path: string): ExistingTarget {
  refusePath(path);
  // existsSync has no trouble with a name that is longer than a name may be.
  if (!existsSync(path) && (nameProblem(path) || !lstatSync(path, { throwIfNoEntry: false }))) {
    throw new KgloadError({
      code: 'ENOENT',
      message: `the database ${path} does not exist`,
      file: path,
      hint: `create it: kgload load <dataset> --db ${path}`,
    });
  }
  const real = realPath(path);
  if (statSync(real).isDirectory()) throw aDirectory(path, real);
  const header = headerOf(path, real);
  if (!header) throw notADatabase(path, 'a file of another kind');
  return { path: real, header };
}

/**
 * Holds an existing database against writers while its successor is built. Reading it changes no
 * byte. A file that the engine can't open holds nothing worth guarding.
 *
 * @throws {KgloadError} `TARGET_LOCKED` when a process has it open for writing.
 */
export function guardTarget({ path, header }: Target): { release: () => void } {
  const nothing = { release: () => undefined };
  if (!header) return nothing;
  try {
    return holdDatabase(header.engine, path);
  } catch (error) {
    const { code = '' } = error instanceof KgloadError ? error : {};
    if (code === 'ENGINE' || code === 'ENGINE_VERSION') return nothing;
    throw error;
  }
}

/**
 * The engine that writes a target: the one of the database that is there, unless that is replaced
 * by one of the engine that was asked for.
 *
 * @throws {KgloadError} `ENGINE_MISMATCH`.
 */
export function engineFor(
  { path, header }: Target,
  { engine, fresh = false }: { engine?: EngineName; fresh?: boolean },
): EngineName {
  if (header && engine !== undefined && engine !== header.engine && !fresh) {
    throw new KgloadError({
      code: 'ENGINE_MISMATCH',
      message: `${path} is a ${capabilitiesOf(header.engine).title} database, not a ${capabilitiesOf(engine).title} database`,
      file: path,
      hint: `leave out --engine ${engine}, or replace it with --fresh`,
    });
  }
  return engine ?? header?.engine ?? defaultEngine();
}

/** {@link engineFor} what is at a path, without a complaint: it is made when the work begins. */
export function likelyEngine(path: string, engine?: EngineName): EngineName {
  if (engine !== undefined) return engine;
  try {
    return inspectDatabase(path).header.engine;
  } catch {
    return defaultEngine();
  }
}

/**
 * Puts a finished database in the target's place, with the permissions of its predecessor. Both
 * the file and the directory are synced, so that a power cut leaves the old one or the new one.
 *
 * @throws {KgloadError} `TARGET_LOCKED` when the old database got into use, `TARGET_UNWRITABLE`, also
 *   when something else stands there by now.
 */
export function publish(database: string, target: Target): void {
  try {
    sync(database);
    const old = lstatSync(target.path, { throwIfNoEntry: false });
    if (old && old.ino !== target.inode) {
      throw unwritable(target.path, 'something else was put there meanwhile', 'load again');
    }
    if (old) {
      copyPermissions(old, database);
      removeSideFiles(target);
      renameSync(database, target.path);
    } else {
      removeSideFiles(target);
      moveToFree(database, target.path);
    }
    sync(dirname(target.path));
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    throw unwritable(target.path, messageOf(error));
  }
}

/** Bytes of a database and its side files. */
export function databaseBytes(path: string): number {
  return ['', ...SIDE_FILES].reduce(
    (sum, suffix) => sum + (statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/**
 * The engine would replay the old write-ahead log into the new database, so it has to be gone
 * before the rename; deleting it would lose commits of the old database if the rename never came.
 * So the old database takes it in first. A log that the engine can't take in is beyond use.
 */
function removeSideFiles(target: Target): void {
  if (target.header && LOG_FILES.some((suffix) => existsSync(target.path + suffix))) {
    try {
      openEngine(target.header.engine, target.path).close();
    } catch (error) {
      if (error instanceof KgloadError && error.code === 'TARGET_LOCKED') throw error;
    }
  }
  for (const suffix of SIDE_FILES) rmSync(target.path + suffix, { force: true });
}

function copyPermissions(from: { mode: number; uid: number; gid: number }, path: string): void {
  chmodSync(path, from.mode & 0o7777);
  try {
    chownSync(path, from.uid, from.gid);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') throw error; // Only root may give files away.
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw unwritable(path, `it is a symbolic link that leads nowhere (${systemCode(error) ?? ''})`);
  }
}

function headerOf(path: string, real: string): DatabaseHeader | undefined {
  try {
    return readHeader(real);
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    throw unwritable(path, messageOf(error));
  }
}

/** A directory that a database is built in is also read: for what loads have left, and to be synced. */
function checkPlace(path: string, directory: string): void {
  checkWritable(path, directory);
  try {
    accessSync(directory, constants.R_OK);
  } catch (error) {
    throw unwritable(path, `you may not read ${directory} (${systemCode(error) ?? ''})`);
  }
}

function checkWritable(path: string, place: string): void {
  try {
    accessSync(place, constants.W_OK);
  } catch (error) {
    throw unwritable(path, `you may not write to ${place} (${systemCode(error) ?? ''})`);
  }
}

function unwritable(path: string, reason: string, hint?: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `the database ${path} cannot be written: ${reason}`,
    file: path,
    ...(hint !== undefined && { hint }),
  });
}

function aDirectory(path: string, real: string): KgloadError {
  if (!isOldKuzu(readdirSync(real))) return notADatabase(path, 'a directory');
  return new KgloadError({
    code: 'ENGINE_VERSION',
    message: `${path} is a database of Kuzu before 0.11, which kept it in a directory; kgload does not touch it`,
    file: path,
    hint: "export it with that Kuzu (EXPORT DATABASE '…' (format='parquet')), and load the export: kgload load <export> --db <another path>",
  });
}

function notADatabase(path: string, what: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_NOT_A_DATABASE',
    message: `${path} is ${what}, not a ${engineTitles()} database; kgload does not touch it`,
    file: path,
    hint: 'give another path',
  });
}
