/** The indexes of tables that an update changes: they are to be right afterwards. */
import {
  canBeRemade,
  type Index,
  mustBeRemade,
  readIndexes,
  stopWordsInWay,
} from '../database/indexes.js';
import type { Steps } from '../engine/drive.js';
import { formatCount, plural } from '../format.js';
import type { Problem } from '../types.js';
import type { Comparison, Delta } from './comparison.js';

/** Beyond such a share of deleted nodes, Kuzu's vector index may find nothing any more. */
const MOST_DELETED = 0.3;

/**
 * The indexes that are to be dropped before and created after, and what no index survives.
 *
 * @param properties - Node table → the places of its properties that change.
 */
export function* planIndexes(
  { connection, catalog }: Comparison,
  deltas: readonly Delta[],
  properties: ReadonlyMap<string, ReadonlyMap<number, number>>,
): Steps<{ remade: Index[]; problems: Problem[] }> {
  const indexes = yield* readIndexes(connection, (table) => catalog.get(table)?.primaryKey);
  const remade: Index[] = [];
  const problems: Problem[] = [];
  for (const index of indexes) {
    const delta = deltas.find(({ unit }) => unit.table === index.table);
    if (!delta) continue;
    if (mustBeRemade(index, delta)) {
      if (canBeRemade(index)) remade.push(index);
      else problems.push({ ...stopWordsInWay(index), file: delta.unit.file });
    }
    if (index.kind === 'vector') {
      problems.push(...notFollowed(index, delta, properties.get(index.table) ?? new Map()));
    }
  }
  return { remade, problems };
}

function notFollowed(
  { table, name, properties: indexed }: Index,
  { unit, held, deleted }: Delta,
  changed: ReadonlyMap<number, number>,
): Problem[] {
  const set = unit.properties.flatMap((property, i) =>
    indexed.includes(property.name) && changed.has(i)
      ? [`${property.name} of ${plural(changed.get(i) ?? 0, 'row')}`]
      : [],
  );
  const reason =
    set.length > 0
      ? `the engine changes nothing that a vector index is on: ${set.join(', ')} (${name})`
      : deleted > held * MOST_DELETED
        ? `its vector index ${name} would not survive that ${formatCount(deleted)} of ${formatCount(held)} rows are deleted`
        : undefined;
  if (reason === undefined) return [];
  return [
    {
      code: 'ENGINE',
      table,
      file: unit.file,
      message: `${table} failed: ${reason}`,
      hint: 'load anew with --fresh, and create the index then',
    },
  ];
}
