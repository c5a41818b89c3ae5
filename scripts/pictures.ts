/**
 * Makes the README's pictures from the real thing: `npm run pictures`. It needs script(1) for a
 * terminal, and a Chromium (see test/browser.ts).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { openBrowser, openPage } from '../test/browser.js';
import { escapeText } from '../src/picture/page.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const IMAGES = join(ROOT, 'docs', 'images');
const BINARY = join(ROOT, 'bin', 'kgload.js');
const [COLUMNS, ROWS] = [92, 48];

/** The colours of a terminal, by their number. */
const COLORS = [
  '#1d2026',
  '#e5534b',
  '#57ab5a',
  '#c69026',
  '#539bf5',
  '#b083f0',
  '#39c5cf',
  '#cdd3de',
];
const [CELL, LINE] = [8.4, 19];

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-pictures-')));
try {
  mkdirSync(IMAGES, { recursive: true });
  const shell = `kgload() { node '${BINARY}' "$@"; }; cd '${directory}'`;
  await run('bash', ['-c', `${shell}; kgload example parquet --quiet`]);
  const load = 'kgload load parquet --db graph.db --fresh';
  const screen = await terminal(`stty cols ${COLUMNS} rows ${ROWS}; ${shell}; ${load}`);
  writeFileSync(join(IMAGES, 'terminal.svg'), await toSvg(`$ ${load}\r\n${screen}`));
  const query = 'MATCH (a)-[r]->(b) RETURN a, r, b';
  const page = await run('bash', [
    '-c',
    `${shell}; kgload query '${query}' --db graph.db --format html --quiet`,
  ]);
  writeFileSync(join(directory, 'graph.html'), page);
  const browser = await openBrowser();
  const opened = await openPage(browser, join(directory, 'graph.html'), {
    colorScheme: 'light',
    width: 1200,
  });
  await opened.page.fill('#search', 'Cart');
  await opened.page.press('#search', 'Enter');
  await opened.page.waitForTimeout(500);
  await opened.page.screenshot({ path: join(IMAGES, 'graph.png') });
  await browser.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** What a program prints on a terminal of its own. */
async function terminal(command: string): Promise<string> {
  const file = join(directory, 'command.sh');
  writeFileSync(file, command);
  return await run('script', ['-qfec', `bash ${file}`, '/dev/null']);
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${output}`);
  return output;
}

/** The last screen of a terminal, in the fonts of whoever looks at it. */
async function toSvg(output: string): Promise<string> {
  const screen = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  await new Promise<void>((resolve) => {
    screen.write(output, resolve);
  });
  const buffer = screen.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, y) => {
    const line = buffer.getLine(y);
    const parts: string[] = [];
    for (let x = 0; x < COLUMNS; x += 1) {
      const cell = line?.getCell(x);
      const chars = cell?.getChars() ?? '';
      if (!cell || chars.trim() === '') continue;
      const color = cell.isFgPalette() ? COLORS[cell.getFgColor() % 8] : COLORS[7];
      const last = parts.at(-1);
      const open = `<tspan fill="${color ?? ''}"${cell.isDim() ? ' opacity="0.6"' : ''}`;
      const place = ` x="${(20 + x * CELL).toFixed(1)}">`;
      const before = x > 0 && (line?.getCell(x - 1)?.getChars() ?? '').trim() !== '';
      if (last?.startsWith(open) && before)
        parts[parts.length - 1] = last.replace('</tspan>', `${escapeText(chars)}</tspan>`);
      else parts.push(`${open}${place}${escapeText(chars)}</tspan>`);
    }
    return parts.join('');
  });
  while (lines.at(-1) === '') lines.pop();
  const [width, height] = [COLUMNS * CELL + 40, lines.length * LINE + 40];
  const text = lines.map((line, y) => `<text y="${34 + y * LINE}">${line}</text>`).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<rect width="100%" height="100%" rx="10" fill="#16181d"/>
${text}
</svg>
`;
}
