/**
 * Queries for those edges of an update that are beyond the one that a node may have. Columns: `x` and `y`
 * the hashes of the nodes' keys, `z` of the edge; `p` how many rows of the files, `m` of the table; the
 * delta is that of `delta.ts`.
 */
import { writeMarked } from './delta.js';
import { copyTo } from './statements.js';
import { filesIn, identifier, pathLiteral } from './text.js';
import {
  fileHash,
  fileRows,
  hasKeys,
  matchRows,
  shownKeys,
  type Unit,
  type UnitFile,
} from './unit.js';

/** The edges of a file that come new, or once more, by their nodes. */
export function writeComing(unit: Unit, file: UnitFile, delta: string, path: string): string {
  return copyTo(
    `${fileRows(file)} WHERE ${hasKeys(unit)} WITH hash(k0) AS x, hash(k1) AS y, ${fileHash(unit)} AS z LOAD FROM ${pathLiteral(delta)} WHERE h = z AND np > nm WITH x, y, z, count(*) AS p RETURN x, y, z, p, CAST(0 AS INT64) AS m`,
    path,
  );
}

/** The edges of the table, with their offsets `d`; `g` says that one goes. */
export function writeEnds(unit: Unit, path: string): string {
  const [from, to] = unit.keys.map(({ property }) => identifier(property));
  return copyTo(
    `${matchRows(unit)} RETURN offset(id(r)) AS d, hash(a.${from ?? ''}) AS x, hash(b.${to ?? ''}) AS y, CAST(0 AS INT64) AS g`,
    path,
  );
}

/** Those that go, for the same. */
export function writeGoing(deleted: string, path: string): string {
  return copyTo(
    `LOAD FROM ${pathLiteral(deleted)} RETURN d, CAST(NULL AS UINT64) AS x, CAST(CAST(NULL AS INT64) AS UINT64) AS y, CAST(1 AS INT64) AS g`,
    path,
  );
}

/** Those that stay: like {@link writeComing}. */
export function writeStaying(ends: string, path: string): string {
  return copyTo(
    `LOAD FROM ${filesIn(ends)} WITH d AS d, max(x) AS x, max(y) AS y, max(g) AS g WHERE g = 0 RETURN x, y, x + CAST(0 AS UINT64) AS z, CAST(0 AS INT64) AS p, CAST(1 AS INT64) AS m`,
    path,
  );
}

/** The nodes on a side that would have several edges: `k`, and `m` how many stay. */
export function writeCrowded(edges: string, side: 'x' | 'y', path: string): string {
  return copyTo(
    `LOAD FROM ${filesIn(edges)} WITH ${side} AS k, CAST(sum(p) AS INT64) AS p, CAST(sum(m) AS INT64) AS m WHERE p > 0 AND p + m > 1 RETURN k, m`,
    path,
  );
}

/** Those of them with an edge that stays, `k` as text. */
export function takenNodes(crowded: string): string {
  return `LOAD FROM ${pathLiteral(crowded)} WHERE m > 0 RETURN CAST(k AS STRING) AS k`;
}

/** The hashes `e` of the edges that come to such nodes. */
export function writeDoubtful(
  coming: string,
  crowded: string,
  side: 'x' | 'y',
  path: string,
): string {
  return copyTo(
    `LOAD FROM ${filesIn(coming)} WHERE p > 0 WITH ${side} AS q, z AS w LOAD FROM ${pathLiteral(crowded)} WHERE k = q RETURN DISTINCT w AS e`,
    path,
  );
}

export function writeAllDoubtful(directory: string, path: string): string {
  return copyTo(`LOAD FROM ${filesIn(directory)} RETURN DISTINCT e`, path);
}

/** The rows of a file with such edges, with one thread in its order; `n` are in the table already. */
export function doubtfulRows(unit: Unit, file: UnitFile, delta: string, doubtful: string): string {
  return `${fileRows(file)} WHERE ${hasKeys(unit)} WITH k0, k1, hash(k0) AS x, hash(k1) AS y, ${fileHash(unit)} AS z LOAD FROM ${pathLiteral(doubtful)} WHERE e = z WITH k0, k1, x, y, z LOAD FROM ${pathLiteral(delta)} WHERE h = z AND np > nm RETURN ${shownKeys(unit)}, CAST(x AS STRING) AS x, CAST(y AS STRING) AS y, CAST(z AS STRING) AS z, nm AS n`;
}

/** Hashes, each as often as a row with it is beyond, as `h` and `t`. */
export function writeSurplus(hashes: readonly string[], path: string): string {
  return copyTo(
    `UNWIND CAST('[${hashes.join(',')}]' AS UINT64[]) AS h WITH h, count(*) AS t RETURN h, t`,
    path,
  );
}

/** A delta without them. */
export function writeReduced(
  delta: string,
  surplus: string,
  directory: string,
  path: string,
): string[] {
  return [
    ...writeMarked(delta, filesIn(surplus), directory),
    copyTo(
      `LOAD FROM ${filesIn(directory)} WITH h AS h, max(np) AS a, max(nm) AS nm, max(f) AS f, max(d) AS d, CAST(sum(CASE WHEN t IS NULL THEN 0 ELSE t END) AS INT64) AS t WITH h, a - t AS np, nm, f, d WHERE np <> nm RETURN h, np, nm, f, d`,
      path,
    ),
  ];
}
