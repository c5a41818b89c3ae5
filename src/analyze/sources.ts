/** What the resolver asks of the files. */
import type { Symbols } from './facts.js';
import type { Language, Project } from './language.js';

/** The files whose names are resolved. */
export interface Sources {
  symbolsOf: (file: string) => Symbols | undefined;
  languageOf: (file: string) => Language;
  project: Project;
  /** The files that add methods to a class of this name from outside (Go's receivers, Rust's impl). */
  extendersOf: (name: string) => readonly string[];
}
