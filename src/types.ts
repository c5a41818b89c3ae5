/** Every public type of kgload. */

/** An embedded graph database: Kuzu, or LadybugDB, in which its development goes on. */
export type EngineName = 'kuzu' | 'ladybug';

/** A property of a node or rel table. */
export interface Property {
  /** As Cypher has it; the column in the file is called the same. */
  name: string;
  /** The engine's type, as Cypher spells it: `STRING`, `INT64`, `BOOLEAN`, … */
  type: string;
  /** Other names under which exporters write this column. */
  aliases?: readonly string[];
  /** Cypher expression of the value where a file has no such column; NULL if absent. */
  default?: string;
  /** Whether float64 values may be rounded to its float32 ones; the report says by how much. */
  allowRounding?: boolean;
}

/** A node table and the file in `nodes/` that fills it. */
export interface NodeTable {
  /** The label, as Cypher has it. */
  name: string;
  /** File name in `nodes/`, without `.parquet`. */
  file: string;
  /** The name of the property that no two rows share. */
  primaryKey: string;
  /** The primary key first. */
  properties: readonly Property[];
}

/** The node tables that an edge leads from and to. */
export interface Endpoints {
  /** The name of a node table. */
  from: string;
  /** The name of a node table, perhaps the same. */
  to: string;
}

/**
 * How many edges of a table a node may have: `MANY_ONE` is at most one per `from` node. Each pair of
 * node tables is counted by itself.
 */
export type Multiplicity = 'MANY_MANY' | 'MANY_ONE' | 'ONE_MANY' | 'ONE_ONE';

/** One of the pairs of node tables that a rel table connects. */
export interface RelPair extends Endpoints {
  /** Where it is not the table's. Ladybug alone has such; Kuzu has one for all pairs. */
  multiplicity?: Multiplicity;
}

/** A rel table and the file in `edges/` that fills it. */
export interface RelTable {
  /** The label, as Cypher has it. */
  name: string;
  /** File name in `edges/`, without `.parquet`. */
  file: string;
  /** The node table that the `from` (or `src`) column points into. */
  from: string;
  /** The node table that the `to` (or `dst`) column points into. */
  to: string;
  /**
   * Every pair of node tables, where it connects several; `from` and `to` are the first. Each has a
   * file `<name>_<from>_<to>.parquet`, or one file tells them apart by columns such as `from_table`
   * and `to_table`.
   */
  pairs?: readonly RelPair[];
  /** Without the endpoints. */
  properties: readonly Property[];
  /** Of every pair that has none of its own. Default: `MANY_MANY`. */
  multiplicity?: Multiplicity;
  /** `fwd` where edges are stored in one direction alone. Default: `both`. */
  storageDirection?: 'fwd' | 'both';
}

/** The tables of a property graph, in load order, and what belongs to them. */
export interface GraphSchema {
  /** They are loaded first, and edges find their endpoints in them. */
  nodes: readonly NodeTable[];
  /** Each between two of the node tables. */
  edges: readonly RelTable[];
  /** Cypher statements that create what is no table: sequences, macros. */
  statements?: readonly string[];
  /** Cypher statements that create the indexes, after a load. */
  indexes?: readonly string[];
}

/** What a table holds. */
export type TableKind = 'node' | 'edge';

/** One thing that went wrong, or may have: what, where, and what to do. */
export interface Problem {
  /** Stable, for programs; see {@link ErrorCode}. */
  code: ErrorCode;
  /** For people: what is wrong, with names and numbers. */
  message: string;
  /** The table of the schema that it is about. */
  table?: string;
  /** The file that it is about; that of a table as a path within the dataset. */
  file?: string;
  /** For people: what to do about it. */
  hint?: string;
  /** Where in a query it is. */
  position?: QueryPosition;
}

/** A place in a query. */
export interface QueryPosition {
  /** From 1. */
  line: number;
  /** In characters, from 1. */
  column: number;
}

