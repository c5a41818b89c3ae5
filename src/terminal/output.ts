/** What a command says, and where: results on stdout, all else on stderr. */
import type { WriteStream } from 'node:tty';
import { toJson } from '../json.js';
import { describeEvent, describeProblem } from '../log.js';
import { onInterrupt, onSuspend } from '../process/interrupt.js';
import type { LoadEvent, Problem } from '../types.js';
import type { Bars } from './bars.js';
import { summarizeProblems } from './problems.js';
import {
  type Color,
  type Environment,
  loadPaint,
  NO_PAINT,
  type Paint,
  printable,
  type Style,
  styleOf,
  withSigns,
} from './style.js';
import { fitTable, type TableRow } from './table.js';

/** The world outside a command; tests pass their own. */
export interface Io {
  stdout: WriteStream;
  stderr: WriteStream;
  /** A problem as the line that a CI system looks for, where one watches; it shows but a few. */
  annotate?: (kind: 'error' | 'warning', problem: Problem) => string | undefined;
  env?: Environment;
  /** `--no-color` was said. */
  noColor?: boolean;
  /** The colours of either stream; none where nobody has loaded them. */
  paints?: { stdout: Paint; stderr: Paint };
}

/** The flags that most commands have. */
export interface OutputFlags {
  /** A schema file, or `infer`. */
  schema?: string;
  json?: boolean;
  /** The form of the result, where there is a choice. */
  format?: string;
  quiet?: boolean;
  verbose?: boolean;
}

/** The world with the colours that it wants. */
export async function withPaints(world: Io, argv: readonly string[]): Promise<Io> {
  const { stdout, stderr, env = {} } = world;
  const io = { stdout, stderr, env, noColor: argv.includes('--no-color') };
  const [onStdout, onStderr] = await Promise.all([
    loadPaint(styleFor(io, stdout)),
    loadPaint(styleFor(io, stderr)),
  ]);
  return { ...io, paints: { stdout: onStdout, stderr: onStderr } };
}

export function styleFor({ env = {}, noColor = false }: Io, stream: WriteStream): Style {
  return styleOf(stream, env, { noColor });
}

export function paintFor({ stdout, paints }: Io, stream: WriteStream): Paint {
  if (!paints) return NO_PAINT;
  return stream === stdout ? paints.stdout : paints.stderr;
}

/** The width that tables are to fit: that of a window; what is not looked at is whole. */
export function widthOf({ isTTY, columns }: WriteStream): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}

export function printJson(io: Io, document: unknown): void {
  io.stdout.write(toJson(document, 2) + '\n');
}

export function printLines(
  io: Io,
  lines: readonly string[],
  stream = io.stdout,
  color?: Color,
): void {
  // A table may be called `::error::`, and a CI system takes such a line for a command.
  const guard = (line: string): string =>
    io.annotate ? line.replace(/^\s*::/, (start) => `${start.slice(0, -1)}\u200b:`) : line;
  const style = styleFor(io, stream);
  const paint = paintFor(io, stream);
  const text = lines.map((line) => {
    const shown = withSigns(guard(printable(line)), style);
    return (color && shown !== '' ? paint[color](shown) : shown) + '\n';
  });
  stream.write(text.join(''));
}

/** Rows as a table on stdout, which fits the window where there is one. */
export function printTable(
  io: Io,
  rows: readonly TableRow[],
  expendable: readonly number[] = [],
): void {
  printLines(io, fitTable(rows, widthOf(io.stdout), expendable));
}

const COLORS = { error: 'red', warning: 'yellow' } as const;

/** One line to stderr: what is wrong, and what to do. */
export function printProblem(io: Io, kind: 'error' | 'warning', problem: Problem): void {
  if (!io.annotate) {
    printLog(io, describeProblem(problem), kind);
    return;
  }
  const line = io.annotate(kind, problem);
  if (line !== undefined) io.stderr.write(`${printable(line)}\n`);
}

