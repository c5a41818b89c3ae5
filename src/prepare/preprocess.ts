/** Rewriting files and datasets so that they load, and load fast. */
import { copyFileSync, existsSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type DatasetFile,
  INDEX_FILE,
  parquetStem,
  readDataset,
  SCHEMA_FILE,
} from '../dataset/dataset.js';
import {
  buildBeside,
  checkDirectoryDestination,
  inTheWay,
  moveInto,
  noPath,
} from '../dataset/destination.js';
import { readFooter } from '../dataset/footer.js';
import { rewrite, type RewriteSource } from '../dataset/rewrite.js';
import { type RewrittenColumn, writtenAs } from '../dataset/written.js';
import { KgloadError } from '../errors.js';
import { entryAt, onDisk } from '../files.js';
import { listNames } from '../format.js';
import type { Column } from '../model/column.js';
import { pairFileNames } from '../model/names.js';
import { kindOf } from '../model/tables.js';
import { mapColumns } from '../plan/columns.js';
import { labelColumns } from '../plan/pairs.js';
import { warnOfFiles } from '../plan/plan.js';
import { convert } from '../plan/conversion.js';
import { rewritingOf } from '../plan/rewriting.js';
import { decodingWeight } from '../plan/weights.js';
import { beginStep } from '../steps.js';
import type { GraphSchema, LoadEvent, NodeTable, Problem, RelTable } from '../types.js';

export interface PreprocessOptions {
  schema: GraphSchema;
  /** Keep the columns that the schema does not have. */
  keepExtra?: boolean;
  onEvent?: (event: LoadEvent) => void;
  clock?: () => number;
}

/** What became of one file. */
export interface PreprocessedFile {
  /** The table of the schema that it fills. */
  table: string;
  /** Where it was written. */
  file: string;
  /** All of the source's. */
  rows: number;
  /** Columns that are in it. */
  kept: string[];
  /** Columns of the source that the schema does not have. */
  dropped: string[];
  /** Columns that have another type now: `price: INT64 DECIMAL(9, 2) as text`. */
  converted: string[];
}

/** What preprocessing did. */
export interface PreprocessReport {
  /** One for every file that was written. */
  files: PreprocessedFile[];
  /** What may be meant: properties without a column, … */
  warnings: Problem[];
}

interface Job {
  table: NodeTable | RelTable;
  sources: RewriteSource[];
  /** Under the destination. */
  name: string;
  rows: number;
  /** Of their columns' values, in the sources. */
  bytes: number;
  dropped: string[];
  /** Properties that a source has no column for. */
  missing: string[];
}

/**
 * Rewrites a file, or every table of a dataset directory, with the columns of the schema. The
 * result is written beside the destination and renamed into place.
 *
 * @throws {KgloadError} `ENOENT`, `DATASET_LAYOUT`, `COLUMN_MISSING`, `COLUMN_TYPE`,
 *   `PARQUET_UNREADABLE`, `TARGET_UNWRITABLE`; the destination is then as it was.
 */
export async function preprocess(
  source: string,
  destination: string,
  options: PreprocessOptions,
): Promise<PreprocessReport> {
  const { schema } = options;
  const stat = sourceStat(source);
  if (!stat) {
    throw new KgloadError({ code: 'ENOENT', message: `${source} does not exist`, file: source });
  }
  return stat.isDirectory()
    ? await preprocessDataset(source, destination, schema, options)
    : await preprocessFile(source, destination, tableOfFile(source, schema), options);
}

function sourceStat(source: string): Stats | undefined {
  if (source === '') throw noPath('read');
  return onDisk(() => statSync(source, { throwIfNoEntry: false }), `${source} cannot be read`);
}

/** Rewrites one file with the columns of a table, all of which it must have. */
export async function preprocessFile(
  source: string,
  destination: string,
  table: NodeTable | RelTable,
  options: PreprocessOptions,
): Promise<PreprocessReport> {
  const { schema } = options;
  const file = { path: source, name: source, footer: readFooter(source), partition: {} };
  const warnings: Problem[] = [];
  const job = planJob(table, schema, [file], basename(destination), options, warnings);
  const [missing] = job.missing;
  if (missing !== undefined) {
    throw new KgloadError({
      code: 'COLUMN_MISSING',
      table: table.name,
      file: source,
      message: `${source} has no column ${missing}; it has ${listNames(
        file.footer.columns.map(({ name }) => name),
      )}`,
      hint: 'export the file with that column',
    });
  }
  checkFileDestination(destination);
  const files = await runJobs([job], destination, options, (built) => {
    // Looked at again: what came there meanwhile is nobody's to overwrite.
    const replace = checkFileDestination(destination);
    moveInto(join(built, job.name), destination, { replace });
  });
  return { files, warnings };
}

