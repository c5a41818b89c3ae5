/** Runs the commands in README.md and docs/ and writes their output below: `npm run readme`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pages } from './module-examples.js';
import { consoleExamples, runExamples } from './readme-examples.js';

for (const page of pages('.')) {
  let written = readFileSync(page, 'utf8');
  const examples = consoleExamples(written);
  const outputs = await runExamples(examples.map(({ command }) => command));
  for (const [i, { command, output }] of examples.entries()) {
    const block = `$ ${command}\n${output}`;
    written = written.replace(block, () => `$ ${command}\n${outputs[i] ?? ''}`);
  }
  writeFileSync(page, written);
}
