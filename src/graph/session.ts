/** A database that is open for as long as its user likes: one piece of work on it after the other. */
import { setImmediate } from 'node:timers/promises';
import { ALLOW_DEPTH } from '../cypher/questions.js';
import { readCatalog } from '../database/catalog.js';
import { engineFor, inspectDatabase, inspectTarget } from '../database/target.js';
import { drive, type Steps } from '../engine/drive.js';
import { type OpenDatabase, openEngine } from '../engine/engine.js';
import { firstLine } from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import type { Catalog } from '../model/differences.js';
import type { Connection, EngineName, QueryResult, Resources } from '../types.js';

/** Rows that an iteration takes before other work has its turn: some milliseconds. */
const ROWS_A_TURN = 1000;

export class Session {
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #database: OpenDatabase;
  /** Results whose rows are being taken. */
  readonly #results = new Set<QueryResult>();
  /** Done when all work that was begun on the connection is. */
  #idle: Promise<void> = Promise.resolve();
  #catalog: Catalog | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {KgloadError} As {@link DependencyGraph} does. */
  constructor(
    databasePath: string,
    {
      readOnly = false,
      engine,
      ...resources
    }: { readOnly?: boolean; engine?: EngineName } & Resources,
  ) {
    const target = (readOnly ? inspectDatabase : inspectTarget)(databasePath);
    this.#path = target.path;
    this.#readOnly = readOnly;
    const chosen = engineFor(target, engine === undefined ? {} : { engine });
    this.#database = openEngine(chosen, this.#path, { ...resources, readOnly, isExclusive: true });
  }

  /** What has it open: which engine, and which version of it. */
  get engine(): { engine: EngineName; version: string } {
    const { engine, version } = this.#database;
    return { engine, version };
  }

  /** The tables that are there. */
  async catalog(): Promise<Catalog> {
    return await this.#inTurn(async () => await this.#tables());
  }

  /** Does work that creates tables. */
  async change<T>(work: (database: OpenDatabase) => Promise<T>): Promise<T> {
    this.refuseIfClosed();
    if (this.#readOnly) throw openedReadOnly(this.#path);
    return await this.#inTurn(async () => {
      this.#catalog = undefined;
      return await work(this.#database);
    });
  }

  /**
   * The rows of a query, one by one.
   *
   * @param check - Is handed the tables that are there, and throws if the query can't be asked.
   */
  ask<T>(cypher: string, check: (catalog: Catalog) => void): AsyncGenerator<T, void> {
    this.refuseIfClosed();
    return this.#rows<T>(cypher, check);
  }

  async *#rows<T>(cypher: string, check: (catalog: Catalog) => void): AsyncGenerator<T, void> {
    const result = await this.#inTurn(() => this.#query(cypher, check));
    try {
      for (let taken = 1; ; taken += 1) {
        this.refuseIfClosed();
        if (!result.hasNext()) return;
        // Taking a row from the engine's memory takes 2 µs, waiting for it would take 44; but other
        // work wants its turn in a long iteration.
        yield result.getNextSync() as T;
        if (taken % ROWS_A_TURN === 0) await setImmediate();
      }
    } finally {
      this.#results.delete(result);
      result.close();
    }
  }

  async #query(cypher: string, check: (catalog: Catalog) => void): Promise<QueryResult> {
    const { connection } = this.#database;
    try {
      check(await this.#tables());
      const [result] = [await connection.query(cypher)].flat();
      if (!result) throw new Error('the engine answered with no result');
      this.#results.add(result);
      return result;
    } catch (error) {
      if (error instanceof KgloadError) throw error;
      throw new KgloadError(
        { code: 'ENGINE', message: `the query failed: ${firstLine(messageOf(error))}` },
        { cause: error },
      );
    }
  }

  async #tables(): Promise<Catalog> {
    this.#catalog ??= await drive(prepare(this.#database.connection));
    return this.#catalog;
  }

  /** Lets the work that was begun come to its end, and closes the database. */
  close(): Promise<void> {
    this.#closing ??= this.#idle.then(() => {
      // A result that outlives its database can end the process with a segmentation fault.
      for (const result of this.#results) result.close();
      this.#results.clear();
      this.#database.close();
    });
    return this.#closing;
  }

  /**
   * Does one piece of work on the connection after the other: a failing query would roll back the
   * transaction of a load that runs beside it, and closing must not happen beside either.
   */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#idle.then(() => {
      this.refuseIfClosed();
      return work();
    });
    this.#idle = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** @throws {KgloadError} `CLOSED` after {@link Session.close}. */
  refuseIfClosed(): void {
    if (!this.#closing) return;
    throw new KgloadError({
      code: 'CLOSED',
      message: `the graph ${this.#path} is closed`,
      file: this.#path,
      hint: 'open it anew: new DependencyGraph(path)',
    });
  }
}

function* prepare(connection: Connection): Steps<Catalog> {
  yield { connection, cypher: ALLOW_DEPTH };
  return yield* readCatalog(connection);
}

function openedReadOnly(path: string): KgloadError {
  return new KgloadError({
    code: 'TARGET_UNWRITABLE',
    message: `nothing can be loaded into the database ${path}: the graph was opened read-only`,
    file: path,
    hint: 'open it without readOnly',
  });
}
