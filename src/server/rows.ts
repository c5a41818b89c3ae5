/** The rows of a planned file, as lists of what its columns hold. */
import { type Decoder, decodeColumns } from '../dataset/rows.js';
import type { Column } from '../model/column.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { PlannedRows } from '../plan/rows.js';

/** Some rows of a file. */
export interface Rows {
  /** The number of each row that the plan takes, among all rows of the file. */
  numbers: number[];
  /** Their places in the lists. */
  places: number[];
  /** Of each column. */
  lists: PlainValue[][];
}

/** Hands out some columns of those rows that the plan takes, as the file has them. */
export function* plannedRows(
  decoder: Decoder,
  { path, labels }: Pick<PlannedRows, 'path' | 'labels'>,
  columns: readonly Column[],
): Generator<Rows> {
  const all = [...columns, ...labels.map(({ column }) => column)];
  let start = 0;
  for (const { count, lists } of decodeColumns(decoder, path, all)) {
    const numbers: number[] = [];
    const places: number[] = [];
    for (let place = 0; place < count; place += 1) {
      const isTaken = labels.every(({ spellings }, i) => {
        const label = lists[columns.length + i]?.[place];
        return (
          typeof label === 'string' && spellings.has(label.replaceAll(/[ -]+/g, '_').toLowerCase())
        );
      });
      if (!isTaken) continue;
      places.push(place);
      numbers.push(start + place);
    }
    start += count;
    yield { numbers, places, lists };
  }
}
