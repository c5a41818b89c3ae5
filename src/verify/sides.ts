/** The rows of a table's files, and those of the table. */
import { exactly } from '../cypher/exact.js';
import { storedKeys, tableScans } from '../cypher/rows.js';
import { identifier } from '../cypher/text.js';
import type { DatasetFile } from '../dataset/dataset.js';
import { type Decoder, decodeRows } from '../dataset/rows.js';
import { KgloadError } from '../errors.js';
import type { Column } from '../model/column.js';
import { labelSpellings } from '../model/names.js';
import { pairsOf, primaryKeyOf } from '../model/tables.js';
import { matchColumns } from '../plan/columns.js';
import { labelColumns } from '../plan/pairs.js';
import type { Connection, GraphSchema, NodeTable, Property, RelTable } from '../types.js';
import { fileForm, type Form, storedForm, textForm } from './forms.js';
import type { Row, Side } from './tally.js';

/** Those of which the dataset says something: with a column in every file, or without a default. */
export function comparedProperties(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  files: readonly DatasetFile[],
): Property[] {
  const key = 'from' in table ? undefined : table.primaryKey;
  const matched = files.map((file) => matchColumns(table, schema, file, footerOf(file)).properties);
  return table.properties.filter(({ name, default: value }) => {
    const isSaid = matched.every((properties) =>
      properties.some(
        ({ property, column, directory }) =>
          property.name === name && (column !== undefined || directory !== undefined),
      ),
    );
    return name !== key && (value === undefined || isSaid);
  });
}

/** Whether the files have the keys; those of a SERIAL table the engine makes. */
export function hasKeys(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  files: readonly DatasetFile[],
): boolean {
  if ('from' in table) return true;
  return files.every((file) =>
    matchColumns(table, schema, file, footerOf(file)).properties.some(
      ({ property, column }) => property.name === table.primaryKey && column !== undefined,
    ),
  );
}

function footerOf({ footer }: DatasetFile): Exclude<DatasetFile['footer'], { code: string }> {
  if ('code' in footer) throw new KgloadError(footer);
  return footer;
}

/**
 * The rows of a table's files, by a reader that the engine has no part in.
 *
 * @param isInexact - Whether values of a type have no more digits than a database hands out.
 */
export function rowsOfFiles(
  decoder: Decoder,
  table: NodeTable | RelTable,
  schema: GraphSchema,
  files: readonly DatasetFile[],
  compared: readonly Property[],
  isInexact: (type: string) => boolean,
): Side {
  const isKeyed = hasKeys(table, schema, files);
  return (onRow) => {
    for (const file of files) {
      const footer = footerOf(file);
      const { ends, properties } = matchColumns(table, schema, file, footer);
      const labels = file.pair ? [] : labelsOf(table, schema, footer.columns);
      const columns: Column[] = [];
      const place = (column: Column): number => columns.push(column) - 1;
      const keys = keysOf(table, schema, properties, ends, isKeyed).map(({ column, type }) => {
        return { i: place(column), form: fileForm(column, type) };
      });
      const pairs = labels.map(({ column, nameOf }) => ({ i: place(column), nameOf }));
      const values = compared.map((property) => {
        const found = properties.find((one) => one.property.name === property.name);
        return valueOf(property, found, file, place, isInexact(property.type));
      });
      const given = file.pair ?? ('from' in table ? table : undefined);
      for (const batch of decodeRows(decoder, file.path, columns)) {
        for (const row of batch) {
          const shown = keys.map(({ i, form }) => form(row[i] ?? null));
          const tables =
            pairs.length > 0
              ? pairs.map(({ i, nameOf }) => nameOf(row[i]))
              : given
                ? [given.from, given.to]
                : [];
          onRow(
            rowOf(
              tables,
              shown,
              values.map((value) => value(row)),
            ),
          );
        }
      }
    }
    return undefined;
  };
}

type Matched = ReturnType<typeof matchColumns>;

