/** Multiplicities: what is beyond them is found, by a model that knows only what was generated. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadFromParquet } from '../src/index.js';
import { openEngine } from '../src/engine/engine.js';
import type { Multiplicity } from '../src/types.js';
import {
  ENGINE,
  execute,
  kgload,
  kgloadJson,
  query,
  scratch,
  writeParquet,
  type CommandJson,
} from './helpers.js';

const MULTIPLICITIES = ['MANY_ONE', 'ONE_MANY', 'ONE_ONE'] as const;
const EDGE = { from: 'UTF8', to: 'UTF8', w: 'INT64' } as const;

interface Edge {
  from: string | null;
  to: string | null;
  w: number;
}

type Reason = 'null_endpoint' | 'missing_endpoint' | 'multiplicity';

/** Numbers from 0 to n - 1, the same in every run. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Edges between n0 … n99, some of them twice, some without an endpoint, some to nowhere. */
function randomEdges(roll: (n: number) => number, count: number): Edge[] {
  const edges: Edge[] = [];
  const node = (): string | null => {
    const kind = roll(20);
    if (kind === 0) return null;
    return kind === 1 ? `ghost${roll(3)}` : `n${roll(100)}`;
  };
  for (let w = 0; w < count; w += 1) {
    const before = edges[roll(edges.length || 1)];
    const ends = before && roll(6) === 0 ? before : { from: node(), to: node() };
    edges.push({ from: ends.from, to: ends.to, w: count * 1000 + w });
  }
  return edges;
}

/** Takes edges one after the other, and says why one can't be taken. */
function takeInTurn(
  multiplicity: Multiplicity,
  isNode: (key: string) => boolean,
): { take: (edge: Edge) => Reason | undefined; kept: Edge[] } {
  const kept: Edge[] = [];
  const [into, outOf] = multiplicity.split('_');
  const take = (edge: Edge): Reason | undefined => {
    if (edge.from === null || edge.to === null) return 'null_endpoint';
    if (!isNode(edge.from) || !isNode(edge.to)) return 'missing_endpoint';
    if (outOf === 'ONE' && kept.some(({ from }) => from === edge.from)) return 'multiplicity';
    if (into === 'ONE' && kept.some(({ to }) => to === edge.to)) return 'multiplicity';
    kept.push(edge);
    return undefined;
  };
  return { take, kept };
}

const isNode = (key: string): boolean => key.startsWith('n');

/** The bad rows of files, as the lists of `--bad-rows` have them, sorted. */
function badIn(files: ReadonlyMap<string, readonly Edge[]>, model: ReturnType<typeof takeInTurn>) {
  const bad: { file: string; reason: Reason; from: string | null; to: string | null }[] = [];
  for (const [file, edges] of files) {
    for (const edge of edges) {
      const reason = model.take(edge);
      if (reason) bad.push({ file, reason, from: edge.from, to: edge.to });
    }
  }
  return bad;
}

type Bad = ReturnType<typeof badIn>;

function sorted(bad: Bad): string[] {
  return bad.map(({ file, reason, from, to }) => JSON.stringify([file, reason, from, to])).sort();
}

function written(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return sorted(lines.map((line) => JSON.parse(line) as Bad[number]));
}

/** How many for which reason in which file: in the model, and in a report. */
function counted(bad: Bad): string[] {
  const counts = new Map<string, number>();
  for (const { file, reason } of bad) {
    counts.set(`${file} ${reason}`, (counts.get(`${file} ${reason}`) ?? 0) + 1);
  }
  return [...counts].map(([what, rows]) => `${what} ${rows}`).sort();
}

interface ReportedRows {
  file: string;
  reason: string;
  rows: number;
  examples: string[];
}

function reported(json: CommandJson): string[] {
  const list = json['bad_rows'] as ReportedRows[];
  return list.map(({ file, reason, rows }) => `${file} ${reason} ${rows}`).sort();
}

/** The first five edges of a file that are beyond, in its order. */
function examplesOf(bad: Bad, file: string): string[] {
  return bad
    .filter((row) => row.reason === 'multiplicity' && row.file === file)
    .slice(0, 5)
    .map(({ from, to }) => `"${from}" → "${to}"`);
}

