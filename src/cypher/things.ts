/** Finding what people name in a code graph. */
import { identifier, literal } from './text.js';

/** The node tables that things are looked for in, with where their line and what they are in stands. */
const PLACES: Record<string, { line: string; endLine?: string; owner?: string }> = {
  Function: { line: 'start_line', endLine: 'end_line' },
  Class: { line: 'start_line', endLine: 'end_line' },
  Variable: { line: 'definition_line', owner: 'scope' },
  Attribute: { line: 'definition_line', owner: 'class_name' },
};

/** The thing with an id. */
export function thingOf(table: string, id: string): string {
  return `MATCH (n:${identifier(table)} {id: ${literal(id)}}) RETURN ${columns(table)}`;
}

/**
 * The things with one of some names; where there are more, those first that are in one of some files.
 *
 * @param paths - Files, or their ends, or modules.
 */
export function thingsNamed(
  table: string,
  names: readonly string[],
  paths: readonly string[],
  most: number,
): string {
  const fits = paths.flatMap((path) => [
    `n.file ENDS WITH ${literal(path)}`,
    `${literal(path)} ENDS WITH n.file`,
    `n.file CONTAINS ${literal(path.replaceAll('.', '/'))}`,
  ]);
  const fit = fits.length === 0 ? '0' : `CASE WHEN ${fits.join(' OR ')} THEN 0 ELSE 1 END`;
  return `MATCH (n:${identifier(table)}) WHERE n.name IN ${list(names)} RETURN ${columns(table)}, ${fit} AS fit ORDER BY fit, file, line, id LIMIT ${most}`;
}

/** The methods with one of some names, of classes with one of others. */
export function methodsNamed(
  names: readonly string[],
  classes: readonly string[],
  most: number,
): string {
  return `MATCH (n:Function)-[:METHOD_OF]->(c:Class) WHERE n.name IN ${list(names)} AND c.name IN ${list(classes)} RETURN ${columns('Function')} ORDER BY file, line, id LIMIT ${most}`;
}

function columns(table: string): string {
  const { line, endLine, owner } = PLACES[table] ?? { line: 'line' };
  const orNull = (property: string | undefined): string =>
    property === undefined ? 'NULL' : `n.${identifier(property)}`;
  return `n.id AS id, n.name AS name, n.file AS file, n.${identifier(line)} AS line, ${orNull(endLine)} AS endLine, ${orNull(owner)} AS owner`;
}

/** The classes of the methods with one of some names, by the methods' ids. */
export function ownersOf(names: readonly string[]): string {
  return `MATCH (n:Function)-[:METHOD_OF]->(c:Class) WHERE n.name IN ${list(names)} RETURN n.id AS id, c.name AS owner ORDER BY id, owner`;
}

/** The class of a method. */
export function ownerOf(id: string): string {
  return `MATCH (n:Function {id: ${literal(id)}})-[:METHOD_OF]->(c:Class) RETURN c.name AS owner ORDER BY owner`;
}

/** Nodes that are looked at for a name that is near: a second or so, however large the graph is. */
const MOST_NODES = 1_000_000;

/** Names that a word may be a slip for, the nearest first. */
export function namesNear(table: string, word: string, distance: number, most: number): string {
  const near = `levenshtein(lower(name), ${literal(word.toLowerCase())})`;
  const size = Array.from(word).length;
  const inside = size < 3 ? '' : ` OR lower(name) CONTAINS ${literal(word.toLowerCase())}`;
  return `MATCH (n:${identifier(table)}) WITH n.name AS name LIMIT ${MOST_NODES} WITH DISTINCT name WHERE (size(name) >= ${size - distance} AND size(name) <= ${size + distance} AND ${near} <= ${distance})${inside} RETURN name, ${near} AS distance ORDER BY distance, name LIMIT ${most}`;
}

/** Where the paths of files stand: in their own table, or at the things in them. */
export type PathSource = { table: string; property: 'path' | 'file' };

function paths({ table, property }: PathSource): string {
  const path = `n.${identifier(property)} AS path`;
  return `MATCH (n:${identifier(table)}) WITH ${property === 'path' ? path : `DISTINCT ${path}`}`;
}

/** The paths that one may mean: itself, those that end with it, those that it ends with. */
export function pathsLike(source: PathSource, path: string, most: number): string {
  const native = path.replaceAll('/', '\\');
  const own = [path, native].map((form) => `path = ${literal(form)}`);
  const ends = [`/${path}`, `\\${native}`].map((form) => `path ENDS WITH ${literal(form)}`);
  const within = path.startsWith('/') ? [`${literal(path)} ENDS WITH concat('/', path)`] : [];
  return `${paths(source)} WHERE ${[...own, ...ends, ...within].join(' OR ')} RETURN path ORDER BY path LIMIT ${most}`;
}

/** Paths with a last part that a word may be a slip for. */
export function pathsNear(
  source: PathSource,
  word: string,
  distance: number,
  most: number,
): string {
  const name = `lower(list_extract(string_split(path, '/'), -1))`;
  const near = `levenshtein(${name}, ${literal(word.toLowerCase())})`;
  return `${paths(source)} LIMIT ${MOST_NODES} WHERE ${near} <= ${distance} OR ${name} CONTAINS ${literal(word.toLowerCase())} RETURN path, ${near} AS distance ORDER BY distance, path LIMIT ${most}`;
}

function list(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`;
}
