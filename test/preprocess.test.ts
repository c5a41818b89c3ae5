import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ParquetSchema, ParquetWriter } from '@dsnp/parquetjs';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { readMetadata } from '../src/dataset/footer.js';
import { codeGraphRows } from '../fixtures/code-graph.js';
import {
  BINARY,
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  queryMemory,
  scratch,
  writeParquet,
} from './helpers.js';

const FILES = join(FIXTURE, 'nodes', 'files.parquet');

describe('kgload preprocess', () => {
  it('keeps path, language and content_hash of files.parquet, and drops the timestamp', async (t) => {
    const directory = scratch(t);
    const out = join(directory, 'files.parquet');
    const { code, json, stderr } = await kgloadJson(['preprocess', FILES, out]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(json, {
      source: FILES,
      destination: out,
      files: [
        {
          table: 'File',
          file: 'files.parquet',
          rows: 5,
          kept: ['path', 'language', 'content_hash'],
          dropped: ['last_modified'],
          converted: [],
        },
      ],
      errors: [],
      warnings: [],
    });
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(out) });
    assert.deepEqual(
      rows,
      (codeGraphRows['File'] ?? []).map(({ path, language, content_hash }) => ({
        path,
        language,
        content_hash,
      })),
    );
    assert.deepEqual(readdirSync(directory), ['files.parquet']);
  });

  it('rewrites a dataset into one that loads the same', async (t) => {
    const directory = scratch(t);
    const clean = join(directory, 'clean');
    const { code, stdout, stderr } = await kgload(['preprocess', FIXTURE, clean]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\nnodes\/files\.parquet +5 +last_modified\n/);
    const db = join(directory, 'graph.db');
    const load = await kgloadJson(['load', clean, '--db', db]);
    assert.equal(load.code, 0, JSON.stringify(load.json.errors));
    assert.deepEqual([load.json.total_nodes, load.json.total_edges], [27, 34]);
    assert.deepEqual(load.json.warnings, []);
    assert.deepEqual(readdirSync(directory).sort(), ['clean', 'graph.db']);
  });

  it('overwrites a Parquet file, the source itself too, but nothing else', async (t) => {
    const directory = scratch(t);
    const copy = join(fixtureCopy(directory), 'nodes', 'files.parquet');
    assert.equal((await kgload(['preprocess', copy, copy, '-q'])).code, 0);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(copy) });
    assert.deepEqual(Object.keys(rows[0] ?? {}), ['path', 'language', 'content_hash']);

    const notes = join(directory, 'notes.txt');
    writeFileSync(notes, 'precious');
    const refused = await kgload(['preprocess', FILES, notes]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /notes\.txt exists and is no Parquet file; it is left as it is/);
    assert.equal(readFileSync(notes, 'utf8'), 'precious');

    const full = join(directory, 'dataset');
    const again = await kgload(['preprocess', FIXTURE, full]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /dataset exists already; it is left as it is/);
  });

  it('refuses a missing source, a missing column and an unknown file', async (t) => {
    const directory = scratch(t);
    const out = join(directory, 'out.parquet');
    const missing = await kgloadJson(['preprocess', join(directory, 'no.parquet'), out]);
    assert.equal(missing.code, 2);
    assert.equal(missing.json.errors[0]?.code, 'ENOENT');

    mkdirSync(join(directory, 'in'));
    const files = join(directory, 'in', 'files.parquet');
    await writeParquet(files, { path: 'UTF8', language: 'UTF8' }, [{ path: 'p', language: 'l' }]);
    const column = await kgloadJson(['preprocess', files, out]);
    assert.equal(column.code, 2);
    assert.equal(column.json.errors[0]?.code, 'COLUMN_MISSING');
    assert.equal(
      column.json.errors[0].message,
      `${files} has no column content_hash; it has path, language`,
    );

    const odd = join(directory, 'in', 'odd.parquet');
    await writeParquet(odd, { path: 'UTF8' }, [{ path: 'p' }]);
    const unknown = await kgload(['preprocess', odd, out]);
    assert.equal(unknown.code, 2);
    assert.match(
      unknown.stderr,
      /odd\.parquet belongs to no table of the schema, which reads files\.parquet, /,
    );

    rmSync(join(directory, 'in'), { recursive: true });
    assert.deepEqual(readdirSync(directory), []);
  });

  it('keeps all columns with --keep-extra, says what it converts, and writes small row groups', async (t) => {
    const directory = scratch(t);
    const source = join(directory, 'imports.parquet');
    const rows = Array.from({ length: 45_000 }, (_, i) => ({
      id: `i${i}`,
      imported_name: 'n',
      import_type: 'import',
      alias: null,
      line_number: i,
      is_relative: i % 2 === 0,
      file: 'ü',
      at: i % 86_400_000,
    }));
    await writeParquet(
      source,
      {
        id: 'UTF8',
        imported_name: 'UTF8',
        import_type: 'UTF8',
        alias: 'UTF8',
        line_number: 'INT64',
        is_relative: 'BOOLEAN',
        file: 'UTF8',
        at: 'TIME_MILLIS',
      },
      rows,
    );
    const out = join(directory, 'out.parquet');
    const { code, json, stderr } = await kgloadJson(['preprocess', source, out, '--keep-extra']);
    assert.equal(code, 0, stderr);
    const [file] = json['files'] as { kept: string[]; dropped: string[]; converted: string[] }[];
    assert.deepEqual(file?.dropped, []);
    assert.equal(file.kept.at(-1), 'at');
    assert.equal(file.converted.length, 1);
    assert.match(file.converted[0] ?? '', /^at: INT32 TIME.* as text$/);
    assert.deepEqual(
      readMetadata(out).metadata.row_groups.map((group) => Number(group.num_rows)),
      [20_000, 20_000, 5_000],
    );
    const written = await parquetReadObjects({ file: await asyncBufferFromFile(out) });
    assert.equal(written.length, 45_000);
    assert.deepEqual(written[44_999], {
      ...rows[44_999],
      line_number: 44_999n,
      at: '00:00:44.999',
    });
  });

  it('takes its working files away when it is interrupted', async (t) => {
    const directory = scratch(t);
    const source = join(directory, 'functions.parquet');
    execute(
      ':memory:',
      `COPY (UNWIND range(1, 400000) AS i RETURN CAST(i AS STRING) AS id, 'n' AS name, 'f' AS file, i AS start_line, i + 1 AS end_line, true AS is_public, 'x' AS source_code) TO '${source}'`,
    );
    const child = spawn(
      process.execPath,
      [BINARY, 'preprocess', source, join(directory, 'out.parquet'), '--verbose'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('Function: loading')) resolve();
      });
    });
    child.kill('SIGINT');
    const signal = await new Promise((resolve) =>
      child.on('close', (_code, name) => {
        resolve(name);
      }),
    );
    assert.equal(signal, 'SIGINT');
    assert.deepEqual(readdirSync(directory), ['functions.parquet']);
  });

  it('leaves nothing behind when a file cannot be decoded', async (t) => {
    const directory = scratch(t);
    const dataset = fixtureCopy(directory);
    const path = join(dataset, 'nodes', 'functions.parquet');
    const bytes = readFileSync(path);
    bytes.fill(0xff, 8, 200); // Pages, not the footer.
    writeFileSync(path, bytes);
    const { code, stderr } = await kgload(['preprocess', dataset, join(directory, 'out')]);
    assert.equal(code, 2);
    assert.match(stderr, /kgload: error: .*functions\.parquet cannot be decoded: /);
    assert.deepEqual(readdirSync(directory), ['dataset']);
  });
});

