/** An update: compare, say what is to change, change a copy of the database, and put it in its place. */
import { dirname } from 'node:path';
import { readDatabase, replaceDatabase, stampsOf } from '../database/open.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { capabilitiesOf } from '../engine/native.js';
import { isDiskFull } from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import { assessPlace, type Place } from '../load/assessment.js';
import { checkDatabase, type DryRunReport } from '../load/dryrun.js';
import { examineDataset, type Findings, needsPlain } from '../load/findings.js';
import { loadDatabase } from '../load/load.js';
import { addTime, toReport } from '../load/report.js';
import { CallbackFailed, guardCallbacks } from '../load/table.js';
import { isTouched } from '../model/changes.js';
import type { LoadRequest } from '../plan/request.js';
import type { ShownPlan } from '../plan/shown.js';
import { makeScratch, removeScratch } from '../scratch.js';
import { beginStep } from '../steps.js';
import type { LoadReport } from '../types.js';
import { carryOut } from './execution.js';
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
    const { deltas, tally, isBlocked } = update;
    const mayGoOn =
      request.settings.onError === 'continue' &&
      !isBlocked &&
      tally.errors.every(({ code }) => code !== 'TOO_MANY_BAD_ROWS');
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
    for (const { unit, inserted, updated } of update.deltas) {
      addTime(update.tally, unit.table, 0, inserted + updated);
    }
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
      const isDone = yield* carryOut(connection, update, findings, hooks, capabilitiesOf(engine));
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

function reportOf({ schema, hooks }: LoadRequest, update: UpdatePlan, isDone: boolean): LoadReport {
  const { plan, tally, changes } = update;
  const report = toReport(schema, plan, tally, {
    published: isDone,
    totalTime: (hooks.clock() - hooks.began) / 1000,
    stepTimes: hooks.stepTimes,
  });
  return { ...report, changes };
}
