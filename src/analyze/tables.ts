/** The tables of a code graph as Parquet files, written row group by row group as rows come. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
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

/** COPY reads row groups in parallel; 20 thousand rows keep all cores at work. */
const ROWS_PER_GROUP = 20_000;
/** Characters; source code makes a group large that has few rows. */
const TEXT_PER_GROUP = 8_000_000;
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
  const files = new Map<string, TableFile>();
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

interface TableFile {
  add: (row: readonly Cell[]) => void;
  close: () => number;
  abandon: () => void;
}

type Stored = string | bigint | boolean | Date | null;

function openTable(path: string, columns: readonly TableColumn[]): TableFile {
  let file: number | undefined = openSync(path, 'w');
  let rows = 0;
  let text = 0;
  let group: Stored[][] = columns.map(() => []);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)],
    codec: 'SNAPPY',
    statistics: false,
    createdBy: 'kgload',
  });
  const send = (): void => {
    if (file === undefined) return;
    const part = bytes.getBytes();
    // A full disk takes a part of it, and says so at the next write.
    for (let at = 0; at < part.length;) at += writeSync(file, part, at);
    bytes.index = 0;
  };
  const flush = (): void => {
    if (group[0]?.length === 0) return;
    const columnData = columns.map(({ name }, i) => {
      const data = group[i] ?? [];
      return {
        name,
        data,
        offsetIndex: false,
        ...(DISTINCT.includes(name) && { encoding: 'PLAIN' as const }),
        // Engines fail to decompress pages without a value (engine/reads.ts).
        ...(data.every((value) => value === null) && { codec: 'UNCOMPRESSED' as const }),
      };
    });
    void writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
    group = columns.map(() => []);
    text = 0;
    send();
  };
  const abandon = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    add(row) {
      for (let i = 0; i < columns.length; i += 1) {
        const value = row[i] ?? null;
        if (typeof value === 'string') text += value.length;
        group[i]?.push(typeof value === 'number' ? BigInt(value) : value);
      }
      rows += 1;
      if (group[0]?.length === ROWS_PER_GROUP || text >= TEXT_PER_GROUP) flush();
    },
    close() {
      flush();
      void writer.finish();
      send();
      abandon();
      return rows;
    },
    abandon,
  };
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
