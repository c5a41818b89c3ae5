/** Scripts that complete commands, flags and their values, made from the commands' own definitions. */
import type { Argument, Command, Option } from 'commander';
import { placeOf } from './usage.js';

/** What stands for a value: one of a few words, a file, a directory, or something else. */
type Value = readonly string[] | 'file' | 'directory' | 'other';

interface Flag {
  long: string;
  short?: string | undefined;
  description: string;
  /** Absent where it takes none. */
  value?: Value;
}

/** As much of a command as a shell has to know. */
export interface Completed {
  name: string;
  summary: string;
  flags: Flag[];
  args: Value[];
}

export type Shell = keyof typeof SHELLS;

export const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function describeCommands(commands: readonly Command[]): Completed[] {
  const described = commands.map((command): Completed => {
    const options = command.createHelp().visibleOptions(command);
    return {
      name: command.name(),
      summary: command.summary(),
      flags: options.map(describeFlag),
      args: command.registeredArguments.map(valueOf),
    };
  });
  const names = described.map(({ name }) => name);
  return [
    ...described,
    { name: 'help', summary: 'show what a command takes', flags: [], args: [names] },
  ];
}

function describeFlag(option: Option): Flag {
  const { long, short, description, required, optional } = option;
  return {
    long: long ?? '',
    short,
    description,
    ...((required || optional) && { value: valueOf(option) }),
  };
}

function valueOf(term: Option | Argument): Value {
  return term.argChoices ?? placeOf(term) ?? 'other';
}

/** Quoted for any shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const TOP = '--help --version';

function bashScript(commands: readonly Completed[]): string {
  const valueCase = ({ name, flags }: Completed): string[] =>
    flags.flatMap(({ long, short, value }) => {
      if (value === undefined) return [];
      const patterns = [long, ...(short === undefined ? [] : [short])];
      return [
        `    ${patterns.map((flag) => `${name}:${flag}`).join('|')}) ${bashValue(value)}; return ;;`,
      ];
    });
  const flagWords = ({ flags }: Completed): string =>
    flags.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]).join(' ');
  const wordCase = (command: Completed): string =>
    `    ${command.name}) flags=${quote(flagWords(command))} ;;`;
  const argumentCase = ({ name, args: [first] }: Completed): string =>
    `    ${name}) ${bashValue(first ?? 'other')} ;;`;
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for kgload: eval "$(kgload completion bash)"
_kgload_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_kgload_none() {
  compopt +o default +o bashdefault 2>/dev/null
}
_kgload_directories() {
  compopt -o dirnames +o default +o bashdefault 2>/dev/null
}
_kgload_files() {
  : # what bash does where there is nothing else
}
_kgload() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command= flags= i
  COMPREPLY=()
  # bash takes --db=x for three words.
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then command=\${COMP_WORDS[i]}; break; fi
  done
  case $command:$prev in
${commands.flatMap(valueCase).join('\n')}
  esac
  case $command in
    '') flags='${TOP}' ;;
${commands.map(wordCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then _kgload_words "$flags"; _kgload_none; return; fi
  case $command in
    '') _kgload_words '${names}'; _kgload_none ;;
${commands.map(argumentCase).join('\n')}
  esac
}
complete -o bashdefault -o default -F _kgload kgload
`;
}

function bashValue(value: Value): string {
  if (value === 'file') return '_kgload_files';
  if (value === 'directory') return '_kgload_directories';
  return value === 'other'
    ? '_kgload_none'
    : `_kgload_words ${quote(value.join(' '))}; _kgload_none`;
}

function zshScript(commands: readonly Completed[]): string {
  const summaries = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  const specOf = ({ long, short, description, value }: Flag): string[] => {
    const text = `[${description.replace(/[[\]:\\]/g, '\\$&')}]`;
    const action = value === undefined ? '' : `:value:${zshValue(value)}`;
    const names = [
      ...(short === undefined ? [] : [short]),
      value === undefined ? long : `${long}=`,
    ];
    return names.map((name) => `        ${quote(`${name}${text}${action}`)}`);
  };
  const argumentOf = (value: Value, i: number): string =>
    `        ${quote(`${i + 1}:value:${zshValue(value)}`)}`;
  const caseOf = ({ name, flags, args }: Completed): string => {
    const specs = [...flags.flatMap(specOf), ...args.map(argumentOf)].join(' \\\n');
    return `      ${name}) _arguments -s -S \\\n${specs} ;;`;
  };
  return `#compdef kgload
# zsh completion for kgload: eval "$(kgload completion zsh)" after compinit
_kgload() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
${summaries.join('\n')}
  )
  _arguments -C '(-h --help)'{-h,--help}'[show help]' '(-V --version)'{-V,--version}'[show the version]' \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $line[1] in
${commands.map(caseOf).join('\n')}
    esac ;;
  esac
}
if [[ $funcstack[1] == _kgload ]]; then _kgload "$@"; else compdef _kgload kgload; fi
`;
}

function zshValue(value: Value): string {
  if (value === 'file') return '_files';
  if (value === 'directory') return '_files -/';
  return value === 'other' ? ' ' : `(${value.join(' ')})`;
}

function fishScript(commands: readonly Completed[]): string {
  const flagLine = (name: string, { long, short, description, value }: Flag): string => {
    const parts = [
      `complete -c kgload -n '__fish_seen_subcommand_from ${name}'`,
      ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
      `-l ${long.slice(2)}`,
      ...(value === undefined ? [] : [fishValue(value, true)]),
      `-d ${quoteFish(description)}`,
    ];
    return parts.join(' ');
  };
  const argumentLine = (name: string, value: Value): string[] =>
    value === 'other'
      ? []
      : [`complete -c kgload -n '__fish_seen_subcommand_from ${name}' ${fishValue(value, false)}`];
  return [
    '# fish completion for kgload: kgload completion fish > ~/.config/fish/completions/kgload.fish',
    'complete -c kgload -f',
    "complete -c kgload -n __fish_use_subcommand -s h -l help -d 'show help'",
    "complete -c kgload -n __fish_use_subcommand -s V -l version -d 'show the version'",
    ...commands.flatMap(({ name, summary, flags, args }) => [
      `complete -c kgload -n __fish_use_subcommand -a ${name} -d ${quoteFish(summary)}`,
      ...flags.map((flag) => flagLine(name, flag)),
      ...args.slice(0, 1).flatMap((value) => argumentLine(name, value)),
    ]),
    '',
  ].join('\n');
}

function fishValue(value: Value, isFlag: boolean): string {
  const needs = isFlag ? '-x ' : '';
  if (value === 'file') return isFlag ? '-r -F' : '-F';
  if (value === 'directory') return `${needs}-a '(__fish_complete_directories)'`;
  return value === 'other' ? '-x' : `${needs}-a ${quoteFish(value.join(' '))}`;
}

function quoteFish(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
