/** The library: what the command line does, for programs. */
import { codeGraph } from './codegraph.js';
import { readDataset } from './dataset.js';
import { KgloadError } from './errors.js';
import { DependencyGraph } from './graph.js';
import { loadDatabase, loadDataset, type LoadOptions } from './load.js';
import { preprocessFile, type PreprocessedFile, type PreprocessReport } from './preprocess.js';
import { withReadable } from './readable.js';
import { createTables, type CreatedTables } from './schema.js';
import { drive, driveSync } from './steps.js';
import type { Connection, GraphSchema, LoadReport } from './types.js';

export { codeGraph, DependencyGraph, KgloadError };
export type { CreatedTables, LoadOptions, PreprocessedFile, PreprocessReport };
export type * from './types.js';

/**
 * Loads a dataset over a connection that the caller opened, and leaves it open.
 *
 * @param connection - Kuzu's own `Connection`, or anything with its `query` and `querySync`.
 * @param directory - A dataset: `nodes/*.parquet` and `edges/*.parquet`.
 * @returns Rows and seconds of every table, and every error and warning.
 * @throws {KgloadError} When the load is refused before any data: `ENOENT`, `DATASET_LAYOUT`,
 *   `SCHEMA_MISMATCH`, `TARGET_NOT_EMPTY`.
 * @example
 * ```ts
 * const report = await loadFromParquet(connection, 'data/parquet');
 * console.log(`${report.totalNodes} nodes in ${report.totalTime} s`);
 * ```
 */
export async function loadFromParquet(
  connection: Connection,
  directory: string,
  options: LoadOptions = {},
): Promise<LoadReport> {
  const { schema = codeGraph } = options;
  return await withReadable(readDataset(directory, schema), options, (dataset, loadOptions) =>
    drive(loadDataset(connection, dataset, loadOptions), { bindFirst: true }),
  );
}

/**
 * Creates or opens the database at a path, loads a dataset and closes it; blocks until done. Files
 * that the engine can't read fail their tables, since rewriting them can't block: see `kgload
 * preprocess`.
 *
 * @param options - `createNew` (the default) replaces a database that is there, once the load is
 *   complete.
 * @throws {KgloadError} As {@link loadFromParquet}, and `TARGET_LOCKED`, `TARGET_NOT_A_DATABASE`,
 *   `TARGET_UNWRITABLE`.
 * @example
 * ```ts
 * const { totalNodes, errors } = loadFromParquetSync('graph.db', 'data/parquet');
 * ```
 */
export function loadFromParquetSync(
  databasePath: string,
  directory: string,
  { createNew = true, ...options }: LoadOptions & { createNew?: boolean } = {},
): LoadReport {
  const dataset = readDataset(directory, options.schema ?? codeGraph);
  return driveSync(loadDatabase(databasePath, dataset, { ...options, fresh: createNew }));
}

/**
 * Creates the tables of the schema that the database lacks.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH` when a table is there with other columns.
 * @example
 * ```ts
 * await createSchema(connection);
 * ```
 */
export async function createSchema(
  connection: Connection,
  schema: GraphSchema = codeGraph,
): Promise<CreatedTables> {
  return await drive(createTables(connection, schema));
}

/**
 * Rewrites a `files.parquet` with the columns `path`, `language` and `content_hash` alone.
 *
 * @throws {KgloadError} `ENOENT`, `COLUMN_MISSING`, `PARQUET_UNREADABLE`, `TARGET_UNWRITABLE`.
 * @example
 * ```ts
 * await preprocessFilesParquet('nodes/files.parquet', 'clean/files.parquet');
 * ```
 */
export async function preprocessFilesParquet(
  source: string,
  destination: string,
): Promise<PreprocessReport> {
  const table = codeGraph.nodes.find(({ name }) => name === 'File');
  if (!table) throw new Error('the built-in schema has no table File');
  return await preprocessFile(source, destination, table);
}
