/** A graph as one page that needs nothing else: cytoscape, the data and a script of ours are in it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ownFile } from '../files.js';
import { formatCount, plural } from '../format.js';
import { textOf } from './collect.js';
import { markup, name, toPage, type Markup } from './page.js';
import type { Picture } from './picture.js';
import { placeNodes } from './placing.js';

/** Told apart by people who see colours otherwise, too (Okabe and Ito), on dark and on light. */
const COLORS = [
  '#2f8fd0',
  '#e69f00',
  '#1aa67b',
  '#d55e00',
  '#cc79a7',
  '#8f7ad6',
  '#b8a800',
  '#8a8f98',
];

/** For tables beyond those that a colour of its own can be had for. */
const SHAPES = ['ellipse', 'round-rectangle', 'diamond', 'hexagon', 'triangle', 'star'];

/** @returns The page, the same for the same picture. */
export function toHtml(picture: Picture): string {
  const { title, nodes, edges } = picture;
  const tables = tablesOf(picture);
  const places = placeNodes(picture);
  const at = new Map(nodes.map(({ id }, i) => [id, i]));
  const tableAt = new Map(tables.map(({ key }, i) => [key, i]));
  const data = {
    tables: tables.map(({ name: table, color, shape }) => ({ name: table, color, shape })),
    nodes: nodes.map(({ table, label, properties }, i) => [
      tableAt.get(`n ${table}`),
      label,
      places[i]?.x,
      places[i]?.y,
      shownProperties(properties),
    ]),
    edges: edges.map(({ table, from, to, properties }) => [
      tableAt.get(`e ${table}`),
      at.get(from),
      at.get(to),
      shownProperties(properties),
    ]),
  };
  const counts = `${plural(nodes.length, 'node')}, ${plural(edges.length, 'edge')}`;
  const body = markup`<div id="page">
<header>
<div class="title"><h1>${title}</h1><p id="counts" class="muted">${counts}</p></div>
<div class="tools"><input id="search" type="search" placeholder="Search names and properties" aria-label="Search names and properties; Enter goes to the next" autocomplete="off" spellcheck="false"><span id="found" class="muted" aria-live="polite"></span>
<span class="zoom"><button id="out" aria-label="zoom out">−</button><button id="in" aria-label="zoom in">+</button><button id="fit">Fit</button></span></div>
</header>
<div id="graph" tabindex="0" role="application" aria-label="${title}: ${counts}. Arrow keys go from node to node, + and − zoom, 0 shows all, / searches, Escape lets go."></div>
<nav id="legend" aria-label="Tables">${legend(tables)}</nav>
<aside id="panel" aria-label="Properties" hidden></aside>
<p id="said" class="hidden" aria-live="polite"></p>
<div id="__________cytoscape_stylesheet" hidden></div>
</div>`;
  return toPage({
    title,
    body,
    style: STYLE,
    data: JSON.stringify(data),
    scripts: [cytoscapeText(), readFileSync(ownFile('assets/graph.js'), 'utf8')],
  });
}

interface LegendTable {
  key: string;
  name: string;
  isNode: boolean;
  count: number;
  color: string;
  shape: string;
}

/** Node tables, then rel tables, the largest first. */
function tablesOf({ nodes, edges }: Picture): LegendTable[] {
  const count = (list: readonly { table: string }[]): [string, number][] => {
    const counts = new Map<string, number>();
    for (const { table } of list) counts.set(table, (counts.get(table) ?? 0) + 1);
    return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  };
  return [
    ...count(nodes).map(([table, of], i) => ({
      key: `n ${table}`,
      name: table,
      isNode: true,
      count: of,
      color: COLORS[i % COLORS.length] ?? '',
      shape: SHAPES[Math.floor(i / COLORS.length) % SHAPES.length] ?? '',
    })),
    ...count(edges).map(([table, of]) => ({
      key: `e ${table}`,
      name: table,
      isNode: false,
      count: of,
      color: '',
      shape: '',
    })),
  ];
}

function legend(tables: readonly LegendTable[]): Markup[] {
  return tables.map(
    (table, i) =>
      markup`<button aria-pressed="true" data-table="${i}" title="hide or show">${swatch(table)}${name(table.name)} <span class="muted">${formatCount(table.count)}</span></button>`,
  );
}

