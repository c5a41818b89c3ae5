/** What a database says of itself from outside. */
import { readHeader } from '../engine/file.js';
import { installedVersion } from '../engine/versions.js';
import type { EngineName } from '../types.js';
import { databaseBytes } from './target.js';

/** The same in every JSON document; null is what nobody can tell: there is no database, or it is none. */
export interface DatabaseIdentity {
  path: string;
  engine: EngineName | null;
  /** Of the engine that is installed. */
  version: string | null;
  storage_version: number | null;
  /** On disk, with what belongs to it. */
  bytes: number | null;
}

export function identifyDatabase(path: string): DatabaseIdentity {
  const unknown = { path, engine: null, version: null, storage_version: null, bytes: null };
  try {
    const header = readHeader(path);
    if (!header) return unknown;
    const { engine, storageVersion } = header;
    const version = installedVersion(engine) ?? null;
    return { path, engine, version, storage_version: storageVersion, bytes: databaseBytes(path) };
  } catch {
    return unknown; // The command has said, or will say, what is wrong with it.
  }
}
