/** An answer as a table of text, as wide as the window or as its cells. */
import stringWidth from 'string-width';
import type { Answer, Value } from '../model/answer.js';
import { cellText, isNumeric } from './cells.js';
import { printable } from './style.js';

interface Layout {
  text: AsyncGenerator<string>;
  /** Columns that there is no room for; known once the text has begun. */
  hidden: readonly string[];
}

interface Column {
  at: number;
  width: number;
  isNumeric: boolean;
}

/** Rows by which the widths of the columns are chosen. */
const LOOKED_AT = 1000;
/** A column that is narrower tells nothing. */
const MIN_WIDTH = 8;
/** A cell may be as long as a file: no more of it is looked at. */
const MAX_CHARACTERS = 10_000;
const GAP = '  ';

/** @param room - Columns of the window; without it nothing is cut. */
export function layOut({ columns, batches }: Answer, room: number | undefined): Layout {
  const hidden: string[] = [];
  const text = async function* (): AsyncGenerator<string> {
    if (columns.length === 0) return;
    let waiting: (readonly Value[])[] = [];
    let line: ((cells: readonly string[]) => string) | undefined;
    const begin = (): string => {
      const shown = chooseColumns(columns, waiting, room);
      hidden.push(...columns.slice(shown.length));
      line = lineOf(shown, room, hidden.length > 0);
      const width = shown.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
      return `${line(columns.map(printable))}${'─'.repeat(width + (hidden.length > 0 ? 3 : 0))}\n`;
    };
    const take = (rows: readonly (readonly Value[])[]): string =>
      rows.map((row) => line?.(row.map(shownCell)) ?? '').join('');
    for await (const rows of batches) {
      if (line) {
        yield take(rows);
        continue;
      }
      waiting = [...waiting, ...rows];
      if (waiting.length < LOOKED_AT) continue;
      yield begin() + take(waiting);
    }
    if (!line) yield begin() + take(waiting);
  };
  return { text: text(), hidden };
}

/** What nobody vetted must not steer the terminal, nor break the line. */
function shownCell(value: Value): string {
  return printable(cellText(value));
}

function widthOf(text: string): number {
  return /^[\u0020-\u007e]*$/.test(text) ? text.length : stringWidth(text.slice(0, MAX_CHARACTERS));
}

/** As many columns as there is room for, from the left; the widest give way first. */
function chooseColumns(
  names: readonly string[],
  rows: readonly (readonly Value[])[],
  room: number | undefined,
): Column[] {
  const columns = names.map((name, at) => {
    let width = widthOf(printable(name));
    for (const row of rows) width = Math.max(width, widthOf(shownCell(row[at] ?? null)));
    return { at, width: Math.max(1, width), isNumeric: isNumeric(rows, at) };
  });
  if (room === undefined) return columns;
  for (let count = columns.length; count > 1; count -= 1) {
    const shown = columns.slice(0, count);
    const mark = count < columns.length ? GAP.length + 1 : 0;
    const fitted = fit(shown, room - mark - GAP.length * (count - 1));
    if (fitted) return fitted;
  }
  return columns.slice(0, 1).map((column) => ({ ...column, width: Math.min(column.width, room) }));
}

/** No column is cut below what an equal share would give it. */
function fit(columns: readonly Column[], room: number): Column[] | undefined {
  const least = columns.reduce((sum, { width }) => sum + Math.min(width, MIN_WIDTH), 0);
  if (least > room) return undefined;
  let cap = Math.max(...columns.map(({ width }) => width));
  const total = (most: number): number =>
    columns.reduce((sum, { width }) => sum + Math.min(width, most), 0);
  while (total(cap) > room) cap -= 1;
  // What rounding leaves goes to the first that were cut.
  let left = room - total(cap);
  return columns.map((column) => {
    if (column.width <= cap) return column;
    const extra = left > 0 ? 1 : 0;
    left -= extra;
    return { ...column, width: cap + extra };
  });
}

function lineOf(
  columns: readonly Column[],
  room: number | undefined,
  isCut: boolean,
): (cells: readonly string[]) => string {
  return (cells) => {
    const parts = columns.map(({ at, width, isNumeric }) => {
      const text = room === undefined ? (cells[at] ?? '') : cut(cells[at] ?? '', width);
      const padding = ' '.repeat(Math.max(0, width - widthOf(text)));
      return isNumeric ? padding + text : text + padding;
    });
    return `${[...parts, ...(isCut ? ['…'] : [])].join(GAP).trimEnd()}\n`;
  };
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The beginning of a text that takes no more columns, with … where something is left out. */
function cut(text: string, most: number): string {
  if (text.length <= most && /^[\u0020-\u007e]*$/.test(text)) return text;
  if (/^[\u0020-\u007e]*$/.test(text)) return `${text.slice(0, most - 1)}…`;
  if (text.length < MAX_CHARACTERS && stringWidth(text) <= most) return text;
  let shown = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text.slice(0, MAX_CHARACTERS))) {
    width += stringWidth(segment);
    if (width > most - 1) break;
    shown += segment;
  }
  return `${shown}…`;
}
