/**
 * Values that the engines store as others, measured on Kuzu 0.11.3 and Ladybug 0.19.1, and said by
 * nobody:
 *
 * - The least integer of a type, and what an engine keeps as such (the nil UUID; dates and instants
 *   at the least of theirs): the width of packed integers is taken from `abs(min)`, which is negative
 *   again. Without compression they are stored right.
 * - NaN and -0: where a chunk's smallest value does not differ from its largest, as the engine
 *   compares them, one of them is stored for all, compressed or not. Compressed, -0 may also become 0
 *   in other chunks.
 *
 * Which columns may hold such; cypher/hazards.ts counts and replaces them.
 */
import type { Column } from '../model/column.js';
import { isFloat, LEAST, type Shape, shapeOf, valueTypes } from '../model/shape.js';

/** A property that a column fills with values which may be changed. */
export interface Doubt {
  property: string;
  type: string;
  /** Of its values, as they are loaded. */
  expression: string;
  /** It yields values of the type already, but for lists in the place of arrays. */
  isTyped?: boolean;
}

/** Beyond these no footer's statistics reach, in the numbers of {@link Column.least}. */
const LEAST_IN_FOOTER: Record<string, number | bigint> = {
  ...LEAST,
  UUID: 0n,
  DATE: -8.64e15,
  TIMESTAMP: -8.64e15,
  TIMESTAMP_TZ: -8.64e15,
  // A day more than the least, which the engine reaches from microseconds.
  TIMESTAMP_NS: Date.UTC(1677, 8, 22),
};

/** Whether values of a type, from a column or from elsewhere, may be changed, as far as footers say. */
export function mayBeChanged(type: string, column?: Column): boolean {
  // Most properties are such, and need no taking apart.
  if (/^(STRING|BOOL|BOOLEAN|SERIAL)$/.test(type)) return false;
  const types = valueTypes(shapeOf(type));
  if (types.some(isFloat)) return true;
  const least = column?.least;
  return types.some((inner) => {
    const limit = LEAST_IN_FOOTER[inner];
    return limit !== undefined && (least === undefined || least <= limit);
  });
}

/**
 * Whether an engine may change values when rows are added to those that a table has: UINT8 in packed
 * chunks (`[127, 128]` and 254 are `[2, 0, 254]` then), and lists of lists or structs, and so maps,
 * in a chunk that held no element yet (what is added becomes empty).
 */
export function isRewrittenBadly(type: string): boolean {
  if (/^(STRING|BOOL|BOOLEAN|SERIAL|INT64)$/.test(type)) return false;
  const shape = shapeOf(type);
  return valueTypes(shape).includes('UINT8') || hasNestedItems(shape);
}

function hasNestedItems(shape: Shape): boolean {
  if (shape.is === 'value') return /^UNION\b/.test(shape.type);
  if (shape.is === 'struct') return shape.fields.some(({ of }) => hasNestedItems(of));
  return shape.is === 'map' || shape.of.is !== 'value';
}
