/** Source files, read and with their facts: from the cache, or from worker threads. */
import { type Cache, type PackedFacts, unpackOwnFacts } from './cache.js';
import type { OwnFacts } from './facts.js';
import { inOrder } from './inorder.js';
import type { Job } from './serve.js';
import { readSource } from './source.js';
import type { FileNote, SourceFile } from './sourcefile.js';
import type { Outcome } from './workers.js';

/** A file as far as it is known by itself. */
export interface FileResult {
  /** Relative to the root, with `/` between its parts. */
  path: string;
  language: string;
  /** SHA-256 of its bytes, in hex; nothing of what can't be read. */
  hash?: string;
  /** Milliseconds since 1970. */
  modified: number;
  notes: FileNote[];
  /** Without it the file is a row of `File` and nothing more. */
  known?: KnownFile;
}

export interface KnownFile {
  text: string;
  facts: OwnFacts;
  /** All of them, as they are kept. */
  packed: PackedFacts;
  key: string;
  isCached: boolean;
}

export interface Reading {
  root: string;
  maxSize?: number;
  threads: number;
  cache: Pick<Cache, 'find'>;
  keyOf: (hash: string, language: string) => string;
  extract: (job: Job) => Promise<Outcome>;
}

/** Files that are read ahead, a thread. */
const AHEAD = 8;
/** Bytes of them together. */
const AHEAD_BYTES = 16_000_000;

/** Reads files, and yields them in their order. */
export async function* readFiles(
  files: readonly SourceFile[],
  reading: Reading,
): AsyncGenerator<FileResult> {
  const window = {
    count: AHEAD * reading.threads,
    size: AHEAD_BYTES,
    sizeOf: ({ only, size }: SourceFile) => (only ? 0 : size),
  };
  const work = async (file: SourceFile): Promise<FileResult> => await readFile(file, reading);
  for await (const [, result] of inOrder(files, work, window)) yield result;
}

async function readFile(file: SourceFile, reading: Reading): Promise<FileResult> {
  const { path, language } = file;
  const source = readSource(reading.root, file, reading.maxSize);
  const { text, hash, modified, notes } = source;
  const result: FileResult = { path, language, ...(hash && { hash }), modified, notes };
  if (text === undefined || hash === undefined) return result;
  const key = reading.keyOf(hash, language);
  const kept = reading.cache.find(key);
  if (kept) {
    return {
      ...result,
      known: { text, facts: unpackOwnFacts(kept), packed: kept, key, isCached: true },
    };
  }
  const outcome = await reading.extract({ path, language, text });
  if ('failure' in outcome) {
    const message = `it could not be analysed: ${outcome.failure}; only the file itself is in the graph`;
    return { ...result, notes: [...notes, { file: path, code: 'PARSER', message }] };
  }
  const { packed } = outcome;
  return {
    ...result,
    known: { text, facts: unpackOwnFacts(packed), packed, key, isCached: false },
  };
}
