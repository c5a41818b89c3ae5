/** The types of properties in which no value of a column is lost. */
import type { Column, Meaning, Unit } from './column.js';
import { shapeOf, type Shape, writtenForm } from './shape.js';

/**
 * The type of a property in which no value of a column is lost.
 *
 * @returns Nothing where the engine has no such type: a struct with a field whose name is no word.
 */
export function propertyTypeOf(column: Column): string | undefined {
  const type = typeOf(column.meaning);
  if (type === undefined) return undefined;
  const shape = shapeOf(type);
  return writtenForm(shape) === undefined ? takenFromFiles(shape) : type;
}

function typeOf(meaning: Meaning): string | undefined {
  switch (meaning.is) {
    case 'integer':
      return `${meaning.signed ? '' : 'U'}INT${meaning.bits}`;
    case 'float':
      return meaning.bits === 64 ? 'DOUBLE' : 'FLOAT';
    case 'decimal':
      return `DECIMAL(${meaning.precision}, ${meaning.scale})`;
    case 'string':
    case 'boolean':
    case 'date':
    case 'timestamp':
    case 'uuid':
    case 'interval':
      return meaning.is.toUpperCase();
    case 'time':
      return 'INTERVAL';
    case 'bytes':
      return 'BLOB';
    case 'null':
    case 'written':
      return 'STRING';
    case 'list': {
      const of = typeOf(meaning.of.meaning);
      return of === undefined ? undefined : `${of}[]`;
    }
    case 'map': {
      const [key, of] = [typeOf(meaning.key.meaning), typeOf(meaning.of.meaning)];
      return key === undefined || of === undefined ? undefined : `MAP(${key}, ${of})`;
    }
    case 'struct': {
      const fields = meaning.fields.map(({ name, of }) => {
        const type = typeOf(of.meaning);
        // Neither engine takes another name, in backticks or not.
        if (type === undefined || !/^[A-Za-z_]\w*$/.test(name)) return undefined;
        return `${RESERVED.has(name.toLowerCase()) ? `\`${name}\`` : name} ${type}`;
      });
      return fields.includes(undefined) ? undefined : `STRUCT(${fields.join(', ')})`;
    }
  }
}

/** Words that fields are named after in backticks alone, on Kuzu 0.11.3 or Ladybug 0.19.1. */
const RESERVED = new Set(
  'acyclic all and any asc ascending case cast column commit_skip_checkpoint create dbtype default desc descending distinct else end ends exists false for glob group headers hint in install macro multi_join none not null on only optional or order primary profile rollback_skip_checkpoint shortest starts table then trail true union unwind wshortest when where with xor'.split(
    ' ',
  ),
);

/** A nested type with text in the place of what the engine takes from no file at that depth. */
export function takenFromFiles(shape: Shape): string {
  switch (shape.is) {
    case 'value':
      return writtenForm({ is: 'map', type: '', key: shape, of: TEXT }) === undefined
        ? 'STRING'
        : shape.type;
    case 'list':
      return `${takenFromFiles(shape.of)}[]`;
    case 'map':
      return `MAP(${takenFromFiles(shape.key)}, ${takenFromFiles(shape.of)})`;
    case 'struct':
      return `STRUCT(${shape.fields.map(({ name, of }) => `${name} ${takenFromFiles(of)}`).join(', ')})`;
  }
}

const TEXT: Shape = { is: 'value', type: 'STRING' };

/** What holds the values of two columns alike, as parts of a table may have them; nothing if nothing does. */
export function mergeColumns(a: Column, b: Column): Column | undefined {
  const meaning = mergeMeanings(a.meaning, b.meaning);
  const merged = meaning && { ...a, meaning, isEmpty: a.isEmpty === true && b.isEmpty === true };
  if (a.isEmpty === b.isEmpty) return merged;
  // What holds nothing decides nothing.
  return a.isEmpty === true ? b : a;
}

function mergeMeanings(a: Meaning, b: Meaning): Meaning | undefined {
  if (a.is === 'null') return b;
  if (b.is === 'null') return a;
  switch (a.is) {
    case 'integer':
      if (b.is === 'integer') return mergeIntegers(a, b);
      if (b.is === 'float') return mergeNumbers(a, b);
      break;
    case 'float':
      if (b.is === 'float') return a.bits > b.bits ? a : b;
      if (b.is === 'integer') return mergeNumbers(b, a);
      break;
    case 'decimal':
      if (b.is === 'decimal') {
        const scale = Math.max(a.scale, b.scale);
        const digits = Math.max(a.precision - a.scale, b.precision - b.scale);
        return digits + scale > 38 ? { is: 'string' } : { ...a, scale, precision: digits + scale };
      }
      break;
    case 'timestamp':
    case 'time':
      if (b.is === a.is) return { is: a.is, unit: finer(a.unit, b.unit) };
      if (b.is === (a.is === 'time' ? 'interval' : 'date')) return a.is === 'time' ? b : a;
      break;
    case 'date':
      if (b.is === 'timestamp') return b;
      break;
    case 'interval':
      if (b.is === 'time') return a;
      break;
    case 'list': {
      const of = b.is === 'list' ? mergeColumns(a.of, b.of) : undefined;
      return of && { is: 'list', of };
    }
    case 'map': {
      if (b.is !== 'map') return undefined;
      const [key, of] = [mergeColumns(a.key, b.key), mergeColumns(a.of, b.of)];
      return key && of && { is: 'map', key, of };
    }
    case 'struct':
      return b.is === 'struct' ? mergeStructs(a, b) : undefined;
  }
  if (a.is === b.is) return a;
  // All but floating-point numbers and what is nested become text with all that they hold.
  return isPrinted(a) && isPrinted(b) ? { is: 'string' } : undefined;
}

type Of<K extends Meaning['is']> = Extract<Meaning, { is: K }>;

function mergeIntegers(a: Of<'integer'>, b: Of<'integer'>): Meaning {
  if (a.signed === b.signed) return a.bits > b.bits ? a : b;
  const [signed, unsigned] = a.signed ? [a, b] : [b, a];
  return { is: 'integer', signed: true, bits: Math.max(signed.bits, unsigned.bits * 2) };
}

/** Writers make doubles of integers where some are missing; those beyond 32 bits are tried as integers. */
function mergeNumbers(integer: Of<'integer'>, float: Of<'float'>): Meaning {
  if (integer.bits > 32) return integer;
  return integer.bits > 16 && float.bits < 64 ? { is: 'float', bits: 64 } : float;
}

function mergeStructs(a: Of<'struct'>, b: Of<'struct'>): Meaning | undefined {
  const fields = [...a.fields];
  for (const field of b.fields) {
    const i = fields.findIndex(({ name }) => name === field.name);
    const of = i < 0 ? field.of : mergeColumns((fields[i] ?? field).of, field.of);
    if (!of) return undefined;
    if (i < 0) fields.push(field);
    else fields[i] = { name: field.name, of };
  }
  return { is: 'struct', fields };
}

function finer(a: Unit, b: Unit): Unit {
  return UNITS.find((unit) => unit === a || unit === b) ?? a;
}

const UNITS: readonly Unit[] = ['ns', 'us', 'ms'];

function isPrinted({ is }: Meaning): boolean {
  return is !== 'float' && is !== 'list' && is !== 'struct' && is !== 'map';
}