function edgesOf(db: string, table = 'R'): unknown[] {
  return query(
    db,
    `MATCH (a)-[r:${table}]->(b) RETURN a.id AS x, b.id AS y, CAST(r.w AS INT32) AS w ORDER BY w`,
  ).map(({ x, y, w }) => [x, y, w]);
}

function asRows(edges: readonly Edge[]): unknown[] {
  return edges.map(({ from, to, w }) => [from, to, w]).sort((a, b) => Number(a[2]) - Number(b[2]));
}

/** A dataset of the nodes n0 … n99, if wanted, and edges by file. */
async function writeDataset(
  directory: string,
  schema: string,
  files: ReadonlyMap<string, readonly Edge[]>,
  hasNodes = true,
): Promise<string> {
  rmSync(directory, { recursive: true, force: true });
  for (const part of ['nodes', 'edges/R']) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'schema.cypher'), schema);
  const nodes = Array.from({ length: 100 }, (_, i) => ({ id: `n${i}` }));
  if (hasNodes) await writeParquet(join(directory, 'nodes/T.parquet'), { id: 'UTF8' }, nodes);
  for (const [file, edges] of files) {
    await writeParquet(join(directory, file), EDGE, [...edges] as unknown as Record<
      string,
      unknown
    >[]);
  }
  if (![...files.keys()].some((file) => file.startsWith('edges/R/'))) {
    rmSync(join(directory, 'edges/R'), { recursive: true });
  }
  return directory;
}

function schemaOf(multiplicity: Multiplicity, more = ''): string {
  return `CREATE NODE TABLE T(id STRING PRIMARY KEY);
CREATE REL TABLE R(FROM T TO T, w INT64, ${multiplicity})${more};`;
}

/** The same edges as one file, or as three. */
function inFiles(edges: readonly Edge[], parts: number): Map<string, Edge[]> {
  if (parts === 1) return new Map([['edges/R.parquet', [...edges]]]);
  const size = Math.ceil(edges.length / parts);
  return new Map(
    Array.from({ length: parts }, (_, i) => [
      `edges/R/part-${i}.parquet`,
      edges.slice(i * size, (i + 1) * size),
    ]),
  );
}

async function setUp(t: TestContext, multiplicity: Multiplicity, parts: number, seed: number) {
  const directory = scratch(t);
  const roll = dice(seed);
  const schema = schemaOf(multiplicity);
  const [first, second] = [randomEdges(roll, 200), randomEdges(roll, 150)];
  const files = { first: inFiles(first, parts), second: inFiles(second, parts) };
  const dataset = await writeDataset(join(directory, 'first'), schema, files.first);
  const more = await writeDataset(join(directory, 'second'), schema, files.second, false);
  return { directory, dataset, more, files, db: join(directory, 'g.db') };
}

