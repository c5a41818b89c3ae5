/** What a server's and its driver's errors mean. */
import { KgloadError, messageOf } from '../errors.js';
import type { Problem } from '../types.js';

/** https://neo4j.com/docs/status-codes/current/errors/all-errors/ */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** A transaction that takes more memory than it may; the driver calls it worth another try. */
export function isMemoryFull(error: unknown): boolean {
  return /MemoryPoolOutOfMemory|OutOfMemoryError|TransactionOutOfMemory/.test(codeOf(error));
}

/** The server is not reached, or no longer; whether the last thing said was done, nobody knows. */
export function isConnectionLost(error: unknown): boolean {
  return /^(ServiceUnavailable|SessionExpired)$/.test(codeOf(error)) || isShuttingDown(error);
}

function isShuttingDown(error: unknown): boolean {
  return /DatabaseUnavailable|TransactionTerminated|ServiceUnavailable/.test(codeOf(error));
}

/** It may work when it is tried again, such as after a deadlock. */
export function isTransient(error: unknown): boolean {
  return /^Neo\.TransientError\./.test(codeOf(error)) && !isMemoryFull(error);
}

/**
 * An error of the driver as one of ours.
 *
 * @param url - Of the server.
 * @param what - Was attempted, such as `Function` for a table.
 */
export function serverError(url: string, error: unknown): KgloadError {
  if (error instanceof KgloadError) return error;
  return new KgloadError(describe(url, codeOf(error), messageOf(error)), { cause: error });
}

/**
 * An error of somebody's query: what is wrong with it, what it may not do, or how it failed.
 *
 * @param url - Of the server.
 */
export function queryError(url: string, error: unknown): unknown {
  if (!isServerError(error)) return error;
  const code = codeOf(error);
  const [line = ''] = messageOf(error).split('\n');
  const known = serverError(url, error);
  if (/Statement\.AccessMode$|Request\.Invalid$/.test(code) && /read access mode/.test(line)) {
    return new KgloadError(
      {
        code: 'QUERY_REFUSED',
        message: `a query only reads the database: ${line}`,
        hint: 'to allow it, say --write',
      },
      { cause: error },
    );
  }
  if (/ProcedureNotFound$|Statement\.\w*NotFound$/.test(code)) {
    return new KgloadError({ code: 'QUERY_INVALID', message: line }, { cause: error });
  }
  if (known.code !== 'ENGINE' && known.code !== 'TARGET_UNWRITABLE') return known;
  return new KgloadError(
    { code: 'QUERY_FAILED', message: `the query failed: ${line}` },
    { cause: error },
  );
}

/** Whether the server ended a transaction since it took longer than it might. */
export function isTimeout(error: unknown): boolean {
  return /Transaction\.TransactionTimedOut/.test(codeOf(error));
}

/** Whether an error is the driver's or the server's. */
export function isServerError(error: unknown): boolean {
  return error instanceof Error && error.name === 'Neo4jError';
}

function describe(url: string, code: string, message: string): Problem {
  const [line = ''] = message.split('\n');
  if (/^(ServiceUnavailable|SessionExpired)$/.test(code)) return describeUnreachable(url, message);
  if (/Security\.(Unauthorized|AuthenticationRateLimit|CredentialsExpired)$/.test(code)) {
    return {
      code: 'SERVER_UNAUTHORIZED',
      message: `the server at ${url} does not take this user and password: ${line}`,
      hint: 'set NEO4J_USERNAME and NEO4J_PASSWORD (server in the library)',
    };
  }
  if (code.endsWith('DatabaseNotFound')) {
    return {
      code: 'ENOENT',
      message: `the server at ${url} has no such database: ${line}`,
      hint: 'name one that there is by NEO4J_DATABASE (server.database in the library)',
    };
  }
  if (/ReadOnly|WriteOnRead|Security\.Forbidden/.test(code)) {
    return {
      code: 'TARGET_UNWRITABLE',
      message: `the database at ${url} cannot be written: ${line}`,
      hint: 'allow it on the server, or load as a user who may write',
    };
  }
  if (/MemoryPoolOutOfMemory|OutOfMemory/.test(code)) {
    return {
      code: 'OUT_OF_MEMORY',
      message: `the server at ${url} has too little memory for a transaction: ${line}`,
      hint: 'raise dbms.memory.transaction.total.max on the server',
    };
  }
  if (
    /Statement\.(SyntaxError|SemanticError|ParameterMissing|TypeError|ArgumentError)$/.test(code)
  ) {
    const [, at, column] = /\(line (\d+), column (\d+)/.exec(message) ?? [];
    return {
      code: 'QUERY_INVALID',
      message: line.replace(/ \(line \d+.*$/, ''),
      ...(at !== undefined && { position: { line: Number(at), column: Number(column) } }),
    };
  }
  return { code: 'ENGINE', message: `the server at ${url} refused: ${line} (${code})` };
}

function describeUnreachable(url: string, message: string): Problem {
  const [, cause = ''] = /Caused by: (.*)/s.exec(message) ?? [];
  if (/TLS|SSL|certificate|self[- ]signed/i.test(cause)) {
    const isCertificate = /certificate|self[- ]signed/i.test(cause);
    return {
      code: 'SERVER_UNREACHABLE',
      message: isCertificate
        ? `the certificate of the server at ${url} is not trusted: ${cause}`
        : `the server at ${url} does not speak TLS: ${cause}`,
      hint: isCertificate
        ? 'write +ssc in the place of +s to take any certificate'
        : 'leave +s (or +ssc) out of the address',
    };
  }
  const why = /ECONNREFUSED/.test(cause)
    ? 'the port is closed'
    : /ENOTFOUND|EAI_AGAIN/.test(cause)
      ? 'no host has this name'
      : (cause.split('\n')[0] ?? '') || (message.split('\n')[0] ?? '');
  return {
    code: 'SERVER_UNREACHABLE',
    message: `no server answers at ${url}: ${why}`,
    hint: 'see that it runs, and listens to Bolt there (7687 by default); a server that wants TLS is bolt+s:// or neo4j+s://',
  };
}
