import type { Command } from 'commander';
import { statsSteps } from '../database/stats.js';
import { drive } from '../engine/drive.js';
import { statsDocument, verificationDocument } from '../terminal/documents.js';
import { statsTable, verificationTable } from '../terminal/statstable.js';
import {
  createProgress,
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printLog,
  printProblem,
} from '../terminal/output.js';
import { summarizeProblems } from '../terminal/problems.js';
import { type MemoryFlag, memoryOption } from './arguments.js';

interface Flags extends OutputFlags, MemoryFlag {
  db: string;
  degrees?: boolean;
  verify?: string;
}

export function define(command: Command): void {
  command
    .requiredOption('--db <path>', 'database file; it is opened read-only')
    .option('--degrees', 'also how many edges of each table the nodes have')
    .option('--verify <dataset>', 'compare every row with a dataset; exit code 1 if they differ')
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Examples:
  kgload stats --db graph.db
  kgload stats --db graph.db --verify ./parquet
  kgload stats --db graph.db --json | jq .nodes.Function`,
    );
}

export async function run(_args: string[], flags: Flags, io: Io): Promise<number> {
  if (flags.verify !== undefined) return await verify(flags.verify, flags, io);
  const stats = await drive(statsSteps(flags.db, { degrees: flags.degrees ?? false }));
  if (flags.json) printJson(io, statsDocument(stats));
  else printLines(io, statsTable(stats));
  return 0;
}

async function verify(dataset: string, flags: Flags, io: Io): Promise<number> {
  const { runTask } = await import('../process/isolation.js');
  const { db: database, memory, schema } = flags;
  const progress = await createProgress(io, flags);
  const task = { kind: 'verify', database, dataset, memory, schema } as const;
  const onEvent = progress.isLive ? progress.show : undefined;
  const report = await runTask(task, onEvent, progress.stop);
  for (const error of report.errors) printProblem(io, 'error', error);
  if (!flags.quiet) {
    for (const line of summarizeProblems(report.warnings)) printLog(io, line, 'warning');
  }
  if (flags.json) printJson(io, verificationDocument(report, { database: flags.db, dataset }));
  else if (!flags.quiet) printLines(io, verificationTable(report, { database: flags.db, dataset }));
  return report.identical ? 0 : 1;
}
