/** What people and programs are told of an update: tables, sentences, log lines, Markdown, the page, JSON. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describeEvent } from '../src/log.js';
import { loadMarkdown } from '../src/terminal/markdown.js';
import { loadOutcome, loadTable } from '../src/terminal/loadtable.js';
import { summarizeProblems } from '../src/terminal/problems.js';
import type { LoadReport, TableChanges } from '../src/types.js';
import { BROWSER, openBrowser, openPage } from './browser.js';
import { execute, FIXTURE, kgload, kgloadJson, loadFixture, ROOT, scratch } from './helpers.js';
import { checkPage, tableOf, textOf } from './html.js';

function changes(
  inserted: number,
  updated: number,
  deleted: number,
  unchanged: number,
  rest: Partial<TableChanges> = {},
): TableChanges {
  const before = updated + deleted + unchanged;
  const after = inserted + updated + unchanged;
  return { inserted, updated, deleted, unchanged, before, after, ...rest };
}

/** Of three tables, and one of others that edges went from. */
function report(rest: Partial<LoadReport> = {}): LoadReport {
  return {
    totalNodes: 1046,
    totalEdges: 5,
    totalTime: 3,
    nodeTimes: { File: { seconds: 0, rows: 0 }, Function: { seconds: 0.5, rows: 1046 } },
    edgeTimes: { CALLS: { seconds: 0.25, rows: 5 } },
    stepTimes: {
      read: { seconds: 0.125 },
      compare: { seconds: 0.75 },
      delete: { seconds: 0.25 },
      checkpoint: { seconds: 0.0625 },
    },
    totalSkipped: 0,
    badRows: [],
    errors: [],
    warnings: [],
    published: true,
    changes: {
      File: changes(0, 0, 0, 77),
      Function: changes(1012, 34, 7, 2070, {
        properties: { end_line: 3, start_line: 34 },
        examples: {
          inserted: ['new:f1', 'new:f2', 'new:f3', 'new:f4', 'new:f5'],
          updated: ['f1', 'f2', 'f3', 'f4', 'f5'],
          deleted: ['a', 'b', 'c', 'd', 'e'],
        },
      }),
      CALLS: changes(5, 0, 2, 3339, {
        examples: {
          inserted: ['f1 → f2', 'f1 → f3', 'f1 → f4', 'f1 → f5', 'f1 → f6'],
          updated: [],
          deleted: ['f1 → f2', 'a → f1'],
        },
      }),
      ABOUT: changes(0, 0, 3, 0),
    },
    ...rest,
  };
}

const ASKED = { db: 'graph.db', dataset: './parquet' };
const SAME = {
  File: changes(0, 0, 0, 77),
  Function: changes(0, 0, 0, 2070),
  CALLS: changes(0, 0, 0, 3339),
};

