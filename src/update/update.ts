/** An update: compare, say what is to change, change a copy of the database, and put it in its place. */
import { dirname } from 'node:path';
import { BEGIN, CHECKPOINT, COMMIT } from '../cypher/statements.js';
import { createMissing } from '../database/create.js';
import { removeIndex } from '../database/indexes.js';
import { readDatabase, replaceDatabase, stampsOf } from '../database/open.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { capabilitiesOf } from '../engine/native.js';
import { isDiskFull } from '../engine/messages.js';
import { KgloadError, messageOf, toProblem } from '../errors.js';
import { assessPlace, type Place } from '../load/assessment.js';
import { checkDatabase, type DryRunReport } from '../load/dryrun.js';
import { examineDataset, type Findings, needsPlain } from '../load/findings.js';
import { loadDatabase } from '../load/load.js';
import { engineProblem } from '../load/problems.js';
import { type Tally, tallyError, toReport } from '../load/report.js';
import { CallbackFailed, guardCallbacks } from '../load/table.js';
import { isTouched } from '../model/changes.js';
import type { LoadRequest } from '../plan/request.js';
import type { ShownPlan } from '../plan/shown.js';
import { makeScratch, removeScratch } from '../scratch.js';
import { beginStep } from '../steps.js';
import type { Connection, EngineName, LoadReport, TableTime } from '../types.js';
import { changeEdges, changeNodes, checkRows, deleteRows } from './changes.js';
import type { Delta } from './comparison.js';
import { planUpdate, type UpdatePlan } from './plan.js';

/**
 * Brings the database at a path to what a dataset says; where there is none, it is a load. All of it or
 * nothing: what fails leaves the database as it was, unless `onError` is `continue`, and then the tables
 * that failed.
 *
 * @throws {KgloadError} for everything that stops an update before any data.
 */
export function* updateDatabase(
  path: string,
  dataset: Dataset,
  request: LoadRequest,
): Steps<LoadReport> {
  const place = assessPlace(path, dataset, request);
  if (!place.existing) return yield* loadDatabase(path, dataset, request);
  return yield* withPlan(place, dataset, request, false, function* (update, findings, since) {
    const { deltas, tally } = update;
    const mayGoOn =
      request.settings.onError === 'continue' &&
      tally.errors.every(
        ({ code }) => code !== 'TOO_MANY_DELETIONS' && code !== 'TOO_MANY_BAD_ROWS',
      );
    if (tally.errors.length > 0 && !mayGoOn) return reportOf(request, update, false);
    const isSame = update.plan.create.length === 0 && !deltas.some(isTouched);
    if (isSame) return reportOf(request, update, true);
    return yield* changeDatabase(place, dataset, request, update, findings, since);
  });
}

/** Loads a dataset, or brings a database to it, as the request says. */
export function loadOrUpdate(
  path: string,
  dataset: Dataset,
  request: LoadRequest,
): Steps<LoadReport> {
  const work = request.settings.update ? updateDatabase : loadDatabase;
  return work(path, dataset, request);
}

/** {@link loadOrUpdate}, without writing anything. */
export function checkLoadOrUpdate(
  path: string,
  dataset: Dataset,
  request: LoadRequest,
): Steps<DryRunReport> {
  const work = request.settings.update ? checkUpdate : checkDatabase;
  return work(path, dataset, request);
}

/** What {@link updateDatabase} would do, as its report, with examples; nothing is written. */
export function* checkUpdate(
  path: string,
  dataset: Dataset,
  request: LoadRequest,
): Steps<DryRunReport> {
  const place = assessPlace(path, dataset, request);
  if (!place.existing) return yield* checkDatabase(path, dataset, request);
  const { engine, needs } = place;
  const { bufferPool = needs.bufferPool } = request.settings.resources;
  let create: readonly string[] = [];
  const report = yield* withPlan(place, dataset, request, true, function* (update) {
    yield* [];
    ({ create } = update.plan);
    for (const delta of update.deltas) tallyRows(update.tally, delta, 0);
    return reportOf(request, update, true);
  });
  const plan: ShownPlan = { engine, bufferPool, commit: 'table', jobs: 1, create, phases: [] };
  return { ...report, published: false, plan };
}

