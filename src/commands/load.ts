import { type Command, InvalidArgumentError, Option } from 'commander';
import { engineTitles } from '../engine/native.js';
import { refusedReport } from '../load/report.js';
import { codeGraph } from '../model/codegraph.js';
import { describePlan, type ShownPlan } from '../plan/shown.js';
import { onInterrupt } from '../process/interrupt.js';
import { loadDocument } from '../terminal/documents.js';
import { loadOutcome, loadTable, outcomeColor } from '../terminal/loadtable.js';
import {
  createProgress,
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printLog,
  printProblem,
  widthOf,
} from '../terminal/output.js';
import type { GraphSchema, LoadEvent, LoadReport, Problem } from '../types.js';
import {
  byteSize,
  engineFor,
  engineOption,
  OUTPUT_GROUP,
  positiveNumber,
  reportFormat,
  reportFormatOption,
  schemaOption,
} from './arguments.js';
import { KgloadError, messageOf, toProblem } from '../errors.js';
import { isServerUrl, serverUrl } from '../bolt/address.js';
import { serverAccess } from './serveraccess.js';
import { checkUpdate, deletionLimit } from './updateflags.js';
import { type Flags, toJob } from './loadjob.js';
import type { LoadRecord } from '../picture/loadpage.js';
import type { AnalyzeReport } from '../analyze/report.js';
import type { LoadPage } from './loadreport.js';

