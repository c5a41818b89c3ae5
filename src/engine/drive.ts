/**
 * Work on a database is written once, as a generator that yields queries and is handed their rows;
 * `drive` runs it without blocking, `driveSync` blocks. Errors of a query are thrown into the
 * generator at the yield. Several such works may run at a time, each on a connection of its own.
 */
import { setImmediate } from 'node:timers/promises';
import type { Connection, QueryResult } from '../types.js';

export interface Query {
  connection: Connection;
  cypher: string;
  /** Called with the engine's progress, 0 to 1; never by `driveSync`, which blocks. */
  onProgress?: (fraction: number) => void;
  /** Is handed the rows one by one, where they may be many; the query then yields none. */
  onRow?: (row: Row) => void;
}

/** Works that run at the same time; by `driveSync`, which can't, one after the other. */
export interface Together {
  together: Steps<void>[];
}

/** What something else than an engine does, such as a server; `driveSync` can't wait for it. */
export interface Waiting {
  wait: () => Promise<void>;
}

export type Row = Record<string, unknown>;

/** Is handed the rows of each query, and none for all else. */
export type Steps<T> = Generator<Query | Together | Waiting, T, Row[]>;

/**
 * Runs the steps with the asynchronous calls of the connection.
 *
 * @param options - `bindFirst`: a statement whose progress is asked for is bound without it first.
 *   One that fails to parse or to bind while Kuzu 0.11 has a progress callback keeps the event loop
 *   alive for ever, and so must not be run in a process that is to end by itself.
 */
export async function drive<T>(steps: Steps<T>, { bindFirst = false } = {}): Promise<T> {
  // What is thrown where the engine calls ends the process (Napi::Error): it waits for the answer, or
  // for the next one, should the engine call after it answered.
  const thrown: unknown[] = [];
  let next = steps.next();
  while (!next.done) {
    const step = next.value;
    let rows: Row[] = [];
    try {
      if ('together' in step) await driveTogether(step.together, bindFirst);
      else if ('wait' in step) await step.wait();
      else rows = await ask(step, bindFirst, thrown);
      if (thrown.length > 0) throw thrown[0];
    } catch (error) {
      const [first = error] = thrown.splice(0);
      next = steps.throw(first);
      continue;
    }
    next = steps.next(rows);
  }
  return next.value;
}

async function ask(
  { connection, cypher, onProgress, onRow }: Query,
  bindFirst: boolean,
  thrown: unknown[],
): Promise<Row[]> {
  const progress =
    onProgress &&
    progressFraction((fraction) => {
      try {
        if (thrown.length === 0) onProgress(fraction);
      } catch (error) {
        thrown.push(error);
      }
    });
  if (progress && bindFirst) readRows(await connection.query(`EXPLAIN ${cypher}`));
  const rows = readRows(await connection.query(cypher, progress), onRow);
  // The engine's calls come by a queue of their own, and the last may still be in it.
  if (progress) await setImmediate();
  return rows;
}

/** Waits for all of them, also when one fails: nobody may close a database that is at work. */
async function driveTogether(works: readonly Steps<void>[], bindFirst: boolean): Promise<void> {
  const ends = await Promise.allSettled(works.map((work) => drive(work, { bindFirst })));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Runs the steps with the blocking calls of the connection. */
export function driveSync<T>(steps: Steps<T>): T {
  let next = steps.next();
  while (!next.done) {
    const step = next.value;
    let rows: Row[] = [];
    try {
      if ('wait' in step) throw new Error('what waits cannot block');
      if ('together' in step) for (const work of step.together) driveSync(work);
      else rows = readRows(step.connection.querySync(step.cypher), step.onRow);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(rows);
  }
  return next.value;
}

/** Works on items on several connections at the same time; each takes the next when it is free. */
export function* shareOut<T>(
  connections: readonly Connection[],
  items: readonly T[],
  work: (connection: Connection, item: T) => Steps<void>,
): Steps<void> {
  const queue = items.values();
  const workOff = function* (connection: Connection): Steps<void> {
    for (const item of queue) yield* work(connection, item);
  };
  yield { together: connections.map(workOff) };
}

/**
 * Takes the rows out of finished results and closes these: a result still alive when its database
 * closes ends the process with a segmentation fault. The rows are in memory already, so that
 * taking them one by one without waiting is the fastest way.
 */
function readRows(results: QueryResult | QueryResult[], onRow?: (row: Row) => void): Row[] {
  const list = Array.isArray(results) ? results : [results];
  const rows: Row[] = [];
  const take = onRow ?? ((row: Row) => rows.push(row));
  try {
    for (const result of list) {
      while (result.hasNext()) {
        const row = result.getNextSync();
        if (row) take(row);
      }
    }
  } finally {
    for (const result of list) result.close();
  }
  return rows;
}

/** Kuzu counts past the number of pipelines it announces, and its fraction past 1. */
function progressFraction(
  onProgress: (fraction: number) => void,
): (fraction: number, finished: number, pipelines: number) => void {
  return (fraction, finished, pipelines) => {
    onProgress(Math.min(1, (finished + Math.min(1, fraction)) / Math.max(1, pipelines)));
  };
}

/** A whole number as the engines give it out; 0 for the sum of no rows, which is NULL. */
export function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint' || typeof value === 'number') return BigInt(value);
  if (value === null || value === undefined) return 0n;
  throw new Error(`the engine answered with ${typeof value} where a whole number was to be`);
}
