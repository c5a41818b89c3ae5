/** What inference asks the engine about, in files that the engine can't read: those columns rewritten. */
import { join, resolve } from 'node:path';
import { datasetParts, type DatasetFile, readPart, readTable } from '../dataset/dataset.js';
import { readFooter } from '../dataset/footer.js';
import { rewrite } from '../dataset/rewrite.js';
import { type Column, rewrittenColumn } from '../model/column.js';
import { labelColumns } from '../plan/pairs.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type { InferableFiles } from './endpoints.js';
import { canBeKey, endpointsOf, namedKey } from './infer.js';

/** Runs an inference with the files that it needs rewritten, for as long as it takes. */
export async function withInferable<R>(
  directory: string,
  work: (files: InferableFiles) => Promise<R>,
): Promise<R> {
  const files = new Map<string, Pick<DatasetFile, 'path' | 'footer'>>();
  const unreadable = findUnreadable(directory);
  if (unreadable.length === 0) return await work(files);
  const scratch = makeScratch();
  try {
    for (const [i, { file, columns }] of unreadable.entries()) {
      const path = join(scratch, `${i}.parquet`);
      const sources = columns.map((column) => ({ column }));
      await rewrite([{ path: file.path, columns: sources }], path);
      const footer = { ...readFooter(path), columns: columns.map(rewrittenColumn) };
      files.set(file.path, { path, footer });
    }
    return await work(files);
  } finally {
    removeScratch(scratch);
  }
}

function findUnreadable(directory: string): { file: DatasetFile; columns: Column[] }[] {
  const root = resolve(directory);
  const parts = datasetParts(directory, { needsEdges: false });
  return parts.flatMap((part) => {
    if (part === '') return []; // An exported database has its schema.
    return readPart(root, part).entries.flatMap((entry) =>
      readTable(entry).files.flatMap((file) => {
        const { footer } = file;
        if ('code' in footer) return []; // Inference says so.
        const asked =
          part === 'nodes'
            ? keyColumns(entry.stem, footer.columns)
            : [...endpointsOf(footer.columns), ...labelColumns(footer)];
        const columns = asked.filter((column) => column !== undefined);
        const isRefused = footer.columns.some(({ engineType }) => engineType === undefined);
        const isWrong = columns.some(({ isUnreadable }) => isUnreadable === true);
        return (isRefused || isWrong) && columns.length > 0 ? [{ file, columns }] : [];
      }),
    );
  });
}

function keyColumns(stem: string, columns: readonly Column[]): Column[] {
  const named = namedKey(stem, columns);
  return named ? [named] : columns.filter(canBeKey);
}
