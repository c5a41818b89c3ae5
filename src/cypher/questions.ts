/**
 * The questions to a code graph, as Cypher. Values are literals, not parameters: a prepared
 * statement has no close(), so the garbage collector decides when it dies, and one that outlives
 * its connection can end the process. It would save little: 0.80 ms a question against 0.87 ms.
 */
import { codeGraph } from '../model/codegraph.js';
import { identifier, literal } from './text.js';

/** A node table of the code graph, and the rels that lead on from one of its nodes to the next. */
export interface Way {
  node: string;
  rel: string;
  direction: 'forward' | 'backward';
}

export const CALLERS: Way = { node: 'Function', rel: 'CALLS', direction: 'backward' };
export const CALLEES: Way = { node: 'Function', rel: 'CALLS', direction: 'forward' };
export const SUBCLASSES: Way = { node: 'Class', rel: 'INHERITS', direction: 'backward' };

/** Kuzu 0.11 counts steps in 16 bits, and ends a longer search there without a word. */
export const ENGINE_DEPTH = 65_534;

/** Lets the connection search deeper than the 30 steps that the engine allows by default. */
export const ALLOW_DEPTH = `CALL var_length_extend_max_depth=${ENGINE_DEPTH}`;

/** The nodes of a table that lie in a file; without a line last. */
export function inFile(table: string, path: string, line: string): string {
  return `MATCH (n:${identifier(table)}) WHERE n.file = ${literal(path)} RETURN ${columns('n', table)} ORDER BY ${identifier(line)}, id`;
}

/** The nodes that lie up to `depth` steps from one, once each and without it, the nearest first. */
export function reached(way: Way, id: string, depth: number): string {
  return `MATCH ${start(way, id)}${steps(way, depth)}(n:${identifier(way.node)}) RETURN ${summary('n', way.node)}, length(steps) AS distance ORDER BY distance, id`;
}

/** The node itself, if up to `depth` steps lead back to it; a row for a loop, one for a cycle. */
export function shortestCycle(way: Way, id: string, depth: number): string {
  const itself = summary('start', way.node);
  const loop = `MATCH ${start(way, id)}${step(way, '')}(start) RETURN DISTINCT ${itself}, 1 AS distance`;
  if (depth === 1) return loop;
  return `${loop} UNION ALL MATCH ${start(way, id)}${steps(way, depth - 1)}(n:${identifier(way.node)})${step(way, '')}(start) RETURN ${itself}, min(length(steps)) + 1 AS distance`;
}

/** The functions that use a node, with the properties of the use. */
export function uses(table: string, rel: string, id: string): string {
  return `MATCH (n:${identifier('Function')})-[use:${identifier(rel)}]->(:${identifier(table)} {id: ${literal(id)}}) RETURN ${summary('n', 'Function')}, ${columns('use', rel)} ORDER BY file, lineNumber, id`;
}

function start({ node }: Way, id: string): string {
  return `(start:${identifier(node)} {id: ${literal(id)}})`;
}

function steps(way: Way, depth: number): string {
  return step(way, `* SHORTEST 1..${depth}`, 'steps');
}

function step({ rel, direction }: Way, range: string, variable = ''): string {
  const inside = `[${variable}:${identifier(rel)}${range}]`;
  return direction === 'forward' ? `-${inside}->` : `<-${inside}-`;
}

/** The properties of a table but the source code, which is most of its bytes. */
function summary(variable: string, table: string): string {
  return columns(variable, table, ['source_code']);
}

/** The properties of a table, under the names that the rows have in TypeScript. */
function columns(variable: string, table: string, without: readonly string[] = []): string {
  return propertiesOf(table)
    .filter((name) => !without.includes(name))
    .map((name) => `${variable}.${identifier(name)} AS ${identifier(camelCase(name))}`)
    .join(', ');
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Edges of a rel table, as the ids `f` and `t` of what they lead from and to, with their properties. */
function edgeRows(rel: string, from: string, to: string): string {
  const names = propertiesOf(rel).map(identifier);
  const properties = names.map((name) => `, r.${name} AS ${name}`);
  return `RETURN ${from} AS f, ${to} AS t${properties.join('')} ORDER BY ${['f', 't', ...names].join(', ')}`;
}

/** The edges from a file to what is in it. */
export function edgesFromFile(rel: string, table: string, path: string): string {
  return `MATCH (a:File {path: ${literal(path)}})-[r:${identifier(rel)}]->(n:${identifier(table)}) ${edgeRows(rel, 'a.path', 'n.id')}`;
}

/** The edges between things in a file. */
export function edgesInFile(rel: string, table: string, path: string): string {
  const file = literal(path);
  return `MATCH (a:${identifier(table)})-[r:${identifier(rel)}]->(b:${identifier(table)}) WHERE a.file = ${file} AND b.file = ${file} ${edgeRows(rel, 'a.id', 'b.id')}`;
}

/** The edges that a node has on a way; and those of the nodes that lie up to `depth` steps from it. */
export function edgesAlong(way: Way, id: string, depth?: number): string {
  const first = way.direction === 'forward' ? 'a' : 'b';
  const next = first === 'a' ? 'b' : 'a';
  const ends = edgeRows(way.rel, 'a.id', 'b.id');
  const node = identifier(way.node);
  if (depth === undefined) {
    return `MATCH (${first}:${node} {id: ${literal(id)}})${step(way, '', 'r')}(${next}:${node}) ${ends}`;
  }
  return `MATCH ${start(way, id)}${steps(way, depth)}(${first}:${node})${step(way, '', 'r')}(${next}:${node}) ${ends}`;
}

/** The edges from functions to what they use. */
export function edgesInto(rel: string, table: string, id: string): string {
  return `MATCH (a:Function)-[r:${identifier(rel)}]->(b:${identifier(table)} {id: ${literal(id)}}) ${edgeRows(rel, 'a.id', 'b.id')}`;
}

/** The classes of methods, by the methods' ids: of those in a file. */
export function ownersInFile(path: string): string {
  return `MATCH (n:Function)-[:METHOD_OF]->(c:Class) WHERE n.file = ${literal(path)} ${OWNERS}`;
}

/** {@link ownersInFile} of those that lie up to `depth` steps from a function. */
export function ownersAlong(way: Way, id: string, depth: number): string {
  return `MATCH ${start(way, id)}${steps(way, depth)}(n:Function)-[:METHOD_OF]->(c:Class) ${OWNERS}`;
}

/** {@link ownersInFile} of those that use a thing. */
export function ownersOfUsers(table: string, rel: string, id: string): string {
  return `MATCH (c:Class)<-[:METHOD_OF]-(n:Function)-[:${identifier(rel)}]->(:${identifier(table)} {id: ${literal(id)}}) ${OWNERS}`;
}

const OWNERS = 'RETURN n.id AS id, c.name AS owner ORDER BY id, owner';

function propertiesOf(table: string): string[] {
  return [...codeGraph.nodes, ...codeGraph.edges]
    .filter(({ name }) => name === table)
    .flatMap(({ properties }) => properties.map(({ name }) => name));
}
