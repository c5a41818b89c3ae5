/** What a command says, and where: results on stdout, all else on stderr. */
import type { WriteStream } from 'node:tty';
import { toJson } from '../json.js';
import { describeEvent, describeProblem } from '../log.js';
import type { LoadEvent, Problem } from '../types.js';

/** The world outside a command; tests pass their own. */
export interface Io {
  stdout: WriteStream;
  stderr: WriteStream;
}

/** The flags that every command has. */
export interface OutputFlags {
  /** A schema file, or `infer`. */
  schema?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

export function printJson(io: Io, document: unknown): void {
  io.stdout.write(toJson(document, 2) + '\n');
}

export function printLines(io: Io, lines: readonly string[], stream = io.stdout): void {
  stream.write(lines.map((line) => printable(line) + '\n').join(''));
}

/** One line to stderr: what is wrong, and what to do. */
export function printProblem(io: Io, kind: 'error' | 'warning', problem: Problem): void {
  printLog(io, `${kind}: ${describeProblem(problem)}`);
}

/** One line to stderr. */
export function printLog(io: Io, text: string): void {
  io.stderr.write(`kgload: ${printable(text)}\n`);
}

/** Names come from data that nobody vetted, and must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[\u007f-\u009f]$/, '\ufffd'),
  );
}

export interface Progress {
  /** Whether it shows how far a table is. */
  isLive: boolean;
  show: (event: LoadEvent) => void;
  /** Leaves a clean screen. */
  stop: () => void;
}

/** Bars on a terminal, a line an event elsewhere; warnings and failures come through either. */
export async function createProgress(io: Io, flags: OutputFlags): Promise<Progress> {
  if (io.stderr.isTTY && !flags.quiet && !flags.verbose) {
    const [{ createBars }, { chalkStderr }] = await Promise.all([
      import('./bars.js'),
      import('chalk'),
    ]);
    let bars = createBars(io.stderr, chalkStderr);
    const later: (() => void)[] = [];
    return {
      isLive: true,
      show(event) {
        if (event.type === 'restarted') {
          bars.stop();
          later.length = 0;
          bars = createBars(io.stderr, chalkStderr);
          return;
        }
        bars.show(event);
        if (event.type === 'failed')
          later.push(() => {
            printProblem(io, 'error', event.error);
          });
        if (event.type === 'warned') {
          later.push(() => {
            printProblem(io, 'warning', event.warning);
          });
        }
      },
      stop() {
        bars.stop();
        for (const print of later.splice(0)) print();
      },
    };
  }
  return {
    isLive: false,
    show: (event) => {
      logEvent(io, flags, event);
    },
    stop: () => undefined,
  };
}

function logEvent(io: Io, flags: OutputFlags, event: LoadEvent): void {
  for (const { level, message } of describeEvent(event)) {
    if (level === 'error') printLog(io, `error: ${message}`);
    else if (flags.quiet) continue;
    else if (level === 'warn') printLog(io, `warning: ${message}`);
    else if (level === 'info' || flags.verbose) printLog(io, message);
  }
}
