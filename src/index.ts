/** The library: what the command line does, for programs. */
export { analyzeCodebase, analyzeFiles, exportToParquet } from './codebase.js';
export type {
  AnalyzeOptions,
  AnalyzeReport,
  ExportOfAnalysis,
  FileAnalysis,
  FileOptions,
  LanguageCount,
  Resolution,
  SyntaxErrors,
} from './analyze/report.js';
export type { Unresolved } from './analyze/facts.js';
export type { FileNote, NoteCode } from './analyze/sourcefile.js';
export type { StepTimes } from './steps.js';
export { codeGraph } from './model/codegraph.js';
export { KgloadError } from './errors.js';
export type { ExportOptions, ExportReport } from './export.js';
export { DependencyGraph } from './graph/dependencygraph.js';
export {
  createSchema,
  dryRun,
  exportDatabase,
  load,
  loadFromParquet,
  loadFromParquetSync,
  preprocessDataset,
  preprocessFilesParquet,
  readSchema,
  readStats,
  verifyDatabase,
} from './library.js';
export type { DryRunReport } from './load/dryrun.js';
export type { Search } from './plan/schedule.js';
export type { ShownCopy, ShownPlan, ShownTable } from './plan/shown.js';
export type { PreprocessedFile, PreprocessReport } from './prepare/preprocess.js';
export type { CreatedTables } from './database/create.js';
export type * from './types.js';
export type { VerifyOptions } from './verify/verify.js';
export type { Value } from './model/answer.js';
export { queryDatabase } from './process/querydatabase.js';
export type { QueryOptions, QueryRow } from './process/querydatabase.js';
