/**
 * Whether a database holds what a dataset holds. The files are read by a reader that the engine has no
 * part in, with none of the load's casts and nothing rewritten; the tables by queries for exact values.
 * Both sides add up digests of their rows, which do not depend on the order of the rows; only where the
 * sums differ rows are looked at one by one.
 */
import { exactly } from '../cypher/exact.js';
import { countedTable, countRows, readCatalog, readTables } from '../database/catalog.js';
import { readDatabase } from '../database/open.js';
import { inspectDatabase } from '../database/target.js';
import { type Dataset, readDataset } from '../dataset/dataset.js';
import { type Decoder, loadDecoder } from '../dataset/rows.js';
import { drive, type Steps } from '../engine/drive.js';
import type { OpenDatabase } from '../engine/engine.js';
import { codeGraph } from '../model/codegraph.js';
import { withFiles } from '../model/differences.js';
import { planLoad } from '../plan/copies.js';
import { resolveSchema } from '../schema/choose.js';
import type {
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  RelTable,
  Resources,
  ServerAccess,
  VerifyReport,
} from '../types.js';
import { besidesWarning, withoutBesides } from './besides.js';
import { rowsOfTable } from './sides.js';
import { compareTables, type Stored } from './tables.js';

/** What a comparison may be told. */
export interface VerifyOptions extends Resources {
  /**
   * Default: the database's own, with the file names of the built-in one; for a server the dataset's own
   * `schema.cypher`, else the built-in one.
   */
  schema?: GraphSchema;
  /** Who asks a server; for databases in files it says nothing. */
  server?: ServerAccess;
  /** Is told of files that are rewritten before they are read, and of tables that are compared. */
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
}

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
  const stored: Stored = {
    problemsOf: (table) => {
      const problems = conflicts.filter((problem) => problem.table === table);
      if (catalog.has(table)) return problems;
      const message = `the database has no table ${table}`;
      return [...problems, { code: 'SCHEMA_MISMATCH', table, message }];
    },
    count: (table) => countRows(connection, countedTable(table)),
    rows: (table, compared, isKeyed) => rowsOfTable(connection, table, schema, compared, isKeyed),
    isInexact,
  };
  const report = yield* compareTables(stored, schema, dataset, decoder, options);
  const inexact = [...schema.nodes, ...schema.edges].flatMap(warnOfInexact);
  return { ...report, warnings: [...warnings, ...inexact] };
}

/** Whether the engines hand values of a type out with fewer digits than they hold. */
function isInexact(type: string): boolean {
  return type !== 'SERIAL' && exactly('x', type).is === 'inexact';
}

/** The properties of which not every difference is seen. */
function warnOfInexact(table: NodeTable | RelTable): Problem[] {
  const names = table.properties.filter(({ type }) => isInexact(type)).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      code: 'COMPARED_AS_TEXT',
      table: table.name,
      message: `${table.name}: ${names.join(', ')} compared as the engine hands them out, with rounded numbers and instants in milliseconds; smaller differences go unnoticed`,
    },
  ];
}
