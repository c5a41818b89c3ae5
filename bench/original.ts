/**
 * The original loader's way, in Node: `original.js DATASET DATABASE`. As its documentation says it:
 * create the schema, rewrite files.parquet without its timestamp, then for every table read all of
 * its file to count the rows and COPY the file by position, each statement a commit of its own. The
 * rows are decoded a row group at a time and dropped, which is kinder than a data frame.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ParquetSchema, ParquetWriter } from '@dsnp/parquetjs';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetRead,
  parquetReadObjects,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { Connection, Database, type QueryResult } from 'kuzu';
import { pathLiteral } from '../src/cypher/text.js';
import { allTables, tables } from './statements.js';

const [dataset = '', path = ''] = process.argv.slice(2);
const database = new Database(path);
const connection = new Connection(database);
const scratch = mkdtempSync(join(tmpdir(), 'kgload-bench-original-'));
try {
  for (const { create } of allTables(dataset)) await execute(create);
  for (const table of tables(dataset)) {
    const isFiles = basename(table.path) === 'files.parquet';
    const file = isFiles ? await preprocessFiles(table.path, scratch) : table.path;
    const rows = await countRows(file);
    await execute(isFiles ? `COPY ${table.name} FROM ${pathLiteral(file)}` : table.plainCopy);
    if (rows === 0) process.stderr.write(`${table.name}: no rows\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
await connection.close();
await database.close();

async function execute(cypher: string): Promise<void> {
  const results: QueryResult | QueryResult[] = await connection.query(cypher);
  for (const result of [results].flat()) result.close();
}

/** Reads every value of a file. */
async function countRows(path: string): Promise<number> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const columns = metadata.row_groups[0]?.columns.length ?? 1;
  let values = 0;
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    await parquetRead({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
      onChunk: ({ columnData }) => (values += columnData.length),
    });
    rowStart = rowEnd;
  }
  return values / columns;
}

/** Keeps the columns that the schema wants. */
async function preprocessFiles(source: string, directory: string): Promise<string> {
  const destination = join(directory, 'files.parquet');
  const columns = ['path', 'language', 'content_hash'];
  const file = await asyncBufferFromFile(source);
  const rows = await parquetReadObjects({ file, compressors, columns });
  const field = { type: 'UTF8', optional: true, compression: 'SNAPPY' } as const;
  const schema = new ParquetSchema(Object.fromEntries(columns.map((name) => [name, field])));
  const writer = await ParquetWriter.openFile(schema, destination);
  writer.setRowGroupSize(100_000);
  for (const row of rows) await writer.appendRow(row);
  await writer.close();
  return destination;
}
