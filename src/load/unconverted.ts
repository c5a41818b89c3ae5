/** Which values made a conversion fail: the engine names neither the column nor the row. */
import { LOSS } from '../cypher/conversion.js';
import { tryCasts } from '../cypher/rows.js';
import { listValues } from '../cypher/unconverted.js';
import type { Row, Steps } from '../engine/drive.js';
import { firstLine, isConversionError } from '../engine/messages.js';
import { messageOf } from '../errors.js';
import { formatCount, plural } from '../format.js';
import { describeValue } from '../json.js';
import { isNestedColumn } from '../model/column.js';
import { shapeOf } from '../model/shape.js';
import type { CheckedColumn } from '../plan/columns.js';
import type { PlannedCopy } from '../plan/plan.js';
import { becomes, fits, readText } from '../plan/rowfunction.js';
import type { Connection, Problem } from '../types.js';
import { useThreads } from './threads.js';

/** Values that messages show. */
const EXAMPLES = 5;

type Suspect = Extract<CheckedColumn, { column: unknown }>;

/**
 * Why a statement failed that reads a file, if it did for values that don't convert: reads the file again.
 *
 * @returns Nothing for an error of another kind, and where the values are not to be found.
 */
export function* explainConversion(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  error: unknown,
  outcome = 'failed',
): Steps<Problem | undefined> {
  if (!isConversionError(messageOf(error))) return undefined;
  const found: string[] = [];
  let isNanoseconds = false;
  for (const checked of copy.checked) {
    const failure = yield* tryColumn(connection, copy, checked);
    if (failure === undefined) continue;
    if (!isConversionError(failure)) return undefined;
    isNanoseconds ||= failure.includes(`nanoseconds${LOSS}`);
    found.push(yield* describeFailure(connection, copy, checked, failure));
  }
  if (found.length === 0) return undefined;
  return {
    code: 'COLUMN_TYPE',
    table,
    file: copy.file,
    message: `${table} ${outcome}: ${copy.file} has ${found.join('; and ')}`,
    hint: isNanoseconds
      ? 'write the column in microseconds'
      : 'mend the file, or give the property a type that holds them',
  };
}

/** The engine's message for a column that does not convert. */
function* tryColumn(
  connection: Connection,
  { source }: PlannedCopy,
  checked: CheckedColumn,
): Steps<string | undefined> {
  try {
    yield { connection, cypher: tryCasts(source, [checked]) };
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What of a column does not convert, in words. */
function* describeFailure(
  connection: Connection,
  copy: PlannedCopy,
  checked: CheckedColumn,
  failure: string,
): Steps<string> {
  const { type } = checked;
  if ('directory' in checked) {
    return `the directory ${checked.directory} in its path, and that value does not become ${type}`;
  }
  const { name } = checked.column;
  const [, loss] = new RegExp(`(\\w+)${LOSS}`).exec(failure) ?? [];
  const { count, examples } = yield* findValues(connection, copy, checked);
  if (count === 0) {
    // The engine and the row function are of different minds, or the file can't be read again.
    return `values in ${name} that do not become ${type}: ${firstLine(failure)}`;
  }
  const more = count > examples.length ? ', …' : '';
  const list = `${examples.join(', ')}${more}`;
  if (loss !== undefined) {
    return `${loss}${LOSS}${name} (${plural(count, 'value')} of ${formatCount(copy.rows)}): ${list}`;
  }
  const verb = count === 1 ? 'does' : 'do';
  return `${plural(count, 'value')} in ${name} that ${verb} not become ${type}: ${list}`;
}

/** How many values of a column do not convert, and some of them with their rows. */
function* findValues(
  connection: Connection,
  copy: PlannedCopy,
  checked: Suspect,
): Steps<{ count: number; examples: string[] }> {
  const { keys } = copy;
  const { expression } = checked;
  const suspects = copy.checked.filter((one) => 'column' in one);
  // A key that does not convert says nothing of where it is.
  const isNumbered = keys.length === 0 || (keys.length === 1 && keys[0]?.expression === expression);
  const keyOf = (row: Row, i: number): string => {
    const text = row[`k${i}`] ?? row['v'];
    const suspect = suspects.find((one) => one.expression === keys[i]?.expression);
    const type = suspect?.column.engineType ?? keys[i]?.type ?? '';
    const isText = /^(STRING|UUID|DATE|TIMESTAMP|INTERVAL)/i.test(type);
    return typeof text === 'string' && !isText ? text : describeValue(text);
  };
  let rows = 0;
  let count = 0;
  const examples: string[] = [];
  const onRow = (row: Row): void => {
    rows += 1;
    if (converts(checked, row['v'])) return;
    count += 1;
    if (examples.length === EXAMPLES) return;
    const [key] = keys;
    const where = isNumbered
      ? `row ${rows}`
      : keys.length === 1
        ? `${key?.property ?? ''} ${keyOf(row, 0)}`
        : `${keyOf(row, 0)} → ${keyOf(row, 1)}`;
    examples.push(`${describe(checked, row['v'])} (${where})`);
  };
  const cypher = listValues(copy, checked, suspects, isNumbered);
  // With one thread the rows come in the order of the file.
  const threads = isNumbered ? yield* useThreads(connection, 1) : undefined;
  try {
    yield { connection, cypher, onRow };
  } catch {
    return { count: 0, examples: [] };
  } finally {
    if (threads !== undefined) yield* useThreads(connection, threads);
  }
  return { count, examples };
}

function converts({ column, value, type }: Suspect, x: unknown): boolean {
  if (x === null || x === undefined || column.meaning.is === 'written') return true;
  if (isNestedColumn(column)) return fits(x, shapeOf(type));
  const given = typeof x === 'string' ? readText(x, column) : x;
  return given === undefined || becomes(value, type, given as Parameters<typeof becomes>[2]);
}

function describe({ column, type }: Suspect, x: unknown): string {
  const shape = shapeOf(type);
  if (Array.isArray(x) && shape.is === 'list' && (shape.size ?? x.length) !== x.length) {
    return plural(x.length, 'element');
  }
  if (x instanceof Uint8Array) return `0x${Buffer.from(x.subarray(0, 20)).toString('hex')}`;
  const isText = column.meaning.is === 'string' || typeof x !== 'string';
  return isText ? describeValue(x) : x;
}
