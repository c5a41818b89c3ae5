/** Following rels from one node to the next, over an open database. */
import { ENGINE_DEPTH, reached, shortestCycle, type Way } from '../cypher/questions.js';
import { KgloadError } from '../errors.js';
import type { Session } from './session.js';
import { checkTables } from './tables.js';

/** The rows of a query, one by one; `tables` are those of the code graph that it names. */
export function askTables<T>(
  session: Session,
  tables: readonly string[],
  cypher: string,
): AsyncGenerator<T, void> {
  return session.ask<T>(cypher, (catalog) => {
    checkTables(tables, catalog);
  });
}

/**
 * The nodes that lie up to `depth` steps from one, the nearest first. The engine leaves the start out,
 * even where a cycle leads back to it: it is put in its place.
 */
export async function* reach<T extends { distance: number }>(
  session: Session,
  way: Way,
  id: string,
  depth: number,
): AsyncGenerator<T, void> {
  const tables = [way.node, way.rel];
  const bound = Math.min(depth, ENGINE_DEPTH);
  const cycles = await all(askTables<T>(session, tables, shortestCycle(way, id, bound)));
  let [itself] = cycles.sort((a, b) => a.distance - b.distance);
  let deepest = 0;
  for await (const row of askTables<T>(session, tables, reached(way, id, bound))) {
    if (itself && row.distance > itself.distance) {
      yield itself;
      itself = undefined;
    }
    yield row;
    deepest = row.distance;
  }
  if (itself) yield itself;
  if (deepest === ENGINE_DEPTH && depth > ENGINE_DEPTH) throw tooDeep(way, id);
}

function tooDeep({ node }: Way, id: string): KgloadError {
  return new KgloadError({
    code: 'ENGINE',
    message: `the engine searches no deeper than ${ENGINE_DEPTH} steps, and more may lie beyond, seen from the ${node} ${JSON.stringify(id)}`,
    table: node,
    hint: `if that is far enough, give this depth: ${ENGINE_DEPTH}`,
  });
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
