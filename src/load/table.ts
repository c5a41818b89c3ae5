/** Loading one table: all of its files, or none of them. */
import { firstRows } from '../cypher/firstrows.js';
import { nodesOf } from '../cypher/rows.js';
import { BEGIN, CHECKPOINT, CLEAR_WARNINGS, COMMIT, ROLLBACK } from '../cypher/statements.js';
import { nextOffset } from '../database/catalog.js';
import type { Steps } from '../engine/drive.js';
import { isBadRowsError } from '../engine/messages.js';
import { messageOf } from '../errors.js';
import { formatCount } from '../format.js';
import {
  type PlannedCopy,
  type PlannedFile,
  type PlannedTable,
  startedEvent,
} from '../plan/plan.js';
import type { Hooks, Settings } from '../plan/request.js';
import type { ScheduledTable } from '../plan/schedule.js';
import { beginStep } from '../steps.js';
import type { BadRow, Connection, Problem } from '../types.js';
import { badRowsProblem, countRepeatedPairs, findBadRows, type FoundBadRows } from './badrows.js';
import { copyOthers, findSurplus, type Surplus } from './multiplicity.js';
import { engineProblem, tooManyBadRows, WriteFailed } from './problems.js';
import { type Tally, tallyTable, tallyWarning } from './report.js';
import { useThreads } from './threads.js';
import { explainConversion } from './unconverted.js';

/** Why a COPY failed. */
export interface Failure {
  problem: Problem;
  /** A search for bad rows explains it. */
  isAboutRows: boolean;
}

/** What the loads of all tables have in common. */
export interface Run {
  connection: Connection;
  tally: Tally;
  settings: Settings;
  hooks: Hooks;
  /** Rows that the tables held before. */
  present: ReadonlyMap<string, number>;
  /** A transaction is open: a COPY that fails ends it, and with it the rows that explain why. */
  inTransaction: boolean;
  /** A database that is thrown away when a COPY fails is being built; absent on others. */
  building?: {
    /** Memory suffices to commit many tables together. */
    isRoomy: boolean;
    /** Why COPYs failed before; their tables are not copied again. */
    failures: ReadonlyMap<string, Failure>;
  };
}

/** Ends the building of a database: what a failed COPY leaves behind is not to be trusted. */
export class CopyFailed extends Error {
  constructor(
    readonly table: string,
    readonly failure: Failure,
  ) {
    super(failure.problem.message);
  }
}

/** What a callback of the caller's threw: the load is undone, and the caller gets it back. */
export class CallbackFailed extends Error {
  constructor(readonly thrown: unknown) {
    super(messageOf(thrown));
  }
}

/** The hooks with callbacks whose errors are told from the engine's. */
export function guardCallbacks(hooks: Hooks): Hooks {
  const guard = <A>(callback: (argument: A) => void) => {
    return (argument: A): void => {
      try {
        callback(argument);
      } catch (error) {
        throw new CallbackFailed(error);
      }
    };
  };
  const { onEvent, onBadRow } = hooks;
  return {
    ...hooks,
    onEvent: guard(onEvent),
    ...(onBadRow && { onBadRow: guard(onBadRow) }),
  };
}

/**
 * Loads one table, all of its files or none; returns why it failed.
 *
 * @throws {CopyFailed} Where a database is being built.
 */
export function* loadTable(run: Run, planned: ScheduledTable): Steps<Problem[]> {
  const { connection, inTransaction } = run;
  if (inTransaction || planned.statements.length < 2) return yield* copyTable(run, planned);
  yield { connection, cypher: BEGIN };
  let problems: Problem[] | undefined;
  try {
    problems = yield* copyTable({ ...run, inTransaction: true }, planned);
    return problems;
  } finally {
    // A database that is built is thrown away where this throws.
    if (problems || !run.building) yield* endTransaction(connection, problems?.length === 0);
  }
}

function isAppended({ present }: Run, { table }: PlannedTable): boolean {
  return (present.get(table) ?? 0) > 0;
}

/** The offset from which on a node table's rows are those that come now. */
function* nextRows(run: Run, planned: PlannedTable, isFirst: boolean): Steps<number> {
  if (planned.kind === 'edge' || (isFirst && !isAppended(run, planned))) return 0;
  return yield* nextOffset(run.connection, nodesOf(planned.table, 'x'));
}

