import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { codeGraph } from '../src/model/codegraph.js';
import { execute, FIXTURE, kgload, kgloadJson, query, scratch } from './helpers.js';

const TABLES = [...codeGraph.nodes, ...codeGraph.edges].map(({ name }) => name);

describe('kgload schema', () => {
  it('prints Cypher that the engine takes', async (t) => {
    const { code, stdout, stderr } = await kgload(['schema']);
    assert.equal(code, 0, stderr);
    const statements = stdout.trimEnd().split('\n');
    assert.equal(statements.length, 20);
    assert.equal(
      statements[0],
      'CREATE NODE TABLE `File`(`path` STRING, `language` STRING, `content_hash` STRING, PRIMARY KEY(`path`));',
    );
    assert.equal(
      statements[18],
      'CREATE REL TABLE `CALLS`(FROM `Function` TO `Function`, `call_line` INT64);',
    );
    const db = join(scratch(t), 'graph.db');
    execute(db, ...statements);
    const names = query(db, 'CALL show_tables() RETURN name').map(({ name }) => name);
    assert.deepEqual(names.sort(), [...TABLES].sort());
  });

  it('prints JSON, asked either way', async () => {
    const { json, code } = await kgloadJson(['schema']);
    assert.equal(code, 0);
    assert.deepEqual(json, { ...codeGraph, errors: [], warnings: [] });
    const { stdout } = await kgload(['schema', '--format', 'json']);
    assert.deepEqual(JSON.parse(stdout), codeGraph);
  });

  it('prints a Mermaid diagram', async () => {
    const { code, stdout } = await kgload(['schema', '--format', 'mermaid']);
    assert.equal(code, 0);
    assert.match(stdout, /^erDiagram\n {4}"File" \{\n {8}STRING path PK\n/);
    assert.match(stdout, /\n {4}"Function" \}o--o\{ "Function" : "CALLS · call_line"\n/);
  });

  it('creates the tables in a database, and says which were there', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const first = await kgloadJson(['schema', '--create', '--db', db]);
    assert.equal(first.code, 0, first.stderr);
    const { database, ...rest } = first.json;
    assert.equal((database as { path: string }).path, db);
    assert.deepEqual(rest, { created: TABLES, existing: [], errors: [], warnings: [] });
    execute(db, 'DROP TABLE INHERITS');
    const second = await kgload(['schema', '--create', '--db', db]);
    assert.equal(second.code, 0);
    assert.equal(
      second.stdout,
      `created 1 table: INHERITS\n19 tables there already: ${TABLES.slice(0, -1).join(', ')}\n`,
    );
  });

  it('shows what a database has, and changes nothing', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(
      db,
      'CREATE NODE TABLE Person(name STRING, age INT64 DEFAULT 7, PRIMARY KEY(name))',
      'CREATE REL TABLE Knows(FROM Person TO Person, since DATE, MANY_ONE)',
      'CREATE SEQUENCE S START 3',
    );
    const before = readFileSync(db);
    const { code, stdout, stderr } = await kgload(['schema', '--db', db]);
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 2), [
      'CREATE NODE TABLE `Person`(`name` STRING, `age` INT64 DEFAULT 7, PRIMARY KEY(`name`));',
      'CREATE REL TABLE `Knows`(FROM `Person` TO `Person`, `since` DATE, MANY_ONE);',
    ]);
    assert.match(stdout, /CREATE SEQUENCE .*`S` START 3/);
    const { json } = await kgloadJson(['schema', '--db', db]);
    assert.deepEqual(Object.keys(json).slice(0, 2), ['nodes', 'edges']);
    assert.ok(readFileSync(db).equals(before));
    const missing = join(directory, 'typo.db');
    const nothing = await kgloadJson(['schema', '--db', missing]);
    assert.deepEqual([nothing.code, nothing.json.errors[0]?.code], [2, 'ENOENT']);
    for (const args of [
      ['--create'],
      ['--db', db, '--schema', 'x.cypher'],
      [FIXTURE, '--db', db],
    ]) {
      const usage = await kgloadJson(['schema', ...args]);
      assert.deepEqual([usage.code, usage.json.errors[0]?.code], [2, 'USAGE']);
      assert.match(usage.json.errors[0]?.hint ?? '', /--create|--db/);
    }
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('fails with the differences, and creates nothing, where a table is another', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(
      db,
      'CREATE NODE TABLE `Class`(id INT64 PRIMARY KEY)',
      'CREATE NODE TABLE `File`(path STRING, language STRING PRIMARY KEY, content_hash STRING)',
      'CREATE REL TABLE `CONTAINS_CLASS`(FROM `Class` TO `File`)',
      'CREATE NODE TABLE `CALLS`(id INT64 PRIMARY KEY)',
    );
    const { code, json, stderr } = await kgloadJson(['schema', '--create', '--db', db]);
    assert.equal(code, 2);
    assert.equal(json.errors[0]?.code, 'SCHEMA_MISMATCH');
    for (const difference of [
      'File primary key is language, not path',
      'Class id is INT64, not STRING; has no property name',
      'CONTAINS_CLASS connects Class → File, not File → Class',
      'CALLS is a table of nodes, not of edges',
    ]) {
      assert.ok(json.errors[0].message.includes(difference), difference);
      assert.ok(stderr.includes(difference), difference);
    }
    assert.equal(query(db, 'CALL show_tables() RETURN name').length, 4);
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('shows what the catalog has of a schema that the engine can not export, and says so', async (t) => {
    const db = join(scratch(t), 'graph.db');
    execute(
      db,
      'CREATE NODE TABLE A(`the key` STRING PRIMARY KEY, x INT64)',
      'CREATE REL TABLE R(FROM A TO A, w DOUBLE)',
    );
    for (const [format, part] of [
      ['cypher', 'CREATE REL TABLE `R`(FROM `A` TO `A`, `w` DOUBLE);\n'],
      ['json', '"primaryKey": "the key"'],
      ['mermaid', '"A" }o--o{ "A" : "R · w"'],
    ] as const) {
      const { code, stdout, stderr } = await kgload(['schema', '--db', db, '--format', format]);
      assert.equal(code, 0, stderr);
      assert.ok(stdout.includes(part), stdout);
      assert.match(stderr, /warning: multiplicities, sequences, macros and indexes are left out: /);
    }
  });
});
