/** The jobs in docs/ci.md, run as a CI system runs them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { BINARY, ENGINE, ENVIRONMENT, FIXTURE, query, ROOT, scratch } from './helpers.js';

interface Step {
  name?: string;
  run?: string;
  uses?: string;
  if?: string;
  with?: Record<string, string>;
}

interface Workflow {
  jobs: { graph: { env: NodeJS.ProcessEnv; defaults: { run: { shell: string } }; steps: Step[] } };
}

interface Pipeline {
  graph: { variables: NodeJS.ProcessEnv; script: string[]; artifacts: { paths: string[] } };
}

/** The block below a marker. */
function jobOf(system: string, file = join('docs', 'ci.md')): unknown {
  const page = readFileSync(join(ROOT, file), 'utf8');
  const pattern = new RegExp(`<!-- ci: ${system} -->\n\n\`\`\`yaml\n(.*?)\`\`\``, 's');
  const [, block = ''] = pattern.exec(page) ?? [];
  return parse(block);
}

/** A checkout with a dataset, after `npm ci`. */
function checkout(t: TestContext): string {
  const directory = scratch(t);
  cpSync(FIXTURE, join(directory, 'parquet'), { recursive: true });
  mkdirSync(join(directory, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(BINARY, join(directory, 'node_modules', '.bin', 'kgload'));
  writeFileSync(join(directory, 'package.json'), '{ "private": true }');
  mkdirSync(join(directory, 'bin'));
  const jq = join(ROOT, 'dist', 'scripts', 'jq.js');
  writeFileSync(join(directory, 'bin', 'jq'), `#!/bin/sh\nexec node '${jq}' "$@"\n`, {
    mode: 0o755,
  });
  return directory;
}

/** As GitHub runs a step whose shell is bash. */
function bash(directory: string, script: string, env: NodeJS.ProcessEnv): [number | null, string] {
  const { status, stderr } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
    {
      cwd: directory,
      encoding: 'utf8',
      env: {
        ...ENVIRONMENT,
        // A jq of the machine's own goes first.
        PATH: [process.env['PATH'], join(directory, 'bin')].join(delimiter),
        KGLOAD_ENGINE: ENGINE,
        npm_config_offline: 'true',
        npm_config_update_notifier: 'false',
        ...env,
      },
    },
  );
  return [status, stderr];
}

describe('the job in docs/ci.md', { concurrency: 2 }, () => {
  const { env, defaults, steps } = (jobOf('github') as Workflow).jobs.graph;
  const needsNetwork = ({ run }: Step): boolean => run === 'npm ci';

  /** Every step until one fails, and those that run always. */
  function runJob(directory: string): { ends: [string, number | null][]; log: string } {
    const github = {
      ...env,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: directory,
      GITHUB_STEP_SUMMARY: join(directory, 'summary.md'),
    };
    const ends: [string, number | null][] = [];
    let log = '';
    for (const step of steps) {
      if (step.run === undefined || needsNetwork(step)) continue;
      if (ends.some(([, code]) => code !== 0) && step.if !== 'always()') continue;
      const [code, stderr] = bash(directory, step.run, github);
      ends.push([step.name ?? '', code]);
      log += stderr;
    }
    return { ends, log };
  }

  it('ends well with a summary, for GitHub', (t) => {
    assert.equal(defaults.run.shell, 'bash');
    const directory = checkout(t);
    const { ends, log } = runJob(directory);
    assert.deepEqual(
      ends,
      [
        ['Load', 0],
        ['Compare with the files', 0],
        ['There has to be something', 0],
      ],
      log,
    );
    assert.doesNotMatch(log, /^::/m);
    const summary = readFileSync(join(directory, 'summary.md'), 'utf8');
    assert.match(
      summary,
      /^### ✅ loaded 27 nodes and 34 edges into graph\.db\n\n\| table \| rows /,
    );
    assert.match(summary, /\n\| Function \| 7 \| \d+\.\d{3} \| [\d,]+ \|\n/);
    assert.match(summary, /\n### ✅ graph\.db and \.\/parquet hold the same\n/);
    const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'));
    assert.equal(upload?.if, 'always()');
    for (const path of (upload.with?.['path'] ?? '').trim().split('\n')) {
      assert.ok(existsSync(join(directory, path)), path);
    }
  });

  it('fails with reasons where the dataset is spoiled, and keeps the old database', (t) => {
    const directory = checkout(t);
    assert.equal(runJob(directory).ends.length, 3);
    cpSync(
      join(ROOT, 'fixtures/spoiled/calls.parquet'),
      join(directory, 'parquet/edges/calls.parquet'),
    );
    writeFileSync(join(directory, 'summary.md'), '');
    const { ends, log } = runJob(directory);
    assert.deepEqual(ends, [['Load', 1]]);
    assert.match(
      log,
      /^::error file=parquet\/edges\/calls\.parquet,title=kgload MISSING_ENDPOINT CALLS::CALLS failed: .*"f1" → "gone" \(.*\)$/m,
    );
    const summary = readFileSync(join(directory, 'summary.md'), 'utf8');
    assert.match(summary, /^### ❌ 1 of 20 tables failed; graph\.db is as it was/);
    assert.match(summary, /\n- \*\*error\*\*: CALLS failed: .*without an endpoint: "f3" → null /);
    const bad = readFileSync(join(directory, 'bad-rows.ndjson'), 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      bad.map((line) => (JSON.parse(line) as { reason: string }).reason),
      ['null_endpoint', 'missing_endpoint'],
    );
    const calls = 'MATCH ()-[c:CALLS]->() RETURN count(*) AS n';
    assert.deepEqual(query(join(directory, 'graph.db'), calls), [{ n: 4 }]);
  });

  it('ends well, for GitLab', (t) => {
    const directory = checkout(t);
    const { variables, script, artifacts } = (jobOf('gitlab') as Pipeline).graph;
    for (const run of script.filter((line) => line !== 'npm ci')) {
      const [code, stderr] = bash(directory, run, { ...variables, CI: 'true', GITLAB_CI: 'true' });
      assert.equal(code, 0, stderr);
    }
    for (const path of artifacts.paths) assert.ok(existsSync(join(directory, path)), path);
  });
});

it('the job in README.md is that of docs/ci.md', () => {
  assert.deepEqual(jobOf('github', 'README.md'), jobOf('github'));
});
