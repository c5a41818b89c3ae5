/** What is shown of a work at one time: the total, and the tables and steps that began last. */
import type { ShownPart } from './line.js';
import {
  fractionOf,
  type Part,
  partRows,
  type Progress,
  rowsDone,
  secondsLeft,
  STEP_TITLES,
  totalFraction,
} from './progress.js';
import { printable } from './style.js';

/** What the total says; it goes on from what it said before, so that it neither jumps nor goes back. */
export interface Estimate {
  at: number;
  /** When what it is about began. */
  began?: number | undefined;
  fraction: number;
  left?: number | undefined;
}

/** Seconds in which a new guess takes the place of an old one. */
const SETTLING = 2;

export function nextEstimate(before: Estimate, progress: Progress, now: number): Estimate {
  const began = progress.plan?.began;
  const raw = secondsLeft(progress, now);
  const fraction = totalFraction(progress, now);
  if (began !== before.began) return { at: now, began, fraction, left: raw };
  let left = raw;
  if (raw !== undefined && before.left !== undefined) {
    const passed = (now - before.at) / 1000;
    const expected = before.left - passed;
    left = Math.max(0, expected + (raw - expected) * (1 - Math.exp(-passed / SETTLING)));
  }
  return { at: now, began, fraction: Math.max(before.fraction, fraction), left };
}

/** The names that will be shown, so that lines keep their shape from the first to the last. */
export function plannedNames({ plan }: Progress): string[] {
  if (!plan) return [];
  return [...plan.tables.keys(), ...plan.allSteps.map(({ name }) => STEP_TITLES[name])];
}

/** Steps that are over sooner are not worth a line. */
const MIN_STEP_SECONDS = 0.15;

/** At most as many parts as there is room for, the total first. */
export function frameOf(
  progress: Progress,
  { fraction, left }: Estimate,
  room: number,
  now: number,
): ShownPart[] {
  const { plan, began } = progress;
  const total: ShownPart = {
    name: 'total',
    state: 'running',
    seconds: (now - began) / 1000,
    done: plan ? Math.min(plan.rows, rowsDone(progress, now)) : 0,
    // A work may have no tables.
    total: plan && plan.tables.size > 0 ? plan.rows : undefined,
    fraction: plan && fraction,
    left,
  };
  const parts = [...progress.parts.values()].filter((part) => {
    return part.isTable || secondsOf(part, now) >= MIN_STEP_SECONDS;
  });
  // Those that are at work, and the last of the others.
  const running = parts.filter(({ state }) => state === 'running').slice(1 - room);
  const rest = room - 1 - running.length;
  const ended = rest > 0 ? parts.filter(({ state }) => state !== 'running').slice(-rest) : [];
  const shown = new Set([...running, ...ended]);
  const list = room < 2 ? [] : parts.filter((part) => shown.has(part));
  return [total, ...list.map((part) => shownPart(part, progress, now))];
}

function shownPart(part: Part, progress: Progress, now: number): ShownPart {
  const { name, state, total } = part;
  const fraction = fractionOf(part, progress, now);
  const seconds = secondsOf(part, now);
  const isGuessed = state === 'running' && seconds >= 1 && fraction !== undefined && fraction > 0;
  return {
    name: printable(name),
    state,
    fraction: state === 'running' && fraction !== undefined ? Math.min(0.99, fraction) : fraction,
    done: partRows(part, progress, now),
    total,
    seconds,
    ...(isGuessed && { left: (seconds * (1 - fraction)) / fraction }),
  };
}

function secondsOf({ state, seconds, began }: Part, now: number): number {
  return state === 'running' ? (now - began) / 1000 : seconds;
}
