import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable, styleOf, withSigns } from '../src/terminal/style.js';
import { kgload, scratch } from './helpers.js';

const TERMINAL = { isTTY: true };
const PIPE = { isTTY: false };

describe('colour', () => {
  const cases: [string, typeof PIPE, Record<string, string>, boolean, boolean][] = [
    ['is there on a terminal', TERMINAL, { TERM: 'xterm' }, false, true],
    ['is not in a pipe', PIPE, { TERM: 'xterm' }, false, false],
    ['is not with NO_COLOR, whatever it holds', TERMINAL, { NO_COLOR: '0' }, false, false],
    ['is there where NO_COLOR is empty', TERMINAL, { NO_COLOR: '' }, false, true],
    ['is there with FORCE_COLOR in a pipe', PIPE, { FORCE_COLOR: '1' }, false, true],
    ['is there with FORCE_COLOR, whatever it holds', PIPE, { FORCE_COLOR: '0' }, false, true],
    ['is not in a pipe where FORCE_COLOR is empty', PIPE, { FORCE_COLOR: '' }, false, false],
    [
      'is there where both are set: the one that forces has the last word',
      PIPE,
      { NO_COLOR: '1', FORCE_COLOR: '1' },
      false,
      true,
    ],
    ['is not with --no-color', TERMINAL, {}, true, false],
    ['is not with --no-color, though FORCE_COLOR is set', PIPE, { FORCE_COLOR: '1' }, true, false],
    ['is not on a dumb terminal', TERMINAL, { TERM: 'dumb' }, false, false],
    ['is forced on a dumb terminal', TERMINAL, { TERM: 'dumb', FORCE_COLOR: '1' }, false, true],
    ['does not hear of CLICOLOR_FORCE', PIPE, { CLICOLOR_FORCE: '1' }, false, false],
  ];
  for (const [what, stream, env, noColor, expected] of cases) {
    it(what, () => {
      assert.equal(styleOf(stream, env, { noColor }).hasColor, expected);
    });
  }

  it('marks errors, of the command line too', async (t) => {
    const db = `${scratch(t)}/graph.db`;
    const color = { env: { FORCE_COLOR: '1', NO_COLOR: '' } };
    const args = ['load', 'no-such-directory', '--db', db];
    const { code, stderr } = await kgload(args, color);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^kgload: \u001b\[31merror:\u001b\[39m the dataset no-such-directory does/,
    );
    const plain = await kgload([...args, '--no-color'], color);
    assert.match(plain.stderr, /^kgload: error: the dataset no-such-directory does/);
    const usage = await kgload(['lode'], color);
    assert.equal(
      usage.stderr,
      "kgload: \u001b[31merror:\u001b[39m unknown command 'lode' (did you mean load?)\n(see kgload --help)\n",
    );
  });
});

describe('signs beyond ASCII', () => {
  const cases: [Record<string, string>, boolean][] = [
    [{}, true],
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{ LANG: 'POSIX' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LANG: 'de_DE' }, false],
    [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_ALL: '', LC_CTYPE: '' }, false],
    [{ LC_CTYPE: 'C', LC_ALL: 'C.UTF-8' }, true],
  ];
  for (const [env, expected] of cases) {
    it(`are ${expected ? 'there' : 'not there'} with ${JSON.stringify(env)}`, () => {
      assert.equal(styleOf(TERMINAL, env).isUnicode, expected);
    });
  }

  it('become ASCII where there are none; data stays as it is', () => {
    const text = '── a → b … █░ Größe';
    assert.equal(withSigns(text, { isUnicode: false }), '-- a -> b ... #- Größe');
    assert.equal(withSigns(text, { isUnicode: true }), text);
  });

  it('are none in the tables of a command then', async (t) => {
    const args = ['load', 'fixtures/code-graph', '--db', `${scratch(t)}/graph.db`];
    const { stdout } = await kgload(args, { env: { LC_ALL: 'C' } });
    assert.match(stdout, /\n-{20,}\n/);
    assert.doesNotMatch(stdout, /[^\n -~]/);
  });
});

describe('what is drawn anew', () => {
  it('is on a terminal that moves its cursor', () => {
    assert.equal(styleOf(TERMINAL, { TERM: 'xterm' }).isLive, true);
    assert.equal(styleOf(TERMINAL, { TERM: 'dumb' }).isLive, false);
    assert.equal(styleOf(PIPE, { TERM: 'xterm' }).isLive, false);
    assert.equal(styleOf(PIPE, { FORCE_COLOR: '1' }).isLive, false);
  });
});

describe('text from data', () => {
  it('steers no terminal', () => {
    assert.equal(printable('a\u001b[31mb\u009b2Jc\nd'), 'a\\u001b[31mb\ufffd2Jc\\nd');
  });
});
