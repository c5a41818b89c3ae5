/** What the tables of a schema are. */
import type { Endpoints, GraphSchema, NodeTable, Property, RelTable, TableKind } from '../types.js';

export function kindOf(table: NodeTable | RelTable): TableKind {
  return 'from' in table ? 'edge' : 'node';
}

/** Every pair of node tables that a rel table connects. */
export function pairsOf({ from, to, pairs }: RelTable): readonly Endpoints[] {
  return pairs ?? [{ from, to }];
}

/** The primary key of a node table. */
export function primaryKeyOf(schema: GraphSchema, table: string): Property {
  const node = schema.nodes.find(({ name }) => name === table);
  const key = node?.properties.find(({ name }) => name === node.primaryKey);
  if (!key) throw new Error(`the schema has no node table ${table} with a primary key`);
  return key;
}

/** Whether a type is one of lists, structs, maps or unions. */
export function isNested(type: string): boolean {
  return /[[(]/.test(type) && !/^DECIMAL\([^)]*\)$/.test(type);
}
