/**
 * What a caller of the library passes: looked at before anything is done, since TypeScript checks only
 * its own, and made a request for a load.
 */
import { isServerUrl } from './bolt/address.js';
import { likelyEngine } from './database/target.js';
import type { Steps } from './engine/drive.js';
import { ENGINE_NAMES } from './engine/native.js';
import { KgloadError } from './errors.js';
import { describeValue } from './json.js';
import { logEvents } from './log.js';
import { type ChosenSchema, codeGraph } from './model/codegraph.js';
import { type LoadRequest, requestLoad } from './plan/request.js';
import { toDeletionLimit, USUAL_LIMIT } from './plan/update.js';
import type { InferableFiles } from './schema/endpoints.js';
import { chooseSchema, toSchema } from './schema/file.js';
import { toCypher } from './schema/script.js';
import type { GraphSchema, LoadEvent, LoadOptions, PathLoadOptions } from './types.js';

/** Says what a value must be, where it is something else. */
type Check = (value: unknown) => string | undefined;

const isA =
  (type: 'boolean' | 'function'): Check =>
  (value) =>
    typeof value === type ? undefined : `a ${type}`;

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(String(value)) ? undefined : values.map((each) => `'${each}'`).join(' or ');

const wholeFrom =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least
      ? undefined
      : `a whole number from ${least}`;

const METHODS = ['debug', 'info', 'warn', 'error'];

const isLogger: Check = (value) => {
  const methods = (value ?? {}) as Record<string, unknown>;
  return METHODS.every((name) => typeof methods[name] === 'function')
    ? undefined
    : `an object with the methods ${METHODS.join(', ')}`;
};

const isSchema: Check = (value) => {
  const { nodes, edges } = Object(value) as { nodes?: unknown; edges?: unknown };
  const isOne = typeof value === 'string' || (Array.isArray(nodes) && Array.isArray(edges));
  return isOne ? undefined : 'a schema, the path of a file with one, or infer';
};

/** No path of one. */
const isSchemaObject: Check = (value) =>
  typeof value === 'string' ? 'a schema' : isSchema(value) && 'a schema';

/** The engine's buffer pool takes no less. */
const MIN_POOL = 64_000_000;

/** The options of a load, by their names. */
const LOAD: Record<string, Check> = {
  engine: oneOf(...ENGINE_NAMES),
  schema: isSchema,
  onError: oneOf('continue', 'abort'),
  append: isA('boolean'),
  skipBadRows: isA('boolean'),
  maxBadRows: wholeFrom(0),
  allowRounding: isA('boolean'),
  nanAsNull: isA('boolean'),
  negativeZeroAsZero: isA('boolean'),
  onBadRow: isA('function'),
  onEvent: isA('function'),
  logger: isLogger,
  clock: isA('function'),
  signal: (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal'),
};

/** Those of an update, which is by path. */
const UPDATE: Record<string, Check> = {
  update: isA('boolean'),
  deleteMissing: isA('boolean'),
  deleteMissingBy: (value) =>
    typeof value === 'string' && value !== '' ? undefined : 'a property',
  maxDeletions: (value) =>
    toDeletionLimit(String(value)) ? undefined : "a whole number from 0, or a share such as '10%'",
};

const isText: Check = (value) => (typeof value === 'string' ? undefined : 'a string');

const isAccess: Check = (value) => {
  const known = ['username', 'password', 'database'];
  const isFine =
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([name, text]) => known.includes(name) && isText(text) === undefined,
    );
  return isFine ? undefined : 'an object with username, password and database';
};

/** Those of a load into a server. */
const SERVER: Record<string, Check> = {
  server: isAccess,
  resume: isA('boolean'),
  deleteEverything: isA('boolean'),
  unsupportedAsJson: isA('boolean'),
};

/** Those of a load by path, besides. */
const RESOURCES: Record<string, Check> = {
  bufferPool: wholeFrom(MIN_POOL),
  threads: wholeFrom(1),
};

/** Those of the other functions. */
const ENGINE: Record<string, Check> = { engine: oneOf(...ENGINE_NAMES) };

const isTexts: Check = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
    ? undefined
    : 'an array of strings';

const isAssignment: Check = (value) =>
  typeof value === 'object' && value !== null && isTexts(Object.values(value)) === undefined
    ? undefined
    : 'an object of patterns and languages';

