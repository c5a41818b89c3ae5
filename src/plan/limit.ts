/** How many edges a node may have. */
import type { Catalog } from '../model/differences.js';
import { multiplicitiesOf } from '../model/tables.js';
import type { Endpoints, NodeTable, RelTable } from '../types.js';
import type { Limit, PlannedFile } from './plan.js';

/** The limit of a file's edges: that of the table which is there already, or else the schema's. */
export function limitOf(
  table: NodeTable | RelTable,
  {
    pair: { from, to } = 'from' in table ? table : { from: '', to: '' },
  }: Pick<PlannedFile, 'pair'>,
  catalog: Catalog,
): { limit?: Limit } {
  if (!('from' in table)) return {};
  const isPair = (one: Endpoints): boolean => one.from === from && one.to === to;
  const { endpoints = [], storageDirection = table.storageDirection } =
    catalog.get(table.name) ?? {};
  const { multiplicity = 'MANY_MANY' } = [...endpoints, ...multiplicitiesOf(table)].find(
    (one) => isPair(one) && one.multiplicity !== undefined,
  ) ?? { multiplicity: undefined };
  const [before, after] = multiplicity.split('_');
  const sides = [
    ...(after === 'ONE' ? (['from'] as const) : []),
    ...(before === 'ONE' ? (['to'] as const) : []),
  ];
  // Edges that are stored in one direction are counted in that one alone, by both engines.
  const isEnforced = storageDirection !== 'fwd' || !sides.includes('to');
  return sides.length === 0 ? {} : { limit: { sides, isEnforced } };
}