function* copyTable(run: Run, planned: ScheduledTable): Steps<Problem[]> {
  const { connection, tally, settings, hooks, building } = run;
  const { table, kind, statements: copies } = planned;
  tally.onEvent(startedEvent(planned));
  const before = building?.failures.get(table);
  if (before && !before.isAboutRows) return [before.problem];
  const start = hooks.clock();
  const badRows: FoundBadRows[] = [];
  let rows = 0;
  let copied = 0;
  const note = (found: readonly FoundBadRows[]): void => {
    badRows.push(...found);
    tally.badRows.push(...found);
  };
  let held: number | undefined;
  let surplus: Map<PlannedCopy, Surplus> | undefined;
  const search = function* (copy: PlannedCopy): Steps<FoundBadRows[]> {
    if (planned.search !== 'before') return [];
    const next = yield* nextRows(run, planned, held === undefined);
    held ??= next;
    tally.offsets.set(copy, next);
    const found = yield* findBadRows(connection, table, copy, held, hooks.onBadRow);
    const isHeld = isAppended(run, planned);
    surplus ??= yield* findSurplus(connection, table, copies, isHeld, hooks.onBadRow);
    const beyond = surplus.get(copy);
    if (beyond) found.push(beyond.found);
    note(found);
    return found;
  };
  const early = new Map<PlannedCopy, FoundBadRows[]>();
  for (const copy of copies) {
    try {
      // Where a node may have one edge, such an edge is a bad row.
      if (kind === 'edge' && isAppended(run, planned) && !copy.limit) {
        yield* warnOfRepeats(connection, table, copy, tally);
      }
      // Edges that are copied already could not be taken back for those of a later file.
      if (kind === 'edge' && copies.length > 1 && early.size === 0) {
        for (const each of copies) early.set(each, yield* search(each));
      }
      const found = early.get(copy) ?? (yield* search(copy));
      const problems = badRowsProblems(planned, tally, badRows, settings);
      if (problems.length > 0) return problems;
      // The search found nothing that explains it.
      if (before && copy === copies.at(-1)) return [before.problem];
      const done = copied;
      const onRows = (more: number): void => {
        tally.onEvent({ type: 'progress', table, rows: done + more });
      };
      const report = hooks.hasProgress ? onRows : undefined;
      const others = surplus?.get(copy);
      const isBeside = kind === 'node' && isAppended(run, planned);
      rows += yield* copyFile(connection, table, copy, { found, others, isBeside }, report);
      copied += copy.rows;
    } catch (error) {
      if (error instanceof CallbackFailed) throw error;
      const problem =
        (yield* explainAny(connection, table, copy.members ?? [copy], error)) ??
        engineProblem(table, copy, error, building && !building.isRoomy);
      const isAboutRows = isBadRowsError(messageOf(error));
      if (building) throw new CopyFailed(table, { problem, isAboutRows });
      if (planned.search !== 'after' || !isAboutRows) return [problem];
      note(yield* explain(connection, planned, copy, held ?? 0, hooks.onBadRow));
      return badRows.length > 0 ? badRows.map(badRowsProblem) : [problem];
    }
  }
  tallyTable(tally, planned, { seconds: (hooks.clock() - start) / 1000, rows }, badRows);
  return [];
}

/** {@link explainConversion} of the first of the files that has such a value. */
function* explainAny(
  connection: Connection,
  table: string,
  copies: readonly PlannedCopy[],
  error: unknown,
): Steps<Problem | undefined> {
  for (const copy of copies) {
    const problem = yield* explainConversion(connection, table, copy, error);
    if (problem) return problem;
  }
  return undefined;
}

/** Why bad rows, which the tally has already, fail their table, if they do. */
export function badRowsProblems(
  planned: PlannedTable<PlannedFile>,
  tally: Tally,
  badRows: readonly FoundBadRows[],
  { badRows: wanted }: Settings,
): Problem[] {
  if (badRows.length === 0) return [];
  const total = tally.badRows.reduce((sum, { rows }) => sum + rows, 0);
  const limit = wanted.most ?? Infinity;
  if (total > limit) return [tooManyBadRows(planned, total, limit)];
  return wanted.skip ? [] : badRows.map(badRowsProblem);
}

/** Edges are not attempted when the nodes that they connect failed in this load. */
export function nodesFailed(
  { table, kind, file, copies }: PlannedTable<PlannedFile>,
  tally: Tally,
): Problem[] {
  if (kind === 'node') return [];
  const failed = new Set(tally.errors.map((error) => error.table));
  const nodes = [...new Set(copies.flatMap(({ keys }) => keys.map((key) => key.table)))].filter(
    (name) => failed.has(name),
  );
  if (nodes.length === 0) return [];
  const message = `${table} was not loaded, since the nodes of ${nodes.join(' and ')} were not`;
  return [{ code: 'NODES_FAILED', table, file, message }];
}

