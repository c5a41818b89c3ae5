/** Runs tasks in a process of their own, and survives it. */
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { discardStaging } from '../database/staging.js';
import { KgloadError } from '../errors.js';
import { formatBytes } from '../format.js';
import { removeDeadScratch } from '../scratch.js';
import type { LoadEvent, Problem } from '../types.js';
import { converse, describeExit, type Exit } from './conversation.js';
import { onInterrupt } from './interrupt.js';
import { killNow, takeWorker } from './start.js';
import type { Results, Task } from './tasks.js';
import { watchMemory } from './watchdog.js';

/**
 * Runs a task. A signal ends it and this process at once, and nothing of what it wrote stays.
 *
 * @param onEnd - Called before anything else is said or the process ends.
 * @throws {KgloadError} What the task throws; `ENGINE_CRASHED`, and `OUT_OF_MEMORY` where it takes
 *   more than it may.
 */
export async function runTask<T extends Task>(
  task: T,
  onEvent: (event: LoadEvent) => void = () => undefined,
  onEnd: () => void = () => undefined,
): Promise<Results[T['kind']]> {
  const worker = takeWorker();
  const places = [tmpdir(), ...placesOf(task)];
  let staging: string | undefined;
  let at: Place | undefined;
  const discard = (): void => {
    if (staging !== undefined) discardStaging(staging);
    removeDeadScratch(places, worker.pid);
  };
  const stopListening = onInterrupt(() => {
    onEnd();
    killNow(worker);
    discard();
  });
  const exceeded = watchMemory(worker, task.memory);
  try {
    const conversation = converse(worker, task, (event) => {
      if (event.type === 'staged') staging = event.directory;
      if (event.type === 'started') at = { table: event.table, file: event.file };
      if (event.type === 'finished') at = undefined;
      onEvent(event);
    });
    removeDeadScratch(places); // While the worker is starting.
    const end = await conversation;
    if ('result' in end) return end.result as Results[T['kind']];
    discard();
    throw new KgloadError(obituary(end, task, at, exceeded()));
  } finally {
    onEnd();
    stopListening();
  }
}

/** Where a task builds what it writes. */
function placesOf(task: Task): string[] {
  if (task.kind === 'preprocess') return [dirname(resolve(task.destination))];
  return task.kind === 'export' ? [dirname(resolve(task.directory))] : [];
}

interface Place {
  table: string;
  file: string;
}

const WORK: Record<Task['kind'], string> = {
  preprocess: 'rewriting',
  export: 'writing',
  verify: 'comparing',
  schema: 'reading the schema',
  create: 'creating the tables',
  tables: 'reading the schema',
  ask: 'answering',
};

function obituary(
  exit: Exit,
  { kind, memory }: Task,
  at: Place | undefined,
  exceeded: number | undefined,
): Problem {
  const work = at === undefined ? WORK[kind] : `${WORK[kind]} ${at.table} (${at.file})`;
  if (exceeded !== undefined) {
    return {
      code: 'OUT_OF_MEMORY',
      ...at,
      message: `${work} takes more than ${formatBytes(memory)} of memory`,
      hint: 'allow more with --memory; a damaged file may claim any size',
    };
  }
  if (/heap out of memory/.test(exit.stderr)) {
    return {
      code: 'OUT_OF_MEMORY',
      ...at,
      message: `${work} takes more memory than Node's heap may hold`,
      hint: 'a damaged file may claim any size; if it is sound: NODE_OPTIONS=--max-old-space-size=16384',
    };
  }
  if (exit.signal === 'SIGKILL') {
    return {
      code: 'ENGINE_CRASHED',
      ...at,
      message: `the engine's process was killed while ${work}, most likely for want of memory`,
      hint: 'give it more memory',
    };
  }
  const culprit = kind === 'export' || kind === 'ask' ? 'database' : 'file';
  return {
    code: 'ENGINE_CRASHED',
    ...at,
    message: `the engine crashed while ${work} (${describeExit(exit)})`,
    hint: `the ${culprit} is probably damaged`,
  };
}
