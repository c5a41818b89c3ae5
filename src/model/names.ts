/** Names of tables and of the files that fill them, as people write either. */
import pluralize from 'pluralize-esm';
import type { Endpoints, RelTable } from '../types.js';

pluralize.addIrregularRule('cache', 'caches');
pluralize.addIrregularRule('cookie', 'cookies');
for (const word of ['data', 'metadata', /(?:^|_)(?:\w{1,3}|\w*(?:[iu]s|canvas))$/i]) {
  pluralize.addUncountableRule(word);
}

/** `ContainsFunction`, `CONTAINS_FUNCTION`, `contains-function` → `contains_function`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}

/** {@link snakeCase} with the last word in the singular: `airport_routes` → `airport_route`. */
export function singularName(name: string): string {
  const words = snakeCase(name).split('_');
  const last = words.pop() ?? '';
  return [...words, pluralize.singular(last)].join('_');
}

/** Every way in which people write the name of a table in a column: lower case, `_` between words. */
export function labelSpellings(name: string): string[] {
  const singular = singularName(name);
  const words = singular.split('_');
  const last = words.pop() ?? '';
  const plural = [...words, pluralize.plural(last)].join('_');
  return [name.toLowerCase(), snakeCase(name), singular, plural];
}

/** The node table of a file: `airport_routes` → `AirportRoute`. */
export function nodeTableName(stem: string): string {
  const words = singularName(stem).split('_');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** The rel table of a file: `contains-function` → `CONTAINS_FUNCTION`. */
export function relTableName(stem: string): string {
  return snakeCase(stem).toUpperCase();
}

/** A table's name as the name of a file: what no file system takes is percent-encoded. */
export function fileNameOf(table: string): string {
  return table.replace(/[^\p{L}\p{N} _.-]|^[._]/gu, (character) =>
    encodeURIComponent(character).replace(/^[._]$/, (dot) => `%${dot.charCodeAt(0).toString(16)}`),
  );
}

/** Ways to look at a name, the strictest first. */
const LEVELS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  snakeCase,
  singularName,
];

/** How well a name fits: 0 is exact. */
export interface Fit<T> {
  owner: T;
  level: number;
}

/** Finds whose name is meant: first the exact one, then ignoring case, separators and number. */
export function matchNames<T>(
  owners: readonly { owner: T; names: readonly string[] }[],
): (name: string) => Fit<T> | undefined {
  // Most names fit exactly, and the looser views take their time.
  const levels = LEVELS.map((view) => ({ view, found: undefined as Map<string, T> | undefined }));
  const ownersBy = (view: (name: string) => string): Map<string, T> => {
    const found = new Map<string, T>();
    for (const { owner, names } of owners) {
      for (const name of names.map(view)) if (!found.has(name)) found.set(name, owner);
    }
    return found;
  };
  return (name) => {
    for (const [level, entry] of levels.entries()) {
      entry.found ??= ownersBy(entry.view);
      const owner = entry.found.get(entry.view(name));
      if (owner !== undefined) return { owner, level };
    }
    return undefined;
  };
}
/** The files of one pair of node tables, the first as `kgload export` names it. */

export function pairFileNames({ name, file }: RelTable, { from, to }: Endpoints): string[] {
  return [...new Set([file, fileNameOf(name), name])].map((stem) =>
    stem === name ? `${name}_${from}_${to}` : `${stem}_${fileNameOf(from)}_${fileNameOf(to)}`,
  );
}
