/** Where a server that speaks Bolt is, as people write it. */
import { KgloadError } from '../errors.js';

/** https://neo4j.com/docs/javascript-manual/current/connect-advanced/#_connection_uri */
const SCHEMES = /^(?:bolt|neo4j)(?:\+s|\+ssc)?:\/\//i;

/** Whether a database is on a server, not in a file. */
export function isServerUrl(database: string): boolean {
  return SCHEMES.test(database);
}

/**
 * A URL without anything secret, in one form.
 *
 * @throws {KgloadError} `USAGE` for what is no URL, or says more than where the server is.
 */
export function serverUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw refused('the address of the server is no URL', 'write it like neo4j://host:7687', error);
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(
      'the address of the server holds a user or a password',
      'leave them out, and set NEO4J_USERNAME and NEO4J_PASSWORD (server in the library)',
    );
  }
  if (url.hostname === '') {
    throw refused(`${text} names no host`, 'write it like neo4j://host:7687');
  }
  if (/^\/./.test(url.pathname)) {
    throw refused(
      `${text} has a path, which servers do not know`,
      'name the database by NEO4J_DATABASE (server.database in the library)',
    );
  }
  return `${url.protocol}//${url.host}${url.search}`;
}

/** An address without what may be secret in it, also one that is refused. */
export function shownAddress(text: string): string {
  return text.replace(/^([^/]*\/\/)[^/]*@/, '$1');
}

function refused(message: string, hint: string, cause?: unknown): KgloadError {
  return new KgloadError({ code: 'USAGE', message, hint }, { cause });
}
