/** A load: plan, run, count, report. */
import { BEGIN, CHECKPOINT } from '../cypher/statements.js';
import { countedTable, countTables } from '../database/catalog.js';
import { canBeRemade, readIndexes, removeIndex, stopWordsInWay } from '../database/indexes.js';
import { replaceDatabase } from '../database/open.js';
import { isThere } from '../database/target.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { firstLine } from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import type { Catalog } from '../model/differences.js';
import type { Plan } from '../plan/plan.js';
import { type Hooks, isAllOrNothing, type LoadRequest, type Settings } from '../plan/request.js';
import { scheduleLoad } from '../plan/schedule.js';
import { stepWeights } from '../plan/weights.js';
import { beginStep } from '../steps.js';
import type { Connection, GraphSchema, LoadReport, Problem } from '../types.js';
import { assessPlace, assessTables } from './assessment.js';
import { examineDataset, type Findings, needsPlain } from './findings.js';
import { type End, loadPhases } from './phases.js';
import { WriteFailed, writeProblem } from './problems.js';
import { notUndoable, refuse } from './refusals.js';
import { startTally, type Tally, tallyError, tallyWarning, toReport } from './report.js';
import {
  CallbackFailed,
  commit,
  CopyFailed,
  endTransaction,
  type Failure,
  guardCallbacks,
  type Run,
} from './table.js';
import { markRows, takeBack } from './undo.js';
import { checkValues, prepareValues } from './values.js';

/**
 * Loads a dataset into the database at a path. A new database is built beside it and renamed into
 * place; into an existing one the tables are loaded where they are.
 *
 * @throws {KgloadError} for everything that stops a load before any data.
 */
export function* loadDatabase(
  path: string,
  dataset: Dataset,
  request: LoadRequest,
): Steps<LoadReport> {
  const { schema, settings, hooks } = request;
  const place = assessPlace(path, dataset, request);
  const { target, existing, engine, needs } = place;
  for (const warning of place.warnings) hooks.onEvent({ type: 'warned', warning });
  const examining = beginStep(hooks, 'examine');
  const findings = yield* examineDataset(engine, dataset, request);
  examining.end();
  const building: Building = {
    findings,
    isNew: !existing,
    isRoomy: needs.isRoomy,
    isReplacing: isThere(target) && !existing,
    isCareful: false,
    failures: new Map(),
    told: new Set(),
  };
  const report = yield* replaceDatabase(
    target,
    engine,
    ({ connections }) => loadTables(connections, dataset, request, building),
    {
      ...settings.resources,
      compression: findings.compression,
      ...(existing
        ? { isPlain: (connection) => needsPlain(connection, schema, dataset, findings) }
        : { bufferPool: needs.bufferPool, connections: needs.jobs }),
      isCopy: existing !== undefined,
      listener: hooks,
      onStaged: (directory) => {
        hooks.onEvent({ type: 'staged', directory });
      },
      ...(hooks.beforePublish && { beforePublish: hooks.beforePublish }),
    },
  );
  const warnings = [...place.warnings, ...report.warnings];
  return { ...report, warnings, totalTime: secondsOf(hooks) };
}

/**
 * A database that is being built, and thrown away if the load is not published. After a COPY that
 * failed it is begun anew, carefully: see {@link replaceDatabase}.
 */
interface Building {
  /** What was found in the files of values that the engine may change. */
  findings: Findings;
  /** It begins empty, not as a copy of the database that is there. */
  isNew: boolean;
  /** Memory suffices to commit many tables together. */
  isRoomy: boolean;
  /** It takes the place of another one, which is kept unless every table is loaded. */
  isReplacing: boolean;
  /** A COPY failed: table after table, and bad rows are looked for before. */
  isCareful: boolean;
  /** Why COPYs failed; their tables are not copied again. */
  failures: Map<string, Failure>;
  /** Warnings, and files with bad rows, that were told of before the database was begun anew. */
  told: Set<string>;
}

/**
 * Loads a dataset over an open connection: creates the tables that are missing, then copies nodes
 * and then edges, in the schema's order.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH`, `TARGET_NOT_EMPTY`, `NOTHING_TO_LOAD`, `UNDO_UNSAFE`, before
 *   anything is written.
 */
export function* loadDataset(
  connection: Connection,
  dataset: Dataset,
  request: LoadRequest,
): Steps<LoadReport> {
  const report = yield* loadTables([connection], dataset, request);
  if (report === 'again') throw new Error('only a database that is built can be begun anew');
  return report;
}

