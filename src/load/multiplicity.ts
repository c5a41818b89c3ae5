/**
 * Edges beyond the one that a node may have, as the multiplicity of their rel table is. Of several the
 * first stays: those that the table holds come before all, then the files in their order, and in a file
 * its rows. An edge that is left out takes nobody's place, be it for this or for another reason. The
 * engine finds the few rows that may be in each other's way; who came first is decided here.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  edgesAmong,
  type Hash,
  keyHashes,
  type LeftOut,
  nodesWithEdge,
  repeatedHashes,
  repeatedKeys,
  unconnectedEdges,
} from '../cypher/multiplicity.js';
import { copyTo } from '../cypher/statements.js';
import type { Row, Steps } from '../engine/drive.js';
import { onDisk } from '../files.js';
import { samePair, withoutRows } from '../plan/copies.js';
import type { Limit, PlannedCopy } from '../plan/plan.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type { BadRow, Connection } from '../types.js';
import { describeExamples, EXAMPLES, type FoundBadRows, toKey } from './badrows.js';
import { useThreads } from './threads.js';

/** What of one file is beyond. */
export interface Surplus {
  found: FoundBadRows;
  edges: LeftOut;
}

const SIDES = { from: 0, to: 1 } as const;

type Side = 0 | 1;

/** The nodes that have their edge, by the side of the edges that they are on: their offsets. */
type Taken = ReadonlyMap<Side, Set<number>>;

/**
 * Looks for the edges of a table's files that are beyond; its nodes must be there.
 *
 * @param isHeld - The table may have edges already.
 * @param onBadRow - Is handed every such row.
 */
export function* findSurplus(
  connection: Connection,
  table: string,
  copies: readonly PlannedCopy[],
  isHeld: boolean,
  onBadRow?: (row: BadRow) => void,
): Steps<Map<PlannedCopy, Surplus>> {
  const surplus = new Map<PlannedCopy, Surplus>();
  for (const copy of copies) {
    const parts = samePair(copy, copies);
    if (!copy.limit || parts[0] !== copy) continue;
    const taken: Taken = new Map(copy.limit.sides.map((side) => [SIDES[side], new Set()]));
    const doubtful = yield* doubtfulKeys(connection, table, parts, copy.limit, taken, isHeld);
    if ([...doubtful.values()].every((hashes) => hashes.length === 0)) continue;
    // One thread reads a file in its order.
    const threads = yield* useThreads(connection, 1);
    try {
      for (const part of parts) {
        const found = yield* decide(connection, table, part, doubtful, taken, onBadRow);
        if (found) surplus.set(part, found);
      }
    } finally {
      yield* useThreads(connection, threads);
    }
  }
  return surplus;
}

/** For each side the hashes of the keys that more edges have than may; fills in which nodes have one. */
function* doubtfulKeys(
  connection: Connection,
  table: string,
  parts: readonly PlannedCopy[],
  { sides }: Limit,
  taken: Taken,
  isHeld: boolean,
): Steps<Map<Side, Hash[]>> {
  const doubtful = new Map<Side, Hash[]>();
  for (const side of sides) {
    const hashes = new Set(yield* repeatedIn(connection, parts, SIDES[side]));
    for (const part of isHeld ? parts : []) {
      yield {
        connection,
        cypher: nodesWithEdge(part, table, side),
        onRow: (row) => {
          hashes.add(String(row['h']));
          taken.get(SIDES[side])?.add(Number(row['o']));
        },
      };
    }
    doubtful.set(SIDES[side], [...hashes]);
  }
  return doubtful;
}

/** The hashes of the keys on one side that several edges have. */
function* repeatedIn(
  connection: Connection,
  parts: readonly PlannedCopy[],
  side: Side,
): Steps<Hash[]> {
  const keyOf = ({ keys }: PlannedCopy): PlannedCopy['keys'][number] => {
    const key = keys[side];
    if (!key) throw new Error('a rel table without endpoints');
    return key;
  };
  const hashes: Hash[] = [];
  const onRow = (row: Row): void => {
    hashes.push(String(row['h']));
  };
  const [only, ...others] = parts;
  if (only && others.length === 0) {
    yield { connection, cypher: repeatedKeys(only.source, keyOf(only)), onRow };
    return hashes;
  }
  // No query reads several files whose columns differ.
  const scratch = makeScratch();
  try {
    const directory = join(scratch, 'keys');
    onDisk(() => {
      mkdirSync(directory);
    });
    for (const [i, part] of parts.entries()) {
      const path = join(directory, `${i}.parquet`);
      yield { connection, cypher: copyTo(keyHashes(part.source, keyOf(part)), path) };
    }
    yield { connection, cypher: repeatedHashes(directory), onRow };
    return hashes;
  } finally {
    removeScratch(scratch);
  }
}

/** Goes through those edges of a file that may be in each other's way, in the order of the file. */
function* decide(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  doubtful: ReadonlyMap<Side, readonly Hash[]>,
  taken: Taken,
  onBadRow: ((row: BadRow) => void) | undefined,
): Steps<Surplus | undefined> {
  const { file } = copy;
  const [kept, all, butFirst] = [new Set<Hash>(), new Set<Hash>(), new Set<Hash>()];
  const examples: unknown[][] = [];
  let rows = 0;
  yield {
    connection,
    cypher: edgesAmong(copy, doubtful),
    onRow: (row) => {
      const nodes = [Number(row['a']), Number(row['b'])];
      const edge = String(row['h']);
      const sides = [...taken].map(([side, offsets]) => ({ offsets, node: nodes[side] ?? -1 }));
      if (!sides.some(({ offsets, node }) => offsets.has(node))) {
        for (const { offsets, node } of sides) offsets.add(node);
        kept.add(edge);
        return;
      }
      rows += 1;
      (kept.has(edge) ? butFirst : all).add(edge);
      const keys = copy.keys.map(({ type }, i) => toKey(row[`key${i}`], type));
      if (examples.length < EXAMPLES) examples.push(keys);
      onBadRow?.({ table, file, reason: 'multiplicity', from: keys[0], to: keys[1] });
    },
  };
  if (rows === 0) return undefined;
  return {
    found: { table, file, reason: 'multiplicity', rows, ...describeExamples(examples) },
    edges: { all: [...all], butFirst: [...butFirst] },
  };
}

/**
 * The copy of a file's other edges. An edge beyond fails the whole COPY, whether or not it is to ignore
 * errors; and so does one with an endpoint that no node has, which both engines (Kuzu 0.11.3, Ladybug
 * 0.19.1) count before they leave it out. So none of them is read.
 *
 * @returns Also whether it has to run with one thread.
 */
export function* copyOthers(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  badRows: readonly FoundBadRows[],
  surplus: Surplus | undefined,
): Steps<{ copy: PlannedCopy; isOrdered: boolean }> {
  const { all, butFirst } = surplus?.edges ?? { all: [], butFirst: [] };
  const unconnected: Hash[] = [];
  if (badRows.some(({ reason }) => reason === 'missing_endpoint')) {
    yield {
      connection,
      cypher: unconnectedEdges(copy),
      onRow: ({ h }) => {
        unconnected.push(String(h));
      },
    };
  }
  const leftOut = { all: [...all, ...unconnected], butFirst };
  return { copy: withoutRows(table, copy, leftOut), isOrdered: butFirst.length > 0 };
}
