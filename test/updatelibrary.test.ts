/** Updates by the library: options, events, schemas that grow, and databases that others have open. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { dryRun, KgloadError, load, loadFromParquetSync, type LoadReport } from '../src/index.js';
import { ENGINE, query } from './helpers.js';
import { readContent, writeDataset } from './updategraph.js';
import type { Files } from './updatemodel.js';
import { edges, edgeTable, nodes, nodeTable, stamp, startSteps, type Steps } from './updaterun.js';

const A = nodeTable('A', { name: 'STRING' });
const R = edgeTable('R', [['A', 'A']]);
const FILES: Files = {
  nodes: [nodes('A', { a: { name: 'x' }, b: { name: 'y' }, c: { name: 'z' } })],
  edges: [
    edges(
      'R',
      ['A', 'A'],
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
    ),
  ],
};
const NEXT: Files = {
  nodes: [nodes('A', { a: { name: 'other' }, b: { name: 'y' }, d: { name: 'new' } })],
  edges: [
    edges(
      'R',
      ['A', 'A'],
      [
        ['a', 'b'],
        ['b', 'd'],
      ],
    ),
  ],
};

function begun(t: TestContext): Steps {
  const steps = startSteps(t, [A, R]);
  steps.step(FILES);
  return steps;
}

function counts({ changes }: LoadReport): unknown {
  return Object.entries(changes ?? {}).map(([table, one]) => [
    table,
    one.inserted,
    one.updated,
    one.deleted,
    one.unchanged,
  ]);
}

const ALL = { update: true, deleteMissing: true, maxDeletions: '100%', engine: ENGINE } as const;

describe('an update by the library', () => {
  it('says beforehand what it does, tells of its steps, and does it', async (t) => {
    const { db, dataset, directory } = begun(t);
    writeDataset(dataset, [A, R], NEXT);
    const before = stamp(db);
    const planned = await dryRun(db, dataset, ALL);
    assert.deepEqual([planned.published, stamp(db)], [false, before]);
    const events: string[] = [];
    const report = await load(db, dataset, {
      ...ALL,
      onEvent: (event) =>
        events.push(
          event.type === 'finished' ? `finished ${event.table} ${event.rows}` : event.type,
        ),
    });
    assert.deepEqual(counts(report), [
      ['A', 1, 1, 1, 1],
      ['R', 1, 0, 1, 1],
    ]);
    assert.deepEqual(counts(planned), counts(report));
    assert.deepEqual(
      events.filter((type) => type.startsWith('finished')),
      ['finished R 1', 'finished A 2'],
    );
    assert.deepEqual(planned.changes?.['R']?.examples, {
      inserted: ['b → d'],
      updated: [],
      deleted: ['b → c'],
    });
    assert.deepEqual([report.totalNodes, report.totalEdges, report.published], [2, 1, true]);
    const { content, wrong } = readContent(db, [A, R]);
    assert.deepEqual(wrong, []);
    assert.deepEqual([...(content.nodes.get('A')?.keys() ?? [])].sort(), ['a', 'b', 'd']);
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);
  });

  it('refuses options that do not go together', async (t) => {
    const { db, dataset } = begun(t);
    const before = stamp(db);
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ deleteMissing: true }, /deleteMissing is for updates/],
      [{ deleteMissingBy: 'name' }, /deleteMissing is for updates/],
      [{ update: true, append: true }, /update and append cannot be asked for together/],
      [{ update: true, fresh: true }, /update and fresh cannot be asked for together/],
      [
        { update: true, deleteMissing: true, deleteMissingBy: 'name' },
        /deletes all that deleteMissingBy would/,
      ],
      [{ update: true, maxDeletions: 3 }, /maxDeletions bounds what deleteMissing deletes/],
      [{ update: true, deleteMissing: true, maxDeletions: -1 }, /maxDeletions/],
      [{ update: true, deleteMissing: true, maxDeletions: '120%' }, /maxDeletions/],
      [{ update: 'yes' }, /the option update must be/],
      [{ update: true, deleteMissing: 1 }, /the option deleteMissing must be/],
      [{ update: true, deleteMissingBy: 7 }, /the option deleteMissingBy must be/],
    ];
    for (const [options, message] of cases) {
      const isIt = (error: unknown): boolean => {
        assert.ok(error instanceof KgloadError, JSON.stringify(options));
        assert.equal(error.code, 'USAGE');
        assert.match(error.message, message);
        return true;
      };
      await assert.rejects(load(db, dataset, options), isIt);
    }
    assert.throws(() => loadFromParquetSync(db, dataset, { update: true }), /update and fresh/);
    assert.equal(stamp(db), before);
  });

  it('creates the tables that a schema gained, and nothing else that is new', (t) => {
    const { db, dataset } = begun(t);
    const B = nodeTable('B', { v: 'INT64[]' }, 'INT64');
    const S = edgeTable(
      'S',
      [
        ['B', 'A'],
        ['A', 'B'],
      ],
      { w: 'DOUBLE' },
      'ONE_ONE',
    );
    const tables = [A, B, R, S];
    const files: Files = {
      nodes: [...FILES.nodes, nodes('B', { 1: { v: '[1,2]' }, 2: { v: null } })],
      edges: [
        ...FILES.edges,
        edges(
          'S',
          ['B', 'A'],
          [
            ['1', 'a', { w: '0.5' }],
            ['2', 'a', { w: '0.5' }],
          ],
        ),
      ],
    };
    writeDataset(dataset, tables, files);
    const report = loadFromParquetSync(db, dataset, {
      update: true,
      createNew: false,
      skipBadRows: true,
    });
    assert.deepEqual(counts(report), [
      ['A', 0, 0, 0, 3],
      ['B', 2, 0, 0, 0],
      ['R', 0, 0, 0, 2],
      ['S', 1, 0, 0, 0],
    ]);
    assert.deepEqual(
      report.badRows.map(({ reason, examples }) => [reason, examples]),
      [['multiplicity', ['2 → a']]],
    );
    const { content, wrong } = readContent(db, tables);
    assert.deepEqual(wrong, []);
    assert.deepEqual(
      content.nodes.get('B'),
      new Map([
        ['1', { v: '[1,2]' }],
        ['2', { v: null }],
      ]),
    );
    assert.deepEqual(content.edges.get('S'), [
      { from: 'B', to: 'A', fromKey: '1', toKey: 'a', props: { w: '0.500000' } },
    ]);
    const before = stamp(db);
    loadFromParquetSync(db, dataset, { update: true, createNew: false, skipBadRows: true });
    assert.equal(stamp(db), before);
  });

  it('refuses a table that is another, and a dataset that is not there', (t) => {
    const { db, dataset } = begun(t);
    const before = stamp(db);
    const other = nodeTable('A', { name: 'INT64' });
    writeDataset(dataset, [other, R], { nodes: [nodes('A', { a: { name: '1' } })], edges: [] });
    const codeOf = (): string => {
      try {
        const { errors } = loadFromParquetSync(db, dataset, { update: true, createNew: false });
        return errors.map(({ code }) => code).join();
      } catch (error) {
        return (error as KgloadError).code;
      }
    };
    assert.equal(codeOf(), 'SCHEMA_MISMATCH');
    rmSync(dataset, { recursive: true });
    assert.equal(codeOf(), 'ENOENT');
    assert.equal(stamp(db), before);
  });
});

describe('a database that others use', () => {
  it('which is written between the comparison and the copy is left to them', async (t) => {
    const { db, dataset, directory } = begun(t);
    writeDataset(dataset, [A, R], NEXT);
    const helpers = JSON.stringify(new URL('helpers.js', import.meta.url).href);
    const script = `import(${helpers}).then(({ execute }) => execute(process.argv[1], "CREATE (:A {id: 'theirs'})"))`;
    const writing = load(db, dataset, {
      ...ALL,
      onEvent: (event) => {
        if (event.type !== 'step' || event.name !== 'copy' || event.state !== 'started') return;
        const { status, stderr } = spawnSync(process.execPath, ['-e', script, db], {
          encoding: 'utf8',
        });
        assert.equal(status, 0, stderr);
      },
    });
    await assert.rejects(writing, {
      code: 'TARGET_LOCKED',
      message: /written by another process while it was read/,
    });
    assert.deepEqual(
      query(db, 'MATCH (n:A) RETURN n.id AS id ORDER BY id').map(({ id }) => id),
      ['a', 'b', 'c', 'theirs'],
    );
    assert.deepEqual(readdirSync(directory).sort(), ['dataset', 'graph.db']);
  });

  it('and what a callback throws, or a signal, leaves the database as it was', async (t) => {
    const { db, dataset, directory } = begun(t);
    writeDataset(dataset, [A, R], NEXT);
    const seen = new Set<string>();
    await load(db, dataset, { ...ALL, onEvent: ({ type }) => seen.add(type) }).then(() => {
      rmSync(db);
      rmSync(dataset, { recursive: true });
    });
    for (const type of seen) {
      const steps = begun(t);
      writeDataset(steps.dataset, [A, R], NEXT);
      const old = stamp(steps.db);
      for (const how of ['throw', 'abort'] as const) {
        const controller = new AbortController();
        const failure = new Error(type);
        let result: unknown;
        try {
          await load(steps.db, steps.dataset, {
            ...ALL,
            signal: controller.signal,
            onEvent: (event) => {
              if (event.type !== type) return;
              if (how === 'throw') throw failure;
              controller.abort(failure);
            },
          });
          result = 'done';
        } catch (error) {
          result = error;
        }
        assert.deepEqual(
          readdirSync(steps.directory).sort(),
          ['dataset', 'graph.db'],
          `${type} ${how}`,
        );
        if (result === 'done') continue;
        assert.equal(result, failure, `${type} ${how}`);
        assert.equal(stamp(steps.db), old, `${type} ${how}`);
      }
      rmSync(steps.directory, { recursive: true });
    }
    assert.equal(existsSync(join(directory, 'graph.db')), false);
  });
});
