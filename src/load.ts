/** A load: plan, run, count, report. */
import { readCatalog, countRows } from './catalog.js';
import { codeGraph } from './codegraph.js';
import { changeDatabase, replaceDatabase } from './database.js';
import { readDataset, type Dataset } from './dataset.js';
import { firstLine, isDiskFull, isLockError } from './engine/kuzu.js';
import { KgloadError, messageOf } from './errors.js';
import { formatCount } from './format.js';
import { planLoad, type Plan, type PlannedTable } from './plan.js';
import type { Steps } from './steps.js';
import { inspectTarget } from './target.js';
import type {
  Connection,
  GraphSchema,
  LoadEvent,
  LoadReport,
  Problem,
  TableKind,
  TableTime,
} from './types.js';

export interface LoadOptions {
  /** Default: the built-in code graph. */
  schema?: GraphSchema;
  /**
   * `continue` (the default): a table that fails is reported and the others go on.
   * `abort`: the first failure ends the load, and nothing of it stays.
   */
  onError?: 'continue' | 'abort';
  /** Load into tables that hold rows already. */
  append?: boolean;
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
}

export interface DatabaseLoadOptions extends LoadOptions {
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
  directory: string,
  options: DatabaseLoadOptions = {},
): Steps<LoadReport> {
  const clock = options.clock ?? (() => performance.now());
  const began = clock();
  const dataset = readDataset(directory, options.schema ?? codeGraph);
  const target = inspectTarget(path);
  const work = (connection: Connection): Steps<LoadReport> =>
    loadDataset(connection, dataset, options);
  const report =
    target.header && !options.fresh
      ? yield* changeDatabase(target, work)
      : yield* replaceDatabase(target, work, (staging) => {
          options.onEvent?.({ type: 'staged', directory: staging });
        });
  return { ...report, totalTime: (clock() - began) / 1000 };
}

/** The report of a load that was refused before it did anything. */
export function refusedReport(error: Problem, schema: GraphSchema = codeGraph): LoadReport {
  const zeros = (tables: readonly { name: string }[]): Record<string, TableTime> =>
    Object.fromEntries(tables.map(({ name }) => [name, { seconds: 0, rows: 0 }]));
  return {
    totalNodes: 0,
    totalEdges: 0,
    totalTime: 0,
    nodeTimes: zeros(schema.nodes),
    edgeTimes: zeros(schema.edges),
    errors: [error],
    warnings: [],
    published: false,
  };
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
  options: LoadOptions = {},
): Steps<LoadReport> {
  const {
    schema = codeGraph,
    clock = () => performance.now(),
    onEvent = () => undefined,
  } = options;
  const began = clock();
  const catalog = yield* readCatalog(connection);
  const plan = planLoad(schema, dataset, catalog);
  refuse(plan.conflicts);
  const present = yield* countPresent(connection, plan, new Set(catalog.keys()));
  if (!options.append) refuse(notEmpty(plan, present));

  const times = new Map(
    plan.tables.map(({ table }): [string, TableTime] => [table, { seconds: 0, rows: 0 }]),
  );
  const errors: Problem[] = [];
  for (const warning of plan.warnings) onEvent({ type: 'warned', warning });
  onEvent({
    type: 'planned',
    tables: plan.tables.flatMap(({ table, kind, copy }) =>
      copy ? [{ table, kind, rows: copy.rows }] : [],
    ),
  });
  const fail = (table: string, error: Problem): void => {
    errors.push(error);
    onEvent({ type: 'failed', table, error });
  };

  const abort = options.onError === 'abort';
  let completed = true;
  if (abort) yield { connection, cypher: 'BEGIN TRANSACTION' };
  for (const { cypher } of plan.create) yield { connection, cypher };
  for (const planned of plan.tables) {
    const { table, kind, copy } = planned;
    for (const error of planned.errors) fail(table, error);
    if (copy) {
      onEvent({ type: 'started', table, kind, rows: copy.rows });
      const start = clock();
      try {
        const rows = yield* copyTable(connection, planned, copy, onEvent);
        const seconds = (clock() - start) / 1000;
        times.set(table, { seconds, rows });
        onEvent({ type: 'finished', table, kind, rows, seconds });
      } catch (error) {
        const problem = copyProblem(planned, error);
        fail(table, problem);
        if (problem.code === 'DISK_FULL') completed = false;
      }
    }
    if (abort && errors.length > 0) completed = false;
    if (!completed) break;
  }
  if (abort) yield* endTransaction(connection, completed);
  if (completed) {
    for (const error of yield* checkCounts(connection, plan, present, times)) {
      fail(error.table ?? '', error);
    }
  }
  const kinds = new Map(plan.tables.map(({ table, kind }) => [table, kind]));
  const timesOf = (kind: TableKind): Record<string, TableTime> =>
    Object.fromEntries(
      [...times]
        .filter(([table]) => kinds.get(table) === kind)
        .map(([table, time]) => [table, completed ? time : { ...time, rows: 0 }]),
    );
  const [nodeTimes, edgeTimes] = [timesOf('node'), timesOf('edge')];
  return {
    totalNodes: sumRows(nodeTimes),
    totalEdges: sumRows(edgeTimes),
    totalTime: (clock() - began) / 1000,
    nodeTimes,
    edgeTimes,
    errors,
    warnings: plan.warnings,
    published: completed,
  };
}

