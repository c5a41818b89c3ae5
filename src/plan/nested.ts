/**
 * How lists, structs and maps become properties: what is in them by the rules that hold for columns,
 * struct fields by their names.
 */
import { type Column, isNestedColumn } from '../model/column.js';
import { canonicalType } from '../model/differences.js';
import { type Shape, shapeOf } from '../model/shape.js';

/** What a nested type is made of, with what fills it; a field that the column lacks has none. */
export interface Part {
  column?: Column;
  type: string;
  /** Of a field: its place among the column's fields. */
  position?: number;
}

/** What fills the parts of a type, or why nothing does. */
export function partsOf({ meaning }: Column, shape: Shape): Part[] | string {
  if (meaning.is === 'list' && shape.is === 'list') {
    return [{ column: meaning.of, type: shape.of.type }];
  }
  if (meaning.is === 'map' && shape.is === 'map') {
    return [
      { column: meaning.key, type: shape.key.type },
      { column: meaning.of, type: shape.of.type },
    ];
  }
  if (meaning.is !== 'struct' || shape.is !== 'struct') return 'they are made of other parts';
  const taken = new Set<number>();
  const parts = shape.fields.map(({ name, of }): Part => {
    const position = positionOf(
      name.replaceAll('`', ''),
      meaning.fields.map((field) => field.name),
    );
    const field = position === undefined ? undefined : meaning.fields[position];
    if (position === undefined || !field) return { type: of.type };
    taken.add(position);
    return { column: field.of, type: of.type, position };
  });
  const lost = meaning.fields.filter((_, i) => !taken.has(i)).map(({ name }) => name);
  return lost.length === 0 ? parts : `${lost.join(', ')} would be lost`;
}

/** The place of a name, whose case may differ where that is clear. */
function positionOf(name: string, names: readonly string[]): number | undefined {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  const alike = [...names.keys()].filter((i) => names[i]?.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

/**
 * Whether the parts stand where the engine takes them from: COPY matches fields by their positions,
 * whatever their names, and Kuzu 0.11.3 converts no map.
 */
export function isInPlace(
  { engineType = '' }: Column,
  shape: Shape,
  parts: readonly Part[],
): boolean {
  if (shape.is === 'struct') return parts.every(({ position }, i) => position === i);
  if (shape.is === 'map') return canonicalType(engineType) === canonicalType(shape.type);
  return true;
}

/** Properties' parts that a column lacks, at every depth: `x.a`, `x[].a`. */
export function missingParts(column: Column, type: string): string[] {
  if (!isNestedColumn(column)) return [];
  const shape = shapeOf(type);
  const parts = partsOf(column, shape);
  if (typeof parts === 'string') return [];
  return parts.flatMap((part, i) => {
    if (part.column) return missingParts(part.column, part.type);
    const field = shape.is === 'struct' ? (shape.fields[i]?.name ?? '') : '';
    return [`${column.name}.${field}`];
  });
}
