/** What a caller of the library passes is looked at before anything is done: TypeScript checks only its own. */
import { ENGINE_NAMES } from './engine/native.js';
import { KgloadError } from './errors.js';
import { describeValue } from './json.js';

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

/** Those of a load by path, besides. */
const BY_PATH: Record<string, Check> = {
  createNew: isA('boolean'),
  bufferPool: wholeFrom(MIN_POOL),
  threads: wholeFrom(1),
};

/** Those of the other functions. */
const ENGINE: Record<string, Check> = { engine: oneOf(...ENGINE_NAMES) };

const OTHERS = {
  readSchema: ENGINE,
  readStats: { degrees: isA('boolean') },
  exportDatabase: {
    schema: isSchemaObject,
    bufferPool: wholeFrom(MIN_POOL),
    threads: wholeFrom(1),
    onEvent: isA('function'),
    clock: isA('function'),
  },
  verifyDatabase: {
    schema: isSchemaObject,
    bufferPool: wholeFrom(MIN_POOL),
    threads: wholeFrom(1),
    onEvent: isA('function'),
    clock: isA('function'),
  },
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
 * @param byPath - The load opens its database itself.
 * @throws {KgloadError} `USAGE`.
 */
export function checkLoadOptions(options: unknown, byPath: boolean): void {
  checkKnown(byPath ? { ...LOAD, ...BY_PATH } : LOAD, options);
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
