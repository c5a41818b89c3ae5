/** Stored values as expressions whose results the engines hand out exactly. */
import { type Shape, shapeOf } from '../model/shape.js';
import { cast, printed } from './rows.js';

/** Of these both engines hand out less than they hold: rounded numbers, moments for instants. */
const INEXACT = /^(U?INT64|INT128|DECIMAL|TIMESTAMP|INTERVAL)/;

/** How a stored value is asked for. */
export type Asked =
  /** As it is. */
  | { is: 'value'; expressions: [string] }
  /** Milliseconds as a Date, and microseconds of which the last three digits count. */
  | { is: 'instant'; expressions: [string, string] }
  /** A map as its keys, its values and itself, which alone tells what is NULL. */
  | { is: 'map'; expressions: [string, string, string] }
  /** A list of decimals as text, and how many there are. */
  | { is: 'decimals'; expressions: [string, string] }
  /** With fewer digits than it has: nothing takes the maps in it apart. */
  | { is: 'inexact'; expressions: [string] };

export function exactly(value: string, type: string): Asked {
  const shape = shapeOf(type);
  switch (shape.is) {
    case 'value':
      if (shape.type.startsWith('UNION')) return { is: 'inexact', expressions: [value] };
      if (/^TIMESTAMP/.test(shape.type)) {
        // Text of the least instants ends Kuzu 0.11.3 with a segmentation fault.
        const instant =
          shape.type === 'TIMESTAMP' ? value : cast({ expression: value, type: 'TIMESTAMP' });
        return { is: 'instant', expressions: [instant, `date_part('microsecond', ${instant})`] };
      }
      return {
        is: 'value',
        expressions: [INEXACT.test(shape.type) ? printed(value, shape.type) : value],
      };
    case 'map': {
      if (isUncastable(shape.key) || isUncastable(shape.of))
        return { is: 'inexact', expressions: [value] };
      const part = (list: string, of: Shape): string => asText(list, `${of.type}[]`);
      const keys = part(`map_keys(${value})`, shape.key);
      return { is: 'map', expressions: [keys, part(`map_values(${value})`, shape.of), value] };
    }
    default:
      if (shape.is === 'list' && shape.of.is === 'value' && shape.of.type.startsWith('DECIMAL')) {
        return { is: 'decimals', expressions: [printed(value, 'STRING'), `size(${value})`] };
      }
      if (isUncastable(shape)) return { is: 'inexact', expressions: [value] };
      return { is: 'value', expressions: [asText(value, type)] };
  }
}

/** A nested value with text in the place of what is not handed out exactly. */
function asText(value: string, type: string): string {
  const text = textType(shapeOf(type));
  return text === type ? value : cast({ expression: value, type: text });
}

function textType(shape: Shape): string {
  switch (shape.is) {
    case 'value':
      return INEXACT.test(shape.type) ? 'STRING' : shape.type;
    case 'list':
      return `${textType(shape.of)}[]`;
    case 'struct':
      return `STRUCT(${shape.fields.map(({ name, of }) => `${name} ${textType(of)}`).join(', ')})`;
    case 'map':
      return shape.type;
  }
}

/** Casts of a DECIMAL in a list end both engines with a segmentation fault. */
function isUncastable(shape: Shape): boolean {
  switch (shape.is) {
    case 'value':
      return /^(UNION|DECIMAL)/.test(shape.type);
    case 'list':
      return isUncastable(shape.of);
    case 'struct':
      return shape.fields.some(({ of }) => isUncastable(of));
    case 'map':
      return true;
  }
}
