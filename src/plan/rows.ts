/** What a target that takes rows, and not files, is sent of each file of a dataset. */
import type { DatasetFile } from '../dataset/dataset.js';
import { KgloadError } from '../errors.js';
import type { Column } from '../model/column.js';
import { labelSpellings } from '../model/names.js';
import { pairsOf } from '../model/tables.js';
import type { PlainValue } from '../model/plainvalue.js';
import type { Endpoints, GraphSchema, NodeTable, Problem, Property, RelTable } from '../types.js';
import { keyOf, mapColumns, matchColumns } from './columns.js';
import { limitOf } from './limit.js';
import { labelColumns } from './pairs.js';
import { noColumn, type PlannedFile } from './plan.js';
import { cast, type RowFunction, toRowFunction } from './rowfunction.js';

/** The rows of a file, or those that connect a pair of node tables. */
export interface PlannedRows extends PlannedFile {
  readonly path: string;
  /** The primary key of a node table, or a rel table's endpoints. */
  readonly keys: readonly RowKey[];
  /** All but keys. */
  readonly fields: readonly RowField[];
  /** The columns that name the node tables, where they tell whose an edge is: from, then to. */
  readonly labels: readonly { column: Column; spellings: ReadonlySet<string> }[];
}

export interface RowKey {
  readonly column: Column;
  readonly convert: RowFunction;
  /** The node table that it is the key of. */
  readonly table: string;
  readonly property: string;
  readonly type: string;
}

export interface RowField {
  readonly property: string;
  readonly type: string;
  /** Some of its values may not convert. */
  readonly isChecked: boolean;
  /** Where its values come from; absent where all rows have the same. */
  readonly from?: { readonly column: Column; readonly convert: RowFunction };
  readonly constant?: PlainValue;
}

/** @throws {KgloadError} Why the file can't be loaded. */
export function planRows(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
): { files: PlannedRows[]; warnings: Problem[] } {
  if ('code' in file.footer) throw new KgloadError(file.footer);
  const { footer } = file;
  const warnings = new Map<string, Problem>();
  const files = pairsOfFile(table, schema, file).map(({ pair, labels }): PlannedRows => {
    const own = pair ? { ...file, pair } : file;
    const columns = mapColumns(table, schema, own, footer);
    for (const property of columns.missing) warnings.set(property, noColumn(table, file, property));
    const { ends, properties } = matchColumns(table, schema, own, footer);
    const checked = new Set(
      columns.checked.flatMap((one) => ('column' in one ? [one.column] : [])),
    );
    const keys = ends.map(({ column, node }): RowKey => {
      return { ...node, column, convert: converter(file, column, node.type) };
    });
    const fields: RowField[] = [];
    for (const { property, column, directory } of properties) {
      const { name, type } = property;
      if (!('from' in table) && name === table.primaryKey) {
        if (!column) throw noKey(table, file, property);
        keys.push({
          ...keyOf(schema, table.name),
          column,
          convert: converter(file, column, type),
        });
        continue;
      }
      const field = { property: name, type };
      if (column) {
        const convert = converter(file, column, type, property.allowRounding);
        const isChecked = checked.has(column) || columns.unreadable.includes(column);
        fields.push({ ...field, isChecked, from: { column, convert } });
      } else if (directory !== undefined) {
        const text = file.partition[directory] ?? null;
        const constant = text === null ? null : cast(text, 'STRING', type.toUpperCase());
        fields.push({ ...field, isChecked: false, constant });
      } else if (property.default !== undefined) throw noDefault(table, file, property);
    }
    return {
      file: file.name,
      path: file.path,
      rows: labels.length > 0 ? 0 : footer.rows,
      isPart: labels.length > 0,
      ignored: columns.ignored,
      keys,
      fields,
      labels,
      ...(pair && { pair }),
      ...limitOf(table, pair ? { pair } : {}, new Map()),
    };
  });
  return { files, warnings: [...warnings.values()] };
}

function converter(
  file: DatasetFile,
  column: Column,
  type: string,
  mayRound?: boolean,
): RowFunction {
  if (isSame(column, type)) return (value) => value;
  const convert = toRowFunction(column, type, mayRound);
  if (convert) return convert;
  throw new KgloadError({
    code: 'COLUMN_TYPE',
    message: `${file.name}: the column ${column.name} (${column.type}) does not become ${type}`,
    hint: 'give the property another type in the schema',
  });
}

/** Whether the values of a column are those of a property as they are; integers may be of any size. */
function isSame({ meaning }: Column, type: string): boolean {
  switch (type.toUpperCase()) {
    case 'STRING':
      return meaning.is === 'string';
    case 'DOUBLE':
      return meaning.is === 'float';
    case 'BOOL':
    case 'BOOLEAN':
      return meaning.is === 'boolean';
    case 'INT64':
    case 'SERIAL':
      return meaning.is === 'integer' && meaning.signed;
    default:
      return false;
  }
}

function pairsOfFile(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
): { pair?: Endpoints; labels: PlannedRows['labels'] }[] {
  if (!('from' in table)) return [{ labels: [] }];
  const pairs = pairsOf(table);
  if (file.pair) return [{ pair: file.pair, labels: [] }];
  const [only] = pairs;
  if (pairs.length === 1 && only) return [{ pair: only, labels: [] }];
  if ('code' in file.footer) return [];
  const [from, to] = labelColumns(file.footer);
  if (!from || !to) {
    throw new KgloadError({
      code: 'COLUMN_MISSING',
      message: `${table.name} connects several pairs of node tables, and nothing in ${file.name} tells which`,
      hint: 'add columns from_table and to_table',
    });
  }
  const spellings = (name: string): ReadonlySet<string> => {
    const node = schema.nodes.find((one) => one.name === name)?.file ?? name;
    return new Set([name, node].flatMap(labelSpellings));
  };
  return pairs.map((pair) => ({
    pair,
    labels: [
      { column: from, spellings: spellings(pair.from) },
      { column: to, spellings: spellings(pair.to) },
    ],
  }));
}

function noKey(table: NodeTable | RelTable, file: DatasetFile, { name }: Property): KgloadError {
  return new KgloadError({
    code: 'COLUMN_MISSING',
    message: `${file.name} has no column ${name}, and a server makes no keys for ${table.name}`,
    hint: 'write the keys into the file',
  });
}

function noDefault(
  table: NodeTable | RelTable,
  file: DatasetFile,
  { name, default: value = '' }: Property,
): KgloadError {
  return new KgloadError({
    code: 'COLUMN_MISSING',
    message: `${file.name} has no column ${name}, and a server does not compute ${table.name}.${name} (${value})`,
    hint: 'write the values into the file, or leave the default out of the schema',
  });
}
