/** What all pages have in common: text made safe, the frame, and the looks. */
import { createHash } from 'node:crypto';

/** A piece of a page. Strings are text, whatever is in them, until {@link markup} has taken them in. */
export interface Markup {
  readonly markup: string;
}

type Inserted = string | number | Markup | readonly (Markup | undefined)[] | undefined;

/** A piece of a page, as a template: what is inserted is escaped unless it is a piece itself. */
export function markup(parts: TemplateStringsArray, ...inserted: readonly Inserted[]): Markup {
  const texts = inserted.map((value, i) => markupOf(value) + (parts[i + 1] ?? ''));
  return { markup: (parts[0] ?? '') + texts.join('') };
}

function markupOf(value: Inserted): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value);
  if ('markup' in value) return value.markup;
  return value.map(markupOf).join('');
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text between tags, or in quotes. Control characters, which a page must not hold, become U+FFFD. */
export function escapeText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** A name stays in its direction, whatever it is, and is broken after an underscore first. */
export function name(text: string): Markup {
  return { markup: `<bdi>${escapeText(text).replaceAll('_', '_<wbr>')}</bdi>` };
}

/** What is wider than a narrow screen scrolls by itself, also by keyboard. */
export function scrolling(label: string, wide: Markup): Markup {
  return markup`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${wide}</div>`;
}

/** Short facts with their names. */
export function facts(list: readonly (readonly [string, string | number | Markup])[]): Markup {
  const each = list.map(([term, fact]) => markup`<div><dt>${term}</dt><dd>${fact}</dd></div>`);
  return markup`<dl class="facts">${each}</dl>`;
}

/** Who made a page, and when: `kgload 1.0.0, 2026-01-02 03:04 UTC`. */
export function signature(version: string, at: Date): string {
  return `kgload ${version}, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export interface Page {
  title: string;
  body: Markup;
  /** Rules besides {@link STYLE}. */
  style?: string;
  /** JSON for the scripts, in the element `data`. */
  data?: string;
  /** Run one after the other at the end of the page. */
  scripts?: readonly string[];
}

/** A whole document that asks nobody for anything: no network, and no script but those given. */
export function toPage({ title, body, style = '', data, scripts = [] }: Page): string {
  const css = STYLE + style;
  const texts = scripts.map((script) => script.replaceAll('</script', '<\\/script'));
  const allowed = texts.length === 0 ? '' : `script-src ${texts.map(hashOf).join(' ')}; `;
  const json = data?.replaceAll('<', '\\u003c');
  const ends = [
    ...(json === undefined ? [] : [`<script id="data" type="application/json">${json}</script>\n`]),
    ...texts.map((script) => `<script>${script}</script>\n`),
  ];
  const policy = `default-src 'none'; ${allowed}style-src ${hashOf(css)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ markup: css }}</style>
</head>
<body>
${body}
${{ markup: ends.join('') }}</body>
</html>
`.markup;
}

/** As a page's policy names what it allows. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f7f7f5; --surface: #fff; --text: #1d2026; --muted: #5b6270; --line: #dfe1e6; --faint: #eceef1;
  --node: #2563a8; --edge: #b4531f; --good: #1a7f4b; --doubt: #8a5d00; --bad: #b42318; --step: #6b7280;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121418; --surface: #1a1d23; --text: #e7e9ee; --muted: #a0a7b4; --line: #343a44; --faint: #262a32;
    --node: #7ab3f0; --edge: #f0a06c; --good: #5cc48d; --doubt: #e0b04a; --bad: #f58a80; --step: #8d96a5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 clamp(16px, 4vw, 40px); }
header { padding-top: 40px; }
footer { padding-top: 32px; padding-bottom: 40px; color: var(--muted); font-size: 14px; }
h1 { font-size: clamp(24px, 4vw, 32px); line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 21px; line-height: 1.3; margin: 48px 0 4px; letter-spacing: -0.01em; }
h3 { font-size: 16px; line-height: 1.4; margin: 0; overflow-wrap: anywhere; }
p { text-wrap: pretty; margin: 0 0 12px; max-width: 72ch; overflow-wrap: anywhere; }
a { color: var(--node); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.key { display: inline-flex; align-items: center; gap: 6px; margin-right: 18px; font-size: 14px; }
.after { margin-top: 12px; }
code, .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.92em; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.small { font-size: 14px; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 20px 0 0; }
.facts div { min-width: 0; }
.facts dt { color: var(--muted); font-size: 13px; }
.facts dd { margin: 0; font-size: 17px; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 20px 0 0; padding: 0; font-size: 15px; }
.scroll { overflow-x: auto; position: relative; }
:focus-visible { outline: 2px solid var(--node); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 15px; }
caption { text-align: left; color: var(--muted); font-size: 14px; padding: 0 0 6px; }
th, td { text-align: left; padding: 5px 16px 5px 0; border-bottom: 1px solid var(--faint); vertical-align: baseline; }
thead th { color: var(--muted); font-weight: 500; font-size: 13px; border-bottom-color: var(--line); white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 10em; }
tfoot th, tfoot td { font-weight: 600; border-bottom: 0; border-top: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.bars { width: 46%; min-width: 90px; vertical-align: top; } .bars svg { margin-top: 7px; }
svg { display: block; }
svg text { fill: var(--muted); font-size: 12px; font-family: inherit; }
.node { fill: var(--node); } .edge { fill: var(--edge); } .step { fill: var(--step); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
.pill { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 14px; font-weight: 600; border: 1.5px solid currentColor; }
.good { color: var(--good); } .doubt { color: var(--doubt); } .bad { color: var(--bad); }
details > summary { cursor: pointer; color: var(--node); font-size: 15px; padding: 6px 0; }
@media (max-width: 640px) {
  table { font-size: 14px; } th, td { padding-right: 12px; } h2 { margin-top: 40px; }
  .tables .bars { display: none; }
}
@media print {
  :root {
    --ground: #fff; --surface: #fff; --text: #000; --muted: #444; --line: #bbb; --faint: #ddd;
    --node: #2563a8; --edge: #b4531f; --good: #1a7f4b; --doubt: #8a5d00; --bad: #b42318; --step: #6b7280;
  }
  body { font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  nav { display: none; }
  .scroll { overflow: visible; }
  .card, tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;
