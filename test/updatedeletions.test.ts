/** `load --update --delete-missing`: what goes, what stays, and how much may go. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { execute, kgload, kgloadJson, query } from './helpers.js';
import { readContent } from './updategraph.js';
import { edges, edgeTable, nodes, nodeTable, stamp, startSteps, type Steps } from './updaterun.js';

const FILE = nodeTable('File', { lines: 'INT64' });
const FUNCTION = nodeTable('Function', { file: 'STRING', line: 'INT64' }, 'INT64');
const NOTE = nodeTable('Note', { text: 'STRING' });
const DEFINES = edgeTable('Defines', [['File', 'Function']]);
const CALLS = edgeTable('Calls', [['Function', 'Function']], { line: 'INT64' });
const CODE = [FILE, FUNCTION, NOTE, DEFINES, CALLS];

/** Three files with two functions each; every function calls the next one. */
function code(t: TestContext): Steps & { whole: ReturnType<typeof codeFiles> } {
  const steps = startSteps(t, CODE);
  const whole = codeFiles(['a.ts', 'b.ts', 'c.ts']);
  steps.step(whole);
  return { ...steps, whole };
}

function codeFiles(names: readonly string[]) {
  const all = ['a.ts', 'b.ts', 'c.ts'];
  const own = names.flatMap((file) => {
    const first = 2 * all.indexOf(file);
    return [first, first + 1].map((id) => ({ id: String(id), file }));
  });
  return {
    nodes: [
      nodes('File', Object.fromEntries(names.map((name) => [name, { lines: '10' }]))),
      nodes('Function', Object.fromEntries(own.map(({ id, file }) => [id, { file, line: id }]))),
    ],
    edges: [
      edges(
        'Defines',
        ['File', 'Function'],
        own.map(({ id, file }) => [file, id]),
      ),
      edges(
        'Calls',
        ['Function', 'Function'],
        own.map(({ id }) => [id, String((Number(id) + 1) % 6), { line: '5' }]),
      ),
    ],
  };
}

/** What others have: notes of functions, in tables of their own. */
function addNotes({ db, hold, content }: Steps): void {
  const held = [
    ...CODE,
    nodeTable('Own', {}),
    edgeTable('About', [
      ['Own', 'Function'],
      ['Function', 'File'],
    ]),
  ];
  execute(
    db,
    'CREATE NODE TABLE Own(id STRING PRIMARY KEY)',
    'CREATE REL TABLE About(FROM Own TO `Function`, FROM `Function` TO File)',
    "CREATE (:Own {id: 'x'})",
    'MATCH (o:Own), (f:`Function`) CREATE (o)-[:About]->(f)',
    "MATCH (f:`Function`), (x:File {id: 'a.ts'}) CREATE (f)-[:About]->(x)",
  );
  const now = readContent(db, held);
  assert.equal(now.content.edges.get('About')?.length, 12);
  hold(held, {
    nodes: new Map([...content().nodes, ['Own', new Map([['x', {}]])]]),
    edges: now.content.edges,
  });
}

async function assertVerified({ db, dataset }: Steps): Promise<void> {
  const { code, stdout, stderr } = await kgload(['stats', '--db', db, '--verify', dataset]);
  assert.equal(code, 0, stdout + stderr);
}

