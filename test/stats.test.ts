import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeGraphRows } from '../fixtures/code-graph.js';
import { execute, FIXTURE, kgload, kgloadJson, scratch } from './helpers.js';

describe('kgload stats', () => {
  it('counts every table, and says what the database is', async (t) => {
    const db = join(scratch(t), 'graph.db');
    assert.equal((await kgload(['load', FIXTURE, '--db', db, '-q'])).code, 0);
    const { code, json } = await kgloadJson(['stats', '--db', db]);
    assert.equal(code, 0);
    const rows = Object.entries(codeGraphRows).map(([table, list]) => [table, list.length]);
    assert.deepEqual(Object.entries({ ...json.nodes, ...json.edges }), rows);
    assert.deepEqual(json, {
      total_nodes: 27,
      total_edges: 34,
      nodes: json.nodes,
      edges: json.edges,
      database: {
        path: db,
        engine: 'kuzu',
        version: '0.11.3',
        storage_version: 39,
        bytes: statSync(db).size,
      },
    });
    const { stdout } = await kgload(['stats', '--db', db]);
    assert.match(stdout, /: kuzu 0\.11\.3, storage version 39, \d+\.\d MB\n\ntable +rows\n/);
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
    assert.match(other.stderr, /notes\.txt is a file of another kind, not a Kuzu database/);
    assert.deepEqual(readdirSync(directory), ['notes.txt']);
  });
});
