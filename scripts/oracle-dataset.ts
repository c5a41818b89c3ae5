/** A case's dataset: which tables, with which columns and values, written by whom, laid out how. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { integer, pick, type Random } from './mutate.js';
import { LOST, converted, toText } from './oracle-rules.js';
import { cypherType, quoted, someType, textOf, type Type, type Value } from './oracle-types.js';
import { chance, makeType, makeValue, shuffled } from './oracle-values.js';
import { WRITERS, type Options, type WriterName } from './oracle-writers.js';

export interface Column {
  name: string;
  /** What the file holds. */
  source: Type;
  /** What the property is. */
  target: Type;
}

export interface Part {
  /** Below the table's file or directory; '' where it is the one file. */
  path: string;
  from: number;
  to: number;
  writer: WriterName;
  options: Options;
  /** Columns in the order of this file; one that is left out is NULL. */
  columns: number[];
  /** Columns of nothing but nulls that say no type. */
  untyped: number[];
}

export interface Table {
  name: string;
  /** Below the dataset, without an extension. */
  place: string;
  /** Node tables that a rel table connects. */
  ends?: [Table, Table];
  /** The key, or what tells edges apart, comes first; then an edge's endpoints. */
  columns: Column[];
  rows: Value[][];
  parts: Part[];
  extension: string;
  /** Part files stand in a directory that is named as a file would be, as Spark does. */
  isNamedAsFile?: boolean;
  /** The column that the directories' names hold. */
  hive?: number;
  /** What of it is a symbolic link. */
  link?: 'table' | 'parts';
}

export interface Plan {
  tables: Table[];
}

const NODES = ['Book', 'Tree', 'River', 'Stone'];
const VERBS = ['LIKES', 'MEETS', 'OWNS'];
const EXTENSIONS = [
  '.parquet',
  '.parquet',
  '.parquet',
  '.parq',
  '.pq',
  '.PARQUET',
  '.snappy.parquet',
  '.parquet.snappy',
];
/** Names that people give, and those that a loader may use in its own queries. */
export const NAMES = [
  'p',
  'name',
  'Größe',
  'two words',
  'order',
  'MixedCase',
  '数',
  'a-b',
  'x.y',
  ...['a', 'b', 'c', 'e', 'h0', 'k', 'k0', 'key0', 'm', 'n0', 'o', 'r', 's', 'v', 'x'],
];

/** What a dataset is made with. */
export interface Making {
  random: Random;
  writers: readonly WriterName[];
  depth: number;
}

export function makePlan(making: Making): Plan {
  const { random } = making;
  const tables: Table[] = [];
  const nodes = 1 + integer(random, 3);
  for (const name of NODES.slice(0, nodes)) {
    tables.push(makeTable(making, name, `nodes/${name.toLowerCase()}`));
  }
  const rels = integer(random, 3);
  for (const verb of VERBS.slice(0, rels)) {
    const ends: [Table, Table] = [
      pick(random, tables.slice(0, nodes)),
      pick(random, tables.slice(0, nodes)),
    ];
    const name = [ends[0].name.toUpperCase(), verb, ends[1].name.toUpperCase()].join('_');
    if (tables.some((table) => table.name === name)) continue;
    tables.push(makeTable(making, name, `edges/${name.toLowerCase()}`, ends));
  }
  return { tables };
}

