/** What a database says of itself from outside. */
import { isServerUrl, shownAddress } from '../bolt/address.js';
import { readHeader } from '../engine/file.js';
import { installedVersion } from '../engine/versions.js';
import type { DatabaseStats } from '../types.js';
import { databaseBytes } from './target.js';

/** The same in every JSON document; null is what nobody can tell: there is no database, or it is none. */
export interface DatabaseIdentity {
  path: string;
  engine: DatabaseStats['database']['engine'] | null;
  /** Of the engine that is installed. */
  version: string | null;
  storage_version: number | null;
  /** On disk, with what belongs to it. */
  bytes: number | null;
}

export function identifyDatabase(path: string): DatabaseIdentity {
  const unknown = { path, engine: null, version: null, storage_version: null, bytes: null };
  // The server's version is for those who ask it.
  if (isServerUrl(path)) return { ...unknown, path: shownAddress(path), engine: 'neo4j' };
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
