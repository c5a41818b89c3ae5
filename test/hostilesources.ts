/** A tree of sources that breaks careless readers, and what is known of each. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NoteCode } from '../src/analyze/sourcefile.js';

export interface HostileSources {
  /** Files that are sources, with the code of the note that each must have, if any. */
  files: Record<string, NoteCode | undefined>;
  /** What is no source, with the code of its note. */
  others: Record<string, NoteCode>;
  /** Names that a function in each file has; files that are parsed have one. */
  functions: Record<string, string>;
  /** Root may read it all the same. */
  unreadable: { files: string[]; directories: string[] };
  /** Makes it possible to remove it all. */
  release: () => void;
}

/** Names that shells, globs, JSON and terminals stumble over; they hold a function each. */
const NAMES = [
  `it's "quoted".py`,
  'new\nline.py',
  'emoji 😀.py',
  'tab\there.py',
  '-rf.py',
  'glob*[a]?.py',
  '$(touch pwned).py',
  '\u001b[31mred.py',
  'back\\slash.py',
  '__proto__.py',
  '.hidden.py',
  ' leading and trailing .py',
  'é composed.py',
  'e\u0301 decomposed.py',
  `${'long'.repeat(60)}.py`,
];

/** Broken on purpose; what stands before the fault is a function. */
const BROKEN: Record<string, string> = {
  'broken/unclosed.py': 'def before(): pass\ndef f(a, (b:\n  "',
  'broken/indent.py': 'def before(): pass\n   \tx\n\t  y\n  z\n',
  'broken/string.py': 'def before(): pass\nx = """never closed',
  'broken/conflict.py': 'def before(): pass\n<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n',
  'broken/garbage.py': `def before(): pass\n${'}{)(]['.repeat(500)}\n`,
  'broken/brace.ts': 'function before() {}\nclass A { m( { \n',
  'broken/template.js': 'function before() {}\nconst x = `${`${`',
};

/** Writes them into a directory that is there. */
export function writeHostileSources(directory: string): HostileSources {
  const files: HostileSources['files'] = {};
  const functions: HostileSources['functions'] = {};
  const write = (path: string, content: string | Buffer, code?: NoteCode): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
    files[path] = code;
  };
  const writeFunction = (path: string, name: string, content: string | Buffer, code?: NoteCode) => {
    write(path, content, code);
    functions[path] = name;
  };

  for (const [path, text] of Object.entries(BROKEN)) writeFunction(path, 'before', text);
  NAMES.forEach((name, i) => {
    writeFunction(`names/${name}`, `named_${i}`, `def named_${i}(): pass\n`);
  });
  writeFunction('names/new\nline "dir" 😀/mod.py', 'inside', 'def inside(): pass\n');

  write('large/20MB.py', `x = 1\n`.repeat(3_500_000), 'TOO_LARGE');
  write('large/line of 5MB.js', `f(${'1,'.repeat(2_500_000)}1)`, 'TOO_LARGE');
  write('large/line of 1MB.js', `f(${'1,'.repeat(500_000)}1)`, 'MINIFIED');
  write('large/app.min.js', 'function a(){}', 'MINIFIED');
  writeFunction(
    'large/line of 1MB.py',
    'beside',
    `x = "${'a'.repeat(1_000_000)}"\ndef beside(): pass\n`,
  );
  for (const [name, open, close] of [
    ['brackets', '[', ']'],
    ['parentheses', '(', ')'],
  ] as const) {
    const nested = open.repeat(10_000) + close.repeat(10_000);
    write(`nested/${name}.py`, `x = ${nested}\n`);
    write(`nested/${name}.js`, `x = ${nested.replace(/.{80}/g, '$&\n')};\n`);
    write(`nested/${name} open.py`, `x = ${open.repeat(10_000)}\n`);
  }
  write('nested/blocks.js', `${'if(a){\n'.repeat(3000)}${'}\n'.repeat(3000)}`);
  write('nested/attributes.py', `x = a${'.b'.repeat(10_000)}\n`);
  write('nested/sum.py', `x = ${'1+'.repeat(10_000)}1\n`);

  const latin = Buffer.from('# caf\xe9\ndef latin(): pass\n', 'latin1');
  writeFunction('encodings/latin1.py', 'latin', latin, 'ENCODING');
  writeFunction(
    'encodings/declared.py',
    'latin',
    Buffer.concat([Buffer.from('# -*- coding: latin-1 -*-\n'), latin]),
    'ENCODING',
  );
  writeFunction(
    'encodings/unknown.py',
    'unknown',
    '# coding: klingon\ndef unknown(): pass\n',
    'ENCODING',
  );
  const text = 'function wide() {}\n';
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
  writeFunction('encodings/utf16le.js', 'wide', utf16, 'ENCODING');
  writeFunction('encodings/utf16be.js', 'wide', Buffer.from(utf16).swap16(), 'ENCODING');
  writeFunction('encodings/bom.py', 'marked', '\ufeffdef marked(): pass\n');
  writeFunction('encodings/crlf.py', 'dos', 'x = 1\r\ndef dos():\r\n    pass\r\n');
  writeFunction('encodings/cr.py', 'mac', 'x = 1\rdef mac(): pass\r');
  write('encodings/nul.py', 'def f(): pass\n\0', 'BINARY');
  write('encodings/utf16 without mark.py', Buffer.from(text, 'utf16le'), 'BINARY');
  write('encodings/binary.py', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 255]), 'BINARY');
  write('encodings/empty.py', '');
  write('encodings/space.py', ' \n\t\n');
  write('encodings/only bom.py', '\ufeff');

  const others: HostileSources['others'] = {};
  mkdirSync(join(directory, 'special'));
  const link = (path: string, target: string): void => {
    symlinkSync(target, join(directory, path));
    others[path] = 'SYMLINK';
  };
  link('special/loop', '.');
  link('special/self.py', 'self.py');
  link('special/up', '../..');
  link('special/gone.py', 'nowhere.py');
  link('special/link.py', '../encodings/bom.py');
  link('special/endless.py', '/dev/zero');
  execFileSync('mkfifo', [join(directory, 'special/pipe.py')]);
  others['special/pipe.py'] = 'NOT_A_FILE';

  write('locked/file.py', 'def locked(): pass\n');
  write('special/locked.py', 'def locked(): pass\n');
  delete files['locked/file.py'];
  files['special/locked.py'] = 'UNREADABLE';
  others['locked/'] = 'UNREADABLE';
  const locked = ['locked', 'special/locked.py'].map((path) => join(directory, path));
  locked.forEach((path) => {
    chmodSync(path, 0);
  });
  return {
    files,
    others,
    functions,
    unreadable: { files: ['special/locked.py'], directories: ['locked/'] },
    release: () => {
      locked.forEach((path) => {
        chmodSync(path, 0o700);
      });
    },
  };
}
