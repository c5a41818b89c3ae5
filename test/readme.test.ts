import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { consoleExamples, runExamples, steady } from '../scripts/readme-examples.js';
import { BINARY } from './helpers.js';

const ROOT = join(BINARY, '..', '..');

describe('a page', () => {
  for (const [page, least] of [
    ['README.md', 12],
    ['docs/ladybug.md', 8],
    ['docs/ci.md', 2],
    ['docs/json.md', 4],
    ['docs/ask.md', 7],
    ['docs/query.md', 8],
  ] as const) {
    it(`${page} shows what its commands print (npm run readme writes it anew)`, async () => {
      const examples = consoleExamples(readFileSync(join(ROOT, page), 'utf8'));
      assert.ok(examples.length >= least);
      const outputs = await runExamples(examples.map(({ command }) => command));
      for (const [i, { command, output }] of examples.entries()) {
        assert.equal(steady(outputs[i] ?? ''), steady(output), command);
      }
    });
  }
});
