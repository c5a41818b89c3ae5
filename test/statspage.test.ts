import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeGraphRows } from '../fixtures/code-graph.js';
import { formatCount } from '../src/format.js';
import { ENGINE, execute, FIXTURE, kgload, kgloadJson, loadFixture, scratch } from './helpers.js';
import { bodyOf, checkPage, tableOf, textOf } from './html.js';

/** Node → how many edges it has on one side of some edges. */
function degreesOf(ends: readonly string[]): Map<string, number> {
  const degrees = new Map<string, number>();
  for (const end of ends) degrees.set(end, (degrees.get(end) ?? 0) + 1);
  return degrees;
}

/** The points of a chart, by the titles of its marks: [degree, nodes]. */
function pointsOf(card: string, side: 'out' | 'in'): number[][] {
  const titles = [
    ...card.matchAll(/<title>([\d,]+) nodes? with ([\d,]+) edges? (out|in)<\/title>/g),
  ];
  const number = (text = ''): number => Number(text.replaceAll(',', ''));
  return titles
    .filter((title) => title[3] === side)
    .map(([, nodes, degree]) => [number(degree), number(nodes)]);
}

function distribution(degrees: ReadonlyMap<string, number>): number[][] {
  const nodes = new Map<number, number>();
  for (const degree of degrees.values()) nodes.set(degree, (nodes.get(degree) ?? 0) + 1);
  return [...nodes].sort(([a], [b]) => a - b);
}

function cardOf(page: string, table: string): string {
  const card = [...page.matchAll(/<article class="card">.*?<\/article>/gs)].find(([html]) =>
    textOf(/<h3>(.*?) <span/s.exec(html)?.[1] ?? '').startsWith(table),
  );
  assert.ok(card, `no card of ${table}`);
  return card[0];
}