async function preprocessDataset(
  source: string,
  destination: string,
  schema: GraphSchema,
  options: PreprocessOptions,
): Promise<PreprocessReport> {
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  const dataset = readDataset(source, schema, { onEvent, clock });
  const warnings = warnOfFiles(dataset);
  const jobs = [...schema.nodes, ...schema.edges].flatMap((table) => {
    const found = dataset.tables.get(table.name);
    if (!found) return [];
    if (found.error) throw new KgloadError({ ...found.error, table: table.name });
    return outputsOf(table, found.files).map(({ name, files }) =>
      planJob(table, schema, files, name, options, warnings),
    );
  });
  for (const warning of warnings) onEvent({ type: 'warned', warning });
  checkDirectoryDestination(destination);
  const files = await runJobs(jobs, destination, options, (built) => {
    for (const part of ['nodes', 'edges']) mkdirSync(join(built, part), { recursive: true });
    for (const name of [SCHEMA_FILE, INDEX_FILE]) {
      const own = join(source, name);
      if (existsSync(own)) copyFileSync(own, join(built, name));
    }
    moveInto(built, destination);
  });
  return { files, warnings };
}

/** The files that a table is written into: one, or one for every pair of node tables that has its own. */
function outputsOf(
  table: NodeTable | RelTable,
  files: readonly DatasetFile[],
): { name: string; files: DatasetFile[] }[] {
  if (!('from' in table)) return [{ name: `nodes/${table.file}.parquet`, files: [...files] }];
  const outputs = new Map<string, DatasetFile[]>();
  for (const file of files) {
    const stem = (file.pair && pairFileNames(table, file.pair)[0]) ?? table.file;
    const name = `edges/${stem}.parquet`;
    outputs.set(name, [...(outputs.get(name) ?? []), file]);
  }
  return [...outputs].map(([name, list]) => ({ name, files: list }));
}

function tableOfFile(source: string, schema: GraphSchema): NodeTable | RelTable {
  const tables = [...schema.nodes, ...schema.edges];
  const stem = parquetStem(basename(source)) ?? basename(source);
  const table = tables.find(({ file }) => file === stem);
  if (table) return table;
  throw new KgloadError({
    code: 'USAGE',
    message: `${basename(source)} belongs to no table of the schema, which reads ${listNames(
      tables.map(({ file }) => `${file}.parquet`),
    )}`,
    file: source,
    hint: 'name the file after its table',
  });
}

function planJob(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  files: readonly DatasetFile[],
  name: string,
  { keepExtra = false }: PreprocessOptions,
  warnings: Problem[],
): Job {
  const job: Job = { table, sources: [], name, rows: 0, bytes: 0, dropped: [], missing: [] };
  for (const file of files) {
    if ('code' in file.footer) throw new KgloadError({ ...file.footer, table: table.name });
    const { footer } = file;
    const { used, missing, inDirectories } = mapColumns(table, schema, file, footer);
    if (inDirectories.length > 0) {
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        table: table.name,
        file: file.name,
        message: `${file.name} has columns of ${table.name} in the names of its directories (${Object.keys(file.partition).join(', ')}), which are not rewritten`,
        hint: 'load the dataset as it is: kgload load takes them',
      });
    }
    const sourceColumns = used.map(({ column, type, mayRound }) =>
      writable(rewritingOf(column, type, mayRound), column, table, file),
    );
    const taken = new Set(used.map(({ column }) => column));
    const extra = footer.columns.filter((column) => !taken.has(column));
    const labels = 'from' in table && table.pairs && !file.pair ? labelColumns(footer) : [];
    const kept = extra.flatMap((column) => {
      if (!keepExtra && !labels.includes(column)) return [];
      const rewriting = rewritingOf(column);
      return rewriting && isTyped(rewriting) ? [rewriting] : [];
    });
    job.dropped.push(
      ...extra
        .filter((column) => !kept.some((other) => other.column === column))
        .map((column) => column.name),
    );
    job.missing.push(...missing);
    for (const column of missing) {
      warnings.push({
        code: 'COLUMN_MISSING',
        table: table.name,
        file: file.name,
        message: `${file.name} has no column ${column}`,
      });
    }
    job.sources.push({ path: file.path, columns: [...sourceColumns, ...kept] });
    job.rows += footer.rows;
    job.bytes += footer.dataBytes;
  }
  return { ...job, dropped: [...new Set(job.dropped)], sources: alike(job.sources, files, table) };
}

