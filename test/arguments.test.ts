/** What is no argument, no option, no output: an error that says so, and nothing left half done. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as kgloadModule from '../src/index.js';
import {
  BINARY,
  ENGINE,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  onEngine,
  openMemory,
  query,
  scratch,
  writeParquet,
} from './helpers.js';

const { DependencyGraph, KgloadError } = kgloadModule;

/** What people pass who have no TypeScript. */
const WRONG: unknown[] = [42, null, {}, [], true, Symbol('x'), () => 1, NaN, 5n];

it('the library refuses arguments that are none, by name', async (t) => {
  const directory = scratch(t);
  const db = join(directory, 'graph.db');
  kgloadModule.loadFromParquetSync(db, FIXTURE, { engine: ENGINE });
  const { connection, close } = openMemory();
  t.after(close);
  const graph = new DependencyGraph(db, { readOnly: true });
  t.after(() => graph.close());
  const out = join(directory, 'out');
  const {
    analyzeCodebase,
    analyzeFiles,
    createSchema,
    exportDatabase,
    exportToParquet,
    loadFromParquet,
    loadFromParquetSync,
    preprocessFilesParquet,
    readSchema,
    readStats,
    verifyDatabase,
  } = kgloadModule as unknown as Record<string, (...args: unknown[]) => unknown>;
  const isOptions = (x: unknown): boolean =>
    typeof x === 'object' && x !== null && !Array.isArray(x);
  const calls: [string, (x: never) => unknown][] = [
    ['loadFromParquet 1', (x) => loadFromParquet?.(x, FIXTURE)],
    ['loadFromParquet 2', (x) => loadFromParquet?.(connection, x)],
    [
      'loadFromParquet 3',
      (x) => (isOptions(x) ? usage() : loadFromParquet?.(connection, FIXTURE, x)),
    ],
    ['loadFromParquetSync 1', (x) => loadFromParquetSync?.(x, FIXTURE)],
    ['loadFromParquetSync 2', (x) => loadFromParquetSync?.(out, x)],
    [
      'loadFromParquetSync 3',
      (x) => (isOptions(x) ? usage() : loadFromParquetSync?.(out, FIXTURE, x)),
    ],
    ['createSchema 1', (x) => createSchema?.(x)],
    ['createSchema 2', (x) => createSchema?.(connection, x)],
    ['readSchema 1', (x) => readSchema?.(x)],
    ['readSchema 2', (x) => readSchema?.('infer', x)],
    ['readSchema 3', (x) => readSchema?.('infer', FIXTURE, { engine: x })],
    ['readStats 1', (x) => readStats?.(x)],
    ['readStats 2', (x) => readStats?.(db, { degrees: x === true ? 1 : x })],
    ['exportDatabase 1', (x) => exportDatabase?.(x, out)],
    ['exportDatabase 2', (x) => exportDatabase?.(db, x)],
    ['exportDatabase 3', (x) => exportDatabase?.(db, out, { schema: x })],
    [
      'exportDatabase 4',
      (x) => exportDatabase?.(db, out, { onEvent: typeof x === 'function' ? 1 : x }),
    ],
    ['analyzeCodebase 1', (x) => analyzeCodebase?.(x, out)],
    ['analyzeCodebase 2', (x) => analyzeCodebase?.(FIXTURE, x)],
    ['analyzeCodebase 3', (x) => analyzeCodebase?.(FIXTURE, out, { languages: [x] })],
    ['analyzeCodebase 4', (x) => analyzeCodebase?.(FIXTURE, out, { cache: x === true ? 1 : x })],
    [
      'analyzeFiles 1',
      async (x) => {
        await (analyzeFiles?.([x], FIXTURE) as AsyncGenerator).next();
      },
    ],
    [
      'analyzeFiles 1b',
      async (x) => {
        await (analyzeFiles?.(Array.isArray(x) ? 1 : x, FIXTURE) as AsyncGenerator).next();
      },
    ],
    [
      'analyzeFiles 2',
      async (x) => {
        await (analyzeFiles?.([], x) as AsyncGenerator).next();
      },
    ],
    ['exportToParquet 1', (x) => exportToParquet?.([x], out, FIXTURE)],
    ['exportToParquet 1b', (x) => exportToParquet?.(Array.isArray(x) ? 1 : x, out, FIXTURE)],
    ['exportToParquet 2', (x) => exportToParquet?.([], x, FIXTURE)],
    ['exportToParquet 3', (x) => exportToParquet?.([], out, x)],
    ['preprocessFilesParquet 1', (x) => preprocessFilesParquet?.(x, out)],
    [
      'preprocessFilesParquet 2',
      (x) => preprocessFilesParquet?.(join(FIXTURE, 'nodes/files.parquet'), x),
    ],
    ['verifyDatabase 1', (x) => verifyDatabase?.(x, FIXTURE)],
    ['verifyDatabase 2', (x) => verifyDatabase?.(db, x)],
    ['verifyDatabase 3', (x) => verifyDatabase?.(db, FIXTURE, { nonsense: x })],
    ['verifyDatabase 4', (x) => verifyDatabase?.(db, FIXTURE, { schema: x })],
    ['DependencyGraph 1', (x) => new DependencyGraph(x)],
    ['DependencyGraph 2', (x) => new DependencyGraph(db, { nonsense: x } as never)],
    ['getAllFunctionsInFile', (x) => graph.getAllFunctionsInFile(x)],
    ['getAllClassesInFile', (x) => graph.getAllClassesInFile(x)],
    ['getAllImportsInFile', (x) => graph.getAllImportsInFile(x)],
    ['getCallers', (x) => graph.getCallers(x).next()],
    ['getCallees', (x) => graph.getCallees(x).next()],
    ['getImpact', (x) => graph.getImpact(x).next()],
    ['getSubclasses', (x) => graph.getSubclasses(x)],
    ['getVariableUsers', (x) => graph.getVariableUsers(x).next()],
    ['getAttributeUsers', (x) => graph.getAttributeUsers(x).next()],
  ];
  for (const [name, call] of calls) {
    for (const wrong of WRONG) {
      await assert.rejects(
        async () => await call(wrong as never),
        (error) => {
          const what = `${name} with ${String(wrong)}: ${String(error)}`;
          assert.ok(error instanceof KgloadError, what);
          assert.match(error.code, /^(USAGE|SCHEMA_INVALID)$/, what);
          return true;
        },
      );
    }
  }
  assert.equal(existsSync(out), false);
});

