/** Which node tables the edges of a file connect, told by names or by where its values are found. */
import { toExpression } from '../cypher/conversion.js';
import { cast, countDistinct, countKnown, distinctPairs } from '../cypher/rows.js';
import { copyFrom, createNodeTable, loadFrom } from '../cypher/statements.js';
import type { DatasetFile } from '../dataset/dataset.js';
import type { Row, Steps } from '../engine/drive.js';
import { firstLine } from '../engine/messages.js';
import { KgloadError, messageOf } from '../errors.js';
import { listNames } from '../format.js';
import type { Column } from '../model/column.js';
import { readHeader } from '../model/header.js';
import { matchNames, singularName, snakeCase } from '../model/names.js';
import { convert } from '../plan/conversion.js';
import type { Connection, Endpoints, NodeTable } from '../types.js';

/** From columns such as `from_table` and `to_table`: every pair that they name. */
export function* pairsFromLabels(
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
    const rows = yield* ask(
      connection,
      file,
      distinctPairs(loadFrom(file.path), from.name, to.name),
    );
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

/** From the ID spaces of neo4j-admin's headers: `:START_ID(Person)` is a key of the table with `:ID(Person)`. */
export function pairFromGroups(
  from: Column,
  to: Column,
  nodes: readonly InferredNode[],
): Endpoints[] | undefined {
  const [f, t] = [from, to].map((column) => {
    const group = readHeader(column.name)?.group;
    if (group === undefined) return undefined;
    const owners = nodes.filter(({ key }) => readHeader(key.name)?.group === group);
    return owners.length === 1 ? owners[0]?.table.name : undefined;
  });
  return f !== undefined && t !== undefined ? [{ from: f, to: t }] : undefined;
}

/** From a file name that begins and ends with names of tables: `person_knows_person`, `city_country`. */
export function pairFromName(
  stem: string,
  nodes: readonly InferredNode[],
): Endpoints[] | undefined {
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
export function* pairFromValues(
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
      if (!canMatch(column, node.key)) continue;
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
  return yield* sumOverFiles(connection, source, ({ path }) =>
    countDistinct(loadFrom(path), column.name),
  );
}

/** How many of the values of an endpoint column are keys of a node table. */
function* countHits(
  connection: Connection,
  source: Source,
  column: Column,
  node: InferredNode,
): Steps<number> {
  if (!node.hasKeys) yield* takeKeys(connection, node);
  const { table } = node;
  const type = table.properties[0]?.type ?? '';
  return yield* sumOverFiles(connection, source, (file) => {
    const expression = valueIn(file, column.name, type);
    if (expression === undefined) return undefined;
    return countKnown(loadFrom(file.path), cast({ expression, type }), table.name);
  });
}

/** Puts the keys of a node table into one in memory, where the engine finds them by an index. */
export function* takeKeys(connection: Connection, node: InferredNode): Steps<void> {
  const { table, source, key } = node;
  const type = table.properties[0]?.type ?? '';
  const keys = {
    name: table.name,
    file: table.file,
    primaryKey: 'k',
    properties: [{ name: 'k', type }],
  };
  yield { connection, cypher: createNodeTable(keys) };
  for (const file of source.files) {
    const expression = valueIn(file, key.name, type);
    if (expression === undefined) continue;
    const mapping = { expression, property: 'k' };
    const from = loadFrom(file.path);
    yield* ask(connection, file, copyFrom(table.name, from, [mapping], { ignoreErrors: true }));
  }
  node.hasKeys = true;
}

/** Integers with missing values may be stored as floating-point numbers. */
function canMatch({ meaning }: Column, key: Column): boolean {
  return meaning.is === key.meaning.is || (meaning.is === 'float' && key.meaning.is === 'integer');
}

/** The values of a column of a file as those of a type; nothing where they are none, or it has none. */
function valueIn({ footer }: DatasetFile, name: string, type: string): string | undefined {
  const column = 'columns' in footer && footer.columns.find((each) => each.name === name);
  const conversion = column ? convert(column, type) : undefined;
  return conversion?.how === 'take' ? toExpression(conversion.value) : undefined;
}

/**
 * Asks the engine about a file.
 *
 * @throws {KgloadError} `PARQUET_UNREADABLE`, naming the file.
 */
export function* ask(
  connection: Connection,
  { name }: Pick<DatasetFile, 'name'>,
  cypher: string,
): Steps<Row[]> {
  try {
    return yield { connection, cypher };
  } catch (error) {
    if (error instanceof KgloadError) throw error;
    throw new KgloadError(
      {
        code: 'PARQUET_UNREADABLE',
        message: `${name} cannot be read to infer a schema: ${firstLine(messageOf(error))}`,
        file: name,
        hint: 'the file is probably damaged: export it again, or give the schema with --schema FILE',
      },
      { cause: error },
    );
  }
}

function* sumOverFiles(
  connection: Connection,
  { files }: Source,
  cypherOf: (file: DatasetFile) => string | undefined,
): Steps<number> {
  let sum = 0;
  for (const file of files) {
    const cypher = cypherOf(file);
    if (cypher === undefined) continue;
    const rows = yield* ask(connection, file, cypher);
    sum += Number(rows[0]?.['n']);
  }
  return sum;
}

/** Path of a file → where the columns that inference asks about are to be read. */
export type InferableFiles = ReadonlyMap<string, Pick<DatasetFile, 'path' | 'footer'>>;

/** A table-to-be and the files that fill it. */
export interface Source {
  /** File name without `.parquet`. */
  stem: string;
  /** As messages show it. */
  name: string;
  files: DatasetFile[];
  columns: Column[];
  rows: number;
}

export interface InferredNode {
  table: NodeTable;
  source: Source;
  key: Column;
  /** Its keys are in memory, to look for endpoints among them. */
  hasKeys: boolean;
}

export function ambiguous(file: string, what: string, hint: string): KgloadError {
  return new KgloadError({
    code: 'SCHEMA_AMBIGUOUS',
    message: `no schema can be inferred from ${file}: ${what}`,
    file,
    hint,
  });
}

export function listTables(nodes: readonly InferredNode[]): string {
  return listNames(nodes.map(({ table }) => table.name)) || 'no node tables';
}
