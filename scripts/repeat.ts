/**
 * Loads a dataset into new Ladybug databases over and over, several tables at a time, and compares
 * every value of each with the files: the engine's setting for that is one for debugging.
 *
 *     node dist/scripts/repeat.js [--dataset DIR=fixtures/code-graph] [--runs N=20] [--jobs LIST=2,3,4]
 *
 * Each number of jobs gets as many runs. Exit code 1 if one of them differs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../src/format.js';
import { FIXTURE } from '../test/helpers.js';
import { kgload } from './fuzz-checks.js';

const { values: flags } = parseArgs({
  options: {
    dataset: { type: 'string', default: FIXTURE },
    runs: { type: 'string', default: '20' },
    jobs: { type: 'string', default: '2,3,4' },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'kgload-repeat-'));
const db = join(directory, 'graph.db');
const results: { jobs: string; wrong: string[]; seconds: number[] }[] = [];
try {
  for (const jobs of flags.jobs.split(',')) {
    const result = { jobs, wrong: [] as string[], seconds: [] as number[] };
    results.push(result);
    for (let run = 1; run <= Number(flags.runs); run += 1) {
      const options = ['--engine', 'ladybug', '--jobs', jobs, '--fresh', '--quiet'];
      const loaded = await kgload(['load', flags.dataset, '--db', db, ...options]);
      const verified = await kgload(['stats', '--db', db, '--verify', flags.dataset]);
      result.seconds.push(loaded.seconds);
      const failed = [loaded, verified].find(({ code }) => code !== 0);
      if (failed) {
        const { code, stdout, stderr } = failed;
        result.wrong.push(`run ${run}: exit code ${String(code)}\n${stdout}${stderr}`);
      }
      rmSync(db, { force: true });
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
const lines = formatTable([
  ['jobs', 'runs', 'identical', 'seconds'],
  null,
  ...results.map(({ jobs, wrong, seconds }) => [
    jobs,
    flags.runs,
    String(Number(flags.runs) - wrong.length),
    `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`,
  ]),
]);
const wrong = results.flatMap((result) => result.wrong);
process.stdout.write([...lines, ...wrong].join('\n') + '\n');
process.exitCode = wrong.length > 0 ? 1 : 0;
