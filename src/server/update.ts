/**
 * An update on a server: all is compared before a byte is written, and then written batch by batch. What
 * ends it in the middle leaves the batches that are committed; the next update finds what is left to do.
 */
import { isConnectionLost, isServerError, serverError } from '../bolt/messages.js';
import type { Server } from '../bolt/server.js';
import { countEdges, countNodes } from '../cypher/server.js';
import type { Dataset } from '../dataset/dataset.js';
import { loadDecoder } from '../dataset/rows.js';
import { KgloadError, toProblem } from '../errors.js';
import { describeExamples, EXAMPLES } from '../load/badrows.js';
import { nothingToLoad, refuse } from '../load/refusals.js';
import { addTime, startTally, type Tally, tallyError, toReport } from '../load/report.js';
import { isTouched } from '../model/changes.js';
import { type Plan, planAll, type PlannedTable, withoutTables } from '../plan/plan.js';
import type { Hooks, LoadRequest } from '../plan/request.js';
import { type PlannedRows, planRows } from '../plan/rows.js';
import { tooManyDeletions, updateWarnings, USUAL_UPDATE } from '../plan/update.js';
import { beginStep } from '../steps.js';
import type { GraphSchema, LoadReport, Problem, TableChanges } from '../types.js';
import { countTaken, type Updating, writeChanges } from './changes.js';
import { compareEdges, type IsGone } from './edges.js';
import type { RowSet } from './hashtable.js';
import type { Scanning } from './keys.js';
import { findMarkers, refuseUnfinished } from './markers.js';
import { type Comparing, compareNodes, type EdgeDelta, type NodeDelta } from './nodes.js';
import { readReach } from './reach.js';
import { plannedRows } from './rows.js';
import { scanRows } from './scan.js';
import { countHeld, createConstraints, tablesToLoad, withRows } from './tables.js';

type Delta = NodeDelta | EdgeDelta;

/**
 * Brings the graph on a server to what a dataset says.
 *
 * @throws {KgloadError} for everything that stops an update before any data.
 */
export async function updateOnServer(
  server: Server,
  dataset: Dataset,
  request: LoadRequest,
  isDryRun: boolean,
): Promise<LoadReport> {
  const { hooks } = request;
  const updating = await planUpdate(server, dataset, request, isDryRun);
  const { plan, tally, changes } = updating;
  const report = (published: boolean): LoadReport => ({
    ...toReport(request.schema, plan, tally, {
      published,
      isPartial: true,
      totalTime: (hooks.clock() - hooks.began) / 1000,
      stepTimes: hooks.stepTimes,
    }),
    changes,
  });
  if (isDryRun) {
    for (const [table, { inserted, updated }] of Object.entries(changes)) {
      addTime(tally, table, 0, inserted + updated);
    }
    return report(false);
  }
  const stopping = tally.errors.filter(({ code }) => STOPPING.has(code));
  const mayGoOn = request.settings.onError === 'continue' && stopping.length === 0;
  if (tally.errors.length > 0 && !mayGoOn) return report(false);
  if (!Object.values(changes).some(isTouched)) return report(true);
  try {
    const creating = beginStep(hooks, 'create');
    await createConstraints({ server, request }, updating.fit);
    creating.end();
    await writeChanges(updating);
  } catch (error) {
    const isForeseen = isServerError(error) || error instanceof KgloadError;
    if (!isForeseen && !hooks.signal?.aborted) throw error;
    const problem = interruption(server, error, hooks);
    tallyError(tally, problem.table ?? '', problem);
    return report(false);
  }
  const checking = beginStep(hooks, 'check');
  for (const problem of await checkCounts(server, changes, request.schema)) {
    tallyError(tally, problem.table ?? '', problem);
  }
  checking.end();
  return report(true);
}

/** Errors that stop an update whatever is to become of tables that fail. */
const STOPPING: ReadonlySet<string> = new Set(['TOO_MANY_DELETIONS', 'TOO_MANY_BAD_ROWS']);

function interruption(server: Server, error: unknown, { signal }: Hooks): Problem {
  const hint = 'run the same update again: it compares anew, and does what is left';
  if (signal?.aborted) {
    const message = `the update was interrupted; ${server.url} holds the batches up to here`;
    return { code: 'INTERRUPTED', message, hint };
  }
  const problem = toProblem(serverError(server.url, error));
  const message = `the update ended in the middle, and ${server.url} holds the batches up to here: ${problem.message}`;
  const code = isConnectionLost(error) ? 'SERVER_LOST' : problem.code;
  return { ...problem, code, message, hint: problem.hint ?? hint };
}

