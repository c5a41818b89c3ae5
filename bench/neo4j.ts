/**
 * kgload and Neo4j's own ways, each on a fresh server: `node dist/bench/neo4j.js --help`. README.md says
 * what is measured.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import neo4j from 'neo4j-driver';
import { neo4jJars } from '../scripts/neo4j-jars.js';
import { adminTool, runNeo4j, type Neo4jServer } from '../scripts/neo4j-server.js';
import { formatCount, formatTable } from '../src/format.js';
import { cpuOf, measure, type Program, type Sample } from './measure.js';
import { BATCH, csvOf, neo4jTables, writeCsv, type Neo4jTable } from './neo4j-tables.js';
import { BENCH, installPackages, requireDuckDb, ROOT } from './packages.js';

interface Flags {
  dataset: string[];
  rows: string;
  only: string;
  json?: string;
}

/** What a way loads. */
interface Load {
  dataset: string;
  tables: readonly Neo4jTable[];
  /** The directory of the CSV files, and of whatever a way writes. */
  csv: string;
}

interface Way {
  name: string;
  title: string;
  program: (load: Load, server: Neo4jServer) => Program;
  /** Whether the server is down meanwhile, and has its constraints afterwards. */
  isOffline?: boolean;
  /** Whether the program makes the constraints. */
  isWhole?: boolean;
  /** Why it can't be run here. */
  missing?: () => string | undefined;
}

interface Result {
  dataset: string;
  way: string;
  rows: number;
  sample: Sample;
  /** CPU seconds. */
  server: number;
}

/** Fixed, since what Neo4j would take by itself depends on the machine. */
const JVM = ['-Xms512m', '-Xmx2g', '-XX:+UseG1GC'];

const python = process.env['PYTHON'] ?? 'python3';

const WAYS: Way[] = [
  {
    name: 'load-csv',
    title: 'LOAD CSV in transactions',
    program: ({ tables, csv }) => {
      const file = join(csv, 'statements.json');
      writeFileSync(file, JSON.stringify(tables.map(({ loadCsv }) => loadCsv)));
      return node(join(ROOT, 'dist', 'bench', 'neo4j-run.js'), file);
    },
  },
  {
    name: 'python',
    title: "Neo4j's Python driver, rust-ext",
    program: ({ tables, csv }) => {
      const file = join(csv, 'tables.json');
      writeFileSync(file, JSON.stringify({ batch: BATCH, tables }));
      return { command: python, args: [join(BENCH, 'neo4j-driver.py'), file] };
    },
    missing: () => {
      const rust = "import importlib.metadata as m, neo4j, pyarrow; m.version('neo4j-rust-ext')";
      if (spawnSync(python, ['-c', rust]).status === 0) return undefined;
      return `${python} has no neo4j, neo4j-rust-ext and pyarrow; name another with PYTHON=`;
    },
  },
  {
    name: 'import',
    title: 'neo4j-admin import, offline',
    program: ({ tables, csv }, server) => {
      const options = tables.map(({ name, header, importOption }) => {
        const file = join(csv, `${name}.header`);
        writeFileSync(file, `${header}\n`);
        return `${importOption}${file},${join(csv, csvOf(name))}`;
      });
      const flags = ['--overwrite-destination=true', '--multiline-fields=true'];
      const args = ['database', 'import', 'full', 'neo4j', ...flags, ...options];
      return { ...adminTool(server, args, JVM), cwd: csv };
    },
    isOffline: true,
  },
  {
    name: 'kgload',
    title: 'kgload',
    program: ({ dataset, csv }, { url }) => {
      const args = ['load', resolve(dataset), '--db', url, '--quiet', '--json'];
      return { ...node(join(ROOT, 'bin', 'kgload.js'), ...args), cwd: csv };
    },
    isWhole: true,
  },
];

const flags = new Command('neo4j')
  .option('--dataset <dir...>', 'code graphs of your own', [])
  .option('--rows <list>', 'sizes of synthetic ones', '')
  .option('--only <list>', 'ways', WAYS.map(({ name }) => name).join(','))
  .option('--json <file>', 'write every measurement')
  .parse()
  .opts<Flags>();

