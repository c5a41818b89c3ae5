/**
 * Values as the driver has them in 64 bits, so that rows of a file and of a server are compared in flat
 * memory. That two which differ look alike is a matter of 1 in 10^19.
 */
import type { DriverModule } from './driver.js';

/** Two words of 32 bits, never both 0. */
export interface Hash {
  low: number;
  high: number;
}

/** Takes values one by one; `low` and `high` are right after {@link Hasher.end}. */
export interface Hasher extends Hash {
  begin: () => void;
  add: (value: unknown) => void;
  /** A key: 5.0 is the node 5, as it is to the server. */
  addKey: (value: unknown) => void;
  end: () => void;
}

/** What values are, so that none looks like one of another type. */
const NULL = 1;
const TEXT = 2;
const WHOLE = 3;
const FLOAT = 4;
const YES = 5;
const NO = 6;
const BYTES = 7;
const LIST = 8;
const OBJECT = 9;

/** MurmurHash3's mixing, twice and with different constants. */
export function createHasher({ isInt }: DriverModule): Hasher {
  let [a, b] = [0, 0];
  const float = new Float64Array(1);
  const words = new Int32Array(float.buffer);
  const word = (given: number): void => {
    let first = Math.imul(given, 0xcc9e2d51);
    first = (first << 15) | (first >>> 17);
    a ^= Math.imul(first, 0x1b873593);
    a = (a << 13) | (a >>> 19);
    a = (Math.imul(a, 5) + 0xe6546b64) | 0;
    let second = Math.imul(given, 0x239b961b);
    second = (second << 16) | (second >>> 16);
    b ^= Math.imul(second, 0xab0e9789);
    b = (b << 17) | (b >>> 15);
    b = (Math.imul(b, 5) + 0x561ccd1b) | 0;
  };
  const number = (value: number): void => {
    float[0] = value;
    // NaN has many forms, and is one value.
    word(Number.isNaN(value) ? 1 : (words[0] ?? 0));
    word(Number.isNaN(value) ? 0x7ff80000 : (words[1] ?? 0));
  };
  const text = (value: string): void => {
    word(value.length);
    const even = value.length & ~1;
    for (let i = 0; i < even; i += 2) {
      word(value.charCodeAt(i) | (value.charCodeAt(i + 1) << 16));
    }
    if (even < value.length) word(value.charCodeAt(even));
  };
  const whole = (low: number, high: number): void => {
    word(WHOLE);
    word(low);
    word(high);
  };
  const bigint = (value: bigint): void => {
    const near = Number(value);
    if (near === (near | 0)) whole(near, near < 0 ? -1 : 0);
    else whole(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  };
  const add = (value: unknown): void => {
    if (value === null || value === undefined) word(NULL);
    else if (typeof value === 'string') {
      word(TEXT);
      text(value);
    } else if (typeof value === 'number') {
      word(FLOAT);
      number(value);
    } else if (typeof value === 'bigint') bigint(value);
    else if (typeof value === 'boolean') word(value ? YES : NO);
    else if (isInt(value)) whole(value.low, value.high);
    else if (value instanceof Int8Array) {
      word(BYTES);
      word(value.length);
      for (const byte of value) word(byte);
    } else if (Array.isArray(value)) {
      word(LIST);
      word(value.length);
      for (const item of value) add(item);
    } else object(value);
  };
  /** Times, durations and points, whose numbers are of any of the driver's types. */
  const object = (value: object): void => {
    word(OBJECT);
    text(value.constructor.name);
    for (const part of Object.values(value) as unknown[]) {
      if (part === null || part === undefined) word(NULL);
      else if (typeof part === 'string') text(part);
      else number(Number(part));
    }
  };
  const hasher: Hasher = {
    low: 0,
    high: 0,
    begin() {
      [a, b] = [0x9747b28c, 0x2f3c6a1d];
    },
    add,
    addKey(value) {
      if (typeof value === 'number' && Number.isSafeInteger(value)) bigint(BigInt(value));
      else add(value);
    },
    end() {
      a = (a + b) | 0;
      b = (b + a) | 0;
      a = finish(a);
      b = finish(b);
      a = (a + b) | 0;
      b = (b + a) | 0;
      hasher.low = (a === 0 && b === 0 ? 1 : a) >>> 0;
      hasher.high = b >>> 0;
    },
  };
  return hasher;
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
