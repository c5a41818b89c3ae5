/** A load: plan, run, count, report. */
import { countRows, countTables, readCatalog } from '../database/catalog.js';
import { replaceDatabase } from '../database/open.js';
import { engineFor, inspectTarget, isThere } from '../database/target.js';
import type { Dataset } from '../dataset/dataset.js';
import { shareOut, type Steps } from '../engine/drive.js';
import { firstLine } from '../engine/messages.js';
import { hasManyWriters, titleOf } from '../engine/native.js';
import { defaultBufferPool, defaultJobs, smallBufferPool } from '../engine/resources.js';
import { KgloadError, messageOf } from '../errors.js';
import { codeGraph } from '../model/codegraph.js';
import type { DatabaseLoadOptions, RunOptions } from '../plan/options.js';
import { type Plan, planLoad, type PlannedTable } from '../plan/plan.js';
import type { Connection, EngineName, GraphSchema, LoadReport, Problem } from '../types.js';
import { examineDataset, needsPlain } from './findings.js';
import { countParts } from './parts.js';
import { WriteFailed, writeProblem } from './problems.js';
import { notEmpty, nothingToLoad, notUndoable, refuse } from './refusals.js';
import { startTally, type Tally, tallyError, toReport } from './report.js';
import {
  CallbackFailed,
  checkpoint,
  CopyFailed,
  endTransaction,
  type Failure,
  guardCallbacks,
  loadTable,
  nodesFailed,
  type Run,
  type TableOptions,
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
  options: DatabaseLoadOptions = {},
): Steps<LoadReport> {
  const clock = options.clock ?? (() => performance.now());
  const began = clock();
  const target = inspectTarget(path);
  const engine = engineFor(target, options);
  const existing = isThere(target) && !options.fresh ? target : undefined;
  const { bufferPool, jobs, isRoomy } = needsOf(dataset, options);
  const idle = idleJobs(engine, existing !== undefined, isRoomy, options.jobs);
  for (const warning of idle) options.onEvent?.({ type: 'warned', warning });
  const { schema = codeGraph } = options;
  const findings = yield* examineDataset(engine, schema, dataset, options);
  const examined = { ...options, findings };
  const building: Building = {
    isRoomy: isRoomy && !existing,
    isTight: !isRoomy,
    isReplacing: isThere(target) && !existing,
    isCareful: false,
    failures: new Map(),
    told: new Set(),
  };
  const report = yield* replaceDatabase(
    target,
    engine,
    ({ connection, connections }) =>
      loadTables(connection, dataset, examined, {
        ...building,
        build: building,
        connections: building.isCareful ? [connection] : connections,
      }),
    {
      ...options,
      compression: findings.compression,
      ...(existing
        ? { isPlain: (connection) => needsPlain(connection, schema, dataset, findings) }
        : { bufferPool, connections: jobs }),
      isCopy: existing !== undefined,
      onStaged: (directory) => options.onEvent?.({ type: 'staged', directory }),
    },
  );
  const warnings = [...idle, ...report.warnings];
  return { ...report, warnings, totalTime: (clock() - began) / 1000 };
}

/**
 * A database that is being built, and thrown away if the load is not published. After a COPY that
 * failed it is begun anew, carefully: see {@link replaceDatabase}.
 */
interface Building {
  /** Memory suffices to commit many tables together. */
  isRoomy: boolean;
  /** Memory is little for what is loaded. */
  isTight: boolean;
  /** It takes the place of another one, which is kept unless every table is loaded. */
  isReplacing: boolean;
  /** A COPY failed: table after table, and bad rows are looked for before. */
  isCareful: boolean;
  /** Why COPYs failed; their tables are not copied again. */
  failures: Map<string, Failure>;
  /** Warnings, and files with bad rows, that were told of before the database was begun anew. */
  told: Set<string>;
}

/** One attempt at a {@link Building}. */
interface Attempt extends Building {
  build: Building;
  /** Those that may write at the same time. */
  connections: readonly Connection[];
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
  options: RunOptions = {},
): Steps<LoadReport> {
  const report = yield* loadTables(connection, dataset, options);
  if (report === 'again') throw new Error('only a database that is built can be begun anew');
  return report;
}

