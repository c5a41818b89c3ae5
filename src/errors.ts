import type { ErrorCode, Problem } from './types.js';

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

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.code = problem.code;
    if (problem.table !== undefined) this.table = problem.table;
    if (problem.file !== undefined) this.file = problem.file;
    if (problem.hint !== undefined) this.hint = problem.hint;
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
  };
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of a failed call (`ENOENT`, `EACCES`, …), if there is one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** There is no descriptor left for another file. */
export function isTooManyFiles(error: unknown): boolean {
  // The engine's errors have no code.
  const isSystem = ['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '');
  return isSystem || messageOf(error).includes('Too many open files');
}

export function tooManyFiles(cause: unknown): KgloadError {
  return new KgloadError(
    {
      code: 'TOO_MANY_FILES',
      message: 'too many open files: no other can be opened',
      hint: 'raise the limit: ulimit -n 1024',
    },
    { cause },
  );
}

/** What the system says no to, in words; what people can mend, and no fault of the program. */
const SYSTEM_ERRORS: Record<string, { code: ErrorCode; reason: string; hint?: string }> = {
  ENOSPC: { code: 'DISK_FULL', reason: 'the disk is full', hint: 'make room on it' },
  EDQUOT: { code: 'DISK_FULL', reason: 'your share of the disk is used up' },
  EFBIG: { code: 'DISK_FULL', reason: 'a file may not be that large there (ulimit -f)' },
  EAGAIN: { code: 'TARGET_UNWRITABLE', reason: 'there are too many processes (ulimit -u)' },
  EACCES: { code: 'TARGET_UNWRITABLE', reason: 'you have no permission' },
  EPERM: { code: 'TARGET_UNWRITABLE', reason: 'you have no permission' },
  EROFS: { code: 'TARGET_UNWRITABLE', reason: 'the file system is read-only' },
  EISDIR: { code: 'TARGET_UNWRITABLE', reason: 'it is a directory' },
  ENOTDIR: { code: 'TARGET_UNWRITABLE', reason: 'a part of its path is no directory' },
  ENAMETOOLONG: { code: 'TARGET_UNWRITABLE', reason: 'its name is too long' },
  ELOOP: { code: 'TARGET_UNWRITABLE', reason: 'its symbolic links lead round and round' },
  EBUSY: { code: 'TARGET_UNWRITABLE', reason: 'it is in use' },
  EIO: { code: 'TARGET_UNWRITABLE', reason: 'the device fails' },
};

/**
 * A failed call of the system as an error that says so; nothing for any other error.
 *
 * @param what - What could not be done. Default: the path that the call was about, and that it
 *   failed.
 */
export function systemError(error: unknown, what?: string): KgloadError | undefined {
  if (error instanceof KgloadError) return undefined;
  if (isTooManyFiles(error)) return tooManyFiles(error);
  const code = systemCode(error) ?? '';
  const known = SYSTEM_ERRORS[code];
  if (!known) return undefined;
  const { path, dest, syscall = '' } = error as NodeJS.ErrnoException & { dest?: string };
  const place = dest ?? path;
  const failed = what ?? (place === undefined ? `${syscall} failed` : `${place} cannot be used`);
  const { reason, hint } = known;
  return new KgloadError(
    {
      code: known.code,
      message: `${failed}: ${reason} (${code})`,
      ...(place !== undefined && { file: place }),
      ...(hint !== undefined && { hint }),
    },
    { cause: error },
  );
}
