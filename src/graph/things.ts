/** Which thing of a code graph people mean by a name. */
import { basename, isAbsolute, resolve } from 'node:path';
import {
  methodsNamed,
  namesNear,
  ownerOf,
  ownersOf,
  type PathSource,
  pathsLike,
  pathsNear,
  thingOf,
  thingsNamed,
} from '../cypher/things.js';
import { formatCount } from '../format.js';
import {
  fileFit,
  meantBy,
  namesIn,
  nearness,
  plainPath,
  readingsOf,
  referenceTo,
  type Thing,
} from '../model/reference.js';
import type { Problem } from '../types.js';
import { all, askTables } from './reach.js';
import type { Session } from './session.js';
import { checkTables, mismatch } from './tables.js';

/** Why it is not clear what is meant, and the things that may be. */
export interface Unclear {
  problem: Problem;
  candidates: Thing[];
}

/** Things with one name that are told apart by where they are. */
const MOST_NAMED = 10_000;

/** Near names that are worth a line. */
const MOST_NEAR = 5;

/** The thing of some node tables that a text names. */
export async function findThing(
  session: Session,
  tables: readonly string[],
  text: string,
): Promise<Thing | Unclear> {
  checkTables(tables, await session.catalog());
  const things = async (cypher: (table: string) => string): Promise<Thing[]> => {
    const lists = tables.map(async (table) =>
      (await rowsOf<Thing>(session, table, cypher(table))).map((row) => toThing(table, row)),
    );
    return (await Promise.all(lists)).flat();
  };
  const hasOwners = !mismatch(['METHOD_OF'], await session.catalog());
  const [exact, another] = await things((table) => thingOf(table, text));
  if (exact && !another) {
    if (exact.table !== 'Function' || !hasOwners) return exact;
    const [first] = await rowsOf<{ owner: string }>(session, 'METHOD_OF', ownerOf(text));
    return { ...exact, owner: first?.owner ?? null };
  }
  const { own, around, paths } = namesIn(text);
  let named = await things((table) => thingsNamed(table, own, paths, MOST_NAMED));
  if (hasOwners && tables.includes('Function')) {
    if (named.length >= MOST_NAMED && around.length > 0) {
      const query = methodsNamed(own, around, MOST_NAMED);
      const methods = await rowsOf<Thing>(session, 'METHOD_OF', query);
      const known = new Set(named.map(({ id }) => id));
      const others = methods.filter(({ id }) => !known.has(id));
      named = [...others.map((row) => toThing('Function', row)), ...named];
    }
    await addOwners(session, named, own);
  }
  const meant = meantBy(text, named, await enclosing(session, around));
  const [only, ...others] = meant;
  if (only && others.length === 0) return only;
  if (only) return ambiguous(text, tables, meant);
  const near = named.length > 0 ? named : await nearThings(session, tables, text);
  return notFound(text, tables, near);
}

/** A scope is a word for its kind, or that and its name: `function:total`. */
function toThing(
  table: string,
  { id, name, file, line, endLine, owner }: Omit<Thing, 'name'> & { name: string | null },
): Thing {
  const [, scope = owner ?? ''] = /^\w+:(?!:)(.+)$/.exec(owner ?? '') ?? [];
  const isKind = KINDS.includes(scope);
  return { table, id, name: name ?? '', file, line, endLine, owner: isKind ? null : scope };
}

const KINDS = ['', 'module', 'global', 'file', 'class', 'function', 'method', 'local'];

async function addOwners(session: Session, things: Thing[], names: string[]): Promise<void> {
  const owned = await rowsOf<{ id: string; owner: string }>(session, 'METHOD_OF', ownersOf(names));
  const owners = new Map(owned.map(({ id, owner }) => [id, owner]));
  for (const thing of things) {
    if (thing.table === 'Function') thing.owner = owners.get(thing.id) ?? null;
  }
}

/** The classes and functions with some names. */
async function enclosing(session: Session, names: readonly string[]): Promise<Thing[]> {
  if (names.length === 0) return [];
  const catalog = await session.catalog();
  const lists = ['Class', 'Function']
    .filter((table) => !mismatch([table], catalog))
    .map((table) => rowsOf<Thing>(session, table, thingsNamed(table, names, [], MOST_NAMED)));
  return (await Promise.all(lists)).flat();
}

async function nearThings(
  session: Session,
  tables: readonly string[],
  text: string,
): Promise<Thing[]> {
  const name = readingsOf(text).at(-1)?.names.at(-1) ?? text;
  const near: { table: string; name: string; distance: number }[] = [];
  for (const table of tables) {
    const query = namesNear(table, name, nearness(name), MOST_NEAR);
    const rows = await rowsOf<{ name: string; distance: number }>(session, table, query);
    near.push(...rows.map((row) => ({ ...row, table })));
  }
  const nearest = near.sort((a, b) => a.distance - b.distance).slice(0, MOST_NEAR);
  const things: Thing[] = [];
  for (const each of nearest) {
    const query = thingsNamed(each.table, [each.name], [], 1);
    const rows = await rowsOf<Thing>(session, each.table, query);
    things.push(...rows.map((row) => toThing(each.table, row)));
  }
  if (!mismatch(['METHOD_OF'], await session.catalog())) {
    await addOwners(
      session,
      things,
      things.map((thing) => thing.name),
    );
  }
  return things;
}

