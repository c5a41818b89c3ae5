/**
 * The engine alone, with the best policy known: `bare.js DATASET DATABASE [ENGINE]`. On Kuzu one
 * transaction for the schema and the nodes and one for the edges, since every commit that holds a
 * COPY costs a checkpoint, and edges look their endpoints up more slowly in nodes that are not
 * committed. Ladybug lets several COPYs write at a time: one per core, and one checkpoint at the end.
 */
import { availableParallelism } from 'node:os';
import type { Connection, QueryResult } from 'kuzu';
import { requireEngine } from './packages.js';
import { allTables, tables } from './statements.js';

const [dataset = '', path = '', engine = 'kuzu'] = process.argv.slice(2);
const creates = allTables(dataset).map(({ create }) => create);
const filled = tables(dataset);
const copies = (kind: string): string[] =>
  filled.filter((table) => table.kind === kind).map(({ copy }) => copy);

if (engine === 'kuzu') loadInTransactions();
else await loadInParallel();

function loadInTransactions(): void {
  const { Database, Connection } = requireEngine('kuzu');
  const database = new Database(path);
  const connection = new Connection(database);
  const statements = [
    'BEGIN TRANSACTION',
    ...creates,
    ...copies('node'),
    'COMMIT',
    'BEGIN TRANSACTION',
    ...copies('edge'),
    'COMMIT',
  ];
  for (const statement of statements) close(connection.querySync(statement));
  connection.closeSync();
  database.closeSync();
}

async function loadInParallel(): Promise<void> {
  const { Database, Connection } = requireEngine('ladybug');
  const database = new Database(path, 0, true, false, 0, false);
  const connections = Array.from(
    { length: availableParallelism() },
    () => new Connection(database),
  );
  const [first] = connections;
  if (!first) return;
  close(first.querySync('CALL debug_enable_multi_writes=true'));
  for (const statement of creates) close(first.querySync(statement));
  await inParallel(connections, copies('node'));
  await inParallel(connections, copies('edge'));
  close(first.querySync('CHECKPOINT'));
  for (const connection of connections) connection.closeSync();
  database.closeSync();
}

async function inParallel(connections: Connection[], statements: string[]): Promise<void> {
  const queue = [...statements];
  await Promise.all(
    connections.map(async (connection) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        close(await connection.query(next));
      }
    }),
  );
}

/** A result still alive when its database closes ends the process with a segmentation fault. */
function close(results: QueryResult | QueryResult[]): void {
  for (const result of [results].flat()) result.close();
}
