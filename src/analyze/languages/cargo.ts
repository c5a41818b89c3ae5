/** What Cargo.toml says of where crates are. */
import { posix } from 'node:path';
import type { Project } from '../language.js';
import { directoryOf, joinPath } from '../places.js';

export interface Package {
  directory: string;
  name: string;
  /** The file that its library begins with, from the directory. */
  library: string;
  libraryName: string | undefined;
  /** Files that other crates of it begin with. */
  targets: string[];
}

/** What was read of a project, by what was asked for. */
const answers = new WeakMap<Project, Map<string, unknown>>();

function once<T>(project: Project, question: string, ask: () => T): T {
  const known = answers.get(project) ?? new Map<string, unknown>();
  answers.set(project, known);
  if (!known.has(question)) known.set(question, ask());
  return known.get(question) as T;
}

/** The package that a file is in. */
export function packageOf(file: string, project: Project): Package | undefined {
  return once(project, `package ${directoryOf(file)}`, () => readPackage(file, project));
}

/** The directory of a package that another depends on, where it is told by a path. */
export function dependencyOf(own: Package, crate: string, project: Project): string | undefined {
  const question = `dependency ${own.directory} ${crate}`;
  return once(project, question, () => readDependency(own, crate, project));
}

function readPackage(file: string, project: Project): Package | undefined {
  for (let at = directoryOf(file); ; at = directoryOf(at)) {
    const text = project.read(joinPath(at, 'Cargo.toml'));
    const name = text === undefined ? undefined : valueOf(tablesOf(text, 'package'), 'name');
    if (text !== undefined && name !== undefined) {
      const library = tablesOf(text, 'lib');
      return {
        directory: at,
        name,
        library: valueOf(library, 'path') ?? 'src/lib.rs',
        libraryName: valueOf(library, 'name'),
        targets: ['bin', 'test', 'bench', 'example'].flatMap((kind) =>
          [...tablesOf(text, kind).matchAll(/^\s*path\s*=\s*"([^"]*)"/gm)].map(
            ([, path]) => path ?? '',
          ),
        ),
      };
    }
    if (at === '') return undefined;
  }
}

function readDependency(
  { directory }: Package,
  crate: string,
  project: Project,
): string | undefined {
  const own = project.read(joinPath(directory, 'Cargo.toml')) ?? '';
  const entry = entryOf(own, crate);
  if (entry === undefined) return undefined;
  const path = valueOf(entry, 'path');
  if (path !== undefined) return posix.join(directory, path);
  if (!/\bworkspace\s*=\s*true/.test(entry)) return undefined;
  for (let at = directory; ; at = directoryOf(at)) {
    const text = project.read(joinPath(at, 'Cargo.toml')) ?? '';
    if (/^\s*\[workspace\b/m.test(text)) {
      const shared = valueOf(entryOf(text, crate) ?? '', 'path');
      return shared === undefined ? undefined : posix.join(at, shared);
    }
    if (at === '') return undefined;
  }
}

/** What is said of a dependency: `a = { … }`, `a.workspace = true`, `[dependencies.a]`. */
function entryOf(text: string, crate: string): string | undefined {
  const name = crate.replaceAll('_', '[-_]');
  const inline = new RegExp(
    `^[ \\t]*"?${name}"?[ \\t]*(?:\\.[ \\t]*(\\w+[ \\t]*=.*)|=[ \\t]*(\\{[^}]*\\}|".*"))`,
    'm',
  ).exec(
    text
      .split(/^(?=\s*\[)/m)
      .filter((table) => /^\s*\[[^\]]*dependencies\]/.test(table))
      .join('\n'),
  );
  if (inline) return inline[1] ?? inline[2];
  const tables = text
    .split(/^(?=\s*\[)/m)
    .filter((table) => new RegExp(`^\\s*\\[[^\\]]*dependencies\\.${name}\\]`).test(table));
  return tables.length > 0 ? tables.join('\n') : undefined;
}

/** The tables of a name, as text. */
function tablesOf(text: string, name: string): string {
  return text
    .split(/^(?=\s*\[)/m)
    .filter((table) => new RegExp(`^\\s*\\[{1,2}${name}\\]{1,2}`).test(table))
    .join('\n');
}

function valueOf(table: string, key: string): string | undefined {
  return new RegExp(`(?:^|[{,\\s])${key}\\s*=\\s*"([^"]*)"`).exec(table)?.[1];
}
