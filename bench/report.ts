/** What was measured, as tables for people: ratios, and the project's targets. */
import { formatBytes, formatCount, formatTable } from '../src/format.js';
import type { Sample } from './measure.js';
import { medianRatio, summarize } from './statistics.js';

/** All runs of a competitor on one dataset. */
export interface Result {
  name: string;
  title: string;
  /** Rows that it loaded: not all where it is too slow for them. */
  rows: number;
  samples: Sample[];
}

/** All competitors on one dataset. */
export interface DatasetResults {
  dataset: string;
  /** Rows in its files. */
  rows: number;
  results: Result[];
  /** Why the others were not run. */
  skipped: { name: string; reason: string }[];
}

/** All runs of one of the short commands. */
export interface Startup {
  name: string;
  samples: Sample[];
}

export interface Target {
  what: string;
  goal: number;
  unit: 'times' | 'MB';
  /** At least, rather than at most. */
  isFloor: boolean;
  value: number;
  isMet: boolean;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  kernel: string;
  node: string;
  date: string;
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryBytes, kernel, node, date } = machine;
  return `${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}, ${kernel}, Node ${node}, ${date.slice(0, 10)}`;
}

export function datasetTable({ dataset, rows, results, skipped }: DatasetResults): string[] {
  const bare = results.find(({ name }) => name === 'bare');
  const original = results.find(({ name }) => name === 'original');
  const lines = results.map((result) => {
    const wall = summarize(result.samples.map((sample) => sample.wall));
    const cpu = medianOf(result, 'cpu');
    const rss = medianOf(result, 'peakRss');
    return [
      result.title,
      formatCount(result.rows),
      seconds(wall.median),
      `${seconds(wall.min)}–${seconds(wall.max)}`,
      formatCount(Math.round(result.rows / wall.median)),
      cpu === undefined ? '' : seconds(cpu),
      rss === undefined ? '' : formatBytes(rss),
      bare ? ratioOf(result, bare).toFixed(2) : '',
      original ? ratioOf(result, original).toFixed(2) : '',
    ];
  });
  const runs = Math.max(0, ...results.map(({ samples }) => samples.length));
  return [
    `${dataset}: ${formatCount(rows)} rows, ${runs} runs each`,
    ...formatTable([
      ['', 'rows', 'seconds', 'min–max', 'rows/s', 'CPU s', 'peak RSS', '÷ bare', '÷ original'],
      null,
      ...lines,
    ]),
    ...skipped.map(({ name, reason }) => `${name} was not run: ${reason}`),
  ];
}

export function startupTable(startups: readonly Startup[]): string[] {
  const node = startups[0];
  return [
    'start-up',
    ...formatTable([
      ['', 'ms', 'min–max', 'runs', '÷ node -e 0'],
      null,
      ...startups.map((startup) => {
        const wall = summarize(startup.samples.map((sample) => sample.wall * 1000));
        return [
          startup.name,
          wall.median.toFixed(0),
          `${wall.min.toFixed(0)}–${wall.max.toFixed(0)}`,
          String(startup.samples.length),
          node ? medianRatio(walls(startup), walls(node)).toFixed(2) : '',
        ];
      }),
    ]),
  ];
}

export function targetTable(targets: readonly Target[]): string[] {
  const format = (value: number, unit: Target['unit']): string =>
    unit === 'MB' ? `${value.toFixed(0)} MB` : value.toFixed(2);
  return [
    'targets',
    ...formatTable([
      ['', 'goal', 'measured', ''],
      null,
      ...targets.map(({ what, goal, unit, isFloor, value, isMet }) => [
        what,
        `${isFloor ? '≥' : '≤'} ${format(goal, unit)}`,
        format(value, unit),
        isMet ? 'met' : 'missed',
      ]),
    ]),
  ];
}

