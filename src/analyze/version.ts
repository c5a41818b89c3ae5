/** What facts depend on beside the text that they are of. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ownFile } from '../files.js';
import { languageNamed } from './languages.js';
import { assetFile, queryText } from './parser.js';

/**
 * Makes the function that says by what key a file's facts are kept: its content, its language, and all
 * that reads it.
 */
export function createKeys(): (hash: string, language: string) => string {
  const code = codeHash();
  const versions = new Map<string, string>();
  return (hash, language) => {
    const version = versions.get(language) ?? versionOf(language, code);
    versions.set(language, version);
    return `${hash} ${language} ${version}`;
  };
}

/** Of the code that threads run: all of this room, or the bundle of it. */
function codeHash(): string {
  const room = new URL('.', import.meta.url);
  const isBundle = !existsSync(new URL('extract.js', room));
  const names = isBundle
    ? ['thread.js']
    : readdirSync(room, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.js'),
      );
  const hash = createHash('sha256');
  for (const name of names.sort()) hash.update(readFileSync(new URL(name, room)));
  return hash.digest('hex');
}

function versionOf(name: string, code: string): string {
  // The parser is as its version says, which is pinned.
  const { dependencies } = JSON.parse(readFileSync(ownFile('package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const hash = createHash('sha256').update(`${code} ${dependencies['web-tree-sitter'] ?? ''}\n`);
  const language = languageNamed(name);
  if (language) {
    hash.update(queryText(language));
    for (const grammar of [language.grammar].flat()) {
      hash.update(readFileSync(assetFile(`${grammar}.wasm`)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
