/** The types of an answer's columns, as far as exact values depend on them. */
import { type Shape, shapeOf } from '../model/shape.js';

/** With these a type begins, wherever a field's name may end: names stand there without quotes. */
const TYPE =
  /^(BOOL|BOOLEAN|U?INT\d+|SERIAL|FLOAT|DOUBLE|DECIMAL|STRING|DATE|TIMESTAMP(_NS|_MS|_SEC|_TZ)?|INTERVAL|UUID|BLOB|JSON|NODE|REL|RECURSIVE_REL|INTERNAL_ID|ANY|STRUCT|MAP|UNION)(\s*[([]|$)/;

/** A column's type, taken apart; an engine writes it without quotes, `STRUCT(a b INT64)`. */
export function columnShape(type: string): Shape {
  const [, inner, size = ''] = /^(.*)\[(\d*)\]$/s.exec(type) ?? [];
  if (inner !== undefined) {
    const of = columnShape(inner);
    return { is: 'list', type, of, ...(size !== '' && { size: Number(size) }) };
  }
  const [, constructor, rest = ''] = /^(STRUCT|MAP)\s*\((.*)\)$/s.exec(type) ?? [];
  if (constructor === undefined) return shapeOf(type);
  const parts = splitParts(rest);
  if (constructor === 'MAP') {
    return { is: 'map', type, key: columnShape(parts[0] ?? ''), of: columnShape(parts[1] ?? '') };
  }
  return { is: 'struct', type, fields: parts.map(fieldShape) };
}

/** The members of a union. */
export function unionMembers(type: string): Shape[] {
  const [, inner = ''] = /^UNION\s*\((.*)\)$/s.exec(type) ?? [];
  return splitParts(inner).map((part) => fieldShape(part).of);
}

function fieldShape(part: string): { name: string; of: Shape } {
  for (const { index } of part.matchAll(/\s/g)) {
    const type = part.slice(index + 1);
    if (TYPE.test(type)) {
      return { name: part.slice(0, index).replaceAll('`', ''), of: columnShape(type) };
    }
  }
  return { name: part, of: { is: 'value', type: '' } };
}

/** Splits at the commas that are in no parentheses. */
function splitParts(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + character);
  }
  return parts.map((part) => part.trim());
}

/** Types whose values the Node interfaces of both engines hand out as they are. */
export function isExact(shape: Shape): boolean {
  switch (shape.is) {
    case 'value':
      return EXACT.test(shape.type);
    case 'list':
      return isExact(shape.of);
    case 'struct':
      // What is called like an array's index comes before what is not.
      return shape.fields.every(({ name, of }) => isExact(of) && !/^(\d+|__proto__)$/.test(name));
    case 'map':
      return false;
  }
}

const EXACT =
  /^(BOOL|BOOLEAN|U?INT(8|16|32)|INT128|FLOAT|DOUBLE|STRING|UUID|BLOB|INTERNAL_ID|JSON)$/;
