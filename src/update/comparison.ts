/** What the comparison of a dataset with a database consists of, and where its working files lie. */
import { join } from 'node:path';
import type { Unit } from '../cypher/unit.js';
import { type Steps, toBigInt } from '../engine/drive.js';
import { countHashes } from '../cypher/delta.js';
import type { FoundBadRows } from '../load/badrows.js';
import type { Catalog } from '../model/differences.js';
import type { UpdateSettings } from '../plan/update.js';
import type { BadRow, Connection } from '../types.js';

/** What the comparisons of all units have in common. */
export interface Comparison {
  connection: Connection;
  catalog: Catalog;
  settings: UpdateSettings;
  /** The directory of all working files. */
  scratch: string;
  /** Tables that hold rows. */
  held: ReadonlySet<string>;
  /** Bad rows are left out. */
  skip: boolean;
  onBadRow: ((row: BadRow) => void) | undefined;
}

/** How the rows of a unit's files differ from those of its table. */
export interface Delta {
  readonly unit: Unit;
  /** Rows that the table holds. */
  readonly held: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly unchanged: number;
  /** Of edges that several rows of the files have, not all are inserted. */
  readonly hasSurplus: boolean;
  /** Keys that several rows have, of which the first is taken. */
  readonly hasFirsts: boolean;
  /** The sum of the hashes of all rows that the table will have. */
  readonly sum: bigint;
  readonly badRows: readonly FoundBadRows[];
}

/** The working files of a unit. */
export interface Places {
  directory: string;
  /** A directory: both sides, as hashes of rows. */
  sides: string;
  stored: string;
  /** A directory of a node table's differences. */
  nodes: string;
  nodeDelta: string;
  /** Of keys that several rows of the files have. */
  firstDelta: string;
  edgeDelta: string;
  /** The nodes that go. */
  gone: string;
  /** The edges that go. */
  deleted: string;
}

export function placesOf({ scratch }: Pick<Comparison, 'scratch'>, { index }: Unit): Places {
  const directory = join(scratch, String(index));
  return {
    directory,
    sides: join(directory, 'sides'),
    stored: join(directory, 'sides', 'stored.parquet'),
    nodes: join(directory, 'delta'),
    nodeDelta: join(directory, 'delta', 'delta.parquet'),
    firstDelta: join(directory, 'delta', 'firsts.parquet'),
    edgeDelta: join(directory, 'delta.parquet'),
    gone: join(directory, 'gone.parquet'),
    deleted: join(directory, 'deleted.parquet'),
  };
}

/** The number of rows of a working file, and the sum of one of its columns. */
export function* countFile(
  { connection }: Pick<Comparison, 'connection'>,
  path: string,
  column: string,
): Steps<{ rows: number; sum: bigint }> {
  const [row] = yield { connection, cypher: countHashes(path, column) };
  return { rows: Number(row?.['n']), sum: toBigInt(row?.['s']) };
}
