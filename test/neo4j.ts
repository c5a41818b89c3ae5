/** A real Neo4j server for tests, one a file, where it can be had. */
import { neo4jJars } from '../scripts/neo4j-jars.js';
import { runNeo4j, type Neo4jOptions, type Neo4jServer } from '../scripts/neo4j-server.js';

export type { Neo4jOptions, Neo4jServer };

/**
 * Why there is no server here, or false: for `describe(…, { skip: neo4jMissing() }, …)`. The first call
 * fetches it. KGLOAD_TEST_NEO4J: `none` leaves these tests out without a try, as after one that failed,
 * and `required` lets them fail.
 */
export function neo4jMissing(): string | false {
  const wanted = process.env['KGLOAD_TEST_NEO4J'];
  if (wanted === 'none') return 'KGLOAD_TEST_NEO4J=none';
  try {
    neo4jJars();
    return false;
  } catch (error) {
    if (wanted === 'required') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Starts a server that is gone after the test, or after the suite:
 *
 *     describe('…', { skip: neo4jMissing() }, () => {
 *       const starting = startNeo4j({ after });
 *       it('…', async () => {
 *         const { url } = await starting;
 */
export function startNeo4j(
  t: { after: (fn: () => Promise<void>) => void },
  options: Neo4jOptions = {},
): Promise<Neo4jServer> {
  const starting = runNeo4j(options);
  t.after(async () => {
    // One that has not started has left nothing, and whoever awaits it tells of it.
    const server = await starting.catch(() => undefined);
    await server?.stop();
  });
  return starting;
}
