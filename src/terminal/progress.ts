/** How far a work is, as its events say: a plain value that each of them changes, and what follows of it. */
import type { LoadEvent, StepName, TableKind } from '../types.js';

export type PartState = 'running' | 'finished' | 'failed';

/** A table, or a step that is no table's. */
export interface Part {
  name: string;
  state: PartState;
  /** By the clock that the events were noted with. */
  began: number;
  seconds: number;
  /** Rows, files or statements, as it was told. */
  done: number;
  /** The same before it was told the last time: an engine tells of rows when it begins to read them. */
  sure: number;
  /** Absent where nobody knows how far it is. */
  total?: number;
  /** Of all that there is to do. */
  weight: number;
  /** Rows are counted, not files or statements. */
  isTable: boolean;
}

export interface Progress {
  /** When the work began. */
  began: number;
  /** Those that began, in that order; of steps with one name the last. */
  parts: Map<string, Part>;
  /** What was planned, once it was. */
  plan?: Plan;
}

interface Plan {
  /** When the first of it could begin. */
  began: number;
  rows: number;
  weight: number;
  tables: Map<string, { rows: number; weight: number; kind: TableKind }>;
  /** Steps that have not begun. */
  steps: { name: StepName; weight: number }[];
  allSteps: { name: StepName; weight: number }[];
  /** Weight of steps that have ended. */
  stepsDone: number;
  /** When the work was last known to have come on, and how much of the weight was done then. */
  paceAt: number;
  paceDone: number;
}

/** What people read for a step. */
export const STEP_TITLES: Record<StepName, string> = {
  discover: 'finding files',
  parse: 'parsing files',
  resolve: 'resolving names',
  schema: 'reading schema',
  read: 'reading footers',
  rewrite: 'rewriting files',
  examine: 'examining values',
  copy: 'copying database',
  open: 'opening',
  plan: 'planning',
  create: 'creating tables',
  commit: 'committing',
  checkpoint: 'checkpointing',
  check: 'checking rows',
  compare: 'comparing rows',
  delete: 'deleting rows',
  index: 'creating indexes',
  close: 'closing',
  publish: 'putting in place',
};

export function startProgress(now: number): Progress {
  return { began: now, parts: new Map() };
}

/** Takes an event in. */
export function note(progress: Progress, event: LoadEvent, now: number): void {
  take(progress, event, now);
  const { plan } = progress;
  if (!plan) return;
  const done = weightDone(progress, plan);
  if (done === plan.paceDone) return;
  plan.paceAt = now;
  plan.paceDone = done;
}

function take(progress: Progress, event: LoadEvent, now: number): void {
  const { parts, plan } = progress;
  switch (event.type) {
    case 'planned': {
      const tables = event.tables.map(
        ({ table, rows, kind, weight = rows }) => [table, { rows, kind, weight }] as const,
      );
      const steps = event.steps ?? [];
      progress.plan = {
        began: now,
        rows: event.tables.reduce((sum, { rows }) => sum + rows, 0),
        weight:
          tables.reduce((sum, [, { weight }]) => sum + weight, 0) +
          steps.reduce((sum, { weight }) => sum + weight, 0),
        tables: new Map(tables),
        steps: [...steps],
        allSteps: steps,
        stepsDone: 0,
        paceAt: now,
        paceDone: 0,
      };
      break;
    }
    case 'started': {
      const { table: name, rows } = event;
      const weight = plan?.tables.get(name)?.weight ?? 0;
      parts.delete(name); // Of a load that begins anew: it comes last again.
      parts.set(name, partOf(name, now, { total: rows, weight, isTable: true }));
      break;
    }
    case 'progress': {
      const part = parts.get(event.table);
      // The engine's last word may come late.
      if (part?.state === 'running') tell(part, event.rows);
      break;
    }
    case 'finished': {
      const part = parts.get(event.table);
      if (part) {
        Object.assign(part, { state: 'finished', seconds: event.seconds, done: event.rows });
      }
      break;
    }
    case 'failed': {
      const { table: name } = event;
      const planned = plan?.tables.get(name);
      if (planned && !parts.has(name)) {
        const { rows: total, weight } = planned;
        parts.set(name, partOf(name, now, { total, weight, isTable: true }));
      }
      const part = parts.get(name);
      if (part) part.state = 'failed';
      break;
    }
    case 'repeated':
      for (const table of event.tables) parts.delete(table);
      for (const [name, { isTable }] of parts) if (!isTable) parts.delete(name);
      if (plan) {
        const anew = { steps: [...plan.allSteps], stepsDone: 0, began: now, paceAt: now };
        Object.assign(plan, anew, { paceDone: 0 });
      }
      break;
    case 'step': {
      const name = STEP_TITLES[event.name];
      const key = `\0${event.name}`; // No table has such a name.
      const part = parts.get(key);
      if (event.state === 'started') {
        const i = plan?.steps.findIndex((step) => step.name === event.name) ?? -1;
        const [planned] = i < 0 ? [] : (plan?.steps.splice(i, 1) ?? []);
        parts.delete(key);
        parts.set(key, partOf(name, now, { weight: planned?.weight ?? 0, isTable: false }));
      } else if (part && event.state === 'progress') {
        part.total = event.total;
        tell(part, event.done);
      } else if (part && event.state === 'finished') {
        part.state = 'finished';
        part.seconds = event.seconds;
        if (plan) plan.stepsDone += part.weight;
      }
      break;
    }
    default:
  }
}

