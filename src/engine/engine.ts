/** The engines, and opening their databases. A native module is loaded at the first call. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, devNull } from 'node:os';
import { dirname, join } from 'node:path';
import type * as Kuzu from 'kuzu';
import { isTooManyFiles, KgloadError, messageOf, systemCode, tooManyFiles } from '../errors.js';
import { readOwner, stagingOf } from './owner.js';
import { sleepSync } from './processes.js';
import type { Connection, EngineName, Resources } from '../types.js';
import { endCheckpoint, readFirstBytes } from './file.js';
import { isDying, lockHolder } from './locks.js';
import { addressSpace, defaultBufferPool, smallBufferPool } from './resources.js';
import { heldError, heldHere, hold, release, type Held } from './register.js';

/** What differs between the engines; all else is the same. */
interface Engine {
  /** As people write it. */
  title: string;
  /** The package that is installed. */
  package: string;
  /** The version that kgload is tested with. */
  version: string;
  /** What the package lacks until its install script has run. */
  built: string;
  /**
   * Whether a database that is open for reading is locked against writers, and the other way
   * round. Where it is not, a reader has to look for writers itself.
   */
  readersLock: boolean;
  /** Whether the function `to_json` is built in. */
  toJson: boolean;
  /**
   * The statement that lets several connections write at a time, if the engine can. Ladybug calls
   * the setting one for debugging; how it was tried is told in docs/ladybug.md.
   */
  manyWriters?: string;
}

const ENGINES: Record<EngineName, Engine> = {
  kuzu: {
    title: 'Kuzu',
    package: 'kuzu',
    version: '0.11.3',
    built: 'index.js',
    readersLock: true,
    toJson: true,
  },
  ladybug: {
    title: 'Ladybug',
    package: '@ladybugdb/core',
    version: '0.19.1',
    built: 'lbugjs.node',
    readersLock: false,
    toJson: false,
    manyWriters: 'CALL debug_enable_multi_writes=true',
  },
};

/** For those who do not say which engine they want. */
export const DEFAULT_ENGINE: EngineName = 'kuzu';

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

/** Whichever engine is installed, where it is all the same. */
export function anyEngine(): EngineName {
  const require = createRequire(import.meta.url);
  const isInstalled = (name: EngineName): boolean => {
    try {
      return require.resolve(ENGINES[name].package) !== '';
    } catch {
      return false;
    }
  };
  return ENGINE_NAMES.find(isInstalled) ?? DEFAULT_ENGINE;
}

/** An engine's name as people write it. */
export function titleOf(engine: EngineName): string {
  return ENGINES[engine].title;
}

/** Whether an engine has the function `to_json`. */
export function hasToJson(engine: EngineName): boolean {
  return ENGINES[engine].toJson;
}

export interface OpenDatabase {
  connection: Connection;
  /** Connections that may work at the same time, the first of them {@link connection}. */
  connections: Connection[];
  engine: EngineName;
  /** The engine's version. */
  version: string;
  /** Writes what is pending to the file and lets go of it. */
  close: () => void;
  /**
   * Lets it be, never to be closed. After a write that found the disk full, closing may not end
   * (Ladybug 0.19.1 rolls back its hash index for ever) or abort the process (Kuzu 0.11.3).
   */
  abandon: () => void;
}

/** Both versions stand in the module's index.js, not in its types. */
type EngineModule = typeof Kuzu & { VERSION: string; STORAGE_VERSION: bigint };

/** Whether an engine can load several tables at a time. */
export function hasManyWriters(engine: EngineName): boolean {
  return ENGINES[engine].manyWriters !== undefined;
}

export interface OpenOptions extends Resources {
  readOnly?: boolean;
  /**
   * How many connections are to work at the same time; to write, as many as the engine can. With
   * more than one, what they write is in the write-ahead log alone until a CHECKPOINT, and a process
   * that is killed may leave a file that can't be opened.
   */
  connections?: number;
  /** `false`: what is written is not compressed. Default: it is. */
  compression?: boolean;
  /** Not to be shared with what has it open in this process. */
  isExclusive?: boolean;
}

/**
 * Opens a database, creating it unless `readOnly`. A reader shares it with what has it open in this
 * process already.
 *
 * @throws {KgloadError} `TARGET_LOCKED`, `ENGINE_MISSING`, or `ENGINE` for a file that it can't open.
 */
