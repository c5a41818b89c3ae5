/** Which file a module's name in JavaScript or TypeScript is. */
import type { Module, Project } from '../language.js';
import { directoryOf } from '../places.js';

const ENDS = ['.ts', '.tsx', '.d.ts', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
/** What a name with the ending of the output may be the source of. */
const SOURCES: Record<string, readonly string[]> = {
  '.js': ['.ts', '.tsx', '.d.ts'],
  '.jsx': ['.tsx', '.d.ts'],
  '.mjs': ['.mts', '.d.mts'],
  '.cjs': ['.cts', '.d.cts'],
};
const CONDITIONS = [
  'source',
  'development',
  'import',
  'module',
  'default',
  'node',
  'browser',
  'require',
  'types',
];

interface Package {
  directory: string;
  exports?: unknown;
  imports?: unknown;
  main?: unknown;
  module?: unknown;
  source?: unknown;
  types?: unknown;
}

/** The paths that a tsconfig.json gives names to, and where they start. */
interface Aliases {
  base: string | undefined;
  paths: readonly [string, readonly string[]][];
}

interface Known {
  packages: Map<string, Package>;
  aliases: Map<string, Aliases | undefined>;
}

const known = new WeakMap<Project, Known>();

export function findEcmaModule(
  module: string,
  importer: string,
  project: Project,
): Module | undefined {
  const own = directoryOf(importer);
  if (/^\.\.?(?:\/|$)/.test(module)) {
    const place = normalize(own, module);
    return place === undefined ? undefined : fileAt(place, project);
  }
  if (module.startsWith('node:')) return undefined;
  const aliased = byAliases(module, own, project);
  if (aliased) return aliased;
  const [first = '', second = ''] = module.split('/');
  const name = module.startsWith('@') ? `${first}/${second}` : first;
  const rest = module.slice(name.length + 1);
  const { packages } = knownOf(project);
  if (module.startsWith('#')) {
    for (let at = own; ; at = directoryOf(at)) {
      const imports = [...packages.values()].find(({ directory }) => directory === at)?.imports;
      const found = imports === undefined ? undefined : byTable(imports, module, at, project);
      if (found) return found;
      if (at === '') return undefined;
    }
  }
  const owner = packages.get(name);
  return owner && inPackage(owner, rest, project);
}

/** A path from a directory; nothing where it leads out of the root. */
function normalize(directory: string, path: string): string | undefined {
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** In the order of TypeScript's own search. */
function fileAt(place: string, project: Project, isDirectory = true): Module | undefined {
  const end = /\.[cm]?jsx?$/.exec(place)?.[0];
  const stem = end === undefined ? place : place.slice(0, -end.length);
  const candidates = [
    ...(SOURCES[end ?? ''] ?? []).map((other) => stem + other),
    ...(/\.[cm]?[jt]sx?$/.test(place) ? [place] : []),
    ...ENDS.map((other) => place + other),
  ];
  const file = candidates.find((path) => project.hasFile(path));
  if (file !== undefined) return { file };
  if (!isDirectory) return undefined;
  return fileAt(place === '' ? 'index' : `${place}/index`, project, false);
}

function inPackage(owner: Package, rest: string, project: Project): Module | undefined {
  const { directory, exports, main, module, source, types } = owner;
  const subpath = rest === '' ? '.' : `./${rest}`;
  const found =
    (exports !== undefined && exports !== null
      ? byTable(
          rest === '' && !isTable(exports) ? { '.': exports } : exports,
          subpath,
          directory,
          project,
        )
      : undefined) ??
    (rest === ''
      ? [source, module, main, types].flatMap(
          (entry) => entryAt(entry, directory, project) ?? [],
        )[0]
      : undefined);
  if (found) return found;
  for (const base of ['', 'src', 'lib', 'source']) {
    const place = normalize(directory, `${base}/${rest}`);
    const file = place === undefined ? undefined : fileAt(place, project);
    if (file) return file;
  }
  return undefined;
}

const isTable = (exports: unknown): boolean =>
  typeof exports === 'object' &&
  exports !== null &&
  Object.keys(exports).some((key) => key.startsWith('.'));

/** `exports` or `imports` of a package.json. */
function byTable(
  table: unknown,
  subpath: string,
  directory: string,
  project: Project,
): Module | undefined {
  if (typeof table !== 'object' || table === null) return undefined;
  for (const [key, target] of Object.entries(table)) {
    const star = matchStar(key, subpath);
    if (star === undefined) continue;
    for (const entry of targetsOf(target)) {
      const found = entryAt(entry.replaceAll('*', star), directory, project);
      if (found) return found;
    }
  }
  return undefined;
}

/** What `*` stands for; nothing where the pattern is of another name. */
function matchStar(pattern: string, name: string): string | undefined {
  if (pattern === name) return '';
  const star = pattern.indexOf('*');
  if (star < 0) return undefined;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (name.length < start.length + end.length || !name.startsWith(start) || !name.endsWith(end))
    return undefined;
  return name.slice(start.length, name.length - end.length);
}

/** The paths that a target of `exports` names, those of sources first. */
function targetsOf(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  if (Array.isArray(target)) return target.flatMap(targetsOf);
  if (typeof target !== 'object' || target === null) return [];
  const rankOf = (key: string): number => {
    const rank = CONDITIONS.indexOf(key.startsWith('@') ? 'source' : key);
    return rank < 0 ? CONDITIONS.length : rank;
  };
  return Object.entries(target)
    .sort(([a], [b]) => rankOf(a) - rankOf(b))
    .flatMap(([, inner]) => targetsOf(inner));
}

/** A file that a package.json names, or the source that it is made of. */
function entryAt(entry: unknown, directory: string, project: Project): Module | undefined {
  if (typeof entry !== 'string') return undefined;
  const place = normalize(directory, entry.replace(/\.d\.([cm]?)ts$/, '.$1js'));
  if (place === undefined) return undefined;
  const found = fileAt(place, project);
  if (found) return found;
  const inner = place.slice(directory === '' ? 0 : directory.length + 1);
  const [top = '', ...others] = inner.split('/');
  if (others.length === 0 || !/^(?:dist|build|lib|out|esm|cjs|es)$/.test(top)) return undefined;
  // What is built of src/.
  for (const rest of [others, others.slice(1)]) {
    const source = normalize(directory, ['src', ...rest].join('/'));
    const file = source === undefined || rest.length === 0 ? undefined : fileAt(source, project);
    if (file) return file;
  }
  return undefined;
}

/** By `paths` and `baseUrl` of the nearest tsconfig.json. */
function byAliases(module: string, directory: string, project: Project): Module | undefined {
  for (let at = directory; ; at = directoryOf(at)) {
    const aliases = aliasesIn(at, project);
    if (aliases) {
      for (const [pattern, targets] of aliases.paths) {
        const star = matchStar(pattern, module);
        if (star === undefined) continue;
        for (const target of targets) {
          const place = normalize('', target.replace('*', star));
          const found = place === undefined ? undefined : fileAt(place, project);
          if (found) return found;
        }
      }
      const place = aliases.base === undefined ? undefined : normalize(aliases.base, module);
      return place === undefined ? undefined : fileAt(place, project);
    }
    if (at === '') return undefined;
  }
}

function aliasesIn(directory: string, project: Project): Aliases | undefined {
  const { aliases } = knownOf(project);
  if (!aliases.has(directory)) {
    aliases.set(
      directory,
      readAliases(directory, 'tsconfig.json', project, 0) ??
        readAliases(directory, 'jsconfig.json', project, 0),
    );
  }
  return aliases.get(directory);
}

function readAliases(
  directory: string,
  name: string,
  project: Project,
  depth: number,
): Aliases | undefined {
  const place = normalize(directory, name);
  const config = place === undefined || depth > 8 ? undefined : readJson(place, project);
  if (place === undefined || !isRecord(config)) return undefined;
  const home = directoryOf(place);
  const options = isRecord(config['compilerOptions']) ? config['compilerOptions'] : {};
  const { baseUrl, paths } = options;
  const parents = [config['extends']].flat().filter((one) => typeof one === 'string');
  const inherited = parents
    .filter((one) => one.startsWith('.'))
    .map((one) =>
      readAliases(home, one.endsWith('.json') ? one : `${one}.json`, project, depth + 1),
    )
    .filter((one) => one !== undefined)
    .at(-1);
  const base = typeof baseUrl === 'string' ? normalize(home, baseUrl) : inherited?.base;
  if (!isRecord(paths)) return { base, paths: inherited?.paths ?? [] };
  const start = base ?? home;
  const list = Object.entries(paths).map(([pattern, targets]): [string, string[]] => [
    pattern,
    [targets]
      .flat()
      .flatMap((one) => (typeof one === 'string' ? (normalize(start, one) ?? []) : [])),
  ]);
  return { base, paths: list };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readJson(place: string, project: Project): unknown {
  const text = project.read(place);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(withoutComments(text));
  } catch {
    return undefined; // What cannot be read names nothing.
  }
}

/** tsconfig.json may have comments, and commas before closing brackets. */
function withoutComments(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(
      /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g,
      (_all, quoted?: string) => quoted ?? '',
    )
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/g, (_all, quoted?: string) => quoted ?? '');
}

/** The project's own packages: a package.json lies beside or above the files that import. */
function knownOf(project: Project): Known {
  const before = known.get(project);
  if (before) return before;
  const found: Known = { packages: new Map(), aliases: new Map() };
  known.set(project, found);
  for (const directory of project.directories()) {
    const text = readJson(directory === '' ? 'package.json' : `${directory}/package.json`, project);
    if (!isRecord(text)) continue;
    const { name, exports, imports, main, module, source, types } = text;
    const key = typeof name === 'string' ? name : `./${directory}`;
    if (!found.packages.has(key))
      found.packages.set(key, { directory, exports, imports, main, module, source, types });
  }
  return found;
}
