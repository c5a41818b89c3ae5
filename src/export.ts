/** Writing a database as a dataset, from which the same database can be loaded. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExportedFile, planExport, unexportable } from './cypher/exported.js';
import { copyTo } from './cypher/statements.js';
import { countedTable, countRows, readSchema } from './database/catalog.js';
import { readDatabase } from './database/open.js';
import { inspectDatabase } from './database/target.js';
import { INDEX_FILE, readDataset, SCHEMA_FILE } from './dataset/dataset.js';
import { buildDirectory, checkDirectoryDestination } from './dataset/destination.js';
import { readFooter } from './dataset/footer.js';
import type { Decoder } from './dataset/rows.js';
import type { Steps } from './engine/drive.js';
import type { OpenDatabase } from './engine/engine.js';
import { firstLine, fullDiskError } from './engine/messages.js';
import { KgloadError, messageOf } from './errors.js';
import { withFiles } from './model/differences.js';
import { isNested, kindOf } from './model/tables.js';
import { exportWeight } from './plan/weights.js';
import { toCypher, toScript } from './schema/script.js';
import type {
  Connection,
  GraphSchema,
  LoadEvent,
  Resources,
  ServerAccess,
  TableKind,
  TableTime,
} from './types.js';
import { verifySteps } from './verify/verify.js';

/** What an export may be told. */
export interface ExportOptions extends Resources {
  /**
   * A schema whose file names are taken for the tables that it has; of a server's graph the types of
   * properties too. Default: the built-in one, for names alone.
   */
  schema?: GraphSchema;
  /** Who asks, where the database is on a server. */
  server?: ServerAccess;
  /** Is told what is going on, as it happens. */
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
}

/** What an export wrote. */
export interface ExportReport {
  /** Rows of node tables. */
  totalNodes: number;
  /** Rows of rel tables. */
  totalEdges: number;
  /** Seconds. */
  totalTime: number;
  /** Every node table, in the order of their creation. */
  nodeTimes: Record<string, TableTime>;
  /** Every rel table, in the order of their creation. */
  edgeTimes: Record<string, TableTime>;
}

/**
 * Writes a database as a dataset: a Parquet file for every table, `schema.cypher`, and
 * `index.cypher` where there are indexes. It appears whole or not at all.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED` of the database;
 *   `TARGET_UNWRITABLE` of the directory; `COLUMN_TYPE` for a type that Parquet files of the engine
 *   don't hold; `ROW_COUNT`, `DISK_FULL`, `ENGINE`.
 */
export function* exportSteps(
  path: string,
  directory: string,
  options: ExportOptions & { schema: GraphSchema },
  decoder: Decoder,
): Steps<ExportReport> {
  const { schema: names, onEvent = () => undefined, clock = () => performance.now() } = options;
  const began = clock();
  const database = inspectDatabase(path);
  checkDirectoryDestination(directory);
  return yield* readDatabase(
    database,
    function* (open) {
      const { connection } = open;
      const schema = withFiles(yield* readSchema(connection), names);
      const files = planExport(schema);
      for (const { what, cypher } of files.flatMap(({ checks }) => checks)) {
        try {
          yield { connection, cypher };
        } catch (error) {
          throw unexportable(
            `${what} holds a value that cannot be read back: ${firstLine(messageOf(error))}`,
          );
        }
      }
      return yield* buildDirectory(directory, { onEvent, clock }, function* (built) {
        const times = yield* writeFiles(connection, schema, files, built, onEvent, clock);
        writeFileSync(join(built, SCHEMA_FILE), toCypher(schema));
        if (schema.indexes) writeFileSync(join(built, INDEX_FILE), toScript(schema.indexes));
        if (hasNested(schema)) yield* refuseChanged(open, schema, built, decoder);
        return { ...times, totalTime: (clock() - began) / 1000 };
      });
    },
    options,
  );
}

function hasNested({ nodes, edges }: GraphSchema): boolean {
  return [...nodes, ...edges].some(({ properties }) =>
    properties.some(({ type }) => isNested(type)),
  );
}

