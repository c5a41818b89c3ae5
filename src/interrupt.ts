/** Ctrl-C and its kin in the middle of work that no API can stop. */
import { rmSync } from 'node:fs';
import { createProgress, type Io, type OutputFlags } from './output.js';
import type { LoadEvent } from './types.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `cleanUp` when a signal ends the process. A COPY in progress can't be interrupted, and
 * `process.exit` would wait for it; so the signal is raised again with its default action, which
 * ends the process at once, with the status that a shell expects (130 for SIGINT).
 *
 * @returns A function that takes the handlers away.
 */
export function onInterrupt(cleanUp: () => void): () => void {
  const handle = (signal: NodeJS.Signals): void => {
    remove();
    try {
      cleanUp();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  const remove = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, handle);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return remove;
}

/** Shows the progress of work that builds in a directory beside its target; a signal removes both. */
export async function runStaged<T>(
  io: Io,
  flags: OutputFlags,
  work: (onEvent: (event: LoadEvent) => void) => Promise<T>,
): Promise<T> {
  const progress = await createProgress(io, flags);
  let scratch: string | undefined;
  const ignoreSignals = onInterrupt(() => {
    progress.stop();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });
  try {
    return await work((event) => {
      if (event.type === 'staged') scratch = event.directory;
      progress.show(event);
    });
  } finally {
    progress.stop();
    ignoreSignals();
  }
}