describe('the table of an update', () => {
  it('has what became of the rows of each table, also of those of others', () => {
    assert.deepEqual(loadTable(report(), ASKED), [
      'table           inserted  updated  deleted  unchanged  seconds',
      '──────────────────────────────────────────────────────────────',
      'File                                               77',
      'Function           1,012       34        7      2,070    0.500',
      'nodes              1,012       34        7      2,147    0.500',
      '──────────────────────────────────────────────────────────────',
      'CALLS                  5                 2      3,339    0.250',
      'ABOUT                                    3',
      'edges                  5        0        5      3,339    0.250',
      '──────────────────────────────────────────────────────────────',
      'comparing rows                                           0.750',
      'deleting rows                                            0.250',
      'checkpointing                                            0.063',
      'other steps                                              0.125',
      '──────────────────────────────────────────────────────────────',
      'total              1,017       34       12      5,486    3.000',
    ]);
  });

  it('fits a window', () => {
    const [head, rule, file, code] = loadTable(report(), ASKED, 56);
    assert.deepEqual(
      [head, rule, file, code],
      [
        'table           inserted  updated  deleted  unchanged',
        '─────────────────────────────────────────────────────',
        'File                                               77',
        'Function           1,012       34        7      2,070',
      ],
    );
    for (const width of [80, 60, 50]) {
      for (const dryRun of [true, false]) {
        const lines = loadTable(report(), { ...ASKED, dryRun }, width);
        assert.ok(
          lines.every(({ length }) => length <= width),
          lines.join('\n'),
        );
      }
    }
  });

  it('names tables that failed, have no file, or leave rows out', () => {
    const lines = loadTable(
      report({
        totalSkipped: 2,
        badRows: [
          {
            table: 'CALLS',
            file: 'edges/calls.parquet',
            reason: 'missing_endpoint',
            rows: 2,
            examples: [],
          },
        ],
        errors: [{ code: 'NULL_KEY', table: 'File', message: 'File failed' }],
        warnings: [{ code: 'FILE_MISSING', table: 'INHERITS', message: '' }],
        edgeTimes: { CALLS: { seconds: 0.25, rows: 5 }, INHERITS: { seconds: 0, rows: 0 } },
        changes: { CALLS: changes(5, 0, 0, 3339) },
        stepTimes: {},
      }),
      ASKED,
    );
    assert.deepEqual(
      [lines[0], lines[2], ...lines.slice(6, 8)],
      [
        'table     inserted  updated  deleted  unchanged  seconds             skipped',
        'File        failed',
        'CALLS            5                        3,339    0.250  2 missing_endpoint',
        'INHERITS   no file',
      ],
    );
  });

  it('of a dry run says what is to do, and shows keys and properties', () => {
    const lines = loadTable(report(), { ...ASKED, dryRun: true });
    assert.equal(lines[0], 'table     to insert  to update  to delete  unchanged  seconds');
    assert.deepEqual(lines.slice(9), [
      '─────────────────────────────────────────────────────────────',
      'total         1,017         34         12      5,486    3.000',
      '',
      'Function',
      '  to insert  1,012  new:f1, new:f2, new:f3, new:f4, new:f5, …',
      '  to update     34  f1, f2, f3, f4, f5, …',
      '                    in start_line 34, end_line 3',
      '  to delete      7  a, b, c, d, e, …',
      'CALLS',
      '  to insert      5  f1 → f2, f1 → f3, f1 → f4, f1 → f5, f1 → f6',
      '  to delete      2  f1 → f2, a → f1',
      'ABOUT',
      '  to delete      3',
    ]);
    assert.deepEqual(loadTable(report(), { ...ASKED, dryRun: true }, 48).slice(-10), [
      'Function',
      '  to insert  1,012  new:f1, new:f2, new:f3, …',
      '  to update     34  f1, f2, f3, f4, f5, …',
      '                    in start_line 34, end_line 3',
      '  to delete      7  a, b, c, d, e, …',
      'CALLS',
      '  to insert      5  f1 → f2, f1 → f3, f1 → f4, …',
      '  to delete      2  f1 → f2, a → f1',
      'ABOUT',
      '  to delete      3',
    ]);
  });

  it('of one that was stopped says what was to do', () => {
    const [head] = loadTable(report({ published: false }), ASKED);
    assert.equal(head, 'table           to insert  to update  to delete  unchanged  seconds');
  });
});

