/** The languages that are analysed. */
import type { Language } from './language.js';
import { javascript, typescript } from './languages/ecmascript.js';
import { go } from './languages/go.js';
import { java } from './languages/java.js';
import { python } from './languages/python.js';
import { rust } from './languages/rust.js';

export const LANGUAGES: readonly Language[] = [python, typescript, javascript, java, go, rust];

const byEnd = new Map<string, Language>();
const byName = new Map<string, Language>();
for (const language of LANGUAGES) {
  for (const name of language.files) (name.startsWith('.') ? byEnd : byName).set(name, language);
}

/**
 * By the file's name; where that has no ending, by its first line.
 *
 * @param readFirstLine - Called only where the name tells nothing.
 */
export function languageOfFile(path: string, readFirstLine: () => string): Language | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const known = byName.get(name);
  if (known) return known;
  const dot = name.lastIndexOf('.');
  if (dot > 0) return byEnd.get(name.slice(dot).toLowerCase());
  if (dot === 0) return undefined;
  const program = /^#!.*?([a-z]+)[\d.]*\s*(?:-.*)?$/.exec(readFirstLine())?.[1];
  return program === undefined
    ? undefined
    : LANGUAGES.find(({ interpreters }) => interpreters?.includes(program));
}

export function languageNamed(name: string): Language | undefined {
  return LANGUAGES.find((language) => language.name === name);
}
