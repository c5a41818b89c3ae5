/** A load: plan, run, count, report. */
import { countRows, countTables, readCatalog } from './catalog.js';
import { codeGraph } from './codegraph.js';
import { changeDatabase, replaceDatabase } from './database.js';
import type { Dataset } from './dataset.js';
import { firstLine, hasManyWriters, titleOf } from './engine/engine.js';
import { defaultBufferPool, defaultJobs, smallBufferPool } from './engine/resources.js';
import { KgloadError, messageOf } from './errors.js';
import { formatCount } from './format.js';
import { planLoad, type Plan, type PlannedTable } from './plan.js';
import { copyTally, restoreTally, startTally, tallyError, toReport, type Tally } from './report.js';
import { shareOut, type Steps } from './steps.js';
import {
  endTransaction,
  loadTable,
  nodesFailed,
  type Run,
  type TableOptions,
} from './tableload.js';
import { engineFor, inspectTarget, isThere } from './target.js';
import type {
  Connection,
  EngineName,
  GraphSchema,
  LoadOptions,
  LoadReport,
  Problem,
  Resources,
} from './types.js';

/** What a load may be told, with a schema that is read already. */
export interface RunOptions extends Omit<LoadOptions, 'schema' | 'logger'> {
  /** Default: the built-in code graph. */
  schema?: GraphSchema;
  /** Tables that are not to be attempted, and why. */
  exclude?: readonly Problem[];
  /** `false`: nobody wants to know how far a table is. */
  progress?: boolean;
}

export interface DatabaseLoadOptions extends RunOptions, Resources {
  /** Build a new database and put it in the old one's place. */
  fresh?: boolean;
  /**
   * Tables that are loaded at a time, into a new database of an engine that can. Default: one a
   * core, but no more than four.
   */
  jobs?: number;
}

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
  const idle = idleJobs(engine, existing !== undefined, options.jobs);
  for (const warning of idle) options.onEvent?.({ type: 'warned', warning });
  let report: LoadReport;
  if (existing) {
    const work = (connection: Connection): Steps<LoadReport> =>
      loadDataset(connection, dataset, options);
    report = yield* changeDatabase(existing, work, options);
  } else {
    const { bufferPool, jobs, isRoomy } = needsOf(dataset, options);
    report = yield* replaceDatabase(
      target,
      engine,
      ({ connection, connections }) =>
        loadDataset(connection, dataset, options, { connections, isRoomy }),
      (directory) => options.onEvent?.({ type: 'staged', directory }),
      { ...options, bufferPool, connections: jobs },
    );
  }
  const warnings = [...idle, ...report.warnings];
  return { ...report, warnings, totalTime: (clock() - began) / 1000 };
}

/** A new database that is being built, and thrown away if the load is not published. */
interface Building {
  /** Those that may write at the same time. */
  connections: readonly Connection[];
  /** Memory suffices to commit many tables together. */
  isRoomy: boolean;
}

/**
 * Loads a dataset over an open connection: creates the tables that are missing, then copies nodes
 * and then edges, in the schema's order.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH`, `TARGET_NOT_EMPTY`, before anything is written.
 */
export function* loadDataset(
  connection: Connection,
  dataset: Dataset,
  options: RunOptions = {},
  building?: Building,
): Steps<LoadReport> {
  const connections = building?.connections ?? [connection];
  const staged = building !== undefined;
  const { schema = codeGraph, clock = () => performance.now() } = options;
  const began = clock();
  const catalog = yield* readCatalog(connection);
  const plan = planLoad(schema, dataset, catalog);
  refuse(plan.conflicts);
  excludeTables(plan, options.exclude ?? []);
  const present = yield* countPresent(connection, plan, new Set(catalog.keys()));
  if (!options.append) refuse(notEmpty(plan, present));
  yield* countParts(connection, plan);
  if ([...present.values()].some((rows) => rows > 0)) yield* writePending(connection);

  const tally = startTally(plan, options.onEvent ?? (() => undefined));
  const onWarning = (warning: Problem): void => {
    plan.warnings.push(warning);
    tally.onEvent({ type: 'warned', warning });
  };
  const isAllOrNothing = options.onError === 'abort' || options.maxBadRows !== undefined;
  const inTransaction = isAllOrNothing && !staged;
  // Bad rows that are skipped are told of as they are found, and must not be found twice.
  const isTogether = building?.isRoomy === true && !options.skipBadRows;
  const run: Run = {
    connection,
    tally,
    clock,
    options,
    present,
    inTransaction,
    mayRepeat: false,
    hasProgress: options.onEvent !== undefined && options.progress !== false,
    onWarning,
  };
  let end: End = 'done';
  if (inTransaction) yield { connection, cypher: 'BEGIN TRANSACTION' };
  const isParallel = connections.length > 1;
  for (const [i, tables] of phasesOf(plan, isParallel).entries()) {
    const create = i === 0 ? plan.create : [];
    if (isParallel) end = yield* loadInParallel(run, connections, create, tables);
    else {
      const once = isTogether ? yield* loadInOne(run, create, tables) : 'failed';
      end = once === 'failed' ? yield* loadInTurn(run, create, tables) : once;
    }
    if (end !== 'done') break;
  }
  const completed = end === 'done';
  if (inTransaction) yield* endTransaction(connection, completed);
  if (end === 'aborted') throw abortReason(options.signal);
  if (completed) {
    if (isParallel) yield { connection, cypher: 'CHECKPOINT' };
    for (const error of yield* checkCounts(connections, plan, present, tally)) {
      tallyError(tally, error.table ?? '', error);
    }
    if (plan.isNew) {
      for (const warning of yield* createIndexes(connection, schema)) onWarning(warning);
    }
  }
  return toReport(schema, plan, tally, {
    published: completed || (!staged && !inTransaction),
    totalTime: (clock() - began) / 1000,
  });
}

