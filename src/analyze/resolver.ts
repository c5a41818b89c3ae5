/**
 * What names lead to, by scopes, imports, class hierarchy and types that are written or follow from a
 * constructor. What is not told by these is `unknown`: nothing is guessed by a name alone.
 */
import type {
  Binding,
  CallRule,
  ClassFact,
  FunctionFact,
  Index,
  Path,
  ScopeFact,
  TypePath,
} from './facts.js';
import { createLineages } from './lineage.js';
import { extensionScopesOf, extensionsOf, selfAttributesOf } from './memberindex.js';
import { createModules } from './modules.js';
import { addOverloads, takes } from './overloads.js';
import {
  bareName,
  BOTH,
  CALL,
  GIVES,
  ITEM,
  MAP,
  namesOfRoot,
  partsOf,
  pathsOf,
  POINTER,
  QUALIFIER,
  tupleParts,
  typeOfRoot,
} from './paths.js';
import {
  agree,
  AMBIGUOUS,
  type ClassThing,
  EXTERNAL,
  type Found,
  functionsOf,
  type How,
  type ObjectThing,
  isKnown,
  isSame,
  type Thing,
  UNKNOWN,
  type Wanted,
} from './things.js';
import type { Sources } from './sources.js';

/** Whether a name stands for what has names, before `::`. */
const holdsNames = (binding: Binding): boolean =>
  ['class', 'import', 'names', 'outer', 'type'].includes(binding.is);

const namedIn = (names: Record<string, Binding[]>, name: string): readonly Binding[] =>
  Object.hasOwn(names, name) ? (names[name] ?? []) : [];

/** Whether a name is bound only behind a line, or in it: what is given to it does not see it. */
const comesLater = (binding: Binding, line: number | undefined, isInner: boolean): boolean =>
  line !== undefined &&
  binding.is === 'variable' &&
  binding.lines.every((bound) => (isInner ? bound > line : bound >= line));

export type Resolver = ReturnType<typeof createResolver>;

/** Chains of what leads to what are not followed further. */
const DEEPEST = 24;

/** Where a name is looked up. */
interface Place {
  file: string;
  scope: Index;
}

const RULES: Record<How, CallRule> = {
  self: 'self',
  type: 'type',
  constructed: 'constructed',
  returned: 'returned',
};

