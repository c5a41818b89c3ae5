/** What an update will do, found out before anything is written. */
import { countedTable, countRows } from '../database/catalog.js';
import type { Index } from '../database/indexes.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { isDiskFull } from '../engine/messages.js';
import { messageOf } from '../errors.js';
import { assessTables } from '../load/assessment.js';
import { EXAMPLES, type FoundBadRows } from '../load/badrows.js';
import type { Findings } from '../load/findings.js';
import { engineProblem } from '../load/problems.js';
import { refuse } from '../load/refusals.js';
import { startTally, type Tally, tallyError, tallyWarning } from '../load/report.js';
import { badRowsProblems, CallbackFailed, nodesFailed } from '../load/table.js';
import { explainConversion } from '../load/unconverted.js';
import { withFindings } from '../load/values.js';
import { isTouched } from '../model/changes.js';
import type { Catalog } from '../model/differences.js';
import type { Plan, PlannedTable } from '../plan/plan.js';
import type { LoadRequest } from '../plan/request.js';
import {
  comparedAsText,
  filledBy,
  keyless,
  tooManyDeletions,
  unitsOf,
  updateWarnings,
  USUAL_UPDATE,
} from '../plan/update.js';
import { beginStep, type Step } from '../steps.js';
import type { Connection, GraphSchema, Problem, TableChanges } from '../types.js';
import { writeAllBounds } from './bounds.js';
import { countProperties } from './changes.js';
import type { Comparison, Delta } from './comparison.js';
import { compareEdges } from './edges.js';
import { findExamples } from './examples.js';
import { planIndexes } from './indexes.js';
import type { KnownKeys } from './keys.js';
import { compareNodes } from './nodes.js';
import { findTaken, notDeletable, type Taken } from './taken.js';

/** What an update will do. */
export interface UpdatePlan {
  plan: Plan;
  catalog: Catalog;
  comparison: Comparison;
  /** Of the tables that can be updated. */
  deltas: readonly Delta[];
  /** Of each node table's properties: in how many nodes it changes, by its place. */
  properties: ReadonlyMap<string, ReadonlyMap<number, number>>;
  changes: Record<string, TableChanges>;
  /** Edges of other tables that go with their nodes. */
  taken: readonly Taken[];
  /** Those that are dropped before rows change, and created afterwards. */
  indexes: readonly Index[];
  /** Something stands in the way of all of it, whatever tables fail. */
  isBlocked: boolean;
  tally: Tally;
}

/**
 * Compares a dataset with the database that it is to update.
 *
 * @throws {KgloadError} for everything that stops an update before any data.
 */
export function* planUpdate(
  connection: Connection,
  dataset: Dataset,
  request: LoadRequest,
  findings: Findings,
  scratch: string,
  isDryRun: boolean,
): Steps<UpdatePlan> {
  const { schema, settings, hooks } = request;
  const { update = USUAL_UPDATE } = settings;
  const planning = beginStep(hooks, 'plan');
  const { catalog, plan: assessed, present } = yield* assessTables(connection, dataset, request);
  refuse(keyless(assessed));
  const plan = withFindings(assessed, findings);
  const held = new Map(present);
  for (const table of schema.nodes) {
    // Edges may lead to nodes that the dataset has no file for.
    if (held.has(table.name) || !catalog.has(table.name)) continue;
    held.set(table.name, yield* countRows(connection, countedTable(table)));
  }
  const comparison: Comparison = {
    connection,
    catalog,
    settings: update,
    scratch,
    held: new Set([...held].filter(([, rows]) => rows > 0).map(([table]) => table)),
    skip: settings.badRows.skip,
    onBadRow: hooks.onBadRow,
  };
  planning.end();
  const comparing = beginStep(hooks, 'compare');
  const { deltas, failures } = yield* compareAll(comparison, plan, request, comparing);
  const warned = {
    ...plan,
    warnings: [
      ...updateWarnings(plan, schema, filledBy),
      ...comparedAsText(deltas.map(({ unit }) => unit)),
    ],
  };
  const shown = { ...warned, tables: plan.tables.map((planned) => withChanges(planned, deltas)) };
  const tally = startTally(shown, hooks.onEvent);
  const sound: Delta[] = [];
  for (const planned of plan.tables) {
    const own = deltas.filter(({ unit }) => unit.table === planned.table);
    const badRows: FoundBadRows[] = own.flatMap((delta) => [...delta.badRows]);
    tally.badRows.push(...badRows);
    const problems = [
      ...planned.errors,
      ...failures.filter(({ table }) => table === planned.table),
      ...badRowsProblems(planned, tally, badRows, settings),
    ];
    problems.push(...(problems.length > 0 ? [] : nodesFailed(planned, tally)));
    for (const problem of problems) tallyError(tally, planned.table, problem);
    if (problems.length > 0) continue;
    sound.push(...own);
    const skipped = badRows.reduce((sum, { rows }) => sum + rows, 0);
    if (skipped > 0) tally.skipped.set(planned.table, skipped);
  }
  const properties = new Map<string, Map<number, number>>();
  const examples = new Map<Delta, TableChanges['examples']>();
  for (const delta of sound) {
    const counts = yield* countProperties(connection, comparison, delta);
    properties.set(delta.unit.table, counts);
    if (isDryRun && isTouched(delta)) examples.set(delta, yield* findExamples(comparison, delta));
  }
  const indexes = yield* planIndexes(comparison, sound, properties);
  const tooMany = tooManyDeletions(sound, update.limit);
  const inWay = [...notDeletable(comparison, sound), ...indexes.problems, ...tooMany];
  for (const problem of inWay) tallyError(tally, problem.table ?? '', problem);
  const taken = yield* findTaken(comparison, sound);
  const changes = describeChanges(schema, sound, properties, examples);
  for (const { unit, rows } of taken) {
    const { table } = unit;
    const known = changes[table] ?? (yield* untouched(connection, table));
    changes[table] = {
      ...known,
      deleted: known.deleted + rows,
      after: known.after - rows,
    };
  }
  comparing.end();
  for (const warning of freshIsFaster(sound)) tallyWarning(tally, warning);
  return {
    plan,
    catalog,
    comparison,
    deltas: sound,
    properties,
    changes,
    taken,
    indexes: indexes.remade,
    isBlocked: inWay.length > 0,
    tally,
  };
}