describe('the reader of rows', () => {
  it('passes over page indexes that say where nothing is', async (t) => {
    const directory = scratch(t);
    // parquetjs says of every page that it begins with row 0; all rows are in one group.
    const rows = Array.from({ length: 250_000 }, (_, i) => ({ id: i, name: `n${i}` }));
    const schema = new ParquetSchema({
      id: { type: 'INT64' },
      name: { type: 'UTF8', optional: true },
    });
    const file = join(directory, 'Function.parquet');
    const writer = await ParquetWriter.openFile(schema, file, { rowGroupSize: 1_000_000 });
    for (const row of rows) await writer.appendRow(row);
    await writer.close();
    const source = join(directory, 'schema.cypher');
    writeFileSync(source, 'CREATE NODE TABLE Function(id INT64 PRIMARY KEY, name STRING)');
    const out = join(directory, 'out', 'Function.parquet');
    mkdirSync(join(directory, 'out'));
    const { code, json } = await kgloadJson(['preprocess', file, out, '--schema', source]);
    assert.equal(code, 0, JSON.stringify(json));
    // By the engine, which looks at no page index.
    assert.deepEqual(
      queryMemory(
        `LOAD FROM '${out}' RETURN count(*) AS n, count(DISTINCT id) AS ids, min(id) AS least, max(id) AS most, sum(CASE WHEN name = concat('n', CAST(id AS STRING)) THEN 1 ELSE 0 END) AS right`,
      ).map((row) => Object.values(row).map(Number)),
      [[250_000, 250_000, 0, 249_999, 250_000]],
    );
  });

  it('refuses bytes that are no UTF-8, and keeps the character that stands for them', async (t) => {
    const directory = scratch(t);
    const write = async (name: string, values: readonly Buffer[]): Promise<string> => {
      const file = join(directory, name);
      await writeParquet(
        file,
        { path: 'UTF8', language: 'UTF8', content_hash: 'UTF8' },
        values.map((path, i) => ({ path, language: 'x', content_hash: String(i) })),
      );
      return file;
    };
    const sound = await write('sound.parquet', [Buffer.from('a\ufffd'), Buffer.from('b')]);
    const out = join(directory, 'files.parquet');
    const fine = await kgload([
      'preprocess',
      sound,
      out,
      '--schema',
      filesSchema(directory, 'sound'),
    ]);
    assert.equal(fine.code, 0, fine.stderr);
    assert.deepEqual(queryMemory(`LOAD FROM '${out}' RETURN path ORDER BY path`), [
      { path: 'a\ufffd' },
      { path: 'b' },
    ]);
    const broken = await write('broken.parquet', [
      Buffer.from([0x61, 0xff]),
      Buffer.from([0x61, 0xfe]),
    ]);
    const { code, json } = await kgloadJson([
      ...['preprocess', broken, join(directory, 'other.parquet')],
      ...['--schema', filesSchema(directory, 'broken')],
    ]);
    assert.equal(code, 2);
    assert.deepEqual(
      json.errors.map((error) => error.code),
      ['PARQUET_UNREADABLE'],
    );
    assert.match(
      json.errors[0]?.message ?? '',
      /has text in the column path that is no UTF-8 \("aÿ"\)$/,
    );
  });
});

function filesSchema(directory: string, table: string): string {
  const file = join(directory, `${table}.cypher`);
  writeFileSync(
    file,
    `CREATE NODE TABLE ${table}(path STRING PRIMARY KEY, language STRING, content_hash STRING)`,
  );
  return file;
}
