/** What holds for every command's arguments, whoever defines it. */
import { type Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { similarTo } from '../model/similar.js';
import type { Problem } from '../types.js';
import { OUTPUT_GROUP, readPlace } from './arguments.js';

/** Variables that stand for flags that are not given. */
export const VARIABLES: Record<string, string> = {
  '--db': 'KGLOAD_DB',
  '--engine': 'KGLOAD_ENGINE',
  '--buffer-pool': 'KGLOAD_BUFFER_POOL',
};

/** What a value is by its name in the usage, such as `--bad-rows <file>`. */
const PLACES: Record<string, 'file' | 'directory'> = {
  path: 'file',
  file: 'file',
  source: 'file',
  dest: 'file',
  dataset: 'directory',
  directory: 'directory',
  dir: 'directory',
  root: 'directory',
};

/** Whether a value is a file or a directory, if it is either. */
export function placeOf(term: Option | Argument): 'file' | 'directory' | undefined {
  const name = term instanceof Option ? /<([^>]+)>/.exec(term.flags)?.[1] : term.name();
  return PLACES[name?.replace('...', '') ?? ''];
}

/** Gives a defined command the flags and the habits that all of them have. */
export function complete(command: Command): void {
  const name = command.name();
  command
    .optionsGroup(OUTPUT_GROUP)
    .option('--json', 'one JSON document on stdout (docs/json.md)')
    .addOption(
      new Option('-q, --quiet', 'nothing but errors, and what was asked for').conflicts('verbose'),
    )
    .option('-v, --verbose', 'say more about what is done')
    .option('--no-color', 'no colours, whatever FORCE_COLOR says')
    .option('--no-annotations', 'no ::error and ::warning lines where GitHub Actions runs this')
    .addHelpOption(new Option('-h, --help', 'show this').helpGroup(OUTPUT_GROUP))
    .configureHelp({ optionDescription: describeOption, argumentDescription: describeArgument })
    .showHelpAfterError(seeHelp(name))
    .addHelpText('after', EXIT_CODES);
  for (const option of command.options) {
    const variable = VARIABLES[option.long ?? ''];
    if (option.argChoices) suggestChoice(option, option.argChoices);
    if (placeOf(option)) option.argParser(option.long === '--schema' ? readSchemaPlace : readPlace);
    if (variable !== undefined) takeVariable(command, option, variable);
  }
  for (const argument of command.registeredArguments) {
    if (argument.argChoices) suggestChoice(argument, argument.argChoices);
    if (placeOf(argument)) argument.argParser(readPlace);
  }
  const needed = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  const args = command.registeredArguments.map((argument) => {
    const dots = argument.variadic ? '...' : '';
    return argument.required ? `<${argument.name()}${dots}>` : `[${argument.name()}${dots}]`;
  });
  command.usage([...args, ...needed, '[options]'].join(' '));
}

/** As commander does it for options that have their variable when they are added. */
function takeVariable(command: Command, option: Option, variable: string): void {
  option.env(variable);
  command.on(`optionEnv:${option.name()}`, (text: string) => {
    try {
      const value = option.parseArg ? option.parseArg<unknown>(text, undefined) : text;
      command.setOptionValueWithSource(option.attributeName(), value, 'env');
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      command.error(
        `error: '${text}' from ${variable} is invalid for '${option.flags}'. ${error.message}`,
      );
    }
  });
}

/** The line after an error in a command's arguments. */
export function seeHelp(name: string): string {
  return `(see kgload ${name} --help)`;
}

const EXIT_CODES = `
Exit codes:
  0         all of it worked
  1         it ran, and something in it failed or differs
  2         nothing was attempted or changed: bad usage, or it was refused
  130, 143  interrupted, by Ctrl-C or by SIGTERM`;

function readSchemaPlace(text: string): string {
  return text === 'infer' ? text : readPlace(text);
}

function suggestChoice(term: Option | Argument, choices: readonly string[]): void {
  term.argParser((text: string) => {
    if (choices.includes(text)) return text;
    const meant = similarTo(text, choices);
    const suggestion = meant === undefined ? '' : `\n(Did you mean ${meant}?)`;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.${suggestion}`);
  });
}

function describeOption(option: Option): string {
  const { argChoices, defaultValueDescription, envVar, description } = option;
  const extras = [
    ...(argChoices ? [argChoices.join(', ')] : []),
    ...(defaultValueDescription === undefined ? [] : [`default: ${defaultValueDescription}`]),
    ...(envVar === undefined || description.includes(envVar) ? [] : [`or $${envVar}`]),
  ];
  return extras.length > 0 ? `${description} (${extras.join('; ')})` : description;
}

function describeArgument({ argChoices, description }: Argument): string {
  return argChoices ? `${description} (${argChoices.join(', ')})` : description;
}

/**
 * A flag that follows one with a value is hardly its value: `--bad-rows --fresh`, or `--db $DB --fresh`
 * where that is not set.
 */
export function refuseFlagAsValue(command: Command, args: readonly string[]): void {
  for (let i = 0; i < args.length && args[i] !== '--'; i += 1) {
    const flag = args[i] ?? '';
    const option = command.options.find(({ short, long }) => flag === short || flag === long);
    if (!option?.required) continue;
    i += 1;
    const value = args[i] ?? '';
    if (!/^-[^\d]/.test(value)) continue;
    const way = `if it is the value: ${option.long ?? flag}=${value}`;
    command.error(`error: option '${option.flags}' argument missing before ${value}\n(${way})`);
  }
}

/** Commander's words on an error, as a problem. */
export function usageProblem(text: string): Problem {
  const [message = '', hint] = text.replace(/^error: /, '').split(/\s*\n\s*\(?/);
  const isHint = hint !== undefined && hint !== '';
  return {
    code: 'USAGE',
    message,
    ...(isHint && { hint: lowerFirst(hint.replace(/\)\s*$/, '')) }),
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