/** Those of whatever writes an analysis. */
const ANALYSIS: Record<string, Check> = {
  source: isA('boolean'),
  onEvent: isA('function'),
  clock: isA('function'),
  signal: (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal'),
};

const OTHERS = {
  readSchema: ENGINE,
  readStats: { degrees: isA('boolean'), server: isAccess },
  exportDatabase: {
    schema: isSchemaObject,
    server: isAccess,
    ...RESOURCES,
    onEvent: isA('function'),
    clock: isA('function'),
  },
  preprocessDataset: {
    schema: isSchema,
    keepExtra: isA('boolean'),
    onEvent: isA('function'),
    clock: isA('function'),
  },
  verifyDatabase: {
    schema: isSchemaObject,
    server: isAccess,
    ...RESOURCES,
    onEvent: isA('function'),
    clock: isA('function'),
  },
  analyzeCodebase: {
    ...ANALYSIS,
    languages: isTexts,
    assign: isAssignment,
    exclude: isTexts,
    maxSize: wholeFrom(0),
    cache: isA('boolean'),
    jobs: wholeFrom(1),
  },
  analyzeFiles: { language: isText, jobs: wholeFrom(1) },
  exportToParquet: ANALYSIS,
  DependencyGraph: { ...ENGINE, readOnly: isA('boolean') },
} satisfies Record<string, Record<string, Check>>;

function usage(message: string, hint = 'see docs/library.md'): KgloadError {
  return new KgloadError({ code: 'USAGE', message, hint });
}

/** A value in a message; of a function or a symbol, what it is. */
function shown(value: unknown): string {
  if (['function', 'symbol', 'undefined'].includes(typeof value)) return `a ${typeof value}`;
  return describeValue(value);
}

/**
 * Refuses what is no text where a path, or a key, must be.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function checkTexts(values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw usage(`${name} must be a string, not ${shown(value)}`);
  }
}

/**
 * Refuses what has no items, and a text, whose characters are hardly meant.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function checkIterable(name: string, value: unknown): void {
  const { [Symbol.iterator]: items, [Symbol.asyncIterator]: later } = Object(value) as Record<
    symbol,
    unknown
  >;
  if (typeof value !== 'string' && (items ?? later)) return;
  throw usage(`${name} must be an array, or iterable, not ${shown(value)}`);
}

/**
 * Refuses what is no connection.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function checkConnection(connection: unknown): void {
  const { query } = Object(connection) as { query?: unknown };
  if (typeof query === 'function') return;
  throw usage(
    `the connection must be one of Kuzu's or Ladybug's, or an object with query and querySync, not ${shown(connection)}`,
  );
}

/**
 * {@link checkLoadOptions} of another function.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function checkOptions(of: keyof typeof OTHERS, options: unknown): void {
  checkKnown(OTHERS[of], options);
}

/**
 * Refuses options of a load that are none, or something else than they must be. What is undefined is as
 * good as not there.
 *
 * @param byPath - The load opens its database itself, and blocks.
 * @throws {KgloadError} `USAGE`.
 */
export function checkLoadOptions(options: unknown, byPath: boolean): void {
  checkKnown(
    byPath ? { ...LOAD, ...UPDATE, createNew: isA('boolean'), ...RESOURCES } : LOAD,
    options,
  );
  const { createNew = true } = options as { createNew?: boolean };
  if (byPath) checkUpdate({ ...(options as PathLoadOptions), fresh: createNew });
}

/**
 * {@link checkLoadOptions} of a load that opens its database itself, and does not block.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function checkPathLoadOptions(options: unknown): void {
  checkKnown(
    { ...LOAD, ...UPDATE, ...SERVER, fresh: isA('boolean'), jobs: wholeFrom(1), ...RESOURCES },
    options,
  );
  checkUpdate(options as PathLoadOptions);
  const { fresh = false, append = false } = options as PathLoadOptions;
  if (fresh && append) {
    throw usage('fresh and append cannot be asked for together: a new database holds no rows');
  }
}

/** @throws {KgloadError} `USAGE`. */
function checkUpdate(options: PathLoadOptions): void {
  const { update = false, fresh = false, append = false } = options;
  const { deleteMissing = false, deleteMissingBy, maxDeletions } = options;
  const isDeleting = deleteMissing || deleteMissingBy !== undefined;
  if (update && (fresh || append)) {
    throw usage(
      `update and ${fresh ? 'fresh' : 'append'} cannot be asked for together`,
      'loadFromParquetSync replaces the database unless createNew is false',
    );
  }
  if (!update && isDeleting) throw usage('deleteMissing is for updates: say update: true');
  if (deleteMissing && deleteMissingBy !== undefined) {
    throw usage('deleteMissing deletes all that deleteMissingBy would, and more');
  }
  if (maxDeletions !== undefined && !isDeleting) {
    throw usage('maxDeletions bounds what deleteMissing deletes; without, nothing is deleted');
  }
}

function checkKnown(known: Record<string, Check>, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw usage(`the options must be an object, not ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = known[name];
    if (!check) {
      throw usage(`there is no option ${name}`, `there are ${Object.keys(known).join(', ')}`);
    }
    const wanted = check(value);
    if (wanted === undefined) continue;
    throw usage(`the option ${name} must be ${wanted}, not ${shown(value)}`);
  }
}

/** What a caller asks for, with the schema read, and with one callback for events and logger. */
export function* requestOf(
  directory: string,
  options: LoadOptions,
  inferable?: InferableFiles,
): Steps<LoadRequest> {
  const { schema: choice, engine, logger, append = false, onError, signal, clock } = options;
  const { skipBadRows = false, maxBadRows, onBadRow } = options;
  const { allowRounding = false, nanAsNull = false, negativeZeroAsZero = false } = options;
  const log = logger && logEvents(logger);
  const onEvent = (event: LoadEvent): void => {
    options.onEvent?.(event);
    log?.(event);
  };
  const chosen: ChosenSchema | undefined =
    typeof choice === 'object'
      ? undefined
      : yield* chooseSchema(choice, directory, engine, inferable);
  const schema = typeof choice === 'object' ? checkedSchema(choice) : (chosen?.schema ?? codeGraph);
  if (chosen && schema !== codeGraph) {
    onEvent({ type: 'schema', schema, source: chosen.source, cypher: toCypher(schema) });
  }
  return requestLoad(
    schema,
    {
      append,
      ...(onError && { onError }),
      badRows: { skip: skipBadRows, ...(maxBadRows !== undefined && { most: maxBadRows }) },
      values: { allowRounding, nanAsNull, negativeZeroAsZero },
    },
    {
      onEvent,
      hasProgress: options.onEvent !== undefined,
      ...(onBadRow && { onBadRow }),
      ...(signal && { signal }),
      ...(clock && { clock }),
    },
  );
}

/** {@link requestOf} for a load that opens its database itself. */
export function* requestByPath(
  databasePath: string,
  directory: string,
  options: PathLoadOptions,
  inferable?: InferableFiles,
): Steps<LoadRequest> {
  const { fresh = false, jobs, bufferPool, threads, signal, ...others } = options;
  const { update = false, deleteMissing, deleteMissingBy, maxDeletions, ...more } = others;
  const {
    server,
    resume = false,
    deleteEverything = false,
    unsupportedAsJson = false,
    ...rest
  } = more;
  const engine = likelyEngine(databasePath, options.engine);
  const given = { ...rest, engine, ...(signal && { signal }) };
  const request = yield* requestOf(directory, given, inferable);
  const resources = {
    ...(bufferPool !== undefined && { bufferPool }),
    ...(threads !== undefined && { threads }),
  };
  return {
    ...request,
    settings: {
      ...request.settings,
      engine,
      fresh,
      ...(update && {
        update: {
          deletions: deleteMissing
            ? 'all'
            : deleteMissingBy === undefined
              ? 'none'
              : { by: deleteMissingBy },
          limit: toDeletionLimit(String(maxDeletions)) ?? USUAL_LIMIT,
        },
      }),
      ...(jobs !== undefined && { jobs }),
      ...(isServerUrl(databasePath) && {
        server: { access: server, resume, isConfirmed: deleteEverything, unsupportedAsJson },
      }),
      resources,
    },
    // After the last table too: what was built is thrown away until it is in its place.
    hooks: { ...request.hooks, beforePublish: () => signal?.throwIfAborted() },
  };
}

/** A schema that the caller made, as it must be; the built-in one is. */
export function checkedSchema(schema: GraphSchema): GraphSchema {
  return schema === codeGraph ? schema : toSchema(schema);
}
