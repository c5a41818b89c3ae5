/** What `load --update` leaves alone: what the dataset does not name. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, query } from './helpers.js';
import type { Edge, NodeTable, Text } from './updatemodel.js';
import { edges, edgeTable, nodes, nodeTable, startSteps } from './updaterun.js';

const A: NodeTable = {
  ...nodeTable('A', {
    name: 'STRING',
    size: 'INT64',
    text: 'STRING',
    kind: 'STRING',
    tags: 'STRING[]',
  }),
  defaults: { kind: 'plain' },
};
const B = nodeTable('B', { name: 'STRING' });
const R = edgeTable('R', [['A', 'B']], { w: 'INT64' });
const TABLES = [A, B, R];

function row(name: string, more: Record<string, Text> = {}): Record<string, Text> {
  return { name, size: '1', text: `text of ${name}`, kind: 'k', tags: '[x,y]', ...more };
}

const FIRST = {
  nodes: [
    nodes('A', { a: row('a'), b: row('b'), c: row('c', { text: null, tags: null }) }),
    nodes('B', { x: { name: 'X' }, y: { name: 'Y' } }),
  ],
  edges: [
    edges(
      'R',
      ['A', 'B'],
      [
        ['a', 'x', { w: '1' }],
        ['b', 'y', { w: '2' }],
        ['c', 'y', { w: '3' }],
      ],
    ),
  ],
};

function columnsOf(db: string, table: string): unknown[] {
  return query(db, `CALL table_info('${table}') RETURN *`).map((column) => [
    column['name'],
    column['type'],
    column['default expression'],
    column['primary key'],
  ]);
}

describe('an update leaves alone', () => {
  it('properties of others, tables of others, and the order of properties', (t) => {
    const { step, db, hold, content } = startSteps(t, TABLES);
    step(FIRST);
    execute(
      db,
      'ALTER TABLE A ADD vector FLOAT[2]',
      "ALTER TABLE A ADD note STRING DEFAULT 'none'",
      'ALTER TABLE R ADD since DATE',
      "MATCH (n:A) SET n.note = 'note of ' + n.id",
      "MATCH (n:A) WHERE n.id <> 'b' SET n.vector = CAST([0.5, 1.5] AS FLOAT[2])",
      "MATCH (:A {id: 'a'})-[r:R]->() SET r.since = date('2020-01-02')",
      'CREATE NODE TABLE Own(id INT64 PRIMARY KEY, v STRING)',
      'CREATE REL TABLE OwnR(FROM Own TO A, FROM A TO A, v STRING)',
      "CREATE (:Own {id: 1, v: 'mine'})",
      "MATCH (o:Own), (n:A) CREATE (o)-[:OwnR {v: 'to ' + n.id}]->(n)",
      'MATCH (n:A), (m:A) CREATE (n)-[:OwnR {v: n.id + m.id}]->(m)',
    );
    const before = ['A', 'B', 'R', 'Own', 'OwnR'].map((table) => columnsOf(db, table));
    const now = content();
    const own = (from: string, fromKey: string, toKey: string, v: string) => ({
      from,
      to: 'A',
      fromKey,
      toKey,
      props: { v },
    });
    const vector = { a: '[0.500000,1.500000]', b: null, c: '[0.500000,1.500000]' };
    hold(
      [
        {
          ...A,
          types: { ...A.types, vector: 'FLOAT[2]', note: 'STRING' },
          defaults: { ...A.defaults, note: 'none' },
        },
        B,
        { ...R, types: { ...R.types, since: 'DATE' } },
        nodeTable('Own', { v: 'STRING' }, 'INT64'),
        edgeTable(
          'OwnR',
          [
            ['Own', 'A'],
            ['A', 'A'],
          ],
          { v: 'STRING' },
        ),
      ],
      {
        nodes: new Map([
          ...now.nodes,
          [
            'A',
            new Map(
              [...(now.nodes.get('A') ?? [])].map(([key, props]) => [
                key,
                { ...props, note: `note of ${key}`, vector: vector[key as 'a'] },
              ]),
            ),
          ],
          ['Own', new Map([['1', { v: 'mine' }]])],
        ]),
        edges: new Map<string, Edge[]>([
          [
            'R',
            (now.edges.get('R') ?? []).map((edge) => ({
              ...edge,
              props: { ...edge.props, since: edge.fromKey === 'a' ? '2020-01-02' : null },
            })),
          ],
          [
            'OwnR',
            ['a', 'b', 'c'].flatMap((m) => [
              own('Own', '1', m, `to ${m}`),
              ...['a', 'b', 'c'].map((n) => own('A', n, m, n + m)),
            ]),
          ],
        ]),
      },
    );
    // A text in the middle changes, a row is new, a list changes.
    const second = {
      ...FIRST,
      nodes: [
        nodes('A', {
          a: row('a', {
            text: 'another text that is longer than before, and elsewhere '.repeat(9),
          }),
          b: row('b', { name: null, tags: '[z]' }),
          c: row('c', { text: 'now', tags: null }),
          d: row('d'),
        }),
        ...FIRST.nodes.slice(1),
      ],
    };
    const { changes } = step(second);
    assert.deepEqual(changes?.['A']?.properties, { name: 1, text: 2, tags: 1 });
    assert.deepEqual(
      ['A', 'B', 'R', 'Own', 'OwnR'].map((table) => columnsOf(db, table)),
      before,
    );
    step(second);
    // b goes, with the edges of all; what stays, stays.
    const third = {
      ...second,
      nodes: [nodes('A', { a: row('a'), c: row('c'), d: row('d') }), ...FIRST.nodes.slice(1)],
      edges: [
        edges(
          'R',
          ['A', 'B'],
          [
            ['a', 'x', { w: '1' }],
            ['c', 'y', { w: '4' }],
          ],
        ),
      ],
    };
    step(third, { deletions: 'all' });
    assert.deepEqual(
      ['A', 'B', 'R', 'Own', 'OwnR'].map((table) => columnsOf(db, table)),
      before,
    );
  });

  it('properties that have no column, and tables that have no file', (t) => {
    const { step } = startSteps(t, TABLES);
    step(FIRST);
    // New rows take the defaults; those that are there keep what they have.
    const { changes } = step({ nodes: [nodes('A', { a: { name: 'other' }, d: { name: 'd' } })] });
    assert.deepEqual(Object.keys(changes ?? {}), ['A']);
    step({ nodes: [nodes('A', { a: { name: 'other' }, d: { name: 'd' } })] }, { deletions: 'all' });
    step({
      nodes: [nodes('B', { x: { name: null }, y: { name: 'Y' } })],
      edges: [edges('R', ['A', 'B'], [['a', 'y']])],
    });
    step({ nodes: [nodes('B', { y: {} })], edges: [] }, { deletions: 'all' });
  });
});
