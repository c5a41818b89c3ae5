/** Signals: Ctrl-C and its kin in the middle of work that no API can stop, and Ctrl-Z. */
import { readFileSync } from 'node:fs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Runs `cleanUp` when a signal ends the process; of several the last one first. A COPY in progress
 * can't be interrupted, and `process.exit` would wait for it; so the signal is raised again with its
 * default action, which ends the process at once, with the status that a shell expects (130 for
 * SIGINT).
 *
 * @param cleanUp - May take its time, which a second signal cuts short.
 * @returns A function that takes the handlers away.
 */
export function onInterrupt(cleanUp: (signal: NodeJS.Signals) => void | Promise<void>): () => void {
  const handle = (signal: NodeJS.Signals): void => {
    remove();
    // When the others have cleaned up too.
    const end = (): void => {
      process.nextTick(() => process.kill(process.pid, signal));
    };
    let pending: void | Promise<void> = undefined;
    try {
      pending = cleanUp(signal);
    } finally {
      if (pending) pending.then(end, end);
      else end();
    }
  };
  const remove = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, handle);
  };
  for (const signal of SIGNALS) process.prependListener(signal, handle);
  return remove;
}

/**
 * Runs `pause` before Ctrl-Z stops the process, and `resume` when it goes on in the foreground; in the
 * background the terminal is somebody else's. A stop that nobody can foresee (SIGSTOP) is followed by
 * both.
 *
 * @returns A function that takes the handlers away.
 */
export function onSuspend(pause: () => void, resume: () => void): () => void {
  // Windows has no such signals.
  if (process.platform === 'win32') return () => undefined;
  const suspend = (): void => {
    pause();
    process.removeListener('SIGTSTP', suspend);
    process.kill(process.pid, 'SIGTSTP'); // Returns when the process goes on.
    process.on('SIGTSTP', suspend);
    goOn();
  };
  const goOn = (): void => {
    pause();
    if (isInForeground()) resume();
  };
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', goOn);
  return () => {
    process.removeListener('SIGTSTP', suspend);
    process.removeListener('SIGCONT', goOn);
  };
}

/** proc(5), /proc/pid/stat: the process's group, and that which its terminal listens to. */
function isInForeground(): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return group === foreground || foreground === '-1';
  } catch {
    return true; // Nobody knows.
  }
}