describe('--delete-missing', () => {
  it('makes the tables those of the dataset, and takes edges of others along', (t) => {
    const all = code(t);
    addNotes(all);
    const { changes } = all.step(codeFiles(['b.ts', 'c.ts', 'a.ts'].slice(0, 2)), {
      deletions: 'all',
      skip: true,
    });
    assert.deepEqual(changes, {
      File: { inserted: 0, updated: 0, deleted: 1, unchanged: 2, before: 3, after: 2 },
      Function: { inserted: 0, updated: 0, deleted: 2, unchanged: 4, before: 6, after: 4 },
      Defines: { inserted: 0, updated: 0, deleted: 2, unchanged: 4, before: 6, after: 4 },
      // 5 → 0 goes with 0, and 0 → 1 and 1 → 2; the dataset's own 5 → 0 has no end any more.
      Calls: { inserted: 0, updated: 0, deleted: 3, unchanged: 3, before: 6, after: 3 },
      About: { inserted: 0, updated: 0, deleted: 8, unchanged: 0, before: 12, after: 4 },
    });
  });

  it('leaves a database that verifies as identical', async (t) => {
    const all = code(t);
    const now = codeFiles(['c.ts']);
    now.edges[1]?.rows.splice(1, 1);
    all.step(now, { deletions: 'all' });
    await assertVerified(all);
    all.step(all.whole, { deletions: 'all' });
    await assertVerified(all);
    const before = stamp(all.db);
    all.step(all.whole, { deletions: 'all' });
    assert.equal(stamp(all.db), before);
  });
});

describe('--delete-missing-by', () => {
  it('a property that is a table replaces exactly the part of some files', (t) => {
    const all = code(t);
    const part = codeFiles(['b.ts']);
    // Function 3 is gone, 7 is new; the edge 2 → 3 goes with it, and 4 → 5 of c.ts stays.
    const [files, functions] = part.nodes;
    assert.ok(files && functions);
    const now = {
      nodes: [
        files,
        nodes('Function', { 2: { file: 'b.ts', line: '99' }, 7: { file: 'b.ts', line: '3' } }),
      ],
      edges: [
        edges(
          'Defines',
          ['File', 'Function'],
          [
            ['b.ts', '2'],
            ['b.ts', '7'],
          ],
        ),
        edges(
          'Calls',
          ['Function', 'Function'],
          [
            ['2', '7', { line: '5' }],
            ['7', '0', { line: '5' }],
          ],
        ),
      ],
    };
    const { changes } = all.step(now, { deletions: { by: 'file' } });
    assert.deepEqual(changes, {
      File: { inserted: 0, updated: 0, deleted: 0, unchanged: 1, before: 3, after: 3 },
      Function: {
        inserted: 1,
        updated: 1,
        deleted: 1,
        unchanged: 0,
        before: 6,
        after: 6,
        properties: { line: 1 },
      },
      Defines: { inserted: 1, updated: 0, deleted: 1, unchanged: 1, before: 6, after: 6 },
      Calls: { inserted: 2, updated: 0, deleted: 2, unchanged: 0, before: 6, after: 6 },
    });
    all.step(now, { deletions: { by: 'file' } });
  });

  it('another property, of any type, reaches the rows that have its value now', (t) => {
    const all = code(t);
    const now = {
      nodes: [
        nodes('Function', { 20: { file: 'z.ts', line: '1' }, 21: { file: null, line: '3' } }),
      ],
      edges: [],
    };
    const { changes } = all.step(now, { deletions: { by: 'line' } });
    // Functions 1 and 3 have these lines; their edges go too, of tables that the dataset has no file for.
    assert.deepEqual(changes, {
      Function: { inserted: 2, updated: 0, deleted: 2, unchanged: 0, before: 6, after: 6 },
      Defines: { inserted: 0, updated: 0, deleted: 2, unchanged: 0, before: 6, after: 4 },
      Calls: { inserted: 0, updated: 0, deleted: 4, unchanged: 0, before: 6, after: 2 },
    });
  });

  it('a property that no table of the dataset has is refused', async (t) => {
    const { db, dataset } = code(t);
    const before = stamp(db);
    const { code: exit, json } = await kgloadJson([
      'load',
      dataset,
      '--db',
      db,
      '--update',
      '--delete-missing-by',
      'path',
    ]);
    assert.equal(exit, 2);
    assert.equal(json.errors[0]?.code, 'USAGE');
    assert.match(
      json.errors[0].message,
      /bounded by path, and no node table of the dataset has such a property: File, Function/,
    );
    assert.equal(stamp(db), before);
  });
});

