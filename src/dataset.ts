/** A dataset: the files of a directory, and what their footers say. */
import { readdirSync, type Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { KgloadError, messageOf, systemCode, toProblem } from './errors.js';
import { readFooter, type Footer } from './parquet.js';
import type { GraphSchema, Problem } from './types.js';

/** A file, by the path under the dataset that messages show (`nodes/files.parquet`). */
export interface DatasetFile {
  path: string;
  name: string;
  /** What the file says about itself, or why it can't be read. */
  footer: Footer | Problem;
}

export interface Dataset {
  directory: string;
  /** Table → its file. Tables without one are absent. */
  files: ReadonlyMap<string, DatasetFile>;
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
  const files = new Map<string, DatasetFile>();
  const unknown: string[] = [];
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
  for (const [part, tables] of parts) {
    const entries = (list(join(root, part)) ?? []).map(({ name }) => name).sort();
    const tableOf = new Map(tables.map((table) => [`${table.file}.parquet`, table.name]));
    for (const entry of entries) {
      const table = tableOf.get(entry);
      const name = `${part}/${entry}`;
      if (table !== undefined) files.set(table, readFile(join(root, part, entry), name));
      else if (entry.endsWith('.parquet') && !entry.startsWith('.')) unknown.push(name);
    }
  }
  return { directory: root, files, unknown };
}

function readFile(path: string, name: string): DatasetFile {
  try {
    return { path, name, footer: readFooter(path) };
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    const { message, ...rest } = toProblem(error);
    return { path, name, footer: { ...rest, message: message.replace(path, name), file: name } };
  }
}

/** The entries of a directory; nothing where there is none. */
function list(directory: string): Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
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
