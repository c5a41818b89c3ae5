import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openEngine } from '../src/engine/engine.js';
import { KgloadError, queryDatabase } from '../src/index.js';
import {
  BINARY,
  ENGINE,
  execute,
  kgload,
  loadFixture,
  query,
  scratch,
  type Run,
} from './helpers.js';

/** A database with the code graph of the fixture. */
async function codeGraph(t: TestContext): Promise<string> {
  const db = join(scratch(t), 'graph.db');
  await loadFixture(db);
  return db;
}

function ask(db: string, cypher: string, ...args: string[]): Promise<Run> {
  return kgload(['query', cypher, '--db', db, ...args]);
}

/** The rows as lines of NDJSON. */
async function rowsOf(db: string, cypher: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await ask(db, cypher, '--format', 'ndjson', '-q', ...args);
  assert.deepEqual([code, stderr], [0, ''], cypher);
  return stdout.split('\n').slice(0, -1);
}

/** Values of every type: as Cypher has them, and as JSON has them. */
const VALUES: Record<string, { type: string; cypher: string; json: string }> = {
  big: { type: 'INT64', cypher: '9007199254740993', json: '9007199254740993' },
  least: {
    type: 'INT64',
    cypher: "CAST('-9223372036854775808' AS INT64)",
    json: '-9223372036854775808',
  },
  unsigned: { type: 'UINT64', cypher: '18446744073709551615', json: '18446744073709551615' },
  huge: {
    type: 'INT128',
    cypher: '170141183460469231731687303715884105727',
    json: '170141183460469231731687303715884105727',
  },
  small: { type: 'INT8', cypher: '-7', json: '-7' },
  cents: { type: 'DECIMAL(18, 2)', cypher: '-0.05', json: '"-0.05"' },
  money: {
    type: 'DECIMAL(38, 10)',
    cypher: "CAST('1234567890123456789012345678.0123456789' AS DECIMAL(38, 10))",
    json: '"1234567890123456789012345678.0123456789"',
  },
  day: { type: 'DATE', cypher: "date('2024-02-29')", json: '"2024-02-29"' },
  moment: {
    type: 'TIMESTAMP',
    cypher: "timestamp('1969-12-31 23:59:59.123457')",
    json: '"1969-12-31 23:59:59.123457"',
  },
  zoned: {
    type: 'TIMESTAMP_TZ',
    cypher: "CAST('2024-01-02 03:04:05.123456+02' AS TIMESTAMP_TZ)",
    json: '"2024-01-02 01:04:05.123456+00"',
  },
  millis: {
    type: 'TIMESTAMP_MS',
    cypher: "CAST('2024-01-02 03:04:05.123' AS TIMESTAMP_MS)",
    json: '"2024-01-02 03:04:05.123"',
  },
  seconds: {
    type: 'TIMESTAMP_SEC',
    cypher: "CAST('2024-01-02 03:04:05' AS TIMESTAMP_SEC)",
    json: '"2024-01-02 03:04:05"',
  },
  span: {
    type: 'INTERVAL',
    cypher: "interval('1 year 2 months 3 days 04:05:06.000007')",
    json: '"1 year 2 months 3 days 04:05:06.000007"',
  },
  uuid: {
    type: 'UUID',
    cypher: "UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')",
    json: '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
  },
  bytes: {
    type: 'BLOB',
    cypher: String.raw`BLOB('\\x00\\xAAa\\x5C\\x27\\x22\\x7F')`,
    json: String.raw`"\\x00\\xAAa\\x5C\\x27\\x22\\x7F"`,
  },
  narrow: { type: 'FLOAT', cypher: 'CAST(0.1 AS FLOAT)', json: String(Math.fround(0.1)) },
  wide: { type: 'DOUBLE', cypher: '0.30000000000000004', json: '0.30000000000000004' },
  zero: { type: 'DOUBLE', cypher: "CAST('-0.0' AS DOUBLE)", json: '-0' },
  nan: { type: 'DOUBLE', cypher: "CAST('nan' AS DOUBLE)", json: '"NaN"' },
  endless: { type: 'DOUBLE', cypher: "CAST('-inf' AS DOUBLE)", json: '"-Infinity"' },
  text: {
    type: 'STRING',
    cypher: `'a, [b] {c: "d"} 9007199254740993 日本 \u00e9'`,
    json: JSON.stringify('a, [b] {c: "d"} 9007199254740993 日本 é'),
  },
  truth: { type: 'BOOL', cypher: 'true', json: 'true' },
  list: {
    type: 'INT64[]',
    cypher: '[9007199254740993, NULL, 1]',
    json: '[9007199254740993,null,1]',
  },
  nothing: { type: 'STRING[]', cypher: "['', NULL, ',', ']']", json: '["",null,",","]"]' },
  deep: {
    type: 'INT64[][]',
    cypher: '[[1, NULL], NULL, [9007199254740993]]',
    json: '[[1,null],null,[9007199254740993]]',
  },
  pair: {
    type: 'UINT64[2]',
    cypher: '[CAST(1 AS UINT64), 18446744073709551615]',
    json: '[1,18446744073709551615]',
  },
  prices: {
    type: 'DECIMAL(10, 2)[]',
    cypher: '[CAST(1.25 AS DECIMAL(10, 2)), NULL, CAST(-0.05 AS DECIMAL(10, 2))]',
    json: '["1.25",null,"-0.05"]',
  },
  struct: {
    type: 'STRUCT(a INT64, b STRING, c TIMESTAMP[])',
    cypher: "{a: 9007199254740993, b: 'x, c: [1]}', c: [timestamp('2024-01-02 03:04:05.000001')]}",
    json: '{"a":9007199254740993,"b":"x, c: [1]}","c":["2024-01-02 03:04:05.000001"]}',
  },
  words: {
    type: 'MAP(STRING, INT64)',
    cypher: "map(['b', 'a=1', 'a'], [9007199254740993, NULL, 2])",
    json: '{"b":9007199254740993,"a=1":null,"a":2}',
  },
  numbers: {
    type: 'MAP(INT64, STRING)',
    cypher: "map([9007199254740993, 2], ['x', NULL])",
    json: '[{"key":9007199254740993,"value":"x"},{"key":2,"value":null}]',
  },
};

