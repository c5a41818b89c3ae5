/** Loading with the files that the engine can't read rewritten, for as long as the load takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeGraph } from './codegraph.js';
import { needsRewrite, type Dataset } from './dataset.js';
import type { LoadOptions } from './load.js';
import type { LoadReport, Problem } from './types.js';

/** Runs a load on a dataset that the engine can read all of. */
export async function withReadable<T extends LoadOptions>(
  dataset: Dataset,
  options: T,
  load: (dataset: Dataset, options: T) => Promise<LoadReport>,
): Promise<LoadReport> {
  const { schema = codeGraph } = options;
  if (!needsRewrite(dataset)) return await load(dataset, options);
  const { makeReadable } = await import('./preprocess.js');
  const warnings: Problem[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'kgload-'));
  options.onEvent?.({ type: 'scratch', directory: scratch });
  try {
    const readable = await makeReadable(dataset, schema, scratch, (warning) => {
      warnings.push(warning);
      options.onEvent?.({ type: 'warned', warning });
    });
    const report = await load(readable, options);
    return { ...report, warnings: [...warnings, ...report.warnings] };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
