/** The Cypher of an update on a server: what it holds, and what is to be changed. */
import type { Statement } from '../model/statement.js';
import { type ServerEnd, symbol } from './server.js';

function values(variable: string, names: readonly string[]): string[] {
  return names.map((name) => `${variable}.${symbol(name)}`);
}

/** Columns of names of their own: one may be asked for twice. */
function listOf(all: readonly string[]): string {
  return all.map((value, i) => `${value} AS c${i}`).join(', ');
}

/** The nodes of a label: key, properties, and what bounds deletions. */
export function streamNodes(
  { table, property }: ServerEnd,
  names: readonly string[],
  bound?: string,
): Statement {
  const all = values('n', [property, ...names, ...(bound === undefined ? [] : [bound])]);
  return { cypher: `MATCH (n:${symbol(table)}) RETURN ${listOf(all)}` };
}

/** The edges of a type between two labels: the keys of their nodes, properties, and then as asked. */
export function streamEdges(
  type: string,
  [from, to]: readonly [ServerEnd, ServerEnd],
  names: readonly string[],
  { withId, bound }: { withId: boolean; bound?: string | undefined },
): Statement {
  const all = [
    ...values('a', [from.property]),
    ...values('b', [to.property]),
    ...values('r', names),
    ...(withId ? ['elementId(r)'] : []),
    ...(bound === undefined ? [] : values('a', [bound])),
  ];
  return {
    cypher: `MATCH (a:${symbol(from.table)})-[r:${symbol(type)}]->(b:${symbol(to.table)}) RETURN ${listOf(all)}`,
  };
}

function eachNode(variable: string, { table, property }: ServerEnd): string {
  return `UNWIND range(0, size($k) - 1) AS i MATCH (${variable}:${symbol(table)} {${symbol(property)}: $k[i]})`;
}

/** Properties of the nodes with the keys `$k`: the place of the key first. */
export function valuesOfNodes(end: ServerEnd, names: readonly string[]): string {
  return `${eachNode('n', end)} RETURN ${['i', ...values('n', names)].join(', ')}`;
}

/** The edges of the nodes with the keys `$k`, of any type and either way. */
export function edgesOfNodes(end: ServerEnd): string {
  return `${eachNode('n', end)} MATCH (n)-[r]-() RETURN DISTINCT elementId(r), type(r)`;
}

/** Deletes at most `$most` edges of the nodes with the keys `$k`. */
export function deleteEdgesOfNodes(end: ServerEnd): string {
  return `${eachNode('n', end)} MATCH (n)-[r]-() WITH DISTINCT r LIMIT $most DELETE r`;
}

/** Deletes the nodes with the keys `$k`, and what edges they still have. */
export function deleteNodes(end: ServerEnd): string {
  return `${eachNode('n', end)} DETACH DELETE n`;
}

/** Deletes the edges of a type with the ids `$ids`. */
export function deleteEdges(type: string): string {
  return `UNWIND $ids AS id MATCH ()-[r:${symbol(type)}]->() WHERE elementId(r) = id DELETE r`;
}

/** Sets properties of the nodes with the keys `$k` to `$c0`, `$c1`, …; NULL takes one away. */
export function setNodes(end: ServerEnd, names: readonly string[]): string {
  const all = names.map((name, i) => `n.${symbol(name)} = $c${i}[i]`);
  return `${eachNode('n', end)} SET ${all.join(', ')} RETURN count(n)`;
}
