/**
 * What is known of one source file by itself: the same for the same text, wherever it lies. Facts are
 * plain values, since they pass between threads and are kept in the cache.
 */

/**
 * An expression as far as names go: `a.b`, `Foo().bar`, `super().x`. `?` stands for what names do not
 * tell (a subscript, a sum), `'` for a literal.
 */
export type Path = string;

/** Of an array of the same facts. */
export type Index = number;

/** A function or a class, where it stands. Lines count from 1. */
interface Definition {
  name: string;
  /** With the names of what it is in, dotted: `Cart.total`. */
  qualifiedName: string;
  /** Among those of the file with the same qualified name, from 0. */
  ordinal: number;
  startLine: number;
  endLine: number;
  /** Where its text is in the file's, in UTF-16 units. */
  start: number;
  end: number;
  isPublic: boolean;
}

export interface FunctionFact extends Definition {
  /** The class in whose body it stands. */
  class?: Index;
  /** The class that it is a method of, where that stands elsewhere (Go's receivers, Rust's impl). */
  receiver?: Path;
  /** The type that it helps its class to implement, where that is told (Rust's impl … for). */
  implements?: TypePath;
  /** It is called on the class, and has no `self` or `this`. */
  isStatic?: true;
  /** Its first parameter is the class. */
  isClassMethod?: true;
  /** It is read like an attribute (a property, a getter). */
  isProperty?: true;
  /** What it returns, as written; see {@link TypePath}. */
  type?: TypePath;
  /** The type without its arguments, where functions may share a name and it says more than `type`. */
  plainType?: string;
  /** Its parameters' types, where functions may share a name: `Item...` takes any number. */
  parameters?: string[];
  /** What its return statements return, and in which scopes. */
  returns?: Path[];
  returnScopes?: Index[];
  /** The written types of its parameters, as far as they may be functions; `?` for others. */
  takes?: TypePath[];
  /** It says how it is called, and another one of its name may do it (overloads). */
  isSignature?: true;
  /** The scope that it stands in, and that of its own names. */
  outside: Index;
  scope: Index;
}

/**
 * A written type, without what does not change whose methods it has: `Optional[Cart]` is `Cart`.
 * `Cart[]` is a collection of them, `=Cart` the class itself (`Type[Cart]`), `>Cart,Item>Shop` a function
 * that takes a Cart and an Item, and gives a Shop. `(Cart,Item)` is a tuple, `(Key,Cart)*[]` a map, `^Cart`
 * a Cart behind a pointer with methods of its own, `Cart&Item` both.
 */
export type TypePath = string;

export interface ClassFact extends Definition {
  /** Nothing but a type: a value of the same name is another thing. */
  isType?: true;
  /** As written, for the column `bases`. */
  bases: string[];
  /** The same as paths, to be resolved. */
  basePaths: Path[];
  /** The type of what its objects hold, where it is a collection by another name. */
  items?: TypePath;
  outside: Index;
  scope: Index;
}

export interface VariableFact {
  name: string;
  qualifiedName: string;
  ordinal: number;
  /** Of its first binding. */
  line: number;
  /** `module`, or `function:` and the name of the function that binds it. */
  scope: string;
}

export interface AttributeFact {
  name: string;
  class: Index;
  qualifiedName: string;
  ordinal: number;
  line: number;
  /** As written; empty where it is not. */
  typeHint: string;
  isClassAttribute: boolean;
  type?: TypePath;
  /** What is assigned to it, and the scope of the first assignment in a method (-1: in none). */
  values?: Path[];
  scope: Index;
}

export interface ImportFact {
  /** The module, as written: `.decoder`, `./cart.js`, `java.util`. Empty: the names are of this file (an export). */
  module: string;
  /** What of the module: a name, `*` for all of it; nothing for the module itself. */
  name?: string;
  alias?: string;
  /** The name that it binds: nothing where it binds all names. */
  local?: string;
  /** What the column `imported_name` says. */
  importedName: string;
  importType: string;
  isRelative: boolean;
  line: number;
  /** The scope that it binds names in, where that is not the file's. */
  scope?: Index;
  /** The build may leave it out. */
  isConditional?: true;
  /** It says that the module has this one in it (Rust's mod), and where, as far as it does. */
  declares?: { place?: string };
}

export interface DecoratorFact {
  name: string;
  /** The text between its parentheses. */
  arguments: string;
  line: number;
  function: Index;
  /** Among those of the function, from 0, in the order of the source. */
  position: number;
}

export interface ExceptionFact {
  name: string;
  line: number;
  function: Index;
  context: 'raise' | 'catch';
}

