/** The Parquet files of an analysis, as the engines and hyparquet read them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { type Cell, columnsOf, openTables } from '../src/analyze/tables.js';
import { codeGraph } from '../src/model/codegraph.js';
import { kgload, kgloadJson, query, scratch } from './helpers.js';

const TABLES = [...codeGraph.nodes, ...codeGraph.edges];
const FILES: Cell[][] = [
  ['a.py', 'python', '00', new Date('2026-01-05T08:00:00.123Z')],
  ['o\'brien\n"größe" 👕.py', 'python', '01', new Date('1969-12-31T23:59:59.999Z')],
];
/** Two row groups by bytes, and two by rows. */
const LONG = 'é'.repeat(5_000_000);

function write(directory: string, functions: number): void {
  const { add, close } = openTables(directory);
  for (const row of FILES) add('File', row);
  for (let i = 0; i < functions; i += 1) {
    const code = i < 2 ? LONG + String(i) : `def f${i}():\n\t\u0000 \ud800x\udc00 👕`;
    add('Function', [`fn_${i}`, 'same', 'a.py', i, i + 1, i % 3 === 0, i === 2 ? null : code]);
    add('CONTAINS_FUNCTION', ['a.py', `fn_${i}`]);
  }
  for (let i = 0; i < 5; i += 1) {
    add('Import', [`imp_${i}`, 'os', 'import', null, i, false, 'a.py']);
  }
  add('CALLS', ['fn_0', 'fn_1', 7, 'import']);
  assert.deepEqual(
    Object.entries(close()).filter(([, rows]) => rows > 0),
    [
      ['File', 2],
      ['Function', functions],
      ['Import', 5],
      ['CONTAINS_FUNCTION', functions],
      ['CALLS', 1],
    ],
  );
}

describe('the tables of an analysis', () => {
  it('load as they are, without a warning', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    write(directory, 20_001);
    const load = await kgloadJson(['load', directory, '--db', db]);
    assert.deepEqual([load.json.errors, load.json.warnings, load.code], [[], [], 0]);
    const verify = await kgload(['stats', '--db', db, '--verify', directory]);
    assert.equal(verify.code, 0, verify.stdout + verify.stderr);
    assert.equal(verify.stderr, '');
    const [long] = query(db, "MATCH (f:Function) WHERE f.id = 'fn_1' RETURN f.source_code AS code");
    assert.equal(long?.['code'], `${LONG}1`);
    const [last] = query(
      db,
      "MATCH (f:Function) WHERE f.id = 'fn_20000' RETURN f.source_code AS code, f.name AS name, f.end_line AS line, f.is_public AS is_public",
    );
    const code = 'def f20000():\n\t\u0000 \ufffdx\ufffd 👕';
    assert.deepEqual({ ...last }, { code, name: 'same', line: 20_001, is_public: false });
    const [file] = query(db, "MATCH (f:File) WHERE f.content_hash = '01' RETURN f.path AS path");
    assert.equal(file?.['path'], 'o\'brien\n"größe" 👕.py');
    const [call] = query(db, 'MATCH ()-[c:CALLS]->() RETURN c.call_line AS line');
    assert.equal(call?.['line'], 7);
  });

  it('have their columns where they have no row, and row groups of some size', async (t) => {
    const directory = scratch(t);
    write(directory, 20_001);
    for (const table of TABLES) {
      const part = 'from' in table ? 'edges' : 'nodes';
      const bytes = readFileSync(join(directory, part, `${table.file}.parquet`));
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      const metadata = parquetMetadata(file);
      const names = parquetSchema(metadata).children.map(({ element }) => element.name);
      assert.deepEqual(
        names,
        columnsOf(table).map(({ name }) => name),
      );
      const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
      if (table.name === 'Function') assert.deepEqual(groups, [2, 19_999]);
      if (table.name === 'CONTAINS_FUNCTION') assert.deepEqual(groups, [20_000, 1]);
      if (table.name === 'Class') assert.deepEqual(groups, []);
      const rows = await parquetReadObjects({ file });
      if (table.name === 'File') {
        assert.deepEqual(
          rows.map((row) => Object.values(row) as unknown[]),
          FILES,
        );
      }
      if (table.name === 'CALLS') {
        assert.deepEqual(rows, [{ from: 'fn_0', to: 'fn_1', line_number: 7n, rule: 'import' }]);
      }
    }
  });

  it('are the same bytes for the same rows', (t) => {
    const [one, two] = [scratch(t), scratch(t)];
    write(one, 10);
    write(two, 10);
    for (const { file, ...table } of TABLES) {
      const path = join('from' in table ? 'edges' : 'nodes', `${file}.parquet`);
      assert.deepEqual(readFileSync(join(one, path)), readFileSync(join(two, path)), path);
    }
  });
});
