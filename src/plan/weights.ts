/**
 * What the parts of a load usually take in comparison with each other, so that a bar for all of it moves
 * evenly. In milliseconds, as measured with both engines on datasets of 35 thousand to 3.5 million rows,
 * and of 1,500 tables.
 */
import type { StepName, TableKind } from '../types.js';
import type { PlannedTable } from './plan.js';
import type { ScheduledPlan } from './schedule.js';

export interface StepWeight {
  name: StepName;
  weight: number;
}

/** What copying a table takes. Rows of nodes are wider than edges, and their keys are indexed. */
export function tableWeight({ kind, rows }: { kind: TableKind; rows: number }): number {
  return COPY_MS + rows * ROW_MS[kind];
}

const COPY_MS = 12;
const ROW_MS = { node: 0.003, edge: 0.001 };

/** The same of values that Node decodes, to write them into another file or to compare them. */
export function decodingWeight(rows: number, columns: number, bytes: number): number {
  return DECODE_MS + rows * columns * DECODE_VALUE_MS + bytes * DECODE_BYTE_MS;
}

const DECODE_MS = 5;
const DECODE_VALUE_MS = 0.003;
const DECODE_BYTE_MS = 0.0001;

/** The same of a table that the engine writes as a file. */
export function exportWeight(rows: number, columns: number): number {
  return 10 + rows * columns * 0.001;
}

/** What else there is to do, in its order. */
export function stepWeights({ create, tables, schedule }: ScheduledPlan): StepWeight[] {
  const { commit, jobs, phases } = schedule;
  const written = (list: readonly PlannedTable[]): number =>
    list.reduce((sum, table) => sum + table.rows * ROW_MS[table.kind], 0);
  const commits = (commit === 'phase' ? phases : commit === 'load' ? [tables] : []).map(
    (list): StepWeight => ({ name: 'commit', weight: 18 * list.length + 0.25 * written(list) }),
  );
  const checkpoint = jobs > 1 ? 200 + 5 * tables.length : 0;
  const steps: StepWeight[] = [
    { name: 'create', weight: create.length * (2 + create.length / 200) },
    ...commits,
    // The weights of tables that are copied at the same time are added up.
    { name: 'checkpoint', weight: jobs > 1 ? checkpoint * jobs + 0.4 * written(tables) : 0 },
    { name: 'check', weight: tables.length * jobs },
    { name: 'close', weight: (30 + tables.length) * jobs },
  ];
  return steps.filter(({ weight }) => weight > 0);
}
