/** Every JSON document that a command prints, against its schema in docs/json/. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  BINARY,
  ENGINE,
  ENVIRONMENT,
  execute,
  FIXTURE,
  fixtureCopy,
  kgload,
  kgloadJson,
  loadFixture,
  onEngine,
  ROOT,
  scratch,
  type CommandJson,
  type Run,
} from './helpers.js';

const SCHEMAS = join(ROOT, 'docs', 'json');

/** Documents may gain names; here one that no schema knows is a fault. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([name, part]: [string, unknown]) => [
    name,
    name === 'if' ? part : closed(part),
  ]);
  const known = Object.fromEntries(parts) as Record<string, unknown>;
  return known['type'] === 'object' && 'properties' in known
    ? { ...known, additionalProperties: false }
    : known;
}

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
});
const validators = new Map<string, ValidateFunction>();

function read(name: string): object {
  return closed(JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8'))) as object;
}

/** That a document is what its schema says, and has what all of them have. */
function check(name: string, json: CommandJson): void {
  const validate = validators.get(name);
  assert.ok(validate, name);
  assert.ok(validate(json), `${name}: ${ajv.errorsText(validate.errors)}`);
}

async function document(
  name: string,
  args: readonly string[],
): Promise<Run & { json: CommandJson }> {
  const run = await kgloadJson(args);
  check(name, run.json);
  return run;
}

