import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { FIXTURE, kgload, ROOT, scratch } from './helpers.js';

it('docs/pages.md: every command does what the page says', async (t) => {
  const directory = scratch(t);
  cpSync(FIXTURE, join(directory, 'parquet'), { recursive: true });
  const page = readFileSync(join(ROOT, 'docs/pages.md'), 'utf8');
  const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  assert.equal(commands.length, 3);
  for (const command of commands) {
    const [program, ...args] = command.split(' ');
    assert.equal(program, 'kgload');
    const { code, stderr } = await kgload(args, { cwd: directory });
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
  for (const file of ['graph.html', 'load.html']) assert.ok(existsSync(join(directory, file)));
});
