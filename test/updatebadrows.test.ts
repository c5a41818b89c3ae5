/** `load --update` of rows that can't be loaded: they keep their table from it, or are left out and told. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execute, kgloadJson, query } from './helpers.js';
import { writeDataset } from './updategraph.js';
import type { EdgeTable, Files, NodeFile } from './updatemodel.js';
import { edges, edgeTable, nodes, nodeTable, stamp, startSteps, type Steps } from './updaterun.js';

const A = nodeTable('A', { name: 'STRING' }, 'INT64');
const R = edgeTable('R', [['A', 'A']], { w: 'INT64' });

function rows(...list: [key: string | null, name: string | null][]): NodeFile {
  return nodes(
    'A',
    list.map(([key, name]) => ({ key, props: { name } })),
  );
}

/** What `--bad-rows` writes, sorted. */
async function listed(
  { db, dataset, directory }: Steps,
  ...flags: string[]
): Promise<{ code: number | null; lines: string[]; codes: string[] }> {
  const path = join(directory, 'bad.jsonl');
  const { code, json } = await kgloadJson([
    'load',
    dataset,
    '--db',
    db,
    '--update',
    '--bad-rows',
    path,
    ...flags,
  ]);
  const text = readFileSync(path, 'utf8').trimEnd();
  return {
    code,
    codes: json.errors.map((error) => error.code),
    lines:
      text === ''
        ? []
        : text
            .split('\n')
            .map((line) => JSON.stringify(JSON.parse(line)))
            .sort(),
  };
}

const FIVE = rows(['1', 'a'], ['2', 'b'], ['3', 'c'], ['4', 'd'], ['5', 'e']);

describe('bad rows of nodes', () => {
  it('without a key, and with the key of an earlier row, in one file and over part files', async (t) => {
    const steps = startSteps(t, [A, R]);
    steps.step({ nodes: [FIVE] });
    const spoiled: Partial<Files> = {
      nodes: [
        rows(['1', 'A'], [null, 'x'], ['1', 'B'], ['2', 'b'], ['2', 'b'], ['6', 'f'], ['6', 'g']),
        rows(['2', 'z'], ['3', 'C'], [null, null], ['6', 'f'], ['7', 'h']),
        rows(['7', 'i'], ['3', 'c']),
      ],
    };
    const before = stamp(steps.db);
    steps.step(spoiled);
    assert.equal(stamp(steps.db), before);
    const strict = await listed(steps);
    assert.equal(strict.code, 1);
    assert.deepEqual(new Set(strict.codes), new Set(['NULL_KEY', 'DUPLICATE_KEY']));
    const few = await listed(steps, '--skip-bad-rows', '--max-bad-rows', '8');
    assert.deepEqual([few.code, few.codes], [1, ['TOO_MANY_BAD_ROWS']]);
    assert.equal(stamp(steps.db), before);
    const bad = (file: number, reason: string, key: number | null): string =>
      JSON.stringify({ table: 'A', file: `nodes/A/part-00${file}.parquet`, reason, key });
    const wanted = [
      bad(0, 'null_key', null),
      bad(0, 'duplicate_key', 1),
      bad(0, 'duplicate_key', 2),
      bad(0, 'duplicate_key', 6),
      bad(1, 'null_key', null),
      bad(1, 'duplicate_key', 2),
      bad(1, 'duplicate_key', 6),
      bad(2, 'duplicate_key', 7),
      bad(2, 'duplicate_key', 3),
    ].sort();
    assert.deepEqual(few.lines, wanted);
    const { changes } = steps.step(spoiled, { skip: true });
    assert.deepEqual(changes?.['A'], {
      inserted: 2,
      updated: 2,
      deleted: 0,
      unchanged: 1,
      before: 5,
      after: 7,
      properties: { name: 2 },
    });
    const again = await listed(steps, '--skip-bad-rows');
    assert.deepEqual([again.code, again.lines], [0, wanted]);
    steps.step(spoiled, { skip: true, deletions: 'all' });
  });

  it('that are the same as others, or as the table has them, are bad too', (t) => {
    const { step } = startSteps(t, [A, R]);
    step({ nodes: [FIVE] });
    const same = { nodes: [rows(['1', 'a'], ['1', 'a'], ['9', 'n'], ['9', 'n'], ['2', 'b'])] };
    const { changes, badRows } = step(same, { skip: true });
    assert.deepEqual(changes?.['A'], {
      inserted: 1,
      updated: 0,
      deleted: 0,
      unchanged: 2,
      before: 5,
      after: 6,
    });
    assert.deepEqual(
      badRows.map(({ reason, rows: n, examples }) => [reason, n, examples]),
      [['duplicate_key', 2, ['1', '9']]],
    );
  });
});

