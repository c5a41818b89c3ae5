/** Starting the engine's process. */
import { type ChildProcess, fork } from 'node:child_process';
import { processExists, sleepSync } from '../engine/processes.js';

/**
 * mallopt(3). glibc grows its heaps in steps of 128 kB else, some 12 thousand system calls a load;
 * larger steps than these keep more memory than they save time. With steps of one's own it maps
 * whatever is larger than 128 kB anew each time, unless told otherwise.
 */
const HEAP = {
  MALLOC_TOP_PAD_: String(4 * 1024 * 1024),
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 * 1024),
};

let started: ChildProcess | undefined;

/**
 * Starts a worker before it is needed, so that two processes start in the time of one. It keeps
 * nobody waiting, and ends with this process.
 */
export function startWorker(): void {
  const worker = forkWorker();
  worker.once('error', () => (started = undefined)); // The next attempt says why.
  worker.unref();
  worker.channel?.unref();
  (worker.stderr as Partial<{ unref: () => void }> | null)?.unref?.();
  started = worker;
}

/** The worker that was started, or a new one. */
export function takeWorker(): ChildProcess {
  const worker = started;
  started = undefined;
  if (!worker || worker.exitCode !== null || worker.signalCode !== null) return forkWorker();
  worker.ref();
  worker.channel?.ref();
  (worker.stderr as Partial<{ ref: () => void }> | null)?.ref?.();
  return worker;
}

/** How long a killed process may take to give its memory back before one goes on without it. */
const DEATH_MS = 500;

/** Kills a worker, and waits until it is dead: then it writes nothing more. Blocks. */
export function killNow(worker: ChildProcess): void {
  const { pid } = worker;
  worker.kill('SIGKILL');
  for (let waited = 0; pid !== undefined && processExists(pid) && waited < DEATH_MS; waited += 5) {
    sleepSync(5);
  }
}

function forkWorker(): ChildProcess {
  // Its argument tells others whose worker it is: see isDying in engine/locks.ts.
  return fork(new URL('worker.js', import.meta.url), [String(process.pid)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...HEAP, ...process.env },
    serialization: 'advanced', // JSON has no bigint.
  });
}
