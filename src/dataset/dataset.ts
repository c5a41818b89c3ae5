/** A dataset: the files of a directory, and what their footers say. */
import { type Dirent, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KgloadError, messageOf, toProblem } from '../errors.js';
import { systemCode } from '../files.js';
import { isNestedColumn } from '../model/column.js';
import { fileNameOf, matchNames, pairFileNames } from '../model/names.js';
import { pairsOf } from '../model/tables.js';
import { beginStep, type Listener } from '../steps.js';
import type { Endpoints, GraphSchema, NodeTable, Problem, RelTable } from '../types.js';
import { type Footer, readFooter } from './footer.js';

/** A file, by the path under the dataset that messages show (`nodes/files.parquet`). */
export interface DatasetFile {
  path: string;
  name: string;
  /** What the file says about itself, or why it can't be read. */
  footer: Footer | Problem;
  /** Values of the `key=value` directories that it lies in; null for Hive's word for NULL. */
  partition: Record<string, string | null>;
  /** Of a rel table that connects several: the node tables that the file's edges connect. */
  pair?: Endpoints;
  /** Columns that were left out when the file was rewritten. */
  leftOut?: string[];
}

/** The files of one table. */
export interface DatasetTable {
  /** `nodes/files.parquet`, or `nodes/files/` for a directory of part files. */
  name: string;
  files: DatasetFile[];
  /** Why the table can't be loaded, whatever its files say. */
  error?: Problem;
  /** What lies among its part files and is none. */
  leftOut?: string[];
}

export interface Dataset {
  directory: string;
  /** Tables without files are absent. */
  tables: ReadonlyMap<string, DatasetTable>;
  /** Parquet files that belong to no table of the schema. */
  unknown: string[];
  /** Other files and directories, not hidden, that are no part of a table. */
  leftOut: string[];
}

/** The file in a dataset's directory that holds its schema, as `EXPORT DATABASE` names it. */
export const SCHEMA_FILE = 'schema.cypher';

/** The file in a dataset's directory that creates its indexes, as `EXPORT DATABASE` names it. */
export const INDEX_FILE = 'index.cypher';

/** Whether a dataset carries its own schema. */
export function hasSchema(directory: string): boolean {
  return existsSync(join(directory, SCHEMA_FILE));
}

/** A directory with files of tables: `nodes` or `edges`, or '' where both are side by side. */
export type Part = 'nodes' | 'edges' | '';

/**
 * The directories of a dataset that hold the tables: `nodes/` and `edges/`, or the dataset itself
 * where it is an exported database.
 *
 * @param options - `needsEdges`: `false` where the schema has no rel table, or it is to be seen; `edges/`
 *   may then be missing.
 * @throws {KgloadError} `ENOENT` when the dataset is missing, `DATASET_LAYOUT` when it is none.
 */
export function datasetParts(directory: string, { needsEdges = true } = {}): readonly Part[] {
  const root = resolve(directory);
  if (list(root) === undefined) {
    throw new KgloadError({
      code: 'ENOENT',
      message: `the dataset ${directory} does not exist`,
      file: directory,
    });
  }
  const parts = ['nodes', 'edges'] as const;
  const missing = parts.filter((part) => !list(join(root, part)));
  if (missing.length === 0) return parts;
  if (missing.length === 2 && hasSchema(root)) {
    refuseCsv(directory);
    return [''];
  }
  const [only] = missing;
  if (missing.length === 1 && only === 'edges' && !needsEdges) return ['nodes'];
  throw new KgloadError({
    code: 'DATASET_LAYOUT',
    message: `the dataset ${directory} has no ${missing.map((part) => `${part}/`).join(' and no ')}`,
    file: directory,
    hint: `${LAYOUT}${missing.length === 1 && only === 'edges' ? NO_EDGES : ''}`,
  });
}

const LAYOUT =
  'a dataset is a directory with nodes/*.parquet and edges/*.parquet, or an exported database';

const NO_EDGES =
  '; one without edges takes an empty edges/, or a schema without rel tables (--schema infer)';

/** `EXPORT DATABASE` writes CSV unless it is told otherwise. */
function refuseCsv(directory: string): void {
  const names = (list(resolve(directory)) ?? []).map(({ name }) => name);
  if (!names.some((name) => name.endsWith('.csv'))) return;
  if (names.some((name) => parquetStem(name) !== undefined)) return;
  throw new KgloadError({
    code: 'DATASET_LAYOUT',
    message: `the database in ${directory} was exported as CSV, and kgload reads Parquet`,
    file: directory,
    hint: "export it with EXPORT DATABASE '…' (format='parquet'), or with kgload export",
  });
}

/** What fills a table, or one pair of the node tables that a rel table connects. */
interface Slot {
  table: string;
  pair?: Endpoints;
}

/**
 * Finds the files of a schema's tables and reads their footers.
 *
 * @throws {KgloadError} `ENOENT` when the directory is missing, `DATASET_LAYOUT` when it is no
 *   dataset. A file that can't be read is no error here: its entry says why.
 */
