import { type Command, Option } from 'commander';
import { statsDocument, verificationDocument } from '../terminal/documents.js';
import { describeDifferences, statsTable, verificationTable } from '../terminal/statstable.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printLog,
  printProblem,
  printWarnings,
} from '../terminal/output.js';
import { ownVersion } from '../files.js';
import type { DatabaseStats, Problem, ServerAccess } from '../types.js';
import {
  isGiven,
  type MemoryFlag,
  memoryOption,
  OUTPUT_GROUP,
  reportFormat,
  reportFormatOption,
  schemaOption,
  usage,
} from './arguments.js';
import { whileInterruptible } from './interruptible.js';
import { serverAccess } from './serveraccess.js';

interface Flags extends OutputFlags, MemoryFlag {
  db: string;
  degrees?: boolean;
  verify?: string;
  html?: string;
}

export function define(command: Command): void {
  command
    .optionsGroup('Database:')
    .requiredOption('--db <path>', 'database file, or neo4j://host for a server; read-only')
    .option('--degrees', 'also how many edges of each table the nodes have')
    .optionsGroup('Comparison:')
    .option('--verify <dataset>', 'compare every row with a dataset; exit code 1 if they differ')
    .addOption(schemaOption().default(undefined, "the database's own; of a server the dataset's"))
    .addOption(
      new Option('--html <file>', 'also write a page: schema, rows, edges a node, hubs').conflicts(
        'verify',
      ),
    )
    .addOption(memoryOption())
    .optionsGroup(OUTPUT_GROUP)
    .addOption(reportFormatOption())
    .addHelpText(
      'after',
      `
Examples:
  # what is in it
  kgload stats --db graph.db
  # a page of its schema, rows, degrees and hubs
  kgload stats --db graph.db --html graph.html
  # does it hold what the files hold?
  kgload stats --db graph.db --verify ./parquet
  # and does a server? NEO4J_USERNAME and NEO4J_PASSWORD say who asks
  kgload stats --db neo4j://localhost --verify ./parquet
  # in a script: how many functions there are
  kgload stats --db graph.db --json | jq .node_rows.Function
  # in GitHub Actions: the job's summary
  kgload stats --db graph.db --format markdown >> "$GITHUB_STEP_SUMMARY"`,
    );
}

export async function run(
  _args: string[],
  flags: Flags,
  io: Io,
  command: Command,
): Promise<number> {
  const format = reportFormat(flags) ?? 'table'; // That is what was asked for.
  if (flags.verify !== undefined) {
    if (flags.degrees) {
      throw usage('--degrees counts edges and --verify compares', 'run stats once for each');
    }
    return await verify(flags.verify, flags, io);
  }
  for (const name of ['schema', 'memory']) {
    if (isGiven(command, name)) {
      throw usage(`--${name} is for a comparison`, 'name a dataset: --verify ./parquet');
    }
  }
  const { db: database, html, degrees = false } = flags;
  const access = serverAccess(database);
  const onWarning = (warning: Problem): void => {
    if (!flags.quiet) printProblem(io, 'warning', warning);
  };
  const stats = await whileInterruptible(io, flags, { database }, async () => {
    const pictured =
      html === undefined ? undefined : await writePage(html, database, access, onWarning);
    if (pictured && !degrees) return pictured;
    const { readStats } = await import('../server/either.js');
    return await readStats(database, { degrees, ...(access && { server: access }) });
  });
  if (html !== undefined && !flags.quiet) printLog(io, `wrote ${html}`);
  if (format === 'json') printJson(io, statsDocument(stats));
  else if (format === 'markdown') {
    const { statsMarkdown } = await import('../terminal/markdown.js');
    printLines(io, statsMarkdown(stats));
  } else printLines(io, statsTable(stats));
  return 0;
}

/** Writes the page of a database; returns what it holds. */
async function writePage(
  path: string,
  database: string,
  access: ServerAccess | undefined,
  onWarning: (warning: Problem) => void,
): Promise<DatabaseStats> {
  const [{ openOutput }, { readPortrait }, { statsPage }, { signature }] = await Promise.all([
    import('../process/outputfile.js'),
    import('../server/either.js'),
    import('../picture/statspage.js'),
    import('../picture/page.js'),
  ]);
  const file = openOutput(path, 'the page', { database });
  try {
    const portrait = await readPortrait(database, access, onWarning);
    file.write(statsPage(portrait, signature(ownVersion(), new Date())));
    file.keep();
    return portrait.stats;
  } finally {
    file.close();
  }
}

async function verify(dataset: string, flags: Flags, io: Io): Promise<number> {
  const { showTask } = await import('./task.js');
  const { db: database, memory, schema } = flags;
  const server = serverAccess(database);
  const task = { kind: 'verify', database, dataset, memory, schema, server } as const;
  const report = await showTask(task, io, flags, { isLogged: false });
  for (const error of report.errors) printProblem(io, 'error', error);
  if (!flags.quiet) printWarnings(io, report.warnings);
  const subject = { database, dataset };
  const format = reportFormat(flags);
  if (format === 'json') printJson(io, verificationDocument(report, subject));
  else if (format === 'markdown') {
    const { verificationMarkdown } = await import('../terminal/markdown.js');
    printLines(io, verificationMarkdown(report, subject));
  } else if (format === 'table') printLines(io, verificationTable(report, subject));
  else if (!report.identical) printLines(io, describeDifferences(report, subject));
  return report.identical ? 0 : 1;
}
