/** Who asks a server: never from the command line, where everybody on the machine may read it. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { isServerUrl, serverUrl, shownAddress } from '../bolt/address.js';
import { KgloadError } from '../errors.js';
import type { Io } from '../terminal/output.js';
import type { ServerAccess } from '../types.js';

/**
 * By the variables that Neo4j's own tools read; nothing for a database in a file.
 *
 * @throws {KgloadError} `USAGE` for an address that says more than where the server is.
 */
export function serverAccess(database: string | undefined): ServerAccess | undefined {
  if (database === undefined || !isServerUrl(database)) return undefined;
  serverUrl(database);
  const { NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE } = process.env;
  return {
    ...(NEO4J_USERNAME !== undefined && { username: NEO4J_USERNAME }),
    ...(NEO4J_PASSWORD !== undefined && { password: NEO4J_PASSWORD }),
    ...(NEO4J_DATABASE !== undefined && { database: NEO4J_DATABASE }),
  };
}

/** Where a server wants a password and none is set, asks a terminal for it, and sets it. */
export async function askForPassword(database: string, stdin: ReadStream, io: Io): Promise<void> {
  const access = serverAccess(database);
  if (!access || access.password !== undefined || !stdin.isTTY || !io.stderr.isTTY) return;
  if (!(await wantsPassword(database, access))) return;
  const prompt = `Password of ${access.username ?? 'neo4j'} at ${shownAddress(database)}: `;
  process.env['NEO4J_PASSWORD'] = await askHidden(prompt, stdin, io);
}

/** Other errors are told by the command itself. */
async function wantsPassword(database: string, access: ServerAccess): Promise<boolean> {
  try {
    const { openServer } = await import('../bolt/server.js');
    await (await openServer(database, access)).close();
    return false;
  } catch (error) {
    return error instanceof KgloadError && error.code === 'SERVER_UNAUTHORIZED';
  }
}

/** A line that is typed, and not shown. */
async function askHidden(prompt: string, stdin: ReadStream, { stderr }: Io): Promise<string> {
  stderr.write(prompt);
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const editor = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  try {
    return await new Promise<string>((resolve) => {
      editor.once('line', resolve);
      editor.once('close', () => {
        resolve('');
      });
      editor.once('SIGINT', () => {
        editor.close();
        stderr.write('\n');
        process.kill(process.pid, 'SIGINT');
      });
    });
  } finally {
    editor.close();
    stderr.write('\n');
  }
}