describe('edges beyond a multiplicity', () => {
  for (const [i, multiplicity] of MULTIPLICITIES.entries()) {
    for (const parts of [1, 3]) {
      it(`are found among random ones: ${multiplicity}, ${parts} files`, async (t) => {
        const { directory, dataset, more, files, db } = await setUp(t, multiplicity, parts, 7 + i);
        const list = join(directory, 'bad.ndjson');
        const model = takeInTurn(multiplicity, isNode);
        const bad = badIn(files.first, model);
        const beyond = bad.filter(({ reason }) => reason === 'multiplicity');
        assert.ok(beyond.length > 20, 'the datasets are to collide');
        assert.ok(model.kept.length > 20);

        const args = ['load', dataset, '--db', db];
        for (const flags of [['--dry-run'], ['--dry-run', '--skip-bad-rows'], []]) {
          const { code, json } = await kgloadJson([...args, ...flags, '--bad-rows', list]);
          const isSkipped = flags.includes('--skip-bad-rows');
          assert.equal(code, isSkipped ? 0 : 1);
          assert.deepEqual(reported(json), counted(bad));
          assert.deepEqual(written(list), sorted(bad));
          const errors = json.errors.filter((error) => error.code === 'MULTIPLICITY');
          const expected = [...files.first.keys()].flatMap((file) => {
            const rows = beyond.filter((row) => row.file === file).length;
            const end = rows > 5 ? ', …' : '';
            const keys = examplesOf(bad, file).join(', ');
            return `R failed: ${file} has ${rows} rows with a node that has its one edge already: ${keys}${end}`;
          });
          assert.deepEqual(
            errors.map(({ message }) => message),
            isSkipped ? [] : expected,
          );
          assert.equal(json['total_skipped'], isSkipped ? bad.length : 0);
          if (isSkipped) assert.equal(json.total_edges, model.kept.length);
        }
        assert.deepEqual(edgesOf(db), []);

        const loaded = await kgloadJson([
          ...args,
          '--fresh',
          '--skip-bad-rows',
          '--bad-rows',
          list,
        ]);
        assert.equal(loaded.code, 0, loaded.stdout);
        assert.deepEqual(reported(loaded.json), counted(bad));
        assert.deepEqual(written(list), sorted(bad));
        assert.equal(loaded.json['total_skipped'], bad.length);
        assert.deepEqual(edgesOf(db), asRows(model.kept));

        // The edges that are there already count.
        const before = asRows(model.kept);
        const again = badIn(files.second, model);
        assert.ok(again.some(({ reason }) => reason === 'multiplicity'));
        const append = ['load', more, '--db', db, '--append', '--bad-rows', list];
        for (const flags of [['--dry-run'], ['--dry-run', '--skip-bad-rows'], []]) {
          const { code, json } = await kgloadJson([...append, ...flags]);
          assert.equal(code, flags.includes('--skip-bad-rows') ? 0 : 1);
          assert.deepEqual(reported(json), counted(again));
          assert.deepEqual(written(list), sorted(again));
          assert.deepEqual(edgesOf(db), before);
        }
        const appended = await kgloadJson([...append, '--skip-bad-rows']);
        assert.equal(appended.code, 0, appended.stdout);
        assert.deepEqual(reported(appended.json), counted(again));
        assert.deepEqual(written(list), sorted(again));
        assert.deepEqual(edgesOf(db), asRows(model.kept));
        assert.deepEqual(
          appended.json.warnings.filter(({ code }) => code === 'EDGES_REPEATED'),
          [],
        );
      });
    }
  }

  it('are nothing where an edge before was left out itself', async (t) => {
    const directory = scratch(t);
    const edges = [
      { from: 'n1', to: 'n11', w: 1 },
      { from: 'n1', to: 'n12', w: 2 },
      { from: 'n2', to: 'n12', w: 3 },
      { from: 'n2', to: 'n13', w: 4 },
      { from: 'n3', to: 'gone', w: 5 },
      { from: 'n3', to: 'n13', w: 6 },
      { from: 'n3', to: 'n13', w: 7 },
    ];
    const files = new Map([['edges/R.parquet', edges]]);
    const dataset = await writeDataset(join(directory, 'd'), schemaOf('ONE_ONE'), files);
    const db = join(directory, 'g.db');
    const { code } = await kgloadJson(['load', dataset, '--db', db, '--skip-bad-rows']);
    assert.equal(code, 0);
    assert.deepEqual(edgesOf(db), [
      ['n1', 'n11', 1],
      ['n2', 'n12', 3],
      ['n3', 'n13', 6],
    ]);
  });

  it('are found in a table that is stored in one direction, which the engine does not count', async (t) => {
    for (const multiplicity of MULTIPLICITIES) {
      const directory = scratch(t);
      const files = inFiles(randomEdges(dice(3), 60), 1);
      const schema = schemaOf(multiplicity, " WITH (storage_direction='fwd')");
      const dataset = await writeDataset(join(directory, 'd'), schema, files);
      const db = join(directory, 'g.db');
      const model = takeInTurn(multiplicity, isNode);
      const bad = badIn(files, model);
      const failed = await kgloadJson(['load', dataset, '--db', db]);
      assert.deepEqual([failed.code, reported(failed.json)], [1, counted(bad)]);
      const loaded = await kgloadJson(['load', dataset, '--db', db, '--fresh', '--skip-bad-rows']);
      assert.equal(loaded.code, 0, loaded.stdout);
      assert.deepEqual(edgesOf(db), asRows(model.kept));
      const again = await kgloadJson(['load', dataset, '--db', db, '--append', '--skip-bad-rows']);
      assert.deepEqual(edgesOf(db), asRows(model.kept));
      assert.equal(again.json.edge_times['R']?.rows, 0);
    }
  });

  it('end the load past --max-bad-rows', async (t) => {
    const { dataset, files, db } = await setUp(t, 'MANY_ONE', 1, 5);
    const bad = badIn(files.first, takeInTurn('MANY_ONE', isNode));
    const most = String(bad.length - 1);
    const { code, json } = await kgloadJson(['load', dataset, '--db', db, '--max-bad-rows', most]);
    assert.equal(code, 1);
    assert.deepEqual(
      json.errors.map((error) => error.code),
      ['TOO_MANY_BAD_ROWS'],
    );
    const enough = await kgloadJson([
      ...['load', dataset, '--db', db, '--max-bad-rows', String(bad.length)],
    ]);
    assert.equal(enough.code, 0, enough.stdout);
  });

  it('are told over a connection of the caller, and nothing of their table stays', async (t) => {
    for (const multiplicity of MULTIPLICITIES) {
      for (const parts of [1, 3]) {
        const { dataset, more, files, db } = await setUp(t, multiplicity, parts, 11);
        const good = new Map([...files.first].map(([file, edges]) => [file, edges.filter(isGood)]));
        await writeDataset(dataset, schemaOf(multiplicity), good);
        const model = takeInTurn(multiplicity, isNode);
        const bad = badIn(good, model);
        const { connection, close } = openEngine(ENGINE, db);
        try {
          const schema = join(dataset, 'schema.cypher');
          const failed = await loadFromParquet(connection, dataset, { schema });
          assert.deepEqual(
            failed.errors.map(({ code }) => code),
            [...good.keys()].map(() => 'MULTIPLICITY'),
          );
          assert.deepEqual(
            failed.badRows.map(({ file, reason, rows }) => `${file} ${reason} ${rows}`).sort(),
            counted(bad),
          );
          // In either direction.
          for (const arrow of ['-[r:R]->', '<-[r:R]-']) {
            const cypher = `MATCH (a:T)${arrow}(b:T) RETURN count(*) AS n`;
            for (const result of [connection.querySync(cypher)].flat()) {
              assert.deepEqual(result.getNextSync(), { n: 0 });
              result.close();
            }
          }
          const nodes = join(dataset, 'nodes/T.parquet');
          rmSync(nodes);
          const skipped = await loadFromParquet(connection, dataset, { schema, skipBadRows: true });
          assert.deepEqual(skipped.errors, []);
          assert.equal(skipped.totalSkipped, bad.length);
          if (parts === 1) {
            const again = badIn(files.second, model);
            const options = { schema, append: true, skipBadRows: true };
            const appended = await loadFromParquet(connection, more, options);
            assert.equal(appended.totalSkipped, again.length);
          }
        } finally {
          close();
        }
        assert.deepEqual(edgesOf(db), asRows(model.kept));
      }
    }
  });

  it('leave the first of several edges between the same nodes, with every value', async (t) => {
    const directory = scratch(t);
    const types = {
      l: 'INT64[]',
      s: 'STRUCT(a INT64, b STRING)',
      m: 'MAP(STRING, INT64)',
      n: 'STRUCT(x INT64[], y STRING)[]',
      d: 'DATE',
      f: 'FLOAT[3]',
      t: 'TIMESTAMP',
      x: 'DOUBLE',
    };
    const schema = `CREATE NODE TABLE T(id STRING PRIMARY KEY);
CREATE REL TABLE R(FROM T TO T, w INT64, ${Object.entries(types)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')}, ONE_ONE);`;
    const dataset = await writeDataset(join(directory, 'd'), schema, new Map());
    const text = 'CAST(w AS STRING)';
    const day = `concat('2024-01-0', ${text})`;
    const values = [
      '[w, w + 1] AS l',
      `{a: w, b: concat('b', ${text})} AS s`,
      `map([concat('k', ${text})], [w]) AS m`,
      `[{x: [w], y: concat('y', ${text})}, {x: [w, 3], y: NULL}] AS n`,
      `CAST(${day} AS DATE) AS d`,
      'CAST([w + 0.5, 2, 3] AS FLOAT[3]) AS f',
      `CAST(concat(${day}, ' 01:02:03.123456') AS TIMESTAMP) AS t`,
      'CASE WHEN w = 2 THEN NULL ELSE w + 0.25 END AS x',
    ];
    const ends = `['n1', 'n3', 'n3', 'n1', 'n5', 'n6'][w] AS \`from\`, ['n2', 'n4', 'n4', 'n2', 'n2', 'n7'][w] AS \`to\``;
    execute(
      ':memory:',
      `COPY (UNWIND range(1, 6) AS w RETURN ${ends}, w, ${values.join(', ')}) TO '${join(dataset, 'edges/R.parquet')}'`,
    );
    const db = join(directory, 'g.db');
    const { code, json, stdout } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--skip-bad-rows',
    ]);
    assert.equal(code, 0, stdout);
    assert.deepEqual(reported(json), ['edges/R.parquet multiplicity 3']);
    const all = (names: string): string =>
      ['w', ...Object.keys(types)].map((name) => `${names}${name}`).join(', ');
    const source = join(dataset, 'edges/R.parquet');
    const stored = query(db, `MATCH (a)-[r:R]->(b) RETURN ${all('r.')} ORDER BY r.w`);
    const inFile = query(
      db,
      `LOAD FROM '${source}' WITH * WHERE w IN [1, 2, 6] RETURN ${all('')} ORDER BY w`,
    );
    assert.equal(stored.length, 3);
    assert.deepEqual(
      stored.map((one) => Object.values(one)),
      inFile.map((one) => Object.values(one)),
    );
  });

  it('are counted for each pair of node tables by itself', async (t) => {
    const directory = scratch(t);
    const isLadybug = ENGINE === 'ladybug';
    const pairs = [
      { name: 'T → T', from: 't', to: 't', multiplicity: isLadybug ? 'MANY_ONE' : 'ONE_ONE' },
      { name: 'T → U', from: 't', to: 'u', multiplicity: isLadybug ? 'MANY_MANY' : 'ONE_ONE' },
      { name: 'U → T', from: 'u', to: 't', multiplicity: 'ONE_ONE' },
    ] as const;
    const columns = isLadybug
      ? 'FROM T TO T MANY_ONE, FROM T TO U MANY_MANY, FROM U TO T, w INT64, ONE_ONE'
      : 'FROM T TO T, FROM T TO U, FROM U TO T, w INT64, ONE_ONE';
    const dataset = await writeDataset(
      join(directory, 'd'),
      `CREATE NODE TABLE T(id STRING PRIMARY KEY); CREATE NODE TABLE U(id STRING PRIMARY KEY);
CREATE REL TABLE R(${columns});`,
      new Map(),
    );
    const nodes = Array.from({ length: 100 }, (_, i) => ({ id: `n${i}` }));
    await writeParquet(join(dataset, 'nodes/U.parquet'), { id: 'UTF8' }, nodes);
    const roll = dice(21);
    const labelled = randomEdges(roll, 300).map((edge) => ({
      ...edge,
      pair: pairs[roll(3)] ?? pairs[0],
    }));
    mkdirSync(join(dataset, 'edges/R'), { recursive: true });
    const models = new Map(
      pairs.map(({ name, multiplicity }) => [name, takeInTurn(multiplicity, isNode)]),
    );
    const bad: Bad = [];
    for (const part of [0, 1]) {
      const file = `edges/R/part-${part}.parquet`;
      const rows = labelled.slice(part * 150, part * 150 + 150);
      const types = { ...EDGE, from_table: 'UTF8', to_table: 'UTF8' } as const;
      await writeParquet(
        join(dataset, file),
        types,
        rows.map(({ pair, ...edge }) => ({ ...edge, from_table: pair.from, to_table: pair.to })),
      );
      for (const { pair, ...edge } of rows) {
        const reason = models.get(pair.name)?.take(edge);
        if (reason) bad.push({ file, reason, from: edge.from, to: edge.to });
      }
    }
    const db = join(directory, 'g.db');
    const list = join(directory, 'bad.ndjson');
    for (const flags of [['--dry-run'], []]) {
      const args = ['load', dataset, '--db', db, '--skip-bad-rows', '--bad-rows', list, ...flags];
      const { code, stdout } = await kgloadJson(args);
      assert.equal(code, 0, stdout);
      assert.deepEqual(written(list), sorted(bad));
    }
    const kept = [...models.values()].flatMap((model) => model.kept);
    assert.deepEqual(edgesOf(db), asRows(kept));
  });

  it('are looked for before only where the engine does not see them', async (t) => {
    const searches = async (parts: number, multiplicity: Multiplicity): Promise<unknown[]> => {
      const directory = scratch(t);
      const edges = [
        { from: 'n1', to: 'n2', w: 1 },
        { from: 'n3', to: 'n4', w: 2 },
      ];
      const schema = schemaOf(multiplicity);
      const dataset = await writeDataset(join(directory, 'd'), schema, inFiles(edges, parts));
      const db = join(directory, 'g.db');
      const { json } = await kgloadJson(['load', dataset, '--db', db, '--dry-run']);
      const plan = json['plan'] as { phases: { tables: { table: string; search: string }[] }[] };
      const tables = plan.phases.flatMap((phase) => phase.tables);
      return tables.filter(({ table }) => table === 'R').map(({ search }) => search);
    };
    assert.deepEqual(await searches(1, 'MANY_ONE'), ['on_repeat']);
    assert.deepEqual(await searches(2, 'MANY_ONE'), ['before']);
    assert.deepEqual(await searches(2, 'MANY_MANY'), ['on_repeat']);
  });
});

