/** A project that depends on kgload: the packed package in an empty directory. */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

interface Manifest {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

export interface Consumer {
  directory: string;
  /** The paths in the package. */
  files: string[];
}

/**
 * Packs and installs kgload in a new directory, beside a link to the fixtures; what it depends on
 * is linked to where this repository has it, one by one, so that a dependency which is not declared
 * is missed. `npm`: installs it from the registry, as everyone else does; with 541 MB of kuzu that
 * takes 20 s, and is left to .ci/run. `engines`: those that are there, of the packages.
 */
export async function installConsumer({
  npm = false,
  engines = ['kuzu', '@ladybugdb/core'],
} = {}): Promise<Consumer> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'kgload-consumer-')));
  // Without scripts: `prepare` would build dist/ anew, from which this is running.
  const pack = ['pack', ROOT, '--ignore-scripts', '--json', '--pack-destination', directory];
  const { stdout } = await run('npm', pack, directory);
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error('npm pack has packed nothing');
  const tarball = join(directory, packed.filename);
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Manifest;
  // What the examples import beside kgload.
  const own = {
    ...Object.fromEntries(engines.map((name) => [name, optionalDependencies[name]])),
    '@dsnp/parquetjs': dependencies['@dsnp/parquetjs'],
    '@types/node': devDependencies['@types/node'],
  };
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { kgload: `file:${tarball}`, ...own },
    allowScripts: { kuzu: true },
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  const modules = join(directory, 'node_modules');
  if (npm) {
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], directory);
  } else {
    const installed = join(modules, 'kgload');
    mkdirSync(installed, { recursive: true });
    await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components', '1'], directory);
    for (const name of Object.keys({ ...dependencies, ...own })) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    mkdirSync(join(modules, '.bin'));
    symlinkSync('../kgload/bin/kgload.js', join(modules, '.bin', 'kgload'));
  }
  symlinkSync(join(ROOT, 'fixtures'), join(directory, 'fixtures'));
  const binary = join('node_modules', '.bin', 'kgload');
  await run(binary, ['example', 'parquet'], directory);
  await run(binary, ['example', 'spoiled', '--name', 'bad-rows'], directory);
  // The types of parquetjs import those of json-schema, which it does not depend on.
  const stub = "declare module 'json-schema' {\n  export type JSONSchema4 = object;\n}\n";
  writeFileSync(join(directory, 'json-schema.d.ts'), stub);
  return { directory, files: packed.files.map(({ path }) => path) };
}

/** Compiles modules of a consumer. @throws With the compiler's complaints. */
export async function compile(
  directory: string,
  files: readonly string[],
  options = '',
): Promise<void> {
  files = ['json-schema.d.ts', ...files];
  const flags = `--ignoreConfig --strict --target es2022 --module nodenext --types node ${options}`;
  try {
    await run(process.execPath, [TSC, ...flags.trim().split(/ +/), ...files], directory);
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error });
  }
}

/** Runs a program in a directory. @throws When its exit code is not 0. */
export async function run(
  command: string,
  args: readonly string[],
  directory: string,
): Promise<{ stdout: string; stderr: string }> {
  return await promisify(execFile)(command, args, { cwd: directory });
}
