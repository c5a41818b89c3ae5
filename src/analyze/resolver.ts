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
import { extensionsOf, selfAttributesOf } from './memberindex.js';
import { createModules } from './modules.js';
import { addOverloads, takes } from './overloads.js';
import { CALL, ITEM, namesOfRoot, partsOf, pathsOf, typeOfRoot } from './paths.js';
import {
  agree,
  AMBIGUOUS,
  type ClassThing,
  EXTERNAL,
  type Found,
  functionsOf,
  type How,
  isKnown,
  isSame,
  type Thing,
  UNKNOWN,
  type Wanted,
} from './things.js';
import type { Sources } from './sources.js';

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
    broughtByAll,
  } = createModules(
    { symbolsOf, languageOf, project, extendersOf },
    { thingOf, memberOfClass, findName, memberOf: anyMemberOf, once },
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
    const { callsApart } = rulesOf(file);
    const wantedAt = (at: number): Wanted =>
      !callsApart
        ? undefined
        : (at === parts.length - 1 ? isCalled : parts[at + 1]?.startsWith('('))
          ? 'call'
          : 'value';
    let at = 1;
    let owner: Thing = UNKNOWN;
    let found = findRoot(file, scope, parts, wantedAt(0));
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
        found = { thing: returnedTo(owner, found.thing, part.slice(1, -1)), rule: 'returned' };
      // `Map[int]` is Map, for that type.
      else if (
        part === ITEM &&
        (found.thing.is === 'function' ||
          (found.thing.is === 'class' && rulesOf(file).bracesConstruct))
      )
        continue;
      else if (part === ITEM) found = { thing: itemOf(valueOf(found.thing)), rule: 'type' };
      else {
        owner = valueOf(found.thing);
        found = memberIn(found.thing, part, wantedAt(at), { file, scope });
      }
    }
    return found;
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
      paths.map((path) => valueOf(find(file, scope, path, line).thing)),
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

  function findRoot(file: string, scope: Index, parts: string[], wanted: Wanted): Found {
    const [name = ''] = parts;
    const rules = rulesOf(file);
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
    return findName(file, scope, name, wanted);
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

  function findName(file: string, scope: Index, name: string, wanted?: Wanted): Found {
    const symbols = symbolsOf(file);
    if (!symbols) return { thing: UNKNOWN, rule: 'module' };
    const { seesClassNames, membersApart, module } = rulesOf(file);
    for (let at: Index | undefined = scope; at !== undefined; at = symbols.scopes[at]?.parent) {
      const here = symbols.scopes[at];
      if (!here) break;
      if (here.is === 'object') continue;
      const isHidden = here.is === 'class' && at !== scope && !seesClassNames;
      if (isHidden && !here.names[name]?.some(({ is }) => is === 'type')) continue;
      if (here.is === 'class' && seesClassNames && here.at !== undefined) {
        const own = fitting(here.names, name, wanted).filter(({ is }) => is === 'type');
        if (own.length > 0) return { thing: thingOf(file, at, own), rule: 'local' };
        const member = memberOfClass({ is: 'class', file, at: here.at }, name, wanted);
        if (member && isKnown(member)) return { thing: member, rule: 'self' };
        continue;
      }
      const isApart = here.is === 'class' && membersApart;
      const bindings = fitting(here.names, name, wanted).filter(
        ({ is }) => !isApart || is === 'type',
      );
      if (bindings.length === 0) {
        const base = anonymousBase(file, here);
        const member = base && memberOfClass(base, name, wanted);
        if (member && isKnown(member)) return { thing: member, rule: 'self' };
        continue;
      }
      const outer = bindings.find(({ is }) => is === 'outer');
      if (outer?.is === 'outer') {
        if (outer.isGlobal)
          return nameInModule({ file }, name) ?? { thing: EXTERNAL, rule: 'module' };
        continue;
      }
      const thing = thingOf(file, at, bindings, wanted);
      // Of what is imported this may be the other.
      if (wanted === 'call' && bindings.every(({ is }) => is === 'import') && !isKnown(thing))
        break;
      const isImported = bindings.every(({ is }) => is === 'import');
      return { thing, rule: isImported ? 'import' : at === 0 ? 'module' : 'local' };
    }
    if (module === 'directory') {
      const found = nameInModule(ownModule(file), name);
      if (found) return { ...found, rule: 'module' };
    }
    const brought = broughtByAll(file, symbols, symbols.allImports, name, wanted);
    if (brought) return { thing: brought, rule: 'import' };
    const imported = module === 'directory' ? importedPackage(file, name) : undefined;
    if (imported) return { thing: imported, rule: 'import' };
    const named = languageOf(file).findRootModule?.(name, file, project);
    if (named) return { thing: { is: 'module', module: named, file }, rule: 'import' };
    return { thing: EXTERNAL, rule: 'module' };
  }

  /** The bindings of a name that may be what is wanted. */
  function fitting(
    names: Record<string, Binding[]>,
    name: string,
    wanted: Wanted,
  ): readonly Binding[] {
    const bindings = Object.hasOwn(names, name) ? (names[name] ?? []) : [];
    if (wanted === undefined) return bindings;
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
      return known.at(-1) ?? UNKNOWN;
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
        if (binding.type !== undefined) return typedAs(file, scope, binding.type);
        const { value } = binding;
        if (value === undefined) return UNKNOWN;
        return once(values, binding, () => valueOfPath(file, scope, value));
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
        const values = thing.of.filter((one) => !isTypeOnly(one));
        return agree((values.length > 0 ? values : thing.of).map(valueOf));
      }
      default:
        return thing;
    }
  }

  /** What a written type's values are. */
  function typedAs(file: string, scope: Index, type: TypePath): Thing {
    if (type.startsWith('=')) {
      const thing = valueOf(find(file, scope, type.slice(1)).thing);
      return isKnown(thing) ? thing : UNKNOWN;
    }
    if (rulesOf(file).marksSelf && rulesOf(file).types.self.includes(type)) {
      const of = classAround(file, scope);
      return of ? { is: 'object', of, how: 'type' } : UNKNOWN;
    }
    if (type.startsWith('>')) {
      const [, takes = '', gives = '?'] = type.split('>');
      return { is: 'callback', file, scope, takes: takes.split(','), gives };
    }
    if (type.endsWith(ITEM))
      return { is: 'items', file, of: typedAs(file, scope, type.slice(0, -ITEM.length)) };
    const { thing: named } = find(file, scope, type);
    const thing = named.is === 'several' ? (named.of.find(isType) ?? named) : named;
    const value = valueOf(thing);
    if (thing.is === 'type') return value;
    if (value.is === 'class') return { is: 'object', of: value, how: 'type' };
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
    const {
      itemCalls = [],
      sameCalls = [],
      itemCallbacks = [],
    } = items.file === undefined ? {} : rulesOf(items.file).types;
    const isGiven = itemCalls.includes(name)
      ? items.of
      : sameCalls.includes(name)
        ? items
        : undefined;
    if (itemCallbacks.includes(name))
      return { is: 'giver', of: isGiven ?? UNKNOWN, item: items.of };
    return isGiven && { is: 'giver', of: isGiven };
  }

  function itemOf(thing: Thing): Thing {
    if (thing.is === 'items') return thing.of;
    const { file, at } = thing.is === 'object' ? thing.of : {};
    const fact = file === undefined ? undefined : symbolsOf(file)?.classes[at ?? -1];
    if (file !== undefined && fact?.items !== undefined)
      return typedAs(file, fact.outside, fact.items);
    return thing.is === 'external' ? EXTERNAL : UNKNOWN;
  }

  /** What a call returns of a method that may return the object itself. */
  function returnedTo(owner: Thing, called: Thing, count: string): Thing {
    const fact =
      called.is === 'function' ? symbolsOf(called.file)?.functions[called.at] : undefined;
    const isOwn =
      called.is === 'function' &&
      fact?.type !== undefined &&
      rulesOf(called.file).types.self.includes(fact.type);
    return isOwn && owner.is === 'object' ? { ...owner, how: 'returned' } : returned(called, count);
  }

  /**
   * What a call of a thing returns.
   *
   * @param count - How many arguments it has, where that tells which is called.
   */
  function returned(called: Thing, count = ''): Thing {
    if (called.is === 'several' && called.of.every(({ is }) => is === 'function')) {
      const fit = functionsOf(called).filter(
        ({ file, at }) =>
          count === '' || takes(symbolsOf(file)?.functions[at]?.parameters, Number(count)),
      );
      return agree(fit.map((one) => returned(one)));
    }
    const thing = called.is === 'function' ? called : valueOf(called);
    if (thing.is === 'class') return { is: 'object', of: thing, how: 'constructed' };
    if (thing.is === 'external') return EXTERNAL;
    if (thing.is === 'giver') return thing.of;
    if (thing.is === 'callback') return asReturned(typedAs(thing.file, thing.scope, thing.gives));
    if (thing.is !== 'function') return UNKNOWN;
    const fact = symbolsOf(thing.file)?.functions[thing.at];
    if (!fact) return UNKNOWN;
    return once(values, fact, () => {
      if (fact.type !== undefined) {
        const isOwn =
          rulesOf(thing.file).types.self.includes(fact.type) ||
          isTypeParameter(thing.file, fact.scope, fact.type);
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
    const [name = ''] = partsOf(type);
    const names = symbolsOf(file)?.scopes[scope]?.names ?? {};
    return fitting(names, name, undefined).some(({ is }) => is === 'type');
  }

  const asReturned = (thing: Thing): Thing =>
    thing.is === 'object' ? { ...thing, how: 'returned' } : thing;

  function memberIn(thing: Thing, name: string, wanted?: Wanted, place?: Place): Found {
    const value = valueOf(thing);
    const found =
      givenMember(thing, name) ?? givenMember(value, name) ?? memberOf(value, name, wanted, place);
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
      const owner = find(file, outside, receiver).thing;
      if (isSame(owner, thing)) return true;
      const value = valueOf(owner);
      return isKnown(value) && value.is !== 'object' && isSame(value, valueOf(thing));
    });
    const [at] = fitting;
    if (at === undefined) return undefined;
    return { thing: fitting.length > 1 ? AMBIGUOUS : { is: 'function', file, at }, rule: 'type' };
  }

  function memberOf(thing: Thing, name: string, wanted?: Wanted, place?: Place): Found {
    switch (thing.is) {
      case 'names': {
        const names = symbolsOf(thing.file)?.scopes[thing.scope]?.names ?? {};
        const bindings = Object.hasOwn(names, name) ? names[name] : undefined;
        if (bindings) return { thing: thingOf(thing.file, thing.scope, bindings), rule: 'type' };
        for (const path of symbolsOf(thing.file)?.scopes[thing.scope]?.spreads ?? []) {
          const found = memberIn(find(thing.file, thing.scope, path).thing, name);
          if (isKnown(found.thing)) return found;
        }
        return { thing: UNKNOWN, rule: 'type' };
      }
      case 'module': {
        const found =
          nameInModule(thing.module, name)?.thing ?? submodule(thing.file, thing.module, name);
        return { thing: found ?? UNKNOWN, rule: 'import' };
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
        return { thing: memberOfClass(thing, name, wanted, 0, true) ?? UNKNOWN, rule: 'class' };
      }
      case 'object':
        if (rulesOf(thing.of.file).classMembers.includes(name))
          return { thing: thing.of, rule: 'class' };
        return {
          thing: memberOfClass(thing.of, name, wanted) ?? awaitedGiver(thing, name),
          rule: RULES[thing.how],
        };
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
    const overloads: (Thing & { is: 'function' })[] = [];
    const isOverloaded = rulesOf(of.file).overloads !== undefined && wanted === 'call';
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
    const bindings = fitting(names, name, wanted).filter(({ is }) => is !== 'type');
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
    if (attribute !== undefined) return { is: 'attribute', file: of.file, at: attribute };
    for (const file of extendersOf(fact.name)) {
      const extender = symbolsOf(file);
      if (!extender) continue;
      for (const at of extensionsOf(extender).get(name) ?? []) {
        const method = extender.functions[at];
        if (method?.receiver === undefined) continue;
        const owner = find(file, method.outside, method.receiver).thing;
        if (isSame(owner, of)) return { is: 'function', file, at };
      }
    }
    return undefined;
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
