/**
 * The engine's own process. Damaged files crash the engine's Parquet reader now and then, and a
 * crash ends the process that it happens in; so the command line lets it happen in this one.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { checkDatabase } from './check.js';
import { codeGraph } from './codegraph.js';
import { readDataset } from './dataset.js';
import { isTooManyFiles, KgloadError, messageOf, tooManyFiles, toProblem } from './errors.js';
import { loadDatabase } from './load.js';
import { withReadable } from './readable.js';
import { toCypher } from './schema.js';
import { resolveSchema } from './schemachoice.js';
import { drive } from './steps.js';
import { likelyEngine } from './target.js';
import type { BadRow, EngineName, LoadEvent, LoadReport, Problem, Resources } from './types.js';

/** What the worker is to do; goes through JSON. */
export interface Job extends Resources {
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

export type Message =
  | { event: LoadEvent }
  | { report: LoadReport }
  /** A refusal: nothing was attempted or changed. */
  | { refusal: Problem }
  /** An error that nobody foresaw, with its stack. */
  | { unexpected: string };

/** Lines are written to the file of bad rows in pieces of about this many characters. */
const BUFFER_CHARACTERS = 64 * 1024;

async function run(job: Job): Promise<Message> {
  try {
    const badRows = job.badRowsFile === undefined ? undefined : openBadRows(job.badRowsFile);
    try {
      const work = job.dryRun ? checkDatabase : loadDatabase;
      const onEvent = (event: LoadEvent): void => {
        process.send?.({ event } satisfies Message);
      };
      const { schema, source } = await resolveSchema(
        job.schema,
        job.dataset,
        likelyEngine(job.database, job.engine),
      );
      if (schema !== codeGraph) {
        onEvent({ type: 'schema', schema, source, cypher: toCypher(schema) });
      }
      const options = { ...job, schema, ...(badRows && { onBadRow: badRows.write }), onEvent };
      const report = await withReadable(
        readDataset(job.dataset, schema),
        options,
        async (dataset) => await drive(work(job.database, dataset, options)),
      );
      return { report };
    } finally {
      badRows?.close();
    }
  } catch (error) {
    if (error instanceof KgloadError) return { refusal: toProblem(error) };
    if (isTooManyFiles(error)) return { refusal: toProblem(tooManyFiles(error)) };
    return { unexpected: error instanceof Error ? (error.stack ?? error.message) : String(error) };
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
process.once('message', (job) => {
  void run(job as Job).then((message) => {
    // Kuzu keeps the event loop alive for ever after some errors, so the process has to be ended.
    process.send?.(message, () => process.exit());
  });
});
