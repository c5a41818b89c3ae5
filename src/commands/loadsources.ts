/** Loads of source code: analysed first, into a dataset that is gone afterwards, or a word on how to. */
import { join } from 'node:path';
import { holdsSources } from '../analyze/look.js';
import type { AnalyzeReport } from '../analyze/report.js';
import { KgloadError, toProblem } from '../errors.js';
import { onInterrupt } from '../process/interrupt.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type { Io, OutputFlags } from '../terminal/output.js';
import { showAnalysis } from './analyzing.js';

/** Analyses a directory, and works on the dataset. */
export async function withAnalysis<T>(
  root: string,
  io: Io,
  flags: OutputFlags,
  work: (dataset: string, analysis: AnalyzeReport) => Promise<T>,
): Promise<T> {
  const scratch = makeScratch();
  const discard = (): void => {
    removeScratch(scratch);
  };
  const stopListening = onInterrupt(discard);
  try {
    const dataset = join(scratch, 'dataset');
    // Nobody comes back to this dataset.
    const analysis = await showAnalysis(root, dataset, { cache: false }, io, flags);
    return await work(dataset, analysis);
  } finally {
    stopListening();
    discard();
  }
}

/** Of a directory that is no dataset and holds sources: how they are loaded. */
export function explainSources(error: unknown, directory: string, database: string): unknown {
  if (!(error instanceof KgloadError) || error.code !== 'DATASET_LAYOUT') return error;
  if (!holdsSources(directory)) return error;
  const commands = `kgload analyze ${quoted(directory)} parquet && kgload load parquet --db ${quoted(database)}`;
  return new KgloadError({
    ...toProblem(error),
    message: `${error.message}; it holds source code`,
    hint: `make a dataset of it first: ${commands}; or do both at once: --analyze`,
  });
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
