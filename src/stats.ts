/** What a database holds. */
import { countRows, readCatalog } from './catalog.js';
import { readDatabase } from './database.js';
import type { Steps } from './steps.js';
import { databaseBytes, inspectDatabase } from './target.js';
import type { DatabaseStats } from './types.js';

/**
 * Counts the rows of every table; opens the database read-only.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`.
 */
export function* readStats(path: string): Steps<DatabaseStats> {
  const { path: file, header } = inspectDatabase(path);
  return yield* readDatabase(file, function* ({ connection, engine, version }) {
    const nodes: Record<string, number> = {};
    const edges: Record<string, number> = {};
    for (const table of (yield* readCatalog(connection)).values()) {
      const rows = yield* countRows(connection, table);
      (table.kind === 'node' ? nodes : edges)[table.name] = rows;
    }
    return {
      totalNodes: sum(nodes),
      totalEdges: sum(edges),
      nodes,
      edges,
      database: {
        path,
        engine,
        version,
        storageVersion: header.storageVersion,
        bytes: databaseBytes(file),
      },
    };
  });
}

function sum(rows: Record<string, number>): number {
  return Object.values(rows).reduce((total, count) => total + count, 0);
}
