/** The page of a load: what was loaded, how long it took, and what went wrong. */
import { formatCount, formatRate, formatSeconds, plural } from '../format.js';
import type { BadRowReason, BadRows, LoadReport, Problem, TableKind, TableTime } from '../types.js';
import { isTouched, isUpdate } from '../model/changes.js';
import { CHANGES_STYLE, changeFacts, changesSection, changesTables } from './changespage.js';
import { bar } from './charts.js';
import { facts, type Markup, markup, name, scrolling, toPage } from './page.js';
import { type Recorded, type Span, timelineOf } from './timeline.js';
import { TIMELINE_STYLE, timelineChart } from './timelinechart.js';

/** A load as it was seen from outside. */
export interface LoadRecord {
  /** `refused`: nothing was attempted. `broken`: by an error that nobody foresaw. */
  end: 'done' | 'refused' | 'interrupted' | 'broken';
  /** How it ended, in a sentence. */
  outcome: string;
  isDryRun: boolean;
  dataset: string;
  database: string;
  /** With its version. */
  engine?: string;
  /** Where every bad row was written. */
  badRowsFile?: string;
  /** As far as it is known. */
  report: LoadReport;
  recorded: readonly Recorded[];
  startedAt: Date;
  /** From the start of the command to the end of the load. */
  seconds: number;
}

/** @param made - Who made the page, and when: it stands at the end. */
export function loadPage(record: LoadRecord, made: string): string {
  const { report, dataset, database, engine, startedAt, seconds } = record;
  const schema = record.recorded.find(({ event }) => event.type === 'schema')?.event;
  const rows = report.totalNodes + report.totalEdges;
  const body = markup`<header>
<p>${pill(record)}</p>
<h1>${capital(record.outcome)}</h1>
${failedTables(report)}
${facts([
  ['Dataset', markup`<code>${dataset}</code>`],
  ['Database', markup`<code>${database}</code>`],
  ...(engine === undefined ? [] : [['Engine', engine] as const]),
  ['Schema', schema?.type === 'schema' ? schema.source : 'the built-in code graph'],
  ...(isUpdate(report)
    ? changeFacts(report, isDone(record))
    : ([
        ['Nodes', formatCount(report.totalNodes)],
        ['Edges', formatCount(report.totalEdges)],
      ] as const)),
  ...(report.totalSkipped > 0 ? [['Left out', formatCount(report.totalSkipped)] as const] : []),
  ['Started', `${startedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`],
  ['Took', `${formatSeconds(seconds)} s`],
  ...(rows > 0 && !report.changes ? [['Rows a second', formatRate(rows, seconds)] as const] : []),
])}
</header>
<main>
${problemSection('errors', 'Errors', 'bad', report.errors)}
${problemSection('warnings', 'Warnings', 'doubt', report.warnings)}
${badRowsSection(record)}
${
  isUpdate(report)
    ? [tablesSection(record), changesSection(report, isDone(record)), timelineSection(record)]
    : [timelineSection(record), tablesSection(record)]
}
</main>
<footer>${made}</footer>`;
  return toPage({
    title: capital(record.outcome),
    body,
    style: TIMELINE_STYLE + STYLE + (report.changes ? CHANGES_STYLE : ''),
  });
}

function isDone({ report, isDryRun }: LoadRecord): boolean {
  return report.published && !isDryRun;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function failedTables({ errors, nodeTimes, edgeTimes }: LoadReport): Markup | undefined {
  const failed = new Set(errors.flatMap(({ table }) => (table === undefined ? [] : [table])));
  if (failed.size === 0) return undefined;
  const all = Object.keys(nodeTimes).length + Object.keys(edgeTimes).length;
  return markup`<p class="bad">${formatCount(failed.size)} of ${plural(Math.max(all, failed.size), 'table')} failed</p>`;
}

function pill({ end, isDryRun, report }: LoadRecord): Markup {
  const isWhole = report.errors.length === 0;
  const [style, text] =
    end === 'interrupted'
      ? ['doubt', 'interrupted']
      : end === 'refused'
        ? ['bad', 'refused']
        : end === 'broken'
          ? ['bad', 'failed']
          : isDryRun
            ? [isWhole ? 'good' : 'bad', isWhole ? 'dry run' : 'dry run: errors']
            : isWhole
              ? ['good', report.changes ? 'up to date' : 'loaded']
              : report.published
                ? ['doubt', report.changes ? 'updated in part' : 'loaded in part']
                : ['bad', 'failed'];
  return markup`<span class="pill ${style}">${text}</span>`;
}

/** Values by what they have in common, in the order in which they come. */
function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  }
  return groups;
}

