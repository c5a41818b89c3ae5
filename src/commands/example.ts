import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { buildBeside, checkDirectoryDestination, moveInto } from '../dataset/destination.js';
import { ownFile } from '../files.js';
import { type Io, type OutputFlags, printJson, printLines } from '../terminal/output.js';

/** Each made of directories under fixtures/, the later ones' files in the place of the earlier ones'. */
const EXAMPLES = {
  'code-graph': { layers: { '.': 'code-graph' }, schema: '' },
  films: { layers: { '.': 'films' }, schema: ' --schema infer' },
  'bad-rows': { layers: { '.': 'code-graph', edges: 'spoiled' }, schema: ' --skip-bad-rows' },
} as const;

interface Flags extends OutputFlags {
  name: keyof typeof EXAMPLES;
}

export function define(command: Command): void {
  command
    .argument('<directory>', 'the directory that is written; it must not hold anything')
    .addOption(
      new Option(
        '--name <name>',
        'which: a code graph; films, for which a schema is inferred; or the code graph with two bad rows',
      )
        .choices(Object.keys(EXAMPLES))
        .default('code-graph'),
    )
    .addHelpText(
      'after',
      `
Examples:
  kgload example parquet && kgload load parquet --db graph.db
  kgload example films --name films && kgload load films --db films.db --schema infer`,
    );
}

export async function run([directory = '']: string[], flags: Flags, io: Io): Promise<number> {
  checkDirectoryDestination(directory);
  const { layers, schema } = EXAMPLES[flags.name];
  const ignore = (): void => undefined;
  await buildBeside(directory, ignore, (built) => {
    for (const [place, fixture] of Object.entries(layers)) {
      cpSync(ownFile(`fixtures/${fixture}`), join(built, place), { recursive: true });
    }
    moveInto(built, directory);
    return Promise.resolve();
  });
  if (flags.json) printJson(io, { dataset: directory, name: flags.name, errors: [], warnings: [] });
  else if (!flags.quiet) {
    printLines(io, [
      `wrote the example ${flags.name} into ${directory}`,
      `load it: kgload load ${directory} --db graph.db${schema}`,
    ]);
  }
  return 0;
}
