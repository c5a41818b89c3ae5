/** What a supervisor asks of its worker. */
import type { Settings } from '../plan/request.js';

/** A load that the worker is to do; goes through JSON. */
export interface Job {
  kind: 'load';
  database: string;
  dataset: string;
  /** A schema file, or `infer`. */
  schema?: string;
  isDryRun: boolean;
  /** Every bad row is written there, as NDJSON. */
  badRowsFile?: string;
  /** Somebody wants to know how far a table is. */
  hasProgress: boolean;
  settings: Settings;
}
