/** The benchmark: `npm run bench -- --help`, and bench/README.md. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { formatBytes, formatCount } from '../src/format.js';
import { competitors, enginePath, KGLOAD, type Competitor } from './competitors.js';
import { measure, type Program, type Sample } from './measure.js';
import { installPackages, ROOT } from './packages.js';
import {
  datasetTable,
  machineLine,
  startupTable,
  targetsOf,
  targetTable,
  type DatasetResults,
  type Machine,
  type Result,
  type Startup,
} from './report.js';
import { allTables, tables } from './statements.js';

interface Flags {
  rows?: number[];
  dataset: string[];
  runs: number;
  only?: string[];
  json?: string;
  directory?: string;
  seed: string;
  rowGroup: string;
  startup: boolean;
}

/** Makes a database of about 250 MB. */
const STATS_ROWS = 2_100_000;

const STARTUP_RUNS = 15;

/** On a small dataset a first, unmeasured round brings programs and libraries into memory. */
const WARM_ROWS = 1_000_000;

const flags = parseFlags();
installPackages();
const isScratch = flags.directory === undefined;
const directory = isScratch
  ? mkdtempSync(join(tmpdir(), 'kgload-bench-'))
  : resolve(flags.directory ?? '');
mkdirSync(directory, { recursive: true });
const machine = describeMachine();
const datasets: DatasetResults[] = [];
const startups: Startup[] = [];
try {
  print([machineLine(machine)]);
  const sizes = flags.rows ?? (flags.dataset.length > 0 ? [] : [35e3, 500e3, 3.5e6]);
  for (const path of flags.dataset) await benchDataset(basename(path), resolve(path));
  for (const rows of sizes) {
    await benchDataset(`synthetic ${shortCount(rows)}`, await makeData(rows));
  }
  if (flags.startup) await benchStartup();
  const targets = targetsOf(datasets, startups);
  if (targets.length > 0) print(targetTable(targets));
} finally {
  if (isScratch) rmSync(directory, { recursive: true, force: true });
}

async function benchDataset(name: string, path: string): Promise<void> {
  const expected = await countRows(path);
  const rows = sum(expected);
  const dataset: DatasetResults = { dataset: name, rows, results: [], skipped: [] };
  datasets.push(dataset);
  const runners: { competitor: Competitor; result: Result }[] = [];
  for (const competitor of competitors) {
    if (flags.only && !flags.only.includes(competitor.name)) continue;
    const reason = competitor.missing?.();
    if (reason !== undefined) dataset.skipped.push({ name: competitor.name, reason });
    else {
      const { name, title } = competitor;
      runners.push({ competitor, result: { name, title, rows: 0, samples: [] } });
    }
  }
  // In turn, so that whatever else the machine does hits all alike.
  for (let round = rows < WARM_ROWS ? 0 : 1; round <= flags.runs; round += 1) {
    for (const { competitor, result } of runners) {
      if (round === 0 && competitor.isPart) continue;
      const { sample, loaded } = await runOnce(competitor, path, expected);
      log(`${name}, run ${round} of ${flags.runs}: ${competitor.name} ${sample.wall.toFixed(3)} s`);
      result.rows = loaded;
      if (round > 0) result.samples.push(sample);
    }
  }
  dataset.results = runners.map(({ result }) => result);
  print(datasetTable(dataset));
  writeJson();
}

