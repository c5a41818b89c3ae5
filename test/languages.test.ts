/** Each language by a small project of which every row is written down. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LANGUAGES } from '../src/analyze/languages.js';
import { ROOT, scratch } from './helpers.js';
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

  it('take no longer where a name is assigned from itself many times', async (t) => {
    const root = scratch(t);
    const lines = Array.from({ length: 60 }, () => "    text = text.replace('a', 'b')");
    writeFileSync(join(root, 'a.py'), ['def f(text):', ...lines, '    return g(text)'].join('\n'));
    writeFileSync(join(root, 'b.py'), 'from a import f\n\ndef h():\n    f(1).x()\n');
    // Asked anew for each line before it, the first would be asked for 2^60 times.
    assert.deepEqual(
      (await languageRows(root)).filter(
        (row) => row.includes(' CALLS ') || row.includes(' calls '),
      ),
      [
        'a.py calls external 1 unknown 60',
        'b.py CALLS h -> a.py:f 4 import',
        'b.py calls external 1',
      ],
    );
  });

  it('have a project for each grammar', () => {
    const projects = readdirSync(PROJECTS);
    for (const { name } of LANGUAGES) assert.ok(projects.includes(name), name);
  });
});
