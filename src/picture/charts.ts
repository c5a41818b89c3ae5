/** Charts as SVG: bars, and points on two logarithmic axes. */
import { formatCount } from '../format.js';
import { type Markup, markup } from './page.js';

/** A bar as long as a part of the room that it has; what is more than nothing is seen. */
export function bar(part: number, style: string): Markup {
  const width = part > 0 ? Math.max(0.6, part * 100) : 0;
  return markup`<svg width="100%" height="10" aria-hidden="true"><rect class="${style}" width="${percent(width)}" height="10" rx="2"/></svg>`;
}

/** A share of a width, short enough for a page with thousands of them. */
export function percent(value: number): string {
  return `${Number(value.toFixed(2))}%`;
}

/** A mark besides a colour, which alone tells some people nothing. */
export interface Look {
  mark: 'dot' | 'ring';
  style: string;
}

export interface Series extends Look {
  points: readonly { x: number; y: number; title: string }[];
}

const WIDTH = 440;
const HEIGHT = 250;
const LEFT = 64;
const RIGHT = 24;
const TOP = 12;
const BOTTOM = 44;

/** Points with coordinates of 1 and more on two logarithmic axes. */
export function logLogChart(chart: {
  /** For those who don't see it. */
  description: string;
  x: string;
  y: string;
  series: readonly Series[];
}): Markup {
  const points = chart.series.flatMap((series) => series.points);
  const across = logAxis(Math.max(1, ...points.map(({ x }) => x)), LEFT, WIDTH - RIGHT);
  const up = logAxis(Math.max(1, ...points.map(({ y }) => y)), HEIGHT - BOTTOM, TOP);
  const floor = HEIGHT - BOTTOM;
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.description}">
${across.ticks.map(({ at, label }) => markup`<path class="grid" d="M${at} ${TOP}V${floor}"/><text x="${at}" y="${floor + 16}" text-anchor="middle">${label}</text>`)}
${up.ticks.map(({ at, label }) => markup`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${label}</text>`)}
<path class="axis" d="M${LEFT} ${TOP}V${floor}H${WIDTH - RIGHT}"/>
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${chart.x}</text>
<text transform="translate(13 ${(TOP + floor) / 2}) rotate(-90)" text-anchor="middle">${chart.y}</text>
${chart.series.map(
  ({ mark, style, points: own }) =>
    markup`<g class="${mark} ${style}">${own.map(
      ({ x, y, title }) =>
        markup`<circle cx="${across.place(x)}" cy="${up.place(y)}" r="${mark === 'dot' ? 3.2 : 3.6}"><title>${title}</title></circle>`,
    )}</g>`,
)}
</svg>`;
}

interface Axis {
  ticks: { at: number; label: string }[];
  place: (value: number) => number;
}

/** An axis from a little below 1 to the power of ten that all values lie below. */
function logAxis(most: number, start: number, end: number): Axis {
  const decades = Math.max(1, Math.ceil(Math.log10(most) - 1e-9));
  const room = 0.12; // Decades below 1, so that the first points don't lie on the other axis.
  const place = (value: number): number => {
    const share = (Math.log10(value) + room) / (decades + room);
    return Math.round((start + share * (end - start)) * 10) / 10;
  };
  const ticks = Array.from({ length: decades + 1 }, (_, power) => ({
    at: place(10 ** power),
    label: shortCount(10 ** power),
  }));
  return { ticks, place };
}

/** `10k` of ten thousand; of numbers that end in as many zeros. */
function shortCount(count: number): string {
  if (count >= 1e9) return `${formatCount(count / 1e9)}G`;
  if (count >= 1e6) return `${formatCount(count / 1e6)}M`;
  return count >= 1e4 ? `${formatCount(count / 1e3)}k` : formatCount(count);
}

/** The rules that charts want. */
export const CHART_STYLE = `
.chart { width: 100%; max-width: 520px; height: auto; }
.grid { stroke: var(--faint); fill: none; } .axis { stroke: var(--line); fill: none; }
.dot circle { stroke: none; fill-opacity: 0.85; }
.ring circle { fill: none; stroke-width: 1.6; } .ring.node { stroke: var(--node); } .ring.edge { stroke: var(--edge); }
`;

/** The mark of a series beside its name. */
export function seriesKey({ label, mark, style }: Look & { label: Markup }): Markup {
  return markup`<span class="key"><svg width="11" height="11" aria-hidden="true"><g class="${mark} ${style}"><circle cx="5.5" cy="5.5" r="4"/></g></svg><span>${label}</span></span>`;
}
