/** Which columns of a file fill a table. */
import { toExpression } from '../cypher/conversion.js';
import { constant, type KeyColumn } from '../cypher/rows.js';
import type { Mapping } from '../cypher/statements.js';
import { identifier } from '../cypher/text.js';
import type { DatasetFile } from '../dataset/dataset.js';
import type { Footer } from '../dataset/footer.js';
import { KgloadError } from '../errors.js';
import { type Column, describeColumns, findColumn } from '../model/column.js';
import { canonicalType } from '../model/differences.js';
import { withLists } from '../model/shape.js';
import { columnOfRole } from '../model/header.js';
import { isNested, primaryKeyOf } from '../model/tables.js';
import type { Value } from '../model/value.js';
import type { GraphSchema, NodeTable, Property, RelTable } from '../types.js';
import { convert } from './conversion.js';
import { type Doubt, mayBeChanged } from './hazards.js';
import { missingParts } from './nested.js';

/** The names under which a file may hold a rel table's endpoints, the best first: from, then to. */
export const ENDPOINT_COLUMNS = [
  ['from', 'src', 'source'],
  ['to', 'dst', 'target'],
] as const;

/** How `EXPORT DATABASE` names columns: `a.id` of a node, `a.id`, `b.id` and `r.since` of an edge. */
const EXPORT_VARIABLES = { node: 'a', from: 'a', to: 'b', edge: 'r' } as const;

/** A column that may hold values which don't convert, or a `key=value` directory whose may not. */
export type CheckedColumn = { expression: string; type: string } & (
  { column: Column; value: Value } | { directory: string }
);

/** Which columns of a file fill a table. */
export interface ColumnMap {
  mappings: Mapping[];
  keys: KeyColumn[];
  checked: CheckedColumn[];
  doubts: Doubt[];
  /** Properties without a column. */
  missing: string[];
  /** Columns that are used, in the schema's order, and what they become. */
  used: { column: Column; type: string; mayRound: boolean }[];
  /** Values that the engine rounds, as the schema allows. */
  rounded: Doubt[];
  /** Columns that the engine can't read: those needed, and those at whose sight it refuses the file. */
  unreadable: Column[];
  /** Columns that fill none. */
  ignored: string[];
  /** Those in the names of directories that fill properties. */
  inDirectories: string[];
}

/**
 * Which columns of a file fill a table.
 *
 * @throws {KgloadError} `COLUMN_MISSING` without the key or an endpoint, `COLUMN_TYPE` with a
 *   column that does not become its property without loss.
 */
export function mapColumns(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  footer: Footer,
): ColumnMap {
  const map: ColumnMap = {
    mappings: [],
    keys: [],
    checked: [],
    doubts: [],
    rounded: [],
    missing: [],
    used: [],
    unreadable: footer.columns.filter((column) => column.engineType === undefined),
    ignored: [],
    inDirectories: [],
  };
  const isKey = ({ name }: Property): boolean => 'primaryKey' in table && name === table.primaryKey;
  const use = (column: Column, type: string, property?: Property): string => {
    const mayRound = property?.allowRounding === true;
    const conversion = convert(column, type, mayRound);
    map.used.push({ column, type, mayRound });
    if (property !== undefined) map.missing.push(...missingParts(column, type));
    if (conversion.how === 'refuse') {
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `${file.name}: ${conversion.reason}`,
        hint: conversion.remedy,
      });
    }
    if (conversion.how === 'rewrite') {
      if (!map.unreadable.includes(column)) map.unreadable.push(column);
      return '';
    }
    const { isChecked, value } = conversion;
    const expression = toExpression(value);
    if (value.is === 'null') {
      // The engines take a constant for text where it is looked into; a column left out is NULL too.
      const isLeftOut =
        property !== undefined && !isKey(property) && property.default === undefined;
      if (!isLeftOut)
        map.mappings.push({ expression, ...(property && { property: property.name }) });
      return expression;
    }
    if (isChecked) map.checked.push({ expression, type, column, value });
    if (conversion.isRounded === true && property !== undefined) {
      // Of the values as the file has them.
      const name = property.name;
      map.rounded.push({ property: name, type, expression: identifier(column.name) });
    }
    if (property !== undefined && mayBeChanged(type, column)) {
      const isTyped =
        isNested(type) && canonicalType(column.engineType ?? '') === canonicalType(withLists(type));
      const doubt = { property: property.name, type, expression };
      map.doubts.push({ ...doubt, ...(isTyped && { isTyped }) });
    }
    map.mappings.push({ expression, ...(property && { property: property.name }) });
    return expression;
  };
  const { ends, properties } = matchColumns(table, schema, file, footer);
  for (const { column, node } of ends) {
    map.keys.push({ expression: use(column, node.type), ...node });
  }
  for (const { property, names, column, directory } of properties) {
    if ('from' in table && /^(from|to)$/.test(property.name)) {
      throw new KgloadError({
        code: 'ENGINE',
        message: `${table.name} has a property ${property.name}, which the engine's COPY fills with the endpoint, whatever the file says`,
        hint: 'give the property another name',
      });
    }
    if (column) {
      const expression = use(column, property.type, property);
      if (isKey(property)) map.keys.push({ expression, ...keyOf(schema, table.name) });
    } else if (directory !== undefined && !isKey(property)) {
      const text = file.partition[directory] ?? null;
      const expression = constant(text, property.type);
      if (property.type !== 'STRING' && text !== null) {
        map.checked.push({ expression, type: property.type, directory: `${directory}=${text}` });
      }
      map.inDirectories.push(directory);
      if (text === null && property.default === undefined) continue;
      map.mappings.push({ expression, property: property.name });
      if (text !== null && mayBeChanged(property.type)) {
        map.doubts.push({ property: property.name, type: property.type, expression });
      }
    } else if (isKey(property) && property.type !== 'SERIAL' && property.default === undefined) {
      throw missingColumn(names.slice(0, -1), file, footer, 'primary key');
    } else if (!isKey(property)) map.missing.push(property.name);
  }
  const used = new Set(map.used.map(({ column }) => column));
  map.ignored = footer.columns.filter((column) => !used.has(column)).map(({ name }) => name);
  return map;
}

