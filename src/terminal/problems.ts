/** Problems as lines for people: many of one kind in one. */
import { listNames, plural } from '../format.js';
import { describeProblem } from '../log.js';
import type { Problem } from '../types.js';

/** A problem, or what is told like one. */
type Told = Omit<Problem, 'code'> & { code: string };

/** As many of one kind are told one by one. */
const FEW = 3;

/**
 * A line for each problem; many with one code are one line, which tells the first of them whole, and of
 * the others where they are.
 */
export function summarizeProblems(problems: readonly Told[]): string[] {
  const codes = [...new Set(problems.map(({ code }) => code))];
  return codes.flatMap((code) => {
    const list = problems.filter((problem) => problem.code === code);
    if (code === 'FILE_MISSING' && list.length > 1) return [describeMissing(list)];
    return list.length > FEW ? [describeMany(list)] : list.map(describeProblem);
  });
}

function describeMissing(list: readonly Told[]): string {
  const files = list.map(({ file, table }) => file ?? table ?? '');
  // Nothing else tells a load from an update here.
  const isKept = list.every(({ message }) => message.endsWith('stays as it is'));
  const fate = isKept ? 'stay as they are' : 'count 0 rows';
  return `${plural(list.length, 'table')} have no file and ${fate}: ${listNames(files)}`;
}

function describeMany([first, ...others]: readonly Told[]): string {
  if (!first) return '';
  const places = new Set(others.flatMap(({ file, table }) => file ?? table ?? []));
  const where = places.size > 0 ? `, about ${listNames([...places])}` : '';
  const more = `and ${plural(others.length, 'more')}`.replace(/s$/, '');
  return `${describeProblem(first)}; ${more} like it${where} (-v tells each)`;
}
