/** What kgload knows of a language, beside its grammar and its query. */
import type { TypePath } from './facts.js';

/**
 * Where a module is: a file, or a directory whose files are one (a package). `others` are directories
 * that hold more of it, `package` is what its files say they belong to where others lie beside them.
 */
export type Module =
  { file: string } | { directory: string; others?: readonly string[]; package?: string };

/** The files that are analysed, for finding what an import names. Paths are as in the dataset. */
export interface Project {
  /** Of the directory that all lies in: a package's, where that itself is analysed. */
  name: string;
  hasFile: (path: string) => boolean;
  /** Whether any file lies in it, at any depth. */
  hasDirectory: (path: string) => boolean;
  /** The files that lie in it directly. */
  filesIn: (path: string) => readonly string[];
  /** All directories that files lie in, at any depth. */
  directories: () => readonly string[];
  /** A file that is no source but says where modules are (go.mod, tsconfig.json), as text. */
  read: (path: string) => string | undefined;
}

export interface Language {
  /** As in the column `language`. */
  name: string;
  /** Ends of file names, with the dot; whole names without one. */
  files: readonly string[];
  /** Programs in a first line `#!`. */
  interpreters?: readonly string[];
  /** The file of the grammar, without `.wasm`. Of several the first reads a text that has the fewest errors. */
  grammar: string | readonly string[];
  /** Of src/analyze/queries; several are one. */
  query: string | readonly string[];
  /**
   * Texts of the same length that the grammar may understand better, where it does not understand a
   * text: only what is between names may be changed.
   */
  mend?: (text: string) => string[];
  rules: Rules;
  /** What the columns of an import say, and the name that an import of a whole module binds. */
  describeImport: (what: {
    module: string;
    name: string | undefined;
    isFrom: boolean;
    /** What the query says of how it is imported. */
    kind: string | undefined;
  }) => {
    local?: string;
    importedName: string;
    importType: string;
    isRelative: boolean;
  };
  /**
   * What the parser reads in place of a text, of the same length: where the grammar leaves out what can
   * be read as something else (macros).
   */
  prepare?: (text: string) => string;
  /** Which module an import names; nothing where it is none of the project's. */
  findModule: (module: string, importer: string, project: Project) => Module | undefined;
  /** The module of a file where that is more than its directory. `name`: what the file says it belongs to. */
  findOwnModule?: (file: string, name: string, project: Project) => Module | undefined;
  /** Whether other modules see what the file holds, where the files of a directory are one. */
  isSeen?: (file: string) => boolean;
  /** A module that can be named without an import (Rust's `crate`). */
  findRootModule?: (name: string, importer: string, project: Project) => Module | undefined;
  /** The module that has a file's module in it, where names lead there (Rust's `super`). */
  findParentModule?: (file: string, project: Project) => Module | undefined;
  /** A module in a module that none of its names is. */
  findSubmodule?: (module: Module, name: string, project: Project) => Module | undefined;
}

