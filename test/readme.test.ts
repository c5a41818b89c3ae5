import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readmeExamples, runExamples, steady } from '../scripts/readme-examples.js';
import { BINARY } from './helpers.js';

describe('README.md', () => {
  it('shows what its commands print (npm run readme writes it anew)', async () => {
    const readme = readFileSync(join(BINARY, '..', '..', 'README.md'), 'utf8');
    const examples = readmeExamples(readme);
    assert.ok(examples.length >= 6);
    const outputs = await runExamples(examples.map(({ command }) => command));
    for (const [i, { command, output }] of examples.entries()) {
      assert.equal(steady(outputs[i] ?? ''), steady(output), command);
    }
  });
});
