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
 * Which columns may hold such, and the Cypher that counts and replaces them.
 */
import { identifier, literal } from '../cypher/statements.js';
import type { Column } from '../model/column.js';

export type Hazard = 'least' | 'nan' | 'negative_zero';

/** A property that a column fills with values which may be changed. */
export interface Doubt {
  property: string;
  type: string;
  /** Of its values, as they are loaded. */
  expression: string;
}

/** A type, taken apart. */
type Shape =
  | { is: 'value'; type: string }
  | { is: 'list'; of: Shape }
  | { is: 'struct'; fields: { name: string; of: Shape }[] }
  | { is: 'map'; key: Shape; of: Shape };

/** One kind of hazard in one place of a type. */
export interface Place {
  hazard: Hazard;
  /** As messages show it: `p`, `p[]`, `p.x`. */
  path: string;
  /** The value in question, as messages show it. */
  value: string;
  /** Whether a value is such, where it does not lie in a list. */
  condition?: string;
  /**
   * The end of a query with a row for each such value.
   *
   * @param carried - Expressions, with their names, that the rows are to have.
   */
  rows: (carried: readonly string[], names: readonly string[]) => string;
  /** A condition on the value itself, where zone maps answer it. */
  where?: string;
}

const LEAST: Record<string, bigint> = Object.fromEntries(
  [8, 16, 32, 64, 128].map((bits) => [`INT${bits}`, -(2n ** BigInt(bits - 1))]),
);

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

const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * Conditions for what an engine keeps as a least integer, or nearly so: text of the least instants
 * ends Kuzu with a segmentation fault, so that none can be written down.
 */
const LEAST_CONDITIONS: Record<string, (x: string) => string> = {
  ...Object.fromEntries(
    Object.entries(LEAST).map(([type, value]) => [
      type,
      (x: string) => `${x} = CAST('${value}' AS ${type})`,
    ]),
  ),
  UUID: (x) => `${x} = CAST('${NIL}' AS UUID)`,
  DATE: (x) => `${x} = date('1970-01-01') + to_days(-2147483648)`,
  TIMESTAMP: beforeAll,
  TIMESTAMP_TZ: beforeAll,
  TIMESTAMP_NS: (x) => `${x} < CAST('1677-09-22' AS TIMESTAMP_NS)`,
};

function beforeAll(x: string): string {
  return `${x} < timestamp('1970-01-01') + to_days(-106751991)`;
}

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

/** The places in a property of this type where a value may be changed. */
export function placesOf(property: string, type: string, expression: string): Place[] {
  const shape = shapeOf(type);
  const value = asLists(expression, type);
  return leaves(shape, property).flatMap(({ path, type: inner, steps }) =>
    hazardsOf(inner).map((hazard) => {
      const isWhole = steps.every(({ isList }) => !isList);
      const found = steps.reduce((x, { of }) => of(x), value);
      return {
        hazard,
        path,
        value: valueOf(hazard, inner),
        ...(isWhole && { condition: conditionOf(hazard, inner, found) }),
        rows: (carried, names) =>
          unwound(value, steps, carried, names) + ` WHERE ${conditionOf(hazard, inner, 'x')}`,
        ...(shape.is === 'value' &&
          hazard === 'least' && { where: conditionOf(hazard, inner, expression) }),
      };
    }),
  );
}

/**
 * The values at a place, one a row, called x. Lists are unwound: `list_transform` ends Kuzu 0.11.3
 * and Ladybug 0.19.1 with "free(): invalid pointer" where its lists have more than some 2,048 elements
 * together, and a CASE in it is evaluated for the first row alone.
 */