/** Warnings to stderr; of one kind many are one line, but for a CI system and who wants to know. */
export function printWarnings(
  io: Io,
  warnings: readonly Problem[],
  { verbose = false }: { verbose?: boolean } = {},
): void {
  if (io.annotate) for (const warning of warnings) printProblem(io, 'warning', warning);
  else {
    const lines = verbose ? warnings.map(describeProblem) : summarizeProblems(warnings);
    for (const line of lines) printLog(io, line, 'warning');
  }
}

/** One line to stderr. */
export function printLog(io: Io, text: string, kind?: 'error' | 'warning'): void {
  const shown = withSigns(printable(text), styleFor(io, io.stderr));
  const prefix = kind ? `${paintFor(io, io.stderr)[COLORS[kind]](`${kind}:`)} ` : '';
  io.stderr.write(`kgload: ${prefix}${shown}\n`);
}

export interface Progress {
  /** Whether it shows how far a table is. */
  isLive: boolean;
  show: (event: LoadEvent) => void;
  /** Leaves a clean screen, and tells of warnings. */
  stop: () => void;
  /** Tells of failures that were kept until the result is on the screen, where the eye then is. */
  tellFailures: () => void;
}

/** Bars on a terminal, a line an event elsewhere; warnings and failures come through either. */
export async function createProgress(io: Io, flags: OutputFlags): Promise<Progress> {
  const style = styleFor(io, io.stderr);
  const isLive = style.isLive && !flags.quiet && !flags.verbose;
  const screen = isLive ? await showBars(io, style) : undefined;
  const warnings: Problem[] = [];
  const failures: Problem[] = [];
  const told = new Set<string>();
  const tellWarnings = (): void => {
    const list = warnings.splice(0);
    if (flags.quiet) return;
    printWarnings(io, list, flags);
  };
  return {
    isLive,
    show(event) {
      screen?.show(event);
      if (event.type === 'warned') {
        warnings.push(event.warning);
        return;
      }
      if (event.type === 'restarted' && isLive) warnings.length = 0;
      if (event.type === 'restarted' || event.type === 'repeated') failures.length = 0;
      // On a terminal the bars are in the way; elsewhere those that come together are told together.
      if (!isLive) tellWarnings();
      if (event.type === 'failed') {
        // A load that begins anew tells again what failed before.
        if (io.stderr.isTTY) failures.push(event.error);
        else if (!told.has(event.error.message)) printProblem(io, 'error', event.error);
        told.add(event.error.message);
      } else if (!isLive) logEvent(io, flags, event);
    },
    stop() {
      screen?.stop();
      tellWarnings();
    },
    tellFailures() {
      for (const error of failures.splice(0)) printProblem(io, 'error', error);
    },
  };
}

/** Bars that are off the screen while this process is stopped, and when it ends, however that comes. */
async function showBars(
  io: Io,
  style: Style,
): Promise<{ show: Progress['show']; stop: () => void }> {
  const { createBars } = await import('./bars.js');
  const drawn: { bars?: Bars } = {};
  const stop = (): void => {
    process.removeListener('exit', stop);
    forgetInterrupts();
    forgetSuspends();
    drawn.bars?.stop();
  };
  process.on('exit', stop);
  const forgetInterrupts = onInterrupt(stop);
  const forgetSuspends = onSuspend(
    () => drawn.bars?.pause(),
    () => drawn.bars?.resume(),
  );
  // Not before: a signal may come as soon as there is something to see.
  const bars = createBars(io.stderr, style, paintFor(io, io.stderr));
  drawn.bars = bars;
  return { show: bars.show, stop };
}

function logEvent(io: Io, flags: OutputFlags, event: LoadEvent): void {
  if (event.type === 'failed') printProblem(io, 'error', event.error);
  else if (event.type === 'warned') {
    if (!flags.quiet) printProblem(io, 'warning', event.warning);
  } else logProgress(io, flags, event);
}

function logProgress(io: Io, flags: OutputFlags, event: LoadEvent): void {
  for (const { level, message } of describeEvent(event)) {
    if (!flags.quiet && (level === 'info' || flags.verbose)) printLog(io, message);
  }
}
