/// <reference lib="esnext.disposable" preserve="true" />
/** A code graph in a database: loading it, and what people ask it. */
import { CALLEES, CALLERS, inFile, SUBCLASSES, uses, type Way } from '../cypher/questions.js';
import { loadFromParquet } from '../library.js';
import { checkOptions, checkTexts } from '../options.js';
import type {
  AttributeUse,
  ClassRow,
  EngineName,
  FunctionRow,
  ImportRow,
  LoadOptions,
  LoadReport,
  ReachedClass,
  ReachedFunction,
  VariableUse,
} from '../types.js';
import { all, askTables, reach } from './reach.js';
import { Session } from './session.js';

/**
 * A code graph in a Kuzu or Ladybug database, held open until {@link DependencyGraph.close}.
 *
 * Any number of calls and iterations may run at the same time: the database is asked for one after
 * the other, and a call made during a load waits for its end. Answers that can be large (callers,
 * callees, impact, uses) are iterations that hand over one row at a time; the others are arrays.
 * The engine computes an answer whole before its first row, outside JavaScript's memory, and holds
 * it until the iteration ends, is left by `break`, or the graph is closed. What the data does not
 * have is null in the rows; an id or path that the graph does not have has an empty answer.
 *
 * Every question throws a {@link KgloadError}: `SCHEMA_MISMATCH` when the database lacks a table or
 * column that it is about, `CLOSED` after {@link DependencyGraph.close}, `ENGINE` when the engine
 * fails.
 *
 * @example
 * ```ts
 * const graph = new DependencyGraph('graph.db');
 * try {
 *   await graph.loadFromParquet('data/parquet');
 *   for (const { id, name, startLine } of await graph.getAllFunctionsInFile('src/main.py')) {
 *     console.log(`${name}, line ${startLine}`);
 *     for await (const caller of graph.getCallers(id)) console.log(`  called by ${caller.name}`);
 *   }
 * } finally {
 *   await graph.close();
 * }
 * ```
 */
export class DependencyGraph {
  readonly #session: Session;

  /**
   * Opens the database, and creates it where there is none. No other process can open it
   * meanwhile, unless all of them open it read-only; nor can this one a second time.
   *
   * @param databasePath - A database file, or where to create one.
   * @param options - `readOnly`: the database must be there, and `loadFromParquet` is refused.
   *   `engine`: of a database that is created; default: `kuzu`.
   * @throws {KgloadError} `ENOENT` (read-only), `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`,
   *   `TARGET_UNWRITABLE`, `ENGINE_MISSING`, `ENGINE_MISMATCH`, `ENGINE`.
   * @example
   * ```ts
   * const graph = new DependencyGraph('graph.db', { readOnly: true });
   * ```
   */
  constructor(databasePath: string, options: { readOnly?: boolean; engine?: EngineName } = {}) {
    checkTexts({ 'the path of the database': databasePath });
    checkOptions('DependencyGraph', options);
    this.#session = new Session(databasePath, options);
  }

