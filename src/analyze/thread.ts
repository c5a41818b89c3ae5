/** A worker thread that makes facts of texts. */
import { parentPort } from 'node:worker_threads';
import { extractFacts } from './extract.js';
import { languageNamed } from './languages.js';
import { heapSize, openParser } from './parser.js';
import { serve } from './serve.js';

const parsers = new Map<string, ReturnType<typeof openParser>>();

serve(
  parentPort,
  async ({ language: name, text }) => {
    const language = languageNamed(name);
    if (!language) throw new Error(`no language ${name}`);
    const opened = parsers.get(name) ?? openParser(language);
    parsers.set(name, opened);
    const parse = await opened;
    return extractFacts(text, parse(text), language);
  },
  heapSize,
);