describe('the JSON of a command is what its schema says', { concurrency: 2 }, () => {
  before(() => {
    ajv.addSchema(read('common.schema.json'), 'common.schema.json');
    for (const file of readdirSync(SCHEMAS)) {
      const name = file.replace('.schema.json', '');
      if (name !== 'common') validators.set(name, ajv.compile(read(file)));
    }
  });

  it('where all of it works', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const out = join(directory, 'out');
    const load = await document('load', ['load', FIXTURE, '--db', db]);
    const database = {
      path: db,
      engine: ENGINE,
      version: ENGINE === 'kuzu' ? '0.11.3' : '0.19.1',
      storage_version: ENGINE === 'kuzu' ? 39 : 43,
      bytes: statSync(db).size,
    };
    assert.deepEqual([load.json['database'], load.json['dataset']], [database, FIXTURE]);
    const dry = await document('load', ['load', FIXTURE, '--db', db, '--fresh', '--dry-run']);
    assert.ok('plan' in dry.json);
    execute(db, "MATCH (f:Function) WHERE f.id = 'f1' SET f.name = 'another'");
    for (const more of [['--dry-run'], [], []]) {
      const update = ['load', FIXTURE, '--db', db, '--update', '--delete-missing', ...more];
      const { code, json } = await document('load', update);
      assert.deepEqual([code, json.published], [0, more.length === 0]);
      assert.equal(Object.keys(json['changes'] as object).length, 20);
    }
    database.bytes = statSync(db).size;
    const stats = await document('stats', ['stats', '--db', db, '--degrees']);
    assert.deepEqual(stats.json['database'], database);
    assert.deepEqual(stats.json['node_rows'], stats.json.nodes);
    for (const [name, ...args] of [
      ['verify', 'stats', '--db', db, '--verify', FIXTURE],
      ['export', 'export', out, '--db', db],
      ['schema', 'schema', '--db', db],
      ['create', 'schema', '--create', '--db', db],
      ['query', 'query', 'MATCH (f:File)-[c]->(g) RETURN f, c, g', '--db', db],
      ['ask', 'ask', 'callers', 'price_of', '--depth', '2', '--db', db],
    ] as const) {
      const { code, json } = await document(name, args);
      assert.equal(code, 0);
      assert.deepEqual(json['database'], database);
    }
    await document('preprocess', ['preprocess', FIXTURE, join(directory, 'clean')]);
    const sources = join(ROOT, 'fixtures', 'languages', 'python');
    const analysis = await document('analyze', ['analyze', sources, join(directory, 'analysed')]);
    assert.deepEqual([analysis.code, analysis.json['root']], [0, sources]);
    const both = await document('load', [
      'load',
      sources,
      '--analyze',
      '--db',
      join(directory, 'both.db'),
    ]);
    assert.deepEqual(Object.keys(both.json['analysis'] as object), [
      ...Object.keys(analysis.json).filter((name) => name !== 'dataset'),
    ]);
    await document('schema', ['schema']);
    await document('schema', ['schema', '--format', 'mermaid']);
    await document('completion', ['completion', 'fish']);
    await document('example', ['example', join(directory, 'example')]);
  });

  it('of a schema with all that there is, and it is read back', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(
      db,
      'CREATE NODE TABLE Person(name STRING PRIMARY KEY, age INT64 DEFAULT 7)',
      'CREATE NODE TABLE City(name STRING PRIMARY KEY)',
      'CREATE REL TABLE Knows(FROM Person TO Person, FROM Person TO City, since DATE, MANY_ONE)',
      'CREATE SEQUENCE S START 3',
    );
    const { json } = await document('schema', ['schema', '--db', db]);
    const file = join(directory, 'schema.json');
    writeFileSync(file, JSON.stringify(json));
    const again = await document('schema', ['schema', '--schema', file]);
    const { database, ...rest } = json;
    assert.deepEqual(again.json, rest);
    assert.equal((database as { path: string }).path, db);
  });

  it('where something fails', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const dataset = fixtureCopy(directory);
    await loadFixture(db);
    cpSync(join(ROOT, 'fixtures/spoiled/calls.parquet'), join(dataset, 'edges/calls.parquet'));
    rmSync(join(dataset, 'edges/inherits.parquet'));
    writeFileSync(join(dataset, 'nodes/classes.parquet'), 'none');
    const load = await document('load', ['load', dataset, '--db', db, '--fresh']);
    assert.deepEqual([load.code, load.json.published], [1, false]);
    assert.ok(load.json.warnings.length > 0);
    const bad = load.json['bad_rows'] as { examples: string[] }[];
    assert.deepEqual(
      bad.map(({ examples }) => examples),
      [['f3 → null'], ['f1 → gone']],
    );
    const skipped = await document('load', [
      ...['load', dataset, '--db', db, '--fresh', '--skip-bad-rows', '--on-error', 'continue'],
    ]);
    assert.deepEqual([skipped.code, skipped.json.published], [1, true]);
    const verify = await document('verify', ['stats', '--db', db, '--verify', FIXTURE]);
    assert.deepEqual([verify.code, verify.json['identical']], [1, false]);
  });

  it('where it is refused, and where its arguments are wrong', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'no.db');
    const none = join(directory, 'none');
    const calls: [string, string[]][] = [
      ['load', ['load', none, '--db', db]],
      ['stats', ['stats', '--db', db]],
      ['verify', ['stats', '--db', db, '--verify', FIXTURE]],
      ['export', ['export', none, '--db', db]],
      ['preprocess', ['preprocess', none, join(directory, 'clean')]],
      ['schema', ['schema', '--db', db]],
      ['schema', ['schema', none, '--schema', 'infer']],
      ['create', ['schema', '--create', '--db', db, '--schema', none]],
      ['example', ['example', FIXTURE]],
      ['query', ['query', 'RETURN x', '--db', db]],
      ['ask', ['ask', 'callers', 'nobody', '--db', db]],
      ['analyze', ['analyze', none, join(directory, 'analysed')]],
    ];
    for (const [name, args] of calls) {
      const { code, json } = await document(name, args);
      assert.deepEqual([code, json.errors.length], [2, 1], args.join(' '));
      assert.notEqual(json.errors[0]?.code, 'USAGE');
      if (args.includes('--db')) {
        assert.deepEqual(json['database'], {
          path: db,
          engine: null,
          version: null,
          storage_version: null,
          bytes: null,
        });
      }
      const wrong = await document(name, [...args, '--nonsense']);
      assert.deepEqual(wrong.json, {
        errors: [{ code: 'USAGE', message: "unknown option '--nonsense'" }],
        warnings: [],
      });
      assert.equal(wrong.code, 2);
    }
    await document('completion', ['completion', 'tcsh']);
    for (const form of [['--format', 'json'], ['--format=json']]) {
      const { stdout } = await kgload(['load', FIXTURE, ...form]);
      check('load', JSON.parse(stdout) as CommandJson);
    }
  });

  it('where a signal ends it', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    const calls: [string, string[]][] = [
      ['load', ['load', FIXTURE, '--db', db, '--fresh']],
      ['verify', ['stats', '--db', db, '--verify', FIXTURE]],
      ['export', ['export', join(directory, 'out'), '--db', db]],
      ['preprocess', ['preprocess', FIXTURE, join(directory, 'clean')]],
      ['schema', ['schema', FIXTURE]],
      ['create', ['schema', '--create', '--db', join(directory, 'new.db')]],
    ];
    for (const [name, args] of calls) {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        const { stdout, end } = await interrupted(t, args, signal);
        assert.equal(end, signal, name); // Which a shell tells as 130 or 143.
        const json = JSON.parse(stdout) as CommandJson;
        check(name, json);
        assert.deepEqual(
          json.errors.map(({ code }) => code),
          ['INTERRUPTED'],
        );
      }
    }
    assert.equal((await kgload(['stats', '--db', db, '--verify', FIXTURE])).code, 0);
  });
});

/** A run that is interrupted while its engine's process waits for the schema: from a pipe. */
async function interrupted(
  t: TestContext,
  args: readonly string[],
  signal: NodeJS.Signals,
): Promise<{ stdout: string; end: NodeJS.Signals | null }> {
  const pipe = join(scratch(t), 'schema');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const child = spawn(process.execPath, [BINARY, ...onEngine(args), '--schema', pipe, '--json'], {
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const writer = await open(pipe, 'w'); // When the other side reads.
  child.kill(signal);
  const end = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_code, by) => {
      resolve(by);
    });
  });
  await writer.close();
  return { stdout, end };
}
