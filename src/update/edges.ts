/** How a dataset's edges differ from those of a database, whose nodes come and go. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  countConnected,
  countEdgeDelta,
  writeCandidates,
  writeBounded,
  writeDistinct,
  writeEdgeDelta,
  writePlaces,
  writeSeveral,
  writeSingle,
  writeTaken,
  writeUnconnected,
  writeWithout,
} from '../cypher/delta.js';
import type { Unit } from '../cypher/unit.js';
import { type Steps, toBigInt } from '../engine/drive.js';
import { onDisk } from '../files.js';
import type { FoundBadRows } from '../load/badrows.js';
import { findAmong } from './badrows.js';
import { type Reach, reachOf } from './bounds.js';
import { type Comparison, countFile, type Delta, placesOf } from './comparison.js';
import { type KnownKeys, keysOf } from './keys.js';
import { isSame, sameRows, writeFileSides, writeHeldSide } from './nodes.js';
import { takeSurplus } from './surplus.js';

/**
 * @param deltas - Of the node tables.
 * @param known - The keys that they will have, as far as they were asked for.
 */
export function* compareEdges(
  comparison: Comparison,
  unit: Unit,
  deltas: readonly Delta[],
  known: KnownKeys,
): Steps<Delta> {
  const { connection, skip } = comparison;
  const places = placesOf(comparison, unit);
  onDisk(() => mkdirSync(places.sides, { recursive: true }));
  const files = yield* writeFileSides(comparison, unit);
  const { rows: keyed, badRows } = files;
  const held = yield* writeHeldSide(comparison, unit, undefined);
  const reach = reachOf(comparison, unit);
  const losing = unit.keys.map(({ table }) =>
    deltas.find((delta) => delta.unit.table === table && delta.deleted > 0),
  );
  const isLosing = losing.some((delta) => delta !== undefined);
  const isDeleting = (reach.is !== 'nothing' || isLosing) && held.rows > 0;
  if (!isLosing && isSame(files, held)) return sameRows(unit, files);
  yield { connection, cypher: writeEdgeDelta(unit, places.sides, isDeleting, places.edgeDelta) };
  let counts = yield* countDelta(comparison, places.edgeDelta);
  const candidates = isLosing ? keyed : counts.candidates;
  const unconnected = yield* findUnconnected(comparison, unit, {
    candidates,
    delta: isLosing ? undefined : places.edgeDelta,
    deltas,
    known,
  });
  if (unconnected) {
    badRows.push(...unconnected.badRows);
    if (skip || isLosing || unit.limit) {
      yield* leaveOut(comparison, unit, unconnected.hashes);
      counts = yield* countDelta(comparison, places.edgeDelta);
    }
  }
  const gone = isDeleting
    ? yield* writeDeletions(comparison, unit, reach, losing, counts.several > 0)
    : { rows: 0, sum: 0n };
  const surplus =
    unit.limit && counts.inserted > 0
      ? yield* takeSurplus(comparison, unit, held.rows > 0, gone.rows > 0)
      : [];
  badRows.push(...surplus);
  if (surplus.length > 0) counts = yield* countDelta(comparison, places.edgeDelta);
  const bad = badRows.reduce(
    (sum, { reason, rows }) => sum + (reason === 'null_endpoint' ? 0 : rows),
    0,
  );
  return {
    unit,
    held: held.rows,
    inserted: counts.inserted,
    updated: 0,
    deleted: gone.rows,
    unchanged: keyed - bad - counts.inserted,
    hasSurplus: surplus.length > 0,
    hasFirsts: false,
    sum: held.sum - gone.sum + counts.sum,
    badRows,
  };
}

interface EdgeCounts {
  inserted: number;
  /** Rows of the files with edges that come new, or once more. */
  candidates: number;
  /** Different edges of which several are there, and too many. */
  several: number;
  sum: bigint;
}

function* countDelta({ connection }: Comparison, path: string): Steps<EdgeCounts> {
  const [row = {}] = yield { connection, cypher: countEdgeDelta(path) };
  const of = (name: string): number => Number(row[name] ?? 0);
  return {
    inserted: of('inserted'),
    candidates: of('candidates'),
    several: of('several'),
    sum: toBigInt(row['sum_inserted']),
  };
}

