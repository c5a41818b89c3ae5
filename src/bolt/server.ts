/** A server that speaks Bolt: asking it, and writing to it batch by batch. */
import type { Driver, Record as DriverRecord, Session } from 'neo4j-driver';
import { setTimeout as wait } from 'node:timers/promises';
import { components, nothing } from '../cypher/server.js';
import type { Statement } from '../model/statement.js';
import type { ServerAccess } from '../types.js';
import { serverUrl } from './address.js';
import { type DriverModule, loadDriver } from './driver.js';
import { isConnectionLost, isServerError, isTransient, serverError } from './messages.js';

/** What a server can do, by what it answered. */
export interface ServerCapabilities {
  /** As people write it: `Neo4j`. */
  title: string;
  version: string;
  /** The keys of nodes: a key constraint says that they are there and no two alike, a unique one the latter. */
  constraints: 'key' | 'unique' | 'none';
}

/** What a statement that writes answers. */
export interface Outcome {
  rows: unknown[][];
  created: { nodes: number; edges: number };
  deleted: { nodes: number; edges: number };
}

export interface Server {
  /** As messages show it. */
  url: string;
  can: ServerCapabilities;
  /** The name of its database that is used. */
  database: string;
  driver: DriverModule;
  /** All rows of an answer; integers are bigints. */
  read: (statement: Statement) => Promise<unknown[][]>;
  /** Is handed the rows as they come, each with its values in the order of the columns. */
  stream: (statement: Statement, onRow: (values: unknown[]) => void) => Promise<void>;
  /** The rows of an answer as somebody takes them. Without `write` the server refuses to change anything. */
  ask: (
    statement: Statement,
    /** `timeout`: milliseconds after which the server ends it. */
    options?: { write?: boolean; timeout?: number | undefined },
  ) => RunningAnswer;
  /**
   * Runs a work in a transaction, and again after an error that passes, such as a deadlock, or after the
   * connection was lost; then `isDone` says whether it was committed after all.
   */
  write: <T>(
    work: (run: (statement: Statement) => Promise<Outcome>) => Promise<T>,
    options?: { isDone?: () => Promise<T | undefined>; signal?: AbortSignal | undefined },
  ) => Promise<T>;
  close: () => Promise<void>;
}

/** An answer that comes while it is taken. */
export interface RunningAnswer {
  columns: () => Promise<string[]>;
  rows: AsyncIterable<unknown[]>;
  close: () => Promise<void>;
}

/** Attempts after the connection was lost, or an error that passes, go on for so long. */
const PATIENCE_MS = 30_000;

/**
 * Connects to a server.
 *
 * @throws {KgloadError} `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `ENOENT` for a database that is not
 *   there, `ENGINE_MISSING` without the driver, `USAGE`.
 */
export async function openServer(address: string, access: ServerAccess = {}): Promise<Server> {
  const url = serverUrl(address);
  const neo4j = await loadDriver();
  const { username = 'neo4j', password, database } = access;
  const auth = password === undefined ? undefined : neo4j.auth.basic(username, password);
  const driver = neo4j.driver(url, auth, {
    useBigInt: true,
    connectionTimeout: 10_000,
    connectionAcquisitionTimeout: 15_000,
    userAgent: 'kgload',
    telemetryDisabled: true,
  });
  try {
    const named = await homeOf(driver, neo4j, database);
    const server = serverOf(driver, neo4j, url, named);
    return { ...server, can: await capabilitiesOf(server, driver, named) };
  } catch (error) {
    await driver.close();
    throw serverError(url, error);
  }
}

/** The name of the database that a user gets. */
async function homeOf(driver: Driver, neo4j: DriverModule, database?: string): Promise<string> {
  const session = driver.session({
    defaultAccessMode: neo4j.session.READ,
    ...(database !== undefined && { database }),
  });
  try {
    const { summary } = await session.run(nothing().cypher);
    return summary.database.name ?? database ?? '';
  } finally {
    await session.close();
  }
}

