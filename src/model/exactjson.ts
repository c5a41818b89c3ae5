/** JSON of the values of an answer. */
import type { Value } from './answer.js';
/** JSON of a value of an answer: a number has all its digits, also one that is a bigint. */
export function exactJson(value: Value): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (Object.is(value, -0)) return '-0';
      return Number.isFinite(value) ? String(value) : `"${String(value)}"`;
    case 'object': {
      if (value === null) return 'null';
      if (isList(value)) return `[${value.map(exactJson).join(',')}]`;
      const fields = Object.entries(value).map(
        ([k, of]) => `${JSON.stringify(k)}:${exactJson(of)}`,
      );
      return `{${fields.join(',')}}`;
    }
    default:
      return String(value);
  }
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