/** Problems with one code that are shown at once. */
const MOST_SHOWN = 12;

function problemSection(
  id: string,
  title: string,
  style: string,
  problems: readonly Problem[],
): Markup | undefined {
  if (problems.length === 0) return undefined;
  const groups = groupBy(problems, ({ code }) => code);
  const parts = [...groups].map(([code, own]) => {
    const hints = new Set(own.map(({ hint }) => hint));
    const shared = hints.size === 1 ? own[0]?.hint : undefined;
    const items = own.map((problem) => problemItem(problem, shared === undefined));
    const more = items.slice(MOST_SHOWN);
    return markup`<article class="card problem ${style}"><h3><code>${code}</code>${own.length > 1 ? markup` <span class="muted">${formatCount(own.length)}</span>` : undefined}</h3>
<ul>${items.slice(0, MOST_SHOWN)}</ul>${more.length > 0 ? markup`<details><summary>${formatCount(more.length)} more</summary><ul>${more}</ul></details>` : undefined}
${shared === undefined ? undefined : hintOf(shared)}</article>
`;
  });
  return markup`<section aria-labelledby="${id}"><h2 id="${id}">${title} <span class="muted">${formatCount(problems.length)}</span></h2>
<div class="stack">${parts}</div></section>`;
}

function problemItem({ message, table, file, hint }: Problem, showsHint: boolean): Markup {
  const place = [table, file].filter((part) => part !== undefined);
  const where =
    place.length === 0
      ? undefined
      : markup`<div class="small muted">${place.map((part, i) => markup`${i > 0 ? ', ' : ''}${name(part)}`)}</div>`;
  return markup`<li>${message}${where}${showsHint && hint !== undefined ? hintOf(hint) : undefined}</li>`;
}

function hintOf(hint: string): Markup {
  return markup`<p class="hint"><strong>What to do:</strong> ${hint}</p>`;
}

const REASONS: Record<BadRowReason, string> = {
  null_key: 'without a key',
  duplicate_key: 'with the key of an earlier row',
  existing_key: 'with a key that the table has already',
  null_endpoint: 'without an endpoint',
  missing_endpoint: 'with an endpoint that no node has',
  multiplicity: 'with a node that has its one edge already',
};

function badRowsSection({ report, badRowsFile }: LoadRecord): Markup | undefined {
  const { badRows, totalSkipped } = report;
  if (badRows.length === 0) return undefined;
  const all = badRows.reduce((sum, { rows }) => sum + rows, 0);
  const fate = totalSkipped > 0 ? 'left out of the load' : 'not loaded, nor were their tables';
  const list =
    badRowsFile === undefined
      ? undefined
      : markup` Each of them stands in <code>${badRowsFile}</code>.`;
  const groups = [...groupBy(badRows, ({ reason }) => reason)].map(([reason, own]) => {
    const rows = own.reduce((sum, found) => sum + found.rows, 0);
    return markup`<tbody><tr class="group"><th colspan="2" scope="rowgroup">${REASONS[reason]} <code class="muted">${reason}</code></th><td class="number">${formatCount(rows)}</td><td></td></tr>
${own.map(badRowsLine)}</tbody>`;
  });
  return markup`<section aria-labelledby="bad-rows"><h2 id="bad-rows">Bad rows <span class="muted">${formatCount(all)}</span></h2>
<p class="muted">They were ${fate}.${list}</p>
${scrolling(
  'Bad rows',
  markup`<table class="bad-rows"><thead><tr><th scope="col">Table</th><th scope="col">File</th><th scope="col" class="number">Rows</th><th scope="col">Examples</th></tr></thead>
${groups}</table>`,
)}</section>`;
}

function badRowsLine({ table, file, rows, examples }: BadRows): Markup {
  const shown = examples.map((example) => markup`<code>${example}</code> `);
  const more =
    rows > examples.length && examples.length > 0
      ? markup`<span class="muted">and ${formatCount(rows - examples.length)} more</span>`
      : undefined;
  return markup`<tr><th scope="row">${name(table)}</th><td>${name(file)}</td><td class="number">${formatCount(rows)}</td><td class="examples">${shown}${more}</td></tr>
`;
}

