/** Edges that go with their nodes, of rel tables that the dataset does not name. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeEdgesOf } from '../cypher/changes.js';
import { writeDistinct } from '../cypher/delta.js';
import type { Unit } from '../cypher/unit.js';
import type { Steps } from '../engine/drive.js';
import { onDisk } from '../files.js';
import { listNames } from '../format.js';
import type { Problem } from '../types.js';
import { type Comparison, countFile, type Delta, placesOf } from './comparison.js';

/** Edges of a pair of a rel table that go. */
export interface Taken {
  unit: Unit;
  /** The file with their offsets. */
  deleted: string;
  rows: number;
}

export function* findTaken(comparison: Comparison, deltas: readonly Delta[]): Steps<Taken[]> {
  const { connection, catalog, scratch } = comparison;
  const losing = losingOf(deltas);
  const taken: Taken[] = [];
  if (losing.size === 0) return taken;
  for (const { name, endpoints = [], kind } of catalog.values()) {
    if (kind === 'node') continue;
    for (const { from, to } of endpoints) {
      const isCompared = deltas.some(
        ({ unit }) => unit.table === name && unit.pair?.from === from && unit.pair.to === to,
      );
      const [left, right] = [losing.get(from), losing.get(to)];
      if (isCompared || !(left ?? right)) continue;
      const unit = bareUnit(name, from, to);
      const directory = join(scratch, 'taken', String(taken.length));
      onDisk(() => mkdirSync(join(directory, 'sides'), { recursive: true }));
      for (const [side, delta] of [
        ['a', left],
        ['b', right],
      ] as const) {
        if (!delta) continue;
        const { gone } = placesOf(comparison, delta.unit);
        const path = join(directory, 'sides', `${side}.parquet`);
        yield { connection, cypher: writeEdgesOf(unit, gone, side, path) };
      }
      const deleted = join(directory, 'deleted.parquet');
      yield { connection, cypher: writeDistinct(join(directory, 'sides'), deleted) };
      const { rows } = yield* countFile(comparison, deleted, 'z');
      taken.push({ unit, deleted, rows });
    }
  }
  return taken.filter(({ rows }) => rows > 0);
}

function losingOf(deltas: readonly Delta[]): Map<string, Delta> {
  const losing = deltas.filter(({ unit, deleted }) => unit.kind === 'node' && deleted > 0);
  return new Map(losing.map((delta) => [delta.unit.table, delta]));
}

function bareUnit(table: string, from: string, to: string): Unit {
  return {
    index: -1,
    table,
    kind: 'edge',
    file: '',
    pair: { from, to },
    isOneOfPairs: true,
    keys: [],
    properties: [],
    files: [],
  };
}

/**
 * Tables whose nodes are to go, and can't: the engines (Kuzu 0.11.3, Ladybug 0.19.1) delete none that a
 * rel table leads to which is stored in one direction alone, whether or not it has edges.
 */
export function notDeletable({ catalog }: Comparison, deltas: readonly Delta[]): Problem[] {
  return [...losingOf(deltas).values()].flatMap(({ unit, deleted }) => {
    const inWay = [...catalog.values()].filter(
      ({ storageDirection, endpoints = [] }) =>
        storageDirection === 'fwd' && endpoints.some(({ to }) => to === unit.table),
    );
    if (inWay.length === 0) return [];
    const list = listNames(inWay.map(({ name }) => name));
    return [
      {
        code: 'ENGINE' as const,
        table: unit.table,
        file: unit.file,
        message: `${unit.table} failed: ${String(deleted)} of its nodes would go, and the engine deletes no node that a rel table leads to which is stored in one direction: ${list}`,
        hint: 'leave out --delete-missing, or load anew with --fresh',
      },
    ];
  });
}