function swatch({ isNode, color }: LegendTable): Markup {
  // Colours are ours: nothing of the data gets in here.
  return isNode
    ? {
        markup: `<svg class="mark" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="5" fill="${color}"/></svg>`,
      }
    : { markup: `<span class="mark" aria-hidden="true">→</span>` };
}

function shownProperties(properties: Picture['nodes'][number]['properties']): [string, string][] {
  return Object.entries(properties).flatMap(([property, value]) =>
    value === null ? [] : [[property, textOf(value)]],
  );
}

/** The minified script lies beside what the package exports. */
function cytoscapeText(): string {
  const main = createRequire(import.meta.url).resolve('cytoscape');
  return readFileSync(join(dirname(main), 'cytoscape.min.js'), 'utf8');
}

const STYLE = `
:root { --focus: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --focus: #fdba74; } }
html, body { height: 100%; }
#page { position: fixed; inset: 0; display: grid; grid-template: auto 1fr auto / 1fr; overflow: hidden; }
#page > header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: center; justify-content: space-between; max-width: none; margin: 0; padding: 12px 16px; background: var(--surface); border-bottom: 1px solid var(--line); }
.title { display: flex; flex-wrap: wrap; gap: 0 14px; align-items: baseline; min-width: 0; flex: 1 1 220px; }
h1 { font-size: 17px; margin: 0; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
#counts { margin: 0; font-size: 14px; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
input, button { font: inherit; font-size: 14px; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 5px 10px; }
input { width: min(260px, 60vw); background: var(--ground); }
button { cursor: pointer; } button:hover { background: var(--faint); }
#found { font-size: 13px; min-width: 4.5em; }
.zoom { display: inline-flex; gap: 4px; } .zoom button { min-width: 34px; }
#graph { min-height: 0; position: relative; outline-offset: -3px; }
#legend { display: flex; flex-wrap: wrap; gap: 6px; padding: 8px 16px; background: var(--surface); border-top: 1px solid var(--line); max-height: 22vh; overflow: auto; }
#legend button { display: inline-flex; align-items: center; gap: 6px; padding: 3px 9px; border-radius: 999px; font-size: 13px; }
#legend button[aria-pressed="false"] { opacity: 0.5; text-decoration: line-through; }
.mark { width: 12px; height: 12px; display: inline-block; line-height: 12px; color: var(--muted); }
#panel { position: absolute; top: 70px; right: 16px; width: min(360px, calc(100vw - 32px)); max-height: calc(100% - 150px); overflow: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; box-shadow: 0 6px 24px rgb(0 0 0 / 0.14); }
#panel[hidden] { display: none; }
#panel h2 { font-size: 17px; margin: 2px 0 10px; overflow-wrap: anywhere; padding-right: 24px; }
#panel h3 { font-size: 14px; color: var(--muted); font-weight: 500; margin: 12px 0 6px; }
#panel .kind { display: flex; align-items: center; gap: 6px; margin: 0; font-size: 13px; color: var(--muted); }
.swatch { width: 11px; height: 11px; border-radius: 50%; display: inline-block; }
#panel dl { margin: 0; font-size: 14px; } #panel dt { color: var(--muted); font-size: 12.5px; margin-top: 6px; }
#panel dd { margin: 0; overflow-wrap: anywhere; }
#panel pre { margin: 4px 0 0; padding: 8px 10px; background: var(--faint); border-radius: 6px; font-size: 12.5px; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 260px; overflow: auto; }
#panel ul { list-style: none; margin: 0; padding: 0; } #panel li button { border: 0; padding: 2px 0; text-align: left; color: var(--node); background: none; overflow-wrap: anywhere; }
.close { position: absolute; top: 8px; right: 8px; border: 0; background: none; font-size: 18px; line-height: 1; padding: 6px 9px; }
@media (max-width: 640px) {
  #panel { top: auto; bottom: 0; left: 0; right: 0; width: auto; max-height: 46vh; border-radius: 12px 12px 0 0; }
  #legend { flex-wrap: nowrap; overflow-x: auto; } #legend button { flex: none; }
}
`;
