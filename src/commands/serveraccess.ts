/** Who asks a server: never from the command line, where everybody on the machine may read it. */
import { isServerUrl, serverUrl } from '../bolt/address.js';
import type { ServerAccess } from '../types.js';

/**
 * By the variables that Neo4j's own tools read; nothing for a database in a file.
 *
 * @throws {KgloadError} `USAGE` for an address that says more than where the server is.
 */
export function serverAccess(database: string | undefined): ServerAccess | undefined {
  if (database === undefined || !isServerUrl(database)) return undefined;
  serverUrl(database);
  const { NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE } = process.env;
  return {
    ...(NEO4J_USERNAME !== undefined && { username: NEO4J_USERNAME }),
    ...(NEO4J_PASSWORD !== undefined && { password: NEO4J_PASSWORD }),
    ...(NEO4J_DATABASE !== undefined && { database: NEO4J_DATABASE }),
  };
}
