import type { ReadStream } from 'node:tty';
import type { Io } from './output.js';

export async function promptForQueries(
  _flags: unknown,
  _io: Io,
  _stdin: ReadStream,
): Promise<number> {
  return await Promise.resolve(0);
}
