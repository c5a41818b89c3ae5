/** What imports and modules give. */
import type { Binding, ImportFact, Index, Path, Symbols } from './facts.js';
import type { Module } from './language.js';
import { bareName, QUALIFIER, toPath } from './paths.js';
import { directoryOf } from './places.js';
import type { Sources } from './sources.js';
import {
  AMBIGUOUS,
  type ClassThing,
  EXTERNAL,
  type Found,
  isKnown,
  type Thing,
  UNKNOWN,
  type Wanted,
} from './things.js';

/** The names of a directory whose files are one module. */
interface Names {
  package: string | undefined;
  files: Map<string, string[]>;
}

/** The name under which a module gives itself. */
const WHOLE = '=';

interface Callers {
  /** What a name's bindings lead to. */
  thingOf: (file: string, scope: Index, bindings: readonly Binding[], wanted?: Wanted) => Thing;
  memberOfClass: (of: ClassThing, name: string, wanted?: Wanted) => Thing | undefined;
  find: (file: string, scope: Index, path: Path) => Found;
  findName: (file: string, scope: Index, name: string, wanted?: Wanted) => Found;
  memberOf: (thing: Thing, name: string) => Thing;
  /** The module that a scope is in. */
  moduleAround: (file: string, scope: Index) => Thing;
  once: (memo: WeakMap<ImportFact, Thing>, key: ImportFact, find: () => Thing) => Thing;
}