describe('bad rows of edges', () => {
  it('without an endpoint, to nowhere, and to a node that this update deletes', async (t) => {
    const steps = startSteps(t, [A, R]);
    const all: [string, string, { w: string }][] = [
      ['1', '2', { w: '1' }],
      ['2', '3', { w: '1' }],
      ['5', '4', { w: '1' }],
    ];
    steps.step({ nodes: [FIVE], edges: [edges('R', ['A', 'A'], all)] });
    const four = rows(['1', 'a'], ['2', 'b'], ['3', 'c'], ['4', 'd'], ['6', 'f']);
    const files = {
      nodes: [four],
      edges: [
        edges(
          'R',
          ['A', 'A'],
          [
            ...all,
            [null, '1', {}],
            ['1', null, {}],
            ['1', '99', { w: '1' }],
            ['6', '5', { w: '2' }],
            ['6', '1', { w: '2' }],
          ],
        ),
      ],
    };
    const before = stamp(steps.db);
    steps.step(files, { deletions: 'all' });
    assert.equal(stamp(steps.db), before);
    const strict = await listed(steps, '--delete-missing');
    assert.deepEqual(
      [strict.code, strict.codes.sort()],
      [1, ['MISSING_ENDPOINT', 'NULL_ENDPOINT']],
    );
    const bad = (reason: string, from: number | null, to: number | null): string =>
      JSON.stringify({ table: 'R', file: 'edges/R.parquet', reason, from, to });
    assert.deepEqual(
      strict.lines,
      [
        bad('null_endpoint', null, 1),
        bad('null_endpoint', 1, null),
        bad('missing_endpoint', 1, 99),
        bad('missing_endpoint', 6, 5),
        bad('missing_endpoint', 5, 4),
      ].sort(),
    );
    const { changes } = steps.step(files, { deletions: 'all', skip: true });
    assert.deepEqual(changes?.['R'], {
      inserted: 1,
      updated: 0,
      deleted: 1,
      unchanged: 2,
      before: 3,
      after: 3,
    });
  });
});

describe('edges beyond their multiplicity', () => {
  const limited = (multiplicity: EdgeTable['multiplicity']) =>
    edgeTable('R', [['A', 'A']], { w: 'INT64' }, multiplicity);
  const give = (...list: [string, string, string][]): Partial<Files> => ({
    nodes: [FIVE],
    edges: [
      edges(
        'R',
        ['A', 'A'],
        list.map(([from, to, w]) => [from, to, { w }]),
      ),
    ],
  });

  it('are bad where the table keeps the one there is, and take its place where it goes', (t) => {
    const { step, db } = startSteps(t, [A, limited('MANY_ONE')]);
    step(give(['1', '2', '1'], ['2', '2', '1']));
    const before = stamp(db);
    // Moved, and another property: without deletions each is a second edge.
    const moved = give(['1', '3', '1'], ['2', '2', '5'], ['3', '2', '1']);
    assert.deepEqual(
      step(moved).errors.map(({ code, message }) => [code, message]),
      [
        [
          'MULTIPLICITY',
          'R failed: edges/R.parquet has 2 rows with a node that has its one edge already: 1 → 3, 2 → 2',
        ],
      ],
    );
    assert.equal(stamp(db), before);
    assert.deepEqual(step(moved, { skip: true }).changes?.['R'], {
      inserted: 1,
      updated: 0,
      deleted: 0,
      unchanged: 0,
      before: 2,
      after: 3,
    });
    assert.deepEqual(step(moved, { deletions: 'all' }).changes?.['R'], {
      inserted: 2,
      updated: 0,
      deleted: 2,
      unchanged: 1,
      before: 3,
      after: 3,
    });
    step(moved, { deletions: 'all' });
  });

  it('of several the first stays, also of the same ones, over part files', (t) => {
    for (const multiplicity of ['MANY_ONE', 'ONE_MANY', 'ONE_ONE'] as const) {
      const { step } = startSteps(t, [A, limited(multiplicity)]);
      const files = {
        nodes: [FIVE],
        edges: [
          edges(
            'R',
            ['A', 'A'],
            [
              ['1', '2', { w: '1' }],
              ['1', '2', { w: '1' }],
              ['1', '3', { w: '1' }],
              ['4', '2', { w: '1' }],
            ],
          ),
          edges(
            'R',
            ['A', 'A'],
            [
              ['1', '2', { w: '1' }],
              ['99', '5', { w: '1' }],
              ['3', '5', { w: '1' }],
              ['3', '4', { w: '2' }],
              ['2', '5', { w: '1' }],
            ],
          ),
        ],
      };
      step(files, { skip: true });
      step(files, { skip: true });
      step(files, { skip: true, deletions: 'all' });
    }
  });
});

describe('a table that fails', () => {
  it('keeps all others from being changed, but not with --on-error continue', async (t) => {
    const B = nodeTable('B', {});
    const tables = [A, B, R];
    const steps = startSteps(t, tables);
    const { db, dataset } = steps;
    steps.step({
      nodes: [FIVE, nodes('B', { x: {} })],
      edges: [edges('R', ['A', 'A'], [['1', '2', { w: '1' }]])],
    });
    const before = stamp(db);
    const files = {
      nodes: [rows(['1', 'new'], ['1', 'other'], ['6', 'f']), nodes('B', { y: {} })],
      edges: [edges('R', ['A', 'A'], [['3', '4', { w: '1' }]])],
    };
    writeDataset(dataset, tables, files);
    for (const flags of [[], ['--on-error', 'abort']]) {
      const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--update', ...flags]);
      assert.deepEqual([code, json.published], [1, false]);
      assert.equal(stamp(db), before);
    }
    const { code, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--update',
      '--on-error',
      'continue',
    ]);
    assert.deepEqual(
      [code, json.published, json.errors.map((error) => [error.code, error.table])],
      [
        1,
        true,
        [
          ['DUPLICATE_KEY', 'A'],
          ['NODES_FAILED', 'R'],
        ],
      ],
    );
    assert.deepEqual(query(db, 'MATCH (n:B) RETURN n.id AS id ORDER BY id'), [
      { id: 'x' },
      { id: 'y' },
    ]);
    assert.deepEqual(
      query(db, "MATCH (n:A) WHERE n.name = 'new' OR n.id > 5 RETURN n.id AS id"),
      [],
    );
    assert.deepEqual(query(db, 'MATCH ()-[r:R]->() RETURN count(*) AS n'), [{ n: 1 }]);
    execute(db, "CREATE (:B {id: 'z'})");
  });
});
