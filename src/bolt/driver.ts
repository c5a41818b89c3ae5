/** The official driver, which is loaded when a server is named. */
import type * as Neo4j from 'neo4j-driver';
import { KgloadError, messageOf } from '../errors.js';

export type DriverModule = typeof Neo4j.default;

/** That kgload is tested with. */
const DRIVER_VERSION = '6.3.0';

/** @throws {KgloadError} `ENGINE_MISSING`. */
export async function loadDriver(): Promise<DriverModule> {
  try {
    return (await import('neo4j-driver')).default;
  } catch (error) {
    throw new KgloadError(
      {
        code: 'ENGINE_MISSING',
        message: `the package neo4j-driver cannot be loaded: ${messageOf(error).split('\n')[0] ?? ''}`,
        hint: `run: npm install neo4j-driver@${DRIVER_VERSION}`,
      },
      { cause: error },
    );
  }
}