function keysOf(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  properties: Matched['properties'],
  ends: Matched['ends'],
  isKeyed: boolean,
): { column: Column; type: string }[] {
  if (!isKeyed) return [];
  if ('from' in table) return ends.map(({ column, node }) => ({ column, type: node.type }));
  const { name, type } = primaryKeyOf(schema, table.name);
  const column = properties.find(({ property }) => property.name === name)?.column;
  return column ? [{ column, type: type === 'SERIAL' ? 'INT64' : type }] : [];
}

function valueOf(
  { type, allowRounding }: Property,
  found: Matched['properties'][number] | undefined,
  { partition }: DatasetFile,
  place: (column: Column) => number,
  isInexact: boolean,
): (row: readonly Parameters<ReturnType<typeof fileForm>>[0][]) => Form {
  if (found?.column) {
    const i = place(found.column);
    const form = fileForm(found.column, type, {
      ...(allowRounding && { mayRound: true }),
      isInexact,
    });
    return (row) => form(row[i] ?? null);
  }
  const text = found?.directory === undefined ? null : (partition[found.directory] ?? null);
  const constant = text === null ? 'null' : textForm(type)(text);
  return () => constant;
}

/** The columns that say which node tables an edge connects, where a table connects several. */
function labelsOf(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  columns: readonly Column[],
): { column: Column; nameOf: (label: unknown) => string }[] {
  if (!('from' in table) || pairsOf(table).length < 2) return [];
  const names = new Map(
    schema.nodes.flatMap(({ name, file }) =>
      [name, file].flatMap(labelSpellings).map((spelling) => [spelling, name] as const),
    ),
  );
  return labelColumns({ columns: [...columns] } as Parameters<typeof labelColumns>[0]).flatMap(
    (column) => {
      if (!column) return [];
      const nameOf = (label: unknown): string => {
        const text = String(label);
        return names.get(text.replaceAll(/[ -]+/g, '_').toLowerCase()) ?? text;
      };
      return [{ column, nameOf }];
    },
  );
}

/** The rows of a table in the database. */
export function rowsOfTable(
  connection: Connection,
  table: NodeTable | RelTable,
  schema: GraphSchema,
  compared: readonly Property[],
  isKeyed: boolean,
): Side {
  return function* (onRow) {
    for (const { match, variable, pair } of tableScans(table)) {
      const keyTypes = pair
        ? [pair.from, pair.to].map((node) => primaryKeyOf(schema, node).type)
        : 'primaryKey' in table
          ? [primaryKeyOf(schema, table.name).type]
          : [];
      const keys = pair || isKeyed ? storedKeys(table, schema, pair) : [];
      const cells = [
        ...keys.map((value, i) => ({ value, type: keyTypes[i] ?? '' })),
        ...compared.map(({ name, type }) => ({ value: `${variable}.${identifier(name)}`, type })),
      ].map(({ value, type }) => {
        const plain = type === 'SERIAL' ? 'INT64' : type;
        const asked = exactly(value, plain);
        return { asked, form: storedForm(plain, asked) };
      });
      const expressions = cells.flatMap(({ asked }) => asked.expressions);
      // The engines give one expression one name.
      const distinct = [...new Set(expressions)];
      const places = cells.map(({ asked }) =>
        asked.expressions.map((one) => distinct.indexOf(one)),
      );
      const list = distinct.map((expression, i) => `${expression} AS c${i}`);
      const cypher = `${match} RETURN ${list.length > 0 ? list.join(', ') : '0 AS c0'}`;
      yield {
        connection,
        cypher,
        onRow: (row: Record<string, unknown>) => {
          const forms = cells.map(({ form }, i) =>
            form((places[i] ?? []).map((place) => row[`c${place}`])),
          );
          const tables = pair ? [pair.from, pair.to] : [];
          onRow(rowOf(tables, forms.slice(0, keys.length), forms.slice(keys.length)));
        },
      };
    }
  };
}

/** A row by its keys, and the node tables that it connects. */
export function rowOf(
  tables: readonly string[],
  keys: readonly Form[],
  forms: readonly Form[],
): Row {
  const shown = keys.map((key) => (key.startsWith('"') ? (JSON.parse(key) as string) : key));
  return { key: [...tables, ...keys].join('\0'), shown: shown.join(' → '), forms };
}