export function define(command: Command): void {
  command
    .argument('<dataset>', 'directory with nodes/*.parquet and edges/*.parquet, or sources')
    .optionsGroup('Database:')
    .requiredOption('--db <path>', 'database file, created where there is none, or neo4j://host')
    .addOption(
      new Option(
        '--fresh',
        'build a new database and put it in the place of the old one',
      ).conflicts('append'),
    )
    .option('--append', 'load into tables that hold rows already')
    .addOption(
      new Option(
        '--update',
        'insert, change and add what differs from the dataset, and touch nothing else',
      ).conflicts(['fresh', 'append']),
    )
    .option('--delete-missing', 'with --update: delete what the dataset no longer holds')
    .option(
      '--delete-missing-by <property>',
      'the same, among rows whose value of it occurs in the dataset (such as file)',
    )
    .addOption(
      new Option(
        '--max-deletions <n|n%>',
        'stop, and change nothing, where more rows would be deleted',
      )
        .argParser(deletionLimit)
        .default(undefined, '30 % of the nodes, or of the edges'),
    )
    .addOption(
      new Option(
        '--resume',
        'on a server: go on with a load that did not come to its end',
      ).conflicts(['fresh', 'update']),
    )
    .option('--yes', 'on a server, with --fresh: delete everything in the database, batch by batch')
    .option('--analyze', 'the dataset is a directory of source code: analyse it first')
    .addOption(engineOption('that of the old one, or kuzu where it is installed'))
    .optionsGroup('Schema and values:')
    .addOption(schemaOption())
    .option('--allow-rounding', 'round DOUBLE values to FLOAT, and report by how much')
    .option('--nan-as-null', 'load NULL for NaN, which the engines change in some places')
    .option('--negative-zero-as-zero', 'load 0 for -0, which the same holds for')
    .option(
      '--unsupported-as-json',
      'on a server: load structs, maps, nested lists, decimals and the like as JSON text',
    )
    .optionsGroup('What does not load:')
    .option('--dry-run', 'look for everything that is wrong, and write nothing')
    .option('--skip-bad-rows', 'leave out rows with a missing or taken key, or a missing endpoint')
    .option('--bad-rows <file>', 'write every bad row that was found to this file, as NDJSON')
    .option('--report <file>', 'write a page of the load, however it ends: tables, times, problems')
    .addOption(
      new Option(
        '--max-bad-rows <n>',
        'skip bad rows, but load nothing if there are more than this',
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option('--on-error <what>', 'when a table fails: go on with the others, or stop')
        .choices(['continue', 'abort'])
        .default(undefined, 'continue, but --fresh and --update then keep the old database'),
    )
    .optionsGroup('Resources:')
    .addOption(
      new Option('--buffer-pool <size>', "memory for the engine's pages, such as 4GB")
        .argParser((text: string) => byteSize(text, MIN_POOL))
        .default(undefined, "80 % of the machine's, or half of the container's"),
    )
    .addOption(
      new Option('--threads <n>', 'threads a statement may use')
        .argParser(positiveNumber)
        .default(undefined, 'one a core'),
    )
    .addOption(
      new Option(
        '--jobs <n>',
        `tables to load at a time into a new ${engineTitles(({ manyWriters }) => manyWriters)} database`,
      )
        .argParser(positiveNumber)
        .default(undefined, 'one a core, four at most'),
    )
    .optionsGroup(OUTPUT_GROUP)
    .addOption(reportFormatOption())
    .addHelpText(
      'after',
      `
Examples:
  # replace the database when everything has loaded
  kgload load ./parquet --db graph.db --fresh
  # see what is wrong with a dataset; nothing is written
  kgload load ./parquet --db graph.db --dry-run
  # only what differs; what others added to the database stays
  kgload load ./parquet --db graph.db --update --delete-missing
  # leave bad rows out, and list them
  kgload load ./parquet --db graph.db --skip-bad-rows --bad-rows bad.ndjson
  # source code, analysed and loaded in one go
  kgload load ./src --analyze --db graph.db --fresh
  # any graph: tables and types as the files have them
  kgload load ./parquet --db graph.db --schema infer
  # a page of what was loaded, for people
  kgload load ./parquet --db graph.db --fresh --report load.html
  # in a script: one number of the JSON document
  kgload load ./parquet --db graph.db --fresh --json | jq .total_nodes
  # in GitHub Actions: the job's summary
  kgload load ./parquet --fresh --format markdown >> "$GITHUB_STEP_SUMMARY"`,
    );
}

export async function run(
  [dataset = '']: string[],
  flags: Flags,
  io: Io,
  command: Command,
): Promise<{ code: number; done: string }> {
  const { analyze = false, db } = flags;
  reportFormat(flags);
  serverAccess(db); // An address that is refused may hold what nothing is to show.
  checkUpdate(flags);
  if (isServerUrl(db) && flags.fresh && !flags.yes && !flags.dryRun) {
    const { confirm } = await import('./confirmation.js');
    const what = `--fresh deletes all nodes and relationships of the database at ${serverUrl(db)}, which cannot be undone.`;
    flags.yes = await confirm(what, io);
  }
  if (analyze) {
    const { withAnalysis } = await import('./loadsources.js');
    return await withAnalysis(dataset, io, flags, async (directory, analysis) => {
      const { code, done } = await load({ directory, dataset, analysis }, flags, io, command);
      return { code: analysis.errors.length > 0 ? 1 : code, done };
    });
  }
  try {
    return await load({ directory: dataset, dataset }, flags, io, command);
  } catch (error) {
    if (!(error instanceof KgloadError) || error.code !== 'DATASET_LAYOUT') throw error;
    const { explainSources } = await import('./loadsources.js');
    throw explainSources(error, dataset, db);
  }
}

/** What is loaded, and how it was called. */
interface Loaded {
  directory: string;
  dataset: string;
  analysis?: AnalyzeReport;
}

async function load(
  { directory, dataset, analysis }: Loaded,
  flags: Flags,
  io: Io,
  command: Command,
): Promise<{ code: number; done: string }> {
  const format = reportFormat(flags);
  const subject = { database: flags.db, dataset };
  const asked = { ...flags, dataset };
  const page = await openPage(dataset, flags);
  const progress = await createProgress(io, flags);
  const interruption = new AbortController();
  const nothing = refusedReport(
    { code: 'INTERRUPTED', message: 'the load was interrupted before it began' },
    knownSchema(flags),
  );
  let remains: LoadReport = nothing;
  const writePage = (end: LoadRecord['end'], outcome: string, done: LoadReport): boolean => {
    const problem = page?.finish(end, outcome, done);
    if (problem) printProblem(io, 'error', problem);
    return problem === undefined;
  };
  const access = serverAccess(flags.db);
  let ending: Promise<LoadReport> | undefined;
  const tellInterrupted = (): void => {
    progress.stop();
    progress.tellFailures();
    const { published } = remains;
    const state = published
      ? 'the load is in its place already'
      : access
        ? `what is committed stays; ${flags.update ? 'run the same update again' : 'go on with --resume'}`
        : `${flags.db} is as it was`;
    printLog(io, `interrupted; ${state}`);
    if (format === 'json') printJson(io, loadDocument(remains, subject));
    writePage('interrupted', `interrupted; ${state}`, remains);
    page?.close();
  };
  const ignoreSignals = onInterrupt(async () => {
    interruption.abort();
    // A server is left at the edge of a batch.
    if (access) remains = (await ending?.catch(() => undefined)) ?? remains;
    tellInterrupted();
  });
  let report: LoadReport & { plan?: ShownPlan };
  let schema = codeGraph;
  try {
    const onEvent = (event: LoadEvent): void => {
      if (event.type === 'schema') schema = event.schema;
      if (event.type === 'schema' && flags.schema === 'infer' && !flags.quiet) {
        printLog(io, `${event.source}:`);
        printLines(io, event.cypher.trimEnd().split('\n'), io.stderr);
      }
      page?.record(event);
      progress.show(event);
    };
    const engine = engineFor(flags.db, command, flags);
    const job = toJob(directory, flags, engine, progress.isLive);
    if (access) {
      const { runServerLoad } = await import('../process/serverload.js');
      ending = runServerLoad(job, onEvent, interruption.signal);
      report = await ending;
    } else {
      const { runJob } = await import('../process/supervisor.js');
      report = await runJob(job, onEvent, {
        signal: interruption.signal,
        onEnd: (end) => (remains = end),
      });
    }
    if (interruption.signal.aborted) await new Promise(() => undefined); // The signal ends it.
  } catch (error) {
    // What ends in the middle of a look at a server is told by the signal, too.
    if (access && interruption.signal.aborted) await new Promise(() => undefined);
    const isRefused = error instanceof KgloadError;
    const problem = isRefused ? [toProblem(error)] : [];
    progress.stop();
    progress.tellFailures();
    writePage(isRefused ? 'refused' : 'broken', messageOf(error), { ...nothing, errors: problem });
    page?.close();
    throw error;
  } finally {
    ignoreSignals();
  }
  progress.stop();
  const isWritten = writePage('done', loadOutcome(report, asked), report);
  page?.close();
  if (format === 'json') printJson(io, loadDocument(report, subject, analysis));
  else if (format === 'markdown') {
    const { loadMarkdown } = await import('../terminal/markdown.js');
    printLines(io, loadMarkdown(report, asked));
  } else if (format === 'table') {
    if (analysis) {
      const { foundTables } = await import('../terminal/analyzed.js');
      printLines(io, [...foundTables(analysis, widthOf(io.stdout)), '']);
    }
    if (report.plan && flags.verbose) printLines(io, [...describePlan(report.plan), '']);
    printLines(io, [...loadTable(report, asked, widthOf(io.stdout)), '']);
  }
  progress.tellFailures();
  if (format === 'table') {
    printLines(io, [loadOutcome(report, asked)], io.stdout, outcomeColor(report));
    if (io.stdout.isTTY && report.published && !report.changes)
      await printExamples(io, schema, report, flags.db);
  }
  return { code: report.errors.length > 0 || !isWritten ? 1 : 0, done: loadOutcome(report, asked) };
}

/** Queries to go on with, for who sits there. */
async function printExamples(
  io: Io,
  schema: GraphSchema,
  { nodeTimes, edgeTimes }: LoadReport,
  db: string,
): Promise<void> {
  const [{ exampleQueries }, { exampleLines }] = await Promise.all([
    import('../cypher/examples.js'),
    import('../terminal/examples.js'),
  ]);
  const times = Object.entries({ ...nodeTimes, ...edgeTimes });
  const rows = Object.fromEntries(times.map(([table, time]) => [table, time.rows]));
  printLines(io, exampleLines(exampleQueries(schema, rows), db));
}

async function openPage(dataset: string, flags: Flags): Promise<LoadPage | undefined> {
  const { db: database, report, badRows: badRowsFile, engine, dryRun: isDryRun = false } = flags;
  if (report === undefined) return undefined;
  const { openLoadPage } = await import('./loadreport.js');
  return openLoadPage(report, { dataset, database, engine, isDryRun, badRowsFile });
}

/** A refused load has the same JSON as any: zeros for every table that is known, and the error. */
export function refusal(
  error: Problem,
  flags: OutputFlags & { db?: string },
  dataset?: string,
): unknown {
  return loadDocument(refusedReport(error, knownSchema(flags)), { database: flags.db, dataset });
}

/** Before the dataset was looked at. */
function knownSchema({ schema }: OutputFlags): GraphSchema {
  return schema === undefined ? codeGraph : { nodes: [], edges: [] };
}

const MIN_POOL = 64_000_000;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}
