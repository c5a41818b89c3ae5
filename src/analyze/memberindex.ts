/** Members that stand in no class's body, found by their names. */
import type { Index, Symbols } from './facts.js';

const selfAttributes = new WeakMap<Symbols, Map<string, Index>>();
const extensionScopes = new WeakMap<Symbols, Map<string, Index[]>>();
const extensions = new WeakMap<Symbols, Map<string, Index[]>>();

/** The attributes of a file's classes, by the class's place and the name. */
export function selfAttributesOf(symbols: Symbols): Map<string, Index> {
  let known = selfAttributes.get(symbols);
  if (!known) {
    known = new Map(symbols.attributes.map((fact, at) => [`${fact.class} ${fact.name}`, at]));
    selfAttributes.set(symbols, known);
  }
  return known;
}

/** The scopes in which a file adds names other than methods to classes, by the names. */
export function extensionScopesOf(symbols: Symbols): Map<string, Index[]> {
  let known = extensionScopes.get(symbols);
  if (!known) {
    known = new Map();
    for (const [at, { receiver, names }] of symbols.scopes.entries()) {
      if (receiver === undefined) continue;
      for (const [name, bindings] of Object.entries(names)) {
        if (bindings.every(({ is }) => is === 'function')) continue;
        const others = known.get(name);
        if (others) others.push(at);
        else known.set(name, [at]);
      }
    }
    extensionScopes.set(symbols, known);
  }
  return known;
}

/** The methods that a file adds to classes from outside, by their names. */
export function extensionsOf(symbols: Symbols): Map<string, Index[]> {
  let known = extensions.get(symbols);
  if (!known) {
    known = new Map();
    for (const [at, { name, receiver }] of symbols.functions.entries()) {
      if (receiver === undefined) continue;
      const others = known.get(name);
      if (others) others.push(at);
      else known.set(name, [at]);
    }
    extensions.set(symbols, known);
  }
  return known;
}
