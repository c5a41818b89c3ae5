/** Comparing the tables of a dataset with those of a database, one after the other. */
import type { Dataset, DatasetFile } from '../dataset/dataset.js';
import type { Footer } from '../dataset/footer.js';
import type { Decoder } from '../dataset/rows.js';
import type { Steps } from '../engine/drive.js';
import { firstLine } from '../engine/messages.js';
import { KgloadError, messageOf, toProblem } from '../errors.js';
import { kindOf } from '../model/tables.js';
import { decodingWeight } from '../plan/weights.js';
import { beginStep, type Listener } from '../steps.js';
import type {
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  Property,
  RelTable,
  TableVerification,
  VerifyReport,
} from '../types.js';
import { comparedProperties, hasKeys, rowsOfFiles } from './sides.js';
import { compareSides, type Side } from './tally.js';

/** A database, as the side of a comparison that it is. */
export interface Stored {
  /** Why a table can't be compared. */
  problemsOf: (table: string) => Problem[];
  /** The rows of a table. */
  count: (table: NodeTable | RelTable) => Steps<number>;
  /** @param isKeyed - The dataset has the keys of its rows. */
  rows: (table: NodeTable | RelTable, compared: readonly Property[], isKeyed: boolean) => Side;
  /** Whether values of a type have fewer digits when they are handed out. */
  isInexact: (type: string) => boolean;
  /** Whether nothing more can be asked after an error. */
  isOver?: (error: unknown) => boolean;
}

/** Keys of rows that are on one side alone, for people. */
const EXAMPLES = 5;

/** How a database differs from a dataset, a table at a time. */
export function* compareTables(
  stored: Stored,
  schema: GraphSchema,
  dataset: Dataset,
  decoder: Decoder,
  options: Partial<Listener>,
): Steps<VerifyReport> {
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  const tables: TableVerification[] = [];
  const all = [...schema.nodes, ...schema.edges];
  onEvent({ type: 'planned', tables: all.map((table) => plannedOf(table, dataset)) });
  for (const table of all) {
    const { name } = table;
    const start = clock();
    const listener = { onEvent, clock };
    const result = yield* compareTable(stored, table, schema, dataset, decoder, listener);
    tables.push(result);
    const rows = result.rows.dataset;
    const seconds = (clock() - start) / 1000;
    onEvent({ type: 'finished', table: name, kind: kindOf(table), rows, seconds, skipped: 0 });
  }
  return {
    identical: tables.every((table) => table.identical),
    tables,
    errors: tables.flatMap((table) => table.errors),
    warnings: [],
  };
}

function* compareTable(
  stored: Stored,
  table: NodeTable | RelTable,
  schema: GraphSchema,
  dataset: Dataset,
  decoder: Decoder,
  { onEvent, clock }: Listener,
): Steps<TableVerification> {
  const { name } = table;
  const kind = kindOf(table);
  const found = dataset.tables.get(name);
  const files = found?.files ?? [];
  const file = found?.name ?? `${kind}s/${table.file}.parquet`;
  const rows = sumOf(files, 'rows');
  onEvent({ type: 'started', table: name, kind, file, rows, ignored: {} });
  const result: TableVerification = {
    table: name,
    kind,
    identical: false,
    rows: { dataset: rows, database: 0 },
    properties: [],
    onlyInDataset: { rows: 0, examples: [] },
    onlyInDatabase: { rows: 0, examples: [] },
    errors: [
      ...stored.problemsOf(name),
      ...(found?.error ? [{ ...found.error, table: name }] : []),
    ],
  };
  if (result.errors.length > 0) return result;
  result.rows.database = yield* stored.count(table);
  if (files.length === 0) {
    result.onlyInDatabase.rows = result.rows.database;
    return { ...result, identical: result.rows.database === 0 };
  }
  try {
    const compared = comparedProperties(table, schema, files);
    const isKeyed = hasKeys(table, schema, files);
    const onRows = progressOf(name, rows, result.rows.database, { onEvent, clock });
    const difference = yield* compareSides(
      counted(rowsOfFiles(decoder, table, schema, files, compared, stored.isInexact), onRows),
      counted(stored.rows(table, compared, isKeyed), onRows),
      EXAMPLES,
      () => beginStep({ onEvent, clock }, 'compare').end,
    );
    if (!difference) return { ...result, identical: true };
    const { onlyInDataset, onlyInDatabase, changed } = difference;
    const properties = compared.flatMap((property, i) => (changed.has(i) ? [property.name] : []));
    return { ...result, properties, onlyInDataset, onlyInDatabase };
  } catch (error) {
    if (stored.isOver?.(error)) throw error;
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
