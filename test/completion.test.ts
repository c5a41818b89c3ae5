/** Completion by the shells themselves, and the man page. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { kgload, ROOT, scratch } from './helpers.js';

/** A command line up to the cursor → what a shell offers there. */
const OFFERS: Record<string, string[]> = {
  'kgload lo': ['load'],
  'kgload load --b': ['--bad-rows', '--buffer-pool'],
  'kgload load x --engine ': ['kuzu', 'ladybug'],
  'kgload load x --engine=la': ['ladybug'],
  'kgload stats --format m': ['markdown'],
  'kgload schema --format m': ['mermaid'],
  'kgload completion ': ['bash', 'fish', 'zsh'],
  'kgload help sta': ['stats'],
  'kgload load --threads ': [],
};

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

function run(shell: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(shell, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  return stdout;
}

describe('kgload completion', { concurrency: 2 }, () => {
  it('offers commands, flags and values in bash', async (t) => {
    const directory = scratch(t);
    const script = join(directory, 'completion.bash');
    writeFileSync(script, (await kgload(['completion', 'bash'])).stdout);
    for (const [line, offered] of Object.entries(OFFERS)) {
      // bash breaks words at `=` too.
      const words = line.split(/ |(?==)|(?<==)/).map((word) => `'${word}'`);
      const asked = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}`;
      const shown = `_kgload; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const stdout = run(
        'bash',
        ['--norc', '-c', `source '${script}'; ${asked}; ${shown}`],
        directory,
      );
      assert.deepEqual(stdout.split('\n').filter(Boolean).sort(), offered, line);
    }
    const registered = run(
      'bash',
      ['--norc', '-c', `source '${script}'; complete -p kgload`],
      directory,
    );
    assert.match(registered, /-F _kgload kgload/);
  });

  it('offers them in fish', { skip: has('fish') ? false : 'there is no fish' }, async (t) => {
    const directory = scratch(t);
    const script = join(directory, 'kgload.fish');
    writeFileSync(script, (await kgload(['completion', 'fish'])).stdout);
    for (const [line, offered] of Object.entries(OFFERS)) {
      const stdout = run('fish', ['-c', `source '${script}'; complete -C '${line}'`], directory);
      const words = stdout.split('\n').filter(Boolean);
      const plain = words.map((word) => word.replace(/\t.*/, '').replace(/^--\w+=/, ''));
      assert.deepEqual(plain.sort(), offered, line);
    }
    const files = run(
      'fish',
      ['-c', `source '${script}'; complete -C 'kgload stats --db '`],
      directory,
    );
    assert.match(files, /^kgload\.fish$/m);
  });

  it('is known to zsh', { skip: has('zsh') ? false : 'there is no zsh' }, async (t) => {
    const directory = scratch(t);
    const script = join(directory, '_kgload');
    writeFileSync(script, (await kgload(['completion', 'zsh'])).stdout);
    run('zsh', ['-n', script], directory);
    const load = `autoload -Uz compinit; compinit -D -u; source '${script}'; print $_comps[kgload]`;
    assert.equal(run('zsh', ['-f', '-c', load], directory), '_kgload\n');
    const text = readFileSync(script, 'utf8');
    assert.match(text, /'--engine=\[.*\]:value:\(kuzu ladybug\)'/);
    assert.match(text, /'1:value:_files -\/'/);
  });
});

describe('the man page', () => {
  const page = join(ROOT, 'dist', 'man', 'kgload.1');

  it('has every command with every flag', async () => {
    const text = readFileSync(page, 'utf8').replaceAll('\\-', '-');
    const help = (await kgload(['--help'])).stdout;
    const [, list = ''] = /\nCommands:\n((?: .*\n)+)/.exec(help) ?? [];
    const names = [...list.matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name);
    assert.ok(names.includes('load'));
    for (const name of names.filter((command) => command !== 'help')) {
      const [, own = ''] =
        new RegExp(`\n\\.SS kgload ${name} (.*?)(?=\n\\.S[SH])`, 's').exec(text) ?? [];
      const flags = (await kgload([name, '--help'])).stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm);
      for (const [, flag = ''] of flags) assert.match(own, new RegExp(`\n\\.B .*${flag}\\b`), name);
    }
    assert.match(text, /\n\.SH EXIT STATUS\n/);
    assert.match(text, /\n\.B KGLOAD_DB\n/);
  });

  it('has no faults', { skip: has('mandoc') || has('man') ? false : 'there is no man' }, () => {
    const isMandoc = spawnSync('mandoc', ['-Tlint', '-Werror', page]).status;
    if (isMandoc !== null) assert.equal(isMandoc, 0);
    const man = spawnSync('man', ['--warnings', '-l', page], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '80', MANPAGER: 'cat', LC_ALL: 'C' },
    });
    if (man.status === null) return;
    assert.deepEqual([man.status, man.stderr], [0, '']);
    assert.match(man.stdout, /KGLOAD\(1\)/);
  });
});
