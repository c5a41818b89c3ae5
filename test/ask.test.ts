/** `kgload ask`: what people call things, and what the graph answers about them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { load } from 'kgload';
import { type Asked, askQuestion, type QuestionName } from '../src/graph/ask.js';
import { fileFit, meantBy, plainPath, type Thing } from '../src/model/reference.js';
import { BINARY, ENGINE, execute, FIXTURE, kgload, scratch, writeParquet } from './helpers.js';

interface Document {
  database: { path: string; engine: string };
  question: { name: string; depth?: number };
  about: Record<string, unknown>;
  columns: string[];
  rows: Record<string, unknown>[];
  errors: { code: string; message: string; hint?: string; candidates?: { id?: string }[] }[];
}

const directory = mkdtempSync(join(tmpdir(), 'kgload-test-'));
const shop = join(directory, 'shop.db');
const nested = join(directory, 'nested.db');

/** Same names in and out of classes and files, classes in classes, functions in functions. */
const FUNCTIONS = [
  ['m1', 'run', 'app/main.py', 1, 9],
  ['m2', 'helper', 'app/main.py', 3, 5], // In run.
  ['m3', 'run', 'app/jobs/main.py', 4, 6], // Job.run
  ['m4', 'run', 'app/jobs/main.py', 9, 11], // Job.Retry.run
  ['m5', 'run', 'app/jobs/main.py', 20, 22],
  ['m6', 'run', 'app/jobs/main.py', 30, 32], // Like the one above.
  ['m7', 'stop', 'app/jobs/__init__.py', 1, 2],
  ['m8', 'Odd.name', "app/it's \\ odd.py", 1, 2],
  ['m9', 'größe', 'app/größe.py', 1, 2],
  ['main', 'elsewhere', 'app/main.py', 50, 51],
] as const;
const CLASSES = [
  ['k1', 'Job', 'app/jobs/main.py', 3, 15],
  ['k2', 'Retry', 'app/jobs/main.py', 8, 12],
  ['k3', 'Job', 'app/main.py', 60, 61],
] as const;

before(async () => {
  assert.deepEqual((await load(shop, FIXTURE, { engine: ENGINE })).errors, []);
  const dataset = join(directory, 'nested');
  for (const part of ['nodes', 'edges']) mkdirSync(join(dataset, part), { recursive: true });
  const columns = {
    id: 'UTF8',
    name: 'UTF8',
    file: 'UTF8',
    start_line: 'INT64',
    end_line: 'INT64',
  };
  const write = async (
    file: string,
    types: Record<string, string>,
    rows: readonly (readonly (string | number)[])[],
  ): Promise<void> => {
    const names = Object.keys(types);
    await writeParquet(
      join(dataset, file),
      types as Record<string, 'UTF8'>,
      rows.map((row) => Object.fromEntries(row.map((cell, i) => [names[i] ?? '', cell]))),
    );
  };
  await write('nodes/functions.parquet', columns, FUNCTIONS);
  await write('nodes/classes.parquet', columns, CLASSES);
  const paths = [...new Set(FUNCTIONS.map(([, , file]) => file))];
  await write(
    'nodes/files.parquet',
    { path: 'UTF8' },
    paths.map((path) => [path]),
  );
  const ends = { from: 'UTF8', to: 'UTF8' };
  await write('edges/method_of.parquet', ends, [
    ['m3', 'k1'],
    ['m4', 'k2'],
  ]);
  await write('edges/calls.parquet', ends, [
    ['m1', 'm2'],
    ['m2', 'm3'],
    ['m3', 'm1'],
    ['m7', 'm3'],
    ['m8', 'm7'],
  ]);
  await write('edges/inherits.parquet', ends, [['k3', 'k1']]);
  assert.deepEqual((await load(nested, dataset, { engine: ENGINE })).errors, []);
});

