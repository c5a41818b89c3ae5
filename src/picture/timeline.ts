/** When a load did what, by the events that were recorded while it ran. */
import type { LoadEvent, TableKind } from '../types.js';

/** A step that is no table's, as a load tells of it. */
export type StepSign =
  | { type: 'step'; name: string; state: 'started' | 'finished' }
  | { type: 'step'; name: string; state: 'progress' };

/** An event, and the second after the start at which it came. */
export interface Recorded {
  at: number;
  event: LoadEvent | StepSign;
}

/** A piece of work, from one second to another. */
export interface Span {
  name: string;
  kind: TableKind | 'step';
  from: number;
  to: number;
  /** `repeated`: it ended well, and was thrown away with others. */
  state: 'done' | 'failed' | 'repeated' | 'unfinished';
}

/** Whether an event belongs to the timeline; mere progress does not. */
export function isRecorded({ event }: Recorded): boolean {
  return event.type !== 'progress' && !(event.type === 'step' && event.state === 'progress');
}

/**
 * What was done, in the order in which it began. Where a load tells of no steps, what comes before its
 * tables and after them is one step each.
 *
 * @param end - The second at which the load was over.
 */
export function timelineOf(recorded: readonly Recorded[], end: number): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Span>();
  const begin = (name: string, kind: Span['kind'], at: number): void => {
    const span: Span = { name, kind, from: at, to: end, state: 'unfinished' };
    open.set(`${kind === 'step' ? 'step' : 'table'} ${name}`, span);
    spans.push(span);
  };
  const finish = (key: string, at: number, state: Span['state']): void => {
    const span = open.get(key);
    if (!span) return;
    open.delete(key);
    span.to = at;
    span.state = state;
  };
  const startAgain = (
    culprit: string | undefined,
    tables: ReadonlySet<string> | undefined,
    at: number,
  ): void => {
    for (const [key, { name, kind }] of [...open]) {
      const isCulprit = kind === 'step' || culprit === undefined || name === culprit;
      finish(key, at, isCulprit ? 'failed' : 'repeated');
    }
    for (const span of spans) {
      const isTaken = span.kind !== 'step' && (!tables || tables.has(span.name));
      if (isTaken && span.state === 'done') span.state = 'repeated';
    }
  };
  for (const { at, event } of recorded) {
    if (event.type === 'started') begin(event.table, event.kind, at);
    else if (event.type === 'finished') finish(`table ${event.table}`, at, 'done');
    else if (event.type === 'failed') finish(`table ${event.table}`, at, 'failed');
    else if (event.type === 'repeated') startAgain(event.table, new Set(event.tables), at);
    else if (event.type === 'restarted') startAgain(event.error.table, undefined, at);
    else if (event.type === 'step' && event.state === 'started') begin(event.name, 'step', at);
    else if (event.type === 'step') finish(`step ${event.name}`, at, 'done');
  }
  return withSteps(recorded, spans, end).sort((a, b) => a.from - b.from);
}

function withSteps(recorded: readonly Recorded[], spans: Span[], end: number): Span[] {
  if (recorded.some(({ event }) => event.type === 'step')) return spans;
  const tables = spans.filter(({ kind }) => kind !== 'step');
  const planned = recorded.find(({ event }) => event.type === 'planned')?.at;
  const last = Math.max(...tables.map(({ to }) => to));
  const isWhole = tables.length > 0 && tables.every(({ state }) => state !== 'unfinished');
  const step = (name: string, from: number, to: number, state: Span['state']): Span => ({
    name,
    kind: 'step',
    from,
    to,
    state,
  });
  return [
    ...(planned === undefined
      ? [step('begin', 0, end, 'unfinished')]
      : [step('begin', 0, planned, 'done')]),
    ...spans,
    ...(isWhole && last < end ? [step('finish', last, end, 'done')] : []),
  ];
}
