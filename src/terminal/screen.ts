/**
 * Lines at the bottom of a terminal that are drawn over and over: what cli-progress draws on. Its own
 * terminal knows nothing of a window that changes its size. This one remembers what it drew: where
 * lines have become two, by the window's being narrower, it goes back over both. A frame is written at
 * once, so that no half of it is ever seen.
 */
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';

/** What cli-progress asks of a terminal. */
export interface Terminal {
  cursor(isVisible: boolean): void;
  cursorTo(x: number | null, y: number | null): void;
  cursorRelativeReset(): void;
  clearRight(): void;
  clearLine(): void;
  clearBottom(): void;
  newline(): void;
  write(text: string): void;
  lineWrapping(isEnabled: boolean): void;
  isTTY(): boolean;
  getWidth(): number;
}

export interface Screen extends Terminal {
  /** Writes what was drawn since the last time. */
  flush: () => void;
  /** Takes all lines off, and shows the cursor again. */
  clear: () => void;
}

const ESC = '\u001b[';
const HIDE = `${ESC}?25l`;
const SHOW = `${ESC}?25h`;
const CLEAR_RIGHT = `${ESC}0K`;
const CLEAR_BELOW = `${ESC}0J`;
const NO_WRAP = `${ESC}?7l`;
const WRAP = `${ESC}?7h`;

export function createScreen(stream: WriteStream): Screen {
  /** Those on the screen, the cursor in the last, and those of the frame that is being drawn. */
  let drawn = [''];
  let lines = [''];
  let frame = '';
  let isHidden = false;
  const setCursor = (isVisible: boolean): void => {
    if (isHidden !== isVisible) return;
    isHidden = !isVisible;
    frame += isVisible ? WRAP + SHOW : HIDE + NO_WRAP;
  };
  const flush = (): void => {
    if (frame !== '') stream.write(frame);
    frame = '';
    drawn = lines;
  };
  const goToFirst = (): string => {
    const up = heightOf(drawn, stream.columns) - 1;
    return `\r${up > 0 ? `${ESC}${up}A` : ''}`;
  };
  return {
    cursor: setCursor,
    cursorTo() {
      frame += '\r';
      lines[lines.length - 1] = '';
    },
    cursorRelativeReset() {
      if (frame !== '') flush();
      // What is below may be remains of lines that were longer than the window.
      frame = goToFirst() + CLEAR_BELOW;
      lines = [''];
    },
    clearRight() {
      frame += CLEAR_RIGHT;
    },
    clearLine() {
      frame += `${ESC}2K`;
    },
    clearBottom() {
      frame += CLEAR_BELOW;
    },
    newline() {
      frame += '\n';
      lines.push('');
    },
    write(text) {
      frame += text;
      lines.push((lines.pop() ?? '') + text);
    },
    lineWrapping: () => undefined, // Goes with the cursor.
    isTTY: () => true,
    getWidth: () => stream.columns,
    flush,
    clear() {
      flush();
      frame = goToFirst() + CLEAR_BELOW;
      lines = [''];
      setCursor(true);
      flush();
    },
  };
}

/** Rows of a window that lines take which were drawn in a wider one. */
function heightOf(lines: readonly string[], columns: number): number {
  const height = (line: string): number =>
    Math.max(1, Math.ceil(stripVTControlCharacters(line).length / Math.max(1, columns)));
  return lines.reduce((sum, line) => sum + height(line), 0);
}
