/** Where the nodes of a graph stand: springs and repulsion, the same every time. */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import type { Picture } from './picture.js';

/** Pixels around a node that are its own: with room for a label, and where there are too many for that. */
const [ROOM, CROWDED] = [34, 25];

/** Of each node, in their order, in pixels. */
export function placeNodes({ nodes, edges }: Picture): { x: number; y: number }[] {
  const at = new Map(nodes.map(({ id }, i) => [id, i]));
  const links = edges.flatMap(({ from, to }) => {
    const [source, target] = [at.get(from), at.get(to)];
    return source === undefined || target === undefined || source === target
      ? []
      : [{ source, target }];
  });
  const isLarge = nodes.length > 300;
  const bodies: SimulationNodeDatum[] = startOf(nodes.length, links);
  const simulation = forceSimulation(bodies)
    .force('link', forceLink(links).distance(isLarge ? 55 : nodes.length > 60 ? 110 : 150))
    .force(
      'charge',
      forceManyBody()
        .strength(isLarge ? -180 : -420)
        .distanceMax(isLarge ? 500 : 1200),
    )
    // Parts that nothing connects stay in sight.
    .force('x', forceX(0).strength(0.05))
    .force('y', forceY(0).strength(0.07))
    .force('collide', forceCollide(isLarge ? CROWDED : ROOM).iterations(2))
    .stop();
  simulation.tick(isLarge ? 220 : 400);
  return bodies.map(({ x = 0, y = 0 }) => ({ x: Math.round(x), y: Math.round(y) }));
}

/** Parts that nothing connects begin side by side, so that none gets between the nodes of another. */
function startOf(
  count: number,
  links: readonly { source: number; target: number }[],
): { x: number; y: number }[] {
  const parent = Array.from({ length: count }, (_, i) => i);
  const rootOf = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  for (const { source, target } of links) parent[rootOf(source)] = rootOf(target);
  const parts = new Map<number, number[]>();
  for (let i = 0; i < count; i += 1) {
    const root = rootOf(i);
    const members = parts.get(root);
    if (members) members.push(i);
    else parts.set(root, [i]);
  }
  const places = Array.from({ length: count }, () => ({ x: 0, y: 0 }));
  const [first = [], ...others] = [...parts.values()].sort((a, b) => b.length - a.length);
  const radius = (members: readonly number[]): number => 50 * Math.sqrt(members.length);
  const put = (members: readonly number[], x: number, y: number): void => {
    for (const [k, i] of members.entries()) {
      const [away, angle] = [50 * Math.sqrt(k), k * GOLDEN];
      places[i] = { x: x + away * Math.cos(angle), y: y + away * Math.sin(angle) };
    }
  };
  put(first, 0, 0);
  for (const [k, part] of others.entries()) {
    const away = 1.3 * radius(first) + radius(part) + 40 * Math.sqrt(k);
    put(part, 1.4 * away * Math.cos(k * GOLDEN), away * Math.sin(k * GOLDEN));
  }
  return places;
}

const GOLDEN = Math.PI * (3 - Math.sqrt(5));
