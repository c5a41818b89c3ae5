/** The Cypher of Neo4j, as servers over Bolt take it: https://neo4j.com/docs/cypher-manual/5/ */
import type { Statement } from '../model/statement.js';

/** A name as it may stand anywhere; a backtick in it is doubled. */
export function symbol(name: string): string {
  return '`' + name.replaceAll('`', '``') + '`';
}

export function components(): Statement {
  return {
    cypher: 'CALL dbms.components() YIELD name, versions, edition RETURN name, versions, edition',
  };
}

/** Says who answers, and of which database. */
export function nothing(): Statement {
  return { cypher: 'RETURN 1' };
}

/** No two nodes of a label with one key; as a key constraint says it, none without. */
export function keyConstraint(label: string, property: string, isKey: boolean): Statement {
  const name = symbol(`kgload_${label}_${property}`);
  const what = isKey ? 'IS NODE KEY' : 'IS UNIQUE';
  return {
    cypher: `CREATE CONSTRAINT ${name} IF NOT EXISTS FOR (n:${symbol(label)}) REQUIRE n.${symbol(property)} ${what}`,
  };
}

/** Until the constraints' indexes answer. */
export function awaitIndexes(): Statement {
  return { cypher: 'CALL db.awaitIndexes(300)' };
}

/** Of a label, or all. */
export function countNodes(label?: string): Statement {
  return { cypher: `MATCH (n${label === undefined ? '' : `:${symbol(label)}`}) RETURN count(n)` };
}

export function labels(): Statement {
  return { cypher: 'CALL db.labels() YIELD label RETURN label ORDER BY label' };
}

export function relationshipTypes(): Statement {
  return {
    cypher: 'CALL db.relationshipTypes() YIELD relationshipType AS type RETURN type ORDER BY type',
  };
}

export function countEdges(type: string): Statement {
  return { cypher: `MATCH ()-[r:${symbol(type)}]->() RETURN count(r)` };
}

/** A property's values, or a constant of all rows: `$c0[i]`, from lists a column. */
function properties(names: readonly string[], first = ''): string {
  const rest = names.map((name, i) => `${symbol(name)}: $c${i}[i]`);
  return `{${[...(first === '' ? [] : [first]), ...rest].join(', ')}}`;
}

/** Nodes of columns: the keys `$k`, and `$c0`, `$c1`, … for the other properties. */
export function createNodes(label: string, key: string, names: readonly string[]): string {
  return `UNWIND range(0, size($k) - 1) AS i CREATE (:${symbol(label)} ${properties(names, `${symbol(key)}: $k[i]`)})`;
}

/** The label and the key of nodes that edges lead from or to. */
export interface ServerEnd {
  table: string;
  property: string;
}

/** Edges of columns: the keys of their nodes in `$f` and `$t`. Those without a node are not made. */
export function createEdges(
  type: string,
  from: ServerEnd,
  to: ServerEnd,
  names: readonly string[],
): string {
  const match = (variable: string, { table, property }: ServerEnd, keys: string): string =>
    `(${variable}:${symbol(table)} {${symbol(property)}: $${keys}[i]})`;
  return `UNWIND range(0, size($f) - 1) AS i MATCH ${match('a', from, 'f')} MATCH ${match('b', to, 't')} CREATE (a)-[:${symbol(type)} ${properties(names)}]->(b)`;
}

/** Which of the keys `$k` nodes have: their places. */
export function knownKeys({ table, property }: ServerEnd): string {
  return `UNWIND range(0, size($k) - 1) AS i MATCH (n:${symbol(table)} {${symbol(property)}: $k[i]}) RETURN DISTINCT i`;
}

/** Which of the keys `$k` are of nodes that have an edge of a type on their side: their places. */
export function usedKeys(
  { table, property }: ServerEnd,
  type: string,
  other: string,
  side: 'from' | 'to',
): string {
  const [start, end] = side === 'from' ? ['-', '->'] : ['<-', '-'];
  return `UNWIND range(0, size($k) - 1) AS i MATCH (n:${symbol(table)} {${symbol(property)}: $k[i]}) WHERE EXISTS { (n)${start}[:${symbol(type)}]${end}(:${symbol(other)}) } RETURN DISTINCT i`;
}

/** The label of the nodes that say how far an unfinished load is, one a table and one for all of it. */
export const MARKER = '_KgloadMarker';

/** Notes how many of a table's rows were dealt with, and how many of them were made. */
export function markRows(): string {
  return `MERGE (m:${MARKER} {table: $table}) ON CREATE SET m.rows = 0, m.created = 0 SET m.rows = m.rows + $rows, m.created = m.created + $created`;
}

/** Notes that a load begins, and whether all else is deleted first. */
export function markLoad(): string {
  return `CREATE (:${MARKER} {table: '', dataset: $dataset, empties: $empties})`;
}

/** Notes that all else is deleted. */
export function markEmpty(): string {
  return `MATCH (m:${MARKER} {table: ''}) SET m.empties = false`;
}

export function readMarkers(): Statement {
  return { cypher: `MATCH (m:${MARKER}) RETURN m.table, m.rows, m.created, m.dataset, m.empties` };
}

export function removeMarkers(): string {
  return `MATCH (m:${MARKER}) DELETE m`;
}

/** Deletes some relationships, or some nodes without any but markers. */
export function deleteSome(what: 'edges' | 'nodes'): string {
  return what === 'edges'
    ? 'MATCH ()-[r]->() WITH r LIMIT $most DELETE r'
    : `MATCH (n) WHERE NOT n:${MARKER} WITH n LIMIT $most DELETE n`;
}