/** The edges whose nodes will not be there; nothing where all will. */
function* findUnconnected(
  comparison: Comparison,
  unit: Unit,
  {
    candidates,
    delta,
    deltas,
    known,
  }: {
    candidates: number;
    delta: string | undefined;
    deltas: readonly Delta[];
    known: KnownKeys;
  },
): Steps<{ badRows: FoundBadRows[]; hashes: string } | undefined> {
  if (candidates === 0) return undefined;
  const { connection } = comparison;
  const [from, to] = unit.keys;
  if (!from || !to) throw new Error('a rel table without endpoints');
  const keys = [
    yield* keysOf(comparison, from, deltas, known),
    yield* keysOf(comparison, to, deltas, known),
  ] as const;
  let connected = 0;
  for (const file of unit.files) {
    const [row] = yield { connection, cypher: countConnected({ unit, file, delta, keys }) };
    connected += Number(row?.['n']);
  }
  if (connected === candidates) return undefined;
  const { directory } = placesOf(comparison, unit);
  const marked = join(directory, 'marked');
  onDisk(() => {
    mkdirSync(marked);
  });
  for (const [i, file] of unit.files.entries()) {
    const [all, found] = [`${marked}/all${i}.parquet`, `${marked}/found${i}.parquet`];
    for (const cypher of writeCandidates({ unit, file, delta, keys }, all, found)) {
      yield { connection, cypher };
    }
  }
  const hashes = join(directory, 'unconnected.parquet');
  yield { connection, cypher: writeUnconnected(marked, hashes) };
  const badRows: FoundBadRows[] = [];
  for (const file of unit.files)
    badRows.push(...(yield* findAmong(comparison, unit, file, hashes)));
  return { badRows, hashes };
}

/** Takes edges out of the differences that are not to be loaded. */
function* leaveOut(comparison: Comparison, unit: Unit, hashes: string): Steps<void> {
  const { connection } = comparison;
  const { directory, edgeDelta } = placesOf(comparison, unit);
  const parts = join(directory, 'without');
  onDisk(() => mkdirSync(parts, { recursive: true }));
  const rest = join(directory, 'rest.parquet');
  for (const cypher of writeWithout(edgeDelta, hashes, parts, rest)) yield { connection, cypher };
  onDisk(() => {
    renameSync(rest, edgeDelta);
  });
}

/** Writes which edges go: what the dataset lacks, as far as deletions reach, and those whose nodes go. */
function* writeDeletions(
  comparison: Comparison,
  unit: Unit,
  reach: Reach,
  losing: readonly (Delta | undefined)[],
  hasSeveral: boolean,
): Steps<{ rows: number; sum: bigint }> {
  const { connection } = comparison;
  const { directory, edgeDelta, deleted, stored } = placesOf(comparison, unit);
  const reasons = join(directory, 'deleted');
  const missing = join(directory, 'missing');
  onDisk(() => {
    mkdirSync(reasons);
    mkdirSync(missing);
  });
  const rows = join(directory, 'places.parquet');
  const isLosing = losing.some((delta) => delta !== undefined);
  if (reach.is === 'bounded' || isLosing) {
    const bound = reach.is === 'bounded' ? reach.property : undefined;
    yield { connection, cypher: writePlaces(unit, bound, rows) };
  }
  if (reach.is !== 'nothing') {
    const to = reach.is === 'bounded' ? missing : reasons;
    yield { connection, cypher: writeSingle(edgeDelta, `${to}/single.parquet`) };
    if (hasSeveral) {
      yield { connection, cypher: writeSeveral(stored, edgeDelta, `${to}/several.parquet`) };
    }
    if (reach.is === 'bounded') {
      const path = `${reasons}/bounded.parquet`;
      yield { connection, cypher: writeBounded(rows, missing, reach.values, path) };
    }
  }
  for (const [i, delta] of losing.entries()) {
    if (!delta) continue;
    const { gone } = placesOf(comparison, delta.unit);
    const path = `${reasons}/taken${i}.parquet`;
    yield { connection, cypher: writeTaken(rows, gone, i === 0 ? 'x' : 'y', path) };
  }
  yield { connection, cypher: writeDistinct(reasons, deleted) };
  return yield* countFile(comparison, deleted, 'z');
}
