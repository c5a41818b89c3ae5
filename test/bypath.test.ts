/** The library's loads by path that do not block: what they leave of the database that is there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  DependencyGraph,
  dryRun,
  KgloadError,
  load,
  type LoadEvent,
  type PathLoadOptions,
  preprocessDataset,
  readStats,
  verifyDatabase,
} from 'kgload';
import type * as Kuzu from 'kuzu';
import { ENGINE, execute, FIXTURE, fixtureCopy, PACKAGE, query, scratch } from './helpers.js';

const SPOILED = join(FIXTURE, '..', 'spoiled', 'calls.parquet');

/** A directory with a database of one row, and what its bytes are. */
function oldDatabase(t: TestContext): { directory: string; db: string; digest: () => string } {
  const directory = scratch(t);
  const db = join(directory, 'graph.db');
  execute(db, 'CREATE NODE TABLE Mine(id INT64 PRIMARY KEY)', 'CREATE (:Mine {id: 7})');
  const digest = (): string => createHash('sha256').update(readFileSync(db)).digest('hex');
  return { directory, db, digest };
}

/** The fixture, with two edges that cannot be loaded. */
function spoiled(t: TestContext): string {
  const copy = fixtureCopy(scratch(t));
  cpSync(SPOILED, join(copy, 'edges', 'calls.parquet'));
  return copy;
}