/** The kind of a {@link Problem}; a code keeps its meaning from version to version. */
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
  /**
   * The engine would store a value as another one (an error): NaN, -0, or the least integer of its
   * type, in places that the message names.
   */
  | 'VALUE_CHANGED'
  /** Values were replaced, as `nanAsNull` or `negativeZeroAsZero` say (a warning). */
  | 'VALUE_REPLACED'
  /** DOUBLE values were rounded to FLOAT, as `allowRounding` says (a warning). */
  | 'VALUE_ROUNDED'
  /** A dry run can't tell whether the engine stores values as they are; a load can (a warning). */
  | 'VALUE_DOUBTFUL'
  /** The database is written without compression, which would change values (a warning). */
  | 'COMPRESSION_OFF'
  /** A file was rewritten before it was loaded, since the engine can't read it (a warning). */
  | 'FILE_REWRITTEN'
  /** Big files with a single row group, which the engine reads with one thread (a warning). */
  | 'ROW_GROUP_SINGLE'
  /** The engine refused a statement. */
  | 'ENGINE'
  /** The engine's native module is not installed or was not set up. */
  | 'ENGINE_MISSING'
  /** The database is of a version of its engine that the installed one does not read. */
  | 'ENGINE_VERSION'
  /** Several tables at a time were asked for, where the engine loads one (a warning). */
  | 'JOBS_IDLE'
  /** The database was made by another engine than the one that was asked for. */
  | 'ENGINE_MISMATCH'
  /** The table in the database has other columns, types or endpoints than the schema. */
  | 'SCHEMA_MISMATCH'
  /** A schema file that holds no schema, or one that the engine refuses. */
  | 'SCHEMA_INVALID'
  /** The dataset leaves open which schema is meant. */
  | 'SCHEMA_AMBIGUOUS'
  /** An index could not be created (a warning). */
  | 'INDEX_FAILED'
  /** Rows without a key. */
  | 'NULL_KEY'
  /** Rows whose key an earlier row of the file has. */
  | 'DUPLICATE_KEY'
  /** Rows whose key the table has already. */
  | 'EXISTING_KEY'
  /** Edges without an endpoint. */
  | 'NULL_ENDPOINT'
  /** Edges with an endpoint that no node has. */
  | 'MISSING_ENDPOINT'
  /** Edges beyond the one that a node may have. */
  | 'MULTIPLICITY'
  /** More bad rows than `maxBadRows` allows. */
  | 'TOO_MANY_BAD_ROWS'
  /** An update would delete more rows than `maxDeletions` allows. */
  | 'TOO_MANY_DELETIONS'
  /** So many rows differ that a database built anew would take less time and space (a warning). */
  | 'FRESH_FASTER'
  /** A rel table was not loaded, since a node table that it connects failed. */
  | 'NODES_FAILED'
  /** Appended edges connect nodes that the table connects already (a warning). */
  | 'EDGES_REPEATED'
  /** What a database holds besides a dataset was not compared with it (a warning). */
  | 'NOT_COMPARED'
  /** Nested values were compared by their text, in which some look alike (a warning). */
  | 'COMPARED_AS_TEXT'
  /** The engine's process died. */
  | 'ENGINE_CRASHED'
  /** The rows in a table are not the rows that its file holds. */
  | 'ROW_COUNT'
  /** The target is something else than a database; it is never replaced. */
  | 'TARGET_NOT_A_DATABASE'
  /** Another process holds the database. */
  | 'TARGET_LOCKED'
  /** The target cannot be written. */
  | 'TARGET_UNWRITABLE'
  /** No server answers there, or not in the way that its address says. */
  | 'SERVER_UNREACHABLE'
  /** The server does not take the user or the password. */
  | 'SERVER_UNAUTHORIZED'
  /** The connection to the server was lost in the middle of a load, which can be resumed. */
  | 'SERVER_LOST'
  /** The database on the server holds a part of a load that did not come to its end. */
  | 'LOAD_UNFINISHED'
  /**
   * What a graph on a server holds has no place in tables: labels without a key, nodes with several labels,
   * values of types that tables don't have (an error; a warning where the schema is shown).
   */
  | 'NOT_TABULAR'
  /** A table to be loaded holds rows already. */
  | 'TARGET_NOT_EMPTY'
  /** The dataset has a file for no table of the schema. */
  | 'NOTHING_TO_LOAD'
  /** What is asked for could not be undone over this connection, should it fail. */
  | 'UNDO_UNSAFE'
  /** A load runs on the connection already. */
  | 'CONNECTION_BUSY'
  /** The caller's connection is within a transaction. */
  | 'TRANSACTION_OPEN'
  /** The engine's buffer pool is too small. */
  | 'OUT_OF_MEMORY'
  /** The disk is full. */
  | 'DISK_FULL'
  /** The process, or the system, has as many files open as it may. */
  | 'TOO_MANY_FILES'
  /** The graph that was asked is closed. */
  | 'CLOSED'
  /** Nothing in the graph has the name that was asked about. */
  | 'NOT_FOUND'
  /** Several things have the name that was asked about. */
  | 'AMBIGUOUS'
  /** A query that the engine can't parse or bind, or whose parameters are not those that it was given. */
  | 'QUERY_INVALID'
  /** A query failed while it ran. */
  | 'QUERY_FAILED'
  /** A statement that does more than read the database, which was not allowed. */
  | 'QUERY_REFUSED'
  /** Values of an answer have fewer digits than the database holds (a warning). */
  | 'VALUE_INEXACT'
  /** An answer can't be drawn: it holds no nodes and rels, or too many. */
  | 'NO_PICTURE'
  /** A directory holds no file of a language that is known. */
  | 'NO_SOURCES'
  /** A source file or a directory cannot be read. */
  | 'SOURCE_UNREADABLE'
  /** The parser failed at a source file, or took too long. */
  | 'SOURCE_FAILED'
  /** What the last analysis kept is damaged, and was made anew (a warning). */
  | 'CACHE_DAMAGED'
  /** It took longer than it may. */
  | 'TIMEOUT'
  /** Bad command-line arguments. */
  | 'USAGE'
  /** A signal ended the command (in the JSON of commands). */
  | 'INTERRUPTED'
  /** An error that nobody foresaw; please report it (in the JSON of commands). */
  | 'UNEXPECTED';

