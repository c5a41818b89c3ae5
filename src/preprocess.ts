/** Rewriting Parquet files so that they hold what the schema wants and nothing else. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ParquetWriter as Writer } from '@dsnp/parquetjs';
import { codeGraph } from './codegraph.js';
import { conversionOf } from './conversion.js';
import { readDataset } from './dataset.js';
import { KgloadError, messageOf, systemCode } from './errors.js';
import { readFooter, type Column } from './parquet.js';
import { ENDPOINT_COLUMNS, findColumn, propertyColumns } from './plan.js';
import type { GraphSchema, LoadEvent, NodeTable, Problem, RelTable } from './types.js';

export interface PreprocessOptions {
  /** Default: the built-in code graph. */
  schema?: GraphSchema;
  onEvent?: (event: LoadEvent) => void;
  clock?: () => number;
}

/** What became of one file. */
export interface PreprocessedFile {
  table: string;
  file: string;
  rows: number;
  kept: string[];
  dropped: string[];
}

export interface PreprocessReport {
  files: PreprocessedFile[];
  warnings: Problem[];
}

interface Job {
  table: NodeTable | RelTable;
  source: string;
  /** Under the destination. */
  name: string;
  rows: number;
  /** Columns of the source, in the schema's order, with the type that they get. */
  columns: { name: string; type: string }[];
  dropped: string[];
}

/** COPY scans row groups in parallel; 20 thousand rows keep all cores at work. */
const ROWS_PER_GROUP = 20_000;

const WRITTEN_TYPES: Record<string, 'UTF8' | 'INT64' | 'BOOLEAN'> = {
  STRING: 'UTF8',
  INT64: 'INT64',
  BOOLEAN: 'BOOLEAN',
};

/**
 * Rewrites a file, or every file of a dataset directory, with the columns of its table alone.
 * The result is written beside the destination and renamed into place.
 *
 * @throws {KgloadError} `ENOENT`, `DATASET_LAYOUT`, `COLUMN_MISSING`, `COLUMN_TYPE`,
 *   `PARQUET_UNREADABLE`, `TARGET_UNWRITABLE`; the destination is then as it was.
 */
export async function preprocess(
  source: string,
  destination: string,
  options: PreprocessOptions = {},
): Promise<PreprocessReport> {
  const { schema = codeGraph } = options;
  const stat = statSync(source, { throwIfNoEntry: false });
  if (!stat) {
    throw new KgloadError({ code: 'ENOENT', message: `${source} does not exist`, file: source });
  }
  return stat.isDirectory()
    ? await preprocessDataset(source, destination, schema, options)
    : await preprocessFile(source, destination, tableOfFile(source, schema), options);
}

/** Rewrites one file with the columns of a table; see {@link preprocess}. */
export async function preprocessFile(
  source: string,
  destination: string,
  table: NodeTable | RelTable,
  options: PreprocessOptions = {},
): Promise<PreprocessReport> {
  const job = planJob(table, source, basename(destination));
  checkFileDestination(destination);
  const files = await runJobs([job], dirname(resolve(destination)), options, (built) => {
    renameSync(join(built, job.name), destination);
  });
  return { files, warnings: [] };
}

async function preprocessDataset(
  source: string,
  destination: string,
  schema: GraphSchema,
  options: PreprocessOptions,
): Promise<PreprocessReport> {
  const dataset = readDataset(source, schema);
  const warnings: Problem[] = dataset.unknown.map((name) => ({
    code: 'FILE_UNKNOWN',
    file: name,
    message: `${name} belongs to no table of the schema and is left out`,
  }));
  for (const warning of warnings) options.onEvent?.({ type: 'warned', warning });
  const jobs = [...schema.nodes, ...schema.edges].flatMap((table) => {
    const file = dataset.files.get(table.name);
    return file ? [planJob(table, file.path, file.name)] : [];
  });
  checkDirectoryDestination(destination);
  const files = await runJobs(jobs, dirname(resolve(destination)), options, (built) => {
    renameSync(built, destination);
  });
  return { files, warnings };
}

function tableOfFile(source: string, schema: GraphSchema): NodeTable | RelTable {
  const tables = [...schema.nodes, ...schema.edges];
  const stem = basename(source).replace(/\.parquet$/, '');
  const table = tables.find(({ file }) => file === stem);
  if (table) return table;
  throw new KgloadError({
    code: 'USAGE',
    message: `${basename(source)} belongs to no table of the schema, which reads ${tables
      .map(({ file }) => `${file}.parquet`)
      .join(', ')}`,
    file: source,
    hint: 'name the file after its table',
  });
}

function planJob(table: NodeTable | RelTable, source: string, name: string): Job {
  const footer = readFooter(source);
  const required: { names: readonly string[]; type: string }[] = [
    ...('from' in table ? ENDPOINT_COLUMNS.map((names) => ({ names, type: 'STRING' })) : []),
    ...table.properties.map((property) => ({
      names: propertyColumns(property),
      type: property.type,
    })),
  ];
  const columns = required.map(({ names, type }) => {
    const column = findColumn(names, footer.columns);
    if (!column) throw missingColumn(names, source, table, footer.columns);
    if (!WRITTEN_TYPES[type] || conversionOf(column, type) !== 'exact')
      throw unfitColumn(column, type, source, table);
    return { name: column.name, type };
  });
  const kept = new Set(columns.map((column) => column.name));
  const dropped = footer.columns.map((column) => column.name).filter((column) => !kept.has(column));
  return { table, source, name, rows: footer.rows, columns, dropped };
}

