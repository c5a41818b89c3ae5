/** The rows of a planned file, as values of keys and of properties. */
import { type Decoder, decodeRows } from '../dataset/rows.js';
import type { Column } from '../model/column.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { PlannedRows } from '../plan/rows.js';

/**
 * Hands out some columns of those rows that the plan takes, as the file has them.
 *
 * @param onRow - `row`: its number among all rows of the file.
 */
export function* plannedRows(
  decoder: Decoder,
  { path, labels }: Pick<PlannedRows, 'path' | 'labels'>,
  columns: readonly Column[],
): Generator<{ row: number; values: PlainValue[] }[]> {
  const all = [...columns, ...labels.map(({ column }) => column)];
  let row = 0;
  for (const batch of decodeRows(decoder, path, all)) {
    const taken: { row: number; values: PlainValue[] }[] = [];
    for (const values of batch) {
      const isOurs = labels.every(({ spellings }, i) => {
        const label = values[columns.length + i];
        return (
          typeof label === 'string' && spellings.has(label.replaceAll(/[ -]+/g, '_').toLowerCase())
        );
      });
      if (isOurs) taken.push({ row, values });
      row += 1;
    }
    yield taken;
  }
}
