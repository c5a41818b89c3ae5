/**
 * Forms of the JSON text in which a server holds what it has no place for: those of verify/forms.ts, read
 * back by the type of the property, with all digits.
 */
import { canonicalType } from '../model/differences.js';
import { type Shape, shapeOf } from '../model/shape.js';
import {
  decimalForm,
  floatForm,
  type Form,
  instantForm,
  mapForm,
  NULL,
  numberForm,
  quote,
} from '../verify/forms.js';
import { daysOf, instantOf } from './moments.js';

/** JSON in which a number is an object, so that it keeps its digits. */
type Json = null | boolean | string | { number: string } | Json[] | { [name: string]: Json };

/** What makes forms of the text of a property's value; nothing of text that is none of its type. */
export function jsonForm(type: string): (text: string) => Form | undefined {
  const form = partOf(shapeOf(type));
  return (text) => {
    try {
      const value = parse(text);
      // NULL is no property, and not this text.
      return value === null ? undefined : form(value);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof Misfit) return undefined;
      throw error;
    }
  };
}

/** A value of another type. */
class Misfit extends Error {}

/** Strings are not matched whole: of megabytes a regular expression takes all of the stack. */
function parse(text: string): Json {
  let isInString = false;
  const marked = text.replace(/\\.|"|-?\d[\d.eE+-]*/gs, (token) => {
    if (token === '"') isInString = !isInString;
    return isInString || /^["\\]/.test(token) ? token : `{"number":"${token}"}`;
  });
  return JSON.parse(marked) as Json;
}

function formOf(shape: Shape): (value: Json) => Form {
  const form = partOf(shape);
  return (value) => (value === null ? NULL : form(value));
}

type Part = NonNullable<Json>;

function partOf(shape: Shape): (value: Part) => Form {
  switch (shape.is) {
    case 'list': {
      const item = formOf(shape.of);
      return (value) => `[${listIn(value).map(item).join(',')}]`;
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, of }) => ({
        name: name.replaceAll('`', ''),
        form: formOf(of),
      }));
      return (value) => {
        if (typeof value !== 'object' || Array.isArray(value)) throw new Misfit();
        const given = value as Record<string, Json>;
        const isKnown = Object.keys(given).every((name) =>
          fields.some((field) => field.name === name),
        );
        if (!isKnown) throw new Misfit();
        return `{${fields.map(({ name, form }) => form(given[name] ?? null)).join(',')}}`;
      };
    }
    case 'map': {
      const [key, of] = [formOf(shape.key), formOf(shape.of)];
      return (value) => {
        const pairs = listIn(value).map((pair) => {
          const [k = null, v = null] = listIn(pair);
          return [key(k), of(v)] as const;
        });
        return mapForm(pairs, {});
      };
    }
    case 'value':
      return scalarOf(canonicalType(shape.type));
  }
}

function scalarOf(type: string): (value: Part) => Form {
  if (/^(U?INT\d+|SERIAL)$/.test(type)) return (value) => numberForm(BigInt(numberIn(value)), {});
  if (type.startsWith('DECIMAL')) return (value) => decimalForm(numberIn(value), type, {});
  if (type === 'DOUBLE' || type === 'FLOAT') {
    return (value) => {
      if (typeof value !== 'string') return floatForm(Number(numberIn(value)), type);
      if (!/^(NaN|-?Infinity)$/.test(value)) throw new Misfit();
      return floatForm(Number(value), type);
    };
  }
  if (type === 'BOOL') {
    return (value) => {
      if (typeof value !== 'boolean') throw new Misfit();
      return String(value);
    };
  }
  if (type === 'STRING') return (value) => quote(textIn(value));
  if (type === 'DATE' || type.startsWith('TIMESTAMP')) {
    return (value) => instantForm(instantIn(textIn(value)), {});
  }
  if (type === 'UUID') return (value) => textIn(value).toLowerCase();
  return textIn;
}

function listIn(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  throw new Misfit();
}

function textIn(value: Json): string {
  if (typeof value === 'string') return value;
  throw new Misfit();
}

function numberIn(value: Json): string {
  const { number } = (value ?? {}) as { number?: Json };
  if (typeof number === 'string') return number;
  throw new Misfit();
}

/** Microseconds since 1970 of `2020-01-31` and `2020-01-31T01:02:03.5Z`. */
function instantIn(text: string): bigint {
  const [, date = '', clock] = /^(-?\d+-\d\d-\d\d)(?:T([\d:.]+)Z?)?$/.exec(text) ?? [];
  const [, year = '', month = '', day = ''] = /^(-?\d+)-(\d\d)-(\d\d)$/.exec(date) ?? [];
  if (year === '') throw new Misfit();
  const days = daysOf(Number(year), Number(month), Number(day));
  const [hour = '0', minute = '0', second = '0'] = (clock ?? '').split(':');
  const [whole = '0', fraction = ''] = second.split('.');
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(whole);
  return instantOf(days, seconds, Number(fraction.padEnd(6, '0')));
}
