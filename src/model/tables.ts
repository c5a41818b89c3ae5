/** What the tables of a schema are. */
import type {
  Endpoints,
  GraphSchema,
  Multiplicity,
  NodeTable,
  Property,
  RelPair,
  RelTable,
  TableKind,
} from '../types.js';

export function kindOf(table: NodeTable | RelTable): TableKind {
  return 'from' in table ? 'edge' : 'node';
}

/** Every pair of node tables that a rel table connects. */
export function pairsOf({ from, to, pairs }: RelTable): readonly RelPair[] {
  return pairs ?? [{ from, to }];
}

/** The multiplicity of each pair that a rel table connects, in their order. */
export function multiplicitiesOf(table: RelTable): (Endpoints & { multiplicity: Multiplicity })[] {
  const usual = table.multiplicity ?? 'MANY_MANY';
  return pairsOf(table).map(({ from, to, multiplicity = usual }) => ({ from, to, multiplicity }));
}

/**
 * Multiplicities as few words: one for the table if all pairs have the same; else those of pairs where
 * they are not the table's. MANY_MANY is not said of a table.
 */
export function sharedMultiplicity(
  pairs: readonly RelPair[],
  usual: Multiplicity = 'MANY_MANY',
): { pairs: RelPair[]; multiplicity?: Multiplicity } {
  const all = new Set(pairs.map(({ multiplicity = usual }) => multiplicity));
  const [only = usual] = all.size === 1 ? all : [usual];
  const own = pairs.map(({ from, to, multiplicity = usual }) => ({
    from,
    to,
    ...(multiplicity !== only && { multiplicity }),
  }));
  return { pairs: own, ...(only !== 'MANY_MANY' && { multiplicity: only }) };
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
