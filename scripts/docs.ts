/** Runs the modules in README.md and docs/ and writes their output below them: `npm run docs`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, installConsumer } from './consumer.js';
import { moduleExamples, pages, placeModules, runModules, withOutputs } from './module-examples.js';

const consumer = await installConsumer();
try {
  const examples = pages('.').map((page) => moduleExamples('.', page));
  const modules = placeModules(consumer, examples.flat());
  await compile(
    consumer.directory,
    modules.map((directory) => join(directory, 'example.ts')),
  );
  const outputs = await runModules(modules);
  for (const [i, page] of pages('.').entries()) {
    const own = outputs.splice(0, examples[i]?.length);
    writeFileSync(page, withOutputs(readFileSync(page, 'utf8'), own));
  }
} finally {
  rmSync(consumer.directory, { recursive: true, force: true });
}
