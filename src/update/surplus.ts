/**
 * Edges beyond the one that a node may have, as the multiplicity of their rel table is. Of several the
 * first stays: those that the table keeps come before all, then the files in their order. An edge that
 * goes, or is left out, takes nobody's place.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  doubtfulRows,
  takenNodes,
  writeAllDoubtful,
  writeComing,
  writeCrowded,
  writeDoubtful,
  writeEnds,
  writeGoing,
  writeReduced,
  writeStaying,
  writeSurplus,
} from '../cypher/surplus.js';
import type { Unit, UnitFile } from '../cypher/unit.js';
import type { Steps } from '../engine/drive.js';
import { onDisk } from '../files.js';
import type { FoundBadRows } from '../load/badrows.js';
import { useThreads } from '../load/threads.js';
import { startFinding } from './badrows.js';
import { type Comparison, countFile, placesOf } from './comparison.js';

const SIDES = { from: 'x', to: 'y' } as const;

type Side = 'x' | 'y';

/** Hashes that one statement holds. */
const MOST_HASHES = 50_000;

/**
 * Finds the edges that are beyond, and takes them out of the differences.
 *
 * @param isHolding - The table has edges.
 * @param isLosing - Some of them go.
 */
export function* takeSurplus(
  comparison: Comparison,
  unit: Unit,
  isHolding: boolean,
  isLosing: boolean,
): Steps<FoundBadRows[]> {
  const { connection } = comparison;
  const { directory, deleted, edgeDelta } = placesOf(comparison, unit);
  const work = join(directory, 'surplus');
  const [edges, ends, doubts, surplus, parts] = ['edges', 'ends', 'doubts', 'hashes', 'parts'].map(
    (name) => join(work, name),
  ) as [string, string, string, string, string];
  onDisk(() => {
    for (const one of [edges, ends, doubts, surplus, parts]) mkdirSync(one, { recursive: true });
  });
  for (const [i, file] of unit.files.entries()) {
    yield { connection, cypher: writeComing(unit, file, edgeDelta, `${edges}/${i}.parquet`) };
  }
  if (isHolding) {
    yield { connection, cypher: writeEnds(unit, `${ends}/ends.parquet`) };
    if (isLosing) yield { connection, cypher: writeGoing(deleted, `${ends}/going.parquet`) };
    yield { connection, cypher: writeStaying(ends, `${edges}/staying.parquet`) };
  }
  const taken = new Map<Side, Set<string>>();
  let crowds = 0;
  for (const side of (unit.limit ?? []).map((end) => SIDES[end])) {
    const crowded = join(work, `${side}.parquet`);
    yield { connection, cypher: writeCrowded(edges, side, crowded) };
    crowds += (yield* countFile(comparison, crowded, 'm')).rows;
    const nodes = new Set<string>();
    yield {
      connection,
      cypher: takenNodes(crowded),
      onRow: ({ k }) => {
        nodes.add(String(k));
      },
    };
    taken.set(side, nodes);
    const path = `${doubts}/${side}.parquet`;
    yield { connection, cypher: writeDoubtful(edges, crowded, side, path) };
  }
  if (crowds === 0) return [];
  const doubtful = join(work, 'doubtful.parquet');
  yield { connection, cypher: writeAllDoubtful(doubts, doubtful) };
  const beyond: string[] = [];
  const badRows: FoundBadRows[] = [];
  const seen = new Map<string, number>();
  // One thread reads a file in its order.
  const threads = yield* useThreads(connection, 1);
  try {
    for (const file of unit.files) {
      badRows.push(...(yield* decide(comparison, unit, file, doubtful, { taken, seen, beyond })));
    }
  } finally {
    yield* useThreads(connection, threads);
  }
  if (beyond.length === 0) return [];
  for (let at = 0; at < beyond.length; at += MOST_HASHES) {
    const some = beyond.slice(at, at + MOST_HASHES);
    yield { connection, cypher: writeSurplus(some, `${surplus}/${at}.parquet`) };
  }
  const rest = join(work, 'rest.parquet');
  for (const cypher of writeReduced(edgeDelta, surplus, parts, rest)) yield { connection, cypher };
  onDisk(() => {
    renameSync(rest, edgeDelta);
  });
  return badRows;
}

/** What is known while the files are gone through. */
interface Known {
  /** The nodes that have their edge. */
  taken: ReadonlyMap<Side, Set<string>>;
  /** Rows that there were of an edge. */
  seen: Map<string, number>;
  /** The hashes of rows that are beyond. */
  beyond: string[];
}

function* decide(
  comparison: Comparison,
  unit: Unit,
  file: UnitFile,
  doubtful: string,
  { taken, seen, beyond }: Known,
): Steps<FoundBadRows[]> {
  const { edgeDelta } = placesOf(comparison, unit);
  const finding = startFinding(comparison, unit, file.file, 'multiplicity');
  yield {
    connection: comparison.connection,
    cypher: doubtfulRows(unit, file, edgeDelta, doubtful),
    onRow: (row) => {
      const edge = String(row['z']);
      const before = seen.get(edge) ?? 0;
      seen.set(edge, before + 1);
      if (before < Number(row['n'])) return;
      const sides = [...taken].map(([side, nodes]) => ({ nodes, node: String(row[side]) }));
      if (sides.some(({ nodes, node }) => nodes.has(node))) {
        beyond.push(edge);
        finding.add(row, 1);
      } else for (const { nodes, node } of sides) nodes.add(node);
    },
  };
  return finding.end();
}
