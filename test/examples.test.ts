/** The queries that a load shows on a terminal: each can be pasted, runs, and has rows. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { run } from '../src/commands/load.js';
import { exampleQueries } from '../src/cypher/examples.js';
import { codeGraph } from '../src/model/codegraph.js';
import { Command } from 'commander';
import { exampleLines } from '../src/terminal/examples.js';
import type { Io } from '../src/terminal/output.js';
import { ENGINE, FIXTURE, fixtureCopy, query, scratch, writeParquet } from './helpers.js';

type Flags = Parameters<typeof run>[1];

/** What a load prints, as if on a terminal. */
async function loadOnTerminal(
  dataset: string,
  flags: Flags,
  { isTTY = true } = {},
): Promise<string> {
  let printed = '';
  const stream = { isTTY, columns: 80, write: (text: string) => (printed += text) };
  const io = { stdout: stream, stderr: { ...stream, isTTY: false, write: () => true } };
  await run([dataset], { engine: ENGINE, ...flags }, io as unknown as Io, new Command());
  return printed;
}

/** The pasted commands' arguments, as a shell takes them apart. */
function pasted(printed: string): string[][] {
  const commands = printed.split('\n').filter((line) => line.startsWith('  kgload '));
  return commands.map((command) => {
    const script = `kgload() { printf '%s\\0' "$@"; }; ${command.trim()}`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  });
}

/** Runs what was printed; the queries, each with its first row. */
function ask(printed: string, db: string): [string, Record<string, unknown>][] {
  return pasted(printed).map((args) => {
    const [command, cypher = '', option, path] = args;
    assert.deepEqual([args.length, command, option, path], [4, 'query', '--db', db]);
    const [first] = query(db, cypher);
    assert.ok(first, `no rows: ${cypher}`);
    return [cypher, first];
  });
}

async function queriesAfter(
  t: TestContext,
  dataset: string,
  flags: Partial<Flags> = {},
): Promise<[string, Record<string, unknown>][]> {
  const db = join(scratch(t), "it's a graph.db");
  return ask(await loadOnTerminal(dataset, { db, ...flags }), db);
}

