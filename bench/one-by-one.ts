/**
 * Rows one by one: `one-by-one.js DATASET DATABASE each|once MAX_ROWS`, a prepared CREATE a row, with
 * a commit each or one for all. Of a large dataset the head of every table is taken, in proportion,
 * and of the edges those between the nodes that were taken. Prints the rows of every table.
 */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { Connection, Database, type KuzuValue, type QueryResult } from 'kuzu';
import { codeGraph } from '../src/model/codegraph.js';
import { allTables, tables, type Table } from './statements.js';

const [dataset = '', path = '', commits = 'each', maxRows = '20000'] = process.argv.slice(2);
const filled = tables(dataset);
const totals = await Promise.all(filled.map(countRows));
const total = totals.reduce((sum, rows) => sum + rows, 0);
const share = Math.min(1, Number(maxRows) / total);

const database = new Database(path);
const connection = new Connection(database);
const keys = new Map<string, Set<unknown>>();
const counts: Record<string, number> = {};
for (const { name, create } of allTables(dataset)) {
  execute(connection.querySync(create));
  counts[name] = 0;
}
const began = performance.now();
if (commits === 'once') execute(connection.querySync('BEGIN TRANSACTION'));
for (const [i, table] of filled.entries()) {
  const rows = await readHead(table, Math.ceil((totals[i] ?? 0) * share));
  counts[table.name] = createRows(table, rows);
}
if (commits === 'once') execute(connection.querySync('COMMIT'));
const seconds = (performance.now() - began) / 1000;
execute(connection.querySync('CHECKPOINT'));
process.stdout.write(JSON.stringify({ counts, seconds }), () => {
  // Nothing closes a prepared statement, and one that is alive when its database closes ends the
  // process with a segmentation fault. All is in the file by now.
  process.exit();
});

function createRows(table: Table, rows: Record<string, unknown>[]): number {
  const node = codeGraph.nodes.find(({ name }) => name === table.name);
  const edge = codeGraph.edges.find(({ name }) => name === table.name);
  const statement = connection.prepareSync(table.createRow);
  const taken = new Set<unknown>();
  if (node) keys.set(node.name, taken);
  let created = 0;
  for (const row of rows) {
    const isWithin =
      !edge || (keys.get(edge.from)?.has(row['from']) && keys.get(edge.to)?.has(row['to']));
    if (!isWithin) continue;
    const values = table.columns.map((column) => [column, toKuzu(row[column])] as const);
    execute(connection.executeSync(statement, Object.fromEntries(values)));
    if (node) taken.add(row[node.primaryKey]);
    created += 1;
  }
  return created;
}

async function countRows({ path }: Table): Promise<number> {
  return Number((await parquetMetadataAsync(await asyncBufferFromFile(path))).num_rows);
}

async function readHead(
  { path, columns }: Table,
  rows: number,
): Promise<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(path);
  return await parquetReadObjects({ file, compressors, columns, rowStart: 0, rowEnd: rows });
}

/** The engine takes a bigint for an INT128. */
function toKuzu(value: unknown): KuzuValue {
  return typeof value === 'bigint' ? Number(value) : (value as KuzuValue);
}

function execute(results: QueryResult | QueryResult[]): void {
  for (const result of [results].flat()) result.close();
}
