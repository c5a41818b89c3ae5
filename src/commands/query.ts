import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseParameter } from '../answer/parameters.js';
import type { Parameter } from '../cypher/parameters.js';
import { KgloadError, toProblem } from '../errors.js';
import { onDisk } from '../files.js';
import { formatSeconds, plural } from '../format.js';
import { onInterrupt } from '../process/interrupt.js';
import { type RunningQuery, startQuery } from '../process/query.js';
import {
  ANSWER_FORMATS,
  type AnswerDocument,
  type AnswerFormat,
  defaultFormat,
  type Printed,
  printAnswer,
} from '../terminal/answers.js';
import { databaseDocument } from '../terminal/documents.js';
import { type Io, type OutputFlags, printLog, printProblem } from '../terminal/output.js';
import type { ErrorCode, Problem } from '../types.js';
import { type MemoryFlag, memoryOption } from './arguments.js';

export interface QueryFlags extends OutputFlags, MemoryFlag {
  db: string;
  file?: string;
  param?: ReadonlyMap<string, Parameter>;
  format?: AnswerFormat;
  write?: boolean;
  /** Milliseconds. */
  timeout?: number;
}

export function define(command: Command): void {
  command
    .argument('[cypher]', 'one statement; without it, or a file, it is read from standard input')
    .requiredOption('--db <path>', 'database file; it is opened read-only')
    .option('--file <path>', 'read the statement from a file')
    .addOption(
      new Option(
        '--param <name=value>',
        'the value of $name, as JSON or as text; repeatable',
      ).argParser(addParameter),
    )
    .addOption(
      new Option(
        '--format <format>',
        `${ANSWER_FORMATS.join(', ')} (default: a table on a terminal, csv elsewhere)`,
      ).choices(ANSWER_FORMATS),
    )
    .option(
      '--write',
      'allow statements that change the database, read or write files, load extensions',
    )
    .addOption(
      new Option(
        '--timeout <time>',
        'end the query after this time, such as 500ms, 10s or 2m',
      ).argParser(parseDuration),
    )
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
On a terminal, without a statement, it asks for one after the other: .help says how.

Examples:
  kgload query 'MATCH (f:Function) RETURN f.name, f.file LIMIT 5' --db graph.db
  kgload query 'MATCH (f:Function {name: $name}) RETURN f' --db graph.db --param name=main
  kgload query --file report.cypher --db graph.db --format csv > report.csv
  kgload query 'MATCH (a)-[r]->(b) RETURN a, r, b' --db graph.db --format ndjson | jq .r`,
    );
}

function addParameter(
  text: string,
  before: ReadonlyMap<string, Parameter> | undefined,
): ReadonlyMap<string, Parameter> {
  const [, name, value = ''] = /^\$?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It is not of the form name=value.');
  if (before?.has(name)) throw new InvalidArgumentError(`${name} has a value already.`);
  try {
    return new Map([...(before ?? []), [name, parseParameter(value)]]);
  } catch (error) {
    if (error instanceof KgloadError)
      throw new InvalidArgumentError(`${error.message} (${error.hint ?? ''})`);
    throw error;
  }
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseDuration(text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const duration = Number(digits) * (UNITS[unit] ?? 1);
  if (digits === undefined || duration <= 0 || duration > 2 ** 31 - 1) {
    throw new InvalidArgumentError('It is not a time such as 500ms, 10s or 2m.');
  }
  return duration;
}

export async function run(
  [given]: string[],
  flags: QueryFlags,
  io: Io,
  stdin: ReadStream = process.stdin,
): Promise<number> {
  if (flags.json && flags.format !== undefined && flags.format !== 'json') {
    throw usage(
      `--json and --format ${flags.format} contradict each other`,
      'leave one of them out',
    );
  }
  if (given !== undefined && flags.file !== undefined) {
    throw usage('there is a statement, and --file as well', 'leave one of them out');
  }
  if (given === undefined && flags.file === undefined && stdin.isTTY) {
    if (io.stdout.isTTY) {
      const { promptForQueries } = await import('../terminal/prompt.js');
      return await promptForQueries(flags, io, stdin);
    }
    throw usage('there is no statement', "give one: kgload query 'MATCH …' --db graph.db");
  }
  const cypher = given ?? readText(flags.file ?? '-');
  return await printQuery(cypher, flags, io);
}

function usage(message: string, hint: string): KgloadError {
  return new KgloadError({ code: 'USAGE', message, hint });
}

/** @param path - `-` is standard input. */
function readText(path: string): string {
  return onDisk(
    () => readFileSync(path === '-' ? 0 : path, 'utf8'),
    `the query ${path} cannot be read`,
  );
}

/** Those that come of running the query, not of the query. */
const FAILURES: readonly ErrorCode[] = [
  'QUERY_FAILED',
  'ENGINE_CRASHED',
  'OUT_OF_MEMORY',
  'TIMEOUT',
];

/** Asks, and prints the answer as it comes. @returns The exit code. */
async function printQuery(cypher: string, flags: QueryFlags, io: Io): Promise<number> {
  const format = flags.json ? 'json' : (flags.format ?? defaultFormat(io));
  const ending = new AbortController();
  const stopListening = onInterrupt(() => {
    ending.abort();
  });
  const began = performance.now();
  try {
    const { rows, hidden, running } = await answer(cypher, flags, format, io, ending.signal);
    if (!flags.quiet) {
      for (const warning of running.warnings) printProblem(io, 'warning', warning);
      const seconds = formatSeconds((performance.now() - began) / 1000);
      const what = running.columns.length === 0 ? 'done' : plural(rows, 'row');
      const rest = hidden.length > 0 ? `; no room for ${hidden.join(', ')}` : '';
      printLog(io, `${what} in ${seconds} s${rest}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    const problem = toProblem(error);
    printProblem(io, 'error', problem);
    const { pointAt } = await import('../terminal/pointing.js');
    for (const line of pointAt(cypher, problem)) io.stderr.write(`${line}\n`);
    return FAILURES.includes(problem.code) ? 1 : 2;
  } finally {
    stopListening();
  }
}

async function answer(
  cypher: string,
  { db, param, write = false, timeout, memory }: QueryFlags,
  format: AnswerFormat,
  io: Io,
  signal: AbortSignal,
): Promise<Printed & { running: RunningQuery }> {
  const problems: { errors: Problem[]; warnings: Problem[] } = { errors: [], warnings: [] };
  const document: AnswerDocument = { head: { database: { path: db } }, problems: () => problems };
  const told = <T>(error: T): T => {
    if (error instanceof KgloadError) problems.errors.push(toProblem(error));
    return error;
  };
  const question = { cypher, parameters: param ?? new Map<string, Parameter>(), write };
  let running: RunningQuery;
  try {
    running = await startQuery(
      { kind: 'query', database: db, question, memory },
      { signal, timeout },
    );
  } catch (error) {
    if (format === 'json' && told(error) instanceof KgloadError) {
      const none = (async function* () {})();
      await printAnswer({ columns: [], batches: none }, format, io, document);
    }
    throw error;
  }
  const { columns } = running;
  document.head = { database: databaseDocument(running.database) };
  const batches = (async function* () {
    try {
      yield* running.batches;
    } catch (error) {
      throw told(error);
    }
    problems.warnings.push(...running.warnings);
  })();
  return { ...(await printAnswer({ columns, batches }, format, io, document)), running };
}