/** What an update will do, of which nothing is done. */
interface UpdatePlan extends Updating {
  plan: Plan<PlannedRows>;
  /** The tables that can be updated. */
  fit: readonly PlannedTable<PlannedRows>[];
}

async function planUpdate(
  server: Server,
  dataset: Dataset,
  request: LoadRequest,
  isDryRun: boolean,
): Promise<UpdatePlan> {
  const { schema, settings, hooks } = request;
  const { update = USUAL_UPDATE } = settings;
  const planning = beginStep(hooks, 'plan');
  const planned = planAll(planRows, schema, dataset, new Map(), true);
  refuse(nothingToLoad(planned, dataset));
  const { load } = await findMarkers(server);
  if (load !== undefined) refuseUnfinished(server, load, '', false);
  const whole = withoutTables(planned, settings.exclude);
  const present = await countHeld(server, whole);
  const decoder = await loadDecoder();
  const reachOf = readReach(update, whole, schema, server, decoder);
  planning.end();
  const comparing = beginStep(hooks, 'compare');
  const total = whole.tables.reduce((sum, { rows }) => sum + 1 + rows, 0);
  let done = 0;
  const advance = ({ rows }: { rows: number }): void => {
    done += 1 + rows;
    comparing.progress(done, total);
  };
  const nodes = new Map<string, NodeDelta>();
  const isGone: IsGone = (label, key) => nodes.get(label)?.isGone(key) === true;
  const scanning: Scanning = {
    server,
    decoder,
    held: present,
    markers: new Map(),
    update: { isGone },
    keys: new Map(),
    mayBeJson: settings.server?.unsupportedAsJson ?? false,
    onBadRow: hooks.onBadRow,
    signal: hooks.signal,
  };
  const ofKind = (kind: 'node' | 'edge'): Plan<PlannedRows> => ({
    ...whole,
    tables: whole.tables.filter((table) => table.kind === kind),
  });
  const scan = await scanRows(ofKind('node'), scanning);
  const shared: Omit<Comparing, 'scan'> = {
    ...{ server, decoder, schema, reachOf },
    onBadRow: hooks.onBadRow,
    signal: hooks.signal,
  };
  const isFit = (table: PlannedTable<PlannedRows>): boolean =>
    table.copies.length > 0 && !scan.problems.some((problem) => problem.table === table.table);
  for (const table of ofKind('node').tables) {
    if (isFit(table)) nodes.set(table.table, await compareNodes({ ...shared, scan }, table));
    advance(table);
  }
  const edgeScan = await scanRows(ofKind('edge'), scanning);
  for (const [file, rows] of edgeScan.rows) scan.rows.set(file, rows);
  for (const [file, bad] of edgeScan.bad) scan.bad.set(file, bad);
  for (const name of edgeScan.asJson) scan.asJson.add(name);
  scan.badRows.push(...edgeScan.badRows);
  scan.problems.push(...edgeScan.problems);
  const edges: EdgeDelta[] = [];
  for (const table of ofKind('edge').tables) {
    if (isFit(table)) {
      const { delta, badRows } = await compareEdges({ ...shared, scan }, table, isGone);
      edges.push(delta);
      scan.badRows.push(...badRows);
    }
    advance(table);
  }
  const plan = withoutTables(withRows(whole, scan), scan.problems);
  const warnings = updateWarnings(plan, schema, ({ fields }) =>
    fields.map(({ property }) => property),
  );
  const all: readonly Delta[] = [...nodes.values(), ...edges];
  const shown = { ...plan, warnings, tables: plan.tables.map((table) => withChanges(table, all)) };
  const tally = startTally(shown, hooks.onEvent);
  const fit = tablesToLoad({ plan, scan, tally, request });
  for (const { table } of fit) {
    const own = scan.badRows.filter((bad) => bad.table === table);
    const skipped = own.reduce((sum, { rows }) => sum + rows, 0);
    if (skipped > 0) tally.skipped.set(table, skipped);
  }
  const isSound = ({ table }: Delta): boolean => fit.some((one) => one.table === table);
  const sound = {
    nodes: [...nodes.values()].filter(isSound),
    edges: edges.filter(isSound),
  };
  const taken = await countTaken(server, sound.nodes);
  const updating = { server, decoder, asJson: scan.asJson, ...sound, tally, hooks };
  const changes = await describeChanges(updating, present, taken, isDryRun);
  refuseDeletions(changes, fit, update, tally);
  comparing.end();
  return { ...updating, plan: { ...plan, warnings }, fit, changes };
}

