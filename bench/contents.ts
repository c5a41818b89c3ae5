/**
 * What a database holds, row by row, by plain MATCH queries through the engine's own package: an eye
 * that shares nothing with kgload's comparisons.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as Kuzu from 'kuzu';

/** Either engine: Ladybug's module has the shape of Kuzu's. */
export type Engine = 'kuzu' | 'ladybug';

/** Table → what it holds. */
export type Contents = ReadonlyMap<string, TableContents>;

export interface TableContents {
  kind: 'node' | 'edge';
  /** The properties, a node's key first; of an edge without its endpoints. */
  columns: readonly string[];
  /** A row each, as JSON, sorted: a node begins with its key, an edge with the keys of its endpoints. */
  rows: readonly string[];
}

/** What became of the rows of a table. */
export interface Difference {
  inserted: number;
  updated: number;
  deleted: number;
  unchanged: number;
}

const PACKAGES = { kuzu: 'kuzu', ladybug: '@ladybugdb/core' } as const;

/** The default takes most of the memory for the pool of pages. */
const POOL = 512e6;

/** Runs statements on a database: the rows of each. */
export function query(
  engine: Engine,
  path: string,
  statements: readonly string[],
  isReadOnly = true,
): Record<string, unknown>[][] {
  return withConnection(engine, path, isReadOnly, (run) => statements.map(run));
}

/**
 * All rows of tables, edges from both of their ends.
 *
 * @param like - Only these tables, and of each only these columns; default: all.
 * @throws Where a table has other edges seen from the one end than from the other.
 */
export function readContents(engine: Engine, path: string, like?: Contents): Contents {
  return withConnection(engine, path, true, (run) => {
    const contents = new Map<string, TableContents>();
    for (const { name, type } of run('CALL show_tables() RETURN name, type ORDER BY name')) {
      const table = String(name);
      const wanted = like?.get(table);
      if (like && !wanted) continue;
      const info = run(`CALL table_info('${table}') RETURN *`);
      const keys = info.flatMap((one) =>
        one['primary key'] === true ? [String(one['name'])] : [],
      );
      const found = info.map((one) => String(one['name'])).filter((one) => !keys.includes(one));
      const columns = wanted?.columns ?? [...keys, ...found];
      if (type === 'NODE') {
        const rows = linesOf(run(`MATCH (n:${quoted(table)}) RETURN ${listOf('n', columns)}`));
        contents.set(table, { kind: 'node', columns, rows });
      } else contents.set(table, { kind: 'edge', columns, rows: edgesOf(run, table, columns) });
    }
    return contents;
  });
}

function edgesOf(run: Run, table: string, columns: readonly string[]): string[] {
  const rows: string[] = [];
  for (const one of run(`CALL show_connection('${table}') RETURN *`)) {
    const [from, to, fromKey, toKey] = [
      'source table name',
      'destination table name',
      'source table primary key',
      'destination table primary key',
    ].map((name) => quoted(String(one[name])));
    // The hint says from which end the edges are read: each end has a list of its own.
    const [forwards = [], backwards = []] = ['(a JOIN r) JOIN b', '(b JOIN r) JOIN a'].map((hint) =>
      linesOf(
        run(
          `MATCH (a:${from ?? ''})-[r:${quoted(table)}]->(b:${to ?? ''}) HINT ${hint} RETURN a.${fromKey ?? ''} AS k0, b.${toKey ?? ''} AS k1${columns.length === 0 ? '' : `, ${listOf('r', columns)}`}`,
        ),
      ),
    );
    if (digest(forwards) !== digest(backwards)) {
      throw new Error(
        `${table} from ${String(from)} has ${forwards.length} edges that differ from the ${backwards.length} to ${String(to)}`,
      );
    }
    rows.push(...forwards);
  }
  return rows.sort();
}

/** One number that tells all rows of a table. */
export function digest(rows: readonly string[]): string {
  return createHash('sha256').update(rows.join('\n')).digest('hex');
}

/** In which tables two databases differ, with the first rows that only one of them has. */
export function differing(found: Contents, wanted: Contents): string[] {
  const problems: string[] = [];
  for (const [table, { rows }] of wanted) {
    const own = found.get(table)?.rows;
    if (!own) problems.push(`${table} is not there`);
    else if (digest(own) !== digest(rows)) {
      const [surplus, missing] = [without(own, rows), without(rows, own)];
      problems.push(
        `${table}: ${surplus.length} rows too many, ${missing.length} missing: ${[...surplus.slice(0, 2), ...missing.slice(0, 2)].join(' ').slice(0, 500)}`,
      );
    }
  }
  return problems;
}

/** What became of a table's rows, nodes told by their keys, edges by all that they are. */
export function differenceOf(before: TableContents, after: TableContents): Difference {
  const [gone, come] = [without(before.rows, after.rows), without(after.rows, before.rows)];
  const keys = new Set(before.kind === 'node' ? gone.map(keyOf) : []);
  const updated = come.filter((row) => keys.has(keyOf(row))).length;
  return {
    inserted: come.length - updated,
    updated,
    deleted: gone.length - updated,
    unchanged: after.rows.length - come.length,
  };
}

function keyOf(row: string): string {
  return JSON.stringify((JSON.parse(row) as unknown[])[0]);
}

/** The rows of the one that the other has not, or not as often. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(row, (counts.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = counts.get(row) ?? 0;
    counts.set(row, count - 1);
    return count <= 0;
  });
}

type Run = (statement: string) => Record<string, unknown>[];

function withConnection<T>(
  engine: Engine,
  path: string,
  isReadOnly: boolean,
  work: (run: Run) => T,
): T {
  const { Database, Connection } = createRequire(import.meta.url)(PACKAGES[engine]) as typeof Kuzu;
  const database = new Database(path, POOL, true, isReadOnly);
  const connection = new Connection(database);
  try {
    return work((statement) => {
      const results = [connection.querySync(statement)].flat();
      try {
        return results.flatMap((result) => result.getAllSync());
      } finally {
        // A result still alive when its database closes ends the process with a segmentation fault.
        for (const result of results) result.close();
      }
    });
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

function linesOf(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map((row) => JSON.stringify(Object.values(row), told)).sort();
}

/** JSON has neither these integers nor these numbers. */
function told(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  return value;
}

function listOf(variable: string, columns: readonly string[]): string {
  return columns.map((name) => `${variable}.${quoted(name)}`).join(', ');
}

function quoted(name: string): string {
  return `\`${name}\``;
}
