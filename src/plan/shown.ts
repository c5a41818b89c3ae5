/** A plan as people may see it. */
import { formatBytes, plural } from '../format.js';
import type { EngineName, TableKind } from '../types.js';
import type { Schedule, ScheduledPlan, ScheduledTable, Search } from './schedule.js';

/** As the JSON of a dry run has it. */
export interface ShownPlan {
  engine: EngineName;
  /** Bytes of the engine's buffer pool. */
  buffer_pool: number;
  commit: Schedule['commit'];
  jobs: number;
  /** The statements that create what is missing. */
  create: readonly string[];
  phases: { tables: ShownTable[] }[];
}

/** One that has something to load. */
export interface ShownTable {
  table: string;
  kind: TableKind;
  rows: number;
  search: Search;
  copies: { file: string; rows: number; source: string; statement: string }[];
}

/** What people may see of a plan: tables in the order in which they are begun, with their statements. */
export function showPlan(
  { create, schedule }: ScheduledPlan,
  engine: EngineName,
  bufferPool: number,
): ShownPlan {
  const { commit, jobs, phases } = schedule;
  const shown = phases.map((tables) => ({
    tables: tables.filter(({ copies }) => copies.length > 0).map(showTable),
  }));
  return { engine, buffer_pool: bufferPool, commit, jobs, create, phases: shown };
}

function showTable({ table, kind, rows, search, copies }: ScheduledTable): ShownTable {
  const shown = copies.map(({ file, rows: own, source, cypher }) => {
    return { file, rows: own, source, statement: cypher };
  });
  return { table, kind, rows, search, copies: shown };
}

const COMMITS: Record<Schedule['commit'], string> = {
  load: 'all committed together',
  phase: 'each phase committed together',
  table: 'each table committed by itself',
};

const SEARCHES: Record<Search, string> = {
  before: 'bad rows looked for first',
  after: 'bad rows looked for if it fails',
  on_repeat: 'all begun anew if it fails',
};

/** The same in lines. */
export function describePlan(plan: ShownPlan): string[] {
  const { engine, buffer_pool: pool, commit, jobs, create, phases } = plan;
  return [
    `plan: ${engine}, a buffer pool of ${formatBytes(pool)}, ${plural(jobs, 'table')} at a time, ${COMMITS[commit]}`,
    ...create.map((statement) => `  ${statement}`),
    ...phases.flatMap(({ tables }, i) => [
      `phase ${i + 1}: ${plural(tables.length, 'table')}`,
      ...tables.flatMap(({ table, rows, search, copies }) => [
        `  ${table}: ${plural(rows, 'row')}, ${SEARCHES[search]}`,
        ...copies.map(({ statement }) => `    ${statement}`),
      ]),
    ]),
  ];
}