export function readDataset(directory: string, schema: GraphSchema, listener?: Listener): Dataset {
  const step = listener && beginStep(listener, 'read');
  const root = resolve(directory);
  const found = new Map<string, DatasetTable>();
  const unknown: string[] = [];
  const leftOut: string[] = [];
  for (const part of datasetParts(directory, { needsEdges: schema.edges.length > 0 })) {
    const tables = [
      ...(part === 'edges' ? [] : schema.nodes),
      ...(part === 'nodes' ? [] : schema.edges),
    ];
    const slotOf = matchNames(tables.flatMap(slotsOf));
    const contents = readPart(root, part);
    const entries = contents.entries.map((entry) => ({ entry, fit: slotOf(entry.stem) }));
    const exact = new Set(entries.map(({ fit }) => (fit?.level === 0 ? fit.owner : undefined)));
    for (const [i, { entry, fit }] of entries.entries()) {
      step?.progress(i, entries.length);
      const isOther = fit && fit.level > 0 && exact.has(fit.owner);
      if (!fit || isOther) unknown.push(`${entry.name}${entry.isDirectory ? '/' : ''}`);
      else {
        const { table, pair } = fit.owner;
        const read = readTable(entry, pair);
        found.set(table, both(found.get(table), read, pair));
        leftOut.push(...(read.leftOut ?? []));
      }
    }
    // An exported database has its scripts beside its tables.
    if (part !== '') leftOut.push(...contents.others);
  }
  step?.end();
  return { directory: root, tables: found, unknown, leftOut };
}

/** The names under which the files of a table may be found. */
function slotsOf(table: NodeTable | RelTable): { owner: Slot; names: string[] }[] {
  const { name, file } = table;
  const whole = { owner: { table: name }, names: [file, name, fileNameOf(name)] };
  if (!('from' in table)) return [whole];
  const pairs = pairsOf(table);
  const namesOf = (pair: Endpoints): string[] => [
    ...pairFileNames(table, pair),
    `${pair.from}_${name}_${pair.to}`,
  ];
  if (pairs.length === 1) return [{ ...whole, names: [...whole.names, ...pairs.flatMap(namesOf)] }];
  return [whole, ...pairs.map((pair) => ({ owner: { table: name, pair }, names: namesOf(pair) }))];
}

/** A file or directory that may hold rows of a table. */
export interface PartEntry {
  path: string;
  /** As messages show it. */
  name: string;
  /** The name without `.parquet`. */
  stem: string;
  isDirectory: boolean;
}

/** What is in a part of a dataset. */
export interface PartContents {
  /** The Parquet files, and the directories of part files. */
  entries: PartEntry[];
  /** The other visible files: by their names they are no Parquet. */
  others: string[];
}

export function readPart(root: string, part: Part): PartContents {
  const contents: PartContents = { entries: [], others: [] };
  for (const { name } of list(join(root, part)) ?? []) {
    if (isHidden(name)) continue;
    const path = join(root, part, name);
    const shown = part === '' ? name : `${part}/${name}`;
    const isDirectory = isDirectoryAt(path);
    const stem = parquetStem(name) ?? (isDirectory ? name : undefined);
    if (stem === undefined) contents.others.push(shown);
    else contents.entries.push({ path, name: shown, stem, isDirectory });
  }
  return contents;
}

/** The file of a table, or its part files. */
export function readTable({ path, name, isDirectory }: PartEntry, pair?: Endpoints): DatasetTable {
  const withPair = (files: DatasetFile[]): DatasetFile[] =>
    pair ? files.map((file) => ({ ...file, pair })) : files;
  if (!isDirectory) return { name, files: withPair([readFile(path, name, {})]) };
  const format = tableFormat(path);
  if (format !== undefined) {
    return { name: `${name}/`, files: [], error: notPlain(`${name}/`, format) };
  }
  const leftOut: string[] = [];
  const files = withPair(partFiles(path, `${name}/`, {}, leftOut, []));
  const rest = leftOut.length > 0 ? { leftOut } : {};
  if (files.length > 0) return { name: `${name}/`, files, ...rest };
  const message = `${name}/ is a directory without Parquet files`;
  return { name: `${name}/`, files, error: { code: 'DATASET_LAYOUT', file: `${name}/`, message } };
}

/** Formats whose log says which of the files in a directory are the table: others may lie there. */
function tableFormat(directory: string): string | undefined {
  const names = new Set((list(directory) ?? []).map((entry) => entry.name));
  if (names.has('_delta_log')) return 'Delta Lake';
  if (names.has('.hoodie')) return 'Apache Hudi';
  const metadata = names.has('metadata') ? (list(join(directory, 'metadata')) ?? []) : [];
  return metadata.some((entry) => entry.name.endsWith('.metadata.json'))
    ? 'Apache Iceberg'
    : undefined;
}