export function openEngine(
  engine: EngineName,
  path: string,
  {
    readOnly = false,
    connections: wanted = 1,
    compression = true,
    isExclusive = !readOnly,
    ...resources
  }: OpenOptions = {},
): OpenDatabase {
  const module = requireEngine(engine);
  const here = heldHere<Kuzu.Database>(path);
  if (here) {
    if (isExclusive) throw heldError(path);
    here.users += 1;
    return connectTo(module, engine, here, wanted, resources);
  }
  const before = existsSync(path) ? readFirstBytes(path) : undefined;

  const { manyWriters } = ENGINES[engine];
  const isParallel = wanted > 1 && !readOnly && manyWriters !== undefined;
  const space = addressSpace();
  const pool = resources.bufferPool ?? defaultBufferPool(space);
  checkDescriptors();
  for (let waited = 0, recoveries = 0; ;) {
    // A checkpoint waits for all writers.
    const most = space === Infinity ? undefined : space;
    const database = new module.Database(path, pool, compression, readOnly, most, !isParallel);
    try {
      if (readOnly && !ENGINES[engine].readersLock) refuseWriter(path);
      database.initSync();
    } catch (error) {
      database.closeSync();
      const message = messageOf(error);
      if (isLockError(message) && waited < LOCK_MS && isDying(lockHolder(path))) {
        sleepSync(LOCK_POLL_MS);
        waited += LOCK_POLL_MS;
        continue;
      }
      recoveries += 1;
      const mayRecover = recoveries <= MAX_RECOVERIES;
      if (mayRecover && readOnly && needsRecovery(message)) {
        openEngine(engine, path, resources).close();
      } else if (!(mayRecover && !readOnly && !lockHolder(path) && endCheckpoint(path, message))) {
        throw openError(path, error, recoveries > 1);
      }
      continue;
    }
    const header = before ?? { engine, storageVersion: Number(module.STORAGE_VERSION) };
    const entry = hold(path, database, header);
    const open = connectTo(module, engine, entry, isParallel || readOnly ? wanted : 1, resources);
    if (isParallel) execute(open.connection, manyWriters);
    return open;
  }
}

const abandoned: object[] = [];

/** Keeps Node from closing what was abandoned as it ends: a second `exit` ends the process at once. */
function keepFromClosing(...handles: object[]): void {
  if (abandoned.length === 0) {
    process.once('exit', (code) => {
      process.exit(code);
    });
  }
  abandoned.push(...handles);
}

/** Connections of one user to an open database; the last that closes them closes it too. */
function connectTo(
  module: EngineModule,
  engine: EngineName,
  held: Held<Kuzu.Database>,
  wanted: number,
  { threads }: Resources,
): OpenDatabase {
  const connections: Kuzu.Connection[] = [];
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const connection of connections) connection.closeSync();
    if (release(held)) held.database.closeSync();
  };
  try {
    for (let i = 0; i < wanted; i += 1) {
      const connection = new module.Connection(held.database);
      connections.push(connection);
      connection.initSync();
      if (threads !== undefined) connection.setMaxNumThreadForExec(threads);
    }
  } catch (error) {
    close();
    throw error;
  }
  const abandon = (): void => {
    if (isClosed) return;
    isClosed = true;
    keepFromClosing(...connections, held.database); // What is collected as garbage is closed too.
    release(held);
  };
  const [connection] = connections as [Kuzu.Connection];
  return { connection, connections, engine, version: module.VERSION, close, abandon };
}

/** What a kill in the middle of a checkpoint leaves takes two at most, unless it comes anew. */
const MAX_RECOVERIES = 5;

/**
 * Fails while that is still an error: with fewer than 6 descriptors Ladybug 0.19.1 ends the process
 * (`Invalid transaction type to rollback`), and either engine would miss one in the middle of a load.
 */
function checkDescriptors(): void {
  const handles: number[] = [];
  try {
    while (handles.length < FREE_DESCRIPTORS) handles.push(openSync(devNull, 'r'));
  } catch (error) {
    if (isTooManyFiles(error)) throw tooManyFiles(error);
    throw error;
  } finally {
    for (const handle of handles) closeSync(handle);
  }
}

const FREE_DESCRIPTORS = 12;

/** A statement or an open needs more memory than the buffer pool has. */
export function isPoolFull(message: string): boolean {
  return /buffer pool is full|buffer pool size|Buffer manager/i.test(message);
}

