/**
 * A dry run: everything that a load would find wrong, and nothing written. The engine looks for it
 * in memory, in tables that hold the keys of the nodes and nothing else.
 */
import { join } from 'node:path';
import { copyFrom, createNodeTable, identifier, literal, loadFrom } from '../cypher.js';
import { countRows, readCatalog } from '../database/catalog.js';
import { changeDatabaseInMemory, readDatabase } from '../database/open.js';
import { engineFor, inspectTarget, isThere } from '../database/target.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { codeGraph } from '../model/codegraph.js';
import type { Catalog } from '../model/differences.js';
import type { DatabaseLoadOptions } from '../plan/options.js';
import { planLoad, type PlannedCopy, type PlannedTable, startedEvent } from '../plan/plan.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type { BadRows, Connection, LoadReport, NodeTable, Problem } from '../types.js';
import { findBadRows, isBadRowsCode } from './badrows.js';
import { examinePlanned } from './findings.js';
import { countParts } from './parts.js';
import { engineProblem } from './problems.js';
import { notEmpty, nothingToLoad, refuse } from './refusals.js';
import { startTally, type Tally, tallyError, tallyTable, toReport } from './report.js';
import { badRowsProblems, CallbackFailed, guardCallbacks, nodesFailed } from './table.js';

/**
 * What {@link loadDatabase} would do, as its report; rows are those that it would load.
 *
 * @throws {KgloadError} for everything that would stop the load before any data.
 */
export function* checkDatabase(
  path: string,
  dataset: Dataset,
  options: DatabaseLoadOptions = {},
): Steps<LoadReport> {
  const { schema = codeGraph, clock = () => performance.now() } = options;
  const began = clock();
  const target = inspectTarget(path);
  const engine = engineFor(target, options);
  const scratch = makeScratch();
  options.onEvent?.({ type: 'scratch', directory: scratch });
  try {
    const existing: Existing =
      isThere(target) && !options.fresh
        ? yield* readDatabase(target, ({ connection }) =>
            readExisting(connection, dataset, schema.nodes, scratch),
          )
        : { catalog: new Map(), present: new Map(), keys: new Map() };
    const plan = planLoad(schema, dataset, existing.catalog);
    refuse(plan.conflicts);
    refuse(nothingToLoad(plan, dataset));
    if (!options.append) refuse(notEmpty(plan, existing.present));
    const tally = startTally(plan, options.onEvent ?? (() => undefined));
    const guarded = guardCallbacks(options);
    const search = function* (connection: Connection): Steps<void> {
      for (const table of schema.nodes) {
        const { name, primaryKey } = table;
        const properties = table.properties.filter((property) => property.name === primaryKey);
        const isGenerated = properties.some(
          ({ type, default: value }) => type === 'SERIAL' || value,
        );
        yield {
          connection,
          cypher: createNodeTable(isGenerated ? table : { ...table, properties }),
        };
        const keys = existing.keys.get(name);
        if (keys === undefined) continue;
        const mapping = { expression: '`k`', property: primaryKey };
        yield { connection, cypher: copyFrom(name, loadFrom(keys), [mapping]) };
      }
      for (const cypher of schema.statements ?? []) yield { connection, cypher };
      yield* countParts(connection, plan);
      for (const planned of plan.tables) {
        for (const warning of yield* examinePlanned(connection, planned, options)) {
          plan.warnings.push(warning);
          tally.onEvent({ type: 'warned', warning });
        }
        const held = existing.present.get(planned.table) ?? 0;
        for (const problem of yield* checkTable(connection, planned, held, tally, clock, guarded)) {
          tallyError(tally, planned.table, problem);
        }
      }
    };
    // In memory the engines lose a table's index, or crash, when a COPY fails that is not its first.
    const isCopiedTwice =
      existing.keys.size > 0 ||
      plan.tables.some(({ kind, copies }) => kind === 'node' && copies.length > 1);
    const place = isCopiedTwice ? join(scratch, 'keys.db') : ':memory:';
    yield* changeDatabaseInMemory(engine, search, place);
    const report = toReport(schema, plan, tally, {
      published: true,
      totalTime: (clock() - began) / 1000,
    });
    return { ...report, published: false };
  } catch (error) {
    throw error instanceof CallbackFailed ? error.thrown : error;
  } finally {
    removeScratch(scratch);
  }
}