function makeTable(making: Making, name: string, place: string, ends?: [Table, Table]): Table {
  const { random, writers } = making;
  const able = ends
    ? writers.filter((w) => ends.every((t) => WRITERS[w].canWrite(t.columns[0]?.source ?? LONG)))
    : writers;
  const writer = pick(random, able.length > 0 ? able : writers);
  const canWrite = (type: Type): boolean => WRITERS[writer].canWrite(type);
  // More than a writer puts into a page, or into a row group.
  const isLong = chance(random, 0.01);
  const rows = isLong
    ? 101_000 + integer(random, 30_000)
    : chance(random, 0.05)
      ? 3000 + integer(random, 3000)
      : chance(random, 0.1)
        ? integer(random, 2)
        : 2 + integer(random, 60);
  const columns: (Column & { make: (row: number) => Value })[] = [];
  if (ends) {
    columns.push({ name: 'n', source: LONG, target: LONG, make: (row) => BigInt(row) });
    for (const [i, end] of ends.entries()) {
      const { source, target } = end.columns[0] ?? { source: LONG, target: LONG };
      columns.push({
        name: ['from', 'to'][i] ?? '',
        source,
        target,
        make: () => pick(random, end.rows)[0] ?? null,
      });
    }
  } else {
    columns.push(makeKey(random, canWrite, rows));
  }
  const isEmpty = ends?.some((end) => end.rows.length === 0) === true;
  const count = isEmpty ? 0 : rows;
  const names = shuffled(random, NAMES);
  for (let i = isLong ? 1 : 1 + integer(random, 5); i > 0; i -= 1) {
    const column = makeColumn(
      isLong ? { ...making, depth: 0 } : making,
      names[i] ?? `p${i}`,
      canWrite,
    );
    if (column) columns.push(column);
  }
  const values = Array.from({ length: count }, (_, row) => columns.map(({ make }) => make(row)));
  const table: Table = {
    name,
    place,
    ...(ends ? { ends } : {}),
    columns: columns.map((column) => ({
      name: column.name,
      source: column.source,
      target: column.target,
    })),
    rows: values,
    parts: [],
    extension: pick(random, EXTENSIONS),
  };
  layOut(random, table, writer, writers);
  return table;
}

const LONG: Type = { is: 'int', bits: 64, signed: true };

function makeKey(
  random: Random,
  canWrite: (type: Type) => boolean,
  rows: number,
): Column & { make: (row: number) => Value } {
  const kinds: Type[] = [
    { is: 'string' },
    { is: 'string' },
    LONG,
    LONG,
    ...[8, 16, 32].map((bits) => ({ is: 'int', bits, signed: chance(random, 0.5) }) as const),
    { is: 'int', bits: 64, signed: false },
    { is: 'uuid' },
    { is: 'date' },
    { is: 'timestamp', unit: pick(random, ['ms', 'us']), utc: chance(random, 0.5) },
    { is: 'blob' },
  ];
  const fits = kinds.filter(
    (type) =>
      canWrite(type) &&
      (rows < 100 || type.is === 'string' || (type.is === 'int' && type.bits > 16)),
  );
  const source = pick(random, fits);
  const seen = new Set<string>();
  const make = (): Value => {
    for (;;) {
      const value = makeValue(random, source, 0);
      const text = textOf(source, value);
      if (!seen.has(text)) {
        seen.add(text);
        return value;
      }
    }
  };
  return { name: 'id', source, target: natural(random, source), make };
}

function makeColumn(
  { random, depth }: Making,
  name: string,
  canWrite: (type: Type) => boolean,
): (Column & { make: (row: number) => Value }) | undefined {
  const nulls = pick(random, [0, 0.05, 0.3, 0.3, 1]);
  const string: Type = { is: 'string' };
  const choice = random();
  if (choice < 0.08 && canWrite(string)) {
    // Text of another type.
    const target = makeTextual(random);
    const make = (): Value => {
      const value = makeValue(random, target, nulls);
      const text = value === null ? null : toText(target, value);
      return text === LOST ? null : text;
    };
    return { name, source: string, target, make };
  }
  if (choice < 0.11 && canWrite({ is: 'null' })) {
    const target = makeType(random, depth, () => true) ?? string;
    return { name, source: { is: 'null' }, target: natural(random, target), make: () => null };
  }
  if (choice < 0.14 && canWrite({ is: 'float', bits: 64 })) {
    // As pandas writes integers with a missing one.
    const target: Type = { is: 'int', bits: pick(random, [32, 64]), signed: true };
    const make = (): Value => (chance(random, nulls) ? null : integer(random, 2 ** 31));
    return { name, source: { is: 'float', bits: 64 }, target, make };
  }
  const source = makeType(random, depth, canWrite);
  if (!source) return undefined;
  const target = chance(random, 0.15) ? another(random, source) : natural(random, source);
  return { name, source, target, make: () => makeValue(random, source, nulls) };
}

