/** Opening a database for a piece of work, and putting the result in its place. */
import { constants, copyFileSync, existsSync, rmSync } from 'node:fs';
import type { Steps } from '../engine/drive.js';
import {
  holdDatabase,
  type OpenDatabase,
  openEngine,
  type OpenOptions,
  stampOf,
  watchForWriters,
} from '../engine/engine.js';
import { LOG_FILES, SIDE_FILES } from '../engine/file.js';
import { isDiskFull } from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import { onDisk, systemError } from '../files.js';
import { beginStep, type Listener, type Step } from '../steps.js';
import type { Connection, EngineName, Problem, StepName } from '../types.js';
import { discardStaging, openStaging } from './staging.js';
import { type ExistingTarget, guardTarget, isThere, publish, type Target } from './target.js';

/**
 * Opens a database read-only, works on it, closes it.
 *
 * @throws {KgloadError} `TARGET_LOCKED` when a process has it open for writing.
 */
export function* readDatabase<T>(
  { path, header: { engine } }: ExistingTarget,
  work: (database: OpenDatabase) => Steps<T>,
  options: OpenOptions = {},
): Steps<T> {
  const database = openEngine(engine, path, { ...options, readOnly: true });
  const check = watchForWriters(engine, path); // Opening it may have ended a dead load's checkpoint.
  const result = yield* using(database, work);
  check();
  return result;
}

/** Works on the database where it is. */
export function* changeDatabase<T>(
  { path, header: { engine } }: ExistingTarget,
  work: (connection: Connection) => Steps<T>,
): Steps<T> {
  return yield* using(openEngine(engine, path), ({ connection }) => work(connection));
}

/** Works on a database that is gone afterwards; with a path, once its directory is removed. */
export function* changeDatabaseInMemory<T>(
  engine: EngineName,
  work: (connection: Connection) => Steps<T>,
  path = ':memory:',
  options: OpenOptions = {},
): Steps<T> {
  return yield* using(openEngine(engine, path, options), ({ connection }) => work(connection));
}

/** How a database is built beside its target. */
export interface BuildOptions extends OpenOptions {
  /** Begin with a copy of the database that is there, not with an empty one. */
  isCopy?: boolean;
  /** Whether a copy has to be written without compression, by what a look at it says. */
  isPlain?: (connection: Connection) => Steps<boolean>;
  /** Is told the directory in which it is built; removing that undoes the work. */
  onStaged?: (directory: string) => void;
  /** Is told of copying, opening, closing and publishing it. */
  listener?: Listener;
  /** Called before the target is touched: what it throws keeps the target as it is. */
  beforePublish?: () => void;
  /** What the copied database looked like when somebody read it: {@link stampsOf}. */
  since?: string;
}

/** What a database and its log look like from outside: the same while nobody writes it. */
export function stampsOf({ path }: Target): string {
  return ['', ...LOG_FILES].map((suffix) => stampOf(path + suffix)).join();
}

/**
 * Builds a database beside the target and renames it into place, unless the work fails or says that
 * its result is not to be published. The old database is untouched until then.
 *
 * @param work - Returns `again` to have what it built thrown away, and to begin anew: what a failed
 *   COPY leaves behind is not to be trusted. After one into a table with rows Kuzu 0.11.3 hangs in
 *   the next COPY once the file was reopened, and Ladybug 0.19.1 loses keys of the next COPY from
 *   its index; rolling back a rel COPY destroys the edges that were there before.
 */
