import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeGraph } from '../src/model/codegraph.js';
import { codeGraphRows, type Cell } from '../fixtures/code-graph.js';
import {
  ENGINE,
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const TABLES = [...codeGraph.nodes, ...codeGraph.edges].map(({ name }) => name);

describe('kgload load', () => {
  it('loads every value of every row', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const { code, json, stderr } = await kgloadJson(['load', FIXTURE, '--db', db]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(json.errors, []);
    assert.deepEqual(json.warnings, []);
    assert.equal(json.total_nodes, 27);
    assert.equal(json.total_edges, 34);
    assert.ok(json.total_time > 0);
    assert.deepEqual([...Object.keys(json.node_times), ...Object.keys(json.edge_times)], TABLES);

    const keyOf = new Map(codeGraph.nodes.map(({ name, primaryKey }) => [name, primaryKey]));
    for (const { name, properties } of codeGraph.nodes) {
      const columns = properties.map((property) => property.name);
      const expected = (codeGraphRows[name] ?? []).map((row) => columns.map((c) => row[c] ?? null));
      const found = query(
        db,
        `MATCH (n:${name}) RETURN ${columns.map((c, i) => `n.${c} AS c${i}`).join(', ')}`,
      ).map((row) => columns.map((_, i) => row[`c${i}`]));
      assert.deepEqual(sorted(found), sorted(expected), name);
      assert.equal(json.node_times[name]?.rows, expected.length, name);
    }
    for (const { name, from, to, properties } of codeGraph.edges) {
      const expected = (codeGraphRows[name] ?? []).map((row) => [
        row['from'],
        row['to'],
        ...properties.map((p) => row[p.name] ?? p.aliases?.map((alias) => row[alias])[0] ?? null),
      ]);
      const columns = [
        `a.${String(keyOf.get(from))} AS c0`,
        `b.${String(keyOf.get(to))} AS c1`,
        ...properties.map((p, i) => `r.${p.name} AS c${i + 2}`),
      ];
      const found = query(
        db,
        `MATCH (a:${from})-[r:${name}]->(b:${to}) RETURN ${columns.join(', ')}`,
      ).map((row) => columns.map((_, i) => row[`c${i}`]));
      assert.deepEqual(sorted(found), sorted(expected as Cell[][]), name);
      assert.equal(json.edge_times[name]?.rows, expected.length, name);
    }
  });

  it('ends with a timing table on stdout and log lines on stderr', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const { code, stdout, stderr } = await kgload(['load', FIXTURE, '--db', db]);
    assert.equal(code, 0);
    assert.match(stdout, /^table +rows +seconds +rows\/s\n/);
    assert.match(stdout, /\nFunction +7 +\d+\.\d{3} +[\d,]+\n/);
    assert.match(stdout, /\nnodes +27 .*\n/);
    assert.match(stdout, /\nedges +34 .*\n/);
    assert.match(stdout, /\ntotal +61 +\d+\.\d{3} +[\d,]+\n/);
    assert.ok(stdout.endsWith(`loaded 27 nodes and 34 edges into ${db}\n`));
    assert.match(stderr, /^kgload: File: 5 rows in \d+\.\d{3} s\n/m);
    assert.equal(stderr.split('\n').length, TABLES.length + 1);
    assert.doesNotMatch(stdout + stderr, /\u001b/);
  });

  it('is silent with --quiet', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const { code, stdout, stderr } = await kgload(['load', FIXTURE, '--db', db, '--quiet']);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });

  it('maps columns by name, whatever their order, and both spellings of the endpoints', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(
      join(dataset, 'nodes', 'files.parquet'),
      { content_hash: 'UTF8', language: 'UTF8', path: 'UTF8' },
      [
        { content_hash: 'h', language: 'l', path: 'shop/cart.py' },
        { content_hash: 'H', language: 'L', path: 'shop/prices.py' },
        { content_hash: 'H', language: 'L', path: 'shop/größen.py' },
      ],
    );
    await writeParquet(
      join(dataset, 'edges', 'calls.parquet'),
      { call_line: 'INT64', dst: 'UTF8', src: 'UTF8' },
      [{ call_line: 7, dst: 'f2', src: 'f1' }],
    );
    const db = join(directory, 'graph.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 0, JSON.stringify(json.errors));
    assert.deepEqual(
      query(
        db,
        "MATCH (f:File {path: 'shop/cart.py'}) RETURN f.language AS l, f.content_hash AS h",
      ),
      [{ l: 'l', h: 'h' }],
    );
    assert.deepEqual(
      query(db, 'MATCH (a)-[c:CALLS]->(b) RETURN a.id AS a, b.id AS b, c.call_line AS l'),
      [{ a: 'f1', b: 'f2', l: 7 }],
    );
  });

  it('warns of a missing file, counts zero and succeeds', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    rmSync(join(dataset, 'edges', 'inherits.parquet'));
    writeFileSync(join(dataset, 'edges', 'surprise.parquet'), '');
    const db = join(directory, 'graph.db');
    const { code, json, stderr } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 0);
    assert.deepEqual(json.edge_times['INHERITS'], { seconds: 0, rows: 0 });
    assert.deepEqual(json.warnings, [
      {
        code: 'FILE_UNKNOWN',
        file: 'edges/surprise.parquet',
        message: 'edges/surprise.parquet belongs to no table of the schema and is ignored',
      },
      {
        code: 'FILE_MISSING',
        table: 'INHERITS',
        file: 'edges/inherits.parquet',
        message: 'edges/inherits.parquet is missing; INHERITS counts 0 rows',
      },
    ]);
    assert.match(stderr, /kgload: warning: edges\/inherits\.parquet is missing/);
    assert.deepEqual(query(db, 'MATCH ()-[r:INHERITS]->() RETURN count(*) AS n'), [{ n: 0 }]);
  });

  it('reports a failing table, keeps nothing of it, and goes on with the others', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(
      join(dataset, 'nodes', 'imports.parquet'),
      { id: 'UTF8', imported_name: 'UTF8' },
      [{ id: 'i1' }, { id: 'i2' }, { id: 'i1' }],
    );
    writeFileSync(join(dataset, 'nodes', 'exceptions.parquet'), 'not Parquet at all');
    await writeParquet(
      join(dataset, 'edges', 'method_of.parquet'),
      { from: 'UTF8', nach: 'UTF8' },
      [{ from: 'f1', nach: 'c1' }],
    );
    const db = join(directory, 'graph.db');
    const { code, json, stderr } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 1);
    assert.deepEqual(
      json.errors.map(({ code: errorCode, table, file }) => [errorCode, table, file]),
      [
        ['DUPLICATE_KEY', 'Import', 'nodes/imports.parquet'],
        ['PARQUET_UNREADABLE', 'Exception', 'nodes/exceptions.parquet'],
        ['COLUMN_MISSING', 'METHOD_OF', 'edges/method_of.parquet'],
        ['NODES_FAILED', 'HAS_IMPORT', 'edges/has_import.parquet'],
        ['NODES_FAILED', 'HANDLES_EXCEPTION', 'edges/handles_exception.parquet'],
      ],
    );
    assert.equal(
      json.errors[0]?.message,
      'Import failed: nodes/imports.parquet has 1 row with the key of an earlier row: "i1"',
    );
    assert.equal(
      json.errors[3]?.message,
      'HAS_IMPORT was not loaded, since the nodes of Import were not',
    );
    assert.equal(
      json.errors[2]?.message,
      'edges/method_of.parquet has no endpoint column to or dst; it has from (STRING), nach (STRING)',
    );
    assert.match(stderr, /kgload: error: Import failed: /);
    assert.deepEqual(query(db, 'MATCH (n:Import) RETURN count(*) AS n'), [{ n: 0 }]);
    assert.deepEqual(query(db, 'MATCH (n:Function) RETURN count(*) AS n'), [{ n: 7 }]);
    assert.equal(json.total_nodes, 27 - 2 - 2);
    assert.equal(json.total_edges, 34 - 3 - 2 - 2);
  });

  it('stops at the first failure with --on-error abort, and publishes nothing', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    writeFileSync(join(dataset, 'nodes', 'classes.parquet'), 'not Parquet at all');
    const db = join(directory, 'graph.db');
    const args = ['load', dataset, '--db', db, '--on-error', 'abort'];
    const { code, json } = await kgloadJson(args);
    assert.equal(code, 1);
    assert.equal(json.published, false);
    assert.equal(json.total_nodes, 0);
    assert.deepEqual(
      json.errors.map(({ table }) => table),
      ['Class'],
    );
    assert.deepEqual(readdirSync(directory), ['dataset']);
  });

  it('rolls everything back with --on-error abort in an existing database', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(join(dataset, 'nodes', 'classes.parquet'), { id: 'UTF8' }, [
      { id: 'c1' },
      { id: 'c1' },
    ]);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)', 'CREATE (:Mine {id: 1})');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--on-error', 'abort']);
    assert.equal(code, 1);
    assert.equal(json.published, false);
    assert.deepEqual(query(db, 'CALL show_tables() RETURN name'), [{ name: 'Mine' }]);
    assert.deepEqual(query(db, 'MATCH (m:Mine) RETURN m.id AS id'), [{ id: 1 }]);
  });

  it('rewrites a file that the engine cannot read, and says so', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(
      join(dataset, 'nodes', 'imports.parquet'),
      { id: 'UTF8', alias: 'TIME_MILLIS', line_number: 'INT64' },
      [
        { id: 'i1', alias: 3_723_004, line_number: 1 },
        { id: 'i2', alias: null, line_number: null },
      ],
    );
    const db = join(directory, 'graph.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 0, JSON.stringify(json.errors));
    assert.equal(json.warnings[0]?.code, 'FILE_REWRITTEN');
    assert.match(
      json.warnings[0].message,
      /^nodes\/imports\.parquet is rewritten before it is loaded, since the engine cannot read alias \(INT32 TIME/,
    );
    assert.deepEqual(query(db, 'MATCH (n:Import) RETURN n.id AS id, n.alias AS at ORDER BY id'), [
      { id: 'i1', at: '01:02:03.004' },
      { id: 'i2', at: null },
    ]);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);
  });

  it('takes Parquet files by all their usual names, and tells of what it leaves out', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const functions = join(dataset, 'nodes', 'functions');
    rmSync(join(dataset, 'nodes', 'functions.parquet'));
    const names = [
      ...['a.parquet', 'b.PARQUET', 'c.parq', 'd.pq', 'e.snappy.parquet', 'f.parquet.zst'],
      ...['part-3', 'file=linked/g.parquet'],
    ];
    mkdirSync(functions);
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(functions, 'file=linked'));
    symlinkSync(functions, join(elsewhere, 'file=loop'));
    for (const [i, name] of names.entries()) {
      await writeParquet(join(functions, name), { id: 'UTF8' }, [{ id: `f${i}` }]);
    }
    mkdirSync(join(functions, 'old'));
    for (const name of ['notes.txt', 'h.csv', '.hidden', '_SUCCESS', 'old/i.parquet']) {
      writeFileSync(join(functions, name), 'x');
    }
    renameSync(join(dataset, 'nodes', 'files.parquet'), join(dataset, 'nodes', 'Files.PARQ'));
    writeFileSync(join(dataset, 'nodes', 'readme.md'), 'x');
    const db = join(directory, 'graph.db');
    const load = await kgloadJson(['load', dataset, '--db', db]);
    assert.deepEqual(
      query(db, 'MATCH (f:Function) RETURN f.id AS id, f.file AS file ORDER BY id'),
      names.map((name, i) => ({ id: `f${i}`, file: name.includes('linked') ? 'linked' : null })),
    );
    assert.equal(load.json.node_times['File']?.rows, 5);
    const ignored = load.json.warnings.filter(({ code }) => code === 'FILE_UNKNOWN');
    assert.deepEqual(
      ignored.map(({ file }) => file),
      ['file=linked/file=loop/', 'h.csv', 'notes.txt', 'old/']
        .map((name) => `nodes/functions/${name}`)
        .concat('nodes/readme.md'),
    );
    assert.equal(
      ignored.at(-1)?.message,
      'nodes/readme.md belongs to no table by name or kind and is ignored',
    );
    assert.equal((await kgload(['stats', '--db', db, '--verify', dataset])).code, 0);
    for (let i = 0; i < 30; i += 1) writeFileSync(join(dataset, 'nodes', `x${i}.txt`), 'x');
    const many = await kgloadJson(['load', dataset, '--db', db, '--fresh', '--dry-run']);
    assert.deepEqual(
      many.json.warnings
        .filter(({ code }) => code === 'FILE_UNKNOWN')
        .map(({ message }) => message),
      [
        '35 files belong to no table by name or kind and are ignored: nodes/functions/file=linked/file=loop/, nodes/functions/h.csv, nodes/functions/notes.txt, …',
      ],
    );
  });

  it('reads the names of directories as UTF-8, and as they stand where they are none', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const functions = join(dataset, 'nodes', 'functions');
    rmSync(join(dataset, 'nodes', 'functions.parquet'));
    const names = ['%C3%A9t%C3%A9', 'straße', '%E2%82%AC 5%', '%FF%FE', 'a%2Fb'];
    for (const [i, name] of names.entries()) {
      mkdirSync(join(functions, `file=${name}`), { recursive: true });
      await writeParquet(join(functions, `file=${name}`, 'part.parquet'), { id: 'UTF8' }, [
        { id: `f${i}` },
      ]);
    }
    const db = join(directory, 'graph.db');
    await kgload(['load', dataset, '--db', db]);
    assert.deepEqual(
      query(db, 'MATCH (f:Function) RETURN f.file AS file ORDER BY f.id').map(({ file }) => file),
      ['été', 'straße', '€ 5%', '%FF%FE', 'a/b'],
    );
  });

  it('refuses tables whose log says which of their files count', async (t) => {
    const directory = scratch(t);
    const makers: [string, (table: string) => void][] = [
      [
        'Delta Lake',
        (table) => {
          mkdirSync(join(table, '_delta_log'));
        },
      ],
      [
        'Apache Hudi',
        (table) => {
          mkdirSync(join(table, '.hoodie'));
        },
      ],
      [
        'Apache Iceberg',
        (table) => {
          mkdirSync(join(table, 'metadata'));
          writeFileSync(join(table, 'metadata', 'v1.metadata.json'), '{}');
        },
      ],
    ];
    for (const [format, make] of makers) {
      const dataset = fixtureCopy(join(directory, format));
      const functions = join(dataset, 'nodes', 'functions');
      mkdirSync(functions);
      renameSync(join(dataset, 'nodes', 'functions.parquet'), join(functions, 'part-0.parquet'));
      make(functions);
      const db = join(directory, `${format}.db`);
      const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
      assert.equal(code, 1);
      const [error] = json.errors.filter(({ table }) => table === 'Function');
      assert.equal(error?.code, 'DATASET_LAYOUT');
      assert.match(
        error.message,
        new RegExp(`^nodes/functions/ is a table of ${format}, whose log`),
      );
      const infer = await kgload(['schema', dataset, '--schema', 'infer']);
      assert.equal(infer.code, 2);
      assert.match(infer.stderr, new RegExp(`is a table of ${format}.*write its current rows`));
    }
  });

  it('takes a directory of part files, whatever their columns’ order, and Hive’s partitions', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const functions = join(dataset, 'nodes', 'functions');
    rmSync(join(dataset, 'nodes', 'functions.parquet'));
    mkdirSync(join(functions, 'file=shop%2Fcart.py'), { recursive: true });
    mkdirSync(join(functions, 'file=__HIVE_DEFAULT_PARTITION__'));
    writeFileSync(join(functions, '_SUCCESS'), '');
    writeFileSync(join(functions, '.part-0.parquet.crc'), 'x');
    await writeParquet(join(functions, 'part-0.parquet'), { id: 'UTF8', name: 'UTF8' }, [
      { id: 'f1', name: 'one' },
      { id: 'f2', name: 'two' },
      { id: 'f4', name: 'four' },
      { id: 'f5', name: 'five' },
    ]);
    await writeParquet(
      join(functions, 'file=shop%2Fcart.py', 'part-1.parquet'),
      { start_line: 'INT32', NAME: 'UTF8', id: 'UTF8' },
      [{ start_line: 3, NAME: 'three', id: 'f3' }],
    );
    await writeParquet(
      join(functions, 'file=__HIVE_DEFAULT_PARTITION__', 'part-2.parquet'),
      { id: 'UTF8' },
      [{ id: 'f6' }, { id: 'f7' }],
    );
    const db = join(directory, 'graph.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 0, JSON.stringify(json.errors));
    assert.equal(json.node_times['Function']?.rows, 7);
    assert.deepEqual(
      query(
        db,
        "MATCH (f:Function) WHERE f.id IN ['f1', 'f3', 'f6'] RETURN f.id AS id, f.name AS name, f.file AS file, f.start_line AS line ORDER BY id",
      ),
      [
        { id: 'f1', name: 'one', file: null, line: null },
        { id: 'f3', name: 'three', file: 'shop/cart.py', line: 3 },
        { id: 'f6', name: null, file: null, line: null },
      ],
    );
    const dry = await kgloadJson(['load', dataset, '--db', db, '--fresh', '--dry-run']);
    assert.deepEqual([dry.code, dry.json.total_nodes, dry.json.errors], [0, 27, []]);

    // One bad part fails the table, and nothing of it stays.
    await writeParquet(join(functions, 'part-9.parquet'), { id: 'UTF8' }, [{ id: 'f1' }]);
    const broken = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--fresh',
      '--on-error',
      'continue',
    ]);
    assert.equal(broken.code, 1);
    assert.equal(broken.json.errors[0]?.file, 'nodes/functions/part-9.parquet');
    assert.equal(broken.json.node_times['Function']?.rows, 0);
    assert.deepEqual(query(db, 'MATCH (f:Function) RETURN count(*) AS n'), [{ n: 0 }]);
    const existing = join(directory, 'existing.db');
    assert.equal((await kgload(['schema', '--create', '--db', existing])).code, 0);
    const inPlace = await kgloadJson(['load', dataset, '--db', existing]);
    assert.deepEqual(inPlace.json.errors, broken.json.errors);
    assert.deepEqual(query(existing, 'MATCH (n) RETURN count(*) AS n'), [{ n: 20 }]);
    const skipped = await kgloadJson(['load', dataset, '--db', db, '--fresh', '--skip-bad-rows']);
    assert.deepEqual([skipped.code, skipped.json['total_skipped']], [0, 1]);

    writeFileSync(join(dataset, 'nodes', 'functions.parquet'), '');
    const both = await kgloadJson(['load', dataset, '--db', db, '--fresh']);
    assert.equal(both.json.errors[0]?.code, 'DATASET_LAYOUT');
    assert.match(both.json.errors[0].message, /are both there for one table$/);
  });

  it('matches columns ignoring case where that is clear, and names the ignored at --verbose', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(
      join(dataset, 'nodes', 'imports.parquet'),
      { ID: 'UTF8', Alias: 'UTF8', FILE: 'UTF8', File: 'UTF8', extra: 'UTF8' },
      [
        { ID: 'i1', Alias: 'a', FILE: 'x', File: 'y', extra: 'z' },
        { ID: 'i2', Alias: 'b', FILE: 'x', File: 'y', extra: 'z' },
      ],
    );
    const db = join(directory, 'graph.db');
    const { code, stderr } = await kgload(['load', dataset, '--db', db, '--verbose']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /kgload: nodes\/imports\.parquet: ignored columns FILE, File, extra\n/);
    assert.match(stderr, /warning: nodes\/imports\.parquet has no column file;/);
    assert.deepEqual(
      query(db, 'MATCH (n:Import) RETURN n.id AS id, n.alias AS alias, n.file AS file ORDER BY id'),
      [
        { id: 'i1', alias: 'a', file: null },
        { id: 'i2', alias: 'b', file: null },
      ],
    );
  });

  describe('--fresh', () => {
    it('replaces a database, its side files included, and keeps its permissions', async (t) => {
      const directory = scratch(t);
      const db = join(directory, 'graph.db');
      execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      chmodSync(db, 0o640);
      writeFileSync(`${db}.tmp`, 'left by a crash');
      const { code } = await kgload(['load', FIXTURE, '--db', db, '--fresh', '--quiet']);
      assert.equal(code, 0);
      assert.deepEqual(readdirSync(directory), ['graph.db']);
      assert.equal(statSync(db).mode & 0o777, 0o640);
      const tables = query(db, 'CALL show_tables() RETURN name').map(({ name }) => name);
      assert.deepEqual(tables.sort(), [...TABLES].sort());
    });

    it('leaves the old database byte for byte when the load is aborted', async (t) => {
      const directory = scratch(t);
      const dataset = fixtureCopy(directory);
      writeFileSync(join(dataset, 'edges', 'calls.parquet'), 'PAR1 garbage PAR1');
      const db = join(directory, 'graph.db');
      execute(db, 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      const before = readFileSync(db);
      const args = ['load', dataset, '--db', db, '--fresh', '--on-error', 'abort', '-q'];
      assert.equal((await kgload(args)).code, 1);
      assert.ok(readFileSync(db).equals(before));
      assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);
    });

    it('follows a symbolic link to the database', async (t) => {
      const directory = scratch(t);
      execute(join(directory, 'real.db'), 'CREATE NODE TABLE Old(id INT64 PRIMARY KEY)');
      symlinkSync('real.db', join(directory, 'graph.db'));
      const db = join(directory, 'graph.db');
      assert.equal((await kgload(['load', FIXTURE, '--db', db, '--fresh', '-q'])).code, 0);
      assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'real.db']);
      assert.deepEqual(query(join(directory, 'real.db'), 'MATCH (f:File) RETURN count(*) AS n'), [
        { n: 5 },
      ]);
    });
  });

  describe('refuses, with exit code 2 and nothing changed,', () => {
    it('a missing dataset', async (t) => {
      const db = join(scratch(t), 'graph.db');
      const { code, json, stderr } = await kgloadJson(['load', '/no/where', '--db', db]);
      assert.equal(code, 2);
      assert.equal(stderr, 'kgload: error: the dataset /no/where does not exist\n');
      assert.equal(json.errors[0]?.code, 'ENOENT');
      assert.equal(json.total_nodes, 0);
      assert.deepEqual(json.edge_times['CALLS'], { seconds: 0, rows: 0 });
      assert.ok(!existsSync(db));
    });

    it('a dataset without nodes/ or edges/', async (t) => {
      const directory = scratch(t);
      mkdirSync(join(directory, 'nodes'));
      const db = join(directory, 'graph.db');
      const { code, stderr } = await kgload(['load', directory, '--db', db]);
      assert.equal(code, 2);
      assert.equal(
        stderr,
        `kgload: error: the dataset ${directory} has no edges/ (a dataset is a directory with nodes/*.parquet and edges/*.parquet, or an exported database; one without edges takes an empty edges/, or a schema without rel tables (--schema infer))\n`,
      );
    });

    for (const fresh of [[], ['--fresh']]) {
      it(`a target that is no database ${fresh.join()}`, async (t) => {
        const directory = scratch(t);
        const file = join(directory, 'notes.txt');
        writeFileSync(file, 'precious');
        mkdirSync(join(directory, 'folder'));
        for (const [target, what] of [
          [file, 'a file of another kind'],
          [join(directory, 'folder'), 'a directory'],
        ] as const) {
          const { code, stderr } = await kgload(['load', FIXTURE, '--db', target, ...fresh]);
          assert.equal(code, 2);
          assert.equal(
            stderr,
            `kgload: error: ${target} is ${what}, not a Kuzu or Ladybug database; kgload does not touch it (give another path)\n`,
          );
        }
        assert.equal(readFileSync(file, 'utf8'), 'precious');
        assert.deepEqual(readdirSync(directory).sort(), ['folder', 'notes.txt']);
      });

      it(`a database that another process has open ${fresh.join()}`, async (t) => {
        const db = join(scratch(t), 'graph.db');
        const { openEngine } = await import('../src/engine/engine.js');
        const other = openEngine(ENGINE, db);
        t.after(() => {
          other.close();
        });
        const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, ...fresh]);
        assert.equal(code, 2);
        assert.match(stderr, new RegExp(`^kgload: error: the database ${db} is in use by `));
        if (process.platform === 'linux')
          assert.match(stderr, new RegExp(`process ${process.pid}`));
      });
    }

    it('a target in a directory that does not exist', async (t) => {
      const directory = scratch(t);
      const db = join(directory, 'a', 'graph.db');
      const { code, stderr } = await kgload(['load', FIXTURE, '--db', db]);
      assert.equal(code, 2);
      assert.match(stderr, /cannot be written: the directory .*\/a does not exist/);
      assert.deepEqual(readdirSync(directory), []);
    });

    it('tables that hold rows, unless told to append', async (t) => {
      const directory = scratch(t);
      const db = join(directory, 'graph.db');
      execute(
        db,
        'CREATE NODE TABLE `Variable`(id STRING PRIMARY KEY, name STRING, file STRING, definition_line INT64, scope STRING)',
        "CREATE (:Variable {id: 'mine'})",
      );
      const { code, json } = await kgloadJson(['load', FIXTURE, '--db', db]);
      assert.equal(code, 2);
      assert.equal(json.errors[0]?.code, 'TARGET_NOT_EMPTY');
      assert.match(json.errors[0].message, /: Variable \(1\)$/);
      assert.deepEqual(query(db, 'CALL show_tables() RETURN name'), [{ name: 'Variable' }]);

      const appended = await kgloadJson(['load', FIXTURE, '--db', db, '--append']);
      assert.equal(appended.code, 0, JSON.stringify(appended.json.errors));
      assert.equal(appended.json.node_times['Variable']?.rows, 4);
      assert.deepEqual(query(db, 'MATCH (n:Variable) RETURN count(*) AS n'), [{ n: 5 }]);
    });

    it('a database with another schema, before any data', async (t) => {
      const db = join(scratch(t), 'graph.db');
      execute(db, 'CREATE NODE TABLE `File`(path STRING PRIMARY KEY, language INT64, extra DATE)');
      const { code, json } = await kgloadJson(['load', FIXTURE, '--db', db]);
      assert.equal(code, 2);
      assert.equal(json.errors[0]?.code, 'SCHEMA_MISMATCH');
      assert.equal(
        json.errors[0].message,
        'the table File in the database is another: language is INT64, not STRING; has no property content_hash; has a property extra DATE more',
      );
      assert.deepEqual(query(db, 'CALL show_tables() RETURN name'), [{ name: 'File' }]);
    });
  });
});

function sorted(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
