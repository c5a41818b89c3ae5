/** A walk through directories that git does not know, by the ignore files in them. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIgnoreFile, verdictOf, type IgnoreRules } from './ignorefiles.js';
import { inParallel } from './parallel.js';

/** What a walk tells; paths of directories are empty (the root's) or end with `/`. */
export interface Visitor {
  /** Whether to go into it; `beside` are the names in the directory around it. */
  enters: (directory: string, names: ReadonlySet<string>, beside: ReadonlySet<string>) => boolean;
  /** A directory with a repository of its own, which is not entered. */
  repository: (directory: string) => void;
  /** Anything but a directory. */
  entry: (path: string) => void;
  ignored: (path: string) => void;
  unreadable: (path: string, error: unknown) => void;
}

/** Enough for the four threads that do it, and for a slow file system. */
const AT_A_TIME = 16;

const NONE: ReadonlySet<string> = new Set();

interface Step {
  directory: string;
  beside: ReadonlySet<string>;
  rules: IgnoreRules | undefined;
}

/**
 * Walks through a directory without following links.
 *
 * @param directory - Where to begin, relative to the root.
 */
export async function walk(root: string, directory: string, visitor: Visitor): Promise<void> {
  const first: Step = { directory, beside: NONE, rules: undefined };
  await inParallel([first], AT_A_TIME, async (step, add) => {
    let entries: Dirent[];
    try {
      entries = await readdir(join(root, step.directory), { withFileTypes: true });
    } catch (error) {
      visitor.unreadable(step.directory, error);
      return;
    }
    const names = new Set(entries.map(({ name }) => name));
    if (step !== first && !visitor.enters(step.directory, names, step.beside)) return;
    if (step !== first && names.has('.git')) {
      visitor.repository(step.directory);
      return;
    }
    const rules = names.has('.gitignore') ? rulesIn(root, step, visitor) : step.rules;
    for (const entry of entries) {
      const isDirectory = entry.isDirectory();
      const path = `${step.directory}${entry.name}${isDirectory ? '/' : ''}`;
      if (verdictOf(rules, path) === 'ignored') visitor.ignored(path);
      else if (isDirectory) add({ directory: path, beside: names, rules });
      else visitor.entry(path);
    }
  });
}

function rulesIn(root: string, step: Step, visitor: Visitor): IgnoreRules | undefined {
  const file = `${step.directory}.gitignore`;
  try {
    return readIgnoreFile(join(root, file), step.directory, step.rules);
  } catch (error) {
    visitor.unreadable(file, error);
    return step.rules;
  }
}