describe('the sentence of an update', () => {
  const outcome = (rest: Partial<LoadReport>, asked = {}): string =>
    loadOutcome(report(rest), { ...ASKED, ...asked });

  it('says what was done, or that there was nothing to do', () => {
    assert.equal(
      outcome({}),
      'inserted 1,017, updated 34, deleted 12, 5,486 unchanged in graph.db',
    );
    assert.equal(
      outcome({ changes: { File: changes(1, 0, 0, 0) }, totalSkipped: 1 }),
      'inserted 1 in graph.db, 1 bad row left out',
    );
    assert.equal(
      outcome({ changes: SAME }),
      'graph.db holds what ./parquet says already; nothing was written',
    );
    assert.equal(
      outcome({ changes: SAME, stepTimes: { create: { seconds: 0.1 } } }),
      'graph.db holds what ./parquet says already; tables were created that it lacked',
    );
  });

  it('says what a dry run would do', () => {
    const dryRun = true;
    assert.equal(
      outcome({}, { dryRun }),
      'an update would insert 1,017, update 34, delete 12 and leave 5,486 unchanged in graph.db; nothing was written',
    );
    assert.equal(
      outcome({ changes: { File: changes(0, 0, 2, 0) } }, { dryRun }),
      'an update would delete 2 in graph.db; nothing was written',
    );
    assert.equal(
      outcome({ changes: SAME, totalSkipped: 2 }, { dryRun }),
      'graph.db holds what ./parquet says already, 2 bad rows left out; nothing was written',
    );
  });

  it('says that what a server has taken stays', () => {
    const db = 'neo4j://host';
    const lost: LoadReport['errors'] = [{ code: 'SERVER_LOST', message: '' }];
    assert.equal(
      outcome({ errors: lost, published: false }, { db }),
      'the update failed; neo4j://host holds a part of it',
    );
    const errors: LoadReport['errors'] = [{ code: 'NULL_KEY', table: 'File', message: '' }];
    assert.equal(
      outcome({ errors, published: false, totalNodes: 0, totalEdges: 0 }, { db }),
      '1 of 3 tables failed; neo4j://host is as it was (--on-error continue updates the others)',
    );
  });

  it('says what failed, and what would have kept the others', () => {
    const published = false;
    const errors: LoadReport['errors'] = [{ code: 'NULL_KEY', table: 'File', message: '' }];
    assert.equal(
      outcome({ errors, published }),
      '1 of 3 tables failed; graph.db is as it was (--on-error continue updates the others)',
    );
    assert.equal(
      outcome({ errors, published }, { onError: 'abort' }),
      '1 of 3 tables failed; graph.db is as it was',
    );
    assert.equal(
      outcome({ errors, published: true }, { onError: 'continue' }),
      '1 of 3 tables failed; inserted 1,017, updated 34, deleted 12, 5,486 unchanged in graph.db',
    );
    assert.equal(
      outcome({ errors: [{ code: 'TOO_MANY_DELETIONS', message: '' }], published }),
      'the update failed; graph.db is as it was',
    );
    assert.match(
      outcome({ errors, published }, { dryRun: true }),
      /^1 of 3 tables would fail; an update would insert 1,017, .*; nothing was written$/,
    );
  });
});

it('a log has what became of the rows of a table', () => {
  const event = {
    type: 'finished',
    table: 'Function',
    kind: 'node',
    rows: 1046,
    seconds: 0.5,
    skipped: 0,
    changes: changes(1012, 34, 7, 2070),
  } as const;
  const message = 'Function: inserted 1,012, updated 34, deleted 7, 2,070 unchanged in 0.500 s';
  assert.deepEqual(describeEvent(event), [{ level: 'info', message }]);
});

it('files that are missing leave their tables as they are', () => {
  const missing = ['a', 'b'].map((table) => ({
    code: 'FILE_MISSING',
    table,
    file: `nodes/${table}.parquet`,
    message: `nodes/${table}.parquet is missing; ${table} stays as it is`,
  }));
  assert.deepEqual(summarizeProblems(missing), [
    '2 tables have no file and stay as they are: nodes/a.parquet, nodes/b.parquet',
  ]);
});

