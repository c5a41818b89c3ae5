/** A plan as people may see it. */
import { formatBytes, plural } from '../format.js';
import type { EngineName, TableKind } from '../types.js';
import type { Schedule, ScheduledPlan, ScheduledTable, Search } from './schedule.js';

/** How a load would be carried out. */
export interface ShownPlan {
  /** The engine that would write the database, or the server. */
  engine: EngineName | 'neo4j';
  /** Bytes of the engine's buffer pool; 0 of a server, which has its own. */
  bufferPool: number;
  /** What is committed together: all, the tables of a phase, each table by itself, or a batch of rows. */
  commit: Schedule['commit'] | 'batch';
  /** Tables that are loaded at the same time. */
  jobs: number;
  /** The statements that create what is missing. */
  create: readonly string[];
  /** One after the other; the tables of one are in the database before the next begins. */
  phases: {
    /** In the order in which they are begun. */
    tables: ShownTable[];
  }[];
}

/** A table that has something to load. */
export interface ShownTable {
  /** Its name. */
  table: string;
  /** Whether it holds nodes or edges. */
  kind: TableKind;
  /** In its files. */
  rows: number;
  /**
   * When the rows that it would refuse are looked for: before each file is copied, after a COPY that
   * failed, or before it is repeated in a database that is begun anew.
   */
  search: Search;
  /** One for every file, or for all that are read together. */
  copies: ShownCopy[];
}

/** How a file would be copied. */
export interface ShownCopy {
  /** As a path within the dataset. */
  file: string;
  /** In the file. */
  rows: number;
  /** What reads it: `LOAD FROM …`; of a server the path, since kgload itself does. */
  source: string;
  /** The whole `COPY` statement; of a server, that of each batch. */
  statement: string;
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
  return { engine, bufferPool, commit, jobs, create, phases: shown };
}

function showTable({ table, kind, rows, search, statements }: ScheduledTable): ShownTable {
  const shown = statements.map(({ file, rows: own, source, cypher }) => {
    return { file, rows: own, source, statement: cypher };
  });
  return { table, kind, rows, search, copies: shown };
}

const COMMITS: Record<ShownPlan['commit'], string> = {
  load: 'all committed together',
  phase: 'each phase committed together',
  table: 'each table committed by itself',
  batch: 'each batch of rows committed by itself',
};

const SEARCHES: Record<Search, string> = {
  before: 'bad rows looked for first',
  after: 'bad rows looked for if it fails',
  on_repeat: 'all begun anew if it fails',
};

/** The same in lines. */
export function describePlan(plan: ShownPlan): string[] {
  const { engine, bufferPool: pool, commit, jobs, create, phases } = plan;
  return [
    `plan: ${engine}, ${pool > 0 ? `a buffer pool of ${formatBytes(pool)}, ` : ''}${plural(jobs, 'table')} at a time, ${COMMITS[commit]}`,
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
