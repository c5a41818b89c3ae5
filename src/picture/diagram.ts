/** A schema as a diagram: tables as boxes, rel tables as arrows with their names. */
import { formatCount, plural } from '../format.js';
import { multiplicitiesOf } from '../model/tables.js';
import type { GraphSchema, Multiplicity, NodeTable, RelTable } from '../types.js';
import { layOut, type PlacedArrow } from './layout.js';
import { type Markup, markup } from './page.js';
import type { Arrow, PlacedBox } from './routes.js';

/** More would be no diagram any more. */
const MOST_TABLES = 60;
const MOST_ARROWS = 120;

/** With more tables than this a box shows how many properties there are, not which. */
const MOST_DETAILED = 30;

/** Properties that a box shows. */
const MOST_PROPERTIES = 14;

const CHARACTER = 7.3;
const LINE = 18;
const HEAD = 30;
const PADDING = 12;

/** What fits into a box; the whole stands in its title. */
const MOST_CHARACTERS = 26;

export interface SchemaDiagram {
  picture: Markup;
  /** Of the picture, in pixels. */
  width: number;
  /** Tables that are not in it, for want of room. */
  left: { nodes: number; edges: number };
}

export function schemaDiagram(
  schema: GraphSchema,
  rows: { nodes: Readonly<Record<string, number>>; edges: Readonly<Record<string, number>> },
): SchemaDiagram {
  const { nodes, edges } = chooseTables(schema, rows.edges);
  const isDetailed = nodes.length <= MOST_DETAILED;
  const contents = new Map(nodes.map((table) => [table.name, boxOf(table, isDetailed)]));
  const { boxes, arrows, width, height } = layOut(
    [...contents].map(([id, { width: w, height: h }]) => ({ id, width: w, height: h })),
    arrowsOf(edges),
  );
  const tables = new Map(nodes.map((table) => [table.name, table]));
  const description = `${plural(nodes.length, 'node table')}, ${plural(edges.length, 'edge table')} between them`;
  const picture = markup`<svg class="diagram" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The schema: ${description}">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="tip" d="M0 1L9 5L0 9Z"/></marker></defs>
${arrows.map(drawArrow)}
${boxes.map((box) => {
  const table = tables.get(box.id);
  return table
    ? drawBox(box, table, contents.get(box.id)?.lines ?? [], rows.nodes[box.id] ?? 0)
    : markup``;
})}
</svg>`;
  const left = {
    nodes: schema.nodes.length - nodes.length,
    edges: schema.edges.length - edges.length,
  };
  return { picture, left, width };
}

/** The tables that a diagram has room for: those that are connected most, in the schema's order. */
function chooseTables(
  { nodes, edges }: GraphSchema,
  rows: Readonly<Record<string, number>>,
): GraphSchema {
  const neighbours = new Map(nodes.map(({ name }) => [name, new Set<string>()]));
  for (const table of edges) {
    for (const { from, to } of multiplicitiesOf(table)) {
      neighbours.get(from)?.add(to);
      neighbours.get(to)?.add(from);
    }
  }
  const size = (name: string): number => neighbours.get(name)?.size ?? 0;
  const byConnection = nodes.map(({ name }) => name).sort((a, b) => size(b) - size(a));
  // From the most connected table to those around it, so that arrows find both of their ends.
  const chosen = new Set<string>();
  for (const first of byConnection) {
    const queue = new Set([first]);
    for (const name of queue) {
      if (chosen.size >= MOST_TABLES) break;
      chosen.add(name);
      for (const next of neighbours.get(name) ?? []) queue.add(next);
    }
  }
  const within = edges.filter((table) =>
    multiplicitiesOf(table).every(({ from, to }) => chosen.has(from) && chosen.has(to)),
  );
  const drawn = new Set(
    within.toSorted((a, b) => (rows[b.name] ?? 0) - (rows[a.name] ?? 0)).slice(0, MOST_ARROWS),
  );
  return {
    nodes: nodes.filter(({ name }) => chosen.has(name)),
    edges: within.filter((table) => drawn.has(table)),
  };
}

interface Line {
  name: string;
  type: string;
  isKey: boolean;
}

function boxOf(
  table: NodeTable,
  isDetailed: boolean,
): { lines: Line[]; width: number; height: number } {
  const all = table.properties.map(({ name, type }) => ({
    name: cut(name),
    type: cut(type, 18),
    isKey: name === table.primaryKey,
  }));
  const count = {
    name: plural(all.length, 'property').replace('propertys', 'properties'),
    type: '',
    isKey: false,
  };
  const rest = all.length - MOST_PROPERTIES;
  const more = { name: `… ${formatCount(rest)} more`, type: '', isKey: false };
  const lines = !isDetailed ? [count] : rest > 1 ? [...all.slice(0, MOST_PROPERTIES), more] : all;
  const longest = Math.max(
    cells(cut(table.name)) * 1.15 + 12,
    ...lines.map(({ name, type }) => cells(name) + cells(type) + 3),
  );
  return {
    lines,
    width: Math.ceil(Math.max(130, longest * CHARACTER + 2 * PADDING)),
    height: HEAD + lines.length * LINE + 10,
  };
}

