/** Queries to begin with, for a schema and what is in it: each has rows to answer with. */
import { isNested, pairsOf } from '../model/tables.js';
import type { GraphSchema, NodeTable, RelTable } from '../types.js';
import { identifier } from './text.js';

/** A query, and what it asks. */
export interface ExampleQuery {
  title: string;
  cypher: string;
}

const EXAMPLES = 3;

/**
 * Three queries that fit what was loaded: of those of the code graph where its tables are there, and
 * of those that fit any schema.
 *
 * @param rows - Table → its rows. Those without are left alone.
 */
export function exampleQueries(
  schema: GraphSchema,
  rows: Readonly<Record<string, number>>,
): ExampleQuery[] {
  const isFilled = ({ name }: { name: string }): boolean => isShown(name) && (rows[name] ?? 0) > 0;
  const largestFirst = <T extends { name: string }>(tables: readonly T[]): T[] =>
    tables.filter(isFilled).sort((a, b) => (rows[b.name] ?? 0) - (rows[a.name] ?? 0));
  const filled = { nodes: largestFirst(schema.nodes), edges: largestFirst(schema.edges) };
  return [...codeQueries(filled), ...anyQueries(filled)].slice(0, EXAMPLES);
}

/**
 * What only a code graph is asked. All texts are sorted by: Ladybug 0.19.1 gives out wrong ones, or
 * crashes, where a text comes along that is none of the sort keys (`RETURN f.path, count(*) AS n ORDER
 * BY n`, over a rel that has no variable).
 */
const CODE: { title: string; rel: string; from: string; to: string; cypher: string }[] = [
  {
    title: 'the functions that are called most',
    rel: 'CALLS',
    from: 'Function id',
    to: 'Function id name file',
    cypher:
      'MATCH (:Function)-[:CALLS]->(f:Function) RETURN f.name, f.file, count(*) AS calls ORDER BY calls DESC, f.name, f.file LIMIT 5',
  },
  {
    title: 'the files with the most functions',
    rel: 'CONTAINS_FUNCTION',
    from: 'File path',
    to: 'Function id',
    cypher:
      'MATCH (f:File)-[:CONTAINS_FUNCTION]->(:Function) RETURN f.path, count(*) AS functions ORDER BY functions DESC, f.path LIMIT 5',
  },
  {
    title: 'classes and what they inherit from',
    rel: 'INHERITS',
    from: 'Class name file',
    to: 'Class name',
    cypher:
      'MATCH (c:Class)-[:INHERITS]->(base:Class) RETURN base.name, c.name, c.file ORDER BY base.name, c.name, c.file LIMIT 10',
  },
  {
    title: 'the classes with the most methods',
    rel: 'METHOD_OF',
    from: 'Function id',
    to: 'Class name file',
    cypher:
      'MATCH (:Function)-[:METHOD_OF]->(c:Class) RETURN c.name, c.file, count(*) AS methods ORDER BY methods DESC, c.name, c.file LIMIT 5',
  },
];

function codeQueries({ nodes, edges }: GraphSchema): ExampleQuery[] {
  const has = (end: string, pair: string): boolean => {
    const [table = '', ...properties] = end.split(' ');
    const found = nodes.find(({ name }) => name === table);
    const names = found?.properties.map(({ name }) => name) ?? [];
    return pair === table && properties.every((property) => names.includes(property));
  };
  return CODE.filter(({ rel, from, to }) => {
    const table = edges.find(({ name }) => name === rel);
    const [pair, ...others] = table ? pairsOf(table) : [];
    return pair && others.length === 0 && has(from, pair.from) && has(to, pair.to);
  });
}

function anyQueries({ nodes, edges }: GraphSchema): ExampleQuery[] {
  const [most, next] = nodes;
  const [edge] = edges;
  const queries = most ? [countsOf(nodes), nodesOf(most)] : [];
  if (edge) return [...queries, ...edgesOf(edge, nodes)];
  return next ? [...queries, nodesOf(next)] : queries;
}

/** With so many node tables a pattern that names none takes the engines too long. */
const MANY_TABLES = 100;

function countsOf(nodes: readonly NodeTable[]): ExampleQuery {
  const [first] = nodes;
  const labels = nodes.length > MANY_TABLES && first ? `:${word(first.name)}` : '';
  return {
    title: 'how many nodes there are of each table',
    cypher: `MATCH (n${labels}) RETURN label(n) AS node_table, count(*) AS nodes ORDER BY nodes DESC, node_table`,
  };
}

const FEW_PROPERTIES = 3;

/** Not what is long, or has parts. */
const SHORT = /^(STRING|BOOL|U?INT|SERIAL|FLOAT|DOUBLE|DECIMAL|DATE|TIMESTAMP|UUID)/i;

function nodesOf({ name, primaryKey, properties }: NodeTable): ExampleQuery {
  const others = properties.filter(
    (property) =>
      property.name !== primaryKey &&
      SHORT.test(property.type) &&
      !isNested(property.type) &&
      isShown(property.name),
  );
  const shown = [primaryKey, ...others.slice(0, FEW_PROPERTIES).map((property) => property.name)];
  const columns = shown.map((property) => `n.${word(property)}`).join(', ');
  return {
    title: `the first nodes of ${name}`,
    cypher: `MATCH (n:${word(name)}) RETURN ${columns} ORDER BY n.${word(primaryKey)} LIMIT 5`,
  };
}

/** Who has the most of them; of a table between several pairs, which pair. */
function edgesOf(edge: RelTable, nodes: readonly NodeTable[]): ExampleQuery[] {
  const rel = word(edge.name);
  const [pair, ...others] = pairsOf(edge);
  const to = nodes.find(({ name }) => name === pair?.to);
  if (others.length > 0 || !pair || !to || !isShown(pair.from)) {
    return [
      {
        title: `what ${edge.name} leads from and to`,
        cypher: `MATCH (a)-[:${rel}]->(b) RETURN label(a) AS from_table, label(b) AS to_table, count(*) AS edges ORDER BY edges DESC, from_table, to_table LIMIT 5`,
      },
    ];
  }
  const key = `b.${word(to.primaryKey)}`;
  return [
    {
      title: `the nodes of ${to.name} with the most edges of ${edge.name}`,
      cypher: `MATCH (:${word(pair.from)})-[:${rel}]->(b:${word(to.name)}) RETURN ${key}, count(*) AS edges ORDER BY edges DESC, ${key} LIMIT 5`,
    },
  ];
}

/** What a terminal would not show as it is can't be copied from it. */
function isShown(name: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}`]/u.test(name);
}

/**
 * Words of the grammar that name no table and no property unless they are quoted: all of Kuzu 0.11.3's
 * were tried as either, on it and on Ladybug 0.19.1.
 */
const RESERVED = new Set(
  `ACYCLIC ALL AND ANY ASC ASCENDING CASE CAST COLUMN COMMIT_SKIP_CHECKPOINT CREATE DBTYPE DEFAULT DESC
   DESCENDING DISTINCT ELSE END ENDS EXISTS FALSE GLOB GROUP HEADERS HINT IN INSTALL JOIN MACRO
   MULTI_JOIN NONE NOT NULL ON ONLY OPTIONAL OR ORDER PRIMARY PROFILE ROLLBACK_SKIP_CHECKPOINT SHORTEST
   SINGLE STARTS TABLE THEN TRAIL TRUE UNION UNWIND WHEN WHERE WITH WSHORTEST XOR`.split(/\s+/),
);

/** A name as one would type it: quoted where it has to be. */
function word(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED.has(name.toUpperCase());
  return isPlain ? name : identifier(name);
}
