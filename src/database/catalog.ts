/** What tables a database has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countTable, type CountedTable, greatestOffset } from '../cypher/rows.js';
import {
  exportSchema,
  lastValue,
  renameProperty,
  SHOW_INDEXES,
  SHOW_TABLES,
  showColumns,
  showEndpoints,
} from '../cypher/statements.js';
import { splitStatements } from '../cypher/text.js';
import { type Row, shareOut, type Steps } from '../engine/drive.js';
import { firstLine, fullDiskError } from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import { onDisk } from '../files.js';
import type { Catalog, CatalogTable } from '../model/differences.js';
import { fileNameOf } from '../model/names.js';
import { pairsOf, sharedMultiplicity } from '../model/tables.js';
import { makeScratch, removeScratch } from '../scratch.js';
import type {
  Connection,
  GraphSchema,
  Multiplicity,
  NodeTable,
  Property,
  RelPair,
  RelTable,
  TableKind,
} from '../types.js';

/** The tables of a database, in the order of their creation. */
export function* listTables(connection: Connection): Steps<{ name: string; kind: TableKind }[]> {
  const tables = (yield {
    connection,
    cypher: SHOW_TABLES,
  }) as { name: string; type: string }[];
  return tables
    .filter(({ type }) => type === 'NODE' || type === 'REL')
    .map(({ name, type }) => ({ name, kind: type === 'NODE' ? 'node' : 'edge' }));
}

/** Reads the tables, their columns and endpoints. */
export function* readCatalog(connection: Connection): Steps<Catalog> {
  const catalog = new Map<string, CatalogTable>();
  for (const { name, kind } of yield* listTables(connection)) {
    const columns = (yield {
      connection,
      cypher: showColumns(name),
    }) as ColumnRow[];
    const table: CatalogTable = { name, kind, properties: columns.map(toProperty) };
    if (kind === 'node') {
      const key = columns.find((column) => column['primary key'])?.name;
      if (key !== undefined) table.primaryKey = key;
    } else {
      table.endpoints = yield* readEndpoints(connection, name);
      const direction = columns[0]?.storage_direction;
      if (direction === 'fwd') table.storageDirection = direction;
    }
    catalog.set(name, table);
  }
  return catalog;
}

/** The pairs of node tables that a rel table connects. */
function* readEndpoints(connection: Connection, table: string): Steps<RelPair[]> {
  const rows = (yield { connection, cypher: showEndpoints(table) }) as {
    'source table name': string;
    'destination table name': string;
  }[];
  return rows.map((row) => ({
    from: row['source table name'],
    to: row['destination table name'],
  }));
}

/** The node tables at the two ends of some pairs. */
export function endsOf(pairs: readonly RelPair[]): { from: string[]; to: string[] } {
  return {
    from: [...new Set(pairs.map(({ from }) => from))],
    to: [...new Set(pairs.map(({ to }) => to))],
  };
}

/** What `table_info` says of a property; of a SERIAL one the default is no expression, but empty. */
interface ColumnRow extends Row {
  name: string;
  type: string;
  'default expression': string;
  'primary key'?: boolean;
  storage_direction?: 'fwd' | 'both';
}

function toProperty(row: ColumnRow): Property {
  const { name, type, 'default expression': value } = row;
  return { name, type, ...(value !== 'NULL' && value !== '' && { default: value }) };
}

/** The tables of a database as a schema; {@link readSchema} also reads what is in no catalog. */
export function* readTables(connection: Connection): Steps<GraphSchema> {
  return toSchema(yield* readCatalog(connection));
}

/**
 * Reads all that a database's schema is, so that it can be created anew elsewhere. Multiplicities,
 * sequences and macros stand in no catalog function; the engine's own export of the schema has them.
 *
 * @param options - `isScratch`: nobody needs the database any more.
 * @throws {KgloadError} `ENGINE` for a schema that the engine can't export.
 */
