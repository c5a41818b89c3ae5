/**
 * Values as an engine hands them out, made exact. The Node interfaces of both engines round whole
 * numbers beyond 2^53, decimals, timestamps and intervals, and forget the order of maps; their text of
 * a value has all digits, but no quotation marks. The two together tell all: the value says what the
 * text can't, its structure and its strings, and the text says the digits.
 */
import { formatDecimal } from '../format.js';
import type { Value } from '../model/answer.js';
import type { Shape } from '../model/shape.js';
import { blobText, entityOf, idText, integerOf } from './native.js';
import { unionMembers } from './shapes.js';

/** A value that is not what its text says. */
export class Mismatch extends Error {}

/** The types of the properties of the table with this name, in their order. */
export type TableShapes = (label: string) => ReadonlyMap<string, Shape> | undefined;

/** The text of a value, and how far it was read. */
interface Text {
  text: string;
  at: number;
}

type Reader = (native: unknown, text: Text) => Value;

interface Context {
  tables: TableShapes;
  /** Told of each value of which the text, too, lacks digits: nanoseconds. */
  onCut: () => void;
}

/**
 * What reads the values of a type from what an engine hands out and its text.
 *
 * @returns A function that throws a {@link Mismatch} at a value that does not fit its text.
 */
export function exactReader(
  shape: Shape,
  context: Context,
): (native: unknown, text: unknown) => Value {
  const read = notNull(shape, context);
  return (native, text) => {
    if (native === null || native === undefined) return null;
    if (typeof text !== 'string') throw new Mismatch();
    return readWhole(read, native, text);
  };
}

function readWhole(read: Reader, native: unknown, given: string): Value {
  const text = { text: given, at: 0 };
  const value = read(native, text);
  if (text.at !== given.length) throw new Mismatch();
  return value;
}

function readerOf(shape: Shape, context: Context): Reader {
  const read = notNull(shape, context);
  return (native, text) => (native === null || native === undefined ? null : read(native, text));
}

function notNull(shape: Shape, context: Context): Reader {
  switch (shape.is) {
    case 'list':
      return listReader(readerOf(shape.of, context));
    case 'struct':
      return structReader(shape.fields, context);
    case 'map':
      return mapReader(shape, context);
    case 'value':
      return valueReader(shape.type, context);
  }
}

function expect(text: Text, expected: string): string {
  if (!text.text.startsWith(expected, text.at)) throw new Mismatch();
  text.at += expected.length;
  return expected;
}

function match(text: Text, pattern: RegExp): string {
  pattern.lastIndex = text.at;
  const [found] = pattern.exec(text.text) ?? [];
  if (found === undefined) throw new Mismatch();
  text.at += found.length;
  return found;
}

function listReader(read: Reader): Reader {
  return (native, text) => {
    if (!Array.isArray(native)) throw new Mismatch();
    expect(text, '[');
    const items = native.map((item: unknown, i) => {
      if (i > 0) expect(text, ',');
      return read(item, text);
    });
    expect(text, ']');
    return items;
  };
}

function structReader(fields: readonly { name: string; of: Shape }[], context: Context): Reader {
  const readers = fields.map(({ name, of }) => ({ name, read: readerOf(of, context) }));
  return (native, text) => {
    const given = native as Record<string, unknown>;
    expect(text, '{');
    const values = readers.map(({ name, read }, i): [string, Value] => {
      if (!Object.hasOwn(given, name)) throw new Mismatch();
      expect(text, `${i > 0 ? ', ' : ''}${name}: `);
      return [name, read(given[name], text)];
    });
    expect(text, '}');
    return Object.fromEntries(values);
  };
}

/** The keys of a map are handed out as their text and in no order; two that are equal as one. */
function mapReader({ key, of }: Shape & { is: 'map' }, context: Context): Reader {
  const [readKey, readValue] = [notNull(key, context), readerOf(of, context)];
  const isText = key.is === 'value' && key.type === 'STRING';
  return (native, text) => {
    const left = new Map(Object.entries(native as Record<string, unknown>));
    const entries: [string, Value][] = [];
    expect(text, '{');
    for (let count = left.size; entries.length < count;) {
      if (entries.length > 0) expect(text, ', ');
      const name = longestKey(left, text);
      expect(text, `${name}=`);
      entries.push([name, readValue(left.get(name), text)]);
      left.delete(name);
    }
    expect(text, '}');
    if (isText) return Object.fromEntries(entries);
    return entries.map(([name, value]) => ({
      key: readWhole(readKey, keyValue(key, name), name),
      value,
    }));
  };
}

/** One key may begin with another. */
function longestKey(keys: ReadonlyMap<string, unknown>, text: Text): string {
  const found = [...keys.keys()].filter((key) => text.text.startsWith(`${key}=`, text.at));
  const [longest] = found.sort((a, b) => b.length - a.length);
  if (longest === undefined) throw new Mismatch();
  return longest;
}

/** What a key would be handed out as, were it none. */
function keyValue(key: Shape, text: string): unknown {
  if (key.is === 'value' && /^BOOL/.test(key.type)) return text === 'True';
  // Of the digits after the point its text has six.
  if (key.is !== 'value' || /^(FLOAT|DOUBLE|BLOB|INTERNAL_ID|UNION)/.test(key.type))
    throw new Mismatch();
  return text;
}

