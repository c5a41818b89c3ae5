/** Opening a database for a piece of work, and putting the result in its place. */
import {
  openEngine,
  watchForWriters,
  type OpenDatabase,
  type OpenOptions,
} from './engine/engine.js';
import { discardStaging, openStaging } from './staging.js';
import type { Steps } from './steps.js';
import { guardTarget, publish, type Target } from './target.js';
import type { Connection, EngineName, Resources } from './types.js';

/**
 * Opens a database read-only, works on it, closes it.
 *
 * @throws {KgloadError} `TARGET_LOCKED` when a process has it open for writing.
 */
export function* readDatabase<T>(
  { path, header: { engine } }: Required<Target>,
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
  { path, header: { engine } }: Required<Target>,
  work: (connection: Connection) => Steps<T>,
  resources: Resources = {},
): Steps<T> {
  return yield* using(openEngine(engine, path, resources), ({ connection }) => work(connection));
}

/** Works on a database that is gone afterwards; with a path, once its directory is removed. */
export function* changeDatabaseInMemory<T>(
  engine: EngineName,
  work: (connection: Connection) => Steps<T>,
  path = ':memory:',
): Steps<T> {
  return yield* using(openEngine(engine, path), ({ connection }) => work(connection));
}

/**
 * Builds a new database beside the target and renames it into place, unless the work fails or
 * says that its result is not to be published. The old database is untouched until then.
 */
export function* replaceDatabase<T extends { published: boolean }>(
  target: Target,
  engine: EngineName,
  work: (database: OpenDatabase) => Steps<T>,
  onStaged: (directory: string) => void = () => undefined,
  options: OpenOptions = {},
): Steps<T> {
  const staging = openStaging(target.path);
  try {
    onStaged(staging.directory);
    const guard = guardTarget(target);
    let result: T;
    try {
      result = yield* using(openEngine(engine, staging.database, options), work);
    } finally {
      guard.release();
    }
    if (result.published) publish(staging.database, target);
    return result;
  } finally {
    discardStaging(staging.directory);
  }
}

function* using<T>(database: OpenDatabase, work: (database: OpenDatabase) => Steps<T>): Steps<T> {
  try {
    return yield* work(database);
  } finally {
    database.close();
  }
}
