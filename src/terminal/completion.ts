/** What may stand at the end of a line of Cypher. */
import { KEYWORDS } from '../cypher/keywords.js';
import { isSymbol, nameOf, tokensOf } from '../cypher/tokens.js';
import type { GraphSchema } from '../types.js';

/**
 * @param text - Of the statement before the cursor.
 * @returns What completes it, and the part of the line that this replaces.
 */
export function completionsOf(
  text: string,
  { nodes, edges }: GraphSchema,
  commands: readonly string[],
): [string[], string] {
  if (/^\.\w*$/.test(text)) return matching(commands, text);
  const [word = ''] = /[\p{ID_Continue}`]*$/u.exec(text) ?? [];
  const before = text
    .slice(0, text.length - word.length)
    .trimEnd()
    .at(-1);
  const tables = [...nodes, ...edges];
  if (before === ':' || before === '|') {
    return matching(
      tables.map(({ name }) => quoted(name)),
      word,
    );
  }
  if (before === '.') {
    const [variable = ''] =
      /([\p{ID_Continue}]+)\.[\p{ID_Continue}`]*$/u.exec(text)?.slice(1) ?? [];
    const labels = labelsOf(text, variable);
    const own = tables.filter(({ name }) => labels.includes(name));
    const known = (own.length > 0 ? own : tables).flatMap(({ properties }) =>
      properties.map(({ name }) => quoted(name)),
    );
    return matching([...new Set(known)], word);
  }
  if (word === '') return [[], ''];
  const isLower = word === word.toLowerCase();
  return matching(
    KEYWORDS.map((keyword) => (isLower ? keyword.toLowerCase() : keyword)),
    word,
  );
}

/** Names that are no words are within backticks. */
function quoted(name: string): string {
  return /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name) ? name : `\`${name}\``;
}

function matching(words: readonly string[], begun: string): [string[], string] {
  const lower = begun.toLowerCase();
  return [words.filter((word) => word.toLowerCase().startsWith(lower)).sort(), begun];
}

/** The tables that a pattern gives a variable. */
function labelsOf(text: string, variable: string): string[] {
  const tokens = tokensOf(text);
  const labels: string[] = [];
  for (const [i, token] of tokens.entries()) {
    const opening = tokens[i - 1];
    const isThere = isSymbol(opening, '(') || isSymbol(opening, '[');
    if (!isThere || nameOf(token) !== variable) continue;
    let at = i + 1;
    while (isSymbol(tokens[at], ':') || isSymbol(tokens[at], '|')) {
      const label = tokens[at + 1];
      if (label) labels.push(nameOf(label));
      at += 2;
    }
  }
  return labels;
}
