/** The Cypher by which a server is looked at: what is there, of which types, and row by row. */
import type { Statement } from '../model/statement.js';
import { symbol } from './server.js';

/** Whether a label is of nodes that kgload keeps for itself, of a load that did not come to its end. */
export function isOwnLabel(label: string): boolean {
  return label.startsWith('_Kgload');
}

function anyOf(labels: readonly string[]): string {
  return labels.map(symbol).join('|');
}

/** The nodes with at least one of some labels; those with several count once. */
export function countNodesOf(labels: readonly string[]): Statement {
  return { cypher: `MATCH (n:${anyOf(labels)}) RETURN count(n)` };
}

/**
 * The nodes that edges of a type lead from, or to, by their labels: how many there are, and the most edges
 * that one of them has.
 */
export function degrees(type: string, direction: 'out' | 'in'): Statement {
  const [start, end] = direction === 'out' ? ['-', '->'] : ['<-', '-'];
  return {
    cypher: `MATCH (n)${start}[:${symbol(type)}]${end}() WITH n, count(*) AS degree RETURN labels(n) AS labels, max(degree), count(n)`,
  };
}

/** Of nodes with one property that tells them apart. */
export function keyConstraints(): Statement {
  return {
    cypher:
      "SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties WHERE entityType = 'NODE' AND size(properties) = 1 RETURN labelsOrTypes[0] AS label, properties[0] AS property, type ORDER BY type, name",
  };
}

/** Nodes with no label, and with more than one, by their labels. */
export function oddNodes(): Statement {
  return {
    cypher: 'MATCH (n) WHERE size(labels(n)) <> 1 RETURN labels(n) AS labels, count(*)',
  };
}

/** The nodes of a label, or the edges of a type, as the variable `n`. */
export interface Things {
  kind: 'node' | 'edge';
  name: string;
}

function match({ kind, name }: Things): string {
  return kind === 'node' ? `MATCH (n:${symbol(name)})` : `MATCH ()-[n:${symbol(name)}]->()`;
}

/** The types of all values of each property, and how many values are of each. */
export function valueTypes(things: Things): Statement {
  return {
    cypher: `${match(things)} UNWIND keys(n) AS property RETURN property, valueType(n[property]) AS type, count(*) ORDER BY property, type`,
  };
}

/**
 * Values of a property that may be bytes, which have the type of lists of integers: those without a number
 * that is no byte.
 */
export function perhapsBytes(things: Things, property: string): Statement {
  const value = `n.${symbol(property)}`;
  return {
    cypher: `${match(things)} WITH ${value} AS value WHERE value IS NOT NULL AND none(one IN value WHERE one < -128 OR one > 127) RETURN value`,
  };
}

/** The labels of the nodes that edges of a type connect. */
export function connectedLabels(type: string): Statement {
  return {
    cypher: `MATCH (a)-[r:${symbol(type)}]->(b) RETURN labels(a) AS start, labels(b) AS end, count(*)`,
  };
}

/** One of the sides that edges are looked at from: a label, and the property that is its nodes' key. */
export interface KeyedLabel {
  label: string;
  key: string;
}

/** All nodes of a label: some of their properties, and the names of those that are not `$known`. */
export function nodeRows(label: string, properties: readonly string[]): Statement['cypher'] {
  return `MATCH (n:${symbol(label)}) RETURN ${columns([...properties.map((name) => `n.${symbol(name)}`), others('n')])}`;
}

/** All edges of a type between two labels: the keys of their ends, and then as {@link nodeRows}. */
export function edgeRows(
  type: string,
  from: KeyedLabel,
  to: KeyedLabel,
  properties: readonly string[],
): Statement['cypher'] {
  const cells = [
    `a.${symbol(from.key)}`,
    `b.${symbol(to.key)}`,
    ...properties.map((name) => `r.${symbol(name)}`),
    others('r'),
  ];
  return `MATCH (a:${symbol(from.label)})-[r:${symbol(type)}]->(b:${symbol(to.label)}) RETURN ${columns(cells)}`;
}

function others(variable: string): string {
  return `[key IN keys(${variable}) WHERE NOT key IN $known]`;
}

/** Columns of one name would be one. */
function columns(cells: readonly string[]): string {
  return cells.map((cell, i) => `${cell} AS c${i}`).join(', ');
}

/** The labels at the ends of those edges of a type that connect none of some pairs of labels. */
export function edgesElsewhere(
  type: string,
  pairs: readonly { from: string; to: string }[],
): Statement {
  const conditions = pairs.map(({ from, to }) => `(a:${symbol(from)} AND b:${symbol(to)})`);
  return {
    cypher: `MATCH (a)-[r:${symbol(type)}]->(b) WHERE NOT (${conditions.join(' OR ')}) RETURN labels(a) AS start, labels(b) AS end`,
  };
}

/** One side of the edges of a type: the nodes of some labels, and the labels on the other side. */
export interface ServerSide {
  type: string;
  direction: 'out' | 'in';
  others: readonly string[];
}

function edgesAt({ type, direction, others }: ServerSide, labels: readonly string[]): string {
  const [start, end] = direction === 'out' ? ['-', '->'] : ['<-', '-'];
  return `MATCH (n:${anyOf(labels)})${start}[:${symbol(type)}]${end}(:${anyOf(others)}) WITH n, count(*) AS degree`;
}

/** How many nodes of some labels have how many edges, without those with none. */
export function degreeCounts(side: ServerSide, labels: readonly string[]): Statement {
  return { cypher: `${edgesAt(side, labels)} RETURN degree, count(*) ORDER BY degree` };
}

/** The nodes of a label with at least `$least` edges, no more than `$most`: the degree, and properties. */
export function hubs(side: ServerSide, label: string, properties: readonly string[]): string {
  const cells = ['degree', ...properties.map((name) => `n.${symbol(name)}`)];
  return `${edgesAt(side, [label])} WHERE degree >= $least RETURN ${columns(cells)} ORDER BY c0 DESC, c1 LIMIT $most`;
}
