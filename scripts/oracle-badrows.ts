/**
 * Cases of scripts/oracle.ts about bad rows: a model says which rows of a dataset are bad, why, and
 * what the database holds afterwards; kgload's report, its file of bad rows and its database must agree.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './fuzz-checks.js';
import { integer, mulberry32, pick, type Random } from './mutate.js';
import type { Checked, Settings } from './oracle-cases.js';
import { NAMES, writeDataset, type Table } from './oracle-dataset.js';
import { ask } from './oracle-read.js';
import { cypherType, quoted, type Type, type Value } from './oracle-types.js';
import { chance, makeValue } from './oracle-values.js';
import { WRITERS, type WriterName } from './oracle-writers.js';

interface NodeTable {
  name: string;
  type: Type;
  /** Its property beside the key. */
  property: string;
}

/** One file or directory of a rel table that may connect several pairs. */
interface Edges {
  rel: string;
  from: NodeTable;
  to: NodeTable;
  table: Table;
}

interface BadRow {
  table: string;
  file: string;
  reason: string;
  /** The key, or both endpoints. */
  keys: string[];
}

/** Node table → key → the property; rel table → `from → to: n`, sorted. */
interface Contents {
  nodes: Map<string, Map<string, string>>;
  edges: Map<string, string[]>;
}

interface Dataset {
  nodes: { of: NodeTable; table: Table }[];
  edges: Edges[];
}

type Mode = 'fail' | 'skip' | 'max';

const LONG: Type = { is: 'int', bits: 64, signed: true };

export async function badRowsCase(
  seed: number,
  directory: string,
  { engine, writers }: Settings,
): Promise<Checked> {
  const random = mulberry32(seed);
  const types: Type[] = [{ is: 'string' }, LONG, LONG, { is: 'int', bits: 64, signed: false }];
  const able = writers.filter((name) => types.every((type) => WRITERS[name].canWrite(type)));
  const made = { random, writers: able.length > 0 ? able : writers };
  const nodeTables = ['Book', 'Tree', 'River'].map((name) => ({
    name,
    type: pick(random, types),
    property: pick(random, NAMES),
  }));
  const isAppend = chance(random, 0.4);
  const base = isAppend ? makeDataset(made, nodeTables, undefined) : undefined;
  const dataset = makeDataset(made, nodeTables, base);
  const mode = pick<Mode>(random, ['fail', 'skip', 'skip', 'max']);
  const schema = join(directory, 'schema.cypher');
  writeFileSync(schema, cypherOf(nodeTables));
  const db = join(directory, 'db', 'bad-rows.db');
  const wrong: string[] = [];
  const common = ['--schema', schema, '--engine', engine];
  const before: Contents = { nodes: new Map(), edges: new Map() };
  if (base) {
    await writeDataset({ tables: tablesOf(base) }, join(directory, 'base'));
    await load(join(directory, 'base'), db, [...common, '--skip-bad-rows'], wrong);
    apply(model(base, before, 'skip').after, before);
    wrong.push(...contentsDiffer(engine, db, nodeTables, before, 'after the base'));
  }
  const place = join(directory, 'dataset');
  await writeDataset({ tables: tablesOf(dataset) }, place);
  const expected = model(dataset, before, mode);
  // A dry run goes on with the good rows of a table that fails.
  const everything = model(dataset, before, 'skip').bad;
  const most = mode === 'max' ? integer(random, 2 * expected.bad.length + 2) : undefined;
  const isTooMany = most !== undefined && expected.bad.length > most;
  const flags = {
    fail: [],
    skip: ['--skip-bad-rows'],
    max: ['--max-bad-rows', String(most)],
  }[mode];
  const list = join(directory, 'bad.ndjson');
  for (const isDry of [true, false]) {
    const when = isDry ? 'dry run: ' : '';
    const args = [
      ...common,
      ...flags,
      '--bad-rows',
      list,
      ...(isAppend ? ['--append'] : []),
      ...(isDry ? ['--dry-run'] : []),
    ];
    rmSync(list, { force: true });
    const bad = isDry ? everything : expected.bad;
    const found: string[] = [];
    const { run, json } = await load(place, db, args, found);
    const fails = isTooMany || (mode === 'fail' && expected.bad.length > 0);
    if (run.code !== (fails ? 1 : 0)) found.push(`exit code ${String(run.code)}`);
    if (json && isTooMany) {
      if (!json.errors.some(({ code }) => code === 'TOO_MANY_BAD_ROWS')) {
        found.push(
          `${expected.bad.length} bad rows are not too many: ${JSON.stringify(json.errors)}`,
        );
      }
    } else if (json) {
      const reported = (json['bad_rows'] as (BadRow & { rows: number })[]).map(
        ({ table, file, reason, rows }) => `${table} ${file} ${reason}: ${rows}`,
      );
      const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : [];
      // A table may fail on its first file with bad rows, and the others not be looked at.
      const least = isDry || mode !== 'fail' ? bad : firstFiles(bad);
      found.push(...setsDiffer('bad_rows', reported, summed(bad), summed(least)));
      found.push(
        ...setsDiffer('--bad-rows', lines.map(readLine), bad.map(lineOf), least.map(lineOf)),
      );
      const skipped = mode === 'fail' ? 0 : expected.bad.length;
      if (json['total_skipped'] !== skipped) {
        found.push(`total_skipped ${String(json['total_skipped'])}, not ${skipped}`);
      }
    }
    const after = isDry || isTooMany ? before : expected.after;
    const isThere = isAppend || (!isDry && !isTooMany);
    if (!isThere && existsSync(db)) found.push('there is a database');
    if (isThere && (existsSync(db) || expected.after.nodes.size > 0)) {
      found.push(...contentsDiffer(engine, db, nodeTables, after, 'afterwards'));
    }
    wrong.push(...found.map((text) => `${when}${text}`));
  }
  const outcome = wrong.length > 0 ? 'WRONG' : expected.bad.length > 0 ? 'refused' : 'right';
  const outcomes = { right: 0, refused: 0, exception: 0, 'not tried': 0, WRONG: 0 };
  outcomes[outcome] = dataset.nodes.length + dataset.edges.length;
  const text = `bad rows, ${isAppend ? 'append, ' : ''}${['load', ...flags].join(' ')}: ${wrong.join('; ')}`;
  return {
    findings: wrong.length > 0 ? [{ kind: 'bad rows', table: '', text }] : [],
    outcomes,
    values: 0,
    exceptions: [],
  };
}

