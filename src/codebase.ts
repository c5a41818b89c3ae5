/** The functions of the library that make a dataset of source code. */
import { statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type {
  AnalyzeOptions,
  AnalyzeReport,
  ExportOfAnalysis,
  FileAnalysis,
  FileOptions,
} from './analyze/report.js';
import { KgloadError } from './errors.js';
import { onDisk } from './files.js';
import { checkIterable, checkOptions, checkTexts } from './options.js';

/** What the caller names is wanted. */
const ANY_SIZE = 1_000_000_000;

/**
 * Makes a dataset of the source code in a directory: what `kgload analyze` does. It is built beside its
 * place, and put there in one step at the very end. A dataset that is there is replaced; of files that
 * have not changed since it was made the facts are taken from it.
 *
 * @param root - The directory in which the sources lie. Paths in the dataset begin there.
 * @param directory - The dataset: nothing is there, an empty directory, or a dataset and nothing else.
 * @returns Rows, files, what became of names, and a note on whatever is not as one might expect.
 * @throws {KgloadError} `ENOENT`, `NO_SOURCES`, `USAGE` of the root; `TARGET_UNWRITABLE`, `DISK_FULL` of
 *   the dataset; the reason of the signal. What was there stands then.
 * @example
 * ```ts
 * const { totalNodes, calls, notes } = await analyzeCodebase('src', 'data/parquet');
 * for (const { file, message } of notes) console.log(`${file}: ${message}`);
 * ```
 */
export async function analyzeCodebase(
  root: string,
  directory: string,
  options: AnalyzeOptions = {},
): Promise<AnalyzeReport> {
  checkTexts({ 'the path of the sources': root, 'the path of the dataset': directory });
  checkOptions('analyzeCodebase', options);
  const { analyze } = await import('./analyze/analyze.js');
  return await analyze(root, directory, options);
}

/**
 * Analyses single files, for {@link exportToParquet}. A file that can't be analysed is no error: its
 * notes say why.
 *
 * @param files - Paths, from the root or absolute. Each is analysed, whatever its name and its size.
 * @param projectRoot - What they lie in.
 * @throws {KgloadError} `USAGE` for a file of no known language or outside the root, `ENOENT`.
 * @example
 * ```ts
 * const results = analyzeFiles(['cart.py', 'prices.py'], 'src');
 * await exportToParquet(results, 'data/parquet', 'src');
 * ```
 */
export async function* analyzeFiles(
  files: Iterable<string>,
  projectRoot: string,
  options: FileOptions = {},
): AsyncGenerator<FileAnalysis> {
  checkTexts({ 'the path of the sources': projectRoot });
  checkIterable('the files', files);
  checkOptions('analyzeFiles', options);
  const { languageFor, analyzeSources } = await import('./analyze/analyze.js');
  const list = [...files].map((file) => {
    checkTexts({ 'the path of a file': file });
    const place = resolve(projectRoot, file);
    const path = relative(projectRoot, place).split(sep).join('/');
    if (path === '' || path.split('/')[0] === '..') {
      const message = `${file} does not lie in ${projectRoot}`;
      throw new KgloadError({ code: 'USAGE', message, file });
    }
    const stat = onDisk(() => statSync(place, { throwIfNoEntry: false }));
    if (!stat) {
      throw new KgloadError({ code: 'ENOENT', message: `the file ${file} does not exist`, file });
    }
    const { size, mtimeMs: modified } = stat;
    const language = languageFor(path, place, options.language);
    return { path, language, size, modified, isWanted: true as const };
  });
  yield* analyzeSources(projectRoot, list, { ...options, maxSize: ANY_SIZE });
}

/**
 * Writes the results of {@link analyzeFiles} as a dataset, with the edges that names make between these
 * files. `analyzeCodebase` does both, for all files of a directory.
 *
 * @param results - Of files of one root, each once. They are written as they come.
 * @param outputDir - As {@link analyzeCodebase} takes it.
 * @param projectRoot - What the files lie in.
 * @throws {KgloadError} `USAGE` for results that are none; `TARGET_UNWRITABLE`, `DISK_FULL`.
 * @example
 * ```ts
 * const { totalNodes } = await exportToParquet(analyzeFiles(paths, 'src'), 'data/parquet', 'src');
 * ```
 */
export async function exportToParquet(
  results: AsyncIterable<FileAnalysis> | Iterable<FileAnalysis>,
  outputDir: string,
  projectRoot: string,
  options: ExportOfAnalysis = {},
): Promise<AnalyzeReport> {
  checkTexts({ 'the path of the dataset': outputDir, 'the path of the sources': projectRoot });
  checkIterable('the results', results);
  checkOptions('exportToParquet', options);
  const { exportResults } = await import('./analyze/analyze.js');
  return await exportResults(results, outputDir, projectRoot, options);
}
