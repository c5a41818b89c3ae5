/** Values without a type of their own: what columns hold, once it is decoded, and what properties get. */
import type { Interval } from '../format.js';

/**
 * A value of a column: text for strings, decimals, times of day and UUIDs; days since 1970 for dates,
 * microseconds since then for timestamps; integers beyond 32 bits, and unsigned ones, as bigint; the
 * items of lists, the values of structs in the order of their fields, pairs of key and value of maps.
 */
export type PlainValue =
  string | number | bigint | boolean | Uint8Array | Interval | readonly PlainValue[] | null;
