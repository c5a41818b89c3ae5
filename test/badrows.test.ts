import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  loadFixture,
  query,
  scratch,
  writeParquet,
  type CommandJson,
} from './helpers.js';

/** A dataset with bad rows of every kind: 3 in Import, 4 in CALLS, and none elsewhere. */
async function spoiled(
  t: TestContext,
): Promise<{ directory: string; dataset: string; db: string }> {
  const directory = scratch(t);
  const dataset = fixtureCopy(directory);
  await writeParquet(
    join(dataset, 'nodes', 'imports.parquet'),
    { id: 'UTF8', imported_name: 'UTF8' },
    [
      { id: 'i1', imported_name: 'first' },
      { id: 'i2', imported_name: 'other' },
      { id: 'i1', imported_name: 'second' },
      { id: null, imported_name: 'nameless' },
      { id: 'i1', imported_name: 'third' },
    ],
  );
  await writeParquet(
    join(dataset, 'edges', 'calls.parquet'),
    { from: 'UTF8', to: 'UTF8', line_number: 'INT64' },
    [
      { from: 'f1', to: 'f2', line_number: 1 },
      { from: 'f1', to: 'ghost', line_number: 2 },
      { from: null, to: 'f2', line_number: 3 },
      { from: 'phantom', to: 'ghost', line_number: 4 },
      { from: 'f2', to: null, line_number: 5 },
    ],
  );
  return { directory, dataset, db: join(directory, 'graph.db') };
}

const BAD_ROWS = [
  { table: 'Import', file: 'nodes/imports.parquet', reason: 'null_key', rows: 1, examples: [] },
  {
    table: 'Import',
    file: 'nodes/imports.parquet',
    reason: 'duplicate_key',
    rows: 2,
    examples: ['i1'],
  },
  {
    table: 'CALLS',
    file: 'edges/calls.parquet',
    reason: 'null_endpoint',
    rows: 2,
    examples: ['f2 → null', 'null → f2'],
  },
  {
    table: 'CALLS',
    file: 'edges/calls.parquet',
    reason: 'missing_endpoint',
    rows: 2,
    examples: ['f1 → ghost', 'phantom → ghost'],
  },
];

