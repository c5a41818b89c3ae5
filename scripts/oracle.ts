/**
 * The oracle: makes datasets of every type by the programs that people use, loads them with the built
 * binary, and compares what Cypher returns with the values that were generated; bad rows, with a model
 * of its own.
 *
 *     node dist/scripts/oracle.js [--seed N] [--cases N] [--seconds N=7200] [--jobs N=2] [--keep]
 *                                 [--engine kuzu|ladybug|both] [--writers NAME,…] [--depth N=3]
 *
 * A seed alone repeats its one case; otherwise seeds count from 1 until the time is over. A case depends
 * on its seed, the writers and how deep types are nested alone. Every fourth is about bad rows; with `both`, even seeds are Kuzu's.
 * Exit code 1 if any failed; with --keep their files stay.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/errors.js';
import { formatTable } from '../src/format.js';
import type { EngineName } from '../src/types.js';
import { badRowsCase } from './oracle-badrows.js';
import { add, valueCase, type Checked } from './oracle-cases.js';
import { WriterFailed } from './oracle-dataset.js';
import { findPython, installPackages } from './oracle-packages.js';
import { startPython, stopPython, WRITERS, type WriterName } from './oracle-writers.js';

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string' },
    cases: { type: 'string' },
    seconds: { type: 'string', default: '7200' },
    engine: { type: 'string', default: 'both' },
    writers: { type: 'string', default: Object.keys(WRITERS).join(',') },
    depth: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
  },
});
const numberOf = (
  flag: 'seed' | 'cases' | 'seconds' | 'jobs' | 'depth',
  least: number,
): number | undefined => {
  if (flags[flag] === undefined) return undefined;
  const value = Number(flags[flag]);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${flag} wants a whole number from ${least}, not ${flags[flag]}`);
};
const seed = numberOf('seed', 0);
const cases = numberOf('cases', 1) ?? (seed === undefined ? Infinity : 1);
const [seconds, jobs] = [numberOf('seconds', 1) ?? 0, numberOf('jobs', 1) ?? 1];
const depth = numberOf('depth', 0) ?? 3;
if (!['kuzu', 'ladybug', 'both'].includes(flags.engine)) {
  throw new Error(`--engine wants kuzu, ladybug or both, not ${flags.engine}`);
}
const writers = flags.writers.split(',').map((name) => {
  if (name in WRITERS) return name as WriterName;
  throw new Error(`there is no writer ${name}, but ${Object.keys(WRITERS).join(', ')}`);
});

const began = performance.now();
const work = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-oracle-')));
const kept = join(work, 'failed');
mkdirSync(kept);
process.on('exit', () => {
  for (const entry of readdirSync(work)) {
    if (entry !== 'failed') rmSync(join(work, entry), { recursive: true, force: true });
  }
  if (readdirSync(kept).length > 0) return;
  rmdirSync(kept);
  rmdirSync(work);
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code));
}
await main();

async function main(): Promise<void> {
  installPackages();
  const python = writers.includes('pyarrow') ? findPython() : undefined;
  if (python !== undefined) startPython(python, work);
  else if (writers.includes('pyarrow')) {
    writers.splice(writers.indexOf('pyarrow'), 1);
    process.stderr.write(
      'pyarrow is left out: no python3 here has it (KGLOAD_ORACLE_PYTHON names one)\n',
    );
  }
  const sum: Checked = {
    findings: [],
    outcomes: { right: 0, refused: 0, exception: 0, 'not tried': 0, WRONG: 0 },
    values: 0,
    exceptions: [],
  };
  const failures: string[] = [];
  let [run, unwritten] = [0, 0];
  let next = seed ?? 1;
  const last = next + cases;
  const worker = async (): Promise<void> => {
    while (next < last && performance.now() - began < seconds * 1000) {
      const caseSeed = next;
      next += 1;
      const own: EngineName = caseSeed % 2 === 0 ? 'kuzu' : 'ladybug';
      const engine = flags.engine === 'both' ? own : (flags.engine as EngineName);
      const directory = join(work, `seed${caseSeed}`);
      mkdirSync(join(directory, 'db'), { recursive: true });
      const start = performance.now();
      const wrong: string[] = [];
      try {
        const make = caseSeed % 8 < 6 ? valueCase : badRowsCase;
        const checked = await make(caseSeed, directory, { engine, writers, depth });
        add(sum, checked);
        wrong.push(...checked.findings.map(({ kind, table, text }) => `${kind} ${table}: ${text}`));
      } catch (error) {
        if (error instanceof WriterFailed) {
          unwritten += 1;
          process.stderr.write(`--seed ${caseSeed}: not written: ${error.message}\n`);
        } else
          wrong.push(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
      }
      run += 1;
      const took = ((performance.now() - start) / 1000).toFixed(1);
      const options = `--seed ${caseSeed} --engine ${engine} --writers ${writers.join(',')} --depth ${depth}`;
      for (const text of wrong) failures.push(`${options}: ${text}`);
      process.stderr.write(
        wrong.length > 0
          ? wrong.map((text) => `${options}: FAILED ${text.slice(0, 200)}\n`).join('')
          : `--seed ${caseSeed}, ${engine}: right (${took} s)\n`,
      );
      if (wrong.length > 0 && flags.keep) renameSync(directory, join(kept, `seed${caseSeed}`));
      rmSync(directory, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  stopPython();
  const lines = [
    ...formatTable([
      ['tables', ...Object.keys(sum.outcomes)],
      ['', ...Object.values(sum.outcomes).map(String)],
    ]),
    '',
    ...[...new Set(sum.exceptions)].map(
      (why) => `excepted ${sum.exceptions.filter((other) => other === why).length} times: ${why}`,
    ),
    ...failures.map((failure) => `FAILED ${failure}`),
    ...(failures.length > 0 && flags.keep ? [`kept in ${kept}`] : []),
    `${sum.values} values compared, ${run} cases, ${unwritten} not written, ${((performance.now() - began) / 1000).toFixed(0)} s`,
    `${failures.length} failed`,
  ];
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  process.exitCode = failures.length > 0 ? 1 : 0;
}