/** A type whose text the engine parses. */
function makeTextual(random: Random): Type {
  return pick<Type>(random, [
    { is: 'int', bits: pick(random, [8, 16, 32, 64, 128]), signed: true },
    { is: 'int', bits: 64, signed: false },
    { is: 'decimal', precision: 18, scale: 4 },
    { is: 'bool' },
    { is: 'uuid' },
    { is: 'date' },
    { is: 'timestamp', unit: 'us', utc: false },
  ]);
}

/** The type that everybody would give a property of such a column. */
export function natural(random: Random, source: Type): Type {
  switch (source.is) {
    case 'float':
      return source.bits === 16 ? { is: 'float', bits: pick(random, [32, 64]) } : source;
    case 'time':
      return { is: pick(random, ['string', 'interval']) };
    case 'timestamp':
      if (source.utc) return { ...source, unit: 'us', utc: chance(random, 0.5) };
      return { ...source, unit: chance(random, 0.5) ? 'us' : source.unit };
    case 'null':
      return { is: 'string' };
    case 'list':
    case 'array':
      return { ...source, of: natural(random, source.of) };
    case 'struct': {
      // By name, wherever a field stands.
      const fields = chance(random, 0.3) ? shuffled(random, source.fields) : source.fields;
      return { is: 'struct', fields: fields.map((f) => ({ ...f, type: natural(random, f.type) })) };
    }
    case 'map':
      return { is: 'map', key: natural(random, source.key), value: natural(random, source.value) };
    default:
      return source;
  }
}

/** Another type that holds the values, or some of them. */
function another(random: Random, source: Type): Type {
  switch (source.is) {
    case 'int':
      return pick<Type>(random, [
        { is: 'string' },
        { is: 'int', bits: 64, signed: true },
        { is: 'int', bits: 128, signed: true },
        { is: 'float', bits: 64 },
        { is: 'int', bits: pick(random, [8, 16, 32]), signed: chance(random, 0.5) },
      ]);
    case 'float':
      return pick<Type>(random, [
        { is: 'float', bits: 64 },
        { is: 'float', bits: 32 },
        { is: 'int', bits: 64, signed: true },
      ]);
    case 'decimal': {
      const { precision, scale } = source;
      const wider = { is: 'decimal', precision: Math.min(38, precision + 3), scale } as const;
      return pick<Type>(random, [{ is: 'string' }, wider, { ...source, scale: 0 }]);
    }
    case 'uuid':
    case 'bool':
    case 'blob':
      return { is: 'string' };
    case 'date':
      return pick<Type>(random, [{ is: 'string' }, { is: 'timestamp', unit: 'us', utc: false }]);
    case 'timestamp':
      return { is: 'timestamp', unit: pick(random, ['s', 'ms', 'us', 'ns']), utc: false };
    case 'list':
      return { is: 'list', of: another(random, source.of) };
    case 'array':
      return chance(random, 0.5)
        ? { is: 'list', of: natural(random, source.of) }
        : { ...source, of: another(random, source.of) };
    case 'struct': {
      const at = integer(random, source.fields.length);
      return {
        is: 'struct',
        fields: source.fields.map((f, i) => ({
          ...f,
          type: (i === at ? another : natural)(random, f.type),
        })),
      };
    }
    case 'map':
      return { ...source, value: another(random, source.value) };
    default:
      return natural(random, source);
  }
}

