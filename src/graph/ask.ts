/** The questions that people ask a code graph, by the names that they have for things. */
import {
  CALLEES,
  CALLERS,
  edgesAlong,
  edgesFromFile,
  edgesInFile,
  edgesInto,
  ENGINE_DEPTH,
  inFile,
  ownersAlong,
  ownersInFile,
  ownersOfUsers,
  SUBCLASSES,
  uses,
  type Way,
} from '../cypher/questions.js';
import { databaseBytes, inspectDatabase } from '../database/target.js';
import { watchForWriters } from '../engine/engine.js';
import type { Value } from '../model/answer.js';
import { codeGraph } from '../model/codegraph.js';
import { snakeCase } from '../model/names.js';
import { type Thing } from '../model/reference.js';
import type { DatabaseStats, Resources } from '../types.js';
import { all, askTables, reach } from './reach.js';
import { Session } from './session.js';
import { checkTables, mismatch } from './tables.js';
import { findFile, findThing, type Unclear } from './things.js';

/** A question as it is asked. */
export interface Question {
  question: QuestionName;
  /** What people call the thing that it is about. */
  name: string;
  /** Steps to follow; by default one, and for impact and subclasses all. */
  depth?: number | undefined;
  /** From where paths are relative. */
  directory: string;
  /** Also the graph. */
  isDrawn: boolean;
}

export interface Asked {
  /** That was asked. */
  database: DatabaseStats['database'];
  about: Thing;
  columns: string[];
  rows: Value[][];
  graph?: AskedGraph;
}

/** What was asked about, what was found, and the rels between them. */
export interface AskedGraph {
  nodes: { id: string; table: string; label: string; properties: Record<string, Value> }[];
  edges: {
    id: string;
    table: string;
    from: string;
    to: string;
    properties: Record<string, Value>;
  }[];
}

type Row = Record<string, Value>;

/** Rels of a table, as a query for them. */
interface Edges {
  table: string;
  from: string;
  to: string;
  cypher: string;
}

/** How a question is answered about a thing. */
interface Approach {
  /** Of what is found. */
  table: string;
  columns: string[];
  rows: (session: Session) => AsyncGenerator<Row, void>;
  /** Asks for the classes of the functions that are found. */
  owners?: string;
  edges: Edges[];
}

const FUNCTION = ['name', 'class', 'file', 'start_line', 'end_line', 'is_public', 'id'];
const IN_FILE = {
  functions: {
    table: 'Function',
    rel: 'CONTAINS_FUNCTION',
    between: 'CALLS',
    line: 'startLine',
    columns: ['name', 'class', 'start_line', 'end_line', 'is_public', 'file', 'id'],
  },
  classes: {
    table: 'Class',
    rel: 'CONTAINS_CLASS',
    between: 'INHERITS',
    line: 'startLine',
    columns: ['name', 'start_line', 'end_line', 'bases', 'is_public', 'file', 'id'],
  },
  imports: {
    table: 'Import',
    rel: 'HAS_IMPORT',
    between: undefined,
    line: 'lineNumber',
    columns: ['imported_name', 'import_type', 'alias', 'line_number', 'is_relative', 'file', 'id'],
  },
} as const;

const ALONG = {
  callers: { way: CALLERS, depth: 1, columns: ['distance', ...FUNCTION] },
  callees: { way: CALLEES, depth: 1, columns: ['distance', ...FUNCTION] },
  impact: { way: CALLERS, depth: Infinity, columns: ['distance', ...FUNCTION] },
  subclasses: {
    way: SUBCLASSES,
    depth: Infinity,
    columns: ['distance', 'name', 'file', 'start_line', 'end_line', 'bases', 'is_public', 'id'],
  },
} as const;

const USED = {
  Variable: { rel: 'REFERENCES', how: 'context' },
  Attribute: { rel: 'ACCESSES', how: 'access_type' },
} as const;

export type QuestionName = keyof typeof IN_FILE | keyof typeof ALONG | 'users';

