import { posix } from 'node:path';
import type { Language, Module, Project } from '../language.js';
import { directoryOf, joinPath } from '../places.js';
import { dependencyOf, packageOf } from './cargo.js';
import { readMacros } from './rustmacros.js';

export const rust: Language = {
  name: 'rust',
  files: ['.rs'],
  grammar: 'tree-sitter-rust',
  query: 'rust',
  rules: {
    self: { words: ['self'] },
    super: [],
    constructors: [],
    classMembers: [],
    seesClassNames: false,
    hidesNames: false,
    module: 'file',
    importsArePaths: true,
    moduleWords: { own: 'self', around: 'super' },
    fieldsApart: true,
    shadows: true,
    definesOnce: true,
    conditions: ['cfg'],
    isPublic: (_, modifiers) => modifiers === 'pub',
    decorators: { statics: [], classMethods: [], properties: [] },
    separators: ['.', '::'],
    prefixes: ['&mut', '&', '*', 'move'],
    questionMark: 'item',
    wrappers: [
      'Box::new',
      'Rc::new',
      'Arc::new',
      'Pin::new',
      'Box::pin',
      'Rc::clone',
      'Arc::clone',
    ],
    closures: true,
    lifetimes: true,
    choices: { either: [], both: [] },
    bracesConstruct: true,
    typePrefixes: ['&', '*const', '*mut', 'mut', 'dyn', 'impl'],
    types: {
      pointers: ['Box', 'Rc', 'Arc', 'Cow'],
      transparent: [
        'Pin',
        'Ref',
        'RefMut',
        'MutexGuard',
        'RwLockReadGuard',
        'RwLockWriteGuard',
        'ManuallyDrop',
        'LazyLock',
        'LazyCell',
        'Future',
      ],
      collections: [
        'Vec',
        'VecDeque',
        'LinkedList',
        'HashSet',
        'BTreeSet',
        'BinaryHeap',
        'Iterator',
        'IntoIterator',
        'DoubleEndedIterator',
        'ExactSizeIterator',
        'Iter',
        'IterMut',
        'IntoIter',
      ],
      holders: [
        'Option',
        'Result',
        'RefCell',
        'Cell',
        'OnceCell',
        'OnceLock',
        'Mutex',
        'RwLock',
        'Weak',
        'Poll',
        'MaybeUninit',
      ],
      itemCalls: [
        'unwrap',
        'expect',
        'unwrap_or',
        'unwrap_or_else',
        'unwrap_or_default',
        'unwrap_unchecked',
        'borrow',
        'borrow_mut',
        'or_insert',
        'or_insert_with',
        'or_default',
        'get_or_insert_with',
        'get_or_init',
        'remove',
        'swap_remove',
      ],
      sameCalls: [
        'iter',
        'iter_mut',
        'into_iter',
        'values',
        'values_mut',
        'drain',
        'rev',
        'skip',
        'take',
        'filter',
        'skip_while',
        'take_while',
        'step_by',
        'chain',
        'cycle',
        'peekable',
        'inspect',
        'fuse',
        'cloned',
        'copied',
        'clone',
        'by_ref',
        'as_ref',
        'as_mut',
        'as_deref',
        'as_deref_mut',
        'as_slice',
        'as_mut_slice',
        'to_vec',
        'next',
        'next_back',
        'peek',
        'nth',
        'last',
        'last_mut',
        'first',
        'first_mut',
        'get',
        'get_mut',
        'front',
        'front_mut',
        'back',
        'back_mut',
        'pop',
        'pop_front',
        'pop_back',
        'find',
        'max_by_key',
        'min_by_key',
        'max_by',
        'min_by',
        'entry',
        'ok',
        'ok_or',
        'ok_or_else',
        'map_err',
        'or_else',
        'lock',
        'try_lock',
        'upgrade',
        'context',
        'with_context',
      ],
      itemCallbacks: [
        'map',
        'for_each',
        'filter',
        'filter_map',
        'flat_map',
        'find',
        'find_map',
        'any',
        'all',
        'position',
        'rposition',
        'take_while',
        'skip_while',
        'map_while',
        'inspect',
        'partition',
        'max_by_key',
        'min_by_key',
        'sort_by_key',
        'sort_unstable_by_key',
        'sort_by_cached_key',
        'retain',
        'retain_mut',
        'and_then',
        'map_or_else',
        'is_some_and',
        'is_ok_and',
        'is_none_or',
      ],
      copyCalls: ['clone', 'to_owned', 'as_ref', 'as_mut', 'by_ref', 'borrow', 'borrow_mut'],
      tuples: true,
      maps: ['HashMap', 'BTreeMap', 'IndexMap', 'FxHashMap'],
      pairCalls: [
        'iter',
        'iter_mut',
        'into_iter',
        'drain',
        'next',
        'clone',
        'rev',
        'as_ref',
        'skip',
      ],
      numberCalls: ['enumerate'],
      holderPatterns: ['Some', 'Ok'],
      makeCalls: ['default', 'from', 'from_iter'],
      iteration: ['next', 'into_iter'],
      dereference: 'deref',
      classes: [],
      haveMembers: true,
      joins: '+',
      nothings: [],
      self: ['Self'],
    },
  },
  describeImport: ({ module, name, isFrom }) => ({
    local: module.split('::').at(-1) ?? '',
    importedName: [module, name].filter(Boolean).join('::'),
    importType: isFrom ? 'use' : name === undefined ? 'mod' : 'extern crate',
    isRelative: /^(?:self|super)(?:::|$)/.test(module),
  }),
  prepare: readMacros,
  findModule: (place, importer, project) =>
    fileAt([posix.join(directoryOf(importer), place)], project),
  findRootModule,
  findParentModule,
  findSubmodule: (module, name, project) =>
    'file' in module ? moduleAt(joinPath(placeOf(module.file, project), name), project) : undefined,
};