export function* replaceDatabase<T extends { published: boolean }>(
  target: Target,
  engine: EngineName,
  work: (database: OpenDatabase) => Steps<T | 'again'>,
  {
    isCopy = false,
    isPlain,
    onStaged,
    beforePublish,
    listener,
    since,
    ...options
  }: BuildOptions = {},
): Steps<T> {
  const begin = (name: StepName): Step | undefined => listener && beginStep(listener, name);
  const staging = openStaging(target.path);
  try {
    onStaged?.(staging.directory);
    let result: T | 'again';
    let how: OpenOptions = options;
    do {
      onDisk(() => {
        for (const suffix of ['', ...SIDE_FILES])
          rmSync(staging.database + suffix, { force: true });
      });
      const copying = isCopy && isThere(target) ? begin('copy') : undefined;
      const guard =
        isCopy && isThere(target)
          ? copyDatabase(target, staging.database, since)
          : guardTarget(target);
      try {
        copying?.end();
        if (isPlain && how.compression !== false) {
          const isNeeded = yield* using(openEngine(engine, staging.database, how), (database) =>
            isPlain(database.connection),
          );
          if (isNeeded) how = { ...how, compression: false };
        }
        const opening = begin('open');
        const open = openEngine(engine, staging.database, how);
        const close = (): void => {
          try {
            const closing = begin('close');
            open.close();
            closing?.end();
          } finally {
            open.close(); // Whatever a listener threw; closing twice is closing once.
          }
        };
        result = yield* building({ ...open, close }, function* (database) {
          opening?.end();
          return yield* work(database);
        });
      } finally {
        guard.release();
      }
    } while (result === 'again');
    if (result.published) {
      beforePublish?.();
      const publishing = begin('publish');
      publish(staging.database, target);
      publishing?.end();
    }
    return result;
  } finally {
    discardStaging(staging.directory);
  }
}

/**
 * Copies a database, with the commits that are in its log alone, and holds it against writers. It
 * must not be held while it is copied: closing any descriptor of a file drops the locks that this
 * process has on it (fcntl(2)). So a look before and after tells whether somebody wrote it.
 *
 * @throws {KgloadError} `TARGET_LOCKED`, `DISK_FULL`, `TARGET_UNWRITABLE`, `ENGINE`.
 */
function copyDatabase(
  target: ExistingTarget,
  copy: string,
  since: string | undefined,
): { release: () => void } {
  const {
    path,
    header: { engine },
  } = target;
  holdDatabase(engine, path).release(); // Before many bytes are copied in vain.
  const before = since ?? stampsOf(target);
  if (stampsOf(target) !== before) throw writtenMeanwhile(path, 'read');
  try {
    for (const suffix of ['', ...SIDE_FILES]) {
      if (!existsSync(path + suffix)) continue;
      // Where the file system can, the copy shares its blocks with the original.
      copyFileSync(path + suffix, copy + suffix, constants.COPYFILE_FICLONE);
    }
  } catch (error) {
    const isFull = systemError(error)?.code === 'DISK_FULL';
    throw new KgloadError(
      {
        code: isFull ? 'DISK_FULL' : 'TARGET_UNWRITABLE',
        message: `${path} cannot be copied, to be changed beside its place: ${messageOf(error)}`,
        file: path,
        hint: isFull ? 'free as much space as the database takes' : 'see whether you may read it',
      },
      { cause: error },
    );
  }
  const guard = holdDatabase(engine, path);
  if (stampsOf(target) === before) return guard;
  guard.release();
  throw writtenMeanwhile(path, 'copied');
}

function writtenMeanwhile(path: string, what: 'read' | 'copied'): KgloadError {
  return new KgloadError({
    code: 'TARGET_LOCKED',
    message: `the database ${path} was written by another process while it was ${what}`,
    file: path,
    hint: 'wait until that is done, and try again',
  });
}

/** A database that could not be written is not closed: that may not end. */
function* building<T extends { published: boolean }>(
  database: OpenDatabase,
  work: (database: OpenDatabase) => Steps<T | 'again'>,
): Steps<T | 'again'> {
  let isWritten = true;
  try {
    const result = yield* work(database);
    isWritten = result === 'again' || result.published || !isAboutFullDisk(result);
    return result;
  } catch (error) {
    isWritten = !isDiskFull(messageOf(error));
    throw error;
  } finally {
    if (isWritten) database.close();
    else database.abandon();
  }
}

function isAboutFullDisk(result: object): boolean {
  const { errors = [] } = result as { errors?: Problem[] };
  return errors.some(({ code }) => code === 'DISK_FULL');
}

function* using<T>(database: OpenDatabase, work: (database: OpenDatabase) => Steps<T>): Steps<T> {
  try {
    return yield* work(database);
  } finally {
    database.close();
  }
}
