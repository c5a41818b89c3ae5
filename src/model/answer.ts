/** What a query answers, as plain values. */
import type { DatabaseStats, Problem } from '../types.js';

/**
 * One value: what JSON has, and integers that a number can't hold. A node is an object with `_id` and
 * `_label` before its properties; a rel has `_src` and `_dst` besides; a path is `_nodes` and `_rels`.
 */
export type Value =
  null | boolean | number | bigint | string | readonly Value[] | { readonly [name: string]: Value };

/** `_id` is the engine's own, as `table:offset`, or a server's `elementId`. */
export type NodeValue = { readonly _id: string; readonly _label: string } & Record<string, Value>;

/** `_src` and `_dst` are the `_id` of nodes. */
export type RelValue = NodeValue & { readonly _src: string; readonly _dst: string };

/** The rows of an answer, each with a value a column. */
export interface Answer {
  columns: readonly string[];
  /** Handed over in batches, as they come. */
  batches: AsyncIterable<readonly (readonly Value[])[]>;
}

/** An answer that comes while it is taken. */
export interface RunningQuery extends Answer {
  /** What was asked. */
  database: DatabaseStats['database'];
  /** What is to be said of the rows, when all of them came. */
  warnings: Problem[];
}
