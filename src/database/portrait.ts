/** A database as its page shows it: its schema, its rows, and how its nodes are connected. */
import { degreeCounts, hubs, type NamedColumn, type Side } from '../cypher/degrees.js';
import { shareOut, type Steps } from '../engine/drive.js';
import { labelProperties } from '../model/labels.js';
import { pairsOf } from '../model/tables.js';
import type {
  Connection,
  DatabaseStats,
  GraphSchema,
  NodeTable,
  Property,
  RelTable,
} from '../types.js';
import { endsOf, readWithMultiplicities, toSchema } from './catalog.js';
import { readDatabase } from './open.js';
import { countStats, READERS } from './stats.js';
import { inspectDatabase } from './target.js';

export interface Portrait {
  stats: DatabaseStats;
  schema: GraphSchema;
  /** Of the rel tables that hold edges. */
  degrees: ReadonlyMap<string, Degrees>;
}

/** How many edges of a rel table the nodes have that they leave, and those that they reach. */
export interface Degrees {
  out: Distribution;
  in: Distribution;
}

export interface Distribution {
  /** The node tables on this side. */
  tables: readonly string[];
  /** Nodes in them. */
  nodes: number;
  /** Ascending; nodes without any edge are left out. */
  points: readonly DegreePoint[];
  /** The nodes with the most edges, the first of them first; none where all have the same. */
  hubs: readonly Hub[];
}

/** So many nodes have so many edges. */
export interface DegreePoint {
  degree: number;
  nodes: number;
}

export interface Hub {
  table: string;
  key: string;
  degree: number;
  /** What people call it, where it has a name besides its key. */
  label?: string;
  /** Where it stands: `cart.py:12`. */
  place?: string;
}

/** Hubs that are listed on a side. */
export const HUBS = 10;

/** Rel tables whose hubs are looked up: those with the most edges. */
export const DETAILED = 60;

/**
 * Reads what a page shows of a database, which is opened read-only. The engine counts; no more than a
 * few rows a table get here.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`.
 */
export function* portraitSteps(path: string): Steps<Portrait> {
  const target = inspectDatabase(path);
  return yield* readDatabase(
    target,
    function* (database): Steps<Portrait> {
      const { connection, connections } = database;
      const stats = yield* countStats(database, path, target);
      const catalog = yield* readWithMultiplicities(connection, {
        edges: Object.keys(stats.edges).map((name) => ({ name })),
      });
      const schema = toSchema(catalog);
      const filled = schema.edges
        .map((table) => ({ table, rows: stats.edges[table.name] ?? 0 }))
        .filter(({ rows }) => rows > 0)
        .sort((a, b) => b.rows - a.rows);
      const found = new Map<string, Degrees>();
      yield* shareOut(connections, [...filled.entries()], function* (own, [rank, { table }]) {
        const asked = { schema, stats, table, hubs: rank < DETAILED ? HUBS : 0 };
        const out = yield* readSide(own, asked, 'out');
        found.set(table.name, { out, in: yield* readSide(own, asked, 'in') });
      });
      const order = schema.edges.flatMap(({ name }) => {
        const degrees = found.get(name);
        return degrees ? [[name, degrees] as const] : [];
      });
      return { stats, schema, degrees: new Map(order) };
    },
    { connections: READERS },
  );
}

function* readSide(
  connection: Connection,
  asked: { schema: GraphSchema; stats: DatabaseStats; table: RelTable; hubs: number },
  direction: Side['direction'],
): Steps<Distribution> {
  const { schema, stats, table } = asked;
  const ends = endsOf(pairsOf(table));
  const [tables, others] = direction === 'out' ? [ends.from, ends.to] : [ends.to, ends.from];
  const side = { edge: table.name, direction, others };
  const rows = yield { connection, cypher: degreeCounts(side, tables) };
  const points = rows.map(({ degree, nodes }) => ({
    degree: Number(degree),
    nodes: Number(nodes),
  }));
  const least = leastOfHubs(points, asked.hubs);
  const found: Hub[] = [];
  for (const node of schema.nodes) {
    if (!tables.includes(node.name) || least === Infinity) continue;
    found.push(...(yield* readHubs(connection, side, node, { least, most: asked.hubs })));
  }
  return {
    tables,
    nodes: tables.reduce((sum, name) => sum + (stats.nodes[name] ?? 0), 0),
    points,
    hubs: found.sort((a, b) => b.degree - a.degree).slice(0, asked.hubs),
  };
}

/** The edges that a hub has at least; Infinity where no node stands out, or none is asked for. */
export function leastOfHubs(points: readonly DegreePoint[], hubs: number): number {
  return isUniform(points) ? Infinity : degreeOfRank(points, hubs);
}

/** Whether no node stands out. */
function isUniform(points: readonly DegreePoint[]): boolean {
  const [only] = points;
  return points.length < 2 && (!only || only.degree === 1 || only.nodes > HUBS);
}

/** The degree of the node with the rank-th most edges, or of the last one; Infinity for a rank of 0. */
function degreeOfRank(points: readonly DegreePoint[], rank: number): number {
  let left = rank;
  let degree = Infinity;
  for (const point of points.toReversed()) {
    if (left <= 0) break;
    ({ degree } = point);
    left -= point.nodes;
  }
  return degree;
}

function* readHubs(
  connection: Connection,
  side: Side,
  node: NodeTable,
  range: { least: number; most: number },
): Steps<Hub[]> {
  const { name, primaryKey, properties } = node;
  const key = properties.find((property) => property.name === primaryKey);
  if (!key) return [];
  const columns = columnsOfHubs(node, key);
  const rows = yield {
    connection,
    cypher: hubs(side, { name, key: primaryKey }, columns, range),
  };
  return rows.map((row) => toHub(name, row));
}

/** What is asked of a hub: its key, what people call it, and where it stands. */
export function columnsOfHubs(node: NodeTable, key: Property): NamedColumn[] {
  const { label, file, line } = labelProperties(node);
  const used = { key, ...(label !== key && { label }), file, line };
  return Object.entries(used).flatMap(([as, property]) =>
    property ? [{ property: property.name, type: property.type, as }] : [],
  );
}

/** A hub of its degree and its columns as text. */
export function toHub(table: string, row: Readonly<Record<string, unknown>>): Hub {
  const place = [row['file'], row['line']].filter((part) => typeof part === 'string').join(':');
  return {
    table,
    key: String(row['key']),
    degree: Number(row['degree']),
    ...(typeof row['label'] === 'string' && { label: row['label'] }),
    ...(place !== '' && typeof row['file'] === 'string' && { place }),
  };
}