/** Time and rows of one table. */
export interface TableTime {
  /** From the table's start until all of its rows are in. */
  seconds: number;
  /** Rows that were loaded. */
  rows: number;
}

/** Why a row can't be loaded. */
export type BadRowReason =
  /** It has no key. */
  | 'null_key'
  /** An earlier row of its file has its key. */
  | 'duplicate_key'
  /** The table has its key already. */
  | 'existing_key'
  /** It is an edge without `from` or `to`. */
  | 'null_endpoint'
  /** It is an edge from or to a node that is not there. */
  | 'missing_endpoint'
  /** It is an edge from or to a node that has its one edge already, as the multiplicity is. */
  | 'multiplicity';

/** The rows of one file that can't be loaded, for one reason. */
export interface BadRows {
  /** The table that the rows are for. */
  table: string;
  /** The file that they stand in, as a path within the dataset. */
  file: string;
  /** The same for all of them. */
  reason: BadRowReason;
  /** How many there are. */
  rows: number;
  /** The first few keys, or endpoints as `from → to`. */
  examples: string[];
}

/** One row that can't be loaded. */
export interface BadRow {
  /** The table that the row is for. */
  table: string;
  /** The file that it stands in, as a path within the dataset. */
  file: string;
  /** Why it can't be loaded. */
  reason: BadRowReason;
  /** Of a node; null where it has none. */
  key?: unknown;
  /** Of an edge; null where it has none. */
  from?: unknown;
  /** Of an edge; null where it has none. */
  to?: unknown;
}

/**
 * What a load does besides copying tables, in the order in which it usually does it: read or infer
 * the `schema`, `read` the dataset's footers, `rewrite` files that the engine can't read, `examine` values that it may change,
 * `copy` the database that is added to, `open` it, `plan`, `create` tables, `commit` what was written,
 * `checkpoint` it, `check` that all rows are there, `index`, `close` the database, and `publish` it: sync it
 * to the disk and put it in its place. A comparison or an update looks for the rows that differ (`compare`); an update
 * deletes what is to go (`delete`).
 */
export type StepName =
  | 'discover'
  | 'parse'
  | 'resolve'
  | 'schema'
  | 'read'
  | 'rewrite'
  | 'examine'
  | 'copy'
  | 'open'
  | 'plan'
  | 'create'
  | 'commit'
  | 'checkpoint'
  | 'check'
  | 'compare'
  | 'delete'
  | 'index'
  | 'close'
  | 'publish';

