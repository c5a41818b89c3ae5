/** `kgload load --update` on a real server: what changes, what stays, and what becomes of an interruption. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { after, describe, it, type TestContext } from 'node:test';
import type { LoadReport } from '../src/index.js';
import { type CommandJson, execute, scratch } from './helpers.js';
import { neo4jMissing, type Neo4jServer, startNeo4j } from './neo4j.js';
import { ask, load } from './serverhelpers.js';
import {
  edgeTexts,
  graphOf,
  nodeTexts,
  RANGE,
  type Version,
  withDriver,
  writeVersion,
} from './serverupdatedata.js';

const DELETING = ['--delete-missing', '--max-deletions', '100%'];

async function begin(t: TestContext, server: Neo4jServer, version: Version): Promise<void> {
  const first = await load(server, [writeVersion(t, version), '--fresh', '--yes']);
  assert.equal(first.code, 0, first.stderr);
}

type Changes = NonNullable<LoadReport['changes']>;

function changesOf({ json }: { json: CommandJson | undefined }): Changes {
  return (json?.changes ?? {}) as Changes;
}

/** Those of the second list that the first lacks, each as often as it is there. */
function lacking(has: readonly string[], wanted: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const text of has) left.set(text, (left.get(text) ?? 0) + 1);
  return wanted.filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}

/** In any order, each as often; says no more than the first few that differ. */
function areSame(actual: readonly string[], expected: readonly string[]): void {
  const few = (texts: readonly string[]): readonly string[] => texts.slice(0, 5);
  const differing = [few(lacking(actual, expected)), few(lacking(expected, actual))];
  assert.deepEqual(differing, [[], []]);
}

async function holds(server: Neo4jServer, version: Version): Promise<void> {
  const { nodes, edges } = await graphOf(server);
  areSame(nodes, nodeTexts(version));
  areSame(edges, edgeTexts(version));
}

/** Of the rows of A that both versions have, those that differ: 12 of a hundred. */
const CHANGED = Array.from({ length: RANGE[1][1] - RANGE[2][0] }, (_, i) => RANGE[2][0] + i).filter(
  (i) => i % 100 >= 1 && i % 100 <= 12,
).length;

const EXTRAS = `MATCH (a:A {id: 'k402'}), (b:A {id: 'k403'}), (gone:A {id: 'k10'})
  SET a.own = 'mine', a:Extra
  CREATE (a)-[:MINE {since: 1}]->(b), (gone)-[:MINE]->(a), (b)-[:MINE]->(gone), (:Other {id: 'k10'})`;

