/** Source code made a dataset: its files found, parsed, resolved, and put in place. */
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import ignore from 'ignore';
import { buildBeside } from '../dataset/destination.js';
import { checkReplaceable, replaceDirectory } from '../dataset/replace.js';
import { KgloadError } from '../errors.js';
import { codeGraph } from '../model/codegraph.js';
import { similarTo } from '../model/similar.js';
import { beginStep, gatherSteps, type Listener } from '../steps.js';
import type { LoadEvent, Problem } from '../types.js';
import { type Cache, CACHE_FILE, createSpool, openCache } from './cache.js';
import { type Discovery, findSources } from './discovery.js';
import { languageNamed, languageOfFile, LANGUAGES } from './languages.js';
import { readHead } from './regularfile.js';
import type { AnalyzeOptions, AnalyzeReport, ExportOfAnalysis, FileAnalysis } from './report.js';
import { type FileResult, readFiles } from './results.js';
import type { FileNote, SourceFile } from './sourcefile.js';
import { openTables } from './tables.js';
import { createKeys } from './version.js';
import { createPool } from './workers.js';
import { perFile, writeEdges, writeNodes } from './write.js';

/** One thread reads, writes and resolves; it can't keep more of them busy. */
const MAX_THREADS = 8;
/** Fewer are done sooner than another thread starts. */
const FILES_PER_THREAD = 12;

/** A dataset that is being made of files. */
export interface Source {
  /** What the files lie in. */
  root: string;
  /** How many there will be, where that is known. */
  count?: number | undefined;
  results: () => AsyncIterable<FileResult>;
}

/**
 * Makes a dataset of the sources in a directory.
 *
 * @throws {KgloadError} `ENOENT`, `USAGE`, `NO_SOURCES` of the root; `TARGET_UNWRITABLE`, `DISK_FULL` of
 *   the dataset: what was there stands then.
 */
export async function analyze(
  root: string,
  dataset: string,
  options: AnalyzeOptions = {},
): Promise<AnalyzeReport> {
  const { clock = () => performance.now(), signal, cache: isCached = true } = options;
  const began = clock();
  const steps = gatherSteps(options.onEvent ?? (() => undefined));
  const listener = { onEvent: steps.onEvent, clock };
  const languageOf = chooseLanguage(options);
  const place = checkReplaceable(dataset, [CACHE_FILE]);
  const step = beginStep(listener, 'discover');
  const found = await findSources(root, {
    languageOf,
    ignoreDirectory: dataset,
    ...(options.exclude && { exclude: options.exclude }),
    ...(options.maxSize !== undefined && { maxSize: options.maxSize }),
  });
  step.end();
  signal?.throwIfAborted();
  if (found.files.length === 0) throw noSources(root, found);
  const cache = isCached ? openCache(join(place, CACHE_FILE)) : noCache;
  try {
    const made = await writeDataset(
      sourceOf(root, found.files, cache, options),
      place,
      { hasSource: options.source ?? true, keepsFacts: isCached, signal },
      listener,
    );
    const { notes, ...rest } = made;
    const all = [...found.notes, ...notes].sort(byFile);
    return {
      root,
      dataset,
      ...rest,
      totalTime: (clock() - began) / 1000,
      stepTimes: steps.times,
      others: found.others,
      notes: all,
      errors: all.flatMap(toError),
      warnings: toWarnings(cache, join(dataset, CACHE_FILE)),
    };
  } finally {
    cache.close();
  }
}

const noCache: Cache = { find: () => undefined, damage: () => undefined, close: () => undefined };

function sourceOf(
  root: string,
  files: readonly SourceFile[],
  cache: Cache,
  options: AnalyzeOptions,
): Source {
  const results = (): AsyncGenerator<FileResult> => analyzeSources(root, files, options, cache);
  return { root, count: files.length, results };
}

