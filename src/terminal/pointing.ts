/** Where in a query something is wrong. */
import stringWidth from 'string-width';
import type { Problem } from '../types.js';
import { printable } from './output.js';

/** Characters of a line that are shown around the place. */
const AROUND = 60;

/** The line of a query, and a caret below the place that a problem is about; none without one. */
export function pointAt(query: string, { position }: Problem): string[] {
  if (!position) return [];
  const line = Array.from(query.split('\n')[position.line - 1] ?? '');
  const from = Math.max(0, position.column - 1 - AROUND);
  const before = printable(line.slice(from, position.column - 1).join(''));
  const after = printable(line.slice(position.column - 1, position.column - 1 + AROUND).join(''));
  const number = `  ${position.line} │ `;
  const start = `${number}${from > 0 ? '…' : ''}${before}`;
  return [`${start}${after}`, `${' '.repeat(stringWidth(start))}^`];
}
