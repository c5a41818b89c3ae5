/** Files whose rows go to several pairs of node tables: how many to each. */
import { countSource } from '../cypher/rows.js';
import type { Steps } from '../engine/drive.js';
import { withPartRows } from '../plan/copies.js';
import type { Plan, PlannedCopy } from '../plan/plan.js';
import type { Connection } from '../types.js';

/** The plan with the rows counted of those copies that take some of a file's rows. */
export function* countParts(connection: Connection, plan: Plan): Steps<Plan> {
  const counts = new Map<PlannedCopy, number>();
  for (const copy of plan.tables.flatMap(({ copies }) => copies)) {
    if (!copy.isPart) continue;
    const [row] = yield { connection, cypher: countSource(copy.source) };
    counts.set(copy, Number(row?.['n'] ?? 0));
  }
  return withPartRows(plan, counts);
}
