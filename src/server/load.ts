/** Loading a dataset into a server that speaks Bolt, batch by batch. */
import { isConnectionLost, isServerError, serverError } from '../bolt/messages.js';
import { openServer, type Server } from '../bolt/server.js';
import { deleteSome, markEmpty, markLoad, removeMarkers } from '../cypher/server.js';
import type { Dataset } from '../dataset/dataset.js';
import { loadDecoder } from '../dataset/rows.js';
import { KgloadError, toProblem } from '../errors.js';
import { formatCount } from '../format.js';
import type { DryRunReport } from '../load/dryrun.js';
import { notEmpty, nothingToLoad, refuse } from '../load/refusals.js';
import { startTally, tallyError, tallyTable, toReport } from '../load/report.js';
import { nodesFailed } from '../load/table.js';
import { type Plan, planAll, type PlannedTable, withoutTables } from '../plan/plan.js';
import type { Hooks, LoadRequest, Settings } from '../plan/request.js';
import { type PlannedRows, planRows } from '../plan/rows.js';
import type { ShownPlan } from '../plan/shown.js';
import { beginStep } from '../steps.js';
import type { LoadReport, Problem } from '../types.js';
import { findMarkers, fingerprintOf, type Marker, refuseUnfinished } from './markers.js';
import { scanRows } from './scan.js';
import { showServerPlan } from './shown.js';
import { countHeld, createConstraints, tablesToLoad, withRows } from './tables.js';
import { updateOnServer } from './update.js';
import { type Loading, writeTable } from './writing.js';

/**
 * Loads a dataset into a database on a server. What is atomic is a batch: whatever ends the load leaves
 * the batches that are committed, and a marker of each table, from which it is resumed.
 *
 * @throws {KgloadError} for everything that stops a load before any data.
 */
export async function loadIntoServer(
  address: string,
  dataset: Dataset,
  request: LoadRequest,
): Promise<LoadReport> {
  return await onServer(address, request, (server) => loadAll(server, dataset, request, false));
}

/**
 * What {@link loadIntoServer} would do, as its report; rows are those that it would load.
 *
 * @throws {KgloadError} for everything that would stop the load before any data.
 */
export async function checkServer(
  address: string,
  dataset: Dataset,
  request: LoadRequest,
): Promise<DryRunReport> {
  const work = (server: Server): Promise<LoadReport & { plan?: ShownPlan }> =>
    loadAll(server, dataset, request, true);
  const { plan = NO_PLAN, ...checked } = await onServer(address, request, work);
  return { ...checked, plan };
}

/** Of a load that is refused as a whole. */
const NO_PLAN: ShownPlan = {
  engine: 'neo4j',
  bufferPool: 0,
  commit: 'batch',
  jobs: 1,
  create: [],
  phases: [],
};

async function onServer<T>(
  address: string,
  request: LoadRequest,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await openServer(address, request.settings.server?.access);
  try {
    return await work(server);
  } catch (error) {
    throw isServerError(error) ? serverError(server.url, error) : error;
  } finally {
    await server.close();
  }
}

async function loadAll(
  server: Server,
  dataset: Dataset,
  request: LoadRequest,
  isDryRun: boolean,
): Promise<LoadReport & { plan?: ShownPlan }> {
  const { schema, settings, hooks } = request;
  const { server: wanted = { resume: false, isConfirmed: false, unsupportedAsJson: false } } =
    settings;
  if (settings.update) return await updateOnServer(server, dataset, request, isDryRun);
  const planning = beginStep(hooks, 'plan');
  const planned = planAll(planRows, schema, dataset, new Map(), true);
  refuse(nothingToLoad(planned, dataset));
  const excluded = withoutTables(planned, settings.exclude);
  const { load, markers } = await findMarkers(server);
  const fingerprint = fingerprintOf(dataset, request);
  if (load !== undefined && !settings.fresh)
    refuseUnfinished(server, load, fingerprint, wanted.resume);
  const isResumed = load !== undefined && wanted.resume;
  const present = await countHeld(server, excluded);
  if (!settings.append && !settings.fresh && !isResumed) {
    refuse(notEmpty(excluded, onlyLoaded(excluded, present)));
  }
  if (settings.fresh && !wanted.isConfirmed && !isDryRun) throw notConfirmed(server, present);
  const isEmptied = settings.fresh || (isResumed && load.empties);
  const held = isEmptied ? new Map<string, number>() : heldBefore(present, settings, markers);
  planning.end();
  const examining = beginStep(hooks, 'examine');
  const decoder = await loadDecoder();
  const scan = await scanRows(excluded, {
    server,
    decoder,
    held,
    markers: isResumed ? markers : new Map(),
    mayBeJson: wanted.unsupportedAsJson,
    onBadRow: hooks.onBadRow,
    signal: hooks.signal,
  });
  examining.end();
  const plan = withoutTables(withRows(excluded, scan), scan.problems);
  const tally = startTally(plan, hooks.onEvent);
  const loading: Loading = {
    server,
    decoder,
    plan,
    scan,
    request,
    markers: isResumed ? markers : new Map(),
    tally,
  };
  const fit = tablesToLoad(loading);
  const isStopped = tally.errors.length > 0 && settings.onError === 'abort';
  const isRefused = isStopped || tally.errors.some(({ code }) => code === 'TOO_MANY_BAD_ROWS');
  if (isRefused) return report(loading, false);
  if (isDryRun) {
    for (const planned of fit) {
      const own = scan.badRows.filter(({ table }) => table === planned.table);
      const skipped = own.reduce((sum, { rows }) => sum + rows, 0);
      tallyTable(tally, planned, { seconds: 0, rows: planned.rows - skipped }, own);
    }
    return { ...report(loading, false), plan: showServerPlan(server, schema, fit) };
  }
  if (!isResumed) await markBegin(server, fingerprint, settings.fresh);
  try {
    if (isEmptied) await empty(server, hooks);
    const creating = beginStep(hooks, 'create');
    await createConstraints(loading, fit);
    creating.end();
    for (const planned of fit) {
      if (!(await tryTable(loading, planned)) && settings.onError === 'abort') break;
    }
  } catch (error) {
    if (!isServerError(error) && !hooks.signal?.aborted) throw error;
    tallyError(tally, '', interruption(server, error, hooks));
    return report(loading, false);
  }
  const checking = beginStep(hooks, 'check');
  const before = (table: string): number =>
    isEmptied ? 0 : (present.get(table) ?? 0) - (loading.markers.get(table)?.created ?? 0);
  for (const problem of await checkCounts(loading, fit, before)) {
    tallyError(tally, problem.table ?? '', problem);
  }
  checking.end();
  await server.write((run) => run({ cypher: removeMarkers() }));
  return report(loading, true);
}