export function createResolver({ symbolsOf, languageOf, project, extendersOf }: Sources) {
  const values = new WeakMap<object, Thing>();
  const assigned = new WeakMap<Binding, Thing[]>();
  const lineageOf = createLineages(basesOf);
  const {
    importedBy,
    importedPackage,
    classNamed,
    ownModule,
    submodule,
    nameInModule,
    nameInScope,
    broughtByAll,
  } = createModules(
    { symbolsOf, languageOf, project, extendersOf },
    {
      thingOf,
      find,
      findName: (file, scope, name, wanted) => findName(file, scope, name, undefined, wanted),
      memberOf: anyMemberOf,
      memberOfClass,
      moduleAround,
      once,
    },
  );
  let depth = 0;

  const rulesOf = (file: string) => languageOf(file).rules;

  /** Guards against circles: what is asked for while it is looked for is unknown. */
  function once<T extends object>(memo: WeakMap<T, Thing>, key: T, find: () => Thing): Thing {
    const known = memo.get(key);
    if (known) return known;
    if (depth >= DEEPEST) return UNKNOWN;
    memo.set(key, UNKNOWN);
    depth += 1;
    try {
      const found = find();
      memo.set(key, found);
      return found;
    } finally {
      depth -= 1;
    }
  }

  /**
   * What a path leads to, from a place in a file.
   *
   * @param line - Where it is used: what the same function assigns later is not seen.
   * @param isCalled - Whether what it leads to is called.
   */
  function find(file: string, scope: Index, path: Path, line?: number, isCalled = false): Found {
    if (depth >= DEEPEST) return { thing: UNKNOWN, rule: 'type' };
    depth += 1;
    try {
      return follow(file, scope, path, line, isCalled);
    } finally {
      depth -= 1;
    }
  }

  function follow(
    file: string,
    scope: Index,
    path: Path,
    line: number | undefined,
    isCalled: boolean,
  ): Found {
    const parts = partsOf(path);
    const { callsApart, fieldsApart } = rulesOf(file);
    const wantedAt = (at: number): Wanted => {
      if (parts[at]?.endsWith(QUALIFIER)) return 'holder';
      const isWantedCalled = at === parts.length - 1 ? isCalled : parts[at + 1]?.startsWith('(');
      if (callsApart) return isWantedCalled ? 'call' : 'value';
      return fieldsApart && isWantedCalled ? 'call' : undefined;
    };
    let at = 1;
    let owner: Thing = UNKNOWN;
    let found = findRoot(file, scope, parts, line, wantedAt(0));
    if (rulesOf(file).qualifiedNames && found.thing.is === 'external') {
      for (let end = 2; end <= parts.length && /^\w/.test(parts[end - 1] ?? ''); end++) {
        const of = classNamed(file, parts.slice(0, end).join('.'));
        if (!of) continue;
        found = { thing: of, rule: 'class' };
        at = end;
        break;
      }
    }
    if (line !== undefined) found = { ...found, thing: seenFrom(found.thing, file, scope, line) };
    if (found.thing.is === 'super' && parts[1] === CALL && rulesOf(file).super.includes('super()'))
      at = 2;
    for (; at < parts.length && isFollowed(found.thing); at++) {
      const part = parts[at] ?? '';
      if (part.startsWith('@'))
        found = { thing: passedTo(found.thing, part.slice(1)), rule: 'type' };
      else if (part.startsWith('('))
        found = { thing: returned(found.thing, part.slice(1, -1), owner), rule: 'returned' };
      else if (part === ITEM && isForType(found.thing, file)) continue;
      else if (part === ITEM) {
        const all = valueOf(found.thing);
        // A map is gone through by pairs.
        const isPair = all.is === 'items' && all.pairs && /^\d+$/.test(parts[at + 1] ?? '');
        found = { thing: isPair ? (all.pairs ?? UNKNOWN) : itemOf(all), rule: 'type' };
      } else {
        owner = valueOf(found.thing);
        found = memberIn(found.thing, part, wantedAt(at), { file, scope });
      }
    }
    return found;
  }

  /** Go's `Map[int]` is Map, for that type. */
  function isForType(thing: Thing, file: string): boolean {
    const { bracesConstruct, types } = rulesOf(file);
    if (types.haveMembers) return false;
    return thing.is === 'function' || (thing.is === 'class' && bracesConstruct);
  }

  function seenFrom(thing: Thing, file: string, scope: Index, line: number): Thing {
    if (thing.is === 'several') {
      const things = thing.of.map((one) => seenFrom(one, file, scope, line));
      const variable = things.find((one) => one.is === 'variable' && one.before !== undefined);
      return variable ?? { is: 'several', of: things };
    }
    if (thing.is !== 'variable' || thing.file !== file || thing.binding.values.length === 0)
      return thing;
    const isSeen = thing.binding.lines.some((assigned) => assigned < line);
    const isOwn = functionScope(file, scope) === functionScope(file, thing.scope);
    return isOwn && isSeen ? { ...thing, before: line } : thing;
  }

  /** The scope of the function that a scope is in; the module's where it is in none. */
  function functionScope(file: string, scope: Index): Index {
    const scopes = symbolsOf(file)?.scopes ?? [];
    for (let at = scope; ;) {
      const here = scopes[at];
      if (!here || here.is === 'function' || here.parent === undefined) return at;
      at = here.parent;
    }
  }

  /** @param line - As in {@link find}. */
  function valueOfPath(
    file: string,
    scope: Index,
    value: Path,
    line?: number,
    isStrict = false,
  ): Thing {
    const { nothings } = rulesOf(file).types;
    const paths = pathsOf(value).filter((path) => !nothings.includes(path));
    return agree(
      paths.map((path): Thing => {
        if (!path.startsWith(GIVES)) return valueOf(find(file, scope, path, line).thing);
        return { is: 'giver', of: valueOf(find(file, scope, path.slice(1), line).thing) };
      }),
      isStrict,
    );
  }

  /** What was assigned last before a line, else the first one before it that leads anywhere. */
  function lastValue(
    file: string,
    scope: Index,
    binding: Binding & { is: 'variable' },
    before: number,
  ): Thing {
    const { values, lines } = binding;
    // `text = text.replace(…)`, thirty times: each is asked for once.
    const known = assigned.get(binding) ?? [];
    assigned.set(binding, known);
    let last: Thing = UNKNOWN;
    for (let at = values.length - 1; at >= 0; at--) {
      const line = lines[at] ?? 0;
      if (line >= before) continue;
      let value = known[at];
      if (!value) {
        known[at] = UNKNOWN;
        value = valueOfPath(file, scope, values[at] ?? '?', line);
        known[at] = value;
      }
      if (isKnown(value)) return value;
      last = value;
      if (value.is === 'external') return value;
    }
    return last;
  }

  const isFollowed = ({ is }: Thing): boolean =>
    is !== 'external' && is !== 'unknown' && is !== 'ambiguous';

  function findRoot(
    file: string,
    scope: Index,
    parts: string[],
    line: number | undefined,
    wanted: Wanted,
  ): Found {
    const [root = ''] = parts;
    const rules = rulesOf(file);
    const name = bareName(root);
    if (name !== root && rules.moduleWords?.own === name)
      return { thing: moduleAround(file, scope), rule: 'module' };
    if (name !== root && rules.moduleWords?.around === name)
      return { thing: parentModule(moduleAround(file, scope)), rule: 'module' };
    if (name === "'") return { thing: EXTERNAL, rule: 'type' };
    if (name === '?' || name === '') return { thing: UNKNOWN, rule: 'type' };
    const isSuper =
      rules.super.includes(name) || (parts[1] === CALL && rules.super.includes(`${name}${CALL}`));
    if (isSuper) {
      const of = classAround(file, scope);
      if (of && isAnonymous(file, scope))
        return { thing: { is: 'object', of, how: 'self' }, rule: 'super' };
      return { thing: of ? { is: 'super', of } : UNKNOWN, rule: 'super' };
    }
    const cast = typeOfRoot(name);
    if (cast !== undefined) return { thing: typedAs(file, scope, cast), rule: 'type' };
    const names = namesOfRoot(name);
    if (names !== undefined) return { thing: { is: 'names', file, scope: names }, rule: 'local' };
    if (rules.self !== 'first parameter' && rules.self.words.includes(name)) {
      if (rules.marksSelf) return { thing: selfAround(file, scope) ?? UNKNOWN, rule: 'self' };
      const of = classAround(file, scope);
      return { thing: of ? { is: 'object', of, how: 'self' } : UNKNOWN, rule: 'self' };
    }
    if (rules.types.self.includes(name)) {
      const of = classAround(file, scope);
      if (of) return { thing: of, rule: 'class' };
    }
    return findName(file, scope, name, line, wanted);
  }

  /** The module that a scope is in. */
  function moduleAround(file: string, scope: Index): Thing {
    const scopes = symbolsOf(file)?.scopes ?? [];
    for (let at: Index | undefined = scope; at; at = scopes[at]?.parent)
      if (scopes[at]?.is === 'module') return { is: 'names', file, scope: at };
    return { is: 'module', module: { file }, file };
  }

  /** The module that has a module in it. */
  function parentModule(thing: Thing): Thing {
    if (thing.is === 'names')
      return moduleAround(thing.file, symbolsOf(thing.file)?.scopes[thing.scope]?.parent ?? 0);
    const { file } = thing.is === 'module' && 'file' in thing.module ? thing.module : {};
    const module = file && languageOf(file).findParentModule?.(file, project);
    return module ? { is: 'module', module, file } : UNKNOWN;
  }

  /** Whether the code of a scope belongs to a class without a name. */
  function isAnonymous(file: string, scope: Index): boolean {
    const scopes = symbolsOf(file)?.scopes ?? [];
    for (let at: Index | undefined = scope; at !== undefined; at = scopes[at]?.parent)
      if (scopes[at]?.is === 'class') return scopes[at]?.at === undefined;
    return false;
  }

  /** What a class without a name extends. */
  function anonymousBase(file: string, { base, parent }: ScopeFact): ClassThing | undefined {
    if (base === undefined || parent === undefined) return undefined;
    const { thing } = find(file, parent, base);
    return thing.is === 'class' ? thing : undefined;
  }

  /** The class that the code of a scope belongs to. */
  function classAround(file: string, scope: Index): ClassThing | undefined {
    const symbols = symbolsOf(file);
    if (rulesOf(file).marksSelf) {
      const self = selfAround(file, scope);
      return self?.is === 'object' ? self.of : self?.is === 'class' ? self : undefined;
    }
    for (let at: Index | undefined = scope; at !== undefined; at = symbols?.scopes[at]?.parent) {
      const kind = symbols?.scopes[at];
      if (kind?.is === 'class' && kind.at !== undefined) return { is: 'class', file, at: kind.at };
      if (kind?.base !== undefined) return anonymousBase(file, kind);
      const owner = kind?.is === 'function' ? symbols?.functions[kind.at ?? -1] : undefined;
      if (owner?.receiver !== undefined) {
        const { thing } = find(file, owner.outside, owner.receiver);
        return thing.is === 'class' ? thing : undefined;
      }
    }
    return undefined;
  }

  /** What `this` is, where the query marks the functions that have their own. */
  function selfAround(file: string, scope: Index): Thing | undefined {
    const { scopes = [], functions = [] } = symbolsOf(file) ?? {};
    for (let at: Index | undefined = scope; at !== undefined; at = scopes[at]?.parent) {
      const kind = scopes[at];
      if (kind?.is === 'class')
        return kind.at === undefined
          ? undefined
          : { is: 'object', of: { is: 'class', file, at: kind.at }, how: 'self' };
      const typed = kind?.names['this']?.find((binding) => binding.is === 'parameter');
      if (typed?.is === 'parameter')
        return valueOf({ is: 'parameter', file, scope: at, binding: typed });
      if (!kind?.ownsSelf) continue;
      const fact = functions[kind.at ?? -1];
      if (!fact || kind.at === undefined) return undefined;
      if (fact.class !== undefined) {
        const of: ClassThing = { is: 'class', file, at: fact.class };
        return fact.isStatic ? of : { is: 'object', of, how: 'self' };
      }
      if (fact.receiver !== undefined) {
        const { thing } = find(file, fact.outside, fact.receiver);
        return thing.is === 'class' ? { is: 'object', of: thing, how: 'self' } : thing;
      }
      const holder = scopes[fact.outside];
      if (holder?.is === 'object')
        return holder.isArgument ? undefined : { is: 'names', file, scope: fact.outside };
      // What makes objects by itself: its members are those of what it makes.
      return { is: 'function', file, at: kind.at };
    }
    return undefined;
  }

  function findName(
    file: string,
    scope: Index,
    name: string,
    line?: number,
    wanted?: Wanted,
  ): Found {
    const symbols = symbolsOf(file);
    if (!symbols) return { thing: UNKNOWN, rule: 'module' };
    const { seesClassNames, membersApart, callsApart, module, shadows } = rulesOf(file);
    let isClosed = false;
    for (let at: Index | undefined = scope; at !== undefined; at = symbols.scopes[at]?.parent) {
      const here = symbols.scopes[at];
      if (!here) break;
      if (here.is === 'object') continue;
      const isHidden = here.is === 'class' && at !== scope && !seesClassNames;
      if (isHidden && !namedIn(here.names, name).some(({ is }) => is === 'type')) continue;
      if (here.is === 'class' && seesClassNames && here.at !== undefined) {
        const own = namedIn(here.names, name).filter(({ is }) => is === 'type');
        if (own.length > 0) return { thing: thingOf(file, at, own), rule: 'local' };
        const member = memberOfClass({ is: 'class', file, at: here.at }, name, wanted);
        if (member && isKnown(member)) return { thing: member, rule: 'self' };
        continue;
      }
      const isApart = here.is === 'class' && membersApart;
      const isInner = at !== scope;
      const bindings = fitting(file, here.names, name, wanted).filter(
        (binding) =>
          (!isApart || binding.is === 'type') &&
          !(shadows && here.is !== 'module' && comesLater(binding, line, isInner)),
      );
      if (bindings.length === 0) {
        const base = anonymousBase(file, here);
        const member = base && memberOfClass(base, name, wanted);
        if (member && isKnown(member)) return { thing: member, rule: 'self' };
        const brought = at === 0 ? undefined : broughtByAll(file, symbols, here.allImports, name);
        if (brought) return { thing: meant(brought, wanted), rule: 'import' };
        isClosed = here.is === 'module' && at !== 0;
        if (isClosed) break;
        continue;
      }
      const outer = bindings.find(({ is }) => is === 'outer');
      if (outer?.is === 'outer') {
        if (outer.isGlobal)
          return nameInModule({ file }, name) ?? { thing: EXTERNAL, rule: 'module' };
        continue;
      }
      const thing = meant(thingOf(file, at, bindings, wanted), wanted);
      // Of what is imported this may be the other.
      if (
        callsApart &&
        wanted === 'call' &&
        bindings.every(({ is }) => is === 'import') &&
        !isKnown(thing)
      )
        break;
      const isImported = bindings.every(({ is }) => is === 'import');
      const mayBeLeftOut = bindings.every(
        (one) => one.is === 'import' && symbols.imports[one.at]?.isConditional,
      );
      if (mayBeLeftOut) {
        const all = at === 0 ? symbols.allImports : here.allImports;
        const instead = broughtByAll(file, symbols, all, name);
        if (instead && !isSame(instead, thing)) return { thing: AMBIGUOUS, rule: 'import' };
      }
      return { thing, rule: isImported ? 'import' : at === 0 ? 'module' : 'local' };
    }
    if (module === 'directory') {
      const found = nameInModule(ownModule(file), name);
      if (found) return { ...found, rule: 'module' };
    }
    const brought = isClosed
      ? undefined
      : broughtByAll(file, symbols, symbols.allImports, name, wanted);
    if (brought) return { thing: meant(brought, wanted), rule: 'import' };
    const imported = module === 'directory' ? importedPackage(file, name) : undefined;
    if (imported) return { thing: imported, rule: 'import' };
    const named = languageOf(file).findRootModule?.(name, file, project);
    if (named) return { thing: { is: 'module', module: named, file }, rule: 'import' };
    return { thing: EXTERNAL, rule: 'module' };
  }

  /** The bindings of a name that may be what is wanted. */
  function fitting(
    file: string,
    names: Record<string, Binding[]>,
    name: string,
    wanted: Wanted,
  ): readonly Binding[] {
    const bindings = namedIn(names, name);
    if (wanted === 'holder') return bindings.filter(holdsNames);
    if (wanted === undefined || !rulesOf(file).callsApart) return bindings;
    return bindings.filter(({ is }) =>
      wanted === 'value' ? is !== 'function' : ['function', 'class', 'import'].includes(is),
    );
  }

  function thingOf(
    file: string,
    scope: Index,
    bindings: readonly Binding[],
    wanted?: Wanted,
  ): Thing {
    const things = bindings.map((binding): Thing => {
      switch (binding.is) {
        case 'function':
        case 'class':
        case 'attribute':
          return { is: binding.is, file, at: binding.at };
        case 'import': {
          const fact = symbolsOf(file)?.imports[binding.at];
          return fact ? importedBy(file, fact, wanted) : UNKNOWN;
        }
        case 'alias':
          return find(file, scope, binding.path).thing;
        case 'names':
          return { is: 'names', file, scope: binding.scope };
        case 'type':
          return { is: 'type', file, scope, binding };
        case 'variable':
          return { is: 'variable', file, scope, binding };
        case 'parameter':
          return { is: 'parameter', file, scope, binding };
        case 'outer':
          return UNKNOWN;
      }
    });
    const last = things.at(-1) ?? UNKNOWN;
    if (things.length === 1) return last;
    const known = things.filter(isKnown);
    if (rulesOf(file).overloads && known.length > 0) {
      const functions = known.flatMap(functionsOf);
      return functions.length > 0 ? { is: 'several', of: functions } : (known.at(-1) ?? UNKNOWN);
    }
    // A package's function, and what stands in for it where the package is not there.
    const isFallback =
      things.some(({ is }) => is === 'external') && bindings.some(({ is }) => is === 'import');
    if (isFallback && known.some(({ is }) => is === 'function' || is === 'class')) return AMBIGUOUS;
    // Of definitions in branches, or overloads, the last is the one that is called.
    if (known.length > 0 && known.every(({ is }) => is === 'function'))
      return rulesOf(file).definesOnce ? AMBIGUOUS : (known.at(-1) ?? UNKNOWN);
    return known.length === 0
      ? last
      : known.length === 1
        ? (known[0] ?? last)
        : { is: 'several', of: known };
  }

  /** What a thing holds: an object, a class, a function, a module. */
  function valueOf(thing: Thing): Thing {
    switch (thing.is) {
      case 'variable': {
        const { file, scope, binding, before } = thing;
        if (before !== undefined && binding.type === undefined && binding.values.length > 1) {
          return lastValue(file, scope, binding, before);
        }
        return once(values, binding, () => {
          if (binding.type !== undefined) {
            const typed = typedAs(file, scope, binding.type);
            if (isKnown(typed) || rulesOf(file).trustsTypes) return typed;
          }
          return agree(
            binding.values.map((path, i) => valueOfPath(file, scope, path, binding.lines[i])),
          );
        });
      }
      case 'parameter': {
        const { file, scope, binding } = thing;
        if (binding.isSelf || binding.isClass) {
          const of = classAround(file, scope);
          if (!of) return UNKNOWN;
          return binding.isClass ? of : { is: 'object', of, how: 'self' };
        }
        const { type } = binding;
        if (type !== undefined) {
          const here = symbolsOf(file)?.scopes[scope];
          const isMember = here?.is === 'class' && type.startsWith('=');
          const from = isMember ? here.parent : undefined;
          return once(values, binding, () => typedAs(file, from ?? scope, type));
        }
        const { value } = binding;
        if (value === undefined) return UNKNOWN;
        // What a function without a name is handed is named outside of it.
        const around = rulesOf(file).shadows ? symbolsOf(file)?.scopes[scope]?.parent : undefined;
        return once(values, binding, () => valueOfPath(file, around ?? scope, value));
      }
      case 'attribute': {
        const symbols = symbolsOf(thing.file);
        const fact = symbols?.attributes[thing.at];
        const owner = fact && symbols.classes[fact.class];
        if (!fact || !owner) return UNKNOWN;
        return once(values, fact, () => {
          if (fact.type !== undefined) {
            const typed = typedAs(thing.file, owner.scope, fact.type);
            if (isKnown(typed) || rulesOf(thing.file).trustsTypes) return typed;
          }
          const scope = fact.scope < 0 ? owner.scope : fact.scope;
          return agree((fact.values ?? []).map((path) => valueOfPath(thing.file, scope, path)));
        });
      }
      case 'function': {
        const fact = symbolsOf(thing.file)?.functions[thing.at];
        return fact?.isProperty ? returned(thing) : thing;
      }
      case 'type': {
        const { file, scope, binding } = thing;
        const { type } = binding;
        return type === undefined
          ? UNKNOWN
          : once(values, binding, () => typedAs(file, scope, type));
      }
      case 'several': {
        // A module may have the name of a function.
        const held = thing.of.filter(
          (one) => !isTypeOnly(one) && one.is !== 'module' && one.is !== 'names',
        );
        return agree((held.length > 0 ? held : thing.of).map(valueOf));
      }
      default:
        return thing;
    }
  }

  /** What a written type's values are. */
  function typedAs(file: string, scope: Index, type: TypePath): Thing {
    if (type.startsWith(POINTER) && !type.endsWith(ITEM)) {
      const to = typedAs(file, scope, type.slice(POINTER.length));
      return to.is === 'object' ? { ...to, isPointed: true } : to;
    }
    if (type.startsWith('>')) {
      const [, takes = '', gives = '?'] = type.split('>');
      return { is: 'callback', file, scope, takes: takes.split(','), gives };
    }
    const mark = type.startsWith('=') ? '=' : '';
    const places = tupleParts(type.slice(mark.length));
    if (places) return { is: 'tuple', of: places.map((place) => typedAs(file, scope, place)) };
    if (type.endsWith(`${MAP}${ITEM}`)) {
      const pairs = typedAs(file, scope, type.slice(mark.length, -MAP.length - ITEM.length));
      const of = pairs.is === 'tuple' ? (pairs.of[1] ?? UNKNOWN) : UNKNOWN;
      return { is: 'items', file, of, pairs };
    }
    if (type.includes(BOTH) && !type.endsWith(ITEM)) {
      const all = type.slice(mark.length).split(BOTH);
      const things = all.map((one) => typedAs(file, scope, `${mark}${one}`));
      return things.find(isKnown) ?? things[0] ?? UNKNOWN;
    }
    const { marksSelf, types } = rulesOf(file);
    if (mark !== '' && !(types.haveMembers && type.endsWith(ITEM))) {
      const thing = valueOf(find(file, scope, type.slice(1)).thing);
      return isKnown(thing) || thing.is === 'external' ? thing : UNKNOWN;
    }
    if (marksSelf && types.self.includes(type)) {
      const of = classAround(file, scope);
      return of ? { is: 'object', of, how: 'type' } : UNKNOWN;
    }
    if (type.endsWith(ITEM))
      return {
        is: 'items',
        file,
        of: typedAs(file, scope, type.slice(mark.length, -ITEM.length)),
      };
    const { thing: named } = find(file, scope, type);
    const isOneType = named.is === 'several' && !types.haveMembers;
    const thing = isOneType ? (named.of.find(isType) ?? named) : named;
    const value = valueOf(thing);
    if (thing.is === 'type' && !types.haveMembers) return value;
    if (value.is === 'class') return { is: 'object', of: value, how: 'type' };
    if (value.is === 'items' || value.is === 'tuple') return value;
    return value.is === 'external' ? EXTERNAL : UNKNOWN;
  }

  /**
   * What a function is called with that is an argument itself.
   *
   * @param place - Which argument it is, and which of its parameters: `0:1`.
   */
  function passedTo(called: Thing, place: string): Thing {
    const [argument = 0, parameter = 0] = place.split(':').map(Number);
    const thing = called.is === 'function' ? called : valueOf(called);
    if (thing.is === 'giver') return argument + parameter === 0 ? (thing.item ?? UNKNOWN) : UNKNOWN;
    if (thing.is === 'class') {
      for (const name of rulesOf(thing.file).constructors) {
        const own = memberOfClass(thing, name);
        if (own?.is === 'function') return passedTo(own, place);
      }
    }
    if (thing.is !== 'function') return thing.is === 'external' ? EXTERNAL : UNKNOWN;
    const fact = symbolsOf(thing.file)?.functions[thing.at];
    const type = fact?.takes?.[argument];
    if (!fact || type === undefined) return UNKNOWN;
    const callback = typedAs(thing.file, fact.scope, type);
    if (callback.is !== 'callback') return UNKNOWN;
    return typedAs(callback.file, callback.scope, callback.takes[parameter] ?? '?');
  }

  /** Whether it is nothing but a type. */
  function isTypeOnly(thing: Thing): boolean {
    if (thing.is !== 'class') return thing.is === 'type';
    return symbolsOf(thing.file)?.classes[thing.at]?.isType ?? false;
  }

  const isType = ({ is }: Thing): boolean => is === 'class' || is === 'type';

  /** `it.then(…)` of an object that is to come. */
  function awaitedGiver(object: Thing & { is: 'object' }, name: string): Thing {
    const { awaitedCalls } = rulesOf(object.of.file).types;
    return awaitedCalls?.includes(name) ? { is: 'giver', of: UNKNOWN, item: object } : UNKNOWN;
  }

  /** What a method of a collection gives, by its name. */
  function giverOf(items: Thing & { is: 'items' }, name: string): Thing | undefined {
    const { file, of, pairs } = items;
    const {
      itemCalls = [],
      sameCalls = [],
      itemCallbacks = [],
      functions,
      pairCalls = [],
      numberCalls = [],
    } = items.file === undefined ? {} : rulesOf(items.file).types;
    if (numberCalls.includes(name)) {
      const pair: Thing = { is: 'tuple', of: [EXTERNAL, pairs ?? of] };
      return { is: 'giver', of: { is: 'items', of: pair, ...(file !== undefined && { file }) } };
    }
    const isGiven = itemCalls.includes(name)
      ? items.of
      : pairs && pairCalls.includes(name)
        ? items
        : sameCalls.includes(name)
          ? withoutPairs(items)
          : undefined;
    if (functions !== undefined && itemCallbacks.includes(name))
      return { is: 'giver', of: isGiven ?? UNKNOWN, item: items.of };
    return isGiven && { is: 'giver', of: isGiven };
  }

  function withoutPairs({ of, file }: Thing & { is: 'items' }): Thing {
    return { is: 'items', of, ...(file !== undefined && { file }) };
  }

  function itemOf(thing: Thing): Thing {
    if (thing.is === 'items') return thing.of;
    const { file, at } = thing.is === 'object' ? thing.of : {};
    const fact = file === undefined ? undefined : symbolsOf(file)?.classes[at ?? -1];
    if (file !== undefined && fact?.items !== undefined)
      return typedAs(file, fact.outside, fact.items);
    if (thing.is === 'object') return goneThrough(thing);
    return thing.is === 'external' ? EXTERNAL : UNKNOWN;
  }

  /** What an object gives, one after the other, by its own methods. */
  function goneThrough(thing: ObjectThing): Thing {
    for (const name of rulesOf(thing.of.file).types.iteration ?? []) {
      const method = memberOfClass(thing.of, name, 'call');
      if (method?.is !== 'function' || depth >= DEEPEST) continue;
      depth += 1;
      const given = returned(method, '', thing);
      depth -= 1;
      return given.is === 'object' && !isSame(given, thing) ? goneThrough(given) : itemOf(given);
    }
    return UNKNOWN;
  }

  /**
   * What a call of a thing returns.
   *
   * @param count - How many arguments it has, where that tells which is called.
   * @param owner - What has the thing, where it is a member.
   */
  function returned(called: Thing, count = '', owner: Thing = UNKNOWN): Thing {
    if (called.is === 'several' && called.of.every(({ is }) => is === 'function')) {
      const fit = functionsOf(called).filter(
        ({ file, at }) =>
          count === '' || takes(symbolsOf(file)?.functions[at]?.parameters, Number(count)),
      );
      return agree(fit.map((one) => returned(one)));
    }
    // A constructor of an enum's variant.
    if (called.is === 'attribute' && rulesOf(called.file).fieldsApart) return valueOf(called);
    const thing = called.is === 'function' ? called : valueOf(called);
    if (thing.is === 'class') return { is: 'object', of: thing, how: 'constructed' };
    if (thing.is === 'giver') return thing.of;
    if (thing.is === 'external') return EXTERNAL;
    if (thing.is === 'callback') return asReturned(typedAs(thing.file, thing.scope, thing.gives));
    if (thing.is !== 'function') return UNKNOWN;
    const fact = symbolsOf(thing.file)?.functions[thing.at];
    if (!fact) return UNKNOWN;
    const self = rulesOf(thing.file).types.self.find(
      (type) =>
        fact.type === type ||
        fact.type === `${type}${ITEM}` ||
        fact.type?.startsWith(`${type}${QUALIFIER}`),
    );
    if (self !== undefined && (owner.is === 'object' || owner.is === 'class')) {
      const of = owner.is === 'object' ? owner.of : owner;
      const object: Thing = { is: 'object', of, how: 'returned' };
      if (fact.type === self) return object;
      const member = `${self}${QUALIFIER}.`;
      if (fact.type?.startsWith(member)) {
        const isMany = fact.type.endsWith(ITEM);
        const name = fact.type.slice(member.length, isMany ? -ITEM.length : undefined);
        const type = valueOf(memberOfClass(of, name) ?? UNKNOWN);
        const one: Thing = type.is === 'class' ? { is: 'object', of: type, how: 'returned' } : type;
        if (isKnown(one)) return isMany ? { is: 'items', of: one, file: thing.file } : one;
      }
      if (fact.type === `${self}${ITEM}`) return { is: 'items', of: object, file: thing.file };
    }
    return once(values, fact, () => {
      if (fact.type !== undefined) {
        // Type parameters of its own are in its scope.
        const isOwn = self !== undefined || isTypeParameter(thing.file, fact.scope, fact.type);
        const scope = isOwn ? fact.scope : fact.outside;
        return asReturned(typedAs(thing.file, scope, fact.type));
      }
      // A function with members makes objects that have them.
      if (!fact.returns) return hasMembers(thing.file, fact) ? thing : UNKNOWN;
      const all = fact.returns.map((path, i) =>
        valueOfPath(thing.file, fact.returnScopes?.[i] ?? fact.scope, path, fact.endLine + 1, true),
      );
      return asReturned(agree(all, true));
    });
  }

  function hasMembers(file: string, { name, outside }: FunctionFact): boolean {
    const functions = symbolsOf(file)?.functions ?? [];
    return functions.some((one) => one.receiver === name && one.outside === outside);
  }

  function isTypeParameter(file: string, scope: Index, type: TypePath): boolean {
    const root = bareName(partsOf(type)[0] ?? '');
    const names = symbolsOf(file)?.scopes[scope]?.names ?? {};
    return namedIn(names, root).some(({ is }) => is === 'type');
  }

  const asReturned = (thing: Thing): Thing =>
    thing.is === 'object' ? { ...thing, how: 'returned' } : thing;

  function memberIn(thing: Thing, part: string, wanted?: Wanted, place?: Place): Found {
    const name = bareName(part);
    const value = valueOf(thing);
    const found =
      givenMember(thing, name) ?? givenMember(value, name) ?? memberOf(value, part, wanted, place);
    return isKnown(found.thing) ? found : (besideWhole(thing, name) ?? found);
  }

  /** What a module gives beside what is the module itself: `module.exports = f; module.exports.g = …`. */
  function besideWhole(thing: Thing, name: string): Found | undefined {
    const file = 'file' in thing ? thing.file : undefined;
    const exports = file === undefined ? undefined : symbolsOf(file)?.exports;
    if (file === undefined || !exports || !Object.hasOwn(exports, '=')) return undefined;
    if (!Object.hasOwn(exports, name)) return undefined;
    const whole = nameInModule({ file }, '=')?.thing;
    return whole && isSame(whole, thing) ? nameInModule({ file }, name) : undefined;
  }

  function anyMemberOf(thing: Thing, name: string): Thing {
    return memberIn(thing, name).thing;
  }

  /** A function that its file assigns to a member of a thing: `app.use = function …`. */
  function givenMember(thing: Thing, name: string): Found | undefined {
    const file =
      thing.is === 'module'
        ? 'file' in thing.module
          ? thing.module.file
          : undefined
        : 'file' in thing && thing.is !== 'class'
          ? thing.file
          : undefined;
    const symbols = file === undefined ? undefined : symbolsOf(file);
    if (file === undefined || !symbols) return undefined;
    const fitting = (extensionsOf(symbols).get(name) ?? []).filter((at) => {
      const { receiver = '', outside = 0 } = symbols.functions[at] ?? {};
      // What an extension adds is the class's.
      if (symbols.scopes[outside]?.receiver !== undefined) return false;
      const owner = find(file, outside, receiver).thing;
      if (isSame(owner, thing)) return true;
      const value = valueOf(owner);
      return isKnown(value) && value.is !== 'object' && isSame(value, valueOf(thing));
    });
    const [at] = fitting;
    if (at === undefined) return undefined;
    return { thing: fitting.length > 1 ? AMBIGUOUS : { is: 'function', file, at }, rule: 'type' };
  }

  function memberOf(thing: Thing, part: string, wanted?: Wanted, place?: Place): Found {
    const name = bareName(part);
    switch (thing.is) {
      case 'names': {
        const { moduleWords } = rulesOf(thing.file);
        const here = symbolsOf(thing.file)?.scopes[thing.scope];
        if (here?.is === 'module') {
          if (part !== name && moduleWords?.around === name)
            return { thing: parentModule(thing), rule: 'module' };
          const found = nameInScope(thing.file, thing.scope, name);
          return { thing: meant(found ?? UNKNOWN, wanted), rule: 'import' };
        }
        const bindings = namedIn(here?.names ?? {}, name);
        if (bindings.length > 0)
          return { thing: thingOf(thing.file, thing.scope, bindings), rule: 'type' };
        for (const path of here?.spreads ?? []) {
          const found = memberIn(find(thing.file, thing.scope, path).thing, name);
          if (isKnown(found.thing)) return found;
        }
        return { thing: UNKNOWN, rule: 'type' };
      }
      case 'module': {
        if (part !== name && rulesOf(thing.file).moduleWords?.around === name)
          return { thing: parentModule(thing), rule: 'module' };
        const found =
          nameInModule(thing.module, name)?.thing ?? submodule(thing.file, thing.module, name);
        return { thing: meant(found ?? UNKNOWN, wanted), rule: 'import' };
      }
      case 'class': {
        const { self, super: supers } = rulesOf(thing.file);
        // Java's `Cart.this` and `Cart.super`: of the class around, or of an interface.
        if (self !== 'first parameter' && self.words.includes(name))
          return { thing: { is: 'object', of: thing, how: 'self' }, rule: 'self' };
        if (supers.includes(name)) {
          const isAround = place !== undefined && isClassAround(place, thing);
          return {
            thing: isAround ? { is: 'super', of: thing } : { is: 'object', of: thing, how: 'self' },
            rule: 'super',
          };
        }
        return { thing: memberOfType(thing, name, wanted), rule: 'class' };
      }
      case 'tuple':
        return { thing: thing.of[Number(name)] ?? EXTERNAL, rule: 'type' };
      case 'object':
        if (rulesOf(thing.of.file).classMembers.includes(name))
          return { thing: thing.of, rule: 'class' };
        return { thing: memberOfObject(thing, name, wanted), rule: RULES[thing.how] };
      case 'super':
        return { thing: memberOfClass(thing.of, name, wanted, 1) ?? UNKNOWN, rule: 'super' };
      case 'items':
        return { thing: giverOf(thing, name) ?? EXTERNAL, rule: 'type' };
      case 'external':
        return { thing: EXTERNAL, rule: 'type' };
      case 'ambiguous':
        return { thing: AMBIGUOUS, rule: 'type' };
      default:
        return { thing: UNKNOWN, rule: 'type' };
    }
  }

  /** Of several things of a name, the one that is meant. */
  function meant(thing: Thing, wanted: Wanted): Thing {
    if (thing.is !== 'several' || (wanted !== 'call' && wanted !== 'holder')) return thing;
    const fit = thing.of.filter(({ is }) =>
      wanted === 'call' ? is === 'function' || is === 'class' : is !== 'function',
    );
    return fit.length === 1 ? (fit[0] ?? thing) : thing;
  }

  /** Whether a method is there for a type that is none of the project's. */
  function isOthers({ file, at }: Thing & { is: 'function' }): boolean {
    const { outside = 0, implements: base } = symbolsOf(file)?.functions[at] ?? {};
    return base !== undefined && baseAt(file, outside, base).is !== 'class';
  }

  function memberOfType(thing: ClassThing, name: string, wanted: Wanted): Thing {
    const member = memberOfClass(thing, name, wanted, 0, true);
    if (member && isKnown(member)) return member;
    const isMade = rulesOf(thing.file).types.makeCalls?.includes(name) ?? false;
    return isMade && wanted === 'call'
      ? { is: 'giver', of: { is: 'object', of: thing, how: 'constructed' } }
      : (member ?? UNKNOWN);
  }

  function memberOfObject(thing: ObjectThing, name: string, wanted: Wanted): Thing {
    let member = memberOfClass(thing.of, name, wanted);
    if (thing.isPointed && member?.is === 'function' && isOthers(member)) member = EXTERNAL;
    if (member && isKnown(member)) return member;
    const { copyCalls, dereference, sameCalls, numberCalls, iteration } = rulesOf(
      thing.of.file,
    ).types;
    if (dereference !== undefined && name !== dereference) {
      const method = memberOfClass(thing.of, dereference, 'call');
      const inner = method?.is === 'function' ? returned(method, '', thing) : UNKNOWN;
      if (isKnown(inner) && !isSame(inner, thing) && depth < DEEPEST) {
        depth += 1;
        const found = memberOf(inner, name, wanted).thing;
        depth -= 1;
        if (isKnown(found)) return found;
      }
    }
    if (wanted === 'call' && copyCalls?.includes(name)) return { is: 'giver', of: thing };
    // What is gone through has the methods of all that is.
    const isOfAll = sameCalls?.includes(name) || numberCalls?.includes(name);
    if (wanted === 'call' && iteration && isOfAll) {
      const of = goneThrough(thing);
      const file = thing.of.file;
      if (isKnown(of)) return giverOf({ is: 'items', of, file }, name) ?? EXTERNAL;
    }
    return member ?? awaitedGiver(thing, name);
  }

  function isClassAround({ file, scope }: Place, of: ClassThing): boolean {
    const scopes = symbolsOf(file)?.scopes ?? [];
    for (let at: Index | undefined = scope; at !== undefined; at = scopes[at]?.parent) {
      const here = scopes[at];
      if (here?.is === 'class' && here.at === of.at && file === of.file) return true;
    }
    return false;
  }

  /** @param from - How many classes of the order of bases are passed over. */
  function memberOfClass(
    of: ClassThing,
    name: string,
    wanted?: Wanted,
    from = 0,
    isStatic = false,
  ): Thing | undefined {
    const { classes, isOpen } = lineageOf(of);
    const { overloads: isOverloadedAtAll, fieldsApart } = rulesOf(of.file);
    const overloads: (Thing & { is: 'function' })[] = [];
    const isOverloaded = isOverloadedAtAll !== undefined && wanted === 'call';
    for (const one of classes.slice(from)) {
      const member = ownMember(one, name, wanted, isStatic);
      if (!member) continue;
      const functions = isOverloaded ? functionsOf(member) : [];
      if (functions.length === 0) {
        if (overloads.length === 0) return member;
        break;
      }
      addOverloads(overloads, functions, symbolsOf);
    }
    const [only] = overloads;
    if (only) return overloads.length === 1 ? only : { is: 'several', of: overloads };
    // What is called may be kept in a field, or make an enum's variant.
    if (fieldsApart && wanted === 'call') return memberOfClass(of, name, undefined, from, isStatic);
    return isOpen ? EXTERNAL : undefined;
  }

  function ownMember(
    of: ClassThing,
    name: string,
    wanted?: Wanted,
    isStatic = false,
  ): Thing | undefined {
    const symbols = symbolsOf(of.file);
    const fact = symbols?.classes[of.at];
    if (!symbols || !fact) return undefined;
    const names = symbols.scopes[fact.scope]?.names ?? {};
    const isMethod = rulesOf(of.file).fieldsApart === true && wanted === 'call';
    const bindings = fitting(of.file, names, name, wanted === 'holder' ? undefined : wanted).filter(
      ({ is }) => is !== 'type' && !(isMethod && is === 'attribute'),
    );
    if (bindings.length > 0) {
      if (rulesOf(of.file).overloads) return thingOf(of.file, fact.scope, bindings, wanted);
      const own = bindings.filter(
        (binding) =>
          binding.is === 'function' &&
          (symbols.functions[binding.at]?.isStatic ?? false) === isStatic,
      );
      return thingOf(of.file, fact.scope, (own.length > 0 ? own : bindings).slice(-1));
    }
    const attribute = selfAttributesOf(symbols).get(`${of.at} ${name}`);
    if (attribute !== undefined && wanted !== 'call')
      return { is: 'attribute', file: of.file, at: attribute };
    const methods: { file: string; at: Index; implements?: TypePath }[] = [];
    const extenders = extendersOf(fact.name);
    for (const file of extenders) {
      const extender = symbolsOf(file);
      if (!extender) continue;
      for (const at of extensionsOf(extender).get(name) ?? []) {
        const method = extender.functions[at];
        if (method?.receiver === undefined) continue;
        const owner = find(file, method.outside, method.receiver).thing;
        if (isSame(owner, of))
          methods.push({ file, at, ...(method.implements && { implements: method.implements }) });
      }
    }
    // A method of the type's own comes before those of what it implements.
    const own = methods.filter((method) => !method.implements);
    const [only, ...others] = own.length > 0 ? own : methods;
    if (others.length > 0) return AMBIGUOUS;
    if (only) return { is: 'function', file: only.file, at: only.at };
    return addedName(of, extenders, name);
  }

  /** A constant or a type that belongs to a class from outside its body. */
  function addedName(
    of: ClassThing,
    extenders: readonly string[],
    name: string,
  ): Thing | undefined {
    const found: Thing[] = [];
    for (const file of extenders) {
      const extender = symbolsOf(file);
      if (!extender) continue;
      for (const at of extensionScopesOf(extender).get(name) ?? []) {
        const { receiver, parent = 0, names = {} } = extender.scopes[at] ?? {};
        if (receiver !== undefined && isSame(find(file, parent, receiver).thing, of))
          found.push(thingOf(file, at, names[name] ?? []));
      }
    }
    return found.length > 1 ? AMBIGUOUS : found[0];
  }

  function basesOf(of: ClassThing): Thing[] {
    const fact = symbolsOf(of.file)?.classes[of.at];
    if (!fact) return [];
    // However deep it is asked from: the answer is kept.
    const before = depth;
    depth = 0;
    try {
      return allBasesOf(of, fact);
    } finally {
      depth = before;
    }
  }

  function allBasesOf(of: ClassThing, fact: ClassFact): Thing[] {
    const written = fact.basePaths.map((path) => baseAt(of.file, fact.outside, path));
    const added = extendersOf(fact.name).flatMap((file) =>
      (symbolsOf(file)?.extensions ?? [])
        .filter(({ type, scope }) => isSame(find(file, scope, type).thing, of))
        .map(({ base, scope }) => baseAt(file, scope, base)),
    );
    return [...written, ...added];
  }

  function baseAt(file: string, scope: Index, path: Path): Thing {
    const { thing: named } = find(file, scope, path);
    const thing =
      named.is === 'several' ? (named.of.find(({ is }) => is === 'class') ?? named) : named;
    return thing.is === 'class' ? thing : valueOf(thing);
  }

  return { find, valueOf, typedAs, memberOfClass, ownMember, baseAt, lineageOf, isTypeOnly };
}
