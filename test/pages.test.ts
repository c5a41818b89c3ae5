/** Whether the pages for contributors name what is there, and leave no room out. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from './helpers.js';

const PAGES = ['docs/architecture.md', 'CONTRIBUTING.md'];

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** All of src/, to look functions up in. */
const SOURCE = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'))
  .join('\n');

const COMMANDS = readdirSync(join(ROOT, 'src', 'commands')).map((file) => file.replace('.ts', ''));

/** What stands in backticks, or in a block of commands. */
function codeOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  const inline = text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g);
  return [...blocks, ...[...inline].map(([, code = '']) => code.replaceAll(/\s+/g, ' '))];
}

/** What is wrong with a piece of code, if anything is. */
function problemOf(code: string): string | undefined {
  const [, script] = /\bnpm run ([\w:]+)/.exec(code) ?? [];
  if (script !== undefined && !(script in scripts)) return `there is no script ${script}`;
  const [, command] = /\bkgload ([a-z]+)/.exec(code) ?? [];
  if (command !== undefined && !COMMANDS.includes(command)) return `there is no command ${command}`;
  const [, call] = /^(\w+)\(/.exec(code) ?? [];
  if (call !== undefined && !new RegExp(`function\\*? ${call}\\b`).test(SOURCE)) {
    return `there is no function ${call}`;
  }
  const [, name] = /^([A-Z]\w+)$/.exec(code) ?? [];
  if (name !== undefined && !new RegExp(`\\b${name}\\b`).test(SOURCE)) return `there is no ${name}`;
  for (const path of code
    .split(' ')
    .filter((word) => /^[\w.]*\/[\w./-]*$|\.(ts|md|json|cjs)$/.test(word))) {
    if (path.startsWith('./')) continue; // A user's own.
    const compiled = path.replace(/^dist\/(.*)\.js$/, '$1.ts');
    const places = [compiled, join('src', compiled)];
    if (!places.some((place) => existsSync(join(ROOT, place)))) return `there is no ${path}`;
  }
  return undefined;
}

for (const page of PAGES) {
  it(`${page} names what exists`, () => {
    const code = codeOf(page);
    assert.ok(code.length > 15, String(code.length));
    assert.deepEqual(code.map((piece) => problemOf(piece)).filter(Boolean), []);
  });
}

describe('what would be wrong', () => {
  for (const [code, problem] of [
    ['npm run nothing', 'there is no script nothing'],
    ['kgload nothing ./parquet', 'there is no command nothing'],
    ['planNothing()', 'there is no function planNothing'],
    ['load/nothing.ts', 'there is no load/nothing.ts'],
    ['NothingError', 'there is no NothingError'],
  ] as const) {
    it(code, () => {
      assert.equal(problemOf(code), problem);
    });
  }
});

it('docs/architecture.md has every room', () => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `\`${entry.name}/\`` : `\`${entry.name}\``,
  );
  assert.deepEqual(
    rooms.filter((room) => !page.includes(room)),
    [],
  );
});

it('CONTRIBUTING.md has every command', () => {
  const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const hidden = ['prepare', 'test', 'format:check'];
  const missing = Object.keys(scripts).filter(
    (name) => !hidden.includes(name) && !page.includes(`npm run ${name}`),
  );
  assert.deepEqual(missing, []);
});
