import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeGraphRows } from '../fixtures/code-graph.js';
import {
  ENGINE,
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  loadFixture,
  scratch,
} from './helpers.js';

const [VERSION, STORAGE] = ENGINE === 'kuzu' ? ['0.11.3', 39] : ['0.19.1', 43];

describe('kgload stats', () => {
  it('counts every table, and says what the database is', async (t) => {
    const db = join(scratch(t), 'graph.db');
    await loadFixture(db);
    const { code, json } = await kgloadJson(['stats', '--db', db]);
    assert.equal(code, 0);
    const rows = Object.entries(codeGraphRows).map(([table, list]) => [table, list.length]);
    assert.deepEqual(Object.entries({ ...json.nodes, ...json.edges }), rows);
    assert.deepEqual(json, {
      total_nodes: 27,
      total_edges: 34,
      node_rows: json.nodes,
      edge_rows: json.edges,
      nodes: json.nodes,
      edges: json.edges,
      errors: [],
      warnings: [],
      database: {
        path: db,
        engine: ENGINE,
        version: VERSION,
        storage_version: STORAGE,
        bytes: statSync(db).size,
      },
    });
    const { stdout } = await kgload(['stats', '--db', db]);
    assert.ok(stdout.includes(`: ${ENGINE} ${VERSION}, storage version ${STORAGE}, `));
    assert.match(stdout, / \d+\.\d MB\n\ntable +rows\n/);
    assert.match(stdout, /\nFunction +7\n/);
    assert.match(stdout, /\nnodes +27\n/);
    assert.match(stdout, /\nedges +34\n/);
  });

  it('shows the tables of any schema, and changes nothing', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(
      db,
      'CREATE NODE TABLE `Ä b`(id INT64 PRIMARY KEY)',
      'CREATE REL TABLE Knows(FROM `Ä b` TO `Ä b`)',
      'CREATE (:`Ä b` {id: 1})-[:Knows]->(:`Ä b` {id: 2})',
    );
    const before = readFileSync(db);
    chmodSync(db, 0o444);
    chmodSync(directory, 0o555);
    const { code, json, stderr } = await kgloadJson(['stats', '--db', db]);
    chmodSync(directory, 0o755);
    assert.equal(code, 0, stderr);
    assert.deepEqual(json['nodes'], { 'Ä b': 2 });
    assert.deepEqual(json['edges'], { Knows: 1 });
    assert.ok(readFileSync(db).equals(before));
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('refuses what is no database', async (t) => {
    const directory = scratch(t);
    const missing = join(directory, 'missing.db');
    const none = await kgloadJson(['stats', '--db', missing]);
    assert.equal(none.code, 2);
    assert.equal(none.json.errors[0]?.code, 'ENOENT');
    assert.match(
      none.stderr,
      /^kgload: error: the database .*missing\.db does not exist \(create it: /,
    );
    const text = join(directory, 'notes.txt');
    writeFileSync(text, 'not a database');
    const other = await kgload(['stats', '--db', text]);
    assert.equal(other.code, 2);
    assert.match(
      other.stderr,
      /notes\.txt is a file of another kind, not a Kuzu or Ladybug database/,
    );
    assert.deepEqual(readdirSync(directory), ['notes.txt']);
  });

  it('counts the edges that nodes have with --degrees', async (t) => {
    const db = join(scratch(t), 'graph.db');
    await loadFixture(db);
    const { json } = await kgloadJson(['stats', '--db', db, '--degrees']);
    const degrees = json['degrees'] as Record<string, unknown>;
    assert.deepEqual(Object.keys(degrees), Object.keys(json.edges));
    assert.deepEqual(degrees['CONTAINS_FUNCTION'], {
      out: { nodes: 5, mean: 1.2, max: 3, isolated: 2 },
      in: { nodes: 7, mean: 6 / 7, max: 1, isolated: 1 },
    });
    assert.deepEqual(degrees['INHERITS'], {
      out: { nodes: 3, mean: 0, max: 0, isolated: 3 },
      in: { nodes: 3, mean: 0, max: 0, isolated: 3 },
    });
    const { stdout } = await kgload(['stats', '--db', db, '--degrees']);
    assert.match(stdout, /\nCONTAINS_FUNCTION +1\.20 +3 +2 +0\.86 +1 +1\n/);
  });

  it('names what a database holds besides the dataset, and compares all else', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    execute(
      db,
      'ALTER TABLE Function ADD note STRING',
      "MATCH (f:Function {id: 'f1'}) SET f.note = 'ours'",
      'CREATE NODE TABLE Review(id INT64 PRIMARY KEY)',
      'CREATE NODE TABLE Empty(id INT64 PRIMARY KEY)',
      'CREATE REL TABLE REVIEWS(FROM Review TO Function)',
      'CREATE (:Review {id: 1})',
      "MATCH (r:Review), (f:Function {id: 'f1'}) CREATE (r)-[:REVIEWS]->(f)",
    );
    const same = await kgload(['stats', '--db', db, '--verify', FIXTURE]);
    assert.equal(same.code, 0);
    assert.equal(
      same.stderr,
      'kgload: warning: the database holds more than the dataset says, which was not compared: Review (1 row), REVIEWS (1 row), Function.note\n',
    );
    assert.ok(same.stdout.endsWith(`\n${db} holds what ${FIXTURE} holds, and more\n`));

    execute(db, "MATCH (f:Function {id: 'f2'}) SET f.name = 'other'");
    const { code, stdout } = await kgload(['stats', '--db', db, '--verify', FIXTURE]);
    assert.equal(code, 1);
    assert.match(stdout, /\nFunction: values differ: name\n/);

    // What the dataset's own schema has is to be empty where there is no file.
    const copy = fixtureCopy(directory);
    rmSync(join(copy, 'edges', 'calls.parquet'));
    const lacking = await kgload(['stats', '--db', db, '--verify', copy]);
    assert.match(lacking.stdout, /\nCALLS: only in the database: \d+/);
  });

  it('compares every row with a dataset, whatever the order, with --verify', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    const same = await kgload(['stats', '--db', db, '--verify', FIXTURE]);
    assert.deepEqual([same.code, same.stderr], [0, '']);
    assert.match(same.stdout, /\nFunction +7 +7 +identical\n/);
    assert.ok(same.stdout.endsWith(`\n${db} and ${FIXTURE} hold the same\n`));

    execute(
      db,
      "MATCH (f:Function {id: 'f1'}) SET f.start_line = 99",
      "MATCH (f:Function {id: 'f2'}) SET f.source_code = NULL",
      "CREATE (:Class {id: 'new'})",
      'MATCH (v:Variable) WITH v ORDER BY v.id LIMIT 1 DETACH DELETE v',
      'MATCH ()-[c:CALLS]->() WHERE c.call_line IS NULL SET c.call_line = 0',
    );
    const { code, json, stdout } = await kgloadJson(['stats', '--db', db, '--verify', FIXTURE]);
    assert.deepEqual([code, json['identical'], json.errors], [1, false, []]);
    const tables = (json['tables'] as Record<string, unknown>[]).filter(
      (table) => table['identical'] === false,
    );
    assert.deepEqual(
      tables.map(({ table }) => table),
      ['Function', 'Class', 'Variable', 'CONTAINS_VARIABLE', 'REFERENCES', 'CALLS'],
      stdout,
    );
    assert.deepEqual(tables[0], {
      table: 'Function',
      kind: 'node',
      identical: false,
      rows: { dataset: 7, database: 7 },
      properties: ['start_line', 'source_code'],
      only_in_dataset: { rows: 2, examples: ['f1', 'f2'] },
      only_in_database: { rows: 2, examples: ['f1', 'f2'] },
    });
    const { only_in_database: more, only_in_dataset: less } = tables[1] ?? {};
    assert.deepEqual(
      [more, less],
      [
        { rows: 1, examples: ['new'] },
        { rows: 0, examples: [] },
      ],
    );
    assert.deepEqual(tables[2]?.['rows'], { dataset: 4, database: 3 });
    assert.deepEqual(tables[5]?.['properties'], ['call_line']);
    const table = await kgload(['stats', '--db', db, '--verify', FIXTURE]);
    assert.match(table.stdout, /\nFunction: values differ: start_line, source_code\n/);
    assert.match(table.stdout, /\nClass: only in the database: 1: new\n/);

    const other = join(directory, 'other.db');
    execute(other, 'CREATE NODE TABLE File(path INT64 PRIMARY KEY)');
    const wrong = await kgloadJson(['stats', '--db', other, '--verify', FIXTURE]);
    assert.equal(wrong.code, 1);
    const [file] = wrong.json['tables'] as {
      only_in_dataset: { rows: number; examples: string[] };
    }[];
    assert.equal(file?.only_in_dataset.rows, 5);
    assert.match(file.only_in_dataset.examples[0] ?? '', /^no INT64: "/);
  });
});
