/**
 * A dry run: everything that a load would find wrong, and nothing written. The engine looks for it
 * in memory, in tables that hold the keys of the nodes and nothing else.
 */
import { join } from 'node:path';
import { copyNewKeys } from '../cypher/firstrows.js';
import { endpointsOf, keysOf, tryCasts } from '../cypher/rows.js';
import {
  copyFrom,
  copyTo,
  createNodeTable,
  createRelTable,
  loadFrom,
} from '../cypher/statements.js';
import { identifier } from '../cypher/text.js';
import { countRows } from '../database/catalog.js';
import { createMissing } from '../database/create.js';
import { changeDatabaseInMemory, readDatabase } from '../database/open.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { samePair } from '../plan/copies.js';
import { type PlannedCopy, type PlannedTable, startedEvent } from '../plan/plan.js';
import type { Hooks, LoadRequest } from '../plan/request.js';
import { type ScheduledPlan, scheduleLoad } from '../plan/schedule.js';
import { type ShownPlan, showPlan } from '../plan/shown.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type {
  Connection,
  Endpoints,
  GraphSchema,
  LoadReport,
  NodeTable,
  Problem,
} from '../types.js';
import { type Assessment, assessPlace, assessTables } from './assessment.js';
import { findBadRows, type FoundBadRows, isBadRowsCode } from './badrows.js';
import { examinePlanned } from './findings.js';
import { findSurplus, type Surplus } from './multiplicity.js';
import { engineProblem } from './problems.js';
import {
  startTally,
  type Tally,
  tallyError,
  tallyTable,
  tallyWarning,
  toReport,
} from './report.js';
import { badRowsProblems, CallbackFailed, guardCallbacks, nodesFailed } from './table.js';
import { explainConversion } from './unconverted.js';

/** The report of a dry run, and how the load would be carried out. */
export interface DryRunReport extends LoadReport {
  /** How it would be carried out; of an update {@link LoadReport.changes} tells more. */
  plan: ShownPlan;
}

/**
 * What {@link loadDatabase} would do, as its report; rows are those that it would load.
 *
 * @throws {KgloadError} for everything that would stop the load before any data.
 */
export function* checkDatabase(
  path: string,
  dataset: Dataset,
  request: LoadRequest,
): Steps<DryRunReport> {
  const { schema, settings, hooks } = request;
  const { existing, engine, needs, warnings } = assessPlace(path, dataset, request);
  for (const warning of warnings) hooks.onEvent({ type: 'warned', warning });
  const scratch = makeScratch();
  hooks.onEvent({ type: 'scratch', directory: scratch });
  try {
    const assess = (connection: Connection): Steps<Assessment> =>
      assessTables(connection, dataset, request);
    const keys = new Map<string, string>();
    const edges: HeldEdges[] = [];
    const held =
      existing &&
      (yield* readDatabase(existing, function* ({ connection }) {
        const assessment = yield* assess(connection);
        yield* copyKeysOut(connection, assessment, schema.nodes, scratch, keys);
        edges.push(...(yield* copyEdgesOut(connection, assessment, scratch)));
        return assessment;
      }));
    const check = function* (connection: Connection): Steps<DryRunReport> {
      const { plan: assessed, present } = held ?? (yield* assess(connection));
      const plan = scheduleLoad(assessed, settings, {
        target: existing ? 'copy' : 'new',
        connections: existing ? 1 : needs.jobs,
        isRoomy: needs.isRoomy,
        isCareful: false,
        present,
      });
      yield* createKeyTables(connection, schema, keys);
      yield* takeEdges(connection, edges);
      const tally = yield* checkTables(connection, plan, present, request);
      const { clock, began, stepTimes } = hooks;
      const totalTime = (clock() - began) / 1000;
      const report = toReport(schema, plan, tally, { published: true, totalTime, stepTimes });
      return {
        ...report,
        warnings: [...warnings, ...report.warnings],
        published: false,
        plan: showPlan(plan, engine, settings.resources.bufferPool ?? needs.bufferPool),
      };
    };
    // In memory the engines lose a table's index, or crash, when a COPY fails that is not its first.
    const isCopiedTwice =
      keys.size > 0 ||
      schema.nodes.some(({ name }) => (dataset.tables.get(name)?.files.length ?? 0) > 1);
    const place = isCopiedTwice ? join(scratch, 'keys.db') : ':memory:';
    // Compressed on disk, the least integers would become others: see plan/hazards.ts.
    return yield* changeDatabaseInMemory(engine, check, place, { compression: false });
  } catch (error) {
    throw error instanceof CallbackFailed ? error.thrown : error;
  } finally {
    removeScratch(scratch);
  }
}

