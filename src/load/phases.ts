/** Carrying out the schedule of a plan. */
import { BEGIN } from '../cypher/statements.js';
import { createMissing } from '../database/create.js';
import { shareOut, type Steps } from '../engine/drive.js';
import type { Settings } from '../plan/request.js';
import type { ScheduledPlan, ScheduledTable } from '../plan/schedule.js';
import { isPoolFull } from '../engine/messages.js';
import { messageOf } from '../errors.js';
import { WriteFailed } from './problems.js';
import { beginStep } from '../steps.js';
import type { Connection, Problem } from '../types.js';
import { type Tally, tallyError } from './report.js';
import { checkpoint, commit, loadTable, nodesFailed, type Run } from './table.js';

/** `stopped`: by an error that ends the load. `aborted`: by the caller's signal. */
export type End = 'done' | 'stopped' | 'aborted';

/**
 * Creates what is missing and loads the tables, phase after phase.
 *
 * @throws {CopyFailed} Where a database is being built.
 * @throws {WriteFailed}
 */
export function* loadPhases(
  run: Run,
  connections: readonly Connection[],
  { create, schedule }: ScheduledPlan,
): Steps<End> {
  const { commit, jobs, phases } = schedule;
  const writers = connections.slice(0, jobs);
  for (const [i, tables] of phases.entries()) {
    const statements = i === 0 ? create : [];
    let end: End;
    if (jobs > 1) end = yield* loadInParallel(run, writers, statements, tables);
    else if (commit === 'phase') end = yield* loadInOne(run, statements, tables);
    else end = yield* loadInTurn(run, statements, tables);
    if (end !== 'done') return end;
  }
  if (jobs > 1) yield* checkpoint(run);
  return 'done';
}

function* createTables({ connection, hooks }: Run, statements: readonly string[]): Steps<void> {
  if (statements.length === 0) return;
  const step = beginStep(hooks, 'create');
  try {
    yield* createMissing(connection, statements, step.progress);
  } catch (error) {
    throw isPoolFull(messageOf(error)) ? new WriteFailed(error) : error;
  }
  step.end();
}

/** Creates what is missing, and loads tables one after the other. */
function* loadInTurn(
  run: Run,
  create: readonly string[],
  tables: readonly ScheduledTable[],
): Steps<End> {
  const { tally, settings, hooks } = run;
  yield* createTables(run, create);
  for (const planned of tables) {
    if (hooks.signal?.aborted) return 'aborted';
    const refused = refusals(planned, tally);
    const problems = refused ?? (yield* loadTable(run, planned));
    for (const problem of problems) tallyError(tally, planned.table, problem);
    if (endsLoad(problems, settings)) return 'stopped';
  }
  return 'done';
}

/**
 * The same in one transaction: every commit with a COPY costs a checkpoint. For a database that is
 * thrown away if this process dies; killed inside such a commit, Kuzu 0.11.3 may keep the tables
 * without their rows.
 */
function* loadInOne(
  run: Run,
  create: readonly string[],
  tables: readonly ScheduledTable[],
): Steps<End> {
  const { connection } = run;
  yield { connection, cypher: BEGIN };
  const end = yield* loadInTurn({ ...run, inTransaction: true }, create, tables);
  yield* commit(run, end === 'done');
  return end;
}

/** Several tables at a time, each committed by itself. */
function* loadInParallel(
  run: Run,
  connections: readonly Connection[],
  create: readonly string[],
  tables: readonly ScheduledTable[],
): Steps<End> {
  const { connection, hooks } = run;
  if (create.length > 0) {
    yield { connection, cypher: BEGIN };
    yield* createTables(run, create);
    yield* commit(run, true);
  }
  let end = 'done' as End;
  yield* shareOut(connections, tables, function* (own, planned) {
    if (end !== 'done') return;
    if (hooks.signal?.aborted) {
      end = 'aborted';
      return;
    }
    try {
      if ((yield* loadInTurn({ ...run, connection: own }, [], [planned])) !== 'done')
        end = 'stopped';
    } catch (error) {
      end = 'stopped'; // The other connections begin no table any more.
      throw error;
    }
  });
  return end;
}

/** Why a table is not attempted; an empty list where there is nothing to load. */
function refusals(planned: ScheduledTable, tally: Tally): readonly Problem[] | undefined {
  if (planned.errors.length > 0) return planned.errors;
  if (planned.copies.length === 0) return [];
  const orphaned = nodesFailed(planned, tally);
  return orphaned.length > 0 ? orphaned : undefined;
}

function endsLoad(problems: readonly Problem[], { onError }: Settings): boolean {
  if (problems.length === 0) return false;
  const isFatal = problems.some(({ code }) => code === 'DISK_FULL' || code === 'TOO_MANY_BAD_ROWS');
  return isFatal || onError === 'abort';
}
