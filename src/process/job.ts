/** What a supervisor asks of its worker. */
import type { Resources, EngineName, Problem } from '../types.js';

/** A load that the worker is to do; goes through JSON. */
export interface Job extends Resources {
  kind: 'load';
  database: string;
  dataset: string;
  /** Of a database that is created. */
  engine?: EngineName;
  /** A schema file, or `infer`. */
  schema?: string;
  dryRun?: boolean;
  fresh?: boolean;
  /** Tables that are loaded at a time. */
  jobs?: number;
  append?: boolean;
  onError?: 'continue' | 'abort';
  skipBadRows?: boolean;
  maxBadRows?: number;
  nanAsNull?: boolean;
  negativeZeroAsZero?: boolean;
  /** Every bad row is written there, as NDJSON. */
  badRowsFile?: string;
  exclude: Problem[];
  /** Whether somebody wants to know how far a table is. */
  progress: boolean;
}
