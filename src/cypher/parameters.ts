/** Values that are put into a query without being read as Cypher. */
import { KgloadError } from '../errors.js';
import { identifier } from './text.js';
import { nameOf, type Token } from './tokens.js';

/** A value of a parameter. `exact` is a number by its digits: JavaScript's have too few. */
export type Parameter =
  | null
  | boolean
  | string
  | { exact: string }
  | readonly Parameter[]
  | { fields: readonly (readonly [string, Parameter])[] };

/** What the engines' Node interfaces take as it is meant. */
export type Bound = string | number | boolean | bigint | Bound[];

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
  checkNames(names, [...parameters.keys()]);
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

function checkNames(names: readonly string[], given: readonly string[]): void {
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
  const digits = list.map((item) =>
    typeof item === 'object' && item !== null && 'exact' in item ? item.exact : '',
  );
  if (digits.every(isInt64)) return `CAST(${place(digits)} AS INT64[])`;
  if (digits.every((item) => item !== '')) return `CAST(${place(digits)} AS DOUBLE[])`;
  return undefined;
}

const INT64 = 2n ** 63n;
const INT128 = 2n ** 127n;

function isInt64(digits: string): boolean {
  return /^-?\d+$/.test(digits) && BigInt(digits) < INT64 && BigInt(digits) >= -INT64;
}

function numberExpression(digits: string, place: (value: Bound) => string): string {
  if (!/^-?\d+$/.test(digits)) return `CAST(${place(digits)} AS DOUBLE)`;
  const whole = BigInt(digits);
  if (Number.isSafeInteger(Number(digits))) return place(Number(digits));
  if (isInt64(digits)) return `CAST(${place(digits)} AS INT64)`;
  if (whole < INT128 && whole >= -INT128) return place(whole);
  throw new KgloadError({
    code: 'QUERY_INVALID',
    message: `the number ${digits} is beyond INT128, the engines' largest integer`,
    hint: 'give it as text, or with a decimal point',
  });
}