function refuseDeletions(
  changes: Readonly<Record<string, TableChanges>>,
  fit: readonly PlannedTable<PlannedRows>[],
  { limit }: { limit: Parameters<typeof tooManyDeletions>[1] },
  tally: Tally,
): void {
  const tables = fit.flatMap(({ table, kind }) => {
    const own = changes[table];
    return own ? [{ unit: { table, kind }, held: own.before, ...own }] : [];
  });
  for (const problem of tooManyDeletions(tables, limit)) tallyError(tally, '', problem);
}

/** For the bars: what is done to a table are the rows that change. */
function withChanges(
  planned: PlannedTable<PlannedRows>,
  deltas: readonly Delta[],
): PlannedTable<PlannedRows> {
  const own = deltas.find(({ table }) => table === planned.table);
  const rows = (own?.inserted ?? 0) + (own?.updated ?? 0);
  return { ...planned, rows, ...(rows === 0 && { copies: [] }) };
}

/** @param taken - Edges that go with nodes, by their type. */
async function describeChanges(
  { server, decoder, nodes, edges }: Omit<Updating, 'changes'>,
  present: ReadonlyMap<string, number>,
  taken: ReadonlyMap<string, number>,
  isDryRun: boolean,
): Promise<Record<string, TableChanges>> {
  const changes: Record<string, TableChanges> = {};
  for (const delta of [...nodes, ...edges]) {
    const { table, inserted, updated, unchanged } = delta;
    const before = present.get(table) ?? 0;
    const deleted = delta.gone.length + (delta.kind === 'edge' ? (taken.get(table) ?? 0) : 0);
    const counts = delta.kind === 'node' ? Object.entries(delta.counts) : [];
    const own = { inserted, updated, deleted, unchanged };
    changes[table] = {
      ...{ ...own, before, after: before + inserted - deleted },
      ...(counts.length > 0 && { properties: Object.fromEntries(counts) }),
      ...(isDryRun && isTouched(own) && { examples: examplesOf(decoder, delta) }),
    };
  }
  for (const [table, deleted] of taken) {
    if (changes[table]) continue;
    const before = Number((await server.read(countEdges(table)))[0]?.[0] ?? 0);
    const none = { inserted: 0, updated: 0, unchanged: 0 };
    changes[table] = { ...none, deleted, before, after: before - deleted };
  }
  return changes;
}

type Decoding = Updating['decoder'];

function examplesOf(decoder: Decoding, delta: Delta): NonNullable<TableChanges['examples']> {
  const gone =
    delta.kind === 'node' ? delta.gone.slice(0, EXAMPLES).map((key) => [key]) : delta.goneEnds;
  return {
    inserted: exampleRows(decoder, delta.fresh),
    updated: delta.kind === 'node' ? exampleRows(decoder, delta.changed) : [],
    deleted: describeExamples(gone).examples,
  };
}

/** The keys of the first few of some rows. */
function exampleRows(decoder: Decoding, rows: ReadonlyMap<PlannedRows, RowSet>): string[] {
  const found: unknown[][] = [];
  for (const [file, wanted] of rows) {
    if (wanted.size() === 0 || found.length === EXAMPLES) continue;
    let left = Math.min(wanted.size(), EXAMPLES - found.length);
    const columns = file.keys.map(({ column }) => column);
    for (const { numbers, places, lists } of plannedRows(decoder, file, columns)) {
      for (const [i, place] of places.entries()) {
        if (left === 0) break;
        if (!wanted.has(numbers[i] ?? -1)) continue;
        found.push(file.keys.map(({ convert }, at) => convert(lists[at]?.[place] ?? null)));
        left -= 1;
      }
      if (left === 0) break;
    }
  }
  return describeExamples(found).examples;
}

/** Every label and type must hold what the comparison said that it would. */
async function checkCounts(
  server: Server,
  changes: Readonly<Record<string, TableChanges>>,
  { nodes }: GraphSchema,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [table, own] of Object.entries(changes)) {
    if (!isTouched(own)) continue;
    const isNode = nodes.some(({ name }) => name === table);
    const [row] = await server.read(isNode ? countNodes(table) : countEdges(table));
    const held = Number(row?.[0] ?? 0);
    if (held === own.after) continue;
    const message = `the rows of ${table} do not add up: the server held ${own.before}, ${own.inserted} were made and ${own.deleted} deleted, and it holds ${held}`;
    const hint = 'see who else writes to the database, and update again';
    problems.push({ code: 'ROW_COUNT', table, message, hint });
  }
  return problems;
}
