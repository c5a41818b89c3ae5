/** How many threads the statements of a connection use. */
import { READ_THREADS, setThreads } from '../cypher/statements.js';
import type { Steps } from '../engine/drive.js';
import type { Connection } from '../types.js';

/** @returns The number of threads before. */
export function* useThreads(connection: Connection, threads: number): Steps<number> {
  const rows = yield { connection, cypher: READ_THREADS };
  yield { connection, cypher: setThreads(threads) };
  return Number(Object.values(rows[0] ?? {})[0]);
}