/** Plans an update with working files that are gone afterwards. */
function* withPlan(
  { existing, engine, warnings }: Place,
  dataset: Dataset,
  request: LoadRequest,
  isDryRun: boolean,
  work: (update: UpdatePlan, findings: Findings, since: string) => Steps<LoadReport>,
): Steps<LoadReport> {
  if (!existing) throw new Error('no database');
  const guarded = { ...request, hooks: guardCallbacks(request.hooks) };
  const { hooks, settings } = guarded;
  let scratch: string | undefined;
  try {
    for (const warning of warnings) hooks.onEvent({ type: 'warned', warning });
    const directory = (scratch = makeScratch());
    hooks.onEvent({ type: 'scratch', directory });
    const examining = beginStep(hooks, 'examine');
    const findings = yield* examineDataset(engine, dataset, guarded);
    examining.end();
    let since = '';
    const update = yield* readDatabase(
      existing,
      function* ({ connection }) {
        since = stampsOf(existing);
        try {
          return yield* planUpdate(connection, dataset, guarded, findings, directory, isDryRun);
        } catch (error) {
          throw isDiskFull(messageOf(error)) ? noRoom(directory, error) : error;
        }
      },
      // The whole database takes part, however small the dataset is.
      settings.resources,
    );
    const report = yield* work(update, findings, since);
    return { ...report, warnings: [...warnings, ...report.warnings] };
  } catch (error) {
    throw error instanceof CallbackFailed ? error.thrown : error;
  } finally {
    if (scratch !== undefined) removeScratch(scratch);
  }
}

/** Of a comparison whose working files do not fit. */
function noRoom(directory: string, error: unknown): KgloadError {
  return new KgloadError(
    {
      code: 'DISK_FULL',
      message: `the working files of the comparison do not fit into ${dirname(directory)}`,
      hint: 'free some space there, or name another directory: TMPDIR=/path/to/one',
    },
    { cause: error },
  );
}

/** Changes a copy of the database, and puts it in its place if all is as it is to be. */
function* changeDatabase(
  { target, engine }: Place,
  dataset: Dataset,
  request: LoadRequest,
  update: UpdatePlan,
  findings: Findings,
  since: string,
): Steps<LoadReport> {
  const { schema, settings, hooks } = request;
  return yield* replaceDatabase(
    target,
    engine,
    function* ({ connection }) {
      const isDone = yield* changeTables(connection, request, update, findings, engine);
      return reportOf(request, update, isDone);
    },
    {
      ...settings.resources,
      compression: findings.compression,
      isPlain: (connection) => needsPlain(connection, schema, dataset, findings),
      isCopy: true,
      since,
      listener: hooks,
      onStaged: (directory) => {
        hooks.onEvent({ type: 'staged', directory });
      },
      ...(hooks.beforePublish && { beforePublish: hooks.beforePublish }),
    },
  );
}

