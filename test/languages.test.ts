/** Each language by a small project of which every row is written down. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LANGUAGES } from '../src/analyze/languages.js';
import { ROOT } from './helpers.js';
import { languageRows } from './languagerows.js';

const PROJECTS = join(ROOT, 'fixtures', 'languages');

describe('the facts of a language', () => {
  for (const project of readdirSync(PROJECTS)) {
    it(`are found in ${project}, row by row`, async () => {
      const root = join(PROJECTS, project);
      const expected = readFileSync(join(root, 'expected.txt'), 'utf8').trimEnd().split('\n');
      assert.deepEqual((await languageRows(root)).sort(), expected.sort());
    });
  }

  it('have a project for each grammar', () => {
    const projects = readdirSync(PROJECTS);
    for (const { name } of LANGUAGES) assert.ok(projects.includes(name), name);
  });
});