function usage(): never {
  throw new KgloadError({ code: 'USAGE', message: 'these are options' });
}

/** Runs kgload with a file in the place of stdout or stderr. */
async function withStream(
  args: readonly string[],
  stream: 'stdout' | 'stderr',
  path: string,
): Promise<{ code: number | null; other: string }> {
  const handle = openSync(path, 'w');
  const child = spawn(process.execPath, [BINARY, ...onEngine(args)], {
    stdio: ['ignore', stream === 'stdout' ? handle : 'pipe', stream === 'stderr' ? handle : 'pipe'],
  });
  closeSync(handle);
  let other = '';
  (child.stdout ?? child.stderr)?.setEncoding('utf8').on('data', (text: string) => (other += text));
  return await new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, other });
    });
  });
}

describe('a full disk', { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' }, () => {
  it('behind stdout is told, with what was done', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const full = 'kgload: error: the output cannot be written: the disk is full (ENOSPC)';
    const cases: [string[], string][] = [
      [
        ['load', FIXTURE, '--db', db, '--json', '-q'],
        `${full}; loaded 27 nodes and 34 edges into ${db}\n`,
      ],
      [['stats', '--db', db], `${full}\n`],
      [['stats', '--db', db, '--verify', FIXTURE], `${full}\n`],
      [['schema', '--db', db], `${full}\n`],
      [['schema'], `${full}\n`],
      [['schema', '--help'], `${full}\n`],
      [
        ['export', join(directory, 'out'), '--db', db, '--json', '-q'],
        `${full}; wrote 27 nodes and 34 edges into ${join(directory, 'out')}\n`,
      ],
      [
        ['preprocess', FIXTURE, join(directory, 'clean'), '--json', '-q'],
        `${full}; wrote 20 files into ${join(directory, 'clean')}\n`,
      ],
      [
        ['schema', '--create', '--db', join(directory, 'new.db')],
        `${full}; created 20 tables in ${join(directory, 'new.db')}\n`,
      ],
    ];
    for (const [args, said] of cases) {
      assert.deepEqual(await withStream(args, 'stdout', '/dev/full'), { code: 1, other: said });
    }
    assert.deepEqual(query(db, 'MATCH (n) RETURN count(*) AS n'), [{ n: 27 }]);
    assert.ok(existsSync(join(directory, 'out', 'schema.cypher')));
  });

  it('behind stderr stops nothing', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const load = await withStream(['load', FIXTURE, '--db', db, '-v'], 'stderr', '/dev/full');
    assert.equal(load.code, 0);
    assert.match(load.other, /loaded 27 nodes and 34 edges/);
    const clean = join(directory, 'clean');
    assert.equal((await withStream(['preprocess', FIXTURE, clean], 'stderr', '/dev/full')).code, 0);
    assert.equal((await withStream(['stats', '--db', `${db}.no`], 'stderr', '/dev/full')).code, 2);
  });
});