/** How a language's words work, as far as they differ. */
export interface Rules {
  /** How methods name their object: a word, or their first parameter. */
  self: { words: readonly string[] } | 'first parameter';
  /** The query says which functions have a self of their own; in others it is that of what is around. */
  marksSelf?: true;
  super: readonly string[];
  /** Names of methods that a call of the class calls, the first that is there; `new`: those marked so. */
  constructors: readonly string[];
  /** Members of an object that are its class. */
  classMembers: readonly string[];
  /** Whether methods see the names in their class's body without an object. */
  seesClassNames: boolean;
  /** What begins a comment, where comments after a definition's last line count as its own. */
  trailingComment?: string;
  /** What binds the name of a parameter in its own scope only assigns to it. */
  reusesParameters?: true;
  /** What a class holds is seen through its objects only, not even in its own body. */
  membersApart?: true;
  /** Whether a module gives others only what it exports. */
  hidesNames: boolean;
  /** What shares the module's scope without imports: the file alone, or all files of its directory. */
  module: 'file' | 'directory';
  /** `around`: the modifiers of the class that it is in. */
  isPublic: (name: string, modifiers: string, around: string) => boolean;
  /** Names that stand for nothing (Go's `_`). */
  blanks?: readonly string[];
  /** A written type tells all: what is assigned tells no more. */
  trustsTypes?: true;
  /** `this(…)` calls a constructor. */
  selfConstructs?: true;
  /** Subclasses have only constructors of their own. */
  ownConstructors?: true;
  /** A call calls functions only, and nothing else sees them: a field of the same name is another. */
  callsApart?: true;
  /** Functions of a class may share a name, and differ by their parameters. */
  overloads?: Overloads;
  /** A name may begin with that of a module, without an import. */
  qualifiedNames?: true;
  /** Whether `(Cart) it` is a Cart. */
  castsBefore?: true;
  /** Functions that make what their first argument names (Go's `make`). */
  typeCalls?: readonly string[];
  /** Whether imports are paths as elsewhere, which may begin with any name that is seen. */
  importsArePaths?: boolean;
  /** Words before `::` for the module at hand, and the one around it. */
  moduleWords?: { own: string; around: string };
  /** A call of a member calls a method first: a field of the same name is another. */
  fieldsApart?: boolean;
  /** A second `let` of a name is another variable: what stands before it means the one before. */
  shadows?: boolean;
  /** Of two functions of one name in a scope the build takes one: which, is not told. */
  definesOnce?: boolean;
  /** Decorators of what the build may leave out (`cfg`). */
  conditions?: readonly string[];
  /** Decorators that make a method one of the class (`statics` have no first parameter for it), or a property. */
  decorators: {
    statics: readonly string[];
    classMethods: readonly string[];
    properties: readonly string[];
  };
  /** What stands between the parts of a name; the first is the one in `bases`. */
  separators: readonly string[];
  /** Words and signs before an expression that do not change what it has (`await`, `new`, `&`). */
  prefixes: readonly string[];
  /** `a?` is what a holds (Rust); elsewhere it changes nothing. */
  questionMark?: 'item';
  /** Functions that give what they are given, as far as its methods go (`Box::new`). */
  wrappers?: readonly string[];
  /** Whether `|a| b` is a function without a name. */
  closures?: boolean;
  /** Whether `'a` before a name is a lifetime. */
  lifetimes?: boolean;
  /** How an expression's value is one of several. */
  choices: {
    conditional?: 'if else' | '?:';
    /** Its value is one of the operands (`or`), or the last (`and`). */
    either: readonly string[];
    both: readonly string[];
  };
  /**
   * Words before a type that an expression has then (`as`), or that do not change what it has
   * (`satisfies`), and types that tell less than the expression does (`any`).
   */
  casts?: { changes: readonly string[]; checks: readonly string[]; vague: readonly string[] };
  /** Classes say all their attributes: to assign to one makes none. */
  declaresFields?: true;
  /** `{ a, b: c }` as a target takes members of the value. */
  takesApart?: true;
  /** Functions that give their first argument back. */
  givers?: readonly string[];
  /** A name may begin with `#`. */
  hasHashNames?: true;
  /** Whether `Cart { … }` makes one. */
  bracesConstruct: boolean;
  /** Signs and words before a type that do not change whose methods its values have (`*`, `readonly`). */
  typePrefixes: readonly string[];
  types: {
    /** Types whose argument is what counts: `Optional[Cart]`. */
    transparent: readonly string[];
    /** Types that have what their argument has, but implement what is not of the project themselves. */
    pointers?: readonly string[];
    /** Types whose last argument is what they hold. */
    collections: readonly string[];
    /** What stands before a type that it holds, alone or with brackets between (`chan`, `map[string]`). */
    containers?: readonly string[];
    /** Of several results the first is what counts: `(Cart, error)`. */
    takesFirst?: true;
    /** Methods of collections that give an item, or another collection of the same. */
    itemCalls?: readonly string[];
    sameCalls?: readonly string[];
    /** Whether `Cart['total']` is the type of a member. */
    bracketsPick?: true;
    /** Methods of what stands for an object that is to come: they call their argument with it. */
    awaitedCalls?: readonly string[];
    /** What stands between the parameters and the result of a function's type. */
    functions?: '=>';
    /** Methods of collections that call their first argument with an item. */
    itemCallbacks?: readonly string[];
    /** Words before a name whose type it then is (`typeof`). */
    ofValues?: readonly string[];
    /** Types whose first argument is what they hold: `Result<Cart, Error>`. */
    holders?: readonly string[];
    /** Methods of any object that give one alike, where its class has none of that name. */
    copyCalls?: readonly string[];
    /** Whether `(A, B)` has the places `.0` and `.1`; types that hold pairs, and are gone through as such. */
    tuples?: boolean;
    maps?: readonly string[];
    /** Methods of maps that give pairs still, and methods that give pairs of a number and an item. */
    pairCalls?: readonly string[];
    numberCalls?: readonly string[];
    /** Patterns of one item (`Some(x)`). */
    holderPatterns?: readonly string[];
    /** Methods of classes that make an object, where the class has none, or several, of that name. */
    makeCalls?: readonly string[];
    /** Methods by which an object is gone through, and one that gives what it stands for. */
    iteration?: readonly string[];
    dereference?: string;
    /** A name of a type has the names of its class (`T::new()`). */
    haveMembers?: boolean;
    /** Stands between types whose methods a value has all (`A + B`). */
    joins?: string;
    /** Types whose value is the class itself. */
    classes: readonly string[];
    /** What a union may hold beside the type. */
    nothings: readonly string[];
    /** The class at hand. */
    self: readonly TypePath[];
  };
}

/** How the one that is called is told from others of its name. */
export interface Overloads {
  /** The type of a literal, by its text. */
  typeOfLiteral: (text: string) => string | undefined;
  /** What functions of the language's own return, by their names: only where it is one everywhere. */
  returns: ReadonlyMap<string, string>;
  /**
   * Whether a type that is none of the project's is taken for another: 0 if not, up to 1 the better it
   * fits, nothing where that is not known.
   */
  accepts: (parameter: string, argument: string) => number | undefined;
}
