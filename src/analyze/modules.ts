/** What imports and modules give. */
import type { Binding, ImportFact, Index, Symbols } from './facts.js';
import type { Module } from './language.js';
import type { Sources } from './sources.js';
import { EXTERNAL, type Found, isKnown, type Thing, UNKNOWN } from './things.js';

/** The name under which a module gives itself. */
const WHOLE = '=';

interface Callers {
  /** What a name's bindings lead to. */
  thingOf: (file: string, scope: Index, bindings: readonly Binding[]) => Thing;
  findName: (file: string, scope: Index, name: string) => Found;
  memberOf: (thing: Thing, name: string) => Thing;
  once: (memo: WeakMap<ImportFact, Thing>, key: ImportFact, find: () => Thing) => Thing;
}

export function createModules(
  { symbolsOf, languageOf, project }: Sources,
  { thingOf, findName, memberOf, once }: Callers,
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
      if (named === '') return name === undefined ? UNKNOWN : findName(file, 0, name).thing;
      // Python's `import a.b` binds a.
      const isFirst =
        name === undefined && alias === undefined && named.startsWith(`${local ?? ''}.`);
      const module = language.findModule(isFirst ? (local ?? '') : named, file, project);
      if (!module) return EXTERNAL;
      if (name === undefined || name === '*')
        return nameInModule(module, WHOLE)?.thing ?? { is: 'module', module, file };
      const own = nameInModule(module, name)?.thing;
      // A package may import its own modules by its own name.
      return own && isKnown(own) ? own : (submodule(file, module, name) ?? own ?? UNKNOWN);
    });
  }

  function submodule(file: string, module: Module, name: string): Thing | undefined {
    const found = languageOf(file).findSubmodule?.(module, name, project);
    return found && { is: 'module', module: found, file };
  }

  /** A name that a module gives to others. */
  function nameInModule(module: Module, name: string): Found | undefined {
    if ('file' in module) return ownNameOf(module.file, name);
    const file = namesIn(module.directory).get(name);
    return file === undefined ? undefined : ownNameOf(file, name);
  }

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

  function ownNameOf(file: string, name: string): Found | undefined {
    const symbols = symbolsOf(file);
    if (!symbols) return undefined;
    let names = known.get(symbols);
    if (!names) {
      names = new Map<string, Found | 'none'>();
      known.set(symbols, names);
    }
    const before = names.get(name);
    if (before) return before === 'none' ? undefined : before;
    const question = `${file} ${name}`;
    // Modules may bring each other's names in a circle.
    if (asked.has(question)) return undefined;
    asked.add(question);
    try {
      const found = askForName(file, symbols, name);
      // What is not found in the midst of a circle may be found from elsewhere.
      if (found ? isKnown(found.thing) : asked.size === 1) names.set(name, found ?? 'none');
      return found;
    } finally {
      asked.delete(question);
    }
  }

  function askForName(file: string, symbols: Symbols, name: string): Found | undefined {
    const { exports, allExports, allImports } = symbols;
    const { hidesNames } = languageOf(file).rules;
    const isExported = exports !== undefined && Object.hasOwn(exports, name);
    const local = isExported ? (exports[name] ?? name) : name;
    const names = symbols.scopes[0]?.names ?? {};
    if ((isExported || !hidesNames) && Object.hasOwn(names, local)) {
      return { thing: thingOf(file, 0, names[local] ?? []), rule: 'import' };
    }
    // What is the module itself has its members, and is its default.
    if (name !== WHOLE && exports && Object.hasOwn(exports, WHOLE)) {
      const whole = ownNameOf(file, WHOLE)?.thing ?? UNKNOWN;
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
  ): Thing | undefined {
    for (const at of (all ?? []).toReversed()) {
      const fact = symbols.imports[at];
      const module = fact && moduleOf(file, fact);
      const found = module && (nameInModule(module, name)?.thing ?? submodule(file, module, name));
      if (found && isKnown(found)) return found;
    }
    return undefined;
  }

  return { importedBy, submodule, nameInModule, broughtByAll };
}
