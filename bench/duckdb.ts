/**
 * The floor that an embedded engine reaches: `duckdb.js DATASET DATABASE [count]`. The same tables
 * with unique keys; edges hold the keys of their endpoints, which nothing looks up. `count` prints
 * the rows of every table instead.
 */
import { requireDuckDb } from './packages.js';
import { allTables, tables } from './statements.js';

const [dataset = '', path = '', command] = process.argv.slice(2);
const instance = await requireDuckDb().DuckDBInstance.create(path);
const connection = await instance.connect();
if (command === 'count') {
  const counts: Record<string, number> = {};
  for (const { name } of allTables(dataset)) {
    const result = await connection.runAndReadAll(`SELECT count(*) FROM "${name}"`);
    counts[name] = Number(result.getRowsJson()[0]?.[0]);
  }
  process.stdout.write(JSON.stringify(counts));
} else {
  // Progress bars are for terminals; the order of rows is no promise that a graph needs.
  await connection.run('SET preserve_insertion_order = false');
  await connection.run('BEGIN');
  for (const { duckCreate } of allTables(dataset)) await connection.run(duckCreate);
  for (const { duckInsert } of tables(dataset)) await connection.run(duckInsert);
  await connection.run('COMMIT');
}
connection.closeSync();
instance.closeSync();
