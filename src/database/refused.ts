/** Which part of a table's definition the engine refuses: its own words name neither table nor property. */
import { isType, readTableDefinition } from '../cypher/definitions.js';
import { typeProbe } from '../cypher/statements.js';
import type { Steps } from '../engine/drive.js';
import { firstLine } from '../engine/messages.js';
import { messageOf } from '../errors.js';
import type { Connection, Problem } from '../types.js';

const TYPES =
  'types are STRING, BOOLEAN, INT8 to INT128, UINT8 to UINT64, FLOAT, DOUBLE, DECIMAL(10, 2), DATE, TIMESTAMP, TIMESTAMP_NS, _MS, _SEC and _TZ, INTERVAL, UUID, BLOB, SERIAL; and of these INT64[], FLOAT[3], STRUCT(a INT64, b STRING), MAP(STRING, INT64)';

const KEYS = 'a key is a STRING, a number, a date or timestamp, a UUID, a BLOB, or SERIAL';

/**
 * What is wrong with a statement that creates a table and failed, where it is the type of a column.
 *
 * @param error - As the statement failed.
 */
export function* findRefused(
  connection: Connection,
  statement: string,
  error: unknown,
): Steps<Pick<Problem, 'message' | 'table' | 'hint'> | undefined> {
  const { table, columns } = readTableDefinition(statement) ?? { table: '', columns: [] };
  for (const { name, type } of columns) {
    const reason = yield* refusedType(connection, type);
    if (reason === undefined) continue;
    return {
      table,
      message: `${table}.${name} has the type ${type}, ${reason}`,
      hint: /^(LIST|ARRAY)\b/i.test(type)
        ? 'a list says what is in it: STRING[], or FLOAT[3] where all are that long'
        : TYPES,
    };
  }
  const [, key] = /Invalid primary key column type (.+?)\. /.exec(messageOf(error)) ?? [];
  if (key === undefined) return undefined;
  const message = `the primary key of ${table} has the type ${key}, which is none for keys`;
  return { table, message, hint: KEYS };
}

/** Why the engine has no such type, if it has none. */
export function* refusedType(connection: Connection, type: string): Steps<string | undefined> {
  if (!isType(type)) return 'which is none: its brackets do not match';
  try {
    yield { connection, cypher: typeProbe(type) };
    return undefined;
  } catch (error) {
    const reason = firstLine(messageOf(error));
    const [, unknown] = /exception: (.*) is neither an internal type/.exec(reason) ?? [];
    if (unknown === undefined) return `which the engine refuses: ${reason}`;
    return unknown.toUpperCase() === type.toUpperCase()
      ? 'which the engine does not have'
      : `and the engine has no ${unknown}`;
  }
}
