/** A timeline as a table: a row a span, its bar as wide as it took. */
import { formatClock, formatCount, formatSeconds } from '../format.js';
import { percent } from './charts.js';
import { type Markup, markup, name, scrolling } from './page.js';
import type { Span } from './timeline.js';

/** Rows of their own; what took less shares one. */
const MOST_ROWS = 60;

const STATES: Record<Span['state'], string> = {
  done: '',
  failed: 'failed',
  repeated: 'done again later',
  unfinished: 'not finished',
};

/** @param nameOf - What a span is called. */
export function timelineChart(
  spans: readonly Span[],
  end: number,
  nameOf: (span: Span) => string,
): Markup {
  const most = Math.max(end, ...spans.map(({ to }) => to), 0.001);
  const ticks = ticksTo(most);
  const lengths = new Map(spans.map((span) => [span, span.to - span.from]));
  const shown = new Set(
    spans.length <= MOST_ROWS
      ? spans
      : spans.toSorted((a, b) => (lengths.get(b) ?? 0) - (lengths.get(a) ?? 0)).slice(0, MOST_ROWS),
  );
  const rest = spans.filter((span) => !shown.has(span));
  const lane = (own: readonly Span[]): Markup =>
    markup`<svg width="100%" height="18" aria-hidden="true">${ticks.map(({ at }) => markup`<line class="grid" x1="${percent((at / most) * 100)}" x2="${percent((at / most) * 100)}" y1="0" y2="18"/>`)}${own.map((span) => spanBar(span, most, nameOf))}</svg>`;
  const rows = spans
    .filter((span) => shown.has(span))
    .map((span) => {
      const state = STATES[span.state];
      const note =
        state === ''
          ? undefined
          : markup` <span class="${span.state === 'failed' ? 'bad' : 'doubt'} small">${state}</span>`;
      return markup`<tr><th scope="row">${name(nameOf(span))}${note}</th><td class="lane">${lane([span])}</td><td class="number">${formatSeconds(span.to - span.from)}</td></tr>\n`;
    });
  const others =
    rest.length === 0
      ? undefined
      : markup`<tr><th scope="row">${formatCount(rest.length)} shorter ones</th><td class="lane">${lane(rest)}</td><td class="number">${formatSeconds(rest.reduce((sum, span) => sum + span.to - span.from, 0))}</td></tr>\n`;
  const axis = markup`<svg width="100%" height="16" aria-hidden="true">${ticks.map(
    ({ at, label }, i) =>
      markup`<text x="${percent((at / most) * 100)}" y="12" text-anchor="${i === 0 ? 'start' : at / most > 0.94 ? 'end' : 'middle'}">${label}</text>`,
  )}</svg>`;
  return scrolling(
    'Timeline',
    markup`<table class="timeline"><thead><tr><th scope="col">What</th><th scope="col" class="lane">${axis}<span class="hidden">When</span></th><th scope="col" class="number">Seconds</th></tr></thead><tbody>
${rows}${others}</tbody></table>`,
  );
}

function spanBar(span: Span, most: number, nameOf: (span: Span) => string): Markup {
  const { from, to, kind, state } = span;
  const seconds = `${formatSeconds(from)} to ${formatSeconds(to)} s`;
  const title = [`${nameOf(span)}: ${seconds}`, STATES[state]]
    .filter((part) => part !== '')
    .join(', ');
  const style = state === 'failed' ? `${kind} failed` : state === 'done' ? kind : `${kind} pale`;
  const width = Math.max(0.25, ((to - from) / most) * 100);
  const x = Math.min((from / most) * 100, 100 - width);
  return markup`<rect class="${style}" x="${percent(x)}" y="3" width="${percent(width)}" height="12" rx="2"><title>${title}</title></rect>`;
}

/** Round seconds, six at most. */
function ticksTo(most: number): { at: number; label: string }[] {
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? raw;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: { at: number; label: string }[] = [];
  for (let at = 0; at <= most; at = ticks.length * step) {
    ticks.push({ at, label: most >= 180 ? formatClock(at) : `${at.toFixed(digits)} s` });
  }
  return ticks;
}

export const TIMELINE_STYLE = `
.timeline .lane { width: 62%; min-width: 220px; padding-top: 4px; padding-bottom: 0; vertical-align: top; }
.timeline th, .timeline td { border-bottom-color: transparent; padding-top: 2px; padding-bottom: 2px; }
.timeline thead th { vertical-align: bottom; } .timeline tbody th { font-weight: 400; font-size: 14px; }
.timeline .grid { stroke: var(--faint); }
.pale { fill-opacity: 0.35; } .failed { fill: var(--bad); }
`;