describe('bad rows', () => {
  it('are named, with table, file, reason, number and keys, when they fail a table', async (t) => {
    const { dataset, db } = await spoiled(t);
    const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 1);
    assert.deepEqual(json['bad_rows'], BAD_ROWS);
    assert.equal(json['total_skipped'], 0);
    assert.deepEqual(
      json.errors.map(({ code: errorCode, table, message }) => [errorCode, table, message]),
      [
        ['NULL_KEY', 'Import', 'Import failed: nodes/imports.parquet has 1 row without a key'],
        [
          'DUPLICATE_KEY',
          'Import',
          'Import failed: nodes/imports.parquet has 2 rows with the key of an earlier row: "i1", …',
        ],
        [
          'NODES_FAILED',
          'HAS_IMPORT',
          'HAS_IMPORT was not loaded, since the nodes of Import were not',
        ],
        [
          'NULL_ENDPOINT',
          'CALLS',
          'CALLS failed: edges/calls.parquet has 2 rows without an endpoint: "f2" → null, null → "f2"',
        ],
        [
          'MISSING_ENDPOINT',
          'CALLS',
          'CALLS failed: edges/calls.parquet has 2 rows with an endpoint that no node has: "f1" → "ghost", "phantom" → "ghost"',
        ],
      ],
    );
    assert.deepEqual(query(db, 'MATCH (n:Import) RETURN count(*) AS n'), [{ n: 0 }]);
  });

  it('are left out with --skip-bad-rows, counted, and written down with --bad-rows', async (t) => {
    const { directory, dataset, db } = await spoiled(t);
    const list = join(directory, 'bad.ndjson');
    const args = ['load', dataset, '--db', db, '--skip-bad-rows', '--bad-rows', list];
    const { code, json, stderr } = await kgloadJson(args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(json.errors, []);
    assert.equal(json['total_skipped'], 7);
    assert.deepEqual(json['bad_rows'], BAD_ROWS);
    assert.equal(json.node_times['Import']?.rows, 2);
    assert.equal(json.edge_times['CALLS']?.rows, 1);

    const lines = readFileSync(list, 'utf8').trimEnd().split('\n');
    const imports = { table: 'Import', file: 'nodes/imports.parquet' };
    const calls = { table: 'CALLS', file: 'edges/calls.parquet' };
    assert.deepEqual(
      lines.sort(),
      [
        { ...imports, reason: 'null_key', key: null },
        { ...imports, reason: 'duplicate_key', key: 'i1' },
        { ...imports, reason: 'duplicate_key', key: 'i1' },
        { ...calls, reason: 'null_endpoint', from: null, to: 'f2' },
        { ...calls, reason: 'null_endpoint', from: 'f2', to: null },
        { ...calls, reason: 'missing_endpoint', from: 'f1', to: 'ghost' },
        { ...calls, reason: 'missing_endpoint', from: 'phantom', to: 'ghost' },
      ]
        .map((row) => JSON.stringify(row))
        .sort(),
    );

    // Of the rows with one key, the first in the file stays.
    assert.deepEqual(
      query(db, 'MATCH (n:Import) RETURN n.id AS id, n.imported_name AS name ORDER BY id'),
      [
        { id: 'i1', name: 'first' },
        { id: 'i2', name: 'other' },
      ],
    );
    const { stdout } = await kgload(['load', dataset, '--db', db, '--fresh', '--skip-bad-rows']);
    assert.match(
      stdout,
      /\ntable +rows +seconds +rows\/s +skipped\n|^table +rows +seconds +rows\/s +skipped\n/,
    );
    assert.match(stdout, /\nImport +2 .* 1 null_key, 2 duplicate_key\n/);
    assert.match(stdout, /, 7 bad rows left out\n$/);
  });

  it('fail the load past --max-bad-rows, and nothing of it stays', async (t) => {
    const { dataset, db } = await spoiled(t);
    const enough = await kgloadJson(['load', dataset, '--db', db, '--max-bad-rows', '7']);
    assert.equal(enough.code, 0, enough.stderr);
    const before = readFileSync(db);
    const { code, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--fresh',
      '--max-bad-rows',
      '6',
    ]);
    assert.equal(code, 1);
    assert.equal(json.published, false);
    assert.equal(json.total_nodes, 0);
    assert.equal(json.errors.length, 1);
    assert.equal(json.errors[0]?.code, 'TOO_MANY_BAD_ROWS');
    assert.match(json.errors[0].message, /^7 bad rows up to and with CALLS, and 6 are allowed/);
    assert.ok(readFileSync(db).equals(before));
    assert.equal((await kgload(['load', dataset, '--db', db, '--max-bad-rows', 'x'])).code, 2);
  });

  it('fail an append past --max-bad-rows, which leaves the database with what it had', async (t) => {
    const { directory, dataset } = await spoiled(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    const { code, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--append',
      '--max-bad-rows',
      '3',
    ]);
    assert.equal(code, 1);
    assert.equal(json.published, false);
    assert.deepEqual(query(db, 'MATCH (n) RETURN count(*) AS n'), [{ n: 27 }]);
    assert.deepEqual(query(db, 'MATCH ()-[r]->() RETURN count(*) AS n'), [{ n: 34 }]);
  });

  it('are what an append that runs twice is refused for', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    const { code, json } = await kgloadJson(['load', FIXTURE, '--db', db, '--append']);
    assert.equal(code, 1);
    const codes = new Set(json.errors.map((error) => error.code));
    assert.deepEqual([...codes], ['EXISTING_KEY', 'NODES_FAILED']);
    assert.equal(json.errors.length, 20);
    assert.equal(
      json.errors[4]?.message,
      'Import failed: nodes/imports.parquet has 2 rows with a key that Import has already: "i1", "i2"',
    );
    assert.deepEqual(query(db, 'MATCH ()-[r]->() RETURN count(*) AS n'), [{ n: 34 }]);

    const skipped = await kgloadJson(['load', FIXTURE, '--db', db, '--append', '--skip-bad-rows']);
    assert.equal(skipped.code, 0);
    assert.equal(skipped.json['total_skipped'], 27);
    const calls = skipped.json.warnings.find(({ table }) => table === 'CALLS');
    assert.equal(calls?.code, 'EDGES_REPEATED');
    assert.match(
      calls.message,
      /^4 of the 4 pairs of nodes that edges\/calls\.parquet connects were/,
    );
  });

  it('tell a key of an earlier part file from one that the table held', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    const dataset = join(directory, 'dataset');
    const parts: Record<string, (string | null)[]> = {
      'part-0': ['new', 'f1', 'twice', 'twice'],
      'part-1': ['new', 'f2', 'new', 'other', null],
    };
    mkdirSync(join(dataset, 'nodes/functions'), { recursive: true });
    mkdirSync(join(dataset, 'edges'));
    for (const [name, ids] of Object.entries(parts)) {
      const rows = ids.map((id) => ({ id }));
      await writeParquet(join(dataset, `nodes/functions/${name}.parquet`), { id: 'UTF8' }, rows);
    }
    const found = (json: CommandJson): unknown[] =>
      (
        json['bad_rows'] as { file: string; reason: string; rows: number; examples: string[] }[]
      ).map(({ file, reason, rows, examples }) => [file.at(-9), reason, rows, examples.join()]);
    const fresh = [
      ['0', 'duplicate_key', 1, 'twice'],
      ['1', 'null_key', 1, ''],
      ['1', 'duplicate_key', 2, 'new'],
    ];
    const appended = [
      ['0', 'existing_key', 1, 'f1'],
      ['0', 'duplicate_key', 1, 'twice'],
      ['1', 'null_key', 1, ''],
      ['1', 'existing_key', 1, 'f2'],
      ['1', 'duplicate_key', 2, 'new'],
    ];
    const first = join(directory, 'first.db');
    for (const more of [['--dry-run'], []]) {
      const skip = ['--skip-bad-rows', ...more];
      const one = await kgloadJson(['load', dataset, '--db', first, ...skip]);
      assert.deepEqual(found(one.json), fresh);
      const two = await kgloadJson(['load', dataset, '--db', db, '--append', ...skip]);
      assert.deepEqual(found(two.json), appended);
    }
    const { json } = await kgloadJson(['load', dataset, '--db', first, '--fresh']);
    assert.deepEqual(
      json.errors.map(({ code, message }) => [code, message]),
      [
        [
          'DUPLICATE_KEY',
          'Function failed: nodes/functions/part-0.parquet has 1 row with the key of an earlier row: "twice"',
        ],
      ],
    );
    const all = 'MATCH (n:Function) RETURN n.id AS id ORDER BY id';
    assert.deepEqual(
      query(first, all).map(({ id }) => id),
      ['f1', 'f2', 'new', 'other', 'twice'],
    );
  });

  it('show their keys as the exact text of their type', async (t) => {
    const directory = scratch(t);
    const keys: [string, string, string][] = [
      ['DATE', "date('2024-02-03')", '2024-02-03'],
      ['TIMESTAMP', "timestamp('2024-02-03 01:02:03.123456')", '2024-02-03 01:02:03.123456'],
      ['UINT64', "CAST('18446744073709551615' AS UINT64)", '18446744073709551615'],
      ['INT64', '-9007199254740993', '-9007199254740993'],
      ['DOUBLE', "CAST('Infinity' AS DOUBLE)", 'Infinity'],
    ];
    const schema = join(directory, 'schema.cypher');
    const dataset = join(directory, 'dataset');
    mkdirSync(join(dataset, 'nodes'), { recursive: true });
    mkdirSync(join(dataset, 'edges'));
    writeFileSync(
      schema,
      keys.map(([type], i) => `CREATE NODE TABLE T${i}(id ${type} PRIMARY KEY);`).join('\n'),
    );
    execute(
      ':memory:',
      ...keys.map(
        ([, value], i) =>
          `COPY (UNWIND [${value}, ${value}] AS id RETURN id) TO '${dataset}/nodes/T${i}.parquet'`,
      ),
    );
    const file = join(directory, 'bad.ndjson');
    const args = ['load', dataset, '--db', join(directory, 'g.db'), '--schema', schema];
    const { json } = await kgloadJson([...args, '--skip-bad-rows', '--bad-rows', file]);
    assert.deepEqual(
      (json['bad_rows'] as { examples: string[] }[]).map(({ examples }) => examples),
      keys.map(([, , text]) => [text]),
    );
    const written = readFileSync(file, 'utf8').trimEnd().split('\n');
    // Tables that are loaded at the same time end as chance will have it.
    const byTable = written
      .map((line) => JSON.parse(line) as { table: string; key: unknown })
      .toSorted((a, b) => a.table.localeCompare(b.table));
    assert.deepEqual(
      byTable.map(({ key }) => key),
      keys.map(([, , text]) => text),
    );
  });
});

