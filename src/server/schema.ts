/** The schema that a graph on a server comes to, which none was said of. */
import type { Server } from '../bolt/server.js';
import {
  connectedLabels,
  keyConstraints,
  oddNodes,
  perhapsBytes,
  type Things,
  valueTypes,
} from '../cypher/serverread.js';
import { toSchema } from '../database/catalog.js';
import { KgloadError } from '../errors.js';
import { formatCount, listNames, plural } from '../format.js';
import { codeGraph } from '../model/codegraph.js';
import { type CatalogTable, withFiles } from '../model/differences.js';
import type { GraphSchema, Problem, Property, RelPair, ServerAccess } from '../types.js';
import { withServer } from './open.js';
import { countServer } from './stats.js';

/** A schema, and what of the graph has no place in one. */
export interface FoundSchema {
  schema: GraphSchema;
  problems: Problem[];
}

/** {@link findServerSchema} of a server that is yet to be opened. */
export async function showServerSchema(
  address: string,
  access?: ServerAccess,
): Promise<FoundSchema> {
  return await withServer(address, access, findServerSchema);
}

/**
 * The schema that all of a graph fits into.
 *
 * @throws {KgloadError} `NOT_TABULAR` with all that does not.
 */
export async function readServerSchema(server: Server): Promise<GraphSchema> {
  const { schema, problems } = await findServerSchema(server);
  const [first, ...others] = problems;
  if (!first) return schema;
  if (others.length === 0) throw new KgloadError(first);
  throw new KgloadError({
    code: 'NOT_TABULAR',
    message: listNames(
      problems.map(({ message }) => message),
      '; ',
    ),
    hint: [...new Set(problems.flatMap(({ hint = [] }) => hint))].join('; '),
  });
}

/**
 * The schema that a graph comes to: a label with a key is a node table, a type of edges a rel table between
 * the labels of its ends. Types are those of all values; nothing is sampled.
 */
export async function findServerSchema(server: Server): Promise<FoundSchema> {
  const { nodes, edges } = await countServer(server);
  const keys = await readKeys(server);
  const problems = (await server.read(oddNodes())).map(([labels, rows]) =>
    oddLabels(labels as string[], Number(rows)),
  );
  const catalog = new Map<string, CatalogTable>();
  for (const [name, rows] of Object.entries(nodes)) {
    const found = await readTypes(server, { kind: 'node', name });
    const candidates = [...(keys.get(name) ?? [])];
    const isWhole = (key: string): boolean =>
      found.values.get(key) === rows && found.properties.some((one) => one.name === key);
    const primaryKey = candidates.find(isWhole);
    problems.push(...found.problems);
    if (primaryKey === undefined) {
      problems.push(noKey(name, rows, candidates, found.values));
      continue;
    }
    const properties = inOrder(name, found.properties, primaryKey);
    catalog.set(name, { name, kind: 'node', properties, primaryKey });
  }
  for (const name of Object.keys(edges)) {
    const found = await readTypes(server, { kind: 'edge', name });
    problems.push(...found.problems);
    const endpoints = await readPairs(server, name, [...catalog.keys()]);
    if (catalog.has(name)) problems.push(isBoth(name));
    else if (endpoints.length > 0) {
      const properties = inOrder(name, found.properties);
      catalog.set(name, { name, kind: 'edge', properties, endpoints });
    }
  }
  return { schema: withFiles(toSchema(catalog), codeGraph), problems };
}

/** Properties with a constraint that no two nodes of a label have them alike: label → properties. */
async function readKeys(server: Server): Promise<Map<string, Set<string>>> {
  const keys = new Map<string, Set<string>>();
  if (server.can.constraints === 'none') return keys;
  for (const [label, property, type] of (await server.read(keyConstraints())) as string[][]) {
    if (label === undefined || property === undefined || !/UNIQUE|KEY/.test(type ?? '')) continue;
    keys.set(label, (keys.get(label) ?? new Set()).add(property));
  }
  return keys;
}

interface Found {
  properties: Property[];
  /** Property → how many values it has. */
  values: Map<string, number>;
  problems: Problem[];
}

async function readTypes(server: Server, things: Things): Promise<Found> {
  const counts = new Map<string, Map<string, number>>();
  for (const [property, type, count] of (await server.read(valueTypes(things))) as [
    string,
    string,
    bigint,
  ][]) {
    const own = counts.get(property) ?? new Map<string, number>();
    counts.set(property, own.set(type.replaceAll(' NOT NULL', ''), Number(count)));
  }
  const found: Found = { properties: [], values: new Map(), problems: [] };
  for (const [name, given] of counts) {
    found.values.set(
      name,
      [...given.values()].reduce((sum, count) => sum + count, 0),
    );
    const types = await typesOf(server, things, name, given);
    const [only = ''] = types;
    const type = types.length === 1 ? TYPES[only] : undefined;
    if (type === undefined) found.problems.push(noType(things.name, name, types));
    else found.properties.push({ name, type });
  }
  return found;
}

