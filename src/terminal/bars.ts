/** Progress bars on a terminal: a total, and the tables and steps that began last. */
import type { WriteStream } from 'node:tty';
import { MultiBar, type Options, type Params, type SingleBar } from 'cli-progress';
import { formatCount } from '../format.js';
import type { LoadEvent } from '../types.js';
import { type Estimate, frameOf, nextEstimate, plannedNames } from './frame.js';
import { formatLine, type ShownPart } from './line.js';
import { note, startProgress } from './progress.js';
import { createScreen } from './screen.js';
import type { Paint, Style } from './style.js';

export interface Bars {
  show: (event: LoadEvent) => void;
  /** Takes the bars off the screen; `resume` draws them again, and the time between does not count. */
  pause: () => void;
  resume: () => void;
  /** Takes the bars off the screen for good. */
  stop: () => void;
}

/** More lines than these nobody reads. */
const MAX_LINES = 22;

export function createBars(
  stream: WriteStream,
  style: Style,
  paint: Paint,
  now: () => number = () => performance.now(),
): Bars {
  let pausedFor = 0;
  let pausedAt: number | undefined;
  let isStopped = false;
  const clock = (): number => (pausedAt ?? now()) - pausedFor;
  const startEstimate = (): Estimate => ({ at: clock(), fraction: 0 });
  let progress = startProgress(clock());
  let estimate = startEstimate();
  let frame: ShownPart[] = [];
  let bars: SingleBar[] = [];
  const screen = createScreen(stream);
  let widths = { nameWidth: 5, countWidth: 1 };
  const compose = (): void => {
    estimate = nextEstimate(estimate, progress, clock());
    const room = Math.max(1, Math.min(MAX_LINES, stream.rows - 2));
    frame = frameOf(progress, estimate, room, clock());
    const names = [...frame.map(({ name }) => name), ...plannedNames(progress)];
    const counts = frame.map(({ done, total }) => formatCount(total ?? done));
    widths = {
      nameWidth: Math.max(widths.nameWidth, ...names.map(({ length }) => length)),
      countWidth: Math.max(widths.countWidth, ...counts.map(({ length }) => length)),
    };
  };
  /** One bar a line: which part it shows is worked out for all of them, before they are drawn. */
  const addBars = (): void => {
    while (bars.length < frame.length) bars.push(multibar.create(1, 0, { line: bars.length }));
  };
  const startMultiBar = (): MultiBar => {
    const options = {
      stream,
      terminal: screen,
      format: (_options: Options, _params: Params, { line }: { line: number }) => {
        const part = frame[line];
        return part ? formatLine(part, { columns: stream.columns, ...widths }, style, paint) : '';
      },
      hideCursor: true,
      clearOnComplete: true,
      // The command's own handler cleans up on a signal.
      gracefulExit: false,
      // Where lines have moved, those that have not changed are drawn too.
      forceRedraw: true,
    };
    const started = new MultiBar(options);
    started.on('update-pre', () => {
      compose();
      addBars();
    });
    started.on('update-post', () => {
      // Not every terminal breaks the cursor's line when the window becomes narrower: it has its own.
      screen.newline();
      screen.flush();
    });
    return started;
  };
  let multibar = startMultiBar();
  const takeOff = (): void => {
    multibar.stop();
    screen.clear();
    bars = [];
  };
  const draw = (): void => {
    if (pausedAt !== undefined) return;
    compose();
    if (frame.length < bars.length) {
      // cli-progress draws all lines anew for each that it removes, and one more.
      takeOff();
      multibar = startMultiBar();
    }
    addBars();
    multibar.update();
  };
  stream.on('resize', draw);
  draw();
  return {
    show(event) {
      if (event.type === 'restarted') {
        progress = startProgress(clock());
        estimate = startEstimate();
      } else note(progress, event, clock());
      if (event.type === 'restarted' || event.type === 'repeated') draw();
    },
    pause() {
      if (pausedAt !== undefined || isStopped) return;
      takeOff();
      pausedAt = now();
    },
    resume() {
      if (pausedAt === undefined || isStopped) return;
      pausedFor += now() - pausedAt;
      pausedAt = undefined;
      multibar = startMultiBar();
      draw();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      stream.off('resize', draw);
      if (pausedAt === undefined) takeOff();
    },
  };
}
