/** A graph as a Mermaid flowchart, for documents. */
import type { Picture } from './picture.js';

/** @returns A whole diagram; what is in it can't end a label, nor become markup. */
export function toMermaid({ nodes, edges }: Picture): string {
  const ids = new Map(nodes.map(({ id }, i) => [id, `n${i}`]));
  const tables = [...new Set(nodes.map(({ table }) => table))];
  const classes = new Map(tables.map((table, i) => [table, `t${i % FILLS.length}`]));
  const used = [...new Set(classes.values())];
  const lines = [
    'flowchart LR',
    ...nodes.map(
      ({ id, table, label }) =>
        `  ${ids.get(id) ?? ''}["${quoted(label)}"]:::${classes.get(table) ?? ''}`,
    ),
    ...edges.map(
      ({ table, from, to }) =>
        `  ${ids.get(from) ?? ''} -->|"${quoted(table)}"| ${ids.get(to) ?? ''}`,
    ),
    ...used.map((name, i) => `  classDef ${name} fill:${FILLS[i] ?? ''},stroke:#555,color:#111`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Light enough for dark text. */
const FILLS = [
  '#bfe0f5',
  '#fbe2b0',
  '#bfe8da',
  '#f2d5e5',
  '#d9e8fb',
  '#f8cdb4',
  '#ddd2ee',
  '#e3e3e3',
];

/** Mermaid's own entities: https://mermaid.js.org/syntax/flowchart.html (special characters). */
function quoted(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  const escaped = plain.replace(/["#<>&`\\]/g, (sign) => `#${sign.codePointAt(0) ?? 32};`);
  return escaped === '' ? '#8203;' : escaped;
}
