/** How columns are written anew, so that the engine can read them as a property of their type. */
import type { RewrittenColumn } from '../dataset/written.js';
import { type Column, isNestedColumn, rewrittenColumn } from '../model/column.js';
import type { PlainValue } from '../model/plainvalue.js';
import { propertyTypeOf } from '../model/propertytype.js';
import { type Shape, shapeOf, writtenForm } from '../model/shape.js';
import { partsOf } from './nested.js';
import { cast, toRowFunction } from './rowfunction.js';

/**
 * How a column is written anew.
 *
 * @param type - Of the property that it fills; if it fills none, the type that it would fill.
 * @returns Nothing for a nested column that cannot be written.
 */
export function rewritingOf(
  column: Column,
  type = propertyTypeOf(column),
  mayRound = false,
): RewrittenColumn | undefined {
  if (!isNestedColumn(column)) return { column };
  const convert = type === undefined ? undefined : toRowFunction(column, type, mayRound);
  if (type === undefined || !convert) return undefined;
  const shape = shapeOf(type);
  switch (writtenForm(shape)) {
    case 'nested':
      return { column, nested: { type: writtenType(column, shape), convert } };
    case 'text': {
      const print = (value: PlainValue): string => printLiteral(convert(value), shape);
      return { column, nested: { type: 'STRING', convert: print } };
    }
    default:
      return undefined;
  }
}

/** A column in a file that is written anew, `found` there. */
export function writtenColumn({ column, nested }: RewrittenColumn, found: Column): Column {
  if (!nested) return rewrittenColumn(column);
  const { name, type, engineType = 'STRING' } = found;
  return { name, type, meaning: { is: 'written' }, engineType };
}

/** The type as it is written: arrays as lists, and what is rounded with the digits that it has. */
function writtenType(column: Column, shape: Shape): string {
  if (shape.is === 'value') {
    const { meaning } = column;
    const isWide = meaning.is === 'float' && meaning.bits === 64;
    return isWide && shape.type === 'FLOAT' ? 'DOUBLE' : shape.type;
  }
  const parts = partsOf(column, shape);
  const [first = '', second = ''] =
    typeof parts === 'string'
      ? []
      : parts.map((part) => {
          const inner = shapeOf(part.type);
          return part.column ? writtenType(part.column, inner) : inner.type;
        });
  switch (shape.is) {
    case 'list':
      return `${first}[]`;
    case 'map':
      return `MAP(${first}, ${second})`;
    case 'struct': {
      const fields = shape.fields.map(({ name, of }, i) => {
        const part = typeof parts === 'string' ? undefined : parts[i];
        return `${name} ${part?.column ? writtenType(part.column, of) : of.type}`;
      });
      return `STRUCT(${fields.join(', ')})`;
    }
  }
}

/** A value as the engines' text of its type, which holds no strings. */
function printLiteral(value: PlainValue, shape: Shape): string {
  if (value === null) return 'NULL';
  const parts = value as readonly PlainValue[];
  switch (shape.is) {
    case 'value':
      return printValue(value, shape.type);
    case 'list':
      return `[${parts.map((item) => printLiteral(item, shape.of)).join(', ')}]`;
    case 'struct': {
      const fields = shape.fields.map(
        ({ name, of }, i) => `${name}: ${printLiteral(parts[i] ?? null, of)}`,
      );
      return `{${fields.join(', ')}}`;
    }
    case 'map': {
      const pairs = parts.map((pair) => {
        const [key = null, of = null] = pair as readonly PlainValue[];
        return `${printLiteral(key, shape.key)}=${printLiteral(of, shape.of)}`;
      });
      return `{${pairs.join(', ')}}`;
    }
  }
}

function printValue(value: NonNullable<PlainValue>, type: string): string {
  if (Object.is(value, -0)) return '-0';
  return cast(value, type.startsWith('TIMESTAMP') ? 'TIMESTAMP' : type, 'STRING') as string;
}
