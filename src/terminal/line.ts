/** A line of progress: never wider than the window, and with something that moves in any. */
import { stripVTControlCharacters } from 'node:util';
import { formatClock, formatCount } from '../format.js';
import { cut } from './table.js';
import { type Paint, type Style, withSigns } from './style.js';

/** What a line says. */
export interface ShownPart {
  name: string;
  state: 'running' | 'finished' | 'failed';
  /** 0 to 1; absent where nobody knows. */
  fraction?: number | undefined;
  /** Rows, files or statements. */
  done: number;
  total?: number | undefined;
  /** How long it took, or has taken. */
  seconds: number;
  /** Until it is done. */
  left?: number | undefined;
}

/** How the lines of a work are laid out together. */
export interface Layout {
  /** Of the window. */
  columns: number;
  /** Of the longest name. */
  nameWidth: number;
  /** Of the largest count. */
  countWidth: number;
}

/** Narrower, a bar says nothing. */
const MIN_BAR = 8;
const MAX_BAR = 40;
const MAX_NAME = 24;
const GAP = '  ';

export function formatLine(part: ShownPart, layout: Layout, style: Style, paint: Paint): string {
  const { fraction, state, seconds } = part;
  const percent = (fraction === undefined ? '' : `${Math.floor(fraction * 100)}%`).padStart(4);
  const plain = timeOf(part).padStart(9);
  const time = state === 'failed' ? paint.red(plain) : plain;
  const counts = countsOf(part, layout.countWidth);
  // The last column stays free: a character there would make some terminals go to the next line.
  const width = layout.columns - 1;
  const whole = Math.min(MAX_NAME, layout.nameWidth);
  // What is given up first in a narrow window: counts, then the ends of names, then the time.
  const ways = [
    { least: whole, tail: [percent, counts, time] },
    { least: whole, tail: [percent, time] },
    { least: Math.min(12, whole), tail: [percent, time] },
    { least: Math.min(8, whole), tail: [percent] },
  ];
  for (const { least, tail } of ways) {
    const room = width - stripVTControlCharacters([...tail, '', ''].join(GAP)).length;
    if (room < least + MIN_BAR) continue;
    const name = Math.min(whole, room - MIN_BAR);
    const bar = barOf(fraction, seconds, Math.min(MAX_BAR, room - name), style, state, paint);
    return [fitted(part.name, name, style), bar, ...tail].join(GAP).trimEnd();
  }
  const label = fitted(part.name, Math.max(1, width - percent.length - 1), style);
  return `${label} ${percent}`.slice(0, Math.max(0, width));
}

function countsOf({ done, total }: ShownPart, width: number): string {
  if (total === undefined) return ' '.repeat(2 * width + 3);
  return `${formatCount(done).padStart(width)} / ${formatCount(total).padEnd(width)}`;
}

function fitted(name: string, width: number, style: Style): string {
  return withSigns(cut(name, width), style).slice(0, width).padEnd(width);
}

function timeOf({ state, seconds, left }: ShownPart): string {
  if (state === 'failed') return 'failed';
  if (state === 'finished') return `${seconds.toFixed(2)} s`;
  if (left !== undefined) return `${formatClock(Math.max(1, left))} left`;
  return `${seconds.toFixed(1)} s`;
}

/** Where nobody knows how much is done, a block goes to and fro. */
function barOf(
  fraction: number | undefined,
  seconds: number,
  room: number,
  style: Style,
  state: ShownPart['state'],
  paint: Paint,
): string {
  const [full, empty] = [withSigns('█', style), withSigns('░', style)];
  const color = { running: paint.cyan, finished: paint.green, failed: paint.red }[state];
  if (fraction === undefined) {
    const block = Math.max(2, Math.floor(room / 5));
    const way = room - block;
    const at = Math.round(seconds * 10) % (2 * way);
    const start = at <= way ? at : 2 * way - at;
    return (
      paint.dim(empty.repeat(start)) +
      color(full.repeat(block)) +
      paint.dim(empty.repeat(way - start))
    );
  }
  const whole = Math.round(Math.min(1, fraction) * room);
  return color(full.repeat(whole)) + paint.dim(empty.repeat(room - whole));
}
