/** The functions of the library. */
import { isServerUrl } from './bolt/address.js';
import { type CreatedTables, createTables } from './database/create.js';
import { type Dataset, readDataset } from './dataset/dataset.js';
import { loadDecoder } from './dataset/rows.js';
import { withConnection } from './engine/callers.js';
import { drive, driveSync, type Steps } from './engine/drive.js';
import { type ExportOptions, type ExportReport, exportSteps } from './export.js';
import type { DryRunReport } from './load/dryrun.js';
import { loadDataset } from './load/load.js';
import { codeGraph } from './model/codegraph.js';
import {
  checkConnection,
  checkedSchema,
  checkLoadOptions,
  checkOptions,
  checkPathLoadOptions,
  checkTexts,
  requestByPath,
  requestOf,
} from './options.js';
import type { LoadRequest } from './plan/request.js';
import { preprocess, preprocessFile, type PreprocessReport } from './prepare/preprocess.js';
import { withReadable } from './prepare/readable.js';
import { resolveSchema, whenInferable } from './schema/choose.js';
import { chooseSchema } from './schema/file.js';
import * as either from './server/either.js';
import { checkServer, loadIntoServer } from './server/load.js';
import type {
  Connection,
  DatabaseStats,
  EngineName,
  GraphSchema,
  LoadOptions,
  LoadReport,
  PathLoadOptions,
  PreprocessDatasetOptions,
  Resources,
  ServerAccess,
  UpdateOptions,
  VerifyReport,
} from './types.js';
import { checkLoadOrUpdate, loadOrUpdate } from './update/update.js';
import type { VerifyOptions } from './verify/verify.js';

/**
 * Loads a dataset over a connection that the caller opened, and leaves it open.
 *
 * @param connection - Kuzu's or Ladybug's own `Connection`, or anything with its `query` and `querySync`.
 * @param directory - A dataset: `nodes/*.parquet` and `edges/*.parquet`, or an exported database.
 * @returns Rows and seconds of every table, and every error and warning.
 * @throws {KgloadError} When the load is refused before any data: `ENOENT`, `DATASET_LAYOUT`,
 *   `SCHEMA_MISMATCH`, `SCHEMA_INVALID`, `SCHEMA_AMBIGUOUS`, `TARGET_NOT_EMPTY`, `NOTHING_TO_LOAD`;
 *   `UNDO_UNSAFE` for an append that the engine could not undo (load by path instead);
 *   `CONNECTION_BUSY`, `TRANSACTION_OPEN`; `USAGE` for options that are none.
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
  checkConnection(connection);
  checkTexts({ 'the path of the dataset': directory });
  checkLoadOptions(options, false);
  return await withConnection(connection, async () => {
    const request = await whenInferable(options.schema, directory, (files) =>
      drive(requestOf(directory, options, files)),
    );
    const { schema, hooks } = request;
    const found = readDataset(directory, schema, hooks);
    return await withReadable(found, schema, hooks, (dataset) =>
      drive(loadDataset(connection, dataset, request), { bindFirst: true }),
    );
  });
}

/**
 * Creates or opens the database at a path, loads a dataset and closes it; blocks until done. Files
 * that the engine can't read fail their tables, since rewriting them can't block: see `kgload
 * preprocess`.
 *
 * Linux tells whether this process has the database open over a connection of its own; then it is
 * refused. Elsewhere what such a connection writes afterwards is lost. After a disk was full the
 * engine's memory is kept until the process ends, since closing it may not end.
 *
 * @param given - `createNew` (the default) replaces a database that is there, once the load is
 *   complete. `bufferPool`: bytes of the engine's buffer pool. `threads`: how many a statement may
 *   use.
 * @throws {KgloadError} As {@link loadFromParquet}, and `TARGET_LOCKED`, `TARGET_NOT_A_DATABASE`,
 *   `TARGET_UNWRITABLE`, `ENGINE_MISMATCH` (with `createNew: false`).
 * @example
 * ```ts
 * const { totalNodes, errors } = loadFromParquetSync('graph.db', 'data/parquet');
 * ```
 */
export function loadFromParquetSync(
  databasePath: string,
  directory: string,
  given: LoadOptions & UpdateOptions & Resources & { createNew?: boolean } = {},
): LoadReport {
  checkTexts({ 'the path of the database': databasePath, 'the path of the dataset': directory });
  checkLoadOptions(given, true);
  const { createNew = true, ...options } = given;
  // What blocks can do one thing at a time.
  const ways = { ...options, fresh: createNew, jobs: 1 };
  const request = driveSync(requestByPath(databasePath, directory, ways));
  const dataset = readDataset(directory, request.schema, request.hooks);
  return driveSync(loadOrUpdate(databasePath, dataset, request));
}

