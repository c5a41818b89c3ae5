/** What a load may be told. */
import type { Findings } from '../load/findings.js';
import type { GraphSchema, LoadOptions, Problem, Resources } from '../types.js';

/** What a load may be told, with a schema that is read already. */
export interface RunOptions extends Omit<LoadOptions, 'schema' | 'logger'> {
  /** Default: the built-in code graph. */
  schema?: GraphSchema;
  /** Tables that are not to be attempted, and why. */
  exclude?: readonly Problem[];
  /** `false`: nobody wants to know how far a table is. */
  progress?: boolean;
  /** What was found in the files, where the load can be undone; see values.ts. */
  findings?: Findings;
}

export interface DatabaseLoadOptions extends RunOptions, Resources {
  /** Build a new database and put it in the old one's place. */
  fresh?: boolean;
  /**
   * Tables that are loaded at a time, into a new database of an engine that can. Default: one a
   * core, but no more than four.
   */
  jobs?: number;
  /** Called when all is loaded, before the target is touched; what it throws keeps that as it is. */
  beforePublish?: () => void;
}
