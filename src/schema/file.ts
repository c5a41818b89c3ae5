/** Schemas that users bring: as Cypher, as JSON, beside a dataset, or inferred from one. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import {
  array,
  boolean,
  exactOptional,
  getDotPath,
  object,
  picklist,
  safeParse,
  string,
} from 'valibot';
import { splitStatements } from '../cypher/text.js';
import { readSchema } from '../database/catalog.js';
import { changeDatabaseInMemory } from '../database/open.js';
import { findRefused } from '../database/refused.js';
import { hasSchema, INDEX_FILE, SCHEMA_FILE } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { firstLine, NO_PAIR_MULTIPLICITY, refusesPairMultiplicity } from '../engine/messages.js';
import { defaultEngine } from '../engine/native.js';
import { KgloadError, messageOf } from '../errors.js';
import { systemCode } from '../files.js';
import { BUILT_IN, type ChosenSchema, codeGraph } from '../model/codegraph.js';
import { withFiles } from '../model/differences.js';
import { fileNameOf } from '../model/names.js';
import { pairsOf } from '../model/tables.js';
import type { EngineName, GraphSchema } from '../types.js';
import { isDefinition, isExpression, isType, readIndexDefinition } from '../cypher/definitions.js';
import { inferSchema } from './infer.js';
import type { InferableFiles } from './endpoints.js';
import { toCypher } from './script.js';

/**
 * The schema that a user asked for: `infer`, a file's path, or nothing; then it is the one in the
 * dataset's own `schema.cypher`, or the built-in code graph.
 *
 * @param engine - In its memory a schema is read, or inferred. Default: any, or the one that has the
 *   words of the schema.
 * @throws {KgloadError} `ENOENT`, `SCHEMA_INVALID`, `SCHEMA_AMBIGUOUS`, and what reading a dataset
 *   throws.
 */
export function* chooseSchema(
  choice: string | undefined,
  directory: string | undefined,
  engine?: EngineName,
  inferable?: InferableFiles,
): Steps<ChosenSchema> {
  if (engine !== undefined) return yield* chooseOn(engine, choice, directory, inferable);
  try {
    return yield* chooseOn(defaultEngine(), choice, directory, inferable);
  } catch (error) {
    if (!messageOf(error).endsWith(NO_PAIR_MULTIPLICITY.reason)) throw error;
    return yield* chooseOn('ladybug', choice, directory, inferable);
  }
}

function* chooseOn(
  engine: EngineName,
  choice: string | undefined,
  directory: string | undefined,
  inferable?: InferableFiles,
): Steps<ChosenSchema> {
  if (choice === 'infer') {
    if (directory === undefined) {
      throw new KgloadError({
        code: 'USAGE',
        message: 'a schema can only be inferred from a dataset',
        hint: 'name the dataset: kgload schema <dataset> --schema infer',
      });
    }
    const schema = yield* inferSchema(directory, engine, inferable);
    return { schema, source: `inferred from ${directory}` };
  }
  if (choice !== undefined)
    return { schema: yield* readSchemaFile(choice, engine), source: choice };
  if (directory === undefined || !hasSchema(directory)) return BUILT_IN;
  const own = join(directory, SCHEMA_FILE);
  const schema = yield* readSchemaFile(own, engine);
  const indexes = readIndexes(join(directory, INDEX_FILE), schema, directory);
  return { schema: { ...schema, ...(indexes.length > 0 && { indexes }) }, source: own };
}

/**
 * Reads a schema from a file of Cypher statements, or of the JSON that `kgload schema` prints. The
 * engine says what they mean: they are run in memory, and the catalog is read.
 *
 * @throws {KgloadError} `ENOENT`, `SCHEMA_INVALID`.
 */
function* readSchemaFile(path: string, engine: EngineName): Steps<GraphSchema> {
  const text = readText(path);
  if (!text.trimStart().startsWith('{')) {
    return withFiles(yield* runSchema(path, splitStatements(text), engine), codeGraph);
  }
  const given = parseJson(path, text);
  const schema = yield* runSchema(path, splitStatements(toCypher(given)), engine);
  const { indexes } = given;
  return { ...withFiles(schema, given), ...(indexes && { indexes }) };
}

function* runSchema(
  path: string,
  statements: readonly string[],
  engine: EngineName,
): Steps<GraphSchema> {
  const schema = yield* changeDatabaseInMemory(engine, function* (connection) {
    for (const cypher of statements) {
      if (!isDefinition(cypher)) {
        const refused = yield* findRefused(connection, cypher, undefined);
        const reason = `${excerpt(cypher)} defines neither table, sequence, macro nor type`;
        throw invalid(path, refused?.message ?? reason, refused);
      }
      try {
        yield { connection, cypher };
      } catch (error) {
        const message = messageOf(error);
        if (refusesPairMultiplicity(message)) {
          const { reason, hint } = NO_PAIR_MULTIPLICITY;
          throw invalid(path, `${excerpt(cypher)}: ${reason}`, { hint });
        }
        const refused = yield* findRefused(connection, cypher, error);
        const reason = `${excerpt(cypher)}: ${firstLine(message)}`;
        throw invalid(path, refused?.message ?? reason, refused);
      }
    }
    return yield* readSchema(connection, { isScratch: true });
  });
  if (schema.nodes.length === 0) throw invalid(path, 'it creates no node table');
  return schema;
}

