/** Graphs as pages and diagrams, as the command writes them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Value } from '../src/model/answer.js';
import { collectPicture, MOST_NODES } from '../src/picture/collect.js';
import { toDot } from '../src/picture/dot.js';
import { toHtml } from '../src/picture/html.js';
import { toMermaid } from '../src/picture/mermaid.js';
import type { Picture } from '../src/picture/picture.js';
import { BROWSER, openBrowser, openPage } from './browser.js';
import { FIXTURE, kgload, scratch } from './helpers.js';

const node = (id: string, name: string, label = 'Person'): Value => ({
  _id: id,
  _label: label,
  name,
});
const rel = (id: string, from: string, to: string): Value => ({
  _id: id,
  _label: 'KNOWS',
  _src: from,
  _dst: to,
});

function pictureOf(...rows: Value[][]): Picture {
  const collector = collectPicture();
  for (const row of rows) collector.add(row);
  return collector.picture('people');
}

/** Names that would end a label, a script or a line. */
const HOSTILE = [
  'a "quoted" name',
  '</script><script>document.title = "taken over"</script>',
  'end',
  'two\nlines',
  '<img src=x onerror=alert(1)>',
  'back\\slash `tick` #hash; {brace} [bracket] | & 日本 👕',
  '',
];

const HOSTILE_PICTURE = pictureOf(
  ...HOSTILE.map((name, i) => [
    node(`0:${i}`, name),
    rel(`1:${i}`, `0:${i}`, `0:${(i + 1) % HOSTILE.length}`),
  ]),
);

describe('the graph in an answer', () => {
  it('has each node and rel once, wherever in a value they are', () => {
    const [a, b] = [node('0:0', 'Ann'), node('0:1', 'Bob')];
    const path = { _nodes: [a, b], _rels: [rel('1:0', '0:0', '0:1')] };
    const { nodes, edges } = pictureOf([a, 7], [[b, { in: [path] }], null]);
    assert.deepEqual(
      nodes.map(({ label }) => label),
      ['Ann', 'Bob'],
    );
    assert.deepEqual(
      edges.map(({ table, from, to }) => [table, from, to]),
      [['KNOWS', '0:0', '0:1']],
    );
  });

  it('has ends for rels whose nodes are in no row', () => {
    const { nodes } = pictureOf([rel('1:0', '0:0', '0:9')], [node('0:0', 'Ann')]);
    assert.deepEqual(
      nodes.map(({ label, table }) => [label, table]),
      [
        ['Ann', 'Person'],
        ['0:9', '(not in the answer)'],
      ],
    );
  });

  it('is refused where there is none, or too much', () => {
    assert.throws(() => pictureOf([1, 'x']), { code: 'NO_PICTURE' });
    const rows = Array.from({ length: MOST_NODES + 1 }, (_, i) => [node(`0:${i}`, `p${i}`)]);
    assert.throws(() => pictureOf(...rows), { code: 'NO_PICTURE', message: /5,001 nodes/ });
  });
});

