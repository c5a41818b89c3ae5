/** The order in which members of a class are looked for in its bases. */
import { type ClassThing, isSame, type Thing } from './things.js';

export interface Lineage {
  classes: ClassThing[];
  /** Whether a base is none of the project's. */
  isOpen: boolean;
}

/** @param basesOf - The classes, or what else, that a class names as its bases. */
export function createLineages(basesOf: (of: ClassThing) => Thing[]): (of: ClassThing) => Lineage {
  const lineages = new Map<string, Lineage>();
  return lineageOf;

  /** A class and its bases, in the order in which members are looked for (C3, as Python's). */
  function lineageOf(of: ClassThing): Lineage {
    const key = `${of.at} ${of.file}`;
    const known = lineages.get(key);
    if (known) return known;
    // A circle of bases ends here.
    lineages.set(key, { classes: [of], isOpen: false });
    const bases = basesOf(of);
    const own = bases.filter((base) => base.is === 'class');
    const above = own.map(lineageOf);
    const lineage = {
      classes: [of, ...merge([...above.map(({ classes }) => classes), own])],
      isOpen: own.length < bases.length || above.some(({ isOpen }) => isOpen),
    };
    lineages.set(key, lineage);
    return lineage;
  }
}

/** C3: https://docs.python.org/3/howto/mro.html. Where there is no such order, depth first. */
function merge(orders: readonly (readonly ClassThing[])[]): ClassThing[] {
  let rest = orders.filter((order) => order.length > 0).map((order) => [...order]);
  const merged: ClassThing[] = [];
  while (rest.length > 0) {
    const next =
      rest
        .map(([head]) => head)
        .find(
          (head) =>
            head && rest.every((order) => !order.slice(1).some((other) => isSame(other, head))),
        ) ?? rest[0]?.[0];
    if (!next) break;
    if (!merged.some((one) => isSame(one, next))) merged.push(next);
    rest = rest
      .map((order) => order.filter((one) => !isSame(one, next)))
      .filter((order) => order.length > 0);
  }
  return merged;
}