/** How long a step took. */
export interface StepTime {
  /** Of all its times together, where it is done more than once. */
  seconds: number;
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
  /** The steps that were taken besides copying, in their order. */
  stepTimes: Partial<Record<StepName, StepTime>>;
  /** Rows that were left out because they can't be loaded. */
  totalSkipped: number;
  /** The rows that can't be loaded: left out, or the reason why their table failed. */
  badRows: BadRows[];
  /** The tables that failed, and why; empty when all of it worked. */
  errors: Problem[];
  /** What may be meant: a file is missing, a property has no column, … */
  warnings: Problem[];
  /** Whether the target database now holds this load. */
  published: boolean;
  /** Of an update: what became of the rows of each table that it touches; rel tables of others too, where edges went with their nodes. */
  changes?: Record<string, TableChanges>;
}

/**
 * What an update does to a table. The rows of the files, without the bad ones, are those that were
 * inserted, updated and unchanged; `after` is `before`, less those deleted and with those inserted.
 */
export interface TableChanges {
  /** Rows of the dataset that the table had not. */
  inserted: number;
  /** Nodes of which a property was another. */
  updated: number;
  /** Rows that went: those that the dataset lacks, as far as that was asked for, and edges with their nodes. */
  deleted: number;
  /** Rows of the dataset that the table had as they are. */
  unchanged: number;
  /** Rows of the table. */
  before: number;
  /** Rows of the table. */
  after: number;
  /** Of nodes that are updated: property → in how many its value was another. */
  properties?: Record<string, number>;
  /** The first few keys, or endpoints as `from → to`, of what is to be done; of a dry run alone. */
  examples?: {
    /** Of rows that are inserted. */
    inserted: string[];
    /** Of nodes that are updated. */
    updated: string[];
    /** Of rows that are deleted. */
    deleted: string[];
  };
}

/** A sign of life from a running load. */
export type LoadEvent =
  /**
   * The schema of the load, where it is not the built-in one, also as the statements that create it;
   * `source` says where it came from.
   */
  | { type: 'schema'; schema: GraphSchema; source: string; cypher: string }
  /** The database is being built in `directory`; remove it to undo the load. */
  | { type: 'staged'; directory: string }
  /** Working files are in `directory`; remove it if the load can't. */
  | { type: 'scratch'; directory: string }
  /** The files of a table are searched for values that the engine may change. */
  | { type: 'examining'; table: string; file: string }
  /** They were. */
  | { type: 'examined'; table: string }
  /** The tables that will be loaded, and the rows that their files hold. */
  | {
      type: 'planned';
      tables: {
        table: string;
        kind: TableKind;
        rows: number;
        /** What it usually takes in comparison with the other tables and steps; else its rows. */
        weight?: number;
      }[];
      /** What else will be done, in its order, and what that usually takes in comparison. */
      steps?: { name: StepName; weight: number }[];
    }
  /** The first file of a table is about to be copied. */
  | {
      type: 'started';
      table: string;
      kind: TableKind;
      file: string;
      rows: number;
      /** Columns that fill no property: file → names. */
      ignored: Record<string, string[]>;
    }
  /** `rows` is the engine's progress in rows, of the whole table. */
  | { type: 'progress'; table: string; rows: number }
  /** A table is loaded, whole. */
  | {
      type: 'finished';
      table: string;
      kind: TableKind;
      rows: number;
      seconds: number;
      /** Bad rows that were left out. */
      skipped: number;
      /** Of an update: what became of the table's rows. */
      changes?: TableChanges;
    }
  /** A table was not loaded, and holds what it held before. */
  | { type: 'failed'; table: string; error: Problem }
  /** `table` failed and took the `tables` that were loaded with it along; they are loaded again. */
  | { type: 'repeated'; table: string; tables: string[] }
  /**
   * The engine crashed; all tables but the failing one are loaded anew, or, where several were being
   * loaded, all tables, one at a time.
   */
  | { type: 'restarted'; error: Problem }
  /** A warning that the report will have. */
  | { type: 'warned'; warning: Problem }
  /** A step that is no table's started, goes on or finished. */
  | StepEvent;

