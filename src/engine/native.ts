/** The engines that there are, and loading their native modules, each at the first call. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type * as Kuzu from 'kuzu';
import { KgloadError, messageOf } from '../errors.js';
import { isTooManyFiles, systemCode, tooManyFiles } from '../files.js';
import type { Capabilities } from '../model/capabilities.js';
import type { EngineName } from '../types.js';
import { firstLine } from './messages.js';

/** What differs between the engines; all else is the same. */
export interface Engine {
  /** The package that is installed. */
  package: string;
  /** The version that kgload is tested with. */
  version: string;
  /** What the package lacks until its install script has run. */
  built: string;
  can: Capabilities;
  /**
   * The statement that lets several connections write at a time. Ladybug calls the setting one for
   * debugging; how it was tried is told in docs/ladybug.md.
   */
  manyWriters?: string;
}

export const ENGINES: Record<EngineName, Engine> = {
  kuzu: {
    package: 'kuzu',
    version: '0.11.3',
    built: 'index.js',
    can: {
      title: 'Kuzu',
      manyWriters: false,
      readersLock: true,
      toJson: true,
      keepsOldText: true,
    },
  },
  ladybug: {
    package: '@ladybugdb/core',
    version: '0.19.1',
    built: 'lbugjs.node',
    can: {
      title: 'Ladybug',
      manyWriters: true,
      readersLock: false,
      toJson: false,
      keepsOldText: false,
    },
    manyWriters: 'CALL debug_enable_multi_writes=true',
  },
};

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

/** Their names as people write them: `Kuzu or Ladybug`; of those alone that can do something. */
export function engineTitles(can: (capabilities: Capabilities) => boolean = () => true): string {
  const titles = ENGINE_NAMES.map(capabilitiesOf).filter(can);
  return titles.map(({ title }) => title).join(' or ');
}

/** For those who do not say which engine they want: the first that is installed. */
export function defaultEngine(): EngineName {
  const require = createRequire(import.meta.url);
  const isInstalled = (name: EngineName): boolean => {
    try {
      return require.resolve(ENGINES[name].package) !== '';
    } catch {
      return false;
    }
  };
  return ENGINE_NAMES.find(isInstalled) ?? 'kuzu';
}

/** What an engine can do. */
export function capabilitiesOf(engine: EngineName): Capabilities {
  return ENGINES[engine].can;
}

/** Both versions stand in the module's index.js, not in its types. */
export type EngineModule = typeof Kuzu & { VERSION: string; STORAGE_VERSION: bigint };

/** Those that were not in the process before, with their own loader's flags. */
const linkedHere = new Set<EngineName>();

/**
 * How an engine's library is linked into the process. Both hold the same parser library, and their
 * own loaders make all names known to the whole process (RTLD_GLOBAL), so that the second one uses
 * the first one's parser, and the process ends with a segmentation fault, at the latest on its exit.
 * So kgload keeps each one's names to itself, which also keeps out extensions from files; it loads
 * none, and a caller who does imports the engine before, with its own loader's flags.
 *
 * Ladybug also looks for a name in itself first (RTLD_DEEPBIND), should the caller's Kuzu be known
 * to all. Kuzu 0.11.3 can't: on Node 22 and newer its regular expressions then throw std::bad_cast,
 * since some names of the C++ library are the program's and others are not. It binds all its names
 * at once instead (RTLD_NOW; that takes no longer), before a Ladybug might be known to all. Where
 * the caller's Ladybug is that already, regular expressions that fail are the lesser evil.
 */
export function linkingOf(name: EngineName, require: NodeJS.Require): number {
  const { RTLD_LAZY, RTLD_NOW } = constants.dlopen;
  // Missing where the linker keeps libraries apart anyway.
  const own = (constants.dlopen as { RTLD_DEEPBIND?: number }).RTLD_DEEPBIND ?? 0;
  if (name === 'ladybug') return RTLD_LAZY | own;
  const isLadybugKnown = !linkedHere.has('ladybug') && isRequired(ENGINES.ladybug, require);
  return isLadybugKnown ? RTLD_NOW | own : RTLD_NOW;
}

/** Whether a package was loaded in this process before. */
function isRequired(engine: Engine, require: NodeJS.Require): boolean {
  try {
    return require.resolve(engine.package) in require.cache;
  } catch {
    return false;
  }
}

function withDlopenFlags<T>(flags: number, load: () => T): T {
  const dlopen = process.dlopen.bind(process);
  process.dlopen = (module, path) => {
    dlopen(module, path, flags);
  };
  try {
    return load();
  } finally {
    process.dlopen = dlopen;
  }
}

/** The engines' npm packages are not complete until their install scripts have run. */
function engineMissing(engine: Engine, require: NodeJS.Require, error: unknown): KgloadError {
  if (isTooManyFiles(error)) return tooManyFiles(error);
  const installScript = (require.resolve.paths(engine.package) ?? [])
    .map((directory) => join(directory, engine.package, 'install.js'))
    .find((path) => existsSync(path));
  const isUnbuilt =
    ['MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes(systemCode(error) ?? '') &&
    installScript !== undefined &&
    !existsSync(join(dirname(installScript), engine.built));
  return new KgloadError(
    isUnbuilt
      ? {
          code: 'ENGINE_MISSING',
          message: `the package ${engine.package} is installed, but npm did not run its install script`,
          hint: `run: node ${installScript}`,
        }
      : {
          code: 'ENGINE_MISSING',
          message: `the package ${engine.package} cannot be loaded: ${firstLine(messageOf(error))}`,
          hint: `run: npm install ${engine.package}@${engine.version}`,
        },
    { cause: error },
  );
}

export function requireEngine(name: EngineName): EngineModule {
  const require = createRequire(import.meta.url);
  const engine = ENGINES[name];
  try {
    if (isRequired(engine, require)) return require(engine.package) as EngineModule;
    return loadEngine(name, engine.package);
  } catch (error) {
    throw engineMissing(engine, require, error);
  }
}

/** Loads an engine: by its package, or from the directory of another copy. */
export function loadEngine(name: EngineName, from: string): EngineModule {
  const require = createRequire(import.meta.url);
  const flags = linkingOf(name, require);
  const module = withDlopenFlags(flags, () => require(from) as EngineModule);
  linkedHere.add(name);
  return module;
}
