import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The commands of a page's console blocks, each with the output that stands below it. */
export interface Example {
  command: string;
  output: string;
}

export function consoleExamples(page: string): Example[] {
  const blocks = [...page.matchAll(/^```console\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { command: part.slice(0, end), output: part.slice(end + 1) };
      }),
  );
}
/** Runs shell commands one after the other in a scratch directory, as a reader would. */
export async function runExamples(commands: readonly string[]): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'kgload-readme-'));
  try {
    mkdirSync(join(directory, 'bin'));
    symlinkSync(join(ROOT, 'bin', 'kgload.js'), join(directory, 'bin', 'kgload'));
    const jq = join(ROOT, 'dist', 'scripts', 'jq.js');
    writeFileSync(join(directory, 'bin', 'jq'), `#!/bin/sh\nexec node '${jq}' "$@"\n`, {
      mode: 0o755,
    });
    const path = [join(directory, 'bin'), process.env['PATH']].join(delimiter);
    const outputs: string[] = [];
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('bash', ['-c', command], {
        cwd: directory,
        env: { ...process.env, PATH: path },
      });
      outputs.push(stdout);
    }
    return outputs;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Times, rates and sizes are other ones in every run, and with them the widths of columns. */
export function steady(output: string): string {
  return output
    .replace(/\d+\.\d+( [kMG]?B)?/g, '#')
    .replace(/# +[\d,]+/g, '# #')
    .replace(/[\d,]+(?= \w+\/s)/g, '#')
    .replace(/─+/g, '─')
    .replace(/ +/g, ' ');
}
