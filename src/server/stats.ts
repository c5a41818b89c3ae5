/** What a database on a server holds. */
import type { ServerAccess } from '../types.js';
import { isServerError, serverError } from '../bolt/messages.js';
import { openServer, type Server } from '../bolt/server.js';
import { countEdges, countNodes, labels, MARKER, relationshipTypes } from '../cypher/server.js';
import type { DatabaseStats } from '../types.js';

/**
 * Counts the nodes of every label, and the relationships of every type; a node with several labels counts
 * for each of them, and once in the total.
 *
 * @throws {KgloadError} `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `ENOENT`, `ENGINE_MISSING`.
 */
export async function readServerStats(
  address: string,
  access?: ServerAccess,
): Promise<DatabaseStats> {
  const server = await openServer(address, access);
  try {
    return await countAll(server);
  } catch (error) {
    throw isServerError(error) ? serverError(server.url, error) : error;
  } finally {
    await server.close();
  }
}

async function countAll(server: Server): Promise<DatabaseStats> {
  const count = async (statement: ReturnType<typeof countNodes>): Promise<number> =>
    Number((await server.read(statement))[0]?.[0] ?? 0);
  const nodes: Record<string, number> = {};
  const edges: Record<string, number> = {};
  for (const [label] of await server.read(labels())) {
    // The server knows labels for ever, also those that no node has any more.
    const rows = label === MARKER ? 0 : await count(countNodes(String(label)));
    if (rows > 0) nodes[String(label)] = rows;
  }
  for (const [type] of await server.read(relationshipTypes())) {
    const rows = await count(countEdges(String(type)));
    if (rows > 0) edges[String(type)] = rows;
  }
  return {
    totalNodes: (await count(countNodes())) - (await count(countNodes(MARKER))),
    totalEdges: Object.values(edges).reduce((sum, rows) => sum + rows, 0),
    nodes,
    edges,
    database: { path: server.url, engine: 'neo4j', version: server.can.version },
  };
}
