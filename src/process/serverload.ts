/** A load into a server, in the process that asks for it: no engine opens or crashes. */
import { readDataset } from '../dataset/dataset.js';
import { codeGraph } from '../model/codegraph.js';
import { requestLoad } from '../plan/request.js';
import { resolveSchema } from '../schema/choose.js';
import { toCypher } from '../schema/script.js';
import { checkServer, loadIntoServer } from '../server/load.js';
import type { LoadEvent, LoadReport } from '../types.js';
import { openBadRows } from './badrowsfile.js';
import type { Job } from './job.js';

/**
 * Does a job whose database is on a server.
 *
 * @param signal - Ends it after the batch that is being written.
 * @throws {KgloadError} When the load is refused before any data.
 */
export async function runServerLoad(
  job: Job,
  onEvent: (event: LoadEvent) => void,
  signal: AbortSignal,
): Promise<LoadReport> {
  const badRows = job.badRowsFile === undefined ? undefined : openBadRows(job.badRowsFile, job);
  try {
    const { schema, source } = await resolveSchema(job.schema, job.dataset, job.settings.engine);
    if (schema !== codeGraph) {
      onEvent({ type: 'schema', schema, source, cypher: toCypher(schema) });
    }
    const request = requestLoad(schema, job.settings, {
      ...(badRows && { onBadRow: badRows.write }),
      onEvent,
      hasProgress: job.hasProgress,
      signal,
    });
    const dataset = readDataset(job.dataset, schema, request.hooks);
    const work = job.isDryRun ? checkServer : loadIntoServer;
    const report = await work(job.database, dataset, request);
    badRows?.flush();
    badRows?.keep();
    return report;
  } finally {
    badRows?.close();
  }
}
