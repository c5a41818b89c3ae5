/** Edges that go with their nodes, of rel tables that the dataset does not name. */
import { edgesOfGone } from '../cypher/changes.js';
import type { Unit } from '../cypher/unit.js';
import type { Steps } from '../engine/drive.js';
import { type Comparison, type Delta, placesOf } from './comparison.js';

/** Rel table → how many of its edges go. */
export function* countTaken(
  comparison: Comparison,
  deltas: readonly Delta[],
): Steps<Map<string, number>> {
  const { connection, catalog } = comparison;
  const taken = new Map<string, number>();
  const losing = deltas.filter(({ unit, deleted }) => unit.kind === 'node' && deleted > 0);
  if (losing.length === 0) return taken;
  for (const { name, endpoints = [], kind } of catalog.values()) {
    if (kind === 'node') continue;
    const isCompared = (from: string, to: string): boolean =>
      deltas.some(
        ({ unit }) => unit.table === name && unit.pair?.from === from && unit.pair.to === to,
      );
    for (const { from, to } of endpoints) {
      if (isCompared(from, to)) continue;
      const unit: Unit = {
        index: -1,
        table: name,
        kind: 'edge',
        file: '',
        pair: { from, to },
        isOneOfPairs: endpoints.length > 1,
        keys: [],
        properties: [],
        files: [],
      };
      const edges = new Set<number>();
      for (const [side, node] of [
        ['a', from],
        ['b', to],
      ] as const) {
        const delta = losing.find((one) => one.unit.table === node);
        if (!delta) continue;
        yield {
          connection,
          cypher: edgesOfGone(unit, placesOf(comparison, delta.unit).gone, side),
          onRow: (row) => {
            edges.add(Number(row['d']));
          },
        };
      }
      if (edges.size > 0) taken.set(name, (taken.get(name) ?? 0) + edges.size);
    }
  }
  return taken;
}
