/**
 * Facts of files on disk, by what they were made of: a later run takes from there what has not changed,
 * and the same run what it resolves, since the facts of a large project don't fit the memory.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { messageOf } from '../errors.js';
import { systemCode } from '../files.js';
import type { Facts, OwnFacts, Sites, Symbols } from './facts.js';

/** The file in a dataset's directory; hidden, so that loads pass over it. */
export const CACHE_FILE = '.facts';

/** Facts as compressed JSON: a fifth of its size. What a file tells by itself is read without its sites. */
export interface PackedFacts {
  own: Uint8Array;
  sites: Uint8Array;
}

export function packFacts({ sites, ...own }: Facts): PackedFacts {
  return { own: pack(own), sites: pack(sites) };
}

export function unpackOwnFacts({ own }: PackedFacts): OwnFacts {
  return unpack(own) as OwnFacts;
}

/** In memory of its own, which can be handed to another thread. */
function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(deflateRawSync(JSON.stringify(value), { level: 1 }));
}

function unpack(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes).toString());
}

/*
 * The file: MAGIC, and one record after the other: the lengths of key, own facts and sites as 32-bit
 * integers, 16 bytes of the SHA-256 of all else in the record, and the three.
 */
const MAGIC = Buffer.from('kgload facts 2\n');
const LENGTHS = 12;
const HEAD = LENGTHS + 16;
/** A key is shorter; one read gets a record's head and it. */
const MAX_KEY = 500;

interface Place {
  at: number;
  key: number;
  own: number;
  sites: number;
}

const sizeOf = ({ key, own, sites }: Place): number => HEAD + key + own + sites;

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
          const [from, to] = [HEAD + place.key, HEAD + place.key + place.own];
          return { own: record.subarray(from, to), sites: record.subarray(to) };
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
    const [key, own, sites] = [0, 4, 8].map((i) => head.readUInt32LE(i));
    const place = { at, key: key ?? 0, own: own ?? 0, sites: sites ?? 0 };
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
  /** @param symbols - Those of `packed`. */
  add: (file: string, key: string, packed: PackedFacts, symbols: Symbols) => void;
  has: (file: string) => boolean;
  symbolsOf: (file: string) => Symbols | undefined;
  /** @throws Where nothing is known of the file. */
  sitesOf: (file: string) => Sites;
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
  /** In the order in which they came; one that was used since is kept once more. */
  const recent = new Map<string, { symbols: Symbols; bytes: number; isUsed: boolean }>();
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
    // Whoever asked for it goes on asking.
    recent.set(name, { symbols, bytes, isUsed: true });
    recentBytes += bytes;
    for (const [oldest, entry] of recent) {
      if (recentBytes <= kept) break;
      recent.delete(oldest);
      if (entry.isUsed) recent.set(oldest, { ...entry, isUsed: false });
      else recentBytes -= entry.bytes;
    }
  };
  const read = (at: number, length: number): Buffer => {
    if (waitingBytes > 0) flush();
    return readBytes(handle(), at, length);
  };
  write(MAGIC);
  return {
    add(name, key, packed, symbols) {
      const known = placesByKey.get(key);
      if (known) {
        places.set(name, known);
        return;
      }
      const keyBytes = Buffer.from(key);
      const { own, sites } = packed;
      const place = { at: end, key: keyBytes.length, own: own.length, sites: sites.length };
      const record = Buffer.concat([Buffer.alloc(HEAD), keyBytes, own, sites]);
      [place.key, place.own, place.sites].forEach((length, i) =>
        record.writeUInt32LE(length, 4 * i),
      );
      digestOf(record).copy(record, LENGTHS);
      write(record);
      places.set(name, place);
      placesByKey.set(key, place);
      keep(name, symbols, place.own);
    },
    has: (name) => places.has(name),
    symbolsOf(name) {
      const known = recent.get(name);
      if (known) {
        known.isUsed = true;
        return known.symbols;
      }
      const place = places.get(name);
      if (!place) return undefined;
      const { symbols } = unpack(read(place.at + HEAD + place.key, place.own)) as OwnFacts;
      keep(name, symbols, place.own);
      return symbols;
    },
    sitesOf(name) {
      const place = places.get(name);
      if (!place) throw new Error(`no facts of ${name}`);
      return unpack(read(place.at + HEAD + place.key + place.own, place.sites)) as Sites;
    },
    close() {
      if (file === undefined) return;
      if (waitingBytes > 0) flush();
      closeSync(file);
      file = undefined;
    },
  };
}