/** Floats of which one beside others would be stored as another value have a row of their own. */
const NAMES = Object.keys(VALUES);

function typesDatabase(t: TestContext): string {
  const db = join(scratch(t), 'types.db');
  const columns = NAMES.map((name) => `${name} ${VALUES[name]?.type ?? ''}`).join(', ');
  const values = NAMES.map((name) => `${name}: ${VALUES[name]?.cypher ?? ''}`).join(', ');
  execute(
    db,
    `CREATE NODE TABLE T(id INT64 PRIMARY KEY, ${columns})`,
    'CREATE REL TABLE R(FROM T TO T, weight UINT64, at TIMESTAMP)',
    `CREATE (:T {id: 1, ${values}})`,
    'CREATE (:T {id: 2})',
    "MATCH (a:T {id: 1}), (b:T {id: 2}) CREATE (a)-[:R {weight: 18446744073709551615, at: timestamp('2024-01-02 03:04:05.000001')}]->(b)",
  );
  return db;
}

const NODE_JSON = (id: number, isFilled: boolean): string => {
  const values = NAMES.map((name) => `"${name}":${isFilled ? (VALUES[name]?.json ?? '') : 'null'}`);
  return `{"_id":"0:${id - 1}","_label":"T","id":${id},${values.join(',')}}`;
};
const REL_JSON =
  '{"_id":"1:0","_label":"R","_src":"0:0","_dst":"0:1","weight":18446744073709551615,"at":"2024-01-02 03:04:05.000001"}';

