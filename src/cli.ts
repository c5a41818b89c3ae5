/** The command line: finds the subcommand, runs it, and turns errors into lines and exit codes. */
import { setImmediate } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import { complete, refuseFlagAsValue, seeHelp, usageProblem } from './commands/usage.js';
import { isServerUrl } from './bolt/address.js';
import { KgloadError, toProblem } from './errors.js';
import { isTooManyFiles, ownVersion, systemError, tooManyFiles } from './files.js';
import { annotation } from './terminal/annotations.js';
import { problemDocument } from './terminal/documents.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printProblem,
  withPaints,
} from './terminal/output.js';
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
  run(args: string[], flags: OutputFlags, io: Io, command: Command): Promise<number | Outcome>;
  /** The JSON document of a command that was refused; by default one with the error alone. */
  refusal?(error: Problem, flags: OutputFlags, dataset?: string): unknown;
}

/** Each is imported only when it is called, so that `--help` starts fast. */
const COMMANDS: Record<string, { summary: string; load: () => Promise<CommandModule> }> = {
  schema: {
    summary: 'print a schema, show that of a database, or create it in one',
    load: async () => await import('./commands/schema.js'),
  },
  analyze: {
    summary: 'make a dataset of source code: its functions, classes, calls',
    load: async () => await import('./commands/analyze.js'),
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
  completion: {
    summary: 'print a script that completes commands and flags in a shell',
    load: async () => await import('./commands/completion.js'),
  },
};

/** 1: something of it failed. 2: nothing was attempted or changed. */
const EXIT_FAILED = 1;
const EXIT_REFUSED = 2;

/** What a run of the command line knows of itself. */
interface Run extends Io {
  outcome: Outcome;
  /** Where the files of problems lie. */
  dataset?: string | undefined;
}

/** Runs the command line and sets the process's exit code. */
export async function main(
  argv: string[],
  world: Io = process,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const io = await withPaints(world, argv);
  const { stdout, stderr } = io;
  let lost: NodeJS.ErrnoException | undefined;
  // A reader that has seen enough (`| head`) is no reason to stop a load, nor is a log that nobody gets.
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error;
  });
  const run: Run = { ...io, outcome: { code: 0, done: '' } };
  if (env['GITHUB_ACTIONS'] === 'true' && !argv.includes('--no-annotations')) {
    run.annotate = annotator(run, env['GITHUB_WORKSPACE'] ?? process.cwd());
  }
  // A variable that is empty is one that is not set.
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('KGLOAD_') && value === '') Reflect.deleteProperty(env, name);
  }
  try {
    const name = calledBy(argv);
    const program = await defineProgram(name, run);
    const called = program.commands.find((command) => command.name() === name);
    if (called) refuseFlagAsValue(called, argv.slice(argv.indexOf(called.name()) + 1));
    // Commander has no word for `help lod`, but one for `lod`.
    const isUnknown = name !== undefined && !called;
    const args = isUnknown ? argv.filter((_, i) => i !== argv.indexOf('help')) : argv;
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    run.outcome = { code: failOn(error, argv, run), done: '' };
  }
  process.exitCode = run.outcome.code;
  await setImmediate(); // What can't be written is said by an event.
  if (lost) {
    const what = 'the output cannot be written';
    const why = systemError(lost, what)?.message ?? `${what}: ${lost.message}`;
    const message = [why, run.outcome.done].filter((part) => part !== '').join('; ');
    printProblem(run, 'error', { code: 'DISK_FULL', message });
    process.exitCode ||= EXIT_FAILED;
  }
}

/** Says every problem once: a table that is begun anew may fail as it did before. */
function annotator(run: Run, workspace: string): Required<Io>['annotate'] {
  const said = new Set<string>();
  return (kind, problem) => {
    const line = annotation(kind, problem, { dataset: run.dataset, workspace });
    if (said.has(line)) return undefined;
    said.add(line);
    return line;
  };
}

