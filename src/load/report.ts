/** What a load did, gathered as it goes. */
import type { Plan, PlannedCopy, PlannedFile } from '../plan/plan.js';
import { type StepWeight, tableWeight } from '../plan/weights.js';
import type { StepTimes } from '../steps.js';
import type {
  GraphSchema,
  LoadEvent,
  LoadReport,
  Problem,
  TableKind,
  TableTime,
} from '../types.js';
import { type FoundBadRows, withoutQuoted } from './badrows.js';

export interface Tally {
  times: Map<string, TableTime>;
  badRows: FoundBadRows[];
  skipped: Map<string, number>;
  /** From which offset on the nodes of a file are, where rows may be left out. */
  offsets: Map<PlannedCopy, number>;
  errors: Problem[];
  warnings: Problem[];
  onEvent: (event: LoadEvent) => void;
}

/**
 * A tally of zeros for every table of the plan; tells of the plan and its warnings.
 *
 * @param steps - What will be done besides copying the tables.
 */
export function startTally(
  plan: Plan<PlannedFile>,
  onEvent: (event: LoadEvent) => void,
  steps: StepWeight[] = [],
): Tally {
  for (const warning of plan.warnings) onEvent({ type: 'warned', warning });
  onEvent({
    type: 'planned',
    tables: plan.tables.flatMap(({ table, kind, rows, copies }) =>
      copies.length > 0 ? [{ table, kind, rows, weight: tableWeight({ kind, rows }) }] : [],
    ),
    steps,
  });
  return {
    times: new Map(plan.tables.map(({ table }) => [table, { seconds: 0, rows: 0 }])),
    badRows: [],
    skipped: new Map(),
    offsets: new Map(),
    errors: [],
    warnings: [...plan.warnings],
    onEvent,
  };
}

/** Notes that a table failed. */
export function tallyError(tally: Tally, table: string, error: Problem): void {
  tally.errors.push(error);
  tally.onEvent({ type: 'failed', table, error });
}

/** Notes what may be meant. */
export function tallyWarning(tally: Tally, warning: Problem): void {
  tally.warnings.push(warning);
  tally.onEvent({ type: 'warned', warning });
}

/** Adds to the time and the rows of a table, which several works do. */
export function addTime({ times }: Tally, table: string, seconds: number, rows: number): TableTime {
  const before = times.get(table) ?? { seconds: 0, rows: 0 };
  const time = { seconds: before.seconds + seconds, rows: before.rows + rows };
  times.set(table, time);
  return time;
}

/** Notes that a table was loaded, without the bad rows that were left out of it. */
export function tallyTable(
  tally: Tally,
  { table, kind }: { table: string; kind: TableKind },
  time: TableTime,
  badRows: readonly FoundBadRows[],
): void {
  const skipped = badRows.reduce((sum, { rows }) => sum + rows, 0);
  tally.times.set(table, time);
  if (skipped > 0) tally.skipped.set(table, skipped);
  tally.onEvent({ type: 'finished', table, kind, ...time, skipped });
}

/**
 * The report; of a load that did not stay, no rows count.
 *
 * @param outcome - `isPartial`: what was loaded stays, whatever ended the load.
 */
export function toReport(
  schema: GraphSchema,
  plan: Plan<PlannedFile>,
  tally: Tally,
  outcome: { published: boolean; isPartial?: boolean; totalTime: number; stepTimes: StepTimes },
): LoadReport {
  const timesOf = (tables: readonly { name: string }[]): Record<string, TableTime> =>
    Object.fromEntries(
      tables.map(({ name }) => {
        const { seconds, rows } = tally.times.get(name) ?? { seconds: 0, rows: 0 };
        const stays = outcome.published || outcome.isPartial === true;
        return [name, { seconds, rows: stays ? rows : 0 }];
      }),
    );
  // Tables that are loaded at the same time end as chance will have it.
  const order = new Map(plan.tables.map(({ table }, i) => [table, i]));
  const place = ({ table = '' }: { table?: string }): number => order.get(table) ?? order.size;
  const nodeTimes = timesOf(schema.nodes);
  const edgeTimes = timesOf(schema.edges);
  return {
    totalNodes: sumRows(nodeTimes),
    totalEdges: sumRows(edgeTimes),
    totalTime: outcome.totalTime,
    nodeTimes,
    edgeTimes,
    stepTimes: outcome.stepTimes,
    totalSkipped: [...tally.skipped.values()].reduce((sum, rows) => sum + rows, 0),
    badRows: tally.badRows.toSorted((a, b) => place(a) - place(b)).map(withoutQuoted),
    errors: tally.errors.toSorted((a, b) => place(a) - place(b)),
    warnings: tally.warnings,
    published: outcome.published,
  };
}

/** The report of a load that was refused before it did anything. */
export function refusedReport(error: Problem, schema: GraphSchema): LoadReport {
  const zeros = (tables: readonly { name: string }[]): Record<string, TableTime> =>
    Object.fromEntries(tables.map(({ name }) => [name, { seconds: 0, rows: 0 }]));
  return {
    totalNodes: 0,
    totalEdges: 0,
    totalTime: 0,
    nodeTimes: zeros(schema.nodes),
    edgeTimes: zeros(schema.edges),
    stepTimes: {},
    totalSkipped: 0,
    badRows: [],
    errors: [error],
    warnings: [],
    published: false,
  };
}

function sumRows(times: Record<string, TableTime>): number {
  return Object.values(times).reduce((sum, { rows }) => sum + rows, 0);
}
