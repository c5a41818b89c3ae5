/**
 * A schema derived from a dataset: tables from files, types from footers, keys from what is unique,
 * and endpoints from names or, where these leave it open, from where the values are found.
 */
import { resolve } from 'node:path';
import { copyFrom, createNodeTable, identifier, loadFrom } from '../cypher.js';
import { changeDatabaseInMemory } from '../database/open.js';
import {
  datasetParts,
  partEntries,
  readTable,
  type DatasetFile,
  type Part,
} from '../dataset/dataset.js';
import { convert } from '../plan/conversion.js';
import { KgloadError } from '../errors.js';
import {
  matchNames,
  nodeTableName,
  relTableName,
  singularName,
  snakeCase,
} from '../model/names.js';
import type { Column } from '../dataset/footer.js';
import { ENDPOINT_COLUMNS, findColumn, labelColumns } from '../plan/plan.js';
import type { Steps } from '../engine/drive.js';
import type {
  Connection,
  Endpoints,
  EngineName,
  GraphSchema,
  NodeTable,
  Property,
  RelTable,
} from '../types.js';

/** A table-to-be and the files that fill it. */
interface Source {
  /** File name without `.parquet`. */
  stem: string;
  /** As messages show it. */
  name: string;
  files: DatasetFile[];
  columns: Column[];
  rows: number;
}

/**
 * The schema that fits a dataset. The engine looks for unique columns and for where endpoints are
 * found; values of other columns are not read.
 *
 * @throws {KgloadError} `SCHEMA_AMBIGUOUS` with the candidates where several fit or none does,
 *   `PARQUET_UNREADABLE` for a file without a readable footer, and what reading a dataset throws.
 */
