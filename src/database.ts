/** Opening a database for a piece of work, and putting the result in its place. */
import { openKuzu, type OpenDatabase } from './engine/kuzu.js';
import { discardStaging, openStaging } from './staging.js';
import type { Steps } from './steps.js';
import { guardTarget, publish, type Target } from './target.js';
import type { Connection } from './types.js';

/** Opens a database read-only, works on it, closes it. */
export function* readDatabase<T>(
  path: string,
  work: (database: OpenDatabase) => Steps<T>,
): Steps<T> {
  return yield* using(openKuzu(path, { readOnly: true }), work);
}

/** Works on the database where it is. */
export function* changeDatabase<T>(
  target: Target,
  work: (connection: Connection) => Steps<T>,
): Steps<T> {
  return yield* using(openKuzu(target.path), ({ connection }) => work(connection));
}

/** Works on a database that is gone afterwards. */
export function* changeDatabaseInMemory<T>(work: (connection: Connection) => Steps<T>): Steps<T> {
  return yield* using(openKuzu(':memory:'), ({ connection }) => work(connection));
}

/**
 * Builds a new database beside the target and renames it into place, unless the work fails or
 * says that its result is not to be published. The old database is untouched until then.
 */
export function* replaceDatabase<T extends { published: boolean }>(
  target: Target,
  work: (connection: Connection) => Steps<T>,
  onStaged: (directory: string) => void = () => undefined,
): Steps<T> {
  const staging = openStaging(target.path);
  try {
    onStaged(staging.directory);
    const guard = guardTarget(target);
    let result: T;
    try {
      result = yield* using(openKuzu(staging.database), ({ connection }) => work(connection));
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
