/** The file of bad rows, as NDJSON. */
import { toJson } from '../json.js';
import type { BadRow } from '../types.js';
import { openOutput } from './outputfile.js';

export interface BadRowsFile {
  write: (row: BadRow) => void;
  /** Everything is written: what can't be is known before the load is published. */
  flush: () => void;
  /** Puts it in its place. */
  keep: () => void;
  /** Lets go of it; what was not kept is gone. */
  close: () => void;
}

/** Lines are written in pieces of about this many characters. */
const BUFFER_CHARACTERS = 64 * 1024;

/** @throws {KgloadError} As {@link openOutput}. */
export function openBadRows(
  path: string,
  { database, dataset }: { database: string; dataset: string },
): BadRowsFile {
  const file = openOutput(path, 'the file of bad rows', { database, dataset });
  let buffer = '';
  const empty = (): void => {
    file.write(buffer);
    buffer = '';
  };
  return {
    write: (row) => {
      buffer += toJson(row) + '\n';
      if (buffer.length >= BUFFER_CHARACTERS) empty();
    },
    flush: () => {
      empty();
      file.sync();
    },
    keep: () => {
      empty();
      file.keep();
    },
    close: file.close,
  };
}