export const QUESTIONS: readonly QuestionName[] = [
  'functions',
  'classes',
  'imports',
  'callers',
  'callees',
  'impact',
  'subclasses',
  'users',
];

/**
 * Answers a question about the thing that a name means, or says why it is not clear what is meant. The
 * database is opened read-only.
 *
 * @throws {KgloadError} `ENOENT`, `TARGET_NOT_A_DATABASE`, `TARGET_LOCKED`; `SCHEMA_MISMATCH` for a
 *   database without the tables that are asked; `ENGINE`.
 */
export async function askQuestion(
  path: string,
  question: Question,
  resources: Resources = {},
): Promise<Asked | Unclear> {
  const target = inspectDatabase(path);
  const { header } = target;
  const session = new Session(path, { ...resources, readOnly: true });
  try {
    const check = watchForWriters(header.engine, path);
    const about = await thingAsked(session, question);
    if ('problem' in about) return about;
    const answer = await answerOf(session, about, question);
    check();
    const { storageVersion } = header;
    const bytes = databaseBytes(target.path);
    return { database: { path, ...session.engine, storageVersion, bytes }, about, ...answer };
  } finally {
    await session.close();
  }
}

async function thingAsked(session: Session, asked: Question): Promise<Thing | Unclear> {
  const { question, name, directory } = asked;
  const catalog = await session.catalog();
  if (question in IN_FILE) {
    const { table } = IN_FILE[question as keyof typeof IN_FILE];
    return await findFile(session, table, name, directory);
  }
  if (question === 'users') {
    const used = (['Variable', 'Attribute'] as const).filter(
      (table) => !mismatch([table, USED[table].rel], catalog),
    );
    if (used.length === 0) checkTables(['Variable', 'REFERENCES'], catalog);
    return await findThing(session, used, name);
  }
  const { node, rel } = wayOf(question).way;
  checkTables([node, rel], catalog);
  return await findThing(session, [node], name);
}

function wayOf(question: QuestionName): { way: Way; depth: number; columns: readonly string[] } {
  return ALONG[question as keyof typeof ALONG];
}

async function answerOf(
  session: Session,
  about: Thing,
  question: Question,
): Promise<Pick<Asked, 'columns' | 'rows' | 'graph'>> {
  const { table, columns, rows, owners, edges } = approachTo(about, question);
  const catalog = await session.catalog();
  const isThere = (...names: string[]): boolean => !mismatch(names, catalog);
  const classes = new Map<Value, Value>();
  if (owners !== undefined && isThere('METHOD_OF')) {
    const named = await all(askTables<Row>(session, ['METHOD_OF'], owners));
    for (const { id, owner } of named) classes.set(id ?? null, owner ?? null);
    if (about.table === 'Function') classes.set(about.id, about.owner);
  }
  const found: Row[] = [];
  for await (const row of rows(session)) {
    const named = Object.entries(row).map(([name, value]) => [snakeCase(name), plain(value)]);
    const own = Object.fromEntries(named) as Row;
    found.push({ ...own, class: classes.get(own['id'] ?? null) ?? null });
  }
  const answer = {
    columns: [...columns],
    rows: found.map((row) => columns.map((column) => row[column] ?? null)),
  };
  if (!question.isDrawn) return answer;
  const graph = startGraph(about);
  for (const row of found) addNode(graph, table, row);
  for (const { cypher, ...ends } of edges) {
    if (!isThere(ends.table, ends.from, ends.to)) continue;
    for (const row of await all(askTables<Row>(session, [ends.table], cypher))) {
      addEdge(graph, ends, row);
    }
  }
  return { ...answer, graph: { nodes: [...graph.nodes.values()], edges: graph.edges } };
}

