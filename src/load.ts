/** A load: plan, run, count, report. */
import { badRowsProblem, countRepeatedPairs, findBadRows } from './badrows.js';
import { countRows, readCatalog } from './catalog.js';
import { codeGraph } from './codegraph.js';
import { changeDatabase, replaceDatabase } from './database.js';
import { LOSS } from './conversion.js';
import type { Dataset } from './dataset.js';
import { firstLine, isDiskFull, isPoolFull } from './engine/engine.js';
import { KgloadError, messageOf } from './errors.js';
import { formatCount } from './format.js';
import { planLoad, startedEvent, type Plan, type PlannedCopy, type PlannedTable } from './plan.js';
import {
  copyTally,
  restoreTally,
  startTally,
  tallyError,
  tallyTable,
  toReport,
  type Tally,
} from './report.js';
import type { Steps } from './steps.js';
import { engineFor, inspectTarget, isThere } from './target.js';
import type {
  BadRow,
  BadRows,
  Connection,
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
}

export interface DatabaseLoadOptions extends RunOptions, Resources {
  /** Build a new database and put it in the old one's place. */
  fresh?: boolean;
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
  const report =
    isThere(target) && !options.fresh
      ? yield* changeDatabase(
          target,
          (connection) => loadDataset(connection, dataset, options),
          options,
        )
      : yield* replaceDatabase(
          target,
          engine,
          (connection) => loadDataset(connection, dataset, options, { staged: true }),
          (staging) => options.onEvent?.({ type: 'staged', directory: staging }),
          options,
        );
  return { ...report, totalTime: (clock() - began) / 1000 };
}

/**
 * Loads a dataset over an open connection: creates the tables that are missing, then copies nodes
 * and then edges, in the schema's order.
 *
 * @param place - `staged`: the whole database is thrown away if the load is not published.
 * @throws {KgloadError} `SCHEMA_MISMATCH`, `TARGET_NOT_EMPTY`, before anything is written.
 */
