/** The tables of a code graph as Parquet files, written row group by row group as rows come. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { openTableFile } from '../dataset/tablefile.js';
import { codeGraph } from '../model/codegraph.js';
import { kindOf } from '../model/tables.js';
import type { NodeTable, RelTable } from '../types.js';

export type Cell = string | number | boolean | Date | null;

/** Files that are written; one for every table of the code graph, also where it gets no row. */
export interface Tables {
  /** @param row - Values in the order of {@link columnsOf}. */
  add: (table: string, row: readonly Cell[]) => void;
  /** Completes the files. @returns Table → rows, in load order. */
  close: () => Record<string, number>;
  /** Lets go of the files as they are. */
  abandon: () => void;
}

/** A column of a file. */
export interface TableColumn {
  name: string;
  type: 'STRING' | 'INT64' | 'BOOLEAN' | 'TIMESTAMP';
}

/** No value is there twice, or hardly any: no need to look. */
const DISTINCT = ['id', 'path', 'source_code', 'content_hash'];
/** What they name in the code graph has a second name in files. */
const LINE_OF_CALL = 'line_number';

/** The columns of a table's file: those of the schema, and what the analyser knows beyond it. */
export function columnsOf(table: NodeTable | RelTable): TableColumn[] {
  const own = table.properties.map(({ name, type }): TableColumn => {
    const isCall = table.name === 'CALLS' && name === 'call_line';
    return { name: isCall ? LINE_OF_CALL : name, type: type as TableColumn['type'] };
  });
  const text = (name: string): TableColumn => ({ name, type: 'STRING' });
  if ('from' in table) {
    const ends = [text('from'), text('to'), ...own];
    return table.name === 'CALLS' ? [...ends, text('rule')] : ends;
  }
  return table.name === 'File' ? [...own, { name: 'last_modified', type: 'TIMESTAMP' }] : own;
}

/**
 * Begins the files of all tables in a new dataset directory. The same rows make the same bytes.
 *
 * @throws System errors, also later.
 */
export function openTables(directory: string): Tables {
  for (const part of ['nodes', 'edges']) mkdirSync(join(directory, part));
  const files = new Map<string, ReturnType<typeof openTable>>();
  const abandon = (): void => {
    for (const file of files.values()) file.abandon();
  };
  try {
    for (const table of [...codeGraph.nodes, ...codeGraph.edges]) {
      const path = join(directory, `${kindOf(table)}s`, `${table.file}.parquet`);
      files.set(table.name, openTable(path, columnsOf(table)));
    }
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    add(table, row) {
      files.get(table)?.add(row);
    },
    close: () => Object.fromEntries([...files].map(([name, file]) => [name, file.close()])),
    abandon,
  };
}

/** The file of a table, which takes numbers as they come. */
function openTable(
  path: string,
  columns: readonly TableColumn[],
): { add: (row: readonly Cell[]) => void; close: () => number; abandon: () => void } {
  const distinct = columns.map(({ name }) => name).filter((name) => DISTINCT.includes(name));
  const file = openTableFile(path, columns.map(elementOf), distinct);
  const add = (row: readonly Cell[]): void => {
    file.add(
      columns.map((_, i) => (typeof row[i] === 'number' ? BigInt(row[i]) : (row[i] ?? null))),
    );
  };
  return { ...file, add };
}

function elementOf({ name, type }: TableColumn): SchemaElement {
  const repetition_type = 'OPTIONAL';
  switch (type) {
    case 'STRING':
      return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type };
    case 'TIMESTAMP':
      return { name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type };
    default:
      return { name, type, repetition_type };
  }
}
