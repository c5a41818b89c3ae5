/** `load --update`: what is new is added, what differs is changed, and the rest is left alone. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { kgload, kgloadJson, scratch } from './helpers.js';
import { runSeed } from './updaterandom.js';
import { edges, edgeTable, nodes, nodeTable, stamp, startSteps } from './updaterun.js';

const A = nodeTable('A', { name: 'STRING', size: 'INT64' });
const R = edgeTable('R', [['A', 'A']], { w: 'INT64' });

const THREE = {
  a: { name: 'first', size: '1' },
  b: { name: 'second', size: '2' },
  c: { name: null, size: null },
};

describe('an update', () => {
  it('inserts, changes and adds, deletes nothing, and writes nothing the second time', (t) => {
    const { step, db } = startSteps(t, [A, R]);
    const first = {
      nodes: [nodes('A', THREE)],
      edges: [edges('R', ['A', 'A'], [['a', 'b', { w: '1' }]])],
    };
    step(first);
    const before = stamp(db);
    assert.deepEqual(step(first).changes?.['A'], {
      inserted: 0,
      updated: 0,
      deleted: 0,
      unchanged: 3,
      before: 3,
      after: 3,
    });
    assert.equal(stamp(db), before);
    const long = 'a name that is too long to be kept in the row itself '.repeat(40);
    const { changes, published } = step({
      nodes: [
        nodes('A', {
          b: { name: long, size: '2' },
          c: { name: 'third', size: null },
          d: { name: 'new', size: '4' },
        }),
      ],
      edges: [
        edges(
          'R',
          ['A', 'A'],
          [
            ['a', 'b', { w: '2' }],
            ['d', 'a', { w: null }],
          ],
        ),
      ],
    });
    assert.equal(published, true);
    assert.deepEqual(changes, {
      A: {
        inserted: 1,
        updated: 2,
        deleted: 0,
        unchanged: 0,
        before: 3,
        after: 4,
        properties: { name: 2 },
      },
      R: { inserted: 2, updated: 0, deleted: 0, unchanged: 0, before: 1, after: 3 },
    });
    // Values become NULL, and NULL values.
    step({
      nodes: [
        nodes('A', {
          a: { name: null, size: '0' },
          b: { name: 'second', size: null },
          c: { name: '', size: '3' },
        }),
      ],
      edges: [],
    });
  });

  it('counts parallel edges', (t) => {
    const { step } = startSteps(t, [A, R]);
    const all = [nodes('A', THREE)];
    const times = (n: number, w: string): [string, string, { w: string }][] =>
      Array.from({ length: n }, () => ['a', 'b', { w }]);
    const give = (n: number, m: number) => ({
      nodes: all,
      edges: [
        edges('R', ['A', 'A'], [...times(n, '1'), ...times(m, '2'), ['b', 'c', { w: null }]]),
      ],
    });
    step(give(1, 2));
    assert.deepEqual(step(give(3, 2)).changes?.['R'], {
      inserted: 2,
      updated: 0,
      deleted: 0,
      unchanged: 4,
      before: 4,
      after: 6,
    });
    step(give(3, 2));
    assert.deepEqual(step(give(1, 1)).changes?.['R'], {
      inserted: 0,
      updated: 0,
      deleted: 0,
      unchanged: 3,
      before: 6,
      after: 6,
    });
    assert.deepEqual(step(give(1, 1), { deletions: 'all' }).changes?.['R'], {
      inserted: 0,
      updated: 0,
      deleted: 3,
      unchanged: 3,
      before: 6,
      after: 3,
    });
    step(give(0, 3), { deletions: 'all' });
    step(give(2, 0), { deletions: 'all' });
  });

  it('takes part files, and edges of several files as one', (t) => {
    const { step } = startSteps(t, [A, R]);
    const part = (rows: Parameters<typeof nodes>[1]) => nodes('A', rows);
    step({
      nodes: [
        part({ a: { name: 'x', size: '1' } }),
        part({ b: { name: 'y' } }),
        part({ c: { size: '3' } }),
      ],
      edges: [
        edges('R', ['A', 'A'], [['a', 'b', { w: '1' }]]),
        edges(
          'R',
          ['A', 'A'],
          [
            ['a', 'b', { w: '1' }],
            ['b', 'c', {}],
          ],
        ),
      ],
    });
    // The column that a file lacks is NULL, as in a load.
    step(
      {
        nodes: [part({ b: { name: 'y' } }), part({ a: { size: '2' } })],
        edges: [
          edges('R', ['A', 'A'], [['a', 'b', {}]]),
          edges(
            'R',
            ['A', 'A'],
            [
              ['a', 'b', { w: '1' }],
              ['a', 'b', { w: '1' }],
            ],
          ),
        ],
      },
      { deletions: 'all' },
    );
  });

  it('of a database that is not there, or has no tables, or no rows, is a load', async (t) => {
    const { step, dataset, directory } = startSteps(t, [A, R]);
    step({ nodes: [nodes('A', THREE)], edges: [edges('R', ['A', 'A'], [['a', 'b', { w: '1' }]])] });
    const db = `${directory}/new.db`;
    const { code, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--update',
      '--delete-missing',
    ]);
    assert.deepEqual([code, json.total_nodes, json.total_edges], [0, 3, 1]);
    const verify = await kgload(['stats', '--db', db, '--verify', dataset]);
    assert.equal(verify.code, 0, verify.stdout + verify.stderr);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db', 'new.db']);
  });

  it('of random graphs is what a model says', (t) => {
    for (const seed of [1, 7]) assert.deepEqual(runSeed(seed, 4, scratch(t)), []);
  });
});
