/** How a plan is carried out: in which order, how many tables at a time, and what is committed together. */
import type { Dataset } from '../dataset/dataset.js';
import type { Capabilities } from '../model/capabilities.js';
import type { Problem } from '../types.js';
import { mergeCopies, samePair } from './copies.js';
import type { Plan, PlannedCopy, PlannedTable } from './plan.js';
import { isAllOrNothing, type Settings } from './request.js';

/** A plan that is complete: nothing in it changes any more. */
export interface ScheduledPlan extends Plan {
  readonly schedule: Schedule;
}

export interface Schedule {
  /** What is committed together: all, the tables of a phase, or each table by itself. */
  readonly commit: 'load' | 'phase' | 'table';
  /** Tables that are loaded at the same time, each over a connection of its own. */
  readonly jobs: number;
  /** Tables of one phase are in the database before the next one begins. */
  readonly phases: readonly (readonly ScheduledTable[])[];
}

export interface ScheduledTable extends PlannedTable {
  readonly search: Search;
  /** As which its copies are carried out: those of many files at a time, where bad rows are not looked for. */
  readonly statements: readonly PlannedCopy[];
}

/**
 * When the rows that a table would refuse are looked for: before each file is copied; after a COPY
 * that failed; or, where a database is built anew after one, before the COPY is repeated.
 */
export type Search = 'before' | 'after' | 'on_repeat';

/** Under which a plan is carried out. */
export interface Circumstances {
  /** The database that is written: a new one, a copy of the one that is there, or a caller's. */
  target: 'new' | 'copy' | 'connection';
  /** Those that may write at the same time. */
  connections: number;
  /** Memory suffices to commit many tables together. */
  isRoomy: boolean;
  /** A COPY failed, and all is begun anew: table after table, and bad rows are looked for before. */
  isCareful: boolean;
  /** Rows that the tables held before. */
  present: ReadonlyMap<string, number>;
}

/** The plan with its schedule, frozen. */
export function scheduleLoad(
  plan: Plan,
  settings: Settings,
  circumstances: Circumstances,
): ScheduledPlan {
  const jobs = circumstances.isCareful ? 1 : circumstances.connections;
  const commit = commitOf(jobs, settings, circumstances);
  const tables = plan.tables.map((planned): ScheduledTable => {
    const search = searchOf(planned, commit, settings, circumstances);
    // One that fails is explained file by file, and what was looked for before has its rows by file.
    const isMerged = search === 'on_repeat' && planned.copies.length > 1;
    const statements = isMerged ? mergeCopies(planned.table, planned.copies) : planned.copies;
    return Object.freeze({ ...planned, search, statements: Object.freeze(statements) });
  });
  for (const { copies } of tables) {
    for (const copy of copies) Object.freeze(copy);
    Object.freeze(copies);
  }
  const phases = phasesOf(tables, jobs).map((phase) => Object.freeze(phase));
  const schedule = Object.freeze({ commit, jobs, phases: Object.freeze(phases) });
  for (const list of [plan.create, plan.conflicts, plan.warnings]) Object.freeze(list);
  return Object.freeze({ ...plan, tables: Object.freeze(tables), schedule });
}

function commitOf(
  jobs: number,
  settings: Settings,
  { target, isRoomy, isCareful }: Circumstances,
): Schedule['commit'] {
  if (target === 'connection') return isAllOrNothing(settings) ? 'load' : 'table';
  if (jobs > 1 || isCareful || !isRoomy || target === 'copy') return 'table';
  // Bad rows that are skipped are looked for, and that needs rows that are committed.
  return settings.badRows.skip ? 'table' : 'phase';
}

/**
 * Before, where bad rows are left out, or where a COPY that fails would take the rows that explain why
 * along, or harm those that are there.
 */
function searchOf(
  { table, copies }: PlannedTable,
  commit: Schedule['commit'],
  { badRows }: Settings,
  { target, isCareful, present }: Circumstances,
): Search {
  if (badRows.skip) return 'before';
  const isAppended = (present.get(table) ?? 0) > 0;
  if (copies.some((copy) => copy.limit && !seesSurplus(copy, copies, isAppended))) return 'before';
  if (target !== 'connection') return isCareful ? 'before' : 'on_repeat';
  return commit === 'load' || isAppended || copies.length > 1 ? 'before' : 'after';
}

/**
 * Whether a COPY fails for every edge beyond the one that a node may have. Both engines (Kuzu 0.11.3,
 * Ladybug 0.19.1) keep a table for each pair of node tables, and count the edges of one COPY in it:
 * `RelBatchInsert::checkRelMultiplicityConstraint` in rel_batch_insert.cpp. Neither those of another
 * pair count, nor those which the table holds.
 */