describe('--max-deletions', () => {
  it('stops an update that would delete more, and nothing is changed', async (t) => {
    const all = code(t);
    const { db, dataset } = all;
    const half = codeFiles(['a.ts', 'b.ts']);
    half.edges[1]?.rows.pop();
    all.step(half, {});
    execute(db, "CREATE (:File {id: 'd.ts', lines: 1})");
    const before = stamp(db);
    const run = async (...flags: string[]) => {
      const { code: exit, json } = await kgloadJson([
        'load',
        dataset,
        '--db',
        db,
        '--update',
        '--delete-missing',
        ...flags,
      ]);
      return {
        exit,
        codes: json.errors.map(({ code: one }) => one),
        message: json.errors[0]?.message ?? '',
        published: json.published,
      };
    };
    // 4 of 10 nodes and 5 of 12 edges go.
    for (const flags of [
      [],
      ['--max-deletions', '8'],
      ['--max-deletions', '0'],
      ['--max-deletions', '41%'],
      ['--max-deletions', '0%'],
    ]) {
      const { exit, codes, message, published } = await run(...flags);
      assert.deepEqual(
        [exit, codes, published],
        [1, ['TOO_MANY_DELETIONS'], false],
        flags.join(' '),
      );
      assert.match(
        message,
        /^4 of 10 nodes and 5 of 12 edges would be deleted, which is more than (30 %|8 rows|0 rows|41 %|0 %)/,
      );
      assert.equal(stamp(db), before);
    }
    for (const wrong of ['-1', '101%', 'all', '1.5']) {
      assert.deepEqual((await run(`--max-deletions=${wrong}`)).exit, 2, wrong);
    }
    assert.equal(stamp(db), before);
    assert.deepEqual(await run('--max-deletions', '9'), {
      exit: 0,
      codes: [],
      message: '',
      published: true,
    });
    assert.deepEqual(query(db, 'MATCH (n) RETURN count(*) AS n'), [{ n: 6 }]);
  });

  it('lets what replaces others pass', (t) => {
    const all = code(t);
    const now = codeFiles(['a.ts', 'b.ts', 'c.ts']);
    for (const row of now.edges[1]?.rows ?? []) row.props = { line: '6' };
    const { changes } = all.step(now, { deletions: 'all' });
    assert.deepEqual(changes?.['Calls'], {
      inserted: 6,
      updated: 0,
      deleted: 6,
      unchanged: 0,
      before: 6,
      after: 6,
    });
  });
});

describe('a dry run of an update', () => {
  it('says what the update then does, and writes nothing, not even where it may not', async (t) => {
    const all = code(t);
    const { directory, db, dataset } = all;
    addNotes(all);
    const now = codeFiles(['a.ts', 'b.ts']);
    now.nodes[1]?.rows.push({ key: '9', props: { file: 'a.ts', line: '9' } });
    now.edges[1]?.rows.pop();
    all.step(now, {});
    const flags = [
      'load',
      dataset,
      '--db',
      db,
      '--update',
      '--delete-missing',
      '--max-deletions',
      '100%',
    ];
    const place = join(directory, 'closed');
    mkdirSync(place);
    const before = stamp(db);
    chmodSync(directory, 0o555);
    const names = readdirSync(directory);
    const dry = await kgloadJson([...flags, '--dry-run']);
    chmodSync(directory, 0o755);
    assert.equal(dry.code, 0, dry.stdout);
    assert.deepEqual([stamp(db), readdirSync(directory)], [before, names]);
    type Changes = Record<
      string,
      Record<string, unknown> & { examples?: Record<string, string[]> }
    >;
    const planned = dry.json['changes'] as Changes;
    assert.deepEqual(planned['File']?.examples, { inserted: [], updated: [], deleted: ['c.ts'] });
    assert.deepEqual(planned['Function']?.examples?.['deleted']?.toSorted(), ['4', '5']);
    const real = await kgloadJson(flags);
    const bare = structuredClone(planned);
    for (const one of Object.values(bare)) delete one.examples;
    assert.deepEqual(bare, real.json['changes']);
    assert.equal((planned['About'] ?? {})['deleted'], 4);
  });
});
