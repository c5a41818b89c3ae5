/** Options that several commands take, and how what they are given is read. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINE_NAMES } from '../engine/native.js';
import { KgloadError, messageOf } from '../errors.js';
import { defaultMemory } from '../process/watchdog.js';
import type { OutputFlags } from '../terminal/output.js';
import type { EngineName } from '../types.js';

/** The group of the flags that every command has. */
export const OUTPUT_GROUP = 'Output:';

/** Of the commands that decode or open what others made. */
export interface MemoryFlag {
  memory: number;
}

/** Node and an engine take 150 MB before they have begun. */
const MIN_MEMORY = 256_000_000;

export function memoryOption(): Option {
  return new Option('--memory <size>', 'end the work if it takes more memory, such as 4GB')
    .argParser((text: string) => byteSize(text, MIN_MEMORY))
    .default(defaultMemory(), "80 % of the machine's, or of the container's");
}

export function schemaOption(): Option {
  return new Option(
    '--schema <file>',
    'a schema in Cypher or JSON, or infer: derive it from the dataset',
  ).default(undefined, "the dataset's own schema.cypher, or the built-in code graph");
}

/** Of a database that is created; see {@link engineFor}. */
export function engineOption(fallback = 'kuzu where it is installed'): Option {
  return new Option('--engine <name>', 'of a database that is created')
    .choices(ENGINE_NAMES)
    .default(undefined, fallback);
}

/** The engine that was asked for; of a database that is there the variable has nothing to say. */
export function engineFor(
  database: string,
  command: Command,
  { engine, fresh = false }: { engine?: EngineName; fresh?: boolean },
): EngineName | undefined {
  const isChosen = isGiven(command, 'engine') || fresh || !existsSync(database);
  return isChosen ? engine : undefined;
}

type ReportFormat = 'table' | 'json' | 'markdown';

/** How a report is shown. */
export function reportFormatOption(): Option {
  return new Option('--format <format>', 'how the result is shown on stdout; --json is json')
    .choices(['table', 'json', 'markdown'])
    .default(undefined, 'table');
}

/**
 * How a report is to be shown: with --quiet only if somebody asked for it.
 *
 * @throws {KgloadError} `USAGE` where two forms are asked for.
 */
export function reportFormat({ json, format, quiet }: OutputFlags): ReportFormat | undefined {
  if (json && format !== undefined && format !== 'json') {
    throw usage(`--json and --format ${format} are two forms of one result`, 'say one of them');
  }
  if (json) return 'json';
  return (format as ReportFormat | undefined) ?? (quiet ? undefined : 'table');
}

/** Whether an option was given on the command line, not by a variable or a default. */
export function isGiven(command: Command, name: string): boolean {
  return command.getOptionValueSource(name) === 'cli';
}

export function usage(message: string, hint?: string): KgloadError {
  return new KgloadError({ code: 'USAGE', message, ...(hint !== undefined && { hint }) });
}

/** `512MB`, `4GB`, `2GiB`, or bytes. */
export function byteSize(text: string, least: number): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b?|b)?$/i.exec(text) ?? [];
  const power = 'bkmgt'.indexOf(unit.charAt(0).toLowerCase() || 'b');
  const bytes = Number(digits) * (unit.length > 1 && /i/i.test(unit) ? 1024 : 1000) ** power;
  if (digits === undefined || bytes < least) {
    const example = least < 1e6 ? `${Math.floor(least / 1e3)}kB` : `${Math.floor(least / 1e6)}MB`;
    throw new InvalidArgumentError(
      `It is not a size of at least ${example}, such as 512MB or 4GB.`,
    );
  }
  return Math.floor(bytes);
}

export function positiveNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is not a positive number.');
  return Number(text);
}

/** Where something lies. `~` is the home directory also where no shell made it one: `--db=~/x`. */
export function readPlace(text: string): string {
  if (text === '') {
    throw new InvalidArgumentError('It is empty: is the variable set that it comes from?');
  }
  if (/^file:\/\//i.test(text)) {
    try {
      return fileURLToPath(text);
    } catch (error) {
      throw new InvalidArgumentError(
        `It is not the URL of a file, such as file:///tmp/x: ${messageOf(error)}.`,
      );
    }
  }
  return /^~(\/|$)/.test(text) && !existsSync('~') ? homedir() + text.slice(1) : text;
}
