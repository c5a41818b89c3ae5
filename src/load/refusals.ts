/** What stops a load before it has written anything. */
import type { Dataset } from '../dataset/dataset.js';
import { KgloadError } from '../errors.js';
import { formatCount, listNames } from '../format.js';
import type { Plan, PlannedFile } from '../plan/plan.js';
import type { Problem } from '../types.js';

/** That no file belongs to a table: it would replace a database by an empty one. */
export function nothingToLoad(plan: Plan<PlannedFile>, { directory, unknown }: Dataset): Problem[] {
  const isNothing = plan.tables.every(
    ({ copies, errors }) => copies.length === 0 && errors.length === 0,
  );
  if (!isNothing) return [];
  const files = unknown.length > 0 ? `; it has ${unknown.slice(0, 5).join(', ')}` : '';
  return [
    {
      code: 'NOTHING_TO_LOAD',
      file: directory,
      message: `${directory} has a file for no table of the schema${files}`,
      hint: 'name the schema that belongs to it, or derive one: --schema infer',
    },
  ];
}

/** Keys that both engines create tables with, and then copy nothing into. */
export function keysNotCopied(plan: Plan): Problem[] {
  return plan.tables.flatMap(({ table, kind, copies }) => {
    const [key] = copies.flatMap(({ keys }) => keys);
    if (kind !== 'node' || !key || !/^DECIMAL/i.test(key.type)) return [];
    return [
      {
        code: 'SCHEMA_INVALID',
        table,
        message: `the primary key of ${table}, ${key.property}, is a ${key.type}, and the engine copies no rows into a table with such a key`,
        hint: 'give the key another type: STRING, which holds its digits, or an integer',
      },
    ];
  });
}

/**
 * What could not be undone over a caller's connection: both engines destroy the edges that a rel
 * table held before when a transaction with a COPY into it is rolled back.
 */
export function notUndoable(
  plan: Plan,
  present: ReadonlyMap<string, number>,
  isAllOrNothing: boolean,
): Problem[] {
  const tables = plan.tables.filter(
    ({ table, kind, copies }) =>
      kind === 'edge' && (present.get(table) ?? 0) > 0 && copies.length > (isAllOrNothing ? 0 : 1),
  );
  if (tables.length === 0) return [];
  const list = listNames(tables.map(({ table }) => table));
  const why = isAllOrNothing ? 'onError abort and maxBadRows' : 'several files or pairs for one';
  return [
    {
      code: 'UNDO_UNSAFE',
      message: `the database holds edges of ${list}, which the engine would destroy if a load over this connection had to be undone (${why} may need that)`,
      hint: 'close it and load by path: loadFromParquetSync with createNew: false, or kgload load --append',
    },
  ];
}

/** Why the tables that hold rows already are in the way. */
export function notEmpty(plan: Plan<PlannedFile>, present: ReadonlyMap<string, number>): Problem[] {
  const held = plan.tables
    .map(({ table }) => [table, present.get(table) ?? 0] as const)
    .filter(([, rows]) => rows > 0);
  if (held.length === 0) return [];
  const list = listNames(held.map(([table, rows]) => `${table} (${formatCount(rows)})`));
  return [
    {
      code: 'TARGET_NOT_EMPTY',
      message: `the database holds rows of tables to be loaded already: ${list}`,
      hint: 'replace the database with --fresh, add to it with --append, or bring it to what the dataset says with --update',
    },
  ];
}

/** One error that says all that stands in the way. */
export function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  throw new KgloadError({
    ...first,
    message: listNames(
      problems.map(({ message }) => message),
      '; ',
    ),
  });
}
