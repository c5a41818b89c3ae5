/** The steps of a work that are no table's: telling of them, and adding up their times. */
import type { LoadEvent, StepName, StepTime } from './types.js';

/** Whom a work tells of its steps. */
export interface Listener {
  onEvent: (event: LoadEvent) => void;
  /** Milliseconds, from any origin. */
  clock: () => number;
}

/** A step that is at work. */
export interface Step {
  /** Tells how far it is: not more often than people see. */
  progress: (done: number, total: number) => void;
  end: () => void;
}

/** Between two signs of progress. */
const INTERVAL_MS = 50;

/** Tells that a step starts. */
export function beginStep({ onEvent, clock }: Listener, name: StepName): Step {
  const began = clock();
  let told = began;
  onEvent({ type: 'step', name, state: 'started' });
  return {
    progress(done, total) {
      const now = clock();
      if (now - told < INTERVAL_MS) return;
      told = now;
      onEvent({ type: 'step', name, state: 'progress', done, total });
    },
    end() {
      onEvent({ type: 'step', name, state: 'finished', seconds: (clock() - began) / 1000 });
    },
  };
}

/** Step → its time. */
export type StepTimes = Partial<Record<StepName, StepTime>>;

/** Adds up the times of the steps of which an event callback is told. */
export function gatherSteps(onEvent: (event: LoadEvent) => void): {
  onEvent: (event: LoadEvent) => void;
  times: StepTimes;
} {
  const times: StepTimes = {};
  return {
    times,
    onEvent(event) {
      if (event.type === 'step' && event.state === 'finished') {
        const seconds = (times[event.name]?.seconds ?? 0) + event.seconds;
        times[event.name] = { seconds };
      }
      onEvent(event);
    },
  };
}
