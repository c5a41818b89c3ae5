import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import {
  createSchema,
  DependencyGraph,
  exportDatabase,
  KgloadError,
  loadFromParquet,
  loadFromParquetSync,
  preprocessFilesParquet,
  readSchema,
  readStats,
  verifyDatabase,
  type Connection,
  type LoadEvent,
} from 'kgload';
import { codeGraph } from '../src/model/codegraph.js';
import { ENGINE, execute, FIXTURE, fixtureCopy, openMemory, query, scratch } from './helpers.js';

describe('what the system says no to', () => {
  it('is an error with a code, at every door', async (t) => {
    const directory = scratch(t);
    const file = join(directory, 'file');
    writeFileSync(file, 'text');
    const beneath = join(file, 'deeper');
    const long = join(directory, 'x'.repeat(300));
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)');
    const nodes = join(FIXTURE, 'nodes', 'files.parquet');
    const doors: [string, () => unknown][] = [
      ['TARGET_UNWRITABLE', () => loadFromParquetSync(beneath, FIXTURE)],
      ['TARGET_UNWRITABLE', () => loadFromParquetSync(long, FIXTURE)],
      ['ENOENT', () => loadFromParquetSync(db, beneath)],
      ['TARGET_UNWRITABLE', () => exportDatabase(db, beneath)],
      ['TARGET_UNWRITABLE', () => exportDatabase(db, long)],
      ['TARGET_UNWRITABLE', () => preprocessFilesParquet(nodes, beneath)],
      ['PARQUET_UNREADABLE', () => preprocessFilesParquet(beneath, join(directory, 'out'))],
      ['TARGET_UNWRITABLE', () => readStats(beneath)],
      ['ENOENT', () => verifyDatabase(db, beneath)],
      ['TARGET_UNWRITABLE', () => new DependencyGraph(beneath)],
      ['SCHEMA_INVALID', () => readSchema(directory)],
    ];
    for (const [code, open] of doors) {
      await assert.rejects(
        () => Promise.resolve().then(open),
        (error) => {
          assert.ok(error instanceof KgloadError, `${String(open)}: ${String(error)}`);
          assert.equal(error.code, code, `${String(open)}: ${error.message}`);
          return true;
        },
      );
    }
  });
});

describe('options', () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ engine: 'neo4j' }, /^the option engine must be 'kuzu' or 'ladybug', not "neo4j"$/],
    [
      { bufferPool: '4GB' },
      /^the option bufferPool must be a whole number from 64000000, not "4GB"$/,
    ],
    [{ onError: 'stop' }, /^the option onError must be 'continue' or 'abort', not "stop"$/],
    [{ maxBadRows: -1 }, /^the option maxBadRows must be a whole number from 0, not -1$/],
    [{ maxBadRows: 1.5 }, /must be a whole number from 0, not 1\.5$/],
    [
      { schema: 42 },
      /^the option schema must be a schema, the path of a file with one, or infer, not 42$/,
    ],
    [{ schema: {} }, /^the option schema must be/],
    [{ skipBadRow: true }, /^there is no option skipBadRow$/],
    [{ append: 'yes' }, /^the option append must be a boolean, not "yes"$/],
    [{ logger: { info: () => undefined } }, /an object with the methods debug, info, warn, error/],
    [{ threads: 0 }, /^the option threads must be a whole number from 1, not 0$/],
    [{ signal: {} }, /^the option signal must be an AbortSignal/],
  ];

  it('that are none are refused before anything is done', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const { connection, close } = openMemory();
    t.after(close);
    for (const [options, message] of wrong) {
      const error = { name: 'KgloadError', code: 'USAGE', message };
      assert.throws(() => loadFromParquetSync(db, FIXTURE, options), error);
      if ('bufferPool' in options || 'threads' in options) continue;
      await assert.rejects(loadFromParquet(connection, FIXTURE, options), error);
    }
    assert.deepEqual(readdirSync(directory), []);
    // What is undefined is not there.
    const none = { engine: undefined, maxBadRows: undefined } as object;
    assert.deepEqual((await loadFromParquet(connection, FIXTURE, none)).errors, []);
  });

  it('with a schema that the engine refuses leave no table', async (t) => {
    const { connection, close } = openMemory();
    t.after(close);
    const table = (name: string, type: string): object => ({
      name,
      file: name === 'A' ? 'files' : 'functions',
      primaryKey: 'path',
      properties: [{ name: 'path', type }],
    });
    const schema = { nodes: [table('A', 'STRING'), table('B', 'STRNG')], edges: [] };
    await assert.rejects(loadFromParquet(connection, FIXTURE, { schema } as object), (error) => {
      assert.ok(error instanceof KgloadError, String(error));
      return true;
    });
    for (const result of [connection.querySync('CALL show_tables() RETURN name')].flat()) {
      assert.equal(result.hasNext(), false);
      result.close();
    }
  });
});

