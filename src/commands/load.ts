import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINE_NAMES, engineTitles } from '../engine/native.js';
import { refusedReport } from '../load/report.js';
import { codeGraph } from '../model/codegraph.js';
import { describePlan, type ShownPlan } from '../plan/shown.js';
import { onInterrupt } from '../process/interrupt.js';
import type { Job } from '../process/job.js';
import { loadDocument } from '../terminal/documents.js';
import { loadOutcome, loadTable } from '../terminal/loadtable.js';
import {
  createProgress,
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printLog,
} from '../terminal/output.js';
import type { EngineName, GraphSchema, LoadEvent, LoadReport, Problem } from '../types.js';
import { byteSize } from './arguments.js';

interface Flags extends OutputFlags {
  db: string;
  engine?: EngineName;
  fresh?: boolean;
  append?: boolean;
  onError?: 'continue' | 'abort';
  dryRun?: boolean;
  skipBadRows?: boolean;
  badRows?: string;
  maxBadRows?: number;
  allowRounding?: boolean;
  nanAsNull?: boolean;
  negativeZeroAsZero?: boolean;
  bufferPool?: number;
  threads?: number;
  jobs?: number;
}

export function define(command: Command): void {
  command
    .argument('<dataset>', 'directory with nodes/*.parquet and edges/*.parquet')
    .requiredOption('--db <path>', 'database file to load into; created where there is none')
    .addOption(
      new Option(
        '--fresh',
        'build a new database and put it in the place of the old one',
      ).conflicts('append'),
    )
    .addOption(
      new Option(
        '--engine <name>',
        `of a database that is created (default: that of the old one, or kuzu, or ladybug where that alone is installed)`,
      ).choices(ENGINE_NAMES),
    )
    .option('--append', 'load into tables that hold rows already')
    .addOption(
      new Option(
        '--on-error <what>',
        'when a table fails: continue with the others (the default; --fresh then keeps the old database, unless this is said), or abort',
      ).choices(['continue', 'abort']),
    )
    .option('--dry-run', 'look for everything that is wrong, and write nothing')
    .option('--skip-bad-rows', 'leave out rows with a missing or taken key, or a missing endpoint')
    .option('--bad-rows <file>', 'write every bad row that was found to this file, as NDJSON')
    .addOption(
      new Option(
        '--max-bad-rows <n>',
        'skip bad rows, but load nothing if there are more than this',
      ).argParser(wholeNumber),
    )
    .option(
      '--allow-rounding',
      'round DOUBLE values to the nearest FLOAT where a property is one, and report by how much',
    )
    .option(
      '--nan-as-null',
      'load NULL for NaN, which the engines store as it is in most places only',
    )
    .option('--negative-zero-as-zero', 'load 0 for -0, which the same holds for')
    .addOption(
      new Option(
        '--buffer-pool <size>',
        "memory for the engine's pages, such as 4GB; by default 80 % of the machine's, or half of the container's",
      ).argParser((text: string) => byteSize(text, MIN_POOL)),
    )
    .addOption(
      new Option('--threads <n>', 'threads a statement may use; by default one a core').argParser(
        positiveNumber,
      ),
    )
    .addOption(
      new Option(
        '--jobs <n>',
        `tables to load at a time into a new ${engineTitles(({ manyWriters }) => manyWriters)} database; by default one a core, four at most`,
      ).argParser(positiveNumber),
    )
    .addHelpText(
      'after',
      `
Examples:
  kgload load ./parquet --db graph.db --fresh
  kgload load ./parquet --db graph.db --engine ladybug
  kgload load ./parquet --db graph.db --dry-run
  kgload load ./parquet --db graph.db --schema infer
  kgload load ./parquet --db graph.db --fresh --json | jq .total_nodes`,
    );
}

export async function run(
  [dataset = '']: string[],
  flags: Flags,
  io: Io,
): Promise<{ code: number; done: string }> {
  const progress = await createProgress(io, flags);
  const interruption = new AbortController();
  let isLate = false;
  const ignoreSignals = onInterrupt(() => {
    interruption.abort();
    progress.stop();
    const state = isLate ? 'the load is in its place already' : `${flags.db} is as it was`;
    printLog(io, `interrupted; ${state}`);
  });
  let report: LoadReport & { plan?: ShownPlan };
  let schema = codeGraph;
  try {
    const { runJob } = await import('../process/supervisor.js');
    const onEvent = (event: LoadEvent): void => {
      if (event.type === 'schema') schema = event.schema;
      if (event.type === 'schema' && flags.schema === 'infer' && !flags.quiet) {
        printLog(io, `${event.source}:`);
        printLines(io, event.cypher.trimEnd().split('\n'), io.stderr);
      }
      progress.show(event);
    };
    const job = toJob(dataset, flags, progress.isLive);
    report = await runJob(job, onEvent, {
      signal: interruption.signal,
      onLate: () => (isLate = true),
    });
  } finally {
    progress.stop();
    ignoreSignals();
  }
  if (flags.json) printJson(io, loadDocument(report));
  else if (!flags.quiet) {
    if (report.plan && flags.verbose) printLines(io, [...describePlan(report.plan), '']);
    printLines(io, loadTable(report, flags));
    if (io.stdout.isTTY && report.published) await printExamples(io, schema, report, flags.db);
  }
  return { code: report.errors.length > 0 ? 1 : 0, done: loadOutcome(report, flags) };
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

function toJob(dataset: string, flags: Flags, hasProgress: boolean): Job {
  const { db, schema, badRows, maxBadRows, engine, onError, jobs, bufferPool, threads } = flags;
  const { allowRounding = false, nanAsNull = false, negativeZeroAsZero = false } = flags;
  return {
    kind: 'load',
    database: db,
    dataset,
    ...(schema !== undefined && { schema }),
    isDryRun: flags.dryRun ?? false,
    ...(badRows !== undefined && { badRowsFile: badRows }),
    hasProgress,
    settings: {
      ...(engine && { engine }),
      fresh: flags.fresh ?? false,
      append: flags.append ?? false,
      ...(onError && { onError }),
      badRows: {
        skip: flags.skipBadRows ?? maxBadRows !== undefined,
        ...(maxBadRows !== undefined && { most: maxBadRows }),
      },
      values: { allowRounding, nanAsNull, negativeZeroAsZero },
      ...(jobs !== undefined && { jobs }),
      resources: {
        ...(bufferPool !== undefined && { bufferPool }),
        ...(threads !== undefined && { threads }),
      },
      exclude: [],
    },
  };
}

/** A refused load has the same JSON as any: zeros for every table that is known, and the error. */
export function refusal(error: Problem, { schema }: OutputFlags): unknown {
  return loadDocument(
    refusedReport(error, schema === undefined ? codeGraph : { nodes: [], edges: [] }),
  );
}

function positiveNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is not a positive number.');
  return Number(text);
}

const MIN_POOL = 64_000_000;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}
