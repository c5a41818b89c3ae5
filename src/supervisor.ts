/** Runs loads in the engine's own process, and survives it. */
import { tmpdir } from 'node:os';
import { codeGraph } from './codegraph.js';
import { converse, describeExit, type Exit } from './conversation.js';
import { refusedReport } from './report.js';
import { removeDeadScratch } from './scratch.js';
import { discardStaging } from './staging.js';
import type { LoadEvent, LoadReport, Problem } from './types.js';
import type { Job } from './worker.js';
import { killNow, takeWorker } from './workerprocess.js';

/** A file that crashes the engine is left out and the load begun anew, this many times. */
const MAX_CRASHES = 5;

/** What the engine's process had done when it died. */
interface Death {
  /** With the table that was being loaded, if one was and no other at the same time. */
  problem: Problem;
  /** How many tables were being loaded. */
  unfinished: number;
  isCrash: boolean;
  /** Nothing of what it had done remains, so that it can be done again. */
  isUndone: boolean;
  /** The report of what remains. */
  remains: LoadReport;
}

/**
 * Runs a job to its end. A table whose file crashes the engine fails, and the others are loaded,
 * where the database is built anew or nothing is written; a crash in an existing database ends
 * the load, with the tables before it in place. Where several tables were being loaded, one at a
 * time shows which of them it is.
 *
 * @param signal - Kills the engine's process, and undoes what it was building.
 * @throws {KgloadError} When the load is refused before any data.
 */
export async function runJob(
  job: Job,
  onEvent: (event: LoadEvent) => void,
  signal?: AbortSignal,
): Promise<LoadReport> {
  const exclude = [...job.exclude];
  let { jobs } = job;
  for (;;) {
    const attempt = { ...job, exclude, ...(jobs !== undefined && { jobs }) };
    const outcome = await runWorker(attempt, onEvent, signal);
    if ('report' in outcome) return outcome.report;
    const { problem, unfinished, isCrash, isUndone, remains } = outcome.death;
    const isLast =
      !isCrash || !isUndone || unfinished === 0 || (unfinished === 1 && job.onError === 'abort');
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
  signal?: AbortSignal,
): Promise<{ report: LoadReport } | { death: Death }> {
  const worker = takeWorker();
  let staging: string | undefined;
  const events: LoadEvent[] = [];
  const discard = (): void => {
    if (staging !== undefined) discardStaging(staging);
    removeDeadScratch([tmpdir()], worker.pid);
  };
  const undo = (): void => {
    killNow(worker);
    discard();
  };
  signal?.addEventListener('abort', undo);
  try {
    const end = await converse(worker, job, (event) => {
      if (event.type === 'staged') staging = event.directory;
      if (event.type !== 'progress') events.push(event);
      onEvent(event);
    });
    if ('result' in end) return { report: end.result as LoadReport };
    discard();
    return { death: obituary(end, job, events) };
  } finally {
    signal?.removeEventListener('abort', undo);
  }
}

function obituary(exit: Exit, job: Job, events: readonly LoadEvent[]): Death {
  const unfinished = unfinishedTables(events);
  const isCrash = exit.signal !== 'SIGKILL';
  const isUndone =
    job.dryRun === true ||
    events.some((event) => event.type === 'staged') ||
    events.at(-1)?.type === 'examining'; // Nothing is written yet.
  const isRolledBack = isUndone || job.onError === 'abort' || job.maxBadRows !== undefined;
  const list = unfinished.map(({ table, file }) => `${table} from ${file}`).join(' and ');
  const place = list === '' ? '' : ` while loading ${list}`;
  const rest = '; the tables before it are loaded, the ones after it were not attempted';
  const problem: Problem = {
    code: 'ENGINE_CRASHED',
    ...(unfinished.length === 1 && unfinished[0]),
    message:
      (isCrash
        ? `the engine crashed${place} (${describeExit(exit)})`
        : `the engine's process was killed${place}, most likely for want of memory`) +
      (isRolledBack ? '' : rest),
    hint: isCrash ? 'the file is probably damaged: export it again' : 'give it more memory',
  };
  const chosen = events.find((event) => event.type === 'schema');
  const remains = refusedReport(problem, chosen?.schema ?? codeGraph);
  if (!isRolledBack) tallyEvents(remains, events);
  return { problem, unfinished: unfinished.length, isCrash, isUndone, remains };
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
