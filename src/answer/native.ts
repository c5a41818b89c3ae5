/** Values as the Node interfaces of both engines hand them out, as plain ones. */
import type { Value } from '../model/answer.js';

/** The plain value of what is handed out, and whether it may have lost digits on the way. */
export function plainValue(native: unknown, onInexact: () => void): Value {
  switch (typeof native) {
    case 'string':
    case 'boolean':
      return native;
    case 'bigint':
      return Number.isSafeInteger(Number(native)) ? Number(native) : native;
    case 'number':
      if (Number.isInteger(native) && !Number.isSafeInteger(native)) onInexact();
      return native;
    case 'object':
      return native === null ? null : plainObject(native, onInexact);
    default:
      return null;
  }
}

function plainObject(native: object, onInexact: () => void): Value {
  if (Array.isArray(native)) return native.map((item) => plainValue(item, onInexact));
  if (native instanceof Uint8Array) return blobText(native);
  if (native instanceof Date) {
    onInexact();
    return Number.isNaN(native.getTime()) ? null : native.toISOString();
  }
  const given = native as Record<string, unknown>;
  if (isId(given)) return idText(given);
  const head = entityOf(given);
  const names = Object.keys(given).filter((name) => !head || !(name in HEAD));
  const entries = names.map((name): [string, Value] => [name, plainValue(given[name], onInexact)]);
  return { ...head, ...Object.fromEntries(entries) };
}

const HEAD = { _id: '', _label: '', _src: '', _dst: '' };

/** What a node or a rel has before its properties; nothing for other objects. */
export function entityOf(
  given: Record<string, unknown>,
): { _id: string; _label: string; _src?: string; _dst?: string } | undefined {
  const { _id: id, _label: label, _src: source, _dst: destination } = given;
  if (!isId(id) || typeof label !== 'string') return undefined;
  if (!isId(source) || !isId(destination)) return { _id: idText(id), _label: label };
  return { _id: idText(id), _label: label, _src: idText(source), _dst: idText(destination) };
}

function isId(given: unknown): given is { table: number; offset: number } {
  if (typeof given !== 'object' || given === null) return false;
  const { table, offset } = given as Record<string, unknown>;
  return typeof table === 'number' && typeof offset === 'number' && Object.keys(given).length === 2;
}

/** As the engines write it. */
export function idText(given: unknown): string {
  const { table, offset } = given as { table: number; offset: number };
  return `${table}:${offset}`;
}

/** A number where that has all the digits. */
export function integerOf(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

/** As the engines write it, and read it: `\xAA`. */
export function blobText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const isPlain = byte >= 32 && byte <= 126 && !ESCAPED.includes(byte);
    const hex = byte.toString(16).toUpperCase().padStart(2, '0');
    text += isPlain ? String.fromCharCode(byte) : `\\x${hex}`;
  }
  return text;
}

/** Quotation marks and the backslash. */
const ESCAPED = [0x22, 0x27, 0x5c];
