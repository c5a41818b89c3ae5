/** Regions of a text, and what the names of places mean to them: docs/languages.md. */
import type { Index, Path } from './facts.js';
import type { Mark } from './parser.js';

/** Where a place is: what it belongs to. */
export interface Context {
  scope: Index;
  /** The innermost function with a name; -1: none. */
  function: Index;
  /** The class whose body it is directly in; -1: none. */
  class: Index;
  /** Dotted, with the dot behind it. */
  prefix: string;
  /** The class that the functions of an extension belong to. */
  receiver?: Path;
}

/** A name that a pattern binds: what of the pattern's value it is, from the outside in. */
export interface Bound extends Mark {
  steps?: Step[];
}

/** An item, a place in it (of a tuple), or something of what the pattern names. */
export type Step = '[]' | { place: string; of?: Path };

/** A region that is open. */
export interface Region {
  kind: string;
  mark: Mark;
  outside: Context;
  inside: Context;
  fields: Map<string, Mark[]>;
  /** The names that a pattern in it binds, and the members that it assigns to. */
  bound: Bound[];
  members: Mark[];
  /** What decorates it. */
  decorators: Mark[][];
}

/** In a group of marks of the same place, which comes first. */
const RANKS: Record<string, number> = {
  pattern: 2.4,
  constant: 2.5,
  member: 3,
  call: 3,
  subscript: 3,
  name: 5,
};
export const rank = ({ name }: Mark): number =>
  RANKS[name] ?? (name.endsWith('.target') ? 2 : name.includes('.') ? 4 : 1);

/** Marks that say that a name is no use of a variable. */
export const TAKES = new Set([
  'skip',
  'global',
  'nonlocal',
  'function.name',
  'class.name',
  'module.name',
  'variable.name',
  'field.name',
  'import.name',
  'import.alias',
  'import.module',
  'import.all',
  'from.module',
  'export.name',
  'export.alias',
  'package',
]);

/** Regions that a decorator before them is for; it is none of a later function. */
export const ENDS_DECORATORS = new Set([
  'scope',
  'variable',
  'field',
  'from',
  'import',
  'module',
  'extension',
]);
