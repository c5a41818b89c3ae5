/** What is wrong with a query that an engine refuses, where in it, and what may be meant. */
import { KEYWORDS } from '../cypher/keywords.js';
import { isSymbol, isWord, nameOf, tokensOf, type Token } from '../cypher/tokens.js';
import { firstLine } from '../engine/messages.js';
import type { Catalog } from '../model/differences.js';
import { similarTo } from '../model/similar.js';
import type { Problem, QueryPosition } from '../types.js';

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
  const meant = token.is === 'word' ? similarTo(token.text, KEYWORDS) : undefined;
  return {
    code: 'QUERY_INVALID',
    message: `the query can't be read from ${quoted(token.text)} on`,
    ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
    position: placeOf(cypher, token.start),
  };
}

/** A name that the engine does not know. */
interface Unknown {
  message: string;
  name: string;
  /** What may be meant. */
  known: readonly string[];
  /** Whether a token is the name, by what stands before it. */
  isThere: (token: Token, before: Token | undefined) => boolean;
}

function unbound(
  complaint: string,
  cypher: string,
  tokens: readonly Token[],
  names: Names,
): Problem {
  const message = firstLine(complaint).replace(/^\w+ exception: /i, '');
  const unknown = unknownName(message, tokens, names);
  if (!unknown) {
    const words = message.charAt(0).toLowerCase() + message.slice(1);
    const why = words.replace(/ Supported inputs are$/, '').replace(/\.$/, '');
    return { code: 'QUERY_INVALID', message: `the query is refused: ${why}` };
  }
  const meant = similarTo(unknown.name, unknown.known);
  const found = tokens.find((token, i) => unknown.isThere(token, tokens[i - 1]));
  return {
    code: 'QUERY_INVALID',
    message: unknown.message,
    ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
    ...(found && { position: placeOf(cypher, found.start) }),
  };
}

/** The words are the same in Kuzu 0.11.3 and Ladybug 0.19.1. */
function unknownName(
  message: string,
  tokens: readonly Token[],
  { catalog, functions }: Names,
): Unknown | undefined {
  const tables = [...catalog.values()];
  const isNamed = (token: Token, name: string): boolean =>
    (token.is === 'word' || token.is === 'quoted') && nameOf(token) === name;
  const isAfter = (before: Token | undefined, ...signs: string[]): boolean =>
    signs.some((sign) => isSymbol(before, sign));

  const [, property, owner = ''] = /^Cannot find property (.*) for (.*)\.$/s.exec(message) ?? [];
  if (property !== undefined) {
    return {
      message: `${owner} has no property ${property}`,
      name: property,
      known: tables.flatMap(({ properties }) => properties.map(({ name }) => name)),
      isThere: (token, before) => isNamed(token, property) && isAfter(before, '.', '{', ','),
    };
  }
  const [, called] = /^function (\S+) (?:does not exist|is not defined)/s.exec(message) ?? [];
  if (called !== undefined) {
    const lower = called.toLowerCase();
    return {
      message: `there is no function ${lower}`,
      name: lower,
      known: functions.map((name) => name.toLowerCase()),
      isThere: (token) => token.is === 'word' && token.text.toLowerCase() === lower,
    };
  }
  const [, table] = /^(?:Table )?(.*) does not exist(?: in catalog)?\.$/s.exec(message) ?? [];
  if (table !== undefined) {
    return {
      message: `there is no table ${table}`,
      name: table,
      known: tables.map(({ name }) => name),
      isThere: (token, before) =>
        [`'${table}'`, `"${table}"`].includes(token.text) ||
        (isNamed(token, table) && isAfter(before, ':', '|')),
    };
  }
  const [, variable] = /^Variable (.*) is not in scope/s.exec(message) ?? [];
  if (variable === undefined) return undefined;
  return {
    message: `there is no variable ${variable}`,
    name: variable,
    known: tokens
      .filter((token, i) => isVariable(tokens, i) && !isNamed(token, variable))
      .map(nameOf),
    isThere: (token, before) => isNamed(token, variable) && !isAfter(before, '.', ':'),
  };
}

/** What a pattern or an alias may have introduced. */
function isVariable(tokens: readonly Token[], at: number): boolean {
  const [before, token] = [tokens[at - 1], tokens[at]];
  if (token?.is !== 'word' && token?.is !== 'quoted') return false;
  return isSymbol(before, '(') || isSymbol(before, '[') || isWord(before, 'AS');
}

/** Line and column of a place, from 1. */
export function placeOf(cypher: string, at: number): QueryPosition {
  const lines = cypher.slice(0, at).split('\n');
  return { line: lines.length, column: Array.from(lines.at(-1) ?? '').length + 1 };
}

function quoted(text: string): string {
  const characters = Array.from(text);
  return characters.length > 40 ? `${characters.slice(0, 39).join('')}…` : text;
}