it('a directory for working files that is none is named', async (t) => {
  const directory = scratch(t);
  const db = join(directory, 'graph.db');
  assert.equal((await kgload(['load', FIXTURE, '--db', db, '-q'])).code, 0);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const dataset = fixtureCopy(directory);
  const cases = { [join(directory, 'no')]: 'does not exist', [file]: 'cannot be written: a part' };
  for (const [TMPDIR, why] of Object.entries(cases)) {
    for (const args of [
      ['load', dataset, '--db', db, '--append', '--dry-run'],
      ['schema', '--db', db],
    ]) {
      const { code, stderr } = await kgload(args, { env: { TMPDIR } });
      assert.equal(code, 2);
      assert.ok(
        stderr.startsWith(`kgload: error: the directory for working files, ${TMPDIR}, ${why}`),
        stderr,
      );
      assert.match(stderr, /TMPDIR=/);
    }
    // Where none are needed it does not matter.
    const { code } = await kgload(['stats', '--db', db], { env: { TMPDIR } });
    assert.equal(code, 0);
  }
});

it('a path with a slash at its end is no database, whatever is done with it', async (t) => {
  const directory = scratch(t);
  const db = `${join(directory, 'graph.db')}/`;
  for (const args of [
    ['load', FIXTURE, '--db', db],
    ['load', FIXTURE, '--db', db, '--dry-run'],
    ['stats', '--db', db],
    ['schema', '--db', db],
    ['schema', '--create', '--db', db],
    ['export', join(directory, 'out'), '--db', db],
  ]) {
    const { code, json } = await kgloadJson(args);
    assert.deepEqual([code, json.errors[0]?.code], [2, 'TARGET_NOT_A_DATABASE']);
  }
});

it('a damaged file is named where a schema is inferred', async (t) => {
  const dataset = join(scratch(t), 'dataset');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const rows = Array.from({ length: 500 }, (_, i) => ({ code: `code number ${i}` }));
  const file = join(dataset, 'nodes', 'things.parquet');
  await writeParquet(file, { code: 'UTF8' }, rows);
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4, 400); // The first page's header and data; the footer is whole.
  writeFileSync(file, bytes);
  for (const args of [
    ['schema', dataset, '--schema', 'infer'],
    ['load', dataset, '--schema', 'infer', '--db', join(dataset, 'x.db')],
  ]) {
    const { code, json } = await kgloadJson(args);
    assert.equal(code, 2);
    assert.equal(json.errors[0]?.code, 'PARQUET_UNREADABLE');
    assert.match(
      json.errors[0].message,
      /^nodes\/things\.parquet cannot be read to infer a schema: /,
    );
  }
});
