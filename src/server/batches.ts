/** Rows in batches of columns, as a statement takes them. */
import { driverValue, jsonText } from '../bolt/values.js';
import type { DriverModule } from '../bolt/driver.js';
import type { Decoder } from '../dataset/rows.js';
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
    bad: ReadonlySet<number>;
    from: number;
    asJson: (property: string) => boolean;
  },
): Generator<Batch> {
  const keys = file.keys.map(({ convert, type }) => {
    const write = driverValue(neo4j, type);
    return (value: PlainValue) => write(convert(value));
  });
  const sources = file.fields.map(({ property, type, constant = null, from: source }) => {
    const write = asJson(property) ? jsonText(type) : driverValue(neo4j, type);
    if (!source) {
      const value = write(constant);
      return () => value;
    }
    return (given: PlainValue) => write(source.convert(given));
  });
  const columns = [
    ...file.keys.map(({ column }) => column),
    ...file.fields.flatMap(({ from: source }) => (source ? [source.column] : [])),
  ];
  let place = file.keys.length;
  const places = file.fields.map(({ from: source }) => (source ? place++ : -1));
  const start = (): Batch => ({
    keys: keys.map(() => []),
    columns: sources.map(() => []),
    size: 0,
    upTo: 0,
  });
  let batch = start();
  let bytes = 0;
  let taken = 0;
  for (const rows of plannedRows(decoder, file, columns)) {
    for (const { row, values } of rows) {
      taken += 1;
      if (taken <= from) continue;
      batch.upTo = taken;
      if (bad.has(row)) continue;
      for (const [i, key] of keys.entries()) batch.keys[i]?.push(key(values[i] ?? null));
      for (const [i, source] of sources.entries()) {
        const given = values[places[i] ?? -1] ?? null;
        batch.columns[i]?.push(source(given));
        if (typeof given === 'string' || given instanceof Uint8Array) bytes += given.length;
        else if (Array.isArray(given)) bytes += 8 * given.length;
      }
      batch.size += 1;
      if (batch.size < MOST_ROWS && bytes < MOST_BYTES) continue;
      yield batch;
      batch = start();
      bytes = 0;
    }
  }
  if (batch.upTo > 0) yield batch;
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
