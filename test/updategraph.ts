/** Datasets and databases for tests of updates: written of a model, and read back by plain queries. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openEngine } from '../src/engine/engine.js';
import { ENGINE, execute, queryOver } from './helpers.js';
import { print, printAll, typed, written } from './updatevalues.js';
import type { Content, Edge, EdgeTable, Files, NodeTable, Text } from './updatemodel.js';

type Table = NodeTable | EdgeTable;

/** The literal of each value that the model has as text: `type text` → literal. */
const literals = new Map<string, string>();

/** A value of the model, from its literal. */
export function known(literal: string | null, type: string): Text {
  const text = print(literal, type);
  if (text !== null && literal !== null) literals.set(`${type} ${text}`, literal);
  return text;
}

export function knowAll(type: string, all: readonly string[]): void {
  printAll(type, all);
  for (const literal of all) known(literal, type);
}

/** A literal that nobody said is the text itself, as all types are cast from it. */
function literalOf(text: Text | undefined, type: string): string | null {
  if (text === null || text === undefined) return null;
  return literals.get(`${type} ${text}`) ?? quoted(text);
}

export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** As a column holds it; a SERIAL key is an INT64. */
function plain(type: string): string {
  return type === 'SERIAL' ? 'INT64' : type;
}

export function definition(table: Table): string {
  const columns = Object.entries(table.types).map(([name, type]) => {
    const value = table.defaults[name];
    return `${name} ${type}${value === undefined ? '' : ` DEFAULT ${typed(literalOf(value, type), type)}`}`;
  });
  if (table.is === 'node') {
    return `CREATE NODE TABLE ${table.name}(${[`id ${table.keyType}`, ...columns, 'PRIMARY KEY(id)'].join(', ')});`;
  }
  const ends = table.pairs.map(({ from, to }) => `FROM ${from} TO ${to}`);
  const end = table.multiplicity === 'MANY_MANY' ? [] : [table.multiplicity];
  return `CREATE REL TABLE ${table.name}(${[...ends, ...columns, ...end].join(', ')});`;
}

export function schemaText(tables: readonly Table[]): string {
  return tables.map(definition).join('\n');
}

/** The type of a node table's keys. */
export function keyTypeOf(tables: readonly Table[], name: string): string {
  const table = tables.find((one) => one.name === name);
  return plain(table?.is === 'node' ? table.keyType : 'STRING');
}

/**
 * A file of rows, each a literal a column; `types` are those of the columns. The rows are first stored:
 * of a UNION of structs that are NULL and others, Kuzu 0.11.3 writes the wrong ones.
 */
