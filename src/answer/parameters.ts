/** Values of parameters, as people and programs give them. */
import type { Parameter } from '../cypher/parameters.js';
import { KgloadError } from '../errors.js';

/**
 * A value as it stands on a command line: JSON is what it means, with all the digits of its numbers, and
 * other text is text. Text that looks like a number is text within quotation marks.
 *
 * @throws {KgloadError} `USAGE` for a list or an object that is no JSON.
 */
export function parseParameter(text: string): Parameter {
  const [, quoted] = /^'(.*)'$/s.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  try {
    JSON.parse(text);
  } catch {
    if (!/^[[{]/.test(text)) return text;
    throw new KgloadError({
      code: 'USAGE',
      message: `the value of a parameter begins like JSON and is none: ${text}`,
      hint: `as text: '${JSON.stringify(text)}'`,
    });
  }
  // JSON.parse rounds numbers.
  const exact = text.replace(/"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi, (token) =>
    token.startsWith('"') ? token : `{"\\u0000":"${token}"}`,
  );
  return fromJson(JSON.parse(exact), true);
}

/**
 * A value of a program.
 *
 * @throws {KgloadError} `QUERY_INVALID` for what is no value.
 */
export function toParameter(value: unknown): Parameter {
  return fromJson(value, false);
}

function fromJson(value: unknown, hasExact: boolean): Parameter {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
    case 'bigint':
      return { exact: Object.is(value, -0) ? '-0.0' : String(value) };
    case 'object': {
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item) => fromJson(item, hasExact));
      const fields = Object.entries(value);
      if (hasExact && fields.length === 1 && fields[0]?.[0] === '\u0000') {
        return { exact: String(fields[0][1]) };
      }
      const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value) as object);
      if (!isPlain) break;
      return { fields: fields.map(([name, of]) => [name, fromJson(of, hasExact)]) };
    }
  }
  throw new KgloadError({
    code: 'QUERY_INVALID',
    message: `a parameter can't be ${value instanceof Date ? 'a Date' : typeof value}`,
    hint: 'give it as text, and say in the query what it is: date($day), timestamp($at)',
  });
}
