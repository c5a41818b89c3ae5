import type { Language, Module, Project } from '../language.js';
import { directoryOf, joinPath } from '../places.js';

export const python: Language = {
  name: 'python',
  files: ['.py', '.pyi', '.pyw'],
  interpreters: ['python'],
  grammar: 'tree-sitter-python',
  query: 'python',
  rules: {
    self: 'first parameter',
    super: ['super()'],
    constructors: ['__init__', '__new__'],
    classMembers: ['__class__'],
    seesClassNames: false,
    trailingComment: '#',
    hidesNames: false,
    module: 'file',
    isPublic: (name) => !name.startsWith('_'),
    decorators: {
      statics: ['staticmethod'],
      classMethods: ['classmethod', '__new__', '__init_subclass__', '__class_getitem__'],
      properties: ['property', 'cached_property', 'setter', 'deleter'],
    },
    separators: ['.'],
    prefixes: ['await'],
    choices: { conditional: 'if else', either: [' or '], both: [' and '] },
    bracesConstruct: false,
    typePrefixes: [],
    types: {
      transparent: [
        'Optional',
        'Annotated',
        'Final',
        'ClassVar',
        'Required',
        'NotRequired',
        'ReadOnly',
        'Awaitable',
      ],
      collections: [
        'list',
        'List',
        'set',
        'Set',
        'frozenset',
        'FrozenSet',
        'deque',
        'Deque',
        'Sequence',
        'MutableSequence',
        'Iterable',
        'Iterator',
        'Generator',
        'Collection',
        'AbstractSet',
        'tuple',
        'Tuple',
      ],
      classes: ['type', 'Type'],
      nothings: ['None'],
      self: ['Self'],
    },
  },
  describeImport: ({ module, name, isFrom }) => ({
    local: module.split('.')[0] ?? '',
    importedName: name === undefined ? module : `${module}.${name}`,
    importType: isFrom ? 'from' : 'module',
    isRelative: module.startsWith('.'),
  }),
  findModule,
  findSubmodule: (module, name, project) =>
    'directory' in module
      ? moduleAt(joinPath(module.directory, name), project)
      : /(^|\/)__init__\.pyi?$/.test(module.file)
        ? moduleAt(joinPath(directoryOf(module.file), name), project)
        : undefined,
};

/**
 * As Python's own search would, where it started in the importer's project: the top of the importer's
 * package, then its own directory (scripts), the root and `src`.
 */
function findModule(module: string, importer: string, project: Project): Module | undefined {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const rest = module.slice(dots).replaceAll('.', '/');
  const own = directoryOf(importer);
  if (dots > 0) {
    let base = own;
    for (let i = 1; i < dots; i++) base = directoryOf(base);
    return moduleAt(rest === '' ? base : joinPath(base, rest), project);
  }
  for (const base of new Set([topOfPackage(own, project), own, '', 'src'])) {
    const found = moduleAt(joinPath(base, rest), project);
    if (found) return found;
  }
  const isPackage = ['__init__.py', '__init__.pyi'].some(project.hasFile);
  if (isPackage && `${rest}/`.startsWith(`${project.name}/`)) {
    return moduleAt(rest.slice(project.name.length + 1), project);
  }
  return undefined;
}

function moduleAt(place: string, project: Project): Module | undefined {
  for (const file of [
    joinPath(place, '__init__.py'),
    `${place}.py`,
    joinPath(place, '__init__.pyi'),
    `${place}.pyi`,
  ]) {
    if (project.hasFile(file)) return { file };
  }
  return project.hasDirectory(place) ? { directory: place } : undefined;
}

/** The directory that a package's absolute imports start from. */
function topOfPackage(directory: string, project: Project): string {
  let at = directory;
  while (
    at !== '' &&
    (project.hasFile(`${at}/__init__.py`) || project.hasFile(`${at}/__init__.pyi`))
  ) {
    at = directoryOf(at);
  }
  return at;
}
