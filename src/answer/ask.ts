/** Asking a database: one statement, and its rows as exact plain values, batch by batch. */
import { withPlainParameters } from '../cypher/parameters.js';
import { READING, refusalOf } from '../cypher/readonly.js';
import { projectionsOf, type Returned } from '../cypher/returned.js';
import { SHOW_FUNCTIONS } from '../cypher/statements.js';
import type { Token } from '../cypher/tokens.js';
import { readCatalog } from '../database/catalog.js';
import { drive, type Row, type Steps } from '../engine/drive.js';
import { firstLine, isPoolFull } from '../engine/messages.js';
import { complaintAbout, InvalidStatement, type Rows } from '../engine/statement.js';
import { KgloadError, messageOf } from '../errors.js';
import { listNames } from '../format.js';
import type { Answer, Value } from '../model/answer.js';
import type { Catalog } from '../model/differences.js';
import type { Shape } from '../model/shape.js';
import type { Connection, Problem } from '../types.js';
import { exactReader, Mismatch, type TableShapes } from './exact.js';
import { invalidQuery } from './invalid.js';
import { plainValue } from './native.js';
import { runExactly, type Texts } from './run.js';
import { columnShape, isExact } from './shapes.js';
import { checkedStatement, type Question } from './statement.js';

/** An answer, and what is to be said of it when all its rows were taken. */
export interface Answered extends Answer {
  warnings: () => Problem[];
}

/**
 * Asks a database.
 *
 * @throws {KgloadError} `QUERY_REFUSED` for what does more than it may, `QUERY_INVALID` with the place
 *   in the query, `QUERY_FAILED` and `OUT_OF_MEMORY` where it fails while it runs.
 */
export async function ask(connection: Connection, question: Question): Promise<Answered> {
  const statement = checkedStatement(question, { reading: READING, refusalOf });
  const catalog = lazily(() => drive(readCatalog(connection)));
  try {
    const { rows, texts } = await runExactly(connection, question, statement, catalog);
    try {
      return await toAnswer(rows, texts, question, statement, catalog);
    } catch (error) {
      rows.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    if (!(error instanceof InvalidStatement)) throw failed(error);
    const complaint = await complaintAbout(connection, withPlainParameters(question.cypher));
    const isReading = complaint?.startsWith('Parser exception') ?? false;
    const functions = lazily(() => drive(readFunctions(connection)));
    const names = { catalog: await catalog(), functions: await functions() };
    const words = isReading ? (complaint ?? '') : error.message;
    throw new KgloadError(invalidQuery(words, question.cypher, names), { cause: error });
  }
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function* readFunctions(connection: Connection): Steps<string[]> {
  const rows = yield { connection, cypher: SHOW_FUNCTIONS };
  return rows.map(({ name }) => String(name));
}

function failed(error: unknown): KgloadError {
  const message = messageOf(error);
  if (isPoolFull(message)) {
    return new KgloadError(
      {
        code: 'OUT_OF_MEMORY',
        message: `the query needs more memory than it may take: ${firstLine(message)}`,
        hint: 'allow more with --memory, or ask for less: LIMIT',
      },
      { cause: error },
    );
  }
  const words = firstLine(message).replace(/^\w+ exception: /i, '');
  return new KgloadError(
    { code: 'QUERY_FAILED', message: `the query failed: ${words}` },
    { cause: error },
  );
}

/** Rows that go together, unless their texts are long. */
const BATCH_ROWS = 1000;
const BATCH_CHARACTERS = 1_000_000;

async function toAnswer(
  rows: Rows,
  texts: Texts,
  { cypher }: Question,
  statement: readonly Token[],
  catalog: () => Promise<Catalog>,
): Promise<Answered> {
  const own = rows.columns.slice(0, rows.columns.length - texts.size);
  const shapes = own.map((_, at) => columnShape(rows.types[at] ?? ''));
  const hasTables = shapes.some(({ type }) => /\b(NODE|REL|RECURSIVE_REL)\b/.test(type));
  const tables = hasTables ? tableShapes(await catalog()) : () => undefined;
  const inexact = new Set<number>();
  const cut = new Set<number>();
  const readers = own.map((name, at) => {
    const read = columnReader(shapes[at] ?? columnShape(''), {
      tables,
      onCut: () => cut.add(at),
      onInexact: () => inexact.add(at),
    });
    const text = rows.columns[texts.get(at) ?? -1];
    return (row: Row): Value => read(row[name], text === undefined ? undefined : row[text]);
  });
  const named = namesOf(projectionsOf(cypher, statement)[0]?.items, own);
  const list = (columns: ReadonlySet<number>): string =>
    listNames([...columns].map((at) => named[at] ?? ''));
  return {
    columns: named,
    batches: batchesOf(rows, readers),
    warnings: () => [
      ...(inexact.size > 0
        ? [
            {
              code: 'VALUE_INEXACT' as const,
              message: `values of ${list(inexact)} may have lost digits`,
              hint: 'have them returned as STRING',
            },
          ]
        : []),
      ...(cut.size > 0
        ? [
            {
              code: 'VALUE_INEXACT' as const,
              message: `nanoseconds of ${list(cut)} are left out: the engine hands out microseconds`,
            },
          ]
        : []),
    ],
  };
}

/** As people wrote them: the engines call `count(*)` COUNT_STAR(). */
function namesOf(items: readonly Returned[] | undefined, columns: readonly string[]): string[] {
  if (items?.length !== columns.length || items.some(({ isAll }) => isAll)) return [...columns];
  return items.map(({ alias, expression }) => alias ?? expression.replace(/\s+/g, ' '));
}

function tableShapes(catalog: Catalog): TableShapes {
  const known = new Map(
    [...catalog.values()].map(({ name, properties }) => [
      name,
      new Map(properties.map((property) => [property.name, columnShape(property.type)])),
    ]),
  );
  return (label) => known.get(label);
}

function columnReader(
  shape: Shape,
  context: { tables: TableShapes; onCut: () => void; onInexact: () => void },
): (native: unknown, text: unknown) => Value {
  const { onInexact } = context;
  if (isExact(shape)) return (native) => plainValue(native, onInexact);
  const read = exactReader(shape, context);
  return (native, text) => {
    if (text !== undefined) {
      try {
        return read(native, text);
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
      }
    }
    return plainValue(native, onInexact);
  };
}

/** Each batch is made when it is asked for. */
async function* batchesOf(
  rows: Rows,
  readers: readonly ((row: Row) => Value)[],
): AsyncGenerator<Value[][]> {
  try {
    for (let row = rows.next(); row;) {
      const batch: Value[][] = [];
      for (let characters = 0; row && batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS;) {
        const values: Value[] = [];
        for (const read of readers) values.push(read(row));
        for (const value of Object.values(row)) {
          if (typeof value === 'string') characters += value.length;
        }
        batch.push(values);
        row = rows.next();
      }
      yield await Promise.resolve(batch);
    }
  } catch (error) {
    throw error instanceof KgloadError ? error : failed(error);
  } finally {
    rows.close();
  }
}
