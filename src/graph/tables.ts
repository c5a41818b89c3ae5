/** Whether the tables of a database are those of a code graph. */
import { KgloadError } from '../errors.js';
import { listNames } from '../format.js';
import { codeGraph } from '../model/codegraph.js';
import { type Catalog, schemaDifferences } from '../model/differences.js';
import type { GraphSchema, Problem } from '../types.js';

/**
 * Refuses to ask a database whose tables are not the code graph's: the rows would not be what
 * their types say.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH`.
 */
export function checkTables(names: readonly string[], catalog: Catalog): void {
  const problem = mismatch(names, catalog);
  if (problem) throw new KgloadError(problem);
}

/** Why the database's tables are not the code graph's, if they are not. */
export function mismatch(names: readonly string[], catalog: Catalog): Problem | undefined {
  const missing = names.filter((name) => !catalog.has(name));
  if (missing[0] !== undefined) {
    return {
      code: 'SCHEMA_MISMATCH',
      message: `the database has no table ${missing.join(', ')}`,
      table: missing[0],
      hint: 'load a code graph into it: graph.loadFromParquet, or kgload load',
    };
  }
  const asked = {
    nodes: codeGraph.nodes.filter(({ name }) => names.includes(name)),
    edges: codeGraph.edges.filter(({ name }) => names.includes(name)),
  };
  const [different] = schemaDifferences(asked, withoutMore(asked, catalog));
  if (!different) return undefined;
  return {
    code: 'SCHEMA_MISMATCH',
    message: `the database has another table ${different.table} than the code graph: it ${listNames(different.differences, '; ')}`,
    table: different.table,
    hint: 'load the code graph into a database of its own: kgload load',
  };
}

/** The catalog without the properties that the schema does not have: they are in nobody's way. */
function withoutMore(schema: GraphSchema, catalog: Catalog): Catalog {
  const narrow = new Map(catalog);
  for (const { name, properties } of [...schema.nodes, ...schema.edges]) {
    const table = catalog.get(name);
    if (!table) continue;
    const wanted = properties.map((property) => property.name);
    const kept = table.properties.filter((property) => wanted.includes(property.name));
    narrow.set(name, { ...table, properties: kept });
  }
  return narrow;
}
