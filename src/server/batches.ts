/** Rows in batches of columns, as a statement takes them. */
import { driverValue, jsonText } from '../bolt/values.js';
import type { DriverModule } from '../bolt/driver.js';
import type { Decoder } from '../dataset/rows.js';
import type { Column } from '../model/column.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { PlannedRows } from '../plan/rows.js';
import { plannedRows } from './rows.js';

export interface Batch {
  /** The values of each key: the primary key, or the endpoints. */
  keys: unknown[][];
  /** Of each field. */
  columns: unknown[][];
  /** Rows in it. */
  size: number;
  /** Rows of the file up to its end, with those that were left out. */
  upTo: number;
}

/** Of 1,000 to 20,000 rows a server takes any number as fast. */
const MOST_ROWS = 10_000;

/** Of text and bytes, so that wide rows do not fill the memory of a transaction. */
const MOST_BYTES = 8_000_000;

/** What makes the driver's values of a row of a file: `place` is of its column, -1 where all have one. */
export interface Writer {
  place: number;
  write: (value: PlainValue) => unknown;
}

/** The columns that are read of a file, and the writers of its keys and fields. */
export function writersOf(
  neo4j: DriverModule,
  file: PlannedRows,
  asJson: (property: string) => boolean,
): { columns: Column[]; keys: Writer[]; fields: Writer[] } {
  const keys = file.keys.map(({ convert, type }, place): Writer => {
    const write = driverValue(neo4j, type);
    return { place, write: (value) => write(convert(value)) };
  });
  let next = keys.length;
  const fields = file.fields.map(({ property, type, constant = null, from: source }): Writer => {
    const write = asJson(property) ? jsonText(type) : driverValue(neo4j, type);
    if (source) return { place: next++, write: (given) => write(source.convert(given)) };
    const value = write(constant);
    return { place: -1, write: () => value };
  });
  const columns = [
    ...file.keys.map(({ column }) => column),
    ...file.fields.flatMap(({ from: source }) => (source ? [source.column] : [])),
  ];
  return { columns, keys, fields };
}

/**
 * @param bad - Rows that are left out.
 * @param from - The first row that is handed out.
 * @param asJson - Whether a property is to be JSON text.
 */
export function* batchesOf(
  decoder: Decoder,
  neo4j: DriverModule,
  file: PlannedRows,
  {
    bad,
    from,
    asJson,
  }: {
    bad: Pick<ReadonlySet<number>, 'has'>;
    from: number;
    asJson: (property: string) => boolean;
  },
): Generator<Batch> {
  const { columns, keys, fields } = writersOf(neo4j, file, asJson);
  const writers = [...keys, ...fields];
  let taken = 0;
  for (const { numbers, places, lists } of plannedRows(decoder, file, columns)) {
    const most = rowsPerBatch(places, lists);
    for (let start = 0; start < places.length; start += most) {
      const end = Math.min(start + most, places.length);
      const own: number[] = [];
      for (let i = start; i < end; i += 1) {
        taken += 1;
        if (taken > from && !bad.has(numbers[i] ?? -1)) own.push(places[i] ?? 0);
      }
      if (taken <= from) continue;
      const all = writers.map(({ place, write }) => {
        const list = lists[place];
        return own.map((at) => write(list?.[at] ?? null));
      });
      yield {
        keys: all.slice(0, keys.length),
        columns: all.slice(keys.length),
        size: own.length,
        upTo: taken,
      };
    }
  }
}

/** As many as have about {@link MOST_BYTES}, and no more than {@link MOST_ROWS}. */
function rowsPerBatch(places: readonly number[], lists: readonly PlainValue[][]): number {
  let bytes = 0;
  for (const list of lists) {
    // A list of numbers has nothing that grows.
    if (typeof list.find((value) => value !== null) === 'number') continue;
    for (const place of places) bytes += bytesOf(list[place] ?? null);
  }
  return Math.max(1, Math.min(MOST_ROWS, Math.floor((MOST_BYTES / (bytes + 1)) * places.length)));
}

function bytesOf(value: PlainValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  return Array.isArray(value) ? 8 * value.length : 0;
}

/** The two halves of a batch. */
export function halve(batch: Batch): [Batch, Batch] {
  const half = Math.ceil(batch.size / 2);
  const part = (start: number, end: number, upTo: number): Batch => ({
    keys: batch.keys.map((list) => list.slice(start, end)),
    columns: batch.columns.map((list) => list.slice(start, end)),
    size: end - start,
    upTo,
  });
  // Where in the file the first half ends, the second one says for both.
  return [part(0, half, 0), part(half, batch.size, batch.upTo)];
}
