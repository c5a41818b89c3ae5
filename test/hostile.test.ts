import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

/** Quotes, backticks, backslashes, newlines, glob characters, an escape sequence, non-ASCII. */
const NASTY = 'a\'b"c`d\\e\nf*g?h[i]j{k}\u001b[31mü 𝔘 $(id); DROP -- ';

describe('a file that is no Parquet file', () => {
  const footer = readFileSync(join(FIXTURE, 'nodes', 'imports.parquet'));
  const absurd = Buffer.from(footer);
  absurd.writeUInt32LE(0xffffffff, absurd.length - 8);
  const cases: [string, (path: string) => void, RegExp][] = [
    [
      'empty',
      (path) => {
        writeFileSync(path, '');
      },
      /too short/,
    ],
    [
      'garbage',
      (path) => {
        writeFileSync(path, 'x'.repeat(5000));
      },
      /does not end as a Parquet/,
    ],
    [
      'cut off',
      (path) => {
        truncateSync(path, 300);
      },
      /does not end as a Parquet file does/,
    ],
    [
      'with an absurd footer',
      (path) => {
        writeFileSync(path, absurd);
      },
      /claims 4294967295 bytes/,
    ],
    [
      'a directory',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      /is a directory without Parquet files$/,
    ],
    [
      'a FIFO',
      (path) => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
      /not a regular file/,
    ],
    [
      'a dangling link',
      (path) => {
        rmSync(path);
        symlinkSync('no', path);
      },
      /does not exist/,
    ],
    [
      'a looping link',
      (path) => {
        rmSync(path);
        symlinkSync(path, path);
      },
      /ELOOP/,
    ],
    [
      'a device',
      (path) => {
        rmSync(path);
        symlinkSync('/dev/zero', path);
      },
      /not a regular file/,
    ],
  ];
  for (const [name, spoil, message] of cases) {
    it(`but ${name}, fails alone, by name`, async (t) => {
      const directory = scratch(t);
      const dataset = fixtureCopy(directory);
      spoil(join(dataset, 'nodes', 'imports.parquet'));
      const db = join(directory, 'graph.db');
      const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
      assert.equal(code, 1);
      assert.deepEqual(
        json.errors.map(({ table }) => table),
        ['Import', 'HAS_IMPORT'],
      );
      assert.match(json.errors[0]?.file ?? '', /^nodes\/imports\.parquet\/?$/);
      assert.match(json.errors[0]?.message ?? '', /^nodes\/imports\.parquet\/? /);
      assert.match(json.errors[0]?.message ?? '', message);
      assert.equal(json.total_nodes, 25);
      assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);
    });
  }

  it('but is damaged so that it crashes the engine, fails alone, by name', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    cpSync(
      join(FIXTURE, '..', 'crash', 'functions.parquet'),
      join(dataset, 'nodes', 'functions.parquet'),
    );
    const db = join(directory, 'graph.db');
    const { code, json, stderr } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 1, stderr);
    assert.equal(json.errors[0]?.code, 'ENGINE_CRASHED');
    assert.match(
      json.errors[0].message,
      /^the engine crashed while loading Function from nodes\/functions\.parquet \(SIG(ABRT|SEGV)/,
    );
    assert.equal(json.published, true);
    assert.equal(json.total_nodes, 20);
    assert.deepEqual(query(db, 'MATCH (n) RETURN count(*) AS n'), [{ n: 20 }]);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);

    // The same in an existing database: it is changed beside its place.
    const existing = join(directory, 'existing.db');
    assert.equal((await kgload(['schema', '--create', '--db', existing])).code, 0);
    const second = await kgloadJson(['load', dataset, '--db', existing]);
    assert.equal(second.code, 1);
    assert.deepEqual([second.json.total_nodes, second.json.total_edges], [20, 11]);
    assert.equal(second.json.errors[0]?.code, 'ENGINE_CRASHED');
    assert.deepEqual(query(existing, 'MATCH (n) RETURN count(*) AS n'), [{ n: 20 }]);
    const aborted = await kgloadJson([
      'load',
      dataset,
      '--db',
      existing,
      '--fresh',
      '--on-error',
      'abort',
    ]);
    assert.equal(aborted.code, 1);
    assert.equal(aborted.json.published, false);
    assert.deepEqual(query(existing, 'MATCH (n) RETURN count(*) AS n'), [{ n: 20 }]);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'existing.db', 'graph.db']);
  });
});

