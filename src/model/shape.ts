/** The engines' types, taken apart. */

/** A type, taken apart. */
export type Shape =
  | { is: 'value'; type: string }
  /** `length`: of an array, whose lists are all that long. */
  | { is: 'list'; of: Shape; length?: number }
  | { is: 'struct'; fields: { name: string; of: Shape }[] }
  | { is: 'map'; key: Shape; of: Shape };

export function shapeOf(type: string): Shape {
  const text = type.trim();
  const [, inner, length = ''] = /^(.*)\[(\d*)\]$/s.exec(text) ?? [];
  if (inner !== undefined) {
    return { is: 'list', of: shapeOf(inner), ...(length !== '' && { length: Number(length) }) };
  }
  const [, constructor = '', rest] = /^(STRUCT|MAP)\s*\((.*)\)$/is.exec(text) ?? [];
  if (rest === undefined) return { is: 'value', type: text.toUpperCase() };
  const parts = splitTypes(rest);
  if (constructor.toUpperCase() === 'MAP') {
    return { is: 'map', key: shapeOf(parts[0] ?? ''), of: shapeOf(parts[1] ?? '') };
  }
  const fields = parts.map((part) => {
    const [, name = '', of = ''] = /^(\S+)\s+(.*)$/s.exec(part) ?? [];
    return { name, of: shapeOf(of) };
  });
  return { is: 'struct', fields };
}

/** Splits at the commas that are in no parentheses. */
function splitTypes(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const token of text.match(/`[^`]*`|[^`]/g) ?? []) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + token);
  }
  return parts.map((part) => part.trim());
}

export const LEAST: Record<string, bigint> = Object.fromEntries(
  [8, 16, 32, 64, 128].map((bits) => [`INT${bits}`, -(2n ** BigInt(bits - 1))]),
);

export function isFloat(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE';
}

/** The types of the values at every depth. */
export function valueTypes(shape: Shape): string[] {
  if (shape.is === 'value') return [shape.type];
  if (shape.is === 'struct') return shape.fields.flatMap(({ of }) => valueTypes(of));
  return [...(shape.is === 'map' ? valueTypes(shape.key) : []), ...valueTypes(shape.of)];
}