describe('kgload load --dry-run', () => {
  it('reports what a load would do, and writes nothing', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const { code, json, stderr } = await kgloadJson(['load', FIXTURE, '--db', db, '--dry-run']);
    assert.equal(code, 0, stderr);
    assert.deepEqual([json.total_nodes, json.total_edges, json.errors], [27, 34, []]);
    assert.equal(json.published, false);
    assert.deepEqual(readdirSync(directory), []);
    const { stdout } = await kgload(['load', FIXTURE, '--db', db, '--dry-run']);
    assert.ok(
      stdout.endsWith(`a load would bring 27 nodes and 34 edges into ${db}; nothing was written\n`),
    );
  });

  it('finds the same bad rows, errors and exit codes as the load', async (t) => {
    const { directory, dataset, db } = await spoiled(t);
    for (const flags of [[], ['--skip-bad-rows'], ['--max-bad-rows', '3']]) {
      const list = join(directory, 'bad.ndjson');
      const dry = await kgloadJson([
        'load',
        dataset,
        '--db',
        db,
        '--dry-run',
        '--bad-rows',
        list,
        ...flags,
      ]);
      assert.ok(!existsSync(db));
      assert.equal(readFileSync(list, 'utf8').trimEnd().split('\n').length, 7);
      const real = await kgloadJson(['load', dataset, '--db', db, ...flags]);
      assert.equal(dry.code, real.code);
      assert.deepEqual(dry.json['bad_rows'], BAD_ROWS);
      if (flags[0] === '--max-bad-rows') continue;
      assert.deepEqual(dry.json.errors, real.json.errors);
      assert.equal(dry.json.total_nodes, real.json.total_nodes);
      assert.equal(dry.json.total_edges, real.json.total_edges);
      assert.equal((await kgload(['load', FIXTURE, '--db', db, '--fresh', '-q'])).code, 0);
      rmSync(db);
    }
  });

  it('finds missing columns and values that do not convert', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(
      join(dataset, 'nodes', 'variables.parquet'),
      { id: 'UTF8', definition_line: 'UTF8' },
      [
        { id: 'v1', definition_line: '12' },
        { id: 'v2', definition_line: 'twelve' },
      ],
    );
    await writeParquet(
      join(dataset, 'nodes', 'attributes.parquet'),
      { id: 'UTF8', definition_line: 'DOUBLE' },
      [{ id: 'a1', definition_line: 1.5 }],
    );
    await writeParquet(
      join(dataset, 'nodes', 'exceptions.parquet'),
      { id: 'UTF8', line_number: 'BOOLEAN' },
      [{ id: 'e1', line_number: true }],
    );
    await writeParquet(join(dataset, 'nodes', 'imports.parquet'), { name: 'UTF8' }, [
      { name: 'x' },
    ]);
    const db = join(directory, 'graph.db');
    const dry = await kgloadJson(['load', dataset, '--db', db, '--dry-run']);
    assert.equal(dry.code, 1);
    const errors = dry.json.errors.filter((error) => error.code !== 'NODES_FAILED');
    assert.deepEqual(
      errors.map(({ code, table }) => [code, table]),
      [
        ['COLUMN_TYPE', 'Variable'],
        ['COLUMN_MISSING', 'Import'],
        ['COLUMN_TYPE', 'Attribute'],
        ['COLUMN_TYPE', 'Exception'],
      ],
    );
    assert.match(
      errors[0]?.message ?? '',
      /has 1 value in definition_line that does not become INT64: "twelve" \(id /,
    );
    assert.equal(
      errors[2]?.message,
      'Attribute failed: nodes/attributes.parquet has digits that would be lost in definition_line (1 value of 1): 1.5 (id "a1")',
    );
    assert.equal(
      errors[3]?.message,
      'nodes/exceptions.parquet: line_number is BOOLEAN, which does not become INT64',
    );
    const real = await kgloadJson(['load', dataset, '--db', db]);
    assert.deepEqual(
      real.json.errors.map(({ code, table }) => [code, table]),
      dry.json.errors.map(({ code, table }) => [code, table]),
    );
  });

  it('looks endpoints and keys up in the database too when appending', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    rmSync(join(dataset, 'nodes'), { recursive: true });
    rmSync(join(dataset, 'edges'), { recursive: true });
    mkdirSync(join(dataset, 'nodes'));
    mkdirSync(join(dataset, 'edges'));
    await writeParquet(join(dataset, 'nodes', 'functions.parquet'), { id: 'UTF8' }, [
      { id: 'f7' },
      { id: 'new' },
    ]);
    await writeParquet(join(dataset, 'edges', 'calls.parquet'), { from: 'UTF8', to: 'UTF8' }, [
      { from: 'f1', to: 'new' },
      { from: 'f1', to: 'ghost' },
    ]);
    const before = readFileSync(db);
    const dry = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--append',
      '--dry-run',
      '--skip-bad-rows',
    ]);
    assert.equal(dry.code, 0, dry.stderr);
    assert.deepEqual(
      (dry.json['bad_rows'] as { table: string; reason: string; rows: number }[]).map(
        ({ table, reason, rows }) => [table, reason, rows],
      ),
      [
        ['Function', 'existing_key', 1],
        ['CALLS', 'missing_endpoint', 1],
      ],
    );
    assert.ok(readFileSync(db).equals(before));
    assert.equal((await kgload(['load', dataset, '--db', db, '--dry-run'])).code, 2);
  });
});

