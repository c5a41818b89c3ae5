/**
 * Which statements only look at a server's database. What changes it, the server refuses by itself in a
 * transaction that reads; but such a one may read and write files, and change what is no graph.
 */
import { describeClause, isWritingClause, READING as COMMON, type Refusal } from './readonly.js';
import { isName, isSymbol, isWord, nameOf, type Token } from './tokens.js';

/** With what a statement may begin. */
export const READING = [...COMMON, 'SHOW'];

/** Procedures that say something of the database, or compute it; others read files, or run anything. */
const PROCEDURES = new RegExp(
  String.raw`^(?:${[
    String.raw`db\.(?:labels|relationshipTypes|propertyKeys|info|ping|awaitIndex(?:es)?)`,
    String.raw`db\.schema\.\w+`,
    String.raw`db\.index\.(?:fulltext|vector)\.(?:query|list)\w+`,
    String.raw`dbms\.(?:components|info|showCurrentUser|listConfig|listConnections|listCapabilities)`,
    String.raw`apoc\.(?:algo|meta|neighbors|path|search)\..+`,
    String.raw`gds\..+\.(?:stream|stats|estimate)`,
    String.raw`gds\.(?:list|graph\.list|graph\.exists)`,
  ].join('|')})$`,
  'i',
);

/**
 * The first thing in a statement that is not known to be mere reading.
 *
 * @param cypher - The whole text, also what is between the tokens.
 */
export function refusalOf(statement: readonly Token[], cypher: string): Refusal | undefined {
  const hidden = hiddenCharacter(statement, cypher);
  if (hidden) return hidden;
  const begin = statement.find((token) => !isWord(token, 'EXPLAIN', 'PROFILE'));
  if (!begin) return undefined;
  if (!isWord(begin, ...READING)) return { what: describeClause(begin), at: begin };
  for (const [i, token] of statement.entries()) {
    if (isName(statement, i)) continue;
    if (isWord(token, 'LOAD') && isWord(statement[i + 1], 'CSV')) {
      return { what: 'LOAD CSV has the server read a file, or fetch one', at: token };
    }
    if (isWord(token, 'APOC') && isSymbol(statement[i + 1], '.') && isCypher(statement[i + 2])) {
      return { what: 'apoc.cypher runs any other statement', at: token };
    }
    if (isWord(token, 'CALL')) {
      const refusal = refusedCall(statement, i);
      if (refusal) return refusal;
    }
    if (isWritingClause(statement, i)) return { what: describeClause(token), at: token };
  }
  return undefined;
}

/**
 * A server reads escapes before all else: `LO\u0041D CSV` is LOAD CSV, and `\u0027` ends a text. So none
 * may stand but in a text, and there none of a quotation mark or a backslash.
 */
function hiddenCharacter(statement: readonly Token[], cypher: string): Refusal | undefined {
  for (const { 0: text, 1: digits = '', index: start } of cypher.matchAll(/\\u([\da-f]{4})/gi)) {
    const end = start + text.length;
    const isInText = statement.some(
      (token) => token.is === 'text' && token.start < start && end < token.end,
    );
    if (isInText && !`'"\\`.includes(String.fromCharCode(parseInt(digits, 16)))) continue;
    const what = `${text} hides from kgload what the server reads there: write the character itself`;
    return { what, at: { is: 'symbol', text, start, end, depth: 0 } };
  }
  return undefined;
}

function isCypher(token: Token | undefined): boolean {
  return token !== undefined && nameOf(token).toLowerCase() === 'cypher';
}

/** `CALL db.labels()`, also without parentheses; `CALL { … }` and `CALL (n) { … }` call nothing. */
function refusedCall(statement: readonly Token[], call: number): Refusal | undefined {
  const first = statement[call + 1];
  if (!first || (first.is !== 'word' && first.is !== 'quoted')) return undefined;
  let name = nameOf(first);
  for (let at = call + 2; isSymbol(statement[at], '.'); at += 2) {
    const part = statement[at + 1];
    name += `.${part ? nameOf(part) : ''}`;
  }
  if (PROCEDURES.test(name)) return undefined;
  return { what: `the procedure ${name} is not known to be harmless`, at: first };
}
