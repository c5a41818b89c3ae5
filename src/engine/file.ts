/** What a database file is, seen from outside, without opening it as a database. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { EngineName } from '../types.js';

export interface DatabaseHeader {
  engine: EngineName;
  /** Version of the file format. */
  storageVersion: number;
}

const MAGIC: Record<string, EngineName> = { KUZU: 'kuzu', LBUG: 'ladybug' };

/** What the engines keep beside `<database>` while it is open, or after a crash. */
export const SIDE_FILES = [
  '.wal',
  '.wal.checkpoint',
  '.shadow',
  '.tmp',
  '.checkpoint.intent.lock',
  '.checkpoint.apply.lock',
] as const;

/** Those that hold commits which the database has not taken in yet. */
export const LOG_FILES = ['.wal', '.wal.checkpoint'] as const;

/**
 * Reads a file's first bytes; nothing where they are no database's.
 *
 * Not to be called while this process has the database open: closing any descriptor of a file
 * drops the engine's lock on it (fcntl(2), "advisory record locking").
 */
export function readHeader(path: string): DatabaseHeader | undefined {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(8);
    if (!fstatSync(handle).isFile() || readSync(handle, bytes, 0, 8, 0) < 8) return undefined;
    const engine = MAGIC[bytes.toString('latin1', 0, 4)];
    return engine && { engine, storageVersion: bytes.readUInt32LE(4) };
  } finally {
    closeSync(handle);
  }
}
