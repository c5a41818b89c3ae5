import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import type { GraphSchema, LoadReport } from 'kgload';
import { readDataset } from '../src/dataset/dataset.js';
import { openEngine } from '../src/engine/engine.js';
import { loadDatabase } from '../src/load/load.js';
import { preprocess } from '../src/prepare/preprocess.js';
import { requestLoad } from '../src/plan/request.js';
import { withReadable } from '../src/prepare/readable.js';
import { drive, driveSync, type Row, type Steps } from '../src/engine/drive.js';
import type { Connection } from '../src/types.js';
import { ENGINE, FIXTURE, scratch, ROOT } from './helpers.js';

const MATRIX = join(FIXTURE, '..', 'matrix');
const EXPECTED = JSON.parse(readFileSync(join(MATRIX, 'expected.json'), 'utf8')) as Record<
  string,
  { type: string; values: unknown[] }
>;
const WRITERS = readdirSync(MATRIX, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Cases whose values do not fit their property; they must be refused, by name. */
const REFUSED = new Set(['timestamp_ns_fine']);

/** What became of all files; the README says it. */
const outcome = { files: 0, asTheyAre: 0, rewritten: 0, refused: 0 };

/** Nested columns are loaded, but not rewritten. */
const NESTED = new Set(['list_int', 'list_string', 'struct', 'map']);

describe('files of every writer, value by value,', () => {
  for (const writer of WRITERS) {
    it(`load: ${writer}`, async (t) => {
      const cases = casesOf(writer);
      const dataset = datasetOf(writer, cases, scratch(t));
      const { warnings } = await loadAndCompare(t, dataset, cases);
      const refused = cases.filter((name) => REFUSED.has(name)).length;
      const rewritten = warnings.filter(({ code }) => code === 'FILE_REWRITTEN').length;
      outcome.files += cases.length;
      outcome.refused += refused;
      outcome.rewritten += rewritten;
      outcome.asTheyAre += cases.length - refused - rewritten;
    });

    it(`load when they were preprocessed: ${writer}`, async (t) => {
      const directory = scratch(t);
      const cases = casesOf(writer).filter((name) => !REFUSED.has(name) && !NESTED.has(name));
      const dataset = datasetOf(writer, cases, join(directory, 'in'));
      const clean = join(directory, 'out');
      await preprocess(dataset, clean, { schema: schemaOf(cases) });
      const { warnings } = await loadAndCompare(t, clean, cases);
      // The least integer is among the values.
      assert.deepEqual(
        warnings.filter(({ code }) => code !== 'COMPRESSION_OFF'),
        [],
      );
    });
  }

  it('are refused by preprocess too where digits would be lost', async (t) => {
    const directory = scratch(t);
    const dataset = datasetOf('pyarrow', ['timestamp_ns_fine'], join(directory, 'in'));
    await assert.rejects(
      preprocess(dataset, join(directory, 'out'), { schema: schemaOf(['timestamp_ns_fine']) }),
      { code: 'COLUMN_TYPE', message: 'the column value holds nanoseconds that would be lost (1)' },
    );
    assert.deepEqual(readdirSync(directory), ['in']);
  });

  after(() => {
    const { files, asTheyAre, rewritten, refused } = outcome;
    const sentence = `Of ${files} files by ${WRITERS.length} writers, ${asTheyAre} load as they are, ${rewritten} are rewritten first, and ${refused} are refused`;
    for (const page of ['README.md', join('docs', 'types.md')]) {
      const text = readFileSync(join(ROOT, page), 'utf8').replace(/\s+/g, ' ');
      assert.ok(text.includes(sentence), `${page} should say: ${sentence}`);
    }
  });
});

function casesOf(writer: string): string[] {
  return readdirSync(join(MATRIX, writer)).map((file) => file.replace('.parquet', ''));
}

/** A dataset with a node table for every case. */
function datasetOf(writer: string, cases: readonly string[], directory: string): string {
  mkdirSync(join(directory, 'nodes'), { recursive: true });
  mkdirSync(join(directory, 'edges'));
  for (const name of cases) {
    const file = `${name}.parquet`;
    symlinkSync(join(MATRIX, writer, file), join(directory, 'nodes', file));
  }
  return directory;
}

function schemaOf(cases: readonly string[]): GraphSchema {
  return {
    nodes: cases.map((name) => ({
      name,
      file: name,
      primaryKey: 'id',
      properties: [
        { name: 'id', type: 'INT64' },
        { name: 'value', type: EXPECTED[name]?.type ?? '' },
      ],
    })),
    edges: [],
  };
}

async function loadAndCompare(
  t: TestContext,
  dataset: string,
  cases: readonly string[],
): Promise<LoadReport> {
  const db = join(scratch(t), 'graph.db');
  const schema = schemaOf(cases);
  const request = requestLoad(schema, { engine: ENGINE });
  const report = await withReadable(
    readDataset(dataset, schema),
    schema,
    request.hooks,
    (readable) => drive(loadDatabase(db, readable, request)),
  );
  const { connection, close } = openEngine(ENGINE, db, { readOnly: true });
  t.after(close);
  assert.deepEqual(
    report.errors.map(({ code, message }) => [code, message.replace(/ \(.*/s, '')]),
    cases
      .filter((name) => REFUSED.has(name))
      .map((name) => [
        'COLUMN_TYPE',
        `${name} failed: nodes/${name}.parquet has nanoseconds that would be lost in value`,
      ]),
  );
  for (const name of cases) {
    if (REFUSED.has(name)) continue;
    const { type, values } = EXPECTED[name] ?? { type: '', values: [] };
    const found = driveSync(readValues(connection, name, type));
    // layout_reordered has its rows in another order: there the values alone are compared.
    const inOrder = name !== 'layout_reordered';
    if (inOrder)
      assert.deepEqual(
        found.map(({ id }) => id),
        values.map((_, i) => i + 1),
        name,
      );
    const [actual, expected] = [
      found.map(({ value }) => canonical(value, type)),
      values.map((value) => expectation(value, type)),
    ];
    assert.deepEqual(
      inOrder ? actual : actual.sort(byText),
      inOrder ? expected : expected.sort(byText),
      name,
    );
  }
  return report;
}

function* readValues(connection: Connection, table: string, type: string): Steps<Row[]> {
  const isText = /^(U?INT64|TIMESTAMP|DATE|UUID)$/.test(type);
  const value = isText ? 'CAST(n.value AS STRING)' : 'n.value';
  return yield {
    connection,
    cypher: `MATCH (n:\`${table}\`) RETURN n.id AS id, ${value} AS value ORDER BY id`,
  };
}

/** What the engine returns, as the expectations are written. */
function canonical(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'BLOB') return Buffer.from(value as Uint8Array).toString('hex');
  if (typeof value === 'string') return withoutZeros(value, type);
  return inNumbers(value);
}

function expectation(value: unknown, type: string): unknown {
  if (typeof value === 'string') return withoutZeros(value, type);
  return inNumbers(value);
}

/** The engine leaves out the zeros at the end of a fraction of a second. */
function withoutZeros(text: string, type: string): string {
  const isTime = type === 'TIMESTAMP' || /^\d\d:\d\d:\d\d\.\d+$/.test(text);
  return isTime ? text.replace(/\.?0+$/, (zeros) => (text.includes('.') ? '' : zeros)) : text;
}

/** The engine's API returns the integers in lists, structs and maps as numbers. */
function inNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inNumbers);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inNumbers(inner)]));
  }
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
