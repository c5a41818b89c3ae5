/** What is wrong with a query that an engine refuses, where in it, and what may be meant. */
import { KEYWORDS } from '../cypher/keywords.js';
import { isSymbol, isWord, nameOf, tokensOf, type Token } from '../cypher/tokens.js';
import { firstLine } from '../engine/messages.js';
import type { Catalog } from '../model/differences.js';
import { mostSimilar } from '../model/similar.js';
import type { Problem } from '../types.js';

/** What the names in a query may mean. */
export interface Names {
  catalog: Catalog;
  functions: readonly string[];
}

/** @param complaint - In the engine's words, of the query as it was given. */
export function invalidQuery(complaint: string, cypher: string, names: Names): Problem {
  const tokens = tokensOf(cypher);
  return unparsable(complaint, cypher, tokens) ?? unbound(complaint, cypher, tokens, names);
}

/** The engine counts lines from 1 and characters, not their halves, from 0. */
function unparsable(
  complaint: string,
  cypher: string,
  tokens: readonly Token[],
): Problem | undefined {
  const [, line = '', offset = ''] = /\(line: (\d+), offset: (\d+)\)/.exec(complaint) ?? [];
  if (!complaint.startsWith('Parser exception') || line === '') return undefined;
  const lines = cypher.split('\n');
  const start = lines.slice(0, Number(line) - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const text = Array.from(lines[Number(line) - 1] ?? '');
  const at = start + text.slice(0, Number(offset)).join('').length;
  const token = tokens.find(({ end }) => end > at);
  if (!token) {
    return {
      code: 'QUERY_INVALID',
      message: 'the query ends where more is expected',
      position: placeOf(cypher, tokens.at(-1)?.end ?? 0),
    };
  }
  const meant = token.is === 'word' ? mostSimilar(token.text, KEYWORDS) : undefined;
  return {
    code: 'QUERY_INVALID',
    message: `the query can't be read from ${quoted(token.text)} on`,
    ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
    position: placeOf(cypher, token.start),
  };
}

function unbound(
  complaint: string,
  cypher: string,
  tokens: readonly Token[],
  { catalog, functions }: Names,
): Problem {
  const tables = [...catalog.values()];
  const message = withoutPrefix(complaint);
  const of = (
    name: string,
    known: readonly string[],
    isThere: (token: Token, before: Token | undefined) => boolean,
  ): Problem => {
    const meant = mostSimilar(name, known);
    const found = tokens.find((token, i) => isThere(token, tokens[i - 1]));
    return {
      code: 'QUERY_INVALID',
      message,
      ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
      ...(found && { position: placeOf(cypher, found.start) }),
    };
  };
  const named = (name: string, token: Token): boolean =>
    (token.is === 'word' || token.is === 'quoted') && nameOf(token) === name;

  const [, property] = /Cannot find property (.*) for /s.exec(message) ?? [];
  if (property !== undefined) {
    const known = tables.flatMap(({ properties }) => properties.map(({ name }) => name));
    const isProperty = (token: Token, before: Token | undefined): boolean =>
      named(property, token) && ['.', '{', ','].some((sign) => isSymbol(before, sign));
    return of(property, known, isProperty);
  }
  const [, table] = /^(?:Table )?(.*) does not exist(?: in catalog)?\.$/s.exec(message) ?? [];
  const [, called] = /^function (\S+) (?:does not exist|is not defined)/s.exec(message) ?? [];
  if (called !== undefined) {
    const isCalled = (token: Token): boolean =>
      token.is === 'word' && token.text.toUpperCase() === called.toUpperCase();
    return of(called, functions, isCalled);
  }
  if (table !== undefined) {
    const isTable = (token: Token, before: Token | undefined): boolean =>
      token.text === `'${table}'` ||
      token.text === `"${table}"` ||
      (named(table, token) && [':', '|'].some((sign) => isSymbol(before, sign)));
    return of(
      table,
      tables.map(({ name }) => name),
      isTable,
    );
  }
  const [, variable] = /^Variable (.*) is not in scope/s.exec(message) ?? [];
  if (variable !== undefined) {
    const known = tokens.filter((token, i) => isVariable(tokens, i) && !named(variable, token));
    const isUsed = (token: Token, before: Token | undefined): boolean =>
      named(variable, token) && !isSymbol(before, '.') && !isSymbol(before, ':');
    return of(variable, known.map(nameOf), isUsed);
  }
  return of('', [], () => false);
}

/** What a pattern or an alias may have introduced. */
function isVariable(tokens: readonly Token[], at: number): boolean {
  const [before, token] = [tokens[at - 1], tokens[at]];
  if (token?.is !== 'word' && token?.is !== 'quoted') return false;
  return isSymbol(before, '(') || isSymbol(before, '[') || isWord(before, 'AS');
}

/** `Binder exception: …`; the engine goes on with help in further lines. */
function withoutPrefix(complaint: string): string {
  return firstLine(complaint).replace(/^\w+ exception: /i, '');
}

/** Line and column of a place, from 1. */
export function placeOf(cypher: string, at: number): { line: number; column: number } {
  const lines = cypher.slice(0, at).split('\n');
  return { line: lines.length, column: Array.from(lines.at(-1) ?? '').length + 1 };
}

function quoted(text: string): string {
  const characters = Array.from(text);
  return characters.length > 40 ? `${characters.slice(0, 39).join('')}…` : text;
}