/** Which columns of a file belong to what of a table, by their names alone. */
export interface MatchedColumns {
  /** Of a rel table's endpoints: from, then to. */
  ends: { column: Column; node: Omit<KeyColumn, 'expression'> }[];
  properties: {
    property: Property;
    /** Under which it may be found. */
    names: string[];
    column?: Column;
    /** The key of a `key=value` directory that the file lies in. */
    directory?: string;
  }[];
}

/** @throws {KgloadError} `COLUMN_MISSING` without an endpoint. */
export function matchColumns(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  footer: Footer,
): MatchedColumns {
  const ends: MatchedColumns['ends'] = [];
  if ('from' in table) {
    const pair = file.pair ?? table;
    for (const [i, side] of (['from', 'to'] as const).entries()) {
      const node = keyOf(schema, pair[side]);
      const names = [...(ENDPOINT_COLUMNS[i] ?? []), `${EXPORT_VARIABLES[side]}.${node.property}`];
      const column =
        findColumn(names, footer.columns) ??
        columnOfRole(footer.columns, side === 'from' ? 'START_ID' : 'END_ID') ??
        required(names, file, footer, 'endpoint');
      ends.push({ column, node });
    }
  }
  const variable = 'from' in table ? EXPORT_VARIABLES.edge : EXPORT_VARIABLES.node;
  // A property may have an endpoint's name: kgload export then calls it `r.from`.
  const others = footer.columns.filter((other) => !ends.some(({ column }) => column === other));
  const properties = table.properties.map((property) => {
    const names = [property.name, ...(property.aliases ?? []), `${variable}.${property.name}`];
    const directory = Object.keys(file.partition).find((key) => names.includes(key));
    const column = findColumn(names, others);
    return {
      property,
      names,
      ...(column && { column }),
      ...(directory !== undefined && { directory }),
    };
  });
  return { ends, properties };
}

/** The column that a node table's keys are, and the type in which the engine gives them out. */
export function keyOf(schema: GraphSchema, table: string): Omit<KeyColumn, 'expression'> {
  const { name, type } = primaryKeyOf(schema, table);
  return { table, property: name, type: type === 'SERIAL' ? 'INT64' : type };
}

export function required(
  names: readonly string[],
  file: DatasetFile,
  footer: Footer,
  role: string,
): Column {
  const column = findColumn(names, footer.columns);
  if (column) return column;
  throw missingColumn(names.slice(0, 2), file, footer, role);
}

function missingColumn(
  names: readonly string[],
  file: DatasetFile,
  footer: Footer,
  role: string,
): KgloadError {
  return new KgloadError({
    code: 'COLUMN_MISSING',
    message: `${file.name} has no ${role} column ${names.join(' or ')}; it has ${describeColumns(footer.columns)}`,
    hint: 'rename the column in the file',
  });
}
