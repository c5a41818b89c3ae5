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

/**
 * Refuses options of a load that are none, or something else than they must be. What is undefined is as
 * good as not there.
 *
 * @param byPath - The load opens its database itself.
 * @throws {KgloadError} `USAGE`.
 */
export function checkLoadOptions(options: object, byPath: boolean): void {
  const known = byPath ? { ...LOAD, ...BY_PATH } : LOAD;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = known[name];
    const wanted = check?.(value);
    if (check && wanted === undefined) continue;
    throw new KgloadError({
      code: 'USAGE',
      message: check
        ? `the option ${name} must be ${wanted ?? ''}, not ${describeValue(value) || typeof value}`
        : `there is no option ${name}`,
      hint: check ? 'see docs/library.md' : `there are ${Object.keys(known).join(', ')}`,
    });
  }
}
