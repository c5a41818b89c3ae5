/** Carrying out the plan of an update, on a copy of the database. */
import { BEGIN, CHECKPOINT, COMMIT } from '../cypher/statements.js';
import { createMissing } from '../database/create.js';
import { removeIndex } from '../database/indexes.js';
import type { Steps } from '../engine/drive.js';
import { KgloadError, toProblem } from '../errors.js';
import type { Findings } from '../load/findings.js';
import { engineProblem } from '../load/problems.js';
import { addTime, tallyError } from '../load/report.js';
import { CallbackFailed } from '../load/table.js';
import type { Capabilities } from '../model/capabilities.js';
import { isTouched } from '../model/changes.js';
import type { Hooks } from '../plan/request.js';
import { beginStep } from '../steps.js';
import type { Connection } from '../types.js';
import { changeNodes, checkRows, deleteRows, insertNewEdges, insertNewNodes } from './changes.js';
import type { Delta } from './comparison.js';
import type { UpdatePlan } from './plan.js';
import { isText } from './properties.js';

/** What all parts of it need. */
interface Execution {
  connection: Connection;
  update: UpdatePlan;
  findings: Findings;
  hooks: Hooks;
  can: Capabilities;
  /** The table that is at work, for what the engine says of it. */
  at?: Delta['unit'];
}

/**
 * Creates what is missing, deletes, inserts and changes, in this order, and looks at what came of it.
 *
 * @returns Whether the tables are as they are to be; else the tally has why not.
 */
export function* carryOut(
  connection: Connection,
  update: UpdatePlan,
  findings: Findings,
  hooks: Hooks,
  can: Capabilities,
): Steps<boolean> {
  const execution: Execution = { connection, update, findings, hooks, can };
  const { tally, indexes } = update;
  try {
    yield* createTables(execution);
    for (const index of indexes) yield* removeIndex(connection, index);
    yield* deleteAll(execution);
    yield* insertAll(execution);
    yield* changeAll(execution);
    const writing = beginStep(hooks, 'checkpoint');
    yield { connection, cypher: CHECKPOINT };
    writing.end();
    yield* checkAll(execution);
    if (indexes.length > 0) {
      const indexing = beginStep(hooks, 'index');
      for (const { definition } of indexes) yield { connection, cypher: definition };
      indexing.end();
    }
  } catch (error) {
    if (error instanceof CallbackFailed || hooks.signal?.aborted) throw error;
    const { table = '', file = '' } = execution.at ?? {};
    const isForeseen = error instanceof KgloadError;
    tallyError(tally, table, isForeseen ? toProblem(error) : engineProblem(table, { file }, error));
    return false;
  }
  return tally.errors.every(({ code }) => code !== 'ROW_COUNT' && code !== 'VALUE_CHANGED');
}

function* createTables({ connection, update, hooks }: Execution): Steps<void> {
  const { create } = update.plan;
  if (create.length === 0) return;
  const creating = beginStep(hooks, 'create');
  yield* createMissing(connection, create, creating.progress);
  creating.end();
}

function* deleteAll({ connection, update, hooks }: Execution): Steps<void> {
  const { comparison, deltas, taken } = update;
  if (!deltas.some(({ deleted }) => deleted > 0)) return;
  const deleting = beginStep(hooks, 'delete');
  yield { connection, cypher: BEGIN };
  yield* deleteRows(connection, comparison, deltas, taken);
  yield { connection, cypher: COMMIT };
  deleting.end();
}

/** What is not committed stays in memory. */
const MOST_TOGETHER = 1_000_000;

