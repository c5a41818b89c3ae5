/** The keys that node tables will have once they are updated. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  writeGoneKeys,
  writeKeptKeys,
  writeNewKeys,
  writeNoKeys,
  writeStoredKeys,
} from '../cypher/delta.js';
import type { UnitKey } from '../cypher/unit.js';
import type { Steps } from '../engine/drive.js';
import { onDisk } from '../files.js';
import { type Comparison, type Delta, placesOf } from './comparison.js';

/** Directories of keys, by the table: each is written when the first edge asks for it. */
export type KnownKeys = Map<string, string>;

/** The directory with the hashes of the keys that a node table will have. */
export function* keysOf(
  comparison: Comparison,
  key: UnitKey,
  deltas: readonly Delta[],
  known: KnownKeys,
): Steps<string> {
  const { connection, held, scratch } = comparison;
  const before = known.get(key.table);
  if (before !== undefined) return before;
  const directory = join(scratch, 'keys', String(known.size));
  onDisk(() => mkdirSync(join(directory, 'all'), { recursive: true }));
  known.set(key.table, directory);
  const delta = deltas.find(({ unit }) => unit.table === key.table);
  const stored = join(directory, 'stored.parquet');
  if (held.has(key.table)) {
    const isLosing = delta !== undefined && delta.deleted > 0;
    const all = join(directory, 'all');
    yield {
      connection,
      cypher: writeStoredKeys(key, isLosing ? join(all, 'stored.parquet') : stored),
    };
    if (isLosing) {
      const { gone } = placesOf(comparison, delta.unit);
      yield { connection, cypher: writeGoneKeys(gone, join(all, 'gone.parquet')) };
      yield { connection, cypher: writeKeptKeys(all, stored) };
    }
  } else yield { connection, cypher: writeNoKeys(stored) };
  if (delta && (delta.inserted > 0 || delta.hasFirsts)) {
    const { nodes } = placesOf(comparison, delta.unit);
    yield { connection, cypher: writeNewKeys(nodes, join(directory, 'new.parquet')) };
  }
  return directory;
}
