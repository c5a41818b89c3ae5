/** The statements of a load into a server. */
import type { Server } from '../bolt/server.js';
import { createEdges, createNodes, keyConstraint } from '../cypher/server.js';
import type { Statement } from '../model/statement.js';
import type { PlannedTable } from '../plan/plan.js';
import type { PlannedRows } from '../plan/rows.js';
import type { GraphSchema } from '../types.js';

/** What creates the nodes, or edges, of a batch. */
export function statementOf(
  kind: 'node' | 'edge',
  table: string,
  { keys, fields }: PlannedRows,
): string {
  const names = fields.map(({ property }) => property);
  const [first, second] = keys;
  if (kind === 'node') return createNodes(table, first?.property ?? '', names);
  if (!first || !second) throw new Error(`${table} has no endpoints`);
  return createEdges(table, first, second, names);
}

/** For the keys of all nodes that are loaded, or found as endpoints. */
export function constraintsOf(
  { can }: Server,
  { nodes }: GraphSchema,
  tables: readonly PlannedTable<PlannedRows>[],
): Statement[] {
  if (can.constraints === 'none') return [];
  const keys = tables.flatMap(({ copies }) => copies.flatMap((file) => file.keys));
  const labels = new Set(keys.map(({ table }) => table));
  return nodes
    .filter(({ name }) => labels.has(name))
    .map(({ name, primaryKey }) => keyConstraint(name, primaryKey, can.constraints === 'key'));
}
