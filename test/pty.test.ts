/** The real binary on a real terminal: a pseudo-terminal of Python's, looked at through a terminal's eyes. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import xterm from '@xterm/headless';
import { BINARY, FIXTURE, fixtureCopy, onEngine, scratch } from './helpers.js';

const hasPython = spawnSync('python3', ['-c', 'import pty, termios']).status === 0;
const OPTIONS = { skip: hasPython ? false : 'there is no python3 with the module pty' } as const;

/** Runs a command on a terminal of its own: what is typed comes in, what it shows goes out. */
const PTY = `
import fcntl, os, pty, select, struct, sys, termios
columns, rows, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
    os.execvp(command[0], command)
typed = [0]
while True:
    ready, _, _ = select.select([terminal] + typed, [], [])
    if 0 in ready:
        keys = os.read(0, 1024)
        if keys: os.write(terminal, keys)
        else: typed = []
    if terminal in ready:
        try: text = os.read(terminal, 65536)
        except OSError: text = b''
        if not text: break
        os.write(1, text)
_, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;

interface Shown {
  code: number | null;
  /** All that was written to the terminal. */
  raw: string;
  /** What can be read on it in the end, with what has scrolled away. */
  lines: string[];
  isCursorShown: boolean;
}

interface Window {
  columns: number;
  rows: number;
  env: NodeJS.ProcessEnv;
}

/** @param type - Is shown all that was written so far, and says what is typed now. */
async function onTerminal(
  command: string,
  { columns = 80, rows = 24, env = {} }: Partial<Window> = {},
  type: (raw: string) => string | undefined = () => undefined,
): Promise<Shown> {
  const args = ['-c', PTY, String(columns), String(rows), 'sh', '-c', command];
  const child = spawn('python3', args, {
    env: { ...process.env, TERM: 'xterm', LC_ALL: 'C.UTF-8', NO_COLOR: '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let raw = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    const keys = type(raw);
    if (keys !== undefined) child.stdin.write(keys);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const { Terminal } = xterm;
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => {
    terminal.write(raw, resolve);
  });
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, y) =>
    (active.getLine(y)?.translateToString(true) ?? '').trimEnd(),
  );
  while (lines.at(-1) === '') lines.pop();
  const isCursorShown = raw.lastIndexOf('\u001b[?25h') >= raw.lastIndexOf('\u001b[?25l');
  return { code, raw, lines, isCursorShown };
}

function commandOf(...args: string[]): string {
  return [process.execPath, BINARY, ...onEngine(args)].map((part) => `'${part}'`).join(' ');
}

/** What is typed once, as soon as bars are seen. */
function onceSeen(keys: string, sign = /total/): (raw: string) => string | undefined {
  let isTyped = false;
  return (raw) => {
    if (isTyped || !sign.test(raw)) return undefined;
    isTyped = true;
    return keys;
  };
}

describe('on a terminal', () => {
  for (const columns of [40, 60, 80, 200]) {
    it(
      `of ${columns} columns a load shows bars, then its result, errors last`,
      OPTIONS,
      async (t) => {
        const directory = scratch(t);
        const dataset = fixtureCopy(directory);
        for (const name of ['nodes/decorators', 'edges/decorated_by', 'edges/inherits']) {
          rmSync(join(dataset, `${name}.parquet`));
        }
        writeFileSync(join(dataset, 'nodes/attributes.parquet'), 'no Parquet');
        const command = commandOf('load', dataset, '--db', join(directory, 'graph.db'));
        const { code, raw, lines, isCursorShown } = await onTerminal(command, {
          columns,
          rows: 10,
        });
        assert.equal(code, 1);
        assert.match(raw, /total .*[█░]/);
        assert.equal(isCursorShown, true);
        const text = lines.join('\n');
        assert.doesNotMatch(text, /[█░]/);
        assert.ok(lines.every((line) => line.length <= columns));
        const whole = lines.join('').replaceAll(' ', '');
        const order = [
          'warning:3tableshavenofileandcount0rows:nodes/decorators',
          'rowsseconds',
          'error:nodes/attributes.parquetisnotreadable',
          '3of17tablesfailed;loaded',
        ].map((part) => whole.indexOf(part));
        assert.ok(
          order.every((place) => place >= 0),
          `${order.join()}:\n${text}`,
        );
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        );
        assert.match(raw, /\u001b\[31m3 of 17 tables failed/);
        assert.match(raw, /\u001b\[33mwarning:\u001b\[39m/);
      },
    );
  }

  it('Ctrl-C takes the bars off and gives the cursor back', OPTIONS, async (t) => {
    const directory = scratch(t);
    const db = join(directory, 'graph.db');
    // The shell must not die of it too, and take the terminal along.
    const command = `trap : INT; ${commandOf('load', FIXTURE, '--db', db)}; echo ended with $?`;
    const { lines, isCursorShown } = await onTerminal(command, {}, onceSeen('\u0003'));
    assert.equal(isCursorShown, true);
    assert.deepEqual(
      lines.map((line) => line.replace(/^\^C/, '').replace(db, 'graph.db')),
      ['kgload: interrupted; graph.db is as it was', 'ended with 130'],
    );
  });

  it('Ctrl-Z does so too, and fg draws them again', OPTIONS, async (t) => {
    const db = join(scratch(t), 'graph.db');
    const load = commandOf('load', FIXTURE, '--db', db);
    const command = `set -m; ${load}; echo stopped; sleep 0.3; fg; echo ended with $?`;
    const { raw, lines, isCursorShown } = await onTerminal(command, {}, onceSeen('\u001a'));
    const before = raw.slice(0, raw.indexOf('stopped\r\n'));
    assert.ok(before.lastIndexOf('\u001b[?25h') > before.lastIndexOf('\u001b[?25l'), before);
    const after = raw.slice(raw.indexOf('stopped\r\n'));
    assert.match(after, /total .*[█░]/);
    assert.equal(isCursorShown, true);
    assert.doesNotMatch(lines.join('\n'), /[█░]/);
    assert.match(lines.join(''), /loaded 27 nodes and 34 edges into /);
    assert.equal(lines.at(-1), 'ended with 0');
  });

  it('a dumb one gets lines as a log does', OPTIONS, async (t) => {
    const command = commandOf('load', FIXTURE, '--db', join(scratch(t), 'graph.db'));
    const { code, raw } = await onTerminal(command, { env: { TERM: 'dumb' } });
    assert.equal(code, 0);
    assert.doesNotMatch(raw, /\u001b/);
    assert.match(raw, /kgload: Function: 7 rows in /);
  });

  it('results go whole into a pipe, while the bars are drawn', OPTIONS, async (t) => {
    const directory = scratch(t);
    const command = commandOf('load', FIXTURE, '--db', join(directory, 'graph.db'));
    const result = join(directory, 'result');
    const { raw, lines, isCursorShown } = await onTerminal(`${command} > ${result}`, {
      columns: 40,
    });
    assert.match(raw, /total .*[█░]/);
    assert.deepEqual(lines, []);
    assert.equal(isCursorShown, true);
    assert.match(readFileSync(result, 'utf8'), /^table +rows +seconds +rows\/s\n/);
    assert.doesNotMatch(readFileSync(result, 'utf8'), /\u001b/);
  });

  it('nothing is drawn into a log, while the result fits the window', OPTIONS, async (t) => {
    const directory = scratch(t);
    const command = commandOf('load', FIXTURE, '--db', join(directory, 'graph.db'));
    const log = join(directory, 'log');
    const { lines } = await onTerminal(`${command} 2> ${log}`, { columns: 36 });
    assert.match(lines[0] ?? '', /^table +rows +seconds$/);
    assert.doesNotMatch(readFileSync(log, 'utf8'), /\u001b/);
    assert.match(readFileSync(log, 'utf8'), /kgload: Function: 7 rows in /);
  });
});
