/** The engines' types, taken apart. */

/** A type, taken apart; `type` is the whole as it is written. */
export type Shape =
  | { is: 'value'; type: string }
  /** `size`: of an array, how many items all have. */
  | { is: 'list'; type: string; of: Shape; size?: number }
  | { is: 'struct'; type: string; fields: { name: string; of: Shape }[] }
  | { is: 'map'; type: string; key: Shape; of: Shape };

export function shapeOf(type: string): Shape {
  const text = type.trim();
  const [, inner, size = ''] = /^(.*)\[(\d*)\]$/s.exec(text) ?? [];
  if (inner !== undefined) {
    const of = shapeOf(inner);
    return { is: 'list', type: text, of, ...(size !== '' && { size: Number(size) }) };
  }
  const [, constructor = '', rest] = /^(STRUCT|MAP)\s*\((.*)\)$/is.exec(text) ?? [];
  if (rest === undefined) return { is: 'value', type: text.toUpperCase() };
  const parts = splitTypes(rest);
  if (constructor.toUpperCase() === 'MAP') {
    return { is: 'map', type: text, key: shapeOf(parts[0] ?? ''), of: shapeOf(parts[1] ?? '') };
  }
  const fields = parts.map((part) => {
    const [, name = '', of = ''] = /^(`[^`]*`|\S+)\s+(.*)$/s.exec(part) ?? [];
    return { name, of: shapeOf(of) };
  });
  return { is: 'struct', type: text, fields };
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

/** A type with lists in the place of fixed arrays. */
export function withLists(type: string): string {
  return type.replaceAll(/\[\d+\]/g, '[]');
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

/**
 * How a file that kgload writes holds values of a nested type: as they are, or as the engine's text of
 * the whole; none where neither would do. Measured on Kuzu 0.11.3 and Ladybug 0.19.1: casts of text to
 * DECIMAL in lists end both with a segmentation fault, Kuzu converts nothing in maps, and text in the
 * text of a list keeps its quotation marks.
 */
export function writtenForm(shape: Shape): 'nested' | 'text' | undefined {
  const isAwkward = (inner: Shape, isInList: boolean, isInMap: boolean): boolean => {
    switch (inner.is) {
      case 'value':
        return (
          (isInList && /^DECIMAL/.test(inner.type)) || (isInMap && !IN_PARQUET.test(inner.type))
        );
      case 'list':
        if (isInMap && inner.size !== undefined) return true;
        return isAwkward(inner.of, true, isInMap);
      case 'struct':
        return inner.fields.some(({ of }) => isAwkward(of, isInList, isInMap));
      case 'map':
        return isAwkward(inner.key, true, true) || isAwkward(inner.of, true, true);
    }
  };
  if (!isAwkward(shape, false, false)) return 'nested';
  return valueTypes(shape).some((type) => type === 'STRING' || type === 'BLOB')
    ? undefined
    : 'text';
}

/** Types that the engine finds in a Parquet file as they are. */
const IN_PARQUET = /^(U?INT(8|16|32|64)|FLOAT|DOUBLE|BOOL|BOOLEAN|STRING|DATE|TIMESTAMP|BLOB)$/;
