/** Worker threads that extract facts; one that dies or never ends costs the file that it was at. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import type { PackedFacts } from './cache.js';
import type { Answer, Job } from './serve.js';

export type Outcome =
  | { packed: PackedFacts }
  /** Why there are no facts. */
  | { failure: string };

export interface Pool {
  /** @throws Where threads can't even start. */
  extract: (job: Job) => Promise<Outcome>;
  /** Ends all threads, and with them what they are at. */
  close: () => Promise<void>;
}

export interface PoolOptions {
  /** Threads at a time. */
  threads: number;
  /** The thread's module. */
  script?: URL;
  /** Milliseconds that a file may take. */
  timeout?: number;
  /** Bytes of WebAssembly's memory beyond which a thread gives way to a new one. */
  heap?: number;
}

/** Jobs that a thread has at a time, so that it need not wait for the next. */
const AHEAD = 2;
const TIMEOUT_MS = 30_000;
const HEAP = 512_000_000;
/** Of V8 alone; what one file makes of it is far less. */
const OLD_GENERATION_MB = 1_024;
/** What parsing leaves behind is mostly gone by then: collected more seldom, less of it is moved. */
const YOUNG_GENERATION_MB = 96;

interface Task {
  job: Job;
  settle: (outcome: Outcome) => void;
  fail: (error: unknown) => void;
}

interface Thread {
  worker: Worker;
  /** The first is at work. */
  tasks: Task[];
  isReady: boolean;
  timer?: NodeJS.Timeout;
}

/** Starts threads as they are needed. */
export function createPool(options: PoolOptions): Pool {
  const { threads: most, timeout = TIMEOUT_MS, heap: limit = HEAP } = options;
  const script = options.script ?? new URL('thread.js', import.meta.url);
  const threads = new Set<Thread>();
  const waiting: Task[] = [];
  let fatal: { error: unknown } | undefined;

  const pump = (): void => {
    for (;;) {
      if (waiting.length === 0) return;
      const free = [...threads].sort((a, b) => a.tasks.length - b.tasks.length)[0];
      const isIdle = free && free.tasks.length === 0;
      const thread = isIdle || threads.size >= most ? free : start();
      if (!thread || thread.tasks.length >= AHEAD) return;
      const task = waiting.shift();
      if (!task) return;
      thread.tasks.push(task);
      if (thread.tasks.length === 1) watch(thread);
      thread.worker.postMessage(task.job);
    }
  };

  /** Gives up a file that takes too long. */
  const watch = (thread: Thread): void => {
    clearTimeout(thread.timer);
    const [task] = thread.tasks;
    // A thread that nobody waits for keeps no process alive: a caller may leave before the last file.
    if (task) thread.worker.ref();
    else thread.worker.unref();
    if (!task) return;
    thread.timer = setTimeout(() => {
      // Its answer may be there, where this thread was busy itself.
      setImmediate(() => {
        if (thread.tasks[0] !== task) return;
        replace(thread, `it took longer than ${timeout / 1000} s`);
      });
    }, timeout);
  };

  /** Ends a thread; what waits for it goes to another. @param reason - Why there is no answer to its first task. */
  const replace = (thread: Thread, reason?: string): void => {
    if (!threads.delete(thread)) return;
    clearTimeout(thread.timer);
    void thread.worker.terminate();
    const tasks = thread.tasks.splice(0);
    if (reason !== undefined) tasks.shift()?.settle({ failure: reason });
    waiting.unshift(...tasks);
    pump();
  };

  const die = (thread: Thread, error: unknown): void => {
    if (!threads.has(thread)) return;
    if (thread.isReady) {
      replace(thread, `the parser died: ${messageOf(error)}`);
      return;
    }
    // Another would not start either.
    fatal ??= { error };
    threads.delete(thread);
    clearTimeout(thread.timer);
    for (const { fail } of [...thread.tasks.splice(0), ...waiting.splice(0)]) fail(error);
  };

  const start = (): Thread => {
    const worker = new Worker(script, {
      resourceLimits: {
        maxOldGenerationSizeMb: OLD_GENERATION_MB,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      },
      // What the parser prints when it dies is in the error. Reading it would keep the process alive.
      stdout: true,
      stderr: true,
    });
    const thread: Thread = { worker, tasks: [], isReady: false };
    threads.add(thread);
    worker.on('message', (answer: 'ready' | Answer) => {
      if (answer === 'ready') {
        thread.isReady = true;
        watch(thread);
        return;
      }
      // A parser that threw may have left its memory in any state.
      if ('failure' in answer) replace(thread, answer.failure);
      else {
        thread.tasks.shift()?.settle({ packed: answer.packed });
        if (answer.heap > limit) replace(thread);
        else watch(thread);
      }
      pump();
    });
    worker.on('error', (error) => {
      die(thread, error);
    });
    worker.on('exit', (code) => {
      die(thread, new Error(`it ended with code ${code}`));
    });
    return thread;
  };

  return {
    extract: (job) =>
      new Promise((settle, fail) => {
        if (fatal) {
          fail(fatal.error instanceof Error ? fatal.error : new Error(messageOf(fatal.error)));
          return;
        }
        waiting.push({ job, settle, fail });
        pump();
      }),
    async close() {
      const all = [...threads];
      threads.clear();
      await Promise.all(
        all.map(async ({ worker, timer }) => {
          clearTimeout(timer);
          await worker.terminate();
        }),
      );
    },
  };
}