/** What the steps of a load are called. */
const STEPS: Record<string, string> = {
  begin: 'read and plan',
  finish: 'commit, check, publish',
  schema: 'find the schema',
  read: 'read the footers',
  rewrite: 'rewrite files',
  examine: 'examine values',
  copy: 'copy the database',
  open: 'open the database',
  create: 'create tables',
  check: 'count and check',
  compare: 'compare rows',
  delete: 'delete rows',
  index: 'create indexes',
  close: 'close the database',
};

function timelineSection({ recorded, seconds, end }: LoadRecord): Markup | undefined {
  const spans = timelineOf(recorded, seconds);
  const kinds = new Set(spans.map(({ kind, state }) => (state === 'failed' ? state : kind)));
  if (end === 'refused' && kinds.size < 2) return undefined;
  const nameOf = (span: Span): string =>
    span.kind === 'step' ? (STEPS[span.name] ?? span.name) : span.name;
  const keys = [
    ['step', 'steps'],
    ['node', 'node tables'],
    ['edge', 'edge tables'],
    ['failed', 'failed'],
  ] as const;
  const used = keys.filter(([kind]) => kinds.has(kind));
  return markup`<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>
<p class="small muted">${used.map(([style, text]) => markup`<span class="key"><svg width="14" height="10" aria-hidden="true"><rect class="${style}" width="14" height="10" rx="2"/></svg>${text}</span> `)}</p>
${timelineChart(spans, seconds, nameOf)}</section>`;
}

/** How a table fared. */
interface Fate {
  state:
    | 'updated'
    | 'unchanged'
    | 'loaded'
    | 'checked'
    | 'undone'
    | 'failed'
    | 'not finished'
    | 'not reached'
    | 'no file';
  /** In its files. */
  found?: number;
  skipped: number;
}

function tablesSection(record: LoadRecord): Markup | undefined {
  const { report, recorded, end } = record;
  if (end === 'refused' && !recorded.some(({ event }) => event.type === 'planned'))
    return undefined;
  const fates = fatesOf(record);
  if (isUpdate(report)) {
    const changed = changesTables(report, isDone(record), (table) => {
      const { state, skipped } = fates.get(table) ?? { state: 'no file', skipped: 0 };
      return { state, skipped, style: STYLES[state] ?? 'muted' };
    });
    return markup`<section aria-labelledby="tables"><h2 id="tables">Tables</h2>${changed}</section>`;
  }
  const parts = (
    [
      ['node', 'Node table', report.nodeTimes, report.totalNodes],
      ['edge', 'Edge table', report.edgeTimes, report.totalEdges],
    ] as const
  ).map(([kind, title, times, total]) => tableOf(kind, title, Object.entries(times), total, fates));
  return markup`<section aria-labelledby="tables"><h2 id="tables">Tables</h2>${parts}</section>`;
}

const STYLES: Partial<Record<Fate['state'], string>> = {
  updated: 'good',
  loaded: 'good',
  checked: 'good',
  failed: 'bad',
  'not finished': 'doubt',
};