const fileAt = (places: readonly string[], project: Project): Module | undefined => {
  const file = places.find((place) => project.hasFile(place));
  return file === undefined ? undefined : { file };
};

const moduleAt = (place: string, project: Project): Module | undefined =>
  fileAt([`${place}.rs`, `${place}/mod.rs`], project);

/** Where the modules in a file's module are. */
function placeOf(file: string, project: Project): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const isTop = name === 'mod.rs' || rootOf(file, project) === file;
  return isTop ? directoryOf(file) : file.slice(0, -'.rs'.length);
}

/** Whether a file says that a module is in it. */
const declares = (path: string, module: string, project: Project): boolean =>
  new RegExp(`\\bmod\\s+${module.replace(/\.rs$/, '')}\\s*;`).test(project.read(path) ?? '');

/** The file that a crate begins with. */
function rootOf(file: string, project: Project): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name === 'lib.rs' || name === 'main.rs' || name === 'build.rs') return file;
  const own = packageOf(file, project);
  if (own) {
    const inside = file.slice(own.directory === '' ? 0 : own.directory.length + 1);
    if (inside === own.library || own.targets.includes(inside)) return file;
    // Each file in these is a crate, or each directory with a main.rs.
    const target = /^(?:src\/bin|tests|examples|benches)\/([^/]+)(?=\/|$)/.exec(inside);
    if (target) {
      if (inside === target[0]) return file;
      const main = joinPath(own.directory, `${target[0]}/main.rs`);
      if (project.hasFile(main)) return main;
      // A directory beside several crates is one's where that one declares it.
      const [name = ''] = inside.slice(target[0].length - (target[1] ?? '').length).split('/');
      const beside = project.filesIn(directoryOf(joinPath(own.directory, target[0])));
      const owners = beside.filter((path) => declares(path, name, project));
      return owners.length === 1 ? (owners[0] ?? file) : file;
    }
    const library = joinPath(own.directory, own.library);
    const program = joinPath(own.directory, 'src/main.rs');
    const first = inside.startsWith('src/') ? inside.slice(4).split('/')[0] : '';
    const both = project.hasFile(library) && project.hasFile(program);
    const isIn = (path: string): boolean => declares(path, first ?? '', project);
    if (both) return !isIn(library) && isIn(program) ? program : library;
    if (project.hasFile(library)) return library;
    if (project.hasFile(program)) return program;
  }
  for (let at = directoryOf(file); ; at = directoryOf(at)) {
    const found = fileAt([joinPath(at, 'lib.rs'), joinPath(at, 'main.rs')], project);
    if (found && 'file' in found) return found.file;
    if (at === '') return file;
  }
}

/** `crate`, the library of the same package, and the packages that Cargo.toml finds in the project. */
function findRootModule(name: string, importer: string, project: Project): Module | undefined {
  if (name === 'crate') return { file: rootOf(importer, project) };
  const own = packageOf(importer, project);
  if (!own) return undefined;
  if (own.name.replaceAll('-', '_') === name || own.libraryName === name)
    return fileAt([joinPath(own.directory, own.library)], project);
  const directory = dependencyOf(own, name, project);
  const other =
    directory === undefined ? undefined : packageOf(joinPath(directory, 'x.rs'), project);
  return other?.directory === directory && other
    ? fileAt([joinPath(other.directory, other.library)], project)
    : undefined;
}

function findParentModule(file: string, project: Project): Module | undefined {
  if (rootOf(file, project) === file) return undefined;
  const isDirectory = file.endsWith('/mod.rs');
  const around = isDirectory ? directoryOf(directoryOf(file)) : directoryOf(file);
  const root = rootOf(file, project);
  if (directoryOf(root) === around) return { file: root };
  return fileAt([`${around}.rs`, `${around}/mod.rs`], project);
}
