/**
 * Facts of files on disk, by what they were made of: a later run takes from there what has not changed,
 * and the same run what it resolves, since the facts of a large project don't fit the memory.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { messageOf } from '../errors.js';
import { systemCode } from '../files.js';
import type { Facts, Symbols } from './facts.js';

/** The file in a dataset's directory; hidden, so that loads pass over it. */
export const CACHE_FILE = '.facts';

/** Facts as compressed JSON: a fifth of its size. */
export interface PackedFacts {
  symbols: Uint8Array;
  rest: Uint8Array;
}

export function packFacts({ symbols, ...rest }: Facts): PackedFacts {
  return { symbols: pack(symbols), rest: pack(rest) };
}

export function unpackFacts({ symbols, rest }: PackedFacts): Facts {
  return { symbols: unpack(symbols) as Symbols, ...(unpack(rest) as Omit<Facts, 'symbols'>) };
}

function pack(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value), { level: 1 });
}

function unpack(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes).toString());
}

/*
 * The file: MAGIC, and one record after the other: the lengths of key, symbols and rest as 32-bit
 * integers, 16 bytes of the SHA-256 of all else in the record, and the three.
 */
const MAGIC = Buffer.from('kgload facts 1\n');
const LENGTHS = 12;
const HEAD = LENGTHS + 16;
/** A key is shorter; one read gets a record's head and it. */
const MAX_KEY = 500;

interface Place {
  at: number;
  key: number;
  symbols: number;
  rest: number;
}

const sizeOf = ({ key, symbols, rest }: Place): number => HEAD + key + symbols + rest;

/** The facts of an earlier run. */
export interface Cache {
  /** Those that were made of the same; nothing also where they are damaged. */
  find: (key: string) => PackedFacts | undefined;
  /** What is wrong with the file, as far as it has been read. */
  damage: () => string | undefined;
  close: () => void;
}

/** Opens what an earlier run left; what can't be read is not there. */
export function openCache(path: string): Cache {
  const places = new Map<string, Place>();
  let damage: string | undefined;
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    damage = readPlaces(file, places);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') damage = messageOf(error);
  }
  return {
    find(key) {
      const place = places.get(key);
      if (!place || file === undefined) return undefined;
      try {
        const record = readBytes(file, place.at, sizeOf(place));
        if (digestOf(record).equals(record.subarray(LENGTHS, HEAD))) {
          const [from, to] = [HEAD + place.key, HEAD + place.key + place.symbols];
          return { symbols: record.subarray(from, to), rest: record.subarray(to) };
        }
        damage = `the record at byte ${place.at} is damaged`;
      } catch (error) {
        damage = messageOf(error);
      }
      places.delete(key);
      return undefined;
    },
    damage: () => damage,
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** @returns What is wrong with the file. */
function readPlaces(file: number, places: Map<string, Place>): string | undefined {
  const { size } = fstatSync(file);
  if (!readBytes(file, 0, Math.min(size, MAGIC.length)).equals(MAGIC)) {
    return 'it was not written by this version of kgload';
  }
  for (let at = MAGIC.length; at < size;) {
    const head = readBytes(file, at, Math.min(HEAD + MAX_KEY, size - at));
    if (head.length < HEAD) return `it ends within the record at byte ${at}`;
    const [key, symbols, rest] = [0, 4, 8].map((i) => head.readUInt32LE(i));
    const place = { at, key: key ?? 0, symbols: symbols ?? 0, rest: rest ?? 0 };
    const end = at + sizeOf(place);
    if (place.key > MAX_KEY || end > size) return `the record at byte ${at} is damaged`;
    places.set(head.toString('utf8', HEAD, HEAD + place.key), place);
    at = end;
  }
  return undefined;
}

function readBytes(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const more = readSync(file, bytes, read, length - read, at + read);
    if (more === 0) throw new Error(`it ends at byte ${at + read}`);
    read += more;
  }
  return bytes;
}

