/** Ctrl-C and its kin in the middle of work that no API can stop. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `cleanUp` when a signal ends the process; of several the last one first. A COPY in progress
 * can't be interrupted, and `process.exit` would wait for it; so the signal is raised again with its
 * default action, which ends the process at once, with the status that a shell expects (130 for
 * SIGINT).
 *
 * @returns A function that takes the handlers away.
 */
export function onInterrupt(cleanUp: (signal: NodeJS.Signals) => void): () => void {
  const handle = (signal: NodeJS.Signals): void => {
    remove();
    try {
      cleanUp(signal);
    } finally {
      // When the others have cleaned up too.
      process.nextTick(() => process.kill(process.pid, signal));
    }
  };
  const remove = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, handle);
  };
  for (const signal of SIGNALS) process.prependListener(signal, handle);
  return remove;
}
