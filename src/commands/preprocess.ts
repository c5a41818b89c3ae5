import type { Command } from 'commander';
import { formatCount, listNames, plural } from '../format.js';
import { type Io, type OutputFlags, printJson, printTable } from '../terminal/output.js';
import { type MemoryFlag, memoryOption } from './arguments.js';

export function define(command: Command): void {
  command
    .argument('<source>', 'a Parquet file named after its table, or a dataset directory')
    .argument('<dest>', 'where the file or the dataset is written')
    .option('--keep-extra', 'keep the columns that the schema does not have')
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Keeps the columns of the schema and drops the others, such as files.parquet's timestamp. What the
engine cannot read (DECIMAL, TIME, timestamps that only the logical type tells of) is converted,
without loss. Row groups are small enough that a load uses all cores.

Examples:
  kgload preprocess nodes/files.parquet clean/files.parquet
  kgload preprocess ./parquet ./clean`,
    );
}

export async function run(
  [source = '', destination = '']: string[],
  flags: OutputFlags & MemoryFlag & { keepExtra?: boolean },
  io: Io,
): Promise<{ code: number; done: string }> {
  const { showTask } = await import('./task.js');
  const { keepExtra = false, memory, schema } = flags;
  const task = { kind: 'preprocess', source, destination, keepExtra, memory, schema } as const;
  const report = await showTask(task, io, flags);
  if (flags.json) {
    printJson(io, {
      source,
      destination,
      files: report.files,
      errors: [],
      warnings: report.warnings,
    });
  } else if (!flags.quiet) {
    printTable(
      io,
      [
        ['file', 'rows', 'dropped', 'converted'],
        ...report.files.map(({ file, rows, dropped, converted }) => [
          file,
          formatCount(rows),
          listNames(dropped),
          listNames(converted),
        ]),
      ],
      [2, 3],
    );
  }
  return { code: 0, done: `wrote ${plural(report.files.length, 'file')} into ${destination}` };
}