/** An arrow for all rel tables between the same two node tables. */
interface SharedArrow extends Arrow {
  tables: Connecting[];
}

function arrowsOf(edges: readonly RelTable[]): SharedArrow[] {
  const arrows = new Map<string, SharedArrow>();
  for (const table of edges) {
    for (const { from, to, multiplicity } of multiplicitiesOf(table)) {
      const ends = JSON.stringify([from, to]);
      const arrow = arrows.get(ends) ?? { from, to, width: 0, height: 6, tables: [] };
      arrow.tables.push({ table, multiplicity });
      const label = cells(labelOf({ table, multiplicity })) * CHARACTER + 14;
      arrow.width = Math.ceil(Math.max(arrow.width, label));
      arrow.height += LINE;
      arrows.set(ends, arrow);
    }
  }
  return [...arrows.values()];
}

interface Connecting {
  table: RelTable;
  multiplicity: Multiplicity;
}

const SHORT: Record<Multiplicity, string> = {
  MANY_MANY: '',
  MANY_ONE: ' n:1',
  ONE_MANY: ' 1:n',
  ONE_ONE: ' 1:1',
};

function labelOf({ table, multiplicity }: Connecting): string {
  return cut(table.name) + SHORT[multiplicity];
}

function drawBox(
  { x, y, width, height }: PlacedBox,
  table: NodeTable,
  lines: readonly Line[],
  rows: number,
): Markup {
  const right = width - PADDING;
  const properties = table.properties.map(
    ({ name, type }) => `${name} ${type}${name === table.primaryKey ? ' (primary key)' : ''}`,
  );
  return markup`<g class="table" transform="translate(${x} ${y})"><title>${[table.name, ...properties].join('\n')}</title>
<rect class="box" width="${width}" height="${height}" rx="7"/><path class="rule" d="M0 ${HEAD}H${width}"/>
<text class="head" x="${PADDING}" y="20">${cut(table.name)}</text><text class="rows" x="${right}" y="20" text-anchor="end">${formatCount(rows)}</text>
${lines.map(({ name, type, isKey }, i) => {
  const at = HEAD + 18 + i * LINE;
  return markup`<text class="${isKey ? 'property key' : 'property'}" x="${PADDING}" y="${at}">${name}</text><text class="type" x="${right}" y="${at}" text-anchor="end">${type}</text>`;
})}</g>
`;
}

function drawArrow({ arrow, path, shift, x, y }: PlacedArrow<SharedArrow>): Markup {
  const { tables, width, height } = arrow;
  const top = Math.round(y - ((tables.length - 1) * LINE) / 2 + 4);
  const titles = tables.map(({ table, multiplicity }) =>
    [
      `${table.name} (${multiplicity})`,
      ...table.properties.map(({ name, type }) => `${name} ${type}`),
    ].join('\n'),
  );
  return markup`<g class="rel"><title>${titles.join('\n')}</title><path class="way" transform="translate(${shift.x} ${shift.y})" d="${path}" marker-end="url(#tip)"/><rect class="back" x="${Math.round(x - width / 2) + 4}" y="${Math.round(y - height / 2) + 2}" width="${width - 8}" height="${height - 4}"/>
${tables.map((connecting, i) => markup`<text class="name" x="${Math.round(x)}" y="${top + i * LINE}" text-anchor="middle">${labelOf(connecting)}</text>`)}</g>
`;
}

function cut(text: string, most = MOST_CHARACTERS): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** How many columns of a fixed-width font a text takes. */
function cells(text: string): number {
  return Array.from(text).reduce(
    (sum, sign) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        sign,
      )
        ? 2
        : 1),
    0,
  );
}

/** The rules that a diagram of some width wants: it shrinks a little, and then scrolls. */
export function diagramStyle(width: number): string {
  return `
.diagram { margin: 0 auto; max-width: 100%; height: auto; }
.diagram text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.box { fill: var(--surface); stroke: var(--line); stroke-width: 1.2; } .rule { stroke: var(--line); }
.diagram .head { font-weight: 700; font-size: 13.5px; fill: var(--node); } .diagram .rows { fill: var(--muted); font-size: 11.5px; }
.diagram .property { fill: var(--text); } .diagram .key { font-weight: 700; text-decoration: underline; }
.diagram .type { font-size: 11px; }
.way { fill: none; stroke: var(--edge); stroke-width: 1.4; stroke-opacity: 0.75; } .tip { fill: var(--edge); }
.diagram .name { fill: var(--edge); font-weight: 600; font-size: 11.5px; } .back { fill: var(--ground); }
.rel:hover .way { stroke-width: 3; stroke-opacity: 1; } .table:hover .box { stroke: var(--node); stroke-width: 2; }
@media screen { .diagram { min-width: ${Math.round(Math.max(Math.min(width, 700), width * 0.8))}px; } }
`;
}