function valueReader(type: string, context: Context): Reader {
  if (/^(U?INT\d+|SERIAL)$/.test(type)) return (_native, text) => integerOf(match(text, INTEGER));
  if (type.startsWith('BOOL')) {
    return (native, text) => expect(text, native === true ? 'True' : 'False') === 'True';
  }
  if (type === 'FLOAT' || type === 'DOUBLE') {
    return (native, text) => {
      match(text, FLOAT);
      if (typeof native !== 'number') throw new Mismatch();
      return native;
    };
  }
  if (type.startsWith('DECIMAL')) {
    const scale = Number(/,\s*(\d+)\)$/.exec(type)?.[1] ?? 0);
    return (_native, text) => decimalOf(match(text, DECIMAL), scale);
  }
  if (type === 'DATE') return (_native, text) => match(text, DATE);
  if (type.startsWith('TIMESTAMP')) {
    return (_native, text) => {
      if (type === 'TIMESTAMP_NS') context.onCut();
      return match(text, TIMESTAMP);
    };
  }
  if (type === 'INTERVAL') return (_native, text) => match(text, INTERVAL);
  if (type === 'BLOB') return (native, text) => expect(text, blobText(native as Uint8Array));
  if (type === 'INTERNAL_ID') return (native, text) => expect(text, idText(native));
  if (type.startsWith('UNION')) return unionReader(type, context);
  if (type === 'NODE' || type === 'REL') return entityReader(context);
  if (type === 'RECURSIVE_REL') return pathReader(context);
  return (native, text) => {
    if (typeof native !== 'string') throw new Mismatch();
    return expect(text, native);
  };
}

const INTEGER = /-?\d+/y;
const FLOAT = /-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf|nan)/y;
const DECIMAL = /-?\d+(?:\.-?\d+)?/y;
const DATE = /\d+-\d\d-\d\d(?: \(BC\))?/y;
const TIMESTAMP = /\d+-\d\d-\d\d(?: \(BC\))? \d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d)?/y;
/** Parts such as `2 days` and `04:05:06.7`. */
const INTERVAL = (() => {
  const part = String.raw`(?:-?\d+ (?:year|month|day)s?|-?\d+:-?\d+:-?\d+(?:\.-?\d+)?)`;
  return new RegExp(`${part}(?: ${part})*`, 'y');
})();

/** Both engines write -0.05 as `0.-5`. */
function decimalOf(text: string, scale: number): string {
  const [, fraction] = /^0\.-(\d+)$/.exec(text) ?? [];
  return fraction === undefined ? text : formatDecimal(-BigInt(fraction), scale);
}

/** The value of the member that there is, whose name is not handed out: the one that fits most. */
function unionReader(type: string, context: Context): Reader {
  const members = unionMembers(type).map((of) => notNull(of, context));
  return (native, text) => {
    const [value] = Object.values(native as object) as unknown[];
    if (value === null || value === undefined) return null;
    const { at } = text;
    let best: { value: Value; at: number } | undefined;
    for (const read of members) {
      text.at = at;
      try {
        const found = read(value, text);
        if (!best || text.at > best.at) best = { value: found, at: text.at };
      } catch (error) {
        if (!(error instanceof Mismatch) && !(error instanceof TypeError)) throw error;
      }
    }
    if (!best) throw new Mismatch();
    text.at = best.at;
    return best.value;
  };
}

/** A node or a rel: of what is NULL in it the text says nothing. */
function entityReader(context: Context): Reader {
  const known = new Map<string, ReadonlyMap<string, Reader>>();
  const readersOf = (label: string): ReadonlyMap<string, Reader> => {
    const shapes = context.tables(label);
    if (!shapes) throw new Mismatch();
    return new Map([...shapes].map(([name, shape]) => [name, notNull(shape, context)]));
  };
  return (native, text) => {
    const given = native as Record<string, unknown>;
    const head = entityOf(given);
    if (!head) return null;
    const { _id, _label, _src, _dst } = head;
    const ends = _src === undefined ? '' : `_SRC: ${_src}, _DST: ${_dst ?? ''}, `;
    const [first, second] =
      ends === '' ? [`_ID: ${_id}`, `_LABEL: ${_label}`] : [`_LABEL: ${_label}`, `_ID: ${_id}`];
    expect(text, `{${ends}${first}, ${second}`);
    const readers = known.get(_label) ?? readersOf(_label);
    known.set(_label, readers);
    const properties: [string, Value][] = [];
    for (const [name, read] of readers) {
      if (!Object.hasOwn(given, name)) continue;
      const value = given[name];
      const isNull = value === null || value === undefined;
      if (!isNull) expect(text, `, ${name}: `);
      properties.push([name, isNull ? null : read(value, text)]);
    }
    expect(text, '}');
    return { ...head, ...Object.fromEntries(properties) };
  };
}

function pathReader(context: Context): Reader {
  const entities = listReader(entityReader(context));
  return (native, text) => {
    const given = native as { _nodes: unknown; _rels: unknown };
    expect(text, '{_NODES: ');
    const nodes = entities(given._nodes, text);
    expect(text, ', _RELS: ');
    const rels = entities(given._rels, text);
    expect(text, '}');
    return { _nodes: nodes, _rels: rels };
  };
}