/** @param connections - Those that may write at the same time. */
function* loadTables(
  connections: readonly Connection[],
  dataset: Dataset,
  request: LoadRequest,
  building?: Building,
): Steps<LoadReport | 'again'> {
  const undo: (() => Steps<void>)[] = [];
  const guarded = { ...request, hooks: guardCallbacks(request.hooks) };
  try {
    return yield* attemptTables(connections, dataset, guarded, building, undo);
  } catch (error) {
    if (error instanceof WriteFailed)
      throw new KgloadError(writeProblem(error, false), { cause: error });
    const isForeseen = error instanceof CallbackFailed || error instanceof KgloadError;
    if (!isForeseen) throw error;
    for (const step of undo) yield* step();
    throw error instanceof CallbackFailed ? error.thrown : error;
  }
}

/** @param undo - Is given what takes back what was done over a caller's connection. */
function* attemptTables(
  connections: readonly Connection[],
  dataset: Dataset,
  request: LoadRequest,
  building: Building | undefined,
  undo: (() => Steps<void>)[],
): Steps<LoadReport | 'again'> {
  const { schema, settings, hooks } = request;
  const [connection] = connections;
  if (!connection) throw new Error('no connection');
  const planning = beginStep(hooks, 'plan');
  const { catalog, plan: assessed, present } = yield* assessTables(connection, dataset, request);
  if (!building) refuse(notUndoable(assessed, present, isAllOrNothing(settings)));
  if ([...present.values()].some((rows) => rows > 0)) yield* writePending(connection);
  const { plan: prepared, checks } = yield* prepareValues(
    connection,
    assessed,
    request,
    present,
    building?.findings,
  );
  const plan = scheduleLoad(prepared, settings, {
    target: building ? (building.isNew ? 'new' : 'copy') : 'connection',
    connections: connections.length,
    isRoomy: building?.isRoomy ?? false,
    isCareful: building?.isCareful ?? false,
    present,
  });
  planning.end();
  const once = building ? tellOnce(hooks, building) : hooks;
  const tally = startTally(plan, once.onEvent, stepWeights(plan));
  const run: Run = {
    connection,
    tally,
    settings,
    hooks: once,
    present,
    inTransaction: plan.schedule.commit === 'load',
    ...(building && { building }),
  };
  if (run.inTransaction) {
    yield { connection, cypher: BEGIN };
    undo.push(() => endTransaction(connection, false));
  } else if (!building) {
    const marks = yield* markRows(connection, plan, catalog);
    undo.push(() => takeBack(connection, marks));
  }
  const repeat = (table: string): 'again' => {
    const tables = plan.tables.filter(({ copies }) => copies.length > 0);
    tally.onEvent({ type: 'repeated', table, tables: tables.map((planned) => planned.table) });
    return 'again';
  };
  const remade =
    building && !building.isNew ? yield* removeIndexes(connection, catalog, plan, settings) : [];
  let end: End;
  try {
    end = yield* loadPhases(run, connections, plan);
  } catch (error) {
    if (!building) throw error;
    const failed =
      error instanceof WriteFailed
        ? new CopyFailed('', {
            problem: writeProblem(error, !building.isRoomy),
            isAboutRows: false,
          })
        : error;
    if (!(failed instanceof CopyFailed)) throw failed;
    if (isRepeated(building, failed, settings)) return repeat(failed.table);
    tallyError(tally, failed.table, failed.failure.problem);
    end = 'stopped';
  }
  const completed = end === 'done';
  if (run.inTransaction) yield* commit(run, completed);
  if (end === 'aborted') throw abortReason(hooks.signal);
  let isFalse = false;
  if (completed) {
    const checking = beginStep(hooks, 'check');
    for (const error of yield* checkCounts(connections, schema, plan, present, tally)) {
      isFalse = true;
      tallyError(tally, error.table ?? '', error);
    }
    const changed = yield* checkValues(connection, schema, checks, tally);
    checking.end();
    const [first] = changed;
    if (building && first && settings.onError !== 'abort') {
      for (const problem of changed) {
        building.failures.set(problem.table ?? '', { problem, isAboutRows: false });
      }
      building.isCareful = true;
      return repeat(first.table ?? '');
    }
    for (const error of changed) {
      isFalse = true;
      tallyError(tally, error.table ?? '', error);
    }
    const indexes = plan.isNew ? (schema.indexes ?? []) : remade;
    for (const warning of yield* createIndexes(run, indexes)) tallyWarning(tally, warning);
  }
  const isKept =
    tally.errors.length > 0 && building?.isReplacing && settings.onError !== 'continue';
  return toReport(schema, plan, tally, {
    published: building ? completed && !isFalse && !isKept : completed || !run.inTransaction,
    totalTime: secondsOf(hooks),
    stepTimes: hooks.stepTimes,
  });
}

/** Since the work began, until now. */
function secondsOf({ clock, began }: Hooks): number {
  return (clock() - began) / 1000;
}

