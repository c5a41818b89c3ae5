/**
 * How long an update takes, and how the file grows: `node dist/bench/update.js --help`. Against a
 * database that is built anew of the same dataset, with some of the rows changed: of nodes a number or
 * a text, of edges a number, so that one goes and another comes.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { installPackages, requireDuckDb, ROOT, type DuckDbConnection } from './packages.js';
import { summarize } from './statistics.js';

interface Flags {
  rows: string;
  shares: string;
  engines: string;
  runs: string;
  updates: string;
  near: boolean;
}

const KGLOAD = join(ROOT, 'bin', 'kgload.js');

/** The column that changes, and how; edges without a number stay. */
const CHANGES: Record<string, Record<string, string>> = {
  files: { content_hash: "content_hash || '0'" },
  functions: { start_line: 'start_line + 1', source_code: "source_code || ' # changed'" },
  classes: { start_line: 'start_line + 1' },
  variables: { definition_line: 'definition_line + 1' },
  imports: { line_number: 'line_number + 1' },
  decorators: { line_number: 'line_number + 1' },
  attributes: { definition_line: 'definition_line + 1' },
  exceptions: { line_number: 'line_number + 1' },
  references: { line_number: 'line_number + 1' },
  accesses: { line_number: 'line_number + 1' },
  handles_exception: { line_number: 'line_number + 1' },
  calls: { line_number: 'line_number + 1' },
};

const flags = new Command()
  .option('--rows <list>', 'sizes of datasets', '35000,500000,3500000')
  .option('--shares <list>', 'shares of the rows that change', '0,0.001,0.01,0.1,1')
  .option('--engines <list>', 'kuzu, ladybug', 'kuzu,ladybug')
  .option('--runs <n>', 'the median of so many', '3')
  .option('--updates <n>', 'then so many updates of 1 % one after the other', '10')
  .option('--near', 'rows that change are neighbours, a thousand at a time, as those of a file are')
  .parse()
  .opts<Flags>();

installPackages();
const instance = await requireDuckDb().DuckDBInstance.create(':memory:');
const duckdb = await instance.connect();
await duckdb.run(`SET memory_limit = '2GB'`);
const directory = mkdtempSync(join(tmpdir(), 'kgload-update-'));
try {
  for (const rows of flags.rows.split(',')) {
    const dataset = join(directory, rows);
    spawnSync(process.execPath, [join(ROOT, 'dist', 'bench', 'data.js'), dataset, rows], {
      stdio: 'inherit',
    });
    const changed = new Map<string, string>();
    for (const share of flags.shares.split(',')) {
      const path = Number(share) === 0 ? dataset : join(directory, `${rows}-${share}`);
      if (path !== dataset) await change(duckdb, dataset, path, Number(share), 1);
      changed.set(share, path);
    }
    for (const engine of flags.engines.split(',')) await measure(engine, rows, dataset, changed);
    for (const path of changed.values()) rmSync(path, { recursive: true, force: true });
  }
} finally {
  duckdb.closeSync();
  instance.closeSync();
  rmSync(directory, { recursive: true, force: true });
}

async function measure(
  engine: string,
  rows: string,
  dataset: string,
  changed: ReadonlyMap<string, string>,
): Promise<void> {
  const base = join(directory, 'base.db');
  const db = join(directory, 'graph.db');
  load(dataset, base, engine, ['--fresh']);
  print(`\n${engine}, ${rows} rows\n`);
  print('| changed | update | --fresh | update/fresh | file after | fresh file |');
  print('| ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [share, path] of changed) {
    const [updates, anew]: [number[], number[]] = [[], []];
    let [bytes, freshBytes] = [0, 0];
    for (let run = 0; run < Number(flags.runs); run += 1) {
      rmSync(db, { force: true });
      anew.push(load(path, db, engine, ['--fresh']));
      freshBytes = statSync(db).size;
      copyFileSync(base, db);
      updates.push(load(path, db, engine, ['--update', '--delete-missing']));
      bytes = statSync(db).size;
    }
    const [update, fresh] = [summarize(updates).median, summarize(anew).median];
    print(
      `| ${Number(share) * 100} % | ${update.toFixed(2)} s | ${fresh.toFixed(2)} s | ${(update / fresh).toFixed(2)} | ${mb(bytes)} | ${mb(freshBytes)} |`,
    );
  }
  await repeat(engine, dataset, base, db);
  rmSync(db, { force: true });
}

/** Updates one after the other, and how the file grows. */
async function repeat(engine: string, dataset: string, base: string, db: string): Promise<void> {
  if (Number(flags.updates) === 0) return;
  copyFileSync(base, db);
  const sizes = [mb(statSync(db).size)];
  const seconds: string[] = [];
  let last = dataset;
  for (let i = 0; i < Number(flags.updates); i += 1) {
    const next = join(directory, `step${i}`);
    await change(duckdb, last, next, 0.01, i + 2);
    if (last !== dataset) rmSync(last, { recursive: true, force: true });
    last = next;
    seconds.push(load(next, db, engine, ['--update', '--delete-missing']).toFixed(2));
    sizes.push(mb(statSync(db).size));
  }
  if (last !== dataset) rmSync(last, { recursive: true, force: true });
  print(
    `\n${flags.updates} updates of 1 %: ${seconds.join(', ')} s; the file: ${sizes.join(', ')}`,
  );
}

/** Runs kgload, and says how long the load took, the start of the process not counted. */
function load(dataset: string, db: string, engine: string, how: string[]): number {
  const args = [
    KGLOAD,
    'load',
    dataset,
    '--db',
    db,
    '--json',
    '--quiet',
    '--engine',
    engine,
    ...how,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const report = JSON.parse(stdout || '{}') as { total_time?: number; published?: boolean };
  if (status !== 0 || report.published !== true) throw new Error(`kgload failed: ${stderr}`);
  return report.total_time ?? 0;
}

/** Writes a dataset of which so many rows are changed. */
async function change(
  connection: DuckDbConnection,
  from: string,
  to: string,
  share: number,
  seed: number,
): Promise<void> {
  for (const part of ['nodes', 'edges']) {
    mkdirSync(join(to, part), { recursive: true });
    for (const name of readdirSync(join(from, part))) {
      const columns = CHANGES[basename(name, '.parquet')] ?? {};
      const block = flags.near ? '// 1000' : '';
      const isChanged = `(hash(file_row_number ${block}, ${seed}) % 1000000) < ${share * 1e6}`;
      const replaced = Object.entries(columns).map(
        ([column, value]) => `CASE WHEN ${isChanged} THEN ${value} ELSE ${column} END AS ${column}`,
      );
      const list = replaced.length > 0 ? ` REPLACE (${replaced.join(', ')})` : '';
      await connection.run(
        `COPY (SELECT * EXCLUDE file_row_number${list} FROM read_parquet('${join(from, part, name)}', file_row_number = true))
         TO '${join(to, part, name)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
      );
    }
  }
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
