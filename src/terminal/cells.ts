/** The values of an answer in the cells of a table. */
import type { Value } from '../model/answer.js';
import { exactJson } from '../model/exactjson.js';

/** Whether a column is one of numbers, as far as its first rows tell. */
export function isNumeric(rows: readonly (readonly Value[])[], column: number): boolean {
  const values = rows.map((row) => row[column] ?? null).filter((value) => value !== null);
  const isNumber = (value: Value): boolean => ['number', 'bigint'].includes(typeof value);
  return values.length > 0 && values.every(isNumber);
}

/** A value in a cell: text as it is, all else as JSON has it. */
export function cellText(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return exactJson(value);
}
