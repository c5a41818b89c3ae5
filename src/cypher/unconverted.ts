/** Queries for the values that made a conversion fail. The engines have no cast that gives NULL instead. */
import { type Column, isNestedColumn } from '../model/column.js';
import type { FileRows } from './rows.js';
import { identifier } from './text.js';

/** A column of a file that may hold values which do not convert. */
export interface Suspect {
  column: Column;
  /** By which the engine reads it. */
  expression: string;
  /** The property's. */
  type: string;
}

const IN_DAYS = '[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])';

/** Text that surely converts: what is left is looked at value by value. */
const SURELY: Record<string, string> = {
  INT8: '-?[0-9]{1,2}',
  INT16: '-?[0-9]{1,4}',
  INT32: '-?[0-9]{1,9}',
  INT64: '-?[0-9]{1,18}',
  INT128: '-?[0-9]{1,38}',
  UINT8: '[0-9]{1,2}',
  UINT16: '[0-9]{1,4}',
  UINT32: '[0-9]{1,9}',
  UINT64: '[0-9]{1,19}',
  DOUBLE: '-?[1-9][0-9]{0,14}([.][0-9]{1,15})?',
  DATE: IN_DAYS,
  TIMESTAMP: `${IN_DAYS}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?`,
};

/** Whether the engine hands a column's values out as they are; of others it is asked for their text. */
function isHandedOut(column: Column): boolean {
  return isNestedColumn(column) || /^(BLOB|FLOAT|DOUBLE|BOOL)$/.test(column.engineType ?? '');
}

/**
 * The values of a column, `v`, with the keys of their rows as text, `k0` and `k1`; a key that is the
 * value itself is missing, since the engines give one expression one name.
 *
 * @param suspects - All of the file's: a key among them is not converted.
 * @param isWhole - Every row of the file, in its order, where one thread reads it.
 */
export function listValues(
  { source, keys }: FileRows,
  { column, type }: Suspect,
  suspects: readonly Suspect[],
  isWhole: boolean,
): string {
  const name = identifier(column.name);
  const columns = [
    { text: isHandedOut(column) ? name : `CAST(${name} AS STRING)`, as: 'v' },
    ...keys.map(({ expression }, i) => {
      const suspect = suspects.find((one) => one.expression === expression);
      const key = suspect ? identifier(suspect.column.name) : expression;
      return { text: `CAST(${key} AS STRING)`, as: `k${i}` };
    }),
  ].filter(({ text }, i, all) => all.findIndex((one) => one.text === text) === i);
  const sure = column.engineType === 'STRING' ? SURELY[type.toUpperCase()] : undefined;
  const doubtful = sure === undefined ? '' : ` AND NOT regexp_full_match(v, '${sure}')`;
  const where = isWhole ? '' : ` WHERE v IS NOT NULL${doubtful}`;
  const list = columns.map(({ text, as }) => `${text} AS ${as}`).join(', ');
  return `${source} WITH ${list}${where} RETURN ${columns.map(({ as }) => as).join(', ')}`;
}