export function createModules(
  { symbolsOf, languageOf, project }: Sources,
  { thingOf, find, findName, memberOf, memberOfClass, moduleAround, once }: Callers,
) {
  const imports = new WeakMap<ImportFact, Thing>();
  const calledImports = new WeakMap<ImportFact, Thing>();
  const directories = new Map<string, Names>();
  const classes = new Map<string, ClassThing | 'none'>();
  const ownModules = new Map<string, Module>();
  const asked = new Set<string>();

  const modules = new WeakMap<ImportFact, Module | 'none'>();
  const known = new WeakMap<Symbols, Map<string, Found | 'none'>>();

  function moduleOf(file: string, fact: ImportFact): Module | undefined {
    let module = modules.get(fact);
    if (!module) {
      module = languageOf(file).findModule(fact.module, file, project) ?? 'none';
      modules.set(fact, module);
    }
    return module === 'none' ? undefined : module;
  }

  function importedBy(file: string, fact: ImportFact, wanted?: Wanted): Thing {
    return once(wanted === 'call' ? calledImports : imports, fact, () => {
      const language = languageOf(file);
      const { module: named, name, alias, local } = fact;
      if (language.rules.importsArePaths) return importedByPath(file, fact);
      if (named === '') return name === undefined ? UNKNOWN : findName(file, 0, name, wanted).thing;
      // Python's `import a.b` binds a.
      const isFirst =
        name === undefined && alias === undefined && named.startsWith(`${local ?? ''}.`);
      const module = language.findModule(isFirst ? (local ?? '') : named, file, project);
      if (!module) {
        const of = name === undefined ? undefined : classNamed(file, named);
        return of ? (memberOfClass(of, name ?? '', wanted) ?? UNKNOWN) : EXTERNAL;
      }
      if (name === undefined || name === '*')
        return nameInModule(module, WHOLE)?.thing ?? { is: 'module', module, file };
      const own = nameInModule(module, name)?.thing;
      // A package may import its own modules by its own name.
      return own && isKnown(own) ? own : (submodule(file, module, name) ?? own ?? UNKNOWN);
    });
  }

  /** An import whose path begins with any name, as elsewhere. */
  function importedByPath(file: string, fact: ImportFact): Thing {
    const { rules, findModule, findRootModule } = languageOf(file);
    const { module: named, name, local, scope = 0, declares } = fact;
    if (declares?.place !== undefined) {
      const module = findModule(declares.place, file, project);
      return module ? { is: 'module', module, file } : EXTERNAL;
    }
    if (declares) {
      const own = moduleAround(file, scope);
      const module = own.is === 'module' ? own.module : undefined;
      return (module && submodule(file, module, named)) ?? EXTERNAL;
    }
    const isWhole = name === undefined || name === '*';
    const text = [named, isWhole ? undefined : name].filter(Boolean).join(QUALIFIER);
    const path = `${toPath(text, rules)}${isWhole ? QUALIFIER : ''}`;
    const [root = '', ...members] = path.split('.');
    // `use cart::cart`: what it binds itself is not what it begins with.
    const names = symbolsOf(file)?.scopes[scope]?.names ?? {};
    const others = Object.hasOwn(names, bareName(root)) ? (names[bareName(root)] ?? []) : [];
    const isOwn =
      bareName(root) === local &&
      others.every((one) => one.is === 'import' && symbolsOf(file)?.imports[one.at] === fact);
    if (!isOwn) return find(file, scope, path).thing;
    const module = findRootModule?.(local, file, project);
    if (!module) return EXTERNAL;
    return members.reduce<Thing>((thing, part) => memberOf(thing, bareName(part)), {
      is: 'module',
      module,
      file,
    });
  }

  /** A class by the names of its module and of the classes around it. */
  function classNamed(file: string, path: string): ClassThing | undefined {
    const key = `${directoryOf(file)} ${path}`;
    let found = classes.get(key);
    if (found === undefined) {
      found = findClassNamed(file, path) ?? 'none';
      classes.set(key, found);
    }
    return found === 'none' ? undefined : found;
  }

  function findClassNamed(file: string, path: string): ClassThing | undefined {
    const dot = path.lastIndexOf('.');
    if (dot <= 0) return undefined;
    const [around, name] = [path.slice(0, dot), path.slice(dot + 1)];
    const module = languageOf(file).findModule(around, file, project);
    const outer = module ? undefined : classNamed(file, around);
    const found = module
      ? nameInModule(module, name)?.thing
      : outer && memberOfClass(outer, name, 'value');
    return found?.is === 'class' ? found : undefined;
  }

  /** What the file shares names with, where the files of a directory are one. */
  function ownModule(file: string): Module {
    let module = ownModules.get(file);
    if (!module) {
      const name = symbolsOf(file)?.package;
      module = (name === undefined
        ? undefined
        : languageOf(file).findOwnModule?.(file, name, project)) ?? {
        directory: directoryOf(file),
        ...(name !== undefined && { package: name }),
      };
      ownModules.set(file, module);
    }
    return module;
  }

  /** A module that is imported without a name, by what its files say they belong to. */
  function importedPackage(file: string, name: string): Thing | undefined {
    for (const fact of symbolsOf(file)?.imports ?? []) {
      if (fact.name !== undefined || fact.alias !== undefined) continue;
      const module = moduleOf(file, fact);
      if (module && 'directory' in module && namesIn(module.directory).package === name)
        return { is: 'module', module, file };
    }
    return undefined;
  }

  function submodule(file: string, module: Module, name: string): Thing | undefined {
    const found = languageOf(file).findSubmodule?.(module, name, project);
    return found && { is: 'module', module: found, file };
  }

  /** A name that a module gives to others. */
  function nameInModule(module: Module, name: string): Found | undefined {
    if ('file' in module) return ownNameOf(module.file, 0, name);
    for (const directory of [module.directory, ...(module.others ?? [])]) {
      const [file, ...others] = namesIn(directory, module.package).files.get(name) ?? [];
      // Of what several platforms have of their own, which is meant is not told.
      if (others.length > 0) return { thing: AMBIGUOUS, rule: 'import' };
      const found = file === undefined ? undefined : ownNameOf(file, 0, name);
      if (found) return found;
    }
    return undefined;
  }

  /** A name of a module in a file. */
  const nameInScope = (file: string, scope: Index, name: string): Thing | undefined =>
    ownNameOf(file, scope, name)?.thing;

  /**
   * Which files of a directory have a name, where its files are one module.
   *
   * @param name - What the files say they belong to; else what most of those say that others see.
   */
  function namesIn(directory: string, name?: string): Names {
    const key = `${directory} ${name ?? ''}`;
    let names = directories.get(key);
    if (!names) {
      const files = project.filesIn(directory).filter((file) => {
        if (!symbolsOf(file) || languageOf(file).rules.module !== 'directory') return false;
        return name !== undefined || (languageOf(file).isSeen?.(file) ?? true);
      });
      names = {
        package: name ?? mostFrequent(files.map((file) => symbolsOf(file)?.package)),
        files: new Map(),
      };
      for (const file of files) {
        const symbols = symbolsOf(file);
        if (symbols?.package !== names.package) continue;
        for (const [own, bindings] of Object.entries(symbols?.scopes[0]?.names ?? {})) {
          if (bindings.every(({ is }) => is === 'import')) continue;
          const others = names.files.get(own);
          if (others) others.push(file);
          else names.files.set(own, [file]);
        }
      }
      directories.set(key, names);
    }
    return names;
  }

  function ownNameOf(file: string, scope: Index, name: string): Found | undefined {
    const symbols = symbolsOf(file);
    if (!symbols) return undefined;
    let names = known.get(symbols);
    if (!names) {
      names = new Map<string, Found | 'none'>();
      known.set(symbols, names);
    }
    const key = `${scope} ${name}`;
    const before = names.get(key);
    if (before) return before === 'none' ? undefined : before;
    const question = `${file} ${key}`;
    // Modules may bring each other's names in a circle; and one that has been asked in vain need not be
    // asked again by the others that the same question goes to.
    if (asked.has(question)) return undefined;
    const isFirst = asked.size === 0;
    asked.add(question);
    try {
      const found = askForName(file, symbols, scope, name);
      if (found ? isKnown(found.thing) : isFirst) names.set(key, found ?? 'none');
      return found;
    } finally {
      if (isFirst) asked.clear();
    }
  }

  function askForName(
    file: string,
    symbols: Symbols,
    scope: Index,
    name: string,
  ): Found | undefined {
    if (scope !== 0) {
      const here = symbols.scopes[scope];
      const bindings = here && Object.hasOwn(here.names, name) ? here.names[name] : undefined;
      if (bindings) return { thing: thingOf(file, scope, bindings), rule: 'import' };
      const brought = broughtByAll(file, symbols, here?.allImports, name);
      return brought && { thing: brought, rule: 'import' };
    }
    const { exports, allExports, allImports } = symbols;
    const { hidesNames, module } = languageOf(file).rules;
    const isExported = exports !== undefined && Object.hasOwn(exports, name);
    const local = isExported ? (exports[name] ?? name) : name;
    const names = symbols.scopes[0]?.names ?? {};
    if (module === 'directory') {
      // What a file imports is its own.
      const own = (names[local] ?? []).filter(({ is }) => is !== 'import');
      return own.length === 0 ? undefined : { thing: thingOf(file, 0, own), rule: 'import' };
    }
    if ((isExported || !hidesNames) && Object.hasOwn(names, local)) {
      return { thing: thingOf(file, 0, names[local] ?? []), rule: 'import' };
    }
    // What is the module itself has its members, and is its default.
    if (name !== WHOLE && exports && Object.hasOwn(exports, WHOLE)) {
      const whole = ownNameOf(file, 0, WHOLE)?.thing ?? UNKNOWN;
      const member = memberOf(whole, name);
      if (isKnown(member)) return { thing: member, rule: 'import' };
      if (name === 'default') return { thing: whole, rule: 'import' };
    }
    const all = hidesNames ? allExports : [...(allImports ?? []), ...(allExports ?? [])];
    const thing = broughtByAll(file, symbols, all, name);
    return thing && { thing, rule: 'import' };
  }

  function broughtByAll(
    file: string,
    symbols: Symbols,
    all: readonly Index[] | undefined,
    name: string,
    wanted?: Wanted,
  ): Thing | undefined {
    for (const at of (all ?? []).toReversed()) {
      const fact = symbols.imports[at];
      if (fact && languageOf(file).rules.importsArePaths) {
        const given = memberOf(importedBy(file, fact), name);
        if (isKnown(given)) return given;
        continue;
      }
      const module = fact && moduleOf(file, fact);
      const of = fact && !module ? classNamed(file, fact.module) : undefined;
      const found = module
        ? (nameInModule(module, name)?.thing ?? submodule(file, module, name))
        : of && memberOfClass(of, name, wanted);
      if (found && isKnown(found)) return found;
    }
    return undefined;
  }

  return {
    importedBy,
    importedPackage,
    classNamed,
    ownModule,
    submodule,
    nameInModule,
    nameInScope,
    broughtByAll,
  };
}

function mostFrequent(names: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
