/** Progress bars on a terminal: a total, and a bar for every table that has begun. */
import type { WriteStream } from 'node:tty';
import type { ChalkInstance } from 'chalk';
import { MultiBar, type Options, type Params, type SingleBar } from 'cli-progress';
import { formatClock, formatCount } from '../format.js';
import type { LoadEvent } from '../types.js';

export interface Bars {
  show(event: LoadEvent): void;
  /** Takes the bars off the screen. */
  stop(): void;
}

interface Payload {
  name: string;
  state: 'running' | 'finished' | 'failed';
  began: number;
  seconds: number;
}

/** Narrower, a bar says nothing. */
const MIN_BAR = 8;
const MAX_BAR = 40;
/** Seconds before the first guess at the time remaining; an earlier one is noise. */
const ETA_AFTER = 1;

export function createBars(
  stream: WriteStream,
  chalk: ChalkInstance,
  clock: () => number = () => performance.now(),
): Bars {
  const multibar = new MultiBar({
    stream,
    format: (_options: Options, params: Params, payload: Payload) =>
      formatBar(params, payload, stream.columns, nameWidth, countWidth, chalk, clock()),
    hideCursor: true,
    clearOnComplete: true,
    // The load's own handler cleans up on a signal.
    gracefulExit: false,
    emptyOnZero: true,
    // Where a bar is removed, those below it move up: also those that have not changed.
    forceRedraw: true,
  });
  const bars = new Map<string, SingleBar>();
  const loaded = new Map<string, number>();
  const ended = new Set<string>();
  let total: SingleBar | undefined;
  let nameWidth = 5;
  let countWidth = 0;
  const payload = (name: string): Payload => ({
    name,
    state: 'running',
    began: clock(),
    seconds: 0,
  });
  const setRows = (table: string, rows: number): void => {
    bars.get(table)?.update(rows);
    loaded.set(table, rows);
    total?.update([...loaded.values()].reduce((sum, count) => sum + count, 0));
  };
  const makeRoom = (): void => {
    // Several may be running: those that ended go first.
    const byUse = [...bars].sort(([a], [b]) => Number(ended.has(b)) - Number(ended.has(a)));
    for (const [table, bar] of byUse) {
      if (bars.size + 2 < stream.rows) return;
      multibar.remove(bar);
      bars.delete(table);
    }
  };
  return {
    show(event) {
      switch (event.type) {
        case 'planned': {
          const rows = event.tables.reduce((sum, table) => sum + table.rows, 0);
          nameWidth = Math.max(nameWidth, ...event.tables.map(({ table }) => table.length));
          countWidth = formatCount(rows).length;
          total = multibar.create(rows, 0, payload('total'));
          break;
        }
        case 'started':
          makeRoom();
          bars.set(event.table, multibar.create(event.rows, 0, payload(event.table)));
          break;
        case 'progress':
          if (ended.has(event.table)) break; // The engine's last word may come late.
          setRows(event.table, event.rows);
          break;
        case 'finished':
          ended.add(event.table);
          setRows(event.table, event.rows);
          bars.get(event.table)?.update({ state: 'finished', seconds: event.seconds });
          break;
        case 'failed':
          ended.add(event.table);
          bars.get(event.table)?.update({ state: 'failed' });
          break;
        case 'repeated':
          for (const table of event.tables) {
            const bar = bars.get(table);
            if (bar) multibar.remove(bar);
            bars.delete(table);
            loaded.delete(table);
            ended.delete(table);
          }
          break;
        case 'schema':
        case 'staged':
        case 'scratch':
        case 'restarted':
        case 'warned':
      }
    },
    stop() {
      multibar.stop();
    },
  };
}

/** One line, never wider than the window: name, bar, percent, rows, time. */
function formatBar(
  params: Params,
  { name, state, began, seconds }: Payload,
  columns: number,
  nameWidth: number,
  countWidth: number,
  chalk: ChalkInstance,
  now: number,
): string {
  const fraction = params.total > 0 ? Math.min(1, params.value / params.total) : 1;
  const elapsed = (now - began) / 1000;
  const times = {
    running:
      elapsed >= ETA_AFTER && fraction > 0 && fraction < 1
        ? `${formatClock((elapsed * (1 - fraction)) / fraction)} left`
        : '',
    finished: `${seconds.toFixed(2)} s`,
    failed: 'failed',
  };
  const label = name.padEnd(nameWidth);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  const rows = `${formatCount(params.value).padStart(countWidth)} / ${formatCount(params.total).padEnd(countWidth)}`;
  const time = times[state].padStart(9);
  const room = Math.min(MAX_BAR, columns - 1 - [label, percent, rows, time].join('  ').length - 2);
  if (room < MIN_BAR) return `${label}  ${percent}  ${time.trim()}`.slice(0, columns - 1);
  const done = Math.round(fraction * room);
  const color = { running: chalk.cyan, finished: chalk.green, failed: chalk.red }[state];
  const bar = color('█'.repeat(done)) + chalk.dim('░'.repeat(room - done));
  return `${label}  ${bar}  ${percent}  ${rows}  ${time}`;
}
