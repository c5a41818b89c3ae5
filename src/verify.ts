/**
 * Whether a database holds what a dataset holds. Both sides add up the engine's hash of every row,
 * which does not depend on the order of the rows; only tables whose sums differ are looked at row by
 * row. A swap of values goes unnoticed with a probability of 2^-64.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  comparedProperties,
  countChanged,
  countSurplus,
  databaseScans,
  datasetScans,
  hashesOf,
  hasKeys,
  hasStructs,
  listSurplus,
  type Scan,
  sumsOf,
  takeHashes,
} from './cypher/comparison.js';
import { copyTo } from './cypher/statements.js';
import { countRows, readCatalog, readTables } from './database/catalog.js';
import { changeDatabaseInMemory, readDatabase } from './database/open.js';
import { inspectDatabase } from './database/target.js';
import { type Dataset, readDataset } from './dataset/dataset.js';
import { drive, type Row, type Steps, toBigInt } from './engine/drive.js';
import type { OpenDatabase } from './engine/engine.js';
import { firstLine } from './engine/messages.js';
import { KgloadError, messageOf } from './errors.js';
import { onDisk } from './files.js';
import { countParts } from './load/parts.js';
import { explainConversion } from './load/unconverted.js';
import type { Capabilities } from './model/capabilities.js';
import { codeGraph } from './model/codegraph.js';
import { withFiles } from './model/differences.js';
import { kindOf } from './model/tables.js';
import { planLoad, type PlannedTable } from './plan/plan.js';
import { withReadable } from './prepare/readable.js';
import { makeScratch, removeScratch } from './scratch.js';
import type {
  Connection,
  EngineName,
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  Property,
  RelTable,
  Resources,
  TableVerification,
  VerifyReport,
} from './types.js';

/** What a comparison may be told. */
export interface VerifyOptions extends Resources {
  /** Default: the database's own, with the file names of the built-in one. */
  schema?: GraphSchema;
  /** Is told of files that are rewritten before they are read, and of tables that are compared. */
  onEvent?: (event: LoadEvent) => void;
}

/** Keys of rows that are on one side alone, for people. */
const EXAMPLES = 5;

/** What the library's function of this name does; see there. */
export async function verifyDatabase(
  path: string,
  directory: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const target = inspectDatabase(path);
  const schema =
    options.schema ??
    withFiles(
      await drive(readDatabase(target, ({ connection }) => readTables(connection), options)),
      codeGraph,
    );
  const dataset = readDataset(directory, schema);
  return await withReadable(dataset, schema, options.onEvent, async (readable) =>
    drive(readDatabase(target, (open) => verifySteps(open, schema, readable, options), options)),
  );
}

/** {@link verifyDatabase} on an open database, with a dataset that is read. */
export function* verifySteps(
  database: OpenDatabase,
  schema: GraphSchema,
  dataset: Dataset,
  options: VerifyOptions = {},
): Steps<VerifyReport> {
  const { connection } = database;
  const catalog = yield* readCatalog(connection);
  const plan = yield* countParts(connection, planLoad(schema, dataset, catalog));
  const warnings = [...plan.warnings];
  const tables: TableVerification[] = [];
  for (const table of [...schema.nodes, ...schema.edges]) {
    const planned = plan.tables.find(
      ({ table: name, kind }) => name === table.name && kind === kindOf(table),
    );
    if (!planned) throw new Error(`the plan lacks ${table.name}`);
    const conflict = plan.conflicts.find((problem) => problem.table === table.name);
    const errors = conflict ? [conflict] : [...planned.errors];
    if (!catalog.has(table.name)) {
      errors.push({
        code: 'SCHEMA_MISMATCH',
        table: table.name,
        message: `the database has no table ${table.name}`,
      });
    }
    warnings.push(...warnOfText(table.name, comparedProperties(table, planned), database.can));
    const { kind, file, rows } = planned;
    options.onEvent?.({ type: 'started', table: table.name, kind, file, rows, ignored: {} });
    tables.push(yield* verifyTable(database, table, planned, schema, errors, options));
  }
  return {
    identical: tables.every((table) => table.identical),
    tables,
    errors: tables.flatMap((table) => table.errors),
    warnings,
  };
}