it('Markdown has the same table, and keys in a dry run', () => {
  const [title, ...lines] = loadMarkdown(report(), ASKED);
  assert.equal(title, '### ✅ inserted 1,017, updated 34, deleted 12, 5,486 unchanged in graph.db');
  assert.deepEqual(lines, [
    '',
    '| table | inserted | updated | deleted | unchanged | seconds |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    '| File |  |  |  | 77 |  |',
    '| Function | 1,012 | 34 | 7 | 2,070 | 0.500 |',
    '| nodes | 1,012 | 34 | 7 | 2,147 | 0.500 |',
    '| CALLS | 5 |  | 2 | 3,339 | 0.250 |',
    '| ABOUT |  |  | 3 |  |  |',
    '| edges | 5 | 0 | 5 | 3,339 | 0.250 |',
    '| total | 1,017 | 34 | 12 | 5,486 | 3.000 |',
    '',
  ]);
  const dry = loadMarkdown(report(), { ...ASKED, dryRun: true });
  assert.deepEqual(dry.slice(-8), [
    '',
    '- Function, 1,012 to insert: new:f1, new:f2, new:f3, new:f4, new:f5, …',
    '- Function, 34 to update (start_line 34, end_line 3): f1, f2, f3, f4, f5, …',
    '- Function, 7 to delete: a, b, c, d, e, …',
    '- CALLS, 5 to insert: f1 → f2, f1 → f3, f1 → f4, f1 → f5, f1 → f6',
    '- CALLS, 2 to delete: f1 → f2, a → f1',
    '- ABOUT, 3 to delete',
    '',
  ]);
});

/** A database of the fixture in which others have changed some, and which has tables of theirs. */
async function changedDatabase(directory: string): Promise<string> {
  const db = join(directory, 'graph.db');
  await loadFixture(db);
  execute(
    db,
    "MATCH (f:Function) WHERE f.id = 'f1' SET f.start_line = 11, f.name = 'another'",
    "MATCH (a:Function)-[c:CALLS]->(b:Function) WHERE a.id = 'f1' AND b.id = 'f3' DELETE c",
    "CREATE (:Function {id: 'f9'})",
    "MATCH (a:File), (b:Function) WHERE a.path = 'shop/cart.py' AND b.id = 'f9' CREATE (a)-[:CONTAINS_FUNCTION]->(b)",
    "MATCH (:File)-[c:CONTAINS_VARIABLE]->(v:Variable) WHERE v.id = 'v4' DELETE c",
    "MATCH (v:Variable) WHERE v.id = 'v4' DELETE v",
    'CREATE NODE TABLE Note (id STRING PRIMARY KEY)',
    'CREATE REL TABLE ABOUT (FROM Note TO Function)',
    "CREATE (:Note {id: 'n1'})",
    "MATCH (n:Note), (f:Function) WHERE f.id IN ['f8', 'f9', 'f1'] CREATE (n)-[:ABOUT]->(f)",
  );
  return db;
}

function steady(text: string): string {
  return text.replaceAll(/\d+\.\d{3}/g, '0.001');
}

const UPDATE = ['--update', '--delete-missing'];

