/** How text may look on a stream: what it is, the environment and the flags decide, here alone. */
import type { ChalkInstance } from 'chalk';

/** What is asked of a stream. */
export interface Output {
  isTTY?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Style {
  hasColor: boolean;
  /** Bars, rules and arrows may be more than ASCII. */
  isUnicode: boolean;
  /** Somebody looks at it, and what was written can be changed: lines can be drawn anew. */
  isLive: boolean;
}

/**
 * The style of a stream.
 *
 * - `--no-color` says it most plainly. FORCE_COLOR (force-color.org) asks for colour, and NO_COLOR
 *   (no-color.org) for none; both count when they are not empty, whatever they hold.
 * - TERM=dumb is a terminal that moves no cursor and knows no colour.
 * - A locale that is named and is not UTF-8 has no more than ASCII; the first that is not empty of
 *   LC_ALL, LC_CTYPE and LANG names it (POSIX, 8.2).
 */
export function styleOf(
  { isTTY = false }: Output,
  env: Environment,
  { noColor = false }: { noColor?: boolean } = {},
): Style {
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  const isLive = isTTY && env['TERM'] !== 'dumb';
  const hasColor = !noColor && (isSet('FORCE_COLOR') || (!isSet('NO_COLOR') && isLive));
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    (value) => (value ?? '') !== '',
  );
  return { hasColor, isUnicode: locale === undefined || /utf-?8/i.test(locale), isLive };
}

/** Nothing but the text. */
export const PLAIN: Style = { hasColor: false, isUnicode: true, isLive: false };

export type Color = 'red' | 'yellow' | 'green' | 'cyan' | 'dim';

/** Text in colours, or as it is. */
export type Paint = Record<Color, (text: string) => string>;

const asIs = (text: string): string => text;

export const NO_PAINT: Paint = { red: asIs, yellow: asIs, green: asIs, cyan: asIs, dim: asIs };

/** The colours of a style; the library for them is loaded where there are any. */
export async function loadPaint({ hasColor }: Style): Promise<Paint> {
  if (!hasColor) return NO_PAINT;
  const { Chalk } = await import('chalk');
  // It has rules of its own, which must not have a say.
  const chalk: ChalkInstance = new Chalk({ level: 1 });
  const { red, yellow, green, cyan, dim } = chalk;
  return { red, yellow, green, cyan, dim };
}

/** kgload's own signs, not those of people's data. */
const ASCII: Record<string, string> = {
  '─': '-',
  '…': '...',
  '→': '->',
  '█': '#',
  '░': '-',
  '×': 'x',
  '·': '-',
};

/** The text with signs that the style has. */
export function withSigns(text: string, { isUnicode }: Pick<Style, 'isUnicode'>): string {
  return isUnicode ? text : text.replace(/[─…→█░×·]/g, (sign) => ASCII[sign] ?? sign);
}

/** Names come from data that nobody vetted, and must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[\u007f-\u009f]$/, '\ufffd'),
  );
}