const PROPERTY = object({
  name: string(),
  type: string(),
  aliases: exactOptional(array(string())),
  default: exactOptional(string()),
  allowRounding: exactOptional(boolean()),
});

const ENDPOINTS = object({ from: string(), to: string() });

const MULTIPLICITY = exactOptional(picklist(['MANY_MANY', 'MANY_ONE', 'ONE_MANY', 'ONE_ONE']));

const SCHEMA = object({
  nodes: array(
    object({
      name: string(),
      file: exactOptional(string()),
      primaryKey: string(),
      properties: array(PROPERTY),
    }),
  ),
  edges: array(
    object({
      name: string(),
      file: exactOptional(string()),
      ...ENDPOINTS.entries,
      pairs: exactOptional(array(object({ ...ENDPOINTS.entries, multiplicity: MULTIPLICITY }))),
      properties: exactOptional(array(PROPERTY)),
      multiplicity: MULTIPLICITY,
      storageDirection: exactOptional(picklist(['fwd', 'both'])),
    }),
  ),
  statements: exactOptional(array(string())),
  indexes: exactOptional(array(string())),
});

function parseJson(path: string, text: string): GraphSchema {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(path, messageOf(error));
  }
  return toSchema(json, path);
}

/**
 * A schema that a program passes, or of a JSON file, looked at as far as that goes without an engine.
 *
 * @param source - As messages name it.
 * @throws {KgloadError} `SCHEMA_INVALID`.
 */
export function toSchema(value: unknown, source = 'the option schema'): GraphSchema {
  const parsed = safeParse(SCHEMA, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(source, `${getDotPath(issue) ?? 'the document'}: ${issue.message}`);
  }
  const { nodes, edges, ...rest } = parsed.output;
  const schema = {
    nodes: nodes.map((table) => ({ file: fileNameOf(table.name), ...table })),
    edges: edges.map((table) => ({ file: fileNameOf(table.name), properties: [], ...table })),
    ...rest,
  };
  for (const { name, properties } of [...schema.nodes, ...schema.edges]) {
    for (const property of properties) {
      const { type, default: value } = property;
      if (!isType(type)) {
        throw invalid(source, `${name}.${property.name}: ${excerpt(type)} is no type`);
      }
      if (value !== undefined && !isExpression(value)) {
        throw invalid(source, `${name}.${property.name}: ${excerpt(value)} is no expression`);
      }
    }
  }
  refuseLoose(source, schema);
  refuseOtherThanIndexes(source, schema.indexes ?? [], schema);
  return schema;
}

/** What a table names must be there. */
function refuseLoose(source: string, { nodes, edges }: GraphSchema): void {
  const names = new Set(nodes.map(({ name }) => name));
  for (const { name, primaryKey, properties } of nodes) {
    if (properties.some((property) => property.name === primaryKey)) continue;
    throw invalid(source, `${name} has no property ${primaryKey}, which is to be its primary key`);
  }
  for (const edge of edges) {
    for (const end of pairsOf(edge).flatMap(({ from, to }) => [from, to])) {
      if (names.has(end)) continue;
      throw invalid(source, `${edge.name} connects ${end}, and there is no such node table`);
    }
  }
}

/** The statements of an exported `index.cypher`, if there is one. */
function readIndexes(path: string, schema: GraphSchema, directory: string): string[] {
  if (!existsSync(path)) return [];
  const statements = splitStatements(readText(path));
  refuseOtherThanIndexes(path, statements, schema, directory);
  return statements;
}

/** @param directory - The dataset's, whose files an index may read. */
function refuseOtherThanIndexes(
  path: string,
  statements: readonly string[],
  schema: GraphSchema,
  directory?: string,
): void {
  for (const statement of statements) {
    const index = readIndexDefinition(statement);
    if (!index) throw invalid(path, `${excerpt(statement)} creates no index`);
    const { stopWords = 'default' } = index;
    const isTable = schema.nodes.some(({ name }) => name === stopWords);
    if (stopWords === 'default' || isTable) continue;
    if (directory !== undefined && isInside(stopWords, directory)) continue;
    throw invalid(path, `${excerpt(statement)} reads a file outside of the dataset, ${stopWords}`);
  }
}

function isInside(path: string, directory: string): boolean {
  if (!existsSync(path)) return false;
  const way = relative(realpathSync(directory), realpathSync(path));
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const isMissing = systemCode(error) === 'ENOENT';
    throw new KgloadError({
      code: isMissing ? 'ENOENT' : 'SCHEMA_INVALID',
      message: isMissing
        ? `the schema file ${path} does not exist`
        : `the schema file ${path} cannot be read: ${messageOf(error)}`,
      file: path,
    });
  }
}

function excerpt(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function invalid(
  path: string,
  reason: string,
  more: { table?: string; hint?: string } = {},
): KgloadError {
  return new KgloadError({
    ...(more.table !== undefined && { table: more.table }),
    code: 'SCHEMA_INVALID',
    message: `${path} is no schema: ${reason}`,
    file: path,
    hint:
      more.hint ??
      'a schema is Cypher (CREATE NODE TABLE …; CREATE REL TABLE …), or the JSON that kgload schema --format json prints',
  });
}