describe('kgload stats --html', () => {
  it('shows the rows and the degrees of every table', async (t) => {
    const directory = scratch(t);
    const [db, html] = [join(directory, 'graph.db'), join(directory, 'graph.html')];
    await loadFixture(db);
    const { code, stdout, stderr } = await kgload(['stats', '--db', db, '--html', html]);
    assert.deepEqual([code, stderr], [0, `kgload: wrote ${html}\n`]);
    assert.match(stdout, /\nFunction +7\n/);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    const counts = Object.entries(codeGraphRows).map(([table, rows]) => [table, `${rows.length}`]);
    const shown = [
      ...tableOf(page, 'nodes').map(([table, rows]) => [table, rows]),
      ...tableOf(page, 'edges').map(([table, , rows]) => [table, rows]),
    ];
    assert.deepEqual(shown, counts);
    const degrees = tableOf(page, 'degree-table');
    assert.deepEqual(
      degrees.filter(([first]) => first === 'CALLS'),
      [['CALLS', 'out of Function', '7', '5', '0.57', '0', '2', '2']],
    );
    assert.equal(degrees.length, 2 * 11); // INHERITS has no edges.
    assert.match(textOf(page), /1 edge table without edges is left out\./);
    assert.deepEqual(readdirSync(directory).sort(), ['graph.db', 'graph.html']);
  });

  it('has the points and hubs of edges that were generated, on any schema', async (t) => {
    const directory = scratch(t);
    const [db, html] = [join(directory, 'any.db'), join(directory, 'any.html')];
    const names = Array.from({ length: 40 }, (_, i) => `<b>No. ${i}</b> & "co" '${i}'`);
    // The i-th follows the first ones, so that these are followed by many; 39 is followed by nobody.
    const follows = names.flatMap((_, i) =>
      names.flatMap((_name, k) =>
        k < i && (i * 7 + k * 13) % (k + 2) === 0 ? [[i, k] as const] : [],
      ),
    );
    const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
    const [person, place] = ['`Per son <i>`', '`Ort_größe`'];
    execute(
      db,
      `CREATE NODE TABLE ${person}(id INT64 PRIMARY KEY, display_name STRING)`,
      `CREATE NODE TABLE ${place}(title STRING PRIMARY KEY)`,
      `CREATE NODE TABLE Empty(id INT64 PRIMARY KEY)`,
      `CREATE REL TABLE Follows(FROM ${person} TO ${person}, FROM ${person} TO ${place}, since INT64)`,
      `CREATE REL TABLE Nothing(FROM Empty TO ${place}, MANY_ONE)`,
      ...names.map((name, i) => `CREATE (:${person} {id: ${i}, display_name: ${quote(name)}})`),
      `CREATE (:${place} {title: 'x</title><script>alert(1)</script>'})`,
      ...follows.map(
        ([i, k]) =>
          `MATCH (a:${person} {id: ${i}}), (b:${person} {id: ${k}}) CREATE (a)-[:Follows]->(b)`,
      ),
      `MATCH (a:${person}), (b:${place}) CREATE (a)-[:Follows]->(b)`,
    );
    const { code, stderr } = await kgload(['stats', '--db', db, '--html', html]);
    assert.equal(code, 0, stderr);
    const page = readFileSync(html, 'utf8');
    checkPage(page);
    const card = cardOf(page, 'Follows');
    const edges = [...follows, ...names.map((_, i) => [i, 'place'] as const)];
    const [out, into] = [0, 1].map((end) => degreesOf(edges.map((edge) => String(edge[end]))));
    assert.ok(out && into);
    assert.deepEqual(pointsOf(card, 'out'), distribution(out));
    assert.deepEqual(pointsOf(card, 'in'), distribution(into));
    const [outHubs = [], inHubs = []] = [...card.matchAll(/<table>.*?<\/table>/gs)].map(([table]) =>
      bodyOf(table),
    );
    const most = (
      degrees: ReadonlyMap<string, number>,
      nameOf: (id: string) => string,
    ): string[][] =>
      [...degrees]
        .sort(([a, m], [b, n]) => n - m || Number(a) - Number(b))
        .slice(0, 10)
        .map(([id, degree]) => [nameOf(id), formatCount(degree)]);
    assert.deepEqual(
      outHubs,
      most(out, (id) => names[Number(id)] ?? ''),
    );
    const labelled = most(into, (id) =>
      id === 'place'
        ? 'Ort_größe x</title><script>alert(1)</script>'
        : `Per son <i> ${names[Number(id)]}`,
    );
    assert.deepEqual(inHubs, labelled);
    const summary = tableOf(page, 'degree-table').map((row) => row.slice(-7));
    assert.deepEqual(summary[0]?.slice(0, 3), ['out of Per son <i>', '40', '0']);
    assert.deepEqual(summary[1]?.slice(0, 3), [
      'into Per son <i>, Ort_größe',
      '41',
      `${41 - into.size}`,
    ]);
    assert.match(textOf(page), /Empty → Ort_größe MANY_ONE/);
  });

  it('says where a node of the code graph stands, and is the same each time', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await loadFixture(db);
    const pages = [];
    for (const file of ['a.html', 'b.html']) {
      await kgload(['stats', '--db', db, '--html', join(directory, file), '-q']);
      pages.push(readFileSync(join(directory, file), 'utf8').replace(/<footer>.*<\/footer>/s, ''));
    }
    assert.equal(pages[0], pages[1]);
    const hubs = [...cardOf(pages[0] ?? '', 'CALLS').matchAll(/<table>.*?<\/table>/gs)].map(
      ([table]) => bodyOf(table),
    );
    assert.deepEqual(hubs, [
      [
        ['add_item shop/cart.py:10', '2'],
        ['_total shop/cart.py:28', '2'],
      ],
      [
        ['_total shop/cart.py:28', '2'],
        ['price_of shop/prices.py:5', '2'],
      ],
    ]);
  });

  it('shows a database without tables, and one without edges', async (t) => {
    const directory = scratch(t);
    for (const [file, statements, said] of [
      [
        'none',
        ['CREATE NODE TABLE A(id INT64 PRIMARY KEY)', 'DROP TABLE A'],
        'The database has no tables.',
      ],
      ['nodes', ['CREATE NODE TABLE A(id INT64 PRIMARY KEY)'], 'There are no edges.'],
    ] as const) {
      const db = join(directory, `${file}.db`);
      execute(db, ...statements);
      const { code, stderr } = await kgload(['stats', '--db', db, '--html', `${db}.html`]);
      assert.equal(code, 0, stderr);
      const page = readFileSync(`${db}.html`, 'utf8');
      checkPage(page);
      assert.ok(textOf(page).includes(said));
    }
  });

  it('refuses what must not be written, before it looks', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    execute(db, 'CREATE NODE TABLE A(id INT64 PRIMARY KEY)');
    const before = readFileSync(db);
    for (const [path, reason] of [
      [db, 'it is the database'],
      [directory, 'it is a directory'],
      [join(directory, 'missing', 'x.html'), 'missing does not exist'],
    ] as const) {
      const { code, json } = await kgloadJson(['stats', '--db', db, '--html', path]);
      assert.deepEqual([code, json.errors[0]?.code], [2, 'TARGET_UNWRITABLE']);
      assert.ok(json.errors[0]?.message.endsWith(reason), json.errors[0]?.message);
    }
    const page = join(directory, 'x.html');
    const both = await kgload(['stats', '--db', db, '--verify', FIXTURE, '--html', page]);
    assert.equal(both.code, 2);
    assert.ok(readFileSync(db).equals(before));
    assert.deepEqual(readdirSync(directory), ['graph.db']);
  });

  it('draws the tables that are connected most where there are very many', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'many.db');
    const tables = Array.from({ length: 80 }, (_, i) => `T${i}`);
    execute(
      db,
      'BEGIN TRANSACTION',
      ...tables.map((table) => `CREATE NODE TABLE ${table}(id INT64 PRIMARY KEY)`),
      ...tables.map((table, i) => `CREATE REL TABLE R${i}(FROM ${table} TO T${(i * i) % 80})`),
      'COMMIT',
    );
    const { code, stderr } = await kgload(['stats', '--db', db, '--html', `${db}.html`, '-q']);
    assert.deepEqual([code, stderr], [0, '']);
    const page = readFileSync(`${db}.html`, 'utf8');
    checkPage(page);
    assert.equal([...page.matchAll(/<g class="table"/g)].length, 60);
    assert.match(textOf(page), /20 node tables and \d+ edge tables had no room in it/);
    assert.equal(tableOf(page, 'nodes').length, 80);
    assert.ok(page.length < 200_000, `${page.length} characters on ${ENGINE}`);
  });
});