function unwound(
  value: string,
  steps: readonly Step[],
  carried: readonly string[],
  names: readonly string[],
): string {
  let text = ` WITH ${[...carried, `${value} AS x`].join(', ')}`;
  for (const { isList, of } of steps) {
    const next = isList ? ` UNWIND ${of('x')} AS y WITH ` : ' WITH ';
    text += next + [...names, isList ? 'y AS x' : `${of('x')} AS x`].join(', ');
  }
  return text;
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

/** What an expression yields, with other values in the place of NaN and -0; the type stays. */
export function replacing(expression: string, type: string, replaced: ReadonlySet<Hazard>): string {
  const shape = shapeOf(type);
  return `CAST(${rebuild(expression, shape, replaced)} AS ${type})`;
}

function isFloat(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE';
}

function hazardsOf(type: string): Hazard[] {
  if (isFloat(type)) return ['nan', 'negative_zero'];
  return type in LEAST_CONDITIONS ? ['least'] : [];
}

function conditionOf(hazard: Hazard, type: string, x: string): string {
  if (hazard === 'nan') return `${x} <> ${x}`;
  if (hazard === 'negative_zero') return `${x} = 0 AND 1 / ${x} < 0`;
  return LEAST_CONDITIONS[type]?.(x) ?? 'false';
}

function valueOf(hazard: Hazard, type: string): string {
  if (hazard === 'nan') return 'NaN';
  if (hazard === 'negative_zero') return '-0';
  if (type === 'UUID') return `the UUID ${NIL}`;
  return LEAST[type]?.toString() ?? `the least ${type}`;
}

/** The types of the values at every depth. */
function valueTypes(shape: Shape): string[] {
  if (shape.is === 'value') return [shape.type];
  if (shape.is === 'struct') return shape.fields.flatMap(({ of }) => valueTypes(of));
  return [...(shape.is === 'map' ? valueTypes(shape.key) : []), ...valueTypes(shape.of)];
}

/** A way into a value: to a list that is unwound, or to a field. */
interface Step {
  isList: boolean;
  of: (x: string) => string;
}

/** The values in a type, and the way to them. */
function leaves(shape: Shape, path: string): { path: string; type: string; steps: Step[] }[] {
  const behind = (of: Shape, inner: string, step: Step): ReturnType<typeof leaves> =>
    leaves(of, inner).map((leaf) => ({ ...leaf, steps: [step, ...leaf.steps] }));
  switch (shape.is) {
    case 'value':
      return [{ path, type: shape.type, steps: [] }];
    case 'list':
      return behind(shape.of, `${path}[]`, { isList: true, of: (x) => x });
    case 'struct':
      return shape.fields.flatMap(({ name, of }) =>
        behind(of, `${path}.${name}`, { isList: false, of: (x) => fieldOf(x, name) }),
      );
    case 'map':
      return [
        ...behind(shape.key, `the keys of ${path}`, { isList: true, of: (x) => `map_keys(${x})` }),
        ...behind(shape.of, `the values of ${path}`, {
          isList: true,
          of: (x) => `map_values(${x})`,
        }),
      ];
  }
}

/** Values in lists stay as they are: nothing takes a list apart and puts it together again. */
function rebuild(x: string, shape: Shape, replaced: ReadonlySet<Hazard>): string {
  if (!valueTypes(shape).some(isFloat)) return x;
  switch (shape.is) {
    case 'value': {
      const cases = [
        ...(replaced.has('nan') ? [`WHEN ${x} <> ${x} THEN NULL`] : []),
        ...(replaced.has('negative_zero') ? [`WHEN ${x} = 0 THEN CAST(0 AS ${shape.type})`] : []),
      ];
      return `CASE ${cases.join(' ')} ELSE ${x} END`;
    }
    case 'struct': {
      const fields = shape.fields.map(
        ({ name, of }) => `${identifier(name)}: ${rebuild(fieldOf(x, name), of, replaced)}`,
      );
      return `CASE WHEN ${x} IS NULL THEN NULL ELSE {${fields.join(', ')}} END`;
    }
    default:
      return x;
  }
}

/** A field by its name as the type spells it: in Kuzu backticks are part of it. */
function fieldOf(x: string, name: string): string {
  return `struct_extract(${x}, ${literal(name)})`;
}

/** A value with lists in the place of fixed arrays, into which the engine's list functions don't look. */
function asLists(expression: string, type: string): string {
  return `CAST(${expression} AS ${type.replaceAll(/\[\d+\]/g, '[]')})`;
}

function shapeOf(type: string): Shape {
  const text = type.trim();
  const [, inner] = /^(.*)\[\d*\]$/s.exec(text) ?? [];
  if (inner !== undefined) return { is: 'list', of: shapeOf(inner) };
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
