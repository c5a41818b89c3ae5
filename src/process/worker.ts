/**
 * The engine's own process. Damaged files crash the engine's Parquet reader now and then, and a
 * crash ends the process that it happens in; so the command line lets it happen in this one.
 */
import { likelyEngine } from '../database/target.js';
import { type Dataset, readDataset } from '../dataset/dataset.js';
import { drive, type Steps } from '../engine/drive.js';
import { checkDatabase } from '../load/dryrun.js';
import { loadDatabase } from '../load/load.js';
import { codeGraph } from '../model/codegraph.js';
import { type LoadRequest, requestLoad } from '../plan/request.js';
import { withReadable } from '../prepare/readable.js';
import { resolveSchema } from '../schema/choose.js';
import { toCypher } from '../schema/script.js';
import { beginStep, gatherSteps } from '../steps.js';
import type { LoadReport } from '../types.js';
import { openBadRows } from './badrowsfile.js';
import { lastWord, tell } from './conversation.js';
import type { Job } from './job.js';
import type { QueryMessage, QueryTask } from './query.js';
import type { Task } from './tasks.js';

async function load(job: Job): Promise<LoadReport> {
  const badRows = job.badRowsFile === undefined ? undefined : openBadRows(job.badRowsFile, job);
  try {
    const { database, dataset, settings, hasProgress } = job;
    const steps = gatherSteps(tell);
    const step = beginStep({ ...steps, clock: () => performance.now() }, 'schema');
    const { schema, source } = await resolveSchema(
      job.schema,
      dataset,
      likelyEngine(database, settings.engine),
    );
    step.end();
    if (schema !== codeGraph) {
      tell({ type: 'schema', schema, source, cypher: toCypher(schema) });
    }
    const request = requestLoad(schema, settings, {
      ...(badRows && { onBadRow: badRows.write, beforePublish: badRows.flush }),
      onEvent: tell,
      hasProgress,
    });
    const work = settings.update
      ? await updateWork(job.isDryRun)
      : job.isDryRun
        ? checkDatabase
        : loadDatabase;
    const report = await withReadable(
      readDataset(dataset, schema, request.hooks),
      schema,
      request.hooks,
      async (readable) => await drive(work(database, readable, request)),
    );
    badRows?.keep();
    return { ...report, stepTimes: { ...steps.times, ...report.stepTimes } };
  } finally {
    badRows?.close();
  }
}

async function updateWork(
  isDryRun: boolean,
): Promise<(path: string, dataset: Dataset, request: LoadRequest) => Steps<LoadReport>> {
  const { checkUpdate, updateDatabase } = await import('../update/update.js');
  return isDryRun ? checkUpdate : updateDatabase;
}

// The supervisor decides what a signal means; without it there is nobody left to work for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (job: Job | Task | QueryTask) => {
  const work = async (): Promise<unknown> => {
    if (job.kind === 'load') return await load(job);
    if (job.kind === 'query') return await (await import('./answering.js')).answerQuery(job, send);
    return await (await import('./tasks.js')).perform(job, tell);
  };
  void lastWord(work).then((message) => {
    // Kuzu keeps the event loop alive for ever after some errors, so the process has to be ended; what
    // it prepared must not be taken apart after the database.
    process.send?.(message, () => {
      if (job.kind === 'query') process.kill(process.pid, 'SIGKILL');
      else process.exit();
    });
  });
});

function send(message: QueryMessage): void {
  process.send?.(message);
}
