/** The one statement of a query, if it may be asked. */
import type { Parameter } from '../cypher/parameters.js';
import type { Refusal } from '../cypher/readonly.js';
import { statementsOf, type Token, tokensOf } from '../cypher/tokens.js';
import { KgloadError } from '../errors.js';
import { similarTo } from '../model/similar.js';
import { placeOf } from './invalid.js';

/** What is asked; goes from process to process. */
export interface Question {
  cypher: string;
  parameters: ReadonlyMap<string, Parameter>;
  /** Whether it may do more than read the database. */
  write: boolean;
}

/** What only reads, in the Cypher of who is asked. */
export interface Dialect {
  /** With what a statement may begin. */
  reading: readonly string[];
  /** `cypher` is the whole text, also what is between the tokens. */
  refusalOf: (statement: readonly Token[], cypher: string) => Refusal | undefined;
}

/** @throws {KgloadError} `QUERY_INVALID`, `QUERY_REFUSED`. */
export function checkedStatement({ cypher, write }: Question, dialect: Dialect): Token[] {
  const [statement, second] = statementsOf(tokensOf(cypher));
  if (!statement) {
    throw new KgloadError({
      code: 'QUERY_INVALID',
      message: 'the query is empty',
      hint: "say what to look for: 'MATCH (n) RETURN n LIMIT 10'",
    });
  }
  if (second) {
    throw new KgloadError({
      code: 'QUERY_REFUSED',
      message: 'there are several statements, and a query is one',
      hint: 'run them one by one',
      position: placeOf(cypher, second[0]?.start ?? 0),
    });
  }
  const refusal = write ? undefined : dialect.refusalOf(statement, cypher);
  if (!refusal) return statement;
  const { what, at } = refusal;
  const position = placeOf(cypher, at.start);
  if (what === undefined) {
    const meant = similarTo(at.text, dialect.reading);
    throw new KgloadError({
      code: 'QUERY_REFUSED',
      message: `no query begins with ${at.text}`,
      hint:
        meant === undefined ? 'to let the engine see it, say --write' : `did you mean ${meant}?`,
      position,
    });
  }
  throw new KgloadError({
    code: 'QUERY_REFUSED',
    message: `a query only reads the database, but ${what}`,
    hint: 'to allow it, say --write',
    position,
  });
}