export function* loadDataset(
  connection: Connection,
  dataset: Dataset,
  options: RunOptions = {},
  { staged = false } = {},
): Steps<LoadReport> {
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
  const isTogether = staged && !options.skipBadRows;
  const run: Run = { connection, tally, clock, options, present, inTransaction, onWarning };
  let end: End = 'done';
  if (inTransaction) yield { connection, cypher: 'BEGIN TRANSACTION' };
  for (const [i, tables] of phasesOf(plan).entries()) {
    const create = i === 0 ? plan.create : [];
    const together = isTogether ? yield* loadTogether(run, create, tables) : 'failed';
    end = together === 'failed' ? yield* loadInTurn(run, create, tables) : together;
    if (end !== 'done') break;
  }
  const completed = end === 'done';
  if (inTransaction) yield* endTransaction(connection, completed);
  if (end === 'aborted') throw abortReason(options.signal);
  if (completed) {
    for (const error of yield* checkCounts(connection, plan, present, tally)) {
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

/** Up to about here, one transaction for all is faster than one for nodes and one for edges. */
const FEW_ROWS = 1_000_000;

/**
 * Tables that are loaded together. In one transaction with their nodes, edges look their endpoints
 * up in an index that is not written yet: at 35 million rows that takes longer, and 0.5 GB more.
 */
function phasesOf({ tables }: Plan): PlannedTable[][] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (rows <= FEW_ROWS) return [tables];
  return (['node', 'edge'] as const).map((kind) => tables.filter((table) => table.kind === kind));
}

/** What the loads of all tables have in common. */
interface Run {
  connection: Connection;
  tally: Tally;
  clock: () => number;
  options: RunOptions;
  /** Rows that the tables held before. */
  present: ReadonlyMap<string, number>;
  /** All of the load is one transaction. */
  inTransaction: boolean;
  onWarning: (warning: Problem) => void;
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
    const problems = refused ?? (yield* loadTable(run, planned, run.inTransaction));
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
function* loadTogether(
  run: Run,
  create: readonly string[],
  tables: readonly PlannedTable[],
): Steps<End | 'failed'> {
  const { connection, tally, options } = run;
  const before = copyTally(tally);
  yield { connection, cypher: 'BEGIN TRANSACTION' };
  for (const cypher of create) yield { connection, cypher };
  for (const planned of tables) {
    if (options.signal?.aborted) {
      yield* endTransaction(connection, false);
      return 'aborted';
    }
    const refused = refusals(planned, tally);
    const problems = refused ?? (yield* loadTable(run, planned, true, true));
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

/** Why a table is not attempted; an empty list where there is nothing to load. */
function refusals(planned: PlannedTable, tally: Tally): Problem[] | undefined {
  if (planned.errors.length > 0) return planned.errors;
  if (planned.copies.length === 0) return [];
  const orphaned = nodesFailed(planned, tally);
  return orphaned.length > 0 ? orphaned : undefined;
}

function endsLoad(problems: readonly Problem[], { onError }: RunOptions): boolean {
  if (problems.length === 0) return false;
  const isFatal = problems.some(({ code }) => code === 'DISK_FULL' || code === 'TOO_MANY_BAD_ROWS');
  return isFatal || onError === 'abort';
}

/**
 * Loads one table, all of its files or none; returns why it failed.
 *
 * @param isTogether - A failure is found out about later, when the table is loaded by itself.
 */
function* loadTable(
  { connection, tally, clock, options, present, onWarning }: Run,
  planned: PlannedTable,
  isInTransaction: boolean,
  isTogether = false,
): Steps<Problem[]> {
  const { table, kind, copies } = planned;
  const isAppended = (present.get(table) ?? 0) > 0;
  tally.onEvent(startedEvent(planned));
  const start = clock();
  const ownTransaction = copies.length > 1 && !isInTransaction;
  const inTransaction = ownTransaction || isInTransaction;
  const badRows: BadRows[] = [];
  let rows = 0;
  let copied = 0;
  let problems: Problem[] = [];
  if (ownTransaction) yield { connection, cypher: 'BEGIN TRANSACTION' };
  for (const copy of copies) {
    try {
      if (kind === 'edge' && isAppended) {
        yield* warnOfRepeats(connection, table, copy, onWarning);
      }
      // A failed COPY rolls its transaction back, and with it the rows that explain the failure:
      // then the bad rows have to be found before.
      const found =
        options.skipBadRows || (inTransaction && !isTogether)
          ? yield* findBadRows(connection, table, copy, options.onBadRow)
          : [];
      badRows.push(...found);
      problems = badRowsProblems(planned, tally, badRows, options);
      if (problems.length > 0) break;
      rows += yield* copyFile(connection, copy, found, (done) => {
        tally.onEvent({ type: 'progress', table, rows: copied + done });
      });
      copied += copy.rows;
    } catch (error) {
      const problem = engineProblem(table, copy, error);
      problems = [problem];
      if (problem.code === 'DISK_FULL' || inTransaction) break;
      badRows.push(...(yield* explain(connection, table, copy, options.onBadRow)));
      if (badRows.length > 0) problems = badRows.map(badRowsProblem);
      break;
    }
  }
  if (ownTransaction) yield* endTransaction(connection, problems.length === 0);
  if (problems.length > 0) tally.badRows.push(...badRows);
  else tallyTable(tally, planned, { seconds: (clock() - start) / 1000, rows }, badRows);
  return problems;
}

/** Why bad rows fail their table, if they do. */
export function badRowsProblems(
  planned: PlannedTable,
  tally: Tally,
  badRows: readonly BadRows[],
  options: RunOptions,
): Problem[] {
  if (badRows.length === 0) return [];
  const total = [...tally.badRows, ...badRows].reduce((sum, { rows }) => sum + rows, 0);
  const limit = options.maxBadRows ?? Infinity;
  if (total > limit) return [tooManyBadRows(planned, total, limit)];
  return options.skipBadRows ? [] : badRows.map(badRowsProblem);
}

/** Edges are not attempted when the nodes that they connect failed in this load. */
export function nodesFailed({ table, kind, file, copies }: PlannedTable, tally: Tally): Problem[] {
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
  table: string,
  copy: PlannedCopy,
  onBadRow?: (row: BadRow) => void,
): Steps<BadRows[]> {
  try {
    return yield* findBadRows(connection, table, copy, onBadRow);
  } catch {
    return []; // The file can't be read; the COPY's own error says so.
  }
}

function* copyFile(
  connection: Connection,
  copy: PlannedCopy,
  badRows: readonly BadRows[],
  onRows: (rows: number) => void,
): Steps<number> {
  let shown = 0;
  const onProgress = (fraction: number): void => {
    const rows = Math.floor(fraction * copy.rows);
    if (rows <= shown) return; // The engine's progress also goes back now and then.
    shown = rows;
    onRows(rows);
  };
  if (badRows.length === 0) {
    return copiedRows(yield { connection, cypher: copy.cypher, onProgress });
  }
  // With one thread the engine takes the rows in the order of the file, and so keeps the first of
  // those with one key; with more it is a matter of chance.
  const threads = badRows.some(({ reason }) => reason === 'duplicate_key')
    ? yield* setThreads(connection, 1)
    : undefined;
  const rows = copiedRows(yield { connection, cypher: copy.lenient, onProgress });
  if (threads !== undefined) yield* setThreads(connection, threads);
  yield { connection, cypher: 'CALL clear_warnings()' };
  return rows;
}

/** @returns The number of threads before. */
function* setThreads(connection: Connection, threads: number): Steps<number> {
  const rows = yield { connection, cypher: "CALL current_setting('threads') RETURN *" };
  yield { connection, cypher: `CALL threads=${threads}` };
  return Number(Object.values(rows[0] ?? {})[0]);
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
  onWarning: (warning: Problem) => void,
): Steps<void> {
  const { repeated, pairs } = yield* countRepeatedPairs(connection, table, copy);
  if (repeated === 0) return;
  onWarning({
    code: 'EDGES_REPEATED',
    table,
    file: copy.file,
    message: `${formatCount(repeated)} of the ${formatCount(pairs)} pairs of nodes that ${copy.file} connects were connected by ${table} before; their edges may be there twice now`,
    hint: 'if so, load all data anew with --fresh',
  });
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
  connection: Connection,
  plan: Plan,
  present: ReadonlyMap<string, number>,
  tally: Tally,
): Steps<Problem[]> {
  const failed = new Set(tally.errors.map(({ table }) => table));
  const problems: Problem[] = [];
  for (const { table, kind, file, rows, copies } of plan.tables) {
    if (copies.length === 0) continue;
    const before = present.get(table) ?? 0;
    const now = yield* countRows(connection, { name: table, kind });
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

function* endTransaction(connection: Connection, commit: boolean): Steps<void> {
  try {
    yield { connection, cypher: commit ? 'COMMIT' : 'ROLLBACK' };
  } catch (error) {
    // Kuzu rolls back by itself when a statement fails, and then knows of no transaction.
    if (commit || !messageOf(error).includes('No active transaction')) throw error;
  }
}

function excludeTables(plan: Plan, problems: readonly Problem[]): void {
  for (const problem of problems) {
    const planned = plan.tables.find(({ table }) => table === problem.table);
    if (!planned) continue;
    planned.copies = [];
    planned.errors.push(problem);
  }
}

export function engineProblem(
  table: string,
  { file }: Pick<PlannedCopy, 'file'>,
  error: unknown,
): Problem {
  const message = messageOf(error);
  if (isDiskFull(message)) {
    return {
      code: 'DISK_FULL',
      table,
      file,
      message: `${table} cannot be written: ${firstLine(message)}`,
      hint: 'free some space beside the database, and load again',
    };
  }
  if (isPoolFull(message)) {
    return {
      code: 'OUT_OF_MEMORY',
      table,
      file,
      message: `${table} failed on ${file}: ${firstLine(message)}`,
      hint: 'give it more memory: --buffer-pool 4GB (bufferPool in the library), or --threads 1',
    };
  }
  const [, loss] = new RegExp(`"?(\\w+${LOSS}[^"]*)"?`).exec(message) ?? [];
  if (loss !== undefined) {
    const hint = loss.startsWith('nanoseconds')
      ? 'write the column in microseconds'
      : 'give the property a type that holds them';
    return {
      code: 'COLUMN_TYPE',
      table,
      file,
      message: `${table} failed: ${file} has ${loss}`,
      hint,
    };
  }
  return {
    code: 'ENGINE',
    table,
    file,
    message: `${table} failed on ${file}: ${firstLine(message)}`,
  };
}

function tooManyBadRows({ table, file }: PlannedTable, total: number, limit: number): Problem {
  return {
    code: 'TOO_MANY_BAD_ROWS',
    table,
    file,
    message: `${formatCount(total)} bad rows up to and with ${table}, and ${formatCount(limit)} are allowed; nothing was loaded`,
    hint: 'raise --max-bad-rows, or mend the files; kgload load --dry-run lists what is wrong',
  };
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