/** Reads files, and has their facts extracted where they are not in the cache. */
export async function* analyzeSources(
  root: string,
  files: readonly SourceFile[],
  {
    jobs = Math.min(availableParallelism(), MAX_THREADS),
    maxSize,
  }: Pick<AnalyzeOptions, 'jobs' | 'maxSize'>,
  cache: Cache = noCache,
): AsyncGenerator<FileResult> {
  const threads = Math.max(1, Math.min(jobs, Math.ceil(files.length / FILES_PER_THREAD)));
  const pool = createPool({ threads });
  const { extract } = pool;
  const reading = { root, threads, cache, keyOf: createKeys(), extract };
  try {
    yield* readFiles(files, maxSize === undefined ? reading : { ...reading, maxSize });
  } finally {
    await pool.close();
  }
}

/** Makes a dataset of files that were analysed by themselves. */
export async function exportResults(
  results: AsyncIterable<FileAnalysis> | Iterable<FileAnalysis>,
  dataset: string,
  root: string,
  {
    source = true,
    onEvent = () => undefined,
    clock = performance.now.bind(performance),
    signal,
  }: ExportOfAnalysis,
): Promise<AnalyzeReport> {
  const began = clock();
  const steps = gatherSteps(onEvent);
  const place = checkReplaceable(dataset, [CACHE_FILE]);
  const count = Array.isArray(results) ? results.length : undefined;
  const made = await writeDataset(
    { root, count, results: () => checkedResults(results) },
    place,
    { hasSource: source, keepsFacts: false, signal },
    { onEvent: steps.onEvent, clock },
  );
  return {
    root,
    dataset,
    ...made,
    totalTime: (clock() - began) / 1000,
    stepTimes: steps.times,
    others: {},
    errors: made.notes.flatMap(toError),
    warnings: [],
  };
}

async function* checkedResults(
  results: AsyncIterable<FileAnalysis> | Iterable<FileAnalysis>,
): AsyncGenerator<FileResult> {
  const seen = new Set<string>();
  for await (const result of results) {
    const { path, language, known } = Object(result) as Partial<FileResult>;
    const isResult =
      typeof path === 'string' &&
      languageNamed(String(language)) !== undefined &&
      (known === undefined || known.packed.own instanceof Uint8Array);
    const hint = 'give what analyzeFiles yields, each file once';
    if (!isResult) {
      throw new KgloadError({ code: 'USAGE', message: 'a result is none of an analysis', hint });
    }
    if (seen.has(path)) {
      throw new KgloadError({ code: 'USAGE', message: `there are two results of ${path}`, hint });
    }
    seen.add(path);
    yield result as FileResult;
  }
}

/**
 * The language of one file.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function languageFor(path: string, place: string, chosen: string | undefined): string {
  const languageOf = chooseLanguage({ languages: chosen === undefined ? [] : [chosen] });
  const name = chosen ?? languageOf(path, () => readHead(place, 256)?.split(/[\r\n]/, 1)[0] ?? '');
  if (name !== undefined) return name;
  const message = `${path} is in no language that is known`;
  const hint = `languages are ${LANGUAGES.map(({ name }) => name).join(', ')}: language says which it is`;
  throw new KgloadError({ code: 'USAGE', message, file: path, hint });
}

type Made = Omit<
  AnalyzeReport,
  'root' | 'dataset' | 'totalTime' | 'stepTimes' | 'others' | 'errors' | 'warnings'
>;

/** Makes a dataset of files whose facts are known, or become known meanwhile. */
export async function writeDataset(
  { root, count, results }: Source,
  place: string,
  how: { hasSource: boolean; keepsFacts: boolean; signal: AbortSignal | undefined },
  listener: Listener,
): Promise<Made> {
  return await buildBeside(place, listener.onEvent, async (built) => {
    const facts = join(how.keepsFacts ? built : dirname(built), CACHE_FILE);
    const spool = createSpool(facts);
    const tables = openTables(built);
    try {
      const writing = { tables, spool, ...how };
      if (count !== undefined) listener.onEvent(planOf(count));
      const parsing = beginStep(listener, 'parse');
      const written = await writeNodes(results(), writing, perFile(parsing, count));
      parsing.end();
      const resolving = beginStep(listener, 'resolve');
      const told = perFile(resolving, written.files.length);
      const resolved = await writeEdges(root, written, writing, told);
      const rows = tables.close();
      spool.close();
      resolving.end();
      how.signal?.throwIfAborted();
      const step = beginStep(listener, 'publish');
      replaceDirectory(built, place, [CACHE_FILE]);
      step.end();
      const { languages, syntaxErrors, notes } = written;
      return { ...rowsOf(rows), languages: sorted(languages), syntaxErrors, notes, ...resolved };
    } finally {
      tables.abandon();
      spool.close();
    }
  });
}

