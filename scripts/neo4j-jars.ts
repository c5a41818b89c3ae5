/**
 * Neo4j Community as Maven Central has it: 213 jars, 123 MB, fetched once and kept outside of the
 * repository. The version is that of neo4j/pom.xml.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { makeScratch, removeScratch } from '../src/scratch.js';
import { ROOT } from '../test/helpers.js';

const POM = join(ROOT, 'scripts', 'neo4j', 'pom.xml');
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kgload');

/** A repository that does not answer is no reason to wait for ever. */
const FETCH_MS = 300_000;

/** What Neo4j 5.26 asks for. */
const JAVA = 17;

export const java = process.env['JAVA_HOME']
  ? join(process.env['JAVA_HOME'], 'bin', 'java')
  : 'java';

/**
 * The directory of the jars; they are fetched if they are not there yet.
 *
 * @throws With the reason why they can't be had here, or could not be run.
 */
export function neo4jJars(): string {
  requireJava();
  const [, version = ''] =
    /<neo4j\.version>(.+)<\/neo4j\.version>/.exec(readFileSync(POM, 'utf8')) ?? [];
  const jars = join(CACHE, `neo4j-${version}`);
  if (!existsSync(jars)) fetch(jars);
  return jars;
}

function requireJava(): void {
  const { error, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const [, version] = /version "(\d+)/.exec(error ? '' : stderr) ?? [];
  if (version !== undefined && Number(version) >= JAVA) return;
  const found = version === undefined ? 'there is none here' : `here is Java ${version}`;
  throw new Error(`Neo4j needs Java ${JAVA} or newer, and ${found}`);
}

/** Others may do the same meanwhile: the first to be ready wins. */
function fetch(jars: string): void {
  mkdirSync(CACHE, { recursive: true });
  const directory = makeScratch(CACHE);
  try {
    const fetched = join(directory, 'jars');
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
    const { error, status, stdout } = spawnSync(
      'mvn',
      ['-q', '-B', '-f', POM, ...goal, `-DoutputDirectory=${fetched}`],
      { encoding: 'utf8', timeout: FETCH_MS, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const code = error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new Error('Neo4j is fetched by Maven (mvn), which is not here');
    if (status !== 0) {
      const why = code === 'ETIMEDOUT' ? `no end after ${FETCH_MS / 1000} s` : firstLine(stdout);
      throw new Error(`Maven could not fetch Neo4j: ${why}`);
    }
    try {
      renameSync(fetched, jars);
    } catch (failure) {
      if (!existsSync(jars)) throw failure;
    }
  } finally {
    removeScratch(directory);
  }
}

function firstLine(text: string): string {
  return stripVTControlCharacters(text).trim().split('\n')[0] ?? '';
}
