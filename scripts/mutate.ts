/** Damage to files, by a seeded generator: the same seed does the same damage. */

/** The next number in [0, 1). */
export type Random = () => number;

/** Mulberry32: small, and good enough to choose where to hit. */
export function mulberry32(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer in [0, below). */
export function integer(random: Random, below: number): number {
  return Math.floor(random() * below);
}

export function pick<T>(random: Random, list: readonly T[]): T {
  // The index is below the length, whatever the type of an item.
  return list[integer(random, list.length)] as T;
}

/** `bytes` is the mutation's own to change; `other` reads another file of the dataset. */
type Mutation = (bytes: Buffer, random: Random, other: () => Buffer) => Buffer;

/** By name, with how often each is chosen. Those that leave a file nearly right find the most. */
const MUTATIONS: Record<string, { weight: number; mutate: Mutation }> = {
  'bit flips': {
    weight: 6,
    mutate: (bytes, random) => {
      for (let flips = pick(random, [1, 1, 2, 4, 16, 64]); flips > 0; flips -= 1) {
        const at = place(bytes, random);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << integer(random, 8)), at);
      }
      return bytes;
    },
  },
  'run overwritten': {
    weight: 5,
    mutate: (bytes, random) => {
      const { start, end } = slice(bytes, random);
      const value = pick(random, [0x00, 0x7f, 0x80, 0xff, undefined]);
      for (let at = start; at < end; at += 1) bytes[at] = value ?? integer(random, 256);
      return bytes;
    },
  },
  truncated: { weight: 2, mutate: (bytes, random) => bytes.subarray(0, place(bytes, random)) },
  'slice removed': {
    weight: 3,
    mutate: (bytes, random) => {
      const { start, end } = slice(bytes, random);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    },
  },
  'slice repeated': {
    weight: 3,
    mutate: (bytes, random) => {
      const { start, end } = slice(bytes, random);
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
    },
  },
  'footer length': {
    weight: 2,
    mutate: (bytes, random) => {
      // The last eight bytes are the footer's length and the magic.
      const length = bytes.readUInt32LE(bytes.length - 8);
      const near = length + pick(random, [-8, -1, 1, 8]);
      const choices = [near, near, 0, 1, bytes.length, 0x7fffffff, 0xffffffff];
      const claim = pick(random, [...choices, integer(random, bytes.length)]);
      bytes.writeUInt32LE(claim >>> 0, bytes.length - 8);
      return bytes;
    },
  },
  'zeros inside': {
    weight: 1,
    // The magic at both ends stays, so that the reader does not stop there.
    mutate: (bytes) => bytes.fill(0, 4, bytes.length - 4),
  },
  zeros: { weight: 1, mutate: (bytes) => bytes.fill(0) },
  empty: { weight: 1, mutate: () => Buffer.alloc(0) },
  "another table's": { weight: 1, mutate: (_bytes, _random, other) => other() },
  garbage: {
    weight: 1,
    mutate: (bytes, random) => bytes.map(() => integer(random, 256)) as Buffer,
  },
};

export const MUTATION_NAMES = Object.keys(MUTATIONS);

export function chooseMutation(random: Random): string {
  const ballot = Object.entries(MUTATIONS).flatMap(([name, { weight }]) =>
    Array.from({ length: weight }, () => name),
  );
  return pick(random, ballot);
}

export function mutate(name: string, ...args: Parameters<Mutation>): Buffer {
  const mutation = MUTATIONS[name];
  if (!mutation) throw new Error(`no mutation is called ${name}`);
  return mutation.mutate(...args);
}

/** Every second time in the footer, where few bytes say what all the others are. */
function place(bytes: Buffer, random: Random): number {
  const tail = Math.min(bytes.length, 1024);
  return random() < 0.5 ? bytes.length - 1 - integer(random, tail) : integer(random, bytes.length);
}

/** At least a byte; mostly short, since long ones leave nothing to be misread. */
function slice(bytes: Buffer, random: Random): { start: number; end: number } {
  const start = place(bytes, random);
  const longest = random() < 0.8 ? 32 : bytes.length;
  return { start, end: Math.min(bytes.length, start + 1 + integer(random, longest)) };
}
