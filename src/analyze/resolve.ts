/** The edges that a file's names make. */
import type { Resolved, Sites, Symbols, Target, Unresolved } from './facts.js';
import { createChoice, type Site } from './overloads.js';
import { createResolver, type Resolver } from './resolver.js';
import type { Sources } from './sources.js';
import {
  type ClassThing,
  EXTERNAL,
  type Found,
  functionsOf,
  isKnown,
  type Thing,
  UNKNOWN,
} from './things.js';

/** Makes the function that resolves a file's names. */
export function createFileResolver(
  sources: Sources,
): (file: string, symbols: Symbols, sites: Sites) => Resolved {
  const resolver = createResolver(sources);
  return (file, symbols, sites) => resolveFile(resolver, sources, file, symbols, sites);
}

const noneUnresolved = (): Record<Unresolved, number> => ({
  external: 0,
  ambiguous: 0,
  unknown: 0,
  outside: 0,
});

const targetOf = ({ file, at }: { file: string; at: number }): Target => ({ file, at });

function resolveFile(
  resolver: Resolver,
  { languageOf, symbolsOf }: Sources,
  file: string,
  symbols: Symbols,
  sites: Sites,
): Resolved {
  const { find, valueOf, memberOfClass, ownMember, lineageOf, baseAt, isTypeOnly } = resolver;
  const { rules } = languageOf(file);
  const choose = createChoice(resolver, { languageOf, symbolsOf });
  const resolved: Resolved = {
    methods: [],
    calls: [],
    inherits: [],
    references: [],
    accesses: [],
    unresolved: { calls: noneUnresolved(), bases: noneUnresolved() },
  };
  const { unresolved } = resolved;
  Object.assign(unresolved.calls, sites.unresolved);

  for (const [from, { receiver, outside }] of symbols.functions.entries()) {
    if (receiver === undefined) continue;
    const { thing } = find(file, outside, receiver);
    if (thing.is === 'class') resolved.methods.push({ from, to: targetOf(thing) });
  }

  for (const [from, { basePaths, outside }] of symbols.classes.entries()) {
    for (const path of basePaths) {
      const base = baseAt(file, outside, path);
      if (base.is === 'class')
        resolved.inherits.push({ from: { file, at: from }, to: targetOf(base) });
      else unresolved.bases[reason(base)] += 1;
    }
  }
  for (const { type, base, scope } of symbols.extensions) {
    const from = find(file, scope, type).thing;
    const to = baseAt(file, scope, base);
    if (from.is === 'class' && to.is === 'class')
      resolved.inherits.push({ from: targetOf(from), to: targetOf(to) });
    else unresolved.bases[reason(to)] += 1;
  }

  const { calls, references, names, members } = sites;
  for (const [i, path] of calls.paths.entries()) {
    const from = calls.functions[i] ?? -1;
    const line = calls.lines[i] ?? 0;
    const scope = calls.scopes[i] ?? 0;
    const found = find(file, scope, path, line, true);
    if (found.thing.is === 'attribute' && rules.fieldsApart) {
      // It makes an enum's variant, or what a field keeps is called; a name alone is told of below.
      const to = targetOf(found.thing);
      if (path.includes('.')) resolved.accesses.push({ from, to, line, access: 'read' });
      continue;
    }
    const isSelf =
      rules.selfConstructs && rules.self !== 'first parameter' && rules.self.words.includes(path);
    const called = chosen(isSelf ? constructorOfSelf(found) : calledBy(found), {
      file,
      scope,
      line,
      arguments: calls.arguments?.[i] ?? [],
    });
    if (called.thing.is === 'function') {
      resolved.calls.push({ from, to: targetOf(called.thing), line, rule: called.rule });
    } else unresolved.calls[reason(called.thing)] += 1;
  }
  const ownWrites = new Set(references.areWrites);
  for (const [i, at] of references.variables.entries()) {
    const context = ownWrites.has(i) ? 'write' : 'read';
    const [from = -1, line = 0] = [references.functions[i], references.lines[i]];
    resolved.references.push({ from, to: { file, at }, line, context });
  }
  const assigned = new Set(names.areWrites);
  for (const [i, path] of names.paths.entries()) {
    const line = names.lines[i] ?? 0;
    const { thing } = find(file, names.scopes[i] ?? 0, path, rules.shadows ? line : undefined);
    addUse(thing, names.functions[i] ?? -1, line, assigned.has(i));
  }
  const written = new Set(members.areWrites);
  for (const [i, path] of members.paths.entries()) {
    const line = members.lines[i] ?? 0;
    const { thing } = find(file, members.scopes[i] ?? 0, path, line);
    addUse(thing, members.functions[i] ?? -1, line, written.has(i));
  }
  return resolved;

  /** What a call calls: a class's constructor, what a variable holds. */
  function calledBy(found: Found): Found {
    let thing = asCalled(found.thing);
    if (thing.is === 'super') {
      // JavaScript's super(…).
      return { thing: constructorOf(thing.of, 1) ?? EXTERNAL, rule: 'super' };
    }
    // Which of them is called is told by the arguments.
    if (thing.is === 'several' && thing.of.every(({ is }) => is === 'function')) return found;
    if (thing.is === 'giver') return { thing: EXTERNAL, rule: found.rule };
    const isHeld = thing.is === 'variable' || thing.is === 'attribute' || thing.is === 'several';
    const isParameter = thing.is === 'parameter' && !thing.binding.isClass;
    const direct = thing.is === 'function' ? thing : undefined;
    thing = valueOf(thing);
    // What a variable holds may be another function the next time.
    if ((isHeld || isParameter) && isKnown(thing)) return { thing: UNKNOWN, rule: found.rule };
    if (thing.is === 'class') {
      return { thing: constructorOf(thing, 0) ?? EXTERNAL, rule: 'constructor' };
    }
    // A property's function is called, and then what it returns.
    if (direct && thing.is !== 'function') return { thing: direct, rule: found.rule };
    return { thing, rule: found.rule };
  }

  /** A name may stand for a type and for a value: the value is called. */
  function asCalled(thing: Thing): Thing {
    if (thing.is !== 'several') return thing;
    const [value, ...others] = thing.of.filter((one) => !isTypeOnly(one));
    return value && others.length === 0 ? value : thing;
  }

  /** Of functions that share a name the one that takes the arguments. */
  function chosen(found: Found, site: Site): Found {
    const { thing, rule } = found;
    if (thing.is === 'function' && rules.overloads) return { thing: choose([thing], site), rule };
    return thing.is === 'several' ? { thing: choose(functionsOf(thing), site), rule } : found;
  }

  /** `this(…)`. */
  function constructorOfSelf({ thing }: Found): Found {
    const to = thing.is === 'object' ? constructorOf(thing.of, 0) : undefined;
    return { thing: to ?? UNKNOWN, rule: 'self' };
  }

  /** @param from - How many classes of the order of bases are passed over. */
  function constructorOf(of: ClassThing, from: number): Thing | undefined {
    const own = rules.ownConstructors ? lineageOf(of).classes[from] : undefined;
    if (rules.ownConstructors && !own) return undefined;
    for (const name of rules.constructors) {
      const found = own ? ownMember(own, name) : memberOfClass(of, name, undefined, from);
      if (found && functionsOf(found).length > 0) return found;
    }
    return undefined;
  }

  function addUse(thing: Thing, from: number, line: number, isWrite: boolean): void {
    if (thing.is === 'attribute') {
      const access = isWrite ? 'write' : 'read';
      resolved.accesses.push({ from, to: targetOf(thing), line, access });
      return;
    }
    const variable = thing.is === 'several' ? thing.of.find(({ is }) => is === 'variable') : thing;
    if (variable?.is !== 'variable') return;
    const to = { file: variable.file, at: variable.binding.at };
    resolved.references.push({ from, to, line, context: isWrite ? 'write' : 'read' });
  }
}

function reason({ is }: Thing): Unresolved {
  // A collection's own methods are the language's.
  if (is === 'giver') return 'external';
  return is === 'external' || is === 'ambiguous' ? is : 'unknown';
}
