/** What an update is to make of a database: a model in plain maps, without any engine. */

/** A value as the engine prints it. */
export type Text = string | null;

export interface Node {
  key: string;
  props: Record<string, Text>;
}

export interface Edge {
  from: string;
  to: string;
  fromKey: string;
  toKey: string;
  props: Record<string, Text>;
}

export interface NodeTable {
  is: 'node';
  name: string;
  keyType: string;
  types: Record<string, string>;
  defaults: Record<string, string>;
}

export interface EdgeTable {
  is: 'edge';
  name: string;
  pairs: { from: string; to: string }[];
  multiplicity: 'MANY_MANY' | 'MANY_ONE' | 'ONE_MANY' | 'ONE_ONE';
  types: Record<string, string>;
  defaults: Record<string, string>;
}

/** What a database holds. */
export interface Content {
  nodes: Map<string, Map<string, Record<string, Text>>>;
  edges: Map<string, Edge[]>;
}

export interface NodeFile {
  table: string;
  columns: string[];
  rows: { key: Text; props: Record<string, Text> }[];
}

export interface EdgeFile {
  table: string;
  columns: string[];
  rows: (Omit<Edge, 'fromKey' | 'toKey'> & { fromKey: Text; toKey: Text })[];
}

/** In the order in which a load takes them. */
export interface Files {
  nodes: NodeFile[];
  edges: EdgeFile[];
}

export interface Counts {
  inserted: number;
  updated: number;
  deleted: number;
  unchanged: number;
  before: number;
  after: number;
}

export type Deletions = 'none' | 'all' | { by: string };

export interface Outcome {
  content: Content;
  counts: Record<string, Counts>;
  /** How many for which reason in which table. */
  bad: Record<string, number>;
}

type Tables = readonly (NodeTable | EdgeTable)[];

export function emptyContent(tables: Tables): Content {
  const of = <T extends 'node' | 'edge'>(is: T): Extract<NodeTable | EdgeTable, { is: T }>[] =>
    tables.filter((table) => table.is === is) as Extract<NodeTable | EdgeTable, { is: T }>[];
  return {
    nodes: new Map(of('node').map(({ name }) => [name, new Map<string, Record<string, Text>>()])),
    edges: new Map(of('edge').map(({ name }) => [name, []])),
  };
}

