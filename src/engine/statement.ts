/** Statements that are prepared before they run, so that values can be bound to their parameters. */
import type * as Kuzu from 'kuzu';
import type { Connection } from '../types.js';
import type { Row } from './drive.js';

/** The rows of a statement; they are in the engine's memory. */
export interface Rows {
  columns: string[];
  /** As the engine writes types. */
  types: string[];
  next: () => Row | undefined;
  close: () => void;
}

/** Whether an error is one of the query itself, not of running it. */
export class InvalidStatement extends Error {}

/**
 * Runs one statement; the engine refuses several. What is prepared must not outlive its database: it
 * lives until it is collected as garbage, so a process that prepares has to end by a signal.
 *
 * @throws {InvalidStatement} Where it can't be parsed or bound.
 */
export async function runStatement(
  connection: Connection,
  cypher: string,
  values: Record<string, unknown>,
): Promise<Rows> {
  const engine = connection as unknown as Kuzu.Connection;
  const statement = await engine.prepare(cypher);
  if (!statement.isSuccess()) throw new InvalidStatement(statement.getErrorMessage());
  let result: Kuzu.QueryResult | undefined;
  try {
    result = [await engine.execute(statement, values as Record<string, Kuzu.KuzuValue>)].flat()[0];
  } catch (error) {
    // Values are bound only now.
    const isInvalid =
      error instanceof Error && /^(Binder|Parser|Catalog) exception/.test(error.message);
    throw isInvalid ? new InvalidStatement(error.message, { cause: error }) : error;
  }
  if (!result) throw new Error('the engine answered with no result');
  const rows = result;
  return {
    columns: rows.getColumnNamesSync(),
    types: rows.getColumnDataTypesSync(),
    next: () => (rows.hasNext() ? ((rows.getNextSync() as Row | null) ?? undefined) : undefined),
    close: () => {
      rows.close();
    },
  };
}

/** What the engine says of a statement that it can't parse or bind. */
export async function complaintAbout(
  connection: Connection,
  cypher: string,
): Promise<string | undefined> {
  const statement = await (connection as unknown as Kuzu.Connection).prepare(cypher);
  return statement.isSuccess() ? undefined : statement.getErrorMessage();
}
