/** JavaScript and TypeScript. */
import type { Language, Rules } from '../language.js';
import { findEcmaModule } from './ecmamodules.js';

const rules: Rules = {
  self: { words: ['this'] },
  marksSelf: true,
  super: ['super'],
  constructors: ['constructor'],
  classMembers: ['constructor'],
  seesClassNames: false,
  hidesNames: true,
  module: 'file',
  isPublic: (name, modifiers) =>
    !name.startsWith('#') && !/\b(?:private|protected)\b/.test(modifiers),
  decorators: { statics: [], classMethods: [], properties: [] },
  separators: ['.'],
  prefixes: ['await', 'new'],
  choices: { conditional: '?:', either: ['??', '||'], both: ['&&'] },
  casts: { changes: ['as'], checks: ['satisfies'], vague: ['any', 'unknown', 'const'] },
  givers: ['Object.freeze', 'Object.seal'],
  trustsTypes: true,
  takesApart: true,
  hasHashNames: true,
  bracesConstruct: false,
  typePrefixes: ['readonly'],
  types: {
    transparent: [
      'Promise',
      'PromiseLike',
      'Awaited',
      'Readonly',
      'Partial',
      'Required',
      'NonNullable',
    ],
    collections: [
      'Array',
      'ReadonlyArray',
      'Set',
      'ReadonlySet',
      'Map',
      'ReadonlyMap',
      'WeakMap',
      'WeakSet',
      'Iterable',
      'IterableIterator',
      'AsyncIterable',
      'Record',
    ],
    itemCalls: ['at', 'find', 'findLast', 'get', 'pop', 'shift'],
    sameCalls: [
      'concat',
      'filter',
      'reverse',
      'slice',
      'sort',
      'splice',
      'toReversed',
      'toSorted',
      'values',
    ],
    bracketsPick: true,
    awaitedCalls: ['then'],
    functions: '=>',
    itemCallbacks: [
      'every',
      'filter',
      'find',
      'findIndex',
      'findLast',
      'flatMap',
      'forEach',
      'map',
      'some',
    ],
    ofValues: ['typeof'],
    classes: [],
    nothings: ['null', 'undefined', 'void'],
    self: ['this'],
  },
};

const common = {
  rules,
  describeImport: ({ module, name, isFrom, kind }) => ({
    importedName: name === undefined ? module : `${module}#${name}`,
    importType:
      (kind === 'import' ? 'dynamic' : kind) ?? (isFrom && name !== undefined ? 'from' : 'module'),
    isRelative: /^\.\.?(?:\/|$)/.test(module),
  }),
  findModule: findEcmaModule,
  // `exports`, and `module.exports`.
  findRootModule: (name, importer) =>
    name === 'exports' || name === 'module' ? { file: importer } : undefined,
  findSubmodule: (module, name) => (name === 'exports' ? module : undefined),
} satisfies Partial<Language>;

export const typescript: Language = {
  ...common,
  rules: { ...rules, declaresFields: true },
  name: 'typescript',
  files: ['.ts', '.tsx', '.mts', '.cts'],
  grammar: ['tree-sitter-typescript', 'tree-sitter-tsx'],
  query: ['ecmascript', 'typescript'],
  mend,
};

export const javascript: Language = {
  ...common,
  name: 'javascript',
  files: ['.js', '.jsx', '.mjs', '.cjs'],
  interpreters: ['node'],
  grammar: 'tree-sitter-javascript',
  query: ['ecmascript', 'javascript'],
};

/** Longer texts are not written by hand. */
const LONGEST = 1_000_000;

/** What the grammar does not know: modifiers of type parameters, and signatures with no sign between them. */
function mend(text: string): string[] {
  if (text.length > LONGEST) return [];
  const plain = text.replace(
    /([<,](?:\s|\/\*[^]{0,2000}?\*\/|\/\/.*\n)*)(in\s+out|in|out|const)(?=\s+[\p{L}_$])/gu,
    (_all, before: string, words: string) => before + words.replace(/\S/g, ' '),
  );
  const separated = plain.replace(
    /([\w$>)\]}'"`])((?:[ \t\r\n]|\/\*[^]{0,2000}?\*\/|\/\/.*\n)*\n[ \t]*)[ \t](?=[<(])/g,
    (_all, before: string, blank: string) => `${before}${blank};`,
  );
  return [plain, separated];
}
