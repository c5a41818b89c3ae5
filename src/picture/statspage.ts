/** The page of a database: its schema, its rows, and how its nodes are connected. */
import type { Degrees, Distribution, Hub, Portrait } from '../database/portrait.js';
import { formatBytes, formatCount, plural } from '../format.js';
import { multiplicitiesOf, pairsOf } from '../model/tables.js';
import type { GraphSchema, RelTable } from '../types.js';
import { bar, CHART_STYLE, logLogChart, type Series, seriesKey } from './charts.js';
import { diagramStyle, schemaDiagram, type SchemaDiagram } from './diagram.js';
import { facts, type Markup, markup, name, scrolling, toPage } from './page.js';

/** @param made - Who made the page, and when: it stands at the end. */
export function statsPage(portrait: Portrait, made: string): string {
  const { stats, schema } = portrait;
  const diagram = schemaDiagram(schema, stats);
  const { path, engine, version, storageVersion, bytes } = stats.database;
  const file = path.split(/[\\/]/).at(-1) ?? path;
  const body = markup`<header>
<h1>${name(file)}</h1>
<p class="muted"><code>${path}</code></p>
${facts([
  ['Nodes', formatCount(stats.totalNodes)],
  ['Edges', formatCount(stats.totalEdges)],
  ['Tables', `${formatCount(schema.nodes.length)} + ${formatCount(schema.edges.length)}`],
  ...(bytes === undefined ? [] : [['On disk', formatBytes(bytes)] as const]),
  ['Engine', `${engine} ${version}`],
  ...(storageVersion === undefined ? [] : [['Storage version', storageVersion] as const]),
])}
<nav aria-label="On this page"><ul>
<li><a href="#schema">Schema</a></li><li><a href="#rows">Rows</a></li><li><a href="#degrees">Degrees</a></li><li><a href="#hubs">Hubs</a></li>
</ul></nav>
</header>
<main>
${schemaSection(schema, diagram)}
${rowsSection(portrait)}
${degreesSection(portrait)}
${hubsSection(portrait)}
</main>
<footer>${made}</footer>`;
  return toPage({
    title: `${file}: what it holds`,
    body,
    style: diagramStyle(diagram.width) + STYLE,
  });
}

function schemaSection(schema: GraphSchema, { picture, left }: SchemaDiagram): Markup {
  const more =
    left.nodes + left.edges > 0
      ? markup`<p class="muted">The diagram has the tables that are connected most: ${formatCount(left.nodes)} node tables and ${formatCount(left.edges)} edge tables had no room in it. All of them are listed below.</p>`
      : undefined;
  const drawn =
    schema.nodes.length === 0
      ? markup`<p>The database has no tables.</p>`
      : markup`<p class="muted small">Node tables with their rows and properties, the primary key underlined; edge tables as arrows (n:1 is at most one edge a node at its start).</p>${more}<figure>${scrolling('Diagram of the schema', picture)}</figure>`;
  return markup`<section aria-labelledby="schema"><h2 id="schema">Schema</h2>
${drawn}
${propertiesOf(schema)}
</section>`;
}

function propertiesOf({ nodes, edges }: GraphSchema): Markup {
  const rows = [...nodes, ...edges].flatMap((table) => {
    const key = 'primaryKey' in table ? table.primaryKey : undefined;
    return table.properties.map(
      (property) =>
        markup`<tr><th scope="row">${name(table.name)}</th><td>${name(property.name)}</td><td class="code">${property.type}</td><td>${property.name === key ? 'primary key' : ''}</td></tr>\n`,
    );
  });
  if (rows.length === 0) return markup``;
  return markup`<details><summary>${formatCount(rows.length)} ${rows.length === 1 ? 'property' : 'properties'}</summary>
${scrolling(
  'Properties',
  markup`<table><thead><tr><th scope="col">Table</th><th scope="col">Property</th><th scope="col">Type</th><th scope="col"></th></tr></thead><tbody>
${rows}</tbody></table>`,
)}</details>`;
}

