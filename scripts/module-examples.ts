/** The ```ts blocks of README.md and docs/: each is a module, and what it prints stands below it. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Consumer } from './consumer.js';

export interface ModuleExample {
  /** The page that it stands in. */
  page: string;
  line: number;
  code: string;
  /** Of the ```text block below it; empty where there is none. */
  output: string;
}

/** README.md and the pages in docs/ that are written by hand. */
export function pages(root: string): string[] {
  const names = readdirSync(join(root, 'docs')).filter((name) => /^(?!api\.).*\.md$/.test(name));
  return ['README.md', ...names.map((name) => join('docs', name))];
}

export function moduleExamples(root: string, page: string): ModuleExample[] {
  const markdown = readFileSync(join(root, page), 'utf8');
  return [...markdown.matchAll(MODULE)].map((match) => ({
    page,
    line: markdown.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
    output: match[2] ?? '',
  }));
}

const MODULE = /^```ts\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms;

/** The page with other outputs, one for each of its modules. */
export function withOutputs(markdown: string, outputs: readonly string[]): string {
  let i = 0;
  return markdown.replace(MODULE, (_block, code: string) => {
    const output = outputs[i++] ?? '';
    const shown = output === '' ? '' : `\n\`\`\`text\n${output}\`\`\`\n`;
    return `\`\`\`ts\n${code}\`\`\`\n${shown}`;
  });
}

/** Writes modules into a consumer, each into a directory of its own; the paths of these. */
export function placeModules(consumer: Consumer, examples: readonly ModuleExample[]): string[] {
  return examples.map(({ page, line, code }) => {
    const directory = join(consumer.directory, `${page.replace(/\W/g, '-')}-${line}`);
    mkdirSync(directory);
    for (const dataset of ['parquet', 'spoiled']) {
      symlinkSync(join(consumer.directory, dataset), join(directory, dataset));
    }
    writeFileSync(join(directory, 'example.ts'), code);
    return directory;
  });
}

/** Runs modules that are compiled, two at a time. @returns What each printed. */
export async function runModules(directories: readonly string[]): Promise<string[]> {
  const outputs: string[] = [];
  const queue = directories.entries();
  const runNext = async (): Promise<void> => {
    for (const [i, directory] of queue) {
      outputs[i] = (await run(process.execPath, ['example.js'], directory)).stdout;
    }
  };
  await Promise.all([runNext(), runNext()]);
  return outputs;
}
