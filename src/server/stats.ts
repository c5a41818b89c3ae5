/** What a database on a server holds. */
import type { Server } from '../bolt/server.js';
import { countEdges, countNodes, labels, relationshipTypes } from '../cypher/server.js';
import { countNodesOf, degrees, isOwnLabel } from '../cypher/serverread.js';
import type { Statement } from '../model/statement.js';
import type { DatabaseStats, DegreeStats, RelDegrees, ServerAccess } from '../types.js';
import { withServer } from './open.js';

/**
 * Counts the nodes of every label, and the relationships of every type; a node with several labels counts
 * for each of them, and once in the total.
 *
 * @param options - `degrees`: also how many edges of each type the nodes have.
 * @throws {KgloadError} `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `ENOENT`, `ENGINE_MISSING`.
 */
export async function readServerStats(
  address: string,
  { server: access, degrees = false }: { server?: ServerAccess; degrees?: boolean } = {},
): Promise<DatabaseStats> {
  return await withServer(address, access, async (server) => {
    const stats = await countServer(server);
    if (!degrees) return stats;
    const degreesOf: Record<string, RelDegrees> = {};
    for (const [type, edges] of Object.entries(stats.edges)) {
      degreesOf[type] = {
        out: await readSide(server, type, edges, 'out'),
        in: await readSide(server, type, edges, 'in'),
      };
    }
    return { ...stats, degrees: degreesOf };
  });
}

/** The nodes of every label and the edges of every type of a server that is open, by its count store. */
export async function countServer(server: Server): Promise<DatabaseStats> {
  const nodes: Record<string, number> = {};
  const edges: Record<string, number> = {};
  let own = 0;
  for (const [label] of await server.read(labels())) {
    const rows = await readCount(server, countNodes(String(label)));
    if (isOwnLabel(String(label))) own += rows;
    // The server knows labels for ever, also those that no node has any more.
    else if (rows > 0) nodes[String(label)] = rows;
  }
  for (const [type] of await server.read(relationshipTypes())) {
    const rows = await readCount(server, countEdges(String(type)));
    if (rows > 0) edges[String(type)] = rows;
  }
  return {
    totalNodes: (await readCount(server, countNodes())) - own,
    totalEdges: Object.values(edges).reduce((sum, rows) => sum + rows, 0),
    nodes,
    edges,
    database: { path: server.url, engine: 'neo4j', version: server.can.version },
  };
}

/** The number that a statement answers with. */
export async function readCount(server: Server, statement: Statement): Promise<number> {
  return Number((await server.read(statement))[0]?.[0] ?? 0);
}

/** Nodes that could have edges are those with a label that a node with some has. */
async function readSide(
  server: Server,
  type: string,
  edges: number,
  direction: 'out' | 'in',
): Promise<DegreeStats> {
  const found = (await server.read(degrees(type, direction))) as [string[], bigint, bigint][];
  const known = [...new Set(found.flatMap(([names]) => names))];
  const connected = found.reduce((sum, [, , count]) => sum + Number(count), 0);
  const unlabelled = found.reduce(
    (sum, [names, , count]) => sum + (names.length === 0 ? Number(count) : 0),
    0,
  );
  const nodes =
    unlabelled + (known.length === 0 ? 0 : await readCount(server, countNodesOf(known)));
  return {
    nodes,
    mean: nodes === 0 ? 0 : edges / nodes,
    max: Math.max(0, ...found.map(([, most]) => Number(most))),
    isolated: nodes - connected,
  };
}
