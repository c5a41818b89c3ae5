/** What names and expressions lead to. */
import type { Binding, CallRule, Index, TypePath } from './facts.js';
import type { Module } from './language.js';

export interface ClassThing {
  is: 'class';
  file: string;
  at: Index;
}

/** How it is known of which class an object is. */
export type How = 'self' | 'type' | 'constructed' | 'returned';

export interface ObjectThing {
  is: 'object';
  of: ClassThing;
  how: How;
  /** It is behind a pointer, which has methods of its own. */
  isPointed?: true;
}

export type Thing =
  | { is: 'function'; file: string; at: Index }
  | ClassThing
  | ObjectThing
  /** Many of one kind. */
  | { is: 'items'; of: Thing; file?: string; pairs?: Thing }
  /** Several in their places. */
  | { is: 'tuple'; of: Thing[] }
  /** `before`: the line of a use in the same function, which sees what was assigned last. */
  | {
      is: 'variable';
      file: string;
      scope: Index;
      binding: Binding & { is: 'variable' };
      before?: number;
    }
  | { is: 'parameter'; file: string; scope: Index; binding: Binding & { is: 'parameter' } }
  | { is: 'attribute'; file: string; at: Index }
  | { is: 'module'; module: Module; file: string }
  /** The names of a scope: a namespace, an object with members, a module in a file. */
  | { is: 'names'; file: string; scope: Index }
  /** A method of a collection: what a call of it gives. */
  | { is: 'giver'; of: Thing; item?: Thing }
  /** A function of which only the type is known. */
  | { is: 'callback'; file: string; scope: Index; takes: TypePath[]; gives: TypePath }
  /** Stands for a type. */
  | { is: 'type'; file: string; scope: Index; binding: Binding & { is: 'type' } }
  /** What comes behind a class in the order of its bases. */
  | { is: 'super'; of: ClassThing }
  /** A name that is bound to several things. */
  | { is: 'several'; of: Thing[] }
  /** Not of this project; not told by names; one of several. */
  | { is: 'external' }
  | { is: 'unknown' }
  | { is: 'ambiguous' };

/** What a name is wanted for, where several things may share one; `holder`: what has names (a module, a type). */
export type Wanted = 'call' | 'value' | 'holder' | undefined;

export interface Found {
  thing: Thing;
  rule: CallRule;
}

export const EXTERNAL: Thing = { is: 'external' };
export const UNKNOWN: Thing = { is: 'unknown' };
export const AMBIGUOUS: Thing = { is: 'ambiguous' };

export function isKnown({ is }: Thing): boolean {
  return is !== 'external' && is !== 'unknown' && is !== 'ambiguous';
}

export function isSame(a: Thing, b: Thing): boolean {
  if (a.is === 'object' && b.is === 'object') return isSame(a.of, b.of);
  if (a.is === 'items' && b.is === 'items') return isSame(a.of, b.of);
  if (a.is === 'module' && b.is === 'module') {
    return JSON.stringify(a.module) === JSON.stringify(b.module);
  }
  if (a.is === 'tuple' && b.is === 'tuple')
    return a.of.length === b.of.length && a.of.every((one, i) => isSame(one, b.of[i] ?? UNKNOWN));
  if (a.is === 'names' && b.is === 'names') return a.file === b.file && a.scope === b.scope;
  if (a.is === 'variable' && b.is === 'variable') return a.binding === b.binding;
  return a.is === b.is && 'at' in a && 'at' in b && a.file === b.file && a.at === b.at;
}

/** The functions that one name stands for. */
export function functionsOf(thing: Thing): (Thing & { is: 'function' })[] {
  const all = thing.is === 'several' ? thing.of : [thing];
  return all.filter((one) => one.is === 'function');
}

/**
 * The one thing that several lead to, as far as they lead anywhere.
 *
 * @param isStrict - What leads out of the project is one of several then.
 */
export function agree(things: readonly Thing[], isStrict = false): Thing {
  const known = things.filter(isKnown);
  if (isStrict && known.length > 0 && things.some(({ is }) => is === 'external')) return AMBIGUOUS;
  const [first, ...others] = known;
  if (!first)
    return (
      things.find(({ is }) => is === 'ambiguous') ??
      things.find(({ is }) => is === 'external') ??
      UNKNOWN
    );
  return others.every((other) => isSame(first, other)) ? first : AMBIGUOUS;
}