/** As long as it usually takes: a file is parsed in the time in which three are resolved. */
function planOf(files: number): LoadEvent {
  const steps = [
    { name: 'parse' as const, weight: 3 * files },
    { name: 'resolve' as const, weight: files },
    { name: 'publish' as const, weight: files / 50 },
  ];
  return { type: 'planned', tables: [], steps };
}

function rowsOf(
  rows: Record<string, number>,
): Pick<AnalyzeReport, 'nodeRows' | 'edgeRows' | 'totalNodes' | 'totalEdges'> {
  const pick = (tables: readonly { name: string }[]): Record<string, number> =>
    Object.fromEntries(tables.map(({ name }) => [name, rows[name] ?? 0]));
  const sum = (counts: Record<string, number>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  const [nodeRows, edgeRows] = [pick(codeGraph.nodes), pick(codeGraph.edges)];
  return { nodeRows, edgeRows, totalNodes: sum(nodeRows), totalEdges: sum(edgeRows) };
}

function sorted<T>(values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byFile(a: FileNote, b: FileNote): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.code < b.code ? -1 : a.code > b.code ? 1 : 0;
}

/** What should have been analysed, and could not be. */
function toError({ file, code, message }: FileNote): Problem[] {
  if (code === 'UNREADABLE') {
    return [{ code: 'SOURCE_UNREADABLE', message: `${file}: ${message}`, file }];
  }
  if (code === 'PARSER') return [{ code: 'SOURCE_FAILED', message: `${file}: ${message}`, file }];
  return [];
}

function toWarnings(cache: Cache, file: string): Problem[] {
  const damage = cache.damage();
  if (damage === undefined) return [];
  const message = `the facts of the last run were not used, or not all of them: ${damage}`;
  const hint = 'they have been written anew; there is nothing to do';
  return [{ code: 'CACHE_DAMAGED', message, file, hint }];
}

/** @throws {KgloadError} `USAGE` for a language that is not known. */
function chooseLanguage({
  languages,
  assign = {},
}: AnalyzeOptions): (path: string, readFirstLine: () => string) => string | undefined {
  const known = LANGUAGES.map(({ name }) => name);
  for (const name of [...(languages ?? []), ...Object.values(assign)]) {
    if (languageNamed(name)) continue;
    const meant = similarTo(name, known);
    const hint = `${meant === undefined ? '' : `did you mean ${meant}? `}there are ${known.join(', ')}`;
    throw new KgloadError({ code: 'USAGE', message: `there is no language ${name}`, hint });
  }
  const assigned = Object.entries(assign).map(
    ([pattern, name]) => [ignore().add(pattern), name] as const,
  );
  return (path, readFirstLine) => {
    const name =
      assigned.findLast(([pattern]) => pattern.ignores(path))?.[1] ??
      languageOfFile(path, readFirstLine)?.name;
    const isWanted = !languages?.length || languages.includes(name ?? '');
    return isWanted ? name : undefined;
  };
}

function noSources(root: string, { others }: Discovery): KgloadError {
  const ends = Object.entries(others).sort(([, a], [, b]) => b - a);
  const list = ends.slice(0, 5).map(([end, count]) => `${count} ${end || 'without an ending'}`);
  const there = list.length === 0 ? 'nothing' : list.join(', ');
  return new KgloadError({
    code: 'NO_SOURCES',
    message: `there are no sources in ${root} (what is there: ${there})`,
    file: root,
    hint: `languages are ${LANGUAGES.map(({ name }) => name).join(', ')}; --language PATTERN=LANGUAGE names files of other names`,
  });
}
