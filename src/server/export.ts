/** Writing the graph of a server as a dataset: row by row, as the rows come. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../bolt/server.js';
import { edgeRows, nodeRows } from '../cypher/serverread.js';
import { SCHEMA_FILE } from '../dataset/dataset.js';
import { buildBeside, checkDirectoryDestination, moveInto } from '../dataset/destination.js';
import { openTableFile } from '../dataset/tablefile.js';
import { KgloadError } from '../errors.js';
import type { ExportReport } from '../export.js';
import { withFiles } from '../model/differences.js';
import { pairFileNames } from '../model/names.js';
import { kindOf, pairsOf, primaryKeyOf } from '../model/tables.js';
import { exportWeight } from '../plan/weights.js';
import { toCypher } from '../schema/script.js';
import { beginStep } from '../steps.js';
import type {
  GraphSchema,
  LoadEvent,
  NodeTable,
  Property,
  RelTable,
  ServerAccess,
  TableTime,
} from '../types.js';
import { fileColumn, Unfit } from './filevalues.js';
import { withServer } from './open.js';
import { readServerSchema } from './schema.js';
import { countServer } from './stats.js';

export interface ServerExportOptions {
  access?: ServerAccess | undefined;
  /** Whose file names are taken. */
  names: GraphSchema;
  /** Whose types are taken for the properties that it has; the server's are as wide as they can be. */
  types?: GraphSchema | undefined;
  onEvent?: ((event: LoadEvent) => void) | undefined;
  clock?: (() => number) | undefined;
}

/** One file, and the rows that it gets. */
interface Written {
  name: string;
  cypher: string;
  /** The properties that the query gives besides the keys of ends. */
  known: string[];
  columns: { name: string; type: string }[];
}

/**
 * Writes a server's graph as a dataset from which the engines load it. It appears whole or not at all.
 *
 * @throws {KgloadError} `NOT_TABULAR` for a graph that no tables hold, `COLUMN_TYPE` for a value that the
 *   type of its column does not, `TARGET_UNWRITABLE`, `ROW_COUNT`, `DISK_FULL`, and what opening a server
 *   throws.
 */
export async function exportServer(
  address: string,
  directory: string,
  options: ServerExportOptions,
): Promise<ExportReport> {
  const { names, types, onEvent = () => undefined, clock = () => performance.now() } = options;
  const began = clock();
  checkDirectoryDestination(directory);
  return await withServer(address, options.access, async (server) => {
    const found = await readServerSchema(server);
    const schema = withFiles(types ? withTypes(found, types) : found, types ?? names);
    return await buildBeside(directory, onEvent, async (built) => {
      const times = await writeTables(server, schema, built, onEvent, clock);
      writeFileSync(join(built, SCHEMA_FILE), toCypher(schema));
      const step = beginStep({ onEvent, clock }, 'publish');
      moveInto(built, directory);
      step.end();
      return { ...times, totalTime: (clock() - began) / 1000 };
    });
  });
}

/** The types that another schema gives the properties of the tables of the same names. */
function withTypes(found: GraphSchema, given: GraphSchema): GraphSchema {
  const typed = <T extends NodeTable | RelTable>(table: T, likes: readonly T[]): T => {
    const like = likes.find(({ name }) => name === table.name);
    const properties = table.properties.map((property): Property => {
      const type = like?.properties.find(({ name }) => name === property.name)?.type;
      // Structs and maps are text on a server, as the load was told to write them.
      return type === undefined || /^(STRUCT|MAP|UNION)\b/.test(type)
        ? property
        : { ...property, type };
    });
    return { ...table, properties };
  };
  return {
    ...found,
    nodes: found.nodes.map((table) => typed(table, given.nodes)),
    edges: found.edges.map((table) => typed(table, given.edges)),
  };
}