function* loadTables(
  connection: Connection,
  dataset: Dataset,
  options: RunOptions,
  attempt?: Attempt,
): Steps<LoadReport | 'again'> {
  const undo: (() => Steps<void>)[] = [];
  try {
    return yield* attemptTables(connection, dataset, guardCallbacks(options), attempt, undo);
  } catch (error) {
    if (error instanceof WriteFailed)
      throw new KgloadError(writeProblem(error, false), { cause: error });
    if (!(error instanceof CallbackFailed)) throw error;
    for (const step of undo) yield* step();
    throw error.thrown;
  }
}

/** @param undo - Is given what takes back what was done over a caller's connection. */
function* attemptTables(
  connection: Connection,
  dataset: Dataset,
  options: RunOptions,
  attempt: Attempt | undefined,
  undo: (() => Steps<void>)[],
): Steps<LoadReport | 'again'> {
  const connections = attempt?.connections ?? [connection];
  const { schema = codeGraph, clock = () => performance.now() } = options;
  const began = clock();
  const catalog = yield* readCatalog(connection);
  const plan = planLoad(schema, dataset, catalog);
  refuse(plan.conflicts);
  refuse(nothingToLoad(plan, dataset));
  excludeTables(plan, options.exclude ?? []);
  const present = yield* countPresent(connection, plan, new Set(catalog.keys()));
  if (!options.append) refuse(notEmpty(plan, present));
  yield* countParts(connection, plan);
  const isAllOrNothing = options.onError === 'abort' || options.maxBadRows !== undefined;
  if (!attempt) refuse(notUndoable(plan, present, isAllOrNothing));
  if ([...present.values()].some((rows) => rows > 0)) yield* writePending(connection);

  const checks = yield* prepareValues(connection, plan, schema, present, options);
  const onEvent = options.onEvent ?? (() => undefined);
  const isNew = (what: string): boolean => {
    if (attempt?.told.has(what)) return false;
    attempt?.told.add(what);
    return true;
  };
  const tally = startTally(plan, (event) => {
    if (event.type === 'planned' && attempt && attempt.isCareful) return;
    if (event.type !== 'warned' || isNew(event.warning.message)) onEvent(event);
  });
  const onWarning = (warning: Problem): void => {
    plan.warnings.push(warning);
    tally.onEvent({ type: 'warned', warning });
  };
  const { onBadRow } = options;
  const seen = new Set<string>();
  const inTransaction = isAllOrNothing && !attempt;
  const run: Run = {
    connection,
    tally,
    clock,
    options: {
      ...options,
      ...(onBadRow && {
        onBadRow: (row) => {
          const file = `bad rows of ${row.table} in ${row.file}`;
          if (!seen.has(file) && attempt?.told.has(file)) return;
          seen.add(file);
          attempt?.told.add(file);
          onBadRow(row);
        },
      }),
    },
    present,
    inTransaction,
    ...(attempt && { building: attempt }),
    hasProgress: options.onEvent !== undefined && options.progress !== false,
    onWarning,
  };
  if (inTransaction) {
    yield { connection, cypher: 'BEGIN TRANSACTION' };
    undo.push(() => endTransaction(connection, false));
  } else if (!attempt && (options.onEvent || options.onBadRow)) {
    const marks = yield* markRows(connection, plan, catalog);
    undo.push(() => takeBack(connection, marks));
  }
  const isParallel = connections.length > 1;
  // Bad rows that are skipped are looked for, and that needs rows that are committed.
  const isTogether = attempt?.isRoomy === true && !attempt.isCareful && !options.skipBadRows;
  const repeat = (table: string): 'again' => {
    const tables = plan.tables.filter(({ copies }) => copies.length > 0);
    tally.onEvent({ type: 'repeated', table, tables: tables.map((planned) => planned.table) });
    return 'again';
  };
  let end: End = 'done';
  try {
    for (const [i, tables] of phasesOf(plan, isParallel).entries()) {
      const create = i === 0 ? plan.create : [];
      if (isParallel) end = yield* loadInParallel(run, connections, create, tables);
      else if (isTogether) end = yield* loadInOne(run, create, tables);
      else end = yield* loadInTurn(run, create, tables);
      if (end !== 'done') break;
    }
    if (isParallel && end === 'done') yield* checkpoint(connection);
  } catch (error) {
    if (!attempt) throw error;
    const failed =
      error instanceof WriteFailed
        ? new CopyFailed('', { problem: writeProblem(error, attempt.isTight), isAboutRows: false })
        : error;
    if (!(failed instanceof CopyFailed)) throw failed;
    if (isRepeated(attempt, failed, options)) return repeat(failed.table);
    tallyError(tally, failed.table, failed.failure.problem);
    end = 'stopped';
  }
  const completed = end === 'done';
  if (inTransaction) yield* endTransaction(connection, completed);
  if (end === 'aborted') throw abortReason(options.signal);
  let isFalse = false;
  if (completed) {
    for (const error of yield* checkCounts(connections, plan, present, tally)) {
      isFalse = true;
      tallyError(tally, error.table ?? '', error);
    }
    const changed = yield* checkValues(connection, schema, checks, tally);
    const [first] = changed;
    if (attempt && first && options.onError !== 'abort') {
      for (const problem of changed) {
        attempt.build.failures.set(problem.table ?? '', { problem, isAboutRows: false });
      }
      attempt.build.isCareful = true;
      return repeat(first.table ?? '');
    }
    for (const error of changed) {
      isFalse = true;
      tallyError(tally, error.table ?? '', error);
    }
    if (plan.isNew) {
      for (const warning of yield* createIndexes(connection, schema)) onWarning(warning);
    }
  }
  const isKept = tally.errors.length > 0 && attempt?.isReplacing && options.onError !== 'continue';
  return toReport(schema, plan, tally, {
    published: attempt ? completed && !isFalse && !isKept : completed || !inTransaction,
    totalTime: (clock() - began) / 1000,
  });
}