/**
 * Loads a dataset into the database at a path, which is created where there is none, without
 * blocking: what `kgload load` does. The database is built beside its place, and put there in one
 * step at the very end; one that is there is added to, or replaced with `fresh`.
 *
 * Whatever ends the load before that step leaves the old database as it was, byte for byte: an error,
 * what a callback throws, the `signal`. A COPY that runs can't be interrupted: the load ends after it.
 * The engine works in this process, so that a file which crashes it takes the process along; the
 * command line survives that.
 *
 * On a server (`neo4j://host:7687`) what is atomic is a batch of rows: what ended a load there left the
 * batches that are committed, and `resume` goes on from them: see docs/neo4j.md.
 *
 * @param path - The database, or the address of a server. Nothing in this process may have a database open
 *   for writing, nor any other.
 * @param directory - A dataset: `nodes/*.parquet` and `edges/*.parquet`, or an exported database.
 * @returns Rows and seconds of every table, and every error and warning. With `fresh` a table that
 *   failed leaves the old database in its place, unless `onError` is `continue`: see `published`.
 * @throws {KgloadError} As {@link loadFromParquet} when the load is refused before any data, and
 *   `TARGET_LOCKED`, `TARGET_NOT_A_DATABASE`, `TARGET_UNWRITABLE`, `ENGINE_MISMATCH`; the reason of
 *   the signal.
 * @example
 * ```ts
 * const { published, errors } = await load('graph.db', 'data/parquet', { fresh: true });
 * if (!published) console.log('graph.db is as it was:', errors);
 * ```
 */
export async function load(
  path: string,
  directory: string,
  options: PathLoadOptions = {},
): Promise<LoadReport> {
  return await byPath({ here: loadOrUpdate, there: loadIntoServer }, path, directory, options);
}

/**
 * Looks for everything that {@link load} would find wrong, and writes nothing.
 *
 * @param options - Those of the load.
 * @returns The report of the load, with the rows that it would bring, and how it would be carried out.
 * @throws {KgloadError} As {@link load}.
 * @example
 * ```ts
 * const { errors, badRows, plan } = await dryRun('graph.db', 'data/parquet', { fresh: true });
 * for (const { tables } of plan.phases) console.log(tables.map(({ table }) => table));
 * ```
 */
export async function dryRun(
  path: string,
  directory: string,
  options: PathLoadOptions = {},
): Promise<DryRunReport> {
  return await byPath({ here: checkLoadOrUpdate, there: checkServer }, path, directory, options);
}

/** Does a load, or what looks like one: in a file, of a dataset that the engine can read all of, or on a server. */
async function byPath<R extends LoadReport>(
  {
    here,
    there,
  }: {
    here: (path: string, dataset: Dataset, request: LoadRequest) => Steps<R>;
    there: (address: string, dataset: Dataset, request: LoadRequest) => Promise<R>;
  },
  path: string,
  directory: string,
  options: PathLoadOptions,
): Promise<R> {
  checkTexts({ 'the path of the database': path, 'the path of the dataset': directory });
  checkPathLoadOptions(options);
  options.signal?.throwIfAborted();
  const request = await whenInferable(options.schema, directory, (files) =>
    drive(requestByPath(path, directory, options, files)),
  );
  const { schema, hooks } = request;
  const found = readDataset(directory, schema, hooks);
  if (isServerUrl(path)) {
    const report = await there(path, found, request);
    options.signal?.throwIfAborted();
    return report;
  }
  return await withReadable(found, schema, hooks, (dataset) =>
    drive(here(path, dataset, request), { bindFirst: true }),
  );
}

/**
 * Creates the tables of the schema that the database lacks.
 *
 * @param schema - A schema, or the path of a file with one. Default: the built-in code graph.
 * @throws {KgloadError} `SCHEMA_MISMATCH` when a table is there with other columns; `ENOENT`,
 *   `SCHEMA_INVALID`.
 * @example
 * ```ts
 * await createSchema(connection);
 * ```
 */
export async function createSchema(
  connection: Connection,
  schema: GraphSchema | string = codeGraph,
): Promise<CreatedTables> {
  checkConnection(connection);
  return await drive(
    createTables(
      connection,
      typeof schema === 'string' ? await readSchema(schema) : checkedSchema(schema),
    ),
  );
}

/**
 * Reads a schema from a file, or infers it from a dataset.
 *
 * @param source - The path of a file (Cypher, or the JSON of `kgload schema`), or `infer`.
 * @param directory - The dataset that it is inferred from.
 * @param options - `engine`: in whose memory that is done; default: one that is installed.
 * @throws {KgloadError} `ENOENT`, `SCHEMA_INVALID`; for `infer` also `SCHEMA_AMBIGUOUS`,
 *   `DATASET_LAYOUT`, `PARQUET_UNREADABLE`, `COLUMN_MISSING`.
 * @example
 * ```ts
 * const schema = await readSchema('infer', 'data/parquet');
 * console.log(schema.nodes.map(({ name, primaryKey }) => `${name}(${primaryKey})`));
 * ```
 */
export async function readSchema(
  source: string,
  directory?: string,
  options: { engine?: EngineName } = {},
): Promise<GraphSchema> {
  checkTexts({
    'the source of the schema': source,
    ...(directory !== undefined && { 'the path of the dataset': directory }),
  });
  checkOptions('readSchema', options);
  const { engine } = options;
  const { schema } = await whenInferable(source, directory, (files) =>
    drive(chooseSchema(source, directory, engine, files)),
  );
  return schema;
}

