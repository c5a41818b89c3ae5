/** Hashes and rows in flat memory: typed arrays, no object a row. */
import type { Hash } from '../bolt/hashes.js';

/** Where no hash is. */
export const NOWHERE = 0xffffffff;

/** Places of hashes, which stay as they are. */
export interface HashTable {
  slots: number;
  /** The place of a hash, which gets one if it has none. */
  place: (hash: Hash) => number;
  /** The place of a hash, or {@link NOWHERE}. */
  find: (hash: Hash) => number;
}

/** @param most - Hashes that there will be. */
export function createHashTable(most: number): HashTable {
  let slots = 16;
  while (slots < most * 1.5) slots *= 2;
  const words = new Uint32Array(2 * slots);
  const look = (low: number, high: number): number => {
    let slot = (low ^ (high >>> 7)) & (slots - 1);
    for (;;) {
      const [a = 0, b = 0] = [words[2 * slot], words[2 * slot + 1]];
      if ((a === 0 && b === 0) || (a === low && b === high)) return slot;
      slot = (slot + 1) & (slots - 1);
    }
  };
  return {
    slots,
    place({ low, high }) {
      const slot = look(low, high);
      words[2 * slot] = low;
      words[2 * slot + 1] = high;
      return slot;
    },
    find({ low, high }) {
      const slot = look(low, high);
      return words[2 * slot] === 0 && words[2 * slot + 1] === 0 ? NOWHERE : slot;
    },
  };
}

/** The places of a file's rows, by their numbers. */
export interface RowSlots {
  set: (row: number, slot: number) => void;
  /** In the order of the rows. */
  each: (visit: (row: number, slot: number) => void) => void;
}

export function createRowSlots(): RowSlots {
  let slots = new Uint32Array(1024).fill(NOWHERE);
  let end = 0;
  return {
    set(row, slot) {
      if (row >= slots.length) {
        const more = new Uint32Array(Math.max(row + 1, 2 * slots.length)).fill(NOWHERE);
        more.set(slots);
        slots = more;
      }
      slots[row] = slot;
      end = Math.max(end, row + 1);
    },
    each(visit) {
      for (let row = 0; row < end; row += 1) {
        const slot = slots[row] ?? NOWHERE;
        if (slot !== NOWHERE) visit(row, slot);
      }
    },
  };
}

/** Some rows of a file: a bit each. */
export interface RowSet {
  add: (row: number) => void;
  has: (row: number) => boolean;
  size: () => number;
}

export function createRowSet(): RowSet {
  let bits = new Uint8Array(128);
  let count = 0;
  return {
    add(row) {
      const byte = row >>> 3;
      if (byte >= bits.length) {
        const more = new Uint8Array(Math.max(byte + 1, 2 * bits.length));
        more.set(bits);
        bits = more;
      }
      bits[byte] = (bits[byte] ?? 0) | (1 << (row & 7));
      count += 1;
    },
    has: (row) => ((bits[row >>> 3] ?? 0) & (1 << (row & 7))) !== 0,
    size: () => count,
  };
}
