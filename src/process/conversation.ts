/** What a supervisor and its worker have to say to each other. */
import type { ChildProcess } from 'node:child_process';
import { KgloadError, toProblem } from '../errors.js';
import { systemError } from '../files.js';
import type { LoadEvent, Problem } from '../types.js';
import type { Job } from './job.js';
import type { Task } from './tasks.js';
import { watchOver } from './watchdog.js';

/** What a worker says: events, and then one of the others. */
export type Message =
  | { event: LoadEvent }
  /** What the job was done for. */
  | { result: unknown }
  /** A refusal: nothing was attempted or changed. */
  | { refusal: Problem }
  /** An error that nobody foresaw, with its stack. */
  | { unexpected: string };

/** How a worker ended that did not get to its last word. */
export interface Exit {
  signal: NodeJS.Signals | null;
  code: number | null;
  stderr: string;
}

/** Everything until the worker's last word, or its death. */
export function converse(
  worker: ChildProcess,
  job: Job | Task,
  onEvent: (event: LoadEvent) => void,
): Promise<{ result: unknown } | Exit> {
  return new Promise((resolve, reject) => {
    let stderr = '';
    worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4096);
    });
    worker.on('message', (message: Message) => {
      if ('event' in message) onEvent(message.event);
      else if ('result' in message) resolve(message);
      else if ('refusal' in message) reject(new KgloadError(message.refusal));
      else reject(new Error(message.unexpected));
    });
    worker.on('error', (error) => {
      reject(systemError(error, 'the process for the engine cannot be started') ?? error);
    });
    worker.on('close', (code, signal) => {
      resolve({ code, signal, stderr });
    });
    watchOver(worker);
    // One that could not be started has no channel, and says why by an event.
    // One that a signal has ended by now says so when it closes, not by a broken pipe.
    if (worker.connected) worker.send(job, () => undefined);
  });
}

/** The worker's side: the last word on a piece of work. */
export async function lastWord(work: () => Promise<unknown>): Promise<Message> {
  try {
    return { result: await work() };
  } catch (error) {
    const known = error instanceof KgloadError ? error : systemError(error);
    if (known) return { refusal: toProblem(known) };
    return { unexpected: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Tells the supervisor of an event, if there is one. */
export function tell(event: LoadEvent): void {
  process.send?.({ event } satisfies Message);
}

/** How a process died, in words: its signal or code, and its last words. */
export function describeExit({ signal, code, stderr }: Exit): string {
  const lastWords = stderr.trim().split('\n')[0] ?? '';
  const how = [signal ?? `exit code ${String(code)}`, ...(lastWords === '' ? [] : [lastWords])];
  return how.join(': ');
}
