/** How a dataset's nodes differ from those of a database. */
import { mkdirSync } from 'node:fs';
import {
  countNodeDelta,
  writeFileSide,
  writeGone,
  writeNodeDelta,
  writeStoredSide,
} from '../cypher/delta.js';
import type { Unit } from '../cypher/unit.js';
import { type Steps, toBigInt } from '../engine/drive.js';
import { onDisk } from '../files.js';
import type { FoundBadRows } from '../load/badrows.js';
import { findDoubled, findWithoutKeys, keepFirsts } from './badrows.js';
import { reachOf } from './bounds.js';
import { type Comparison, countFile, type Delta, placesOf } from './comparison.js';

export function* compareNodes(comparison: Comparison, unit: Unit): Steps<Delta> {
  const { connection, skip } = comparison;
  const places = placesOf(comparison, unit);
  onDisk(() => {
    mkdirSync(places.sides, { recursive: true });
    mkdirSync(places.nodes);
  });
  const reach = reachOf(comparison, unit);
  const files = yield* writeFileSides(comparison, unit);
  const { rows: keyed, badRows } = files;
  const bound = reach.is === 'bounded' ? reach.property : undefined;
  const held = yield* writeHeldSide(comparison, unit, bound);
  if (isSame(files, held)) return sameRows(unit, files);
  const isDeleting = reach.is !== 'nothing' && held.rows > 0;
  yield { connection, cypher: writeNodeDelta(places.sides, isDeleting, places.nodeDelta) };
  let [counts = {}] = yield { connection, cypher: countNodeDelta(places.nodes) };
  let rows = keyed;
  const hasFirsts = Number(counts['doubled']) > 0;
  if (hasFirsts) {
    const doubled = yield* findDoubled(comparison, unit);
    badRows.push(...doubled);
    rows -= doubled.reduce((sum, bad) => sum + bad.rows, 0);
    if (skip) {
      yield* keepFirsts(comparison, unit);
      [counts = {}] = yield { connection, cypher: countNodeDelta(places.nodes) };
    }
  }
  const [inserted, updated] = [Number(counts['inserted']), Number(counts['updated'])];
  let gone = { rows: 0, sum: 0n };
  if (isDeleting) {
    const bounds = reach.is === 'bounded' ? reach.values : undefined;
    yield { connection, cypher: writeGone(places.nodes, bounds, places.gone) };
    gone = yield* countFile(comparison, places.gone, 'nm');
  }
  const come = toBigInt(counts['sum_inserted']) + toBigInt(counts['sum_updated']);
  return {
    unit,
    held: held.rows,
    inserted,
    updated,
    deleted: gone.rows,
    unchanged: rows - inserted - updated,
    hasSurplus: false,
    hasFirsts,
    sum: held.sum - gone.sum + come,
    badRows,
  };
}

/** The rows of files that have keys. */
export interface FileSides {
  rows: number;
  /** Of their hashes. */
  sum: bigint;
  badRows: FoundBadRows[];
}

/** Whether two sides have the same rows: as many, whose hashes add up to the same. */
export function isSame(files: FileSides, held: { rows: number; sum: bigint }): boolean {
  return files.rows === held.rows && files.sum === held.sum;
}

/** There is nothing to do. */
export function sameRows(unit: Unit, { rows, sum, badRows }: FileSides): Delta {
  const none = { inserted: 0, updated: 0, deleted: 0, hasSurplus: false, hasFirsts: false };
  return { unit, held: rows, unchanged: rows, sum, badRows, ...none };
}

/** Writes the rows of each file that have keys, and finds those without. */
export function* writeFileSides(comparison: Comparison, unit: Unit): Steps<FileSides> {
  const { connection } = comparison;
  const { sides } = placesOf(comparison, unit);
  const badRows: FoundBadRows[] = [];
  let rows = 0;
  let sum = 0n;
  for (const [i, file] of unit.files.entries()) {
    const path = `${sides}/file${i}.parquet`;
    yield { connection, cypher: writeFileSide(unit, file, i, path) };
    const written = yield* countFile(comparison, path, unit.kind === 'node' ? 'hp' : 'h');
    rows += written.rows;
    sum += written.sum;
    if (written.rows < file.rows) {
      badRows.push(...(yield* findWithoutKeys(comparison, unit, file, file.rows - written.rows)));
    }
  }
  return { rows, sum, badRows };
}

/** Writes the rows that the table holds: how many, and the sum of their hashes. */
export function* writeHeldSide(
  comparison: Comparison,
  unit: Unit,
  bound: string | undefined,
): Steps<{ rows: number; sum: bigint }> {
  const { connection, held } = comparison;
  if (!held.has(unit.table)) return { rows: 0, sum: 0n };
  const { stored } = placesOf(comparison, unit);
  yield { connection, cypher: writeStoredSide(unit, bound, stored) };
  return yield* countFile(comparison, stored, unit.kind === 'node' ? 'hm' : 'h');
}