/**
 * Holds a database against writers until it is released, and changes no byte of it.
 *
 * @throws {KgloadError} As {@link openEngine}.
 */
export function holdDatabase(engine: EngineName, path: string): { release: () => void } {
  const { readersLock } = ENGINES[engine];
  let database: OpenDatabase;
  try {
    database = openEngine(engine, path, {
      readOnly: readersLock,
      isExclusive: true,
      bufferPool: smallBufferPool(),
    });
  } catch (error) {
    if (!(error instanceof KgloadError) || error.code !== 'ENGINE_MISSING') throw error;
    if (lockHolder(path)) throw lockedError(path, error);
    return { release: () => undefined }; // Without its engine, that is all that can be done.
  }
  const { connection, close } = database;
  if (!readersLock) execute(connection, LEAVE_ON_CLOSE);
  return { release: close };
}

function execute(connection: Connection, statement: string): void {
  for (const result of [connection.querySync(statement)].flat()) result.close();
}

/** What is pending is not written to the file on closing, but stays in the write-ahead log. */
const LEAVE_ON_CLOSE = 'CALL force_checkpoint_on_close=false';

/** Says so as the engine itself would if its readers looked at the lock. */
function refuseWriter(path: string): void {
  const holder = lockHolder(path);
  if (!holder || holder.pid === process.pid) return;
  // A load that builds beside it holds it against writers, and writes nothing itself.
  if (readOwner(stagingOf(path))?.pid === holder.pid) return;
  throw new Error(LOCK_ERROR);
}

/** What a file looks like from outside: it does not change while nobody writes it. */
export function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : '';
}

/**
 * Watches a database that is read without a lock.
 *
 * @returns What fails with `TARGET_LOCKED` if the database was written meanwhile: then what was
 *   read may be wrong.
 */
export function watchForWriters(engine: EngineName, path: string): () => void {
  if (ENGINES[engine].readersLock) return () => undefined;
  const before = stampOf(path);
  const [inode] = before.split(' ');
  return () => {
    const after = stampOf(path);
    // Another file in its place is no harm: the old one is still what it was.
    if (after === before || after.split(' ')[0] !== inode) return;
    throw new KgloadError({
      code: 'TARGET_LOCKED',
      message: `the database ${path} was written by another process while it was read`,
      file: path,
      hint: 'wait until that is done, and try again',
    });
  };
}

/** A killed process holds its lock until the system has taken its memory apart. */
const LOCK_MS = 3000;
const LOCK_POLL_MS = 20;

function requireEngine(name: EngineName): EngineModule {
  const require = createRequire(import.meta.url);
  const engine = ENGINES[name];
  try {
    if (isRequired(engine, require)) return require(engine.package) as EngineModule;
    const flags = linkingOf(name, require);
    const module = withDlopenFlags(flags, () => require(engine.package) as EngineModule);
    linkedHere.add(name);
    return module;
  } catch (error) {
    throw engineMissing(engine, require, error);
  }
}

/** Those that were not in the process before, with their own loader's flags. */
const linkedHere = new Set<EngineName>();

/**
 * How an engine's library is linked into the process. Both hold the same parser library, and their
 * own loaders make all names known to the whole process (RTLD_GLOBAL), so that the second one uses
 * the first one's parser, and the process ends with a segmentation fault, at the latest on its exit.
 * So kgload keeps each one's names to itself, which also keeps out extensions from files; it loads
 * none, and a caller who does imports the engine before, with its own loader's flags.
 *
 * Ladybug also looks for a name in itself first (RTLD_DEEPBIND), should the caller's Kuzu be known
 * to all. Kuzu 0.11.3 can't: on Node 22 and newer its regular expressions then throw std::bad_cast,
 * since some names of the C++ library are the program's and others are not. It binds all its names
 * at once instead (RTLD_NOW; that takes no longer), before a Ladybug might be known to all. Where
 * the caller's Ladybug is that already, regular expressions that fail are the lesser evil.
 */
function linkingOf(name: EngineName, require: NodeJS.Require): number {
  const { RTLD_LAZY, RTLD_NOW } = constants.dlopen;
  // Missing where the linker keeps libraries apart anyway.
  const own = (constants.dlopen as { RTLD_DEEPBIND?: number }).RTLD_DEEPBIND ?? 0;
  if (name === 'ladybug') return RTLD_LAZY | own;
  const isLadybugKnown = !linkedHere.has('ladybug') && isRequired(ENGINES.ladybug, require);
  return isLadybugKnown ? RTLD_NOW | own : RTLD_NOW;
}

