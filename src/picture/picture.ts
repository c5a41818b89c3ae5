/** A graph as it is drawn: whatever draws it takes this. */
import type { Value } from '../model/answer.js';

export interface Picture {
  /** What it shows, for people. */
  title: string;
  nodes: PictureNode[];
  edges: PictureEdge[];
}

export interface PictureNode {
  /** Unique in the picture. */
  id: string;
  /** Its node table. */
  table: string;
  /** What stands at it. */
  label: string;
  properties: Readonly<Record<string, Value>>;
}

export interface PictureEdge {
  /** Unique in the picture. */
  id: string;
  /** Its rel table. */
  table: string;
  /** Ids of nodes that the picture has. */
  from: string;
  to: string;
  properties: Readonly<Record<string, Value>>;
}