/** Says what ended a command before its own words could. @returns The exit code. */
function failOn(error: unknown, argv: readonly string[], run: Run): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const problem = problemOf(error);
  // Commander has printed its own.
  if (!(error instanceof CommanderError)) printProblem(run, 'error', problem);
  if (wantsJson(argv)) printJson(run, problemDocument(problem));
  return problem.code === 'UNEXPECTED' ? EXIT_FAILED : EXIT_REFUSED;
}

function problemOf(error: unknown): Problem {
  if (error instanceof CommanderError) return usageProblem(error.message);
  if (isTooManyFiles(error)) return toProblem(tooManyFiles(error));
  const message = `unexpected error, please report it: ${describe(error)}`;
  return { code: 'UNEXPECTED', message };
}

/** Whether a JSON document is wanted by arguments that could not be read. */
function wantsJson(argv: readonly string[]): boolean {
  const format = argv[argv.indexOf('--format') + 1];
  const isFormat =
    argv.includes('--format=json') || (argv.includes('--format') && format === 'json');
  return argv.includes('--json') || (isFormat && calledBy(argv) !== 'schema');
}

/** The command that arguments are for, or `help` on. */
function calledBy(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((arg) => !arg.startsWith('-'));
  return first === 'help' ? second : first;
}

/**
 * All commands by name and summary, and the arguments of one.
 *
 * @param called - With `completion`, those of all.
 */
export async function defineProgram(called: string | undefined, run: Run): Promise<Command> {
  const program = new Command('kgload')
    .description('Load a directory of Parquet files into an embedded property graph.')
    .version(ownVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this, or with a command what it takes')
    .helpCommand('help [command]', 'show what a command takes')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => run.stdout.write(text),
      writeErr: (text) => run.stderr.write(text),
      outputError: (text) => {
        printProblem(run, 'error', usageProblem(text));
      },
    })
    .showHelpAfterError('(see kgload --help)')
    .addHelpText('after', FIRST_STEPS);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${capital(summary)}.`);
    if (name !== called && called !== 'completion') continue;
    const module = await load();
    module.define(command);
    complete(command);
    command.action(async () => {
      run.outcome = await perform(command, module, run);
    });
  }
  return program;
}

const FIRST_STEPS = `
Examples:
  # load a dataset, and see what is in the database
  kgload load ./parquet --db graph.db --fresh
  kgload stats --db graph.db

Each command has examples, exit codes and more: kgload load --help`;

async function perform(command: Command, module: CommandModule, run: Run): Promise<Outcome> {
  const flags: OutputFlags & { db?: string; verify?: string } = command.opts();
  // A schema in JSON is a file, not a document about one.
  if (flags.format === 'json' && command.name() !== 'schema') flags.json = true;
  const args = command.processedArgs.flat().filter((arg) => arg !== undefined) as string[];
  run.dataset = flags.verify ?? args[0];
  try {
    if (flags.db !== undefined && isServerUrl(flags.db)) {
      const { askForPassword } = await import('./commands/serveraccess.js');
      await askForPassword(flags.db, process.stdin, run);
    }
    const end = await module.run(args, flags, run, command);
    return typeof end === 'number' ? { code: end, done: '' } : end;
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    const problem = toProblem(error);
    printProblem(run, 'error', problem);
    if (problem.code === 'USAGE') run.stderr.write(`${seeHelp(command.name())}\n`);
    const subject = { database: flags.db, dataset: datasetOf(command, args, flags) };
    if (flags.json) {
      printJson(
        run,
        module.refusal?.(problem, flags, subject.dataset) ?? problemDocument(problem, subject),
      );
    } else if (flags.format === 'markdown') {
      const { refusalMarkdown } = await import('./terminal/markdown.js');
      printLines(run, refusalMarkdown(command.name(), problem));
    }
    return { code: EXIT_REFUSED, done: '' };
  }
}

/** The dataset that a command is about. */
function datasetOf(
  command: Command,
  args: readonly string[],
  { verify }: { verify?: string },
): string | undefined {
  const place = command.registeredArguments.findIndex((argument) => argument.name() === 'dataset');
  return verify ?? args[place];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