export function writeRows(
  path: string,
  types: Record<string, string>,
  rows: readonly Record<string, string | null>[],
): void {
  mkdirSync(dirname(path), { recursive: true });
  const columns = Object.entries(types).map(([name, type]) => [name, written(type)] as const);
  const cell = (row: Record<string, string | null>, name: string): string[] => {
    const literal = row[name] ?? null;
    return literal === null ? [] : [`\`${name}\`: ${typed(literal, written(types[name] ?? ''))}`];
  };
  const names = columns.map(([name]) => `n.\`${name}\` AS \`${name}\``).join(', ');
  const result = `MATCH (n:T) RETURN ${names} ORDER BY n.number`;
  const creates = rows.map(
    (row, i) =>
      `(:T {${[`number: ${i}`, ...columns.flatMap(([name]) => cell(row, name))].join(', ')}})`,
  );
  execute(
    ':memory:',
    `CREATE NODE TABLE T(number INT64 PRIMARY KEY${columns.map(([name, type]) => `, \`${name}\` ${type}`).join('')})`,
    ...(creates.length > 0 ? [`CREATE ${creates.join(', ')}`] : []),
    `COPY (${result}) TO '${path}'`,
  );
}

/** Writes a dataset; a table of several files has them in a directory. */
export function writeDataset(
  directory: string,
  tables: readonly Table[],
  files: Files,
  schema = schemaText(tables),
): void {
  rmSync(directory, { recursive: true, force: true });
  for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'schema.cypher'), schema);
  for (const table of tables) {
    const own = (table.is === 'node' ? files.nodes : files.edges).filter(
      (file) => file.table === table.name,
    );
    for (const [i, file] of own.entries()) {
      const part = own.length === 1 ? '' : `/part-${String(i).padStart(3, '0')}`;
      const path = join(directory, `${table.is}s`, `${table.name}${part}.parquet`);
      const columns = Object.fromEntries(
        file.columns.map((name) => [name, table.types[name] ?? '']),
      );
      const values = (props: Record<string, Text>): Record<string, string | null> =>
        Object.fromEntries(
          file.columns.map((name) => [name, literalOf(props[name], table.types[name] ?? '')]),
        );
      if (table.is === 'node') {
        const keyType = keyTypeOf(tables, table.name);
        const rows = (file as Files['nodes'][number]).rows.map(({ key, props }) => ({
          id: literalOf(key, keyType),
          ...values(props),
        }));
        writeRows(path, { id: keyType, ...columns }, rows);
        continue;
      }
      writeEdgeFile(path, table, tables, columns, (file as Files['edges'][number]).rows, values);
    }
  }
}

/** Endpoints of several types are text, with the names of their tables. */
function writeEdgeFile(
  path: string,
  table: EdgeTable,
  tables: readonly Table[],
  columns: Record<string, string>,
  edges: Files['edges'][number]['rows'],
  values: (props: Record<string, Text>) => Record<string, string | null>,
): void {
  const [first] = table.pairs;
  const isSingle = table.pairs.length === 1;
  const type = (end: 'from' | 'to', node: string): string => {
    const own = keyTypeOf(tables, node);
    const all = new Set(table.pairs.map((pair) => keyTypeOf(tables, pair[end])));
    return isSingle || all.size === 1 ? own : 'STRING';
  };
  const cell = (end: 'from' | 'to', node: string, key: Text): string | null => {
    if (key === null || type(end, node) === keyTypeOf(tables, node)) {
      return literalOf(key, type(end, node));
    }
    return `'${key}'`;
  };
  const rows = edges.map(({ from, to, fromKey, toKey, props }) => ({
    from: cell('from', from, fromKey),
    to: cell('to', to, toKey),
    from_table: `'${from}'`,
    to_table: `'${to}'`,
    ...values(props),
  }));
  const ends = { from: type('from', first?.from ?? ''), to: type('to', first?.to ?? '') };
  const labels = isSingle ? {} : { from_table: 'STRING', to_table: 'STRING' };
  writeRows(path, { ...ends, ...labels, ...columns }, rows);
}

/** What a database holds of some tables, and whatever about it does not fit together. */
export function readContent(
  path: string,
  tables: readonly Table[],
): { content: Content; wrong: string[] } {
  const content: Content = { nodes: new Map(), edges: new Map() };
  const wrong: string[] = [];
  const { connection, close } = openEngine(ENGINE, path, { readOnly: true, bufferPool: 512e6 });
  const ask = (cypher: string): Record<string, unknown>[] => queryOver(connection, cypher);
  try {
    for (const table of tables) {
      const props = Object.keys(table.types);
      const columns = (variable: string): string =>
        props.map((name, i) => `, CAST(${variable}.\`${name}\` AS STRING) AS p${i}`).join('');
      const values = (row: Record<string, unknown>): Record<string, Text> =>
        Object.fromEntries(
          props.map((name, i) => [name, (row[`p${i}`] as Text | undefined) ?? null]),
        );
      if (table.is === 'node') {
        const rows = ask(`MATCH (n:${table.name}) RETURN CAST(n.id AS STRING) AS k${columns('n')}`);
        const byKey = new Map(rows.map((row) => [String(row['k']), values(row)]));
        if (byKey.size !== rows.length) wrong.push(`${table.name} has keys twice`);
        content.nodes.set(table.name, byKey);
        const type = plain(table.keyType);
        const keys = [...byKey.keys()].map((key) =>
          typed(literals.get(`${type} ${key}`) ?? `'${key}'`, type),
        );
        for (let at = 0; at < keys.length; at += 100) {
          const some = keys.slice(at, at + 100);
          const [found] = ask(
            `UNWIND [${some.join(', ')}] AS k MATCH (n:${table.name} {id: k}) RETURN count(*) AS n`,
          );
          if (Number(found?.['n']) !== some.length) {
            wrong.push(
              `the index of ${table.name} finds ${String(found?.['n'])} of ${some.length} keys`,
            );
          }
        }
        continue;
      }
      const edges: Edge[] = [];
      for (const { from, to } of table.pairs) {
        const shape = (match: string): Edge[] =>
          ask(
            `${match} RETURN CAST(a.id AS STRING) AS x, CAST(b.id AS STRING) AS y${columns('r')}`,
          ).map((row) => ({
            from,
            to,
            fromKey: String(row['x']),
            toKey: String(row['y']),
            props: values(row),
          }));
        const forward = shape(`MATCH (a:${from}) WITH a MATCH (a)-[r:${table.name}]->(b:${to})`);
        const backward = shape(`MATCH (b:${to}) WITH b MATCH (a:${from})-[r:${table.name}]->(b)`);
        const texts = [forward, backward].map((list) =>
          list.map((edge) => JSON.stringify(edge)).sort(),
        );
        if (JSON.stringify(texts[0]) !== JSON.stringify(texts[1])) {
          wrong.push(
            `${table.name} has ${forward.length} edges from ${from} and ${backward.length} into ${to}`,
          );
        }
        edges.push(...forward);
      }
      content.edges.set(table.name, edges);
    }
  } finally {
    close();
  }
  return { content, wrong };
}

/** Where two contents differ, in words. */
export function contentDifferences(found: Content, wanted: Content): string[] {
  const wrong: string[] = [];
  for (const [table, rows] of wanted.nodes) {
    const there = found.nodes.get(table) ?? new Map<string, Record<string, Text>>();
    for (const [key, props] of rows) {
      const own = there.get(key);
      if (!own) wrong.push(`${table} lacks ${key}`);
      for (const [name, value] of own ? Object.entries(props) : []) {
        const is = own?.[name] ?? null;
        if (is !== value)
          wrong.push(`${table} ${key} has ${name}: ${show(is)}, not ${show(value)}`);
      }
    }
    for (const key of there.keys()) if (!rows.has(key)) wrong.push(`${table} has ${key}`);
  }
  for (const [table, edges] of wanted.edges) {
    const counts = new Map<string, number>();
    const add = (edge: Edge, n: number): void => {
      const props = Object.fromEntries(Object.entries(edge.props).sort());
      const text = JSON.stringify([edge.from, edge.fromKey, edge.to, edge.toKey, props]);
      counts.set(text, (counts.get(text) ?? 0) + n);
    };
    for (const edge of edges) add(edge, 1);
    for (const edge of found.edges.get(table) ?? []) add(edge, -1);
    for (const [text, n] of counts) {
      if (n !== 0)
        wrong.push(
          `${table} has ${Math.abs(n)} ${n > 0 ? 'too few' : 'too many'} of ${text.slice(0, 300)}`,
        );
    }
  }
  return wrong.slice(0, 8);
}

function show(text: Text): string {
  return text === null ? 'NULL' : JSON.stringify(text.slice(0, 60));
}
