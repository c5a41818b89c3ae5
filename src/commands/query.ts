import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseParameter } from '../answer/parameters.js';
import type { Parameter } from '../cypher/parameters.js';
import { KgloadError, messageOf } from '../errors.js';
import { systemCode } from '../files.js';
import { onInterrupt } from '../process/interrupt.js';
import { ANSWER_FORMATS } from '../terminal/answers.js';
import type { Io } from '../terminal/output.js';
import { PICTURE_FORMATS } from '../terminal/pictures.js';
import { printQuery, type QueryFlags } from '../terminal/queries.js';
import { memoryOption, OUTPUT_GROUP, usage } from './arguments.js';
import { serverAccess } from './serveraccess.js';

interface Flags extends QueryFlags {
  file?: string;
}

export function define(command: Command): void {
  command
    .argument('[cypher]', 'one statement; without it, or a file, it is read from standard input')
    .optionsGroup('Query:')
    .requiredOption('--db <path>', 'database file, opened read-only, or neo4j://host of a server')
    .option('--file <path>', 'read the statement from a file')
    .addOption(
      new Option(
        '--param <name=value>',
        'the value of $name, as JSON or as text; repeatable',
      ).argParser(addParameter),
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
    .optionsGroup('Resources:')
    .addOption(memoryOption())
    .optionsGroup(OUTPUT_GROUP)
    .addOption(
      new Option('--format <format>', 'the form of the rows')
        .choices([...ANSWER_FORMATS, ...PICTURE_FORMATS])
        .default(undefined, 'a table on a terminal, csv elsewhere'),
    )
    .addHelpText(
      'after',
      `
On a terminal, without a statement, it asks for one after the other: .help says how.

Examples:
  # a table on a terminal
  kgload query 'MATCH (f:Function) RETURN f.name, f.file LIMIT 5' --db graph.db
  # a value that needs no quoting, wherever it comes from
  kgload query 'MATCH (f:Function {name: $name}) RETURN f' --db graph.db \\
    --param name=main
  # a picture: one page for a browser, or a diagram for a document
  kgload query 'MATCH (f:Function)-[c:CALLS]->(g) RETURN f, c, g' \\
    --db graph.db --format html > calls.html
  # a file of rows, and a stream of them
  kgload query --file report.cypher --db graph.db --format csv > report.csv
  kgload query 'MATCH (a)-[r]->(b) RETURN a, r, b' --db graph.db \\
    --format ndjson | jq .r
  # a server, as NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE say
  kgload query 'MATCH (n) RETURN labels(n), count(*)' --db neo4j://localhost:7687`,
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
  options: Flags,
  io: Io,
  _command?: Command,
  stdin: ReadStream = process.stdin,
): Promise<number> {
  const flags: Flags = { ...options, server: serverAccess(options.db) };
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
  const ending = new AbortController();
  const stopListening = onInterrupt(() => {
    ending.abort();
  });
  try {
    return await printQuery(cypher, flags, io, ending.signal);
  } finally {
    stopListening();
  }
}

/** @param path - `-` is standard input. */
function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const isMissing = systemCode(error) === 'ENOENT';
    const place = path === '-' ? 'standard input' : path;
    throw new KgloadError(
      {
        code: isMissing ? 'ENOENT' : 'USAGE',
        message: `the query cannot be read: ${isMissing ? `${place} does not exist` : messageOf(error)}`,
        ...(path !== '-' && { file: path }),
      },
      { cause: error },
    );
  }
}
