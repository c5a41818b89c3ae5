/** The tables of a plan, on a server: what they hold, and which of them can be loaded. */
import type { Server } from '../bolt/server.js';
import { awaitIndexes, countEdges, countNodes } from '../cypher/server.js';
import { formatCount } from '../format.js';
import { tallyError } from '../load/report.js';
import { badRowsProblems, nodesFailed } from '../load/table.js';
import type { Plan, PlannedTable } from '../plan/plan.js';
import type { PlannedRows } from '../plan/rows.js';
import type { Problem } from '../types.js';
import type { Scan } from './scan.js';
import { constraintsOf } from './statements.js';
import type { Loading } from './writing.js';

/** Rows that the labels and types of a plan hold. */
export async function countHeld(
  server: Server,
  { tables }: Plan<PlannedRows>,
): Promise<Map<string, number>> {
  const held = new Map<string, number>();
  for (const { table, kind } of tables) {
    const [row] = await server.read(kind === 'node' ? countNodes(table) : countEdges(table));
    held.set(table, Number(row?.[0] ?? 0));
  }
  return held;
}

/** The plan with the rows of parts of files, now that they are counted. */
export function withRows(plan: Plan<PlannedRows>, { rows, bad }: Scan): Plan<PlannedRows> {
  const tables = plan.tables.map((planned) => ({
    ...planned,
    copies: planned.copies.map((file) => {
      const counted = { ...file, rows: rows.get(file) ?? file.rows };
      const own = bad.get(file);
      if (own) bad.set(counted, own);
      return counted;
    }),
  }));
  return { ...plan, tables };
}

/** Tells of what is wrong, and returns the tables that can be loaded. */
export function tablesToLoad({
  plan,
  scan,
  tally,
  request,
}: Pick<Loading, 'plan' | 'scan' | 'tally' | 'request'>): PlannedTable<PlannedRows>[] {
  const fit: PlannedTable<PlannedRows>[] = [];
  for (const planned of plan.tables) {
    const orphaned = planned.copies.length > 0 ? nodesFailed(planned, tally) : [];
    for (const problem of orphaned) tallyError(tally, planned.table, problem);
    if (orphaned.length > 0) continue;
    const own = scan.badRows.filter(({ table }) => table === planned.table);
    tally.badRows.push(...own);
    const problems = [...planned.errors];
    const taken = planned.copies.reduce((sum, { rows }) => sum + rows, 0);
    if (problems.length === 0 && planned.copies.length > 0 && taken !== planned.rows) {
      problems.push(uncovered(planned, taken));
    }
    problems.push(...badRowsProblems(planned, tally, own, request.settings));
    for (const problem of problems) tallyError(tally, planned.table, problem);
    if (problems.length === 0 && planned.copies.length > 0) fit.push(planned);
  }
  return fit;
}

function uncovered({ table, file, rows }: PlannedTable<PlannedRows>, taken: number): Problem {
  return {
    code: 'MISSING_ENDPOINT',
    table,
    file,
    message: `${table} failed: ${file} holds ${formatCount(rows)} rows, and ${formatCount(taken)} of them name node tables that ${table} connects`,
    hint: 'mend the columns that name the tables, or add the pair to the schema',
  };
}

/** Makes sure that the keys of the nodes that files name are indexed, and no two alike. */
export async function createConstraints(
  { server, request }: Pick<Loading, 'server' | 'request'>,
  fit: readonly PlannedTable<PlannedRows>[],
): Promise<void> {
  const constraints = constraintsOf(server, request.schema, fit);
  for (const constraint of constraints) await server.write((run) => run(constraint));
  if (constraints.length > 0) await server.read(awaitIndexes());
}
