/** The two sides of a comparison: the rows of the files, and the rows of the tables. */
import { identifier } from './statements.js';
import type { Capabilities } from '../model/capabilities.js';
import { isNested, pairsOf, primaryKeyOf } from '../model/tables.js';
import type { GraphSchema, NodeTable, Property, RelTable } from '../types.js';
import type { PlannedCopy, PlannedTable } from '../plan/plan.js';

/** A query's beginning and the expressions by which its rows are told apart. */
export interface Scan {
  source: string;
  /** The node's key, or the edge's endpoints. */
  keys: string[];
  /** One for each compared property. */
  values: string[];
}

/** Those of which the dataset says something: with a column, or without one and without a default. */
export function comparedProperties(
  table: NodeTable | RelTable,
  { copies }: PlannedTable,
): Property[] {
  const key = 'from' in table ? undefined : table.primaryKey;
  return table.properties.filter(
    (property) =>
      property.name !== key &&
      (property.default === undefined ||
        copies.every(({ mappings }) =>
          mappings.some((mapping) => mapping.property === property.name),
        )),
  );
}

/** The engine makes the keys of a SERIAL table; the dataset has none then. */
export function hasKeys(copies: readonly PlannedCopy[]): boolean {
  return copies.every(({ keys }) => keys.length > 0);
}

export function cast(expression: string, type: string): string {
  return `CAST(${expression} AS ${type === 'SERIAL' ? 'INT64' : type})`;
}

export function hasStructs(type: string): boolean {
  return /\b(STRUCT|MAP|UNION)\b/.test(type);
}

/**
 * A value as what is hashed: the same on both sides where the values are. The engines hash what a
 * NULL in a struct happens to hold; the JSON of a nested value has no such. Ladybug makes none
 * without an extension, but text, in which some different values look alike.
 */
export function comparable(expression: string, type: string, can: Capabilities): string {
  if (!isNested(type)) return expression;
  if (can.toJson) return `to_json(${expression})`;
  if (!hasStructs(type)) return expression;
  return `CASE WHEN ${expression} IS NULL THEN 'null' ELSE CAST(${expression} AS STRING) END`;
}

export function datasetScans(
  { copies }: PlannedTable,
  compared: readonly Property[],
  can: Capabilities,
): Scan[] {
  return copies.map(({ source, keys, mappings }: PlannedCopy) => ({
    source,
    keys: hasKeys(copies) ? keys.map(({ expression, type }) => cast(expression, type)) : ['0'],
    values: compared.map(({ name, type }) => {
      const mapping = mappings.find(({ property }) => property === name);
      return comparable(cast(mapping?.expression ?? 'NULL', type), type, can);
    }),
  }));
}

export function databaseScans(
  table: NodeTable | RelTable,
  { copies }: PlannedTable,
  schema: GraphSchema,
  compared: readonly Property[],
  can: Capabilities,
): Scan[] {
  const keyOf = (variable: string, node: string): string => {
    return `${variable}.${identifier(primaryKeyOf(schema, node).name)}`;
  };
  if (!('from' in table)) {
    return [
      {
        source: `MATCH (n:${identifier(table.name)})`,
        keys: hasKeys(copies) ? [keyOf('n', table.name)] : ['0'],
        values: compared.map(({ name, type }) => comparable(`n.${identifier(name)}`, type, can)),
      },
    ];
  }
  return pairsOf(table).map(({ from, to }) => ({
    source: `MATCH (a:${identifier(from)})-[r:${identifier(table.name)}]->(b:${identifier(to)})`,
    keys: [keyOf('a', from), keyOf('b', to)],
    values: compared.map(({ name, type }) => comparable(`r.${identifier(name)}`, type, can)),
  }));
}