/** @param tables - All that the database has, others' too. */
export function update(
  before: Content,
  tables: Tables,
  files: Files,
  deletions: Deletions,
): Outcome {
  const content: Content = { nodes: new Map(before.nodes), edges: new Map(before.edges) };
  const counts: Outcome['counts'] = {};
  const bad: Outcome['bad'] = {};
  const isBad = (table: string, reason: string): void => {
    bad[`${table} ${reason}`] = (bad[`${table} ${reason}`] ?? 0) + 1;
  };
  const bounds = boundsOf(tables, files, deletions);
  const isReached = (table: string, key: string): boolean => {
    if (typeof deletions === 'string') return deletions === 'all';
    const props = before.nodes.get(table)?.get(key);
    const value = isOf(tables, table, deletions.by)
      ? props?.[deletions.by]
      : table.toLowerCase() === deletions.by.toLowerCase()
        ? key
        : undefined;
    return typeof value === 'string' && bounds.has(value);
  };
  for (const table of tables) {
    const own = files.nodes.filter((file) => file.table === table.name);
    if (table.is !== 'node' || own.length === 0) continue;
    const { name } = table;
    const held = before.nodes.get(name) ?? new Map<string, Record<string, Text>>();
    const rows = new Map(held);
    const count = { inserted: 0, updated: 0, deleted: 0, unchanged: 0 };
    const seen = new Set<string>();
    const columns = new Set(own.flatMap((file) => file.columns));
    for (const file of own) {
      for (const { key, props } of file.rows) {
        if (key === null) isBad(name, 'null_key');
        else if (seen.has(key)) isBad(name, 'duplicate_key');
        else {
          seen.add(key);
          const old = held.get(key);
          const now = { ...(old ?? defaultsOf(table)) };
          for (const column of columns) now[column] = valueOf(table, file.columns, props, column);
          rows.set(key, now);
          if (!old) count.inserted += 1;
          else if ([...columns].some((column) => old[column] !== now[column])) count.updated += 1;
          else count.unchanged += 1;
        }
      }
    }
    for (const key of held.keys()) {
      if (seen.has(key) || !isReached(name, key)) continue;
      rows.delete(key);
      count.deleted += 1;
    }
    content.nodes.set(name, rows);
    counts[name] = { ...count, before: held.size, after: rows.size };
  }
  const isThere = (table: string, key: string): boolean =>
    content.nodes.get(table)?.has(key) === true;
  for (const table of tables) {
    if (table.is !== 'edge') continue;
    const { name } = table;
    const own = files.edges.filter((file) => file.table === name);
    const held = before.edges.get(name) ?? [];
    const columns = own.flatMap((file) => file.columns);
    const identity = (edge: Omit<Edge, 'props'>, props: Record<string, Text>): string =>
      JSON.stringify([
        edge.from,
        edge.fromKey,
        edge.to,
        edge.toKey,
        [...new Set(columns)].sort().map((column) => props[column] ?? null),
      ]);
    const wanted: { id: string; edge: Edge }[] = [];
    for (const file of own) {
      for (const row of file.rows) {
        const { fromKey, toKey, from, to } = row;
        if (fromKey === null || toKey === null) isBad(name, 'null_endpoint');
        else if (!isThere(from, fromKey) || !isThere(to, toKey)) isBad(name, 'missing_endpoint');
        else {
          const props = defaultsOf(table);
          for (const column of columns)
            props[column] = valueOf(table, file.columns, row.props, column);
          const edge = { from, to, fromKey, toKey, props };
          wanted.push({ id: identity(edge, props), edge });
        }
      }
    }
    const left = new Map<string, number>();
    for (const { id } of wanted) left.set(id, (left.get(id) ?? 0) + 1);
    const kept: Edge[] = [];
    let deleted = 0;
    const matched = new Map<string, number>();
    for (const edge of held) {
      const id = identity(edge, edge.props);
      const isConnected = isThere(edge.from, edge.fromKey) && isThere(edge.to, edge.toKey);
      const more = left.get(id) ?? 0;
      const isMatched = isConnected && more > 0;
      if (isMatched) {
        left.set(id, more - 1);
        matched.set(id, (matched.get(id) ?? 0) + 1);
      }
      const isGone = !isMatched && own.length > 0 && isReached(edge.from, edge.fromKey);
      if (isConnected && !isGone) kept.push(edge);
      else deleted += 1;
    }
    let [inserted, unchanged] = [0, 0];
    for (const { id, edge } of wanted) {
      const there = matched.get(id) ?? 0;
      if (there > 0) {
        matched.set(id, there - 1);
        unchanged += 1;
      } else if (isBeyond(table, edge, kept)) isBad(name, 'multiplicity');
      else {
        kept.push(edge);
        inserted += 1;
      }
    }
    content.edges.set(name, kept);
    if (own.length === 0 && deleted === 0) continue;
    counts[name] = {
      inserted,
      updated: 0,
      deleted,
      unchanged,
      before: held.length,
      after: kept.length,
    };
  }
  return { content, counts, bad };
}

function isBeyond({ multiplicity }: EdgeTable, edge: Edge, kept: readonly Edge[]): boolean {
  const [before, after] = multiplicity.split('_');
  const isPair = (one: Edge): boolean => one.from === edge.from && one.to === edge.to;
  return (
    (after === 'ONE' && kept.some((one) => isPair(one) && one.fromKey === edge.fromKey)) ||
    (before === 'ONE' && kept.some((one) => isPair(one) && one.toKey === edge.toKey))
  );
}

function isOf(tables: Tables, table: string, property: string): boolean {
  return tables.some(({ name, types }) => name === table && property in types);
}

function boundsOf(tables: Tables, { nodes }: Files, deletions: Deletions): Set<string> {
  const bounds = new Set<string>();
  if (typeof deletions === 'string') return bounds;
  const { by } = deletions;
  for (const { table, columns, rows } of nodes) {
    const isIn = nodes.some((file) => file.table === table && file.columns.includes(by));
    const own = tables.find(({ name }) => name === table);
    for (const { key, props } of rows) {
      const value = isIn
        ? own && valueOf(own, columns, props, by)
        : table.toLowerCase() === by.toLowerCase() && !isOf(tables, table, by)
          ? key
          : null;
      if (typeof value === 'string') bounds.add(value);
    }
  }
  return bounds;
}

export function defaultsOf({ types, defaults }: NodeTable | EdgeTable): Record<string, Text> {
  return Object.fromEntries(Object.keys(types).map((name) => [name, defaults[name] ?? null]));
}

function valueOf(
  { defaults }: NodeTable | EdgeTable,
  columns: readonly string[],
  props: Record<string, Text>,
  column: string,
): Text {
  if (!columns.includes(column)) return defaults[column] ?? null;
  return props[column] ?? null;
}
