/** What a query returns, and the same query with the text of some of it besides. */
import { identifier } from './text.js';
import { isName, isSymbol, isWord, nameOf, type Token } from './tokens.js';

/** An item of a RETURN. */
export interface Returned {
  tokens: readonly Token[];
  /** The expression as it is written, without an alias. */
  expression: string;
  /** What the query itself says that the column is called. */
  alias?: string;
  /** `*`: all that is in scope. */
  isAll: boolean;
}

/** The items of every RETURN of a query: several where UNION puts queries together. */
export interface Projection {
  items: readonly Returned[];
  /** Where the items end. */
  end: number;
}

/** The projections of a query; none where it returns nothing. */
export function projectionsOf(cypher: string, statement: readonly Token[]): Projection[] {
  if (isWord(statement[0], 'EXPLAIN', 'PROFILE')) return [];
  return branchesOf(statement).flatMap((branch) => {
    const at = branch.findIndex(
      (token, i) => token.depth === 0 && isWord(token, 'RETURN') && !isName(branch, i),
    );
    if (at < 0) return [];
    const begin = isWord(branch[at + 1], 'DISTINCT') ? at + 2 : at + 1;
    const rest = branch.slice(begin);
    const end = rest.findIndex((_, i) => i > 0 && isEnd(rest, i));
    const tokens = end < 0 ? rest : rest.slice(0, end);
    const items = splitItems(tokens).map((item) => toReturned(cypher, item));
    return [{ items, end: tokens.at(-1)?.end ?? cypher.length }];
  });
}

/** UNION is reserved. */
function branchesOf(statement: readonly Token[]): Token[][] {
  const branches: Token[][] = [[]];
  for (const [i, token] of statement.entries()) {
    if (token.depth === 0 && isWord(token, 'UNION') && !isName(statement, i)) branches.push([]);
    else branches.at(-1)?.push(token);
  }
  return branches;
}

/** ORDER BY, SKIP and LIMIT, which are words that a variable may be called by. */
function isEnd(tokens: readonly Token[], at: number): boolean {
  const [before, token, next] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  if (token?.depth !== 0 || isName(tokens, at)) return false;
  if (isWord(token, 'ORDER')) return isWord(next, 'BY');
  if (!isWord(token, 'SKIP', 'LIMIT') || !next || isSymbol(next, ',')) return false;
  return before?.is !== 'symbol' || ')]}*'.includes(before.text);
}

function splitItems(tokens: readonly Token[]): Token[][] {
  const items: Token[][] = [[]];
  for (const token of tokens) {
    if (token.depth === 0 && isSymbol(token, ',')) items.push([]);
    else items.at(-1)?.push(token);
  }
  return items;
}

function toReturned(cypher: string, item: readonly Token[]): Returned {
  const last = item.at(-1);
  const isNamed = item.length > 2 && isWord(item.at(-2), 'AS') && item.at(-2)?.depth === 0;
  const tokens = isNamed ? item.slice(0, -2) : item;
  const [from, to] = [tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0];
  return {
    tokens,
    expression: cypher.slice(from, to),
    ...(isNamed && last && { alias: nameOf(last) }),
    isAll: tokens.length === 1 && isSymbol(tokens[0], '*'),
  };
}

/** What the columns that were added are called: the nth of them. */
export function textColumn(n: number): string {
  return `kgload text ${n}`;
}

/**
 * The query with the text of some of its columns as further columns: the engines' own text has all the
 * digits that their Node interfaces lose.
 *
 * @param expressions - Of each projection, those whose text is wanted.
 */
export function withTexts(
  cypher: string,
  projections: readonly Projection[],
  expressions: readonly (readonly string[])[],
): string {
  let text = '';
  let at = 0;
  for (const [i, { end }] of projections.entries()) {
    const added = (expressions[i] ?? []).map(
      (expression, n) => `, CAST(${expression} AS STRING) AS ${identifier(textColumn(n))}`,
    );
    text += cypher.slice(at, end) + added.join('');
    at = end;
  }
  return text + cypher.slice(at);
}

/** The query with `*` for what it calls and does not return. */
export function returningAll(cypher: string): string {
  return `${cypher.replace(/[\s;]+$/, '')} RETURN *`;
}

/** Whether each call of a function that it names gives another value. */
export function isVolatile(statement: readonly Token[]): boolean {
  return statement.some(
    (token, i) =>
      (token.is === 'word' || token.is === 'quoted') &&
      /^(gen_random_uuid|random|rand|setseed|nextval)$/i.test(nameOf(token)) &&
      isSymbol(statement[i + 1], '('),
  );
}