describe('after a load on a terminal', () => {
  it('a code graph is asked what a code graph is asked', async (t) => {
    assert.deepEqual(await queriesAfter(t, FIXTURE), [
      [
        'MATCH (:Function)-[:CALLS]->(f:Function) RETURN f.name, f.file, count(*) AS calls ORDER BY calls DESC, f.name, f.file LIMIT 5',
        { 'f.name': '_total', 'f.file': 'shop/cart.py', calls: 2 },
      ],
      [
        'MATCH (f:File)-[:CONTAINS_FUNCTION]->(:Function) RETURN f.path, count(*) AS functions ORDER BY functions DESC, f.path LIMIT 5',
        { 'f.path': 'shop/cart.py', functions: 3 },
      ],
      // The fixture has no inheritance.
      [
        'MATCH (:Function)-[:METHOD_OF]->(c:Class) RETURN c.name, c.file, count(*) AS methods ORDER BY methods DESC, c.name, c.file LIMIT 5',
        { 'c.name': 'Cart', 'c.file': 'shop/cart.py', methods: 3 },
      ],
    ]);
  });

  it('tables without rows are left alone', async (t) => {
    const copy = fixtureCopy(scratch(t));
    for (const name of ['calls', 'contains_function', 'method_of']) {
      rmSync(join(copy, 'edges', `${name}.parquet`));
    }
    assert.deepEqual(await queriesAfter(t, copy), [
      [
        'MATCH (n) RETURN label(n) AS node_table, count(*) AS nodes ORDER BY nodes DESC, node_table',
        { node_table: 'Function', nodes: 7 },
      ],
      [
        'MATCH (n:Function) RETURN n.id, n.name, n.file, n.start_line ORDER BY n.id LIMIT 5',
        { 'n.id': 'f1', 'n.name': 'add_item', 'n.file': 'shop/cart.py', 'n.start_line': 10 },
      ],
      [
        'MATCH (:File)-[:CONTAINS_VARIABLE]->(b:Variable) RETURN b.id, count(*) AS edges ORDER BY edges DESC, b.id LIMIT 5',
        { 'b.id': 'v1', edges: 1 },
      ],
    ]);
  });

  it('another schema is asked by its largest tables', async (t) => {
    const queries = await queriesAfter(t, join(FIXTURE, '..', 'films'), { schema: 'infer' });
    assert.deepEqual(queries.map(([cypher]) => cypher).slice(1), [
      'MATCH (n:Movie) RETURN n.title, n.year, n.score ORDER BY n.title LIMIT 5',
      'MATCH (a)-[:LIKES]->(b) RETURN label(a) AS from_table, label(b) AS to_table, count(*) AS edges ORDER BY edges DESC, from_table, to_table LIMIT 5',
    ]);
    assert.deepEqual(queries[1]?.[1], { 'n.title': 'Cold', 'n.year': 1999, 'n.score': 6 });
    assert.equal(queries[2]?.[1]['edges'], 2);
  });

  it('names that Cypher or a shell would take for something else are quoted', async (t) => {
    const directory = scratch(t);
    const dataset = join(directory, 'odd');
    for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
    const node = (name: string, file: string): object => ({
      name,
      file,
      primaryKey: 'the key',
      properties: [
        { name: 'the key', type: 'STRING' },
        { name: 'order', type: 'STRING' },
        { name: "it's $HOME", type: 'INT64' },
        { name: 'Größe', type: 'STRING' },
      ],
    });
    const schema = {
      nodes: [node('ORDER', 'orders'), node('Käufer "A"', 'buyers')],
      edges: [
        {
          name: "bought for $5's",
          file: 'bought',
          from: 'Käufer "A"',
          to: 'ORDER',
          properties: [],
        },
      ],
    };
    writeFileSync(join(dataset, 'schema.json'), JSON.stringify(schema));
    const columns = {
      'the key': 'UTF8',
      order: 'UTF8',
      "it's $HOME": 'INT64',
      Größe: 'UTF8',
    } as const;
    const rowsOf = (...keys: string[]): object[] =>
      keys.map((key) => ({ 'the key': key, order: '1st', "it's $HOME": 1, Größe: 'XL' }));
    const write = async (name: string, rows: object[]): Promise<void> => {
      await writeParquet(join(dataset, 'nodes', name), columns, rows as Record<string, unknown>[]);
    };
    await write('orders.parquet', rowsOf('o1', 'o2'));
    await write('buyers.parquet', rowsOf('b1'));
    await writeParquet(join(dataset, 'edges', 'bought.parquet'), { from: 'UTF8', to: 'UTF8' }, [
      { from: 'b1', to: 'o2' },
    ]);
    const queries = await queriesAfter(t, dataset, { schema: join(dataset, 'schema.json') });
    assert.deepEqual(queries.slice(1), [
      [
        "MATCH (n:`ORDER`) RETURN n.`the key`, n.`order`, n.`it's $HOME`, n.`Größe` ORDER BY n.`the key` LIMIT 5",
        { 'n.the key': 'o1', 'n.order': '1st', "n.it's $HOME": 1, 'n.Größe': 'XL' },
      ],
      [
        'MATCH (:`Käufer "A"`)-[:`bought for $5\'s`]->(b:`ORDER`) RETURN b.`the key`, count(*) AS edges ORDER BY edges DESC, b.`the key` LIMIT 5',
        { 'b.the key': 'o2', edges: 1 },
      ],
    ]);
  });

  it('nothing is shown where nobody sits, or nothing was loaded', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    assert.equal(pasted(await loadOnTerminal(FIXTURE, { db }, { isTTY: false })).length, 0);
    assert.equal(pasted(await loadOnTerminal(FIXTURE, { db, fresh: true })).length, 3);
    for (const flags of [{ quiet: true }, { json: true }, { dryRun: true }]) {
      const printed = await loadOnTerminal(FIXTURE, { db, fresh: true, ...flags });
      assert.equal(pasted(printed).length, 0, JSON.stringify(flags));
    }
    const spoiled = fixtureCopy(directory);
    cpSync(join(FIXTURE, '..', 'spoiled', 'calls.parquet'), join(spoiled, 'edges/calls.parquet'));
    assert.equal(pasted(await loadOnTerminal(spoiled, { db, fresh: true })).length, 0);
    process.exitCode = 0;
  });
});

describe('example queries', () => {
  const rows = Object.fromEntries(
    [...codeGraph.nodes, ...codeGraph.edges].map(({ name }) => [name, 1]),
  );

  it('are none for a database without rows, and name no table that cannot be named', () => {
    assert.deepEqual(exampleQueries(codeGraph, {}), []);
    const [file] = codeGraph.nodes;
    assert.ok(file);
    const odd = { nodes: [{ ...file, name: 'a\nb' }], edges: [] };
    assert.deepEqual(exampleQueries(odd, { 'a\nb': 3 }), []);
    assert.deepEqual(exampleLines([], 'graph.db'), []);
  });

  it('do not look at thousands of tables', () => {
    const nodes = Array.from({ length: 500 }, (_, i) => ({ ...codeGraph.nodes[0], name: `T${i}` }));
    const many = { nodes, edges: [] } as unknown as typeof codeGraph;
    const counts = Object.fromEntries(nodes.map(({ name }, i) => [name, 500 - i]));
    assert.equal(
      exampleQueries(many, counts)[0]?.cypher,
      'MATCH (n:T0) RETURN label(n) AS node_table, count(*) AS nodes ORDER BY nodes DESC, node_table',
    );
  });

  it('are commands with a path that a shell takes for itself', () => {
    const [example] = exampleQueries(codeGraph, rows);
    assert.ok(example);
    for (const [path, shown] of [
      ['graph.db', 'graph.db'],
      ['../a/graph-1.db', '../a/graph-1.db'],
      ['-odd.db', './-odd.db'],
      ['~/x y.db', "'~/x y.db'"],
      ["o'brien.db", "'o'\\''brien.db'"],
    ] as const) {
      const [, , , line = ''] = exampleLines([example], path);
      assert.ok(line.endsWith(` --db ${shown}`), line);
    }
  });
});