function cypherOf(nodes: readonly NodeTable[]): string {
  const [book, tree, river] = nodes.map(({ name }) => quoted(name));
  return [
    ...nodes.map(
      ({ name, type, property }) =>
        `CREATE NODE TABLE ${quoted(name)}(id ${cypherType(type)}, ${quoted(property)} INT64, PRIMARY KEY(id));`,
    ),
    `CREATE REL TABLE LIKES(FROM ${book ?? ''} TO ${tree ?? ''}, n INT64);`,
    `CREATE REL TABLE MEETS(FROM ${book ?? ''} TO ${book ?? ''}, FROM ${tree ?? ''} TO ${river ?? ''}, n INT64);`,
  ].join('\n');
}

interface Made {
  random: Random;
  writers: readonly WriterName[];
}

/** A dataset with bad rows, some of them with keys of a dataset before it. */
function makeDataset(made: Made, nodes: readonly NodeTable[], base: Dataset | undefined): Dataset {
  const { random } = made;
  const bad = chance(random, 0.15) ? 0 : pick(random, [0.02, 0.1, 0.3]);
  const tables = nodes.map((of) => {
    const held = base?.nodes.find((other) => other.of === of)?.table.rows ?? [];
    const rows: Value[][] = [];
    for (let n = integer(random, 80); n > 0; n -= 1) {
      const known = [...held, ...rows].map(([key]) => key ?? null);
      const key = !chance(random, bad)
        ? makeKey(random, of.type)
        : chance(random, 0.3) || known.length === 0
          ? null
          : pick(random, known);
      rows.push([key, BigInt(integer(random, 2 ** 31))]);
    }
    const columns = [
      { name: 'id', source: of.type, target: of.type },
      { name: of.property, source: LONG, target: LONG },
    ];
    return { of, table: tableOf(made, of.name, `nodes/${of.name.toLowerCase()}`, columns, rows) };
  });
  const keysOf = (of: NodeTable): Value[] =>
    [...tables, ...(base?.nodes ?? [])]
      .filter((other) => other.of === of)
      .flatMap(({ table }) => table.rows.map(([key]) => key ?? null))
      .filter((key) => key !== null);
  const [book, tree, river] = nodes;
  if (!book || !tree || !river) throw new Error('three node tables');
  const pairs: [string, string, NodeTable, NodeTable][] = [
    ['LIKES', 'LIKES', book, tree],
    ['MEETS', 'MEETS_Book_Book', book, book],
    ['MEETS', 'MEETS_Tree_River', tree, river],
  ];
  const edges = pairs.map(([rel, file, from, to]) => {
    const rows: Value[][] = [];
    for (let n = integer(random, 80); n > 0; n -= 1) {
      const [froms, tos] = [keysOf(from), keysOf(to)];
      const end = (of: NodeTable, keys: Value[]): Value =>
        chance(random, bad / 2)
          ? chance(random, 0.5)
            ? null
            : makeKey(random, of.type)
          : keys.length > 0
            ? pick(random, keys)
            : null;
      if (bad === 0 && (froms.length === 0 || tos.length === 0)) break;
      rows.push([BigInt(n), end(from, froms), end(to, tos)]);
    }
    const columns = [
      { name: 'n', source: LONG, target: LONG },
      { name: 'from', source: from.type, target: from.type },
      { name: 'to', source: to.type, target: to.type },
    ];
    return { rel, from, to, table: tableOf(made, file, `edges/${file}`, columns, rows) };
  });
  return { nodes: tables, edges };
}