/**
 * Writes the keys that the target holds into files, since the engine can't join two databases.
 *
 * @param keys - Is given: node table → a Parquet file with the keys of its rows, in the column `k`.
 */
function* copyKeysOut(
  connection: Connection,
  { catalog }: Assessment,
  nodes: readonly NodeTable[],
  scratch: string,
  keys: Map<string, string>,
): Steps<void> {
  for (const table of nodes) {
    const { name } = table;
    if (!catalog.has(name)) continue;
    if ((yield* countRows(connection, { name, kind: 'node' })) === 0) continue;
    const path = join(scratch, `${keys.size}.parquet`);
    yield { connection, cypher: copyTo(keysOf(table), path) };
    keys.set(name, path);
  }
}

/** Creates the node tables with nothing but their keys, and takes those in that the target holds. */
function* createKeyTables(
  connection: Connection,
  { nodes, statements = [] }: GraphSchema,
  keys: ReadonlyMap<string, string>,
): Steps<void> {
  for (const table of nodes) {
    const { name, primaryKey } = table;
    const properties = table.properties.filter((property) => property.name === primaryKey);
    const isGenerated = properties.some(({ type, default: value }) => type === 'SERIAL' || value);
    yield* createMissing(connection, [
      createNodeTable(isGenerated ? table : { ...table, properties }),
    ]);
    const path = keys.get(name);
    if (path === undefined) continue;
    const mapping = { expression: identifier('k'), property: primaryKey };
    yield { connection, cypher: copyFrom(name, loadFrom(path), [mapping]) };
  }
  yield* createMissing(connection, statements);
}

/** The edges of a table that the target holds, as the keys of their nodes: a file. */
interface HeldEdges {
  table: string;
  pair: Endpoints;
  path: string;
}

/** Writes the endpoints of those edges into files beside which new ones may be too many. */
function* copyEdgesOut(
  connection: Connection,
  { plan, present }: Assessment,
  scratch: string,
): Steps<HeldEdges[]> {
  const edges: HeldEdges[] = [];
  for (const { table, copies } of plan.tables) {
    if ((present.get(table) ?? 0) === 0) continue;
    for (const copy of copies) {
      const [from, to] = copy.keys;
      if (!copy.limit || !from || !to || samePair(copy, copies)[0] !== copy) continue;
      const path = join(scratch, `edges${edges.length}.parquet`);
      yield { connection, cypher: copyTo(endpointsOf(table, from, to), path) };
      edges.push({ table, pair: { from: from.table, to: to.table }, path });
    }
  }
  return edges;
}

/** Creates rel tables of endpoints alone, of any multiplicity, and takes those edges in. */
function* takeEdges(connection: Connection, edges: readonly HeldEdges[]): Steps<void> {
  for (const table of new Set(edges.map((one) => one.table))) {
    const held = edges.filter((one) => one.table === table);
    const pairs = held.map(({ pair }) => pair);
    const [first = { from: '', to: '' }] = pairs;
    yield* createMissing(connection, [
      createRelTable({ name: table, file: table, ...first, pairs, properties: [] }),
    ]);
    for (const { pair, path } of held) {
      const mappings = ['k0', 'k1'].map((name) => ({ expression: identifier(name) }));
      yield { connection, cypher: copyFrom(table, loadFrom(path), mappings, { pair }) };
    }
  }
}

