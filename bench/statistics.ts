/** The few numbers that a list of measurements is told by. */

export interface Summary {
  median: number;
  min: number;
  max: number;
}

/** @throws For an empty list. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [min, max] = [sorted[0], sorted.at(-1)];
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new Error('nothing was measured');
  }
  return { median: (low + high) / 2, min, max };
}

/**
 * How many times as long one took as the other: the median over the rounds, each with its own
 * neighbour in time, so that a machine that slows down for a while slows both.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  const ratios = values.slice(0, others.length).map((value, i) => value / (others[i] ?? NaN));
  return summarize(ratios).median;
}