/** That tables are not loaded at a time, though it was asked for. */
function idleJobs(engine: EngineName, isExisting: boolean, jobs = 1): Problem[] {
  if (jobs === 1 || (hasManyWriters(engine) && !isExisting)) return [];
  const why = hasManyWriters(engine)
    ? 'a database that is there is loaded a table at a time, so that a crash leaves every table whole'
    : `${titleOf(engine)} writes a table at a time`;
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
  return { bufferPool, isRoomy, jobs: options.jobs ?? (isRoomy ? defaultJobs() : 1) };
}

const FEW_BYTES = 128e6;

/**
 * A pool of this many times the data has room for tables that are committed together. What is not
 * committed stays in memory: 35 million rows, 2.5 GB of data, take 2.3 GB, and 1.6 GB table by table.
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
 * The same in one transaction: every commit with a COPY costs a checkpoint. Where a table fails,
 * nothing stays: the engine rolls all of it back, and with it the rows that explain the failure.
 * For a database that is thrown away if this process dies; killed inside such a commit, Kuzu 0.11.3
 * may keep the tables without their rows.
 */
function* loadInOne(
  run: Run,
  create: readonly string[],
  tables: readonly PlannedTable[],
): Steps<End | 'failed'> {
  const { connection, tally, options } = run;
  const together: Run = { ...run, inTransaction: true, mayRepeat: true };
  const before = copyTally(tally);
  yield { connection, cypher: 'BEGIN TRANSACTION' };
  for (const cypher of create) yield { connection, cypher };
  for (const planned of tables) {
    if (options.signal?.aborted) {
      yield* endTransaction(connection, false);
      return 'aborted';
    }
    const refused = refusals(planned, tally);
    const problems = refused ?? (yield* loadTable(together, planned));
    if (problems.length > 0 && !refused) {
      yield* endTransaction(connection, false);
      restoreTally(tally, before);
      const again = tables.filter(({ copies }) => copies.length > 0).map(({ table }) => table);
      tally.onEvent({ type: 'repeated', table: planned.table, tables: again });
      return 'failed';
    }
    for (const problem of problems) tallyError(tally, planned.table, problem);
    if (endsLoad(problems, options)) {
      yield* endTransaction(connection, false);
      return 'stopped';
    }
  }
  yield* endTransaction(connection, true);
  return 'done';
}

/**
 * Several tables at a time, each committed by itself. One that finds too little memory beside the
 * others is loaded again alone.
 */
function* loadInParallel(
  run: Run,
  connections: readonly Connection[],
  create: readonly string[],
  tables: readonly PlannedTable[],
): Steps<End> {
  const { connection, tally, options } = run;
  if (create.length > 0) {
    yield { connection, cypher: 'BEGIN TRANSACTION' };
    for (const cypher of create) yield { connection, cypher };
    yield* endTransaction(connection, true);
  }
  const starved: PlannedTable[] = [];
  let end = 'done' as End;
  // The largest first: begun last, it would be loaded while the other cores have nothing to do.
  const bySize = tables.toSorted((a, b) => b.rows - a.rows);
  yield* shareOut(connections, bySize, function* (own, planned) {
    if (end !== 'done') return;
    if (options.signal?.aborted) {
      end = 'aborted';
      return;
    }
    const problems =
      refusals(planned, tally) ?? (yield* loadTable({ ...run, connection: own }, planned));
    if (problems.some(({ code }) => code === 'OUT_OF_MEMORY')) {
      starved.push(planned);
      tally.onEvent({ type: 'repeated', table: planned.table, tables: [planned.table] });
      return;
    }
    for (const problem of problems) tallyError(tally, planned.table, problem);
    if (endsLoad(problems, options)) end = 'stopped';
  });
  return end === 'done' ? yield* loadInTurn(run, [], starved) : end;
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

function* countSource(connection: Connection, source: string): Steps<number> {
  const rows = yield { connection, cypher: `${source} RETURN count(*) AS n` };
  return Number(rows[0]?.['n'] ?? 0);
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

/** Why the tables that hold rows already are in the way. */
export function notEmpty(plan: Plan, present: ReadonlyMap<string, number>): Problem[] {
  const held = plan.tables
    .map(({ table }) => [table, present.get(table) ?? 0] as const)
    .filter(([, rows]) => rows > 0);
  if (held.length === 0) return [];
  const list = held.map(([table, rows]) => `${table} (${formatCount(rows)})`).join(', ');
  return [
    {
      code: 'TARGET_NOT_EMPTY',
      message: `the database holds rows of tables to be loaded already: ${list}`,
      hint: 'replace the database with --fresh, or add to it with --append',
    },
  ];
}

/** One error that says all that stands in the way. */
export function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  throw new KgloadError({
    ...first,
    message: problems.map(({ message }) => message).join('; '),
  });
}
