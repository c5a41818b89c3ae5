/** Which of the files of a directory are analysed: what patterns and defaults leave out. */
import { join } from 'node:path';
import { leftOutAs, type Look } from './directories.js';
import { addPatterns, readIgnoreFile, verdictOf, type IgnoreRules } from './ignorefiles.js';

export const IGNORE_FILE = '.kgloadignore';

export interface Selection {
  /**
   * Whether files in it may be taken. A directory is asked for after those around it, and once. The
   * root's path is empty; others end with `/`.
   */
  enters: (directory: string, look: Look) => boolean;
  /** Whether a file is taken, in a directory that is entered; `wanted` where a pattern names it. */
  takes: (path: string) => boolean | 'wanted';
  /** What patterns leave out: files, and directories. */
  excluded: string[];
  /** Directories that are left out by default, by what they hold. */
  leftOut: Map<string, string[]>;
}

/**
 * @param exclude - Patterns as in `.gitignore`, which say more than any file.
 * @param own - A directory that is not entered.
 */
export function makeSelection(
  root: string,
  exclude: readonly string[],
  own: string | undefined,
  onUnreadable: (path: string, error: unknown) => void,
): Selection {
  const asked = exclude.length === 0 ? undefined : addPatterns(exclude, '');
  /** The patterns that bind what is in a directory, which is entered. */
  const rulesOf = new Map<string, IgnoreRules | undefined>();
  const excluded: string[] = [];
  const leftOut = new Map<string, string[]>();

  const verdict = (path: string): ReturnType<typeof verdictOf> =>
    verdictOf(asked, path) ?? verdictOf(rulesOf.get(directoryOf(path)), path);

  const rulesIn = (directory: string, outer: IgnoreRules | undefined): IgnoreRules | undefined => {
    const file = `${directory}${IGNORE_FILE}`;
    try {
      return readIgnoreFile(join(root, file), directory, outer);
    } catch (error) {
      onUnreadable(file, error);
      return outer;
    }
  };

  const isEntered = (directory: string, look: Look): boolean => {
    if (directory === '') return true;
    if (directory === own) return false;
    const said = verdict(directory);
    if (said === 'ignored') excluded.push(directory);
    if (said !== undefined) return said === 'wanted';
    const kind = leftOutAs(nameOf(directory), look);
    if (kind === undefined) return true;
    const others = leftOut.get(kind);
    if (others) others.push(directory);
    else leftOut.set(kind, [directory]);
    return false;
  };

  return {
    enters: (directory, look) => {
      if (!isEntered(directory, look)) return false;
      const outer = directory === '' ? undefined : rulesOf.get(directoryOf(directory));
      rulesOf.set(directory, look.has(IGNORE_FILE) ? rulesIn(directory, outer) : outer);
      return true;
    },
    takes: (path) => {
      const said = verdict(path);
      if (said === 'ignored') excluded.push(path);
      return said === 'wanted' ? 'wanted' : said === undefined;
    },
    excluded,
    leftOut,
  };
}

/** The directory around a file or directory; the root's is empty. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/', path.length - 2) + 1);
}

/** The name of a directory, without those around it. */
export function nameOf(directory: string): string {
  return directory.slice(directory.lastIndexOf('/', directory.length - 2) + 1, -1);
}