function isGood({ from, to }: Edge): boolean {
  return from !== null && to !== null && isNode(from) && isNode(to);
}

const PAIRS = `CREATE NODE TABLE T(id STRING PRIMARY KEY);
CREATE NODE TABLE U(id STRING PRIMARY KEY);
CREATE REL TABLE R(FROM T TO T MANY_ONE, FROM T TO U, w INT64);
CREATE REL TABLE S(FROM T TO T MANY_MANY, FROM T TO U, FROM U TO U ONE_ONE, ONE_MANY);
CREATE REL TABLE O(FROM T TO U ONE_MANY);
`;

describe('the multiplicity of one pair', () => {
  const isKuzu = ENGINE === 'kuzu';

  it(
    'is kept as Cypher, as JSON, as a diagram, in a database and its export',
    { skip: isKuzu },
    async (t) => {
      const directory = scratch(t);
      const file = join(directory, 'schema.cypher');
      writeFileSync(file, PAIRS);
      const expected = [
        'CREATE REL TABLE `R`(FROM `T` TO `T` MANY_ONE, FROM `T` TO `U`, `w` INT64);',
        'CREATE REL TABLE `S`(FROM `T` TO `T` MANY_MANY, FROM `T` TO `U`, FROM `U` TO `U` ONE_ONE, ONE_MANY);',
        'CREATE REL TABLE `O`(FROM `T` TO `U`, ONE_MANY);',
      ].sort();
      const rels = (text: string): string[] =>
        text
          .split('\n')
          .filter((line) => line.startsWith('CREATE REL'))
          .sort();
      const db = join(directory, 'g.db');
      await kgload(['schema', '--schema', file, '--db', db, '--create', '--engine', ENGINE]);
      assert.deepEqual(rels((await kgload(['schema', '--db', db])).stdout), expected);
      const exported = join(directory, 'exported');
      assert.equal((await kgload(['export', exported, '--db', db, '-q'])).code, 0);
      assert.deepEqual(rels(readFileSync(join(exported, 'schema.cypher'), 'utf8')), expected);

      const json = (await kgload(['schema', '--db', db, '--format', 'json'])).stdout;
      const asJson = join(directory, 'schema.json');
      writeFileSync(asJson, json);
      const copy = join(directory, 'copy.db');
      const args = ['schema', '--schema', asJson, '--db', copy, '--create', '--engine', ENGINE];
      assert.equal((await kgload(args)).code, 0);
      assert.deepEqual(rels((await kgload(['schema', '--db', copy])).stdout), expected);
      const diagram = (await kgload(['schema', '--db', db, '--format', 'mermaid'])).stdout;
      for (const line of [
        '"T" }o--o| "T" : "R · w"',
        '"T" }o--o{ "U" : "R · w"',
        '"T" }o--o{ "T" : "S"',
        '"T" |o--o{ "U" : "S"',
        '"U" |o--o| "U" : "S"',
        '"T" |o--o{ "U" : "O"',
      ]) {
        assert.ok(diagram.includes(line), line);
      }
      // A command that has no word for the engine reads it, too.
      const preprocessed = await kgload(['preprocess', exported, join(directory, 'readable')]);
      assert.equal(preprocessed.code, 0, preprocessed.stderr);
    },
  );

  it('is refused by name for Kuzu, which has none', { skip: !isKuzu }, async (t) => {
    const directory = scratch(t);
    const dataset = await writeDataset(join(directory, 'd'), PAIRS, new Map());
    const db = join(directory, 'g.db');
    const { code, json } = await kgloadJson(['load', dataset, '--db', db]);
    assert.equal(code, 2);
    assert.deepEqual(json.errors[0]?.code, 'SCHEMA_INVALID');
    assert.match(
      json.errors[0].message,
      /CREATE REL TABLE R\(.*: Kuzu has one multiplicity for all pairs of a rel table, and none of a single pair$/,
    );
    assert.match(json.errors[0].hint ?? '', /--engine ladybug/);
  });

  it('is the table’s where all pairs have the same', async (t) => {
    const directory = scratch(t);
    const file = join(directory, 'schema.json');
    const property = { name: 'id', type: 'STRING' };
    const node = (name: string): unknown => ({ name, primaryKey: 'id', properties: [property] });
    const pairs = ['T', 'U'].map((to) => ({ from: 'T', to, multiplicity: 'MANY_ONE' }));
    const edges = [{ name: 'R', from: 'T', to: 'T', pairs }];
    writeFileSync(file, JSON.stringify({ nodes: [node('T'), node('U')], edges }));
    const { stdout, stderr } = await kgload(['schema', '--schema', file]);
    assert.match(stdout, /`R`\(FROM `T` TO `T`, FROM `T` TO `U`, MANY_ONE\);/, stderr);
  });
});

describe('the multiplicity of a table that is there', () => {
  it('must be the one that a schema names', async (t) => {
    const { directory, dataset, more, db } = await setUp(t, 'MANY_ONE', 1, 2);
    const load = ['load', dataset, '--db', db, '--skip-bad-rows'];
    assert.equal((await kgload(load)).code, 0);
    const other = join(directory, 'other.cypher');
    writeFileSync(other, schemaOf('ONE_ONE'));
    const args = ['load', more, '--db', db, '--append', '--schema', other];
    const { code, json } = await kgloadJson(args);
    assert.equal(code, 2);
    assert.equal(
      json.errors[0]?.message,
      'the table R in the database is another: T → T is MANY_ONE, not ONE_ONE',
    );
  });

  it('holds for a schema that names none', async (t) => {
    const { directory, dataset, more, files, db } = await setUp(t, 'MANY_ONE', 1, 2);
    const load = ['load', dataset, '--db', db, '--skip-bad-rows'];
    assert.equal((await kgload(load)).code, 0);
    const model = takeInTurn('MANY_ONE', isNode);
    badIn(files.first, model);
    const bad = badIn(files.second, model);
    const silent = join(directory, 'silent.cypher');
    writeFileSync(silent, schemaOf('MANY_ONE').replace(', MANY_ONE', ''));
    const args = ['load', more, '--db', db, '--append', '--schema', silent];
    const failed = await kgloadJson(args);
    assert.deepEqual([failed.code, reported(failed.json)], [1, counted(bad)]);
    assert.equal((await kgload([...args, '--skip-bad-rows'])).code, 0);
    assert.deepEqual(edgesOf(db), asRows(model.kept));
  });
});
