/** The two sides of a comparison, the rows of the files and the rows of the tables, and how they are told apart. */
import type { Capabilities } from '../model/capabilities.js';
import { isNested } from '../model/tables.js';
import type { GraphSchema, NodeTable, Property, RelTable } from '../types.js';
import { cast, type FileRows, hashOf, storedKeys, tableScans } from './rows.js';
import { identifier, pathLiteral } from './text.js';

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
  { copies }: { copies: readonly FileRows[] },
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
export function hasKeys(copies: readonly FileRows[]): boolean {
  return copies.every(({ keys }) => keys.length > 0);
}

export function hasStructs(type: string): boolean {
  return /\b(STRUCT|MAP|UNION)\b/.test(type);
}

/**
 * A value as what is hashed: the same on both sides where the values are. The engines hash what a
 * NULL in a struct happens to hold; the JSON of a nested value has no such. Ladybug makes none
 * without an extension, but text, in which some different values look alike.
 */
function comparable(expression: string, type: string, can: Capabilities): string {
  if (!isNested(type)) return expression;
  if (can.toJson) return `to_json(${expression})`;
  if (!hasStructs(type)) return expression;
  return `CASE WHEN ${expression} IS NULL THEN 'null' ELSE CAST(${expression} AS STRING) END`;
}

export function datasetScans(
  { copies }: { copies: readonly FileRows[] },
  compared: readonly Property[],
  can: Capabilities,
): Scan[] {
  return copies.map(({ source, keys, mappings }: FileRows) => ({
    source,
    keys: hasKeys(copies) ? keys.map(cast) : ['0'],
    values: compared.map(({ name, type }) => {
      const mapping = mappings.find(({ property }) => property === name);
      const expression = mapping?.expression ?? 'NULL';
      const stored = type === 'SERIAL' ? 'INT64' : type;
      return comparable(cast({ expression, type: stored }), type, can);
    }),
  }));
}

export function databaseScans(
  table: NodeTable | RelTable,
  { copies }: { copies: readonly FileRows[] },
  schema: GraphSchema,
  compared: readonly Property[],
  can: Capabilities,
): Scan[] {
  return tableScans(table).map(({ match, variable, pair }) => ({
    source: match,
    keys: pair || hasKeys(copies) ? storedKeys(table, schema, pair) : ['0'],
    values: compared.map(({ name, type }) =>
      comparable(`${variable}.${identifier(name)}`, type, can),
    ),
  }));
}

/** Sums over all rows of a scan, `s0` …: of the keys, of the keys with each value, and of the whole row. */
export function sumsOf({ source, keys, values }: Scan): string {
  const parts = [keys, ...values.map((value) => [...keys, value]), [...keys, ...values]];
  const columns = parts.map((part, i) => `sum(CAST(${hashOf(part)} AS INT128)) AS s${i}`);
  return `${source} RETURN count(*) AS n, ${columns.join(', ')}`;
}

/** Counts the nodes that have another value than a scan of the dataset, for each property: `s0` … */
export function countChanged(
  { source, keys, values }: Scan,
  { name, primaryKey }: NodeTable,
  compared: readonly Property[],
  can: Capabilities,
): string {
  const columns = [...keys, ...values].map((expression, i) => `${expression} AS c${i}`);
  const counts = compared.map((property, i) => {
    const value = comparable(`n.${identifier(property.name)}`, property.type, can);
    const here = `hash({f: ${value}})`;
    return `sum(CASE WHEN ${here} <> hash({f: c${i + 1}}) THEN 1 ELSE 0 END) AS s${i}`;
  });
  const node = `(n:${identifier(name)} {${identifier(primaryKey)}: c0})`;
  return `${source} WITH ${columns.join(', ')} MATCH ${node} RETURN ${counts.join(', ')}`;
}

/** The rows of a scan as their hashes `h`, with their keys as text `k`. */
export function hashesOf({ source, keys, values }: Scan): string {
  const key = keys.map((expression) => `coalesce(CAST(${expression} AS STRING), 'null')`);
  const text = key.length === 1 ? key[0] : `concat(${key.join(", ' → ', ")})`;
  return `${source} RETURN ${text ?? ''} AS k, ${hashOf([...keys, ...values])} AS h`;
}

/** Takes the hashes in the files of a directory into a table of their own: each once, with its number. */
export function takeHashes(table: string, directory: string): string[] {
  const files = pathLiteral(`${directory}/x`).replace(/x'$/, "*.parquet'");
  return [
    `CREATE NODE TABLE ${table}(h UINT64 PRIMARY KEY, n INT64, k STRING)`,
    `COPY ${table} FROM (LOAD FROM ${files} RETURN h, count(*), min(k))`,
  ];
}

/** The rows that one table of hashes has more than another. */
function surplus(side: string, other: string): string {
  return `MATCH (a:${side}) OPTIONAL MATCH (b:${other} {h: a.h}) WITH a.k AS k, a.n - coalesce(b.n, 0) AS d WHERE d > 0`;
}

export function countSurplus(side: string, other: string): string {
  return `${surplus(side, other)} RETURN sum(d) AS n`;
}

export function listSurplus(side: string, other: string, most: number): string {
  return `${surplus(side, other)} RETURN k ORDER BY k LIMIT ${most}`;
}
