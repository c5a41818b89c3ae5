/** What was asked at the prompt before: a private file in the user's state directory. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

const MOST = 1000;
const PRIVATE = { mode: 0o600 } as const;

/** By the XDG Base Directory Specification, which says that a relative path there is to be ignored. */
export function historyFile(env: NodeJS.ProcessEnv = process.env, home = homedir()): string {
  const state = env['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(state) ? state : join(home, '.local', 'state'), 'kgload', 'history');
}

/** The newest first; none where there is no such file. */
export function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const kept = lines.slice(-MOST);
    if (lines.length > 2 * MOST) writeFileSync(file, `${kept.join('\n')}\n`, PRIVATE);
    return kept.reverse();
  } catch {
    return [];
  }
}

/** Where it can't be written there is none: that is no reason not to answer. */
export function addToHistory(file: string, line: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, `${line}\n`, PRIVATE);
  } catch {
    return;
  }
}
