/** What a load did besides its tables, as lines of a table. */
import { formatSeconds } from '../format.js';
import type { LoadReport, StepName, StepTime } from '../types.js';
import { STEP_TITLES } from './progress.js';

/** Steps that every load waits for have a line of their own, others where they took so many seconds. */
const SHOWN: readonly string[] = ['commit', 'checkpoint', 'compare', 'delete'];
const LONG = 1;

/**
 * A line for steps that say where the time went, and one for all the others.
 *
 * @param column - In which the seconds stand.
 */
export function stepLines(times: LoadReport['stepTimes'], column: number): string[][] {
  const steps = Object.entries(times) as [StepName, StepTime][];
  const isShown = ([name, { seconds }]: [StepName, StepTime]): boolean =>
    SHOWN.includes(name) || seconds >= LONG;
  const lineOf = (title: string, seconds: number): string[] => [
    title,
    ...Array<string>(column - 1).fill(''),
    formatSeconds(seconds),
  ];
  const others = steps.filter((step) => !isShown(step));
  const rest = others.reduce((sum, [, { seconds }]) => sum + seconds, 0);
  return [
    ...steps.filter(isShown).map(([name, { seconds }]) => lineOf(STEP_TITLES[name], seconds)),
    ...(others.length > 0 ? [lineOf('other steps', rest)] : []),
  ];
}