export function* readSchema(
  connection: Connection,
  { isScratch = false } = {},
): Steps<GraphSchema> {
  const catalog = yield* readCatalog(connection);
  if (isScratch) yield* renameKeys(connection, catalog);
  const script = yield* exportScript(connection);
  const statements = script.filter((statement) => !/^CREATE (NODE|REL) TABLE /.test(statement));
  const kept = yield* withoutUnused(connection, statements);
  const indexes = yield { connection, cypher: SHOW_INDEXES };
  return {
    ...toSchema(withMultiplicities(catalog, script)),
    ...(kept.length > 0 && { statements: kept }),
    ...(indexes.length > 0 && { indexes: indexes.map(({ i }) => String(i).replace(/;$/, '')) }),
  };
}

/** The tables of a catalog as a schema. */
export function toSchema(catalog: Catalog): GraphSchema {
  const tables = [...catalog.values()];
  return {
    nodes: tables.filter(({ kind }) => kind === 'node').map(toNodeTable),
    edges: tables.filter(({ kind }) => kind === 'edge').map(toRelTable),
  };
}

/** Kuzu 0.11.3 forgets to quote the names of keys when it exports: "Cannot find property na for b". */
function* renameKeys(connection: Connection, catalog: Catalog): Steps<void> {
  for (const { name, primaryKey = '' } of catalog.values()) {
    if (/^\w*$/.test(primaryKey)) continue;
    yield { connection, cypher: renameProperty(name, primaryKey, 'key') };
  }
}

/** The statements that `EXPORT DATABASE` writes for the schema. */
function* exportScript(connection: Connection): Steps<string[]> {
  const scratch = makeScratch();
  try {
    const directory = join(scratch, 'schema');
    try {
      yield { connection, cypher: exportSchema(directory) };
    } catch (error) {
      throw (
        fullDiskError(directory, error) ??
        new KgloadError(
          {
            code: 'ENGINE',
            message: `the engine cannot export its schema: ${firstLine(messageOf(error))}`,
            hint: 'a primary key whose name needs quotes does that: ALTER TABLE … RENAME … TO …',
          },
          { cause: error },
        )
      );
    }
    const script = join(directory, 'schema.cypher');
    return splitStatements(onDisk(() => readFileSync(script, 'utf8')));
  } finally {
    removeScratch(scratch);
  }
}

const MULTIPLICITY = '(?:MANY|ONE)_(?:MANY|ONE)';

/**
 * The catalog with the multiplicities of an exported script. There Ladybug 0.19.1 writes a pair's own
 * after the pair (FROM `a` TO `b` MANY_ONE) and the table's, which holds for the others, at the end;
 * Kuzu 0.11.3 has the table's alone.
 */
function withMultiplicities(catalog: Catalog, script: readonly string[]): Catalog {
  const complete = new Map(catalog);
  const table = new RegExp(`^CREATE REL TABLE \`([^\`]*)\` \\((.*)[ ,](${MULTIPLICITY})\\)$`, 's');
  const pair = new RegExp(`FROM \`([^\`]*)\` TO \`([^\`]*)\`(?: (${MULTIPLICITY}))?, ?`, 'y');
  for (const statement of script) {
    const [, name = '', columns = '', usual] = table.exec(statement) ?? [];
    const found = catalog.get(name);
    if (!found) continue;
    const endpoints: RelPair[] = [];
    pair.lastIndex = 0;
    for (let at = pair.exec(columns); at; at = pair.exec(columns)) {
      const [, from = '', to = '', own = usual] = at;
      endpoints.push({ from, to, multiplicity: own as Multiplicity });
    }
    complete.set(name, { ...found, endpoints, multiplicity: usual as Multiplicity });
  }
  return complete;
}

/**
 * {@link readCatalog}, also with the multiplicities of the rel tables among some that are there: no
 * catalog function has them. Those of a database that the engine can't export stay unknown.
 */
export function* readWithMultiplicities(
  connection: Connection,
  { edges }: { edges: readonly { name: string }[] },
): Steps<Catalog> {
  const catalog = yield* readCatalog(connection);
  if (!edges.some(({ name }) => catalog.get(name)?.kind === 'edge')) return catalog;
  try {
    return withMultiplicities(catalog, yield* exportScript(connection));
  } catch (error) {
    if (error instanceof KgloadError && error.code === 'ENGINE') return catalog;
    throw error;
  }
}

