/** What the engines' error texts mean: measured on Kuzu 0.11.3 and Ladybug 0.19.1. */
import { KgloadError, messageOf } from '../errors.js';

/** A statement or an open needs more memory than the buffer pool has. */
export function isPoolFull(message: string): boolean {
  return /buffer pool is full|buffer pool size|Buffer manager/i.test(message);
}

export const LOCK_ERROR = 'Could not set lock on file';

export function isLockError(message: string): boolean {
  return message.includes(LOCK_ERROR);
}

/** Why the engine could not write, in the words of write(2) where it has some. */
export function diskFullReason(message: string): string | undefined {
  const known = /No space left on device|Disk quota exceeded|File too large/.exec(message)?.[0];
  return known ?? (message.includes('Cannot write to file') ? 'a write was cut short' : undefined);
}

/** That a file of a statement's result could not be written for want of space, if it was that. */
export function fullDiskError(path: string, cause: unknown): KgloadError | undefined {
  const reason = diskFullReason(messageOf(cause));
  if (reason === undefined) return undefined;
  const message = `${path} cannot be written: ${reason}`;
  return new KgloadError({ code: 'DISK_FULL', message, file: path }, { cause });
}

/**
 * Whether the engine could not write. Where such an error ends a COMMIT, both engines may say instead
 * that the rollback failed, too.
 */
export function isDiskFull(message: string): boolean {
  const isCommit = message.includes('Invalid transaction type to rollback');
  return isCommit || diskFullReason(message) !== undefined;
}

/**
 * Whether the engine read beyond the end of a file of its own: a page that it never wrote, since the
 * disk was full, or, with Ladybug 0.19.1 and several connections, the buffer pool.
 */
export function hasLostPages(message: string): boolean {
  return /Cannot read from file: .*numBytesRead: 0 /.test(message);
}

/** A process was killed in the middle of a checkpoint: only opening for writing completes it. */
export function needsRecovery(message: string): boolean {
  return /replay shadow pages under read-only mode|read-only mode while checkpoint/.test(message);
}

/** A value of a file does not become one of the type that is wanted. */
export function isConversionError(message: string): boolean {
  return /Conversion exception|Overflow exception|Failure in decode/.test(message);
}

/** The engine's messages go on with links and hints in further lines. */
export function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

/** Whether a statement gives one pair of a rel table a multiplicity, for which Kuzu 0.11.3 has no words. */
export function refusesPairMultiplicity(message: string): boolean {
  return /extraneous input '(MANY|ONE)_(MANY|ONE)' expecting/i.test(message);
}

/** What to say of that. */
export const NO_PAIR_MULTIPLICITY = {
  reason: 'Kuzu has one multiplicity for all pairs of a rel table, and none of a single pair',
  hint: 'load it into Ladybug (--engine ladybug), or give each pair a rel table of its own',
} as const;

/**
 * Whether a COPY failed for rows that {@link findBadRows} looks for. After any other error a search
 * would blame what the failed COPY left behind, or hide the real reason. The words are the same in
 * Kuzu 0.11.3 and Ladybug 0.19.1.
 */
export function isBadRowsError(message: string): boolean {
  return /duplicated primary key|found NULL, which violates|Unable to find primary key|violates the rel multiplicity/i.test(
    message,
  );
}
