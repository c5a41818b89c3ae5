/** Opening databases, once a file: readers share what this process has open. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import type * as Kuzu from 'kuzu';
import { KgloadError, messageOf } from '../errors.js';
import { isTooManyFiles, tooManyFiles } from '../files.js';
import type { Capabilities } from '../model/capabilities.js';
import type { Connection, EngineName, Resources } from '../types.js';
import { endCheckpoint, readFirstBytes } from './file.js';
import { isDying, lockHolder } from './locks.js';
import { firstLine, fullDiskError, isLockError, LOCK_ERROR, needsRecovery } from './messages.js';
import { capabilitiesOf, type EngineModule, ENGINES } from './native.js';
import { readOwner, stagingOf } from './owner.js';
import { sleepSync } from './processes.js';
import { type Held, heldError, heldHere, hold, release } from './register.js';
import { addressSpace, defaultBufferPool, smallBufferPool } from './resources.js';
import { engineOf, versionError } from './versions.js';

export interface OpenDatabase {
  connection: Connection;
  /** Connections that may work at the same time, the first of them {@link connection}. */
  connections: Connection[];
  engine: EngineName;
  can: Capabilities;
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
 * @throws {KgloadError} `TARGET_LOCKED`, `ENGINE_MISSING`, `ENGINE_VERSION`, or `ENGINE` for a file that
 *   it can't open.
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
  const here = heldHere<Kuzu.Database>(path);
  const before = here ? here.header : existsSync(path) ? readFirstBytes(path) : undefined;
  const module = engineOf(engine, before);
  if (here) {
    if (isExclusive) throw heldError(path);
    here.users += 1;
    return connectTo(module, engine, here, wanted, resources);
  }
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
      if (readOnly && !capabilitiesOf(engine).readersLock) refuseWriter(path);
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
        throw versionError(path, engine, before, error) ?? openError(path, error, recoveries > 1);
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
  const can = capabilitiesOf(engine);
  return { connection, connections, engine, can, version: module.VERSION, close, abandon };
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

/**
 * Holds a database against writers until it is released, and changes no byte of it.
 *
 * @throws {KgloadError} As {@link openEngine}.
 */
export function holdDatabase(engine: EngineName, path: string): { release: () => void } {
  const { readersLock } = capabilitiesOf(engine);
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
  if (capabilitiesOf(engine).readersLock) return () => undefined;
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

function openError(path: string, error: unknown, wasRecovered: boolean): KgloadError {
  const message = messageOf(error);
  if (isLockError(message)) return lockedError(path, error);
  if (isTooManyFiles(error)) return tooManyFiles(error);
  const full = fullDiskError(path, error);
  if (full) return full;
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
