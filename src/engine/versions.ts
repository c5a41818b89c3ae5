/** Which releases of the engines made a file, and one of the user's own that reads it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KgloadError } from '../errors.js';
import type { EngineName } from '../types.js';
import { type EngineModule, ENGINES, loadEngine, requireEngine } from './native.js';
import type { DatabaseHeader } from './register.js';

/**
 * The releases that write a storage version. By the files of the Python packages kuzu, real_ladybug and
 * ladybug (0.12.0 to 0.22.0, those that the registry has).
 */
const RELEASES: Record<EngineName, Record<number, string>> = {
  kuzu: { 39: '0.11' },
  ladybug: {
    39: '0.12',
    40: '0.13 to 0.16',
    41: '0.17',
    42: '0.18',
    43: '0.19',
    47: '0.20 or 0.21',
    49: '0.22',
  },
};

/**
 * The engine for a file, or for a new one: kgload's own, unless only a newer one of the user's project
 * reads it.
 *
 * @throws {KgloadError} `ENGINE_MISSING`.
 */
export function engineOf(name: EngineName, header: DatabaseHeader | undefined): EngineModule {
  const own = requireEngine(name);
  if (!header || header.storageVersion <= Number(own.STORAGE_VERSION)) return own;
  return newerEngine(name, own, header.storageVersion) ?? own;
}

/** An engine of the project that kgload is installed in, or is called in. */
function newerEngine(
  name: EngineName,
  own: EngineModule,
  storageVersion: number,
): EngineModule | undefined {
  const { package: packageName } = ENGINES[name];
  const here = createRequire(import.meta.url).resolve.paths(packageName) ?? [];
  const called = createRequire(join(process.cwd(), 'x.js')).resolve.paths(packageName) ?? [];
  const found = [...new Set([...here, ...called])]
    .map((directory) => join(directory, packageName))
    .map((directory) => ({ directory, version: versionAt(directory) }))
    .filter(({ version }) => isNewer(version, own.VERSION))
    .sort((a, b) => (isNewer(a.version, b.version) ? -1 : 1));
  for (const { directory } of found) {
    try {
      const module = loadEngine(name, directory);
      if (Number(module.STORAGE_VERSION) >= storageVersion) return module;
    } catch {
      // One that can't be loaded reads nothing; the error says what to install.
    }
  }
  return undefined;
}

/** The version of an engine's package, without loading it; nothing where there is none. */
export function installedVersion(name: EngineName): string | undefined {
  const { package: packageName } = ENGINES[name];
  const directories = createRequire(import.meta.url).resolve.paths(packageName) ?? [];
  return directories
    .map((directory) => versionAt(join(directory, packageName)))
    .find((version) => version !== '');
}

function versionAt(directory: string): string {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    return String(manifest.version);
  } catch {
    return '';
  }
}

/** By their numbers; a text that is no version is older than any. */
function isNewer(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.match(/\d+/g)?.map(Number) ?? []);
  for (let i = 0; i < 3; i += 1) {
    const [x = -1, y = -1] = [a?.[i], b?.[i]];
    if (x !== y) return x > y;
  }
  return false;
}

/** That the engine reads no file of this version, if that is why it refuses one. */
export function versionError(
  path: string,
  name: EngineName,
  header: DatabaseHeader | undefined,
  cause: unknown,
): KgloadError | undefined {
  const { VERSION: version, STORAGE_VERSION: own } = requireEngine(name);
  if (!header || !/different version|storage version/i.test(String(cause))) return undefined;
  const { storageVersion } = header;
  const { package: packageName, can } = ENGINES[name];
  const isOlder = storageVersion < Number(own);
  const release = RELEASES[name][storageVersion];
  const maker = `${can.title} ${release ?? (isOlder ? 'of an older version' : 'of a newer version')}`;
  const installed = `${can.title} ${version}, which is installed,`;
  const reads = isOlder ? 'reads it no more' : `reads storage versions up to ${String(own)}`;
  const way = `export it there (EXPORT DATABASE '…' (format='parquet')) and load the export`;
  const at = release === undefined ? 'latest' : (/^[\d.]+/.exec(release)?.[0] ?? 'latest');
  return new KgloadError(
    {
      code: 'ENGINE_VERSION',
      message: `the database ${path} was written by ${maker} (storage version ${storageVersion}), and ${installed} ${reads}`,
      file: path,
      hint: isOlder
        ? `open it with that version, and ${way}`
        : `install that version in your project (npm install ${packageName}@${at}), which kgload then takes; or ${way}`,
    },
    { cause },
  );
}

/** Kuzu before 0.11 kept a database in a directory. */
export function isOldKuzu(names: readonly string[]): boolean {
  return names.includes('data.kz') && names.some((name) => /^(catalog|metadata)\.kz$/.test(name));
}
