/** Small Parquet files that claim much. */
import { writeFileSync } from 'node:fs';

/** Thrift's compact protocol, as far as a footer needs it. */
type Bytes = number[];

function varint(value: number): Bytes {
  const bytes: Bytes = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

interface Value {
  type: number;
  bytes: Bytes;
}

const i32 = (value: number): Value => ({ type: 5, bytes: varint(value * 2) });
const i64 = (value: number): Value => ({ type: 6, bytes: varint(value * 2) });
const text = (value: string): Value => ({
  type: 8,
  bytes: [...varint(Buffer.byteLength(value)), ...Buffer.from(value)],
});
/** At most 14 items. */
const list = (items: readonly Value[]): Value => ({
  type: 9,
  bytes: [(items.length << 4) | (items[0]?.type ?? 0), ...items.flatMap(({ bytes }) => bytes)],
});
const struct = (fields: Record<number, Value>): Value => {
  let last = 0;
  const bytes = Object.entries(fields).flatMap(([id, field]) => {
    const head = ((Number(id) - last) << 4) | field.type;
    last = Number(id);
    return [head, ...field.bytes];
  });
  return { type: 12, bytes: [...bytes, 0] };
};

/** parquet.thrift: BYTE_ARRAY; OPTIONAL; UTF8; JSON; PLAIN and RLE. */
const [BYTE_ARRAY, OPTIONAL, UTF8, JSON_TEXT, PLAIN, RLE] = [6, 1, 0, 19, 0, 3] as const;

/**
 * Writes a file of optional texts with one page, a single run of nulls that all columns share.
 *
 * @param options - `rows`: in the footer. `values`: in the page, if not as many. `json`: columns of a
 *   type that the engine can't read, so that a load rewrites the file.
 */
export function writeBomb(
  path: string,
  columns: readonly string[],
  { rows, values = rows, json = [] }: { rows: number; values?: number; json?: readonly string[] },
): void {
  const run = [...varint(values * 2), 0];
  const levels = [run.length, 0, 0, 0, ...run];
  const header = struct({
    1: i32(0),
    2: i32(levels.length),
    3: i32(levels.length),
    5: struct({ 1: i32(values), 2: i32(PLAIN), 3: i32(RLE), 4: i32(RLE) }),
  });
  const page = [...header.bytes, ...levels];
  const leaf = (name: string): Value =>
    struct({
      1: i32(BYTE_ARRAY),
      3: i32(OPTIONAL),
      4: text(name),
      6: i32(json.includes(name) ? JSON_TEXT : UTF8),
    });
  const chunk = (name: string): Value =>
    struct({
      2: i64(4),
      3: struct({
        1: i32(BYTE_ARRAY),
        2: list([i32(PLAIN), i32(RLE)]),
        3: list([text(name)]),
        4: i32(0),
        5: i64(rows),
        6: i64(page.length),
        7: i64(page.length),
        9: i64(4),
      }),
    });
  const group = struct({ 1: list(columns.map(chunk)), 2: i64(page.length), 3: i64(rows) });
  const root = struct({ 4: text('schema'), 5: i32(columns.length) });
  const footer = struct({
    1: i32(1),
    2: list([root, ...columns.map(leaf)]),
    3: i64(rows),
    4: list([group]),
  }).bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const magic = Buffer.from('PAR1');
  writeFileSync(
    path,
    Buffer.concat([magic, Buffer.from(page), Buffer.from(footer), length, magic]),
  );
}