/** Rows of the tables to be loaded that the database already has. */
function* countPresent(
  connection: Connection,
  plan: Plan,
  existing: ReadonlySet<string>,
): Steps<Map<string, number>> {
  const present = new Map<string, number>();
  for (const { table, kind, copy } of plan.tables) {
    if (!copy) continue;
    const rows = existing.has(table) ? yield* countRows(connection, { name: table, kind }) : 0;
    present.set(table, rows);
  }
  return present;
}

function* copyTable(
  connection: Connection,
  { table }: PlannedTable,
  copy: { cypher: string; rows: number },
  onEvent: (event: LoadEvent) => void,
): Steps<number> {
  let shown = 0;
  const result = yield {
    connection,
    cypher: copy.cypher,
    onProgress: (fraction) => {
      const rows = Math.floor(fraction * copy.rows);
      if (rows <= shown) return; // The engine's progress also goes back now and then.
      shown = rows;
      onEvent({ type: 'progress', table, rows });
    },
  };
  return copiedRows(result);
}

/** "15103 tuples have been copied to the Function table." */
function copiedRows(result: readonly Record<string, unknown>[]): number {
  const message = String(result[0]?.['result']);
  const rows = /^(\d+) tuples? ha(?:s|ve) been copied/.exec(message)?.[1];
  if (rows === undefined) throw new Error(`the engine answered COPY with: ${message}`);
  return Number(rows);
}

/** What is in the tables now must be what was there and what the files hold. */
function* checkCounts(
  connection: Connection,
  plan: Plan,
  present: ReadonlyMap<string, number>,
  times: ReadonlyMap<string, TableTime>,
): Steps<Problem[]> {
  const problems: Problem[] = [];
  for (const { table, kind, copy } of plan.tables) {
    const loaded = times.get(table)?.rows ?? 0;
    if (!copy || loaded === 0) continue;
    const before = present.get(table) ?? 0;
    const now = yield* countRows(connection, { name: table, kind });
    if (now - before === copy.rows && loaded === copy.rows) continue;
    problems.push({
      code: 'ROW_COUNT',
      table,
      file: copy.file,
      message: `${copy.file} holds ${copy.rows} rows, the engine says that it copied ${loaded}, and ${table} has grown from ${before} to ${now}`,
    });
  }
  return problems;
}

function* endTransaction(connection: Connection, commit: boolean): Steps<void> {
  try {
    yield { connection, cypher: commit ? 'COMMIT' : 'ROLLBACK' };
  } catch (error) {
    // Kuzu rolls back by itself when a statement fails, and then knows of no transaction.
    if (commit || !messageOf(error).includes('No active transaction')) throw error;
  }
}

function copyProblem({ table, copy }: PlannedTable, error: unknown): Problem {
  const message = messageOf(error);
  const place = { table, ...(copy && { file: copy.file }) };
  if (isDiskFull(message) || isLockError(message)) {
    return {
      ...place,
      code: 'DISK_FULL',
      message: `${table} cannot be written: ${firstLine(message)}`,
      hint: 'free some space beside the database, and load again',
    };
  }
  return { ...place, code: 'ENGINE', message: `${table} failed: ${firstLine(message)}` };
}

function notEmpty(plan: Plan, present: ReadonlyMap<string, number>): Problem[] {
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
function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  throw new KgloadError({
    ...first,
    message: problems.map(({ message }) => message).join('; '),
  });
}

function sumRows(times: Record<string, TableTime>): number {
  return Object.values(times).reduce((sum, { rows }) => sum + rows, 0);
}