/**
 * The file that a path names: the whole of it, or its end where that is clear; also with `./`, from the
 * working directory, or absolute.
 *
 * @param table - Of the things in files that are asked about.
 */
export async function findFile(
  session: Session,
  table: string,
  text: string,
  directory: string,
): Promise<Thing | Unclear> {
  const catalog = await session.catalog();
  checkTables([table], catalog);
  const sources: PathSource[] = [{ table, property: 'file' }];
  if (!mismatch(['File'], catalog)) sources.unshift({ table: 'File', property: 'path' });
  for (const source of sources) {
    for (const path of waysTo(text, directory)) {
      const query = pathsLike(source, path, MOST_NAMED);
      const rows = await rowsOf<{ path: string }>(session, source.table, query);
      const found = fittest(
        rows.map((row) => row.path),
        path,
      );
      if (found.length === 1) return found[0] as Thing;
      if (found.length > 1) return ambiguous(text, ['File'], found);
    }
  }
  const word = basename(plainPath(text));
  for (const source of sources) {
    const query = pathsNear(source, word, nearness(word), MOST_NEAR);
    const near = await rowsOf<{ path: string }>(session, source.table, query);
    if (near.length > 0)
      return notFound(
        text,
        ['File'],
        near.map(({ path }) => aFile(path)),
      );
  }
  return notFound(text, ['File'], []);
}

/** A path as it was given, and as it is seen from the root. */
function waysTo(text: string, directory: string): string[] {
  const plain = plainPath(text);
  const given = plain === text ? [plain] : [text, plain];
  if (isAbsolute(text) || text.startsWith('/')) return given;
  return [...(plain.startsWith('../') ? [] : given), plainPath(resolve(directory, text))];
}

/** Those that fit a path best; of several that an absolute path ends with, the longest. */
function fittest(paths: readonly string[], path: string): Thing[] {
  const fits = paths.map((each) => ({ path: each, fit: fileFit(each, path) }));
  const best = Math.max(...fits.map(({ fit }) => fit));
  const found = fits.filter(({ fit }) => fit === best).map((each) => each.path);
  const within = found.filter((each) => path.endsWith(`/${plainPath(each)}`));
  const longest = within.reduce((long, each) => (each.length > long.length ? each : long), '');
  return (longest === '' ? found : [longest]).map(aFile);
}

function aFile(path: string): Thing {
  return {
    table: 'File',
    id: path,
    name: path,
    file: path,
    line: null,
    endLine: null,
    owner: null,
  };
}

const NOUNS: Record<string, [one: string, many: string]> = {
  File: ['file', 'files'],
  Function: ['function', 'functions'],
  Class: ['class', 'classes'],
  Variable: ['variable', 'variables'],
  Attribute: ['attribute', 'attributes'],
};

function nounOf(tables: readonly string[], count: 0 | 1): string {
  return tables.map((table) => NOUNS[table]?.[count] ?? table).join(' or ');
}

function ambiguous(text: string, tables: readonly string[], found: readonly Thing[]): Unclear {
  const [first] = found;
  const nouns = nounOf(tables, 1).replace(' or ', ' and ');
  return {
    problem: {
      code: 'AMBIGUOUS',
      message: `${formatCount(found.length)}${found.length < MOST_NAMED ? '' : ' or more'} ${nouns} may be meant by ${JSON.stringify(text)}`,
      hint:
        first?.table === 'File'
          ? 'give more of its path'
          : `say which, by its file and what it is in, or by its id: ${nameIn(first, found)}`,
    },
    candidates: [...found],
  };
}

/** A name that means one of some things alone. */
function nameIn(thing: Thing | undefined, others: readonly Thing[]): string {
  if (!thing) return '';
  if (thing.table === 'File') return thing.id;
  const name = referenceTo(thing);
  return others.filter((other) => referenceTo(other) === name).length > 1 ? thing.id : name;
}

function notFound(text: string, tables: readonly string[], near: readonly Thing[]): Unclear {
  const names = near.slice(0, MOST_NEAR).map((thing) => nameIn(thing, near));
  return {
    problem: {
      code: 'NOT_FOUND',
      message: `the graph has no ${nounOf(tables, 0)} ${JSON.stringify(text)}`,
      ...(names.length > 0 && { hint: `did you mean ${[...new Set(names)].join(', ')}?` }),
    },
    candidates: [...near],
  };
}

async function rowsOf<T>(session: Session, table: string, cypher: string): Promise<T[]> {
  return await all(askTables<T>(session, [table], cypher));
}
