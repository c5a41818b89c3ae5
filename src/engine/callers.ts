/** Connections that a caller opened, and keeps: what they must not be doing during a load. */
import { KgloadError, messageOf } from '../errors.js';
import type { Connection, QueryResult } from '../types.js';

/** What both engines' own classes have, besides what is asked of any connection. */
interface EngineConnection extends Connection {
  _database?: object;
  closeSync?: () => void;
}

const busy = new WeakSet<Connection>();

/**
 * Runs a work on a caller's connection. Two queries at a time on one, or closing it meanwhile, end
 * the process with a segmentation fault: while the work runs, a second one and `close` are refused.
 *
 * @throws {KgloadError} `CONNECTION_BUSY`, `TRANSACTION_OPEN`, before anything is done.
 */
export async function withConnection<T>(
  connection: Connection,
  work: () => Promise<T>,
): Promise<T> {
  if (busy.has(connection)) {
    throw busyError('a load runs on this connection already', 'wait for it, or open another');
  }
  refuseTransaction(connection);
  busy.add(connection);
  const { _database: database } = connection as EngineConnection;
  const held = [connection, ...(database === undefined ? [] : [database])];
  const reopen = held.flatMap((owner) => [
    refuseClose(owner, 'close'),
    refuseClose(owner, 'closeSync'),
  ]);
  try {
    return await work();
  } finally {
    for (const restore of reopen) restore();
    busy.delete(connection);
  }
}

/** Lays a method that throws over the one of the class; returns what takes it away. */
function refuseClose(owner: object, name: 'close' | 'closeSync'): () => void {
  if (typeof (owner as Record<string, unknown>)[name] !== 'function') return () => undefined;
  const before = Object.getOwnPropertyDescriptor(owner, name);
  const refuse = (): never => {
    throw busyError('a load runs on this connection, which cannot be closed', 'wait for it');
  };
  const value = name === 'close' ? (): Promise<never> => Promise.resolve().then(refuse) : refuse;
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before) Object.defineProperty(owner, name, before);
    else Reflect.deleteProperty(owner, name);
  };
}

function busyError(message: string, hint: string): KgloadError {
  return new KgloadError({ code: 'CONNECTION_BUSY', message, hint });
}

/**
 * Refuses a connection with an open transaction: a COPY that fails rolls back what the caller has not
 * committed. Neither engine tells whether there is one, and a statement that fails, or BEGIN, would
 * end it; but another connection can't begin to write beside it. A connection that is not of the
 * engine's own class is taken as it is.
 */
function refuseTransaction(connection: Connection): void {
  const { _database: database } = connection as EngineConnection;
  if (database === undefined) return;
  const Another = connection.constructor as new (database: object) => EngineConnection;
  const probe = new Another(database);
  try {
    run(probe, 'BEGIN TRANSACTION');
    run(probe, 'ROLLBACK');
  } catch (error) {
    if (!messageOf(error).includes('Only one write transaction at a time')) throw error;
    throw new KgloadError({
      code: 'TRANSACTION_OPEN',
      message: 'a transaction is open on this connection, or another one is writing',
      hint: 'commit it first: a load that fails would take what is not committed along',
    });
  } finally {
    probe.closeSync?.();
  }
}

function run(connection: Connection, statement: string): void {
  const results: QueryResult[] = [connection.querySync(statement)].flat();
  for (const result of results) result.close();
}
