/** Puts what `kgload analyze` reads beside the code into `dist/analyze`: grammars, queries, their licences. */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LANGUAGES } from '../src/analyze/languages.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GRAMMARS = join(ROOT, 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm');
const QUERIES = join(ROOT, 'src', 'analyze', 'queries');
const target = join(ROOT, 'dist', 'analyze');

mkdirSync(target, { recursive: true });
for (const grammar of new Set(LANGUAGES.flatMap((language) => language.grammar))) {
  copyFileSync(join(GRAMMARS, `${grammar}.wasm`), join(target, `${grammar}.wasm`));
}
for (const query of readdirSync(QUERIES)) copyFileSync(join(QUERIES, query), join(target, query));
copyFileSync(join(ROOT, 'assets', 'grammars', 'LICENSES'), join(target, 'LICENSES'));