/** Whether a database is begun anew after a COPY that failed, and how. */
function isRepeated(
  { build }: Attempt,
  { table, failure }: CopyFailed,
  { onError }: TableOptions,
): boolean {
  const { code } = failure.problem;
  if (code === 'DISK_FULL' || (onError === 'abort' && !failure.isAboutRows)) {
    if (code !== 'OUT_OF_MEMORY' || build.isCareful) return false;
  }
  // Table after table a load needs the least memory.
  if (code === 'OUT_OF_MEMORY' && build.isCareful) return false;
  if (code !== 'OUT_OF_MEMORY') build.failures.set(table, failure);
  build.isCareful = true;
  return true;
}

/** That tables are not loaded at a time, though it was asked for. */
function idleJobs(engine: EngineName, isExisting: boolean, isRoomy: boolean, jobs = 1): Problem[] {
  let why: string;
  if (jobs === 1) return [];
  if (!hasManyWriters(engine)) why = `${titleOf(engine)} writes a table at a time`;
  else if (isExisting) why = 'a database that is there is loaded a table at a time';
  else if (!isRoomy) why = `the buffer pool is below ${ROOM} times the data (--buffer-pool)`;
  else return [];
  return [{ code: 'JOBS_IDLE', message: `--jobs ${jobs} has no effect: ${why}` }];
}

/**
 * Writes what the write-ahead log holds to the file. Where a COPY fails in a table with rows that
 * are in the log alone, both engines lose the index of these, and may crash.
 */
function* writePending(connection: Connection): Steps<void> {
  try {
    yield { connection, cypher: 'CHECKPOINT' };
  } catch {
    // Within a transaction of the caller's there is none.
  }
}

/** What the load of a dataset into a new database takes, unless told otherwise. */
function needsOf(
  { tables }: Dataset,
  options: DatabaseLoadOptions,
): { bufferPool: number; jobs: number; isRoomy: boolean } {
  const footers = [...tables.values()].flatMap(({ files }) => files.map(({ footer }) => footer));
  const sum = (of: 'rows' | 'dataBytes'): number =>
    footers.reduce((total, footer) => total + ('rows' in footer ? footer[of] : 0), 0);
  const bytes = sum('dataBytes');
  const isSmall = sum('rows') <= FEW_ROWS && bytes <= FEW_BYTES;
  const bufferPool = options.bufferPool ?? (isSmall ? smallBufferPool() : defaultBufferPool());
  const isRoomy = bytes * ROOM <= bufferPool;
  return { bufferPool, isRoomy, jobs: isRoomy ? (options.jobs ?? defaultJobs()) : 1 };
}

const FEW_BYTES = 128e6;

/**
 * A pool of this many times the data has room for tables that are committed together. What is not
 * committed stays in memory: 35 million rows, 2.5 GB of data, take 2.3 GB, and 1.6 GB table by table.
 * With several connections and less than 3 times the data Ladybug 0.19.1 loses pages, or crashes.
 */
const ROOM = 4;

/** Up to about here, one transaction for all is faster than one for nodes and one for edges. */
const FEW_ROWS = 1_000_000;

/**
 * Tables that are loaded together. In one transaction with their nodes, edges look their endpoints
 * up in an index that is not written yet: at 35 million rows that takes longer, and 0.5 GB more.
 */
