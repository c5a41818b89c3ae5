/**
 * The engine's own process. Damaged files crash the engine's Parquet reader now and then, and a
 * crash ends the process that it happens in; so the command line lets it happen in this one.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { checkDatabase } from './check.js';
import { codeGraph } from './codegraph.js';
import { readDataset } from './dataset.js';
import { lastWord, tell } from './conversation.js';
import { KgloadError, messageOf } from './errors.js';
import { loadDatabase } from './load.js';
import { withReadable } from './readable.js';
import { toCypher } from './schema.js';
import { resolveSchema } from './schemachoice.js';
import { drive } from './steps.js';
import { likelyEngine } from './target.js';
import type { Task } from './tasks.js';
import type { BadRow, EngineName, LoadReport, Problem, Resources } from './types.js';

/** A load that the worker is to do; goes through JSON. */
export interface Job extends Resources {
  kind: 'load';
  database: string;
  dataset: string;
  /** Of a database that is created. */
  engine?: EngineName;
  /** A schema file, or `infer`. */
  schema?: string;
  dryRun?: boolean;
  fresh?: boolean;
  /** Tables that are loaded at a time. */
  jobs?: number;
  append?: boolean;
  onError?: 'continue' | 'abort';
  skipBadRows?: boolean;
  maxBadRows?: number;
  nanAsNull?: boolean;
  negativeZeroAsZero?: boolean;
  /** Every bad row is written there, as NDJSON. */
  badRowsFile?: string;
  exclude: Problem[];
  /** Whether somebody wants to know how far a table is. */
  progress: boolean;
}

/** Lines are written to the file of bad rows in pieces of about this many characters. */
const BUFFER_CHARACTERS = 64 * 1024;

async function load(job: Job): Promise<LoadReport> {
  const badRows = job.badRowsFile === undefined ? undefined : openBadRows(job.badRowsFile);
  try {
    const work = job.dryRun ? checkDatabase : loadDatabase;
    const { schema, source } = await resolveSchema(
      job.schema,
      job.dataset,
      likelyEngine(job.database, job.engine),
    );
    if (schema !== codeGraph) {
      tell({ type: 'schema', schema, source, cypher: toCypher(schema) });
    }
    const options = { ...job, schema, ...(badRows && { onBadRow: badRows.write }), onEvent: tell };
    return await withReadable(
      readDataset(job.dataset, schema),
      options,
      async (dataset) => await drive(work(job.database, dataset, options)),
    );
  } finally {
    badRows?.close();
  }
}

function openBadRows(path: string): { write: (row: BadRow) => void; close: () => void } {
  let handle: number;
  try {
    handle = openSync(path, 'w');
  } catch (error) {
    throw new KgloadError({
      code: 'TARGET_UNWRITABLE',
      message: `the file of bad rows ${path} cannot be written: ${messageOf(error)}`,
      file: path,
    });
  }
  let buffer = '';
  const flush = (): void => {
    writeSync(handle, buffer);
    buffer = '';
  };
  return {
    write: (row) => {
      buffer += JSON.stringify(row, jsonValue) + '\n';
      if (buffer.length >= BUFFER_CHARACTERS) flush();
    },
    close: () => {
      flush();
      closeSync(handle);
    },
  };
}

/** Keys beyond 2^53 arrive as bigint, which JSON has not. */
function jsonValue(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

// The supervisor decides what a signal means; without it there is nobody left to work for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (job: Job | Task) => {
  const work = async (): Promise<unknown> =>
    job.kind === 'load' ? await load(job) : await (await import('./tasks.js')).perform(job, tell);
  void lastWord(work).then((message) => {
    // Kuzu keeps the event loop alive for ever after some errors, so the process has to be ended.
    process.send?.(message, () => process.exit());
  });
});