function digestOf(record: Buffer): Buffer {
  const hash = createHash('sha256');
  hash.update(record.subarray(0, LENGTHS)).update(record.subarray(HEAD));
  return hash.digest().subarray(0, HEAD - LENGTHS);
}

/** The facts of this run: written once, in the order of the files, and read in any. */
export interface Spool {
  /** @param facts - The same as `packed`. */
  add: (file: string, key: string, packed: PackedFacts, facts: Facts) => void;
  has: (file: string) => boolean;
  symbolsOf: (file: string) => Symbols | undefined;
  /** @throws Where nothing is known of the file. */
  restOf: (file: string) => Omit<Facts, 'symbols'>;
  close: () => void;
}

/** Bytes that are written at a time. */
const BUFFERED = 1_000_000;
/** Packed bytes of symbols that are kept in memory, where they take some fifty times as much. */
const KEPT = 4_000_000;

/** @throws System errors, also later. */
export function createSpool(path: string, kept = KEPT): Spool {
  let file: number | undefined = openSync(path, 'wx+');
  let end = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const places = new Map<string, Place>();
  const placesByKey = new Map<string, Place>();
  /** The ones that were used last are last. */
  const recent = new Map<string, { symbols: Symbols; bytes: number }>();
  let recentBytes = 0;
  const handle = (): number => {
    if (file === undefined) throw new Error('the spool is closed');
    return file;
  };
  const flush = (): void => {
    const bytes = Buffer.concat(waiting);
    for (let at = 0; at < bytes.length;) at += writeSync(handle(), bytes, at);
    waiting = [];
    waitingBytes = 0;
  };
  const write = (bytes: Uint8Array): void => {
    waiting.push(bytes);
    waitingBytes += bytes.length;
    end += bytes.length;
    if (waitingBytes >= BUFFERED) flush();
  };
  const keep = (name: string, symbols: Symbols, bytes: number): void => {
    recent.set(name, { symbols, bytes });
    recentBytes += bytes;
    for (const [oldest, { bytes }] of recent) {
      if (recentBytes <= kept) break;
      recent.delete(oldest);
      recentBytes -= bytes;
    }
  };
  const read = (at: number, length: number): Buffer => {
    if (waitingBytes > 0) flush();
    return readBytes(handle(), at, length);
  };
  write(MAGIC);
  return {
    add(name, key, packed, facts) {
      const known = placesByKey.get(key);
      if (known) {
        places.set(name, known);
        return;
      }
      const keyBytes = Buffer.from(key);
      const { symbols, rest } = packed;
      const place = { at: end, key: keyBytes.length, symbols: symbols.length, rest: rest.length };
      const record = Buffer.concat([Buffer.alloc(HEAD), keyBytes, symbols, rest]);
      [place.key, place.symbols, place.rest].forEach((length, i) =>
        record.writeUInt32LE(length, 4 * i),
      );
      digestOf(record).copy(record, LENGTHS);
      write(record);
      places.set(name, place);
      placesByKey.set(key, place);
      keep(name, facts.symbols, place.symbols);
    },
    has: (name) => places.has(name),
    symbolsOf(name) {
      const known = recent.get(name);
      if (known) {
        recent.delete(name);
        recent.set(name, known);
        return known.symbols;
      }
      const place = places.get(name);
      if (!place) return undefined;
      const symbols = unpack(read(place.at + HEAD + place.key, place.symbols)) as Symbols;
      keep(name, symbols, place.symbols);
      return symbols;
    },
    restOf(name) {
      const place = places.get(name);
      if (!place) throw new Error(`no facts of ${name}`);
      const bytes = read(place.at + HEAD + place.key + place.symbols, place.rest);
      return unpack(bytes) as Omit<Facts, 'symbols'>;
    },
    close() {
      if (file === undefined) return;
      if (waitingBytes > 0) flush();
      closeSync(file);
      file = undefined;
    },
  };
}