interface Existing {
  catalog: Catalog;
  /** Rows of the tables that the dataset has files for. */
  present: Map<string, number>;
  /** Node table → a Parquet file with the keys of its rows, in the column `k`. */
  keys: Map<string, string>;
}

/** What the target holds already. Its keys go through a file: the engine can't join two databases. */
function* readExisting(
  connection: Connection,
  dataset: Dataset,
  nodes: readonly NodeTable[],
  scratch: string,
): Steps<Existing> {
  const catalog = yield* readCatalog(connection);
  const present = new Map<string, number>();
  const keys = new Map<string, string>();
  for (const table of catalog.values()) {
    const rows = yield* countRows(connection, table);
    if (dataset.tables.has(table.name)) present.set(table.name, rows);
    const node = nodes.find(({ name }) => name === table.name);
    if (!node || rows === 0) continue;
    const path = join(scratch, `${keys.size}.parquet`);
    yield {
      connection,
      cypher: `COPY (MATCH (n:${identifier(node.name)}) RETURN n.${identifier(node.primaryKey)} AS k) TO ${literal(path)}`,
    };
    keys.set(node.name, path);
  }
  return { catalog, present, keys };
}

function* checkTable(
  connection: Connection,
  planned: PlannedTable,
  held: number,
  tally: Tally,
  clock: () => number,
  options: DatabaseLoadOptions,
): Steps<Problem[]> {
  const { table, rows, copies } = planned;
  if (planned.errors.length > 0) return planned.errors;
  if (copies.length === 0) return [];
  const orphaned = nodesFailed(planned, tally);
  // Of a node table with bad rows the other keys are known; of one that failed otherwise, none.
  if (copies.some(({ keys }) => keys.some((key) => hasNoKeys(key.table, tally)))) return orphaned;
  tally.onEvent(startedEvent(planned));
  const start = clock();
  const badRows: BadRows[] = [];
  for (const copy of copies) {
    try {
      badRows.push(...(yield* checkFile(connection, planned, copy, held, options)));
    } catch (error) {
      if (error instanceof CallbackFailed) throw error;
      return [engineProblem(table, copy, error)];
    }
  }
  tally.badRows.push(...badRows);
  const problems = [...badRowsProblems(planned, tally, badRows, options), ...orphaned];
  if (problems.length > 0) return problems;
  const skipped = badRows.reduce((sum, bad) => sum + bad.rows, 0);
  tallyTable(tally, planned, { seconds: (clock() - start) / 1000, rows: rows - skipped }, badRows);
  return [];
}

/** The bad rows of one file; the keys of the good ones are taken, if it is a node table's. */
function* checkFile(
  connection: Connection,
  { table, kind }: PlannedTable,
  copy: PlannedCopy,
  held: number,
  options: DatabaseLoadOptions,
): Steps<BadRows[]> {
  yield* checkConversions(connection, copy);
  if (kind === 'node' && (yield* takeKeys(connection, table, copy))) return [];
  const badRows = yield* findBadRows(connection, table, copy, held, options.onBadRow);
  if (kind === 'node') yield* takeGoodKeys(connection, table, copy);
  return badRows;
}

function hasNoKeys(table: string, tally: Tally): boolean {
  return tally.errors.some((error) => error.table === table && !isBadRowsCode(error.code));
}

/** Converts the columns that may hold values which don't convert, and throws the result away. */
function* checkConversions(connection: Connection, copy: PlannedCopy): Steps<void> {
  if (copy.checked.length === 0) return;
  const casts = copy.checked.map(({ expression, type }) => `count(CAST(${expression} AS ${type}))`);
  yield { connection, cypher: `${copy.source} RETURN ${casts.join(', ')}` };
}

/** Takes the keys of a file into its table, all or none; says whether they are all good. */
function* takeKeys(connection: Connection, table: string, copy: PlannedCopy): Steps<boolean> {
  try {
    yield { connection, cypher: copyKeys(table, copy) };
    return true;
  } catch {
    return false; // The search that follows says what is wrong.
  }
}

function* takeGoodKeys(connection: Connection, table: string, copy: PlannedCopy): Steps<void> {
  yield { connection, cypher: copyKeys(table, copy, true) };
}

function copyKeys(table: string, copy: PlannedCopy, ignoreErrors = false): string {
  const { source, keys } = copy;
  if (keys.length === 0) return ignoreErrors ? copy.lenient : copy.cypher;
  const mappings = keys.map(({ expression, property }) => ({ expression, property }));
  return copyFrom(table, source, mappings, { ignoreErrors });
}
