/** What kgload knows of a language, beside its grammar and its query. */
import type { TypePath } from './facts.js';

/** Where a module is: a file, or a directory whose files are one (a package). */
export type Module = { file: string } | { directory: string };

/** The files that are analysed, for finding what an import names. Paths are as in the dataset. */
export interface Project {
  hasFile: (path: string) => boolean;
  /** Whether any file lies in it, at any depth. */
  hasDirectory: (path: string) => boolean;
  /** The files that lie in it directly. */
  filesIn: (path: string) => readonly string[];
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
  /** The file of the grammar, without `.wasm`, by the end of the file name where there are several. */
  grammar: string;
  /** Of src/analyze/queries. */
  query: string;
  rules: Rules;
  /** What the columns of an import say, and the name that an import of a whole module binds. */
  describeImport: (what: { module: string; name: string | undefined; isFrom: boolean }) => {
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
  super: readonly string[];
  /** Names of methods that a call of the class calls, the first that is there; `class`: its own name. */
  constructors: readonly string[];
  /** Members of an object that are its class. */
  classMembers: readonly string[];
  /** Whether methods see the names in their class's body without an object. */
  seesClassNames: boolean;
  /** What begins a comment, where comments after a definition's last line count as its own. */
  trailingComment?: string;
  /** Whether a module gives others only what it exports. */
  hidesNames: boolean;
  /** What shares the module's scope without imports: the file alone, or all files of its directory. */
  module: 'file' | 'directory';
  isPublic: (name: string, modifiers: string) => boolean;
  /** Whether imports are paths as elsewhere, which may begin with any name that is seen. */
  importsArePaths?: boolean;
  /** Words before `::` for the module at hand, and the one around it. */
  moduleWords?: { own: string; around: string };
  /** A call calls functions only, and nothing else sees them: a field of the same name is another. */
  callsApart?: boolean;
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
    /** Types whose first argument is what they hold: `Result<Cart, Error>`. */
    holders?: readonly string[];
    /** Methods of what holds items that give an item, or what holds the same. */
    itemCalls?: readonly string[];
    sameCalls?: readonly string[];
    /** Methods of what holds items whose function gets one. */
    callbacks?: readonly string[];
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
