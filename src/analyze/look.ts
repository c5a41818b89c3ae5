/** A short look at a directory that is no dataset: whether it holds sources. */
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LANGUAGES } from './languages.js';

/** Nobody waits for a hint. */
const MAX_ENTRIES = 5_000;

/** Whether there is a file of a known language among the first files of a directory, by its name. */
export function holdsSources(directory: string): boolean {
  const ends = LANGUAGES.flatMap(({ files }) => files.filter((name) => name.startsWith('.')));
  const queue = [directory];
  let seen = 0;
  for (const place of queue) {
    for (const entry of entriesOf(place)) {
      seen += 1;
      if (seen > MAX_ENTRIES) return false;
      const { name } = entry;
      if (entry.isDirectory()) {
        if (!name.startsWith('.') && name !== 'node_modules') queue.push(join(place, name));
      } else if (ends.some((end) => name.endsWith(end))) return true;
    }
  }
  return false;
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