function makeKey(random: Random, type: Type): Value {
  for (;;) {
    const key = makeValue(random, type, 0);
    if (typeof key !== 'string' || key.length < 200) return key;
  }
}

function tableOf(
  { random, writers }: Made,
  name: string,
  place: string,
  columns: Table['columns'],
  rows: Value[][],
): Table {
  const all = columns.map((_, i) => i);
  const count = chance(random, 0.5) ? 1 : 2 + integer(random, 2);
  const cuts = Array.from({ length: count - 1 }, () => integer(random, rows.length + 1));
  const bounds = [0, ...cuts.sort((a, b) => a - b), rows.length];
  const parts = Array.from({ length: count }, (_, i) => {
    const [from = 0, to = 0] = bounds.slice(i, i + 2);
    const writer = pick(random, writers);
    const fields = columns.map((column) => ({ name: column.name, type: column.source }));
    return {
      path: count === 1 ? '' : `part-${i}.parquet`,
      from,
      to,
      writer,
      options: WRITERS[writer].options(random, fields, to - from),
      columns: all,
      untyped: [],
    };
  });
  return { name, place, columns, rows, parts, extension: '.parquet' };
}

function tablesOf({ nodes, edges }: Dataset): Table[] {
  return [...nodes, ...edges].map(({ table }) => table);
}

/** A table's rows with the file that each stands in. */
function filedRows({ place, extension, rows, parts }: Table): { file: string; row: Value[] }[] {
  return parts.flatMap(({ path, from, to }) =>
    rows
      .slice(from, to)
      .map((row) => ({ file: path === '' ? place + extension : `${place}/${path}`, row })),
  );
}

/** What is bad, and what the database holds when the dataset is loaded on top of what it held. */
function model(dataset: Dataset, before: Contents, mode: Mode): { bad: BadRow[]; after: Contents } {
  const after: Contents = {
    nodes: new Map([...before.nodes].map(([name, rows]) => [name, new Map(rows)])),
    edges: new Map(before.edges),
  };
  const bad: BadRow[] = [];
  const failed = new Set<string>();
  for (const { of, table } of dataset.nodes) {
    const held = before.nodes.get(of.name) ?? new Map<string, string>();
    const now = new Map(held);
    const own: BadRow[] = [];
    for (const { file, row } of filedRows(table)) {
      const key = row[0] ?? null;
      const text = keyText(key);
      const reason =
        key === null
          ? 'null_key'
          : held.has(text)
            ? 'existing_key'
            : now.has(text)
              ? 'duplicate_key'
              : undefined;
      if (reason === undefined) now.set(text, keyText(row[1] ?? null));
      else own.push({ table: of.name, file, reason, keys: [text] });
    }
    bad.push(...own);
    if (mode === 'fail' && own.length > 0) failed.add(of.name);
    else after.nodes.set(of.name, now);
  }
  for (const rel of new Set(dataset.edges.map((edges) => edges.rel))) {
    const files = dataset.edges.filter((edges) => edges.rel === rel);
    if (files.some(({ from, to }) => failed.has(from.name) || failed.has(to.name))) continue;
    const own: BadRow[] = [];
    const now = [...(before.edges.get(rel) ?? [])];
    for (const { from, to, table } of files) {
      for (const { file, row } of filedRows(table)) {
        const [n = null, start = null, end = null] = row;
        const keys = [keyText(start), keyText(end)];
        const isThere = (of: NodeTable, key: string | undefined): boolean =>
          after.nodes.get(of.name)?.has(key ?? '') === true;
        const reason =
          start === null || end === null
            ? 'null_endpoint'
            : isThere(from, keys[0]) && isThere(to, keys[1])
              ? undefined
              : 'missing_endpoint';
        if (reason === undefined) {
          now.push(`${from.name} ${keys.join(` → ${to.name} `)}: ${keyText(n)}`);
        } else own.push({ table: rel, file, reason, keys });
      }
    }
    bad.push(...own);
    if (mode !== 'fail' || own.length === 0) after.edges.set(rel, now);
  }
  return { bad, after };
}

function apply(from: Contents, to: Contents): void {
  to.nodes = from.nodes;
  to.edges = from.edges;
}