describe('the library', () => {
  it('loads over a connection that the caller opened, and leaves it open', async () => {
    const { connection, close } = openMemory();
    try {
      const { created, existing } = await createSchema(connection);
      assert.deepEqual([created.length, existing.length], [20, 0]);
      const events: LoadEvent[] = [];
      const report = await loadFromParquet(connection, FIXTURE, {
        onEvent: (event) => events.push(event),
      });
      assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [27, 34, []]);
      assert.deepEqual(events.filter(({ type }) => type === 'finished').length, 20);
      assert.deepEqual((await createSchema(connection)).existing.length, 20);
    } finally {
      close();
    }
  });

  it('counts edges by the nodes that they connect', async (t) => {
    // Without these both engines plan for every pair of node tables: with 750 of them 0.3 s a table.
    const { connection, close } = openMemory();
    t.after(close);
    const asked: string[] = [];
    const spied: Connection = {
      query: async (cypher, onProgress) => {
        asked.push(cypher);
        return await connection.query(cypher, onProgress);
      },
      querySync: (cypher) => connection.querySync(cypher),
    };
    const onlyEdges = fixtureCopy(scratch(t));
    for (const name of readdirSync(join(onlyEdges, 'nodes')))
      rmSync(join(onlyEdges, 'nodes', name));
    for (const append of [false, true]) {
      asked.length = 0;
      const { errors } = await loadFromParquet(spied, append ? onlyEdges : FIXTURE, { append });
      assert.deepEqual(errors, []);
      const counts = asked.filter((cypher) => /^MATCH .*-\[t:/.test(cypher));
      const times = append ? 2 : 1;
      assert.equal(counts.length, times * codeGraph.edges.length, counts.join('\n'));
      for (const { name, from, to } of codeGraph.edges) {
        const count = `MATCH (:\`${from}\`)-[t:\`${name}\`]->(:\`${to}\`) RETURN count(*) AS n`;
        assert.equal(counts.filter((cypher) => cypher === count).length, times, count);
      }
    }
  });

  it('loads into a path, blocking, and replaces what is there', (t) => {
    const db = join(scratch(t), 'graph.db');
    for (let i = 0; i < 2; i += 1) {
      const report = loadFromParquetSync(db, FIXTURE, { engine: ENGINE });
      assert.deepEqual([report.totalNodes, report.totalEdges, report.errors], [27, 34, []]);
    }
    assert.deepEqual(query(db, 'MATCH (f:Function) RETURN count(*) AS n'), [{ n: 7 }]);
    assert.throws(
      () => loadFromParquetSync(db, FIXTURE, { createNew: false }),
      (error) => error instanceof KgloadError && error.code === 'TARGET_NOT_EMPTY',
    );
  });

  it('loads again, and once, what a failing table took along', (t) => {
    const copy = fixtureCopy(scratch(t));
    const bad = join(FIXTURE, '..', 'spoiled', 'calls.parquet');
    cpSync(bad, join(copy, 'edges', 'calls.parquet'));
    const events: LoadEvent[] = [];
    const report = loadFromParquetSync(`${copy}.db`, copy, {
      engine: ENGINE,
      onEvent: (event) => events.push(event),
    });
    const repeated = events.filter((event) => event.type === 'repeated');
    assert.deepEqual(
      repeated.map(({ table, tables }) => [table, tables.length, tables[0]]),
      [['CALLS', 20, 'File']],
    );
    assert.deepEqual([report.totalNodes, report.totalEdges], [27, 30]);
    assert.deepEqual(
      report.errors.map(({ code, table }) => `${table ?? ''} ${code}`),
      ['CALLS NULL_ENDPOINT', 'CALLS MISSING_ENDPOINT'],
    );
    assert.deepEqual(query(`${copy}.db`, 'MATCH ()-[r:REFERENCES]->() RETURN count(*) AS n'), [
      { n: 4 },
    ]);
  });

  it('takes a schema by path or inferred, and tells of it', async (t) => {
    const directory = scratch(t);
    const file = join(directory, 'schema.cypher');
    writeFileSync(file, 'CREATE NODE TABLE File(path STRING PRIMARY KEY, language STRING);');
    const db = join(directory, 'g.db');
    const own = loadFromParquetSync(db, FIXTURE, { engine: ENGINE, schema: file });
    assert.deepEqual([own.totalNodes, Object.keys(own.nodeTimes)], [5, ['File']]);
    const schemas: string[] = [];
    const inferred = loadFromParquetSync(db, FIXTURE, {
      engine: ENGINE,
      schema: 'infer',
      onEvent: (event) => {
        if (event.type === 'schema') schemas.push(event.source);
      },
    });
    assert.deepEqual([inferred.totalNodes, inferred.totalEdges], [27, 34]);
    assert.deepEqual(schemas, [`inferred from ${FIXTURE}`]);
    const { nodes } = await readSchema('infer', FIXTURE);
    assert.deepEqual(nodes[0]?.name, 'Attribute');
    await assert.rejects(readSchema('infer'), { code: 'USAGE' });

    const dataset = join(directory, 'out');
    assert.equal((await exportDatabase(db, dataset)).totalEdges, 34);
    assert.equal((await verifyDatabase(db, dataset)).identical, true);
    assert.equal((await readStats(db, { degrees: true })).degrees?.['CALLS']?.out.nodes, 7);
  });

  it('writes to a logger, and ends when it is told to', async (t) => {
    const lines: string[] = [];
    const log = (level: string) => (message: string) => {
      lines.push(`${level} ${message.replace(/[\d.]+ s$/, '# s')}`);
    };
    const logger = {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
    };
    const copy = fixtureCopy(scratch(t));
    rmSync(join(copy, 'edges', 'calls.parquet'));
    loadFromParquetSync(`${copy}.db`, copy, { engine: ENGINE, logger });
    assert.deepEqual(
      lines.filter((line) => /Class|calls/.test(line)),
      [
        'warn edges/calls.parquet is missing; CALLS counts 0 rows',
        'debug Class: loading 3 rows',
        'info Class: 3 rows in # s',
      ],
    );

    for (const [onError, rows] of [
      ['continue', { File: 5, Function: 7 }],
      ['abort', {}],
    ] as const) {
      const db = join(dirname(copy), `${onError}.db`);
      execute(db, 'CREATE NODE TABLE Other(id INT64 PRIMARY KEY)');
      const controller = new AbortController();
      const graph = new DependencyGraph(db);
      const load = graph.loadFromParquet(FIXTURE, {
        onError,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'finished' && event.table === 'Function') controller.abort();
        },
      });
      await assert.rejects(load, { name: 'AbortError' });
      await graph.close();
      // The tables before stay; with onError: 'abort' nothing of the load does.
      const { nodes } = await readStats(db);
      const filled = Object.entries(nodes).filter(([, count]) => count > 0);
      assert.deepEqual(Object.fromEntries(filled), rows);
    }
    const db = join(dirname(copy), 'graph.db');
    const signal = AbortSignal.abort(new Error('no time'));
    assert.throws(() => loadFromParquetSync(db, FIXTURE, { signal }), { message: 'no time' });
    assert.equal(existsSync(db), false);
  });

  it('throws typed errors', async (t) => {
    const directory = scratch(t);
    const missing = join(directory, 'none');
    assert.throws(() => loadFromParquetSync(join(directory, 'g.db'), missing), {
      name: 'KgloadError',
      code: 'ENOENT',
    });
    await assert.rejects(preprocessFilesParquet(missing, join(directory, 'out.parquet')), {
      code: 'ENOENT',
    });
    assert.deepEqual(readdirSync(directory), []);
  });

  it('can be had by require', () => {
    const library = createRequire(import.meta.url)('kgload') as Record<string, unknown>;
    assert.equal(library['loadFromParquetSync'], loadFromParquetSync);
  });
});
