/** Queries for values that the engines store as others, and what replaces them; see plan/hazards.ts. */
import { isFloat, LEAST, type Shape, shapeOf, valueTypes, withLists } from '../model/shape.js';
import { cast, type KeyColumn, printed } from './rows.js';
import { identifier, literal } from './text.js';

export type Hazard = 'least' | 'nan' | 'negative_zero';

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

const NIL = '00000000-0000-0000-0000-000000000000';

function beforeAll(x: string): string {
  return `${x} < timestamp('1970-01-01') + to_days(-106751991)`;
}

/** The places in a property of this type where a value may be changed. */
export function placesOf(
  property: string,
  type: string,
  expression: string,
  isTyped = false,
): Place[] {
  const shape = shapeOf(type);
  // Kuzu 0.11.3 casts no map in a struct, not even to its own type.
  const value = isTyped ? expression : asLists(expression, type);
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

/** Queries for the values that become FLOAT from DOUBLE in a property, one for each place in its type. */
export function roundedPlaces(
  source: string,
  { property, type, expression }: { property: string; type: string; expression: string },
): { path: string; measure: string; beyond: (keys: readonly KeyColumn[]) => string }[] {
  const wide = type.replaceAll(/\bFLOAT\b/gi, 'DOUBLE');
  const value = asLists(expression, wide);
  // 2^128 less half of a float's last digit: what is greater rounds to infinity.
  const isInfinite = 'abs(x) >= 3.4028235677973366e38 AND x - x = 0';
  const rounded = 'CAST(CAST(x AS FLOAT) AS DOUBLE)';
  const isRounded = `${rounded} <> x AND x = x`;
  return leaves(shapeOf(type), property)
    .filter((leaf) => leaf.type === 'FLOAT')
    .map(({ path, steps }) => ({
      path,
      measure:
        source +
        unwound(value, steps, [], []) +
        ` RETURN count(x) AS total, sum(CASE WHEN ${isInfinite} THEN 1 ELSE 0 END) AS infinite,` +
        ` sum(CASE WHEN ${isRounded} THEN 1 ELSE 0 END) AS n,` +
        ` max(CASE WHEN ${isRounded} THEN abs(${rounded} - x) / abs(x) ELSE 0.0 END) AS error`,
      beyond: (keys) => {
        const names = keys.map((_, i) => `h${i}`);
        const columns = keys.map((key, i) => `${printed(cast(key), key.type)} AS h${i}`);
        const end = ` WHERE ${isInfinite} RETURN DISTINCT ${names.join(', ')} LIMIT 3`;
        return source + unwound(value, steps, columns, names) + end;
      },
    }));
}

/** What an expression yields, with other values in the place of NaN and -0; the type stays. */
export function replacing(expression: string, type: string, replaced: ReadonlySet<Hazard>): string {
  const shape = shapeOf(type);
  return `CAST(${rebuild(expression, shape, replaced)} AS ${type})`;
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

/** A way into a value: to a list that is unwound, or to a field. */
interface Step {
  isList: boolean;
  of: (x: string) => string;
}

/** The values in a type, and the way to them. */
export function leaves(
  shape: Shape,
  path: string,
): { path: string; type: string; steps: Step[] }[] {
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
  return `CAST(${expression} AS ${withLists(type)})`;
}
