/** Cypher text as tokens, as the engines' lexers tell them apart (Cypher.g4 of Kuzu 0.11.3). */

export interface Token {
  is: 'word' | 'quoted' | 'text' | 'parameter' | 'number' | 'symbol';
  /** As it is written. */
  text: string;
  start: number;
  end: number;
  /** In how many brackets of any kind it stands; a bracket itself stands outside. */
  depth: number;
}

/** Longest first; what is between tokens, spaces and comments, has a group of its own. */
const TOKEN = new RegExp(
  [
    String.raw`(?<space>[\s\u001c-\u001f\u180e]+|\/\*(?:[^*]|\*[^/])*\*\/|\/\/[^\n\r]*)`,
    String.raw`(?<text>'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*")`,
    '(?<quoted>`[^`]*`)',
    String.raw`(?<parameter>\$(?:[\p{ID_Start}\p{Pc}][\p{ID_Continue}\p{Sc}]*|\d+|${'`[^`]*`'}))`,
    String.raw`(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)`,
    String.raw`(?<word>[\p{ID_Start}\p{Pc}][\p{ID_Continue}\p{Sc}]*)`,
    '(?<symbol>[^])',
  ].join('|'),
  'giu',
);

const KINDS = ['text', 'quoted', 'parameter', 'number', 'word', 'symbol'] as const;

export function tokensOf(cypher: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (const match of cypher.matchAll(TOKEN)) {
    const groups: Record<string, string | undefined> = match.groups ?? {};
    const is = KINDS.find((kind) => groups[kind] !== undefined);
    if (is === undefined) continue;
    const [text] = match;
    if (is === 'symbol' && ')]}'.includes(text)) depth = Math.max(0, depth - 1);
    tokens.push({ is, text, start: match.index, end: match.index + text.length, depth });
    if (is === 'symbol' && '([{'.includes(text)) depth += 1;
  }
  return tokens;
}

/** Whether a token is this keyword, in any letters. */
export function isWord(token: Token | undefined, ...words: string[]): boolean {
  return token?.is === 'word' && words.includes(token.text.toUpperCase());
}

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.is === 'symbol' && token.text === text;
}

/** A name without its quotation marks. */
export function nameOf({ text }: Token): string {
  return text.replaceAll('`', '');
}

/** Whether the token at a place is a name, though it may look like a keyword. */
export function isName(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return ['.', ':', '|'].some((sign) => isSymbol(before, sign)) || isWord(before, 'AS');
}

/** The statements, as far as they hold anything. */
export function statementsOf(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (isSymbol(token, ';')) statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.filter((statement) => statement.length > 0);
}
