/**
 * Whether a server holds what a dataset holds: the files by the same eyes as for an embedded database, the
 * server's rows as they come, hashed here, a table at a time.
 */
import { isConnectionLost, isServerError, serverError } from '../bolt/messages.js';
import type { Server } from '../bolt/server.js';
import { countEdges, countNodes } from '../cypher/server.js';
import { edgeRows, edgesElsewhere, nodeRows, oddNodes } from '../cypher/serverread.js';
import { readDataset } from '../dataset/dataset.js';
import { loadDecoder } from '../dataset/rows.js';
import { drive, type Steps } from '../engine/drive.js';
import type { Statement } from '../model/statement.js';
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import { planAll } from '../plan/plan.js';
import { planRows } from '../plan/rows.js';
import { resolveSchema } from '../schema/choose.js';
import type { GraphSchema, NodeTable, Property, RelTable, VerifyReport } from '../types.js';
import { besidesWarning } from '../verify/besides.js';
import { rowOf } from '../verify/sides.js';
import { compareTables, type Stored } from '../verify/tables.js';
import type { Row, Side } from '../verify/tally.js';
import type { VerifyOptions } from '../verify/verify.js';
import { withServer } from './open.js';
import { countServer, readCount } from './stats.js';
import { storedForm } from './storedform.js';

/**
 * Compares what a server holds with a dataset, by the dataset's own schema or the built-in one where none
 * is given. Labels, types and properties that the schema has not are named, and not compared.
 *
 * @throws {KgloadError} `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `DATASET_LAYOUT`, `ENOENT`.
 */
export async function verifyServer(
  address: string,
  directory: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const { onEvent = () => undefined, clock = () => performance.now() } = options;
  const schema = options.schema ?? (await resolveSchema(undefined, directory)).schema;
  return await withServer(address, options.server, async (server) => {
    const dataset = readDataset(directory, schema, { onEvent, clock });
    const { warnings } = planAll(planRows, schema, dataset, new Map(), true);
    const others = new Set<string>();
    const odd = (await server.read(oddNodes())).map(([labels, count]): OddNodes => {
      return { labels: labels as string[], count: Number(count) };
    });
    const stored = storedRows(server, schema, odd, others);
    const report = await drive(
      compareTables(stored, schema, dataset, await loadDecoder(), options),
    );
    const { nodes, edges } = await countServer(server);
    const known = new Set([...schema.nodes, ...schema.edges].map(({ name }) => name));
    const rows = new Map(
      [...Object.entries(nodes), ...Object.entries(edges)].filter(([name]) => !known.has(name)),
    );
    const unlabelled = odd.find(({ labels }) => labels.length === 0);
    if (unlabelled) rows.set('nodes without a label', unlabelled.count);
    const besides = { tables: [...rows.keys()], properties: [...others].sort() };
    return { ...report, warnings: [...warnings, ...besidesWarning(besides, rows)] };
  });
}

/** How many nodes have some labels, more than one or none. */
interface OddNodes {
  labels: readonly string[];
  count: number;
}

/** @param others - Is handed properties that the schema has not, as `table.property`. */
function storedRows(
  server: Server,
  schema: GraphSchema,
  odd: readonly OddNodes[],
  others: Set<string>,
): Stored {
  const isTable = (label: string): boolean => schema.nodes.some(({ name }) => name === label);
  /** Nodes of two tables, which those of a dataset are not. */
  const shared = odd.filter(({ labels }) => labels.filter(isTable).length > 1);
  return {
    problemsOf: () => [],
    count: function* (table) {
      let rows = 0;
      yield {
        wait: async () => {
          const { name } = table;
          rows = await readCount(server, 'from' in table ? countEdges(name) : countNodes(name));
        },
      };
      return rows;
    },
    rows: (table, compared, isKeyed) =>
      'from' in table
        ? edgesOf(server, schema, table, compared, others)
        : function* (onRow) {
            yield* nodesOf(server, table, compared, isKeyed, others)(onRow);
            for (const { labels, count } of shared) {
              if (!labels.includes(table.name)) continue;
              for (let i = 0; i < count; i += 1) onRow(rowElsewhere([labels]));
            }
          },
    isInexact: () => false,
    isOver: isConnectionLost,
  };
}

function nodesOf(
  server: Server,
  table: NodeTable,
  compared: readonly Property[],
  isKeyed: boolean,
  others: Set<string>,
): (onRow: (row: Row) => void) => Steps<void> {
  const keys = isKeyed ? table.properties.filter(({ name }) => name === table.primaryKey) : [];
  const cells = [...keys, ...compared];
  const forms = cells.map(({ type }) => storedForm(server.driver, type));
  const statement = {
    cypher: nodeRows(
      table.name,
      cells.map(({ name }) => name),
    ),
    parameters: { known: table.properties.map(({ name }) => name) },
  };
  return (onRow) =>
    stream(server, statement, (values) => {
      const own = forms.map((form, i) => form(values[i]));
      onRow(rowOf([], own.slice(0, keys.length), own.slice(keys.length)));
      note(others, table, values[forms.length]);
    });
}

/** Edges of each pair of labels, and those of other labels, which no dataset has. */
function edgesOf(
  server: Server,
  schema: GraphSchema,
  table: RelTable,
  compared: readonly Property[],
  others: Set<string>,
): Side {
  return function* (onRow) {
    for (const { from, to } of pairsOf(table)) {
      const ends = [from, to].map((name) => primaryKeyOf(schema, name));
      const forms = [...ends, ...compared].map(({ type }) => storedForm(server.driver, type));
      const [start, end] = ends;
      const statement = {
        cypher: edgeRows(
          table.name,
          { label: from, key: start?.name ?? '' },
          { label: to, key: end?.name ?? '' },
          compared.map(({ name }) => name),
        ),
        parameters: { known: table.properties.map(({ name }) => name) },
      };
      yield* stream(server, statement, (values) => {
        const own = forms.map((form, i) => form(values[i]));
        onRow(rowOf([from, to], own.slice(0, 2), own.slice(2)));
        note(others, table, values[forms.length]);
      });
    }
    yield* stream(server, edgesElsewhere(table.name, pairsOf(table)), (ends) => {
      onRow(rowElsewhere(ends as string[][]));
    });
  };
}

/** What is on the server alone, by the labels of its nodes. */
function rowElsewhere(ends: readonly (readonly string[])[]): Row {
  const shown = ends.map((labels) => `(${labels.map((label) => `:${label}`).join('')})`);
  return { key: ['', ...shown].join('\0'), shown: shown.join(' → '), forms: [] };
}

function note(others: Set<string>, { name }: NodeTable | RelTable, found: unknown): void {
  for (const property of found as string[]) others.add(`${name}.${property}`);
}

function* stream(
  server: Server,
  statement: Statement,
  onRow: (values: unknown[]) => void,
): Steps<void> {
  try {
    yield { wait: () => server.stream(statement, onRow) };
  } catch (error) {
    const isLost = isConnectionLost(error);
    throw isServerError(error) && !isLost ? serverError(server.url, error) : error;
  }
}
