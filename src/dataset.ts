/** A dataset: the files of a directory, and what their footers say. */
import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { isUnreadable } from './conversion.js';
import { KgloadError, messageOf, systemCode, toProblem } from './errors.js';
import { readFooter, type Footer } from './parquet.js';
import type { GraphSchema, Problem } from './types.js';

/** A file, by the path under the dataset that messages show (`nodes/files.parquet`). */
export interface DatasetFile {
  path: string;
  name: string;
  /** What the file says about itself, or why it can't be read. */
  footer: Footer | Problem;
  /** Values of the `key=value` directories that it lies in; null for Hive's word for NULL. */
  partition: Record<string, string | null>;
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
}

export interface Dataset {
  directory: string;
  /** Tables without files are absent. */
  tables: ReadonlyMap<string, DatasetTable>;
  /** Parquet files that belong to no table of the schema. */
  unknown: string[];
}

/**
 * Finds the files of a schema's tables and reads their footers.
 *
 * @throws {KgloadError} `ENOENT` when the directory is missing, `DATASET_LAYOUT` when it has no
 *   `nodes/` or no `edges/`. A file that can't be read is no error here: its entry says why.
 */
export function readDataset(directory: string, schema: GraphSchema): Dataset {
  const root = resolve(directory);
  if (list(root) === undefined) {
    throw new KgloadError({
      code: 'ENOENT',
      message: `the dataset ${directory} does not exist`,
      file: directory,
    });
  }
  const parts = [
    ['nodes', schema.nodes],
    ['edges', schema.edges],
  ] as const;
  const missing = parts.map(([part]) => part).filter((part) => !list(join(root, part)));
  if (missing.length > 0) {
    throw new KgloadError({
      code: 'DATASET_LAYOUT',
      message: `the dataset ${directory} has no ${missing.map((part) => `${part}/`).join(' and no ')}`,
      file: directory,
      hint: 'a dataset is a directory with nodes/*.parquet and edges/*.parquet',
    });
  }
  const found = new Map<string, DatasetTable>();
  const unknown: string[] = [];
  for (const [part, tables] of parts) {
    const tableOf = new Map(tables.map(({ file, name }) => [file, name]));
    for (const entry of list(join(root, part)) ?? []) {
      if (isHidden(entry.name)) continue;
      const isDirectory = isDirectoryAt(join(root, part, entry.name));
      const isParquet = entry.name.endsWith('.parquet');
      const table = tableOf.get(entry.name.replace(/\.parquet$/, ''));
      if (table !== undefined && (isDirectory || isParquet)) {
        const read = readTable(join(root, part, entry.name), `${part}/${entry.name}`, isDirectory);
        found.set(table, both(found.get(table), read));
      } else if (isDirectory || isParquet) {
        unknown.push(`${part}/${entry.name}${isDirectory ? '/' : ''}`);
      }
    }
  }
  return { directory: root, tables: found, unknown };
}

function readTable(path: string, name: string, isDirectory: boolean): DatasetTable {
  if (!isDirectory) return { name, files: [readFile(path, name, {})] };
  const files = partFiles(path, `${name}/`, {});
  if (files.length > 0) return { name: `${name}/`, files };
  const message = `${name}/ is a directory without Parquet files`;
  return { name: `${name}/`, files, error: { code: 'DATASET_LAYOUT', file: `${name}/`, message } };
}

/** Part files as Spark and Hive lay them out: `part-*.parquet`, in `key=value/` directories too. */
function partFiles(
  directory: string,
  name: string,
  partition: Record<string, string | null>,
): DatasetFile[] {
  return (list(directory) ?? []).flatMap((entry) => {
    if (isHidden(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.name.endsWith('.parquet')) return [readFile(path, name + entry.name, partition)];
    const [, key, value] = /^([^=]+)=(.*)$/.exec(entry.name) ?? [];
    if (key === undefined || value === undefined || !entry.isDirectory()) return [];
    const inner = { ...partition, [unescapeHive(key)]: hiveValue(value) };
    return partFiles(path, `${name}${entry.name}/`, inner);
  });
}

/** Spark's and Hadoop's rule for what is not data: `_SUCCESS`, `.part-0.parquet.crc`. */
function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.');
}

function hiveValue(value: string): string | null {
  return value === '__HIVE_DEFAULT_PARTITION__' ? null : unescapeHive(value);
}

function unescapeHive(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** A file and a directory for one table: nobody can tell which is meant. */
function both(first: DatasetTable | undefined, second: DatasetTable): DatasetTable {
  if (!first) return second;
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

/** Whether a file may hold what the engine can't read, so that a closer look is worth its while. */
export function needsRewrite({ tables }: Dataset): boolean {
  return [...tables.values()].some(({ files }) =>
    files.some(({ footer }) => 'columns' in footer && footer.columns.some(isUnreadable)),
  );
}
