/**
 * What names lead to, by scopes, imports, class hierarchy and types that are written or follow from a
 * constructor. What is not told by these is `unknown`: nothing is guessed by a name alone.
 */
import type { Binding, CallRule, Index, Path, TypePath } from './facts.js';
import { createLineages } from './lineage.js';
import { extensionScopesOf, extensionsOf, selfAttributesOf } from './memberindex.js';
import { createModules } from './modules.js';
import {
  bareName,
  GIVES,
  BOTH,
  CALL,
  ITEM,
  MAP,
  partsOf,
  pathsOf,
  POINTER,
  QUALIFIER,
  tupleParts,
} from './paths.js';
import { directoryOf } from './places.js';
import {
  agree,
  AMBIGUOUS,
  type ClassThing,
  EXTERNAL,
  type Found,
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
  ['class', 'import', 'names', 'outer'].includes(binding.is) ||
  (binding.is === 'parameter' && binding.isType === true);

/** Whether a name is bound only behind a line, or in it: what is given to it does not see it. */
const comesLater = (binding: Binding, line: number | undefined, isInner: boolean): boolean =>
  line !== undefined &&
  binding.is === 'variable' &&
  binding.lines.every((bound) => (isInner ? bound > line : bound >= line));

export type Resolver = ReturnType<typeof createResolver>;

/** Chains of what leads to what are not followed further. */
const DEEPEST = 24;

const RULES: Record<How, CallRule> = {
  self: 'self',
  type: 'type',
  constructed: 'constructed',
  returned: 'returned',
};

export function createResolver({ symbolsOf, languageOf, project, extendersOf }: Sources) {
  const values = new WeakMap<object, Thing>();
  const lineageOf = createLineages(basesOf);
  const { importedBy, submodule, nameInModule, nameInScope, broughtByAll } = createModules(
    { symbolsOf, languageOf, project, extendersOf },
    { thingOf, findName, find, memberOf, ownModule, once },
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
   */
  function find(file: string, scope: Index, path: Path, line?: number, wanted?: Wanted): Found {
    if (depth >= DEEPEST) return { thing: UNKNOWN, rule: 'type' };
    depth += 1;
    try {
      return follow(file, scope, path, line, wanted);
    } finally {
      depth -= 1;
    }
  }

  function follow(file: string, scope: Index, path: Path, line?: number, wanted?: Wanted): Found {
    const parts = partsOf(path);
    const wantedAt = (i: number): Wanted | undefined =>
      parts[i]?.endsWith(QUALIFIER)
        ? 'holder'
        : i + 1 < parts.length
          ? parts[i + 1] === CALL
            ? 'call'
            : undefined
          : wanted;
    let at = 1;
    let found = findRoot(file, scope, parts, line, wantedAt(0));
    let owner: Thing = UNKNOWN;
    if (line !== undefined) found = { ...found, thing: seenFrom(found.thing, file, scope, line) };
    if (found.thing.is === 'super' && parts[1] === CALL && rulesOf(file).super.includes('super()'))
      at = 2;
    for (; at < parts.length && isFollowed(found.thing); at++) {
      const part = parts[at] ?? '';
      if (part === CALL) found = { thing: returned(found.thing, owner), rule: 'returned' };
      else if (part === ITEM) {
        const all = valueOf(found.thing);
        // A map is gone through by pairs.
        const isPair = all.is === 'items' && all.pairs && /^\d+$/.test(parts[at + 1] ?? '');
        found = { thing: isPair ? (all.pairs ?? UNKNOWN) : itemOf(all), rule: 'type' };
      } else {
        owner = valueOf(found.thing);
        found = memberOf(owner, part, wantedAt(at));
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
    { values, lines }: Binding & { is: 'variable' },
    before: number,
  ): Thing {
    let last: Thing = UNKNOWN;
    for (let at = values.length - 1; at >= 0; at--) {
      const line = lines[at] ?? 0;
      if (line >= before) continue;
      const value = valueOfPath(file, scope, values[at] ?? '?', line);
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
    line?: number,
    wanted?: Wanted,
  ): Found {
    const [root = ''] = parts;
    const rules = rulesOf(file);
    const name = bareName(root);
    if (name !== root && rules.moduleWords?.own === name)
      return { thing: ownModule(file, scope), rule: 'module' };
    if (name !== root && rules.moduleWords?.around === name)
      return { thing: moduleAround(ownModule(file, scope)), rule: 'module' };
    if (name === "'") return { thing: EXTERNAL, rule: 'type' };
    if (name === '?' || name === '') return { thing: UNKNOWN, rule: 'type' };
    const isSuper =
      rules.super.includes(name) || (parts[1] === CALL && rules.super.includes(`${name}${CALL}`));
    if (isSuper) {
      const of = classAround(file, scope);
      return { thing: of ? { is: 'super', of } : UNKNOWN, rule: 'super' };
    }
    if (rules.self !== 'first parameter' && rules.self.words.includes(name)) {
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
  function ownModule(file: string, scope: Index): Thing {
    const scopes = symbolsOf(file)?.scopes ?? [];
    for (let at: Index | undefined = scope; at; at = scopes[at]?.parent)
      if (scopes[at]?.is === 'module') return { is: 'names', file, scope: at };
    return { is: 'module', module: { file }, file };
  }

  function moduleAround(thing: Thing): Thing {
    if (thing.is === 'names')
      return ownModule(thing.file, symbolsOf(thing.file)?.scopes[thing.scope]?.parent ?? 0);
    const { file } = thing.is === 'module' && 'file' in thing.module ? thing.module : {};
    const module = file && languageOf(file).findParentModule?.(file, project);
    return module ? { is: 'module', module, file } : UNKNOWN;
  }

  /** The class that the code of a scope belongs to. */
  function classAround(file: string, scope: Index): ClassThing | undefined {
    const symbols = symbolsOf(file);
    for (let at: Index | undefined = scope; at !== undefined; at = symbols?.scopes[at]?.parent) {
      const kind = symbols?.scopes[at];
      if (kind?.is === 'class' && kind.at !== undefined) return { is: 'class', file, at: kind.at };
      const owner = kind?.is === 'function' ? symbols?.functions[kind.at ?? -1] : undefined;
      if (owner?.receiver !== undefined) {
        const { thing } = find(file, owner.outside, owner.receiver);
        return thing.is === 'class' ? thing : undefined;
      }
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
    const { seesClassNames, module, shadows } = rulesOf(file);
    let inner = false;
    for (let at: Index | undefined = scope; at !== undefined; at = symbols.scopes[at]?.parent) {
      const here = symbols.scopes[at];
      if (!here) break;
      const own = Object.hasOwn(here.names, name) ? (here.names[name] ?? []) : [];
      const isType = own.some((binding) => binding.is === 'parameter' && binding.isType);
      if (here.is === 'class' && at !== scope && !seesClassNames && !isType) continue;
      if (here.is === 'class' && seesClassNames && here.at !== undefined) {
        const member = memberOfClass({ is: 'class', file, at: here.at }, name);
        if (member && isKnown(member)) return { thing: member, rule: 'self' };
        continue;
      }
      const isInner = at !== scope;
      const bindings = own.filter(
        (binding) =>
          (wanted !== 'holder' || holdsNames(binding)) &&
          !(shadows && here.is !== 'module' && comesLater(binding, line, isInner)),
      );
      if (bindings.length === 0) {
        const brought = at === 0 ? undefined : broughtByAll(file, symbols, here.allImports, name);
        if (brought) return { thing: fitting(brought, wanted), rule: 'import' };
        inner = here.is === 'module' && at !== 0;
        if (inner) break;
        continue;
      }
      const outer = bindings.find(({ is }) => is === 'outer');
      if (outer?.is === 'outer') {
        if (outer.isGlobal)
          return nameInModule({ file }, name) ?? { thing: EXTERNAL, rule: 'module' };
        continue;
      }
      const thing = fitting(thingOf(file, at, bindings), wanted);
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
    const brought = inner ? undefined : broughtByAll(file, symbols, symbols.allImports, name);
    if (brought) return { thing: fitting(brought, wanted), rule: 'import' };
    if (module === 'directory') {
      const found = nameInModule({ directory: directoryOf(file) }, name);
      if (found) return { ...found, rule: 'module' };
    }
    const named = languageOf(file).findRootModule?.(name, file, project);
    if (named) return { thing: { is: 'module', module: named, file }, rule: 'import' };
    return { thing: EXTERNAL, rule: 'module' };
  }

  function thingOf(file: string, scope: Index, bindings: readonly Binding[]): Thing {
    const things = bindings.map((binding): Thing => {
      switch (binding.is) {
        case 'function':
        case 'class':
        case 'attribute':
          return { is: binding.is, file, at: binding.at };
        case 'import': {
          const fact = symbolsOf(file)?.imports[binding.at];
          return fact ? importedBy(file, fact) : UNKNOWN;
        }
        case 'variable':
          return { is: 'variable', file, scope, binding };
        case 'parameter':
          return { is: 'parameter', file, scope, binding };
        case 'names':
          return { is: 'names', file, scope: binding.scope };
        case 'outer':
          return UNKNOWN;
      }
    });
    const last = things.at(-1) ?? UNKNOWN;
    if (things.length === 1) return last;
    const known = things.filter(isKnown);
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
            if (isKnown(typed)) return typed;
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
          const isMember = type.startsWith('=') && !binding.isType;
          const from = isMember ? symbolsOf(file)?.scopes[scope]?.parent : undefined;
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
            if (isKnown(typed)) return typed;
          }
          const scope = fact.scope < 0 ? owner.scope : fact.scope;
          return agree((fact.values ?? []).map((path) => valueOfPath(thing.file, scope, path)));
        });
      }
      case 'function': {
        const fact = symbolsOf(thing.file)?.functions[thing.at];
        return fact?.isProperty ? returned(thing) : thing;
      }
      case 'several': {
        // A module may have the name of a function.
        const others = thing.of.filter(({ is }) => is !== 'module' && is !== 'names');
        return agree((others.length > 0 ? others : thing.of).map(valueOf));
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
    if (type.startsWith('=') && !type.endsWith(ITEM)) {
      const { thing } = find(file, scope, type.slice(1));
      const of = thing.is === 'parameter' ? valueOf(thing) : thing;
      return ['class', 'items', 'tuple', 'external'].includes(of.is) ? of : UNKNOWN;
    }
    if (type.endsWith(ITEM))
      return {
        is: 'items',
        file,
        of: typedAs(file, scope, type.slice(type.startsWith('=') ? 1 : 0, -ITEM.length)),
      };
    const value = valueOf(find(file, scope, type).thing);
    if (value.is === 'class') return { is: 'object', of: value, how: 'type' };
    if (value.is === 'items' || value.is === 'tuple') return value;
    return value.is === 'external' ? EXTERNAL : UNKNOWN;
  }

  const itemOf = (thing: Thing): Thing =>
    thing.is === 'items'
      ? thing.of
      : thing.is === 'external'
        ? EXTERNAL
        : thing.is === 'object'
          ? goneThrough(thing)
          : UNKNOWN;

  /** What an object gives, one after the other, by its own methods. */
  function goneThrough(thing: ObjectThing): Thing {
    for (const name of rulesOf(thing.of.file).types.iteration ?? []) {
      const method = memberOfClass(thing.of, name, 0, 'call');
      if (method?.is !== 'function' || depth >= DEEPEST) continue;
      depth += 1;
      const given = returned(method, thing);
      depth -= 1;
      return given.is === 'object' && !isSame(given, thing) ? goneThrough(given) : itemOf(given);
    }
    return UNKNOWN;
  }

  /**
   * What a call of a thing returns.
   *
   * @param owner - What has the thing, where it is a member.
   */
  function returned(called: Thing, owner: Thing = UNKNOWN): Thing {
    if (called.is === 'giver') return called.of;
    // A constructor of an enum's variant.
    if (called.is === 'attribute' && rulesOf(called.file).callsApart) return valueOf(called);
    const thing = called.is === 'function' ? called : valueOf(called);
    if (thing.is === 'class') return { is: 'object', of: thing, how: 'constructed' };
    if (thing.is === 'giver') return thing.of;
    if (thing.is === 'external') return EXTERNAL;
    if (thing.is !== 'function') return UNKNOWN;
    const fact = symbolsOf(thing.file)?.functions[thing.at];
    if (!fact) return UNKNOWN;
    const self = rulesOf(thing.file).types.self.find((type) => fact.type?.startsWith(type));
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
      if (!fact.returns) return UNKNOWN;
      const all = fact.returns.map((path) =>
        valueOfPath(thing.file, fact.scope, path, fact.endLine + 1, true),
      );
      return asReturned(agree(all, true));
    });
  }

  function isTypeParameter(file: string, scope: Index, type: TypePath): boolean {
    const names = symbolsOf(file)?.scopes[scope]?.names ?? {};
    const root = bareName(partsOf(type)[0] ?? '');
    const bindings = Object.hasOwn(names, root) ? (names[root] ?? []) : [];
    return bindings.some((binding) => binding.is === 'parameter' && binding.isType);
  }

  const asReturned = (thing: Thing): Thing =>
    thing.is === 'object' ? { ...thing, how: 'returned' } : thing;

  function memberOf(thing: Thing, part: string, wanted?: Wanted): Found {
    const name = bareName(part);
    switch (thing.is) {
      case 'module':
      case 'names': {
        const { moduleWords } = rulesOf(thing.file);
        if (part !== name && moduleWords?.around === name)
          return { thing: moduleAround(thing), rule: 'module' };
        const found =
          thing.is === 'names'
            ? nameInScope(thing.file, thing.scope, name)
            : (nameInModule(thing.module, name)?.thing ??
              submodule(thing.file, thing.module, name));
        return { thing: fitting(found ?? UNKNOWN, wanted), rule: 'import' };
      }
      case 'class':
        return { thing: memberOfType(thing, name, wanted), rule: 'class' };
      case 'tuple':
        return { thing: thing.of[Number(name)] ?? EXTERNAL, rule: 'type' };
      case 'object':
        if (rulesOf(thing.of.file).classMembers.includes(name))
          return { thing: thing.of, rule: 'class' };
        return { thing: memberOfObject(thing, name, wanted), rule: RULES[thing.how] };
      case 'super':
        return { thing: memberOfClass(thing.of, name, 1) ?? UNKNOWN, rule: 'super' };
      case 'items':
        return { thing: memberOfItems(thing, name, wanted), rule: 'type' };
      case 'external':
        return { thing: EXTERNAL, rule: 'type' };
      case 'ambiguous':
        return { thing: AMBIGUOUS, rule: 'type' };
      default:
        return { thing: UNKNOWN, rule: 'type' };
    }
  }

  /** Of several things of a name, the one that is meant. */
  function fitting(thing: Thing, wanted: Wanted | undefined): Thing {
    if (thing.is !== 'several' || wanted === undefined) return thing;
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

  function memberOfType(thing: ClassThing, name: string, wanted: Wanted | undefined): Thing {
    const member = memberOfClass(thing, name, 0, wanted);
    if (member && isKnown(member)) return member;
    const isMade = rulesOf(thing.file).types.makeCalls?.includes(name) ?? false;
    return isMade && wanted === 'call'
      ? { is: 'giver', of: { is: 'object', of: thing, how: 'constructed' } }
      : (member ?? UNKNOWN);
  }

  function memberOfObject(thing: ObjectThing, name: string, wanted: Wanted | undefined): Thing {
    let member = memberOfClass(thing.of, name, 0, wanted);
    if (thing.isPointed && member?.is === 'function' && isOthers(member)) member = EXTERNAL;
    if (member && isKnown(member)) return member;
    const { copyCalls, dereference, sameCalls, numberCalls, iteration } = rulesOf(
      thing.of.file,
    ).types;
    if (dereference !== undefined && name !== dereference) {
      const method = memberOfClass(thing.of, dereference, 0, 'call');
      const inner = method?.is === 'function' ? returned(method, thing) : UNKNOWN;
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
      if (isKnown(of)) return memberOfItems({ is: 'items', of, file: thing.of.file }, name, wanted);
    }
    return member ?? UNKNOWN;
  }

  function memberOfItems(
    thing: Thing & { is: 'items' },
    name: string,
    wanted: Wanted | undefined,
  ): Thing {
    const { itemCalls, sameCalls, pairCalls, numberCalls } = rulesOf(thing.file).types;
    if (wanted !== 'call') return EXTERNAL;
    const { file, of, pairs } = thing;
    if (numberCalls?.includes(name)) {
      const pair: Thing = { is: 'tuple', of: [EXTERNAL, pairs ?? of] };
      return { is: 'giver', of: { is: 'items', of: pair, file } };
    }
    if (itemCalls?.includes(name)) return { is: 'giver', of };
    if (pairs && pairCalls?.includes(name)) return { is: 'giver', of: thing };
    return sameCalls?.includes(name) ? { is: 'giver', of: { is: 'items', of, file } } : EXTERNAL;
  }

  /** @param from - How many classes of the order of bases are passed over. */
  function memberOfClass(
    of: ClassThing,
    name: string,
    from = 0,
    wanted?: Wanted,
  ): Thing | undefined {
    const { classes, isOpen } = lineageOf(of);
    const isApart = rulesOf(of.file).callsApart === true;
    for (const one of classes.slice(from)) {
      const member = ownMember(one, name, isApart ? wanted : undefined);
      if (member) return member;
    }
    // What is called may be kept in a field, or make an enum's variant.
    if (isApart && wanted === 'call') return memberOfClass(of, name, from);
    return isOpen ? EXTERNAL : undefined;
  }

  function ownMember(of: ClassThing, name: string, wanted?: Wanted): Thing | undefined {
    const symbols = symbolsOf(of.file);
    const fact = symbols?.classes[of.at];
    if (!symbols || !fact) return undefined;
    const names = symbols.scopes[fact.scope]?.names ?? {};
    const bindings = (Object.hasOwn(names, name) ? (names[name] ?? []) : []).filter(
      ({ is }) => wanted !== 'call' || is !== 'attribute',
    );
    if (bindings.length > 0) return thingOf(of.file, fact.scope, bindings.slice(-1));
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
    const written = fact.basePaths.map((path) => baseAt(of.file, fact.outside, path));
    const added = extendersOf(fact.name).flatMap((file) =>
      (symbolsOf(file)?.extensions ?? [])
        .filter(({ type, scope }) => isSame(find(file, scope, type).thing, of))
        .map(({ base, scope }) => baseAt(file, scope, base)),
    );
    return [...written, ...added];
  }

  function baseAt(file: string, scope: Index, path: Path): Thing {
    const { thing } = find(file, scope, path);
    return thing.is === 'class' ? thing : valueOf(thing);
  }

  return { find, valueOf, memberOfClass, baseAt, classAround };
}
