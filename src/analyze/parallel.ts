/** Work on many things, so many at a time. */

/**
 * Does work on all items, and on those that the work adds meanwhile.
 *
 * @param limit - How many are worked on at a time.
 */
export async function inParallel<T extends object>(
  items: readonly T[],
  limit: number,
  work: (item: T, add: (item: T) => void) => Promise<void>,
): Promise<void> {
  const queue = items.toReversed();
  await new Promise<void>((resolve, reject) => {
    let active = 0;
    const fail = (error: unknown): void => {
      queue.length = 0;
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const next = (): void => {
      while (active < limit) {
        const item = queue.pop();
        if (item === undefined) break;
        active++;
        work(item, (added) => queue.push(added)).then(() => {
          active--;
          next();
        }, fail);
      }
      if (active === 0) resolve();
    };
    next();
  });
}
