/** The files of an analysis, as languages ask for them to find what an import names. */
import { basename, join, resolve } from 'node:path';
import type { Symbols } from './facts.js';
import type { Project } from './language.js';
import { directoryOf } from './places.js';
import { readHead } from './regularfile.js';

/** A file that says where modules are is smaller. */
const MAX_BYTES = 1_000_000;

/** @param paths - Relative to the root, in the order in which they are to be listed. */
export function createProject(root: string, paths: readonly string[]): Project {
  const files = new Set(paths);
  const directories = new Map<string, string[]>([['', []]]);
  for (const path of paths) {
    const directory = directoryOf(path);
    for (let at = directory; !directories.has(at); at = directoryOf(at)) directories.set(at, []);
    directories.get(directory)?.push(path);
  }
  const texts = new Map<string, string | undefined>();
  return {
    name: basename(resolve(root)),
    hasFile: (path) => files.has(path),
    hasDirectory: (path) => directories.has(path),
    directories: () => [...directories.keys()],
    filesIn: (path) => directories.get(path) ?? [],
    read(path) {
      if (path.split('/').includes('..')) return undefined;
      if (!texts.has(path)) texts.set(path, readText(join(root, path)));
      return texts.get(path);
    },
  };
}

function readText(path: string): string | undefined {
  try {
    return readHead(path, MAX_BYTES);
  } catch {
    return undefined; // It is not there, or cannot be read: then it says nothing.
  }
}

/** Which files add methods or bases to a class from outside, by the class's name. */
export function createExtenders(): {
  /** Once for every file. */
  add: (file: string, symbols: Symbols) => void;
  of: (name: string) => readonly string[];
} {
  const files = new Map<string, string[]>();
  return {
    add(file, { functions, extensions }) {
      const receivers = functions.flatMap(({ receiver }) => receiver ?? []);
      for (const path of [...receivers, ...extensions.map(({ type }) => type)]) {
        const [name] = /[^.=[\]]+(?=[=[\]]*$)/.exec(path) ?? [];
        if (name === undefined) continue;
        const known = files.get(name) ?? [];
        files.set(name, known);
        if (known.at(-1) !== file) known.push(file);
      }
    },
    of: (name) => files.get(name) ?? [],
  };
}