/** The types of a property's values; a list without anything in it is one of any type. */
async function typesOf(
  server: Server,
  things: Things,
  property: string,
  counts: ReadonlyMap<string, number>,
): Promise<string[]> {
  const types = [...counts.keys()];
  const filled = types.filter((type) => type !== 'LIST<NOTHING>');
  if (filled.length === 0 || !filled.every((type) => type.startsWith('LIST<'))) return types;
  if (filled.length > 1 || filled[0] !== 'LIST<INTEGER>') return filled;
  // Bytes have the type of lists of integers until one gets them.
  let bytes = 0;
  await server.stream(perhapsBytes(things, property), ([value]) => {
    if (value instanceof Int8Array) bytes += 1;
  });
  if (bytes === 0) return filled;
  return bytes === counts.get('LIST<INTEGER>') && types.length === 1
    ? ['BYTES']
    : ['BYTES', ...types];
}

/** The types of values as a server names them, and those of properties. */
const SCALARS = {
  INTEGER: 'INT64',
  FLOAT: 'DOUBLE',
  STRING: 'STRING',
  BOOLEAN: 'BOOL',
  DATE: 'DATE',
  'LOCAL DATETIME': 'TIMESTAMP',
  'ZONED DATETIME': 'TIMESTAMP_TZ',
  DURATION: 'INTERVAL',
};

const TYPES: Readonly<Record<string, string>> = {
  ...SCALARS,
  ...Object.fromEntries(
    Object.entries(SCALARS).map(([type, name]) => [`LIST<${type}>`, `${name}[]`]),
  ),
  'LIST<NOTHING>': 'STRING[]',
  BYTES: 'BLOB',
};

async function readPairs(
  server: Server,
  type: string,
  tables: readonly string[],
): Promise<RelPair[]> {
  const found = (await server.read(connectedLabels(type))) as [string[], string[], bigint][];
  const pairs = tables.flatMap((from) => tables.map((to) => ({ from, to })));
  return pairs.filter(({ from, to }) =>
    found.some(([start, end]) => start.includes(from) && end.includes(to)),
  );
}

/** The key first, and the others as the code graph has them, or by their names. */
function inOrder(table: string, properties: readonly Property[], key?: string): Property[] {
  const like = [...codeGraph.nodes, ...codeGraph.edges].find(({ name }) => name === table);
  const place = ({ name }: Property): number => {
    if (name === key) return -1;
    const i = like?.properties.findIndex((property) => property.name === name) ?? -1;
    return i < 0 ? Infinity : i;
  };
  return properties.toSorted((a, b) => {
    const [left, right] = [place(a), place(b)];
    if (left !== right) return left - right;
    return a.name < b.name ? -1 : 1;
  });
}

function noType(table: string, property: string, types: readonly string[]): Problem {
  const what =
    types.length === 1
      ? `${types[0] ?? ''}, for which tables have no type`
      : `values of several types (${types.join(', ')})`;
  return {
    code: 'NOT_TABULAR',
    table,
    message: `${table}.${property} holds ${what}`,
    hint: 'give all its values one type on the server, or take the property away',
  };
}

function noKey(
  label: string,
  rows: number,
  candidates: readonly string[],
  values: ReadonlyMap<string, number>,
): Problem {
  const missing = candidates.map(
    (key) => `${key}, which ${formatCount(rows - (values.get(key) ?? 0))} nodes lack`,
  );
  return {
    code: 'NOT_TABULAR',
    table: label,
    message:
      missing.length > 0
        ? `the label ${label} has no property that tells all its nodes apart: its constraint is on ${missing.join(', and on ')}`
        : `the label ${label} has no property that tells its nodes apart: no constraint says so`,
    hint: 'say which on the server: CREATE CONSTRAINT FOR (n:Label) REQUIRE n.property IS UNIQUE',
  };
}

function oddLabels(labels: readonly string[], rows: number): Problem {
  const what = labels.length === 0 ? 'no label' : `the labels ${labels.join(' and ')}`;
  return {
    code: 'NOT_TABULAR',
    message: `${plural(rows, 'node')} ${rows === 1 ? 'has' : 'have'} ${what}, and a table of nodes is one label`,
    hint: 'give each node one label on the server',
  };
}

function isBoth(name: string): Problem {
  return {
    code: 'NOT_TABULAR',
    table: name,
    message: `${name} is a label and a type of relationships, and no two tables have one name`,
    hint: 'rename one of them on the server',
  };
}
