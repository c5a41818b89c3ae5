import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pages } from '../scripts/module-examples.js';
import { consoleExamples, runExamples, steady } from '../scripts/readme-examples.js';
import { ROOT } from './helpers.js';

/** Those that show commands and what they print. */
const SHOWN = pages(ROOT)
  .map((page) => ({ page, examples: consoleExamples(readFileSync(join(ROOT, page), 'utf8')) }))
  .filter(({ examples }) => examples.length > 0);

it('the pages have examples', () => {
  const shown = SHOWN.map(({ page }) => page);
  for (const page of ['README.md', 'docs/promises.md', 'docs/schemas.md', 'docs/ladybug.md']) {
    assert.ok(shown.includes(page), page);
  }
});

describe('a page', { concurrency: 2 }, () => {
  for (const { page, examples } of SHOWN) {
    it(`${page} shows what its commands print (npm run readme writes it anew)`, async () => {
      const outputs = await runExamples(examples.map(({ command }) => command));
      for (const [i, { command, output }] of examples.entries()) {
        assert.equal(steady(outputs[i] ?? ''), steady(output), command);
      }
    });
  }
});
