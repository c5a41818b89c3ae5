/** Runs loads in the engine's own process, and survives it. */
import { statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { discardStaging, stagedDatabase } from '../database/staging.js';
import { defaultBufferPool } from '../engine/resources.js';
import { MORE_SPACE } from '../load/problems.js';
import { refusedReport } from '../load/report.js';
import { codeGraph } from '../model/codegraph.js';
import { removeDeadScratch } from '../scratch.js';
import type { LoadEvent, LoadReport, Problem } from '../types.js';
import { converse, describeExit, type Exit } from './conversation.js';
import type { Job } from './job.js';
import { killNow, takeWorker } from './start.js';

/** A file that crashes the engine is left out and the load begun anew, this many times. */
const MAX_CRASHES = 5;

/** What the engine's process had done when it died. */
interface Death {
  /** With the table that was being loaded, if one was and no other at the same time. */
  problem: Problem;
  /** How many tables were being loaded. */
  unfinished: number;
  isCrash: boolean;
  /** The report of what remains. */
  remains: LoadReport;
}

export interface Interruption {
  signal: AbortSignal;
  /** Is told what remains of the load: nothing, or all of it where the signal came too late. */
  onEnd: (remains: LoadReport) => void;
}

/**
 * Runs a job to its end. A table whose file crashes the engine fails, and the others are loaded.
 * Where several tables were being loaded, one at a time shows which of them it is.
 *
 * @param interruption - Its signal kills the engine's process, and undoes what it was building.
 * @throws {KgloadError} When the load is refused before any data.
 */
export async function runJob(
  job: Job,
  onEvent: (event: LoadEvent) => void,
  interruption?: Interruption,
): Promise<LoadReport> {
  const exclude = [...job.settings.exclude];
  let { jobs } = job.settings;
  for (;;) {
    const settings = { ...job.settings, exclude, ...(jobs !== undefined && { jobs }) };
    const attempt = { ...job, settings };
    const outcome = await runWorker(attempt, onEvent, interruption);
    if ('report' in outcome) return outcome.report;
    const { problem, unfinished, isCrash, remains } = outcome.death;
    const isLast =
      !isCrash || unfinished === 0 || (unfinished === 1 && job.settings.onError === 'abort');
    if (isLast || exclude.length >= MAX_CRASHES) {
      onEvent({ type: 'failed', table: problem.table ?? '', error: problem });
      return remains;
    }
    if (unfinished === 1) exclude.push(problem);
    else jobs = 1;
    onEvent({ type: 'restarted', error: problem });
  }
}

async function runWorker(
  job: Job,
  onEvent: (event: LoadEvent) => void,
  { signal, onEnd }: Partial<Interruption> = {},
): Promise<{ report: LoadReport } | { death: Death }> {
  const worker = takeWorker();
  let staging: string | undefined;
  const events: LoadEvent[] = [];
  const discard = (): void => {
    if (staging !== undefined) discardStaging(staging);
    removeDeadScratch([tmpdir()], worker.pid);
  };
  const isPublished = (): boolean => staging !== undefined && wasPublished(staging, events);
  const undo = (): void => {
    killNow(worker);
    const remains = remainsOf(
      { code: 'INTERRUPTED', message: 'the load was interrupted' },
      events,
      isPublished(),
    );
    discard();
    onEnd?.(remains);
  };
  signal?.addEventListener('abort', undo);
  try {
    const end = await converse(worker, job, (event) => {
      if (event.type === 'staged') staging = event.directory;
      if (event.type !== 'progress' && event.type !== 'step') events.push(event);
      onEvent(event);
    });
    if ('result' in end) return { report: end.result as LoadReport };
    const place = {
      isFull: hasNoSpace(dirname(resolve(job.database))),
      isPublished: isPublished(),
      isSmall: (job.settings.resources.bufferPool ?? defaultBufferPool()) < SMALL_POOL,
    };
    discard();
    return { death: obituary(end, place, events) };
  } finally {
    signal?.removeEventListener('abort', undo);
  }
}

/** Whether next to nothing can be written in a directory; after that the engines may crash. */
function hasNoSpace(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < NO_SPACE;
  } catch {
    return false; // There is no such directory, or nobody knows.
  }
}

const NO_SPACE = 1_000_000;