function notPlain(file: string, format: string): Problem {
  return {
    code: 'DATASET_LAYOUT',
    file,
    message: `${file} is a table of ${format}, whose log says which of its files count; kgload reads plain Parquet`,
    hint: 'write its current rows as Parquet first, with Spark, DuckDB or the like',
  };
}

/**
 * Part files as Spark and Hive lay them out: `part-*.parquet`, in `key=value/` directories too. Links are
 * followed, but not to a directory that they stand in.
 *
 * @param leftOut - Is given what else is there.
 * @param above - The directories on the way, links resolved.
 */
function partFiles(
  directory: string,
  name: string,
  partition: Record<string, string | null>,
  leftOut: string[],
  above: readonly string[],
): DatasetFile[] {
  const here = [...above, realpathSync(directory)];
  return (list(directory) ?? []).flatMap((entry) => {
    if (isHidden(entry.name)) return [];
    const path = join(directory, entry.name);
    const isDirectory = isDirectoryAt(path);
    if (!isDirectory && isPart(entry.name)) return [readFile(path, name + entry.name, partition)];
    const [, key, value] = /^([^=]+)=(.*)$/.exec(entry.name) ?? [];
    const isLoop = isDirectory && here.includes(realpathSync(path));
    if (key === undefined || value === undefined || !isDirectory || isLoop) {
      leftOut.push(`${name}${entry.name}${isDirectory ? '/' : ''}`);
      return [];
    }
    const inner = { ...partition, [unescapeHive(key)]: hiveValue(value) };
    return partFiles(path, `${name}${entry.name}/`, inner, leftOut, here);
  });
}

/**
 * As writers end the names of Parquet files: `.parquet`, `.snappy.parquet`, `.PARQ`, `.parquet.zst`. What
 * ends in `.gz` the engines take for CSV.
 */
const PARQUET_NAME =
  /^(.+?)(?:\.(?:snappy|gz|gzip|zst|zstd|lz4|lzo|br|brotli))?\.(?:parquet|parq|pq)(?:\.(?:snappy|zst|zstd|lz4|lzo|br|brotli))?$/i;

/** A name without what says that it is Parquet; nothing for other names. */
export function parquetStem(name: string): string | undefined {
  return PARQUET_NAME.exec(name)?.[1];
}

/** Hadoop's part files need not say what they are: `part-00003`. */
function isPart(name: string): boolean {
  return parquetStem(name) !== undefined || /^part-[\w-]+$/.test(name);
}

/** Spark's and Hadoop's rule for what is not data: `_SUCCESS`, `.part-0.parquet.crc`. */
function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.');
}

function hiveValue(value: string): string | null {
  return value === '__HIVE_DEFAULT_PARTITION__' ? null : unescapeHive(value);
}

/** Bytes that are percent-encoded are UTF-8; a text in which they are none is as it stands. */
function unescapeHive(text: string): string {
  const bytes = text.match(/%[0-9A-Fa-f]{2}|[^%]+|%/g)?.map((part) => {
    return /^%../.test(part) ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.concat(bytes ?? []),
    );
  } catch {
    return text;
  }
}

/** A file for every pair of node tables goes together; two for one leave open which is meant. */
function both(
  first: DatasetTable | undefined,
  second: DatasetTable,
  pair: Endpoints | undefined,
): DatasetTable {
  if (!first) return second;
  if (pair && first.files.every((file) => file.pair && file.pair !== pair)) {
    const error = first.error ?? second.error;
    const name = `${first.name}, ${second.name}`;
    return { name, files: [...first.files, ...second.files], ...(error && { error }) };
  }
  const message = `${first.name} and ${second.name} are both there for one table`;
  const error: Problem = { code: 'DATASET_LAYOUT', file: second.name, message, hint: 'remove one' };
  return { ...first, error };
}

function readFile(
  path: string,
  name: string,
  partition: Record<string, string | null>,
): DatasetFile {
  try {
    return { path, name, footer: readFooter(path), partition };
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    const { message, ...rest } = toProblem(error);
    const footer = { ...rest, message: message.replace(path, () => name), file: name };
    return { path, name, footer, partition };
  }
}

/** Links are followed; one that leads nowhere is no directory. */
function isDirectoryAt(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Reading it as a file says what is wrong.
  }
}

/** The entries of a directory, sorted; nothing where there is none. */
function list(directory: string): Dirent[] | undefined {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new KgloadError({
      code: 'DATASET_LAYOUT',
      message: `the directory ${directory} cannot be read: ${messageOf(error)}`,
      file: directory,
    });
  }
}

/**
 * Whether a file may hold what the engine can't read, or nothing but a rewritten file converts, so that
 * a closer look is worth its while.
 */
export function mayNeedRewrite({ footer }: DatasetFile): boolean {
  return (
    'columns' in footer &&
    footer.columns.some((column) => column.isUnreadable === true || isNestedColumn(column))
  );
}
