/** How a Parquet column becomes a property. */
import type { Column } from './parquet.js';

/**
 * `exact`: every value is taken as it is. `checked`: the engine converts value by value, and fails
 * on the first that does not convert. `lossy`: the engine would change values without a word.
 */
export type Conversion = 'exact' | 'checked' | 'lossy';

const INTEGERS = /^INT(32|64)( INTEGER| U?INT_\d+)?$/;

/** What happens when the engine loads this column into a property of this type. */
export function conversionOf(column: Column, type: string): Conversion {
  if (type === 'STRING' && column.type === 'STRING') return 'exact';
  if (type === 'INT64' && INTEGERS.test(column.type)) return 'exact';
  if (type === 'BOOLEAN' && column.type === 'BOOLEAN') return 'exact';
  // Kuzu rounds 1.5 to 2.
  if (/^U?INT\d+$/.test(type) && /^(FLOAT|DOUBLE)/.test(column.type)) return 'lossy';
  return 'checked';
}
