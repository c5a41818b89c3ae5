import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createSchema, KgloadError } from 'kgload';
import { nodeTableName, relTableName, singularName } from '../src/model/names.js';
import {
  FIXTURE,
  kgload,
  kgloadJson,
  openMemory,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

/** A copy of fixtures/films, to be spoiled. */
function filmsCopy(directory: string): string {
  const copy = join(directory, 'films');
  cpSync(join(FIXTURE, '..', 'films'), copy, { recursive: true });
  return copy;
}

const FILMS = [
  'CREATE NODE TABLE `MovieGenre`(`id` STRING, PRIMARY KEY(`id`));',
  'CREATE NODE TABLE `Movie`(`title` STRING, `year` INT32, `score` DOUBLE, PRIMARY KEY(`title`));',
  'CREATE NODE TABLE `Person`(`person_id` INT64, `name` STRING, `born` DATE, PRIMARY KEY(`person_id`));',
  'CREATE REL TABLE `ACTED_IN`(FROM `Person` TO `Movie`, `role` STRING);',
  'CREATE REL TABLE `LIKES`(FROM `Person` TO `Movie`, FROM `Person` TO `MovieGenre`);',
  'CREATE REL TABLE `MOVIES_MOVIE_GENRE`(FROM `Movie` TO `MovieGenre`);',
  'CREATE REL TABLE `PERSON_KNOWS_PERSON`(FROM `Person` TO `Person`);',
  '',
].join('\n');

describe('--schema infer', () => {
  it('derives tables, keys, types and endpoints, prints them, and loads', async (t) => {
    const directory = scratch(t);
    const dataset = filmsCopy(directory);
    const printed = await kgload(['schema', dataset, '--schema', 'infer']);
    assert.deepEqual([printed.code, printed.stderr, printed.stdout], [0, '', FILMS]);

    const db = join(directory, 'films.db');
    const { code, stderr, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--schema',
      'infer',
    ]);
    assert.deepEqual(
      [code, json.total_nodes, json.total_edges, json.errors, json.warnings],
      [0, 5, 5, [], []],
    );
    assert.ok(stderr.startsWith(`kgload: inferred from ${dataset}:\n${FILMS}`), stderr);
    assert.deepEqual(
      query(db, 'MATCH (a:Person)-[:LIKES]->(x) RETURN a.name AS p, label(x) AS l ORDER BY p, l'),
      [
        { p: 'Ann', l: 'Movie' },
        { p: 'Bob', l: 'Movie' },
        { p: 'Bob', l: 'MovieGenre' },
      ],
    );
    assert.equal((await kgload(['stats', '--db', db, '--verify', dataset])).code, 0);
  });

  it('finds the built-in schema in the example dataset, with what else is in its files', async () => {
    const { json } = await kgloadJson(['schema', FIXTURE, '--schema', 'infer']);
    const { nodes, edges } = json as unknown as {
      nodes: { name: string; primaryKey: string; file: string }[];
      edges: { name: string; from: string; to: string }[];
    };
    assert.deepEqual(
      nodes.map(({ name, primaryKey, file }) => `${name}(${primaryKey}) ${file}`),
      [
        'Attribute(id) attributes',
        'Class(id) classes',
        'Decorator(id) decorators',
        'Exception(id) exceptions',
        'File(path) files',
        'Function(id) functions',
        'Import(id) imports',
        'Variable(id) variables',
      ],
    );
    // inherits.parquet is empty: nothing tells what it connects.
    assert.deepEqual(
      edges.map(({ name, from, to }) => `${from} ${name} ${to}`),
      [
        'Function ACCESSES Attribute',
        'Function CALLS Function',
        'File CONTAINS_CLASS Class',
        'File CONTAINS_FUNCTION Function',
        'File CONTAINS_VARIABLE Variable',
        'Function DECORATED_BY Decorator',
        'Function HANDLES_EXCEPTION Exception',
        'Class HAS_ATTRIBUTE Attribute',
        'File HAS_IMPORT Import',
        'Function METHOD_OF Class',
        'Function REFERENCES Variable',
      ],
    );
  });

  it('shows the candidates where the data leave it open', async (t) => {
    const dataset = filmsCopy(scratch(t));
    const cases: {
      file: string;
      columns: Record<string, 'UTF8' | 'INT64'>;
      rows: object[];
      message: RegExp;
    }[] = [
      {
        file: 'nodes/pets.parquet',
        columns: { kind: 'UTF8' },
        rows: [{ kind: 'cat' }, { kind: 'cat' }],
        message: /from nodes\/pets\.parquet: none of its columns is a key: kind \(add a column id/,
      },
      {
        file: 'nodes/dogs.parquet',
        columns: { id: 'INT64' },
        rows: [{ id: 2 }, { id: 3 }],
        message: /^$/,
      },
      {
        file: 'edges/owns.parquet',
        columns: { from: 'INT64', to: 'INT64' },
        rows: [{ from: 2, to: 3 }],
        message:
          /from edges\/owns\.parquet: the values of its column from are keys of several node tables: Dog \(1 of 1\), Person \(1 of 1\)/,
      },
      {
        file: 'edges/owns.parquet',
        columns: { from: 'INT64', to: 'UTF8' },
        rows: [{ from: 3, to: 'nobody' }],
        message: /no value of its column to is a key of Dog, MovieGenre, Movie, Person/,
      },
      {
        file: 'edges/owns.parquet',
        columns: { from: 'INT64', to: 'INT64', from_type: 'UTF8', to_type: 'UTF8' },
        rows: [{ from: 3, to: 1, from_type: 'dog', to_type: 'ghost' }],
        message: /to_type names a table ghost, and there are Dog, MovieGenre, Movie, Person/,
      },
      {
        file: 'edges/owns.parquet',
        columns: { dog: 'INT64', person: 'INT64' },
        rows: [],
        message: /edges\/owns\.parquet has no endpoint columns from and to .* it has dog, person/,
      },
    ];
    for (const { file, columns, rows, message } of cases) {
      await writeParquet(join(dataset, file), columns, rows as Record<string, unknown>[]);
      const { code, stderr } = await kgload(['schema', dataset, '--schema', 'infer']);
      assert.match(stderr, message);
      assert.equal(code, stderr === '' ? 0 : 2);
      if (file === 'nodes/pets.parquet') rmSync(join(dataset, file));
    }
    const { code, stderr } = await kgload(['schema', '--schema', 'infer']);
    assert.equal(code, 2);
    assert.match(stderr, /can only be inferred from a dataset/);
  });
});

describe('--schema infer, of columns with names that the engines keep for themselves', () => {
  const make = async (directory: string, columns: readonly string[]): Promise<string> => {
    const dataset = join(directory, 'dataset');
    for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
    await writeParquet(
      join(dataset, 'nodes/things.parquet'),
      Object.fromEntries(columns.map((name) => [name, 'INT64' as const])),
      [1, 2].map((row) => Object.fromEntries(columns.map((name, i) => [name, 10 * row + i]))),
    );
    return dataset;
  };

  it('gives the properties others, and finds the columns by theirs', async (t) => {
    const directory = scratch(t);
    const dataset = await make(directory, ['_id', '_LABEL', 'label', 'size']);
    const db = join(directory, 'graph.db');
    const load = await kgloadJson(['load', dataset, '--db', db, '--schema', 'infer']);
    assert.deepEqual([load.code, load.json.errors], [0, []], load.stderr);
    assert.deepEqual(query(db, 'MATCH (t:Thing) RETURN t.* ORDER BY t.id'), [
      { 't.id': 10, 't.LABEL_': 11, 't.label': 12, 't.size': 13 },
      { 't.id': 20, 't.LABEL_': 21, 't.label': 22, 't.size': 23 },
    ]);
    const verify = ['stats', '--db', db, '--verify', dataset, '--schema', 'infer'];
    assert.equal((await kgload(verify)).code, 0);
  });

  it('takes a dataset without edges/ where there is no rel table, and no other', async (t) => {
    const directory = scratch(t);
    const dataset = await make(directory, ['id', 'size']);
    rmSync(join(dataset, 'edges'), { recursive: true });
    const db = join(directory, 'graph.db');
    const load = await kgloadJson(['load', dataset, '--db', db, '--schema', 'infer']);
    assert.deepEqual([load.code, load.json.total_nodes, load.json.warnings], [0, 2, []]);
    const built = await kgload(['load', dataset, '--db', join(directory, 'other.db')]);
    assert.equal(built.code, 2);
    assert.match(
      built.stderr,
      /has no edges\/ \(a dataset is .*; one without edges takes an empty edges\/, or a schema without rel/,
    );
    mkdirSync(join(dataset, 'edges'));
    rmSync(join(dataset, 'nodes'), { recursive: true });
    const none = await kgload(['load', dataset, '--db', db, '--fresh', '--schema', 'infer']);
    assert.match(none.stderr, /has no nodes\/ \(a dataset is a directory with/);
  });

  it('refuses two that differ in case alone', async (t) => {
    const dataset = await make(scratch(t), ['id', 'size', 'Size']);
    const { code, json } = await kgloadJson(['schema', dataset, '--schema', 'infer']);
    assert.equal(code, 2);
    assert.equal(json.errors[0]?.code, 'SCHEMA_AMBIGUOUS');
    assert.match(json.errors[0].message, /its columns size and Size are one for the engine/);
  });
});

describe('a schema that the engine refuses', () => {
  it('is an error of the schema, not an unexpected one', () => {
    const { connection, close } = openMemory();
    const schema = {
      nodes: [
        {
          name: 'T',
          file: 't',
          primaryKey: 'id',
          properties: [
            { name: 'id', type: 'INT64' },
            { name: '_label', type: 'STRNG' },
          ],
        },
      ],
      edges: [],
    };
    return assert
      .rejects(createSchema(connection, schema), (error) => {
        assert.ok(error instanceof KgloadError);
        assert.equal(error.code, 'SCHEMA_INVALID');
        assert.equal(error.message, 'T._label has the type STRNG, which the engine does not have');
        return true;
      })
      .finally(close);
  });
});

describe('names', () => {
  it('are those that people would write', () => {
    assert.deepEqual(
      [
        'functions',
        'classes',
        'people',
        'airport-routes',
        'Countries',
        'status',
        'caches',
        'data',
      ].map(nodeTableName),
      ['Function', 'Class', 'Person', 'AirportRoute', 'Country', 'Status', 'Cache', 'Data'],
    );
    assert.deepEqual(['contains-function', 'actedIn'].map(relTableName), [
      'CONTAINS_FUNCTION',
      'ACTED_IN',
    ]);
    assert.equal(singularName('HAS_ATTRIBUTES'), 'has_attribute');
  });
});

describe("--schema infer, of neo4j-admin's column names", () => {
  it('takes keys, endpoints and ID spaces for what they are, and the load finds them', async (t) => {
    const directory = scratch(t);
    const dataset = join(directory, 'dataset');
    for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
    await writeParquet(
      join(dataset, 'nodes', 'people.parquet'),
      { 'personId:ID(Person)': 'UTF8', 'age:int': 'INT32', ':LABEL': 'UTF8' },
      [
        { 'personId:ID(Person)': 'a', 'age:int': 40, ':LABEL': 'Person' },
        { 'personId:ID(Person)': 'b', 'age:int': 50, ':LABEL': 'Person' },
      ],
    );
    await writeParquet(join(dataset, 'nodes', 'films.parquet'), { ':ID(Film)': 'UTF8' }, [
      { ':ID(Film)': 'a' },
    ]);
    await writeParquet(
      join(dataset, 'edges', 'roles.parquet'),
      { ':START_ID(Person)': 'UTF8', ':END_ID(Film)': 'UTF8', ':TYPE': 'UTF8' },
      [{ ':START_ID(Person)': 'b', ':END_ID(Film)': 'a', ':TYPE': 'ACTED_IN' }],
    );
    const db = join(directory, 'graph.db');
    const schema = await kgload(['schema', dataset, '--schema', 'infer']);
    assert.equal(
      schema.stdout,
      [
        'CREATE NODE TABLE `Film`(`id` STRING, PRIMARY KEY(`id`));',
        'CREATE NODE TABLE `Person`(`personId` STRING, `age` INT32, `label` STRING, PRIMARY KEY(`personId`));',
        'CREATE REL TABLE `ROLES`(FROM `Person` TO `Film`, `type` STRING);',
        '',
      ].join('\n'),
    );
    const { json } = await kgloadJson(['load', dataset, '--db', db, '--schema', 'infer']);
    assert.deepEqual(json.errors, []);
    assert.deepEqual(
      query(
        db,
        'MATCH (p:Person)-[r:ROLES]->(f:Film) RETURN p.personId AS p, p.age AS age, r.type AS type, f.id AS f',
      ),
      [{ p: 'b', age: 50, type: 'ACTED_IN', f: 'a' }],
    );
    const args = ['stats', '--db', db, '--verify', dataset, '--schema', 'infer'];
    const verified = await kgloadJson(args);
    assert.equal(verified.json['identical'], true);
  });
});
