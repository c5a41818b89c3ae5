/** How two schemas differ, or the schema that is wanted and the tables that are there. */
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
import { kindOf, multiplicitiesOf, pairsOf } from './tables.js';

/** How two schemas differ, or the schema that is wanted and the tables that are there. */
export interface CatalogTable {
  name: string;
  kind: TableKind;
  properties: Property[];
  /** Of a node table. */
  primaryKey?: string;
  /** Of a rel table; their multiplicities only where somebody asked for them. */
  endpoints?: RelPair[];
  /** Of pairs that come later; likewise. */
  multiplicity?: Multiplicity;
  storageDirection?: 'fwd' | 'both';
}

/** Table name → table, in the order of their creation. */
export type Catalog = ReadonlyMap<string, CatalogTable>;

/** Kuzu's catalog says BOOL for what its DDL accepts as BOOLEAN too. */
export function canonicalType(type: string): string {
  return type
    .replace(/\bBOOLEAN\b/gi, 'BOOL')
    .replace(/\s+/g, '')
    .toUpperCase();
}

function describePairs(pairs: readonly Endpoints[]): string {
  return pairs
    .map(({ from, to }) => `${from} → ${to}`)
    .sort()
    .join(', ');
}

/** A schema that says nothing of multiplicities takes the table's as they are. */
function multiplicityDifferences(wanted: RelTable, found: readonly RelPair[]): string[] {
  const isSaid = wanted.multiplicity !== undefined || wanted.pairs?.some((p) => p.multiplicity);
  if (!isSaid) return [];
  return multiplicitiesOf(wanted).flatMap(({ from, to, multiplicity }) => {
    const { multiplicity: there = multiplicity } =
      found.find((pair) => pair.from === from && pair.to === to) ?? {};
    return there === multiplicity ? [] : [`${from} → ${to} is ${there}, not ${multiplicity}`];
  });
}

function tableDifferences(
  wanted: NodeTable | RelTable,
  found: CatalogTable,
  mayHaveMore: boolean,
): string[] {
  const kind = kindOf(wanted);
  if (found.kind !== kind) return [`is a table of ${found.kind}s, not of ${kind}s`];
  const differences: string[] = [];
  if ('primaryKey' in wanted && found.primaryKey !== wanted.primaryKey) {
    differences.push(`primary key is ${found.primaryKey ?? 'none'}, not ${wanted.primaryKey}`);
  }
  if ('from' in wanted) {
    const pairs = describePairs(found.endpoints ?? []);
    const wantedPairs = describePairs(pairsOf(wanted));
    if (pairs !== wantedPairs) differences.push(`connects ${pairs}, not ${wantedPairs}`);
    else differences.push(...multiplicityDifferences(wanted, found.endpoints ?? []));
  }
  const types = new Map(found.properties.map(({ name, type }) => [name, type]));
  for (const { name, type } of wanted.properties) {
    const foundType = types.get(name);
    if (foundType === undefined) differences.push(`has no property ${name}`);
    else if (canonicalType(foundType) !== canonicalType(type)) {
      differences.push(`${name} is ${foundType}, not ${type}`);
    }
    types.delete(name);
  }
  if (mayHaveMore) return differences;
  for (const [name, type] of types) differences.push(`has a property ${name} ${type} more`);
  return differences;
}

/**
 * The tables of the schema that the database has with other columns, types or endpoints.
 *
 * @param mayHaveMore - Properties that the schema has not are nobody's concern.
 */
export function schemaDifferences(
  schema: GraphSchema,
  catalog: Catalog,
  mayHaveMore = false,
): { table: string; differences: string[] }[] {
  return [...schema.nodes, ...schema.edges].flatMap((table) => {
    const found = catalog.get(table.name);
    const differences = found ? tableDifferences(table, found, mayHaveMore) : [];
    return differences.length > 0 ? [{ table: table.name, differences }] : [];
  });
}

function haveSameNames(a: NodeTable | RelTable, b: NodeTable | RelTable): boolean {
  const names = (table: NodeTable | RelTable): string =>
    JSON.stringify([
      'from' in table ? [table.from, table.to] : table.primaryKey,
      table.properties.map(({ name }) => name),
    ]);
  return names(a) === names(b);
}

/**
 * The schema with the file names, aliases and spellings of another, for the tables that are in
 * both: the engine's catalog has no words for them.
 */
export function withFiles(schema: GraphSchema, other: GraphSchema): GraphSchema {
  const known = new Map([...other.nodes, ...other.edges].map((table) => [table.name, table]));
  const complete = <T extends NodeTable | RelTable>(table: T): T => {
    const like = known.get(table.name);
    if (!like || !haveSameNames(table, like)) return table;
    const properties = table.properties.map((property, i) => {
      const { aliases, allowRounding, type = '' } = like.properties[i] ?? {};
      return {
        ...property,
        ...(canonicalType(type) === canonicalType(property.type) && { type }),
        ...(aliases && { aliases }),
        ...(allowRounding && { allowRounding }),
      };
    });
    return { ...table, file: like.file, properties };
  };
  return { ...schema, nodes: schema.nodes.map(complete), edges: schema.edges.map(complete) };
}
