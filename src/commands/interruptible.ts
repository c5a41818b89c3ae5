/** Commands that a signal ends. */
import { onInterrupt } from '../process/interrupt.js';
import { problemDocument, type Subject } from '../terminal/documents.js';
import { type Io, type OutputFlags, printJson, printLog } from '../terminal/output.js';

/** Does a work, after which nothing stays if a signal ends it; also then a JSON document is printed. */
export async function whileInterruptible<R>(
  io: Io,
  flags: OutputFlags,
  subject: Subject,
  work: () => Promise<R>,
): Promise<R> {
  const stopListening = onInterrupt((signal) => {
    printLog(io, 'interrupted');
    const message = `the command was interrupted by ${signal}`;
    if (flags.json) printJson(io, problemDocument({ code: 'INTERRUPTED', message }, subject));
  });
  try {
    return await work();
  } finally {
    stopListening();
  }
}