after(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function ask(db: string, ...args: string[]): Promise<Document & { code: number | null }> {
  const { code, stdout } = await kgload(['ask', ...args, '--db', db, '--json']);
  return { ...(JSON.parse(stdout) as Document), code };
}

/** What a name means to a question: an id, or those of the candidates. */
async function meant(question: QuestionName, name: string, from = '/'): Promise<unknown> {
  const asked = { question, name, directory: from, isDrawn: false };
  const answer = await askQuestion(nested, asked);
  return 'problem' in answer
    ? [answer.problem.code, ...answer.candidates.map(({ id }) => id)]
    : answer.about.id;
}

describe('a question', () => {
  it('about a file has what is in it', async () => {
    const functions = await ask(shop, 'functions', 'cart.py');
    assert.deepEqual([functions.code, functions.errors], [0, []]);
    assert.deepEqual(functions.database.path, shop);
    assert.deepEqual(functions.database.engine, ENGINE);
    assert.deepEqual(functions.about, { table: 'File', path: 'shop/cart.py' });
    assert.deepEqual(functions.rows[2], {
      name: '_total',
      class: 'Cart',
      start_line: 28,
      end_line: 31,
      is_public: false,
      file: 'shop/cart.py',
      id: 'f3',
    });
    assert.deepEqual(
      functions.rows.map(({ id }) => id),
      ['f1', 'f2', 'f3'],
    );
    const classes = await ask(shop, 'classes', './shop/cart.py');
    assert.deepEqual(
      classes.rows.map(({ name, bases }) => [name, bases]),
      [
        ['Cart', 'list'],
        ['GiftCart', 'Cart'],
      ],
    );
    const imports = await ask(shop, 'imports', '/home/me/shop/prices.py');
    assert.deepEqual(imports.rows, [
      {
        imported_name: 'decimal',
        import_type: 'import',
        alias: 'd',
        line_number: 2,
        is_relative: false,
        file: 'shop/prices.py',
        id: 'i2',
      },
    ]);
    assert.deepEqual((await ask(shop, 'functions', "o'brien.py")).rows, []);
  });

  it('about a function follows the calls', async () => {
    const direct = await ask(shop, 'callers', 'price_of');
    assert.deepEqual(direct.about, {
      table: 'Function',
      id: 'f4',
      name: 'price_of',
      file: 'shop/prices.py',
      line: 5,
    });
    assert.deepEqual(direct.question, { name: 'callers' });
    assert.deepEqual(
      direct.rows.map(({ id }) => id),
      ['f1', 'f3'],
    );
    const show = ({ rows }: Document): unknown[] =>
      rows.map(({ id, distance, class: owner }) => [id, distance, owner]);
    assert.deepEqual(show(await ask(nested, 'callers', 'app/main.py:run', '--depth', '2')), [
      ['m3', 1, 'Job'],
      ['m2', 2, null],
      ['m7', 2, null],
    ]);
    assert.deepEqual(show(await ask(nested, 'impact', 'app/main.py:run')), [
      ['m3', 1, 'Job'],
      ['m2', 2, null],
      ['m7', 2, null],
      ['m8', 3, null],
      ['m1', 3, null],
    ]);
    assert.deepEqual(show(await ask(nested, 'callees', 'jobs:stop', '--depth', '3')), [
      ['m3', 1, 'Job'],
      ['m1', 2, null],
      ['m2', 3, null],
    ]);
    const subclasses = await ask(nested, 'subclasses', 'jobs/main.py:Job');
    assert.deepEqual(
      subclasses.rows.map(({ id, distance }) => [id, distance]),
      [['k3', 1]],
    );
  });

  it('about a variable or an attribute has each of its uses', async () => {
    const variable = await ask(shop, 'users', 'item');
    assert.deepEqual(
      variable.rows.map(({ id, class: owner, line_number, context }) => [
        id,
        owner,
        line_number,
        context,
      ]),
      [
        ['f1', 'Cart', 11, 'write'],
        ['f1', 'Cart', 12, 'read'],
      ],
    );
    const attribute = await ask(shop, 'users', 'Cart.MAX');
    assert.deepEqual(attribute.about, {
      table: 'Attribute',
      id: 'a2',
      name: 'MAX',
      in: 'Cart',
      file: 'shop/cart.py',
      line: 9,
    });
    assert.deepEqual(
      attribute.rows.map(({ id, line_number, access_type }) => [id, line_number, access_type]),
      [['f1', 14, 'write']],
    );
  });

  it('is printed in any format, with rows and seconds on stderr', async () => {
    const args = ['ask', 'callees', 'add_item', '--db', shop];
    const csv = await kgload(args);
    assert.equal(
      csv.stdout,
      'distance,name,class,file,start_line,end_line,is_public,id\n' +
        '1,_total,Cart,shop/cart.py,28,31,false,f3\n1,price_of,,shop/prices.py,5,9,true,f4\n',
    );
    assert.match(csv.stderr, /^kgload: 2 rows in \d+\.\d+ s\n$/);
    const ndjson = await kgload([...args, '--format', 'ndjson', '--quiet']);
    assert.deepEqual([ndjson.stdout.split('\n').length, ndjson.stderr], [3, '']);
    assert.match((await kgload([...args, '--format', 'table'])).stdout, /^distance +name +class/);
    assert.match((await kgload([...args, '--format', 'markdown'])).stdout, /^\| distance \| name/);
    const both = await kgload([...args, '--json', '--format', 'csv']);
    assert.deepEqual([both.code, both.stderr.includes('contradict')], [2, true]);
  });

  it('that nobody knows, or that takes no depth, is refused', async () => {
    const unknown = await kgload(['ask', 'calers', 'run', '--db', shop]);
    assert.equal(unknown.code, 2);
    assert.equal(
      unknown.stderr,
      'kgload: error: there is no question "calers" (did you mean callers? there are functions, classes, imports, callers, callees, impact, subclasses, users)\n(see kgload ask --help)\n',
    );
    for (const depth of ['0', '-1', 'x', '1.5']) {
      const { code } = await kgload(['ask', 'callers', 'run', '--db', shop, `--depth=${depth}`]);
      assert.equal(code, 2, depth);
    }
    const { errors } = await ask(shop, 'impact', 'run', '--depth', '2');
    assert.equal(errors[0]?.message, '--depth says nothing of impact');
  });

  it('to what is no code graph names what is missing', async (t) => {
    const scratchDb = join(scratch(t), 'other.db');
    execute(scratchDb, 'CREATE NODE TABLE Person(id INT64 PRIMARY KEY)');
    for (const [question, tables] of [
      ['functions', 'Function'],
      ['callers', 'Function, CALLS'],
      ['subclasses', 'Class, INHERITS'],
      ['users', 'Variable, REFERENCES'],
    ] as const) {
      const { code, errors } = await ask(scratchDb, question, 'x');
      assert.deepEqual(
        [code, errors[0]?.code, errors[0]?.message],
        [2, 'SCHEMA_MISMATCH', `the database has no table ${tables}`],
      );
    }
    const none = await ask(join(directory, 'none.db'), 'callers', 'x');
    assert.deepEqual([none.code, none.errors[0]?.code], [2, 'ENOENT']);
  });

  it('is answered where a graph has no more than what it is about', async (t) => {
    const db = join(scratch(t), 'part.db');
    execute(
      db,
      'CREATE NODE TABLE Function(id STRING PRIMARY KEY, name STRING, file STRING, start_line INT64, end_line INT64, is_public BOOLEAN, source_code STRING)',
      "CREATE (:Function {id: 'x', name: 'go', file: 'a/b.py', start_line: 1})",
    );
    const { code, rows } = await ask(db, 'functions', 'b.py');
    assert.deepEqual([code, rows.map(({ id, class: owner }) => [id, owner])], [0, [['x', null]]]);
  });

  it('ends at once on Ctrl-C', async () => {
    const args = ['ask', 'impact', 'app/main.py:run', '--db', nested];
    const child = spawn(process.execPath, [BINARY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    setTimeout(() => child.kill('SIGINT'), 120);
    const signal = await new Promise((resolve) => {
      child.on('close', (_code, name) => {
        resolve(name);
      });
    });
    assert.deepEqual([signal, output], ['SIGINT', '']);
  });
});

describe('a name', () => {
  it('is a path, its end, an id, a class and a method, or a module', async () => {
    for (const [name, id] of [
      ['m4', 'm4'],
      ['main', 'main'], // The id; there is no function of that name.
      ['helper', 'm2'],
      ['run.helper', 'm2'],
      ['app/main.py:run', 'm1'],
      ['app/main.py::run', 'm1'],
      ['./app/main.py:run()', 'm1'],
      ['Job.run', 'm3'],
      ['Job::run', 'm3'],
      ['Retry.run', 'm4'],
      ['Job.Retry.run', 'm4'],
      ['main.py:Retry.run', 'm4'],
      ['app.jobs.main.Job.run', 'm3'],
      ['app.jobs.main:Job.run', 'm3'],
      ['app.jobs.stop', 'm7'],
      ['jobs/__init__.py:stop', 'm7'],
      ['Odd.name', 'm8'],
      ["app/it's \\ odd.py:Odd.name", 'm8'],
      ['größe.py:größe', 'm9'],
    ] as const) {
      assert.equal(await meant('callees', name), id, name);
    }
    assert.equal(await meant('subclasses', 'Job.Retry'), 'k2');
  });

  it('of several things is ambiguous, and lists them', async () => {
    assert.deepEqual(await meant('callers', 'run'), ['AMBIGUOUS', 'm3', 'm4', 'm5', 'm6', 'm1']);
    assert.deepEqual(await meant('callers', 'jobs/main.py:run'), ['AMBIGUOUS', 'm5', 'm6']);
    assert.deepEqual(await meant('subclasses', 'Job'), ['AMBIGUOUS', 'k1', 'k3']);
    const { code, stdout, stderr } = await kgload(['ask', 'callers', 'run', '--db', nested]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(
      stderr,
      `kgload: error: 5 functions may be meant by "run" (say which, by its file and what it is in, or by its id: app/jobs/main.py:Job.run)
  app/jobs/main.py:Job.run    app/jobs/main.py:4   m3
  app/jobs/main.py:Retry.run  app/jobs/main.py:9   m4
  app/jobs/main.py:run        app/jobs/main.py:20  m5
  app/jobs/main.py:run        app/jobs/main.py:30  m6
  app/main.py:run             app/main.py:1        m1
`,
    );
    const { errors } = await ask(nested, 'callers', 'jobs/main.py:run');
    assert.deepEqual(errors[0]?.code, 'AMBIGUOUS');
    assert.deepEqual(errors[0].candidates, [
      { table: 'Function', id: 'm5', name: 'run', file: 'app/jobs/main.py', line: 20 },
      { table: 'Function', id: 'm6', name: 'run', file: 'app/jobs/main.py', line: 30 },
    ]);
  });

  it('of nothing gets those that are near', async () => {
    const hints: [QuestionName, string, string][] = [
      ['callers', 'helpr', 'did you mean app/main.py:helper?'],
      ['callers', 'GRÖSSE', 'did you mean app/größe.py:größe?'],
      ['callers', 'app/jobs/__init__.py:help', 'did you mean app/main.py:helper?'],
      ['callers', 'nowhere.py:stop', 'did you mean app/jobs/__init__.py:stop?'],
      ['subclasses', 'Rety', 'did you mean app/jobs/main.py:Retry?'],
      ['functions', 'app/größer.py', 'did you mean app/größe.py?'],
    ];
    for (const [question, name, hint] of hints) {
      const { code, errors } = await ask(nested, question, name);
      assert.deepEqual([code, errors[0]?.code, errors[0]?.hint], [2, 'NOT_FOUND', hint], name);
    }
    const far = await kgload(['ask', 'callers', 'qqqqqqqq', '--db', nested]);
    assert.equal(far.stderr, 'kgload: error: the graph has no function "qqqqqqqq"\n');
    for (const odd of ['', ':', '.', "'\\", 'a\nb', '`']) {
      assert.deepEqual(
        ((await meant('callers', odd)) as string[])[0],
        'NOT_FOUND',
        JSON.stringify(odd),
      );
    }
  });

  it('of a file is its path from here or from the root, or the end of it', async () => {
    for (const [name, from, path] of [
      ['app/main.py', '/', 'app/main.py'],
      ['app//./main.py', '/', 'app/main.py'],
      ['jobs/main.py', '/', 'app/jobs/main.py'],
      ['jobs\\main.py', '/', 'app/jobs/main.py'],
      ['/src/app/jobs/main.py', '/', 'app/jobs/main.py'],
      ['/src/app/main.py', '/', 'app/main.py'],
      ['../main.py', '/src/app/jobs', 'app/main.py'],
      ["it's \\ odd.py", '/', "app/it's \\ odd.py"],
    ] as const) {
      assert.equal(await meant('functions', name, from), path, name);
    }
    assert.deepEqual(await meant('functions', 'main.py'), [
      'AMBIGUOUS',
      'app/jobs/main.py',
      'app/main.py',
    ]);
    assert.deepEqual(((await meant('functions', 'ain.py')) as string[])[0], 'NOT_FOUND');
  });
});

describe('the graph of an answer', () => {
  const drawn = async (db: string, question: QuestionName, name: string): Promise<string[]> => {
    const asked = { question, name, directory: '/', isDrawn: true };
    const { graph } = (await askQuestion(db, asked)) as Asked;
    assert.ok(graph);
    assert.equal(new Set(graph.edges.map(({ id }) => id)).size, graph.edges.length);
    return [
      graph.nodes.map(({ id, label }) => `${id}=${label}`).join(' '),
      ...graph.edges.map(
        ({ table, from, to, properties }) =>
          `${from} -${table}-> ${to} ${JSON.stringify(properties)}`,
      ),
    ];
  };

  it('has what was asked about first, what was found, and the rels between them', async () => {
    assert.deepEqual(await drawn(shop, 'callers', 'price_of'), [
      'Function f4=price_of Function f1=Cart.add_item Function f3=Cart._total',
      'Function f1 -CALLS-> Function f4 {"call_line":16}',
      'Function f3 -CALLS-> Function f4 {"call_line":29}',
      'Function f1 -CALLS-> Function f3 {"call_line":15}',
      'Function f3 -CALLS-> Function f3 {"call_line":null}',
    ]);
    const [nodes, ...edges] = await drawn(nested, 'impact', 'app/main.py:run');
    assert.equal(
      nodes,
      'Function m1=run Function m3=Job.run Function m2=helper Function m7=stop Function m8=Odd.name',
    );
    assert.deepEqual(
      edges.map((edge) => edge.replace(/ \{.*/, '').replaceAll('Function ', '')).sort(),
      ['m1 -CALLS-> m2', 'm2 -CALLS-> m3', 'm3 -CALLS-> m1', 'm7 -CALLS-> m3', 'm8 -CALLS-> m7'],
    );
    assert.deepEqual(await drawn(nested, 'subclasses', 'jobs/main.py:Job'), [
      'Class k1=Job Class k3=Job',
      'Class k3 -INHERITS-> Class k1 {}',
    ]);
    assert.deepEqual(await drawn(shop, 'users', 'item'), [
      'Variable v2=item Function f1=Cart.add_item',
      'Function f1 -REFERENCES-> Variable v2 {"line_number":11,"context":"write"}',
      'Function f1 -REFERENCES-> Variable v2 {"line_number":12,"context":"read"}',
    ]);
    const [inFile, ...within] = await drawn(shop, 'functions', 'cart.py');
    assert.match(inFile ?? '', /^File shop\/cart\.py=shop\/cart\.py Function f1=Cart\.add_item /);
    assert.deepEqual(
      within.map((edge) => edge.replace(/ \{.*/, '')),
      [
        'File shop/cart.py -CONTAINS_FUNCTION-> Function f1',
        'File shop/cart.py -CONTAINS_FUNCTION-> Function f2',
        'File shop/cart.py -CONTAINS_FUNCTION-> Function f3',
        'Function f1 -CALLS-> Function f3',
        'Function f3 -CALLS-> Function f3',
      ],
    );
    assert.equal((await drawn(shop, 'imports', 'prices.py')).length, 2);
    assert.equal((await drawn(shop, 'classes', 'cart.py')).length, 3);
  });
});

describe('what a text may mean', () => {
  it('is computed from the things alone', () => {
    const thing = (id: string, name: string, file: string | null, owner: string | null): Thing => ({
      table: 'Function',
      id,
      name,
      file,
      line: null,
      endLine: null,
      owner,
    });
    const things = [
      thing('1', 'a', 'x/y.py', null),
      thing('2', 'a', 'x/y.py', 'C'),
      thing('3', 'a', null, 'C'),
    ];
    const ids = (text: string): string[] => meantBy(text, things, []).map(({ id }) => id);
    assert.deepEqual(ids('a'), ['1', '2', '3']);
    assert.deepEqual(ids('C.a'), ['2', '3']);
    assert.deepEqual(ids('y.py:a'), ['1']);
    assert.deepEqual(ids('y.py:C.a'), ['2']);
    assert.deepEqual(ids('x.y.C.a'), ['2']);
    assert.deepEqual(ids('D.a'), []);
  });

  it('of a path is a file, its end, or its module', () => {
    assert.equal(plainPath('././a\\b//c/./d.py'), 'a/b/c/d.py');
    for (const [file, given, fit] of [
      ['a/b.py', './a/b.py', 3],
      ['a/b.py', 'b.py', 2],
      ['a/b.py', '/x/a/b.py', 2],
      ['a/b.py', 'a.b', 1],
      ['a/__init__.py', 'a', 1],
      ['a/bb.py', 'b.py', 0],
      [null, 'b.py', 0],
    ] as const) {
      assert.equal(fileFit(file, given), fit, `${file ?? ''} ${given}`);
    }
  });
});
