/** The command line: finds the subcommand, runs it, and turns errors into lines and exit codes. */
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import { KgloadError, toProblem } from './errors.js';
import { isTooManyFiles, ownFile, systemError, tooManyFiles } from './files.js';
import { type Io, type OutputFlags, printJson, printProblem } from './terminal/output.js';
import type { Problem } from './types.js';

/** How a command ended. */
interface Outcome {
  /** The exit code. */
  code: number;
  /** What was done, for those who can't be given the output. */
  done: string;
}

interface CommandModule {
  /** Adds arguments, options and help. */
  define(command: Command): void;
  /** @returns The exit code, with what was done where that is more than reading. */
  run(args: string[], flags: OutputFlags, io: Io): Promise<number | Outcome>;
  /** The JSON document of a command that was refused; by default one with `errors` alone. */
  refusal?(error: Problem, flags: OutputFlags): unknown;
}

/** Each is imported only when it is called, so that `--help` starts fast. */
const COMMANDS: Record<string, { summary: string; load: () => Promise<CommandModule> }> = {
  schema: {
    summary: 'print a schema, show that of a database, or create it in one',
    load: async () => await import('./commands/schema.js'),
  },
  preprocess: {
    summary: 'rewrite Parquet files so that they hold what the schema wants',
    load: async () => await import('./commands/preprocess.js'),
  },
  load: {
    summary: 'load a dataset into a database',
    load: async () => await import('./commands/load.js'),
  },
  ask: {
    summary: 'ask a code graph: who calls, what inherits, what is in a file',
    load: async () => await import('./commands/ask.js'),
  },
  export: {
    summary: 'write a database as a dataset',
    load: async () => await import('./commands/export.js'),
  },
  stats: {
    summary: 'show what a database holds, or compare it with a dataset',
    load: async () => await import('./commands/stats.js'),
  },
  query: {
    summary: 'ask a database anything, in Cypher',
    load: async () => await import('./commands/query.js'),
  },
  example: {
    summary: 'write an example dataset, to try things out',
    load: async () => await import('./commands/example.js'),
  },
};

/** 1: something of it failed. 2: nothing was attempted or changed. */
const EXIT_FAILED = 1;
const EXIT_REFUSED = 2;

/** Runs the command line and sets the process's exit code. */
export async function main(argv: string[], io: Io = process): Promise<void> {
  let lost: NodeJS.ErrnoException | undefined;
  // A reader that has seen enough (`| head`) is no reason to stop a load, nor is a log that nobody gets.
  io.stderr.on('error', () => undefined);
  io.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error;
  });
  let done = '';
  try {
    const outcome = await parse(argv, io);
    process.exitCode = outcome.code;
    done = outcome.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_REFUSED;
      if (argv.includes('--json') && error.exitCode !== 0) {
        const message = error.message.replace(/^error: /, '');
        printJson(io, { errors: [{ code: 'USAGE', message }] });
      }
    } else if (isTooManyFiles(error)) {
      const problem = toProblem(tooManyFiles(error));
      printProblem(io, 'error', problem);
      if (argv.includes('--json')) printJson(io, { errors: [problem] });
      process.exitCode = EXIT_REFUSED;
    } else {
      io.stderr.write(`kgload: unexpected error, please report it: ${describe(error)}\n`);
      process.exitCode = EXIT_FAILED;
    }
  }
  await setImmediate(); // What can't be written is said by an event.
  if (lost) {
    const what = 'the output cannot be written';
    const why = systemError(lost, what)?.message ?? `${what}: ${lost.message}`;
    const message = [why, done].filter((part) => part !== '').join('; ');
    printProblem(io, 'error', { code: 'DISK_FULL', message });
    process.exitCode ||= EXIT_FAILED;
  }
}

async function parse(argv: string[], io: Io): Promise<Outcome> {
  let outcome: Outcome = { code: 0, done: '' };
  const program = new Command('kgload')
    .description('Load a directory of Parquet files into an embedded property graph.')
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text.replace(/^error: /, 'kgload: error: ')),
    })
    .showHelpAfterError('(see kgload --help)');
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${capital(summary)}.`);
    if (!argv.includes(name)) continue;
    const module = await load();
    module.define(command);
    command
      .option('--schema <file>', 'a schema in Cypher or JSON, or infer: derive it from the dataset')
      .option('--json', 'one JSON document on stdout')
      .option('-q, --quiet', 'print errors only')
      .option('-v, --verbose', 'say more about what is done')
      .action(async () => {
        const flags: OutputFlags = command.opts();
        try {
          const end = await module.run(command.args, flags, io);
          outcome = typeof end === 'number' ? { code: end, done: '' } : end;
        } catch (error) {
          if (!(error instanceof KgloadError)) throw error;
          const problem = toProblem(error);
          printProblem(io, 'error', problem);
          if (flags.json) printJson(io, module.refusal?.(problem, flags) ?? { errors: [problem] });
          outcome = { code: EXIT_REFUSED, done: '' };
        }
      });
  }
  await program.parseAsync(argv, { from: 'user' });
  return outcome;
}

function version(): string {
  const manifest = readFileSync(ownFile('package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
