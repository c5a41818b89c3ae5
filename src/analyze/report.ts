/** What an analysis may be told, and what it tells. */
import type { StepTimes } from '../steps.js';
import type { LoadEvent, Problem } from '../types.js';
import type { CallRule, Unresolved } from './facts.js';
import type { FileNote } from './sourcefile.js';

/** What an analysis may be told. */
export interface AnalyzeOptions {
  /** These languages alone. Default: all that are known. */
  languages?: readonly string[];
  /** Patterns as in `.gitignore` → the language of the files that they name. */
  assign?: Readonly<Record<string, string>>;
  /**
   * Patterns as in `.gitignore` of what is left out, tracked by git or not; `!…` brings back what is
   * left out by default.
   */
  exclude?: readonly string[];
  /** Bytes; a larger file gets a row in `File` alone. Default: 2 MB. */
  maxSize?: number;
  /** Fill `source_code`. Default: true. */
  source?: boolean;
  /** Take the facts of files that have not changed from the last run, and keep them. Default: true. */
  cache?: boolean;
  /** Worker threads at most. Default: one a core, eight at most. */
  jobs?: number;
  /** Is told what is going on, as it happens. */
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
  /** Ends the analysis, and throws the signal's reason; what was there stays. */
  signal?: AbortSignal;
}

/** What the analysis of single files may be told. */
export interface FileOptions {
  /** The language of all of them. Default: by their names. */
  language?: string;
  /** Worker threads at most. Default: one a core, eight at most. */
  jobs?: number;
}

/** What the export of an analysis may be told. */
export interface ExportOfAnalysis {
  /** Fill `source_code`. Default: true. */
  source?: boolean;
  /** Is told what is going on, as it happens. */
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
  /** Ends the export, and throws the signal's reason; what was there stays. */
  signal?: AbortSignal;
}

/** What is known of one file by itself. */
export interface FileAnalysis {
  /** From the root, with `/` between its parts. */
  path: string;
  /** Its name. */
  language: string;
  /** SHA-256 of its bytes, in hex; nothing of what can't be read. */
  hash?: string;
  /** When it was changed last, in milliseconds since 1970. */
  modified: number;
  /** What is not as one might expect. */
  notes: FileNote[];
  /** Its text and what it defines and uses: of use to this version of kgload alone. Nothing where a note says why. */
  known?: object;
}

/** Files of a language. */
export interface LanguageCount {
  /** Rows of the table `File`. */
  files: number;
  /** Those that are nothing but such a row. */
  filesOnly: number;
  /** Those whose facts were taken from the last run. */
  cached: number;
  /** Lines of the others. */
  lines: number;
}

/** What became of names. */
export interface Resolution {
  /** Places where there is one. */
  sites: number;
  /** Those that lead to something of the project: by which rule. */
  resolved: Record<string, number>;
  /** The others, and why: `outside` is a call in no function, which can be no edge. */
  unresolved: Record<Unresolved, number>;
}

/** A file that its parser understands in parts. */
export interface SyntaxErrors {
  /** Its path. */
  file: string;
  /** Places that are no part of the language. */
  count: number;
  /** The first one's. */
  line: number;
}

/** What an analysis did. */
export interface AnalyzeReport {
  /** As it was given. */
  root: string;
  /** As it was given. */
  dataset: string;
  /** Rows of node tables. */
  totalNodes: number;
  /** Rows of rel tables. */
  totalEdges: number;
  /** Seconds. */
  totalTime: number;
  /** Every node table → rows, in load order. */
  nodeRows: Record<string, number>;
  /** Every rel table → rows, in load order. */
  edgeRows: Record<string, number>;
  /** The steps that were taken, in their order. */
  stepTimes: StepTimes;
  /** Language → its files, by name. */
  languages: Record<string, LanguageCount>;
  /** Calls. */
  calls: Resolution;
  /** Bases of classes. */
  bases: Resolution;
  /** By path. */
  syntaxErrors: SyntaxErrors[];
  /** Files of no known language, by the ends of their names. */
  others: Record<string, number>;
  /** Whatever is not as one might expect: files left out, odd encodings. By path. */
  notes: FileNote[];
  /** The files that could not be analysed, though they should be. */
  errors: Problem[];
  /** What may be meant. */
  warnings: Problem[];
}

/** The rules by which the target of a call is found. */
const CALL_RULES: Record<CallRule, 0> = {
  local: 0,
  module: 0,
  import: 0,
  self: 0,
  super: 0,
  class: 0,
  type: 0,
  constructed: 0,
  returned: 0,
  constructor: 0,
};

export function noResolution(): { calls: Resolution; bases: Resolution } {
  const unresolved = (): Resolution['unresolved'] => ({
    external: 0,
    ambiguous: 0,
    unknown: 0,
    outside: 0,
  });
  return {
    calls: { sites: 0, resolved: { ...CALL_RULES }, unresolved: unresolved() },
    bases: { sites: 0, resolved: { base: 0 }, unresolved: unresolved() },
  };
}
