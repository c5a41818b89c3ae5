/**
 * Whether a database holds what a dataset holds. The files are read by a reader that the engine has no
 * part in, with none of the load's casts and nothing rewritten; the tables by queries for exact values.
 * Both sides add up digests of their rows, which do not depend on the order of the rows; only where the
 * sums differ rows are looked at one by one.
 */
import { countedTable, countRows, readCatalog, readTables } from '../database/catalog.js';
import { readDatabase } from '../database/open.js';
import { inspectDatabase } from '../database/target.js';
import { exactly } from '../cypher/exact.js';
import { type Dataset, type DatasetFile, readDataset } from '../dataset/dataset.js';
import type { Footer } from '../dataset/footer.js';
import { type Decoder, loadDecoder } from '../dataset/rows.js';
import { drive, type Steps } from '../engine/drive.js';
import type { OpenDatabase } from '../engine/engine.js';
import { firstLine } from '../engine/messages.js';
import { KgloadError, messageOf, toProblem } from '../errors.js';
import { codeGraph } from '../model/codegraph.js';
import { withFiles } from '../model/differences.js';
import { kindOf } from '../model/tables.js';
import { planLoad } from '../plan/copies.js';
import { resolveSchema } from '../schema/choose.js';
import { decodingWeight } from '../plan/weights.js';
import { beginStep, type Listener } from '../steps.js';
import type {
  Connection,
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  Property,
  RelTable,
  Resources,
  TableVerification,
  VerifyReport,
} from '../types.js';
import { comparedProperties, hasKeys, rowsOfFiles, rowsOfTable } from './sides.js';
import { besidesWarning, withoutBesides } from './besides.js';
import { compareSides, type Side } from './tally.js';

/** What a comparison may be told. */
export interface VerifyOptions extends Resources {
  /** Default: the database's own, with the file names of the built-in one. */
  schema?: GraphSchema;
  /** Is told of files that are rewritten before they are read, and of tables that are compared. */
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
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
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  const decoder = await loadDecoder();
  if (options.schema) {
    const { schema } = options;
    const dataset = readDataset(directory, schema, { onEvent, clock });
    return await drive(
      readDatabase(target, (open) => verifySteps(open, schema, dataset, decoder, options), options),
    );
  }
  const { schema: own } = await resolveSchema(undefined, directory, target.header.engine);
  return await drive(
    readDatabase(
      target,
      function* (open) {
        const all = withFiles(withFiles(yield* readTables(open.connection), codeGraph), own);
        const dataset = readDataset(directory, all, { onEvent, clock });
        const plan = planLoad(all, dataset, yield* readCatalog(open.connection), true);
        const { schema, besides } = withoutBesides(all, own, plan);
        const rows = new Map<string, number>();
        for (const name of besides.tables) {
          const table = [...all.nodes, ...all.edges].find((one) => one.name === name);
          if (table) rows.set(name, yield* countRows(open.connection, countedTable(table)));
        }
        const report = yield* verifySteps(open, schema, dataset, decoder, options);
        return { ...report, warnings: [...report.warnings, ...besidesWarning(besides, rows)] };
      },
      options,
    ),
  );
}

/** {@link verifyDatabase} on an open database, with a dataset that is read. */
export function* verifySteps(
  { connection }: OpenDatabase,
  schema: GraphSchema,
  dataset: Dataset,
  decoder: Decoder,
  options: VerifyOptions = {},
): Steps<VerifyReport> {
  const catalog = yield* readCatalog(connection);
  const { conflicts, warnings } = planLoad(schema, dataset, catalog, true);
  const inexact: Problem[] = [];
  const tables: TableVerification[] = [];
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  const all = [...schema.nodes, ...schema.edges];
  onEvent({ type: 'planned', tables: all.map((table) => plannedOf(table, dataset)) });
  for (const table of all) {
    const { name } = table;
    const errors = conflicts.filter((problem) => problem.table === name);
    if (!catalog.has(name)) {
      const message = `the database has no table ${name}`;
      errors.push({ code: 'SCHEMA_MISMATCH', table: name, message });
    }
    inexact.push(...warnOfInexact(table));
    const start = clock();
    const result = yield* verifyTable(connection, table, schema, dataset, decoder, errors, options);
    tables.push(result);
    const rows = result.rows.dataset;
    const seconds = (clock() - start) / 1000;
    onEvent({ type: 'finished', table: name, kind: kindOf(table), rows, seconds, skipped: 0 });
  }
  return {
    identical: tables.every((table) => table.identical),
    tables,
    errors: tables.flatMap((table) => table.errors),
    warnings: [...warnings, ...inexact],
  };
}

