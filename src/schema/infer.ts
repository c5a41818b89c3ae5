/**
 * A schema derived from a dataset: tables from files, types from footers, keys from what is unique,
 * and endpoints from names or, where these leave it open, from where the values are found.
 */
import { resolve } from 'node:path';
import { countDistinct } from '../cypher/rows.js';
import { loadFrom } from '../cypher/statements.js';
import { changeDatabaseInMemory } from '../database/open.js';
import {
  datasetParts,
  type DatasetTable,
  type Part,
  readPart,
  readTable,
} from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { KgloadError } from '../errors.js';
import { listNames } from '../format.js';
import { type Column, findColumn, isNestedColumn } from '../model/column.js';
import { columnOfRole, readHeader } from '../model/header.js';
import { nodeTableName, relTableName, singularName } from '../model/names.js';
import { mergeColumns, propertyTypeOf } from '../model/propertytype.js';
import { ENDPOINT_COLUMNS } from '../plan/columns.js';
import { labelColumns } from '../plan/pairs.js';
import type { Connection, EngineName, GraphSchema, Property, RelTable } from '../types.js';
import {
  ambiguous,
  ask,
  type InferableFiles,
  type InferredNode,
  pairFromGroups,
  pairFromName,
  pairFromValues,
  pairsFromLabels,
  type Source,
} from './endpoints.js';

/**
 * The schema that fits a dataset. The engine looks for unique columns and for where endpoints are
 * found; values of other columns are not read.
 *
 * @throws {KgloadError} `SCHEMA_AMBIGUOUS` with the candidates where several fit or none does,
 *   `PARQUET_UNREADABLE` for a file without a readable footer, and what reading a dataset throws.
 */
export function* inferSchema(
  directory: string,
  engine: EngineName,
  inferable: InferableFiles = new Map(),
): Steps<GraphSchema> {
  const root = resolve(directory);
  const parts = datasetParts(directory, { needsEdges: false });
  if (parts.includes('')) {
    throw new KgloadError({
      code: 'DATASET_LAYOUT',
      message: `${directory} is an exported database, whose schema.cypher says what its schema is`,
      file: directory,
      hint: 'leave out --schema infer',
    });
  }
  const sourcesOf = (part: Part): Source[] =>
    readPart(root, part).entries.map((entry) => toSource(entry.stem, readTable(entry), inferable));
  const nodeSources = sourcesOf('nodes');
  const edgeSources = parts.includes('edges') ? sourcesOf('edges') : [];
  return yield* changeDatabaseInMemory(engine, function* (connection) {
    const nodes: InferredNode[] = [];
    for (const source of nodeSources) {
      nodes.push(yield* inferNode(connection, source));
    }
    const edges: RelTable[] = [];
    for (const source of edgeSources) {
      const edge = yield* inferEdge(connection, source, nodes);
      if (edge) edges.push(edge);
    }
    refuseTwins([
      ...nodes.map(({ table, source }) => ({ name: table.name, file: source.name })),
      ...edges.map(({ name, file }) => ({ name, file: `edges/${file}` })),
    ]);
    return { nodes: nodes.map(({ table }) => table), edges };
  });
}

function toSource(
  stem: string,
  { name, files, error }: DatasetTable,
  inferable: InferableFiles,
): Source {
  if (error) throw new KgloadError(error);
  const columns = new Map<string, Column>();
  const firstWith = new Map<string, string>();
  let rows = 0;
  for (const { footer, partition, name: file } of files) {
    if ('code' in footer) throw new KgloadError(footer);
    rows += footer.rows;
    for (const column of footer.columns) {
      const known = columns.get(column.name);
      const merged = known ? mergeColumns(known, column) : column;
      if (!merged) {
        const first = `${known?.type ?? ''} in ${firstWith.get(column.name) ?? ''}`;
        const what = `its column ${column.name} is ${first}, and ${column.type} in ${file}, and no type holds both`;
        throw ambiguous(name, what, 'write the parts alike, or give the schema with --schema FILE');
      }
      columns.set(column.name, merged);
      if (!known) firstWith.set(column.name, file);
    }
    for (const key of Object.keys(partition)) {
      if (!columns.has(key)) columns.set(key, partitionColumn(key));
    }
  }
  const asked = files.map((file) => ({ ...file, ...inferable.get(file.path) }));
  return { stem, name, files: asked, columns: [...columns.values()], rows };
}

/** A column in the names of directories. */
function partitionColumn(name: string): Column {
  return { name, type: 'STRING', meaning: { is: 'string' }, engineType: 'STRING' };
}

function* inferNode(connection: Connection, source: Source): Steps<InferredNode> {
  const { stem, name, columns } = source;
  const key = yield* inferKey(connection, source);
  const ordered = [key, ...columns.filter((other) => other !== key)];
  const properties = inferProperties(source, ordered, key);
  const primaryKey = properties[0]?.name ?? key.name;
  const table = { name: nodeTableName(stem), file: stem, primaryKey, properties };
  if (table.name === '') throw ambiguous(name, 'its name makes no name of a table', 'rename it');
  return { table, source, key, hasKeys: false };
}

/** Both engines keep these names, in any case, for themselves: Binder exception, "reserved property name". */
const RESERVED = /^_(id|label|src|dst|length|nodes|rels)$/i;

