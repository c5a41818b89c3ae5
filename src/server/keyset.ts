/**
 * Keys in little memory: 64 bits of each, so that a million take 16 to 32 MB. Whether a key is there is
 * right but for one in 10^13 of them; whoever needs more compares the keys themselves.
 */
import type { PlainValue } from '../model/plainvalue.js';

export interface KeySet {
  /** Adds a key; says whether it, or one that looks alike, was there. */
  add: (key: Key) => boolean;
  has: (key: Key) => boolean;
  size: () => number;
}

type Key = NonNullable<PlainValue>;

/** The one text of a key: numbers of another size are the same key; to a server's index -0 is not 0. */
export function keyText(key: Key): string {
  if (key instanceof Uint8Array) return Buffer.from(key).toString('latin1');
  if (Object.is(key, -0)) return '-0';
  return typeof key === 'string' ? key : (key as number | bigint).toString();
}

export function createKeySet(): KeySet {
  let slots = 1024;
  let words = new Uint32Array(2 * slots);
  let count = 0;
  const place = (low: number, high: number): number => {
    let slot = low & (slots - 1);
    for (;;) {
      const [a = 0, b = 0] = [words[2 * slot], words[2 * slot + 1]];
      if ((a === 0 && b === 0) || (a === low && b === high)) return slot;
      slot = (slot + 1) & (slots - 1);
    }
  };
  const grow = (): void => {
    const old = words;
    slots *= 2;
    words = new Uint32Array(2 * slots);
    for (let i = 0; i < old.length; i += 2) {
      const [low = 0, high = 0] = [old[i], old[i + 1]];
      if (low === 0 && high === 0) continue;
      const slot = place(low, high);
      words[2 * slot] = low;
      words[2 * slot + 1] = high;
    }
  };
  return {
    add(key) {
      const [low, high] = hashOf(keyText(key));
      const slot = place(low, high);
      if (words[2 * slot] !== 0 || words[2 * slot + 1] !== 0) return true;
      words[2 * slot] = low;
      words[2 * slot + 1] = high;
      count += 1;
      if (2 * count > slots) grow();
      return false;
    },
    has(key) {
      const [low, high] = hashOf(keyText(key));
      const slot = place(low, high);
      return words[2 * slot] !== 0 || words[2 * slot + 1] !== 0;
    },
    size: () => count,
  };
}

/** Two rounds of MurmurHash3's mixing, of different seeds; never both 0, which is an empty slot. */
function hashOf(text: string): [low: number, high: number] {
  let a = 0x9747b28c;
  let b = 0x85ebca6b;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ code, 0x1b873593);
    b = (b << 13) | (b >>> 19);
  }
  return [finish(a ^ text.length), (finish(b ^ a) | 1) >>> 0];
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
