/** Statements that set the first of the rows with one key apart, in a table of their own. */
import type { FileRows, KeyColumn } from './rows.js';
import { copyFrom, copyQuery } from './statements.js';
import { identifier } from './text.js';

const APART = identifier('kgload first rows');

/** In the order in which they are run; `drop` also where the table is not there. */
export interface FirstRows {
  create: string;
  /** Of the rows of the file with one key the first, with one thread. */
  copy: string;
  /** Deletes those of them whose key the node table has. */
  drain: string;
  move: string;
  drop: string;
}

/** The statements by which a file's rows get into a node table. */
export function firstRows(table: string, { source, keys, mappings }: FileRows): FirstRows {
  const names = mappings.flatMap(({ property }) => (property === undefined ? [] : [property]));
  const isKey = (name: string): number => Number(name === keys[0]?.property);
  // The first column becomes the key.
  const columns = [...names].sort((a, b) => isKey(b) - isKey(a)).map(identifier);
  const like = columns.map((name) => `n.${name} AS ${name}`).join(', ');
  const stored = names.map((name) => `n.${identifier(name)}`).join(', ');
  const key = keys.map(({ property }) => identifier(property)).join('');
  return {
    create: `CREATE NODE TABLE ${APART} AS MATCH (n:${identifier(table)}) WHERE false RETURN ${like}`,
    copy: copyFrom('kgload first rows', source, mappings, { ignoreErrors: true }),
    drain: `MATCH (n:${APART}), (held:${identifier(table)}) WHERE n.${key} = held.${key} DELETE n`,
    move: copyQuery(table, `MATCH (n:${APART}) RETURN ${stored}`, mappings),
    drop: `DROP TABLE IF EXISTS ${APART}`,
  };
}

/** Copies the keys of a file into their node table, those that it does not have, each once. */
export function copyNewKeys(table: string, { source }: FileRows, key: KeyColumn): string {
  const mapping = { expression: identifier('k'), property: key.property };
  const distinct = `${source} WITH DISTINCT ${key.expression} AS ${mapping.expression}`;
  return copyFrom(table, distinct, [mapping], { ignoreErrors: true });
}