function layOut(
  random: Random,
  table: Table,
  writer: WriterName,
  writers: readonly WriterName[],
): void {
  const { columns, rows } = table;
  const every = columns.map((_, i) => i);
  const part = (path: string, from: number, to: number, own: WriterName, all = every): Part => ({
    path,
    from,
    to,
    writer: own,
    options: WRITERS[own].options(
      random,
      all.map((i) => ({ name: columns[i]?.name ?? '', type: columns[i]?.source ?? LONG })),
      to - from,
    ),
    columns: all,
    untyped: [],
  });
  const layout = random();
  table.isNamedAsFile = chance(random, 0.2);
  if (chance(random, 0.15)) table.link = pick(random, ['table', 'parts']);
  if (layout < 0.5) {
    if (table.link === 'parts') table.link = 'table';
    table.parts = [part('', 0, rows.length, writer, shuffled(random, every))];
    return;
  }
  if (layout < 0.65 && columns.length < 8) {
    layOutByHive(random, table, (path, from, to) => part(path, from, to, writer));
    return;
  }
  // Part files: other writers that can, other orders, columns that are missing or all null.
  const able = writers.filter((name) =>
    columns.every(({ source }) => WRITERS[name].canWrite(source)),
  );
  const count = 2 + integer(random, 3);
  const cuts = [0, ...Array.from({ length: count - 1 }, () => integer(random, rows.length + 1))];
  cuts.sort((a, b) => a - b);
  for (const [i, from] of cuts.entries()) {
    const to = cuts[i + 1] ?? rows.length;
    const own = able.length > 0 && chance(random, 0.5) ? pick(random, able) : writer;
    const fixed = table.ends ? 3 : 1;
    const spoiled =
      columns.length > fixed && chance(random, 0.3)
        ? fixed + integer(random, columns.length - fixed)
        : undefined;
    const isMissing = spoiled !== undefined && chance(random, 0.4);
    const order = shuffled(random, every).filter((at) => !isMissing || at !== spoiled);
    if (spoiled !== undefined) {
      for (const row of rows.slice(from, to)) row[spoiled] = null;
    }
    const made = part(partName(random, i, table.extension), from, to, own, order);
    if (spoiled !== undefined && !isMissing && WRITERS[own].canWrite({ is: 'null' })) {
      made.untyped = [spoiled];
    }
    table.parts.push(made);
  }
}

function partName(random: Random, index: number, extension: string): string {
  return pick(random, [
    `part-${index}${extension}`,
    `part-${index}${extension}`,
    `part-0000${index}-ab12.c000${extension}`,
    `${index}${extension}`,
    `part-${index}`,
  ]);
}

function layOutByHive(
  random: Random,
  table: Table,
  part: (path: string, from: number, to: number) => Part,
): void {
  const target = pick<Type>(random, [{ is: 'string' }, { is: 'string' }, LONG, { is: 'date' }]);
  const name = pick(random, ['lang', 'Jahr', 'straße']);
  const made = Array.from({ length: 1 + integer(random, 3) }, () => {
    if (chance(random, 0.15)) return null;
    const value = toText(target, makeValue(random, target, 0)) as string;
    // An empty name, or one that a file system does not take.
    return value === '' || Buffer.byteLength(value) > 60 || value.includes('\u0000')
      ? 'é/=%'
      : value;
  });
  const isText = target.is === 'string';
  const values = [...new Set(made)].filter((value) => isText || value !== 'é/=%');
  if (values.length === 0) values.push(isText ? 'x' : null);
  const size = Math.ceil(table.rows.length / values.length);
  const parts = values.map((value, i) => {
    const from = Math.min(i * size, table.rows.length);
    const to = Math.min(from + size, table.rows.length);
    for (const row of table.rows.slice(from, to)) row.push(value);
    const directory = `${hiveName(random, name)}=${value === null ? '__HIVE_DEFAULT_PARTITION__' : hiveName(random, value)}`;
    return part(join(directory, `part-0${table.extension}`), from, to);
  });
  table.hive = table.columns.length;
  table.columns.push({ name, source: { is: 'string' }, target });
  table.parts = parts;
}

