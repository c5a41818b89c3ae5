/** A query, its answer as it comes, and what is to be said of it. */
import { identifyDatabase } from '../database/identity.js';
import type { Parameter } from '../cypher/parameters.js';
import { KgloadError, toProblem } from '../errors.js';
import { formatSeconds, plural } from '../format.js';
import type { RunningQuery } from '../model/answer.js';
import { startQuery } from '../process/query.js';
import type { ErrorCode, Problem, ServerAccess } from '../types.js';
import {
  type AnswerDocument,
  type AnswerFormat,
  defaultFormat,
  type Printed,
  printAnswer,
} from './answers.js';
import { databaseDocument } from './documents.js';
import {
  checkPictureOutput,
  collectAnswer,
  isPictureFormat,
  type PictureFormat,
  printPicture,
} from './pictures.js';
import { type Io, type OutputFlags, printLog, printProblem } from './output.js';

export interface QueryFlags extends OutputFlags {
  db: string;
  /** Who asks, where the database is on a server. */
  server?: ServerAccess | undefined;
  param?: ReadonlyMap<string, Parameter>;
  format?: AnswerFormat | PictureFormat;
  write?: boolean;
  /** Milliseconds. */
  timeout?: number;
  /** Bytes. */
  memory: number;
}

/** Those that come of running the query, not of the query. */
const FAILURES: readonly ErrorCode[] = [
  'QUERY_FAILED',
  'ENGINE_CRASHED',
  'OUT_OF_MEMORY',
  'TIMEOUT',
];

/** Asks, and prints the answer as it comes. @returns The exit code. */
export async function printQuery(
  cypher: string,
  flags: QueryFlags,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const format = flags.json ? 'json' : (flags.format ?? defaultFormat(io));
  if (isPictureFormat(format)) checkPictureOutput(format, io);
  const began = performance.now();
  try {
    const { rows, hidden, running } = await answer(cypher, flags, format, io, signal);
    if (!flags.quiet) {
      for (const warning of running.warnings) printProblem(io, 'warning', warning);
      const seconds = formatSeconds((performance.now() - began) / 1000);
      const what = running.columns.length === 0 ? 'done' : plural(rows, 'row');
      const rest = hidden.length > 0 ? `; no room for ${hidden.join(', ')}` : '';
      printLog(io, `${what} in ${seconds} s${rest}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    const problem = toProblem(error);
    printProblem(io, 'error', problem);
    const { pointAt } = await import('./pointing.js');
    for (const line of pointAt(cypher, problem)) io.stderr.write(`${line}\n`);
    return FAILURES.includes(problem.code) ? 1 : 2;
  }
}

async function answer(
  cypher: string,
  { db, server, param, write = false, timeout, memory }: QueryFlags,
  format: AnswerFormat | PictureFormat,
  io: Io,
  signal: AbortSignal,
): Promise<Printed & { running: RunningQuery }> {
  const problems: { errors: Problem[]; warnings: Problem[] } = { errors: [], warnings: [] };
  const document: AnswerDocument = {
    head: { database: identifyDatabase(db) },
    problems: () => problems,
  };
  const told = <T>(error: T): T => {
    if (error instanceof KgloadError) problems.errors.push(toProblem(error));
    return error;
  };
  const question = { cypher, parameters: param ?? new Map<string, Parameter>(), write };
  let running: RunningQuery;
  try {
    running = await startQuery(
      { kind: 'query', database: db, server, question, memory },
      { signal, timeout },
    );
  } catch (error) {
    if (format === 'json' && told(error) instanceof KgloadError) {
      const none = (async function* () {})();
      await printAnswer({ columns: [], batches: none }, format, io, document);
    }
    throw error;
  }
  const { columns } = running;
  document.head = { database: databaseDocument(running.database) };
  const batches = (async function* () {
    try {
      yield* running.batches;
    } catch (error) {
      throw told(error);
    }
    problems.warnings.push(...running.warnings);
  })();
  if (isPictureFormat(format)) {
    const { picture, rows } = await collectAnswer(titleOf(cypher), { columns, batches });
    await printPicture(picture, format, io);
    return { rows, hidden: [], running };
  }
  return { ...(await printAnswer({ columns, batches }, format, io, document)), running };
}

/** The query on one line. */
function titleOf(cypher: string): string {
  const text = cypher.replace(/\s+/g, ' ').trim();
  return text.length > 160 ? `${text.slice(0, 158)}…` : text;
}