/** The hooks, but what was told before a database was begun anew is not told again. */
function tellOnce(hooks: Hooks, { isCareful, told }: Building): Hooks {
  const isNew = (what: string): boolean => {
    if (told.has(what)) return false;
    told.add(what);
    return true;
  };
  const { onEvent, onBadRow } = hooks;
  const seen = new Set<string>();
  return {
    ...hooks,
    onEvent: (event) => {
      if (event.type === 'planned' && isCareful) return;
      if (event.type !== 'warned' || isNew(event.warning.message)) onEvent(event);
    },
    ...(onBadRow && {
      onBadRow: (row) => {
        const file = `bad rows of ${row.table} in ${row.file}`;
        if (!seen.has(file) && !isNew(file)) return;
        seen.add(file);
        onBadRow(row);
      },
    }),
  };
}

/** Whether a database is begun anew after a COPY that failed, and how. */
function isRepeated(
  building: Building,
  { table, failure }: CopyFailed,
  { onError }: Settings,
): boolean {
  const { code } = failure.problem;
  if (code === 'DISK_FULL' || (onError === 'abort' && !failure.isAboutRows)) {
    if (code !== 'OUT_OF_MEMORY' || building.isCareful) return false;
  }
  // Table after table a load needs the least memory.
  if (code === 'OUT_OF_MEMORY' && building.isCareful) return false;
  if (code !== 'OUT_OF_MEMORY') building.failures.set(table, failure);
  building.isCareful = true;
  return true;
}

/**
 * Writes what the write-ahead log holds to the file. Where a COPY fails in a table with rows that
 * are in the log alone, both engines lose the index of these, and may crash.
 */
function* writePending(connection: Connection): Steps<void> {
  try {
    yield { connection, cypher: CHECKPOINT };
  } catch {
    // Within a transaction of the caller's there is none.
  }
}

/** Every table must have grown by the rows that were loaded, and these must be all but the bad. */
function* checkCounts(
  connections: readonly Connection[],
  { nodes, edges }: GraphSchema,
  plan: Plan,
  present: ReadonlyMap<string, number>,
  tally: Tally,
): Steps<Problem[]> {
  const failed = new Set(tally.errors.map(({ table }) => table));
  const problems: Problem[] = [];
  const attempted = plan.tables.filter(({ copies }) => copies.length > 0);
  const names = new Set(attempted.map(({ table }) => table));
  const tables = [...nodes, ...edges].filter(({ name }) => names.has(name));
  const counts = yield* countTables(connections, tables.map(countedTable));
  for (const { table, file, rows } of attempted) {
    const before = present.get(table) ?? 0;
    const now = counts.get(table) ?? 0;
    const loaded = tally.times.get(table)?.rows ?? 0;
    const skipped = tally.skipped.get(table) ?? 0;
    const isWhole = failed.has(table) || loaded + skipped === rows;
    if (now - before === loaded && isWhole) continue;
    problems.push({
      code: 'ROW_COUNT',
      table,
      file,
      message: `the rows of ${table} do not add up: ${file} holds ${rows}, ${skipped} were left out as bad, the engine says that it loaded ${loaded}, and the table has grown from ${before} to ${now}`,
      hint: 'do not use this table; the file is probably damaged',
    });
  }
  return problems;
}

/**
 * Drops the indexes that would not be right beside rows that come, or crash the engine.
 *
 * @returns What creates them.
 */
function* removeIndexes(
  connection: Connection,
  catalog: Catalog,
  plan: Plan,
  { badRows }: Settings,
): Steps<string[]> {
  const loaded = new Set(plan.tables.flatMap(({ table, copies }) => (copies[0] ? [table] : [])));
  const indexes = yield* readIndexes(connection, (table) => catalog.get(table)?.primaryKey);
  const removed: string[] = [];
  for (const index of indexes) {
    if (!loaded.has(index.table)) continue;
    if (!canBeRemade(index)) refuse([stopWordsInWay(index)]);
    const isInWay = index.kind === 'art' || (index.kind === 'text' && badRows.skip);
    if (!isInWay) continue;
    yield* removeIndex(connection, index);
    removed.push(index.definition);
  }
  return removed;
}

/** Creates the indexes of a schema; one that fails leaves the data as it is. */
function* createIndexes({ connection, hooks }: Run, indexes: readonly string[]): Steps<Problem[]> {
  const warnings: Problem[] = [];
  if (indexes.length === 0) return warnings;
  const step = beginStep(hooks, 'index');
  for (const [i, cypher] of indexes.entries()) {
    step.progress(i, indexes.length);
    try {
      yield { connection, cypher };
    } catch (error) {
      const message = `an index was not created: ${cypher}: ${firstLine(messageOf(error))}`;
      warnings.push({
        code: 'INDEX_FAILED',
        message,
        hint: 'the data is loaded; create it by hand',
      });
    }
  }
  step.end();
  return warnings;
}

/** What `AbortSignal.throwIfAborted` throws: the caller's own reason, whatever it is. */
function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
