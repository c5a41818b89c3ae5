/** What is run against each other, each a whole process that fills a fresh database. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './measure.js';
import { BENCH, ROOT } from './packages.js';
import { allTables, tables } from './statements.js';

export interface Competitor {
  name: string;
  title: string;
  program: (dataset: string, database: string) => Program;
  /** Prints the rows of every table of its database as JSON; without it `kgload stats` does. */
  count?: (dataset: string, database: string) => Program;
  /** It loads a part, and says which: `{"counts": {table: rows}, "seconds"}` on stdout. */
  isPart?: boolean;
  /** Why it can't be run here. */
  missing?: () => string | undefined;
}

export const KGLOAD = join(ROOT, 'bin', 'kgload.js');

/** A row at a time takes the longest by far; its speed hardly depends on how many there are. */
const ONE_BY_ONE_ROWS = 20_000;

const python = process.env['PYTHON'] ?? 'python3';

export const competitors: Competitor[] = [
  {
    name: 'one-by-one',
    title: 'one by one, a commit each',
    program: (dataset, database) =>
      script('one-by-one', dataset, database, 'each', String(ONE_BY_ONE_ROWS)),
    isPart: true,
  },
  {
    name: 'one-by-one-once',
    title: 'one by one, one transaction',
    program: (dataset, database) =>
      script('one-by-one', dataset, database, 'once', String(ONE_BY_ONE_ROWS)),
    isPart: true,
  },
  {
    name: 'original',
    title: "the original's way, Node",
    program: (dataset, database) => script('original', dataset, database),
  },
  {
    name: 'original-python',
    title: "the original's way, Python",
    program: (dataset, database) => {
      const statements = `${database}.json`;
      const creates = allTables(dataset).map(({ create }) => create);
      const files = tables(dataset).map(({ name, path }) => [name, path]);
      writeFileSync(statements, JSON.stringify({ creates, tables: files }));
      return { command: python, args: [join(BENCH, 'original.py'), statements, database] };
    },
    missing: () => {
      const { status } = spawnSync(python, ['-c', 'import kuzu, pandas, pyarrow']);
      if (status === 0) return undefined;
      return `${python} has no kuzu, pandas and pyarrow; name another with PYTHON=`;
    },
  },
  {
    name: 'bare',
    title: 'the engine alone',
    program: (dataset, database) => script('bare', dataset, database),
  },
  {
    name: 'kgload',
    title: 'kgload',
    program: (dataset, database) => kgload(dataset, database),
  },
  {
    name: 'bare-ladybug',
    title: 'Ladybug alone, parallel',
    program: (dataset, database) => script('bare', dataset, database, 'ladybug'),
  },
  {
    name: 'kgload-ladybug',
    title: 'kgload on Ladybug',
    program: (dataset, database) => kgload(dataset, database, '--engine', 'ladybug'),
  },
  {
    name: 'kgload-ladybug-1',
    title: 'the same, --jobs 1',
    program: (dataset, database) => kgload(dataset, database, '--engine', 'ladybug', '--jobs', '1'),
  },
  {
    name: 'duckdb',
    title: 'DuckDB, unique keys',
    program: (dataset, database) => script('duckdb', dataset, database),
    count: (dataset, database) => script('duckdb', dataset, database, 'count'),
  },
];

function script(name: string, ...args: string[]): Program {
  return { command: process.execPath, args: [join(ROOT, 'dist', 'bench', `${name}.js`), ...args] };
}

function kgload(dataset: string, database: string, ...flags: string[]): Program {
  return {
    command: process.execPath,
    args: [KGLOAD, 'load', dataset, '--db', database, '--fresh', '--quiet', '--json', ...flags],
    env: enginePath(),
  };
}

/** Where kgload's `require` finds Ladybug, if the project itself has not installed it. */
export function enginePath(): NodeJS.ProcessEnv {
  return { NODE_PATH: join(BENCH, 'node_modules') };
}
