/** What an update did, or would do, on the page of a load. */
import { formatCount, formatSeconds, plural } from '../format.js';
import {
  CHANGE_KINDS,
  type ChangeCounts,
  changedTables,
  changeTitles,
  formatProperties,
  sumChanges,
  touchedTables,
  type UpdateReport,
} from '../model/changes.js';
import type { TableKind } from '../types.js';
import { bar } from './charts.js';
import { type Markup, markup, name, scrolling } from './page.js';

/** How a table fared, and bad rows that were left out of it. */
export interface ChangedTable {
  state: string;
  style: string;
  skipped: number;
}

/** The numbers of all tables together. */
export function changeFacts(report: UpdateReport, isDone: boolean): (readonly [string, string])[] {
  const sum = sumChanges(Object.values(report.changes));
  return columnsOf(isDone).map(([kind, title]) => [title, formatCount(sum[kind])] as const);
}

function columnsOf(isDone: boolean): (readonly [keyof ChangeCounts, string])[] {
  const titles = changeTitles(isDone);
  const kinds = ['inserted', 'updated', 'deleted', 'unchanged'] as const;
  return kinds.map((kind) => {
    const title = titles[kind];
    return [kind, title.charAt(0).toUpperCase() + title.slice(1)] as const;
  });
}

/** A table of the node tables, and one of the edge tables. */
export function changesTables(
  report: UpdateReport,
  isDone: boolean,
  fateOf: (table: string) => ChangedTable,
): Markup[] {
  const { nodes, edges } = changedTables(report);
  return [
    ...(nodes.length > 0 ? [tableOf(report, isDone, 'node', nodes, fateOf)] : []),
    ...(edges.length > 0 ? [tableOf(report, isDone, 'edge', edges, fateOf)] : []),
  ];
}

const NONE: ChangeCounts = { inserted: 0, updated: 0, deleted: 0, unchanged: 0 };

function tableOf(
  { changes, nodeTimes, edgeTimes }: UpdateReport,
  isDone: boolean,
  kind: TableKind,
  tables: readonly string[],
  fateOf: (table: string) => ChangedTable,
): Markup {
  const secondsOf = (table: string): number => (nodeTimes[table] ?? edgeTimes[table])?.seconds ?? 0;
  const time = tables.reduce((seconds, table) => seconds + secondsOf(table), 0);
  const most = Math.max(...tables.map(secondsOf), 0.001);
  const skips = tables.some((table) => fateOf(table).skipped > 0);
  const columns = columnsOf(isDone);
  const number = (text: string, style = ''): Markup =>
    markup`<td class="number${style}">${text}</td>`;
  const shown = (seconds: number, last: Markup | undefined): Markup | undefined =>
    time === 0
      ? undefined
      : markup`${number(seconds > 0 ? formatSeconds(seconds) : '')}<td class="bars">${last}</td>`;
  const lines = tables.map((table) => {
    const { state, style, skipped } = fateOf(table);
    const own = changes[table] ?? NONE;
    const counts = columns.map(([of]) =>
      number(formatCount(own[of]), own[of] === 0 ? ' muted' : ''),
    );
    const left = skips ? number(formatCount(skipped)) : undefined;
    const seconds = secondsOf(table);
    return markup`<tr><th scope="row">${name(table)}</th><td class="${style}">${state}</td>${counts}${left}${shown(seconds, bar(seconds / most, kind))}</tr>
`;
  });
  const sum = sumChanges(tables.map((table) => changes[table] ?? NONE));
  const titles = [...columns.map(([, title]) => title), ...(skips ? ['Left out'] : [])];
  if (time > 0) titles.push('Seconds');
  const heads = titles.map((title) => markup`<th scope="col" class="number">${title}</th>`);
  const head = markup`<tr><th scope="col">${kind === 'node' ? 'Node table' : 'Edge table'}</th><th scope="col">State</th>${heads}${time > 0 ? markup`<th scope="col" class="bars"><span class="hidden">Seconds</span></th>` : undefined}</tr>`;
  const sums = columns.map(([of]) => number(formatCount(sum[of])));
  const foot = markup`<tr><th scope="row" colspan="2">${kind === 'node' ? 'All nodes' : 'All edges'}</th>${sums}${skips ? number('') : undefined}${shown(time, undefined)}</tr>`;
  return scrolling(
    plural(tables.length, `${kind} table`),
    markup`<table id="${kind}s" class="tables"><thead>${head}</thead><tbody>
${lines}</tbody><tfoot>${foot}</tfoot></table>`,
  );
}

/** Which properties are others, and in a dry run the first few keys of each kind. */
export function changesSection(report: UpdateReport, isDone: boolean): Markup | undefined {
  const touched = touchedTables(report).filter(
    ([, { examples, properties }]) => examples ?? properties,
  );
  if (touched.length === 0) return undefined;
  const groups = touched.map(([table, { examples, properties, ...changes }]) => {
    const shown = CHANGE_KINDS.filter(
      (kind) => changes[kind] > 0 && (examples ?? (kind === 'updated' && properties)),
    );
    const lines = shown.map((kind) => {
      const keys = examples?.[kind] ?? [];
      const rest = changes[kind] - keys.length;
      const more =
        keys.length > 0 && rest > 0
          ? markup`<span class="muted">and ${formatCount(rest)} more</span>`
          : undefined;
      const inThese =
        kind === 'updated' && properties
          ? markup`<div class="small muted">in ${formatProperties(properties)}</div>`
          : undefined;
      return markup`<tr><th scope="row">${changeTitles(isDone)[kind]}</th><td class="number">${formatCount(changes[kind])}</td><td class="examples">${keys.map((key) => markup`<code>${key}</code> `)}${more}${inThese}</td></tr>
`;
    });
    return markup`<tbody><tr class="group"><th colspan="3" scope="rowgroup">${name(table)}</th></tr>
${lines}</tbody>`;
  });
  return markup`<section aria-labelledby="changes"><h2 id="changes">Changes</h2>
${scrolling(
  'Changes',
  markup`<table class="changes"><thead><tr><th scope="col">What</th><th scope="col" class="number">Rows</th><th scope="col">Keys and properties</th></tr></thead>
${groups}</table>`,
)}</section>`;
}

export const CHANGES_STYLE = `
.changes .group th { font-weight: 600; padding-top: 14px; } .changes tbody tr:not(.group) th { padding-left: 16px; }
.changes th { width: 12%; } .changes .number { width: 8%; } .changes th:last-child, .changes .examples { width: 80%; }
`;
