/** The graph in an answer: its nodes, rels and paths, wherever in a value they are. */
import { KgloadError } from '../errors.js';
import { formatCount } from '../format.js';
import type { Value } from '../model/answer.js';
import { exactJson } from '../model/exactjson.js';
import { labelProperties } from '../model/labels.js';
import type { Picture, PictureEdge, PictureNode } from './picture.js';

/** More nodes are no picture that anybody can read, and slow in a browser. */
export const MOST_NODES = 5000;

type Fields = Readonly<Record<string, Value>>;

/** Takes rows one after the other, and what was found in them at the end. */
export interface Collector {
  /** @throws {KgloadError} `NO_PICTURE`, when there are more than {@link MOST_NODES} nodes. */
  add(row: readonly Value[]): void;
  /** @throws {KgloadError} `NO_PICTURE`, when there are none. */
  picture(title: string): Picture;
}

/** Each node and rel is in the picture once; a rel whose node is in no row gets one without properties. */
export function collectPicture(): Collector {
  const nodes = new Map<string, PictureNode>();
  const edges = new Map<string, { edge: PictureEdge; ends: [string, string] }>();
  const look = (value: Value): void => {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      for (const item of value as readonly Value[]) look(item);
      return;
    }
    const { _id: id, _label: table, _src: from, _dst: to, ...properties } = value as Fields;
    if (typeof id === 'string' && typeof table === 'string') {
      if (typeof from === 'string' && typeof to === 'string') {
        edges.set(`${table} ${id}`, {
          edge: { id: `${table} ${id}`, table, from, to, properties },
          ends: [from, to],
        });
      } else nodes.set(id, { id, table, label: labelOf(table, id, properties), properties });
      if (nodes.size > MOST_NODES) throw tooMany(nodes.size);
    } else for (const field of Object.values(value)) look(field);
  };
  return {
    add(row) {
      for (const value of row) look(value);
    },
    picture(title) {
      const all = new Map(nodes);
      for (const { ends } of edges.values()) {
        for (const id of ends) {
          if (!all.has(id))
            all.set(id, { id, table: '(not in the answer)', label: id, properties: {} });
        }
      }
      if (all.size === 0) throw nothing();
      if (all.size > MOST_NODES) throw tooMany(all.size);
      return {
        title,
        nodes: [...all.values()],
        edges: [...edges.values()].map(({ edge }) => edge),
      };
    },
  };
}

/** What people call a node: its name, or the first property that it has. */
export function labelOf(table: string, id: string, properties: Fields): string {
  const typed = Object.entries(properties).map(([name, value]) => ({
    name,
    type: typeof value === 'string' ? 'STRING' : 'INT64',
  }));
  const { label } = labelProperties({ name: table, properties: typed });
  const named = label && properties[label.name];
  const [first] = Object.values(properties).filter((value) => value !== null);
  return textOf(named ?? first ?? id);
}

/** A value as text: strings as they are, all else as JSON. */
export function textOf(value: Value): string {
  return typeof value === 'string' ? value : exactJson(value);
}

function nothing(): KgloadError {
  return new KgloadError({
    code: 'NO_PICTURE',
    message: 'the answer holds no nodes, rels or paths to draw',
    hint: 'return them whole: MATCH (a)-[r]->(b) RETURN a, r, b',
  });
}

function tooMany(nodes: number): KgloadError {
  return new KgloadError({
    code: 'NO_PICTURE',
    message: `the answer holds ${formatCount(nodes)} nodes or more, and a picture ${formatCount(MOST_NODES)} at most`,
    hint: 'add a LIMIT, or a condition',
  });
}
