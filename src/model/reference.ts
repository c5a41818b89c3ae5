/** How people name a thing in a code graph: `shop/cart.py:Cart.total`, `Cart.total`, `total`, an id. */

/** What a name may mean. */
export interface Thing {
  /** Its node table. */
  table: string;
  id: string;
  name: string;
  file: string | null;
  /** Its first line. */
  line: number | null;
  endLine: number | null;
  /** The class, or the scope, that it is in, where the data say so. */
  owner: string | null;
}

/** A name taken apart. */
interface Reading {
  /** A file, or a module as it is imported. */
  path?: string;
  /** What it is in, from the outside, and its own name. */
  names: string[];
}

/** Every way in which a text may be read; the last of the names is the thing's own. */
export function readingsOf(text: string): Reading[] {
  const readings: Reading[] = [{ names: [text] }, { names: partsOf(text) }];
  for (const { index, 0: separator } of text.matchAll(/::?/g)) {
    const path = text.slice(0, index);
    const rest = text.slice(index + separator.length);
    if (path === '' || rest === '') continue;
    readings.push({ path, names: [rest] }, { path, names: partsOf(rest) });
  }
  return readings.filter(({ names }) => names.length > 0);
}

function partsOf(text: string): string[] {
  return text
    .replace(/\(\)$/, '')
    .split(/::|[.:#]/)
    .filter((part) => part !== '');
}

/** The names that things have which a text may mean, those of what they may be in, and their files. */
export function namesIn(text: string): { own: string[]; around: string[]; paths: string[] } {
  const readings = readingsOf(text);
  return {
    own: distinct(readings.map(({ names }) => names.at(-1) ?? '')),
    around: distinct(readings.flatMap(({ names }) => names.slice(0, -1))),
    paths: distinct(readings.flatMap(({ path }) => (path === undefined ? [] : [plainPath(path)]))),
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/**
 * The things that a text means, of those that have one of its names: the ones that it fits best.
 *
 * @param around - Classes and functions that others may be in.
 */
export function meantBy(
  text: string,
  things: readonly Thing[],
  around: readonly Thing[],
): readonly Thing[] {
  const readings = readingsOf(text);
  let best = 0;
  let meant: Thing[] = [];
  for (const thing of things) {
    const fit = Math.max(...readings.map((reading) => fitOf(reading, thing, around)));
    if (fit === 0 || fit < best) continue;
    if (fit > best) meant = [];
    best = fit;
    meant.push(thing);
  }
  return meant;
}

/** 0 where it does not fit; more, the more of it is said by the thing itself. */
function fitOf({ path, names }: Reading, thing: Thing, around: readonly Thing[]): number {
  const outer = [...names];
  if (outer.pop() !== thing.name) return 0;
  const isIn = path === undefined ? undefined : fileFit(thing.file, path);
  if (isIn === 0) return 0;
  const enclosing = outer.length === 0 ? [] : namesAround(thing, around);
  // What stands before what it is in may be the module: `json.decoder.JSONDecoder.decode`.
  for (let modules = 0; modules <= outer.length; modules += 1) {
    const module = outer.slice(0, modules).join('.');
    if (modules > 0 && moduleFit(thing.file, module) === 0) continue;
    const inner = outer.slice(modules);
    if (!isSubsequence(inner, enclosing)) continue;
    // `cart.py:total` is the function before it is a method, bare `total` is either.
    const isPlaced = inner.length > 0 || path !== undefined || modules > 0;
    const isOwn = isPlaced && (inner.at(-1) ?? null) === thing.owner;
    return 1 + (isIn ?? 0) + (isOwn ? 1 : 0);
  }
  return 0;
}

/** The names of what a thing is in, from the outside. */
function namesAround(thing: Thing, around: readonly Thing[]): string[] {
  const { line, endLine, owner } = thing;
  const enclosing = around.filter(
    (other) =>
      other.id !== thing.id &&
      other.file === thing.file &&
      line !== null &&
      other.line !== null &&
      other.endLine !== null &&
      other.line <= line &&
      other.endLine >= (endLine ?? line),
  );
  const names = enclosing.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).map(({ name }) => name);
  return owner === null || names.at(-1) === owner ? names : [...names, owner];
}

function isSubsequence(wanted: readonly string[], names: readonly string[]): boolean {
  let from = 0;
  for (const name of wanted) {
    const at = names.indexOf(name, from);
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}

/** A path as graphs have it: `./shop//cart.py` and `shop\cart.py` are `shop/cart.py`. */
export function plainPath(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replaceAll(/\/{2,}/g, '/')
    .replaceAll(/\/\.(?=\/)/g, '')
    .replace(/^(?:\.\/)+/, '');
}

/** 3: it is the file; 2: the file's end, or an absolute path that ends with it; 1: its module; 0: another. */
export function fileFit(file: string | null, given: string): number {
  if (file === null) return 0;
  const path = plainPath(file);
  const wanted = plainPath(given);
  if (path === wanted || file === given) return 3;
  if (path.endsWith(`/${wanted}`)) return 2;
  if (wanted.startsWith('/') && wanted.endsWith(`/${path}`)) return 2;
  return moduleFit(file, given);
}

/** 1 for the module that a file is, as it is imported: `json.decoder`, `json`. */
function moduleFit(file: string | null, module: string): number {
  if (file === null) return 0;
  const path = plainPath(file)
    .replace(/\.\w+$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
  return path === module || path.endsWith(`.${module}`) ? 1 : 0;
}

/** A thing as it can be named: `shop/cart.py:Cart.total`. */
export function referenceTo({ name, file, owner }: Thing): string {
  const qualified = owner === null ? name : `${owner}.${name}`;
  return file === null ? qualified : `${file}:${qualified}`;
}

/** How many letters differ, at most, in names that are near. */
export function nearness(name: string): number {
  return name.length < 4 ? 1 : 2;
}
