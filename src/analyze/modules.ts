/** What imports and modules give. */
import type { Binding, ImportFact, Index, Path, Symbols } from './facts.js';
import type { Module } from './language.js';
import { bareName, QUALIFIER, toPath } from './paths.js';
import type { Sources } from './sources.js';
import { EXTERNAL, type Found, isKnown, type Thing, UNKNOWN } from './things.js';

interface Callers {
  /** What a name's bindings lead to. */
  thingOf: (file: string, scope: Index, bindings: readonly Binding[]) => Thing;
  findName: (file: string, scope: Index, name: string) => Found;
  find: (file: string, scope: Index, path: Path) => Found;
  memberOf: (thing: Thing, name: string) => Found;
  ownModule: (file: string, scope: Index) => Thing;
  once: (memo: WeakMap<ImportFact, Thing>, key: ImportFact, find: () => Thing) => Thing;
}

export function createModules(
  { symbolsOf, languageOf, project }: Sources,
  { thingOf, findName, find, memberOf, ownModule, once }: Callers,
) {
  const imports = new WeakMap<ImportFact, Thing>();
  const directories = new Map<string, Map<string, string>>();
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

  function importedBy(file: string, fact: ImportFact): Thing {
    return once(imports, fact, () => {
      const language = languageOf(file);
      const { module: named, name, alias, local } = fact;
      if (language.rules.importsArePaths) return importedByPath(file, fact);
      if (named === '') return name === undefined ? UNKNOWN : findName(file, 0, name).thing;
      // Python's `import a.b` binds a.
      const isFirst =
        name === undefined && alias === undefined && named.startsWith(`${local ?? ''}.`);
      const module = language.findModule(isFirst ? (local ?? '') : named, file, project);
      if (!module) return EXTERNAL;
      if (name === undefined || name === '*') return { is: 'module', module, file };
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
      const own = ownModule(file, scope);
      const module = own.is === 'module' ? own.module : undefined;
      return (module && submodule(file, module, named)) ?? EXTERNAL;
    }
    const isWhole = name === undefined || name === '*';
    const text = [named, isWhole ? undefined : name].filter(Boolean).join(QUALIFIER);
    const path = `${toPath(text, rules)}${isWhole ? QUALIFIER : ''}`;
    const [root = '', ...members] = path.split('.');
    // `use cart::cart`: what it binds itself is not what it begins with.
    const others = symbolsOf(file)?.scopes[scope]?.names[bareName(root)] ?? [];
    const isOwn =
      bareName(root) === local &&
      others.every((one) => one.is === 'import' && symbolsOf(file)?.imports[one.at] === fact);
    if (!isOwn) return find(file, scope, path).thing;
    const module = findRootModule?.(local, file, project);
    if (!module) return EXTERNAL;
    return members.reduce<Thing>((thing, part) => memberOf(thing, bareName(part)).thing, {
      is: 'module',
      module,
      file,
    });
  }

  function submodule(file: string, module: Module, name: string): Thing | undefined {
    const found = languageOf(file).findSubmodule?.(module, name, project);
    return found && { is: 'module', module: found, file };
  }

  /** A name that a module gives to others. */
  function nameInModule(module: Module, name: string): Found | undefined {
    if ('file' in module) return ownNameOf(module.file, 0, name);
    const file = namesIn(module.directory).get(name);
    return file === undefined ? undefined : ownNameOf(file, 0, name);
  }

  /** A name of a module in a file. */
  const nameInScope = (file: string, scope: Index, name: string): Thing | undefined =>
    ownNameOf(file, scope, name)?.thing;

  /** Which file of a directory has a name, where its files are one module. */
  function namesIn(directory: string): Map<string, string> {
    let names = directories.get(directory);
    if (!names) {
      names = new Map();
      for (const file of project.filesIn(directory)) {
        const scope = symbolsOf(file)?.scopes[0];
        if (!scope || languageOf(file).rules.module !== 'directory') continue;
        for (const name of Object.keys(scope.names)) if (!names.has(name)) names.set(name, file);
      }
      directories.set(directory, names);
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
    // Modules may bring each other's names in a circle.
    if (asked.has(question)) return undefined;
    asked.add(question);
    try {
      const found = askForName(file, symbols, scope, name);
      // What is not found in the midst of a circle may be found from elsewhere.
      if (found ? isKnown(found.thing) : asked.size === 1) names.set(key, found ?? 'none');
      return found;
    } finally {
      asked.delete(question);
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
    const { hidesNames } = languageOf(file).rules;
    const isExported = exports !== undefined && Object.hasOwn(exports, name);
    const local = isExported ? (exports[name] ?? name) : name;
    const names = symbols.scopes[0]?.names ?? {};
    if ((isExported || !hidesNames) && Object.hasOwn(names, local)) {
      return { thing: thingOf(file, 0, names[local] ?? []), rule: 'import' };
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
  ): Thing | undefined {
    for (const at of (all ?? []).toReversed()) {
      const fact = symbols.imports[at];
      if (fact && languageOf(file).rules.importsArePaths) {
        const given = memberOf(importedBy(file, fact), name).thing;
        if (isKnown(given)) return given;
        continue;
      }
      const module = fact && moduleOf(file, fact);
      const found = module && (nameInModule(module, name)?.thing ?? submodule(file, module, name));
      if (found && isKnown(found)) return found;
    }
    return undefined;
  }

  return { importedBy, submodule, nameInModule, nameInScope, broughtByAll };
}
