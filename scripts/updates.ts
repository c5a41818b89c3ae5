/**
 * Updates of random databases by random datasets, each compared with a model.
 *
 *     node dist/scripts/updates.js [--seed N=1] [--graphs N=20] [--rounds N=8] [--seconds N=600]
 *
 * Graph i has the seed `seed + i` and depends on nothing else. Exit code 1 if any update was wrong; the
 * directories of those are kept.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINE } from '../test/helpers.js';
import { runSeed } from '../test/updaterandom.js';

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    graphs: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '600' },
  },
});
const began = performance.now();
let [failed, ran] = [0, 0];
for (let i = 0; i < Number(flags.graphs); i += 1) {
  if (performance.now() - began > Number(flags.seconds) * 1000) break;
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-updates-')));
  const seed = Number(flags.seed) + i;
  let wrong: string[];
  try {
    wrong = runSeed(seed, Number(flags.rounds), directory);
  } catch (error) {
    wrong = [`seed ${seed}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`];
  }
  ran += 1;
  if (wrong.length === 0) {
    rmSync(directory, { recursive: true, force: true });
    continue;
  }
  failed += 1;
  process.stdout.write([...wrong, `kept in ${directory}`, ''].join('\n'));
}
const seconds = ((performance.now() - began) / 1000).toFixed(0);
process.stdout.write(`${ENGINE}: ${ran} graphs, ${failed} failed, ${seconds} s\n`);
process.exitCode = failed > 0 ? 1 : 0;