function toNodeTable({ name, properties, primaryKey = '' }: CatalogTable): NodeTable {
  return { name, file: fileNameOf(name), primaryKey, properties };
}

function toRelTable(table: CatalogTable): RelTable {
  const { name, properties, endpoints = [], storageDirection } = table;
  const { pairs, multiplicity } = sharedMultiplicity(endpoints, table.multiplicity);
  const [{ from, to } = { from: '', to: '' }] = pairs;
  return {
    name,
    file: fileNameOf(name),
    from,
    to,
    ...(pairs.length > 1 && { pairs }),
    properties,
    ...(multiplicity && { multiplicity }),
    ...(storageDirection && { storageDirection }),
  };
}

/**
 * The export consumes a value of every sequence, so that it goes on where it was. Of one that gave
 * out none yet that would be the first; and a SERIAL property makes its own sequence.
 *
 * @returns The statements to keep, sequences by name: the engine's order is one of chance.
 */
function* withoutUnused(connection: Connection, statements: readonly string[]): Steps<string[]> {
  const sequences: { name: string; statement: string }[] = [];
  const others: string[] = [];
  for (const statement of statements) {
    const [, declared, advanced] =
      /^(?:DROP|CREATE) SEQUENCE .*?`([^`]*)`|^RETURN nextval\('(.*)'\)$/s.exec(statement) ?? [];
    const name = declared ?? advanced;
    if (name === undefined) others.push(statement);
    else if (
      (declared !== undefined && !name.endsWith('_serial')) ||
      (yield* isUsed(connection, name))
    ) {
      sequences.push({ name, statement });
    }
  }
  sequences.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  return [...sequences.map(({ statement }) => statement), ...others];
}

function* isUsed(connection: Connection, sequence: string): Steps<boolean> {
  try {
    yield { connection, cypher: lastValue(sequence) };
    return true;
  } catch (error) {
    if (messageOf(error).includes('call nextval first')) return false;
    throw error;
  }
}

/** A table of a schema whose rows are to be counted. */
export function countedTable(table: NodeTable | RelTable): CountedTable {
  const { name } = table;
  return 'from' in table
    ? { name, kind: 'edge', ends: endsOf(pairsOf(table)) }
    : { name, kind: 'node' };
}

/** Rows of a table. */
export function* countRows(connection: Connection, table: CountedTable): Steps<number> {
  const rows = yield { connection, cypher: countTable(table) };
  return Number(rows[0]?.['n'] ?? 0);
}

/** With so many node tables it pays to look up a rel table's own before its rows are counted. */
const MANY_TABLES = 40;

/** {@link countTables} of all tables, in the order of their creation. */
export function* countAllTables(
  connection: Connection,
  connections: readonly Connection[],
): Steps<{ name: string; kind: TableKind; rows: number }[]> {
  const tables: CountedTable[] = yield* listTables(connection);
  if (tables.filter(({ kind }) => kind === 'node').length > MANY_TABLES) {
    for (const table of tables) {
      if (table.kind === 'node') continue;
      table.ends = endsOf(yield* readEndpoints(connection, table.name));
    }
  }
  const counts = yield* countTables(connections, tables);
  return tables.map(({ name, kind }) => ({ name, kind, rows: counts.get(name) ?? 0 }));
}

/**
 * The offset that the next row of a table gets at least: rows are numbered as they come.
 *
 * @param pattern - Matches its rows as `x`.
 */
export function* nextOffset(connection: Connection, pattern: string): Steps<number> {
  const [row] = yield { connection, cypher: greatestOffset(pattern) };
  return Number(row?.['n'] ?? -1) + 1;
}

/** The rows of tables, counted on several connections at the same time. */
export function* countTables(
  connections: readonly Connection[],
  tables: readonly CountedTable[],
): Steps<Map<string, number>> {
  const counts = new Map<string, number>();
  // Edges take longer, and so begin.
  yield* shareOut(connections, tables.toReversed(), function* (connection, table) {
    counts.set(table.name, yield* countRows(connection, table));
  });
  return counts;
}
