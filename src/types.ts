/** Every public type of kgload. */

/** A property of a node or rel table. */
export interface Property {
  name: string;
  /** The engine's type, as Cypher spells it: `STRING`, `INT64`, `BOOLEAN`, … */
  type: string;
  /** Other names under which exporters write this column. */
  aliases?: readonly string[];
}

/** A node table and the file in `nodes/` that fills it. */
export interface NodeTable {
  name: string;
  /** File name in `nodes/`, without `.parquet`. */
  file: string;
  primaryKey: string;
  /** The primary key first. */
  properties: readonly Property[];
}

/** A rel table and the file in `edges/` that fills it. */
export interface RelTable {
  name: string;
  /** File name in `edges/`, without `.parquet`. */
  file: string;
  /** The node table that the `from` (or `src`) column points into. */
  from: string;
  /** The node table that the `to` (or `dst`) column points into. */
  to: string;
  properties: readonly Property[];
}

/** The tables of a property graph, in load order. */
export interface GraphSchema {
  nodes: readonly NodeTable[];
  edges: readonly RelTable[];
}

export type TableKind = 'node' | 'edge';

/** One thing that went wrong, or may have: what, where, and what to do. */
export interface Problem {
  /** Stable, for programs; see {@link ErrorCode}. */
  code: ErrorCode;
  message: string;
  table?: string;
  file?: string;
  hint?: string;
}

export type ErrorCode =
  /** A file or directory does not exist. */
  | 'ENOENT'
  /** The dataset directory has no `nodes/` or no `edges/`. */
  | 'DATASET_LAYOUT'
  /** A table of the schema has no file (a warning). */
  | 'FILE_MISSING'
  /** A Parquet file belongs to no table of the schema (a warning). */
  | 'FILE_UNKNOWN'
  /** A file is not readable as Parquet. */
  | 'PARQUET_UNREADABLE'
  /** A key or endpoint column is missing (an error); another column is (a warning). */
  | 'COLUMN_MISSING'
  /** A column's type is one that the engine cannot read, or that does not convert. */
  | 'COLUMN_TYPE'
  /** The engine refused a statement. */
  | 'ENGINE'
  /** The engine's native module is not installed or was not set up. */
  | 'ENGINE_MISSING'
  /** The table in the database has other columns, types or endpoints than the schema. */
  | 'SCHEMA_MISMATCH'
  /** The rows in a table are not the rows that its file holds. */
  | 'ROW_COUNT'
  /** The target is something else than a database; it is never replaced. */
  | 'TARGET_NOT_A_DATABASE'
  /** Another process holds the database. */
  | 'TARGET_LOCKED'
  /** The target cannot be written. */
  | 'TARGET_UNWRITABLE'
  /** A table to be loaded holds rows already. */
  | 'TARGET_NOT_EMPTY'
  /** The disk is full. */
  | 'DISK_FULL'
  /** Bad command-line arguments. */
  | 'USAGE';

/** Time and rows of one table. */
export interface TableTime {
  seconds: number;
  rows: number;
}

/** What a load did. */
export interface LoadReport {
  /** Rows loaded into node tables. */
  totalNodes: number;
  /** Rows loaded into rel tables. */
  totalEdges: number;
  /** Seconds, from reading the dataset until the database is in place. */
  totalTime: number;
  /** Every node table of the schema in load order; zeros where no file was. */
  nodeTimes: Record<string, TableTime>;
  /** Every rel table of the schema in load order; zeros where no file was. */
  edgeTimes: Record<string, TableTime>;
  errors: Problem[];
  warnings: Problem[];
  /** Whether the target database now holds this load. */
  published: boolean;
}

/** A sign of life from a running load. */
export type LoadEvent =
  /** The database is being built in `directory`; remove it to undo the load. */
  | { type: 'staged'; directory: string }
  /** The tables that will be loaded, and the rows that their files hold. */
  | { type: 'planned'; tables: { table: string; kind: TableKind; rows: number }[] }
  | { type: 'started'; table: string; kind: TableKind; rows: number }
  /** `rows` is the engine's progress in rows, of the whole table. */
  | { type: 'progress'; table: string; rows: number }
  | { type: 'finished'; table: string; kind: TableKind; rows: number; seconds: number }
  | { type: 'failed'; table: string; error: Problem }
  | { type: 'warned'; warning: Problem };

/** What a database holds. */
export interface DatabaseStats {
  totalNodes: number;
  totalEdges: number;
  /** Node table → rows. */
  nodes: Record<string, number>;
  /** Rel table → rows. */
  edges: Record<string, number>;
  database: {
    path: string;
    engine: string;
    /** Version of the engine that read it. */
    version: string;
    /** Version of the file format, from the file's header. */
    storageVersion: number;
    /** Bytes on disk, the write-ahead log included. */
    bytes: number;
  };
}

/** What {@link DatabaseStats} and loads need of a connection; Kuzu's own class has it. */
export interface Connection {
  query(
    statement: string,
    progress?: (fraction: number, pipelinesFinished: number, pipelines: number) => void,
  ): Promise<QueryResult | QueryResult[]>;
  querySync(statement: string): QueryResult | QueryResult[];
}

/** What kgload reads of the engine's query result. */
export interface QueryResult {
  getAll(): Promise<Record<string, unknown>[]>;
  getAllSync(): Record<string, unknown>[];
  close(): void;
}