describe('kgload query', () => {
  it('answers with every digit of values of every type', async (t) => {
    const db = typesDatabase(t);
    const list = NAMES.map((name) => `n.${name} AS ${name}`).join(', ');
    const row = NAMES.map((name) => `"${name}":${VALUES[name]?.json ?? ''}`).join(',');
    const nulls = NAMES.map((name) => `"${name}":null`).join(',');
    assert.deepEqual(await rowsOf(db, `MATCH (n:T) RETURN ${list} ORDER BY n.id`), [
      `{${row}}`,
      `{${nulls}}`,
    ]);
    const computed = NAMES.filter((name) => !['money', 'cents', 'pair', 'small'].includes(name));
    const returned = computed.map((name) => `${VALUES[name]?.cypher ?? ''} AS ${name}`);
    const shown = computed.map((name) => `"${name}":${VALUES[name]?.json ?? ''}`);
    assert.deepEqual(await rowsOf(db, `RETURN ${returned.join(', ')}`), [`{${shown.join(',')}}`]);
    for (const name of ['big', 'wide', 'struct']) {
      const { cypher = '', json = '' } = VALUES[name] ?? {};
      assert.deepEqual(await rowsOf(db, `RETURN ${cypher} AS x`), [`{"x":${json}}`], name);
    }
  });

  it('answers with nodes, rels and paths as plain objects with every digit', async (t) => {
    const db = typesDatabase(t);
    const [first, second] = [NODE_JSON(1, true), NODE_JSON(2, false)];
    assert.deepEqual(await rowsOf(db, 'MATCH (n:T)-[r]->(m) RETURN n, r, m'), [
      `{"n":${first},"r":${REL_JSON},"m":${second}}`,
    ]);
    assert.deepEqual(await rowsOf(db, 'MATCH p = (:T)-[:R*1..2]->() RETURN p'), [
      `{"p":{"_nodes":[${first},${second}],"_rels":[${REL_JSON}]}}`,
    ]);
    // The order is the engine's.
    const [all = ''] = await rowsOf(db, 'MATCH (n:T)-[r]->(m) RETURN *');
    for (const part of [`"n":${first}`, `"r":${REL_JSON}`, `"m":${second}`]) {
      assert.ok(all.includes(part), all);
    }
    assert.deepEqual(
      await rowsOf(db, 'MATCH (n:T) RETURN collect(n) AS l, id(n) = id(n) AS same'),
      [`{"l":[${first},${second}],"same":true}`],
    );
    assert.deepEqual(await rowsOf(db, 'MATCH (n:T {id: 1}) RETURN {node: n, k: [n.big]} AS s'), [
      `{"s":{"node":${first},"k":[9007199254740993]}}`,
    ]);
    assert.deepEqual(await rowsOf(db, 'OPTIONAL MATCH (n:T {id: 3}) RETURN n, id(n) AS i'), [
      '{"n":null,"i":null}',
    ]);
    assert.deepEqual(await rowsOf(db, 'MATCH (n:T) RETURN id(n) AS i ORDER BY n.id'), [
      '{"i":"0:0"}',
      '{"i":"0:1"}',
    ]);
  });

  it('keeps every digit through whatever a query does with values', async (t) => {
    const db = join(scratch(t), 'numbers.db');
    const [b0, b1, b2] = [9007199254740993n, 9007199254740995n, 9007199254740997n];
    const big = [b0, b1, b2, 5n];
    execute(
      db,
      'CREATE NODE TABLE N(id INT64 PRIMARY KEY, v INT64)',
      ...big.map((v, i) => `CREATE (:N {id: ${i}, v: ${v}})`),
    );
    const values = (rows: (bigint | number)[]): string[] => rows.map((v) => `{"v":${v}}`);
    const cases: [string, string[]][] = [
      ['MATCH (n:N) RETURN DISTINCT n.v AS v ORDER BY v DESC', values([b2, b1, b0, 5])],
      ['MATCH (n:N) RETURN n.v AS v ORDER BY n.id SKIP 1 LIMIT 2', values([b1, b2])],
      ['MATCH (n:N) RETURN max(n.v) AS v', values([b2])],
      ['MATCH (n:N) RETURN sum(n.v) AS v', values([b0 + b1 + b2 + 5n])],
      ['MATCH (n:N) WITH n.v AS v ORDER BY v LIMIT 3 RETURN v', values([5, b0, b1])],
      [
        'MATCH (n:N {id: 0}) RETURN n.v AS v UNION ALL MATCH (n:N {id: 1}) RETURN n.v AS v',
        values([b0, b1]),
      ],
      ['UNWIND [9007199254740993, 1] AS v RETURN v', values([b0, 1])],
      ['MATCH (n:N {id: 0}) RETURN CASE WHEN n.v > 1 THEN n.v ELSE 0 END AS v', values([b0])],
      ['MATCH (n:N {id: 0}) RETURN n.v /* the value */ AS v // that is all', values([b0])],
      ['WITH 9007199254740993 AS `return` RETURN `return` AS v;', values([b0])],
      ['WITH 9007199254740993 AS limit RETURN limit AS v LIMIT 1', values([b0])],
      [
        "MATCH (n:N {id: 0}) RETURN n.v AS v, 'UNION RETURN ; LIMIT' AS s",
        [`{"v":${b0},"s":"UNION RETURN ; LIMIT"}`],
      ],
      [
        'MATCH (n:N) WITH collect(n.v) AS l RETURN list_sort(l) AS v',
        [`{"v":[5,${big.slice(0, 3).join(',')}]}`],
      ],
      ['MATCH (n:N {id: 0}) RETURN COUNT { MATCH (m:N) } AS c, n.v AS v', [`{"c":4,"v":${b0}}`]],
      [
        "RETURN UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11') AS u, 9007199254740993 AS v",
        [`{"u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","v":${b0}}`],
      ],
      ['MATCH (n:N) RETURN count(*), count(n.v) AS c', ['{"count(*)":4,"c":4}']],
    ];
    for (const [cypher, expected] of cases) {
      const rows = await rowsOf(db, cypher);
      // In which order its parts come is the engine's choice.
      const isUnordered = cypher.includes('UNION ALL');
      assert.deepEqual(isUnordered ? rows.sort() : rows, expected, cypher);
    }
    const { stderr, stdout } = await ask(
      db,
      'RETURN {u: gen_random_uuid(), v: 9007199254740993} AS x',
      '--format',
      'ndjson',
    );
    assert.match(stdout, /"v":9007199254740992/);
    assert.match(
      stderr,
      /warning: values of x may have lost digits \(have them returned as STRING\)\n/,
    );
    const cut = await ask(
      db,
      "RETURN CAST('2024-01-02 03:04:05.123456789' AS TIMESTAMP_NS) AS x",
      '--json',
    );
    const { rows, warnings } = JSON.parse(cut.stdout) as {
      rows: unknown;
      warnings: { code: string }[];
    };
    assert.deepEqual(rows, [{ x: '2024-01-02 03:04:05.123456' }]);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['VALUE_INEXACT'],
    );
  });

  it('binds parameters as the values that they are', async (t) => {
    const db = await codeGraph(t);
    const cases: [string, string, string][] = [
      ['1', 'INT64', '1'],
      ['9007199254740993', 'INT64', '9007199254740993'],
      ['-9223372036854775808', 'INT64', '-9223372036854775808'],
      ['9223372036854775808', 'INT128', '9223372036854775808'],
      ['1.5', 'DOUBLE', '1.5'],
      ['2.0', 'DOUBLE', '2'],
      ['true', 'BOOL', 'true'],
      ['text', 'STRING', '"text"'],
      ['007', 'STRING', '"007"'],
      ['"123"', 'STRING', '"123"'],
      ["'true'", 'STRING', '"true"'],
      ["'; MATCH (n) DELETE n //", 'STRING', `"'; MATCH (n) DELETE n //"`],
      ['', 'STRING', '""'],
      ['[1,2]', 'INT64[]', '[1,2]'],
      ['[1.0,2.5]', 'DOUBLE[]', '[1,2.5]'],
      ['[9007199254740993,null]', 'INT64[]', '[9007199254740993,null]'],
      ['["a","b"]', 'STRING[]', '["a","b"]'],
      [
        '{"a b":{"exact":"7"},"c":[{"d":9007199254740993}]}',
        'STRUCT(a b STRUCT(exact STRING), c STRUCT(d INT64)[])',
        '{"a b":{"exact":"7"},"c":[{"d":9007199254740993}]}',
      ],
    ];
    for (const [given, type, json] of cases) {
      assert.deepEqual(
        await rowsOf(db, 'RETURN $x AS x, typeof($x) AS t', '--param', `x=${given}`),
        [`{"x":${json},"t":"${type}"}`],
        given,
      );
    }
    assert.deepEqual(await rowsOf(db, 'RETURN $x IS NULL AS x', '--param', 'x=null'), [
      '{"x":true}',
    ]);
    const rows = await rowsOf(
      db,
      "MATCH (f:Function) WHERE f.id IN $ids AND f.start_line >= $Line AND '$no' <> `f`.name RETURN f.id LIMIT $most",
      ...['--param', 'ids=["f1","f2","f4"]', '--param', 'Line=10', '--param', '$most=1'],
    );
    assert.deepEqual(rows, ['{"f.id":"f1"}']);

    const missing = await ask(db, 'RETURN $name, $other', '--param', 'name=1');
    assert.deepEqual([missing.code, missing.stdout], [2, '']);
    assert.match(
      missing.stderr,
      /the query's parameter \$other has no value \(give it one: --param other=…\)/,
    );
    const surplus = await ask(db, 'RETURN $name', '--param', 'name=1', '--param', 'nam=2');
    assert.equal(surplus.code, 2);
    assert.match(surplus.stderr, /the query has no parameter \$nam \(it has \$name\)/);
    const twice = await ask(db, 'RETURN $name', '--param', 'name=1', '--param', 'name=2');
    assert.match(twice.stderr, /name has a value already/);
    assert.match((await ask(db, 'RETURN $a', '--param', 'a')).stderr, /not of the form name=value/);
    assert.match(
      (await ask(db, 'RETURN $a', '--param', 'a=[1')).stderr,
      /begins like JSON and is none: \[1/,
    );
  });

  it('refuses by name what does more than read, and changes nothing', async (t) => {
    const db = await codeGraph(t);
    const directory = join(db, '..');
    const file = join(directory, 'out.csv');
    const input = join(directory, 'in.csv');
    writeFileSync(input, 'a\nb\n');
    const before = readFileSync(db);
    const files = readdirSync(directory);
    const refused: [string, RegExp][] = [
      ["CREATE (:File {path: 'x'})", /CREATE changes the database/],
      ["MATCH (f:File) SET f.language = 'x'", /SET changes the database/],
      ['MATCH (f:File) DETACH DELETE f', /DETACH changes the database/],
      ["MERGE (f:File {path: 'x'})", /MERGE changes the database/],
      ['DROP TABLE INHERITS', /DROP changes the database/],
      ['CREATE MACRO m(x) AS x + 1', /CREATE changes the database/],
      [`COPY (MATCH (f:File) RETURN f.path) TO '${file}'`, /COPY copies a file/],
      [`PROFILE COPY (MATCH (f:File) RETURN f.path) TO '${file}'`, /COPY copies a file/],
      [`EXPLAIN LOGICAL COPY (MATCH (f:File) RETURN f.path) TO '${file}'`, /COPY copies a file/],
      [`/* MATCH (n) RETURN n */ cOpY File FROM '${input}'`, /COPY copies a file/],
      [`LOAD FROM '${input}' RETURN *`, /LOAD reads a file/],
      [`MATCH (f:File)\u00a0load/**/FROM '${input}' RETURN *`, /LOAD reads a file/],
      [
        `UNWIND [1] AS x LOAD WITH HEADERS (a STRING) FROM '${input}' RETURN *`,
        /LOAD reads a file/,
      ],
      [`EXPORT DATABASE '${join(directory, 'out')}'`, /EXPORT writes files/],
      [`IMPORT DATABASE '${directory}'`, /IMPORT reads files/],
      ['INSTALL json', /INSTALL downloads an extension/],
      ['LOAD EXTENSION json', /LOAD reads a file, or loads an extension/],
      [`ATTACH '${db}' AS other (dbtype kuzu)`, /ATTACH opens another database/],
      ['USE other', /USE changes the database that is asked/],
      ['CALL threads=1', /CALL threads = … changes a setting/],
      ['CALL `spill_to_disk` = true', /CALL spill_to_disk = … changes a setting/],
      [`CALL read_csv_serial('${input}') RETURN *`, /the function read_csv_serial is not known/],
      [
        `CALL \`READ_CSV_PARALLEL\`('${input}') RETURN *`,
        /the function READ_CSV_PARALLEL is not known/,
      ],
      [
        "MATCH (f:File) CALL project_graph_cypher('g', 'RETURN 1') RETURN f",
        /project_graph_cypher is not known/,
      ],
      ['CHECKPOINT', /CHECKPOINT writes the database/],
      ['BEGIN TRANSACTION', /BEGIN begins a transaction/],
      ['RETURN 1; RETURN 2', /there are several statements/],
      ["RETURN ';' /* ; */; // ;\n DROP TABLE INHERITS;", /there are several statements/],
      ['FROBNICATE everything', /no query begins with FROBNICATE/],
    ];
    for (const [cypher, reason] of refused) {
      const { code, stdout, stderr } = await ask(db, cypher);
      assert.deepEqual([code, stdout], [2, ''], cypher);
      assert.match(stderr, reason, cypher);
    }
    assert.deepEqual(readdirSync(directory), files);
    assert.ok(readFileSync(db).equals(before));

    const allowed = [
      'MATCH (f:Function) WHERE f.name <> \'COPY x; LOAD FROM "y" // CREATE\' RETURN f.name',
      'MATCH (`set`:Function) RETURN `set`.name AS `create` // DELETE',
      'MATCH (f:Function) RETURN f.name AS load, f.file AS copy',
      'CALL show_tables() RETURN *',
      "RETURN 'a\\'; DROP TABLE INHERITS; RETURN '",
      'CALL TABLE_INFO("File") RETURN name',
      'EXPLAIN MATCH (f:Function) RETURN f',
    ];
    for (const cypher of allowed) assert.equal((await ask(db, cypher, '-q')).code, 0, cypher);
  });

  it('changes the database where that is allowed', async (t) => {
    const db = await codeGraph(t);
    const made = await ask(
      db,
      "CREATE (f:File {path: 'new'}) RETURN f.path, 9007199254740993 AS big",
      '--write',
      '--format',
      'ndjson',
    );
    assert.deepEqual([made.code, made.stdout], [0, '{"f.path":"new","big":9007199254740993}\n']);
    const silent = await ask(
      db,
      "MATCH (f:File {path: $p}) SET f.language = 'x'",
      '--write',
      '--param',
      'p=new',
    );
    assert.deepEqual([silent.code, silent.stdout], [0, '']);
    assert.match(silent.stderr, /^kgload: done in \d+\.\d{3} s\n$/);
    assert.ok(!existsSync(`${db}.wal`));
    assert.deepEqual(query(db, "MATCH (f:File {path: 'new'}) RETURN f.language AS l"), [
      { l: 'x' },
    ]);
    const out = join(db, '..', 'out.csv');
    assert.equal(
      (await ask(db, `COPY (MATCH (f:File {path: 'new'}) RETURN f.path) TO '${out}'`, '--write'))
        .code,
      0,
    );
    assert.match(readFileSync(out, 'utf8'), /new/);
  });

  it('points at what is wrong in a query', async (t) => {
    const db = await codeGraph(t);
    const cases: [string, string, string, string][] = [
      [
        'MATCH (f:Function) RETURN f.nam',
        'f has no property nam (did you mean name?)',
        'MATCH (f:Function) RETURN f.nam',
        '^'.padStart(29),
      ],
      [
        'MATCH (f:Functoin) RETURN f',
        'there is no table Functoin (did you mean Function?)',
        'MATCH (f:Functoin) RETURN f',
        '^'.padStart(10),
      ],
      [
        'MATCH (f:Function)-[:CALL]->() RETURN f',
        'there is no table CALL (did you mean CALLS?)',
        'MATCH (f:Function)-[:CALL]->() RETURN f',
        '^'.padStart(22),
      ],
      [
        "RETURN '日本' AS x RETRUN 2",
        "the query can't be read from RETRUN on (did you mean RETURN?)",
        "RETURN '日本' AS x RETRUN 2",
        '^'.padStart(20),
      ],
      [
        'MATCH (func:Function) RETURN fun.name',
        'there is no variable fun (did you mean func?)',
        'MATCH (func:Function) RETURN fun.name',
        '^'.padStart(30),
      ],
      [
        'RETURN lowr("A")',
        'there is no function lowr (did you mean lower?)',
        'RETURN lowr("A")',
        '^'.padStart(8),
      ],
    ];
    for (const [cypher, message, line, caret] of cases) {
      const { code, stdout, stderr } = await ask(db, cypher);
      assert.deepEqual([code, stdout], [2, ''], cypher);
      assert.equal(stderr, `kgload: error: ${message}\n  1 │ ${line}\n      ${caret}\n`);
    }
    const { code, stdout } = await ask(db, 'MATCH (f:Function)\nRETURN\n f.nam', '--json');
    assert.equal(code, 2);
    const document = JSON.parse(stdout) as { database: Record<string, unknown> };
    assert.deepEqual(document, {
      database: { ...document.database, path: db, engine: ENGINE, bytes: statSync(db).size },
      columns: [],
      rows: [],
      errors: [
        {
          code: 'QUERY_INVALID',
          message: 'f has no property nam',
          hint: 'did you mean name?',
          position: { line: 3, column: 4 },
        },
      ],
      warnings: [],
    });
    const failing = await ask(db, 'MATCH (f:Function) RETURN CAST(f.name AS INT64)', '--json');
    assert.equal(failing.code, 1);
    const { errors } = JSON.parse(failing.stdout) as {
      errors: { code: string; message: string }[];
    };
    assert.equal(errors[0]?.code, 'QUERY_FAILED');
    assert.match(
      errors[0].message,
      /^the query failed: Cast failed\. Could not convert ".*" to INT64/,
    );
    assert.equal((await ask(db, '')).code, 2);
    assert.equal((await ask(`${db}.no`, 'RETURN 1')).code, 2);
  });

  it('says what it answers: JSON, columns and counts', async (t) => {
    const db = await codeGraph(t);
    const cypher = 'MATCH (f:Function) RETURN f.name AS name, f.start_line ORDER BY f.id LIMIT 2';
    const { code, stdout, stderr } = await ask(db, cypher, '--json');
    assert.equal(code, 0);
    assert.match(stderr, /^kgload: 2 rows in \d+\.\d{3} s\n$/);
    const { database, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(rest, {
      columns: ['name', 'f.start_line'],
      rows: [
        { name: 'add_item', 'f.start_line': 10 },
        { name: 'remove_item', 'f.start_line': 20 },
      ],
      errors: [],
      warnings: [],
    });
    assert.deepEqual(
      [database].map((given) => {
        const { path, engine, bytes } = given as Record<string, unknown>;
        return { path, engine, bytes };
      }),
      [{ path: db, engine: ENGINE, bytes: statSync(db).size }],
    );
    const csv = await ask(db, cypher, '-q');
    assert.deepEqual(
      [csv.stdout, csv.stderr],
      ['name,f.start_line\nadd_item,10\nremove_item,20\n', ''],
    );
    assert.equal((await ask(db, cypher, '--json', '--format', 'csv')).code, 2);
    const markdown = await ask(db, cypher, '--format', 'markdown');
    assert.match(
      markdown.stdout,
      /^\| name \| f\.start\\_line \|\n\| --- \| ---: \|\n\| add\\_item \| 10 \|\n/,
    );
  });

  it('reads the statement from a file or standard input', async (t) => {
    const db = await codeGraph(t);
    const file = join(db, '..', 'q.cypher');
    writeFileSync(file, '// how many\nMATCH (f:Function)\nRETURN count(*) AS n;\n');
    const fromFile = await kgload(['query', '--file', file, '--db', db, '--format', 'csv']);
    assert.equal(fromFile.stdout, 'n\n7\n');
    const input = spawnSync(process.execPath, [BINARY, 'query', '--db', db], {
      input: readFileSync(file),
      encoding: 'utf8',
    });
    assert.deepEqual([input.status, input.stdout], [0, 'n\n7\n']);
    assert.equal((await kgload(['query', 'RETURN 1', '--file', file, '--db', db])).code, 2);
    const none = await kgload(['query', '--file', `${file}.no`, '--db', db]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /does not exist|cannot be read/);
  });

  it('goes on while another reads, and says who writes', async (t) => {
    const db = await codeGraph(t);
    const reader = openEngine(ENGINE, db, { readOnly: true });
    try {
      assert.deepEqual(await rowsOf(db, 'MATCH (f:Function) RETURN count(*) AS n'), ['{"n":7}']);
    } finally {
      reader.close();
    }
    const writer = openEngine(ENGINE, db);
    try {
      const { code, stderr } = await ask(db, 'MATCH (f:Function) RETURN count(*) AS n');
      assert.equal(code, 2);
      assert.match(stderr, /in use by process \d+/);
    } finally {
      writer.close();
    }
  });

  it('ends in the middle of a long computation: by --timeout, and by Ctrl-C', async (t) => {
    const db = join(scratch(t), 'many.db');
    execute(
      db,
      'CREATE NODE TABLE N(id INT64 PRIMARY KEY)',
      'UNWIND range(1, 3000) AS i CREATE (:N {id: i})',
    );
    const endless =
      'MATCH (a:N), (b:N), (c:N), (d:N) WHERE (a.id * b.id + c.id * d.id) % 7919 = 1 RETURN count(DISTINCT a.id * b.id + c.id)';
    const began = performance.now();
    const late = await ask(db, endless, '--timeout', '700ms', '--json');
    assert.ok(performance.now() - began < 20_000);
    assert.equal(late.code, 1);
    assert.match(late.stderr, /error: the query took longer than 0\.700 s, and was ended/);
    assert.deepEqual(
      (JSON.parse(late.stdout) as { errors: { code: string }[] }).errors.map(({ code }) => code),
      ['TIMEOUT'],
    );
    const child = spawn(process.execPath, [BINARY, 'query', endless, '--db', db], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    setTimeout(() => child.kill('SIGINT'), 1500);
    const [, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on('close', (code, by) => {
        resolve([code, by]);
      });
    });
    assert.equal(signal, 'SIGINT');
    assert.equal((await ask(db, 'RETURN 1', '--timeout', 'soon')).code, 2);
    execute(db, 'CREATE (:N {id: 0})'); // Nobody holds it any more.
  });

  it('takes no more than a reader wants', (t) => {
    const db = join(scratch(t), 'many.db');
    execute(
      db,
      'CREATE NODE TABLE N(id INT64 PRIMARY KEY, text STRING)',
      "UNWIND range(1, 60000) AS i CREATE (:N {id: i, text: 'a text of some length, to fill pipes with'})",
    );
    const command = `'${process.execPath}' '${BINARY}' query 'MATCH (n:N) RETURN n.text, n.id' --db '${db}' --format ndjson`;
    const head = spawnSync('bash', ['-c', `${command} | head -1; echo "\${PIPESTATUS[0]}"`], {
      encoding: 'utf8',
    });
    const [row, status] = head.stdout.split('\n');
    assert.match(
      row ?? '',
      /^\{"n\.text":"a text of some length, to fill pipes with","n\.id":\d+\}$/,
    );
    assert.equal(status, '0', head.stderr);
    const all = spawnSync('bash', ['-c', `${command} -q | wc -l`], { encoding: 'utf8' });
    assert.equal(all.stdout.trim(), '60000');
  });
});

describe('queryDatabase', () => {
  const collect = async (rows: AsyncIterable<unknown>): Promise<unknown[]> => {
    const list: unknown[] = [];
    for await (const row of rows) list.push(row);
    return list;
  };

  it('hands out rows with exact values, and binds parameters', async (t) => {
    const db = await codeGraph(t);
    const params = { id: 'f1', big: 9007199254740993n, n: 1, list: [1.5, 2], missing: null };
    const cypher =
      'MATCH (f:Function {id: $id}) RETURN f.name AS name, $big AS big, $n AS n, $list AS list, $missing AS missing';
    assert.deepEqual(await collect(queryDatabase(db, cypher, { params })), [
      { name: 'add_item', big: 9007199254740993n, n: 1, list: [1.5, 2], missing: null },
    ]);
    await collect(queryDatabase(db, "CREATE (:File {path: 'n'})", { write: true }));
    assert.deepEqual(query(db, "MATCH (f:File {path: 'n'}) RETURN count(*) AS n"), [{ n: 1 }]);
    const warnings: string[] = [];
    const onWarning = ({ code }: { code: string }): void => void warnings.push(code);
    const nanos = "RETURN CAST('2024-01-02 03:04:05.123456789' AS TIMESTAMP_NS) AS x";
    await collect(queryDatabase(db, nanos, { onWarning }));
    assert.deepEqual(warnings, ['VALUE_INEXACT']);
  });

  it('throws errors with their code and place', async (t) => {
    const db = await codeGraph(t);
    const failing = async (...args: Parameters<typeof queryDatabase>): Promise<KgloadError> => {
      const error: unknown = await collect(queryDatabase(...args)).catch(
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof KgloadError);
      return error;
    };
    const { code, position, hint } = await failing(db, 'MATCH (f:Function)\nRETURN f.nme');
    assert.deepEqual(
      { code, position, hint },
      { code: 'QUERY_INVALID', position: { line: 2, column: 10 }, hint: 'did you mean name?' },
    );
    assert.equal((await failing(db, 'DROP TABLE INHERITS')).code, 'QUERY_REFUSED');
    assert.equal((await failing(`${db}.no`, 'RETURN 1')).code, 'ENOENT');
    assert.equal((await failing(db, 1 as never)).code, 'USAGE');
    const params = { day: new Date(0) };
    assert.match((await failing(db, 'RETURN $day', { params })).message, /can't be a Date/);
  });

  it('is ended by a signal, a timeout, or who stops iterating', async (t) => {
    const db = join(scratch(t), 'many.db');
    execute(
      db,
      'CREATE NODE TABLE N(id INT64 PRIMARY KEY)',
      'UNWIND range(1, 3000) AS i CREATE (:N {id: i})',
    );
    const endless =
      'MATCH (a:N), (b:N), (c:N) WHERE (a.id * b.id + c.id) % 7919 = 1 RETURN count(DISTINCT a.id * b.id + c.id)';
    const ending = new AbortController();
    setTimeout(() => {
      ending.abort(new Error('enough'));
    }, 500);
    await assert.rejects(collect(queryDatabase(db, endless, { signal: ending.signal })), /enough/);
    await assert.rejects(collect(queryDatabase(db, endless, { timeout: 500 })), {
      code: 'TIMEOUT',
    });
    let rows = 0;
    for await (const row of queryDatabase(
      db,
      'MATCH (a:N), (b:N) RETURN a.id, b.id LIMIT 100000',
    )) {
      assert.equal(typeof row['a.id'], 'number');
      rows += 1;
      if (rows === 10) break;
    }
    execute(db, 'CREATE (:N {id: 0})'); // Nobody holds it any more.
  });
});