function missingColumn(
  names: readonly string[],
  source: string,
  table: NodeTable | RelTable,
  columns: readonly Column[],
): KgloadError {
  return new KgloadError({
    code: 'COLUMN_MISSING',
    table: table.name,
    file: source,
    message: `${source} has no column ${names.join(' or ')}; it has ${columns
      .map((column) => column.name)
      .join(', ')}`,
    hint: 'export the file with that column',
  });
}

function unfitColumn(
  column: Column,
  type: string,
  source: string,
  table: NodeTable | RelTable,
): KgloadError {
  return new KgloadError({
    code: 'COLUMN_TYPE',
    table: table.name,
    file: source,
    message: `the column ${column.name} of ${source} is ${column.type}, which does not become ${type}`,
    hint: `export it as ${type}`,
  });
}

/** Writes the files into a new directory beside the destination, then moves them there. */
async function runJobs(
  jobs: readonly Job[],
  parent: string,
  options: PreprocessOptions,
  move: (built: string) => void,
): Promise<PreprocessedFile[]> {
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  let scratch: string;
  try {
    scratch = mkdtempSync(join(parent, '.kgload-'));
  } catch (error) {
    throw unwritable(parent, error);
  }
  try {
    onEvent({ type: 'staged', directory: scratch });
    onEvent({
      type: 'planned',
      tables: jobs.map(({ table, rows }) => ({ table: table.name, kind: kindOf(table), rows })),
    });
    const built = join(scratch, 'built');
    mkdirSync(built);
    for (const part of ['nodes', 'edges']) {
      if (jobs.some(({ name }) => dirname(name) === part)) mkdirSync(join(built, part));
    }
    const files: PreprocessedFile[] = [];
    for (const job of jobs) {
      const table = job.table.name;
      const start = clock();
      onEvent({ type: 'started', table, kind: kindOf(job.table), file: job.name, rows: job.rows });
      await rewrite(job, join(built, job.name), (rows) => {
        onEvent({ type: 'progress', table, rows });
      });
      const seconds = (clock() - start) / 1000;
      onEvent({
        type: 'finished',
        table,
        kind: kindOf(job.table),
        rows: job.rows,
        seconds,
        skipped: 0,
      });
      const kept = job.columns.map((column) => column.name);
      files.push({ table, file: job.name, rows: job.rows, kept, dropped: job.dropped });
    }
    try {
      move(built);
    } catch (error) {
      throw unwritable(parent, error);
    }
    return files;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Decodes with hyparquet, writes with parquetjs, row group by row group. */
async function rewrite(
  job: Job,
  destination: string,
  onProgress: (rows: number) => void,
): Promise<void> {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects }, { compressors }] =
    await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  const { ParquetSchema, ParquetWriter } = await import('@dsnp/parquetjs');
  const schema = new ParquetSchema(
    Object.fromEntries(
      job.columns.map(({ name, type }) => [
        name,
        { type: WRITTEN_TYPES[type] ?? 'UTF8', optional: true, compression: 'SNAPPY' as const },
      ]),
    ),
  );
  const file = await asyncBufferFromFile(job.source);
  const metadata = await parquetMetadataAsync(file);
  const writer: Writer = await ParquetWriter.openFile(schema, destination);
  writer.setRowGroupSize(ROWS_PER_GROUP);
  const columns = job.columns.map(({ name }) => name);
  let rowStart = 0;
  try {
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await parquetReadObjects({
        file,
        metadata,
        compressors,
        columns,
        rowStart,
        rowEnd,
      });
      for (const row of rows) await writer.appendRow(row);
      rowStart = rowEnd;
      onProgress(rowStart);
    }
  } catch (error) {
    throw new KgloadError(
      {
        code: 'PARQUET_UNREADABLE',
        table: job.table.name,
        file: job.source,
        message: `${job.source} cannot be decoded: ${messageOf(error)}`,
      },
      { cause: error },
    );
  } finally {
    await writer.close();
  }
  const handle = openSync(destination, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function kindOf(table: NodeTable | RelTable): 'node' | 'edge' {
  return 'from' in table ? 'edge' : 'node';
}

/** Only a Parquet file is overwritten. */
function checkFileDestination(destination: string): void {
  const stat = statSync(destination, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) {
    throw inTheWay(destination, 'is a directory', 'give a file to write to');
  }
  try {
    readFooter(destination);
  } catch {
    throw inTheWay(destination, 'exists and is no Parquet file', 'give another path');
  }
}

function checkDirectoryDestination(destination: string): void {
  if (!existsSync(destination)) return;
  if (statSync(destination).isDirectory() && readdirSync(destination).length === 0) return;
  throw inTheWay(destination, 'exists already', 'give the path of a new directory');
}

function inTheWay(destination: string, what: string, hint: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `${destination} ${what}; it is left as it is`,
    file: destination,
    hint,
  });
}

function unwritable(directory: string, error: unknown): KgloadError {
  return new KgloadError(
    {
      code: 'TARGET_UNWRITABLE',
      message: `${directory} cannot be written: ${systemCode(error) ?? messageOf(error)}`,
      file: directory,
    },
    { cause: error },
  );
}