function* verifyTable(
  { connection, engine, can }: OpenDatabase,
  table: NodeTable | RelTable,
  planned: PlannedTable,
  schema: GraphSchema,
  errors: readonly Problem[],
  resources: Resources,
): Steps<TableVerification> {
  const { name } = table;
  const result: TableVerification = {
    table: name,
    kind: planned.kind,
    identical: false,
    rows: { dataset: planned.rows, database: 0 },
    properties: [],
    onlyInDataset: { rows: 0, examples: [] },
    onlyInDatabase: { rows: 0, examples: [] },
    errors: [...errors],
  };
  if (errors.length > 0) return result;
  result.rows.database = yield* countRows(connection, { name, kind: planned.kind });
  if (planned.copies.length === 0) {
    result.onlyInDatabase.rows = result.rows.database;
    return { ...result, identical: result.rows.database === 0 };
  }
  try {
    const compared = comparedProperties(table, planned);
    const scans = {
      dataset: datasetScans(planned, compared, can),
      database: databaseScans(table, planned, schema, compared, can),
    };
    const inDataset = yield* addUp(connection, scans.dataset, compared);
    const inDatabase = yield* addUp(connection, scans.database, compared);
    if (inDataset.every((sum, i) => sum === inDatabase[i])) return { ...result, identical: true };
    const sameKeys = inDataset[0] === inDatabase[0];
    const changed =
      'from' in table || !hasKeys(planned.copies)
        ? compared.filter((_, i) => sameKeys && inDataset[i + 1] !== inDatabase[i + 1])
        : yield* changedProperties(connection, table, scans.dataset, compared, can);
    const sides = yield* compareRows(connection, engine, scans, resources);
    return { ...result, properties: changed.map((property) => property.name), ...sides };
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    for (const copy of planned.copies) {
      const found = yield* explainConversion(connection, name, copy, error, 'cannot be compared');
      if (found) return { ...result, errors: [found] };
    }
    const message = `${name} cannot be compared: ${firstLine(messageOf(error))}`;
    result.errors.push({ code: 'ENGINE', table: name, file: planned.file, message });
    return result;
  }
}

/** The properties of which not every difference is seen. */
function warnOfText(table: string, compared: readonly Property[], can: Capabilities): Problem[] {
  const names = compared.filter(({ type }) => !can.toJson && hasStructs(type));
  if (names.length === 0) return [];
  const list = names.map(({ name }) => name).join(', ');
  return [
    {
      code: 'COMPARED_AS_TEXT',
      table,
      message: `${table}: ${list} compared as the engine prints them, with six decimals and strings without quotes; smaller differences go unnoticed`,
    },
  ];
}

/** Sums over all rows: of the keys, of the keys with each property, and of the whole row. */
function* addUp(
  connection: Connection,
  scans: readonly Scan[],
  compared: readonly Property[],
): Steps<bigint[]> {
  const sums = Array.from({ length: compared.length + 2 }, () => 0n);
  for (const scan of scans) {
    const [row = {}] = yield { connection, cypher: sumsOf(scan) };
    for (const i of sums.keys()) sums[i] = (sums[i] ?? 0n) + toBigInt(row[`s${i}`]);
  }
  return sums;
}

/** The properties with other values in nodes that both sides have. */
function* changedProperties(
  connection: Connection,
  node: NodeTable,
  scans: readonly Scan[],
  compared: readonly Property[],
  can: Capabilities,
): Steps<Property[]> {
  const changed = new Set<Property>();
  for (const scan of scans) {
    const cypher = compared.length > 0 ? countChanged(scan, node, compared, can) : undefined;
    const [row = {}] = cypher === undefined ? [] : yield { connection, cypher };
    for (const [i, property] of compared.entries()) {
      if (toBigInt(row[`s${i}`]) > 0n) changed.add(property);
    }
  }
  return compared.filter((property) => changed.has(property));
}

type Surplus = Pick<TableVerification, 'onlyInDataset' | 'onlyInDatabase'>;

/** Which rows are on one side alone: the hashes of both sides meet in memory. */
function* compareRows(
  connection: Connection,
  engine: EngineName,
  scans: { dataset: Scan[]; database: Scan[] },
  resources: Resources,
): Steps<Surplus> {
  const scratch = makeScratch();
  try {
    for (const [side, list] of Object.entries(scans)) {
      onDisk(() => {
        mkdirSync(join(scratch, side));
      });
      for (const [i, scan] of list.entries()) {
        const path = join(scratch, side, `${i}.parquet`);
        yield { connection, cypher: copyTo(hashesOf(scan), path) };
      }
    }
    const meet = function* (memory: Connection): Steps<Surplus> {
      for (const side of ['dataset', 'database']) {
        for (const cypher of takeHashes(side, join(scratch, side))) {
          yield { connection: memory, cypher };
        }
      }
      return {
        onlyInDataset: yield* rowsOnlyIn(memory, 'dataset', 'database'),
        onlyInDatabase: yield* rowsOnlyIn(memory, 'database', 'dataset'),
      };
    };
    return yield* changeDatabaseInMemory(engine, meet, ':memory:', resources);
  } finally {
    removeScratch(scratch);
  }
}

function* rowsOnlyIn(
  connection: Connection,
  side: string,
  other: string,
): Steps<{ rows: number; examples: string[] }> {
  const [total = {}] = yield { connection, cypher: countSurplus(side, other) };
  const rows: Row[] = yield { connection, cypher: listSurplus(side, other, EXAMPLES) };
  return { rows: Number(total['n'] ?? 0), examples: rows.map(({ k }) => String(k)) };
}
