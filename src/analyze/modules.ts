/** What imports and modules give. */
import type { Binding, ImportFact, Index, Symbols } from './facts.js';
import type { Module } from './language.js';
import type { Sources } from './sources.js';
import { EXTERNAL, type Found, isKnown, type Thing, UNKNOWN } from './things.js';

/** Modules that give on what others give them are not followed further. */
const DEEPEST = 24;

interface Callers {
  /** What a name's bindings lead to. */
  thingOf: (file: string, scope: Index, bindings: readonly Binding[]) => Thing;
  findName: (file: string, scope: Index, name: string) => Found;
  once: (memo: WeakMap<ImportFact, Thing>, key: ImportFact, find: () => Thing) => Thing;
}

export function createModules(
  { symbolsOf, languageOf, project }: Sources,
  { thingOf, findName, once }: Callers,
) {
  const imports = new WeakMap<ImportFact, Thing>();
  let depth = 0;

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
      if (name === undefined || name === '*') return { is: 'module', module, file };
      return nameInModule(module, name)?.thing ?? submodule(file, module, name) ?? UNKNOWN;
    });
  }

  function submodule(file: string, module: Module, name: string): Thing | undefined {
    const found = languageOf(file).findSubmodule?.(module, name, project);
    return found && { is: 'module', module: found, file };
  }

  /** A name that a module gives to others. */
  function nameInModule(module: Module, name: string): Found | undefined {
    if ('directory' in module) {
      for (const file of project.filesIn(module.directory)) {
        if (!symbolsOf(file) || languageOf(file).rules.module !== 'directory') continue;
        const found = ownNameOf(file, name);
        if (found) return found;
      }
      return undefined;
    }
    if (depth >= DEEPEST) return undefined;
    depth += 1;
    try {
      return ownNameOf(module.file, name);
    } finally {
      depth -= 1;
    }
  }

  function ownNameOf(file: string, name: string): Found | undefined {
    const symbols = symbolsOf(file);
    if (!symbols) return undefined;
    const { exports, allExports, allImports } = symbols;
    const isHidden =
      languageOf(file).rules.hidesNames && !(exports && Object.hasOwn(exports, name));
    const local = exports && Object.hasOwn(exports, name) ? (exports[name] ?? name) : name;
    const names = symbols.scopes[0]?.names ?? {};
    if (!isHidden && Object.hasOwn(names, local)) {
      return { thing: thingOf(file, 0, names[local] ?? []), rule: 'import' };
    }
    const all = languageOf(file).rules.hidesNames
      ? allExports
      : [...(allImports ?? []), ...(allExports ?? [])];
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
      const module = fact && languageOf(file).findModule(fact.module, file, project);
      const found = module && (nameInModule(module, name)?.thing ?? submodule(file, module, name));
      if (found && isKnown(found)) return found;
    }
    return undefined;
  }

  return { importedBy, submodule, nameInModule, broughtByAll };
}
