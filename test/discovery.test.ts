import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { findSources, type Discovery, type DiscoveryOptions } from '../src/analyze/discovery.js';
import { readSource, type Source } from '../src/analyze/source.js';
import type { SourceFile } from '../src/analyze/sourcefile.js';
import { KgloadError } from '../src/errors.js';
import { scratch } from './helpers.js';
import { writeHostileSources, type HostileSources } from './hostilesources.js';

const LANGUAGES: Record<string, string> = {
  py: 'python',
  js: 'javascript',
  ts: 'typescript',
  go: 'go',
  rs: 'rust',
};

function languageOf(path: string, readFirstLine: () => string): string | undefined {
  const end = /\.(\w+)$/.exec(path)?.[1];
  if (end !== undefined) return LANGUAGES[end];
  return /^#!.*\bpython/.test(readFirstLine()) ? 'python' : undefined;
}

function find(root: string, options: Partial<DiscoveryOptions> = {}): Promise<Discovery> {
  return findSources(root, { languageOf, ...options });
}

/** Writes files, and the directories in which they lie. */
function write(root: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function git(cwd: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=n', '-c', 'user.email=e', '-c', 'protocol.file.allow=always'];
  execFileSync('git', [...identity, ...args], { cwd, stdio: 'ignore' });
}

/** A repository in which all that is there is committed. */
function commit(root: string): void {
  git(root, 'init', '-q');
  git(root, 'add', '-A');
  git(root, 'commit', '-qm', 'x');
}

const paths = ({ files }: Discovery): string[] => files.map(({ path }) => path);

const codes = ({ notes }: { notes: Discovery['notes'] }): string[] =>
  notes.map(({ file, code }) => `${code} ${file}`);

const messageAt = ({ notes }: { notes: Discovery['notes'] }, file: string): string | undefined =>
  notes.find((note) => note.file === file)?.message;

/** In a repository and out of one, the same must come out. */
const BOTH = [
  { where: 'in a work tree', usesGit: true },
  { where: 'without git', usesGit: false },
];

for (const { where, usesGit } of BOTH) {
  describe(`sources ${where}`, () => {
    const make = (root: string, files: Record<string, string>): void => {
      write(root, files);
      if (usesGit) git(root, 'init', '-q');
    };

    it('are all files of a language that no ignore file names, in the order of code units', async (t) => {
      const root = scratch(t);
      make(root, {
        'b.py': '',
        'Z.py': 'x = 1\n',
        'a/b.py': '',
        'a-b.py': '',
        'ä.py': '',
        '.github/run.py': '',
        script: '#!/usr/bin/env python3\n',
        README: 'text',
        'README.md': '',
        'a/NOTES.MD': '',
        '.gitignore': '*.log.py\n/a/out.py\nsecret/\n',
        'a/.gitignore': '!kept.log.py\n/only.py\n',
        'x.log.py': '',
        'a/kept.log.py': '',
        'a/only.py': '',
        'a/deep/only.py': '',
        'a/out.py': '',
        'secret/x.py': '',
        'a/secret/y.py': '',
      });
      const found = await find(root);
      assert.equal(found.usesGit, usesGit);
      assert.deepEqual(paths(found), [
        '.github/run.py',
        'Z.py',
        'a-b.py',
        'a/b.py',
        'a/deep/only.py',
        'a/kept.log.py',
        'b.py',
        'script',
        'ä.py',
      ]);
      assert.deepEqual(
        found.files.map(({ language }) => language),
        Array<string>(9).fill('python'),
      );
      assert.deepEqual(found.others, { '': 3, '.md': 2 });
      assert.deepEqual(found.files.find(({ path }) => path === 'Z.py')?.size, 6);
      const modified = found.files[0]?.modified ?? 0;
      assert.ok(Math.abs(Date.now() - modified) < 60_000, `${modified}`);
      assert.deepEqual(codes(found), ['IGNORED a/only.py']);
      assert.equal(
        found.notes[0]?.message,
        'left out, since git ignores it: a/only.py, a/out.py, a/secret/ and 2 more. To analyse such a directory, give it as the root',
      );
      assert.equal(found.notes[0].count, 5);
    });

    it('obey .kgloadignore at any depth, and exclude above it', async (t) => {
      const root = scratch(t);
      make(root, {
        '.kgloadignore': 'vendor/\n*_test.py\n!keep_test.py\n',
        'vendor/a.py': '',
        'lib/vendor/b.py': '',
        'x_test.py': '',
        'keep_test.py': '',
        'lib/.kgloadignore': '/gen\n!x_test.py\n',
        'lib/x_test.py': '',
        'lib/y_test.py': '',
        'lib/gen/c.py': '',
        'lib/sub/gen/d.py': '',
        'main.py': '',
      });
      if (usesGit) commit(root);
      assert.deepEqual(paths(await find(root)), [
        'keep_test.py',
        'lib/sub/gen/d.py',
        'lib/x_test.py',
        'main.py',
      ]);
      const found = await find(root, { exclude: ['/lib/*', '!y_test.py', '!/lib/vendor/'] });
      assert.deepEqual(paths(found), [
        'keep_test.py',
        'lib/vendor/b.py',
        'lib/y_test.py',
        'main.py',
      ]);
      assert.deepEqual(found.notes, [
        {
          file: 'lib/.kgloadignore',
          code: 'EXCLUDED',
          message:
            'left out, as the patterns of .kgloadignore and --exclude say: lib/.kgloadignore, lib/gen/, lib/sub/ and 3 more',
          count: 6,
        },
      ]);
    });

    it('are not in installed packages, environments and caches, unless a pattern says so', async (t) => {
      const root = scratch(t);
      make(root, {
        'node_modules/p/index.js': '',
        'web/node_modules/q/index.js': '',
        'env/pyvenv.cfg': '',
        'env/lib/python3.12/site-packages/r.py': '',
        'conda/conda-meta/history': '',
        'conda/s.py': '',
        'pkg/__pycache__/t.py': '',
        'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55',
        'cache/u.py': '',
        'main.py': '',
      });
      const found = await find(root);
      assert.deepEqual(paths(found), ['main.py']);
      assert.deepEqual(found.notes, [
        {
          file: 'cache/',
          code: 'EXCLUDED_DIRECTORY',
          message:
            'left out by default (a cache, as its CACHEDIR.TAG says): cache/. A line !cache/ in .kgloadignore brings it back',
          count: 1,
        },
        {
          file: 'conda/',
          code: 'EXCLUDED_DIRECTORY',
          message:
            'left out by default (an environment of conda): conda/. A line !conda/ in .kgloadignore brings it back',
          count: 1,
        },
        {
          file: 'env/',
          code: 'EXCLUDED_DIRECTORY',
          message:
            'left out by default (a virtual environment of Python): env/. A line !env/ in .kgloadignore brings it back',
          count: 1,
        },
        {
          file: 'node_modules/',
          code: 'EXCLUDED_DIRECTORY',
          message:
            'left out by default (packages that npm installed): node_modules/, web/node_modules/. A line !node_modules/ in .kgloadignore brings it back',
          count: 2,
        },
        {
          file: 'pkg/__pycache__/',
          code: 'EXCLUDED_DIRECTORY',
          message:
            'left out by default (compiled Python): pkg/__pycache__/. A line !__pycache__/ in .kgloadignore brings it back',
          count: 1,
        },
      ]);
      const asked = await find(root, { exclude: ['!/node_modules/', '!env/'] });
      assert.deepEqual(paths(asked), ['main.py', 'node_modules/p/index.js']);
      const inside = await find(join(root, 'env/lib/python3.12/site-packages'));
      assert.deepEqual(paths(inside), ['r.py']);
      assert.deepEqual(paths(await find(join(root, 'node_modules'))), ['p/index.js']);
    });

    it('are not in build output, but in a package of such a name', async (t) => {
      const root = scratch(t);
      make(root, {
        'rust/Cargo.toml': '',
        'rust/target/debug/a.rs': '',
        'web/package.json': '{}',
        'web/tsconfig.json': '{}',
        'web/dist/a.js': '',
        'published/package.json': '{}',
        'published/dist/b.js': '',
        'py/setup.py': '',
        'py/build/lib/c.py': '',
        'pip/pyproject.toml': '',
        'pip/build/__init__.py': '',
        'pip/build/lib/d.py': '',
        'out/e.py': '',
        'target/f.py': '',
      });
      const found = await find(root);
      assert.deepEqual(paths(found), [
        'out/e.py',
        'pip/build/__init__.py',
        'pip/build/lib/d.py',
        'published/dist/b.js',
        'py/setup.py',
        'target/f.py',
      ]);
      assert.equal(
        messageAt(found, 'py/build/'),
        'left out by default (build output): py/build/, rust/target/, web/dist/. A line !build/ in .kgloadignore brings it back',
      );
      if (!usesGit) return;
      git(root, 'add', '-f', 'web/dist/a.js');
      assert.ok(paths(await find(root)).includes('web/dist/a.js'), 'tracked: meant to be there');
    });

    it('survive hostile names, links, pipes and directories', async (t) => {
      const root = scratch(t);
      const hostile = writeHostileSources(root);
      try {
        await checkHostile(root, hostile, usesGit);
      } finally {
        hostile.release();
      }
    });
  });
}

const isRoot = process.getuid?.() === 0;
const canDrop = process.seteuid !== undefined;
const NOBODY = 65534;

/** Git refuses where it may not read its user's configuration. */
function ownHome(root: string): NodeJS.ProcessEnv {
  return { ...process.env, HOME: root };
}

/** Root may read everything, so it is nobody meanwhile. */
async function unprivileged<T>(root: string, work: () => Promise<T>): Promise<T> {
  if (!isRoot || !process.seteuid) return await work();
  chmodSync(root, 0o755);
  process.seteuid(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

/** All of a hostile tree is found or told of, by somebody who may not read all of it. */
async function checkHostile(
  root: string,
  hostile: HostileSources,
  usesGit: boolean,
): Promise<void> {
  if (usesGit) git(root, 'init', '-q');
  const found = await unprivileged(root, () => find(root, { environment: ownHome(root) }));
  const isBound = !isRoot || canDrop;
  const expected = Object.keys(hostile.files);
  if (!isBound) expected.push('locked/file.py');
  assert.deepEqual(paths(found), expected.sort());
  const others = Object.entries(hostile.others)
    .filter(([path]) => isBound || path !== 'locked/')
    // Git lists no pipes.
    .filter(([, code]) => !usesGit || code !== 'NOT_A_FILE')
    .map(([path, code]) => `${code} ${path}`);
  const atListing = ['large/20MB.py', 'large/app.min.js', 'large/line of 5MB.js'];
  const listed = atListing.map((path) => `${hostile.files[path] ?? ''} ${path}`);
  assert.deepEqual(codes(found).sort(), [...others, ...listed].sort());
  if (isBound) assert.match(messageAt(found, 'locked/') ?? '', /^it cannot be read: .*permission/i);
  assert.equal(
    messageAt(found, 'large/20MB.py'),
    'it has 21.0 MB, more than the 2.0 MB that a file may have, so only the file itself is in the graph',
  );

  const sources = await unprivileged(root, () =>
    Promise.resolve(found.files.map((file) => readSource(root, file))),
  );
  sources.forEach((source, at) => {
    const file = found.files[at];
    const path = file?.path ?? '';
    const code = hostile.files[path];
    if (path.includes('locked') && !isBound) return;
    const told = source.notes.map((note) => note.code);
    assert.deepEqual(told, file?.only || !code ? [] : [code], path);
    const name = hostile.functions[path];
    if (name !== undefined) assert.ok(source.text?.includes(name), path);
    if (code !== 'UNREADABLE') {
      const hash = createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex');
      assert.equal(source.hash, hash, path);
    }
  });
}

describe('a work tree', () => {
  it('tells what is tracked, though it is ignored or changed', async (t) => {
    const root = scratch(t);
    write(root, {
      'src/a.py': '',
      'src/deleted.py': '',
      'ignored/forced.py': '',
      'ignored/other.py': '',
      'build/b.py': '',
    });
    commit(root);
    write(root, { '.gitignore': 'ignored/\nbuild/\n', 'ignored/new.py': '', 'src/new.py': '' });
    rmSync(join(root, 'src/deleted.py'));
    const found = await find(root);
    assert.deepEqual(paths(found), [
      'build/b.py',
      'ignored/forced.py',
      'ignored/other.py',
      'src/a.py',
      'src/new.py',
    ]);
    assert.deepEqual(codes(found), ['IGNORED ignored/new.py']);
    assert.deepEqual(paths(await find(join(root, 'src'))), ['a.py', 'new.py']);
    assert.deepEqual(paths(await find(join(root, 'ignored'))), ['forced.py', 'other.py']);
  });

  it('of another repository is listed by itself, as are submodules', async (t) => {
    const top = scratch(t);
    write(top, { 'lib/in.py': '', 'lib/.gitignore': 'no.py\n', 'root/main.py': '' });
    commit(join(top, 'lib'));
    const root = join(top, 'root');
    commit(root);
    git(root, 'submodule', 'add', '-q', '../lib', 'deps/lib');
    git(root, 'submodule', 'add', '-q', '../lib', 'deps/empty');
    git(root, 'commit', '-qm', 'y');
    git(root, 'submodule', 'deinit', '-q', '-f', 'deps/empty');
    write(root, { 'deps/lib/no.py': '', 'deps/lib/new.py': '', 'nested/n.py': '' });
    commit(join(root, 'nested'));
    write(root, { 'nested/node_modules/x.js': '' });
    const found = await find(root);
    assert.deepEqual(paths(found), ['deps/lib/in.py', 'deps/lib/new.py', 'main.py', 'nested/n.py']);
    assert.deepEqual(codes(found), [
      'SUBMODULE deps/empty/',
      'IGNORED deps/lib/no.py',
      'EXCLUDED_DIRECTORY nested/node_modules/',
    ]);
    assert.equal(
      messageAt(found, 'deps/empty/'),
      'the submodule is not checked out, so nothing of it is in the graph: git submodule update --init',
    );
    const above = await find(top, { exclude: ['nested/'] });
    assert.equal(above.usesGit, false);
    assert.deepEqual(paths(above), [
      'lib/in.py',
      'root/deps/lib/in.py',
      'root/deps/lib/new.py',
      'root/main.py',
    ]);
  });

  it('that ignores the root is not asked', async (t) => {
    const top = scratch(t);
    write(top, {
      '.gitignore': 'node_modules\n',
      'node_modules/p/index.js': '',
      'node_modules/p/.gitignore': 'no.js\n',
      'node_modules/p/no.js': '',
      'node_modules/p/node_modules/q/index.js': '',
    });
    commit(top);
    const found = await find(join(top, 'node_modules/p'));
    assert.equal(found.usesGit, false);
    assert.deepEqual(paths(found), ['index.js']);
    assert.deepEqual(codes(found), ['IGNORED no.js', 'EXCLUDED_DIRECTORY node_modules/']);
  });

  it('is walked through where git is not there, or does not know it', async (t) => {
    const root = scratch(t);
    write(root, { 'a.py': '', 'b.py': '', '.gitignore': 'b.py\n' });
    commit(root);
    const found = await find(root, { environment: { PATH: root } });
    assert.equal(found.usesGit, false);
    assert.deepEqual(paths(found), ['a.py']);
    assert.equal(
      messageAt(found, './'),
      'git cannot list it, so it was walked through by its .gitignore files: there is no program git',
    );
    rmSync(join(root, '.git', 'HEAD'));
    const broken = await find(root);
    assert.deepEqual(paths(broken), ['a.py']);
    assert.match(messageAt(broken, './') ?? '', /\.gitignore files: not a git repository/);
  });

  it('of another user is listed, and runs nothing that its configuration names', async (t) => {
    const root = scratch(t);
    write(root, { 'a.py': '', 'b.py': '', '.gitignore': 'b.py\n' });
    commit(root);
    git(root, 'config', 'core.fsmonitor', 'touch traced; true');
    const environment = { ...ownHome(root), GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere' };
    const found = await unprivileged(root, () => find(root, { environment }));
    assert.deepEqual(
      found.notes.map(({ code }) => code),
      ['IGNORED'],
    );
    assert.equal(found.usesGit, true);
    assert.deepEqual(paths(found), ['a.py']);
    assert.deepEqual(found.others, { '': 1 });
  });
});

describe('finding sources', () => {
  it('judges by name what a program wrote, unless a pattern names it', async (t) => {
    const root = scratch(t);
    write(root, { 'a_pb2.py': '', 'b.pb.go': '', 'c.min.js': '', 'keep.min.js': '', 'd.py': '' });
    const found = await find(root, { exclude: ['!keep.min.js'] });
    assert.deepEqual(
      found.files.map(({ path, only }) => [path, only]),
      [
        ['a_pb2.py', 'generated'],
        ['b.pb.go', 'generated'],
        ['c.min.js', 'minified'],
        ['d.py', undefined],
        ['keep.min.js', undefined],
      ],
    );
    assert.deepEqual(codes(found), [
      'GENERATED a_pb2.py',
      'GENERATED b.pb.go',
      'MINIFIED c.min.js',
    ]);
    assert.equal(
      messageAt(found, 'a_pb2.py'),
      'a program generated it, so only the file itself is in the graph. A line ! and its path in .kgloadignore brings it back',
    );
  });

  it('passes over the dataset that it is for', async (t) => {
    const root = scratch(t);
    write(root, { 'a.py': '', 'out/graph/nodes/x.parquet': '', 'out/b.py': '' });
    const found = await find(root, { ignoreDirectory: join(root, 'out/graph') });
    assert.deepEqual(paths(found), ['a.py', 'out/b.py']);
    assert.deepEqual(found.others, {});
    assert.deepEqual(found.notes, []);
  });

  it(
    'says by name what has a name that is no UTF-8',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const root = scratch(t);
      writeFileSync(
        Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.py')]),
        '',
      );
      const expected = ['NAME caf\ufffd.py'];
      assert.deepEqual(codes(await find(root)), expected);
      git(root, 'init', '-q');
      assert.deepEqual(codes(await find(root)), expected);
    },
  );

  it('refuses what is no directory', async (t) => {
    const root = scratch(t);
    write(root, { 'a.py': '' });
    symlinkSync('.', join(root, 'link'));
    assert.deepEqual(paths(await find(join(root, 'link'))), ['a.py']);
    await assert.rejects(
      find(join(root, 'a.py')),
      (error: unknown) =>
        error instanceof KgloadError &&
        error.code === 'USAGE' &&
        error.message === `${join(root, 'a.py')} is no directory`,
    );
    await assert.rejects(
      find(join(root, 'gone')),
      (error: unknown) => error instanceof KgloadError && error.code === 'ENOENT',
    );
  });
});

describe('a source', () => {
  const read = (
    root: string,
    content: string | Buffer,
    options: Partial<SourceFile> = {},
  ): Source => {
    const path = options.path ?? 'a.py';
    writeFileSync(join(root, path), content);
    const source = readSource(root, { language: 'python', size: 0, modified: 0, ...options, path });
    // It is another one than was listed.
    assert.equal(source.notes[0]?.code, 'CHANGED');
    return { ...source, notes: source.notes.slice(1) };
  };
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

  it('is decoded as its mark, its coding line or its bytes say', (t) => {
    const root = scratch(t);
    const cases: [Buffer | string, string, string, string?][] = [
      ['é = 1\r\nb\rc\n', 'é = 1\r\nb\rc\n', 'utf-8'],
      ['\ufeffé', 'é', 'utf-8'],
      ['\ufeff# coding: latin-1\né', '# coding: latin-1\né', 'utf-8'],
      [
        latin('x = "\xe9"'),
        'x = "é"',
        'windows-1252',
        'it is not valid UTF-8, so it was read as windows-1252; save it as UTF-8',
      ],
      [
        latin('# coding: latin-1\n\xe9\x80'),
        '# coding: latin-1\né\x80',
        'iso-8859-1',
        'it was read as iso-8859-1, as its coding line says',
      ],
      [
        latin('#!/usr/bin/python\r\n# vim: set fileencoding=cp1251 :\r\n\xe9'),
        '#!/usr/bin/python\r\n# vim: set fileencoding=cp1251 :\r\nй',
        'windows-1251',
        'it was read as windows-1251, as its coding line says',
      ],
      [
        latin('# coding=euc_jp\n\xa4\xa2'),
        '# coding=euc_jp\nあ',
        'euc-jp',
        'it was read as euc-jp, as its coding line says',
      ],
      [
        latin('x = 1\n# coding: cp1251\n\xe9'),
        'x = 1\n# coding: cp1251\né',
        'windows-1252',
        'it is not valid UTF-8, so it was read as windows-1252; save it as UTF-8',
      ],
      ['# coding: utf8\né', '# coding: utf8\né', 'utf-8'],
      [
        '# coding: klingon\né',
        '# coding: klingon\né',
        'utf-8',
        'its coding line names klingon, which is not known, so it was read as utf-8; save it as UTF-8',
      ],
      [
        latin('# coding: klingon\n\xe9'),
        '# coding: klingon\né',
        'windows-1252',
        'its coding line names klingon, which is not known, so it was read as windows-1252; save it as UTF-8',
      ],
      [
        Buffer.from('\ufeffé\n', 'utf16le'),
        'é\n',
        'utf-16le',
        'it was read as utf-16le, as its byte order mark says',
      ],
      [
        Buffer.from('\ufeffé\n', 'utf16le').swap16(),
        'é\n',
        'utf-16be',
        'it was read as utf-16be, as its byte order mark says',
      ],
      ['', '', 'utf-8'],
    ];
    for (const [bytes, text, encoding, doubt] of cases) {
      const source = read(root, bytes);
      assert.equal(source.text, text);
      assert.equal(source.encoding, encoding);
      assert.deepEqual(
        source.notes,
        doubt === undefined ? [] : [{ file: 'a.py', code: 'ENCODING', message: doubt }],
      );
      assert.equal(source.hash, createHash('sha256').update(bytes).digest('hex'));
    }
    const other = read(root, latin('# coding: cp1251\n\xe9'), {
      path: 'a.js',
      language: 'javascript',
    });
    assert.equal(other.text, '# coding: cp1251\né');
  });

  it('is told from what a program wrote', (t) => {
    const root = scratch(t);
    const line = `${'f(1);'.repeat(200)}\n`;
    const cases: [string, string, string | undefined][] = [
      [
        'a.go',
        '// Copyright\n\n// Code generated by stringer. DO NOT EDIT.\npackage a\n',
        'generated',
      ],
      ['a.rs', '// @generated by prost\n', 'generated'],
      ['a.js', '/**\n * @generated SignedSource<<1>>\n */\n', 'generated'],
      [
        'a.py',
        '# This file was automatically generated by SWIG.\n# Do not make changes\n# to this file; do not modify it.\n',
        'generated',
      ],
      ['a.py', '"""Skips files with @generated or "Code generated … DO NOT EDIT"."""\n', undefined],
      ['a.py', '# skips `@generated` files\n', undefined],
      ['a.py', 'MARK = "# Code generated by x. DO NOT EDIT."\n', undefined],
      ['a.py', '# The ids are generated by a hash.\n', undefined],
      ['a.py', `${'\n'.repeat(60)}# Code generated by x. DO NOT EDIT.\n`, undefined],
      ['a.js', line.repeat(3), 'minified'],
      ['a.js', `${'x();\n'.repeat(500)}const data = "${'a'.repeat(6000)}";\n`, 'minified'],
      ['a.js', `${'x();\n'.repeat(5000)}const data = "${'a'.repeat(6000)}";\n`, undefined],
      ['a.js', 'x();\n'.repeat(5000), undefined],
      ['a.py', `x = "${'a'.repeat(6000)}"\n`, undefined],
    ];
    for (const [path, text, only] of cases) {
      const source = read(root, text, { path });
      assert.equal(source.only, only, text.slice(0, 100));
      assert.equal(source.text, only === undefined ? text : undefined);
      assert.deepEqual(codes(source), only === undefined ? [] : [`${only.toUpperCase()} ${path}`]);
      assert.equal(read(root, text, { path, isWanted: true }).text, text);
    }
  });

  it('that is too large, binary or gone is said to be so', (t) => {
    const root = scratch(t);
    const binary = read(root, 'a\0');
    assert.equal(binary.only, 'binary');
    assert.equal(binary.text, undefined);
    assert.deepEqual(codes(binary), ['BINARY a.py']);
    assert.equal(read(root, `${'a'.repeat(8192)}\0`).only, undefined);

    const file = { path: 'b.py', language: 'python', size: 3_000_000, modified: 0 };
    const large = 'x = 1\n'.repeat(500_000);
    writeFileSync(join(root, 'b.py'), large);
    const grown = readSource(root, { ...file, size: 10 });
    assert.equal(grown.only, 'too large');
    assert.equal(grown.size, 3_000_000);
    assert.equal(grown.hash, createHash('sha256').update(large).digest('hex'));
    assert.deepEqual(codes(grown), ['CHANGED b.py', 'TOO_LARGE b.py']);
    assert.equal(readSource(root, file, 3_000_000).text, large);

    truncateSync(join(root, 'b.py'), 4e12);
    const start = Date.now();
    assert.equal(readSource(root, file).hash, undefined);
    assert.ok(Date.now() - start < 1000);

    rmSync(join(root, 'b.py'));
    const gone = readSource(root, file);
    assert.equal(gone.only, 'unreadable');
    assert.deepEqual(codes(gone), ['VANISHED b.py']);
    symlinkSync('a.py', join(root, 'b.py'));
    assert.match(messageAt(readSource(root, file), 'b.py') ?? '', /symbolic link/);
    rmSync(join(root, 'b.py'));
    execFileSync('mkfifo', [join(root, 'b.py')]);
    assert.deepEqual(codes(readSource(root, file)), ['NOT_A_FILE b.py']);
  });

  it('that has not changed has no note', async (t) => {
    const root = scratch(t);
    write(root, { 'a.py': 'x = 1\n' });
    const { files } = await find(root);
    const [file] = files;
    assert.ok(file);
    const source = readSource(root, file);
    assert.deepEqual(source.notes, []);
    assert.equal(source.text, 'x = 1\n');
    appendFileSync(join(root, 'a.py'), 'y = 2\n');
    const changed = readSource(root, file);
    assert.equal(
      messageAt(changed, 'a.py'),
      'it changed while it was analysed; run it again when nothing writes to it',
    );
    assert.equal(changed.text, 'x = 1\ny = 2\n');
    assert.equal(changed.size, 12);
  });
});