/**
 * A step that is no table's: it starts, may tell how far it is (`done` of `total`, files, statements
 * or rows), and finishes. One step is at work at a time, and no table is copied meanwhile; the
 * listener's own clock says when. One that never finishes failed, and took the load or its attempt
 * (`repeated`, `restarted`) along. What a callback throws at the end of a `publish`, or of the `commit`
 * of all with `onError: 'abort'`, comes too late to undo anything.
 */
export type StepEvent =
  /** It starts. */
  | { type: 'step'; name: StepName; state: 'started' }
  /** `done` of `total` files, statements or rows are done. */
  | { type: 'step'; name: StepName; state: 'progress'; done: number; total: number }
  /** It is done. */
  | { type: 'step'; name: StepName; state: 'finished'; seconds: number };

/** What a database holds. */
export interface DatabaseStats {
  /** Rows of all node tables. */
  totalNodes: number;
  /** Rows of all rel tables. */
  totalEdges: number;
  /** Node table → rows. */
  nodes: Record<string, number>;
  /** Rel table → rows. */
  edges: Record<string, number>;
  /** Rel table → its edges out of the `from` nodes and into the `to` nodes; on request. */
  degrees?: Record<string, RelDegrees>;
  /** The file itself. */
  database: {
    /** As it was given. */
    path: string;
    /** Which engine read it, or what server. */
    engine: EngineName | 'neo4j';
    /** Version of the engine that read it, or of the server. */
    version: string;
    /** Version of the file format, from the file's header; of no server. */
    storageVersion?: number;
    /** Bytes on disk, the write-ahead log included; of no server. */
    bytes?: number;
  };
}

/** How many edges of a rel table nodes have. */
export interface RelDegrees {
  /** Edges out of the nodes that they may lead from. */
  out: DegreeStats;
  /** Edges into the nodes that they may lead to. */
  in: DegreeStats;
}

/** How many edges the nodes on one side of a rel table have. */
export interface DegreeStats {
  /** Nodes that could have some. */
  nodes: number;
  /** Edges a node, on average. */
  mean: number;
  /** Edges of the node with the most. */
  max: number;
  /** Nodes without any. */
  isolated: number;
}

/** Rows that one side has and the other has not. */
export interface SurplusRows {
  /** How many. */
  rows: number;
  /** The first few keys, or endpoints as `from → to`. */
  examples: string[];
}

/** How a table of a database compares with the dataset. */
export interface TableVerification {
  /** Its name. */
  table: string;
  /** Whether it holds nodes or edges. */
  kind: TableKind;
  /** Both sides hold the same rows. */
  identical: boolean;
  /** Rows on either side. */
  rows: {
    /** In the files. */
    dataset: number;
    /** In the table. */
    database: number;
  };
  /** Properties whose values differ. */
  properties: string[];
  /** Rows that the database lacks; a row with another value counts on both sides. */
  onlyInDataset: SurplusRows;
  /** Rows that the dataset lacks. */
  onlyInDatabase: SurplusRows;
  /** Why it can't be compared. */
  errors: Problem[];
}

/** How a database compares with a dataset. */
export interface VerifyReport {
  /** Every table is. */
  identical: boolean;
  /** Every table of the schema, in load order. */
  tables: TableVerification[];
  /** Why tables can't be compared. */
  errors: Problem[];
  /** What was left out of the comparison. */
  warnings: Problem[];
}

/** Where a load's progress is written to; `console` is one. */
export interface Logger {
  /** Details: where the database is built, columns that fill nothing. */
  debug: (message: string) => void;
  /** Progress: every table that is done, with rows and seconds. */
  info: (message: string) => void;
  /** Warnings of the report. */
  warn: (message: string) => void;
  /** Tables that failed. */
  error: (message: string) => void;
}

/** What memory and cores the engine may use. */
export interface Resources {
  /** Bytes of the buffer pool. Default: the engine's own, or half of what the container allows. */
  bufferPool?: number;
  /** Threads a statement may use. Default: the engine's own, one a core. */
  threads?: number;
}