describe('kgload load --update', () => {
  it('shows on the way and at the end what it does', async (t) => {
    const directory = scratch(t);
    const db = await changedDatabase(directory);
    const load = ['load', FIXTURE, '--db', db, ...UPDATE];
    const dry = await kgload([...load, '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.equal(dry.stderr, '');
    const table = steady(dry.stdout).split('\n');
    assert.deepEqual(table.slice(0, 12), [
      'table              to insert  to update  to delete  unchanged  seconds',
      '──────────────────────────────────────────────────────────────────────',
      'File                                                        5',
      'Function                              1          1          6',
      'Class                                                       3',
      'Variable                   1                                3',
      'Import                                                      2',
      'Decorator                                                   2',
      'Attribute                                                   2',
      'Exception                                                   2',
      'nodes                      1          1          1         25',
      '──────────────────────────────────────────────────────────────────────',
    ]);
    assert.deepEqual(
      table.slice(-21),
      [
        'ABOUT                                            1',
        'edges                      2          0          2         32',
        '──────────────────────────────────────────────────────────────────────',
        'total                      3          1          3         57    0.001',
        '',
        'Function',
        '  to update  1  f1',
        '                in name 1, start_line 1',
        '  to delete  1  f9',
        'Variable',
        '  to insert  1  v4',
        'CONTAINS_FUNCTION',
        '  to delete  1  shop/cart.py → f9',
        'CONTAINS_VARIABLE',
        '  to insert  1  shop/cart.py → v4',
        'CALLS',
        '  to insert  1  f1 → f3',
        'ABOUT',
        '  to delete  1',
        '',
        `an update would insert 3, update 1, delete 3 and leave 57 unchanged in ${db}; nothing was written`,
      ]
        .concat('')
        .slice(-21),
    );

    const done = await kgload(load);
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(steady(done.stderr).split('\n'), [
      'kgload: Variable: inserted 1, 3 unchanged in 0.001 s',
      'kgload: CONTAINS_VARIABLE: inserted 1, 3 unchanged in 0.001 s',
      'kgload: CALLS: inserted 1, 3 unchanged in 0.001 s',
      'kgload: Function: updated 1, deleted 1, 6 unchanged in 0.001 s',
      '',
    ]);
    const lines = steady(done.stdout).split('\n');
    assert.equal(lines[3], 'Function                           1        1          6    0.001');
    assert.equal(lines.at(-2), `inserted 3, updated 1, deleted 3, 57 unchanged in ${db}`);

    const again = await kgload([...load, '-q', '--format', 'markdown']);
    assert.equal(again.code, 0, again.stderr);
    assert.match(
      again.stdout,
      /^### ✅ .*graph\.db holds what .*code-graph says already; nothing was written\n/,
    );
  });

  it('says what stays as it is', async (t) => {
    const directory = scratch(t);
    const db = await changedDatabase(directory);
    const dataset = join(directory, 'part');
    mkdirSync(join(dataset, 'edges'), { recursive: true });
    mkdirSync(join(dataset, 'nodes'));
    cpSync(join(FIXTURE, 'nodes/functions.parquet'), join(dataset, 'nodes/functions.parquet'));
    const { code, stdout, stderr } = await kgload(['load', dataset, '--db', db, '--update']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /warning: 19 tables have no file and stay as they are: nodes\/files/);
    assert.equal(stdout.split('\n').at(-2), `updated 1, 6 unchanged in ${db}`);
  });

  it('has a document for programs', async (t) => {
    const directory = scratch(t);
    const db = await changedDatabase(directory);
    const load = ['load', FIXTURE, '--db', db, ...UPDATE];
    const shown = async (...more: string[]): Promise<Record<string, TableChanges>> => {
      const { json } = await kgloadJson([...load, ...more]);
      assert.deepEqual(json.errors, []);
      return json['changes'] as Record<string, TableChanges>;
    };
    const dry = await shown('--dry-run');
    const done = await shown();
    const same = await shown();
    assert.deepEqual(dry['Function'], {
      ...changes(0, 1, 1, 6),
      properties: { name: 1, start_line: 1 },
      examples: { inserted: [], updated: ['f1'], deleted: ['f9'] },
    });
    assert.deepEqual(done['Function'], {
      ...changes(0, 1, 1, 6),
      properties: { name: 1, start_line: 1 },
    });
    assert.deepEqual(done['ABOUT'], { ...changes(0, 0, 1, 0), before: 2, after: 1 });
    assert.deepEqual(same['Function'], changes(0, 0, 0, 7));
    assert.equal('ABOUT' in same, false);
  });
});

describe('kgload load --update --report', () => {
  const pageOf = async (db: string, directory: string, ...more: string[]): Promise<string> => {
    const html = join(directory, 'update.html');
    await kgload(['load', FIXTURE, '--db', db, ...UPDATE, '-q', '--report', html, ...more]);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    return page;
  };
  const numbersOf = (page: string, table: string): string[] => {
    const rows = [...tableOf(page, 'nodes'), ...tableOf(page, 'edges')];
    return rows.find(([name]) => name === table)?.slice(1, 6) ?? [];
  };

  it('shows what an update would do, did, and was kept from', async (t) => {
    const directory = scratch(t);
    const db = await changedDatabase(directory);
    const dry = await pageOf(db, directory, '--dry-run');
    assert.match(
      textOf(dry),
      /An update would insert 3, update 1, delete 3 and leave 57 unchanged/,
    );
    assert.deepEqual(numbersOf(dry, 'Function'), ['checked', '0', '1', '1', '6']);
    assert.deepEqual(tableOf(dry, 'changes'), [
      ['Function'],
      ['to update', '1', 'f1 in name 1, start_line 1'],
      ['to delete', '1', 'f9'],
      ['Variable'],
      ['to insert', '1', 'v4'],
      ['CONTAINS_FUNCTION'],
      ['to delete', '1', 'shop/cart.py → f9'],
      ['CONTAINS_VARIABLE'],
      ['to insert', '1', 'shop/cart.py → v4'],
      ['CALLS'],
      ['to insert', '1', 'f1 → f3'],
    ]);

    const stopped = await pageOf(db, directory, '--max-deletions', '0');
    assert.match(textOf(stopped), /The update failed; /);
    assert.match(textOf(stopped), /TOO_MANY_DELETIONS/);
    assert.match(textOf(stopped), /To delete\s*3/);
    assert.deepEqual(numbersOf(stopped, 'Function'), ['not reached', '0', '1', '1', '6']);

    const done = await pageOf(db, directory);
    assert.match(textOf(done), /up to date/);
    assert.deepEqual(numbersOf(done, 'Function'), ['updated', '0', '1', '1', '6']);
    assert.deepEqual(numbersOf(done, 'Class'), ['unchanged', '0', '0', '0', '3']);
    assert.deepEqual(numbersOf(done, 'ABOUT'), ['updated', '0', '0', '1', '0']);
    assert.deepEqual(tableOf(done, 'changes'), [
      ['Function'],
      ['updated', '1', 'in name 1, start_line 1'],
    ]);
    const spans = tableOf(done, 'timeline').map(([what]) => what);
    for (const step of ['compare rows', 'delete rows', 'Function']) assert.ok(spans.includes(step));

    const same = await pageOf(db, directory);
    assert.match(textOf(same), /says already; nothing was written/);
    assert.deepEqual(numbersOf(same, 'Function'), ['unchanged', '0', '0', '0', '7']);
  });

  it('shows bad rows that are left out', async (t) => {
    const directory = scratch(t);
    const db = await changedDatabase(directory);
    const dataset = spoiled(directory);
    const html = join(directory, 'update.html');
    const args = ['load', dataset, '--db', db, '--update', '--skip-bad-rows', '-q'];
    const { code, stderr } = await kgload([...args, '--report', html]);
    assert.equal(code, 0, stderr);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    const calls = tableOf(page, 'edges').find(([table]) => table === 'CALLS');
    assert.deepEqual(calls?.slice(1, 7), ['updated', '1', '0', '0', '0', '2']);
    assert.match(textOf(page), /left out of the load/);
  });

  it('fits a browser, wide and narrow', BROWSER, async (t) => {
    const directory = scratch(t);
    const db = await changedDatabase(directory);
    await pageOf(db, directory, '--dry-run');
    const browser = await openBrowser();
    t.after(async () => {
      await browser.close();
    });
    for (const width of [1280, 360]) {
      const file = join(directory, 'update.html');
      const { page, said } = await openPage(browser, file, { colorScheme: 'dark', width });
      assert.deepEqual(said, []);
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(wide <= width, `${wide} > ${width}`);
      assert.ok(await page.getByText('in name 1, start_line 1').isVisible());
      await page.context().close();
    }
  });
});

/** The fixture with calls of which one lacks an endpoint, and one has an endpoint that is not there. */
function spoiled(directory: string): string {
  const dataset = join(directory, 'spoiled');
  cpSync(FIXTURE, dataset, { recursive: true });
  cpSync(join(ROOT, 'fixtures/spoiled/calls.parquet'), join(dataset, 'edges/calls.parquet'));
  return dataset;
}