function* insertAll(execution: Execution): Steps<void> {
  const { connection, update, hooks } = execution;
  const { comparison, deltas } = update;
  for (const delta of deltas) {
    if (delta.unit.kind === 'edge' || delta.inserted === 0) continue;
    const part = { rows: delta.inserted, isFirst: true, isLast: delta.updated === 0 };
    yield* telling(execution, delta, part, insertNewNodes(connection, comparison, delta));
  }
  const edges = deltas.filter(({ unit, inserted }) => unit.kind === 'edge' && inserted > 0);
  if (edges.length === 0) return;
  // Every COPY that is committed by itself is checkpointed by itself: 20 to 60 ms.
  const isTogether = edges.reduce((sum, { inserted }) => sum + inserted, 0) <= MOST_TOGETHER;
  if (isTogether) yield { connection, cypher: BEGIN };
  for (const delta of edges) {
    const part = { rows: delta.inserted, isFirst: true, isLast: true };
    yield* telling(execution, delta, part, insertNewEdges(connection, comparison, delta));
  }
  if (!isTogether) return;
  const committing = beginStep(hooks, 'commit');
  yield { connection, cypher: COMMIT };
  committing.end();
}

/**
 * Changes nodes. Where text is written anew, large tables come last, when all else is in the file: what
 * Kuzu gives free of the old text is what the next update needs for it, if nothing small lies in it.
 */
function* changeAll(execution: Execution): Steps<void> {
  const { connection, update, findings, can } = execution;
  const { catalog, comparison, deltas, properties } = update;
  const placesOf = ({ unit }: Delta): number[] => [...(properties.get(unit.table)?.keys() ?? [])];
  const isRewritten = (delta: Delta): boolean =>
    can.keepsOldText && placesOf(delta).some((i) => isText(delta.unit.properties[i]?.type ?? ''));
  const changed = deltas
    .filter(({ updated }) => updated > 0)
    .toSorted((a, b) => Number(isRewritten(a)) - Number(isRewritten(b)) || a.held - b.held);
  const first = changed.find(isRewritten);
  for (const delta of changed) {
    if (delta === first) yield { connection, cypher: CHECKPOINT };
    const { table } = delta.unit;
    const how = { keepsOldText: can.keepsOldText, withLeast: withLeast(findings, table) };
    const found = catalog.get(table);
    const work = changeNodes(connection, comparison, delta, found, placesOf(delta), how);
    const part = { rows: delta.updated, isFirst: delta.inserted === 0, isLast: true };
    yield* telling(execution, delta, part, work);
  }
}

function* checkAll({ connection, update, hooks }: Execution): Steps<void> {
  const { comparison, deltas, tally } = update;
  const checking = beginStep(hooks, 'check');
  for (const delta of deltas.filter(isTouched)) {
    for (const problem of yield* checkRows(connection, comparison, delta)) {
      tallyError(tally, delta.unit.table, problem);
    }
  }
  checking.end();
}

/** A part of the work on a table: nodes are inserted, and changed later. */
interface Part {
  rows: number;
  isFirst: boolean;
  isLast: boolean;
}

/** Does it, and tells when the table begins, and when all of it is done. */
function* telling(
  execution: Execution,
  { unit, inserted, updated }: Delta,
  { rows, isFirst, isLast }: Part,
  work: Steps<void>,
): Steps<void> {
  const { update, hooks } = execution;
  const { tally, changes } = update;
  const { table, kind, file } = unit;
  hooks.signal?.throwIfAborted();
  execution.at = unit;
  const all = inserted + updated;
  if (isFirst) tally.onEvent({ type: 'started', table, kind, file, rows: all, ignored: {} });
  const start = hooks.clock();
  yield* work;
  delete execution.at;
  const time = addTime(tally, table, (hooks.clock() - start) / 1000, rows);
  if (!isLast) return;
  const skipped = tally.skipped.get(table) ?? 0;
  const own = changes[table];
  tally.onEvent({ type: 'finished', table, kind, ...time, skipped, ...(own && { changes: own }) });
}

/** The properties of which the files have the least integer. */
function withLeast({ found }: Findings, table: string): Set<string> {
  const all = found.get(table)?.flat() ?? [];
  return new Set(all.flatMap(({ hazard, property }) => (hazard === 'least' ? [property] : [])));
}
