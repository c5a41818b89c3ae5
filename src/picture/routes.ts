/**
 * The ways of a diagram's arrows. Boxes stand in ranks; an arrow leaves a box on the side of the next
 * rank, runs straight through the ranks in between, where room is kept for it, and bends only between
 * ranks, where no box is.
 */
export interface Box {
  id: string;
  width: number;
  height: number;
}

/** From one box to another, or to itself, with room for a label; no two have both ends in common. */
export interface Arrow {
  from: string;
  to: string;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** With its upper left corner. */
export interface PlacedBox extends Box, Point {}

/** From rank to rank. */
export type Direction = 'down' | 'right';

export interface Way<A> {
  arrow: A;
  from: PlacedBox;
  to: PlacedBox;
  /** The middles of the ranks that it runs through. */
  by: readonly Point[];
  /** The middle of its label. */
  at: Point;
}

/** How far a loop stands out from its box. */
const LOOP = 34;

/** Straight through a label, half of its height, and before a box, for the arrow's tip. */
const LABEL = 8;
const TIP = 12;

/** Space between a loop, or a box, and what is beside it. */
const SPACE = 6;

/** The room of a box with its loop: to its right where ranks go down, else below it. */
export function loopRoom(
  box: Box,
  loop: Arrow,
  direction: Direction,
): { width: number; height: number } {
  return direction === 'down'
    ? { width: box.width + LOOP + loop.width, height: Math.max(box.height, loop.height) }
    : { width: Math.max(box.width, loop.width), height: box.height + LOOP + loop.height };
}

export function routeLoop(
  { x, y, width, height }: PlacedBox,
  loop: Arrow,
  direction: Direction,
): Point & { path: string } {
  if (direction === 'down') {
    const [right, middle, reach] = [x + width, y + height / 2, LOOP * 1.25];
    const path = `M${right} ${middle - 12}C${right + reach} ${middle - 30} ${right + reach} ${middle + 30} ${right} ${middle + 12}`;
    return { path, x: right + LOOP + loop.width / 2, y: middle };
  }
  const [bottom, middle, reach] = [y + height, x + width / 2, LOOP * 1.25];
  const path = `M${middle - 12} ${bottom}C${middle - 30} ${bottom + reach} ${middle + 30} ${bottom + reach} ${middle + 12} ${bottom}`;
  return { path, x: middle, y: bottom + LOOP - SPACE + loop.height / 2 };
}

/** A place along the ranks, and one across: so both directions are the same. */
interface Turned {
  along: number;
  across: number;
}

function turn({ x, y }: Point, direction: Direction): Turned {
  return direction === 'down' ? { along: y, across: x } : { along: x, across: y };
}

export function routes<A>(
  ways: readonly Way<A>[],
  boxes: readonly PlacedBox[],
  direction: Direction,
): { way: Way<A>; path: string }[] {
  const extents = rankExtents(boxes, direction);
  const ends = placeEnds(ways, direction);
  return ways.map((way) => {
    const stops = way.by.map((point) => turn(point, direction));
    const [start, end] = [ends.get(way)?.start, ends.get(way)?.end];
    if (!start || !end) return { way, path: '' };
    const isForward = end.along >= start.along;
    /** Straight to where the rank of a box ends. */
    const through = (stop: Turned): Turned[] => {
      const extent = extents.find(
        ({ first, last }) => first <= stop.along && stop.along <= last,
      ) ?? {
        first: stop.along - LABEL,
        last: stop.along + LABEL,
      };
      const both = [extent.first, extent.last].map((along) => ({ along, across: stop.across }));
      return isForward ? both : both.reverse();
    };
    const leave = through(start).slice(1);
    const [arrive = end] = through(end);
    const tip = { ...arrive, along: arrive.along - (isForward ? TIP : -TIP) };
    const stations = [start, ...leave, ...stops.flatMap(through), tip, end];
    return { way, path: bend(stations, direction) };
  });
}

/** Where the ranks of boxes begin and end. */
function rankExtents(
  boxes: readonly PlacedBox[],
  direction: Direction,
): { first: number; last: number }[] {
  const spans = boxes
    .map((box) => {
      const first = turn(box, direction).along;
      return { first, last: first + (direction === 'down' ? box.height : box.width) };
    })
    .sort((a, b) => a.first - b.first);
  const extents: { first: number; last: number }[] = [];
  for (const span of spans) {
    const last = extents.at(-1);
    if (last && span.first <= last.last) last.last = Math.max(last.last, span.last);
    else extents.push({ ...span });
  }
  return extents;
}

/** The ends of arrows, side by side along the sides of their boxes, in the order of where they go. */
function placeEnds<A>(
  ways: readonly Way<A>[],
  direction: Direction,
): Map<Way<A>, { start?: Turned; end?: Turned }> {
  interface End {
    way: Way<A>;
    which: 'start' | 'end';
    box: PlacedBox;
    towards: Turned;
  }
  const sides = new Map<string, End[]>();
  const middle = ({ x, y, width, height }: PlacedBox): Point => ({
    x: x + width / 2,
    y: y + height / 2,
  });
  for (const way of ways) {
    const next = way.by[0] ?? middle(way.to);
    const before = way.by.at(-1) ?? middle(way.from);
    for (const [which, box, point] of [
      ['start', way.from, next],
      ['end', way.to, before],
    ] as const) {
      const towards = turn(point, direction);
      const isAfter = towards.along > turn(middle(box), direction).along;
      const side = JSON.stringify([box.id, isAfter]);
      sides.set(side, [...(sides.get(side) ?? []), { way, which, box, towards }]);
    }
  }
  const placed = new Map<Way<A>, { start?: Turned; end?: Turned }>();
  for (const [side, ends] of sides) {
    const isAfter = (JSON.parse(side) as [string, boolean])[1];
    ends.sort((a, b) => a.towards.across - b.towards.across);
    for (const [i, { way, which, box }] of ends.entries()) {
      const corner = turn(box, direction);
      const [depth, breadth] =
        direction === 'down' ? [box.height, box.width] : [box.width, box.height];
      const end = {
        along: corner.along + (isAfter ? depth : 0),
        across: corner.across + (breadth * (i + 1)) / (ends.length + 1),
      };
      placed.set(way, { ...placed.get(way), [which]: end });
    }
  }
  return placed;
}

/** A line that is straight at its stations and bends between those that are not in line. */
function bend(stations: readonly Turned[], direction: Direction): string {
  const write = ({ along, across }: Turned): string => {
    const [x, y] = direction === 'down' ? [across, along] : [along, across];
    return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  };
  let path = '';
  let before: Turned | undefined;
  for (const station of stations) {
    if (!before) path = `M${write(station)}`;
    else if (Math.abs(before.across - station.across) < 1) path += `L${write(station)}`;
    else {
      const half = (before.along + station.along) / 2;
      const first = { along: half, across: before.across };
      const second = { along: half, across: station.across };
      path += `C${write(first)} ${write(second)} ${write(station)}`;
    }
    before = station;
  }
  return path;
}
