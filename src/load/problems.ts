/** What failed statements of a load come to, for people. */
import {
  diskFullReason,
  firstLine,
  hasLostPages,
  isDiskFull,
  isPoolFull,
} from '../engine/messages.js';
import { messageOf } from '../errors.js';
import { formatCount } from '../format.js';
import type { PlannedCopy, PlannedFile, PlannedTable } from '../plan/plan.js';
import type { Problem } from '../types.js';

/** What was written together could not be: no single table is to blame. */
export class WriteFailed extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** @param isTight - Memory is little for what is loaded. */
export function writeProblem({ message }: WriteFailed, isTight: boolean): Problem {
  const what = 'the database cannot be written';
  if (isPoolFull(message) || (isTight && hasLostPages(message))) {
    return {
      code: 'OUT_OF_MEMORY',
      message: `${what}: ${firstLine(message)}`,
      hint: MORE_MEMORY,
    };
  }
  return { code: 'DISK_FULL', message: `${what}: ${describeFullDisk(message)}`, hint: MORE_SPACE };
}

/** A commit that fails for a full disk may as well say that it can't roll back, or read. */
function describeFullDisk(message: string): string {
  return diskFullReason(message) ?? `a commit failed, as on a full disk (${firstLine(message)})`;
}

export const MORE_SPACE = 'free some space beside the database, and load again';

const MORE_MEMORY =
  'give it more memory: --buffer-pool 4GB (bufferPool in the library), or --threads 1';

export function engineProblem(
  table: string,
  { file }: Pick<PlannedCopy, 'file'>,
  error: unknown,
  isTight = false,
): Problem {
  const message = messageOf(error);
  const isLost = hasLostPages(message);
  if (isDiskFull(message) || (isLost && !isTight)) {
    return {
      code: 'DISK_FULL',
      table,
      file,
      message: `${table} cannot be written: ${describeFullDisk(message)}`,
      hint: MORE_SPACE,
    };
  }
  if (isPoolFull(message) || isLost) {
    return {
      code: 'OUT_OF_MEMORY',
      table,
      file,
      message: `${table} failed on ${file}: ${firstLine(message)}`,
      hint: MORE_MEMORY,
    };
  }
  return {
    code: 'ENGINE',
    table,
    file,
    message: `${table} failed on ${file}: ${firstLine(message)}`,
  };
}

export function tooManyBadRows(
  { table, file }: PlannedTable<PlannedFile>,
  total: number,
  limit: number,
): Problem {
  return {
    code: 'TOO_MANY_BAD_ROWS',
    table,
    file,
    message: `${formatCount(total)} bad rows up to and with ${table}, and ${formatCount(limit)} are allowed; nothing was loaded`,
    hint: 'raise --max-bad-rows, or mend the files; kgload load --dry-run lists what is wrong',
  };
}
