/** What the analyser makes of a directory, in lines that people can check against the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { extractFacts } from '../src/analyze/extract.js';
import type { Facts, Target } from '../src/analyze/facts.js';
import type { Language } from '../src/analyze/language.js';
import { languageOfFile } from '../src/analyze/languages.js';
import { openParser } from '../src/analyze/parser.js';
import { createFileResolver } from '../src/analyze/resolve.js';

export async function languageRows(root: string): Promise<string[]> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
  const facts = new Map<string, Facts>();
  const languages = new Map<string, Language>();
  for (const file of files) {
    const language = languageOfFile(file, () => '');
    if (!language) continue;
    const text = readFileSync(join(root, file), 'utf8');
    const parse = await openParser(language);
    facts.set(file, extractFacts(text, parse(text), language));
    languages.set(file, language);
  }
  const known = [...facts.keys()];
  const directoryOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')));
  const ancestorsOf = (file: string): string[] => {
    const directory = directoryOf(file);
    return directory === '' ? [''] : [directory, ...ancestorsOf(directory)];
  };
  const resolve = createFileResolver({
    symbolsOf: (file) => facts.get(file)?.symbols,
    languageOf: (file) => {
      const language = languages.get(file);
      if (!language) throw new Error(`${file} is of no language`);
      return language;
    },
    project: {
      name: basename(root),
      hasFile: (path) => facts.has(path),
      hasDirectory: (path) => known.some((file) => file.startsWith(`${path}/`)),
      filesIn: (path) => known.filter((file) => directoryOf(file) === path),
      directories: () => [...new Set(known.flatMap(ancestorsOf))],
      read: (path) => (files.includes(path) ? readFileSync(join(root, path), 'utf8') : undefined),
    },
    extendersOf: (name) =>
      known.filter((file) => {
        const { functions = [], extensions = [] } = facts.get(file)?.symbols ?? {};
        const last = (path: string): string | undefined => path.split('.').at(-1);
        return (
          functions.some(({ receiver }) => receiver !== undefined && last(receiver) === name) ||
          extensions.some(({ type }) => last(type) === name)
        );
      }),
  });

  const rows: string[] = [];
  const at = (name: string, ordinal: number): string => (ordinal ? `${name}#${ordinal}` : name);
  for (const [file, { symbols, sites, decorators, exceptions }] of facts) {
    const { functions, classes, variables, attributes, imports } = symbols;
    const nameOf = (
      table: 'functions' | 'classes' | 'variables' | 'attributes',
      { file: of, at: i }: Target,
    ): string => {
      const fact = facts.get(of)?.symbols[table][i];
      return `${of === file ? '' : `${of}:`}${at(fact?.qualifiedName ?? '?', fact?.ordinal ?? 0)}`;
    };
    const own = (i: number): Target => ({ file, at: i });
    const add = (table: string, ...parts: (string | number | false | undefined)[]): void => {
      rows.push([file, table, ...parts.filter((part) => part !== false && part !== '')].join(' '));
    };
    add('File', languages.get(file)?.name);
    for (const fact of functions) {
      const lines = `${fact.startLine}-${fact.endLine}`;
      add('Function', at(fact.qualifiedName, fact.ordinal), lines, fact.isPublic && 'public');
      if (fact.class !== undefined) {
        add(
          'METHOD_OF',
          at(fact.qualifiedName, fact.ordinal),
          '->',
          nameOf('classes', own(fact.class)),
        );
      }
    }
    for (const fact of classes) {
      const lines = `${fact.startLine}-${fact.endLine}`;
      add(
        'Class',
        at(fact.qualifiedName, fact.ordinal),
        lines,
        fact.isPublic && 'public',
        `(${fact.bases.join(',')})`,
      );
    }
    for (const fact of variables)
      add('Variable', at(fact.qualifiedName, fact.ordinal), fact.line, fact.scope);
    for (const fact of attributes) {
      add(
        'Attribute',
        at(fact.qualifiedName, fact.ordinal),
        fact.line,
        fact.isClassAttribute && 'class',
        fact.typeHint && `: ${fact.typeHint}`,
      );
    }
    for (const fact of imports) {
      add(
        'Import',
        fact.importedName,
        fact.line,
        fact.importType,
        fact.alias && `as ${fact.alias}`,
        fact.isRelative && 'relative',
      );
    }
    for (const fact of decorators) {
      add(
        'DECORATED_BY',
        nameOf('functions', own(fact.function)),
        fact.position,
        fact.name,
        fact.line,
        fact.arguments && `(${fact.arguments})`,
      );
    }
    for (const fact of exceptions) {
      add(
        'HANDLES_EXCEPTION',
        nameOf('functions', own(fact.function)),
        fact.context,
        fact.name,
        fact.line,
      );
    }
    const resolved = resolve(file, symbols, sites);
    for (const { from, to } of resolved.methods) {
      add('METHOD_OF', nameOf('functions', own(from)), '->', nameOf('classes', to));
    }
    for (const { from, to } of resolved.inherits) {
      add('INHERITS', nameOf('classes', from), '->', nameOf('classes', to));
    }
    for (const { from, to, line, rule } of resolved.calls) {
      add('CALLS', nameOf('functions', own(from)), '->', nameOf('functions', to), line, rule);
    }
    for (const { from, to, line, context } of resolved.references) {
      add(
        'REFERENCES',
        nameOf('functions', own(from)),
        '->',
        nameOf('variables', to),
        line,
        context,
      );
    }
    for (const { from, to, line, access } of resolved.accesses) {
      add('ACCESSES', nameOf('functions', own(from)), '->', nameOf('attributes', to), line, access);
    }
    for (const what of ['calls', 'bases'] as const) {
      const counts = Object.entries(resolved.unresolved[what]).filter(([, count]) => count > 0);
      if (counts.length > 0) add(what, ...counts.map(([name, count]) => `${name} ${count}`));
    }
  }
  return rows;
}
