/** Files whose rows go to several pairs of node tables: how many to each. */
import type { Steps } from '../engine/drive.js';
import { formatCount } from '../format.js';
import type { Plan } from '../plan/plan.js';
import type { Connection } from '../types.js';

/** Files whose rows go to several pairs of node tables: how many to each. */
export function* countSource(connection: Connection, source: string): Steps<number> {
  const rows = yield { connection, cypher: `${source} RETURN count(*) AS n` };
  return Number(rows[0]?.['n'] ?? 0);
}

/**
 * Counts the rows of those copies that take some of a file's rows. A file with rows that no copy
 * takes fails its table.
 */
export function* countParts(connection: Connection, plan: Plan): Steps<void> {
  for (const planned of plan.tables) {
    if (!planned.copies.some(({ isPart }) => isPart)) continue;
    for (const copy of planned.copies) {
      if (copy.isPart) copy.rows = yield* countSource(connection, copy.source);
    }
    const taken = planned.copies.reduce((sum, { rows }) => sum + rows, 0);
    if (taken === planned.rows) continue;
    planned.errors.push({
      code: 'MISSING_ENDPOINT',
      table: planned.table,
      file: planned.file,
      message: `${planned.table} failed: ${planned.file} holds ${formatCount(planned.rows)} rows, and ${formatCount(taken)} of them name node tables that ${planned.table} connects`,
      hint: 'mend the columns that name the tables, or add the pair to the schema',
    });
    planned.copies = [];
  }
}
