/** A graph on a server as its page shows it. */
import type { Server } from '../bolt/server.js';
import { degreeCounts, hubs, type ServerSide } from '../cypher/serverread.js';
import { endsOf } from '../database/catalog.js';
import {
  columnsOfHubs,
  type Degrees,
  DETAILED,
  type Distribution,
  HUBS,
  type Hub,
  leastOfHubs,
  type Portrait,
  toHub,
} from '../database/portrait.js';
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import type { NodeTable, Problem, RelTable, ServerAccess } from '../types.js';
import { withServer } from './open.js';
import { findServerSchema } from './schema.js';
import { countServer } from './stats.js';

/**
 * Reads what a page shows of a graph. The server counts; no more than a few rows a table get here.
 *
 * @param onWarning - Is told of what has no place in tables, and so none on the page.
 */
export async function readServerPortrait(
  address: string,
  access: ServerAccess | undefined,
  onWarning: (warning: Problem) => void,
): Promise<Portrait> {
  return await withServer(address, access, async (server) => {
    const stats = await countServer(server);
    const { schema, problems } = await findServerSchema(server);
    problems.forEach(onWarning);
    const portrait = { stats, schema, degrees: new Map<string, Degrees>() };
    const ranked = schema.edges.toSorted(
      (a, b) => (stats.edges[b.name] ?? 0) - (stats.edges[a.name] ?? 0),
    );
    for (const table of schema.edges) {
      const most = ranked.indexOf(table) < DETAILED ? HUBS : 0;
      portrait.degrees.set(table.name, {
        out: await readSide(server, portrait, table, 'out', most),
        in: await readSide(server, portrait, table, 'in', most),
      });
    }
    return portrait;
  });
}

async function readSide(
  server: Server,
  { schema, stats }: Portrait,
  table: RelTable,
  direction: ServerSide['direction'],
  most: number,
): Promise<Distribution> {
  const ends = endsOf(pairsOf(table));
  const [tables, others] = direction === 'out' ? [ends.from, ends.to] : [ends.to, ends.from];
  const side = { type: table.name, direction, others };
  const points = (await server.read(degreeCounts(side, tables))).map(([degree, nodes]) => ({
    degree: Number(degree),
    nodes: Number(nodes),
  }));
  const least = leastOfHubs(points, most);
  const found: Hub[] = [];
  for (const node of schema.nodes) {
    if (!tables.includes(node.name) || least === Infinity) continue;
    found.push(...(await readHubs(server, side, node, primaryKeyOf(schema, node.name), least)));
  }
  return {
    tables,
    nodes: tables.reduce((sum, name) => sum + (stats.nodes[name] ?? 0), 0),
    points,
    hubs: found.sort((a, b) => b.degree - a.degree).slice(0, most),
  };
}

async function readHubs(
  server: Server,
  side: ServerSide,
  node: NodeTable,
  key: ReturnType<typeof primaryKeyOf>,
  least: number,
): Promise<Hub[]> {
  const columns = columnsOfHubs(node, key);
  const { int } = server.driver;
  const rows = await server.read({
    cypher: hubs(
      side,
      node.name,
      columns.map(({ property }) => property),
    ),
    parameters: { least: int(least), most: int(HUBS) },
  });
  return rows.map(([degree, ...values]) => {
    const texts = columns.flatMap(({ as }, i) => {
      const value = values[i];
      return value === null || value === undefined
        ? []
        : [[as, (value as bigint | string).toString()] as const];
    });
    return toHub(node.name, { ...Object.fromEntries(texts), degree });
  });
}