/** The rows that made a COPY fail; none where even the search fails. */
function* explain(
  connection: Connection,
  { table, copies }: PlannedTable,
  copy: PlannedCopy,
  held: number,
  onBadRow?: (row: BadRow) => void,
): Steps<FoundBadRows[]> {
  try {
    const found = yield* findBadRows(connection, table, copy, held, onBadRow);
    const surplus = yield* findSurplus(connection, table, copies, false, onBadRow);
    return [...found, ...[...surplus.values()].map((beyond) => beyond.found)];
  } catch (error) {
    if (error instanceof CallbackFailed) throw error;
    return []; // The file can't be read; the COPY's own error says so.
  }
}

/** What is known of a file's bad rows before it is copied. */
interface KnownRows {
  found: readonly FoundBadRows[];
  /** Edges beyond those that a node may have. */
  others: Surplus | undefined;
  /** The table holds nodes already. */
  isBeside: boolean;
}

function* copyFile(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  { found: badRows, others: surplus, isBeside }: KnownRows,
  onRows: ((rows: number) => void) | undefined,
): Steps<number> {
  let shown = 0;
  const onProgress = (fraction: number): void => {
    const rows = Math.floor(fraction * copy.rows);
    if (rows <= shown) return; // The engine's progress also goes back now and then.
    shown = rows;
    onRows?.(rows);
  };
  const progress = onRows && { onProgress };
  if (badRows.length === 0) {
    return copiedRows(yield { connection, cypher: copy.cypher, ...progress });
  }
  // With one thread the engine takes the rows in the order of the file, and so keeps the first of
  // those with one key; with more it is a matter of chance.
  let cypher = copy.lenient;
  let isOrdered = badRows.some(({ reason }) => reason === 'duplicate_key');
  if (copy.limit) {
    const others = yield* copyOthers(connection, table, copy, badRows, surplus);
    ({ isOrdered } = others);
    ({ cypher } = others.copy);
  }
  const threads = isOrdered ? yield* useThreads(connection, 1) : undefined;
  // Beside committed rows a COPY that ignores errors loses keys of the same transaction, and takes them
  // twice (Kuzu 0.11.3, Ladybug 0.19.1); one that does not finds them all.
  const apart = isBeside && isOrdered ? firstRows(table, copy) : undefined;
  let rows: number;
  try {
    if (apart) {
      yield { connection, cypher: apart.create };
      yield { connection, cypher: apart.copy, ...progress };
      yield { connection, cypher: apart.drain };
      rows = copiedRows(yield { connection, cypher: apart.move });
      yield { connection, cypher: apart.drop };
    } else rows = copiedRows(yield { connection, cypher, ...progress });
  } catch (error) {
    if (apart) yield { connection, cypher: apart.drop };
    throw error;
  } finally {
    if (threads !== undefined) yield* useThreads(connection, threads);
  }
  yield { connection, cypher: CLEAR_WARNINGS };
  return rows;
}

/** "15103 tuples have been copied to the Function table." */
function copiedRows(result: readonly Record<string, unknown>[]): number {
  const message = String(result[0]?.['result']);
  const rows = /^(\d+) tuples? ha(?:s|ve) been copied/.exec(message)?.[1];
  if (rows === undefined) throw new Error(`the engine answered COPY with: ${message}`);
  return Number(rows);
}

/** Node keys collide when a dataset is appended twice; edges would just be there twice. */
function* warnOfRepeats(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  tally: Tally,
): Steps<void> {
  const { repeated, pairs } = yield* countRepeatedPairs(connection, table, copy);
  if (repeated === 0) return;
  tallyWarning(tally, {
    code: 'EDGES_REPEATED',
    table,
    file: copy.file,
    message: `${formatCount(repeated)} of the ${formatCount(pairs)} pairs of nodes that ${copy.file} connects were connected by ${table} before; their edges may be there twice now`,
    hint: 'if so, load all data anew with --fresh',
  });
}

export function* endTransaction(connection: Connection, commit: boolean): Steps<void> {
  try {
    yield { connection, cypher: commit ? COMMIT : ROLLBACK };
  } catch (error) {
    if (commit) throw new WriteFailed(error);
    // Kuzu rolls back by itself when a statement fails, and then knows of no transaction.
    if (!messageOf(error).includes('No active transaction')) throw error;
  }
}

/** {@link endTransaction} of what tables were loaded in, as a step. */
export function* commit({ connection, hooks }: Run, isKept: boolean): Steps<void> {
  const step = isKept ? beginStep(hooks, 'commit') : undefined;
  yield* endTransaction(connection, isKept);
  step?.end();
}

/** @throws {WriteFailed} */
export function* checkpoint({ connection, hooks }: Run): Steps<void> {
  const step = beginStep(hooks, 'checkpoint');
  try {
    yield { connection, cypher: CHECKPOINT };
  } catch (error) {
    throw new WriteFailed(error);
  }
  step.end();
}