describe('a diagram', () => {
  it('in Mermaid has labels that nothing gets out of', () => {
    const text = toMermaid(HOSTILE_PICTURE);
    assert.equal(text.split('\n').length, 1 + 2 * HOSTILE.length + 1 + 1);
    assert.match(text, /n0\["a #34;quoted#34; name"\]:::t0/);
    assert.match(text, /n1\["#60;\/script#62;#60;script#62;document.title = #34;taken/);
    assert.match(text, /n3\["two lines"\]/);
    assert.match(text, /n6\["#8203;"\]/);
    assert.match(text, /n0 -->\|"KNOWS"\| n1/);
  });

  it('in DOT is what Graphviz reads', (t) => {
    const text = toDot(HOSTILE_PICTURE);
    assert.match(text, /n0 \[label="a \\"quoted\\" name", tooltip="Person", fillcolor=1\]/);
    assert.match(text, /label="back\\\\slash/);
    const { stdout, error } = spawnSync('dot', ['-Tjson'], { input: text, encoding: 'utf8' });
    if (error) {
      t.skip('no Graphviz here (apt-get install graphviz)');
      return;
    }
    const { objects, edges } = JSON.parse(stdout) as { objects: unknown[]; edges: unknown[] };
    assert.deepEqual([objects.length, edges.length], [HOSTILE.length, HOSTILE.length]);
  });
});

describe('the formats of query and ask', () => {
  it('draw what is in the database', async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    await kgload(['load', FIXTURE, '--db', db, '--quiet']);
    const calls = ['query', 'MATCH (f:Function)-[c:CALLS]->(g) RETURN f, c, g', '--db', db];
    const mermaid = await kgload([...calls, '--format', 'mermaid']);
    assert.equal(mermaid.code, 0, mermaid.stderr);
    const drawn = mermaid.stdout.split('\n');
    assert.equal(drawn.filter((line) => line.includes('-->')).length, 4);
    assert.equal(drawn.filter((line) => line.includes(':::')).length, 3);
    const html = await kgload([...calls, '--format', 'html']);
    assert.match(html.stdout, /<p id="counts" class="muted">3 nodes, 4 edges<\/p>/);
    assert.equal((await kgload([...calls, '--format', 'html'])).stdout, html.stdout);
    const ask = ['ask', 'callers', 'price_of', '--depth', '3', '--db', db];
    const dot = await kgload([...ask, '--format', 'dot']);
    assert.match(dot.stdout, /^digraph "callers of shop\/prices.py:price_of, to depth 3" \{/);
    assert.match(dot.stdout, /label="Cart.add_item"/);
    const none = await kgload([
      'query',
      'MATCH (f:File) RETURN f.path',
      '--db',
      db,
      '--format',
      'dot',
    ]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /holds no nodes, rels or paths to draw \(return them whole: /);
  });
});

/**
 * Waits until a page's drawing has pixels, or none. The page draws at the browser's next frame, and
 * until then cytoscape's `:visible` tells of what was drawn before.
 */
async function waitForPixels(page: Page, isDrawn: boolean): Promise<void> {
  const until = Date.now() + 10_000;
  while ((await page.evaluate<number>(PIXELS)) > 0 !== isDrawn)
    assert.ok(Date.now() < until, isDrawn ? 'nothing is drawn' : 'the drawing is still there');
}

const PIXELS = `(() => {
  const all = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const layers = [...document.querySelectorAll('#graph canvas')];
  all.canvas.width = layers[0].width;
  all.canvas.height = layers[0].height;
  for (const layer of layers) all.drawImage(layer, 0, 0);
  const { data } = all.getImageData(0, 0, all.canvas.width, all.canvas.height);
  return data.filter((value, i) => i % 4 === 3 && value > 0).length;
})()`;

describe('a graph page in a browser', BROWSER, () => {
  it('shows the graph, finds, tells, hides, and asks nobody', async (t) => {
    const directory = scratch(t);
    const file = join(directory, 'graph.html');
    writeFileSync(file, toHtml(HOSTILE_PICTURE));
    const browser = await openBrowser();
    t.after(() => browser.close());
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, said } = await openPage(browser, file, { colorScheme, width: 1000 });
      assert.equal(await page.title(), 'people');
      assert.equal(await page.textContent('#counts'), '7 nodes, 7 edges');
      assert.equal(await page.evaluate('graph.cy.nodes().length + graph.cy.edges().length'), 14);
      await page.keyboard.press('/');
      await page.keyboard.type('onerror');
      assert.equal(await page.textContent('#found'), '1 found');
      await page.keyboard.press('Enter');
      assert.equal(await page.textContent('#panel h2'), '<img src=x onerror=alert(1)>');
      assert.equal(await page.locator('#panel li').count(), 2);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      assert.equal(await page.isVisible('#panel'), false);
      await page.focus('#graph');
      await page.keyboard.press('ArrowRight');
      assert.equal(await page.isVisible('#panel'), true);
      await waitForPixels(page, true);
      await page.click('#legend button >> nth=0');
      await waitForPixels(page, false);
      assert.equal(await page.evaluate('graph.cy.nodes(":visible").length'), 0);
      await page.click('#legend button >> nth=0');
      await waitForPixels(page, true);
      assert.equal(await page.evaluate('graph.cy.nodes(":visible").length'), 7);
      assert.deepEqual(said, []);
      await page.context().close();
    }
  });

  for (const count of [2, 50, 500, 2000]) {
    it(`has ${count} nodes side by side, all of them in the window`, async (t) => {
      const rows = Array.from({ length: count }, (_, i) => {
        const other = (i * 7 + 3) % Math.max(2, Math.ceil(count / 3));
        return [node(`0:${i}`, `person ${i}`), rel(`1:${i}`, `0:${i}`, `0:${other % count}`)];
      });
      const file = join(scratch(t), 'graph.html');
      writeFileSync(file, toHtml(pictureOf(...rows)));
      const browser = await openBrowser();
      t.after(() => browser.close());
      const { page, said } = await openPage(browser, file, { colorScheme: 'light', width: 1200 });
      const places = await page.evaluate<[number, number][]>(
        'graph.cy.nodes().map((n) => [n.renderedPosition("x"), n.renderedPosition("y")])',
      );
      const box = await page.locator('#graph').boundingBox();
      assert.ok(box);
      assert.ok(places.every(([x, y]) => x > 0 && y > 0 && x < box.width && y < box.height));
      const apart = await page.evaluate<number>(
        `(() => { const all = graph.cy.nodes().toArray(); let n = 0;
          for (const [i, a] of all.entries()) for (const b of all.slice(i + 1)) {
            const [p, q] = [a.position(), b.position()];
            if (Math.hypot(p.x - q.x, p.y - q.y) < (a.width() + b.width()) / 2) n += 1;
          } return n; })()`,
      );
      assert.ok(apart <= count / 50, `${apart} pairs of nodes overlap`);
      assert.deepEqual(said, []);
    });
  }
});