/** A property for each of some columns; one with a name of the engine's gets another. */
function inferProperties(source: Source, columns: readonly Column[], key?: Column): Property[] {
  const properties: Property[] = [];
  const taken = new Map(source.columns.map(({ name }) => [name.toLowerCase(), name]));
  for (const column of columns) {
    const { name } = column;
    const twin = taken.get(name.toLowerCase());
    if (twin !== undefined && twin !== name) {
      const what = `its columns ${name} and ${twin} are one for the engine, which ignores case`;
      throw ambiguous(source.name, what, 'rename one of them');
    }
    const type = inferType(column, column === key, source);
    const header = readHeader(name);
    if (!header && !RESERVED.test(name)) properties.push({ name, type });
    else {
      let free = header?.name ?? name.slice(1);
      while (taken.has(free.toLowerCase())) free += '_';
      taken.set(free.toLowerCase(), free);
      properties.push({ name: free, type, aliases: [name] });
    }
  }
  return properties;
}

/** `id`, `<name>_id`, else the first column whose values are all there and all different. */
function* inferKey(connection: Connection, source: Source): Steps<Column> {
  const { stem, name, columns } = source;
  const named = namedKey(stem, columns);
  if (named) return named;
  for (const column of columns) {
    if (canBeKey(column) && (yield* isUnique(connection, column, source))) return column;
  }
  throw ambiguous(
    name,
    `none of its columns is a key: ${listNames(columns.map((column) => column.name)) || 'it has none'}`,
    'add a column id, or give the schema with --schema FILE',
  );
}

/** The column whose name says that it is the key. */
export function namedKey(stem: string, columns: readonly Column[]): Column | undefined {
  const names = ['id', `${singularName(stem)}_id`, `${stem}_id`, '_id'];
  const possible = columns.filter(
    (column) => !isNestedColumn(column) && !/^(null|boolean)$/.test(column.meaning.is),
  );
  return columnOfRole(possible, 'ID') ?? findColumn(names, possible);
}

/** Values that a person would take for a name, not for a measurement. */
export function canBeKey({ meaning }: Column): boolean {
  return ['string', 'integer', 'uuid'].includes(meaning.is);
}

function* isUnique(connection: Connection, column: Column, source: Source): Steps<boolean> {
  const [file] = source.files;
  // Of part files no one alone can say it.
  if (!file || source.files.length > 1 || source.rows === 0) return false;
  const rows = yield* ask(connection, file, countDistinct(loadFrom(file.path), column.name));
  return Number(rows[0]?.['n']) === source.rows;
}

/** The property's type, in which no value of the column is lost. */
function inferType(column: Column, isKey: boolean, { name }: Source): string {
  const { is } = column.meaning;
  // Neither engine takes such keys from a file: see convert().
  if (isKey && (is === 'decimal' || is === 'time' || is === 'interval')) return 'STRING';
  const type = propertyTypeOf(column);
  if (type !== undefined) return type;
  const what = `the engine has no type for its column ${column.name} (${column.type}), in which a field has a name that is no word`;
  throw ambiguous(name, what, 'rename the field, or give a schema without it with --schema FILE');
}

/** The columns with the endpoints of edges: from, then to. */
export function endpointsOf(columns: readonly Column[]): (Column | undefined)[] {
  return ENDPOINT_COLUMNS.map(
    (names, i) =>
      findColumn(names, columns) ?? columnOfRole(columns, i === 0 ? 'START_ID' : 'END_ID'),
  );
}

function* inferEdge(
  connection: Connection,
  source: Source,
  nodes: readonly InferredNode[],
): Steps<RelTable | undefined> {
  const { stem, name, columns, files } = source;
  const [from, to] = endpointsOf(columns);
  if (!from || !to) {
    throw new KgloadError({
      code: 'COLUMN_MISSING',
      message: `${name} has no endpoint columns from and to (or src and dst, source and target); it has ${listNames(columns.map((column) => column.name))}`,
      file: name,
      hint: 'rename the columns in the file',
    });
  }
  const [footer] = files.map((file) => file.footer);
  const labels = footer && 'columns' in footer ? labelColumns(footer) : [];
  const [fromLabel, toLabel] = labels;
  const pairs =
    fromLabel && toLabel
      ? yield* pairsFromLabels(connection, source, fromLabel, toLabel, nodes)
      : (pairFromGroups(from, to, nodes) ??
        pairFromName(stem, nodes) ??
        (yield* pairFromValues(connection, source, [from, to], nodes)));
  const [first] = pairs;
  if (!first) return undefined;
  const others = columns.filter((column) => ![from, to, fromLabel, toLabel].includes(column));
  const properties = inferProperties(source, others);
  return {
    name: relTableName(stem),
    file: stem,
    ...first,
    ...(pairs.length > 1 && { pairs }),
    properties,
  };
}

/** Table names differ in case alone for people, but not for the engine. */
function refuseTwins(tables: readonly { name: string; file: string }[]): void {
  const files = new Map<string, string>();
  for (const { name, file } of tables) {
    const twin = files.get(name.toLowerCase());
    if (twin !== undefined) {
      throw ambiguous(file, `it makes a table ${name}, and so does ${twin}`, 'rename one of them');
    }
    files.set(name.toLowerCase(), file);
  }
}
