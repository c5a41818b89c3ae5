/** Queries for programs. */
import { toParameter } from '../answer/parameters.js';
import { KgloadError } from '../errors.js';
import type { RunningQuery, Value } from '../model/answer.js';
import type { Problem, ServerAccess } from '../types.js';
import { startQuery } from './query.js';
import { defaultMemory } from './watchdog.js';

/** What {@link queryDatabase} may be told. */
export interface QueryOptions {
  /**
   * Values of the query's parameters, by their names without `$`. Whole numbers and bigints become
   * INT64 (or INT128 where that is too small), other numbers DOUBLE.
   */
  params?: Readonly<Record<string, unknown>>;
  /** Allow what does more than read the database: writing, files, extensions. */
  write?: boolean;
  /** Milliseconds after which the query is ended, and `TIMEOUT` thrown. */
  timeout?: number;
  /** Ends the query, also in the middle of a long computation, and throws the signal's reason. */
  signal?: AbortSignal;
  /** Who asks, where the database is on a server. */
  server?: ServerAccess;
  /** Bytes of memory that it may take. Default: 80 % of the machine's, or of the container's. */
  memory?: number;
  /** Is told of values that have fewer digits than the database holds. */
  onWarning?: (warning: Problem) => void;
}

/** A row of an answer: column → value. */
export type QueryRow = Record<string, Value>;

/**
 * Asks a database one statement of Cypher, and hands out the rows as they come: an iteration that stops
 * ends the query. It runs in a process of its own, read-only unless `write` is said, and nothing of it
 * outlives the iteration.
 *
 * Whole numbers are numbers where these hold them, and bigints beyond; decimals, dates, timestamps,
 * intervals and UUIDs are text as Cypher reads it, and so are BLOBs. A node is an object with `_id` and
 * `_label` before its properties, a rel has `_src` and `_dst` besides, a path is `_nodes` and `_rels`.
 *
 * A server is asked in this process, in a transaction in which it refuses to change anything unless
 * `write` is said. What has to do with time is text as its Cypher reads it, a point an object, and
 * `_label` all labels of a node, `A:B`.
 *
 * @param path - Of the database file, or the address of a server: `neo4j://host:7687`.
 * @param cypher - One statement.
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`; `QUERY_INVALID` with the
 *   `position` in the query, `QUERY_REFUSED`, `QUERY_FAILED`; `TIMEOUT`, `OUT_OF_MEMORY`,
 *   `ENGINE_CRASHED`; `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`. Nothing is asked, and so nothing
 *   thrown, before the first row is.
 * @example
 * ```ts
 * const cypher = 'MATCH (f:Function {name: $name}) RETURN f.file AS file, f.start_line AS line';
 * for await (const { file, line } of queryDatabase('graph.db', cypher, { params: { name: 'main' } })) {
 *   console.log(`${file}:${line}`);
 * }
 * ```
 */
export async function* queryDatabase(
  path: string,
  cypher: string,
  options: QueryOptions = {},
): AsyncGenerator<QueryRow, void, undefined> {
  const { params = {}, write = false, memory = defaultMemory(), timeout, signal, server } = options;
  checkText({ path, cypher });
  const parameters = new Map(
    Object.entries(params).map(([name, value]) => [name, toParameter(value)]),
  );
  const question = { cypher, parameters, write };
  const task = { kind: 'query', database: path, server, question, memory } as const;
  const running: RunningQuery = await startQuery(task, { signal, timeout });
  const { columns } = running;
  for await (const rows of running.batches) {
    for (const row of rows) {
      yield Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]));
    }
  }
  for (const warning of running.warnings) options.onWarning?.(warning);
}

function checkText(texts: Record<string, unknown>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text === 'string') continue;
    throw new KgloadError({
      code: 'USAGE',
      message: `${name} is ${typeof text}, where a text is to be`,
    });
  }
}
