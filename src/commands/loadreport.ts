/** The page of a load (`--report`): what happened is recorded while it runs, and written at its end. */
import { identifyDatabase } from '../database/identity.js';
import { KgloadError, toProblem } from '../errors.js';
import { ownVersion } from '../files.js';
import { type LoadRecord, loadPage } from '../picture/loadpage.js';
import { signature } from '../picture/page.js';
import { isRecorded, type Recorded } from '../picture/timeline.js';
import { openOutput } from '../process/outputfile.js';
import type { EngineName, LoadEvent, LoadReport, Problem } from '../types.js';

export interface LoadPage {
  record: (event: LoadEvent) => void;
  /** Writes it, and puts it in its place; returns why that can't be done. */
  finish: (end: LoadRecord['end'], outcome: string, report: LoadReport) => Problem | undefined;
  /** Lets go of it; one that is not finished is gone. */
  close: () => void;
}

/** What the flags say of the load. */
interface Asked {
  dataset: string;
  database: string;
  engine?: EngineName | undefined;
  isDryRun: boolean;
  badRowsFile?: string | undefined;
}

/**
 * Opens the page of a load that is about to begin.
 *
 * @throws {KgloadError} `TARGET_UNWRITABLE`, as {@link openOutput}.
 */
export function openLoadPage(path: string, asked: Asked, now: () => number = Date.now): LoadPage {
  const { database, dataset, isDryRun, badRowsFile } = asked;
  const other =
    badRowsFile === undefined ? {} : { other: { path: badRowsFile, what: 'the file of bad rows' } };
  const file = openOutput(path, 'the report', { database, dataset, ...other });
  const began = now();
  const secondsSince = (): number => (now() - began) / 1000;
  const recorded: Recorded[] = [];
  return {
    record: (event) => {
      const sign = { at: secondsSince(), event };
      if (isRecorded(sign)) recorded.push(sign);
    },
    finish: (end, outcome, report) => {
      const engine = engineOf(asked);
      const record: LoadRecord = {
        end,
        outcome,
        isDryRun,
        dataset,
        database,
        ...(engine !== undefined && { engine }),
        ...(badRowsFile !== undefined && { badRowsFile }),
        report,
        recorded,
        startedAt: new Date(began),
        seconds: secondsSince(),
      };
      try {
        file.write(loadPage(record, signature(ownVersion(), new Date(now()))));
        file.keep();
        return undefined;
      } catch (error) {
        if (error instanceof KgloadError) return toProblem(error);
        throw error;
      }
    },
    close: file.close,
  };
}

function engineOf({ database, engine: asked }: Asked): string | undefined {
  const { engine, version } = identifyDatabase(database);
  if (engine === null) return asked;
  return version === null ? engine : `${engine} ${version}`;
}
