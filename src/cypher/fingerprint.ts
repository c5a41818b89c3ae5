/** A row as one number, by which the engines tell whether two rows are the same. */
import { isFloat, type Shape, shapeOf } from '../model/shape.js';
import { literal } from './text.js';

/** A value of a row: an expression that yields its type. */
export interface Value {
  expression: string;
  type: string;
}

/**
 * The hash of a row's values in their order, 64 bits: rows that differ share one as often as chance
 * has it, 1 in 10^19. Of NaN and -0 it tells what the engines' `=` does not.
 */
export function rowHash(values: readonly Value[]): string {
  const terms = values.map(
    ({ expression, type }, i) => `(${termOf(expression, shapeOf(type))}) * ${2 * i + 3}`,
  );
  return `hash(${[...terms, '7'].join(' + ')})`;
}

/** Whether smaller differences than those of its text go unnoticed in a type. */
export function isComparedAsText(type: string): boolean {
  const holdsFloats = (shape: Shape): boolean => {
    switch (shape.is) {
      case 'value':
        return isFloat(shape.type) || shape.type.startsWith('UNION');
      case 'struct':
        return shape.fields.some(({ of }) => holdsFloats(of));
      case 'map':
        return holdsFloats(shape.key) || holdsFloats(shape.of);
      case 'list':
        return holdsFloats(shape.of);
    }
  };
  const isHidden = (shape: Shape): boolean => {
    switch (shape.is) {
      case 'value':
        return shape.type.startsWith('UNION');
      case 'struct':
        return shape.fields.some(({ of }) => isHidden(of));
      case 'map':
        return !(isPlain(shape.key) && isPlain(shape.of)) && holdsFloats(shape);
      case 'list':
        return !isPlain(shape) && holdsFloats(shape);
    }
  };
  return isHidden(shapeOf(type));
}

/**
 * The engines (Kuzu 0.11.3, Ladybug 0.19.1) give NULL and an empty list the same hash, and 0 and -0;
 * structs in lists hash what their NULLs happen to hold, and their text is told apart instead.
 */
function termOf(x: string, shape: Shape): string {
  const isNull = oneIf(`${x} IS NULL`);
  switch (shape.is) {
    case 'value':
      if (shape.type.startsWith('UNION')) return textHash(x);
      if (!isFloat(shape.type)) return wide(x);
      return `${wide(x)} + ${oneIf(`${x} = 0 AND 1 / ${x} < 0`)}`;
    case 'struct': {
      const fields = shape.fields.map(
        ({ name, of }, i) =>
          `(${termOf(`struct_extract(${x}, ${literal(name)})`, of)}) * ${2 * i + 3}`,
      );
      return unlessNull(x, fields.join(' + '));
    }
    case 'map': {
      if (!isPlain(shape.key) || !isPlain(shape.of)) return `${textHash(x)} + ${isNull}`;
      return unlessNull(
        x,
        `${wide(`map_keys(${x})`)} * 3 + ${wide(`map_values(${x})`)} * 5 + ${textHash(x)} * 7`,
      );
    }
    case 'list': {
      if (!isPlain(shape)) return `${textHash(x)} + ${isNull}`;
      const isSimple = shape.of.is === 'value' && !isFloat(shape.of.type);
      return `${wide(x)}${isSimple ? '' : ` * 3 + ${textHash(x)} * 5`} + ${isNull}`;
    }
  }
}

/** A struct or a map that is NULL has fields and entries nevertheless: whatever a file happens to hold. */
function unlessNull(x: string, term: string): string {
  return `CASE WHEN ${x} IS NULL THEN CAST(1 AS INT128) ELSE ${term} END`;
}

/** A value, or lists of such at any depth. */
function isPlain(shape: Shape): boolean {
  if (shape.is === 'value') return !shape.type.startsWith('UNION');
  return shape.is === 'list' && isPlain(shape.of);
}

function wide(x: string): string {
  return `CAST(hash(${x}) AS INT128)`;
}

function textHash(x: string): string {
  return wide(`CAST(${x} AS STRING)`);
}

function oneIf(condition: string): string {
  return `CASE WHEN ${condition} THEN CAST(1 AS INT128) ELSE CAST(0 AS INT128) END`;
}
