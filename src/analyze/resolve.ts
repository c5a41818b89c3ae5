/** The edges that a file's names make. */
import type { Resolved, Sites, Symbols, Target, Unresolved } from './facts.js';
import { createResolver } from './resolver.js';
import type { Sources } from './sources.js';
import { type Found, isKnown, type Thing, UNKNOWN } from './things.js';

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
  { find, valueOf, memberOfClass, baseAt }: ReturnType<typeof createResolver>,
  { languageOf }: Sources,
  file: string,
  symbols: Symbols,
  sites: Sites,
): Resolved {
  const { rules } = languageOf(file);
  const resolved: Resolved = {
    methods: [],
    calls: [],
    inherits: [],
    references: [],
    accesses: [],
    unresolved: { calls: noneUnresolved(), bases: noneUnresolved() },
  };
  const { unresolved } = resolved;
  unresolved.calls.outside = sites.callsOutside;

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

  const { calls, names, members } = sites;
  for (const [i, path] of calls.paths.entries()) {
    const from = calls.functions[i] ?? -1;
    const line = calls.lines[i] ?? 0;
    const found = find(file, calls.scopes[i] ?? 0, path, line, 'call');
    if (found.thing.is === 'attribute' && rules.callsApart) {
      // It makes an enum's variant, or what a field keeps is called; a name alone is told of below.
      const to = targetOf(found.thing);
      if (path.includes('.')) resolved.accesses.push({ from, to, line, access: 'read' });
      continue;
    }
    const called = calledBy(found);
    if (called.thing.is === 'function') {
      resolved.calls.push({ from, to: targetOf(called.thing), line, rule: called.rule });
    } else unresolved.calls[reason(called.thing)] += 1;
  }
  const assigned = new Set(names.areWrites);
  for (const [i, path] of names.paths.entries()) {
    const line = names.lines[i] ?? 0;
    const { thing } = find(file, names.scopes[i] ?? 0, path, rules.shadows ? line : undefined);
    const from = names.functions[i] ?? -1;
    if (thing.is === 'attribute') {
      const access = assigned.has(i) ? 'write' : 'read';
      resolved.accesses.push({ from, to: targetOf(thing), line, access });
    } else addReference(thing, from, line, assigned.has(i));
  }
  const written = new Set(members.areWrites);
  for (const [i, path] of members.paths.entries()) {
    const from = members.functions[i] ?? -1;
    const line = members.lines[i] ?? 0;
    const { thing } = find(file, members.scopes[i] ?? 0, path, line);
    if (thing.is === 'attribute') {
      resolved.accesses.push({
        from,
        to: targetOf(thing),
        line,
        access: written.has(i) ? 'write' : 'read',
      });
    } else addReference(thing, from, line, written.has(i));
  }
  return resolved;

  /** What a call calls: a class's constructor, what a variable holds. */
  function calledBy(found: Found): Found {
    let { thing } = found;
    if (thing.is === 'super') {
      // JavaScript's super(…).
      const to = constructorOf((name) =>
        memberOfClass((thing as Thing & { is: 'super' }).of, name, 1),
      );
      return { thing: to ?? { is: 'external' }, rule: 'super' };
    }
    const isHeld = thing.is === 'variable' || thing.is === 'attribute' || thing.is === 'several';
    const isParameter = thing.is === 'parameter' && !thing.binding.isClass;
    const direct = thing.is === 'function' ? thing : undefined;
    thing = valueOf(thing);
    // What a variable holds may be another function the next time.
    if ((isHeld || isParameter) && isKnown(thing)) return { thing: UNKNOWN, rule: found.rule };
    if (thing.is === 'class') {
      const of = thing;
      return {
        thing: constructorOf((name) => memberOfClass(of, name)) ?? { is: 'external' },
        rule: 'constructor',
      };
    }
    // A property's function is called, and then what it returns.
    if (direct && thing.is !== 'function') return { thing: direct, rule: found.rule };
    return { thing, rule: found.rule };
  }

  function constructorOf(member: (name: string) => Thing | undefined): Thing | undefined {
    for (const name of rules.constructors) {
      const found = member(name);
      if (found?.is === 'function') return found;
    }
    return undefined;
  }

  function addReference(thing: Thing, from: number, line: number, isWrite: boolean): void {
    const variable = thing.is === 'several' ? thing.of.find(({ is }) => is === 'variable') : thing;
    if (variable?.is !== 'variable') return;
    const to = { file: variable.file, at: variable.binding.at };
    resolved.references.push({ from, to, line, context: isWrite ? 'write' : 'read' });
  }
}

function reason({ is }: Thing): Unresolved {
  if (is === 'giver') return 'external';
  return is === 'external' || is === 'ambiguous' ? is : 'unknown';
}
