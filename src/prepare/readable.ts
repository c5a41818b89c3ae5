/** Loading with the files that the engine can't read rewritten, for as long as the load takes. */
import { join } from 'node:path';
import {
  type Dataset,
  type DatasetFile,
  type DatasetTable,
  mayNeedRewrite,
} from '../dataset/dataset.js';
import { readFooter } from '../dataset/footer.js';
import { rewrite } from '../dataset/rewrite.js';
import { KgloadError } from '../errors.js';
import { systemError } from '../files.js';
import { describeColumns } from '../model/column.js';
import { type ColumnMap, mapColumns } from '../plan/columns.js';
import { noColumn } from '../plan/plan.js';
import { rewritingOf, writtenColumn } from '../plan/rewriting.js';
import { makeScratch, removeScratch } from '../scratch.js';
import { beginStep, type Listener } from '../steps.js';
import type { GraphSchema, NodeTable, Problem, RelTable } from '../types.js';

/** Runs a load, or another work, on a dataset that the engine can read all of. */
export async function withReadable<R extends { warnings: Problem[] }>(
  dataset: Dataset,
  schema: GraphSchema,
  listener: Listener,
  work: (dataset: Dataset) => Promise<R>,
): Promise<R> {
  if (![...dataset.tables.values()].some(({ files }) => files.some(mayNeedRewrite)))
    return await work(dataset);
  const { onEvent } = listener;
  const warnings: Problem[] = [];
  const scratch = makeScratch();
  onEvent({ type: 'scratch', directory: scratch });
  try {
    const onWarning = (warning: Problem): void => {
      warnings.push(warning);
      onEvent({ type: 'warned', warning });
    };
    const step = beginStep(listener, 'rewrite');
    const readable = await makeReadable(dataset, schema, scratch, onWarning, step.progress);
    step.end();
    const report = await work(readable);
    return { ...report, warnings: [...warnings, ...report.warnings] };
  } finally {
    removeScratch(scratch);
  }
}

/**
 * Rewrites those files of a dataset that the engine can't read into a directory.
 *
 * @returns The dataset with these files in the place of the others.
 * @throws {KgloadError} Never for a file: one that can't be rewritten says so in its entry.
 */
async function makeReadable(
  dataset: Dataset,
  schema: GraphSchema,
  directory: string,
  onWarning: (warning: Problem) => void,
  onProgress: (rows: number, total: number) => void,
): Promise<Dataset> {
  const tables = new Map(dataset.tables);
  const rowsOf = (file: DatasetFile): number =>
    'rows' in file.footer && mayNeedRewrite(file) ? file.footer.rows : 0;
  const all = [...tables.values()].flatMap(({ files }) => files);
  const total = all.reduce((sum, file) => sum + rowsOf(file), 0);
  let done = 0;
  for (const table of [...schema.nodes, ...schema.edges]) {
    const found = tables.get(table.name);
    if (!found) continue;
    const files: DatasetFile[] = [];
    for (const file of found.files) {
      const onRows = (rows: number): void => {
        onProgress(done + rows, total);
      };
      files.push(await makeFileReadable(file, table, schema, directory, onWarning, onRows));
      done += rowsOf(file);
    }
    tables.set(table.name, { ...found, files } satisfies DatasetTable);
  }
  return { ...dataset, tables };
}

async function makeFileReadable(
  file: DatasetFile,
  table: NodeTable | RelTable,
  schema: GraphSchema,
  directory: string,
  onWarning: (warning: Problem) => void,
  onRows: (rows: number) => void,
): Promise<DatasetFile> {
  if ('code' in file.footer) return file;
  let map: ColumnMap;
  try {
    map = mapColumns(table, schema, file, file.footer);
  } catch (error) {
    if (error instanceof KgloadError) return file; // The plan finds it too, and reports it.
    throw error;
  }
  if (map.unreadable.length === 0) return file;
  const columns = map.used.flatMap(
    ({ column, type, mayRound }) => rewritingOf(column, type, mayRound) ?? [],
  );
  onWarning({
    code: 'FILE_REWRITTEN',
    table: table.name,
    file: file.name,
    message: `${file.name} is rewritten before it is loaded, since the engine cannot read ${describeColumns(map.unreadable)}`,
    hint: 'kgload preprocess does it once for all loads',
  });
  const properties = new Set(table.properties.map(({ name }) => name));
  for (const part of map.missing) {
    // Those that are properties themselves are found missing in the rewritten file too.
    if (!properties.has(part)) onWarning(noColumn(table, file, part));
  }
  const path = join(
    directory,
    `${table.name}-${file.name.replaceAll(/[^0-9A-Za-z]/g, '_')}.parquet`,
  );
  try {
    await rewrite([{ path: file.path, columns }], path, onRows);
  } catch (error) {
    const known =
      error instanceof KgloadError
        ? error
        : systemError(error, `${file.name} cannot be rewritten in ${directory}`);
    if (!known) throw error;
    return {
      ...file,
      footer: {
        code: known.code,
        message: known.message.includes(file.path)
          ? known.message.replace(file.path, () => file.name)
          : `${file.name}: ${known.message}`,
        ...(known.hint !== undefined && { hint: known.hint }),
        file: file.name,
      },
    };
  }
  const footer = readFooter(path);
  const written = columns.flatMap((rewriting) => {
    const found = footer.columns.find(({ name }) => name === rewriting.column.name);
    return found ? [writtenColumn(rewriting, found)] : [];
  });
  return {
    ...file,
    path,
    footer: { ...footer, columns: written },
    leftOut: map.ignored,
  };
}
