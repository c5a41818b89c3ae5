/** What facts depend on beside the text that they are of. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ownFile } from '../files.js';
import { EXTRACTOR_VERSION } from './extract.js';
import { languageNamed } from './languages.js';
import { assetFile, queryText } from './parser.js';

/**
 * Makes the function that says by what key a file's facts are kept: its content, its language, and all
 * that reads it.
 */
export function createKeys(): (hash: string, language: string) => string {
  const versions = new Map<string, string>();
  return (hash, language) => {
    const version = versions.get(language) ?? versionOf(language);
    versions.set(language, version);
    return `${hash} ${language} ${version}`;
  };
}

function versionOf(name: string): string {
  // Both are as their versions say: the parser's is pinned.
  const { version, dependencies } = JSON.parse(readFileSync(ownFile('package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const engine = dependencies['web-tree-sitter'] ?? '';
  const hash = createHash('sha256').update(`${version} ${EXTRACTOR_VERSION} ${engine}\n`);
  const language = languageNamed(name);
  if (language) {
    const texts = (_key: string, value: unknown): unknown =>
      typeof value === 'function' ? String(value) : value;
    hash.update(JSON.stringify(language, texts)).update(queryText(language));
    for (const name of [language.grammar].flat())
      hash.update(readFileSync(assetFile(`${name}.wasm`)));
  }
  return hash.digest('hex').slice(0, 16);
}