/** Carries the plan out; says whether the tables are as they are to be. */
function* changeTables(
  connection: Connection,
  { hooks }: LoadRequest,
  update: UpdatePlan,
  findings: Findings,
  engine: EngineName,
): Steps<boolean> {
  const { plan, catalog, comparison, deltas, properties, changes, taken, indexes, tally } = update;
  const { keepsOldText } = capabilitiesOf(engine);
  let at: Delta['unit'] | undefined;
  try {
    if (plan.create.length > 0) {
      const creating = beginStep(hooks, 'create');
      yield* createMissing(connection, plan.create, creating.progress);
      creating.end();
    }
    for (const index of indexes) yield* removeIndex(connection, index);
    if (deltas.some(({ deleted }) => deleted > 0)) {
      const deleting = beginStep(hooks, 'delete');
      yield { connection, cypher: BEGIN };
      yield* deleteRows(connection, comparison, deltas, taken);
      yield { connection, cypher: COMMIT };
      deleting.end();
    }
    const change = function* (delta: Delta): Steps<void> {
      const { unit, inserted, updated } = delta;
      if (inserted + updated === 0) return;
      hooks.signal?.throwIfAborted();
      at = unit;
      const { table, kind, file } = unit;
      tally.onEvent({ type: 'started', table, kind, file, rows: inserted + updated, ignored: {} });
      const start = hooks.clock();
      if (kind === 'node') {
        const changed = [...(properties.get(table)?.keys() ?? [])];
        yield* changeNodes(connection, comparison, delta, catalog.get(table), changed, {
          keepsOldText,
          withLeast: withLeast(findings, table),
        });
      } else yield* changeEdges(connection, comparison, delta);
      const time = tallyRows(tally, delta, (hooks.clock() - start) / 1000);
      const skipped = tally.skipped.get(table) ?? 0;
      const own = changes[table];
      const told = { table, kind, ...time, skipped, ...(own && { changes: own }) };
      tally.onEvent({ type: 'finished', ...told });
    };
    for (const delta of deltas) if (delta.unit.kind === 'node') yield* change(delta);
    // Every COPY that is committed by itself is checkpointed by itself: 20 to 60 ms.
    const isTogether = deltas.reduce((sum, { inserted }) => sum + inserted, 0) <= MOST_TOGETHER;
    if (isTogether) yield { connection, cypher: BEGIN };
    for (const delta of deltas) if (delta.unit.kind === 'edge') yield* change(delta);
    at = undefined;
    if (isTogether) {
      const committing = beginStep(hooks, 'commit');
      yield { connection, cypher: COMMIT };
      committing.end();
    }
    const writing = beginStep(hooks, 'checkpoint');
    yield { connection, cypher: CHECKPOINT };
    writing.end();
    const checking = beginStep(hooks, 'check');
    for (const delta of deltas.filter(isTouched)) {
      for (const problem of yield* checkRows(connection, comparison, delta)) {
        tallyError(tally, delta.unit.table, problem);
      }
    }
    checking.end();
    if (indexes.length > 0) {
      const indexing = beginStep(hooks, 'index');
      for (const { definition } of indexes) yield { connection, cypher: definition };
      indexing.end();
    }
  } catch (error) {
    if (error instanceof CallbackFailed || hooks.signal?.aborted) throw error;
    const problem =
      error instanceof KgloadError
        ? toProblem(error)
        : engineProblem(at?.table ?? '', { file: at?.file ?? '' }, error);
    tallyError(tally, at?.table ?? '', problem);
    return false;
  }
  return tally.errors.every(({ code }) => code !== 'ROW_COUNT' && code !== 'VALUE_CHANGED');
}

/** What is not committed stays in memory. */
const MOST_TOGETHER = 1_000_000;

/** The properties of which the files have the least integer. */
function withLeast({ found }: Findings, table: string): Set<string> {
  const all = found.get(table)?.flat() ?? [];
  return new Set(all.flatMap(({ hazard, property }) => (hazard === 'least' ? [property] : [])));
}

/** A rel table's pairs are added up. */
function tallyRows(
  { times }: Tally,
  { unit, inserted, updated }: Delta,
  seconds: number,
): TableTime {
  const before = times.get(unit.table) ?? { seconds: 0, rows: 0 };
  const time = { seconds: before.seconds + seconds, rows: before.rows + inserted + updated };
  times.set(unit.table, time);
  return time;
}

function reportOf({ schema, hooks }: LoadRequest, update: UpdatePlan, isDone: boolean): LoadReport {
  const { plan, tally, changes } = update;
  const report = toReport(schema, plan, tally, {
    published: isDone,
    totalTime: (hooks.clock() - hooks.began) / 1000,
    stepTimes: hooks.stepTimes,
  });
  return { ...report, changes };
}
