/** A query that takes too long. */
import { KgloadError } from '../errors.js';
import { formatSeconds } from '../format.js';

/** @param timeout - Milliseconds. */
export function timedOut(timeout: number): KgloadError {
  return new KgloadError({
    code: 'TIMEOUT',
    message: `the query took longer than ${formatSeconds(timeout / 1000)} s, and was ended`,
    hint: 'allow more time, or ask for less: LIMIT',
  });
}
