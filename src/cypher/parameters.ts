/** Values that are put into a query without being read as Cypher. */
import { KgloadError } from '../errors.js';
import { cast } from './rows.js';
import { identifier, literal } from './text.js';
import { nameOf, type Token, tokensOf } from './tokens.js';

/** A value of a parameter. `exact` is a number by its digits: JavaScript's have too few. */
export type Parameter =
  | null
  | boolean
  | string
  | { exact: string }
  | readonly Parameter[]
  | { fields: readonly (readonly [string, Parameter])[] };

/** What the engines' Node interfaces take as it is meant. */
export type Bound = string | number | boolean | Bound[];

export interface BoundQuery {
  cypher: string;
  values: Record<string, Bound>;
}

/** The names of a query's parameters, each once. */
export function parameterNames(statement: readonly Token[]): string[] {
  const names = statement.filter(({ is }) => is === 'parameter').map(nameOf);
  return [...new Set(names)].map((name) => name.slice(1));
}

/**
 * The query with its parameters bound. Kuzu 0.11.3 reads memory that is not there where the items of a
 * list have several types or none, knows no type for NULL, and folds the names to lower case; so what
 * is made of parts is taken apart, and each part is bound by a name of its own.
 *
 * @throws {KgloadError} `QUERY_INVALID` for a parameter without a value, or a value without parameter.
 */
export function bindParameters(
  cypher: string,
  statement: readonly Token[],
  parameters: ReadonlyMap<string, Parameter>,
): BoundQuery {
  const names = parameterNames(statement);
  checkParameters(names, parameters);
  const values: Record<string, Bound> = {};
  const place = (value: Bound): string => {
    const name = `kgload${Object.keys(values).length}`;
    values[name] = value;
    return `$${name}`;
  };
  const expressions = new Map(
    names.map((name) => [name, expressionOf(parameters.get(name) ?? null, place)]),
  );
  let text = '';
  let at = 0;
  for (const token of statement) {
    if (token.is !== 'parameter') continue;
    text += cypher.slice(at, token.start) + (expressions.get(nameOf(token).slice(1)) ?? '');
    at = token.end;
  }
  return { cypher: text + cypher.slice(at), values };
}

/** The query with other names of the same length: a keyword is no name to the engines. */
export function withPlainParameters(cypher: string): string {
  let text = '';
  let at = 0;
  for (const { is, start, end } of tokensOf(cypher)) {
    if (is !== 'parameter') continue;
    text += `${cypher.slice(at, start)}$${'x'.repeat(end - start - 1)}`;
    at = end;
  }
  return text + cypher.slice(at);
}

/** @throws {KgloadError} `QUERY_INVALID` for a name without a value, or a value without a name. */
export function checkParameters(
  names: readonly string[],
  parameters: ReadonlyMap<string, Parameter>,
): void {
  const given = [...parameters.keys()];
  const missing = names.find((name) => !given.includes(name));
  if (missing !== undefined) {
    throw new KgloadError({
      code: 'QUERY_INVALID',
      message: `the query's parameter $${missing} has no value`,
      hint: `give it one: --param ${missing}=…`,
    });
  }
  const surplus = given.find((name) => !names.includes(name));
  if (surplus !== undefined) {
    const known = names.map((name) => `$${name}`).join(', ');
    throw new KgloadError({
      code: 'QUERY_INVALID',
      message: `the query has no parameter $${surplus}`,
      hint: known === '' ? 'it has none at all' : `it has ${known}`,
    });
  }
}

function expressionOf(value: Parameter, place: (value: Bound) => string): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string' || typeof value === 'boolean') return place(value);
  if ('exact' in value) return numberExpression(value.exact, place);
  if ('fields' in value) {
    if (value.fields.length === 0) throw noStruct();
    const fields = value.fields.map(
      ([name, of]) => `${identifier(name)}: ${expressionOf(of, place)}`,
    );
    return `{${fields.join(', ')}}`;
  }
  return (
    wholeList(value, place) ?? `[${value.map((item) => expressionOf(item, place)).join(', ')}]`
  );
}

function noStruct(): KgloadError {
  return new KgloadError({
    code: 'QUERY_INVALID',
    message: 'a value of a parameter is an object without fields, which the engines do not have',
    hint: 'leave it out, or give it a field',
  });
}

/** A long list of one type in one piece. */
function wholeList(
  list: readonly Parameter[],
  place: (value: Bound) => string,
): string | undefined {
  if (list.length === 0) return '[]';
  if (list.every((item) => typeof item === 'string')) return place([...list]);
  if (list.every((item) => typeof item === 'boolean')) return place([...list]);
  const numbers = list.map((item) =>
    typeof item === 'object' && item !== null && 'exact' in item
      ? plainNumber(item.exact)
      : undefined,
  );
  const isOneType =
    numbers.every((number) => Number.isInteger(number)) ||
    numbers.every((number) => number !== undefined && !Number.isInteger(number));
  return isOneType ? place(numbers as number[]) : undefined;
}

/** A number that is bound as what it is: one without a fraction becomes INT64, others DOUBLE. */
function plainNumber(digits: string): number | undefined {
  const number = Number(digits);
  if (/^-?\d+$/.test(digits)) return Number.isSafeInteger(number) ? number : undefined;
  return Number.isFinite(number) && !Number.isInteger(number) ? number : undefined;
}

const INT64 = 2n ** 63n;
const INT128 = 2n ** 127n;

/** Others stand in the query by their digits: Kuzu 0.11.3 takes no cast of what is cast and bound. */
function numberExpression(digits: string, place: (value: Bound) => string): string {
  const number = plainNumber(digits);
  if (number !== undefined) return place(number);
  if (!/^-?\d+$/.test(digits)) return cast({ expression: literal(digits), type: 'DOUBLE' });
  const whole = BigInt(digits);
  const type = [
    { type: 'INT64', limit: INT64 },
    { type: 'INT128', limit: INT128 },
  ].find(({ limit }) => whole < limit && whole >= -limit)?.type;
  if (type !== undefined) return cast({ expression: literal(digits), type });
  throw new KgloadError({
    code: 'QUERY_INVALID',
    message: `the number ${digits} is beyond INT128, the engines' largest integer`,
    hint: 'give it as text, or with a decimal point',
  });
}
