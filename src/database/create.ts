/** Creating the tables of a schema in a database. */
import { BEGIN, COMMIT } from '../cypher/statements.js';
import type { Steps } from '../engine/drive.js';
import {
  firstLine,
  isDiskFull,
  isPoolFull,
  NO_PAIR_MULTIPLICITY,
  refusesPairMultiplicity,
} from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import { listNames } from '../format.js';
import { schemaDifferences } from '../model/differences.js';
import { planTables } from '../plan/plan.js';
import type { Connection, EngineName, GraphSchema } from '../types.js';
import { readWithMultiplicities } from './catalog.js';
import { changeDatabase, replaceDatabase } from './open.js';
import { findRefused } from './refused.js';
import { engineFor, inspectTarget, isThere } from './target.js';

/** The tables of the schema, now all in the database. */
export interface CreatedTables {
  /** Tables that were created, in load order. */
  created: string[];
  /** Tables that were there already, as the schema has them. */
  existing: string[];
}

/**
 * Creates the tables of the schema that the database lacks.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH`, before anything is created, when a table is there with
 *   other columns, types or endpoints.
 */
export function* createTables(connection: Connection, schema: GraphSchema): Steps<CreatedTables> {
  const catalog = yield* readWithMultiplicities(connection, schema);
  const differences = schemaDifferences(schema, catalog);
  if (differences.length > 0) {
    throw new KgloadError({
      code: 'SCHEMA_MISMATCH',
      message: `the database has other tables:\n${differences
        .map(({ table, differences: list }) => `  ${table} ${listNames(list, '; ')}`)
        .join('\n')}`,
      hint: 'choose another database, or drop these tables',
    });
  }
  yield* createMissing(connection, planTables(schema, catalog));
  const names = [...schema.nodes, ...schema.edges].map(({ name }) => name);
  return {
    created: names.filter((name) => !catalog.has(name)),
    existing: names.filter((name) => catalog.has(name)),
  };
}

/**
 * Runs the statements that create what a database lacks.
 *
 * @throws {KgloadError} For one that the engine refuses: `SCHEMA_INVALID` where it is the type of a
 *   property, else `ENGINE`.
 */
export function* createMissing(
  connection: Connection,
  statements: readonly string[],
  onProgress: (done: number, total: number) => void = () => undefined,
): Steps<void> {
  for (const [i, cypher] of statements.entries()) {
    onProgress(i, statements.length);
    try {
      yield { connection, cypher };
    } catch (error) {
      const message = messageOf(error);
      if (isDiskFull(message) || isPoolFull(message)) throw error;
      if (refusesPairMultiplicity(message)) {
        const { reason, hint } = NO_PAIR_MULTIPLICITY;
        throw new KgloadError({ code: 'SCHEMA_INVALID', message: reason, hint }, { cause: error });
      }
      const refused = yield* findRefused(connection, cypher, error);
      if (refused) throw new KgloadError({ code: 'SCHEMA_INVALID', ...refused }, { cause: error });
      throw new KgloadError(
        {
          code: 'ENGINE',
          message: `the engine refuses a part of the schema: ${firstLine(message)}`,
          hint: `see ${cypher.length > 80 ? `${cypher.slice(0, 79)}…` : cypher}`,
        },
        { cause: error },
      );
    }
  }
}

/**
 * {@link createTables} in the database at a path, which is created where there is none.
 *
 * @throws {KgloadError} Also `ENGINE_MISMATCH`, and what {@link inspectTarget} throws.
 */
export function* createTablesAt(
  path: string,
  schema: GraphSchema,
  options: { engine?: EngineName } = {},
  onStaged?: (directory: string) => void,
): Steps<CreatedTables> {
  const target = inspectTarget(path);
  const engine = engineFor(target, options);
  if (isThere(target)) {
    return yield* changeDatabase(target, function* (connection) {
      // All of them or none: a statement that fails ends the transaction.
      yield { connection, cypher: BEGIN };
      const tables = yield* createTables(connection, schema);
      yield { connection, cypher: COMMIT };
      return tables;
    });
  }
  const { created, existing } = yield* replaceDatabase(
    target,
    engine,
    function* ({ connection }) {
      return { ...(yield* createTables(connection, schema)), published: true };
    },
    { ...(onStaged && { onStaged }) },
  );
  return { created, existing };
}
