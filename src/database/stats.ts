/** What a database holds. */
import { degreesOf, edgesFrom, edgesInto } from '../cypher/rows.js';
import type { Steps } from '../engine/drive.js';
import type { OpenDatabase } from '../engine/engine.js';
import { smallBufferPool } from '../engine/resources.js';
import type { CatalogTable } from '../model/differences.js';
import type { Connection, DatabaseStats, DegreeStats, RelDegrees, TableKind } from '../types.js';
import { countAllTables, readCatalog } from './catalog.js';
import { readDatabase } from './open.js';
import { databaseBytes, type ExistingTarget, inspectDatabase } from './target.js';

/**
 * Counts the rows of every table; opens the database read-only.
 *
 * @param options - `degrees`: also look at every edge, for how many the nodes have.
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`.
 */
export function* statsSteps(path: string, { degrees = false } = {}): Steps<DatabaseStats> {
  const target = inspectDatabase(path);
  const read = function* (database: OpenDatabase): Steps<DatabaseStats> {
    const stats = yield* countStats(database, path, target);
    if (!degrees) return stats;
    const { connection } = database;
    const degreesOf: DatabaseStats['degrees'] = {};
    for (const table of (yield* readCatalog(connection)).values()) {
      if (table.kind !== 'edge') continue;
      degreesOf[table.name] = yield* readDegrees(connection, table, stats.nodes, stats.edges);
    }
    return { ...stats, degrees: degreesOf };
  };
  const options = degrees ? {} : { bufferPool: smallBufferPool(), connections: READERS };
  return yield* readDatabase(target, read, options);
}

/** The rows of every table of an open database, and what it is. */
export function* countStats(
  { connection, connections, engine, version }: OpenDatabase,
  path: string,
  target: ExistingTarget,
): Steps<DatabaseStats> {
  const tables = yield* countAllTables(connection, connections);
  const countsOf = (kind: TableKind): Record<string, number> =>
    Object.fromEntries(
      tables.flatMap((table) => (table.kind === kind ? [[table.name, table.rows]] : [])),
    );
  const [nodes, edges] = [countsOf('node'), countsOf('edge')];
  return {
    totalNodes: sum(Object.values(nodes)),
    totalEdges: sum(Object.values(edges)),
    nodes,
    edges,
    database: {
      path,
      engine,
      version,
      storageVersion: target.header.storageVersion,
      bytes: databaseBytes(target.path),
    },
  };
}

/** More than cores: a count waits for one page after the other. */
export const READERS = 4;

function* readDegrees(
  connection: Connection,
  { name, endpoints = [] }: CatalogTable,
  nodes: Record<string, number>,
  edges: Record<string, number>,
): Steps<RelDegrees> {
  const readSide = function* (tables: readonly string[], pattern: string): Steps<DegreeStats> {
    const [row = {}] = yield { connection, cypher: degreesOf(pattern) };
    const total = sum(tables.map((table) => nodes[table] ?? 0));
    return {
      nodes: total,
      mean: total === 0 ? 0 : (edges[name] ?? 0) / total,
      max: Number(row['max'] ?? 0),
      isolated: total - Number(row['connected'] ?? 0),
    };
  };
  const from = [...new Set(endpoints.map((pair) => pair.from))];
  const to = [...new Set(endpoints.map((pair) => pair.to))];
  return {
    out: yield* readSide(from, edgesFrom(from, name)),
    in: yield* readSide(to, edgesInto(to, name)),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
