/** The ids of nodes: they stay the same when lines shift, and when other files change. */
import { hash } from 'node:crypto';

const PREFIXES = {
  Function: 'fn',
  Class: 'cls',
  Variable: 'var',
  Import: 'imp',
  Decorator: 'dec',
  Attribute: 'attr',
  Exception: 'exc',
} as const;

/**
 * 16 hex digits of SHA-256: of a million nodes of a table two are the same with a probability of 3e-8.
 *
 * @param ordinal - Among those of the file with the same qualified name, from 0.
 */
export function makeId(
  table: keyof typeof PREFIXES,
  file: string,
  qualifiedName: string,
  ordinal: number,
): string {
  const digits = hash('sha256', `${file}::${qualifiedName}::${ordinal}`).slice(0, 16);
  return `${PREFIXES[table]}_${digits}`;
}

/** The id of a fact that is asked for often: an edge names two. */
export function idOf(
  table: keyof typeof PREFIXES,
  file: string,
  fact: { qualifiedName: string; ordinal: number },
): string {
  const ids = known.get(fact);
  // Files that are alike share their facts.
  if (ids?.file === file) return ids.id;
  const id = makeId(table, file, fact.qualifiedName, fact.ordinal);
  known.set(fact, { file, id });
  return id;
}

const known = new WeakMap<object, { file: string; id: string }>();
