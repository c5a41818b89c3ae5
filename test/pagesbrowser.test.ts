import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { codeGraphRows } from '../fixtures/code-graph.js';
import { BROWSER, openBrowser, openPage } from './browser.js';
import { fixtureCopy, kgload, ROOT, scratch } from './helpers.js';

it('the pages of a database and of a load are fine in a browser', BROWSER, async (t) => {
  const directory = scratch(t);
  const dataset = fixtureCopy(directory);
  const [db, load, stats] = ['graph.db', 'load.html', 'stats.html'].map((f) => join(directory, f));
  assert.ok(db !== undefined && load !== undefined && stats !== undefined);
  await kgload(['load', dataset, '--db', db, '-q']);
  await kgload(['stats', '--db', db, '--html', stats, '-q']);
  cpSync(join(ROOT, 'fixtures/spoiled/calls.parquet'), join(dataset, 'edges/calls.parquet'));
  const failing = await kgload(['load', dataset, '--db', db, '--fresh', '--report', load, '-q']);
  assert.equal(failing.code, 1);

  const browser = await openBrowser();
  t.after(async () => {
    await browser.close();
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      for (const file of [stats, load]) {
        const { page, said } = await openPage(browser, file, { colorScheme, width });
        assert.deepEqual(said, []);
        const sizes = 'document.documentElement.scrollWidth';
        assert.ok(Number(await page.evaluate(sizes)) <= width, `${file} is wider than ${width}`);
        // Text and ground differ in both schemes.
        const colors = await page.evaluate(
          '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
        );
        const [text = '', ground = ''] = (colors as string[]).map(
          (color) => /\d+/.exec(color)?.[0],
        );
        assert.ok(Math.abs(Number(text) - Number(ground)) > 150, `${text} on ${ground}`);
        assert.ok((await page.screenshot({ fullPage: true })).length > 10_000);
        await page.context().close();
      }
    }
  }

  const { page } = await openPage(browser, stats, { colorScheme: 'light', width: 1280 });
  const rows = await page.locator('#nodes tbody tr').allInnerTexts();
  const [function_] = rows.filter((row) => row.startsWith('Function'));
  assert.match(
    function_ ?? '',
    new RegExp(`^Function\\s+${codeGraphRows['Function']?.length ?? 0}\\b`),
  );
  // There is no DOM in this project's types, so what runs in the page is text.
  const boxes = await page.evaluate<{ left: number; top: number; right: number; bottom: number }[]>(
    `[...document.querySelectorAll('.table .box')].map((box) => box.getBoundingClientRect().toJSON())`,
  );
  assert.equal(boxes.length, 8);
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      const apart =
        a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      assert.ok(apart, JSON.stringify([a, b]));
    }
  }
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Schema');
  await page.locator('summary').click();
  assert.ok(await page.getByText('primary key', { exact: true }).first().isVisible());
});
