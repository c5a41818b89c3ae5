/** What people see: tables that fit, problems in few lines, and bars, on a screen that is looked at. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import xterm from '@xterm/headless';
import { type Bars, createBars } from '../src/terminal/bars.js';
import { formatLine, type ShownPart } from '../src/terminal/line.js';
import { loadOutcome, loadTable } from '../src/terminal/loadtable.js';
import { summarizeProblems } from '../src/terminal/problems.js';
import { note, secondsLeft, startProgress, totalFraction } from '../src/terminal/progress.js';
import { NO_PAINT, PLAIN } from '../src/terminal/style.js';
import { cut, fitTable } from '../src/terminal/table.js';
import type { LoadEvent, LoadReport, Problem } from '../src/types.js';

const STYLE = { ...PLAIN, isLive: true };

describe('a table', () => {
  const rows = [
    ['table', 'rows', 'seconds', 'rows/s'],
    null,
    ['CONTAINS_FUNCTION', '15,103', '0.038', '397,447'],
    ['Exception', '6,591', 'failed'],
  ];

  it('is whole where nobody looks, and where it fits', () => {
    const whole = [
      'table                rows  seconds   rows/s',
      '───────────────────────────────────────────',
      'CONTAINS_FUNCTION  15,103    0.038  397,447',
      'Exception           6,591   failed',
    ];
    assert.deepEqual(fitTable(rows, undefined, [3]), whole);
    assert.deepEqual(fitTable(rows, 43, [3]), whole);
  });

  it('loses columns first, and then the ends of names', () => {
    assert.deepEqual(fitTable(rows, 42, [3]), [
      'table                rows  seconds',
      '──────────────────────────────────',
      'CONTAINS_FUNCTION  15,103    0.038',
      'Exception           6,591   failed',
    ]);
    assert.deepEqual(fitTable(rows, 28, [3]), [
      'table          rows  seconds',
      '────────────────────────────',
      'CONTAINS_F…  15,103    0.038',
      'Exception     6,591   failed',
    ]);
  });

  it('cuts no name that is short enough', () => {
    assert.deepEqual([cut('abc', 3), cut('abcd', 3), cut('abcd', 0)], ['abc', 'ab…', '']);
  });
});

function missing(table: string): Problem {
  const file = `nodes/${table}.parquet`;
  return { code: 'FILE_MISSING', table, file, message: `${file} is missing` };
}

describe('problems', () => {
  it('of files that are missing are one line', () => {
    assert.deepEqual(summarizeProblems([missing('a')]), ['nodes/a.parquet is missing']);
    assert.deepEqual(summarizeProblems([missing('a'), missing('b')]), [
      '2 tables have no file and count 0 rows: nodes/a.parquet, nodes/b.parquet',
    ]);
  });

  it('of one kind are one line where they are many, and of others stay apart', () => {
    const many = ['a', 'b', 'c', 'd'].map((table): Problem => ({
      code: 'COLUMN_MISSING',
      table,
      file: `nodes/${table}.parquet`,
      message: `nodes/${table}.parquet has no column x`,
    }));
    const other: Problem = { code: 'JOBS_IDLE', message: 'no effect', hint: 'leave it out' };
    assert.deepEqual(summarizeProblems([...many.slice(0, 3), other]), [
      'nodes/a.parquet has no column x',
      'nodes/b.parquet has no column x',
      'nodes/c.parquet has no column x',
      'no effect (leave it out)',
    ]);
    assert.deepEqual(summarizeProblems(many), [
      'nodes/a.parquet has no column x; and 3 more like it, about nodes/b.parquet, nodes/c.parquet, nodes/d.parquet (-v tells each)',
    ]);
  });
});

function report(rest: Partial<LoadReport>): LoadReport {
  const time = { seconds: 0.5, rows: 1000 };
  return {
    totalNodes: 2000,
    totalEdges: 1000,
    totalTime: 3,
    nodeTimes: { A: time, B: time, C: { seconds: 0, rows: 0 } },
    edgeTimes: { R: time },
    stepTimes: {},
    totalSkipped: 0,
    badRows: [],
    errors: [],
    warnings: [],
    published: true,
    ...rest,
  };
}

describe('the result of a load', () => {
  const error: Problem = { code: 'NULL_KEY', table: 'B', message: 'B failed' };

  it('ends with how many tables failed', () => {
    const warnings = [missing('C')];
    const failed = report({ errors: [error, error], warnings, published: false });
    assert.equal(
      loadOutcome(failed, { db: 'graph.db', fresh: true }),
      '1 of 3 tables failed; graph.db is as it was (--on-error continue takes what did load)',
    );
    assert.equal(
      loadOutcome({ ...failed, published: true }, { db: 'graph.db' }),
      '1 of 3 tables failed; loaded 2,000 nodes and 1,000 edges into graph.db',
    );
    assert.equal(
      loadOutcome(report({}), { db: 'graph.db' }),
      'loaded 2,000 nodes and 1,000 edges into graph.db',
    );
  });

  it('tells how long writing took', () => {
    const stepTimes = {
      read: { seconds: 0.25 },
      create: { seconds: 1.5 },
      commit: { seconds: 0.125 },
      close: { seconds: 0.25 },
    };
    const lines = loadTable(report({ stepTimes }), { db: 'graph.db' });
    assert.deepEqual(lines.slice(-6), [
      '───────────────────────────────────────',
      'creating tables           1.500',
      'committing                0.125',
      'other steps               0.500',
      '───────────────────────────────────────',
      'total            3,000    3.000   1,000',
    ]);
  });
});

describe('a line of progress', () => {
  const part: ShownPart = {
    name: 'CONTAINS_VARIABLE',
    state: 'running',
    fraction: 0.5,
    done: 15_272,
    total: 30_545,
    seconds: 2,
    left: 2,
  };
  const at = (columns: number, rest: Partial<ShownPart> = {}): string =>
    formatLine({ ...part, ...rest }, { columns, nameWidth: 17, countWidth: 7 }, STYLE, NO_PAINT);

  it('has something that moves at every width, and fits', () => {
    assert.equal(at(40), 'CONTAINS_VA…  ████░░░░   50%  0:02 left');
    assert.equal(at(60), 'CONTAINS_VARIABLE  ████████████░░░░░░░░░░░   50%  0:02 left');
    assert.equal(
      at(80),
      'CONTAINS_VARIABLE  ████████████░░░░░░░░░░░░   50%   15,272 / 30,545   0:02 left',
    );
    assert.equal(at(200).length, 95);
    for (let columns = 1; columns < 120; columns += 1) {
      const line = at(columns);
      assert.ok(line.length < Math.max(2, columns), `${columns}: ${line}`);
      if (columns > 8) assert.match(line, /50%/);
    }
  });

  it('moves to and fro where nobody knows how far it is', () => {
    const frames = [0, 0.1, 0.2].map((seconds) =>
      at(40, { fraction: undefined, total: undefined, left: undefined, seconds }),
    );
    assert.deepEqual(frames, [
      'CONTAINS_VA…  ██░░░░░░            0.0 s',
      'CONTAINS_VA…  ░██░░░░░            0.1 s',
      'CONTAINS_VA…  ░░██░░░░            0.2 s',
    ]);
  });

  it('is ASCII where there is no more', () => {
    const ascii = { ...STYLE, isUnicode: false };
    const layout = { columns: 40, nameWidth: 17, countWidth: 7 };
    const line = formatLine({ ...part, state: 'failed', fraction: 0 }, layout, ascii, NO_PAINT);
    assert.equal(line, 'CONTAINS_VA.  --------    0%     failed');
  });
});

const PLANNED: LoadEvent = {
  type: 'planned',
  tables: [
    { table: 'A', kind: 'node', rows: 1000, weight: 400 },
    { table: 'B', kind: 'edge', rows: 1000, weight: 400 },
  ],
  steps: [{ name: 'commit', weight: 200 }],
};

function started(table: string): LoadEvent {
  return {
    type: 'started',
    table,
    kind: 'node',
    file: `${table}.parquet`,
    rows: 1000,
    ignored: {},
  };
}

function finished(table: string, seconds: number): LoadEvent {
  return { type: 'finished', table, kind: 'node', rows: 1000, seconds, skipped: 0 };
}

describe('the estimate', () => {
  it('counts the commit, and goes on while the engine is silent', () => {
    const progress = startProgress(0);
    note(progress, PLANNED, 0);
    for (const [table, at] of [
      ['A', 0],
      ['B', 4000],
    ] as const) {
      note(progress, started(table), at);
      // The engine tells of all rows as soon as it has begun to read them.
      note(progress, { type: 'progress', table, rows: 1000 }, at + 10);
      note(progress, finished(table, 4), at + 4000);
    }
    assert.equal(totalFraction(progress, 8000), 0.8);
    note(progress, { type: 'step', name: 'commit', state: 'started' }, 8000);
    const shares = [8000, 8500, 9000, 9500, 10_000, 20_000].map((now) =>
      totalFraction(progress, now),
    );
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
    assert.ok((shares[2] ?? 0) > 0.85 && (shares.at(-1) ?? 1) <= 1, String(shares));
    note(progress, { type: 'step', name: 'commit', state: 'finished', seconds: 2 }, 10_000);
    assert.equal(totalFraction(progress, 10_000), 1);
    assert.equal(secondsLeft(progress, 10_000), 0);
  });

  it('is near the truth where work goes on evenly, and does not double', () => {
    const progress = startProgress(0);
    note(progress, PLANNED, 0);
    note(progress, started('A'), 0);
    note(progress, finished('A', 4), 4000);
    note(progress, started('B'), 4000);
    for (let now = 4000; now < 8000; now += 100) {
      const left = secondsLeft(progress, now) ?? 0;
      const truth = (10_000 - now) / 1000;
      assert.ok(left > 0.75 * truth && left < 1.5 * truth, `${now}: ${left} for ${truth}`);
    }
  });
});

/** A terminal that nobody sees, and a stream into it. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  readonly terminal;
  written = '';
  constructor(
    public columns: number,
    public rows: number,
  ) {
    super();
    const { Terminal } = xterm;
    this.terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  }
  write(text: string): boolean {
    this.written += text;
    this.terminal.write(text);
    return true;
  }
  resizeTo(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.terminal.resize(columns, rows);
    this.emit('resize');
  }
  /** The lines on the screen, without those that are blank at its end. */
  async lines(): Promise<string[]> {
    await new Promise<void>((resolve) => {
      this.terminal.write('', resolve);
    });
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: this.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }
  isCursorShown(): boolean {
    return this.written.lastIndexOf('\u001b[?25h') >= this.written.lastIndexOf('\u001b[?25l');
  }
}

