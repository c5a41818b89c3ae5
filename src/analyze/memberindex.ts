/** Members that stand in no class's body, found by their names. */
import type { Index, Symbols } from './facts.js';

/** The attributes of a file's classes, by the class's place and the name. */
export const selfAttributesOf = madeOnce(
  ({ attributes }) => new Map(attributes.map((fact, at) => [`${fact.class} ${fact.name}`, at])),
);

/** The scopes in which a file adds names other than methods to classes, by the names. */
export const extensionScopesOf = madeOnce(({ scopes }) => {
  const found = new Map<string, Index[]>();
  for (const [at, { receiver, names }] of scopes.entries()) {
    if (receiver === undefined) continue;
    for (const [name, bindings] of Object.entries(names)) {
      if (bindings.some(({ is }) => is !== 'function')) addTo(found, name, at);
    }
  }
  return found;
});

/** The methods that a file adds to classes from outside, by their names. */
export const extensionsOf = madeOnce(({ functions }) => {
  const found = new Map<string, Index[]>();
  for (const [at, { name, receiver }] of functions.entries()) {
    if (receiver !== undefined) addTo(found, name, at);
  }
  return found;
});

function addTo(found: Map<string, Index[]>, name: string, at: Index): void {
  const others = found.get(name);
  if (others) others.push(at);
  else found.set(name, [at]);
}

/** Keeps what is made of a file's symbols as long as these. */
function madeOnce<T>(make: (symbols: Symbols) => T): (symbols: Symbols) => T {
  const known = new WeakMap<Symbols, { made: T }>();
  return (symbols) => {
    let entry = known.get(symbols);
    if (!entry) {
      entry = { made: make(symbols) };
      known.set(symbols, entry);
    }
    return entry.made;
  };
}
