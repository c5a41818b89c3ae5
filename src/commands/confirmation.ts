/** A question before what cannot be undone. */
import { createInterface } from 'node:readline/promises';
import type { ReadStream } from 'node:tty';
import type { Io } from '../terminal/output.js';

/**
 * Asks on a terminal whether that is meant; elsewhere nobody is asked, and it is not.
 *
 * @param what - Will be done, as a sentence.
 */
export async function confirm(
  what: string,
  io: Io,
  stdin: ReadStream = process.stdin,
): Promise<boolean> {
  if (!stdin.isTTY || !io.stderr.isTTY) return false;
  const prompt = createInterface({ input: stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${what} Type yes to go on: `);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    prompt.close();
  }
}
