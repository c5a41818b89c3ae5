/** The job that the flags of a load say. */
import { isServerUrl } from '../bolt/address.js';
import type { Job } from '../process/job.js';
import type { OutputFlags } from '../terminal/output.js';
import type { EngineName } from '../types.js';
import { serverAccess } from './serveraccess.js';
import { toUpdate, type UpdateFlags } from './updateflags.js';

export interface Flags extends OutputFlags, UpdateFlags {
  db: string;
  engine?: EngineName;
  fresh?: boolean;
  append?: boolean;
  analyze?: boolean;
  resume?: boolean;
  yes?: boolean;
  unsupportedAsJson?: boolean;
  onError?: 'continue' | 'abort';
  dryRun?: boolean;
  skipBadRows?: boolean;
  badRows?: string;
  report?: string;
  maxBadRows?: number;
  allowRounding?: boolean;
  nanAsNull?: boolean;
  negativeZeroAsZero?: boolean;
  bufferPool?: number;
  threads?: number;
  jobs?: number;
}

export function toJob(
  dataset: string,
  flags: Flags,
  engine: EngineName | undefined,
  hasProgress: boolean,
): Job {
  const { db, schema, badRows, maxBadRows, onError, jobs, bufferPool, threads } = flags;
  const { allowRounding = false, nanAsNull = false, negativeZeroAsZero = false } = flags;
  return {
    kind: 'load',
    database: db,
    dataset,
    ...(schema !== undefined && { schema }),
    isDryRun: flags.dryRun ?? false,
    ...(badRows !== undefined && { badRowsFile: badRows }),
    hasProgress,
    settings: {
      ...(engine && { engine }),
      fresh: flags.fresh ?? false,
      append: flags.append ?? false,
      ...(flags.update && { update: toUpdate(flags) }),
      ...(onError && { onError }),
      badRows: {
        skip: flags.skipBadRows ?? maxBadRows !== undefined,
        ...(maxBadRows !== undefined && { most: maxBadRows }),
      },
      values: { allowRounding, nanAsNull, negativeZeroAsZero },
      ...(isServerUrl(db) && {
        server: {
          access: serverAccess(db),
          resume: flags.resume ?? false,
          isConfirmed: flags.yes ?? false,
          unsupportedAsJson: flags.unsupportedAsJson ?? false,
        },
      }),
      ...(jobs !== undefined && { jobs }),
      resources: {
        ...(bufferPool !== undefined && { bufferPool }),
        ...(threads !== undefined && { threads }),
      },
      exclude: [],
    },
  };
}