/** As JSON says it. */
function keyText(key: Value): string {
  return typeof key === 'bigint' ? String(key) : JSON.stringify(key);
}

function summed(bad: readonly BadRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { table, file, reason } of bad) {
    const name = `${table} ${file} ${reason}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, rows]) => `${name}: ${rows}`);
}

function lineOf({ table, file, reason, keys }: BadRow): string {
  return `${table} ${file} ${reason}: ${keys.join(' → ')}`;
}

/** A line of the file of bad rows. Its keys are taken as text, which keeps every digit. */
function readLine(line: string): string {
  const { table, file, reason } = JSON.parse(line) as BadRow;
  const keys = [...line.matchAll(/"(?:key|from|to)":("(?:[^"\\]|\\.)*"|null|-?\d+)/g)];
  const texts = keys.map(([, key = '']) =>
    key.startsWith('"') ? JSON.stringify(JSON.parse(key)) : key,
  );
  // An integer that JSON's readers would round may be in quotes.
  const isLong = (text: string): boolean => /^"-?\d{16,}"$/.test(text);
  return lineOf({ table, file, reason, keys: texts.map((t) => (isLong(t) ? t.slice(1, -1) : t)) });
}

/** Of each table the bad rows of the first file that has any. */
function firstFiles(bad: readonly BadRow[]): BadRow[] {
  const first = new Map<string, string>();
  for (const { table, file } of bad) if (!first.has(table)) first.set(table, file);
  return bad.filter(({ table, file }) => first.get(table) === file);
}

/** What was found and is not there, and what is there (or what of it must be found) and was not. */
function setsDiffer(
  what: string,
  found: readonly string[],
  goal: readonly string[],
  least: readonly string[] = goal,
): string[] {
  const surplus = without(found, goal);
  const missing = without(least, found);
  if (surplus.length === 0 && missing.length === 0) return [];
  return [
    `${what}: ${surplus.length} too many (${surplus.slice(0, 3).join(', ')}), ${missing.length} missing (${missing.slice(0, 3).join(', ')})`,
  ];
}

/** Every item as often as it is not in the others. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return items.filter((item) => {
    const count = left.get(item) ?? 0;
    left.set(item, count - 1);
    return count <= 0;
  });
}

function contentsDiffer(
  engine: Settings['engine'],
  db: string,
  nodes: readonly NodeTable[],
  goal: Contents,
  when: string,
): string[] {
  const rels = ['LIKES', 'MEETS'];
  const key = (x: string): string => `CAST(${x}.id, 'STRING')`;
  const answers = ask(engine, db, [
    ...nodes.map(
      ({ name, property }) =>
        `MATCH (n:${name}) RETURN ${key('n')} AS k, n.${quoted(property)} AS v`,
    ),
    ...rels.flatMap((rel) =>
      pairsOf(rel, nodes).map(
        ([from, to]) =>
          `MATCH (a:${from.name})-[r:${rel}]->(b:${to.name}) RETURN ${key('a')} AS a, ${key('b')} AS b, r.n AS n`,
      ),
    ),
  ]);
  const shown = (type: Type, text: unknown): string =>
    type.is === 'string' ? JSON.stringify(text) : (text as string);
  const failed = answers.flatMap((answer) => ('error' in answer ? [answer.error] : []));
  if (failed.length > 0) return [`the database cannot be read ${when}: ${failed[0] ?? ''}`];
  const rowsOf = (index: number): unknown[][] => {
    const answer = answers[index];
    return answer && 'rows' in answer ? answer.rows : [];
  };
  const wrong = nodes.flatMap(({ name, type }, i) => {
    const found = rowsOf(i).map(([k, v]) => `${shown(type, k)}: ${String(v as number)}`);
    const held = goal.nodes.get(name) ?? new Map<string, string>();
    return setsDiffer(
      `${name} ${when}`,
      found,
      [...held].map(([k, v]) => `${k}: ${v}`),
    );
  });
  let at = nodes.length;
  for (const rel of rels) {
    const found = pairsOf(rel, nodes).flatMap(([from, to]) => {
      const rows = rowsOf(at);
      at += 1;
      return rows.map(
        ([a, b, n]) =>
          `${from.name} ${shown(from.type, a)} → ${to.name} ${shown(to.type, b)}: ${String(n as number)}`,
      );
    });
    wrong.push(...setsDiffer(`${rel} ${when}`, found, goal.edges.get(rel) ?? []));
  }
  return wrong;
}

function pairsOf(rel: string, nodes: readonly NodeTable[]): [NodeTable, NodeTable][] {
  const [book, tree, river] = nodes;
  if (!book || !tree || !river) return [];
  return rel === 'LIKES'
    ? [[book, tree]]
    : [
        [book, book],
        [tree, river],
      ];
}