function seesSurplus(
  copy: PlannedCopy,
  copies: readonly PlannedCopy[],
  isAppended: boolean,
): boolean {
  return !isAppended && copy.limit?.isEnforced === true && samePair(copy, copies).length === 1;
}

/** Up to about here, one transaction for all is faster than one for nodes and one for edges. */
const FEW_ROWS = 1_000_000;

/**
 * Tables that are loaded together. In one transaction with their nodes, edges look their endpoints
 * up in an index that is not written yet: at 35 million rows that takes longer, and 0.5 GB more.
 */
function phasesOf(tables: readonly ScheduledTable[], jobs: number): ScheduledTable[][] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (rows <= FEW_ROWS && jobs === 1) return [[...tables]];
  return (['node', 'edge'] as const).map((kind) => {
    const phase = tables.filter((table) => table.kind === kind);
    // The largest first: begun last, it would be loaded while the other cores have nothing to do.
    return jobs > 1 ? phase.sort((a, b) => b.rows - a.rows) : phase;
  });
}

/** What the machine gives a load that nobody tells otherwise. */
export interface Machine {
  /** Bytes of a buffer pool. */
  bufferPool: number;
  /** Bytes of one for work that needs few pages. */
  smallBufferPool: number;
  /** Tables at a time. */
  jobs: number;
  /** That a statement uses. */
  threads: number;
}

/** What a load into a new database takes. */
export interface Needs {
  bufferPool: number;
  /** Tables at a time. */
  jobs: number;
  /** Memory suffices to commit many tables together. */
  isRoomy: boolean;
}

/**
 * What the load of a dataset takes, unless told otherwise.
 *
 * @param nodeTables - How many a schema has: all of them are created, with files or without.
 */
export function needsOf(
  { tables }: Dataset,
  nodeTables: number,
  { resources, jobs }: Settings,
  machine: Machine,
  { manyWriters }: Capabilities,
): Needs {
  const footers = [...tables.values()].flatMap(({ files }) => files.map(({ footer }) => footer));
  const sum = (of: 'rows' | 'dataBytes'): number =>
    footers.reduce((total, footer) => total + ('rows' in footer ? footer[of] : 0), 0);
  const bytes = sum('dataBytes');
  const { bufferPool: full, smallBufferPool, jobs: usual, threads } = machine;
  const columns = footers.map((footer) => ('rows' in footer ? footer.columns.length : 0));
  const begun = columns.reduce((most, count) => Math.max(most, count), 0) * CHUNK_BYTES;
  const isNarrow = begun * (resources.threads ?? threads) <= smallBufferPool / 2;
  const indexes = nodeTables * INDEX_BYTES;
  const areFew = indexes <= smallBufferPool / 2;
  const isSmall = isNarrow && areFew && sum('rows') <= FEW_ROWS && bytes <= FEW_BYTES;
  const bufferPool = resources.bufferPool ?? (isSmall ? smallBufferPool : full);
  const isRoomy = bytes * ROOM + indexes <= bufferPool;
  return { bufferPool, isRoomy, jobs: isRoomy && manyWriters ? (jobs ?? usual) : 1 };
}

const FEW_BYTES = 128e6;

/** Each thread of a COPY begins with a chunk of 131,072 values for each column, however few rows there are. */
const CHUNK_BYTES = 2 ** 20;

/**
 * The index of a node table's keys, however few they are: Kuzu 0.11.3 keeps 256 parts of it, and wrote
 * 880 MB for 750 tables of two rows, all of it in the pool until it is committed.
 */
const INDEX_BYTES = 1.25e6;

/**
 * A pool of this many times the data has room for tables that are committed together. What is not
 * committed stays in memory: 35 million rows, 2.5 GB of data, take 2.3 GB, and 1.6 GB table by table.
 * With several connections and less than 3 times the data Ladybug 0.19.1 loses pages, or crashes.
 */
const ROOM = 4;

/** That tables are not loaded at a time, though it was asked for. */
export function idleJobs(
  { jobs = 1 }: Settings,
  { title, manyWriters }: Capabilities,
  isExisting: boolean,
  { isRoomy }: Needs,
): Problem[] {
  let why: string;
  if (jobs === 1) return [];
  if (!manyWriters) why = `${title} writes a table at a time`;
  else if (isExisting) why = 'a database that is there is loaded a table at a time';
  else if (!isRoomy) why = `the buffer pool is below ${ROOM} times the data (--buffer-pool)`;
  else return [];
  return [{ code: 'JOBS_IDLE', message: `--jobs ${jobs} has no effect: ${why}` }];
}