function rowsSection({ schema, stats }: Portrait): Markup {
  const most = Math.max(1, ...Object.values(stats.nodes), ...Object.values(stats.edges));
  const row = (table: { name: string }, rows: number, style: string, ends?: Markup): Markup =>
    markup`<tr><th scope="row">${name(table.name)}</th>${ends && markup`<td class="ends">${ends}</td>`}<td class="number">${formatCount(rows)}</td><td class="bars">${bar(rows / most, style)}</td></tr>\n`;
  const nodes = schema.nodes.map((table) => row(table, stats.nodes[table.name] ?? 0, 'node'));
  const edges = schema.edges.map((table) =>
    row(table, stats.edges[table.name] ?? 0, 'edge', endsOf(table)),
  );
  const head = (first: string, ends: string): Markup =>
    markup`<thead><tr><th scope="col">${first}</th>${ends === '' ? undefined : markup`<th scope="col">${ends}</th>`}<th scope="col" class="number">Rows</th><th scope="col" class="bars"><span class="hidden">Share</span></th></tr></thead>`;
  const foot = (what: string, total: number, span: number): Markup =>
    markup`<tfoot><tr><th scope="row"${span > 1 ? markup` colspan="${span}"` : undefined}>${what}</th><td class="number">${formatCount(total)}</td><td></td></tr></tfoot>`;
  return markup`<section aria-labelledby="rows"><h2 id="rows">Rows</h2>
${scrolling(
  'Rows of the node tables',
  markup`<table id="nodes">${head('Node table', '')}<tbody>
${nodes}</tbody>${foot('All nodes', stats.totalNodes, 1)}</table>`,
)}
<div class="gap"></div>
${scrolling(
  'Rows of the edge tables',
  markup`<table id="edges">${head('Edge table', 'From → to')}<tbody>
${edges}</tbody>${foot('All edges', stats.totalEdges, 2)}</table>`,
)}
</section>`;
}

function endsOf(table: RelTable): Markup {
  const pairs = multiplicitiesOf(table).map(
    ({ from, to, multiplicity }) =>
      markup`<span>${name(from)} → ${name(to)}${multiplicity === 'MANY_MANY' ? undefined : markup` <span class="muted">${multiplicity}</span>`}</span>`,
  );
  return markup`${pairs}`;
}

const SIDES = ['out', 'in'] as const;
type SideName = (typeof SIDES)[number];

/** `out of File`, as a heading has it. */
function sideOf(side: SideName, { tables }: Distribution): Markup {
  const names = tables.map((table, i) => markup`${i > 0 ? ', ' : ''}${name(table)}`);
  return markup`${side === 'out' ? 'out of' : 'into'} ${names}`;
}

function degreesSection({ degrees, schema }: Portrait): Markup {
  const rows = [...degrees].flatMap(([table, both]) =>
    SIDES.map((side) => {
      const all = both[side];
      const first =
        side === 'out' ? markup`<th scope="rowgroup" rowspan="2">${name(table)}</th>` : undefined;
      const cells = summarize(all).map((text) => markup`<td class="number">${text}</td>`);
      return markup`<tr${side === 'out' ? markup` class="first"` : undefined}>${first}<td>${sideOf(side, all)}</td>${cells}</tr>\n`;
    }),
  );
  const empty = schema.edges.length - degrees.size;
  const note =
    empty > 0
      ? markup`<p class="muted after">${plural(empty, 'edge table')} without edges ${empty === 1 ? 'is' : 'are'} left out.</p>`
      : undefined;
  const table = markup`<table id="degree-table"><thead><tr><th scope="col">Edge table</th><th scope="col">Edges</th><th scope="col" class="number">Nodes</th><th scope="col" class="number">Without</th><th scope="col" class="number">Mean</th><th scope="col" class="number">Median</th><th scope="col" class="number">99 %</th><th scope="col" class="number">Most</th></tr></thead><tbody>
${rows}</tbody></table>`;
  return markup`<section aria-labelledby="degrees"><h2 id="degrees">Degrees</h2>
${rows.length > 0 ? markup`<p class="muted">How many edges a node has, of all nodes that could have one.</p>${scrolling('Degrees', table)}` : markup`<p>There are no edges.</p>`}
${note}</section>`;
}

/** Nodes, those without an edge, the mean, the median, the 99th percentile, the most. */
function summarize({ nodes, points }: Distribution): string[] {
  const connected = points.reduce((sum, point) => sum + point.nodes, 0);
  const edges = points.reduce((sum, point) => sum + point.nodes * point.degree, 0);
  const isolated = Math.max(0, nodes - connected);
  const quantile = (share: number): number => {
    let left = Math.ceil(nodes * share) - isolated;
    for (const point of points) {
      if (left <= 0) break;
      left -= point.nodes;
      if (left <= 0) return point.degree;
    }
    return 0;
  };
  return [
    formatCount(nodes),
    formatCount(isolated),
    (nodes === 0 ? 0 : edges / nodes).toFixed(2),
    formatCount(quantile(0.5)),
    formatCount(quantile(0.99)),
    formatCount(points.at(-1)?.degree ?? 0),
  ];
}