/** Whether values are written as what they are, not as the engine's text of them. */
function isTyped({ nested }: RewrittenColumn): boolean {
  return nested?.type !== 'STRING';
}

function writable(
  rewriting: RewrittenColumn | undefined,
  { name, type }: Column,
  table: NodeTable | RelTable,
  file: DatasetFile,
): RewrittenColumn {
  if (rewriting && isTyped(rewriting)) return rewriting;
  throw new KgloadError({
    code: 'COLUMN_TYPE',
    table: table.name,
    file: file.name,
    message: `${file.name}: the column ${name} is ${type}, which cannot be written so that the engine reads it`,
    hint: 'load the dataset as it is: kgload load takes it',
  });
}

/** Part files go into one, and so must have the same columns; their order does not matter. */
function alike(
  sources: readonly RewriteSource[],
  files: readonly DatasetFile[],
  table: NodeTable | RelTable,
): RewriteSource[] {
  const first = sources[0]?.columns ?? [];
  return sources.map((source, i) => {
    const columns = first.map((like) =>
      source.columns.find(
        (other) => other.column.name === like.column.name && writtenAs(other) === writtenAs(like),
      ),
    );
    const same = columns.filter((column) => column !== undefined);
    if (same.length === first.length && same.length === source.columns.length) {
      return { ...source, columns: same };
    }
    throw new KgloadError({
      code: 'COLUMN_TYPE',
      table: table.name,
      file: files[i]?.name ?? source.path,
      message: `${files[i]?.name ?? source.path} has other columns or types than ${files[0]?.name ?? ''}, and cannot be written into one file with it`,
      hint: 'load the dataset as it is: kgload load takes part files that differ',
    });
  });
}

/** Writes the files into a new directory beside the destination, then moves them there. */
async function runJobs(
  jobs: readonly Job[],
  destination: string,
  options: PreprocessOptions,
  move: (built: string) => void,
): Promise<PreprocessedFile[]> {
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  return await buildBeside(destination, onEvent, async (built) => {
    onEvent({
      type: 'planned',
      tables: jobs.map(({ table, rows, bytes, sources }) => ({
        table: table.name,
        kind: kindOf(table),
        rows,
        weight: decodingWeight(rows, sources[0]?.columns.length ?? 0, bytes),
      })),
    });
    const files: PreprocessedFile[] = [];
    for (const job of jobs) {
      const table = job.table.name;
      const kind = kindOf(job.table);
      const start = clock();
      onEvent({ type: 'started', table, kind, file: job.name, rows: job.rows, ignored: {} });
      mkdirSync(dirname(join(built, job.name)), { recursive: true });
      const rows = await rewrite(job.sources, join(built, job.name), (done) => {
        onEvent({ type: 'progress', table, rows: done });
      });
      const seconds = (clock() - start) / 1000;
      onEvent({ type: 'finished', table, kind, rows, seconds, skipped: 0 });
      const columns = job.sources[0]?.columns ?? [];
      files.push({
        table,
        file: job.name,
        rows,
        kept: columns.map(({ column }) => column.name),
        dropped: job.dropped,
        converted: columns.flatMap(describeConversion),
      });
    }
    const step = beginStep({ onEvent, clock }, 'publish');
    move(built);
    step.end();
    return files;
  });
}

/** What the engine would not have read as what it is. */
function describeConversion({ column, nested }: RewrittenColumn): string[] {
  const { name, type, meaning, engineType } = column;
  if (nested && convert(column, nested.type).how === 'rewrite') {
    return [`${name}: ${type} as ${nested.type}`];
  }
  switch (meaning.is) {
    case 'decimal':
    case 'time':
    case 'uuid':
      return [`${name}: ${type} as text`];
    case 'timestamp':
      return engineType === 'TIMESTAMP' ? [] : [`${name}: ${type} as TIMESTAMP(MICROS)`];
    case 'float':
      return meaning.bits === 16 ? [`${name}: ${type} as DOUBLE`] : [];
    default:
      return [];
  }
}

/** Only a Parquet file is overwritten; says whether there is one. */
function checkFileDestination(destination: string): boolean {
  if (destination === '') throw noPath('written');
  const stat = entryAt(destination);
  if (!stat) return false;
  if (stat.isDirectory()) {
    throw inTheWay(destination, 'is a directory', 'give a file to write to');
  }
  try {
    readFooter(destination);
  } catch {
    throw inTheWay(destination, 'exists and is no Parquet file', 'give another path');
  }
  return true;
}