/** What a load may be told. */
export interface LoadOptions {
  /**
   * The engine in whose memory a schema is read or inferred, and of a database that is created.
   * Default: that of the database that is there, else `kuzu`.
   */
  engine?: EngineName;
  /**
   * A schema, the path of a file with one (Cypher, or the JSON of `kgload schema`), or `infer`.
   * Default: the one in the dataset's own `schema.cypher`, else the built-in code graph.
   */
  schema?: GraphSchema | string;
  /**
   * `continue`: a table that fails is reported and the others go on.
   * `abort`: the first failure ends the load, and nothing of it stays.
   * Default: `continue`, but a database that is there is replaced only if every table loaded.
   */
  onError?: 'continue' | 'abort';
  /** Load into tables that hold rows already. */
  append?: boolean;
  /** Leave out the rows that can't be loaded, and load the others. */
  skipBadRows?: boolean;
  /** More bad rows than this end the load, and nothing of it stays. */
  maxBadRows?: number;
  /**
   * Round DOUBLE values to the nearest FLOAT where a property is one, at every depth of a value, and
   * report the largest relative error; what would become an infinity fails its table. A property's own
   * {@link Property.allowRounding} says it for that one.
   */
  allowRounding?: boolean;
  /**
   * Load NULL for NaN, at every depth of a value. The engines store a NaN as another number, or other
   * numbers as NaN, in some places; without this a table with such a place fails, and no other does.
   */
  nanAsNull?: boolean;
  /**
   * Load 0 for -0, at every depth of a value. The engines store -0 as 0, or 0 as -0, in some places;
   * without this a table with such a place fails, and no other does.
   */
  negativeZeroAsZero?: boolean;
  /**
   * Is handed every bad row of the tables that were searched for them. What a callback throws, this
   * or {@link LoadOptions.onEvent} or a logger, undoes the load, and the caller gets it back.
   */
  onBadRow?: (row: BadRow) => void;
  /** Is told what is going on, as it happens. */
  onEvent?: (event: LoadEvent) => void;
  /** Is told the same in words: tables as `info`, details as `debug`. */
  logger?: Logger;
  /** Milliseconds, from any origin; measures the times in the report. */
  clock?: () => number;
  /**
   * Ends the load before its next table and throws the signal's reason; a COPY that runs can't be
   * interrupted, nor can a call that blocks: there the signal counts only if it was aborted before, or
   * a callback of the load aborts it. A load by path leaves the database as it was; over a connection
   * the tables that are loaded by then stay, unless `onError` is `abort`.
   */
  signal?: AbortSignal;
}

/** What an update may be told: a load that changes no more than what differs. */
export interface UpdateOptions {
  /**
   * Bring the database to what the dataset says: insert nodes with new keys, change the properties that
   * differ, add the edges that are not there. Nothing else is touched; where nothing differs, nothing is
   * written. All of it, or nothing.
   */
  update?: boolean;
  /** With `update`: delete what the dataset's tables no longer hold. */
  deleteMissing?: boolean;
  /**
   * With `update`: the same, but only rows of which this property has a value that occurs in the
   * dataset (of the table that is called like it, the key), and edges that leave such nodes.
   */
  deleteMissingBy?: string;
  /**
   * With deletions: so many rows at most, or a share of the nodes and of the edges that the dataset's
   * tables hold (`'10%'`); an edge in whose place another one comes is not counted. Default: `'30%'`.
   */
  maxDeletions?: number | `${number}%`;
}

/** Who asks a server, and for which of its databases; goes through JSON, and is never shown. */
export interface ServerAccess {
  /** Default: `neo4j`. */
  username?: string;
  /** Default: the server is asked without one, as those with authentication switched off want it. */
  password?: string;
  /** Default: the user's home database. */
  database?: string;
}

/** What a load may be told whose database is on a server: `neo4j://host:7687`. */
export interface ServerOptions {
  /** Who asks it, and for which database. */
  server?: ServerAccess;
  /**
   * Go on with a load that did not come to its end, from its last batch; dataset and options have to be
   * those of that load.
   */
  resume?: boolean;
  /** With `fresh`: that all nodes and relationships of the database are deleted first is meant. */
  deleteEverything?: boolean;
  /**
   * Load values that a server has no place for (structs, maps, nested lists, decimals, lists with NULL,
   * integers beyond 64 bits) as JSON text. Without this a table with such fails.
   */
  unsupportedAsJson?: boolean;
}

