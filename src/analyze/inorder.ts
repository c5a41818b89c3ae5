/** Work on many things at a time, whose results are wanted in the order of the things. */

export interface Window<T> {
  /** Things that are at work at a time; results that wait for an earlier one count. */
  count: number;
  /** The same as a sum of their sizes; one thing may be larger. */
  size: number;
  sizeOf: (item: T) => number;
}

/** Yields each thing with its result. What fails is thrown in its turn. */
export async function* inOrder<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  window: Window<T>,
): AsyncGenerator<[T, R]> {
  const underway: { item: T; result: Promise<R> }[] = [];
  let size = 0;
  let next = 0;
  for (;;) {
    for (let item = items[next]; item !== undefined; item = items[next]) {
      const own = window.sizeOf(item);
      const isFull = underway.length >= window.count || size + own > window.size;
      if (isFull && underway.length > 0) break;
      const result = work(item);
      // Where an earlier one fails, nobody waits for this.
      result.catch(() => undefined);
      underway.push({ item, result });
      size += own;
      next += 1;
    }
    const first = underway.shift();
    if (!first) return;
    yield [first.item, await first.result];
    size -= window.sizeOf(first.item);
  }
}