/** Looks at every table of the plan, in the order of the schema. */
function* checkTables(
  connection: Connection,
  plan: ScheduledPlan,
  present: ReadonlyMap<string, number>,
  request: LoadRequest,
): Steps<Tally> {
  const tally = startTally(plan, request.hooks.onEvent);
  const guarded = { ...request, hooks: guardCallbacks(request.hooks) };
  for (const planned of plan.tables) {
    request.hooks.signal?.throwIfAborted();
    const examined = yield* examinePlanned(connection, planned, request);
    for (const warning of examined.warnings) tallyWarning(tally, warning);
    const held = present.get(planned.table) ?? 0;
    const errors = [...planned.errors, ...examined.problems];
    const problems =
      errors.length > 0 ? errors : yield* checkTable(connection, planned, held, tally, guarded);
    for (const problem of problems) tallyError(tally, planned.table, problem);
  }
  return tally;
}

function* checkTable(
  connection: Connection,
  planned: PlannedTable,
  held: number,
  tally: Tally,
  { settings, hooks }: LoadRequest,
): Steps<readonly Problem[]> {
  const { table, rows, copies } = planned;
  if (copies.length === 0) return [];
  const orphaned = nodesFailed(planned, tally);
  // Of a node table with bad rows the other keys are known; of one that failed otherwise, none.
  if (copies.some(({ keys }) => keys.some((key) => hasNoKeys(key.table, tally)))) return orphaned;
  tally.onEvent(startedEvent(planned));
  const start = hooks.clock();
  const badRows: FoundBadRows[] = [];
  let surplus: Map<PlannedCopy, Surplus> | undefined;
  for (const copy of copies) {
    try {
      badRows.push(...(yield* checkFile(connection, planned, copy, held, hooks)));
      surplus ??= yield* findSurplus(connection, table, copies, held > 0, hooks.onBadRow);
      const beyond = surplus.get(copy);
      if (beyond) badRows.push(beyond.found);
    } catch (error) {
      if (error instanceof CallbackFailed) throw error;
      const unconverted = yield* explainConversion(connection, table, copy, error);
      return [unconverted ?? engineProblem(table, copy, error)];
    }
  }
  tally.badRows.push(...badRows);
  const problems = [...badRowsProblems(planned, tally, badRows, settings), ...orphaned];
  if (problems.length > 0) return problems;
  const skipped = badRows.reduce((sum, bad) => sum + bad.rows, 0);
  tallyTable(
    tally,
    planned,
    { seconds: (hooks.clock() - start) / 1000, rows: rows - skipped },
    badRows,
  );
  return [];
}

/** The bad rows of one file; the keys of the good ones are taken, if it is a node table's. */
function* checkFile(
  connection: Connection,
  { table, kind }: PlannedTable,
  copy: PlannedCopy,
  held: number,
  { onBadRow }: Hooks,
): Steps<FoundBadRows[]> {
  yield* checkConversions(connection, copy);
  if (kind === 'node' && (yield* takeKeys(connection, table, copy))) return [];
  const badRows = yield* findBadRows(connection, table, copy, held, onBadRow);
  if (kind === 'node') yield* takeGoodKeys(connection, table, copy);
  return badRows;
}

function hasNoKeys(table: string, tally: Tally): boolean {
  return tally.errors.some((error) => error.table === table && !isBadRowsCode(error.code));
}

/** Converts the columns that may hold values which don't convert, and throws the result away. */
function* checkConversions(connection: Connection, copy: PlannedCopy): Steps<void> {
  if (copy.checked.length === 0) return;
  yield { connection, cypher: tryCasts(copy.source, copy.checked) };
}

/** Takes the keys of a file into its table, all or none; says whether they are all good. */
function* takeKeys(connection: Connection, table: string, copy: PlannedCopy): Steps<boolean> {
  try {
    yield { connection, cypher: copyKeys(table, copy) };
    return true;
  } catch {
    return false; // The search that follows says what is wrong.
  }
}

/** Beside keys that are there, both engines (Kuzu 0.11.3, Ladybug 0.19.1) take some of a file twice. */
function* takeGoodKeys(connection: Connection, table: string, copy: PlannedCopy): Steps<void> {
  const [key] = copy.keys;
  yield { connection, cypher: key ? copyNewKeys(table, copy, key) : copy.lenient };
}

function copyKeys(table: string, { cypher, source, keys }: PlannedCopy): string {
  if (keys.length === 0) return cypher;
  const mappings = keys.map(({ expression, property }) => ({ expression, property }));
  return copyFrom(table, source, mappings);
}