/** What a load may be told that opens its database itself. */
export interface PathLoadOptions extends LoadOptions, UpdateOptions, ServerOptions, Resources {
  /**
   * Build a new database and put it in the place of the old one, once every table is loaded; where
   * one failed too, if `onError` is `continue`. Default: the tables are added to the database that is
   * there, in a copy that takes its place.
   */
  fresh?: boolean;
  /**
   * Tables to load at a time into a new database of an engine that can, Ladybug. Default: one a core,
   * four at most.
   */
  jobs?: number;
}

/** What preprocessing may be told. */
export interface PreprocessDatasetOptions {
  /**
   * A schema, the path of a file with one, or `infer`. Default: the one in the dataset's own
   * `schema.cypher`, else the built-in code graph.
   */
  schema?: GraphSchema | string;
  /** Keep the columns that the schema does not have. */
  keepExtra?: boolean;
  /** Is told of every table that is written, as it happens. */
  onEvent?: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock?: () => number;
}

/** What {@link DatabaseStats} and loads need of a connection; Kuzu's own class has it. */
export interface Connection {
  /** Runs a statement and reports how far it is; several statements give several results. */
  query(
    statement: string,
    progress?: (fraction: number, pipelinesFinished: number, pipelines: number) => void,
  ): Promise<QueryResult | QueryResult[]>;
  /** The same, blocking. */
  querySync(statement: string): QueryResult | QueryResult[];
}

/** What kgload reads of the engine's query result. */
export interface QueryResult {
  /** Whether there is a row that was not read yet. */
  hasNext(): boolean;
  /** The next row: column → value. */
  getNextSync(): Record<string, unknown> | null;
  /** Lets go of the engine's memory. */
  close(): void;
}

/** A function or method of a code graph, without its source code. Null is what the data lacks. */
export interface FunctionSummary {
  /** The primary key. */
  id: string;
  /** As it stands in the source. */
  name: string | null;
  /** Path of its file, as the dataset gives it. */
  file: string | null;
  /** Its first line. */
  startLine: number | null;
  /** Its last line. */
  endLine: number | null;
  /** Whether code elsewhere is meant to use it. */
  isPublic: boolean | null;
}

/** A function or method of a code graph. */
export interface FunctionRow extends FunctionSummary {
  /** All of it, as text. */
  sourceCode: string | null;
}

/** A function that calls lead to. */
export interface ReachedFunction extends FunctionSummary {
  /** Calls on the shortest way to it: 1 is a direct caller or callee. */
  distance: number;
}

/** A class of a code graph, without its source code. Null is what the data lacks. */
export interface ClassSummary {
  /** The primary key. */
  id: string;
  /** As it stands in the source. */
  name: string | null;
  /** Path of its file, as the dataset gives it. */
  file: string | null;
  /** Its first line. */
  startLine: number | null;
  /** Its last line. */
  endLine: number | null;
  /** The names of its bases, as they stand in the source. */
  bases: string | null;
  /** Whether code elsewhere is meant to use it. */
  isPublic: boolean | null;
}

/** A class of a code graph. */
export interface ClassRow extends ClassSummary {
  /** All of it, as text. */
  sourceCode: string | null;
}

/** A class that inheritance leads to. */
export interface ReachedClass extends ClassSummary {
  /** Steps of inheritance on the shortest way to it: 1 is a direct subclass. */
  distance: number;
}

/** An import of a code graph. Null is what the data lacks. */
export interface ImportRow {
  /** The primary key. */
  id: string;
  /** The name of what is imported. */
  importedName: string | null;
  /** The kind of statement, as the analyser calls it: `import`, `from`, … */
  importType: string | null;
  /** The name that it has in the importing file, where it is another one. */
  alias: string | null;
  /** Line of the import. */
  lineNumber: number | null;
  /** Whether it is relative to the importing file. */
  isRelative: boolean | null;
  /** Path of the importing file, as the dataset gives it. */
  file: string | null;
}

/** One use of a variable: the function that uses it, and where. */
export interface VariableUse extends FunctionSummary {
  /** Line of the use. */
  lineNumber: number | null;
  /** What the analyser says of the use: `read`, `write`, … */
  context: string | null;
}

/** One use of an attribute: the function that uses it, and where. */
export interface AttributeUse extends FunctionSummary {
  /** Line of the use. */
  lineNumber: number | null;
  /** The kind of use, as the analyser calls it: `read`, `write`, … */
  accessType: string | null;
}