function tableOf(
  kind: TableKind,
  title: string,
  times: readonly (readonly [string, TableTime])[],
  total: number,
  fates: ReadonlyMap<string, Fate>,
): Markup | undefined {
  if (times.length === 0) return undefined;
  const skips = times.some(([table]) => (fates.get(table)?.skipped ?? 0) > 0);
  const most = Math.max(...times.map(([, { seconds }]) => seconds), 0.001);
  const lines = times.map(([table, { rows, seconds }]) => {
    const { state, found, skipped } = fates.get(table) ?? { state: 'no file', skipped: 0 };
    const style = STYLES[state] ?? 'muted';
    const left = skips ? markup`<td class="number">${formatCount(skipped)}</td>` : undefined;
    return markup`<tr><th scope="row">${name(table)}</th><td class="${style}">${state}</td><td class="number">${found === undefined ? '–' : formatCount(found)}</td><td class="number">${formatCount(rows)}</td>${left}<td class="number">${formatSeconds(seconds)}</td><td class="number">${formatRate(rows, seconds)}</td><td class="bars">${bar(seconds / most, kind)}</td></tr>
`;
  });
  const sum = times.reduce((seconds, [, time]) => seconds + time.seconds, 0);
  const head = markup`<thead><tr><th scope="col">${title}</th><th scope="col">State</th><th scope="col" class="number">In files</th><th scope="col" class="number">Loaded</th>${skips ? markup`<th scope="col" class="number">Left out</th>` : undefined}<th scope="col" class="number">Seconds</th><th scope="col" class="number">Rows/s</th><th scope="col" class="bars"><span class="hidden">Seconds</span></th></tr></thead>`;
  const foot = markup`<tfoot><tr><th scope="row" colspan="3">${kind === 'node' ? 'All nodes' : 'All edges'}</th><td class="number">${formatCount(total)}</td>${skips ? markup`<td></td>` : undefined}<td class="number">${formatSeconds(sum)}</td><td class="number">${formatRate(total, sum)}</td><td></td></tr></tfoot>`;
  return scrolling(
    plural(times.length, `${kind} table`),
    markup`<table id="${kind}s" class="tables">${head}<tbody>
${lines}</tbody>${foot}</table>`,
  );
}

function fatesOf({ report, recorded, end, seconds, isDryRun }: LoadRecord): Map<string, Fate> {
  const found = new Map<string, number>();
  const skipped = new Map<string, number>();
  for (const { event } of recorded) {
    if (event.type === 'planned')
      for (const { table, rows } of event.tables) found.set(table, rows);
    if (event.type === 'finished') skipped.set(event.table, event.skipped);
  }
  const failed = new Set(report.errors.map(({ table }) => table));
  const states = new Map(
    timelineOf(recorded, seconds).flatMap(({ name: table, kind, state }) =>
      kind === 'step' ? [] : [[table, state]],
    ),
  );
  const stateOf = (table: string): Fate['state'] => {
    if (failed.has(table) || states.get(table) === 'failed') return 'failed';
    const changes = report.changes?.[table];
    if (report.changes && !changes) return 'no file';
    if (changes && !isTouched(changes)) return 'unchanged';
    if (changes && isDryRun) return 'checked';
    if (changes && report.published) return 'updated';
    if (changes && states.get(table) !== 'done') return 'not reached';
    if (states.get(table) === 'unfinished') return 'not finished';
    if (states.get(table) === 'done')
      return isDryRun ? 'checked' : report.published ? 'loaded' : 'undone';
    return found.has(table) || end !== 'done' ? 'not reached' : 'no file';
  };
  const tables = new Set(
    [report.nodeTimes, report.edgeTimes, report.changes ?? {}].flatMap(Object.keys),
  );
  return new Map(
    [...tables].map((table) => {
      const rows = found.get(table);
      const left = report.changes ? leftOut(report, table) : (skipped.get(table) ?? 0);
      const fate = { state: stateOf(table), skipped: left };
      return [table, { ...fate, ...(rows !== undefined && { found: rows }) }];
    }),
  );
}

/** Bad rows that an update leaves out of a table, also where it finds nothing else to do. */
function leftOut({ badRows, errors, totalSkipped }: LoadReport, table: string): number {
  if (totalSkipped === 0 || errors.some((error) => error.table === table)) return 0;
  return badRows.reduce((sum, bad) => sum + (bad.table === table ? bad.rows : 0), 0);
}

const STYLE = `
.stack { display: grid; gap: 12px; margin-top: 12px; }
.problem { border-left: 4px solid currentColor; } .problem > * { color: var(--text); }
.problem ul { margin: 8px 0 0; padding-left: 20px; } .problem li { margin: 0 0 8px; overflow-wrap: anywhere; }
.problem h3 .muted, h2 .muted { font-weight: 400; margin-left: 4px; }
.hint { margin: 4px 0 0; color: var(--muted); } .hint strong { font-weight: 600; color: var(--text); }
.bad-rows .group th { font-weight: 600; padding-top: 14px; } .bad-rows .group td { font-weight: 600; }
.bad-rows tr:not(.group) th { padding-left: 16px; }
.examples code { background: var(--faint); border-radius: 4px; padding: 1px 5px; white-space: pre-wrap; }
.tables { margin-bottom: 28px; } .tables tbody th { width: 24%; } .tables .bars { width: 22%; }
`;
