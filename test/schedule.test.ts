/** How a plan is carried out, told by values alone; and that a load does what its dry run says. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Dataset, DatasetTable } from '../src/dataset/dataset.js';
import { planLoad } from '../src/plan/copies.js';
import { withoutTables } from '../src/plan/plan.js';
import { requestLoad, type Settings } from '../src/plan/request.js';
import { type Circumstances, idleJobs, needsOf, scheduleLoad } from '../src/plan/schedule.js';
import type { GraphSchema } from '../src/types.js';
import { ENGINE, FIXTURE, kgload, kgloadJson, scratch } from './helpers.js';

const schema: GraphSchema = {
  nodes: ['A', 'B'].map((name) => ({
    name,
    file: name,
    primaryKey: 'id',
    properties: [{ name: 'id', type: 'INT64' }],
  })),
  edges: [{ name: 'R', file: 'R', from: 'A', to: 'B', properties: [] }],
};

function datasetOf(rows: Record<string, number>): Dataset {
  const column = (name: string): object => ({
    name,
    type: 'INT64',
    meaning: { is: 'integer', bits: 64, signed: true },
    engineType: 'INT64',
    least: 0,
  });
  const tables = Object.entries(rows).map(([table, count]) => {
    const columns = (table === 'R' ? ['from', 'to'] : ['id']).map(column);
    const footer = { rows: count, rowGroups: 9, bytes: count, dataBytes: 100 * count, columns };
    const file = { path: `/d/${table}.parquet`, name: `${table}.parquet`, footer, partition: {} };
    return [table, { name: file.name, files: [file] }] as unknown as [string, DatasetTable];
  });
  return { directory: '/d', tables: new Map(tables), unknown: [], leftOut: [] };
}

const FEW = { A: 10, B: 20, R: 5 };
const MANY = { A: 1_000_000, B: 2_000_000, R: 5 };

function schedule(
  rows: Record<string, number>,
  settings: Partial<Settings> = {},
  circumstances: Partial<Circumstances> = {},
): { commit: string; jobs: number; phases: string[][]; searches: string[] } {
  const plan = scheduleLoad(
    planLoad(schema, datasetOf(rows), new Map()),
    requestLoad(schema, settings).settings,
    {
      target: 'new',
      connections: 1,
      isRoomy: true,
      isCareful: false,
      present: new Map(),
      ...circumstances,
    },
  );
  const { commit, jobs, phases } = plan.schedule;
  return {
    commit,
    jobs,
    phases: phases.map((tables) => tables.map(({ table }) => table)),
    searches: plan.schedule.phases.flat().map(({ search }) => search),
  };
}

describe('a schedule', () => {
  it('commits a small new database at once, and a large one nodes first', () => {
    assert.deepEqual(schedule(FEW), {
      commit: 'phase',
      jobs: 1,
      phases: [['A', 'B', 'R']],
      searches: ['on_repeat', 'on_repeat', 'on_repeat'],
    });
    assert.deepEqual(schedule(MANY).phases, [['A', 'B'], ['R']]);
  });

  it('begins the largest table first where several are loaded at a time', () => {
    const { commit, jobs, phases } = schedule(FEW, {}, { connections: 2 });
    assert.deepEqual([commit, jobs, phases], ['table', 2, [['B', 'A'], ['R']]]);
  });

  it('is careful once a COPY failed', () => {
    const careful = schedule(FEW, {}, { connections: 2, isCareful: true });
    assert.deepEqual(careful, {
      commit: 'table',
      jobs: 1,
      phases: [['A', 'B', 'R']],
      searches: ['before', 'before', 'before'],
    });
  });

  it('commits table by table where memory is little, bad rows are skipped, or a copy is changed', () => {
    assert.equal(schedule(FEW, {}, { isRoomy: false }).commit, 'table');
    assert.equal(schedule(FEW, {}, { target: 'copy' }).commit, 'table');
    const skipping = schedule(FEW, { badRows: { skip: true } });
    assert.deepEqual([skipping.commit, skipping.searches[0]], ['table', 'before']);
  });

  it('on a caller’s connection is one transaction for all or nothing', () => {
    const target = 'connection';
    const plain = schedule(FEW, {}, { target, present: new Map([['B', 3]]) });
    assert.deepEqual([plain.commit, plain.searches], ['table', ['after', 'before', 'after']]);
    for (const settings of [{ onError: 'abort' as const }, { badRows: { skip: false, most: 3 } }]) {
      const strict = schedule(FEW, settings, { target });
      assert.deepEqual([strict.commit, strict.searches[0]], ['load', 'before']);
    }
  });

  it('gives several connections only what memory and the engine allow, and says so', () => {
    const can = {
      title: 'Fast',
      manyWriters: true,
      readersLock: true,
      toJson: true,
      keepsOldText: false,
    };
    const machine = { bufferPool: 8e9, smallBufferPool: 1e9, jobs: 2, threads: 4 };
    const { settings } = requestLoad(schema, { jobs: 3 });
    const needs = (
      bufferPool?: number,
      manyWriters = true,
      nodeTables = 2,
    ): ReturnType<typeof needsOf> =>
      needsOf(
        datasetOf(MANY),
        nodeTables,
        { ...settings, resources: bufferPool === undefined ? {} : { bufferPool } },
        machine,
        { ...can, manyWriters },
      );
    assert.deepEqual(needs(), { bufferPool: 8e9, isRoomy: true, jobs: 3 });
    assert.deepEqual(needs(1e9), { bufferPool: 1e9, isRoomy: false, jobs: 1 }); // 300 MB of data.
    assert.equal(needs(undefined, false).jobs, 1);
    assert.deepEqual(needs(2e9, true, 600), { bufferPool: 2e9, isRoomy: true, jobs: 3 });
    assert.deepEqual(needs(2e9, true, 700), { bufferPool: 2e9, isRoomy: false, jobs: 1 });
    const why = (isExisting: boolean, manyWriters: boolean, bufferPool?: number): string[] =>
      idleJobs(settings, { ...can, manyWriters }, isExisting, needs(bufferPool)).map(
        ({ message }) => message,
      );
    assert.deepEqual(why(false, true), []);
    assert.deepEqual(why(false, false), ['--jobs 3 has no effect: Fast writes a table at a time']);
    assert.match(why(true, true)[0] ?? '', /a database that is there is loaded a table at a time$/);
    assert.match(why(false, true, 1e9)[0] ?? '', /the buffer pool is below 4 times the data/);
  });
});

describe('the buffer pool', () => {
  it('is small for few rows in few columns and few tables, by the threads that there are', () => {
    const can = {
      title: 'Fast',
      manyWriters: false,
      readersLock: true,
      toJson: true,
      keepsOldText: false,
    };
    const machine = { bufferPool: 8e9, smallBufferPool: 1e9, jobs: 2, threads: 2 };
    const poolOf = (columns: number, threads?: number, nodeTables = 2): number => {
      const dataset = datasetOf(FEW);
      const [file] = dataset.tables.get('A')?.files ?? [];
      assert.ok(file && 'columns' in file.footer);
      const [column] = file.footer.columns;
      assert.ok(column);
      file.footer.columns = Array.from({ length: columns }, () => column);
      const resources = threads === undefined ? {} : { threads };
      const { settings } = requestLoad(schema, { resources });
      return needsOf(dataset, nodeTables, settings, machine, can).bufferPool;
    };
    assert.deepEqual([poolOf(8), poolOf(200)], [1e9, 1e9]);
    assert.deepEqual([poolOf(600), poolOf(600, 1), poolOf(200, 8)], [8e9, 8e9, 8e9]);
    // Each node table has an index, however few its rows.
    assert.deepEqual([poolOf(8, 2, 400), poolOf(8, 2, 401)], [1e9, 8e9]);
  });
});

describe('a plan', () => {
  it('is frozen, and the schema and the dataset of the caller are not', () => {
    const dataset = datasetOf(FEW);
    const plan = scheduleLoad(planLoad(schema, dataset, new Map()), requestLoad(schema).settings, {
      target: 'new',
      connections: 1,
      isRoomy: true,
      isCareful: false,
      present: new Map(),
    });
    const [phase] = plan.schedule.phases;
    const [table] = plan.tables;
    const frozen = [plan, plan.tables, plan.schedule, phase, phase?.[0], table, table?.copies];
    for (const part of [...frozen, table?.copies[0], plan.create, plan.warnings]) {
      assert.ok(part);
      assert.ok(Object.isFrozen(part));
    }
    assert.throws(() => (plan.warnings as unknown[]).push(1), TypeError);
    assert.ok(!Object.isFrozen(schema.nodes[0]));
    assert.ok(!Object.isFrozen(dataset.tables.get('A')?.files[0]));
  });

  it('without a table is another value', () => {
    const plan = planLoad(schema, datasetOf(FEW), new Map());
    const problem = { code: 'ENGINE_CRASHED', table: 'B', message: 'gone' } as const;
    const without = withoutTables(plan, [problem]);
    assert.deepEqual(
      without.tables.map(({ copies, errors }) => [copies.length, errors]),
      [
        [1, []],
        [0, [problem]],
        [1, []],
      ],
    );
    assert.equal(plan.tables[1]?.copies.length, 1);
  });
});

interface Shown {
  engine: string;
  commit: string;
  jobs: number;
  phases: { tables: { table: string; rows: number; copies: { statement: string }[] }[] }[];
}

describe('kgload load --dry-run', () => {
  it('shows the plan that the load carries out: tables in order, rows, statements', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const args = ['load', FIXTURE, '--db', db, '--jobs', '1'];
    const { json } = await kgloadJson([...args, '--dry-run']);
    const { plan } = json as unknown as { plan: Shown };
    assert.deepEqual([plan.engine, plan.commit, plan.jobs], [ENGINE, 'phase', 1]);
    const planned = plan.phases.flatMap(({ tables }) => tables);
    assert.equal(planned.length, 20);
    assert.match(planned[0]?.copies[0]?.statement ?? '', /^COPY `File`\(`path`, .*files\.parquet'/);
    const load = await kgload(args);
    const lines = load.stderr.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace(/ rows?( in .*)?$/, '')),
      planned.map(({ table, rows }) => `kgload: ${table}: ${rows}`),
    );
  });

  it('shows it in words with --verbose, before the table, and not without', async (t) => {
    const db = join(scratch(t), 'graph.db');
    const args = ['load', FIXTURE, '--db', db, '--jobs', '1', '--dry-run'];
    const verbose = (await kgload([...args, '--verbose'])).stdout;
    assert.match(
      verbose,
      /^plan: \w+, a buffer pool of [\d.]+ \wB, 1 table at a time, each phase committed together\n {2}CREATE NODE TABLE `File`/,
    );
    assert.match(
      verbose,
      /\nphase 1: 20 tables\n {2}File: 5 rows, all begun anew if it fails\n {4}COPY `File`/,
    );
    assert.match(verbose, /\n\ntable +rows +seconds/);
    assert.match((await kgload(args)).stdout, /^table +rows +seconds/);
  });
});
