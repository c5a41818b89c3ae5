/**
 * A schema derived from a dataset: tables from files, types from footers, keys from what is unique,
 * and endpoints from names or, where these leave it open, from where the values are found.
 */
import { resolve } from 'node:path';
import { countDistinct, typeOfColumn } from '../cypher/rows.js';
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
import { type Column, findColumn } from '../model/column.js';
import { nodeTableName, relTableName, singularName } from '../model/names.js';
import { ENDPOINT_COLUMNS } from '../plan/columns.js';
import { convert } from '../plan/conversion.js';
import { labelColumns } from '../plan/pairs.js';
import type { Connection, EngineName, GraphSchema, Property, RelTable } from '../types.js';
import {
  about,
  ambiguous,
  type InferredNode,
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
export function* inferSchema(directory: string, engine: EngineName): Steps<GraphSchema> {
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
    readPart(root, part).entries.map((entry) => toSource(entry.stem, readTable(entry)));
  const nodeSources = sourcesOf('nodes');
  const edgeSources = parts.includes('edges') ? sourcesOf('edges') : [];
  return yield* changeDatabaseInMemory(engine, function* (connection) {
    const nodes: InferredNode[] = [];
    for (const source of nodeSources) {
      nodes.push(yield* about(source, inferNode(connection, source)));
    }
    const edges: RelTable[] = [];
    for (const source of edgeSources) {
      const edge = yield* about(source, inferEdge(connection, source, nodes));
      if (edge) edges.push(edge);
    }
    refuseTwins([
      ...nodes.map(({ table, source }) => ({ name: table.name, file: source.name })),
      ...edges.map(({ name, file }) => ({ name, file: `edges/${file}` })),
    ]);
    return { nodes: nodes.map(({ table }) => table), edges };
  });
}

function toSource(stem: string, { name, files, error }: DatasetTable): Source {
  if (error) throw new KgloadError(error);
  const columns = new Map<string, Column>();
  let rows = 0;
  for (const { footer, partition } of files) {
    if ('code' in footer) throw new KgloadError(footer);
    rows += footer.rows;
    for (const column of footer.columns)
      if (!columns.has(column.name)) columns.set(column.name, column);
    for (const key of Object.keys(partition)) {
      if (!columns.has(key)) columns.set(key, partitionColumn(key));
    }
  }
  return { stem, name, files, columns: [...columns.values()], rows };
}

/** A column in the names of directories. */
function partitionColumn(name: string): Column {
  return { name, type: 'STRING', meaning: { is: 'string' }, engineType: 'STRING' };
}

function* inferNode(connection: Connection, source: Source): Steps<InferredNode> {
  const { stem, name, columns } = source;
  const key = yield* inferKey(connection, source);
  const properties = yield* inferProperties(connection, source, [
    key,
    ...columns.filter((other) => other !== key),
  ]);
  const primaryKey = properties[0]?.name ?? key.name;
  const table = { name: nodeTableName(stem), file: stem, primaryKey, properties };
  if (table.name === '') throw ambiguous(name, 'its name makes no name of a table', 'rename it');
  return { table, source, key, hasKeys: false };
}

/** Both engines keep these names, in any case, for themselves: Binder exception, "reserved property name". */
const RESERVED = /^_(id|label|src|dst|length|nodes|rels)$/i;

/** A property for each of some columns that have a type; one with a name of the engine's gets another. */
function* inferProperties(
  connection: Connection,
  source: Source,
  columns: readonly Column[],
): Steps<Property[]> {
  const properties: Property[] = [];
  const taken = new Map(source.columns.map(({ name }) => [name.toLowerCase(), name]));
  for (const column of columns) {
    const { name } = column;
    const twin = taken.get(name.toLowerCase());
    if (twin !== undefined && twin !== name) {
      const what = `its columns ${name} and ${twin} are one for the engine, which ignores case`;
      throw ambiguous(source.name, what, 'rename one of them');
    }
    const type = yield* inferType(connection, column, source);
    if (type === undefined) continue;
    if (!RESERVED.test(name)) properties.push({ name, type });
    else {
      let free = name.slice(1);
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
  const scalars = columns.filter(({ meaning }) => meaning.is !== 'nested' && meaning.is !== 'null');
  const named = findColumn(['id', `${singularName(stem)}_id`, `${stem}_id`, '_id'], scalars);
  if (named) return named;
  for (const column of scalars) {
    if (canBeKey(column) && (yield* isUnique(connection, column, source))) return column;
  }
  throw ambiguous(
    name,
    `none of its columns is a key: ${listNames(columns.map((column) => column.name)) || 'it has none'}`,
    'add a column id, or give the schema with --schema FILE',
  );
}

/** Values that a person would take for a name, not for a measurement. */
function canBeKey({ meaning }: Column): boolean {
  return ['string', 'integer', 'uuid'].includes(meaning.is);
}

function* isUnique(connection: Connection, column: Column, source: Source): Steps<boolean> {
  const [file] = source.files;
  // Of part files no one alone can say it.
  if (!file || source.files.length > 1 || source.rows === 0) return false;
  const rows = yield {
    connection,
    cypher: countDistinct(loadFrom(file.path), column.name),
  };
  return Number(rows[0]?.['n']) === source.rows;
}

/** The property's type, in which no value of the column is lost; none for a column without any. */
function* inferType(
  connection: Connection,
  column: Column,
  { files }: Source,
): Steps<string | undefined> {
  const { meaning } = column;
  switch (meaning.is) {
    case 'string':
      return 'STRING';
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return `${meaning.signed ? '' : 'U'}INT${meaning.bits}`;
    case 'float':
      return meaning.bits === 64 ? 'DOUBLE' : 'FLOAT';
    case 'decimal':
      return `DECIMAL(${meaning.precision}, ${meaning.scale})`;
    case 'date':
    case 'timestamp':
    case 'uuid':
    case 'interval':
      return meaning.is.toUpperCase();
    case 'time':
      return 'INTERVAL';
    case 'bytes':
      return 'BLOB';
    case 'null':
      return 'STRING';
    case 'nested': {
      const path = files[0]?.path ?? '';
      const cypher = typeOfColumn(loadFrom(path), column.name);
      const rows = column.engineType === undefined ? [] : yield { connection, cypher };
      const type = rows[0]?.['t'];
      return typeof type === 'string' && convert(column, type).how === 'take' ? type : undefined;
    }
  }
}

function* inferEdge(
  connection: Connection,
  source: Source,
  nodes: readonly InferredNode[],
): Steps<RelTable | undefined> {
  const { stem, name, columns, files } = source;
  const ends = ENDPOINT_COLUMNS.map((names) => findColumn(names, columns));
  const [from, to] = ends;
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
      : (pairFromName(stem, nodes) ??
        (yield* pairFromValues(connection, source, [from, to], nodes)));
  const [first] = pairs;
  if (!first) return undefined;
  const others = columns.filter((column) => ![from, to, fromLabel, toLabel].includes(column));
  const properties = yield* inferProperties(connection, source, others);
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
