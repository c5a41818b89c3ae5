import { Argument, type Command } from 'commander';
import { type Io, type OutputFlags, printJson } from '../terminal/output.js';
import { describeCommands, SHELLS, type Shell } from './shells.js';

export function define(command: Command): void {
  command
    .addArgument(
      new Argument('<shell>', 'the shell that is to complete').choices(Object.keys(SHELLS)),
    )
    .addHelpText(
      'after',
      `
Examples:
  # in ~/.bashrc
  eval "$(kgload completion bash)"
  # in ~/.zshrc, after compinit
  eval "$(kgload completion zsh)"
  # once
  kgload completion fish > ~/.config/fish/completions/kgload.fish`,
    );
}

export function run(
  [shell = '']: string[],
  flags: OutputFlags,
  io: Io,
  command: Command,
): Promise<number> {
  const commands = describeCommands(command.parent?.commands ?? []);
  const script = SHELLS[shell as Shell](commands);
  if (flags.json) printJson(io, { shell, script, errors: [], warnings: [] });
  else io.stdout.write(script);
  return Promise.resolve(0);
}