export function* inferSchema(directory: string, engine: EngineName): Steps<GraphSchema> {
  const root = resolve(directory);
  const [nodesPart, edgesPart] = datasetParts(directory);
  if (nodesPart === undefined || edgesPart === undefined) {
    throw new KgloadError({
      code: 'DATASET_LAYOUT',
      message: `${directory} is an exported database, whose schema.cypher says what its schema is`,
      file: directory,
      hint: 'leave out --schema infer',
    });
  }
  const sourcesOf = (part: Part): Source[] =>
    partEntries(root, part).map((entry) => toSource(entry.stem, readTable(entry)));
  const nodeSources = sourcesOf(nodesPart);
  const edgeSources = sourcesOf(edgesPart);
  return yield* changeDatabaseInMemory(engine, function* (connection) {
    const nodes: InferredNode[] = [];
    for (const source of nodeSources) nodes.push(yield* inferNode(connection, source));
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
  { name, files, error }: { name: string; files: DatasetFile[]; error?: { message: string } },
): Source {
  if (error) throw new KgloadError({ code: 'DATASET_LAYOUT', message: error.message, file: name });
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

interface InferredNode {
  table: NodeTable;
  source: Source;
  key: Column;
  /** Its keys are in memory, to look for endpoints among them. */
  hasKeys: boolean;
}

function* inferNode(connection: Connection, source: Source): Steps<InferredNode> {
  const { stem, name, columns } = source;
  const key = yield* inferKey(connection, source);
  const properties: Property[] = [];
  for (const column of [key, ...columns.filter((other) => other !== key)]) {
    const type = yield* inferType(connection, column, source);
    if (type !== undefined) properties.push({ name: column.name, type });
  }
  const table = { name: nodeTableName(stem), file: stem, primaryKey: key.name, properties };
  if (table.name === '') throw ambiguous(name, 'its name makes no name of a table', 'rename it');
  return { table, source, key, hasKeys: false };
}

/** `id`, `<name>_id`, else the first column whose values are all there and all different. */
function* inferKey(connection: Connection, source: Source): Steps<Column> {
  const { stem, name, columns } = source;
  const scalars = columns.filter(({ meaning }) => meaning.is !== 'nested' && meaning.is !== 'null');
  const named = findColumn(['id', `${singularName(stem)}_id`, `${stem}_id`], scalars);
  if (named) return named;
  for (const column of scalars) {
    if (canBeKey(column) && (yield* isUnique(connection, column, source))) return column;
  }
  throw ambiguous(
    name,
    `none of its columns is a key: ${columns.map((column) => column.name).join(', ') || 'it has none'}`,
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
  const x = identifier(column.name);
  const rows = yield {
    connection,
    cypher: `${loadFrom(file.path)} RETURN count(DISTINCT ${x}) AS n`,
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
      const cypher = `${loadFrom(path)} RETURN typeof(${identifier(column.name)}) AS t LIMIT 1`;
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
      message: `${name} has no endpoint columns from and to (or src and dst, source and target); it has ${columns.map((column) => column.name).join(', ')}`,
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
  const properties: Property[] = [];
  for (const column of columns) {
    if ([from, to, fromLabel, toLabel].includes(column)) continue;
    const type = yield* inferType(connection, column, source);
    if (type !== undefined) properties.push({ name: column.name, type });
  }
  return {
    name: relTableName(stem),
    file: stem,
    ...first,
    ...(pairs.length > 1 && { pairs }),
    properties,
  };
}

/** From columns such as `from_table` and `to_table`: every pair that they name. */
function* pairsFromLabels(
  connection: Connection,
  { name, files }: Source,
  from: Column,
  to: Column,
  nodes: readonly InferredNode[],
): Steps<Endpoints[]> {
  const tableOf = matchNames(
    nodes.map(({ table }) => ({ owner: table.name, names: [table.name, table.file] })),
  );
  const pairs = new Map<string, Endpoints>();
  for (const file of files) {
    const rows = yield {
      connection,
      cypher: `${loadFrom(file.path)} RETURN DISTINCT ${identifier(from.name)} AS f, ${identifier(to.name)} AS t ORDER BY f, t`,
    };
    for (const row of rows) {
      const [f, t] = [row['f'], row['t']].map((label) => tableOf(String(label))?.owner);
      if (f === undefined || t === undefined) {
        const unknown = String(f === undefined ? row['f'] : row['t']);
        throw ambiguous(
          name,
          `${f === undefined ? from.name : to.name} names a table ${unknown}, and there are ${listTables(nodes)}`,
          'mend the column, or give the schema with --schema FILE',
        );
      }
      pairs.set(JSON.stringify([f, t]), { from: f, to: t });
    }
  }
  return [...pairs.values()];
}

/** From a file name that begins and ends with names of tables: `person_knows_person`, `city_country`. */
function pairFromName(stem: string, nodes: readonly InferredNode[]): Endpoints[] | undefined {
  const [from] = tablesAtStart(stem, nodes);
  const [to] = tablesAtEnd(stem, nodes);
  if (from === undefined || to === undefined) return undefined;
  const length = [from, to].reduce((sum, table) => sum + singularWords(table).length, 0);
  return length <= singularWords(stem).length ? [{ from, to }] : undefined;
}

/** The node tables with whose name a file name begins, the longest first. */
function tablesAtStart(stem: string, nodes: readonly InferredNode[]): string[] {
  const words = singularWords(stem);
  return tablesWhere(nodes, (name) => name.every((word, i) => words[i] === word));
}

/** The node tables with whose name a file name ends, the longest first. */
function tablesAtEnd(stem: string, nodes: readonly InferredNode[]): string[] {
  const words = singularWords(stem).reverse();
  return tablesWhere(nodes, (name) => name.reverse().every((word, i) => words[i] === word));
}

function tablesWhere(
  nodes: readonly InferredNode[],
  isNamed: (words: string[]) => boolean,
): string[] {
  return nodes
    .map(({ table }) => table.name)
    .filter((name) => isNamed(singularWords(name)))
    .sort((a, b) => singularWords(b).length - singularWords(a).length);
}

function singularWords(name: string): string[] {
  return snakeCase(name).split('_').map(singularName);
}

/** From the values: the tables whose keys hold every endpoint, else the only one that holds any. */
function* pairFromValues(
  connection: Connection,
  source: Source,
  ends: readonly [Column, Column],
  nodes: readonly InferredNode[],
): Steps<Endpoints[]> {
  if (source.rows === 0) return [];
  const found: string[] = [];
  const hints = [tablesAtStart(source.stem, nodes), tablesAtEnd(source.stem, nodes)];
  for (const [i, column] of ends.entries()) {
    const side = i === 0 ? 'from' : 'to';
    const values = yield* countValues(connection, source, column);
    const counts: { table: string; hits: number }[] = [];
    for (const node of nodes) {
      if (node.key.meaning.is !== column.meaning.is) continue;
      const hits = yield* countHits(connection, source, column, node);
      if (hits > 0) counts.push({ table: node.table.name, hits });
    }
    const whole = counts.filter(({ hits }) => hits === values);
    const likely = whole.length > 0 ? whole : counts;
    const hinted = likely.filter(({ table }) => hints[i]?.includes(table));
    const candidates = hinted.length > 0 ? hinted : likely;
    const [only] = candidates;
    if (!only || candidates.length > 1) {
      const list = candidates
        .map(({ table, hits }) => `${table} (${hits} of ${values})`)
        .join(', ');
      throw ambiguous(
        source.name,
        only
          ? `the values of its column ${column.name} are keys of several node tables: ${list}`
          : `no value of its column ${column.name} is a key of ${listTables(nodes)}`,
        `name the file after its tables (${nodes[0]?.table.file ?? 'a'}_${source.stem}_…), add a column ${side}_table, or give the schema with --schema FILE`,
      );
    }
    found.push(only.table);
  }
  const [from = '', to = ''] = found;
  return [{ from, to }];
}

/** How many values an endpoint column has, each counted once a file. */
function* countValues(connection: Connection, source: Source, column: Column): Steps<number> {
  return yield* sumOverFiles(connection, source, (path) => {
    return `${loadFrom(path)} RETURN count(DISTINCT ${identifier(column.name)}) AS n`;
  });
}

/** How many of the values of an endpoint column are keys of a node table. */
function* countHits(
  connection: Connection,
  source: Source,
  column: Column,
  node: InferredNode,
): Steps<number> {
  const table = identifier(node.table.name);
  if (!node.hasKeys) yield* takeKeys(connection, node);
  return yield* sumOverFiles(connection, source, (path) => {
    return `${loadFrom(path)} WITH DISTINCT ${identifier(column.name)} AS k MATCH (n:${table} {k: k}) RETURN count(*) AS n`;
  });
}

/** Puts the keys of a node table into one in memory, where the engine finds them by an index. */
function* takeKeys(connection: Connection, node: InferredNode): Steps<void> {
  const { table, source, key } = node;
  const type = table.properties[0]?.type ?? '';
  const keys = {
    name: table.name,
    file: table.file,
    primaryKey: 'k',
    properties: [{ name: 'k', type }],
  };
  yield { connection, cypher: createNodeTable(keys) };
  for (const { path } of source.files) {
    const mapping = { expression: identifier(key.name), property: 'k' };
    const cypher = copyFrom(table.name, loadFrom(path), [mapping], { ignoreErrors: true });
    yield { connection, cypher };
  }
  node.hasKeys = true;
}

function* sumOverFiles(
  connection: Connection,
  { files }: Source,
  cypherOf: (path: string) => string,
): Steps<number> {
  let sum = 0;
  for (const { path } of files) {
    const rows = yield { connection, cypher: cypherOf(path) };
    sum += Number(rows[0]?.['n']);
  }
  return sum;
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

function listTables(nodes: readonly InferredNode[]): string {
  return nodes.map(({ table }) => table.name).join(', ') || 'no node tables';
}

function ambiguous(file: string, what: string, hint: string): KgloadError {
  return new KgloadError({
    code: 'SCHEMA_AMBIGUOUS',
    message: `no schema can be inferred from ${file}: ${what}`,
    file,
    hint,
  });
}