function hubsSection({ degrees, schema, stats }: Portrait): Markup {
  const uneven = schema.edges.flatMap((table) => {
    const both = degrees.get(table.name);
    return both && SIDES.some((side) => both[side].hubs.length > 0) ? [{ table, both }] : [];
  });
  const cards = uneven.map(({ table, both }) => card(table, both, stats.edges[table.name] ?? 0));
  const even = degrees.size - cards.length;
  const rest =
    cards.length === 0
      ? markup`<p>There are none: no node stands out by its edges.</p>`
      : even > 0
        ? markup`<p class="muted after">${plural(even, 'edge table')} with few edges, or with as many at every node, ${even === 1 ? 'is' : 'are'} in the table above alone.</p>`
        : undefined;
  return markup`<section aria-labelledby="hubs"><h2 id="hubs">Hubs</h2>
${cards.length > 0 ? markup`<p class="muted">How many nodes have how many edges, on logarithmic axes, and the nodes with the most.</p>` : undefined}
<div class="cards">
${cards}</div>
${rest}</section>`;
}

function card(table: RelTable, both: Degrees, rows: number): Markup {
  const series = SIDES.map((side): Series & { key: Markup } => {
    const { points } = both[side];
    const look =
      side === 'out'
        ? ({ mark: 'dot', style: 'node' } as const)
        : ({ mark: 'ring', style: 'edge' } as const);
    return {
      ...look,
      key: seriesKey({ ...look, label: sideOf(side, both[side]) }),
      points: points.map(({ degree, nodes }) => ({
        x: degree,
        y: nodes,
        title: `${plural(nodes, 'node')} with ${plural(degree, 'edge')} ${side === 'out' ? 'out' : 'in'}`,
      })),
    };
  });
  const chart = logLogChart({
    description: `How many nodes have how many edges of ${table.name}; the numbers are in the table above and in the points' titles`,
    x: 'edges a node',
    y: 'nodes',
    series,
  });
  return markup`<article class="card"><h3>${name(table.name)} <span class="muted">${endsInLine(table)}, ${plural(rows, 'edge')}</span></h3>
<div class="halves"><figure>${chart}<figcaption>${series.map(({ key }) => key)}${SIDES.map((side) => evenSide(side, both[side]))}</figcaption></figure>
${SIDES.map((side) => hubList(side, both[side]))}</div></article>
`;
}

function endsInLine(table: RelTable): Markup {
  const pairs = pairsOf(table);
  const [first] = pairs;
  if (!first) return markup``;
  const more = pairs.length > 1 ? ` and ${formatCount(pairs.length - 1)} more` : '';
  return markup`${name(first.from)} → ${name(first.to)}${more}`;
}

/** That no node stands out on a side. */
function evenSide(side: SideName, all: Distribution): Markup | undefined {
  const [each] = all.points;
  if (all.hubs.length > 0 || !each) return undefined;
  return markup`<p class="small muted">Edges ${sideOf(side, all)}: ${plural(each.nodes, 'node')} with ${plural(each.degree, 'edge')} each.</p>`;
}

function hubList(side: SideName, all: Distribution): Markup | undefined {
  const { hubs, tables } = all;
  if (hubs.length === 0) return undefined;
  const rows = hubs.map((hub) => {
    const table =
      tables.length > 1 ? markup`<span class="muted">${name(hub.table)}</span> ` : undefined;
    return markup`<tr><th scope="row">${table}${hubName(hub)}</th><td class="number">${formatCount(hub.degree)}</td></tr>\n`;
  });
  return markup`<div class="hubs"><table><thead><tr><th scope="col">Most edges ${sideOf(side, all)}</th><th scope="col" class="number">Edges</th></tr></thead><tbody>
${rows}</tbody></table></div>`;
}

/** Texts of any length stand in a database. */
const LONGEST = 120;

function hubName({ key, label = key, place }: Hub): Markup {
  const shown = label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label;
  const title = label === key ? key : `${label}, key ${key}`;
  return markup`<span title="${title.slice(0, 500)}">${name(shown)}</span>${place === undefined ? undefined : markup` <span class="place">${name(place)}</span>`}`;
}

const STYLE = `${CHART_STYLE}
figure { margin: 12px 0 0; } .gap { height: 28px; }
.ends { white-space: nowrap; } .ends span { display: block; } .ends span span { display: inline; font-size: 12px; }
.cards { display: grid; gap: 18px; margin-top: 14px; }
.cards h3 .muted { font-weight: 400; margin-left: 6px; }
.halves { display: flex; flex-wrap: wrap; gap: 12px 36px; align-items: flex-start; }
.halves figure { flex: 0 1 470px; min-width: 0; } .halves .hubs { flex: 1 1 250px; }
figcaption p { margin: 6px 0 0; }
#degree-table .first > td { border-bottom: 0; padding-bottom: 0; }
.hubs { min-width: 0; margin-top: 8px; } .hubs table { font-size: 14px; } .hubs thead th { white-space: normal; }
.hubs tbody th { font-weight: 500; } .place { color: var(--muted); font-weight: 400; font-size: 13px; display: block; overflow-wrap: anywhere; }
`;