function tell(part: Part, done: number): void {
  if (done <= part.done) return;
  part.sure = part.done;
  part.done = done;
}

function partOf(name: string, began: number, rest: Partial<Part>): Part {
  const start: Part = {
    name,
    state: 'running',
    began,
    seconds: 0,
    done: 0,
    sure: 0,
    weight: 0,
    isTable: false,
  };
  return { ...start, ...rest };
}

/**
 * How much of a part is done, 0 to 1; nothing where nobody knows. An engine may be silent for long: then
 * it is as much as the time that passed would have brought.
 */
export function fractionOf(part: Part, progress: Progress, now: number): number | undefined {
  const { state, done, total, weight, began } = part;
  if (state !== 'running') return state === 'finished' ? 1 : 0;
  const most = total !== undefined && total > 0 ? done / total : 0;
  const expected = weight * secondsPerWeight(progress);
  if (!(expected > 0)) return total === undefined ? undefined : most;
  const likely = approach((now - began) / 1000 / expected);
  // Between what was certainly read and what was begun, once there is word of either.
  return Math.max(sureFraction(part), most > 0 ? Math.min(likely, most) : likely);
}

function sureFraction({ sure, total }: Part): number {
  return total !== undefined && total > 0 ? Math.min(1, sure / total) : 0;
}

/** The share of the time that something was to take, which never gets to all of it. */
function approach(share: number): number {
  return share < 0.75 ? share : 1 - 0.25 * Math.exp(-(share - 0.75) / 0.25);
}

/** Weight that is taken for done in as many milliseconds before the work began; less, the more is done. */
const PRIOR = 500;

/** Seconds that a unit of weight takes, as far as is known. */
function secondsPerWeight({ plan }: Progress): number {
  if (!plan) return 0;
  const { began, paceAt, paceDone, weight } = plan;
  if (weight === 0) return 0;
  const prior = Math.min(PRIOR, weight / 10) * (1 - paceDone / weight) ** 2;
  return (paceAt - began + prior) / (paceDone + prior) / 1000;
}

/** Of what has ended, and of what is running as far as that is sure. */
function weightDone({ parts }: Progress, { stepsDone }: Plan): number {
  let done = stepsDone;
  for (const part of parts.values()) {
    if (part.state === 'running') done += part.weight * sureFraction(part);
    else if (part.isTable) done += part.weight;
  }
  return done;
}

/** How much of all is done, 0 to 1. */
export function totalFraction(progress: Progress, now: number): number {
  const { plan, parts } = progress;
  if (!plan) return 0;
  let done = plan.stepsDone;
  for (const part of parts.values()) {
    if (!part.isTable && part.state !== 'running') continue;
    done += part.weight * (part.state === 'failed' ? 1 : (fractionOf(part, progress, now) ?? 0));
  }
  return plan.weight > 0 ? Math.min(1, done / plan.weight) : 0;
}

/** Rows that are in tables by now. */
export function rowsDone(progress: Progress, now: number): number {
  let rows = 0;
  for (const part of progress.parts.values()) {
    if (part.isTable) rows += partRows(part, progress, now);
  }
  return rows;
}

/** Rows, files or statements of a part that are done by now, as far as can be told. */
export function partRows(part: Part, progress: Progress, now: number): number {
  if (part.state === 'finished') return part.isTable ? part.done : (part.total ?? 0);
  if (part.state === 'failed') return 0;
  return Math.floor((part.total ?? 0) * (fractionOf(part, progress, now) ?? 0));
}

/** Seconds before the first guess at the time remaining; an earlier one is noise. */
const GUESS_AFTER = 1;

/** Seconds that all will still take, as far as that can be told. */
export function secondsLeft(progress: Progress, now: number): number | undefined {
  const { plan } = progress;
  if (!plan || now - plan.began < GUESS_AFTER * 1000) return undefined;
  return plan.weight * (1 - totalFraction(progress, now)) * secondsPerWeight(progress);
}