describe('rows with the keys of others', () => {
  const SCHEMA = 'CREATE NODE TABLE N(id INT64, v INT64, PRIMARY KEY(id));';
  const columns = { id: 'INT64', v: 'INT64' } as const;

  /** Whole numbers below a limit, the same ones each time. */
  function numbers(seed: number): (limit: number) => number {
    let state = seed;
    return (limit) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * limit);
    };
  }

  /** The first row with each key. */
  function firsts(...files: { id: number; v: number }[][]): Map<number, number> {
    const first = new Map<number, number>();
    for (const { id, v } of files.flat()) if (!first.has(id)) first.set(id, v);
    return first;
  }

  it('are left out where the table holds rows already, and the first of the others stay', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const schema = join(directory, 'schema.cypher');
    writeFileSync(schema, SCHEMA);
    const next = numbers(7);
    const held = Array.from({ length: 40 }, (_, i) => ({ id: i * 7 + 1, v: i }));
    const more = Array.from({ length: 2000 }, (_, i) => {
      const id = next(3) === 0 ? 1 + 7 * next(40) : 1000 + next(900);
      return { id, v: 100 + i };
    });
    for (const place of ['held/nodes', 'held/edges', 'more/nodes', 'more/edges']) {
      mkdirSync(join(directory, place), { recursive: true });
    }
    await writeParquet(join(directory, 'held', 'nodes', 'n.parquet'), columns, held);
    await writeParquet(join(directory, 'more', 'nodes', 'n.parquet'), columns, more);
    const common = ['--db', db, '--schema', schema];
    await kgloadJson(['load', join(directory, 'held'), ...common]);
    const expected = firsts(held, more);
    const append = ['load', join(directory, 'more'), ...common, '--append', '--skip-bad-rows'];
    const skipped = held.length + more.length - expected.size;
    for (const run of [await kgloadJson([...append, '--dry-run']), await kgloadJson(append)]) {
      assert.deepEqual(run.json.errors, []);
      assert.equal(run.json['total_skipped'], skipped);
      assert.equal(run.json.total_nodes, expected.size - held.length);
    }
    const found = query(db, 'MATCH (n:N) RETURN n.id AS id, n.v AS v');
    assert.equal(found.length, expected.size);
    assert.deepEqual(new Map(found.map(({ id, v }) => [id, v])), expected);
  });

  it('are left out where an earlier part file of an append has them', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const schema = join(directory, 'schema.cypher');
    writeFileSync(schema, SCHEMA);
    const next = numbers(11);
    const held = Array.from({ length: 300 }, (_, i) => ({ id: i * 7 + 1, v: i }));
    // No key is twice in a part, but many are in several.
    const parts = [0, 1, 2, 3].map((part) => {
      const ids = new Set(Array.from({ length: 400 }, () => next(3000)));
      return [...ids].map((id, i) => ({ id, v: 1000 * (part + 1) + i }));
    });
    for (const place of ['held/nodes', 'held/edges', 'more/nodes/n', 'more/edges']) {
      mkdirSync(join(directory, place), { recursive: true });
    }
    await writeParquet(join(directory, 'held', 'nodes', 'n.parquet'), columns, held);
    for (const [i, rows] of parts.entries()) {
      const path = join(directory, 'more', 'nodes', 'n', `part-${i}.parquet`);
      await writeParquet(path, columns, rows);
    }
    const common = ['--db', db, '--schema', schema];
    await kgloadJson(['load', join(directory, 'held'), ...common]);
    const expected = firsts(held, ...parts);
    const append = ['load', join(directory, 'more'), ...common, '--append', '--skip-bad-rows'];
    for (const run of [await kgloadJson([...append, '--dry-run']), await kgloadJson(append)]) {
      assert.deepEqual(run.json.errors, []);
      assert.equal(run.json['total_skipped'], held.length + parts.flat().length - expected.size);
      assert.equal(run.json.total_nodes, expected.size - held.length);
    }
    const found = query(db, 'MATCH (n:N) RETURN n.id AS id, n.v AS v');
    assert.equal(found.length, expected.size);
    assert.deepEqual(new Map(found.map(({ id, v }) => [id, v])), expected);
  });

  it('are found by keys of 128 bits in a dry run of an append', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const schema = join(directory, 'schema.cypher');
    writeFileSync(
      schema,
      'CREATE NODE TABLE N(id INT128, PRIMARY KEY(id)); CREATE REL TABLE R(FROM N TO N, MANY_ONE);',
    );
    // As DOUBLE the first three would be one.
    const [a, b, c, least] = [2n ** 100n, 2n ** 100n + 1n, 2n ** 100n + 2n, 1n - 2n ** 127n].map(
      String,
    );
    const files = {
      'held/nodes/n.parquet': [{ id: a }, { id: b }, { id: least }],
      'more/nodes/n.parquet': [{ id: b }, { id: c }, { id: least }],
      'held/edges/r.parquet': [{ from: a, to: b }],
      'more/edges/r.parquet': [
        { from: b, to: a },
        { from: a, to: least },
        { from: c, to: b },
      ],
    };
    for (const [file, rows] of Object.entries(files)) {
      mkdirSync(join(directory, dirname(file)), { recursive: true });
      const names = Object.keys(rows[0] ?? {});
      await writeParquet(
        join(directory, file),
        Object.fromEntries(names.map((name) => [name, 'UTF8' as const])),
        rows,
      );
    }
    const common = ['--db', db, '--schema', schema];
    const first = await kgloadJson(['load', join(directory, 'held'), ...common]);
    assert.deepEqual([first.code, first.json.errors], [0, []]);
    const append = ['load', join(directory, 'more'), ...common, '--append', '--skip-bad-rows'];
    for (const run of [await kgloadJson([...append, '--dry-run']), await kgloadJson(append)]) {
      assert.deepEqual([run.code, run.json.errors], [0, []]);
      assert.deepEqual([run.json.total_nodes, run.json.total_edges], [1, 2]);
      assert.deepEqual(
        (run.json['bad_rows'] as { reason: string; rows: number }[]).map(({ reason, rows }) => [
          reason,
          rows,
        ]),
        [
          ['existing_key', 2],
          ['multiplicity', 1],
        ],
      );
    }
    assert.deepEqual(
      query(
        db,
        'MATCH (m:N)-[:R]->(n:N) RETURN CAST(m.id AS STRING) AS x, CAST(n.id AS STRING) AS y ORDER BY m.id',
      ),
      [
        { x: a, y: b },
        { x: b, y: a },
        { x: c, y: b },
      ],
    );
  });

  it('are left out where they hold values that the engine may change', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const schema = join(directory, 'schema.cypher');
    writeFileSync(schema, 'CREATE NODE TABLE N(id INT64, v INT64, d DOUBLE, PRIMARY KEY(id));');
    const least = -(2n ** 63n);
    const own = { ...columns, d: 'DOUBLE' } as const;
    const files = {
      'one/nodes/n.parquet': [
        { id: 1, v: least, d: -0 },
        { id: 2, v: 2, d: null },
        { id: 1, v: least, d: -0 },
        { id: 2, v: least, d: -0 },
        { id: 3, v: 3, d: 1.5 },
      ],
      'more/nodes/n/part-0.parquet': [
        { id: 1, v: least, d: -0 },
        { id: 4, v: least, d: -0 },
        { id: 4, v: 4, d: 2.5 },
      ],
      'more/nodes/n/part-1.parquet': [
        { id: 4, v: least, d: -0 },
        { id: 5, v: 5, d: 2.5 },
        { id: 5, v: least, d: -0 },
        { id: 6, v: least, d: -0 },
      ],
    };
    mkdirSync(join(directory, 'one', 'edges'), { recursive: true });
    mkdirSync(join(directory, 'more', 'edges'), { recursive: true });
    for (const [path, rows] of Object.entries(files)) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      await writeParquet(join(directory, path), own, rows);
    }
    const common = ['--db', db, '--schema', schema, '--skip-bad-rows'];
    const first = await kgloadJson(['load', join(directory, 'one'), ...common]);
    assert.deepEqual(first.json.errors, []);
    const second = await kgloadJson(['load', join(directory, 'more'), ...common, '--append']);
    assert.deepEqual(second.json.errors, []);
    assert.equal(second.json['total_skipped'], 4);
    const stored = query(
      db,
      'MATCH (n:N) RETURN n.id AS id, CAST(n.v AS STRING) AS v, n.d AS d ORDER BY n.id',
    );
    assert.deepEqual(stored, [
      { id: 1, v: String(least), d: -0 },
      { id: 2, v: '2', d: null },
      { id: 3, v: '3', d: 1.5 },
      { id: 4, v: String(least), d: -0 },
      { id: 5, v: '5', d: 2.5 },
      { id: 6, v: String(least), d: -0 },
    ]);
  });

  it('hide no key that the engine changes in an append', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const schema = join(directory, 'schema.cypher');
    writeFileSync(schema, SCHEMA);
    const least = -(2n ** 63n);
    const held = [1n, 2n].map((id) => ({ id, v: 0 }));
    const more = [least, 1n, least].map((id, i) => ({ id, v: i }));
    for (const [name, rows] of Object.entries({ held, more })) {
      mkdirSync(join(directory, name, 'nodes'), { recursive: true });
      mkdirSync(join(directory, name, 'edges'));
      await writeParquet(join(directory, name, 'nodes', 'n.parquet'), columns, rows);
    }
    const common = ['--db', db, '--schema', schema];
    assert.equal((await kgload(['load', join(directory, 'held'), ...common])).code, 0);
    const append = ['load', join(directory, 'more'), ...common, '--append', '--skip-bad-rows'];
    const { code, json } = await kgloadJson(append);
    assert.deepEqual(
      [code, json.errors.map((error) => [error.code, error.table])],
      [1, [['VALUE_CHANGED', 'N']]],
    );
    assert.deepEqual(query(db, 'MATCH (n:N) RETURN n.id AS id, n.v AS v ORDER BY n.id'), [
      { id: 1, v: 0 },
      { id: 2, v: 0 },
    ]);
  });

  it('are one where several part files have the least key', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const schema = join(directory, 'schema.cypher');
    writeFileSync(schema, SCHEMA);
    const least = -(2n ** 63n);
    mkdirSync(join(directory, 'dataset', 'nodes', 'n'), { recursive: true });
    const parts = [
      [least, 1n, least],
      [least, 2n],
      [3n, 1n, least],
    ];
    for (const [i, ids] of parts.entries()) {
      const path = join(directory, 'dataset', 'nodes', 'n', `part-${i}.parquet`);
      await writeParquet(
        path,
        columns,
        ids.map((id, j) => ({ id, v: 10 * i + j })),
      );
    }
    const { json } = await kgloadJson([
      'load',
      join(directory, 'dataset'),
      ...['--db', db, '--schema', schema, '--skip-bad-rows'],
    ]);
    assert.deepEqual(json.errors, []);
    assert.equal(json['total_skipped'], 4);
    assert.deepEqual(
      query(db, 'MATCH (n:N) RETURN CAST(n.id AS STRING) AS id, n.v AS v ORDER BY n.id'),
      [
        { id: String(least), v: 0 },
        { id: '1', v: 1 },
        { id: '2', v: 11 },
        { id: '3', v: 20 },
      ],
    );
  });
});
