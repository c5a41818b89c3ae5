/** Values as text: whatever a database or a file may hold, for programs and for people. */

/** JSON of a value; what JSON has no word for (bigint beyond 2^53, NaN, Infinity) becomes text. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, jsonValue, indent);
}

function jsonValue(_name: string, value: unknown): unknown {
  const isFinite = typeof value !== 'number' || Number.isFinite(value);
  return typeof value === 'bigint' || !isFinite ? String(value) : value;
}

/** A value by itself: text is what it is, and else as in a message. */
export function plainValue(value: unknown): string {
  return typeof value === 'string' ? cut(value) : describeValue(value);
}

/** A value in a message: data nobody vetted is cut, and its control characters are shown. */
export function describeValue(value: unknown): string {
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  const text = isNumber ? String(value) : toJson(value);
  return cut(text);
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