/** As Hive and Spark do, which leave letters, or as Python's quote() does. */
function hiveName(random: Random, text: string): string {
  const all = chance(random, 0.5);
  return text.replaceAll(/[^]/gu, (character) => {
    const isPlain = all
      ? /^[\w.~-]$/.test(character)
      : !/^[\u0000-\u001f"#%'*/:=?\\\u007f{}[\]^]$/.test(character);
    return isPlain
      ? character
      : [...Buffer.from(character)]
          .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
          .join('');
  });
}

/** Writes it below a directory. What a writer refuses is thrown. */
export async function writeDataset(plan: Plan, directory: string): Promise<void> {
  mkdirSync(join(directory, 'nodes'), { recursive: true });
  mkdirSync(join(directory, 'edges'), { recursive: true });
  const elsewhere = `${directory}-elsewhere`;
  for (const table of plan.tables) {
    const isOne = table.parts.length === 1 && table.parts[0]?.path === '';
    const isNamed = isOne || table.isNamedAsFile === true;
    const place = join(directory, table.place + (isNamed ? table.extension : ''));
    for (const part of table.parts) {
      const path = join(place, part.path);
      mkdirSync(dirname(path), { recursive: true });
      const columns = part.columns.map((i) => ({
        name: table.columns[i]?.name ?? '',
        type: part.untyped.includes(i)
          ? ({ is: 'null' } as const)
          : (table.columns[i]?.source ?? LONG),
      }));
      const rows = table.rows
        .slice(part.from, part.to)
        .map((row) => part.columns.map((i) => row[i] ?? null));
      try {
        await WRITERS[part.writer].write(path, columns, rows, part.options);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new WriterFailed(`${part.writer} ${JSON.stringify(part.options)}: ${reason}`);
      }
      if (table.link === 'parts') moveAndLink(path, join(elsewhere, table.name, part.path));
    }
    if (table.link === 'table') moveAndLink(place, join(elsewhere, table.name));
    else if (!isOne && table.parts.length > 0) writeFileSync(join(place, '_SUCCESS'), '');
  }
}

export class WriterFailed extends Error {}

function moveAndLink(path: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  renameSync(path, target);
  symlinkSync(target, path);
}

/** The schema, as Cypher. */
export function toCypher({ tables }: Plan): string {
  return tables
    .map((table) => {
      const properties = table.columns
        .filter((_, i) => !isEndpoint(table, i))
        .map(({ name, target }) => `${quoted(name)} ${cypherType(target)}`);
      const [from, to] = table.ends ?? [];
      return from && to
        ? `CREATE REL TABLE ${quoted(table.name)}(${[`FROM ${quoted(from.name)} TO ${quoted(to.name)}`, ...properties].join(', ')});`
        : `CREATE NODE TABLE ${quoted(table.name)}(${properties.join(', ')}, PRIMARY KEY(${quoted(table.columns[0]?.name ?? '')}));`;
    })
    .join('\n');
}

/** Whether a column is an endpoint of an edge. */
export function isEndpoint(table: Table, index: number): boolean {
  return table.ends !== undefined && (index === 1 || index === 2);
}

/** Whether a value of a column has no right value in its property. */
export function isLossy(table: Table, index: number): boolean {
  const column = table.columns[index];
  if (!column) return false;
  return table.rows.some(
    (row) => converted(column.source, column.target, row[index] ?? null) === LOST,
  );
}

/** What stands in a message about a table. */
export function describe(table: Table): string {
  const columns = table.columns.map(
    ({ name, source, target }) => `${name}: ${sourceText(source)} → ${cypherType(target)}`,
  );
  const parts = table.parts.map(
    ({ path, from, to, writer, options, untyped }) =>
      `${path || 'one file'} of ${to - from} rows by ${writer} ${JSON.stringify(options)}${untyped.length > 0 ? ` untyped ${untyped.join()}` : ''}`,
  );
  const link = table.link === undefined ? '' : `, ${table.link} linked`;
  return `${table.name}${table.extension}${link} {${columns.join('; ')}} [${parts.join('; ')}]`;
}

/** A column's type, with what the engine's names do not tell. */
function sourceText(type: Type): string {
  const isOdd = someType(type, ({ is }) => ['time', 'null', 'timestamp', 'float'].includes(is));
  return isOdd ? JSON.stringify(type) : cypherType(type);
}

/** A table with some of its columns and rows, in the same files. */
export function narrowed(table: Table, columns: readonly number[], ends?: [Table, Table]): Table {
  const place = new Map(columns.map((old, now) => [old, now]));
  const kept = (list: readonly number[]): number[] => list.flatMap((i) => place.get(i) ?? []);
  return {
    ...table,
    ...(ends ? { ends } : {}),
    columns: columns.flatMap((i) => table.columns[i] ?? []),
    rows: table.rows.map((row) => columns.map((i) => row[i] ?? null)),
    parts: table.parts.map((part) => ({
      ...part,
      columns: kept(part.columns),
      untyped: kept(part.untyped),
    })),
    ...(table.hive === undefined ? {} : { hive: place.get(table.hive) ?? -1 }),
  };
}
