/** Asking a server: one statement, and its rows as exact plain values, batch by batch. */
import { setTimeout as wait } from 'node:timers/promises';
import { placeOf } from '../answer/invalid.js';
import { checkedStatement, type Question } from '../answer/statement.js';
import { timedOut } from '../answer/timeout.js';
import { isTimeout, queryError } from '../bolt/messages.js';
import { openServer, type RunningAnswer, type Server } from '../bolt/server.js';
import { KEYWORDS } from '../cypher/keywords.js';
import { checkParameters, type Parameter, parameterNames } from '../cypher/parameters.js';
import { READING, refusalOf } from '../cypher/serverreadonly.js';
import type { Token } from '../cypher/tokens.js';
import { KgloadError, toProblem } from '../errors.js';
import type { RunningQuery, Value } from '../model/answer.js';
import { similarTo } from '../model/similar.js';
import type { QueryPosition, ServerAccess } from '../types.js';
import { plainValues } from './answers.js';

/** Rows that go together, unless their texts are long. */
const BATCH_ROWS = 1000;
const BATCH_CHARACTERS = 1_000_000;

/** So long a server may take to say that it ended a query; it does so also when nobody listens. */
const FAREWELL_MS = 1500;

/**
 * Asks a server. Who takes no more of the rows ends the query, there as well.
 *
 * @param limits - `signal` ends it at once, and its reason is thrown; `timeout`: milliseconds.
 * @throws {KgloadError} `QUERY_REFUSED` for what does more than it may, `QUERY_INVALID` with the place
 *   in the query, `QUERY_FAILED`, `OUT_OF_MEMORY`, `TIMEOUT`; what {@link openServer} throws.
 */
export async function queryServer(
  address: string,
  question: Question,
  {
    access,
    signal,
    timeout,
  }: {
    access?: ServerAccess | undefined;
    signal?: AbortSignal | undefined;
    timeout?: number | undefined;
  } = {},
): Promise<RunningQuery> {
  const statement = checkedStatement(question, { reading: READING, refusalOf });
  const names = parameterNames(statement);
  checkParameters(names, question.parameters);
  const limit = startLimit(signal, timeout);
  const opening = openServer(address, access);
  let server: Server;
  try {
    server = await limit.race(opening);
  } catch (error) {
    limit.stop();
    void opening.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
  let answer: RunningAnswer | undefined;
  const end = async (): Promise<void> => {
    limit.stop();
    const closing = answer ? answer.close().then(server.close) : server.close();
    await Promise.race([closing, wait(FAREWELL_MS, undefined, { ref: false })]);
  };
  const explain = (error: unknown): unknown => {
    if (timeout !== undefined && isTimeout(error)) return timedOut(timeout);
    return invalid(queryError(server.url, error), question.cypher, statement);
  };
  try {
    answer = server.ask(
      {
        // What follows the last token is a semicolon at most.
        cypher: question.cypher.slice(0, statement.at(-1)?.end),
        parameters: Object.fromEntries(
          names.map((name) => [name, driverParameter(question.parameters.get(name) ?? null)]),
        ),
      },
      { write: question.write, timeout },
    );
    const columns = await limit.race(answer.columns());
    const { rows } = answer;
    let batches = batchesOf(rows, plainValues(server.driver), { limit, end, explain });
    if (columns.length === 0) batches = await whenDone(batches);
    const database = { path: server.url, engine: 'neo4j', version: server.can.version } as const;
    return { columns, database, warnings: [], batches };
  } catch (error) {
    await end();
    throw explain(error);
  }
}

/** What answers nothing is done when its end has come, whether or not somebody asks for rows. */
async function whenDone(batches: AsyncGenerator<Value[][]>): Promise<AsyncGenerator<Value[][]>> {
  await batches.next();
  return batches;
}

interface Ending {
  limit: Limit;
  end: () => Promise<void>;
  explain: (error: unknown) => unknown;
}

/** Each batch is made when it is asked for; the driver fetches no more than a little ahead. */
async function* batchesOf(
  rows: AsyncIterable<unknown[]>,
  plain: (given: unknown) => Value,
  { limit, end, explain }: Ending,
): AsyncGenerator<Value[][]> {
  const iterator = rows[Symbol.asyncIterator]();
  const take = async (): Promise<{ batch: Value[][]; isLast: boolean }> => {
    const batch: Value[][] = [];
    for (let characters = 0; batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS;) {
      const next = await iterator.next();
      if (next.done === true) return { batch, isLast: true };
      for (const value of next.value) {
        if (typeof value === 'string') characters += value.length;
      }
      batch.push(next.value.map(plain));
    }
    return { batch, isLast: false };
  };
  try {
    for (let isLast = false; !isLast;) {
      const taken = await limit.race(take());
      if (taken.batch.length > 0) yield taken.batch;
      isLast = taken.isLast;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    await end();
  }
}

/** What ends a query before its time. */
interface Limit {
  /** The value of a work, or what ends it. */
  race: <T>(work: Promise<T>) => Promise<T>;
  stop: () => void;
}

function startLimit(signal: AbortSignal | undefined, timeout: number | undefined): Limit {
  signal?.throwIfAborted();
  let fail: (reason: unknown) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => (fail = reject));
  ended.catch(() => undefined); // It may come when nobody waits.
  const onAbort = (): void => {
    fail(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort);
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          fail(timedOut(timeout));
        }, timeout);
  return {
    race: async (work) => {
      work.catch(() => undefined); // What comes after the end is of no interest.
      return await Promise.race([work, ended]);
    },
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** The driver makes a FLOAT of every number, so whole ones are bigints; it wraps those beyond 64 bits. */
function driverParameter(value: Parameter): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if ('exact' in value) {
    if (!/^-?\d+$/.test(value.exact)) return Number(value.exact);
    const whole = BigInt(value.exact);
    if (BigInt.asIntN(64, whole) === whole) return whole;
    throw new KgloadError({
      code: 'QUERY_INVALID',
      message: `the number ${value.exact} is beyond 64 bits, a server's largest integers`,
      hint: 'give it as text, or with a decimal point',
    });
  }
  if ('fields' in value) {
    return Object.fromEntries(value.fields.map(([name, of]) => [name, driverParameter(of)]));
  }
  return value.map(driverParameter);
}

/** With the place where the query ends too early, and what a misspelt word may be. */
function invalid(error: unknown, cypher: string, statement: readonly Token[]): unknown {
  if (!(error instanceof KgloadError) || error.code !== 'QUERY_INVALID') return error;
  const problem = toProblem(error);
  const [, word] = /^Invalid input '(\w+)'/.exec(problem.message) ?? [];
  const meant = word === undefined ? undefined : similarTo(word, KEYWORDS);
  const isEnd = /^Invalid input ''/.test(problem.message) || /Unexpected end/.test(problem.message);
  return new KgloadError(
    {
      ...problem,
      ...(meant !== undefined && meant !== word && { hint: `did you mean ${meant}?` }),
      ...(problem.position && { position: inCharacters(problem.position, cypher) }),
      ...(isEnd && { position: placeOf(cypher, statement.at(-1)?.end ?? 0) }),
    },
    { cause: error },
  );
}

/** The server counts halves of characters beyond the first 65,536. */
function inCharacters({ line, column }: QueryPosition, cypher: string): QueryPosition {
  const before = (cypher.split('\n')[line - 1] ?? '').slice(0, column - 1);
  return { line, column: Array.from(before).length + 1 };
}
