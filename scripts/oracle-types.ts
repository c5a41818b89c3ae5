/**
 * The oracle's own types and values: what it generates, what writers write, and what an engine is
 * asked for. Nothing here is kgload's; a value is compared as text that says exactly what it is.
 */

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** A type, of a column in a file as of a property. */
export type Type =
  | { is: 'bool' | 'string' | 'blob' | 'uuid' | 'date' | 'interval' | 'null' }
  | { is: 'int'; bits: number; signed: boolean }
  | { is: 'float'; bits: 16 | 32 | 64 }
  | { is: 'decimal'; precision: number; scale: number }
  | { is: 'time'; unit: 'ms' | 'us' | 'ns' }
  | { is: 'timestamp'; unit: TimeUnit; utc: boolean }
  | { is: 'list'; of: Type }
  | { is: 'array'; of: Type; size: number }
  | { is: 'struct'; fields: readonly Field[] }
  | { is: 'map'; key: Type; value: Type };

export interface Field {
  name: string;
  type: Type;
}

export interface Interval {
  months: number;
  days: number;
  micros: bigint;
}

/**
 * A value of a type: integers, days since 1970, time units since midnight or 1970, and decimals without
 * their point are bigints; a UUID is its text; a struct's fields are in its type's order.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Interval
  | readonly Value[]
  | { entries: readonly (readonly [Value, Value])[] };

export const NANOS: Record<TimeUnit, bigint> = {
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  ns: 1n,
};

/** The engine's name for a type. */
export function cypherType(type: Type): string {
  switch (type.is) {
    case 'int':
      return `${type.signed ? '' : 'U'}INT${type.bits}`;
    case 'float':
      return type.bits === 64 ? 'DOUBLE' : 'FLOAT';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'timestamp':
      if (type.utc) return 'TIMESTAMP_TZ';
      return { s: 'TIMESTAMP_SEC', ms: 'TIMESTAMP_MS', us: 'TIMESTAMP', ns: 'TIMESTAMP_NS' }[
        type.unit
      ];
    case 'list':
      return `${cypherType(type.of)}[]`;
    case 'array':
      return `${cypherType(type.of)}[${type.size}]`;
    case 'struct':
      return `STRUCT(${type.fields.map((f) => `${f.name} ${cypherType(f.type)}`).join(', ')})`;
    case 'map':
      return `MAP(${cypherType(type.key)}, ${cypherType(type.value)})`;
    default:
      return type.is.toUpperCase();
  }
}

export function quoted(name: string): string {
  return `\`${name}\``;
}

/** The type that the engine names so, as `table_info` prints it. */
export function parseType(text: string): Type {
  const [, of, size] = /^(.*)\[(\d*)\]$/s.exec(text) ?? [];
  if (of !== undefined) {
    const item = parseType(of);
    return size ? { is: 'array', of: item, size: Number(size) } : { is: 'list', of: item };
  }
  const [, name = '', inner = ''] = /^(STRUCT|MAP|DECIMAL)\s*\((.*)\)$/s.exec(text) ?? [];
  const parts = splitOutside(inner);
  if (name === 'DECIMAL') {
    return { is: 'decimal', precision: Number(parts[0]), scale: Number(parts[1]) };
  }
  if (name === 'MAP') {
    return { is: 'map', key: parseType(parts[0] ?? ''), value: parseType(parts[1] ?? '') };
  }
  if (name === 'STRUCT') {
    return {
      is: 'struct',
      fields: parts.map((part) => {
        const [, field = '', type = ''] = /^(`[^`]*`|\S+)\s+(.*)$/s.exec(part) ?? [];
        return { name: field.replaceAll('`', ''), type: parseType(type) };
      }),
    };
  }
  const [, unsigned, bits] = /^(U?)INT(\d+)$/.exec(text) ?? [];
  if (bits !== undefined) return { is: 'int', bits: Number(bits), signed: unsigned === '' };
  switch (text) {
    case 'BOOL':
    case 'STRING':
    case 'BLOB':
    case 'UUID':
    case 'DATE':
    case 'INTERVAL':
      return { is: text.toLowerCase() } as Type;
    case 'SERIAL':
      return { is: 'int', bits: 64, signed: true };
    case 'DOUBLE':
    case 'FLOAT':
      return { is: 'float', bits: text === 'DOUBLE' ? 64 : 32 };
    case 'TIMESTAMP':
    case 'TIMESTAMP_TZ':
      return { is: 'timestamp', unit: 'us', utc: text === 'TIMESTAMP_TZ' };
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP_MS':
      return { is: 'timestamp', unit: text === 'TIMESTAMP_NS' ? 'ns' : 'ms', utc: false };
    case 'TIMESTAMP_SEC':
      return { is: 'timestamp', unit: 's', utc: false };
  }
  throw new Error(`the oracle does not know the type ${text}`);
}

/** Splits at the commas that stand outside of brackets and backticks. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const [piece] of text.matchAll(/`[^`]*`|./gs)) {
    if ('(['.includes(piece)) depth += 1;
    if (')]'.includes(piece)) depth -= 1;
    if (piece === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else {
      part += piece;
    }
  }
  return [...parts, part.trim()];
}

/** An integer, a number or a text, without anything around it. */
export function plainText(value: Value): string {
  return typeof value === 'object' ? '' : String(value);
}

/** A value as text: two values of a type are the same if their texts are. */
export function textOf(type: Type, value: Value): string {
  if (value === null) return 'null';
  switch (type.is) {
    case 'float':
      return Object.is(value, -0) ? '-0' : plainText(value);
    case 'string':
      return JSON.stringify(value);
    case 'blob':
      return `x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'uuid':
      return (value as string).toLowerCase();
    case 'interval': {
      const { months, days, micros } = value as Interval;
      return `${months} months ${days} days ${micros} us`;
    }
    case 'list':
    case 'array':
      return `[${(value as readonly Value[]).map((item) => textOf(type.of, item)).join(', ')}]`;
    case 'struct': {
      const values = value as readonly Value[];
      const fields = type.fields.map((f, i) => `${f.name}: ${textOf(f.type, values[i] ?? null)}`);
      return `{${fields.join(', ')}}`;
    }
    case 'map': {
      const { entries } = value as { entries: readonly (readonly [Value, Value])[] };
      const texts = entries.map(([k, v]) => `${textOf(type.key, k)} → ${textOf(type.value, v)}`);
      return `{${texts.sort().join(', ')}}`;
    }
    default:
      return plainText(value);
  }
}

/** Whether a type, or one within it, is such. */
export function someType(type: Type, test: (type: Type) => boolean): boolean {
  if (test(type)) return true;
  switch (type.is) {
    case 'list':
    case 'array':
      return someType(type.of, test);
    case 'struct':
      return type.fields.some((field) => someType(field.type, test));
    case 'map':
      return someType(type.key, test) || someType(type.value, test);
    default:
      return false;
  }
}

/** Whether a value, or one within it, is such. */
export function someValue(
  type: Type,
  value: Value,
  test: (type: Type, value: Value) => boolean,
): boolean {
  if (test(type, value)) return true;
  if (value === null) return false;
  switch (type.is) {
    case 'list':
    case 'array':
      return (value as readonly Value[]).some((item) => someValue(type.of, item, test));
    case 'struct':
      return type.fields.some((field, i) =>
        someValue(field.type, (value as readonly Value[])[i] ?? null, test),
      );
    case 'map':
      return (value as { entries: readonly (readonly [Value, Value])[] }).entries.some(
        ([k, v]) => someValue(type.key, k, test) || someValue(type.value, v, test),
      );
    default:
      return false;
  }
}
