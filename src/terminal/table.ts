/** Tables that fit a window. */
import { formatTable } from '../format.js';

/** A row of cells; `null` is a rule. */
export type TableRow = readonly string[] | null;

/** Narrower, a name says nothing. */
const MIN_NAME = 8;

/**
 * Rows as aligned lines no wider than a window: columns are left out one by one, and then names, in
 * the first column, are cut.
 *
 * @param width - Of the window; without one the table is whole.
 * @param expendable - Columns in the order in which they are left out.
 */
export function fitTable(
  rows: readonly TableRow[],
  width: number | undefined,
  expendable: readonly number[] = [],
): string[] {
  if (width === undefined) return formatTable(rows);
  const left = [...expendable];
  const out = new Set<number>();
  for (;;) {
    const shown = rows.map((row) => row && row.filter((_, i) => !out.has(i)));
    const lines = formatTable(shown);
    const excess = Math.max(0, ...lines.map((line) => line.length)) - width;
    if (excess <= 0) return lines;
    const next = left.shift();
    if (next !== undefined) {
      out.add(next);
      continue;
    }
    const names = Math.max(0, ...shown.map((row) => row?.[0]?.length ?? 0));
    const room = Math.max(MIN_NAME, names - excess);
    return formatTable(
      shown.map((row) => row && row.map((cell, i) => (i === 0 ? cut(cell, room) : cell))),
    );
  }
}

/** A text no longer than that, with an ellipsis where it is cut. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return length < 1 ? '' : `${text.slice(0, length - 1)}…`;
}