/** A rel table that the dataset has no rows of. */
function* untouched(connection: Connection, table: string): Steps<TableChanges> {
  const rows = yield* countRows(connection, { name: table, kind: 'edge' });
  return { inserted: 0, updated: 0, deleted: 0, unchanged: 0, before: rows, after: rows };
}

/** Compares table after table; what the engine can't read of one is that table's error. */
function* compareAll(
  comparison: Comparison,
  plan: Plan,
  { schema, hooks }: LoadRequest,
  step: Step,
): Steps<{ deltas: Delta[]; failures: Problem[] }> {
  const units = unitsOf(plan, schema);
  yield* writeAllBounds(comparison, units);
  const total = units.reduce((sum, { files }) => sum + 1 + rowsOf(files), 0);
  const known: KnownKeys = new Map();
  const deltas: Delta[] = [];
  const failures: Problem[] = [];
  let done = 0;
  for (const unit of units) {
    hooks.signal?.throwIfAborted();
    const { table } = unit;
    try {
      deltas.push(
        unit.kind === 'node'
          ? yield* compareNodes(comparison, unit)
          : yield* compareEdges(comparison, unit, deltas, known),
      );
    } catch (error) {
      if (error instanceof CallbackFailed || isDiskFull(messageOf(error))) throw error;
      const copies = plan.tables.find((planned) => planned.table === table)?.copies ?? [];
      const [copy] = copies;
      if (!copy) throw error;
      failures.push(
        (yield* explainAny(comparison.connection, table, copies, error)) ??
          engineProblem(table, copy, error),
      );
    }
    done += 1 + rowsOf(unit.files);
    step.progress(done, total);
  }
  return {
    deltas: deltas.filter(({ unit }) => !failures.some(({ table }) => table === unit.table)),
    failures,
  };
}

function* explainAny(
  connection: Connection,
  table: string,
  copies: PlannedTable['copies'],
  error: unknown,
): Steps<Problem | undefined> {
  for (const copy of copies) {
    const problem = yield* explainConversion(connection, table, copy, error);
    if (problem) return problem;
  }
  return undefined;
}

function rowsOf(files: readonly { rows: number }[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}

/** For the bars: what is done to a table are the rows that change. */
function withChanges(planned: PlannedTable, deltas: readonly Delta[]): PlannedTable {
  const own = deltas.filter(({ unit }) => unit.table === planned.table);
  const rows = own.reduce((sum, { inserted, updated }) => sum + inserted + updated, 0);
  return { ...planned, rows, ...(rows === 0 && { copies: [] }) };
}

function describeChanges(
  { nodes, edges }: GraphSchema,
  deltas: readonly Delta[],
  properties: ReadonlyMap<string, ReadonlyMap<number, number>>,
  examples: ReadonlyMap<Delta, TableChanges['examples']>,
): Record<string, TableChanges> {
  const changes: Record<string, TableChanges> = {};
  for (const { name } of [...nodes, ...edges]) {
    const own = deltas.filter(({ unit }) => unit.table === name);
    const [first] = own;
    if (!first) continue;
    const sum = (of: 'inserted' | 'updated' | 'deleted' | 'unchanged' | 'held'): number =>
      own.reduce((total, delta) => total + delta[of], 0);
    const changed = [...(properties.get(name) ?? [])].map(
      ([i, rows]) => [first.unit.properties[i]?.name ?? '', rows] as const,
    );
    const shown = own.flatMap((delta) => examples.get(delta) ?? []);
    const merged = (of: 'inserted' | 'updated' | 'deleted'): string[] =>
      shown.flatMap((one) => one[of]).slice(0, EXAMPLES);
    changes[name] = {
      inserted: sum('inserted'),
      updated: sum('updated'),
      deleted: sum('deleted'),
      unchanged: sum('unchanged'),
      before: sum('held'),
      after: sum('held') + sum('inserted') - sum('deleted'),
      ...(changed.length > 0 && { properties: Object.fromEntries(changed) }),
      ...(shown.length > 0 && {
        examples: {
          inserted: merged('inserted'),
          updated: merged('updated'),
          deleted: merged('deleted'),
        },
      }),
    };
  }
  return changes;
}

/** From such a share of changes on, an update takes twice as long as a load anew, and more: docs/update.md. */
const MANY_CHANGES = 0.1;

function freshIsFaster(deltas: readonly Delta[]): Problem[] {
  const sum = (of: (delta: Delta) => number): number =>
    deltas.reduce((total, delta) => total + of(delta), 0);
  const changed = sum(({ inserted, updated, deleted }) => inserted + updated + deleted);
  const all = sum(({ held, inserted }) => held + inserted);
  if (all < FEW_ROWS || changed < all * MANY_CHANGES) return [];
  const share = Math.round((changed / all) * 100);
  return [
    {
      code: 'FRESH_FASTER',
      message: `${share} % of the rows differ; a database that is built anew takes less time, and its file less space`,
      hint: 'use --fresh, unless the database holds more than the dataset says',
    },
  ];
}

/** Of fewer, nobody waits for either. */
const FEW_ROWS = 100_000;
