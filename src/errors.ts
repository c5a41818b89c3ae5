import type { ErrorCode, Problem, QueryPosition } from './types.js';

/**
 * An error that kgload foresaw: it says what is wrong, where, and what to do.
 *
 * @example
 * ```ts
 * try { … } catch (error) {
 *   if (error instanceof KgloadError && error.code === 'TARGET_LOCKED') retryLater();
 * }
 * ```
 */
export class KgloadError extends Error {
  /** Tells it from other errors also where another copy of this package threw it. */
  override readonly name = 'KgloadError';
  /** Stable, for programs. */
  readonly code: ErrorCode;
  // Declared, not defined: an error without them shows none.
  /** The table of the schema that it is about. */
  declare readonly table?: string;
  /** The file that it is about. */
  declare readonly file?: string;
  /** For people: what to do about it. */
  declare readonly hint?: string;
  /** Where in a query it is. */
  declare readonly position?: QueryPosition;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.code = problem.code;
    if (problem.table !== undefined) this.table = problem.table;
    if (problem.file !== undefined) this.file = problem.file;
    if (problem.hint !== undefined) this.hint = problem.hint;
    if (problem.position !== undefined) this.position = problem.position;
  }
}

/** The plain value that reports and JSON carry for an error. */
export function toProblem(error: KgloadError): Problem {
  return {
    code: error.code,
    message: error.message,
    ...(error.table !== undefined && { table: error.table }),
    ...(error.file !== undefined && { file: error.file }),
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.position !== undefined && { position: error.position }),
  };
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
