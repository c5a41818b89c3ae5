/** Rows of files and of a table that belong together, so that the ones can be told from the others. */
import type { Endpoints, Property, TableKind } from '../types.js';
import { showKeys } from './badrows.js';
import { rowHash, type Value } from './fingerprint.js';
import { edgesOf, nodesOf } from './rows.js';
import { identifier } from './text.js';

/** The rows that are compared with each other: of a node table, or of a pair of a rel table. */
export interface Unit {
  /** Its place among all; working files bear it. */
  readonly index: number;
  readonly table: string;
  readonly kind: TableKind;
  /** As messages show its files. */
  readonly file: string;
  /** Of a rel table. */
  readonly pair?: Endpoints;
  /** The rel table connects others too. */
  readonly isOneOfPairs: boolean;
  /** A node's key, or the keys of an edge's endpoints, as they are stored. */
  readonly keys: readonly UnitKey[];
  /** What the files have columns for, without a node's key. */
  readonly properties: readonly Property[];
  readonly files: readonly UnitFile[];
  /** Of a rel table: the endpoints that no two of the edges share. */
  readonly limit?: readonly ('from' | 'to')[];
}

export interface UnitKey {
  readonly table: string;
  readonly property: string;
  readonly type: string;
}

/** A file of a unit; its expressions yield the types of the keys and properties. */
export interface UnitFile {
  /** As messages show it. */
  readonly file: string;
  /** Rows that it holds. */
  readonly rows: number;
  /** Reads them: `LOAD FROM …`. */
  readonly source: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** The values of a unit's rows that tell one from another. */
function comparedValues(
  { keys, properties }: Unit,
  keyOf: (i: number) => string,
  valueOf: (i: number) => string,
): Value[] {
  return [
    ...keys.map(({ type }, i) => ({ expression: keyOf(i), type })),
    ...properties.map(({ type }, i) => ({ expression: valueOf(i), type })),
  ];
}

/**
 * The rows of a unit's file: keys `k0` and `k1`, values `c0`, `c1`, …
 *
 * @param only - The places of the values that are needed; default: all.
 */
export function fileRows({ source, keys, values }: UnitFile, only?: readonly number[]): string {
  const columns = [
    ...keys.map((key, i) => `${key} AS k${i}`),
    ...values.flatMap((value, i) => (!only || only.includes(i) ? [`${value} AS c${i}`] : [])),
  ];
  return `${source} WITH ${columns.join(', ')}`;
}

/** The hash of such a row. */
export function fileHash(unit: Unit): string {
  return rowHash(
    comparedValues(
      unit,
      (i) => `k${i}`,
      (i) => `c${i}`,
    ),
  );
}

/** Whether a file's row has all its keys. */
export function hasKeys({ keys }: Unit): string {
  return keys.map((_, i) => `k${i} IS NOT NULL`).join(' AND ');
}

/** The keys `k0` and `k1` of rows, as messages show them. */
export function shownKeys({ keys }: Unit): string {
  return showKeys(keys.map((key, i) => ({ ...key, expression: `k${i}` })));
}

/** Matches the rows of a unit's table, as `n` or `r`. */
export function matchRows({ table, pair }: Unit): string {
  return `MATCH ${pair ? edgesOf(table, pair, 'r') : nodesOf(table, 'n')}`;
}

/** The hash of a stored row. */
export function storedHash(unit: Unit): string {
  const { keys, properties, kind } = unit;
  const variables = kind === 'node' ? ['n'] : ['a', 'b'];
  const row = kind === 'node' ? 'n' : 'r';
  return rowHash(
    comparedValues(
      unit,
      (i) => `${variables[i] ?? ''}.${identifier(keys[i]?.property ?? '')}`,
      (i) => `${row}.${identifier(properties[i]?.name ?? '')}`,
    ),
  );
}