describe('load', () => {
  it('creates, refuses, adds and replaces as the command line does', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    const created = await load(db, FIXTURE, { engine: ENGINE });
    assert.deepEqual(
      [created.totalNodes, created.totalEdges, created.errors, created.published],
      [27, 34, [], true],
    );
    await assert.rejects(load(db, FIXTURE), { code: 'TARGET_NOT_EMPTY' });
    const again = await load(db, FIXTURE, { append: true, skipBadRows: true });
    assert.deepEqual([again.totalNodes, again.totalEdges, again.totalSkipped], [0, 34, 27]);
    assert.equal((await readStats(db)).totalEdges, 68);
    const fresh = await load(db, FIXTURE, { fresh: true, jobs: 2, threads: 1 });
    assert.deepEqual([fresh.totalNodes, fresh.totalEdges], [27, 34]);
    assert.equal((await readStats(db)).database.engine, ENGINE);
    assert.equal((await verifyDatabase(db, FIXTURE)).identical, true);
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('takes its own options and no others', async (t) => {
    const { directory, db } = oldDatabase(t);
    for (const [options, message] of [
      [{ createNew: true }, /^there is no option createNew$/],
      [{ fresh: 'yes' }, /^the option fresh must be a boolean, not "yes"$/],
      [{ jobs: 0 }, /^the option jobs must be a whole number from 1, not 0$/],
      [{ fresh: true, append: true }, /^fresh and append cannot be asked for together/],
    ] as [object, RegExp][]) {
      for (const work of [load, dryRun]) {
        await assert.rejects(work(db, FIXTURE, options), { code: 'USAGE', message });
      }
    }
    await assert.rejects(load(db, join(directory, 'none')), { code: 'ENOENT' });
    const other = ENGINE === 'kuzu' ? 'ladybug' : 'kuzu';
    await assert.rejects(load(db, FIXTURE, { engine: other }), { code: 'ENGINE_MISMATCH' });
  });

  it('keeps the event loop free', async (t) => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const db = join(scratch(t), 'graph.db');
    await load(db, FIXTURE, { engine: ENGINE });
    clearInterval(timer);
    assert.ok(ticks > 3, String(ticks));
  });

  it('keeps the old database where a table fails, unless told to go on', async (t) => {
    const { directory, db, digest } = oldDatabase(t);
    const before = digest();
    const kept = await load(db, spoiled(t), { fresh: true });
    assert.equal(kept.published, false);
    assert.deepEqual(
      kept.errors.map(({ code, table }) => `${table ?? ''} ${code}`),
      ['CALLS NULL_ENDPOINT', 'CALLS MISSING_ENDPOINT'],
    );
    assert.equal(digest(), before);
    const aborted = await load(db, spoiled(t), { fresh: true, onError: 'abort' });
    assert.deepEqual([aborted.published, digest()], [false, before]);
    const replaced = await load(db, spoiled(t), { fresh: true, onError: 'continue' });
    assert.deepEqual([replaced.published, replaced.totalEdges], [true, 30]);
    assert.deepEqual(query(db, 'MATCH (f:Function) RETURN count(*) AS n'), [{ n: 7 }]);
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  const stops: [string, (event: LoadEvent) => boolean][] = [
    ['before the first table', ({ type }) => type === 'planned'],
    ['in the middle', (event) => event.type === 'finished' && event.table === 'Class'],
    ['after the last table', (event) => event.type === 'finished' && event.table === 'INHERITS'],
  ];
  for (const [when, isThen] of stops) {
    for (const fresh of [true, false]) {
      it(`that is stopped ${when} leaves the old database, ${fresh ? 'fresh' : 'adding'}`, async (t) => {
        const { directory, db, digest } = oldDatabase(t);
        const before = digest();
        const stop = new AbortController();
        const reason = new Error('enough');
        const { signal } = stop;
        const onEvent = (event: LoadEvent): void => {
          if (isThen(event)) stop.abort(reason);
        };
        await assert.rejects(load(db, FIXTURE, { fresh, signal, onEvent }), reason);
        assert.equal(digest(), before);
        const throwing = (event: LoadEvent): void => {
          if (isThen(event)) throw reason;
        };
        await assert.rejects(load(db, FIXTURE, { fresh, onEvent: throwing }), reason);
        assert.equal(digest(), before);
        assert.deepEqual(readdirSync(directory), ['graph.db']);
      });
    }
  }

  it('does nothing for a signal that is aborted already, and ignores one that comes too late', async (t) => {
    const { directory, db, digest } = oldDatabase(t);
    const before = digest();
    const signal = AbortSignal.abort(new Error('no time'));
    for (const work of [load, dryRun]) {
      await assert.rejects(work(db, FIXTURE, { fresh: true, signal }), { message: 'no time' });
    }
    assert.deepEqual([digest(), readdirSync(directory)], [before, ['graph.db']]);
    const late = new AbortController();
    assert.equal((await load(db, FIXTURE, { fresh: true, signal: late.signal })).published, true);
    late.abort();
    assert.equal((await readStats(db)).totalNodes, 27);
  });

  it('refuses a database that this process has open', async (t) => {
    const { db } = oldDatabase(t);
    // Not by its bytes: reading it here would end the lock (fcntl(2)), and the engine itself writes
    // when it closes a database that it had open for writing.
    const identity = (): bigint[] => {
      const { ino, mtimeNs, size } = statSync(db, { bigint: true });
      return [ino, mtimeNs, size];
    };
    const refused = async (): Promise<void> => {
      const before = identity();
      for (const fresh of [true, false]) await assert.rejects(load(db, FIXTURE, { fresh }), locked);
      assert.deepEqual(identity(), before);
    };
    const locked = (error: unknown): boolean => {
      assert.ok(error instanceof KgloadError, String(error));
      assert.equal(error.code, 'TARGET_LOCKED');
      assert.match(error.message, /^the database .*graph\.db is open in this process already$/);
      return true;
    };
    for (const readOnly of [true, false]) {
      const graph = new DependencyGraph(db, { readOnly });
      await refused();
      await graph.close();
    }
    const { Connection, Database } = createRequire(import.meta.url)(PACKAGE) as typeof Kuzu;
    const database = new Database(db);
    const connection = new Connection(database);
    connection.initSync();
    if (process.platform === 'linux') await refused();
    connection.closeSync();
    database.closeSync();
    assert.deepEqual(query(db, 'MATCH (m:Mine) RETURN m.id AS id'), [{ id: 7 }]);
  });

  it('runs beside readers, and beside no other load of the same database', async (t) => {
    const { db } = oldDatabase(t);
    const seen: Promise<Record<string, number>>[] = [];
    const loads = [true, true].map((fresh) =>
      load(db, FIXTURE, {
        fresh,
        onEvent: (event) => {
          if (event.type === 'finished' && event.table === 'File') {
            seen.push(readStats(db).then(({ nodes }) => nodes));
          }
        },
      }),
    );
    const ends = await Promise.allSettled(loads);
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const failed = ends.find((end) => end.status === 'rejected');
    assert.equal((failed?.reason as KgloadError).code, 'TARGET_LOCKED');
    assert.deepEqual(await Promise.all(seen), [{ Mine: 1 }]);
    assert.equal((await readStats(db)).totalEdges, 34);
    // Two places are no trouble.
    const directory = scratch(t);
    const others = ['a.db', 'b.db'].map((name) =>
      load(join(directory, name), FIXTURE, { engine: ENGINE }),
    );
    assert.deepEqual(
      (await Promise.all(others)).map(({ totalNodes }) => totalNodes),
      [27, 27],
    );
  });

  it('infers a schema, and tells of it and of all that it does', async (t) => {
    const events: LoadEvent[] = [];
    const lines: string[] = [];
    const log = (line: string): void => {
      lines.push(line);
    };
    const options: PathLoadOptions = {
      engine: ENGINE,
      schema: 'infer',
      onEvent: (event) => events.push(event),
      logger: { debug: () => undefined, info: log, warn: log, error: log },
    };
    await load(join(scratch(t), 'graph.db'), FIXTURE, options);
    const types = new Set(events.map(({ type }) => type));
    for (const type of ['schema', 'staged', 'planned', 'started', 'finished'] as const) {
      assert.ok(types.has(type), type);
    }
    assert.equal(lines.filter((line) => /^Function: 7 rows in /.test(line)).length, 1);
  });
});

describe('dryRun', () => {
  it('finds what is wrong, says how it would be done, and writes nothing', async (t) => {
    const { directory, db, digest } = oldDatabase(t);
    const before = digest();
    const { errors, badRows, published, plan, totalNodes } = await dryRun(db, spoiled(t));
    assert.deepEqual([published, totalNodes], [false, 27]);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['NULL_ENDPOINT', 'MISSING_ENDPOINT'],
    );
    assert.deepEqual(
      badRows.map(({ reason, rows }) => [reason, rows]),
      [
        ['null_endpoint', 1],
        ['missing_endpoint', 1],
      ],
    );
    assert.deepEqual([plan.engine, plan.jobs], [ENGINE, 1]);
    const tables = plan.phases.flatMap((phase) => phase.tables);
    const calls = tables.find(({ table }) => table === 'CALLS');
    assert.deepEqual([calls?.kind, calls?.copies[0]?.file], ['edge', 'edges/calls.parquet']);
    assert.match(calls?.copies[0]?.statement ?? '', /^COPY `CALLS`/);
    assert.deepEqual([digest(), readdirSync(directory)], [before, ['graph.db']]);
    await assert.rejects(dryRun(db, join(directory, 'none')), { code: 'ENOENT' });
  });

  it('is stopped by a signal', async (t) => {
    const { db } = oldDatabase(t);
    const stop = new AbortController();
    const onEvent = (event: LoadEvent): void => {
      if (event.type === 'finished' && event.table === 'File') stop.abort(new Error('enough'));
    };
    await assert.rejects(dryRun(db, FIXTURE, { signal: stop.signal, onEvent }), {
      message: 'enough',
    });
  });
});

describe('preprocessDataset', () => {
  it('rewrites a dataset, which then loads as the original does', async (t) => {
    const directory = scratch(t);
    const clean = join(directory, 'clean');
    const events: string[] = [];
    const { files, warnings } = await preprocessDataset(FIXTURE, clean, {
      onEvent: ({ type }) => events.push(type),
    });
    assert.deepEqual([files.length, warnings], [20, []]);
    assert.deepEqual(files.find(({ table }) => table === 'File')?.dropped, ['last_modified']);
    assert.equal(events.filter((type) => type === 'finished').length, 20);
    const db = join(directory, 'graph.db');
    assert.equal((await load(db, clean, { engine: ENGINE })).totalEdges, 34);
    assert.equal((await verifyDatabase(db, FIXTURE)).identical, true);

    const extra = join(directory, 'extra');
    const kept = await preprocessDataset(FIXTURE, extra, { keepExtra: true, schema: 'infer' });
    assert.ok(kept.files.find(({ table }) => table === 'File')?.kept.includes('last_modified'));
    await assert.rejects(preprocessDataset(FIXTURE, clean), { code: 'TARGET_UNWRITABLE' });
    await assert.rejects(preprocessDataset(join(directory, 'none'), clean), { code: 'ENOENT' });
    const unknown = { keep: true } as object;
    await assert.rejects(preprocessDataset(FIXTURE, extra, unknown), { code: 'USAGE' });
    rmSync(clean, { recursive: true });
  });
});
