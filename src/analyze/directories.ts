/** Directories that hold no source of the project's own: installed packages, caches, build output. */

/** By their names, wherever they are: nobody gives a package such a name. */
const BY_NAME: Record<string, string> = {
  node_modules: 'packages that npm installed',
  bower_components: 'packages that bower installed',
  jspm_packages: 'packages that jspm installed',
  'site-packages': 'packages that pip installed',
  __pypackages__: 'packages that pdm installed',
  '.eggs': 'packages that setuptools installed',
  __pycache__: 'compiled Python',
  '.git': 'what git keeps',
  '.hg': 'what Mercurial keeps',
  '.svn': 'what Subversion keeps',
  '.jj': 'what Jujutsu keeps',
  '.tox': 'environments of tox',
  '.nox': 'environments of nox',
  '.mypy_cache': 'a cache of mypy',
  '.pytest_cache': 'a cache of pytest',
  '.ruff_cache': 'a cache of ruff',
  '.hypothesis': 'a cache of Hypothesis',
  '.ipynb_checkpoints': 'copies that Jupyter keeps',
  '.gradle': 'a cache of Gradle',
  '.yarn': 'packages that yarn installed',
  '.pnpm-store': 'packages that pnpm installed',
  '.next': 'build output of Next.js',
  '.nuxt': 'build output of Nuxt',
  '.svelte-kit': 'build output of SvelteKit',
  '.angular': 'a cache of Angular',
  '.turbo': 'a cache of Turborepo',
  '.parcel-cache': 'a cache of Parcel',
  '.terraform': 'what Terraform installed',
};

/** What is known of a directory when it is judged. */
export interface Look {
  /** Whether it holds an entry of that name; whether the directory around it does. */
  has: (name: string) => boolean;
  isBeside: (name: string) => boolean;
  names: () => readonly string[];
  /** Files in it are under version control: they are meant to be there. */
  isTracked: boolean;
}

/**
 * What a directory holds instead of source; nothing where it holds source, as far as one can see.
 * `dist`, `build`, `out` and `target` may be packages: there must be signs that a tool wrote them.
 *
 * @param name - Of the directory, without those around it.
 */
export function leftOutAs(name: string, look: Look): string | undefined {
  if (Object.hasOwn(BY_NAME, name)) return BY_NAME[name];
  if (look.has('pyvenv.cfg')) return 'a virtual environment of Python';
  if (look.has('conda-meta')) return 'an environment of conda';
  if (look.isTracked) return undefined;
  // The standard that cargo, uv, mypy and others follow: https://bford.info/cachedir/
  if (look.has('CACHEDIR.TAG')) return 'a cache, as its CACHEDIR.TAG says';
  return isBuildOutput(name, look) ? 'build output' : undefined;
}

function isBuildOutput(name: string, { isBeside, names, has }: Look): boolean {
  const beside = (...files: string[]): boolean => files.some(isBeside);
  if (name === 'target') return beside('Cargo.toml', 'pom.xml', 'build.sbt');
  if (!['dist', 'build', 'out'].includes(name) || has('__init__.py')) return false;
  // Of a published npm package, dist is all there is.
  if (beside('package.json') && beside('tsconfig.json', 'src')) return true;
  if (name !== 'build') return false;
  if (beside('build.gradle', 'build.gradle.kts')) return true;
  // setuptools: build/lib, build/lib.linux-x86_64-cpython-311, build/bdist.linux-x86_64.
  return (
    beside('setup.py', 'setup.cfg', 'pyproject.toml') &&
    names().some((entry) => /^(lib|bdist)(\.|$)/.test(entry))
  );
}
