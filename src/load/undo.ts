/** Taking back what a load added over a caller's connection, where no transaction does. */
import { deleteFrom, edgesOf, nodesOf } from '../cypher/rows.js';
import { dropTable } from '../cypher/statements.js';
import { nextOffset } from '../database/catalog.js';
import type { Steps } from '../engine/drive.js';
import type { Catalog } from '../model/differences.js';
import type { Plan } from '../plan/plan.js';
import type { Connection } from '../types.js';

/** How to take back what a load adds to a table. */
export interface Mark {
  table: string;
  /** It was not there before. */
  isNew: boolean;
  /** Queries that delete the rows with greater offsets than those that were there. */
  deletes: string[];
}

/** The offsets of the rows that are there tell them from later ones. */
export function* markRows(connection: Connection, plan: Plan, catalog: Catalog): Steps<Mark[]> {
  const marks: Mark[] = [];
  for (const { table, kind } of plan.tables) {
    const found = catalog.get(table);
    const deletes: string[] = [];
    const matches =
      kind === 'node'
        ? [nodesOf(table, 'x')]
        : (found?.endpoints ?? []).map((pair) => edgesOf(table, pair, 'x'));
    for (const match of found ? matches : []) {
      const next = yield* nextOffset(connection, match);
      deletes.push(deleteFrom(match, next));
    }
    marks.push({ table, isNew: !found, deletes });
  }
  return marks.reverse(); // Edges go before the nodes that they connect.
}

export function* takeBack(connection: Connection, marks: readonly Mark[]): Steps<void> {
  for (const { table, isNew, deletes } of marks) {
    for (const cypher of deletes) yield { connection, cypher };
    if (isNew) yield { connection, cypher: dropTable(table) };
  }
}