describe('an encrypted file', () => {
  // By apache/parquet-testing: encrypt_columns_plaintext_footer and uniform_encryption.
  const cases = [
    ['plaintext-footer', 'columns of it are encrypted: float_field, double_field'],
    ['whole', 'it is encrypted'],
  ] as const;
  for (const [name, why] of cases) {
    it(`says so, whatever looks at it: ${name}`, async (t) => {
      const directory = scratch(t);
      const dataset = fixtureCopy(directory);
      const file = join(dataset, 'nodes', 'imports.parquet');
      cpSync(join(FIXTURE, '..', 'encrypted', `${name}.parquet`), file);
      const db = join(directory, 'graph.db');
      for (const args of [
        ['load', dataset, '--db', db],
        ['load', dataset, '--db', db, '--append', '--dry-run'],
        ['schema', dataset, '--schema', 'infer'],
        ['preprocess', dataset, join(directory, 'clean')],
        ['preprocess', file, join(directory, 'imports.parquet')],
      ]) {
        const { json } = await kgloadJson(args);
        const error = json.errors.find(({ code }) => code === 'PARQUET_UNREADABLE');
        assert.ok(error?.message.endsWith(`imports.parquet is not readable as Parquet: ${why}`));
      }
    });
  }
});

it('a file of very many columns is not listed whole in a message', async (t) => {
  const directory = scratch(t);
  const dataset = fixtureCopy(directory);
  const names = Array.from({ length: 120 }, (_, i) => `column_${i}`);
  const columns = Object.fromEntries(names.map((name) => [name, 'UTF8' as const]));
  for (const file of ['nodes/imports', 'edges/calls']) {
    await writeParquet(join(dataset, `${file}.parquet`), columns, [{ column_0: null }]);
  }
  const db = join(directory, 'graph.db');
  const runs = [
    ['load', dataset, '--db', db, '--verbose'],
    ['load', dataset, '--db', db, '--append', '--dry-run'],
    ['schema', dataset, '--schema', 'infer'],
    ['preprocess', dataset, join(directory, 'clean')],
    ['preprocess', join(dataset, 'nodes/imports.parquet'), join(directory, 'imports.parquet')],
  ];
  for (const args of runs) {
    const { code, stderr } = await kgload(args);
    assert.notEqual(code, 0);
    assert.match(stderr, /, column_19( \(STRING\))?, … and 100 more/);
    assert.ok(
      stderr.split('\n').every((line) => line.length < 1000),
      stderr.slice(0, 2000),
    );
  }
});

describe('a path of any characters', () => {
  it('is taken as it is, for the dataset and for the database', async (t) => {
    const directory = join(scratch(t), NASTY, '..', NASTY);
    mkdirSync(directory, { recursive: true });
    const dataset = fixtureCopy(directory);
    const db = join(directory, `${NASTY}.db`);
    const args = ['load', dataset, '--db', db];
    const { code, json, stderr } = await kgloadJson(args);
    assert.equal(code, 0, stderr);
    assert.deepEqual([json.total_nodes, json.total_edges], [27, 34]);
    assert.equal((await kgload([...args, '--fresh', '-q'])).code, 0);
    assert.equal((await kgload([...args, '--append', '--dry-run', '-q'])).code, 1);
    const stats = await kgloadJson(['stats', '--db', db]);
    assert.equal(stats.json.total_nodes, 27);
    assert.deepEqual(readdirSync(directory).sort(), [`${NASTY}.db`, 'dataset'].sort());
    // Nothing of it reaches the terminal as a command to it.
    const { stdout, stderr: log } = await kgload(['load', dataset, '--db', db]);

    assert.doesNotMatch(stdout + log, /[\u0000-\u0009\u000b-\u001f]/);
    assert.equal(log.split('\n').length, 2);
  });

  it('is no pattern that matches another file', async (t) => {
    const directory = scratch(t);
    for (const [name, id] of [
      ['a*b', 'right'],
      ['aXb', 'wrong'],
    ] as const) {
      const dataset = join(directory, name);
      mkdirSync(join(dataset, 'nodes'), { recursive: true });
      mkdirSync(join(dataset, 'edges'));
      const file = join(dataset, 'nodes', 'functions.parquet');
      await writeParquet(file, { id: 'UTF8' }, [{ id }]);
    }
    const db = join(directory, 'graph.db');
    assert.equal((await kgload(['load', join(directory, 'a*b'), '--db', db, '-q'])).code, 0);
    assert.deepEqual(query(db, 'MATCH (f:Function) RETURN f.id AS id'), [{ id: 'right' }]);
  });
});

describe('column names and values of any characters', () => {
  it('load as they are, or are ignored, and inject nothing', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    await writeParquet(
      join(dataset, 'nodes', 'imports.parquet'),
      { id: 'UTF8', alias: 'UTF8', [NASTY]: 'UTF8', '`) RETURN 1 //': 'UTF8' },
      [
        { id: NASTY, alias: `'}) DETACH DELETE n //`, [NASTY]: 'x', '`) RETURN 1 //': 'y' },
        { id: 'i1', alias: null },
        { id: 'i2', alias: '' },
      ],
    );
    const db = join(directory, 'graph.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 0, JSON.stringify(json.errors));
    assert.deepEqual(
      query(db, 'MATCH (n:Import) RETURN n.id AS id, n.alias AS alias ORDER BY alias'),
      [
        { id: 'i2', alias: '' },
        { id: NASTY, alias: `'}) DETACH DELETE n //` },
        { id: 'i1', alias: null },
      ],
    );
  });
});
