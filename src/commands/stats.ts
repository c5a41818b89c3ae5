import { type Command, Option } from 'commander';
import { statsSteps } from '../database/stats.js';
import { drive } from '../engine/drive.js';
import { statsDocument, verificationDocument } from '../terminal/documents.js';
import { statsTable, verificationTable } from '../terminal/statstable.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printLog,
  printProblem,
} from '../terminal/output.js';
import { ownVersion } from '../files.js';
import type { DatabaseStats } from '../types.js';
import { type MemoryFlag, memoryOption } from './arguments.js';

interface Flags extends OutputFlags, MemoryFlag {
  db: string;
  degrees?: boolean;
  verify?: string;
  html?: string;
}

export function define(command: Command): void {
  command
    .requiredOption('--db <path>', 'database file; it is opened read-only')
    .option('--degrees', 'also how many edges of each table the nodes have')
    .option('--verify <dataset>', 'compare every row with a dataset; exit code 1 if they differ')
    .addOption(
      new Option('--html <file>', 'also write a page: schema, rows, edges a node, hubs').conflicts(
        'verify',
      ),
    )
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Examples:
  kgload stats --db graph.db
  kgload stats --db graph.db --html graph.html
  kgload stats --db graph.db --verify ./parquet
  kgload stats --db graph.db --json | jq .nodes.Function`,
    );
}

export async function run(_args: string[], flags: Flags, io: Io): Promise<number> {
  if (flags.verify !== undefined) return await verify(flags.verify, flags, io);
  const { html, degrees = false } = flags;
  const pictured = html === undefined ? undefined : await writePage(html, flags.db);
  const stats = pictured && !degrees ? pictured : await drive(statsSteps(flags.db, { degrees }));
  if (flags.json) printJson(io, statsDocument(stats));
  else printLines(io, statsTable(stats));
  if (html !== undefined && !flags.quiet) printLog(io, `wrote ${html}`);
  return 0;
}

/** Writes the page of a database; returns what it holds. */
async function writePage(path: string, database: string): Promise<DatabaseStats> {
  const [{ openOutput }, { portraitSteps }, { statsPage }, { signature }] = await Promise.all([
    import('../process/outputfile.js'),
    import('../database/portrait.js'),
    import('../picture/statspage.js'),
    import('../picture/page.js'),
  ]);
  const file = openOutput(path, 'the page', { database });
  try {
    const portrait = await drive(portraitSteps(database));
    file.write(statsPage(portrait, signature(ownVersion(), new Date())));
    file.keep();
    return portrait.stats;
  } finally {
    file.close();
  }
}

async function verify(dataset: string, flags: Flags, io: Io): Promise<number> {
  const { runTask } = await import('../process/isolation.js');
  const { db: database, memory, schema } = flags;
  const report = await runTask({ kind: 'verify', database, dataset, memory, schema } as const);
  for (const error of report.errors) printProblem(io, 'error', error);
  if (!flags.quiet) {
    for (const warning of report.warnings) printProblem(io, 'warning', warning);
  }
  if (flags.json) printJson(io, verificationDocument(report, { database: flags.db, dataset }));
  else if (!flags.quiet) printLines(io, verificationTable(report, { database: flags.db, dataset }));
  return report.identical ? 0 : 1;
}