function* verifyTable(
  connection: Connection,
  table: NodeTable | RelTable,
  schema: GraphSchema,
  dataset: Dataset,
  decoder: Decoder,
  errors: readonly Problem[],
  options: VerifyOptions,
): Steps<TableVerification> {
  const { name } = table;
  const kind = kindOf(table);
  const found = dataset.tables.get(name);
  const files = found?.files ?? [];
  const file = found?.name ?? `${kind}s/${table.file}.parquet`;
  const rows = sumOf(files, 'rows');
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  onEvent({ type: 'started', table: name, kind, file, rows, ignored: {} });
  const result: TableVerification = {
    table: name,
    kind,
    identical: false,
    rows: { dataset: rows, database: 0 },
    properties: [],
    onlyInDataset: { rows: 0, examples: [] },
    onlyInDatabase: { rows: 0, examples: [] },
    errors: [...errors, ...(found?.error ? [{ ...found.error, table: name }] : [])],
  };
  if (result.errors.length > 0) return result;
  result.rows.database = yield* countRows(connection, countedTable(table));
  if (files.length === 0) {
    result.onlyInDatabase.rows = result.rows.database;
    return { ...result, identical: result.rows.database === 0 };
  }
  try {
    const compared = comparedProperties(table, schema, files);
    const isKeyed = hasKeys(table, schema, files);
    const onRows = progressOf(name, rows, result.rows.database, { onEvent, clock });
    const difference = yield* compareSides(
      counted(rowsOfFiles(decoder, table, schema, files, compared), onRows),
      counted(rowsOfTable(connection, table, schema, compared, isKeyed), onRows),
      EXAMPLES,
      () => beginStep({ onEvent, clock }, 'compare').end,
    );
    if (!difference) return { ...result, identical: true };
    const { onlyInDataset, onlyInDatabase, changed } = difference;
    const properties = compared.flatMap((property, i) => (changed.has(i) ? [property.name] : []));
    return { ...result, properties, onlyInDataset, onlyInDatabase };
  } catch (error) {
    const problem: Problem =
      error instanceof KgloadError
        ? toProblem(error)
        : { code: 'ENGINE', message: firstLine(messageOf(error)) };
    const message = `${name} cannot be compared: ${problem.message}`;
    result.errors.push({ ...problem, table: name, file, message });
    return result;
  }
}

function sumOf(files: readonly DatasetFile[], what: 'rows' | 'dataBytes'): number {
  return files.reduce(
    (sum, { footer }) => sum + (what in footer ? (footer as Footer)[what] : 0),
    0,
  );
}

type PlannedEvent = Extract<LoadEvent, { type: 'planned' }>;

function plannedOf(table: NodeTable | RelTable, { tables }: Dataset): PlannedEvent['tables'][0] {
  const files = tables.get(table.name)?.files ?? [];
  const rows = sumOf(files, 'rows');
  const columns = table.properties.length + ('from' in table ? 2 : 0);
  const weight = decodingWeight(rows, columns, sumOf(files, 'dataBytes'));
  return { table: table.name, kind: kindOf(table), rows, weight };
}

/** Between two signs of progress, as rows and as milliseconds. */
const ROWS_PER_LOOK = 1024;
const INTERVAL_MS = 50;

/** Tells how far a table is: every row is read on either side. */
function progressOf(
  table: string,
  rows: number,
  stored: number,
  { onEvent, clock }: Listener,
): () => void {
  let read = 0;
  let told = clock();
  return () => {
    read += 1;
    if (read % ROWS_PER_LOOK !== 0 || read > rows + stored) return;
    const now = clock();
    if (now - told < INTERVAL_MS) return;
    told = now;
    onEvent({ type: 'progress', table, rows: Math.floor((rows * read) / (rows + stored)) });
  };
}

function counted(side: Side, onRead: () => void): Side {
  return (onRow) =>
    side((row) => {
      onRead();
      onRow(row);
    });
}

/** The properties of which not every difference is seen. */
function warnOfInexact(table: NodeTable | RelTable): Problem[] {
  const isInexact = ({ type }: Property): boolean =>
    type !== 'SERIAL' && exactly('x', type).is === 'inexact';
  const names = table.properties.filter(isInexact).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      code: 'COMPARED_AS_TEXT',
      table: table.name,
      message: `${table.name}: ${names.join(', ')} compared as the engine hands them out, with rounded numbers and instants in milliseconds; smaller differences go unnoticed`,
    },
  ];
}
