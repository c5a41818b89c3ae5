/** The facts of files written as a dataset: nodes as they come, then the edges that names make. */
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { Step } from '../steps.js';
import type { Spool } from './cache.js';
import type { Resolved } from './facts.js';
import { languageNamed } from './languages.js';
import { createExtenders, createProject } from './project.js';
import { type LanguageCount, noResolution, type Resolution, type SyntaxErrors } from './report.js';
import { createFileResolver } from './resolve.js';
import type { FileResult } from './results.js';
import { addEdges, addFile, addNodes } from './rows.js';
import type { FileNote } from './sourcefile.js';
import type { Tables } from './tables.js';

/** Where facts go, and who is told of it. */
export interface Writing {
  tables: Tables;
  spool: Spool;
  /** Fill `source_code`. */
  hasSource: boolean;
  signal?: AbortSignal | undefined;
}

/** What is known of the files after the first pass. */
export interface Written {
  /** All of them, in their order. */
  files: { path: string; language: string }[];
  languages: Record<string, LanguageCount>;
  syntaxErrors: SyntaxErrors[];
  notes: FileNote[];
  extenders: ReturnType<typeof createExtenders>;
}

/** The first pass: nodes, and the edges that a file tells of by itself. */
export async function writeNodes(
  results: AsyncIterable<FileResult>,
  { tables, spool, hasSource, signal }: Writing,
  onFile: (done: number) => void,
): Promise<Written> {
  const written: Written = {
    files: [],
    languages: {},
    syntaxErrors: [],
    notes: [],
    extenders: createExtenders(),
  };
  const { files, languages, syntaxErrors, notes } = written;
  const breathe = createPause(signal);
  for await (const result of results) {
    const { path, language, known } = result;
    addFile(tables, result);
    files.push({ path, language });
    notes.push(...result.notes);
    const count = (languages[language] ??= { files: 0, filesOnly: 0, cached: 0, lines: 0 });
    count.files += 1;
    if (known) {
      const { text, facts, packed, key, isCached } = known;
      spool.add(path, key, packed, facts.symbols);
      written.extenders.add(path, facts.symbols);
      addNodes(tables, path, facts, hasSource ? text : undefined);
      if (facts.syntaxErrors) syntaxErrors.push({ file: path, ...facts.syntaxErrors });
      count.lines += linesOf(text);
      if (isCached) count.cached += 1;
    } else count.filesOnly += 1;
    onFile(files.length);
    await breathe();
  }
  return written;
}

/** The second pass: the edges of names. */
export async function writeEdges(
  root: string,
  { files, notes, extenders }: Written,
  { tables, spool, signal }: Writing,
  onFile: (done: number) => void,
): Promise<{ calls: Resolution; bases: Resolution }> {
  const found = noResolution();
  const languages = new Map(files.map(({ path, language }) => [path, language]));
  const known = files.filter(({ path }) => spool.has(path));
  const breathe = createPause(signal);
  const paths = files.map(({ path }) => path);
  const resolve = createFileResolver({
    symbolsOf: spool.symbolsOf,
    languageOf(path) {
      const language = languageNamed(languages.get(path) ?? '');
      if (!language) throw new Error(`${path} has no language`);
      return language;
    },
    project: createProject(root, paths),
    extendersOf: extenders.of,
  });
  for (const [i, { path }] of known.entries()) {
    const symbols = spool.symbolsOf(path);
    if (!symbols) continue;
    let resolved: Resolved;
    try {
      resolved = resolve(path, symbols, spool.sitesOf(path));
    } catch (error) {
      // One file's names are not worth all others'.
      const message = `its names could not be resolved (${messageOf(error)}), so edges are missing; please report it`;
      notes.push({ file: path, code: 'PARSER', message });
      continue;
    }
    addEdges(tables, path, symbols, resolved, spool.symbolsOf);
    count(resolved, found);
    onFile(i + 1);
    await breathe();
  }
  return found;
}

function count(
  { calls, inherits, unresolved }: Resolved,
  found: { calls: Resolution; bases: Resolution },
): void {
  for (const { rule } of calls) add(found.calls.resolved, rule, 1);
  add(found.bases.resolved, 'base', inherits.length);
  found.calls.sites += calls.length;
  found.bases.sites += inherits.length;
  for (const what of ['calls', 'bases'] as const) {
    for (const [reason, times] of Object.entries(unresolved[what])) {
      add(found[what].unresolved, reason, times);
      found[what].sites += times;
    }
  }
}

function add(counts: Record<string, number>, key: string, times: number): void {
  counts[key] = (counts[key] ?? 0) + times;
}

/** Signals and timers wait until there is a pause. */
const PAUSE_MS = 50;

function createPause(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    const now = performance.now();
    if (now - last < PAUSE_MS) return;
    await setImmediate();
    signal?.throwIfAborted();
    last = performance.now();
  };
}

/** The last one counts also where it has no end. */
function linesOf(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
}

/** Tells of progress in files. */
export function perFile(step: Step, total: number | undefined): (done: number) => void {
  return (done) => {
    if (total !== undefined) step.progress(done, total);
  };
}
