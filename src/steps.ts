/**
 * Work on a database is written once, as a generator that yields queries and is handed their rows;
 * `drive` runs it without blocking, `driveSync` blocks. Errors of a query are thrown into the
 * generator at the yield.
 */
import type { Connection, QueryResult } from './types.js';

export interface Query {
  connection: Connection;
  cypher: string;
  /** Called with the engine's progress, 0 to 1; never by `driveSync`, which blocks. */
  onProgress?: (fraction: number) => void;
}

export type Row = Record<string, unknown>;

export type Steps<T> = Generator<Query, T, Row[]>;

/** Runs the steps with the asynchronous calls of the connection. */
export async function drive<T>(steps: Steps<T>): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    const { connection, cypher, onProgress } = next.value;
    let rows: Row[];
    try {
      const results = asArray(
        await connection.query(cypher, onProgress && progressFraction(onProgress)),
      );
      try {
        rows = (await Promise.all(results.map((result) => result.getAll()))).flat();
      } finally {
        closeAll(results);
      }
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(rows);
  }
  return next.value;
}

/** Runs the steps with the blocking calls of the connection. */
export function driveSync<T>(steps: Steps<T>): T {
  let next = steps.next();
  while (!next.done) {
    let rows: Row[];
    try {
      const results = asArray(next.value.connection.querySync(next.value.cypher));
      try {
        rows = results.flatMap((result) => result.getAllSync());
      } finally {
        closeAll(results);
      }
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(rows);
  }
  return next.value;
}

function asArray(results: QueryResult | QueryResult[]): QueryResult[] {
  return Array.isArray(results) ? results : [results];
}

/** A result still alive when its database closes ends the process with a segmentation fault. */
function closeAll(results: readonly QueryResult[]): void {
  for (const result of results) result.close();
}

/** Kuzu counts past the number of pipelines it announces, and its fraction past 1. */
function progressFraction(
  onProgress: (fraction: number) => void,
): (fraction: number, finished: number, pipelines: number) => void {
  return (fraction, finished, pipelines) => {
    onProgress(Math.min(1, (finished + Math.min(1, fraction)) / Math.max(1, pipelines)));
  };
}
