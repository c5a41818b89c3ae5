/** What reads a database, whether that is in a file or on a server. */
import { isServerUrl } from '../bolt/address.js';
import { readSchema, readTables } from '../database/catalog.js';
import { readDatabase } from '../database/open.js';
import type { Portrait } from '../database/portrait.js';
import { statsSteps } from '../database/stats.js';
import { inspectDatabase } from '../database/target.js';
import { drive, type Steps } from '../engine/drive.js';
import type { OpenDatabase } from '../engine/engine.js';
import { KgloadError, toProblem } from '../errors.js';
import { codeGraph } from '../model/codegraph.js';
import { withFiles } from '../model/differences.js';
import type { DatabaseStats, GraphSchema, Problem, ServerAccess, VerifyReport } from '../types.js';
import type { VerifyOptions } from '../verify/verify.js';

/** What the library's function of this name does; see there. */
export async function readStats(
  database: string,
  options: { degrees?: boolean; server?: ServerAccess } = {},
): Promise<DatabaseStats> {
  if (!isServerUrl(database)) return await drive(statsSteps(database, options));
  const { readServerStats } = await import('./stats.js');
  return await readServerStats(database, options);
}

/**
 * What a page shows of a database.
 *
 * @param onWarning - Is told of what of a server's graph has no place in tables.
 * @throws {KgloadError} Why the database cannot be read.
 */
export async function readPortrait(
  database: string,
  access: ServerAccess | undefined,
  onWarning: (warning: Problem) => void,
): Promise<Portrait> {
  if (isServerUrl(database)) {
    const { readServerPortrait } = await import('./portrait.js');
    return await readServerPortrait(database, access, onWarning);
  }
  const { portraitSteps } = await import('../database/portrait.js');
  return await drive(portraitSteps(database));
}

/** What the library's function of this name does; see there. */
export async function verifyDatabase(
  database: string,
  directory: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  if (isServerUrl(database)) {
    const { verifyServer } = await import('./verify.js');
    return await verifyServer(database, directory, options);
  }
  const verify = await import('../verify/verify.js');
  return await verify.verifyDatabase(database, directory, options);
}

/**
 * The schema of a database, for people. `onWarning` is told of what is left out: what the engine does not
 * export, and what of a server's graph has no place in tables.
 *
 * @throws {KgloadError} Why the database cannot be read.
 */
export async function showSchema(
  database: string,
  access: ServerAccess | undefined,
  onWarning: (warning: Problem) => void,
): Promise<GraphSchema> {
  if (!isServerUrl(database)) return await drive(schemaSteps(database, onWarning));
  const { showServerSchema } = await import('./schema.js');
  const { schema, problems } = await showServerSchema(database, access);
  problems.forEach(onWarning);
  return schema;
}

/**
 * The schema of the database at a path, which is opened read-only. Of one that the engine can't export
 * it is what the catalog has, and a warning says so.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`.
 */
function* schemaSteps(path: string, onWarning: (warning: Problem) => void): Steps<GraphSchema> {
  const read = function* ({ connection }: OpenDatabase): Steps<GraphSchema> {
    try {
      return yield* readSchema(connection);
    } catch (error) {
      if (!(error instanceof KgloadError) || error.code !== 'ENGINE') throw error;
      const message = `multiplicities, sequences, macros and indexes are left out: ${error.message}`;
      onWarning({ ...toProblem(error), message });
      return yield* readTables(connection);
    }
  };
  const schema = yield* readDatabase(inspectDatabase(path), read);
  return withFiles(schema, codeGraph);
}