/** Whether a package was loaded in this process before. */
function isRequired(engine: Engine, require: NodeJS.Require): boolean {
  try {
    return require.resolve(engine.package) in require.cache;
  } catch {
    return false;
  }
}

function withDlopenFlags<T>(flags: number, load: () => T): T {
  const dlopen = process.dlopen.bind(process);
  process.dlopen = (module, path) => {
    dlopen(module, path, flags);
  };
  try {
    return load();
  } finally {
    process.dlopen = dlopen;
  }
}

/** The engines' npm packages are not complete until their install scripts have run. */
function engineMissing(engine: Engine, require: NodeJS.Require, error: unknown): KgloadError {
  if (isTooManyFiles(error)) return tooManyFiles(error);
  const installScript = (require.resolve.paths(engine.package) ?? [])
    .map((directory) => join(directory, engine.package, 'install.js'))
    .find((path) => existsSync(path));
  const isUnbuilt =
    ['MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes(systemCode(error) ?? '') &&
    installScript !== undefined &&
    !existsSync(join(dirname(installScript), engine.built));
  return new KgloadError(
    isUnbuilt
      ? {
          code: 'ENGINE_MISSING',
          message: `the package ${engine.package} is installed, but npm did not run its install script`,
          hint: `run: node ${installScript}`,
        }
      : {
          code: 'ENGINE_MISSING',
          message: `the package ${engine.package} cannot be loaded: ${firstLine(messageOf(error))}`,
          hint: `run: npm install ${engine.package}@${engine.version}`,
        },
    { cause: error },
  );
}

function openError(path: string, error: unknown, wasRecovered: boolean): KgloadError {
  const message = messageOf(error);
  if (isLockError(message)) return lockedError(path, error);
  if (isTooManyFiles(error)) return tooManyFiles(error);
  const still = wasRecovered ? ', though what a kill left of a checkpoint was put right' : '';
  return new KgloadError(
    {
      code: 'ENGINE',
      message: `the database ${path} cannot be opened${still}: ${firstLine(message)}`,
      file: path,
    },
    { cause: error },
  );
}

function lockedError(path: string, cause: unknown): KgloadError {
  const holder = lockHolder(path);
  return new KgloadError(
    {
      code: 'TARGET_LOCKED',
      message: `the database ${path} is in use by ${holder ? `process ${holder.pid} (${holder.name})` : 'another process'}`,
      file: path,
      hint: 'close it there, or wait until it is done',
    },
    { cause },
  );
}

function isLockError(message: string): boolean {
  return message.includes(LOCK_ERROR);
}

const LOCK_ERROR = 'Could not set lock on file';

/** Why the engine could not write, in the words of write(2) where it has some. */
export function diskFullReason(message: string): string | undefined {
  const known = /No space left on device|Disk quota exceeded|File too large/.exec(message)?.[0];
  return known ?? (message.includes('Cannot write to file') ? 'a write was cut short' : undefined);
}

/** That a file of a statement's result could not be written for want of space, if it was that. */
export function fullDiskError(path: string, cause: unknown): KgloadError | undefined {
  const reason = diskFullReason(messageOf(cause));
  if (reason === undefined) return undefined;
  const message = `${path} cannot be written: ${reason}`;
  return new KgloadError({ code: 'DISK_FULL', message, file: path }, { cause });
}

/**
 * Whether the engine could not write. Where such an error ends a COMMIT, both engines may say instead
 * that the rollback failed, too.
 */
export function isDiskFull(message: string): boolean {
  const isCommit = message.includes('Invalid transaction type to rollback');
  return isCommit || diskFullReason(message) !== undefined;
}

/**
 * Whether the engine read beyond the end of a file of its own: a page that it never wrote, since the
 * disk was full, or, with Ladybug 0.19.1 and several connections, the buffer pool.
 */
export function hasLostPages(message: string): boolean {
  return /Cannot read from file: .*numBytesRead: 0 /.test(message);
}

/** A process was killed in the middle of a checkpoint: only opening for writing completes it. */
function needsRecovery(message: string): boolean {
  return /replay shadow pages under read-only mode|read-only mode while checkpoint/.test(message);
}

/** The engine's messages go on with links and hints in further lines. */
export function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}
