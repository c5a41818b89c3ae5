import type { Language, Module, Project } from '../language.js';
import { directoryOf, joinPath } from '../places.js';

export const go: Language = {
  name: 'go',
  files: ['.go'],
  grammar: 'tree-sitter-go',
  query: 'go',
  rules: {
    self: { words: [] },
    super: [],
    constructors: [],
    classMembers: [],
    seesClassNames: false,
    membersApart: true,
    reusesParameters: true,
    hidesNames: false,
    module: 'directory',
    isPublic: (name) => /^\p{Lu}/u.test(name),
    blanks: ['_'],
    trustsTypes: true,
    decorators: { statics: [], classMethods: [], properties: [] },
    separators: ['.'],
    prefixes: ['&', '*'],
    choices: { either: [], both: [] },
    bracesConstruct: true,
    typeCalls: ['make', 'new'],
    typePrefixes: ['*'],
    types: {
      transparent: [],
      collections: [],
      containers: ['...', 'map', 'chan<-', '<-chan', 'chan'],
      takesFirst: true,
      classes: [],
      nothings: ['nil'],
      self: [],
    },
  },
  describeImport: ({ module, name }) => ({
    local: localName(module),
    importedName: name === undefined ? module : `${module}.${name}`,
    importType: 'import',
    isRelative: /^\.\.?(\/|$)/.test(module),
  }),
  findModule,
  isSeen: (file) => !file.endsWith('_test.go'),
};

/** The last part of the path that is no version. */
function localName(module: string): string {
  const parts = module.split('/');
  const last = parts.at(-1) ?? '';
  return /^v\d+$/.test(last) && parts.length > 1 ? (parts.at(-2) ?? '') : last;
}

/** What a go.mod says: paths that imports begin with, and the directories that hold them. */
type Roots = readonly (readonly [path: string, directory: string])[];

const roots = new WeakMap<Project, Map<string, Roots>>();

/** By the go.mod files above the importer; the nearest first. */
function findModule(module: string, importer: string, project: Project): Module | undefined {
  const own = directoryOf(importer);
  if (/^\.\.?(\/|$)/.test(module)) return packageAt(climb(own, module), project);
  for (let at = own; ; at = directoryOf(at)) {
    for (const [path, directory] of rootsAt(at, project)) {
      const isIn = module === path || module.startsWith(`${path}/`);
      const place = isIn
        ? joinPath(directory, module.slice(path.length + 1))
        : // The standard library's.
          path === 'std'
          ? joinPath(directory, module)
          : undefined;
      const found = place === undefined ? undefined : packageAt(place, project);
      if (found) return found;
    }
    if (at === '') return packageAt(module, project);
  }
}

function rootsAt(directory: string, project: Project): Roots {
  let known = roots.get(project);
  if (!known) roots.set(project, (known = new Map<string, Roots>()));
  let here = known.get(directory);
  if (!here) {
    const text = (project.read(joinPath(directory, 'go.mod')) ?? '').replace(/\/\/.*/g, '');
    const own = /^\s*module\s+"?([^\s"]+)/m.exec(text)?.[1];
    const replaced = [...text.matchAll(/(\S+)(?:\s+v\S+)?\s*=>\s*(\.\.?\/\S*)/g)].map(
      ([, path = '', place = '']) => [path, climb(directory, place)] as const,
    );
    here = [...(own === undefined ? [] : [[own, directory] as const]), ...replaced];
    known.set(directory, here);
  }
  return here;
}

function climb(directory: string, relative: string): string {
  let at = directory;
  for (const part of relative.split('/')) {
    if (part === '..') at = directoryOf(at);
    else if (part !== '.' && part !== '') at = joinPath(at, part);
  }
  return at;
}

const packageAt = (directory: string, project: Project): Module | undefined =>
  project.filesIn(directory).some((file) => file.endsWith('.go')) ? { directory } : undefined;
