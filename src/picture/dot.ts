/** A graph in Graphviz's language. */
import type { Picture } from './picture.js';

export function toDot({ title, nodes, edges }: Picture): string {
  const ids = new Map(nodes.map(({ id }, i) => [id, `n${i}`]));
  const tables = [...new Set(nodes.map(({ table }) => table))];
  const fillOf = (table: string): number => (tables.indexOf(table) % 12) + 1;
  const lines = [
    `digraph ${quoted(title)} {`,
    '  graph [overlap=false, splines=true]',
    '  node [shape=box, style="rounded,filled", colorscheme=set312, fontname="sans-serif"]',
    '  edge [fontname="sans-serif", fontsize=10]',
    ...nodes.map(
      ({ id, table, label }) =>
        `  ${ids.get(id) ?? ''} [label=${quoted(label)}, tooltip=${quoted(table)}, fillcolor=${fillOf(table)}]`,
    ),
    ...edges.map(
      ({ table, from, to }) =>
        `  ${ids.get(from) ?? ''} -> ${ids.get(to) ?? ''} [label=${quoted(table)}]`,
    ),
    '}',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** https://graphviz.org/doc/info/lang.html: a backslash begins an escape in labels. */
function quoted(text: string): string {
  const plain = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd');
  const escaped = plain
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('&', '&amp;')
    .replace(/\r?\n|\r/g, '\\n');
  return `"${escaped}"`;
}
