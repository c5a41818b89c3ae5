/** Files with patterns as in `.gitignore`, each binding the directory in which it lies. */
import ignore, { type Ignore } from 'ignore';
import { readHead } from './regularfile.js';

/** The patterns of a directory, and those of the directories around it. */
export interface IgnoreRules {
  /** Relative to the root; empty, or ends with `/`. */
  directory: string;
  patterns: Ignore;
  outer: IgnoreRules | undefined;
}

/** A pattern says that a path is left out, or (`!…`) that it is not. */
export type Verdict = 'ignored' | 'wanted' | undefined;

/** Nobody writes that many patterns. */
const MAX_BYTES = 4_000_000;

/** The patterns of a file, in a directory under others. */
export function readIgnoreFile(
  path: string,
  directory: string,
  outer: IgnoreRules | undefined,
): IgnoreRules | undefined {
  const text = readHead(path, MAX_BYTES);
  return text === undefined ? outer : addPatterns(text, directory, outer);
}

/** Patterns of a directory under others. */
export function addPatterns(
  patterns: string | readonly string[],
  directory: string,
  outer?: IgnoreRules,
): IgnoreRules {
  return { directory, patterns: ignore({ ignoreCase: false }).add(patterns), outer };
}

/**
 * What the patterns say of a path: the nearest that say something win, of these the last. Directories
 * around it are not asked; whoever goes down has asked them on the way.
 *
 * @param path - Relative to the root; that of a directory ends with `/`.
 */
export function verdictOf(rules: IgnoreRules | undefined, path: string): Verdict {
  for (let at = rules; at; at = at.outer) {
    const inside = path.slice(at.directory.length);
    const { ignored, unignored } = at.patterns.test(inside);
    if (unignored) return 'wanted';
    if (ignored && !isInherited(at.patterns, inside)) return 'ignored';
  }
  return undefined;
}

/** It is a directory around the path that the patterns name, which nearer ones have taken back. */
function isInherited(patterns: Ignore, path: string): boolean {
  const end = path.lastIndexOf('/', path.length - 2);
  return end !== -1 && patterns.test(path.slice(0, end + 1)).ignored;
}
