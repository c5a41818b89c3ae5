/** Where the boxes of a diagram stand, and where its arrows go. */
import * as dagre from '@dagrejs/dagre';
import {
  type Arrow,
  type Box,
  type Direction,
  loopRoom,
  type PlacedBox,
  type Point,
  routeLoop,
  routes,
} from './routes.js';

/** With the middle of its label, and its way as SVG has it, from there on. */
export interface PlacedArrow<A extends Arrow = Arrow> extends Point {
  arrow: A;
  path: string;
  /** What the path is to be moved by. */
  shift: Point;
}

export interface Layout<A extends Arrow = Arrow> {
  boxes: PlacedBox[];
  arrows: PlacedArrow<A>[];
  width: number;
  height: number;
}

/** What a page shows without scrolling. */
const PAGE_WIDTH = 1080;

const GAP = 36;

/**
 * Boxes that arrows hold together are laid out by themselves, in the direction that fits a page better;
 * then these parts are placed in rows, the largest first.
 */
export function layOut<A extends Arrow>(boxes: readonly Box[], arrows: readonly A[]): Layout<A> {
  const parts = connectedParts(boxes, arrows).map((part) =>
    better(layOutPart(part, 'down'), layOutPart(part, 'right')),
  );
  return placeInRows(parts);
}

function better<A extends Arrow>(a: Layout<A>, b: Layout<A>): Layout<A> {
  const cost = ({ width, height }: Layout): number => Math.max(1, width / PAGE_WIDTH) ** 2 * height;
  return cost(b) < cost(a) ? b : a;
}

/** Its own types name each other without file endings, which TypeScript's nodenext does not resolve. */
const { Graph, layout } = dagre as unknown as {
  Graph: new (options: { multigraph: boolean }) => LaidOutGraph;
  layout: (graph: LaidOutGraph) => void;
};

interface LaidOutGraph {
  setGraph: (label: object) => void;
  setNode: (id: string, label: { width: number; height: number }) => void;
  setEdge: (from: string, to: string, label: object) => void;
  graph: () => { width: number; height: number };
  node: (id: string) => Point;
  edge: (from: string, to: string) => Point & { points: Point[] };
}

interface Part<A extends Arrow> {
  boxes: Box[];
  arrows: A[];
}

function layOutPart<A extends Arrow>({ boxes, arrows }: Part<A>, direction: Direction): Layout<A> {
  const graph = new Graph({ multigraph: false });
  const sizes = { nodesep: 28, edgesep: 18, ranksep: 84, marginx: 8, marginy: 8 };
  graph.setGraph({ rankdir: direction === 'down' ? 'TB' : 'LR', ...sizes });
  const loops = new Map(
    arrows.flatMap((arrow) => (arrow.from === arrow.to ? [[arrow.from, arrow]] : [])),
  );
  const reserved = boxes.map((box) => {
    const loop = loops.get(box.id);
    return { box, ...(loop ? loopRoom(box, loop, direction) : box) };
  });
  for (const { box, width, height } of reserved) graph.setNode(box.id, { width, height });
  const between = arrows.filter(({ from, to }) => from !== to);
  for (const { from, to, width, height } of between) {
    graph.setEdge(from, to, { width, height, labelpos: 'c' });
  }
  layout(graph);
  const placed = reserved.map(({ box, width, height }) => {
    const { x, y } = graph.node(box.id);
    const top = direction === 'down' ? y - box.height / 2 : y - height / 2;
    return { ...box, x: Math.round(x - width / 2), y: Math.round(top) };
  });
  const places = new Map(placed.map((box) => [box.id, box]));
  const ways = between.flatMap((arrow) => {
    const [from, to] = [places.get(arrow.from), places.get(arrow.to)];
    const { points, x, y } = graph.edge(arrow.from, arrow.to);
    // The first and the last are dagre's idea of where an arrow meets a box.
    return from && to ? [{ arrow, from, to, by: points.slice(1, -1), at: { x, y } }] : [];
  });
  const shift = { x: 0, y: 0 };
  const loopWays = [...loops.values()].flatMap((arrow) => {
    const box = places.get(arrow.from);
    return box ? [{ arrow, shift, ...routeLoop(box, arrow, direction) }] : [];
  });
  const { width, height } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: placed,
    arrows: [
      ...routes(ways, placed, direction).map(({ way, path }) => ({
        arrow: way.arrow,
        shift,
        path,
        ...way.at,
      })),
      ...loopWays,
    ],
  };
}

/** The boxes that arrows hold together, in the order of their first; the largest sets come first. */
function connectedParts<A extends Arrow>(boxes: readonly Box[], arrows: readonly A[]): Part<A>[] {
  const leaders = new Map(boxes.map(({ id }) => [id, id]));
  const find = (id: string): string => {
    const leader = leaders.get(id) ?? id;
    return leader === id ? id : find(leader);
  };
  for (const { from, to } of arrows) leaders.set(find(from), find(to));
  const parts = new Map<string, Part<A>>();
  for (const box of boxes) {
    const part = parts.get(find(box.id)) ?? { boxes: [], arrows: [] };
    part.boxes.push(box);
    parts.set(find(box.id), part);
  }
  for (const arrow of arrows) parts.get(find(arrow.from))?.arrows.push(arrow);
  return [...parts.values()].sort((a, b) => b.boxes.length - a.boxes.length);
}

function placeInRows<A extends Arrow>(parts: readonly Layout<A>[]): Layout<A> {
  const room = Math.max(PAGE_WIDTH, ...parts.map(({ width }) => width));
  const whole: Layout<A> = { boxes: [], arrows: [], width: 0, height: 0 };
  let [left, top, tallest] = [0, 0, 0];
  for (const part of parts) {
    if (left > 0 && left + part.width > room) {
      [left, top, tallest] = [0, top + tallest + GAP, 0];
    }
    const shift = { x: left, y: top };
    const move = <T extends Point>(point: T): T => ({
      ...point,
      x: point.x + shift.x,
      y: point.y + shift.y,
    });
    whole.boxes.push(...part.boxes.map(move));
    whole.arrows.push(...part.arrows.map((arrow) => ({ ...move(arrow), shift })));
    left += part.width + GAP;
    tallest = Math.max(tallest, part.height);
    whole.width = Math.max(whole.width, shift.x + part.width);
    whole.height = Math.max(whole.height, shift.y + part.height);
  }
  return whole;
}
