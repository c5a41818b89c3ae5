/** Works on a server, from its opening to its closing. */
import { isServerError, serverError } from '../bolt/messages.js';
import { openServer, type Server } from '../bolt/server.js';
import type { ServerAccess } from '../types.js';

/**
 * Connects to a server for the time of a work.
 *
 * @throws {KgloadError} `SERVER_UNREACHABLE`, `SERVER_UNAUTHORIZED`, `ENOENT` for a database that is not
 *   there, `ENGINE_MISSING` without the driver, `USAGE`; what the server's errors are.
 */
export async function withServer<T>(
  address: string,
  access: ServerAccess | undefined,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await openServer(address, access);
  try {
    return await work(server);
  } catch (error) {
    throw isServerError(error) ? serverError(server.url, error) : error;
  } finally {
    await server.close();
  }
}
