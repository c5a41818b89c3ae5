/** What a database holds besides a dataset: others' tables and properties, which nobody compares. */
import { listNames, plural } from '../format.js';
import type { Plan } from '../plan/plan.js';
import type { GraphSchema, NodeTable, Problem, RelTable } from '../types.js';

/** A schema without what is others', and what that is. */
export interface Compared {
  schema: GraphSchema;
  /** Tables, and properties as `table.property`. */
  besides: { tables: string[]; properties: string[] };
}

/**
 * Leaves out tables that the dataset has no file for, and properties that it has no column for, unless
 * they belong to the dataset's own schema: what that says is empty is to be empty.
 *
 * @param schema - The database's.
 * @param own - The dataset's, or the built-in one.
 * @param plan - Of a load of the dataset into the database.
 */
export function withoutBesides(schema: GraphSchema, own: GraphSchema, plan: Plan): Compared {
  const besides: Compared['besides'] = { tables: [], properties: [] };
  // A dataset of something else altogether is not the same for that.
  if (plan.tables.every(({ copies, errors }) => copies.length + errors.length === 0)) {
    return { schema, besides };
  }
  const known = new Map([...own.nodes, ...own.edges].map((table) => [table.name, table]));
  const keep = <T extends NodeTable | RelTable>(table: T): T[] => {
    const planned = plan.tables.find((one) => one.table === table.name);
    const asked = known.get(table.name)?.properties;
    const isThere = planned && planned.copies.length + planned.errors.length > 0;
    if (!isThere && !asked) {
      besides.tables.push(table.name);
      return [];
    }
    if (!planned || planned.copies.length === 0) return [table];
    const filled = new Set(
      planned.copies.flatMap(({ mappings }) => mappings.map(({ property }) => property)),
    );
    const properties = table.properties.filter(
      ({ name }) =>
        filled.has(name) ||
        ('primaryKey' in table && name === table.primaryKey) ||
        asked?.some((property) => property.name === name),
    );
    for (const { name } of table.properties) {
      if (!properties.some((property) => property.name === name)) {
        besides.properties.push(`${table.name}.${name}`);
      }
    }
    return [{ ...table, properties }];
  };
  const compared = {
    ...schema,
    nodes: schema.nodes.flatMap(keep),
    edges: schema.edges.flatMap(keep),
  };
  // A rel table of the dataset connects node tables, whether or not it has files for them.
  const ends = new Set(
    compared.edges.flatMap(({ from, to, pairs = [] }) => [
      from,
      to,
      ...pairs.flatMap((pair) => [pair.from, pair.to]),
    ]),
  );
  const nodes = schema.nodes.flatMap((table) => {
    const kept = compared.nodes.find(({ name }) => name === table.name);
    return kept ? [kept] : ends.has(table.name) ? [table] : [];
  });
  return { schema: { ...compared, nodes }, besides };
}

/** That it is there. */
export function besidesWarning(
  { tables, properties }: Compared['besides'],
  rows: ReadonlyMap<string, number>,
): Problem[] {
  const held = tables.filter((table) => (rows.get(table) ?? 0) > 0);
  const names = [
    ...held.map((table) => `${table} (${plural(rows.get(table) ?? 0, 'row')})`),
    ...properties,
  ];
  if (names.length === 0) return [];
  return [
    {
      code: 'NOT_COMPARED',
      message: `the database holds more than the dataset says, which was not compared: ${listNames(names)}`,
    },
  ];
}
