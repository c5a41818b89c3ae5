/** The flags of an update. */
import { InvalidArgumentError } from 'commander';
import { KgloadError } from '../errors.js';
import {
  type DeletionLimit,
  toDeletionLimit,
  type UpdateSettings,
  USUAL_LIMIT,
} from '../plan/update.js';

export interface UpdateFlags {
  update?: boolean;
  deleteMissing?: boolean;
  deleteMissingBy?: string;
  maxDeletions?: DeletionLimit;
}

/**
 * Refuses flags of an update that make no sense together, or without one.
 *
 * @throws {KgloadError} `USAGE` for deletions without an update.
 */
export function checkUpdate(flags: UpdateFlags): void {
  const { update, deleteMissing, deleteMissingBy, maxDeletions } = flags;
  const isDeleting = (deleteMissing ?? false) || deleteMissingBy !== undefined;
  const [flag] = [
    ...(deleteMissing ? ['--delete-missing'] : []),
    ...(deleteMissingBy === undefined ? [] : ['--delete-missing-by']),
    ...(maxDeletions === undefined ? [] : ['--max-deletions']),
  ];
  if (!update && flag !== undefined) {
    throw new KgloadError({
      code: 'USAGE',
      message: `${flag} is for updates`,
      hint: `say --update ${flag}`,
    });
  }
  if (deleteMissing && deleteMissingBy !== undefined) {
    throw new KgloadError({
      code: 'USAGE',
      message: '--delete-missing deletes all that --delete-missing-by would, and more',
      hint: 'leave one of them out',
    });
  }
  if (maxDeletions !== undefined && !isDeleting) {
    throw new KgloadError({
      code: 'USAGE',
      message: '--max-deletions bounds what --delete-missing deletes; without, nothing is deleted',
      hint: 'leave it out, or say --delete-missing',
    });
  }
}

/** What the flags ask for. */
export function toUpdate({
  deleteMissing,
  deleteMissingBy,
  maxDeletions,
}: UpdateFlags): UpdateSettings {
  const by = deleteMissingBy === undefined ? undefined : { by: deleteMissingBy };
  return {
    deletions: deleteMissing ? 'all' : (by ?? 'none'),
    limit: maxDeletions ?? USUAL_LIMIT,
  };
}

/** Parses the value of --max-deletions. */
export function deletionLimit(text: string): DeletionLimit {
  const limit = toDeletionLimit(text);
  if (!limit)
    throw new InvalidArgumentError('It is neither a whole number nor a percentage, 0% to 100%.');
  return limit;
}
