/** Which of several functions of one name a call calls, by the number and the types of its arguments. */
import type { FunctionFact, Index, Path, Symbols } from './facts.js';
import type { Overloads } from './language.js';
import { ITEM, typeOfRoot } from './paths.js';
import type { Lineage } from './lineage.js';
import type { Sources } from './sources.js';
import {
  AMBIGUOUS,
  type ClassThing,
  EXTERNAL,
  type Found,
  functionsOf,
  isSame,
  type Thing,
} from './things.js';

type FunctionThing = Thing & { is: 'function' };

/** A call. */
export interface Site {
  file: string;
  scope: Index;
  line: number;
  arguments: readonly Path[];
}

/** How well an argument fits: not at all, as one that is not known, better the higher, exactly. */
const [NOT, PERHAPS, FITS, SAME] = [0, 1, 2, 4];

/** Whether a function takes so many arguments. */
export function takes(parameters: readonly string[] | undefined, count: number): boolean {
  if (!parameters) return true;
  return parameters.at(-1)?.endsWith('...')
    ? count >= parameters.length - 1
    : count === parameters.length;
}

/** Adds what a base has, but not what is overridden. */
export function addOverloads(
  known: FunctionThing[],
  more: readonly FunctionThing[],
  symbolsOf: (file: string) => Symbols | undefined,
): void {
  const parametersOf = ({ file, at }: FunctionThing): readonly string[] =>
    symbolsOf(file)?.functions[at]?.parameters ?? [];
  const before = known.map(parametersOf);
  for (const one of more) {
    const own = parametersOf(one);
    const isOverridden = before.some(
      (other) =>
        other.length === own.length &&
        other.every(
          (type, i) => lastName(type) === lastName(own[i] ?? '') || isTypeVariable(own[i] ?? ''),
        ),
    );
    if (!isOverridden) known.push(one);
  }
}

/** As written with or without what a class is in. */
const lastName = (type: string): string => type.slice(type.lastIndexOf('.', type.length - 4) + 1);

/** By the custom of one letter. */
const isTypeVariable = (type: string): boolean => /^[A-Z]\d?(?:\[\]|\.\.\.)*$/.test(type);

/** Better by what is known: what may fit an argument that is not known is not worse. */
function isBetter(own: readonly number[], other: readonly number[]): boolean {
  return (
    own.every((score, i) => {
      const against = other[i] ?? NOT;
      return score === SAME || (score >= against && against !== PERHAPS) || isTie(score, against);
    }) && own.some((score, i) => score > (other[i] ?? NOT))
  );
}

/** An argument of which nothing is known is no reason for either. */
const isTie = (a: number, b: number): boolean => a === PERHAPS && b === PERHAPS;

interface Resolving {
  find: (file: string, scope: Index, path: Path, line?: number, isCalled?: boolean) => Found;
  valueOf: (thing: Thing) => Thing;
  typedAs: (file: string, scope: Index, type: string) => Thing;
  lineageOf: (of: ClassThing) => Lineage;
}

