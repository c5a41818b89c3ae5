/** Writes the man page `dist/man/kgload.1` from the commands' own help: part of `npm run build`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Argument, Command, Help, Option } from 'commander';
import { defineProgram } from '../src/cli.js';
import { VARIABLES } from '../src/commands/usage.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Text of which roff takes nothing for its own. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

/** What a command's help says below its options. */
function textAfter(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.slice(command.helpInformation().length).replace(/^\n/, '');
}

/** Paragraphs as they are, but examples and lists keep their lines. */
function formatText(text: string): string[] {
  return text
    .trim()
    .split('\n\n')
    .flatMap((part) => {
      const [head = '', ...lines] = part.split('\n');
      if (!head.endsWith(':') || !lines.every((line) => line.startsWith('  '))) {
        return ['.PP', escape(part)];
      }
      const body = lines.map((line) => escape(line.slice(2)));
      return ['.PP', escape(head), '.RS 4', '.nf', ...body, '.fi', '.RE'];
    });
}

function formatTerm(term: string, description: string): string[] {
  return ['.TP', `.B ${escape(term)}`, escape(description)];
}

function formatOptions(help: Help, command: Command): string[] {
  const groups = new Map<string, Option[]>();
  for (const option of help.visibleOptions(command)) {
    const group = option.helpGroupHeading ?? 'Options:';
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  return [...groups].flatMap(([group, options]) => [
    '.PP',
    escape(group),
    ...options.flatMap((option) =>
      formatTerm(help.optionTerm(option), help.optionDescription(option)),
    ),
  ]);
}

function formatCommand(command: Command): string[] {
  const help = command.createHelp();
  return [
    `.SS ${escape(`kgload ${command.name()} ${command.usage()}`)}`,
    escape(command.description()),
    ...command.registeredArguments.flatMap((argument: Argument) =>
      formatTerm(help.argumentTerm(argument), help.argumentDescription(argument)),
    ),
    ...formatOptions(help, command),
    ...formatText(textAfter(command).replace(EXIT_CODES, '')),
  ];
}

function formatPage(program: Command): string {
  const [first] = program.commands;
  const lines = [
    `.TH KGLOAD 1 "" "kgload ${program.version() ?? ''}" "User Commands"`,
    '.SH NAME',
    'kgload \\- load Parquet files into an embedded property graph',
    '.SH SYNOPSIS',
    '.B kgload',
    '.I command',
    '[arguments] [options]',
    '.SH DESCRIPTION',
    escape(program.description()),
    'One COPY a table, straight from the files; a new database takes the place of the old one',
    'when it is complete, or not at all.',
    ...formatText(textAfter(program)),
    '.SH COMMANDS',
    ...program.commands.flatMap(formatCommand),
    '.SH ENVIRONMENT',
    ...Object.entries(VARIABLES).flatMap(([flag, variable]) =>
      formatTerm(variable, `Stands for ${flag} where that is not given.`),
    ),
    ...formatTerm(
      'GITHUB_ACTIONS',
      'If it is true, errors and warnings are annotations, unless --no-annotations is given.',
    ),
    '.SH EXIT STATUS',
    ...formatText(first ? textAfter(first).slice(textAfter(first).search(EXIT_CODES)) : '').slice(
      2,
    ),
  ];
  return lines.join('\n') + '\n';
}

const EXIT_CODES = /^Exit codes:\n(?: .*\n?)*/m;

const run = { ...process, outcome: { code: 0, done: '' } };
const program = await defineProgram('completion', run);
const directory = join(ROOT, 'dist', 'man');
mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'kgload.1'), formatPage(program));
