/** The ids of nodes: they stay the same when lines shift, and when other files change. */
import { createHash } from 'node:crypto';

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
  const hash = createHash('sha256').update(`${file}::${qualifiedName}::${ordinal}`).digest('hex');
  return `${PREFIXES[table]}_${hash.slice(0, 16)}`;
}