/**
 * Counts the rows of every table of a database, which it opens read-only; of one on a server the nodes of
 * every label and the relationships of every type. A node with several labels counts for each of them
 * there, and once in the total.
 *
 * @param databasePath - Its file, or the address of a server (`neo4j://host:7687`).
 * @param options - `degrees`: also how many edges the nodes have, which takes a look at every edge.
 *   `server`: who asks one.
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`; of a server
 *   `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `ENGINE_MISSING`.
 * @example
 * ```ts
 * const { nodes, database } = await readStats('graph.db');
 * console.log(nodes.Function, database.bytes);
 * ```
 */
export async function readStats(
  databasePath: string,
  options: { degrees?: boolean; server?: ServerAccess } = {},
): Promise<DatabaseStats> {
  checkTexts({ 'the path of the database': databasePath });
  checkOptions('readStats', options);
  return await either.readStats(databasePath, options);
}

/**
 * Writes a database as a dataset from which the same database can be loaded: a Parquet file for
 * every table, `schema.cypher`, and `index.cypher` where there are indexes. It appears whole or not
 * at all.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED` of the database;
 *   `TARGET_UNWRITABLE` of the directory; `COLUMN_TYPE` for a type that Parquet files of the engine
 *   don't hold; `ROW_COUNT`, `DISK_FULL`, `ENGINE`; of a server (`neo4j://host:7687`) also
 *   `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, and `NOT_TABULAR` for a graph that no tables hold.
 * @example
 * ```ts
 * const { totalNodes, totalEdges } = await exportDatabase('graph.db', 'data/parquet');
 * ```
 */
export async function exportDatabase(
  databasePath: string,
  directory: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  checkTexts({ 'the path of the database': databasePath, 'the path of the dataset': directory });
  checkOptions('exportDatabase', options);
  if (isServerUrl(databasePath)) {
    const { server: access, schema, onEvent, clock } = options;
    const types = schema && checkedSchema(schema);
    const { exportServer } = await import('./server/export.js');
    const given = { access, names: types ?? codeGraph, types, onEvent, clock };
    return await exportServer(databasePath, directory, given);
  }
  return await drive(
    exportSteps(
      databasePath,
      directory,
      { ...options, schema: checkedSchema(options.schema ?? codeGraph) },
      await loadDecoder(),
    ),
  );
}

/**
 * Compares a database with a dataset: rows, keys and property values of every table, whatever the
 * order of the rows. A server's rows are streamed and hashed here, a table at a time.
 *
 * @returns What differs where; `identical` says that nothing does.
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`, `DATASET_LAYOUT`; `USAGE`; of
 *   a server `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `ENGINE_MISSING`.
 * @example
 * ```ts
 * const { identical, tables } = await verifyDatabase('graph.db', 'data/parquet');
 * ```
 */
export async function verifyDatabase(
  path: string,
  directory: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  checkTexts({ 'the path of the database': path, 'the path of the dataset': directory });
  checkOptions('verifyDatabase', options);
  const { schema, ...rest } = options;
  const checked = schema === undefined ? rest : { ...rest, schema: checkedSchema(schema) };
  return await either.verifyDatabase(path, directory, checked);
}

/**
 * Rewrites a dataset so that it loads, and loads fast: every table in one file, with the columns of
 * the schema, types that the engine can't read converted without loss, and row groups that all cores
 * share. It appears whole or not at all.
 *
 * @param source - A dataset, or one file that is named after its table.
 * @param destination - Where the dataset, or the file, is written; no directory with anything in it.
 * @throws {KgloadError} `ENOENT`, `DATASET_LAYOUT`, `COLUMN_MISSING`, `COLUMN_TYPE`,
 *   `PARQUET_UNREADABLE`, `TARGET_UNWRITABLE`; `SCHEMA_INVALID`, `SCHEMA_AMBIGUOUS`.
 * @example
 * ```ts
 * const { files } = await preprocessDataset('data/parquet', 'data/clean');
 * for (const { file, dropped, converted } of files) console.log(file, dropped, converted);
 * ```
 */
export async function preprocessDataset(
  source: string,
  destination: string,
  options: PreprocessDatasetOptions = {},
): Promise<PreprocessReport> {
  checkTexts({ 'the path of the source': source, 'the path of the destination': destination });
  checkOptions('preprocessDataset', options);
  const { schema: choice, ...rest } = options;
  const schema =
    typeof choice === 'object'
      ? checkedSchema(choice)
      : (await resolveSchema(choice, source)).schema;
  return await preprocess(source, destination, { ...rest, schema });
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
  checkTexts({ 'the path of the source': source, 'the path of the destination': destination });
  const table = codeGraph.nodes.find(({ name }) => name === 'File');
  if (!table) throw new Error('the built-in schema has no table File');
  return await preprocessFile(source, destination, table, { schema: codeGraph });
}
