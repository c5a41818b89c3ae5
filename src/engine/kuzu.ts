/** Opening Kuzu databases. The native module is loaded at the first call. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Kuzu from 'kuzu';
import { KgloadError, messageOf, systemCode } from '../errors.js';
import { processExists, sleepSync } from '../process.js';
import type { Connection } from '../types.js';
import type { EngineName } from './file.js';

export interface OpenDatabase {
  connection: Connection;
  engine: EngineName;
  /** The engine's version. */
  version: string;
  /** Writes what is pending to the file and lets go of it. */
  close: () => void;
}

/** `VERSION` stands in the module's index.js, not in its types. */
type KuzuModule = typeof Kuzu & { VERSION: string };

/**
 * Opens a database, creating it unless `readOnly`.
 *
 * @throws {KgloadError} `TARGET_LOCKED`, `ENGINE_MISSING`, or `ENGINE` for a file that Kuzu can't open.
 */
export function openKuzu(path: string, { readOnly = false } = {}): OpenDatabase {
  const kuzu = requireKuzu();
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    const database = new kuzu.Database(path, 0, true, readOnly);
    const connection = new kuzu.Connection(database);
    const close = (): void => {
      connection.closeSync();
      database.closeSync();
    };
    try {
      database.initSync();
      connection.initSync();
      return { connection, engine: 'kuzu', version: kuzu.VERSION, close };
    } catch (error) {
      close();
      const message = messageOf(error);
      if (readOnly && needsRecovery(message)) openKuzu(path).close();
      else if (!isLockError(message) || waited >= LOCK_MS || !isDying(lockHolder(path))) {
        throw openError(path, error);
      } else sleepSync(LOCK_POLL_MS);
    }
  }
}

/** A killed process holds its lock until the system has taken its memory apart. */
const LOCK_MS = 3000;
const LOCK_POLL_MS = 20;

/**
 * Whether a lock's holder ends by itself: it is a worker whose supervisor was killed, or is being
 * taken apart already, and then has no command line any more, or is gone.
 */
function isDying(holder: LockHolder | undefined): boolean {
  if (!holder) return process.platform === 'linux';
  if (holder.command === '') return true;
  // The supervisor's number is the worker's argument.
  const [, supervisor] = /worker\.js\0(\d+)\0/.exec(holder.command) ?? [];
  return supervisor !== undefined && !processExists(Number(supervisor));
}

function requireKuzu(): KuzuModule {
  const require = createRequire(import.meta.url);
  try {
    return require('kuzu') as KuzuModule;
  } catch (error) {
    throw engineMissing(require, error);
  }
}

/** Kuzu's npm package has no index.js until its install script has copied it into place. */
function engineMissing(require: NodeJS.Require, error: unknown): KgloadError {
  const installScript = (require.resolve.paths('kuzu') ?? [])
    .map((directory) => join(directory, 'kuzu', 'install.js'))
    .find((path) => existsSync(path));
  const isUnbuilt = systemCode(error) === 'MODULE_NOT_FOUND' && installScript !== undefined;
  return new KgloadError(
    isUnbuilt
      ? {
          code: 'ENGINE_MISSING',
          message: 'the package kuzu is installed, but npm did not run its install script',
          hint: `run: node ${installScript}`,
        }
      : {
          code: 'ENGINE_MISSING',
          message: `the package kuzu cannot be loaded: ${firstLine(messageOf(error))}`,
          hint: 'run: npm install kuzu@0.11.3',
        },
    { cause: error },
  );
}

function openError(path: string, error: unknown): KgloadError {
  const message = messageOf(error);
  if (isLockError(message)) {
    const holder = lockHolder(path);
    return new KgloadError(
      {
        code: 'TARGET_LOCKED',
        message: `the database ${path} is in use by ${holder ? `process ${holder.pid} (${holder.name})` : 'another process'}`,
        file: path,
        hint: 'close it there, or wait until it is done',
      },
      { cause: error },
    );
  }
  return new KgloadError(
    {
      code: 'ENGINE',
      message: `the database ${path} cannot be opened: ${firstLine(message)}`,
      file: path,
    },
    { cause: error },
  );
}

function isLockError(message: string): boolean {
  return message.includes('Could not set lock on file');
}

export function isDiskFull(message: string): boolean {
  return message.includes('No space left on device');
}

/** A process was killed in the middle of a checkpoint: only opening for writing completes it. */
function needsRecovery(message: string): boolean {
  return message.includes('replay shadow pages under read-only mode');
}

/** The engine's messages go on with links and hints in further lines. */
export function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

interface LockHolder {
  pid: number;
  /** Its name, for people. */
  name: string;
  /** Its command line. */
  command: string;
}

/** Linux tells which process locks a file: proc(5), /proc/locks. Elsewhere nobody knows. */
function lockHolder(path: string): LockHolder | undefined {
  try {
    const inode = statSync(path).ino;
    const lock = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find((fields) => fields[1] === 'POSIX' && fields[5]?.endsWith(`:${inode}`));
    const pid = Number(lock?.[4]);
    if (!Number.isInteger(pid)) return undefined;
    return {
      pid,
      name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim(),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    };
  } catch {
    return undefined;
  }
}
