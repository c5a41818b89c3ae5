/** Runs the examples of README.md and writes their output into it: `npm run readme`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readmeExamples, runExamples } from './readme-examples.js';

const readme = readFileSync('README.md', 'utf8');
let written = readme;
const examples = readmeExamples(readme);
const outputs = await runExamples(examples.map(({ command }) => command));
for (const [i, { command, output }] of examples.entries()) {
  written = written.replace(`$ ${command}\n${output}`, () => `$ ${command}\n${outputs[i] ?? ''}`);
}
writeFileSync('README.md', written);