function barsOn(t: TestContext, screen: Screen): Bars {
  const bars = createBars(screen as unknown as WriteStream, STYLE, NO_PAINT);
  t.after(bars.stop);
  return bars;
}

const DRAWN_MS = 250;

describe('bars', () => {
  it('are there at once, with what is going on', async (t) => {
    const screen = new Screen(80, 24);
    const bars = barsOn(t, screen);
    assert.match((await screen.lines())[0] ?? '', /^total {2}[█░]/);
    bars.show({ type: 'step', name: 'read', state: 'started' });
    bars.show({ type: 'step', name: 'read', state: 'progress', done: 750, total: 1500 });
    await sleep(DRAWN_MS);
    assert.match((await screen.lines())[1] ?? '', /^reading footers .* 50% +750 \/ 1,500/);
  });

  it('never take more lines than the window has, and show what is at work', async (t) => {
    const screen = new Screen(80, 10);
    const bars = barsOn(t, screen);
    const names = Array.from({ length: 1500 }, (_, i) => `T${i}`);
    bars.show({
      type: 'planned',
      tables: names.map((table) => ({ table, kind: 'node', rows: 1000 })),
    });
    for (const name of names.slice(0, 700)) {
      bars.show(started(name));
      bars.show(finished(name, 0.01));
    }
    bars.show(started('T700'));
    await sleep(DRAWN_MS);
    const lines = await screen.lines();
    assert.ok(lines.length <= 9, lines.join('\n'));
    assert.match(lines[0] ?? '', /^total .* 46% +70\d,\d{3} \/ 1,500,000/);
    assert.match(lines.at(-1) ?? '', /^T700 /);
    assert.match(lines.at(-2) ?? '', /^T699 .*100%/);
  });

  it('leave nothing behind when the window becomes wider or narrower', async (t) => {
    const screen = new Screen(100, 24);
    screen.write('$ kgload load\r\n');
    const bars = barsOn(t, screen);
    bars.show(PLANNED);
    bars.show(started('A'));
    bars.show(finished('A', 1));
    bars.show(started('B'));
    await sleep(DRAWN_MS);
    for (const columns of [50, 40, 130, 60, 200, 45, 100]) {
      screen.resizeTo(columns, 24);
      await sleep(DRAWN_MS);
      const lines = await screen.lines();
      assert.deepEqual(
        lines.map((line) => line.slice(0, 5).trim()),
        ['$ kgl', 'total', 'A', 'B'],
        `${columns} columns:\n${lines.join('\n')}`,
      );
    }
    bars.stop();
    assert.deepEqual(await screen.lines(), ['$ kgload load']);
    assert.equal(screen.isCursorShown(), true);
  });

  it('are off the screen while they pause, and the cursor is there', async (t) => {
    const screen = new Screen(80, 24);
    const bars = barsOn(t, screen);
    bars.show(PLANNED);
    bars.show(started('A'));
    await sleep(DRAWN_MS);
    assert.equal(screen.isCursorShown(), false);
    bars.pause();
    assert.deepEqual(await screen.lines(), []);
    assert.equal(screen.isCursorShown(), true);
    bars.show(finished('A', 1));
    await sleep(DRAWN_MS);
    assert.deepEqual(await screen.lines(), []);
    bars.resume();
    await sleep(DRAWN_MS);
    const lines = await screen.lines();
    assert.match(lines[1] ?? '', /^A .*100%/);
    assert.equal(screen.isCursorShown(), false);
  });

  it('do not steer the terminal by the names of tables', async (t) => {
    const screen = new Screen(80, 24);
    const bars = barsOn(t, screen);
    bars.show(started('a\u001b[2Jb'));
    await sleep(DRAWN_MS);
    assert.match((await screen.lines())[1] ?? '', /^a\\u001b\[2Jb /);
  });
});
