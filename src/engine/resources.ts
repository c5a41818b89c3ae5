/** What memory and cores the engine may use. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

/**
 * Bytes of the buffer pool by default: 80 % of the machine's memory, as the engine takes by itself,
 * but of a container only half. The engine does not look at the container's limit, and the other
 * half is for what lies outside the pool: indexes of keys, what COPY has not written yet, Node.
 *
 * @param space - Bytes of address space that the database may take, where they are limited; the pool
 *   takes as much again.
 * @param allowed - Bytes that the container allows: `process.constrainedMemory()`.
 */
export function defaultBufferPool(
  space: number = addressSpace(),
  allowed: number = process.constrainedMemory(),
  total: number = totalmem(),
): number {
  const limits = [total * 0.8, space / 4, ...(allowed > 0 && allowed < total ? [allowed / 2] : [])];
  return Math.floor(Math.min(...limits));
}

/**
 * Bytes of a buffer pool for work that needs few pages, and no more than by default. The engine
 * keeps books of all pages that its pool might hold: for 20 GB that takes 30 ms and 36 MB.
 */
export function smallBufferPool(most: number = defaultBufferPool()): number {
  return Math.min(SMALL_POOL, most);
}

const SMALL_POOL = 1e9;

/**
 * Tables that are loaded at a time by default: one a core, but each holds its index and its rows in
 * memory until it is done, and a COPY itself uses several cores.
 */
export function defaultJobs(cores: number = availableParallelism()): number {
  return Math.min(cores, 4);
}

/** What this machine gives a load that nobody tells otherwise. */
export function machine(): {
  bufferPool: number;
  smallBufferPool: number;
  jobs: number;
  threads: number;
} {
  const bufferPool = defaultBufferPool();
  return {
    bufferPool,
    smallBufferPool: smallBufferPool(bufferPool),
    jobs: defaultJobs(),
    threads: availableParallelism(),
  };
}

/**
 * Bytes of address space that a database may take: the largest power of two in half of what
 * `ulimit -v` leaves this process; infinite where nothing is limited. The engine would reserve 8 TiB,
 * and a failing attempt keeps what it has reserved, so that trying is no way to find out.
 */
export function addressSpace(): number {
  let limits: string;
  let pages: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8'); // proc(5); elsewhere nobody knows.
    pages = readFileSync('/proc/self/statm', 'utf8');
  } catch {
    return Infinity;
  }
  const [, limit] = /^Max address space +(\d+)/m.exec(limits) ?? [];
  if (limit === undefined) return Infinity;
  const left = Number(limit) - Number(pages.split(' ')[0]) * PAGE_BYTES;
  return 2 ** Math.max(MIN_SPACE, Math.floor(Math.log2(left / 2)));
}

const PAGE_BYTES = 4096;
/** Log 2 of the least address space that holds a small database: 256 MB. */
const MIN_SPACE = 28;
