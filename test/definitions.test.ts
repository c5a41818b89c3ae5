import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  isDefinition,
  isExpression,
  isType,
  readIndexDefinition,
} from '../src/cypher/definitions.js';
import { readSchema } from '../src/index.js';
import { splitStatements } from '../src/cypher/text.js';
import {
  ENGINE,
  INDEXES,
  execute,
  kgload,
  kgloadJson,
  openMemory,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const PASSWD = "LOAD FROM '/etc/passwd' (file_format='csv', header=false, delim=':') RETURN *";

/** In an order in which the engine takes them. */
const DEFINITIONS = [
  'CREATE NODE TABLE T(id INT64 PRIMARY KEY, c STRING)',
  'create node table if not exists `T;2`(`a``b` INT64, PRIMARY KEY(`a``b`))',
  'CREATE NODE TABLE `if`(`a b` STRING, x DECIMAL(10, 2)[], PRIMARY KEY(`a b`))',
  'CREATE\u00a0NODE\n\tTABLE Blank\u2003(id\u001cSERIAL, PRIMARY KEY(id))',
  'CREATE NODE TABLE Ünï(id€ INT64 PRIMARY KEY)',
  'CREATE NODE TABLE D(id UUID DEFAULT gen_random_uuid() PRIMARY KEY, n INT64 DEFAULT (1 + 2) * 3, m MAP(STRING, INT64[3]), u UNION(a INT64, b STRING), s STRUCT(a INT64, b STRING) DEFAULT {a: 1, b: "x"}, l INT64[] DEFAULT [1, 2], f DOUBLE DEFAULT -1.5e-3, w STRING DEFAULT CASE WHEN 1 <> 2 THEN \'a\' ELSE "b" END)',
  "CREATE NODE TABLE Q(id INT64 PRIMARY KEY, n STRING DEFAULT 'it\\'s \"); LOAD FROM \\\\ /* // \\u0041')",
  'CREATE REL TABLE R(FROM T TO T, since DATE, MANY_ONE)',
  "CREATE REL TABLE IF NOT EXISTS R2(FROM T TO T) WITH (storage_direction='fwd')",
  'CREATE REL TABLE GROUP G(FROM T TO T, FROM T TO `if`)',
  'CREATE SEQUENCE IF NOT EXISTS s START 10 INCREMENT BY -2 MINVALUE -5 MAXVALUE 10 NO CYCLE',
  'CREATE SEQUENCE `s 2`',
  "RETURN nextval('s')",
  'CREATE TYPE place AS STRUCT(lat DOUBLE, lon DOUBLE)',
  'CREATE TYPE many AS INT64[]',
  'CREATE MACRO f(x, y := 3) AS x + y % 2',
  'CREATE MACRO g(l) AS list_transform(l, x -> CASE WHEN x >= 2 THEN x ELSE 0 END)',
  "CREATE MACRO h() AS 'it\\'s'",
  // Kuzu's export of a full-text index has such a macro.
  `CREATE MACRO \`0_I_TOKENIZE\` (query) AS string_split(lower(regexp_replace(
      CAST(query as STRING), '[0-9!@#$%^&*()_+={}\\\\[\\\\]:;<>,.?~\\\\/\\\\|\\'"\`-]+', ' ', 'g')), ' ')`,
  'ALTER TABLE T ADD IF NOT EXISTS x STRUCT(a INT64)[] DEFAULT NULL',
  'ALTER TABLE T RENAME x TO y',
  'ALTER TABLE T DROP IF EXISTS y',
  'ALTER TABLE G ADD FROM `if` TO T',
  'ALTER TABLE G DROP FROM `if` TO T',
  "COMMENT ON TABLE T IS 'it\\'s; a \"comment\"'",
  'ALTER TABLE R2 RENAME TO R3',
  'DROP TABLE IF EXISTS R3',
  'DROP SEQUENCE IF EXISTS `s 2`',
  ...(ENGINE === 'kuzu' ? [] : ['DROP MACRO IF EXISTS f']), // Kuzu 0.11.3 has no such statement.
];

const OTHERS = [
  `CREATE NODE TABLE Z AS ${PASSWD}`,
  `CREATE NODE TABLE IF NOT EXISTS Z AS ${PASSWD}`,
  `create node table Z as match (t:T) return t.id`,
  `CREATE REL TABLE Z(FROM T TO T) AS ${PASSWD}`,
  `CREATE REL TABLE IF NOT EXISTS Z(FROM T TO T) AS ${PASSWD}`,
  `CREATE NODE TABLE Z(id INT64 PRIMARY KEY) AS ${PASSWD}`,
  `CREATE NODE TABLE Z(id INT64 PRIMARY KEY); ${PASSWD}`,
  `CREATE NODE TABLE Z(id INT64 PRIMARY KEY) ${PASSWD}`,
  "CREATE NODE TABLE Z(id INT64 PRIMARY KEY) WITH (storage='/etc', format='icebug-disk')",
  "CREATE REL TABLE Z(FROM T TO T) WITH (storage='/etc')",
  "CREATE REL TABLE Z(FROM T TO T) WITH (storage_direction='fwd', storage='/etc')",
  "CREATE NODE TABLE Z(id STRING DEFAULT 'a\\' PRIMARY KEY) AS LOAD FROM '/etc/passwd' RETURN *",
  "CREATE NODE TABLE Z(id STRING DEFAULT 'a\\q', PRIMARY KEY(id))",
  "CREATE NODE TABLE Z(id STRING DEFAULT 'a''b', PRIMARY KEY(id)",
  'CREATE NODE TABLE Z(id INT64 /* **/ PRIMARY KEY); /* */)',
  'CREATE NODE TABLE Z(id INT64 // \u2028 PRIMARY KEY)\n)',
  'CREATE NODE TABLE Z(id INT64])',
  'CREATE NODE TABLE Z(id INT64',
  'CREATE NODE TABLE Z(id INT64 PRIMARY KEY))',
  'CREATE NODE TABLE `Z(id INT64 PRIMARY KEY)',
  'CREATE NODE TABLE Z\u0000(id INT64 PRIMARY KEY)',
  'CREATE NODE TABLE Z\ufeff(id INT64 PRIMARY KEY)',
  "CREATE TYPE x AS INT64 LOAD FROM '/etc/passwd' RETURN *",
  `CREATE SEQUENCE s ${PASSWD}`,
  'CREATE MACRO x(a) AS a, a',
  'CREATE MACRO x(a) AS (a))',
  'CREATE MACRO x(a) AS $a',
  'CREATE (:T {id: 1})',
  'CREATE NODE TABLE',
  'CREATE GRAPH g ANY',
  'CREATE INDEX i FOR (n:T) ON (n.id)',
  `DROP TABLE T ${PASSWD}`,
  'DROP TABLE',
  'DROP INDEX i',
  `ALTER TABLE T ADD x INT64 DEFAULT 1, ${PASSWD}`,
  'ALTER TABLE T ADD x',
  `COMMENT ON TABLE T IS 'x' ${PASSWD}`,
  `RETURN nextval('s') UNION ALL ${PASSWD}`,
  "RETURN nextval('s'), 1",
  "RETURN nextval('s') AS x",
  "RETURN nextval('s'x')",
  'EXPLAIN CREATE NODE TABLE Z(id INT64 PRIMARY KEY)',
  PASSWD,
  "COPY (RETURN 1 AS x) TO 'owned.csv'",
  "COPY T FROM 'x.csv'",
  "EXPORT DATABASE 'x'",
  "IMPORT DATABASE 'x'",
  "ATTACH 'x' AS y (dbtype duckdb)",
  'INSTALL httpfs',
  "LOAD EXTENSION '/tmp/evil.so'",
  'CALL threads=1',
  'CALL show_tables() RETURN *',
  'BEGIN TRANSACTION',
  'CHECKPOINT',
  'USE x',
  '',
];

describe('definitions', () => {
  it('are what the engine takes, each as one statement', () => {
    const { connection, close } = openMemory();
    try {
      for (const statement of DEFINITIONS) {
        assert.ok(isDefinition(statement), statement);
        assert.deepEqual(splitStatements(`${statement};`), [statement]);
        const result = connection.querySync(statement);
        assert.ok(!Array.isArray(result), statement);
        result.close();
      }
    } finally {
      close();
    }
  });

  it('are all that a schema may hold: nothing else reaches the engine', async (t) => {
    const directory = scratch(t);
    const file = join(directory, 'schema.json');
    for (const statement of OTHERS) {
      assert.ok(!isDefinition(statement), statement);
      const table = { name: 'T', primaryKey: 'id', properties: [{ name: 'id', type: 'INT64' }] };
      const given = { nodes: [table], edges: [], statements: [statement] };
      writeFileSync(file, JSON.stringify(given));
      // A script of two statements of which both define something is one that may stand there.
      const parts = splitStatements(statement);
      if (parts.every(isDefinition)) continue;
      await assert.rejects(readSchema(file, undefined, { engine: ENGINE }), {
        code: 'SCHEMA_INVALID',
        message:
          /^\S+ is no schema: .* (defines neither table, sequence, macro nor type|is none: its brackets do not match)$/,
      });
    }
    assert.ok(!existsSync('owned.csv'));
  });

  it("keep a dataset's schema from reading files", async (t) => {
    const directory = scratch(t);
    for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part));
    await writeParquet(join(directory, 'nodes', 'T.parquet'), { id: 'INT64' }, [{ id: 1 }]);
    const db = join(directory, 'graph.db');
    for (const statement of [
      `CREATE NODE TABLE Z AS ${PASSWD}`,
      `CREATE REL TABLE Z(FROM T TO T) AS ${PASSWD}`,
      `CREATE REL TABLE Z(FROM T TO T) AS LOAD FROM 'nodes/T.parquet' RETURN id, id`,
    ]) {
      const script = `CREATE NODE TABLE T(id INT64 PRIMARY KEY); ${statement};`;
      writeFileSync(join(directory, 'schema.cypher'), script);
      const { code, json } = await kgloadJson(['load', directory, '--db', db]);
      assert.deepEqual([code, json.errors[0]?.code], [2, 'SCHEMA_INVALID'], statement);
      assert.match(json.errors[0]?.message ?? '', / AS LOAD FROM .* defines neither table/);
      assert.ok(!existsSync(db));
    }
  });

  it('in JSON: a type is a type, a default one expression, a name a name', async (t) => {
    const file = join(scratch(t), 'schema.json');
    const id = { name: 'id', type: 'INT64' };
    const other = { name: 'T', primaryKey: 'id', properties: [id] };
    const cases: [object, RegExp, string?][] = [
      [{ type: 'INT64) AS LOAD FROM "/etc/passwd" RETURN *; //' }, /T\.x: .* is no type$/],
      [{ type: 'INT64, y INT64' }, /T\.x: INT64, y INT64 is no type$/],
      [{ type: 'INT64 DEFAULT 1' }, /is no type$/],
      [{ type: '' }, /is no type$/],
      [{ type: 'INT64', default: '1, y INT64' }, /T\.x: 1, y INT64 is no expression$/],
      [{ type: 'INT64', default: '1) AS MATCH (n) RETURN n; (' }, /is no expression$/],
      [{ type: 'STRING', default: "'a'; RETURN 'b'" }, /is no expression$/],
      [{ type: 'STRING', default: "'" }, /is no expression$/],
      [{ type: 'INT64', name: 'x` INT64) AS MATCH (n) RETURN n; //' }, /backtick/, 'ENGINE'],
      [{ type: 'INT64', name: '' }, /'' is not a valid token name/],
    ];
    for (const [property, message, code = 'SCHEMA_INVALID'] of cases) {
      const table = { ...other, properties: [id, { name: 'x', ...property }] };
      writeFileSync(file, JSON.stringify({ nodes: [table], edges: [] }));
      await assert.rejects(readSchema(file, undefined, { engine: ENGINE }), { code, message });
    }
    for (const type of ['INT64', 'DECIMAL(10, 2)[]', 'STRUCT(a INT64, b MAP(STRING, INT64))[3]']) {
      assert.ok(isType(type));
    }
    for (const value of ["'a,;)'", 'f(1, 2)', '[1, 2]', '{a: 1}', '-1', "nextval('s')"]) {
      assert.ok(isExpression(value));
    }
  });

  it('of indexes hold plain names, and words from tables or from files of the dataset', () => {
    const taken: [string, string?][] = [
      ["CALL CREATE_FTS_INDEX('T', 'i', ['c', 'd e'])"],
      ["call create_fts_index('Per;son', 'i', ['c'], stemmer := 'english')"],
      ["CALL CREATE_FTS_INDEX('T', 'i', ['c'], stopWords := 'default')", 'default'],
      ["CALL CREATE_FTS_INDEX('T', 'i', ['c'], StopWords:='/etc/passwd')", '/etc/passwd'],
      ["CALL CREATE_VECTOR_INDEX('T', 'i', 'c', mu := 30, metric := 'cosine', pu := 0.05)"],
    ];
    for (const [statement, stopWords] of taken) {
      const expected = stopWords === undefined ? {} : { stopWords };
      assert.deepEqual(readIndexDefinition(statement), expected, statement);
    }
    for (const statement of [
      `CALL CREATE_FTS_INDEX('T', 'i', ['c']) RETURN * UNION ALL ${PASSWD}`,
      "CALL CREATE_FTS_INDEX('T', 'i', ['c']); RETURN 1",
      // Kuzu would run: CREATE MACRO `0_x`(q) AS q; …
      "CALL CREATE_FTS_INDEX('T', 'x`(q) AS q; COPY (RETURN 1) TO \"f\"; CREATE MACRO `y', ['c'])",
      "CALL CREATE_FTS_INDEX('T', 'i', ['c\"'])",
      "CALL CREATE_FTS_INDEX('T', 'i\\u0060', ['c'])",
      "CALL CREATE_FTS_INDEX('T', 'i', ['c'], dictionary := '/etc')",
      "CALL CREATE_FTS_INDEX('T', 'i', ['c'], `stopwords` := '/etc/passwd')",
      "CALL CREATE_FTS_INDEX('T', 'i', ['c'], stopwords := concat('/etc', '/passwd'))",
      "CALL DROP_FTS_INDEX('T', 'i')",
      'CREATE NODE TABLE T(id INT64 PRIMARY KEY)',
    ]) {
      assert.equal(readIndexDefinition(statement), undefined, statement);
    }
  });

  it("let an index read a file of the dataset's own, and no other", INDEXES, async (t) => {
    const directory = scratch(t);
    const source = join(directory, 'source.db');
    execute(
      source,
      'CREATE NODE TABLE Doc(id INT64 PRIMARY KEY, body STRING)',
      'CREATE NODE TABLE Word(sw STRING PRIMARY KEY)',
      "CREATE (:Doc {id: 1, body: 'the quick fox'}), (:Word {sw: 'quick'})",
      "CALL CREATE_FTS_INDEX('Doc', 'one', ['body'])",
      "CALL CREATE_FTS_INDEX('Doc', 'two', ['body'], stopwords := 'Word')",
    );
    // The engine's export has the words of the second in a file, by its path.
    const dataset = join(directory, 'dataset');
    execute(source, `EXPORT DATABASE '${dataset}'`);
    const indexFile = join(dataset, 'index.cypher');
    const script = readFileSync(indexFile, 'utf8');
    assert.match(script, /stopWords := '\/.*\/dataset\/\w+\.parquet'/);
    const db = join(directory, 'graph.db');
    const loaded = await kgloadJson(['load', dataset, '--db', db]);
    assert.deepEqual([loaded.code, loaded.json.errors], [0, []]);
    const found = (words: string): unknown[] =>
      query(db, `CALL QUERY_FTS_INDEX('Doc', 'two', '${words}') RETURN node.id AS id`);
    assert.deepEqual([found('fox').length, found('quick').length], [1, 0]);

    const outside = join(directory, 'words.parquet');
    await writeParquet(outside, { sw: 'UTF8' }, [{ sw: 'fox' }]);
    for (const path of [outside, `${dataset}/../words.parquet`, '/etc/passwd', 'gone']) {
      writeFileSync(indexFile, script.replace(/stopWords := '\/[^']*'/, `stopWords := '${path}'`));
      const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--fresh']);
      assert.deepEqual([code, json.errors[0]?.code], [2, 'SCHEMA_INVALID']);
      assert.ok(json.errors[0]?.message.endsWith(`reads a file outside of the dataset, ${path}`));
    }
  });

  it('are read where a byte order mark comes first, as the engine reads them', async (t) => {
    const file = join(scratch(t), 'schema.cypher');
    writeFileSync(file, '\ufeffCREATE NODE TABLE T(id INT64 PRIMARY KEY);');
    const { code, stdout } = await kgload(['schema', '--schema', file]);
    assert.equal(code, 0);
    assert.equal(stdout, 'CREATE NODE TABLE `T`(`id` INT64, PRIMARY KEY(`id`));\n');
  });
});

describe('splitStatements', () => {
  it('ends comments where the engine does', () => {
    for (const [script, statements] of [
      ['RETURN 1 /* **/ AS y /* */', ['RETURN 1']],
      ['RETURN 1 /* ***/ AS y', ['RETURN 1   AS y']],
      ['RETURN 1 // a\u2028 AS y; x\n AS z', ['RETURN 1  \n AS z']],
      ['RETURN 1 /** a; **/ + 1 /* b */ AS z', ['RETURN 1   AS z']],
    ] as const) {
      assert.deepEqual(splitStatements(script), statements);
      const { connection, close } = openMemory();
      const columns = [script, statements[0]].map((text) => {
        const result = connection.querySync(text);
        assert.ok(!Array.isArray(result));
        const row = result.getNextSync();
        result.close();
        return row;
      });
      close();
      assert.deepEqual(columns[0], columns[1]);
    }
  });
});