/** Both engines were seen to crash with less than a quarter of this. */
const SMALL_POOL = 512_000_000;

/**
 * Whether the database that was built there is in its place already, though the worker did not live
 * to say so: a rename is what publishes it.
 */
function wasPublished(staging: string, events: readonly LoadEvent[]): boolean {
  const isBuilt =
    events.some(({ type }) => type === 'planned') && events.at(-1)?.type !== 'repeated';
  const staged = statSync(stagedDatabase(staging), { throwIfNoEntry: false });
  return isBuilt && (!staged || staged.nlink > 1); // A free place is taken by a link, and then a removal.
}

function obituary(
  exit: Exit,
  place: { isFull: boolean; isPublished: boolean; isSmall: boolean },
  events: readonly LoadEvent[],
): Death {
  const { isFull, isPublished } = place;
  const unfinished = isPublished ? [] : unfinishedTables(events);
  const isCrash = exit.signal !== 'SIGKILL' && !isFull && !isPublished;
  const list = unfinished.map(({ table, file }) => `${table} from ${file}`).join(' and ');
  const when = list === '' ? '' : ` while loading ${list}`;
  const how = describeExit(exit);
  const problem: Problem = {
    code: isFull ? 'DISK_FULL' : 'ENGINE_CRASHED',
    ...(unfinished.length === 1 && unfinished[0]),
    ...describeDeath({ ...place, how, when, isKilled: exit.signal === 'SIGKILL' }),
  };
  const remains = remainsOf(problem, events, isPublished);
  return { problem, unfinished: unfinished.length, isCrash, remains };
}

/** The report of a load that did not live to make its own. */
function remainsOf(
  problem: Problem,
  events: readonly LoadEvent[],
  isPublished: boolean,
): LoadReport {
  const chosen = events.find((event) => event.type === 'schema');
  const remains = refusedReport(problem, chosen?.schema ?? codeGraph);
  if (isPublished) tallyEvents(remains, events);
  return remains;
}

/** How the worker came to its end, as far as that can be told, and what to do. */
function describeDeath(death: {
  how: string;
  when: string;
  isKilled: boolean;
  isFull: boolean;
  isPublished: boolean;
  isSmall: boolean;
}): Pick<Problem, 'message' | 'hint'> {
  const { how, when, isKilled, isFull, isPublished, isSmall } = death;
  if (isPublished) {
    const message = `the engine's process ended before its report, but the load is in its place (${how})`;
    return { message, hint: 'see what is there: kgload stats' };
  }
  if (isFull) {
    return {
      message: `the disk is full, and the engine ended${when} (${how})`,
      hint: MORE_SPACE,
    };
  }
  if (isKilled) {
    return {
      message: `the engine's process was killed${when}, most likely for want of memory`,
      hint: 'give it more memory',
    };
  }
  const message = `the engine crashed${when} (${how})`;
  if (isSmall) return { message, hint: 'give it more memory (--buffer-pool) before anything else' };
  const report = 'nothing was changed; if it happens again, please report it';
  return { message, hint: when === '' ? report : 'the file is probably damaged: export it again' };
}

/** The tables that began and did not end. */
function unfinishedTables(events: readonly LoadEvent[]): { table: string; file: string }[] {
  const unfinished = new Map<string, { table: string; file: string }>();
  for (const event of events) {
    if (event.type === 'started' || event.type === 'examining')
      unfinished.set(event.table, { table: event.table, file: event.file });
    if (event.type === 'finished' || event.type === 'failed' || event.type === 'examined')
      unfinished.delete(event.table);
    if (event.type === 'repeated') for (const table of event.tables) unfinished.delete(table);
  }
  return [...unfinished.values()];
}

/** Adds to a report what its events say was loaded. */
function tallyEvents(report: LoadReport, events: readonly LoadEvent[]): void {
  report.published = true;
  for (const event of events) {
    if (event.type === 'warned') report.warnings.push(event.warning);
    if (event.type === 'failed') report.errors.unshift(event.error);
    if (event.type !== 'finished') continue;
    const times = event.kind === 'node' ? report.nodeTimes : report.edgeTimes;
    times[event.table] = { seconds: event.seconds, rows: event.rows };
    report[event.kind === 'node' ? 'totalNodes' : 'totalEdges'] += event.rows;
    report.totalSkipped += event.skipped;
  }
}