async function writeTables(
  server: Server,
  schema: GraphSchema,
  directory: string,
  onEvent: (event: LoadEvent) => void,
  clock: () => number,
): Promise<Omit<ExportReport, 'totalTime'>> {
  for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part));
  const counts = await countServer(server);
  const planned = [...schema.nodes, ...schema.edges].map((table) => {
    const kind = kindOf(table);
    const rows = counts[kind === 'node' ? 'nodes' : 'edges'][table.name] ?? 0;
    const files = 'from' in table ? edgeFiles(table, schema) : [nodeFile(table)];
    const weight = exportWeight(rows, files[0]?.columns.length ?? 0);
    return { table: table.name, kind, rows, weight, files };
  });
  onEvent({
    type: 'planned',
    tables: planned.map(({ table, kind, rows, weight }) => ({ table, kind, rows, weight })),
  });
  const report = { totalNodes: 0, totalEdges: 0, nodeTimes: {}, edgeTimes: {} };
  for (const { table, kind, rows, files } of planned) {
    const start = clock();
    onEvent({ type: 'started', table, kind, file: files[0]?.name ?? '', rows, ignored: {} });
    let written = 0;
    for (const file of files) {
      const before = written;
      written += await writeFile(server, table, file, join(directory, file.name), (done) => {
        onEvent({ type: 'progress', table, rows: before + done });
      });
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

function nodeFile({ name, file, properties }: NodeTable): Written {
  const known = properties.map((property) => property.name);
  const cypher = nodeRows(name, known);
  return { name: `nodes/${file}.parquet`, cypher, known, columns: [...properties] };
}

function edgeFiles(table: RelTable, schema: GraphSchema): Written[] {
  const known = table.properties.map(({ name }) => name);
  return pairsOf(table).map((pair) => {
    const from = primaryKeyOf(schema, pair.from);
    const to = primaryKeyOf(schema, pair.to);
    const stem = table.pairs ? (pairFileNames(table, pair)[0] ?? table.name) : table.file;
    return {
      name: `edges/${stem}.parquet`,
      cypher: edgeRows(
        table.name,
        { label: pair.from, key: from.name },
        { label: pair.to, key: to.name },
        known,
      ),
      known,
      columns: [
        { name: 'from', type: from.type },
        { name: 'to', type: to.type },
        ...table.properties.map(({ name, type }) => {
          // The endpoints have these names; the plan of a load finds the property under the other.
          const isTaken = ['from', 'to'].includes(name.toLowerCase());
          return { name: isTaken ? `r.${name}` : name, type };
        }),
      ],
    };
  });
}

/** How often it is told how far a file is. */
const ROWS_PER_EVENT = 5000;

async function writeFile(
  server: Server,
  table: string,
  { cypher, known, columns }: Written,
  path: string,
  onRows: (rows: number) => void,
): Promise<number> {
  const converted = columns.map(({ name, type }) => fileColumn(server.driver, name, type));
  const file = openTableFile(
    path,
    converted.flatMap(({ elements }) => elements),
  );
  const answer = server.ask({ cypher, parameters: { known } });
  try {
    let rows = 0;
    for await (const values of answer.rows) {
      file.add(
        converted.map(({ convert }, i) => {
          try {
            return convert(values[i] ?? null);
          } catch (error) {
            if (!(error instanceof Unfit)) throw error;
            throw unfit(table, columns[i], error.message, values[0]);
          }
        }),
      );
      rows += 1;
      if (rows % ROWS_PER_EVENT === 0) onRows(rows);
    }
    return file.close();
  } finally {
    file.abandon();
    await answer.close();
  }
}

function unfit(
  table: string,
  column: { name: string; type: string } | undefined,
  what: string,
  key: unknown,
): KgloadError {
  const { name = '', type = '' } = column ?? {};
  return new KgloadError({
    code: 'COLUMN_TYPE',
    table,
    message: `${table}.${name} has ${what} in the row with key ${String(key)}, and is written as ${type}`,
    hint: 'change the value on the server, or give the property another type: --schema',
  });
}

function lostRows(table: string, rows: number, written: number): KgloadError {
  const message = `the rows of ${table} do not add up: the server counts ${rows}, and handed out ${written}`;
  return new KgloadError({
    code: 'ROW_COUNT',
    table,
    message,
    hint: 'export it while nobody writes to it',
  });
}