describe('kgload load --update into a server', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after }, { auth: true });

  it('loads what is not there, changes what differs, deletes what is missing', async (t) => {
    const server = await starting;
    const one = writeVersion(t, 1);
    const empty = await load(server, [one, '--update']);
    assert.equal(empty.code, 0, empty.stderr);
    await holds(server, 1);
    await withDriver(server, (driver) => driver.executeQuery(EXTRAS));
    const two = writeVersion(t, 2);

    const dry = await load(server, [two, '--update', ...DELETING, '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.equal(dry.json?.published, false);
    const { examples, ...planned } = changesOf(dry)['A'] ?? {};
    const expected = {
      inserted: 600,
      updated: CHANGED,
      deleted: 300,
      unchanged: 2700 - CHANGED,
      before: 3000,
      after: 3300,
      properties: Object.fromEntries(
        ['text', 'n', 'small', 'x', 'f', 'yes', 'day', 'at', 'list', 'bytes', 'note', 'gone'].map(
          // Of k704, 0 would be as right for both.
          (name) => [name, 27],
        ),
      ),
    };
    assert.deepEqual(planned, expected);
    assert.deepEqual(examples?.inserted, ['k3000', 'k3001', 'k3002', 'k3003', 'k3004']);
    assert.deepEqual(examples.updated, ['k301', 'k302', 'k303', 'k304', 'k305']);
    assert.equal(examples.deleted.length, 5);
    await holds(server, 1);

    const done = await load(server, [two, '--update', ...DELETING]);
    assert.equal(done.code, 0, done.stderr);
    await holds(server, 2);
    assert.deepEqual(changesOf(done)['A'], expected);
    const edges = (type: string, version: Version): string[] =>
      edgeTexts(version).filter((text) => text.startsWith(`${type} `));
    for (const type of ['R', 'S']) {
      const [before, now] = [edges(type, 1), edges(type, 2)];
      const inserted = lacking(before, now).length;
      assert.deepEqual(changesOf(done)[type], {
        inserted,
        updated: 0,
        deleted: lacking(now, before).length,
        unchanged: now.length - inserted,
        before: before.length,
        after: now.length,
      });
    }
    assert.deepEqual(changesOf(done)['MINE'], {
      ...{ inserted: 0, updated: 0, deleted: 2, unchanged: 0, before: 3, after: 1 },
    });
    const own = await ask(
      server,
      `MATCH (a:Extra {own: 'mine'})-[r:MINE]->(b) MATCH (o:Other) RETURN a.id, b.id, r.since, o.id`,
    );
    assert.deepEqual(own, ['k402', 'k403', 1n, 'k10']);

    const again = await load(server, [two, '--update', ...DELETING]);
    assert.equal(again.code, 0, again.stderr);
    for (const own of Object.values(changesOf(again))) {
      assert.deepEqual([own.inserted, own.updated, own.deleted], [0, 0, 0]);
    }
    await holds(server, 2);
  });

  it('deletes nothing, unless it is told to', async (t) => {
    const server = await starting;
    await begin(t, server, 1);
    const two = writeVersion(t, 2);
    const added = await load(server, [two, '--update']);
    assert.equal(added.code, 0, added.stderr);
    assert.deepEqual(
      Object.values(changesOf(added)).map(({ deleted }) => deleted),
      [0, 0, 0, 0],
    );
    const graph = await graphOf(server);
    const idOf = (text: string): string => text.split('|')[0] ?? '';
    const ids = new Set(nodeTexts(2).map(idOf));
    const kept = nodeTexts(1).filter((text) => !ids.has(idOf(text)));
    areSame(graph.nodes, [...nodeTexts(2), ...kept]);
    areSame(graph.edges, [...edgeTexts(1), ...lacking(edgeTexts(1), edgeTexts(2))]);
  });

  it('deletes of the files that a dataset has alone', async (t) => {
    const server = await starting;
    await begin(t, server, 1);
    const part = writeVersion(t, 2, 3);
    const done = await load(server, [part, '--update', '--delete-missing-by', 'file']);
    assert.equal(done.code, 0, done.stderr);
    const isOf = (text: string): boolean => /\|f[012]$/.test(text);
    const expected = [...nodeTexts(1).filter((text) => !isOf(text)), ...nodeTexts(2).filter(isOf)];
    const graph = await graphOf(server);
    areSame(graph.nodes, expected);
    const leaves = (text: string): boolean => Number(/^\w k?(\d+)/.exec(text)?.[1]) % 30 < 3;
    areSame(graph.edges, [
      ...edgeTexts(1).filter((text) => !leaves(text)),
      ...edgeTexts(2).filter(leaves),
    ]);
    // k0 to k299, of 30 files.
    assert.equal(changesOf(done)['A']?.deleted, 30);
    const again = await load(server, [part, '--update', '--delete-missing-by', 'file']);
    for (const own of Object.values(changesOf(again))) {
      assert.deepEqual([own.inserted, own.updated, own.deleted], [0, 0, 0]);
    }
    const unknown = await load(server, [part, '--update', '--delete-missing-by', 'nothing']);
    assert.deepEqual([unknown.code, unknown.json?.errors[0]?.code], [2, 'USAGE']);
  });

  it('changes nothing where more would be deleted than is allowed', async (t) => {
    const server = await starting;
    await begin(t, server, 1);
    const two = writeVersion(t, 2);
    const { code, json } = await load(server, [
      ...[two, '--update', '--delete-missing', '--max-deletions', '299'],
    ]);
    assert.equal(code, 1);
    assert.deepEqual(
      json?.errors.map((error) => error.code),
      ['TOO_MANY_DELETIONS'],
    );
    assert.match(json.errors[0]?.message ?? '', /^300 of 3,030 nodes and /);
    await holds(server, 1);
  });

  it('comes right when it is interrupted at random and run again', async (t) => {
    const server = await starting;
    const datasets = { 1: writeVersion(t, 1), 2: writeVersion(t, 2) };
    await begin(t, server, 1);
    let interrupted = 0;
    for (let round = 0; round < 6; round += 1) {
      const version: Version = round % 2 === 0 ? 2 : 1;
      const name = round % 3 === 0 ? 'SIGINT' : 'SIGKILL';
      const args = [datasets[version], '--update', ...DELETING];
      const cut = await load(server, args, { name, after: 500 + Math.random() * 2500 });
      if (cut.code !== 0) interrupted += 1;
      const { code, stderr } = await load(server, args);
      assert.equal(code, 0, stderr);
      await holds(server, version);
    }
    t.diagnostic(`${interrupted} of 6 were in the middle`);
  });

  it('comes right when the server is killed in the middle of it', async (t) => {
    const server = await starting;
    const datasets = { 1: writeVersion(t, 1), 2: writeVersion(t, 2) };
    await begin(t, server, 1);
    for (const version of [2, 1] as const) {
      const args = [datasets[version], '--update', ...DELETING];
      const running = load(server, args);
      // Nodes are made after others were deleted, and before edges are.
      const added = `MATCH (n:A {id: 'k${version === 2 ? 3000 : 0}'}) RETURN count(n)`;
      for (let i = 0; i < 600 && (await ask(server, added))[0] === 0n; i += 1) await wait(20);
      await server.kill();
      await server.restart();
      const cut = await running;
      // It is waited for, but a commit whose answer is lost is not repeated.
      const codes = cut.json?.errors.map(({ code }) => code) ?? [];
      if (cut.code !== 0) assert.equal(codes.join(), 'SERVER_LOST');
      t.diagnostic(`the update ended with ${cut.code}: ${codes.join()}`);
      const { code, stderr } = await load(server, args);
      assert.equal(code, 0, stderr);
      await holds(server, version);
    }
  });

  it('leaves edges out that a node may not have, or that lead to nodes that go', async (t) => {
    const server = await starting;
    const write = (edges: string, nodes = "['a', 'b', 'c']"): string => {
      const dataset = join(scratch(t), 'dataset');
      for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
      execute(
        ':memory:',
        `COPY (UNWIND ${nodes} AS id RETURN id, {one: 1, of: [id]} AS packed) TO '${dataset}/nodes/N.parquet'`,
        `COPY (UNWIND ${edges} AS e RETURN e[1] AS \`from\`, e[2] AS \`to\`) TO '${dataset}/edges/E.parquet'`,
      );
      writeFileSync(
        join(dataset, 'schema.cypher'),
        'CREATE NODE TABLE N(id STRING PRIMARY KEY, packed STRUCT(one INT64, of STRING[]));\nCREATE REL TABLE E(FROM N TO N, MANY_ONE);',
      );
      return dataset;
    };
    const edges = async (): Promise<unknown[]> =>
      await ask(
        server,
        'MATCH (a:N)-[:E]->(b:N) WITH a.id + b.id AS e ORDER BY e RETURN collect(e)',
      );
    const asJson = '--unsupported-as-json';
    const first = await load(server, [write("[['a','b'],['b','c']]"), '--fresh', '--yes', asJson]);
    assert.equal(first.code, 0, first.stderr);
    // a → b is there, and stays: a → c is beyond.
    const beyond = write("[['a','c'],['b','c']]");
    const refused = await load(server, [beyond, '--update', asJson]);
    assert.deepEqual([refused.code, refused.json?.errors[0]?.code], [1, 'MULTIPLICITY']);
    const skipped = await load(server, [beyond, '--update', asJson, '--skip-bad-rows']);
    assert.deepEqual([skipped.code, skipped.json?.total_skipped], [0, 1], skipped.stderr);
    assert.equal(changesOf(skipped)['N']?.unchanged, 3);
    assert.deepEqual(await edges(), [['ab', 'bc']]);
    // What goes takes no place.
    const moved = await load(server, [beyond, '--update', asJson, ...DELETING]);
    assert.equal(moved.code, 0, moved.stderr);
    assert.deepEqual(await edges(), [['ac', 'bc']]);
    const gone = write("[['a','c'],['b','a']]", "['a', 'b']");
    const missing = await load(server, [gone, '--update', asJson, ...DELETING]);
    assert.deepEqual([missing.code, missing.json?.errors[0]?.code], [1, 'MISSING_ENDPOINT']);
    const left = await load(server, [gone, '--update', asJson, ...DELETING, '--skip-bad-rows']);
    assert.equal(left.code, 0, left.stderr);
    assert.deepEqual(await edges(), [['ba']]);
    assert.deepEqual(await ask(server, 'MATCH (n:N) RETURN count(n)'), [2n]);
  });
});