function phasesOf({ tables }: Plan, isParallel: boolean): PlannedTable[][] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (rows <= FEW_ROWS && !isParallel) return [tables];
  return (['node', 'edge'] as const).map((kind) => tables.filter((table) => table.kind === kind));
}

/** `stopped`: by an error that ends the load. `aborted`: by the caller's signal. */
type End = 'done' | 'stopped' | 'aborted';

/** Creates what is missing, and loads tables one after the other. */
function* loadInTurn(
  run: Run,
  create: readonly string[],
  tables: readonly PlannedTable[],
): Steps<End> {
  const { connection, tally, options } = run;
  for (const cypher of create) yield { connection, cypher };
  for (const planned of tables) {
    if (options.signal?.aborted) return 'aborted';
    const refused = refusals(planned, tally);
    const problems = refused ?? (yield* loadTable(run, planned));
    for (const problem of problems) tallyError(tally, planned.table, problem);
    if (endsLoad(problems, options)) return 'stopped';
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
  tables: readonly PlannedTable[],
): Steps<End> {
  const { connection } = run;
  yield { connection, cypher: 'BEGIN TRANSACTION' };
  const end = yield* loadInTurn({ ...run, inTransaction: true }, create, tables);
  yield* endTransaction(connection, end === 'done');
  return end;
}

/** Several tables at a time, each committed by itself. */
function* loadInParallel(
  run: Run,
  connections: readonly Connection[],
  create: readonly string[],
  tables: readonly PlannedTable[],
): Steps<End> {
  const { connection, options } = run;
  if (create.length > 0) {
    yield { connection, cypher: 'BEGIN TRANSACTION' };
    for (const cypher of create) yield { connection, cypher };
    yield* endTransaction(connection, true);
  }
  let end = 'done' as End;
  // The largest first: begun last, it would be loaded while the other cores have nothing to do.
  const bySize = tables.toSorted((a, b) => b.rows - a.rows);
  yield* shareOut(connections, bySize, function* (own, planned) {
    if (end !== 'done') return;
    if (options.signal?.aborted) {
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
function refusals(planned: PlannedTable, tally: Tally): Problem[] | undefined {
  if (planned.errors.length > 0) return planned.errors;
  if (planned.copies.length === 0) return [];
  const orphaned = nodesFailed(planned, tally);
  return orphaned.length > 0 ? orphaned : undefined;
}

function endsLoad(problems: readonly Problem[], { onError }: TableOptions): boolean {
  if (problems.length === 0) return false;
  const isFatal = problems.some(({ code }) => code === 'DISK_FULL' || code === 'TOO_MANY_BAD_ROWS');
  return isFatal || onError === 'abort';
}

/** Rows of the tables to be loaded that the database already has. */
function* countPresent(
  connection: Connection,
  plan: Plan,
  existing: ReadonlySet<string>,
): Steps<Map<string, number>> {
  const present = new Map<string, number>();
  for (const { table, kind, copies } of plan.tables) {
    if (copies.length === 0) continue;
    const rows = existing.has(table) ? yield* countRows(connection, { name: table, kind }) : 0;
    present.set(table, rows);
  }
  return present;
}

/** Every table must have grown by the rows that were loaded, and these must be all but the bad. */
function* checkCounts(
  connections: readonly Connection[],
  plan: Plan,
  present: ReadonlyMap<string, number>,
  tally: Tally,
): Steps<Problem[]> {
  const failed = new Set(tally.errors.map(({ table }) => table));
  const problems: Problem[] = [];
  const attempted = plan.tables.filter(({ copies }) => copies.length > 0);
  const counts = yield* countTables(
    connections,
    attempted.map(({ table, kind }) => ({ name: table, kind })),
  );
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

/** Creates the indexes of a schema; one that fails leaves the data as it is. */
function* createIndexes(connection: Connection, { indexes = [] }: GraphSchema): Steps<Problem[]> {
  const warnings: Problem[] = [];
  for (const cypher of indexes) {
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
  return warnings;
}

/** What `AbortSignal.throwIfAborted` throws: the caller's own reason, whatever it is. */
function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}

function excludeTables(plan: Plan, problems: readonly Problem[]): void {
  for (const problem of problems) {
    const planned = plan.tables.find(({ table }) => table === problem.table);
    if (!planned) continue;
    planned.copies = [];
    planned.errors.push(problem);
  }
}