/** Makes the function that chooses: what no argument tells is ambiguous. */
export function createChoice(
  { find, valueOf, typedAs, lineageOf }: Resolving,
  { symbolsOf, languageOf }: Pick<Sources, 'symbolsOf' | 'languageOf'>,
): (functions: readonly FunctionThing[], site: Site) => Thing {
  const factOf = ({ file, at }: FunctionThing): FunctionFact | undefined =>
    symbolsOf(file)?.functions[at];

  return (functions, site) => {
    const rules = languageOf(site.file).rules.overloads;
    const count = site.arguments.length;
    const fit = functions.filter((one) => takes(factOf(one)?.parameters, count));
    // The one that takes it is of another module, or is not known.
    if (fit.length === 0) return EXTERNAL;
    if (fit.length === 1 || !rules) return fit[0] ?? AMBIGUOUS;
    const given = site.arguments.map((path) => argumentAt(site, path));
    const all = fit
      .map((one) => ({
        one,
        isFixed: factOf(one)?.parameters?.at(-1)?.endsWith('...') !== true,
        scores: given.map((argument, i) => score(one, i, argument, rules)),
      }))
      .filter(({ scores }) => !scores.includes(NOT));
    // Those that take any number come last.
    const fixed = all.filter(({ isFixed }) => isFixed);
    const left = fixed.length > 0 ? fixed : all;
    if (left.length === 1) return left[0]?.one ?? AMBIGUOUS;
    const best = left.filter((own) =>
      left.every((other) => other === own || isBetter(own.scores, other.scores)),
    );
    return best.length === 1 ? (best[0]?.one ?? AMBIGUOUS) : AMBIGUOUS;
  };

  /** What is known of an argument: its type's name, and the class where that is the project's. */
  function argumentAt(site: Site, path: Path): { type?: string; of?: ClassThing } {
    if (path.startsWith("'")) return { type: path.includes('.') ? '' : path.slice(1) };
    const value = valueOf(find(site.file, site.scope, path, site.line).thing);
    const of = value.is === 'object' ? value.of : undefined;
    const type = typeOf(site, path) ?? (of && symbolsOf(of.file)?.classes[of.at]?.name);
    return { ...(type !== undefined && { type }), ...(of && { of }) };
  }

  /** The written type of what a path leads to. */
  function typeOf(site: Site, path: Path): string | undefined {
    const cast = typeOfRoot(path);
    if (cast !== undefined) return /^[\w$.[\]]+$/.test(cast) ? cast : undefined;
    if (path.endsWith(ITEM)) {
      const held = typeOf(site, path.slice(0, -ITEM.length));
      return held?.endsWith(ITEM) ? held.slice(0, -ITEM.length) : undefined;
    }
    const [, called, name = '', count = ''] = /^((?:.*\.)?(\w+))\((\d*)\)$/.exec(path) ?? [];
    if (called !== undefined) return typeOfCall(site, called, name, Number(count));
    const { thing } = find(site.file, site.scope, path, site.line);
    if (thing.is === 'variable' || thing.is === 'parameter')
      return thing.binding.plainType ?? thing.binding.type;
    if (thing.is !== 'attribute') return /[\w\]]\.length$/.test(path) ? 'int' : undefined;
    const fact = symbolsOf(thing.file)?.attributes[thing.at];
    return fact?.typeHint.replace(/<[^]*>|\s/g, '') || fact?.type;
  }

  function typeOfCall(site: Site, path: Path, name: string, count: number): string | undefined {
    const { thing } = find(site.file, site.scope, path, site.line, true);
    if (thing.is === 'class') return symbolsOf(thing.file)?.classes[thing.at]?.name;
    if (thing.is === 'external' || thing.is === 'unknown') {
      // `new String(…)`: the path of a class that is none of the project's.
      if (/^[A-Z]\w*$/.test(path)) return path;
      const returns = languageOf(site.file).rules.overloads?.returns;
      return returns?.get(path) ?? returns?.get(name);
    }
    const types = functionsOf(thing)
      .map(factOf)
      .filter((fact) => takes(fact?.parameters, count))
      .map((fact) => fact?.plainType ?? fact?.type);
    const [type] = types;
    return types.every((other) => other === type) && !isTypeVariable(type ?? '') ? type : undefined;
  }

  function score(
    one: FunctionThing,
    at: number,
    { type, of }: { type?: string; of?: ClassThing },
    rules: Overloads,
  ): number {
    const fact = factOf(one);
    const parameters = fact?.parameters ?? [];
    const isRest = at >= parameters.length - 1 && parameters.at(-1)?.endsWith('...') === true;
    const parameter = isRest ? (parameters.at(-1) ?? '').slice(0, -3) : (parameters[at] ?? '');
    if (type === undefined || type === '') return PERHAPS;
    if (lastName(type) === lastName(parameter)) return isRest ? FITS + 1 : SAME;
    if (isTypeVariable(parameter))
      return rules.accepts(parameter.replace(/^\w+/, 'Object'), type) === 0 ? NOT : PERHAPS;
    // All that it takes may come in one.
    if (isRest && type.endsWith(ITEM)) {
      const item = score(one, at, { type: type.slice(0, -ITEM.length) }, rules);
      return item === NOT ? NOT : item === PERHAPS ? PERHAPS : FITS;
    }
    const wanted = fact && typedAs(one.file, fact.scope, parameter);
    if (of && wanted?.is === 'object') {
      const distance = lineageOf(of).classes.findIndex((other) => isSame(other, wanted.of));
      return distance < 0 ? NOT : FITS + 1 / (1 + distance);
    }
    // What is none of the project's is none of its classes.
    const accepted = rules.accepts(lastName(parameter), lastName(type));
    return accepted === undefined ? PERHAPS : accepted === 0 ? NOT : FITS + accepted;
  }
}
