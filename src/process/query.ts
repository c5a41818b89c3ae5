/** Asking a database: a server, or in the engine's process, which can be ended in the middle of anything. */
import type { ChildProcess } from 'node:child_process';
import type { Question } from '../answer/statement.js';
import { timedOut } from '../answer/timeout.js';
import { isServerUrl } from '../bolt/address.js';
import { KgloadError } from '../errors.js';
import { formatBytes } from '../format.js';
import type { RunningQuery, Value } from '../model/answer.js';
import type { DatabaseStats, Problem, ServerAccess } from '../types.js';
import { describeExit, type Exit, type Message } from './conversation.js';
import { takeWorker } from './start.js';
import { watchMemory, watchOver } from './watchdog.js';

export interface QueryTask {
  kind: 'query';
  database: string;
  /** Who asks, where the database is on a server. */
  server?: ServerAccess | undefined;
  question: Question;
  /** Bytes that the process may hold. */
  memory: number;
}

/** What a worker says of a query before its last word. */
export type QueryMessage =
  | { columns: string[]; database: DatabaseStats['database'] }
  | { rows: readonly (readonly Value[])[] };

/** Batches that may be on their way. */
export const BATCHES_AHEAD = 2;

/**
 * Asks a database. Who takes no more of the rows ends the query.
 *
 * @param limits - `signal` ends it at once, and its reason is thrown; `timeout`: milliseconds.
 * @throws {KgloadError} What the query throws; `ENGINE_CRASHED`, `OUT_OF_MEMORY`, `TIMEOUT`; of a
 *   server `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`.
 */
export async function startQuery(
  task: QueryTask,
  { signal, timeout }: { signal?: AbortSignal | undefined; timeout?: number | undefined } = {},
): Promise<RunningQuery> {
  signal?.throwIfAborted();
  if (isServerUrl(task.database)) {
    const { queryServer } = await import('../server/query.js');
    return await queryServer(task.database, task.question, {
      access: task.server,
      signal,
      timeout,
    });
  }
  const worker = takeWorker();
  const exceeded = watchMemory(worker, task.memory);
  const kill = (): void => void worker.kill('SIGKILL');
  let isLate = false;
  const onLate = (): void => {
    isLate = true;
    kill();
  };
  const timer = timeout === undefined ? undefined : setTimeout(onLate, timeout);
  signal?.addEventListener('abort', kill);
  const end = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    kill();
  };
  const inbox = messagesOf(worker, task);
  const next = async (): Promise<QueryMessage | { result: { warnings: Problem[] } }> => {
    const message = await inbox();
    signal?.throwIfAborted();
    if (isLate) throw timedOut(timeout ?? 0);
    if ('rows' in message || 'columns' in message) return message;
    if ('result' in message) return message as { result: { warnings: Problem[] } };
    if ('refusal' in message) throw new KgloadError(message.refusal);
    if ('unexpected' in message) throw new Error(message.unexpected);
    if ('event' in message) throw new Error('an event of a load came in the middle of a query');
    throw new KgloadError(obituary(message, task, exceeded()));
  };
  try {
    const first = await next();
    if (!('columns' in first)) throw new Error('the worker did not begin with the columns');
    const warnings: Problem[] = [];
    const batches = async function* (): AsyncGenerator<readonly (readonly Value[])[]> {
      try {
        for (;;) {
          const message = await next();
          if ('result' in message) {
            warnings.push(...message.result.warnings);
            return;
          }
          if (!('rows' in message)) continue;
          if (worker.connected) worker.send({ more: true });
          yield message.rows;
        }
      } finally {
        end();
      }
    };
    return { ...first, warnings, batches: batches() };
  } catch (error) {
    end();
    throw error;
  }
}

/** Hands out what the worker says, one after the other, until it is dead. */
function messagesOf(
  worker: ChildProcess,
  task: QueryTask,
): () => Promise<Message | QueryMessage | Exit> {
  const waiting: (Message | QueryMessage | Exit)[] = [];
  let stderr = '';
  let wake: () => void = () => undefined;
  const put = (message: Message | QueryMessage | Exit): void => {
    waiting.push(message);
    wake();
  };
  worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  worker.on('message', (message: Message | QueryMessage) => {
    put(message);
  });
  worker.on('error', (error) => {
    put({ unexpected: error.stack ?? error.message });
  });
  worker.on('close', (code, signal) => {
    put({ code, signal, stderr });
  });
  watchOver(worker);
  if (worker.connected) worker.send(task);
  return async () => {
    for (;;) {
      const message = waiting.shift();
      if (message) return message;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
}

function obituary(exit: Exit, { memory }: QueryTask, exceeded: number | undefined): Problem {
  if (exceeded !== undefined || exit.signal === 'SIGKILL') {
    return {
      code: 'OUT_OF_MEMORY',
      message:
        exceeded === undefined
          ? "the engine's process was killed, most likely for want of memory"
          : `the query takes more than ${formatBytes(memory)} of memory`,
      hint: 'allow more with --memory, or ask for less: LIMIT',
    };
  }
  return {
    code: 'ENGINE_CRASHED',
    message: `the engine crashed while it ran the query (${describeExit(exit)})`,
    hint: 'ask in another way; if the database is damaged, load it anew',
  };
}