neo4jJars();
installPackages();
const results: Result[] = [];
const directory = mkdtempSync(join(tmpdir(), 'kgload-bench-'));
try {
  for (const dataset of flags.dataset) await compare(dataset);
  const wanted = flags.rows === '' && flags.dataset.length === 0 ? '35000,500000' : flags.rows;
  for (const rows of wanted.split(',').filter((one) => one !== '')) {
    const dataset = join(directory, rows);
    const data = join(ROOT, 'dist', 'bench', 'data.js');
    spawnSync(process.execPath, [data, dataset, rows], { stdio: 'inherit' });
    await compare(dataset);
    rmSync(dataset, { recursive: true });
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(results, undefined, 2));

/** Loads a dataset by each way, and prints a table. */
async function compare(dataset: string): Promise<void> {
  const csv = join(directory, 'csv');
  mkdirSync(csv);
  const tables = neo4jTables(dataset);
  const counts = new Map<string, number>();
  const instance = await requireDuckDb().DuckDBInstance.create(':memory:');
  const duckdb = await instance.connect();
  for (const table of tables) counts.set(table.name, await writeCsv(duckdb, table, csv));
  duckdb.closeSync();
  instance.closeSync();
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const lines: string[][] = [];
  for (const way of WAYS.filter(({ name }) => flags.only.split(',').includes(name))) {
    try {
      const reason = way.missing?.();
      if (reason !== undefined) throw new Error(reason);
      const measured = await run(way, { dataset, tables, csv }, counts);
      results.push({ dataset, way: way.name, rows, ...measured });
      lines.push(lineOf(way.title, rows, measured));
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const reason = said.trimEnd().split('\n').at(-1) ?? '';
      process.stdout.write(`${way.title} is left out: ${reason}\n`);
    }
  }
  const title = `${basename(dataset)}, ${formatCount(rows)} rows`;
  const columns = ['wall s', 'server CPU s', 'client CPU s', 'CPU µs a row', 'client peak MB'];
  process.stdout.write(`\n${formatTable([[title, ...columns], null, ...lines]).join('\n')}\n`);
  rmSync(csv, { recursive: true });
}

/** @throws Where the way fails, or rows are missing afterwards. */
async function run(
  way: Way,
  load: Load,
  counts: ReadonlyMap<string, number>,
): Promise<Pick<Result, 'sample' | 'server'>> {
  const server = await runNeo4j({
    jvm: JVM,
    config: {
      'server.memory.pagecache.size': '512m',
      'server.directories.import': load.csv,
      // A backslash is itself, as in every other CSV.
      'dbms.import.csv.legacy_quote_escaping': 'false',
    },
  });
  try {
    const constraints = [
      ...load.tables.flatMap(({ constraint }) => constraint ?? []),
      'CALL db.awaitIndexes()',
    ];
    if (way.isOffline) await server.kill('SIGTERM');
    else if (!way.isWhole) await ask(server, constraints);
    const { url, username, password } = server;
    const program = way.program(load, server);
    const env = { NEO4J_URI: url, NEO4J_USERNAME: username, NEO4J_PASSWORD: password };
    let before = cpuOf(server.pid) ?? 0;
    const { sample } = await measure({ ...program, env: { ...env, ...program.env } });
    if (way.isOffline) {
      await server.restart();
      before = cpuOf(server.pid) ?? 0;
      const began = performance.now();
      await ask(server, constraints);
      sample.wall += (performance.now() - began) / 1000;
    }
    const cpu = (cpuOf(server.pid) ?? 0) - before;
    const found = await ask(
      server,
      load.tables.map(({ count }) => count),
    );
    for (const [i, { name }] of load.tables.entries()) {
      if (found[i] === counts.get(name)) continue;
      throw new Error(`${name} has ${String(found[i])} rows, its file ${String(counts.get(name))}`);
    }
    return { sample, server: cpu };
  } finally {
    await server.stop();
  }
}

/** Runs statements: of each the number `n` of its first row. */
async function ask(
  { url, username, password }: Neo4jServer,
  statements: readonly string[],
): Promise<(number | undefined)[]> {
  const driver = neo4j.driver(url, neo4j.auth.basic(username, password));
  const session = driver.session();
  const answers: (number | undefined)[] = [];
  try {
    for (const statement of statements) {
      const [first] = (await session.run(statement)).records;
      answers.push(first?.has('n') ? Number(first.get('n')) : undefined);
    }
  } finally {
    await driver.close();
  }
  return answers;
}

function lineOf(
  title: string,
  rows: number,
  { sample, server }: Pick<Result, 'sample' | 'server'>,
) {
  const { wall, cpu = NaN, peakRss = NaN } = sample;
  return [
    title,
    wall.toFixed(1),
    server.toFixed(1),
    cpu.toFixed(1),
    (((server + cpu) / rows) * 1e6).toFixed(1),
    (peakRss / 1e6).toFixed(0),
  ];
}

function node(...args: string[]): Program {
  return { command: process.execPath, args };
}
