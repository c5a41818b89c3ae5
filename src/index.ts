/** The library: what the command line does, for programs. */
export { codeGraph } from './codegraph.js';
export { KgloadError } from './errors.js';
export type { ExportOptions, ExportReport } from './export.js';
export { DependencyGraph } from './graph.js';
export {
  createSchema,
  exportDatabase,
  loadFromParquet,
  loadFromParquetSync,
  preprocessFilesParquet,
  readSchema,
  readStats,
} from './library.js';
export type { PreprocessedFile, PreprocessReport } from './preprocess.js';
export type { CreatedTables } from './schema.js';
export type * from './types.js';
export { verifyDatabase, type VerifyOptions } from './verify.js';