/** @throws When a row is missing in the database. */
async function runOnce(
  competitor: Competitor,
  dataset: string,
  expected: Record<string, number>,
): Promise<{ sample: Sample; loaded: number }> {
  const scratch = mkdtempSync(join(directory, 'database-'));
  const database = join(scratch, 'graph.db');
  try {
    const { sample, stdout } = await measure(competitor.program(dataset, database));
    const wanted = competitor.isPart
      ? (JSON.parse(stdout) as { counts: Record<string, number> }).counts
      : expected;
    const found = competitor.count
      ? (JSON.parse(await output(competitor.count(dataset, database))) as Record<string, number>)
      : await stats(database);
    for (const [table, rows] of Object.entries(wanted)) {
      if (found[table] === rows) continue;
      throw new Error(
        `${competitor.name} loaded ${found[table] ?? 0} rows of ${table} instead of ${rows}`,
      );
    }
    return { sample, loaded: sum(wanted) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The rows of every table. */
async function stats(database: string): Promise<Record<string, number>> {
  const json = await output(kgload('stats', '--db', database, '--json'));
  const { nodes, edges } = JSON.parse(json) as Record<'nodes' | 'edges', Record<string, number>>;
  return { ...nodes, ...edges };
}

async function benchStartup(): Promise<void> {
  const scratch = mkdtempSync(join(directory, 'database-'));
  try {
    const database = join(scratch, 'graph.db');
    await output(kgload('load', await makeData(STATS_ROWS), '--db', database, '--quiet'));
    const node = { command: process.execPath, args: ['-e', '0'] };
    const programs: [string, Program][] = [
      ['node -e 0', node],
      ['kgload --version', kgload('--version')],
      ['kgload --help', kgload('--help')],
      [`kgload stats, ${formatBytes(statSync(database).size)}`, kgload('stats', '--db', database)],
    ];
    startups.push(...programs.map(([name]) => ({ name, samples: [] })));
    for (let round = 0; round <= STARTUP_RUNS; round += 1) {
      for (const [i, [, program]] of programs.entries()) {
        const { sample } = await measure(program);
        if (round > 0) startups[i]?.samples.push(sample);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  print(startupTable(startups));
  writeJson();
}

/** The synthetic dataset of a size; one that was made before in this directory is used again. */
async function makeData(rows: number): Promise<string> {
  const name = `data-${rows}-${flags.seed}-${flags.rowGroup}`;
  const path = join(directory, name);
  if (readdirSync(directory).includes(name)) return path;
  log(`making ${formatCount(rows)} rows`);
  const unfinished = mkdtempSync(join(directory, 'unfinished-'));
  const script = join(ROOT, 'dist', 'bench', 'data.js');
  const args = [script, unfinished, String(rows), flags.seed, flags.rowGroup];
  await output({ command: process.execPath, args });
  renameSync(unfinished, path);
  // What is still to be written to the disk would be written during the first runs.
  await output({ command: 'sync', args: [] });
  return path;
}

/** Table → rows of its file, after its footer. */
async function countRows(dataset: string): Promise<Record<string, number>> {
  const counts = Object.fromEntries(allTables(dataset).map(({ name }) => [name, 0]));
  for (const { name, path } of tables(dataset)) {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
    counts[name] = Number(metadata.num_rows);
  }
  if (sum(counts) === 0) throw new Error(`${dataset} holds no rows of the code graph's tables`);
  return counts;
}

function kgload(...args: string[]): Program {
  return { command: process.execPath, args: [KGLOAD, ...args], env: enginePath() };
}

async function output(program: Program): Promise<string> {
  return (await measure(program)).stdout;
}

function writeJson(): void {
  if (flags.json === undefined) return;
  const targets = targetsOf(datasets, startups);
  writeFileSync(
    flags.json,
    JSON.stringify({ machine, versions: versions(), datasets, startups, targets }, null, 2) + '\n',
  );
}

function versions(): Record<string, unknown> {
  const read = (path: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, Record<string, string>>;
  const { version, dependencies } = read('package.json');
  return {
    kgload: version,
    kuzu: dependencies?.['kuzu'],
    ...read('bench/package.json')['dependencies'],
  };
}

function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    date: new Date().toISOString(),
  };
}

function parseFlags(): Flags {
  const command = new Command('npm run bench --')
    .description('Load the same files in many ways, in turn, and compare time and memory.')
    .option('--rows <list>', 'sizes of synthetic code graphs (default: 35k,500k,3.5m)', sizes)
    .option('--dataset <path>', 'a dataset of the code graph; may be given again', more, [])
    .option('--runs <n>', 'measured runs of each', positive, 5)
    .option('--only <names>', `some of ${competitors.map(({ name }) => name).join(',')}`, known)
    .option('--json <file>', 'write all measurements and the machine there')
    .option('--directory <path>', 'where data and databases are made; data stays there')
    .option('--seed <n>', 'of the synthetic data', '1')
    .option('--row-group <rows>', 'rows a row group of the synthetic data', '122880')
    .option('--no-startup', 'leave out --help, --version and stats')
    .parse();
  return command.opts();
}

/** `35k,3.5m` */
function sizes(text: string): number[] {
  return text.split(',').map((size) => {
    const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(size) ?? [];
    if (digits === undefined) throw new InvalidArgumentError('Sizes are like 35k or 3.5m.');
    return Math.round(Number(digits) * ({ k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? 1));
  });
}

function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is not a positive number.');
  return Number(text);
}

function more(path: string, paths: string[]): string[] {
  return [...paths, path];
}

function known(text: string): string[] {
  const names = text.split(',');
  const unknown = names.find((name) => !competitors.some((competitor) => competitor.name === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no ${unknown}.`);
  return names;
}

/** `3.5m` */
function shortCount(rows: number): string {
  if (rows >= 1e6) return `${rows / 1e6}m`;
  return rows >= 1e3 ? `${rows / 1e3}k` : String(rows);
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, rows) => total + rows, 0);
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join('') + '\n');
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
