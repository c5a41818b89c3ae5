/** Regions of a text, and what the names of places mean to them: docs/languages.md. */
import type { Index, Path } from './facts.js';
import type { DocTypes } from './doctypes.js';
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
  /** Its names are not bound here: they are assigned to. */
  isAssignment?: boolean;
  members: Mark[];
  /** What the comment before it says. */
  doc?: DocTypes;
  /** Of a function that is an argument: the path of what it is given. */
  passed?: Path;
  /** How many parameters it has so far. */
  parameters: number;
  /** Imports in it that wait for what it says behind them. */
  waiting: Region[];
  /** Of what is switched over: the variable that each case has. */
  variable?: Index;
  /** What decorates it. */
  decorators: Mark[][];
}

/** Regions that hold nothing, which are most of them, share what they never fill. */
const BARE = new Set(['member', 'subscript', 'outer', 'statement', 'target']);
const NOTHING = {
  fields: new Map<string, Mark[]>(),
  bound: [],
  members: [],
  waiting: [],
  decorators: [],
};

export function createRegion(kind: string, mark: Mark, outside: Context): Region {
  const held = BARE.has(kind)
    ? NOTHING
    : { fields: new Map<string, Mark[]>(), bound: [], members: [], waiting: [], decorators: [] };
  return { kind, mark, outside, inside: outside, parameters: 0, ...held };
}

/** In a group of marks of the same place, which comes first. */
const RANKS: Record<string, number> = {
  // Of the call around.
  'call.argument': -1,
  return: -1,
  scope: 0,
  object: 0.5,
  from: 0.5,
  // It gets its name later, and what lies between would not know of it.
  function: 1.5,
  class: 1.5,
  pattern: 2.4,
  constant: 2.5,
  member: 3,
  call: 3,
  subscript: 3,
  // A function's other fields say how it is named.
  'function.name': 4.5,
  'class.name': 4.5,
  anonymous: 3.5,
  name: 5,
};
const ranks = new Map(Object.entries(RANKS));

export function rank({ name }: Mark): number {
  let known = ranks.get(name);
  if (known === undefined) {
    known = name.endsWith('.target') ? 2 : name.includes('.') ? 4 : 1;
    ranks.set(name, known);
  }
  return known;
}

/** Marks that say that a name is no use of a variable. */
export const TAKES = new Set([
  'skip',
  'global',
  'nonlocal',
  'function.name',
  'switch.name',
  'class.name',
  'module.name',
  'variable.name',
  'field.name',
  'import.name',
  'import.alias',
  'import.module',
  'import.all',
  'from.module',
  'namespace.name',
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
  'generic',
]);