async function capabilitiesOf(
  server: Omit<Server, 'can'>,
  driver: Driver,
  database: string,
): Promise<ServerCapabilities> {
  const { agent = '' } = await driver.getServerInfo(database === '' ? {} : { database });
  const [name = 'the server', version = ''] = agent.split('/');
  try {
    const [row] = await server.read(components());
    const [, versions, edition] = (row ?? []) as [string, string[], string];
    return {
      title: name,
      version: versions[0] ?? version,
      constraints: edition === 'enterprise' ? 'key' : 'unique',
    };
  } catch (error) {
    if (!isServerError(error) || isConnectionLost(error)) throw error;
    return { title: name, version, constraints: 'none' };
  }
}

function serverOf(
  driver: Driver,
  neo4j: DriverModule,
  url: string,
  database: string,
): Omit<Server, 'can'> {
  const { READ, WRITE } = neo4j.session;
  const open = (mode: typeof READ): Session =>
    driver.session({ defaultAccessMode: mode, ...(database !== '' && { database }) });
  const withSession = async <T>(
    mode: typeof READ,
    work: (session: Session) => Promise<T>,
  ): Promise<T> => {
    const session = open(mode);
    try {
      return await work(session);
    } finally {
      // Closing rolls back what is open; of a connection that is lost nothing is left to close.
      await session.close().catch(() => undefined);
    }
  };
  return {
    url,
    database,
    driver: neo4j,
    read: ({ cypher, parameters }) =>
      withSession(READ, async (session) => {
        const { records } = await session.run(cypher, parameters);
        return records.map(valuesOf);
      }),
    stream: ({ cypher, parameters }, onRow) =>
      withSession(READ, async (session) => {
        await new Promise<void>((resolve, reject) => {
          let isOver = false;
          session.run(cypher, parameters).subscribe({
            onNext: (record) => {
              if (isOver) return;
              try {
                onRow(valuesOf(record));
              } catch (error) {
                // What is still to come is given up with the session.
                isOver = true;
                const failure = error as Error;
                reject(failure);
              }
            },
            onCompleted: () => {
              resolve();
            },
            onError: reject,
          });
        });
      }),
    ask: ({ cypher, parameters }, { write = false, timeout } = {}) => {
      const session = open(write ? WRITE : READ);
      const limits = timeout === undefined ? {} : { timeout: Math.ceil(timeout) };
      const result = session.run(cypher, parameters, limits);
      return {
        columns: () => result.keys(),
        rows: rowsOf(result),
        close: async () => {
          await session.close().catch(() => undefined);
        },
      };
    },
    write: async (work, { isDone, signal } = {}) => {
      const start = performance.now();
      for (let attempt = 0; ; attempt += 1) {
        try {
          if (attempt > 0) {
            const done = await isDone?.();
            if (done !== undefined) return done;
          }
          return await withSession(WRITE, (session) => inTransaction(session, work));
        } catch (error) {
          const mayPass = isConnectionLost(error) || isTransient(error);
          const isLate = performance.now() - start > PATIENCE_MS || signal?.aborted === true;
          if (!mayPass || isLate) throw error;
          await pause(Math.min(2000, 100 * 2 ** attempt), signal);
        }
      }
    },
    close: () => driver.close(),
  };
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(milliseconds, undefined, signal && { signal }).catch(() => undefined);
}

async function inTransaction<T>(
  session: Session,
  work: (run: (statement: Statement) => Promise<Outcome>) => Promise<T>,
): Promise<T> {
  const transaction = await session.beginTransaction();
  try {
    const done = await work(async ({ cypher, parameters }) => {
      const { records, summary } = await transaction.run(cypher, parameters);
      const counters = summary.counters.updates();
      return {
        rows: records.map(valuesOf),
        created: { nodes: counters.nodesCreated, edges: counters.relationshipsCreated },
        deleted: { nodes: counters.nodesDeleted, edges: counters.relationshipsDeleted },
      };
    });
    await transaction.commit();
    return done;
  } catch (error) {
    if (transaction.isOpen()) await transaction.rollback().catch(() => undefined);
    throw error;
  }
}

async function* rowsOf(records: AsyncIterable<DriverRecord>): AsyncGenerator<unknown[]> {
  for await (const record of records) yield valuesOf(record);
}

/** The values of a record, in the order of its columns. */
function valuesOf(record: DriverRecord): unknown[] {
  return record.keys.map((key): unknown => record.get(key));
}
