/** Parsing by tree-sitter: a text's places that a language's query names. */
import { readFileSync } from 'node:fs';
import { Language as Grammar, Parser, Query } from 'web-tree-sitter';
import { ownFile } from '../files.js';
import type { Language } from './language.js';

/** A place in a text that the query gives a name. */
export interface Mark {
  name: string;
  /** In UTF-16 units. */
  start: number;
  end: number;
  /** From 1. */
  line: number;
}

export interface Parsed {
  /** Ordered by start; of those that begin together the longest is first. */
  marks: Mark[];
  syntaxErrors: { count: number; line: number } | null;
}

const ERRORS = '\n(ERROR) @syntaxerror\n(MISSING) @syntaxerror\n';

/** A grammar or a query, where the build puts it. */
export function assetFile(name: string): string {
  return ownFile(`dist/analyze/${name}`);
}

export function queryText(language: Language): string {
  return (
    [language.query]
      .flat()
      .map((name) => readFileSync(assetFile(`${name}.scm`), 'utf8'))
      .join('\n') + ERRORS
  );
}

/** Emscripten keeps its state here. */
const state: { HEAPU8?: Uint8Array } = {};
let runtime: Promise<void> | undefined;

/** Bytes of WebAssembly's memory, which never shrinks. */
export function heapSize(): number {
  return state.HEAPU8?.byteLength ?? 0;
}

/** Makes the function that parses a language's texts; it keeps the grammar. */
export async function openParser(language: Language): Promise<(text: string) => Parsed> {
  runtime ??= Parser.init(state);
  await runtime;
  const readers = await Promise.all(
    [language.grammar].flat().map(async (name) => {
      const grammar = await Grammar.load(assetFile(`${name}.wasm`));
      const parser = new Parser();
      parser.setLanguage(grammar);
      const query = new Query(grammar, queryText(language));
      return (text: string) => parse(parser, query, text);
    }),
  );
  const { prepare = (text: string): string => text } = language;
  return (source) => {
    const text = prepare(source);
    let best: (Parsed & { lost: number }) | undefined;
    const isRead = (one: string): boolean =>
      readers.some((read) => {
        const parsed = read(one);
        if (!best || parsed.lost < best.lost) best = parsed;
        return !parsed.syntaxErrors;
      });
    if (!isRead(text)) language.mend?.(text).some((mended) => mended !== text && isRead(mended));
    if (!best) throw new Error(`${language.name} has no grammar`);
    const { marks, syntaxErrors } = best;
    return { marks, syntaxErrors };
  };
}

/** @returns With `lost`: how much of the text it does not understand. */
function parse(parser: Parser, query: Query, text: string): Parsed & { lost: number } {
  const tree = parser.parse(text);
  if (!tree) throw new Error('the parser has no language');
  try {
    const marks: Mark[] = [];
    let syntaxErrors: Parsed['syntaxErrors'] = null;
    let lost = 0;
    let isOrdered = true;
    let lastStart = 0;
    let lastEnd = 0;
    for (const { name, node } of query.captures(tree.rootNode)) {
      const line = node.startPosition.row + 1;
      if (name === 'syntaxerror') {
        syntaxErrors ??= { count: 0, line };
        syntaxErrors.count += 1;
        lost += 1 + node.endIndex - node.startIndex;
        continue;
      }
      const start = node.startIndex;
      const end = node.endIndex;
      if (start < lastStart || (start === lastStart && end > lastEnd)) isOrdered = false;
      [lastStart, lastEnd] = [start, end];
      marks.push({ name, start, end, line });
    }
    if (!isOrdered) marks.sort((a, b) => a.start - b.start || b.end - a.end);
    return { marks, syntaxErrors, lost };
  } finally {
    // What is not deleted stays in WebAssembly's memory.
    tree.delete();
  }
}