  /**
   * Loads a dataset into the database, as the library's function of this name does.
   *
   * @param directory - A dataset: `nodes/*.parquet` and `edges/*.parquet`.
   * @returns Rows and seconds of every table, and every error and warning.
   * @throws {KgloadError} When the load is refused before any data: `ENOENT`, `DATASET_LAYOUT`,
   *   `SCHEMA_MISMATCH`, `TARGET_NOT_EMPTY`; `TARGET_UNWRITABLE` when the graph is read-only,
   *   `CLOSED`.
   * @example
   * ```ts
   * const { totalNodes, totalEdges, errors } = await graph.loadFromParquet('data/parquet');
   * ```
   */
  async loadFromParquet(directory: string, options: LoadOptions = {}): Promise<LoadReport> {
    return await this.#session.change(async ({ connection, engine }) => {
      return await loadFromParquet(connection, directory, { ...options, engine });
    });
  }

  /**
   * The functions and methods of a file, in the order of their lines (without a line: last), then
   * ids.
   *
   * @param path - As the functions' `file` has it.
   * @example
   * ```ts
   * const functions = await graph.getAllFunctionsInFile('src/main.py');
   * ```
   */
  async getAllFunctionsInFile(path: string): Promise<FunctionRow[]> {
    checkTexts({ 'the path of the file': path });
    return await all(this.#ask<FunctionRow>(['Function'], inFile('Function', path, 'startLine')));
  }

  /**
   * The classes of a file, in the order of their lines (without a line: last), then ids.
   *
   * @param path - As the classes' `file` has it.
   * @example
   * ```ts
   * const classes = await graph.getAllClassesInFile('src/main.py');
   * ```
   */
  async getAllClassesInFile(path: string): Promise<ClassRow[]> {
    checkTexts({ 'the path of the file': path });
    return await all(this.#ask<ClassRow>(['Class'], inFile('Class', path, 'startLine')));
  }

  /**
   * The imports of a file, in the order of their lines (without a line: last), then ids.
   *
   * @param path - As the imports' `file` has it.
   * @example
   * ```ts
   * const imports = await graph.getAllImportsInFile('src/main.py');
   * ```
   */
  async getAllImportsInFile(path: string): Promise<ImportRow[]> {
    checkTexts({ 'the path of the file': path });
    return await all(this.#ask<ImportRow>(['Import'], inFile('Import', path, 'lineNumber')));
  }

  /**
   * The functions that call a function, directly or over up to `depth` calls: each once, with its
   * distance, the nearest first, then by id. The function itself is among them, last of its
   * distance, if it calls itself within `depth` calls.
   *
   * @param options - `depth`: a whole number from 1 (the default: direct callers), or Infinity.
   * @throws {RangeError} For another depth.
   * @throws {KgloadError} As every question; `ENGINE` also, after the last row, when the way goes
   *   on for 65,534 calls, where the engine stops, and a greater depth was asked for.
   * @example
   * ```ts
   * for await (const { name, file, distance } of graph.getCallers(id, { depth: 3 })) {
   *   console.log(`${name} in ${file}, ${distance} calls away`);
   * }
   * ```
   */
  getCallers(
    functionId: string,
    options: { depth?: number } = {},
  ): AsyncGenerator<ReachedFunction, void> {
    return this.#reach<ReachedFunction>(CALLERS, functionId, depthOf(options, 1));
  }

  /**
   * The functions that a function calls, directly or over up to `depth` calls: each once, with its
   * distance, the nearest first, then by id. The function itself is among them, last of its
   * distance, if it calls itself within `depth` calls.
   *
   * @param options - `depth`: a whole number from 1 (the default: direct callees), or Infinity.
   * @throws {RangeError} For another depth.
   * @throws {KgloadError} As {@link DependencyGraph.getCallers}.
   * @example
   * ```ts
   * for await (const { name } of graph.getCallees(id)) console.log(name);
   * ```
   */
  getCallees(
    functionId: string,
    options: { depth?: number } = {},
  ): AsyncGenerator<ReachedFunction, void> {
    return this.#reach<ReachedFunction>(CALLEES, functionId, depthOf(options, 1));
  }

  /**
   * What a change of a function or method can reach: all its callers over any number of calls, as
   * {@link DependencyGraph.getCallers} gives them.
   *
   * It follows the recorded calls and nothing else. A call of a method counts for the method that
   * the analyser recorded: where that is the method of a base class, the overriding methods of
   * subclasses are not reached by it, so ask for the impact of the overridden method too. Nor does
   * it follow inheritance, decorators, or values passed through variables and attributes: see
   * {@link DependencyGraph.getSubclasses}, {@link DependencyGraph.getVariableUsers} and
   * {@link DependencyGraph.getAttributeUsers}.
   *
   * @throws {KgloadError} As {@link DependencyGraph.getCallers}.
   * @example
   * ```ts
   * const files = new Set<string | null>();
   * for await (const { file } of graph.getImpact(id)) files.add(file);
   * ```
   */
  getImpact(functionId: string): AsyncGenerator<ReachedFunction, void> {
    return this.getCallers(functionId, { depth: Infinity });
  }

  /**
   * The classes that inherit from a class, directly or over up to `depth` steps: each once, with its
   * distance, the nearest first, then by id. The class itself is among them only if the data say
   * that it inherits from itself.
   *
   * @param options - `depth`: a whole number from 1, or Infinity (the default).
   * @throws {RangeError} For another depth.
   * @example
   * ```ts
   * const direct = await graph.getSubclasses(id, { depth: 1 });
   * ```
   */
  async getSubclasses(classId: string, options: { depth?: number } = {}): Promise<ReachedClass[]> {
    return await all(this.#reach<ReachedClass>(SUBCLASSES, classId, depthOf(options, Infinity)));
  }

  /**
   * The uses of a variable by functions, one row for each, ordered by file, line and function; a
   * function that uses it twice is there twice.
   *
   * @example
   * ```ts
   * for await (const { name, file, lineNumber, context } of graph.getVariableUsers(id)) {
   *   console.log(`${file}:${lineNumber} ${name} (${context})`);
   * }
   * ```
   */
  getVariableUsers(variableId: string): AsyncGenerator<VariableUse, void> {
    checkTexts({ 'the id': variableId });
    return this.#ask<VariableUse>(
      ['Function', 'REFERENCES', 'Variable'],
      uses('Variable', 'REFERENCES', variableId),
    );
  }

  /**
   * The uses of an attribute by functions, one row for each, ordered by file, line and function; a
   * function that uses it twice is there twice.
   *
   * @example
   * ```ts
   * for await (const { name, lineNumber, accessType } of graph.getAttributeUsers(id)) {
   *   console.log(`${name}, line ${lineNumber}: ${accessType}`);
   * }
   * ```
   */
  getAttributeUsers(attributeId: string): AsyncGenerator<AttributeUse, void> {
    checkTexts({ 'the id': attributeId });
    return this.#ask<AttributeUse>(
      ['Function', 'ACCESSES', 'Attribute'],
      uses('Attribute', 'ACCESSES', attributeId),
    );
  }

  /**
   * Writes what is pending to the file and lets go of it. A load that runs is completed before; all
   * other calls and iterations that are not done end with the error `CLOSED`, and so do later ones.
   * Closing twice does nothing more.
   *
   * @example
   * ```ts
   * await graph.close();
   * ```
   */
  close(): Promise<void> {
    return this.#session.close();
  }

  /**
   * {@link DependencyGraph.close}, for `await using`.
   *
   * @example
   * ```ts
   * await using graph = new DependencyGraph('graph.db');
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Follows the rels of one table from one node; the arguments are looked at right away. */
  #reach<T extends { distance: number }>(
    way: Way,
    id: string,
    depth: number,
  ): AsyncGenerator<T, void> {
    checkTexts({ 'the id': id });
    if (depth !== Infinity && !(Number.isInteger(depth) && depth >= 1)) {
      throw new RangeError(`depth must be a whole number from 1, or Infinity, not ${depth}`);
    }
    this.#session.refuseIfClosed();
    return reach<T>(this.#session, way, id, depth);
  }

  /** The rows of a query, one by one; `tables` are those of the code graph that it names. */
  #ask<T>(tables: readonly string[], cypher: string): AsyncGenerator<T, void> {
    return askTables<T>(this.#session, tables, cypher);
  }
}

/** Of options that TypeScript may not have seen. */
function depthOf(options: unknown, usual: number): number {
  const { depth = usual } = Object(options) as { depth?: number };
  return depth;
}