/** What a name stands for in a scope. */
export type Binding =
  | { is: 'function'; at: Index }
  | { is: 'class'; at: Index }
  | { is: 'import'; at: Index }
  /** `values` are what is assigned to it on which `lines`: `[]` after one stands for its items. */
  | {
      is: 'variable';
      at: Index;
      type?: TypePath;
      /** As that of a function. */
      plainType?: string;
      values: Path[];
      lines: number[];
    }
  | { is: 'attribute'; at: Index }
  /** `isSelf`: it is the object; `isClass`: the object's class. */
  | {
      is: 'parameter';
      type?: TypePath;
      plainType?: string;
      value?: Path;
      isSelf?: true;
      isClass?: true;
    }
  /** It stands for a type: an alias, a type parameter. */
  | { is: 'type'; type?: TypePath }
  /** Another name for what a path leads to. */
  | { is: 'alias'; path: Path }
  /** The names of a scope: a namespace, a module in the file. */
  | { is: 'names'; scope: Index }
  /** It is another scope's (global, nonlocal); `isGlobal` the module's. */
  | { is: 'outer'; isGlobal?: true };

export interface ScopeFact {
  /** An `object` has names that only its members' path leads to. */
  is: 'module' | 'class' | 'function' | 'block' | 'object';
  /** The scope around it; the module's has none. */
  parent?: Index;
  /** Of the class or the function; a function without a name has none. */
  at?: Index;
  /** The type that its names belong to, where that is defined elsewhere. */
  receiver?: TypePath;
  /** Imports in it that bring all names of a module; those of the file are in {@link Symbols}. */
  allImports?: Index[];
  /** `this` is its own, where that is told for each function. */
  ownsSelf?: true;
  /** Of an object that is an argument, whose functions may be called with another self. */
  isArgument?: true;
  /** Of an object: what other objects' members it has, the last first. */
  spreads?: Path[];
  /** Of a class without a name: what it extends. */
  base?: Path;
  /** A name that is bound twice to things of different kinds has several, in the order of the source. */
  names: Record<string, Binding[]>;
}

/** What other files need of a file to resolve their names. */
export interface Symbols {
  functions: FunctionFact[];
  classes: ClassFact[];
  variables: VariableFact[];
  attributes: AttributeFact[];
  imports: ImportFact[];
  /** What adds methods, or a base, to a class from outside its body (Rust's impl). */
  extensions: { type: TypePath; base: TypePath; scope: Index }[];
  scopes: ScopeFact[];
  /** Imports that bring all names of a module. */
  allImports?: Index[];
  /** What the file gives to others (exports): names of the module's scope. `=` is the module itself. */
  exports?: Record<string, string>;
  /** Imports that give all their names on (`export *`, `pub use x::*`). */
  allExports?: Index[];
  /** What the package or the module calls itself (Java, Go). */
  package?: string;
}

/**
 * Places where something is used, column by column: in which function (-1: in none), in which scope, on
 * which line, and what.
 */
export interface Uses {
  functions: Index[];
  scopes: Index[];
  lines: number[];
  paths: Path[];
}

/** What of a file is resolved with the help of others. */
export interface Sites {
  /** `arguments`: of each call, where functions may share a name; `'int` is a literal. */
  calls: Uses & { arguments?: Path[][] };
  /** Calls that are no edge whatever other files hold. */
  unresolved: { outside: number; external: number; unknown: number };
  /** Uses of variables of the same file. `areWrites` has the places in the columns that are assigned to. */
  references: { functions: Index[]; variables: Index[]; lines: number[]; areWrites: Index[] };
  /** Names alone, which may be variables of other files. */
  names: Uses & { areWrites: Index[] };
  /** `a.b`, which may be attributes. */
  members: Uses & { areWrites: Index[] };
}

/** What a file tells by itself. */
export interface OwnFacts {
  symbols: Symbols;
  decorators: DecoratorFact[];
  exceptions: ExceptionFact[];
  /** Places that the grammar does not understand, and the line of the first. */
  syntaxErrors: { count: number; line: number } | null;
}

/** What a parser makes of a file. */
export interface Facts extends OwnFacts {
  sites: Sites;
}

/** A function, class, variable or attribute of some file. */
export interface Target {
  file: string;
  at: Index;
}

/** An edge from what is in the file at hand. */
export interface Edge {
  from: Index;
  to: Target;
  line: number;
}

/** How the target of a call was found; why it was not. */
export type CallRule =
  | 'local'
  | 'module'
  | 'import'
  | 'self'
  | 'super'
  | 'class'
  | 'type'
  | 'constructed'
  | 'returned'
  | 'constructor';
/** Why a name leads to nothing in the project; `outside`: it is a call in no function. */
export type Unresolved = 'external' | 'ambiguous' | 'unknown' | 'outside';

/** What a file's names lead to. */
export interface Resolved {
  /** Methods whose class stands elsewhere; the others have `class`. */
  methods: { from: Index; to: Target }[];
  calls: (Edge & { rule: CallRule })[];
  inherits: { from: Target; to: Target }[];
  references: (Edge & { context: 'read' | 'write' })[];
  accesses: (Edge & { access: 'read' | 'write' })[];
  /** Calls and bases that are no edge, by the reason. `outside`: a call in no function. */
  unresolved: { calls: Record<Unresolved, number>; bases: Record<Unresolved, number> };
}
