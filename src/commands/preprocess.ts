import type { Command } from 'commander';
import { formatCount, listNames, plural } from '../format.js';
import { preprocessDocument } from '../terminal/documents.js';
import { type Io, type OutputFlags, printJson, printTable } from '../terminal/output.js';
import { type MemoryFlag, memoryOption, schemaOption } from './arguments.js';

export function define(command: Command): void {
  command
    .argument('<source>', 'a Parquet file named after its table, or a dataset directory')
    .argument('<dest>', 'where the file or the dataset is written')
    .optionsGroup('Columns:')
    .addOption(schemaOption())
    .option('--keep-extra', 'keep the columns that the schema does not have')
    .optionsGroup('Resources:')
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Keeps the columns of the schema and drops the others, such as files.parquet's
timestamp. What the engine cannot read (DECIMAL, TIME, timestamps that only the
logical type tells of) is converted, without loss. Row groups are small enough
that a load uses all cores.

Examples:
  # a whole dataset
  kgload preprocess ./parquet ./clean
  # one file; its name says which table's it is
  kgload preprocess nodes/files.parquet clean/files.parquet`,
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
    printJson(io, preprocessDocument(report, { source, destination }));
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