function approachTo(about: Thing, { question, depth }: Question): Approach {
  const { id } = about;
  if (question in IN_FILE) return inFileAnswer(id, question as keyof typeof IN_FILE);
  if (question === 'users') return usersAnswer(about.table as keyof typeof USED, id);
  const { way, depth: usual, columns } = wayOf(question);
  const far = Math.min(depth ?? usual, ENGINE_DEPTH);
  const ends = { table: way.rel, from: way.node, to: way.node };
  return {
    table: way.node,
    columns: [...columns],
    rows: (session) => reach<Row & { distance: number }>(session, way, id, depth ?? usual),
    ...(way.node === 'Function' && { owners: ownersAlong(way, id, far) }),
    edges: [
      { ...ends, cypher: edgesAlong(way, id) },
      { ...ends, cypher: edgesAlong(way, id, far) },
    ],
  };
}

function inFileAnswer(path: string, question: keyof typeof IN_FILE): Approach {
  const { table, rel, between, line, columns } = IN_FILE[question];
  return {
    table,
    columns: [...columns],
    rows: (session) => askTables<Row>(session, [table], inFile(table, path, line)),
    ...(table === 'Function' && { owners: ownersInFile(path) }),
    edges: [
      { table: rel, from: 'File', to: table, cypher: edgesFromFile(rel, table, path) },
      ...(between === undefined
        ? []
        : [{ table: between, from: table, to: table, cypher: edgesInFile(between, table, path) }]),
    ],
  };
}

function usersAnswer(table: keyof typeof USED, id: string): Approach {
  const { rel, how } = USED[table];
  const tables = ['Function', rel, table];
  return {
    table: 'Function',
    columns: [
      'name',
      'class',
      'file',
      'line_number',
      how,
      'start_line',
      'end_line',
      'is_public',
      'id',
    ],
    rows: (session) => askTables<Row>(session, tables, uses(table, rel, id)),
    owners: ownersOfUsers(table, rel, id),
    edges: [{ table: rel, from: 'Function', to: table, cypher: edgesInto(rel, table, id) }],
  };
}

interface Growing {
  nodes: Map<string, AskedGraph['nodes'][number]>;
  edges: AskedGraph['edges'];
}

function startGraph({ table, id, name, file, line, endLine, owner }: Thing): Growing {
  const node = {
    id: `${table} ${id}`,
    table,
    label: owner === null ? name : `${owner}.${name}`,
    properties: propertiesOf({ table, id, name, file, line, endLine }),
  };
  return { nodes: new Map([[node.id, node]]), edges: [] };
}

/** Under the names that the code graph has for them. */
function propertiesOf(thing: Omit<Thing, 'owner'>): Record<string, Value> {
  const { table, id, name, file, line, endLine } = thing;
  if (table === 'File') return { path: id };
  if (table in USED) return { id, name, file, definition_line: line };
  return { id, name, file, start_line: line, end_line: endLine };
}

/** Of a function that is found more than once, the first row. */
function addNode({ nodes }: Growing, table: string, row: Row): void {
  const id = `${table} ${textOf(row['id'])}`;
  if (nodes.has(id)) return;
  const { class: owner } = row;
  const own = codeGraph.nodes.find((node) => node.name === table)?.properties ?? [];
  const shown = own.filter((property) => property.name !== 'source_code' && property.name in row);
  const properties = Object.fromEntries(
    shown.map((property) => [property.name, row[property.name] ?? null]),
  );
  const name = textOf(row['name'] ?? row['imported_name'] ?? row['id']);
  const label = typeof owner === 'string' ? `${owner}.${name}` : name;
  nodes.set(id, { id, table, label, properties });
}

function addEdge({ nodes, edges }: Growing, ends: Omit<Edges, 'cypher'>, row: Row): void {
  const { f, t, ...properties } = row;
  const from = `${ends.from} ${textOf(f)}`;
  const to = `${ends.to} ${textOf(t)}`;
  if (!nodes.has(from) || !nodes.has(to)) return;
  edges.push({ id: `${ends.table} ${edges.length}`, table: ends.table, from, to, properties });
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Whole numbers of 64 bits may come as either. */
function plain(value: Value): Value {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