/** Kuzu 0.11.3 writes {a: NULL, b: 5} as {a: NULL, b: 0} after a row whose struct is NULL. */
function* refuseChanged(
  database: OpenDatabase,
  schema: GraphSchema,
  directory: string,
  decoder: Decoder,
): Steps<void> {
  const dataset = readDataset(directory, schema);
  const { tables } = yield* verifySteps(database, schema, dataset, decoder);
  const changed = tables
    .filter(({ identical }) => !identical)
    .map(({ table, properties }) => [table, properties.join(' and ')].filter(Boolean).join('.'));
  if (changed.length === 0) return;
  throw unexportable(
    `the engine's Parquet writer changes values of ${changed.join(', ')}; it does so with structs that are NULL or hold it`,
  );
}

function* writeFiles(
  connection: Connection,
  schema: GraphSchema,
  files: readonly ExportedFile[],
  directory: string,
  onEvent: (event: LoadEvent) => void,
  clock: () => number,
): Steps<Omit<ExportReport, 'totalTime'>> {
  for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part));
  const planned: (PlannedExport & { own: ExportedFile[] })[] = [];
  for (const each of [...schema.nodes, ...schema.edges]) {
    const { name: table } = each;
    const kind = kindOf(each);
    const rows = yield* countRows(connection, countedTable(each));
    const own = files.filter((file) => file.table === table && file.kind === kind);
    planned.push({ table, kind, rows, weight: exportWeight(rows, columnsOf(schema, table)), own });
  }
  onEvent({
    type: 'planned',
    tables: planned.map(({ table, kind, rows, weight }) => ({ table, kind, rows, weight })),
  });
  const report = { totalNodes: 0, totalEdges: 0, nodeTimes: {}, edgeTimes: {} };
  for (const { table, kind, rows, own } of planned) {
    const start = clock();
    onEvent({ type: 'started', table, kind, file: own[0]?.name ?? '', rows, ignored: {} });
    let written = 0;
    let shown = 0;
    for (const { name, query } of own) {
      const path = join(directory, name);
      yield* writeFile(connection, query, path, (fraction) => {
        // Of several files nobody knows yet how many rows each gets.
        const done = own.length > 1 ? written : Math.floor(fraction * rows);
        if (done <= shown) return;
        shown = done;
        onEvent({ type: 'progress', table, rows: done });
      });
      written += readFooter(path).rows;
    }
    if (written !== rows) throw lostRows(table, rows, written);
    const time = { seconds: (clock() - start) / 1000, rows };
    onEvent({ type: 'finished', table, kind, ...time, skipped: 0 });
    const times: Record<string, TableTime> = kind === 'node' ? report.nodeTimes : report.edgeTimes;
    times[table] = time;
    report[kind === 'node' ? 'totalNodes' : 'totalEdges'] += rows;
  }
  return report;
}

interface PlannedExport {
  table: string;
  kind: TableKind;
  rows: number;
  weight: number;
}

/** Columns of the file that a table is written into. */
function columnsOf({ nodes, edges }: GraphSchema, table: string): number {
  const own = nodes.find(({ name }) => name === table);
  if (own) return own.properties.length;
  return 2 + (edges.find(({ name }) => name === table)?.properties.length ?? 0);
}

function* writeFile(
  connection: Connection,
  query: string,
  path: string,
  onProgress: (fraction: number) => void,
): Steps<void> {
  try {
    yield { connection, cypher: copyTo(query, path), onProgress };
  } catch (error) {
    const message = `${path} cannot be written: ${firstLine(messageOf(error))}`;
    throw (
      fullDiskError(path, error) ??
      new KgloadError({ code: 'ENGINE', message, file: path }, { cause: error })
    );
  }
}

function lostRows(table: string, rows: number, written: number): KgloadError {
  const message = `the rows of ${table} do not add up: it holds ${rows}, and the engine wrote ${written}`;
  return new KgloadError({ code: 'ROW_COUNT', table, message });
}