/** Writes a table; a file that turns out to be damaged fails it, and leaves the batches before. */
async function tryTable(loading: Loading, planned: PlannedTable<PlannedRows>): Promise<boolean> {
  const { tally, server } = loading;
  const { table } = planned;
  const orphaned = nodesFailed(planned, tally);
  for (const problem of orphaned) tallyError(tally, table, problem);
  if (orphaned.length > 0) return false;
  try {
    await writeTable(loading, planned);
    return true;
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    const rows = (await findMarkers(server)).markers.get(table)?.created ?? 0;
    tally.times.set(table, { seconds: 0, rows });
    const message = `${table} failed after ${formatCount(rows)} of its rows, which are there: ${error.message}`;
    tallyError(tally, table, { ...toProblem(error), table, message });
    return false;
  }
}

function report({ request, plan, tally }: Loading, published: boolean): LoadReport {
  const { schema, hooks } = request;
  const { clock, began, stepTimes } = hooks;
  return toReport(schema, plan, tally, {
    published,
    isPartial: true,
    totalTime: (clock() - began) / 1000,
    stepTimes,
  });
}

function interruption(server: Server, error: unknown, { signal }: Hooks): Problem {
  const hint = 'go on from there: the same command with --resume (resume in the library)';
  if (signal?.aborted) {
    const message = `the load was interrupted; ${server.url} holds the batches up to here`;
    return { code: 'INTERRUPTED', message, hint };
  }
  const problem = toProblem(serverError(server.url, error));
  if (!isConnectionLost(error)) return { ...problem, hint: problem.hint ?? hint };
  return {
    code: 'SERVER_LOST',
    message: `the connection to ${server.url} was lost, and did not come back: ${problem.message}`,
    hint,
  };
}

/** What a table held before a load that is resumed: in tables that are not added to, nothing. */
function heldBefore(
  present: ReadonlyMap<string, number>,
  { append }: Settings,
  markers: ReadonlyMap<string, Marker>,
): Map<string, number> {
  return new Map(
    [...present].map(([table, rows]) => [table, append || !markers.has(table) ? rows : 0]),
  );
}

function onlyLoaded(
  { tables }: Plan<PlannedRows>,
  held: ReadonlyMap<string, number>,
): Map<string, number> {
  const loaded = tables.filter(({ copies }) => copies.length > 0);
  return new Map(loaded.map(({ table }) => [table, held.get(table) ?? 0]));
}

function notConfirmed(server: Server, held: ReadonlyMap<string, number>): KgloadError {
  const rows = [...held.values()].reduce((sum, count) => sum + count, 0);
  return new KgloadError({
    code: 'USAGE',
    message: `--fresh deletes all nodes and relationships of ${server.database} at ${server.url} (${formatCount(rows)} of the dataset's tables), batch by batch, which cannot be undone`,
    hint: 'say --yes if that is meant (deleteEverything in the library)',
  });
}

/** What an earlier load left is forgotten: only a fresh one begins beside it. */
async function markBegin(server: Server, dataset: string, empties: boolean): Promise<void> {
  await server.write(async (run) => {
    await run({ cypher: removeMarkers() });
    await run({ cypher: markLoad(), parameters: { dataset, empties } });
  });
}

/** Deletes relationships, and then nodes: together they would take the memory of a transaction. */
async function empty(server: Server, { signal }: Hooks): Promise<void> {
  for (const what of ['edges', 'nodes'] as const) {
    for (;;) {
      signal?.throwIfAborted();
      const { deleted } = await server.write((run) =>
        run({ cypher: deleteSome(what), parameters: { most: server.driver.int(10_000) } }),
      );
      if (deleted[what] === 0) break;
    }
  }
  await server.write((run) => run({ cypher: markEmpty() }));
}

/** Every label and type must have grown by the rows that were loaded. */
async function checkCounts(
  { server, tally, plan }: Loading,
  fit: readonly PlannedTable<PlannedRows>[],
  before: (table: string) => number,
): Promise<Problem[]> {
  const failed = new Set(tally.errors.map(({ table }) => table));
  const whole = fit.filter(({ table }) => !failed.has(table));
  const now = await countHeld(server, { ...plan, tables: whole });
  return whole.flatMap(({ table, file, rows }) => {
    const loaded = tally.times.get(table)?.rows ?? 0;
    const skipped = tally.skipped.get(table) ?? 0;
    const held = now.get(table) ?? 0;
    const isRight = loaded + skipped === rows && held - before(table) === loaded;
    if (isRight) return [];
    const message = `the rows of ${table} do not add up: ${file} holds ${rows}, ${skipped} were left out as bad, ${loaded} were made, and the server went from ${before(table)} to ${held}`;
    return [{ code: 'ROW_COUNT' as const, table, file, message }];
  });
}