/** The targets that the measurements tell of: those whose datasets and competitors were run. */
export function targetsOf(
  datasets: readonly DatasetResults[],
  startups: readonly Startup[],
): Target[] {
  const targets: Target[] = [];
  const add = (
    what: string,
    goal: number,
    value: number | undefined,
    { unit = 'times', isFloor = false }: Partial<Pick<Target, 'unit' | 'isFloor'>> = {},
  ): void => {
    if (value === undefined || Number.isNaN(value)) return;
    targets.push({
      what,
      goal,
      unit,
      isFloor,
      value,
      isMet: isFloor ? value >= goal : value <= goal,
    });
  };
  const at = (rows: number): DatasetResults | undefined =>
    datasets.find((dataset) => Math.abs(dataset.rows / rows - 1) < 0.2);
  const ratioAt = (rows: number, name: string, other: string): number | undefined => {
    const results = at(rows)?.results ?? [];
    const [one, two] = [name, other].map((wanted) => results.find((r) => r.name === wanted));
    return one && two && ratioOf(one, two);
  };
  const sizes = { '35 thousand': 35e3, 'half a million': 5e5, '3.5 million': 3.5e6 };
  const goals = (name: string, other: string, list: (number | undefined)[]): void => {
    for (const [i, [size, rows]] of Object.entries(sizes).entries()) {
      const goal = list[i];
      if (goal === undefined) continue;
      add(`${name} ÷ ${other}, ${size} rows`, goal, ratioAt(rows, name, other));
    }
  };
  goals('kgload', 'bare', [1.1, undefined, 1.03]);
  goals('kgload', 'original', [0.78, 0.92]);
  goals('kgload-ladybug', 'original', [0.5, 0.6, 0.7]);
  goals('kgload-ladybug', 'kgload-ladybug-1', [undefined, undefined, 0.7]);
  for (const { dataset, rows, results } of datasets) {
    const [kgload, bare, rowwise] = ['kgload', 'bare', 'one-by-one'].map((name) =>
      results.find((result) => result.name === name),
    );
    const [more, less] = [kgload && medianOf(kgload, 'peakRss'), bare && medianOf(bare, 'peakRss')];
    if (more !== undefined && less !== undefined) {
      add(`peak RSS of kgload over bare, ${dataset}`, 60, (more - less) / 1e6, { unit: 'MB' });
    }
    // The start of two processes weighs more than the rows do in small ones.
    if (kgload && rowwise && rows > 4e5) {
      add(`one-by-one ÷ kgload, ${dataset}`, 100, ratioOf(rowwise, kgload), { isFloor: true });
    }
  }
  const [large, small] = [at(35e6), at(3.5e6)].map((dataset) =>
    dataset?.results.find(({ name }) => name === 'kgload'),
  );
  if (large && small) {
    add('kgload, time per row at 35 million ÷ 3.5 million', 1.3, ratioOf(large, small));
    const [a, b] = [large, small].map(
      (result) => (medianOf(result, 'peakRss') ?? NaN) / result.rows,
    );
    add('kgload, memory per row at 35 million ÷ 3.5 million', 1.3, (a ?? NaN) / (b ?? NaN));
  }
  const node = startups[0];
  for (const startup of startups.slice(1)) {
    const goal = startup.name.startsWith('kgload stats') ? 3 : 1.5;
    if (node) add(`${startup.name} ÷ node -e 0`, goal, medianRatio(walls(startup), walls(node)));
  }
  return targets;
}

/** Time per row, since some load only a part. */
function ratioOf(result: Result, other: Result): number {
  return (medianRatio(walls(result), walls(other)) * other.rows) / result.rows;
}

function walls({ samples }: { samples: Sample[] }): number[] {
  return samples.map(({ wall }) => wall);
}

function medianOf({ samples }: Result, field: 'cpu' | 'peakRss'): number | undefined {
  const values = samples.map((sample) => sample[field]).filter((value) => value !== undefined);
  return values.length > 0 ? summarize(values).median : undefined;
}

function seconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}
